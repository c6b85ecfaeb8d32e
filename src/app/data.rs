//! The Data page: the pictures that the recipe on the form learns from, which of them are shown, and what they add up to.

use super::App;
use super::gallery::Gallery;
use super::report::Report as AnyReport;
use crate::data::curate::Curation;
use crate::data::{Availability, DataError, Dataset, Samples, Source};
use crate::recipe::Recipe;
use crate::work::load::{Loaded, load};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A slider at work changes the settings many times a second; only where it comes to rest is worth drawing images for.
const REST: Duration = Duration::from_millis(350);

/// Something to do about data sets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// Looks again for what is there.
    Look,
    /// Opens one of the page's sheets.
    Sheet(Sheet),
    /// Downloads what the recipe on the form learns from: MNIST, the one set that is.
    Download,
    /// Shows the images of one part.
    Part(Part),
    /// Shows the images of one class, or of all.
    Class(Option<u8>),
    /// Looks at the image at a position of the grid, or at none.
    Select(Option<usize>),
    /// Sets the side of a tile in points.
    Zoom(f32),
}

/// What a job about data sets brings back: a data set, or why it cannot be shown.
pub struct Report {
    source: Source,
    loaded: Result<Loaded, Trouble>,
}

impl std::fmt::Debug for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Nobody wants to read tens of thousands of images.
        f.debug_struct("Report")
            .field("source", &self.source)
            .field("trouble", &self.loaded.as_ref().err())
            .finish()
    }
}

/// Why a data set cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It is not there.
    Absent(Availability),
    /// It is there, but cannot be read.
    Unreadable(String),
    /// The user cancelled.
    Cancelled,
}

/// What the page shows of the data set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sheet {
    /// The images in a grid.
    #[default]
    Images,
    /// Each image as a point, alike ones beside each other.
    Map,
    /// What they add up to.
    Statistics,
    /// What may be wrong with them, and putting it right.
    Curate,
    /// How a training varies them.
    Augment,
}

/// Which images of a data set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// Those learned from.
    #[default]
    Train,
    /// Those set aside from the training images to validate on.
    Valid,
    /// Those to be measured on.
    Test,
}

impl Part {
    /// All of them, in menu order.
    pub const ALL: [Self; 3] = [Self::Train, Self::Valid, Self::Test];

    /// As shown.
    pub fn label(self) -> &'static str {
        match self {
            Self::Train => "Training",
            Self::Valid => "Validation",
            Self::Test => "Test",
        }
    }
}

/// Where the data set of the page is.
#[derive(Clone, Default)]
pub enum State {
    /// Nobody has looked yet.
    #[default]
    Unknown,
    /// A job loads it.
    Loading(u64),
    /// It cannot be shown.
    Trouble(Trouble),
    /// It is here.
    Ready(Arc<Loaded>),
}

/// How a data set is divided.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Division {
    /// Rows of the training images to learn from.
    pub train: Vec<u32>,
    /// Rows of the training images to validate on.
    pub valid: Vec<u32>,
    /// Images of each class: for each part, a count for each class.
    pub counts: [Vec<u32>; 3],
    by: Option<(u64, f64)>,
}

/// The state of the Data page.
#[derive(Default)]
pub struct Data {
    /// The source that is shown, loaded or in trouble.
    pub source: Option<Source>,
    /// Where it is.
    pub state: State,
    /// How it is divided.
    pub parts: Division,
    /// The sheet that is open.
    pub sheet: Sheet,
    /// The part shown.
    pub part: Part,
    /// The class shown; `None` for all.
    pub class: Option<u8>,
    /// The images shown.
    pub gallery: Gallery,
    changed: Option<(Source, Instant)>,
    laid: Option<Laid>,
    /// Goes up with every change of the edits themselves.
    pub(super) n_edits: u64,
}

/// What lies over the images as they were read: edits and sizes, the division where those depend on it, and the state
/// of the edits.
#[derive(Clone, Debug, PartialEq)]
struct Laid(Curation, Option<(u64, f64)>, u64);

impl Laid {
    fn of(recipe: &Recipe, n_edits: u64) -> Self {
        let division = (recipe.train.seed, recipe.train.validation_share);
        let curation = &recipe.curation;
        Self(curation.clone(), (!curation.is_nothing()).then_some(division), n_edits)
    }
}

impl Data {
    /// The data set, once it is here.
    pub fn loaded(&self) -> Option<&Arc<Loaded>> {
        if let State::Ready(loaded) = &self.state { Some(loaded) } else { None }
    }

