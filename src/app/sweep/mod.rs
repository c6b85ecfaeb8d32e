//! Sweeps as the window knows them: the one on the form, the studies there are, and the one looked at, folded from its
//! journal. A study is carried out by a process of its own; the window asks, and looks on.

mod draft;
mod files;
#[cfg(test)]
mod tests;

pub use draft::SweepDraft;

use super::{App, Report as AppReport, Tab};
use crate::recipe::Recipe;
use crate::sweep::{Edit, Importance, Studies, Study, StudyDir, Sweep, importance, presets};
use crate::work::studies::{Known, Sight, StudyWatch};
use crate::work::sweep::run_of;
use anyhow::Context as _;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A process that was started a moment ago has no lock yet; after this long it never will.
const LAUNCH: Duration = Duration::from_secs(20);

/// The sweep that the form begins with.
const FIRST: &str = "tutorial-cnn";

/// What is shown of the study looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sheet {
    /// Every trial, in a table.
    #[default]
    Board,
    /// The best so far, over time and over what was computed.
    Progress,
    /// Every trial as a line through all settings.
    Parallel,
    /// How much each setting matters.
    Importance,
    /// The objective over each setting, and over two of them.
    Slices,
    /// Accuracy an epoch, for each value of a setting.
    Curves,
    /// Two objectives against each other.
    Front,
}

impl Sheet {
    /// All of them with their words, in the order of the row of choices.
    pub const ALL: [(Self, &'static str, &'static str); 7] = [
        (Self::Board, "Trials", "Every trial: what it tries, how it does, and whether it is pruned"),
        (Self::Progress, "Progress", "The best so far, over time and over seconds of training"),
        (Self::Parallel, "Parallel", "Every trial as a line through all settings; drag on an axis to choose"),
        (Self::Importance, "Importance", "How much each setting matters, with how sure that is"),
        (Self::Slices, "Slices", "The objective over one setting, and over two"),
        (Self::Curves, "Curves", "Accuracy after each epoch, for each value of a setting"),
        (Self::Front, "Trade-off", "Accuracy against size or time; nobody beats the trials on the line"),
    ];
}

/// What the table of trials is sorted by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sort {
    /// The objective, best first.
    #[default]
    Value,
    /// The trial's number.
    Number,
    /// What it is doing: running ones first.
    State,
    /// Epochs done.
    Epochs,
    /// Seconds spent.
    Seconds,
    /// A setting, by its path.
    Setting(String),
    /// Something measured at its end.
    Metric(String),
}

/// Something to do with sweeps.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Begins with a preset, by its file's stem.
    UsePreset(String),
    /// Varies the recipe on the Train page.
    UseRecipe,
    /// Replaces the sweep on the form.
    Edit(Box<Sweep>),
    /// Makes a study of the sweep on the form and starts it.
    Start,
    /// Looks at a study.
    Open(StudyDir),
    /// Puts the sweep of the study looked at on the form, for another study.
    UseSweepOf,
    /// Changes the study looked at.
    Ask(Edit),
    /// The study looked at goes on: a process is started.
    Resume,
    /// Shows something else of it.
    Sheet(Sheet),
    /// Sorts the table; twice the other way round.
    Sort(Sort),
    /// Marks trials, in every plot.
    Mark(BTreeSet<u64>),
    /// Opens a trial's run on the Train page.
    OpenTrial(u64),
    /// Trains the winner's recipe as a run.
    TrainWinner,
    /// Puts a file's sweep on the form.
    OpenFile(PathBuf),
    /// Writes the sweep on the form to a file.
    SaveFile(PathBuf),
    /// Writes the table of trials to a file.
    ExportTable(PathBuf),
    /// Tells that something cannot be done.
    Complain(String),
    /// Writes a picture, already made, to a file.
    ExportPicture(PathBuf, Arc<Vec<u8>>),
}

/// What jobs bring back.
#[derive(Debug)]
pub enum Report {
    /// A study was made and its process started.
    Started(StudyDir),
    /// Its process was started again.
    Resumed,
    /// It was changed.
    Changed,
    /// How much each setting matters was worked out.
    Findings(Findings),
}

