//! Curation on the Data page: what was found wrong with the images, and the edits that put it right, written at once.

use super::App;
use super::report::Report as AnyReport;
use super::undo::Step;
use crate::data::curate::duplicates::{Duplicates, Near};
use crate::data::curate::measures::Measures;
use crate::data::curate::prints::Print;
use crate::data::curate::{At, Change, Division, Edit, Overlay, Place};
use crate::data::curate::{baseline::Point, check::Check};
use crate::recipe::Recipe;
use crate::work::curate::{Found, Suspected, Wanted, at, find, on_both};
use crate::work::load::Loaded;
use std::collections::BTreeSet;
use std::sync::{Arc, Weak};

/// Images listed of those that stand out.
const MOST_LISTED: usize = 500;

/// A section of the sheet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Section {
    /// Images that are there more than once.
    #[default]
    Duplicates,
    /// Labels that are likely wrong.
    Errors,
    /// Images that stand out by how they look.
    Quality,
    /// Logistic regression, and whether labels are where they were.
    Baseline,
    /// What was changed.
    Edits,
}

/// Something to do about curation.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Opens a section.
    Section(Section),
    /// Looks for something.
    Find(Wanted),
    /// What counts as nearly the same from now on; `None` for the same pixels alone.
    Nearly(Option<Near>),
    /// Lists the images that stand out by this measure.
    Measure(&'static str),
    /// Chooses an image, or no longer.
    Choose(At, bool),
    /// Chooses these images alone.
    ChooseOnly(Vec<At>),
    /// Looks at this line of the list.
    Line(usize),
    /// Changes the images chosen.
    Change(Change),
    /// Changes these images.
    ChangeThese(Vec<At>, Change),
    /// Leaves out validation and test images that training has too.
    Sanitise,
    /// Uses other edits, or none.
    Use(String),
    /// Trains the recipe on the form without the edits and with them.
    TrainBoth,
    /// Measures the run looked at on the test images as read and as edited.
    Measured,
}

/// What a job of curation brings back.
pub enum Report {
    /// Something was found in the data set of that fingerprint.
    Found(String, Result<Found, String>),
    /// Edits were written, or why not.
    Written(Result<(), String>),
    /// A run's accuracy on the test images as read and as edited, or why it is not known.
    Both(String, Result<[f64; 2], String>),
}

impl std::fmt::Debug for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Found(_, found) => f.debug_tuple("Found").field(&found.is_ok()).finish(),
            Self::Written(written) => f.debug_tuple("Written").field(written).finish(),
            Self::Both(run, both) => f.debug_tuple("Both").field(run).field(both).finish(),
        }
    }
}

/// The state of curation.
#[derive(Default)]
pub struct Curate {
    /// The section that is open.
    pub section: Section,
    /// The job that looks for something.
    pub working: Option<u64>,
    /// What counts as nearly the same.
    pub near: Option<Near>,
    /// Images that are there more than once, and those that sanitising leaves out.
    pub duplicates: Option<(Arc<Duplicates>, Arc<[At]>)>,
    /// Where each image was when duplicates were looked for, by its index as read; empty before.
    pub places: Vec<Place>,
    /// Labels that are likely wrong, and in a sentence how many.
    pub errors: Option<(Arc<[Suspected]>, String)>,
    /// Figures of each image, and the data set whose rows they are in the order of.
    pub measures: Option<(Arc<Measures>, Arc<Loaded>)>,
    /// The measure that images are listed by.
    pub by: &'static str,
    /// The images that stand out most by it.
    pub standing_out: Arc<[Suspected]>,
    /// The learning curve.
    pub baseline: Vec<Point>,
    /// Whether labels are where they were.
    pub check: Option<Check>,
    /// A run, and its accuracy on the test images as read and as edited.
    pub both: Option<(String, [f64; 2])>,
    /// The images that edits are made of.
    pub chosen: BTreeSet<At>,
    /// The line of the list that is looked at.
    pub line: usize,
    /// The fingerprint of the data set that things were found in.
    pub found_in: String,
    edits: Option<(String, Overlay)>,
    /// The data set that the edits were last read with.
    adopted: Weak<Loaded>,
    prints: Option<(String, Arc<Vec<Print>>)>,
    writing: bool,
    unwritten: bool,
    /// Whether duplicates are looked for again once the edits are laid over the images.
    look_again: bool,
}