    /// The images that the rows of the gallery count in.
    pub fn samples(&self) -> Option<&Samples> {
        let dataset = &self.loaded()?.dataset;
        Some(if self.part == Part::Test { &dataset.test } else { &dataset.train })
    }

    /// Divides the data set as the recipe says, and lists what is shown.
    fn divide(&mut self, recipe: &Recipe) {
        let State::Ready(loaded) = &self.state else { return };
        let by = Some((recipe.train.seed, recipe.train.validation_share));
        if self.parts.by != by {
            let Dataset { train, test, classes, .. } = &loaded.dataset;
            let (rows, valid) = loaded.dataset.divide(recipe.train.validation_share, recipe.train.seed);
            let all: Vec<u32> = (0..test.len() as u32).collect();
            let counts = [
                count(&train.labels, &rows, classes.len()),
                count(&train.labels, &valid, classes.len()),
                count(&test.labels, &all, classes.len()),
            ];
            self.parts = Division { train: rows, valid, counts, by };
            self.list();
        }
    }

    fn list(&mut self) {
        let Some(samples) = self.samples() else { return };
        let labels = Arc::clone(&samples.labels);
        let all: Vec<u32>;
        let rows = match self.part {
            Part::Train => &self.parts.train,
            Part::Valid => &self.parts.valid,
            Part::Test => {
                all = (0..labels.len() as u32).collect();
                &all
            }
        };
        let of_class = |row: &&u32| self.class.is_none_or(|class| labels[**row as usize] == class);
        let rows: Vec<u32> = rows.iter().filter(of_class).copied().collect();
        self.gallery.show(rows);
    }
}

fn count(labels: &[u8], rows: &[u32], n_classes: usize) -> Vec<u32> {
    let mut counts = vec![0; n_classes];
    for row in rows {
        if let Some(count) = counts.get_mut(usize::from(labels[*row as usize])) {
            *count += 1;
        }
    }
    counts
}

impl App {
    /// Keeps the Data page in step with the recipe on the form. Called between frames while the page is shown.
    pub(super) fn follow_data(&mut self) {
        let wanted = &self.draft.recipe().data;
        if self.data.source.as_ref() == Some(wanted) {
            self.data.changed = None;
            let ready = self.sources.availability(wanted) == Some(&Availability::Ready);
            if ready && matches!(self.data.state, State::Trouble(Trouble::Absent(_))) {
                // It was downloaded, or copied to where it is looked for.
                self.look_at_data();
                return;
            }
            let recipe = self.draft.recipe().clone();
            if !matches!(self.data.state, State::Loading(_))
                && self.data.laid != Some(Laid::of(&recipe, self.data.n_edits))
            {
                self.look_at_data();
                return;
            }
            self.data.divide(&recipe);
            return;
        }
        match &self.data.changed {
            Some((changed, at)) if changed == wanted => {
                // The first look waits for nobody.
                if self.data.source.is_none() || at.elapsed() >= REST {
                    self.look_at_data();
                }
            }
            _ => self.data.changed = Some((wanted.clone(), Instant::now())),
        }
    }

    /// Whether the Data page waits for settings to come to rest, so that frames should go on.
    pub(super) fn data_waits(&self) -> bool {
        self.data.changed.is_some()
    }

    /// Does what is asked about data sets.
    pub(super) fn apply_data(&mut self, action: Action) {
        match action {
            Action::Look => self.look_at_data(),
            Action::Sheet(sheet) => self.data.sheet = sheet,
            Action::Download if self.sources.fetching.is_none() => self.fetch_mnist(),
            Action::Download => {}
            Action::Part(part) => {
                self.data.part = part;
                self.data.gallery.select(None);
                self.data.list();
            }
            Action::Class(class) => {
                self.data.class = class;
                self.data.list();
            }
            Action::Select(position) => self.data.gallery.select(position),
            Action::Zoom(tile) => self.data.gallery.zoom(tile),
        }
    }

    /// Takes in what a job about data sets brings back; what is no longer asked for is dropped.
    pub(super) fn take_data(&mut self, report: Report) {
        if self.data.source.as_ref() != Some(&report.source) {
            return;
        }
        self.data.state = match report.loaded {
            Ok(loaded) => State::Ready(Arc::new(loaded)),
            Err(trouble) => State::Trouble(trouble),
        };
        let n_classes = self.data.loaded().map_or(0, |loaded| loaded.dataset.classes.len());
        self.data.class = self.data.class.filter(|class| usize::from(*class) < n_classes);
        self.data.parts = Division::default();
        let recipe = self.draft.recipe().clone();
        self.data.divide(&recipe);
    }