/// How much each setting of a study matters, as of some revision of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    of: Option<(StudyDir, u64)>,
    /// The most important setting first.
    pub list: Vec<Importance>,
}

/// The study looked at.
#[derive(Debug)]
pub struct Looked {
    /// Its folder.
    pub dir: StudyDir,
    /// Everything known of it.
    pub study: Study,
    /// Grows whenever something happens in it.
    pub revision: u64,
    /// When this window started a process for it that has not said anything yet.
    launched: Option<Instant>,
}

/// Sweeps as the window knows them.
#[derive(Default)]
pub struct Sweeps {
    /// The sweep on the form.
    pub draft: SweepDraft,
    /// The sweeps to begin with: file name without ending, and the sweep, or why it cannot be read.
    pub presets: Vec<(String, Result<Sweep, String>)>,
    /// Every study, newest first.
    pub list: Vec<Known>,
    /// The study looked at.
    pub looked: Option<Looked>,
    /// Why the study that was asked for cannot be read.
    pub trouble: Option<String>,
    /// What is shown of it.
    pub sheet: Sheet,
    /// What the table is sorted by, and whether the other way round.
    pub sort: (Sort, bool),
    /// Marked trials.
    pub marked: BTreeSet<u64>,
    /// How much each setting matters.
    pub findings: Findings,
    finding: bool,
    watch: Option<StudyWatch>,
    wanted: Option<StudyDir>,
}

impl Sweeps {
    /// Whether a process carries the study out that is looked at.
    pub fn is_alive(&self) -> bool {
        let Some(looked) = &self.looked else { return false };
        let launching = looked.launched.is_some_and(|at| at.elapsed() < LAUNCH);
        launching || self.list.iter().any(|known| known.dir == looked.dir && known.alive)
    }

    /// Why the study looked at gets no further for now, as the process that carries it out has told.
    pub fn waits(&self) -> Option<&str> {
        let looked = self.looked.as_ref()?;
        self.list.iter().find(|known| known.dir == looked.dir)?.waits.as_deref()
    }

    fn take(&mut self, sight: Sight) {
        match sight {
            Sight::List(list) => self.list = list,
            Sight::Opened(dir, study) if self.wanted.as_ref() == Some(&dir) => match *study {
                Ok(study) => {
                    let launched =
                        self.looked.take().filter(|old| old.dir == dir).and_then(|old| old.launched);
                    self.looked = Some(Looked { dir, study, revision: 0, launched });
                    self.trouble = None;
                    self.marked.clear();
                }
                Err(why) => self.trouble = Some(why),
            },
            Sight::Events(dir, events) => {
                if let Some(looked) = self.looked.as_mut().filter(|looked| looked.dir == dir) {
                    events.iter().for_each(|event| looked.study.apply(event));
                    looked.revision += 1;
                    looked.launched = None;
                }
            }
            Sight::Opened(..) => {}
        }
    }

    fn look_at(&mut self, dir: StudyDir) {
        if let Some(watch) = &self.watch {
            watch.look_at(Some(dir.clone()));
        }
        self.wanted = Some(dir);
    }
}

impl App {
    /// Takes in what happens in studies, while the page is open.
    pub(super) fn follow_sweeps(&mut self) {
        if self.sweeps.watch.is_none() {
            let studies = Studies::new(self.workspace().root());
            match StudyWatch::start(studies, Arc::clone(&self.parts.waker)) {
                Ok(watch) => self.sweeps.watch = Some(watch),
                Err(e) => self.notices.error(format!("Studies cannot be watched: {e:#}")),
            }
            self.read_sweep_presets();
        }
        while let Some(sight) = self.sweeps.watch.as_ref().and_then(StudyWatch::next) {
            self.sweeps.take(sight);
        }
        self.find_importance();
        // The newest study is looked at, until the user chooses another one.
        if self.sweeps.wanted.is_none()
            && let Some(newest) = self.sweeps.list.first()
        {
            let dir = newest.dir.clone();
            self.sweeps.look_at(dir);
        }
    }