impl Curate {
    /// The edits in force, with their name.
    pub fn edits(&self) -> Option<(&str, &Overlay)> {
        self.edits.as_ref().map(|(name, edits)| (name.as_str(), edits))
    }

    /// Whether edits are on their way to their file.
    pub fn is_writing(&self) -> bool {
        self.writing
    }

    fn forget(&mut self) {
        self.duplicates = None;
        self.places.clear();
        self.errors = None;
        self.measures = None;
        self.standing_out = Arc::default();
        self.baseline.clear();
        self.check = None;
        self.both = None;
        self.chosen.clear();
        self.line = 0;
    }

    fn list_by(&mut self, by: &'static str) {
        self.by = by;
        self.chosen.clear();
        let Some((measures, loaded)) = &self.measures else { return };
        let Some(column) = measures.column(by) else { return };
        let found = measures.ranked(by).into_iter().take(MOST_LISTED).map(|row| Suspected {
            at: at(&loaded.dataset, row as usize),
            likely: None,
            why: format!("{} {:.4}", by.replace('_', " "), column.values[row as usize]),
        });
        self.standing_out = found.collect();
        self.line = 0;
    }
}

impl App {
    /// Does what is asked about curation.
    pub(super) fn apply_curate(&mut self, action: Action) {
        match action {
            Action::Section(section) => {
                self.curate.section = section;
                self.curate.line = 0;
                // Nobody changes what they no longer see.
                self.curate.chosen.clear();
            }
            Action::Find(wanted) => self.look_for(wanted),
            Action::Nearly(near) => {
                self.curate.near = near;
                self.look_for(Wanted::Duplicates(near));
            }
            Action::Measure(by) => self.curate.list_by(by),
            Action::Choose(at, true) => _ = self.curate.chosen.insert(at),
            Action::Choose(at, false) => _ = self.curate.chosen.remove(&at),
            Action::ChooseOnly(images) => self.curate.chosen = images.into_iter().collect(),
            Action::Line(line) => self.curate.line = line,
            Action::Change(change) => {
                let images = std::mem::take(&mut self.curate.chosen);
                self.change_images(images.into_iter().collect(), change, "by hand", None);
            }
            Action::ChangeThese(images, change) => self.change_images(images, change, "by hand", None),
            Action::Sanitise => self.sanitise(),
            Action::Use(name) => {
                let mut recipe = self.draft.recipe().clone();
                recipe.curation.overlay = name;
                self.apply(super::Command::Edit { recipe: Box::new(recipe), gesture: None });
            }
            Action::TrainBoth => self.train_both(),
            Action::Measured => self.measure_both(),
        }
    }

    /// Keeps the edits in step with the data set that is shown.
    pub(super) fn follow_edits(&mut self) {
        let Some(loaded) = self.data.loaded() else { return };
        // While something is written or not yet laid over the images, what is here is newer than what was read.
        let newer = self.curate.writing || !self.edits_are_laid();
        if !newer && !self.curate.adopted.upgrade().is_some_and(|known| Arc::ptr_eq(&known, loaded)) {
            self.curate.adopted = Arc::downgrade(loaded);
            let name = loaded.overlay_name.clone();
            self.curate.edits = loaded.overlay.clone().map(|overlay| (name, overlay));
        }
        if self.curate.found_in != loaded.base.fingerprint {
            self.curate.found_in.clone_from(&loaded.base.fingerprint);
            self.curate.forget();
        }
        if !newer && std::mem::take(&mut self.curate.look_again) {
            self.look_for(Wanted::Duplicates(self.curate.near));
        }
    }