    fn look_at_data(&mut self) {
        if let State::Loading(job) = self.data.state {
            self.jobs.cancel(job);
        }
        let recipe = self.draft.recipe().clone();
        let source = recipe.data.clone();
        let places = self.parts.places.clone();
        let overlays = self.parts.workspace.overlays_dir();
        // What was read before is only laid out anew.
        let base = self.data.loaded().filter(|loaded| loaded.source == source).map(|l| l.base.clone());
        let base = base.filter(|_| self.data.laid != Some(Laid::of(&recipe, self.data.n_edits)));
        self.data.source = Some(source.clone());
        self.data.laid = Some(Laid::of(&recipe, self.data.n_edits));
        self.data.changed = None;
        self.data.gallery.show(Vec::new());
        let job = self.jobs.start("Load images", Arc::clone(&self.parts.waker), move |context| {
            let loaded = match source.available(&places) {
                Availability::Ready => {
                    load(&recipe, base, &places, &overlays, context).map_err(|e| match e {
                        DataError::Cancelled => Trouble::Cancelled,
                        e => Trouble::Unreadable(e.to_string()),
                    })
                }
                absent => Err(Trouble::Absent(absent)),
            };
            Ok(AnyReport::Data(Box::new(Report { source, loaded })))
        });
        self.data.state = State::Loading(job);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::{app, idx_folder, until};
    use crate::app::{Command, Tab};

    fn learn_from(app: &mut App, source: Source) {
        let recipe = Box::new(Recipe { data: source, ..app.draft.recipe().clone() });
        app.apply(Command::Edit { recipe, gesture: None });
    }

    #[test]
    fn the_page_shows_what_the_recipe_learns_from() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let mut app = app(folder.path());
        learn_from(&mut app, idx_folder(folder.path(), 90, 30)?);
        // Nothing is read while the page is not looked at.
        app.drain(Duration::ZERO);
        assert!(app.data.source.is_none());
        app.apply(Command::Show(Tab::Data));
        until(&mut app, |app| app.data.loaded().is_some());
        let division = &app.data.parts;
        assert_eq!((division.train.len(), division.valid.len()), (81, 9));
        assert_eq!(division.counts, [vec![27; 3], vec![3; 3], vec![10; 3]]);
        assert_eq!(app.data.gallery.rows().len(), 81);
        app.apply(Command::Data(Action::Part(Part::Test)));
        app.apply(Command::Data(Action::Class(Some(2))));
        assert_eq!(app.data.gallery.rows(), (0..30).filter(|row| row % 3 == 2).collect::<Vec<u32>>());
        app.apply(Command::Data(Action::Select(Some(4))));
        assert_eq!(app.data.gallery.selected_row(), Some(14));
        app.apply(Command::Data(Action::Class(None)));
        assert_eq!(app.data.gallery.selected_row(), Some(14));
        // Another share of validation divides anew, without reading anything again.
        let mut recipe = Box::new(app.draft.recipe().clone());
        recipe.train.validation_share = 0.5;
        app.apply(Command::Edit { recipe, gesture: None });
        until(&mut app, |app| app.data.parts.valid.len() == 45);
        assert!(app.jobs.shown().next().is_none());
        Ok(())
    }

    #[test]
    fn data_that_is_not_there_says_what_to_do() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let mut app = app(folder.path());
        let missing = folder.path().join("none").display().to_string();
        let source = Source::IdxFolder(crate::data::IdxFolder { folder: missing, ..Default::default() });
        learn_from(&mut app, source);
        app.apply(Command::Show(Tab::Data));
        until(&mut app, |app| matches!(app.data.state, State::Trouble(_)));
        assert!(matches!(&app.data.state, State::Trouble(Trouble::Absent(Availability::Missing { .. }))));
        // Once it is there, looking again finds it.
        let there = idx_folder(folder.path(), 6, 3)?;
        learn_from(&mut app, there);
        until(&mut app, |app| app.data.loaded().is_some());
        std::fs::write(folder.path().join("t10k-images-idx3-ubyte"), "damaged")?;
        app.apply(Command::Data(Action::Look));
        until(&mut app, |app| matches!(app.data.state, State::Trouble(Trouble::Unreadable(_))));
        Ok(())
    }
}