    /// Works out how much each setting matters, beside the window, when that is looked at and something happened.
    fn find_importance(&mut self) {
        let Some(looked) = &self.sweeps.looked else { return };
        let now = Some((looked.dir.clone(), looked.revision));
        if self.sweeps.sheet != Sheet::Importance || self.sweeps.finding || self.sweeps.findings.of == now {
            return;
        }
        self.sweeps.finding = true;
        let study = looked.study.clone();
        self.jobs.quiet("Importance", Arc::clone(&self.parts.waker), move |_| {
            Ok(AppReport::Sweep(Report::Findings(Findings { of: now, list: importance(&study) })))
        });
    }

    fn read_sweep_presets(&mut self) {
        let all = presets(&self.workspace().presets_dir());
        self.sweeps.presets =
            all.into_iter().map(|preset| (preset.stem, preset.sweep.map_err(|e| e.to_string()))).collect();
        if self.sweeps.draft.sweep().space.0.is_empty() {
            let first = self.sweeps.presets.iter().find(|(stem, _)| stem == FIRST);
            if let Some((stem, Ok(sweep))) = first.cloned() {
                self.sweeps.draft = SweepDraft::new(sweep, Some(stem));
            }
        }
    }

    pub(super) fn apply_sweep(&mut self, action: Action) {
        match action {
            Action::UsePreset(stem) => self.use_sweep_preset(&stem),
            Action::UseRecipe => {
                let recipe = self.draft.recipe().clone();
                self.vary(recipe);
            }
            Action::Edit(sweep) => self.sweeps.draft.set(*sweep),
            Action::Start => self.start_sweep(),
            Action::Open(dir) => self.sweeps.look_at(dir),
            Action::UseSweepOf => {
                if let Some(looked) = &self.sweeps.looked {
                    self.sweeps.draft = SweepDraft::new(looked.study.sweep.clone(), None);
                }
            }
            Action::Ask(edit) => self.ask_study(edit),
            Action::Resume => self.resume_study(),
            Action::Sheet(sheet) => self.sweeps.sheet = sheet,
            Action::Sort(sort) => {
                let (old, turned) = &self.sweeps.sort;
                self.sweeps.sort = if *old == sort { (sort, !turned) } else { (sort, false) };
            }
            Action::Mark(marked) => self.sweeps.marked = marked,
            Action::OpenTrial(id) => self.open_trial(id),
            Action::TrainWinner => self.train_winner(),
            Action::OpenFile(path) => self.open_sweep(&path),
            Action::SaveFile(path) => self.save_sweep(path),
            Action::ExportTable(path) => self.export_table(path),
            Action::Complain(text) => self.notices.error(text),
            Action::ExportPicture(path, bytes) => {
                self.jobs.quiet("Export picture", Arc::clone(&self.parts.waker), move |_| {
                    crate::disk::write_atomically(&path, &bytes)
                        .with_context(|| format!("The picture cannot be written: {}", path.display()))?;
                    Ok(AppReport::Told(format!("Written: {}", path.display())))
                });
            }
        }
    }

    pub(super) fn take_sweep(&mut self, report: Report) {
        match report {
            Report::Started(dir) => {
                self.sweeps.look_at(dir.clone());
                if let Ok((study, _)) = dir.read() {
                    let launched = Some(Instant::now());
                    self.sweeps.looked = Some(Looked { dir, study, revision: 0, launched });
                    self.sweeps.marked.clear();
                }
            }
            Report::Resumed => {
                if let Some(looked) = &mut self.sweeps.looked {
                    looked.launched = Some(Instant::now());
                }
            }
            Report::Changed => {}
            Report::Findings(found) => {
                self.sweeps.findings = found;
                self.sweeps.finding = false;
            }
        }
    }

    /// Why no study can be started of the sweep on the form.
    pub fn why_no_sweep(&self) -> Option<String> {
        let problem = self.sweeps.draft.problems().first()?;
        Some(format!("It cannot be carried out: {problem}"))
    }

    /// Why the study looked at cannot be started again.
    pub fn why_no_resume(&self) -> Option<String> {
        match &self.sweeps.looked {
            None => Some("No study is looked at".to_owned()),
            Some(_) if self.sweeps.is_alive() => Some("It is being carried out".to_owned()),
            Some(_) => None,
        }
    }