    fn look_for(&mut self, wanted: Wanted) {
        let Some(loaded) = self.data.loaded().cloned() else { return };
        if let Some(job) = self.curate.working.take() {
            self.jobs.cancel(job);
        }
        let train = &self.draft.recipe().train;
        let division = (train.validation_share, train.seed);
        let fingerprint = loaded.base.fingerprint.clone();
        let known =
            self.curate.prints.as_ref().filter(|(of, _)| *of == fingerprint).map(|(_, p)| Arc::clone(p));
        let name = match wanted {
            Wanted::Duplicates(_) => "Look for duplicates",
            Wanted::Errors => "Look for label errors",
            Wanted::Quality => "Measure images",
            Wanted::Baseline => "Learn the baseline",
            Wanted::Check => "Compare images and labels",
        };
        let job = self.jobs.start(name, Arc::clone(&self.parts.waker), move |context| {
            let found = find(wanted, &loaded, division, known, context);
            if context.is_cancelled() {
                anyhow::bail!("cancelled");
            }
            Ok(AnyReport::Curate(Box::new(Report::Found(fingerprint, found.map_err(|e| e.to_string())))))
        });
        self.curate.working = Some(job);
    }

    /// Takes in what a job of curation brings back.
    pub(super) fn take_curate(&mut self, report: Report) {
        match report {
            Report::Found(fingerprint, found) => {
                let Some(loaded) = self.data.loaded().filter(|l| l.base.fingerprint == fingerprint).cloned()
                else {
                    return;
                };
                match found {
                    Ok(found) => self.take_found(found, fingerprint, loaded),
                    Err(e) => self.notices.error(e),
                }
            }
            Report::Written(written) => {
                self.curate.writing = false;
                if let Err(e) = written {
                    self.notices.error(format!("The edits could not be written: {e}"));
                }
                if std::mem::take(&mut self.curate.unwritten) {
                    self.write_edits();
                } else {
                    // The images are laid out anew.
                    self.data.n_edits += 1;
                }
            }
            Report::Both(run, Ok(both)) => self.curate.both = Some((run, both)),
            Report::Both(_, Err(e)) => self.notices.error(format!("The run could not be measured: {e}")),
        }
    }

    fn take_found(&mut self, found: Found, fingerprint: String, loaded: Arc<Loaded>) {
        let curate = &mut self.curate;
        curate.line = 0;
        curate.chosen.clear();
        match found {
            Found::Duplicates(found, shared, places, prints) => {
                curate.places = places;
                curate.prints = Some((fingerprint, prints));
                curate.duplicates = Some((Arc::new(*found), shared.into()));
            }
            Found::Errors(found, told) => curate.errors = Some((found.into(), told)),
            Found::Quality(measures) => {
                curate.measures = Some((measures, loaded));
                curate.list_by(if curate.by.is_empty() { "outlier" } else { curate.by });
            }
            Found::Baseline(points) => curate.baseline = points,
            Found::Check(check) => curate.check = Some(check),
        }
    }

    /// Changes images as one step to undo; `division` is held fast from then on.
    fn change_images(&mut self, images: Vec<At>, change: Change, why: &str, division: Option<Division>) {
        let Some(loaded) = self.data.loaded().cloned() else { return };
        if images.is_empty() {
            return;
        }
        self.follow_edits();
        let fresh = self.curate.edits.is_none();
        let (name, mut edits) =
            self.curate.edits.take().unwrap_or_else(|| (free_name(&loaded), Overlay::of(&loaded.base)));
        let before = edits.division;
        edits.division = edits.division.or(division);
        let changed = edits.change(images, change, why);
        let n = changed.len();
        if let Err(e) = edits.check(&loaded.base) {
            // Nothing of it is kept.
            edits.put_back(changed);
            edits.division = before;
            self.notices.error(e.to_string());
            if !edits.edits.is_empty() {
                self.curate.edits = Some((name, edits));
            }
            return;
        }
        if n == 0 && fresh {
            // Nothing to write down, so that no file of edits comes to be.
            return;
        }
        let named = self.draft.recipe().curation.overlay == name;
        self.curate.edits = Some((name.clone(), edits));
        if n == 0 && named {
            return;
        }
        self.undo.push(Step::Edits(name.clone(), changed, before), None);
        self.write_edits();
        if !named {
            let mut recipe = self.draft.recipe().clone();
            recipe.curation.overlay = name;
            self.draft.set(recipe);
        }
        self.notices.info(match n {
            1 => "1 image changed; undo brings it back".to_owned(),
            n => format!("{n} images changed; undo brings them back"),
        });
    }