    fn use_sweep_preset(&mut self, stem: &str) {
        let found = self.sweeps.presets.iter().rev().find(|(known, _)| known == stem);
        match found.map(|(_, sweep)| sweep.clone()) {
            Some(Ok(sweep)) => self.sweeps.draft = SweepDraft::new(sweep, Some(stem.to_owned())),
            Some(Err(why)) => self.notices.error(why),
            None => self.notices.error(format!("There is no sweep '{stem}'")),
        }
    }

    fn vary(&mut self, recipe: Recipe) {
        let old = self.sweeps.draft.sweep().clone();
        let name = format!("Sweep of {}", recipe.name);
        self.sweeps.draft = SweepDraft::new(Sweep { recipe, name, about: String::new(), ..old }, None);
    }

    fn start_sweep(&mut self) {
        if let Some(why) = self.why_no_sweep() {
            self.notices.warn(why);
            return;
        }
        let (sweep, studies) = (self.sweeps.draft.sweep().clone(), Studies::new(self.workspace().root()));
        let (launcher, places) = (Arc::clone(&self.parts.sweeper), self.parts.places.clone());
        self.jobs.quiet("Start sweep", Arc::clone(&self.parts.waker), move |_| {
            let dir = studies.create(&sweep)?;
            launcher(&dir, &places)?;
            Ok(AppReport::Sweep(Report::Started(dir)))
        });
    }

    fn ask_study(&mut self, edit: Edit) {
        let Some(looked) = &self.sweeps.looked else { return };
        let problems = looked.study.check_edit(&edit);
        if let Some(problem) = problems.first() {
            self.notices.warn(format!("The study cannot be changed so: {problem}"));
            return;
        }
        let dir = looked.dir.clone();
        self.jobs.quiet("Change study", Arc::clone(&self.parts.waker), move |_| {
            dir.edit(edit)?;
            Ok(AppReport::Sweep(Report::Changed))
        });
    }

    fn resume_study(&mut self) {
        if let Some(why) = self.why_no_resume() {
            self.notices.warn(why);
            return;
        }
        let Some(looked) = &self.sweeps.looked else { return };
        let (dir, halted) = (looked.dir.clone(), looked.study.paused.is_some() || looked.study.stopped);
        let (launcher, places) = (Arc::clone(&self.parts.sweeper), self.parts.places.clone());
        self.jobs.quiet("Resume study", Arc::clone(&self.parts.waker), move |_| {
            if halted {
                dir.edit(Edit::Resume)?;
            }
            launcher(&dir, &places)?;
            Ok(AppReport::Sweep(Report::Resumed))
        });
    }

    fn open_trial(&mut self, id: u64) {
        let run = self.sweeps.looked.as_ref().and_then(|looked| run_of(&looked.dir, looked.study.trial(id)?));
        let Some(run) = run else {
            self.notices.warn(format!("Trial {id} has no run yet"));
            return;
        };
        let recipe = Box::new(run.recipe().map_err(|e| e.to_string()));
        if let Some(watch) = &self.watch {
            watch.also(run.clone());
        }
        if self.runs.get(&run.id()).is_none() {
            self.runs.take(crate::work::watch::Sight::Found { run: run.clone(), recipe, meta: run.meta() });
        }
        self.runs.look_at(&run.id());
        self.settings.tab = Tab::Train;
    }

    fn train_winner(&mut self) {
        let Some(looked) = &self.sweeps.looked else { return };
        let study = &looked.study;
        let first = study.winner().and_then(|winner| study.trial(*winner.trials.first()?).cloned());
        match first.map(|trial| study.recipe(&trial)) {
            Some(Ok(recipe)) => {
                let name = format!("{}: winner", study.sweep.name);
                self.start(Recipe { name, ..recipe }, None);
            }
            Some(Err(e)) => self.notices.error(e.to_string()),
            None => self.notices.warn("No trial is complete yet"),
        }
    }

    /// Whether a trial of the study looked at is being trained by somebody, so that the page moves by itself.
    pub(super) fn sweep_moves(&self) -> bool {
        self.settings.tab == Tab::Sweep && self.sweeps.is_alive()
    }
}