    /// Puts edits back as they were; returns the step that undoes this.
    pub(super) fn put_edits_back(
        &mut self,
        name: String,
        images: Vec<(At, Option<Edit>)>,
        division: Option<Division>,
    ) -> Option<Step> {
        let (known, edits) = self.curate.edits.as_mut()?;
        if *known != name {
            self.notices.warn(format!("These were edits of '{name}'; choose those edits first"));
            return None;
        }
        let after = std::mem::replace(&mut edits.division, division);
        let images = edits.put_back(images);
        self.write_edits();
        Some(Step::Edits(name, images, after))
    }

    fn sanitise(&mut self) {
        let Some((_, shared)) = &self.curate.duplicates else { return };
        let train = &self.draft.recipe().train;
        let division = Division { seed: train.seed, share: train.validation_share };
        self.change_images(
            shared.to_vec(),
            Change::Place(Place::Out),
            "is in another part too",
            Some(division),
        );
        self.curate.duplicates = None;
        self.curate.look_again = true;
    }

    /// One writer at a time, so that no older edits overwrite newer ones.
    fn write_edits(&mut self) {
        let Some((name, edits)) = self.curate.edits.clone() else { return };
        if self.curate.writing {
            self.curate.unwritten = true;
            return;
        }
        self.curate.writing = true;
        let folder = self.parts.workspace.overlays_dir();
        self.jobs.quiet("Write edits", Arc::clone(&self.parts.waker), move |_| {
            let written = edits.write(&folder, &name).map(drop).map_err(|e| e.to_string());
            Ok(AnyReport::Curate(Box::new(Report::Written(written))))
        });
    }

    /// Writes edits that wait, as when the window closes.
    pub(super) fn close_edits(&self) {
        if let (true, Some((name, edits))) = (self.curate.writing, &self.curate.edits) {
            edits.write(&self.parts.workspace.overlays_dir(), name).ok();
        }
    }

    fn train_both(&mut self) {
        let recipe = self.draft.recipe().clone();
        let called = if recipe.name.trim().is_empty() { "run" } else { recipe.name.trim() };
        let mut plain = Recipe { name: format!("{called}, as read"), ..recipe.clone() };
        plain.curation.overlay.clear();
        let edited = Recipe { name: format!("{called}, {}", recipe.curation.overlay), ..recipe };
        self.start(plain, None);
        self.start(edited, None);
    }

    fn measure_both(&mut self) {
        let (Some(run), Some(loaded)) = (self.runs.current(), self.data.loaded().cloned()) else { return };
        let (name, model) = (run.meta.name.clone(), run.dir.best_model());
        let job = self.jobs.start("Measure on both", Arc::clone(&self.parts.waker), move |context| {
            let both = on_both(&model, &loaded, context).map_err(|e| format!("{e:#}"));
            Ok(AnyReport::Curate(Box::new(Report::Both(name, both))))
        });
        self.curate.working = Some(job);
    }
}

/// A name for new edits that no others have.
fn free_name(loaded: &Loaded) -> String {
    let slug: String =
        loaded.base.name.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    let stem = format!("{}-edits", slug.trim_matches('-'));
    let taken = |name: &String| loaded.overlays.iter().any(|known| known.name == *name);
    let numbered = (2..).map(|n| format!("{stem}-{n}"));
    std::iter::once(stem.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(stem)
}
