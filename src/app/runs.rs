//! The runs as the window knows them: their histories folded from what the watcher saw, and which ones are chosen.

use crate::knobs::Flat;
use crate::recipe::Recipe;
use crate::runs::{History, Imported, MarkerKind, Meta, Outcome, Phase, RunDir, Split, Status};
use crate::work::watch::{Hold, Opened, Sight, settings};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// A process that was started a moment ago has no lock yet; after this long it never will.
const LAUNCH: Duration = Duration::from_secs(20);

/// A change asked of a running training.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The request's id.
    pub request: String,
    /// The value asked for.
    pub value: String,
}

/// One run.
#[derive(Debug)]
pub struct Run {
    /// Its folder.
    pub dir: RunDir,
    /// The folder's name.
    pub id: String,
    /// What the user says of it.
    pub meta: Meta,
    /// Its recipe, or why that cannot be read.
    pub recipe: Result<Recipe, String>,
    /// What stands in place of a recipe, where another program trained it.
    pub imported: Option<Imported>,
    /// The recipe as `path = value`.
    pub flat: Flat,
    /// The settings that can be changed while it runs.
    pub live: Vec<String>,
    /// What its events add up to.
    pub history: History,
    /// Whether a process has it.
    pub hold: Hold,
    /// Why its events cannot be read on.
    pub trouble: Option<String>,
    /// Grows whenever the history does.
    pub revision: u64,
    /// When this window started a process for it that has not said anything yet.
    pub launched: Option<Instant>,
    /// The latest change asked for, by the setting's path.
    pub asked: BTreeMap<String, Asked>,
}

impl Run {
    fn new(dir: RunDir, recipe: Result<Recipe, String>, meta: Meta) -> Self {
        let (imported, flat, live) = settings(&dir, &recipe);
        Self { recipe, imported, flat, live, ..Self::bare(dir, meta) }
    }

    /// A run of which nothing is known but where it lies.
    fn bare(dir: RunDir, meta: Meta) -> Self {
        Self {
            id: dir.id(),
            dir,
            meta,
            recipe: Err(String::new()),
            imported: None,
            flat: Flat::new(),
            live: Vec::new(),
            history: History::default(),
            hold: Hold::Never,
            trouble: None,
            revision: 0,
            launched: None,
            asked: BTreeMap::new(),
        }
    }

    /// As it was when the workspace was opened.
    fn opened(opened: Opened) -> Self {
        let Opened { run, recipe, meta, imported, flat, live, history, hold, trouble } = opened;
        let base =
            Self { imported, flat, live, history, hold, trouble, revision: 1, ..Self::bare(run, meta) };
        Self { recipe, ..base }
    }

    /// Whole epochs of which everything was told: what is measured at the end of one comes a moment after it.
    pub fn epochs_told(&self) -> u64 {
        let epoch = self.history.epoch;
        let measuring = epoch.fract() == 0.0 && self.status().is_alive();
        (epoch as u64).saturating_sub(u64::from(measuring))
    }

    /// What it is doing.
    pub fn status(&self) -> Status {
        let launching = self.launched.is_some_and(|at| at.elapsed() < LAUNCH);
        match self.history.status(self.hold == Hold::Held || launching) {
            Status::Waiting if self.hold == Hold::Released => Status::Interrupted,
            // A run that is taken up again still has its last end in the journal.
            status if launching && !status.is_alive() => Status::Loading,
            status => status,
        }
    }

    /// Whether it cannot be understood.
    pub fn is_damaged(&self) -> bool {
        (self.recipe.is_err() && self.imported.is_none()) || self.trouble.is_some()
    }

    /// Whether a process can be started that goes on with it.
    pub fn can_resume(&self) -> bool {
        self.recipe.is_ok()
            && matches!(self.status(), Status::Interrupted | Status::Waiting | Status::Failed(_))
    }

    /// The value in force of a setting: the recipe's, or the last one applied while it ran.
    pub fn value(&self, path: &str) -> Option<&str> {
        let changed = self.history.markers.iter().rev().find_map(|marker| match &marker.kind {
            MarkerKind::Changed(changed) if changed.path == path => Some(changed.applied.as_str()),
            _ => None,
        });
        changed.or_else(|| self.flat.iter().find(|(p, _)| p == path).map(|(_, value)| value.as_str()))
    }

    /// The last answer to a change of that setting.
    pub fn answer(&self, path: &str) -> Option<&crate::runs::Changed> {
        self.history.markers.iter().rev().find_map(|marker| match &marker.kind {
            MarkerKind::Changed(changed) if changed.path == path => Some(changed),
            _ => None,
        })
    }

    /// The change asked for and not yet answered.
    pub fn pending(&self, path: &str) -> Option<&Asked> {
        let asked = self.asked.get(path)?;
        let answered = self.history.markers.iter().any(
            |marker| matches!(&marker.kind, MarkerKind::Changed(changed) if changed.request == asked.request),
        );
        (!answered && self.status().is_alive()).then_some(asked)
    }

    /// The best validation accuracy, 0 to 1; the training accuracy where nothing was validated.
    pub fn best_accuracy(&self) -> Option<f64> {
        self.history.best.map(|best| best.accuracy).or_else(|| self.history.best_of(Split::Valid, "accuracy"))
    }

    /// The latest validation accuracy, 0 to 1.
    pub fn last_accuracy(&self) -> Option<f64> {
        self.history.last(Split::Valid, "accuracy")
    }

    /// The share of its steps that are done, 0 to 1.
    pub fn share_done(&self) -> f32 {
        let history = &self.history;
        if matches!(history.phase, Phase::Ended(Outcome::Finished, _)) {
            return 1.0;
        }
        let total = history.total_steps.max(1);
        (history.step as f32 / total as f32).clamp(0.0, 1.0)
    }
}

/// How a click on a run chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choose {
    /// This one alone.
    Only,
    /// This one as well, or no longer.
    Toggle,
    /// All from the one looked at to this one.
    Range,
}

/// All runs of the workspace.
#[derive(Debug, Default)]
pub struct Runs {
    list: Vec<Run>,
    /// The run looked at.
    pub current: Option<String>,
    /// The runs on the axes besides the one looked at.
    pub shown: BTreeSet<String>,
    /// The runs that are chosen, to delete them for instance.
    pub chosen: BTreeSet<String>,
    /// Whether everything was looked at once.
    pub complete: bool,
    revision: u64,
}

impl Runs {
    /// None yet, but which one is to be looked at and which ones are to be on the axes when they come.
    pub fn remembered(current: Option<String>, shown: BTreeSet<String>) -> Self {
        Self { current, shown, ..Self::default() }
    }

    /// All of them, newest first.
    pub fn list(&self) -> &[Run] {
        &self.list
    }

    /// One by its id.
    pub fn get(&self, id: &str) -> Option<&Run> {
        self.place(id).map(|at| &self.list[at])
    }

    /// One by its id, to change it.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut Run> {
        let at = self.place(id)?;
        self.revision += 1;
        self.list.get_mut(at)
    }

    /// Where a run is in the list, which is in order: ten thousand runs are found as quickly as ten.
    fn place(&self, id: &str) -> Option<usize> {
        self.list.binary_search_by(|run| id.cmp(run.id.as_str())).ok()
    }

    /// Grows whenever anything of any run changes.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The run looked at.
    pub fn current(&self) -> Option<&Run> {
        self.get(self.current.as_deref()?)
    }

    /// The runs that are ticked, newest first.
    pub fn ticked(&self) -> Vec<&Run> {
        self.list.iter().filter(|run| self.shown.contains(&run.id)).collect()
    }

    /// The one looked at and those ticked beside it, newest first.
    pub fn on_axes(&self) -> Vec<&Run> {
        let looked_at = |run: &Run| self.current.as_ref() == Some(&run.id);
        self.list.iter().filter(|run| looked_at(run) || self.shown.contains(&run.id)).collect()
    }

    /// Those that a process has.
    pub fn alive(&self) -> impl Iterator<Item = &Run> {
        self.list.iter().filter(|run| run.status().is_alive())
    }

    /// Looks at a run and puts it on the axes.
    pub fn look_at(&mut self, id: &str) {
        self.current = Some(id.to_owned());
        self.chosen = BTreeSet::from([id.to_owned()]);
        self.shown.insert(id.to_owned());
    }

    /// Chooses as a click does.
    pub fn choose(&mut self, id: &str, how: Choose) {
        match how {
            Choose::Only => self.chosen = BTreeSet::from([id.to_owned()]),
            Choose::Toggle => {
                if !self.chosen.remove(id) {
                    self.chosen.insert(id.to_owned());
                }
            }
            Choose::Range => {
                let place = |id: &str| self.list.iter().position(|run| run.id == id);
                if let (Some(from), Some(to)) = (self.current.as_deref().and_then(place), place(id)) {
                    let range = &self.list[from.min(to)..=from.max(to)];
                    self.chosen = range.iter().map(|run| run.id.clone()).collect();
                }
                return;
            }
        }
        self.current = Some(id.to_owned());
    }

    /// Forgets a run that is no longer there.
    pub fn forget(&mut self, id: &str) {
        self.revision += 1;
        self.list.retain(|run| run.id != id);
        self.shown.remove(id);
        self.chosen.remove(id);
        if self.current.as_deref() == Some(id) {
            self.current = self.list.first().map(|run| run.id.clone());
        }
    }

    /// Takes in what the watcher saw.
    pub fn take(&mut self, sight: Sight) {
        self.revision += u64::from(!matches!(sight, Sight::Looked));
        match sight {
            Sight::Found { run, recipe, meta } => self.put(Run::new(run, *recipe, meta)),
            Sight::Opened(opened) => self.put(Run::opened(*opened)),
            Sight::Events(run, events) => self.with(&run, |run| {
                for event in &events {
                    run.history.apply(event);
                }
                run.launched = None;
                run.revision += 1;
            }),
            Sight::Hold(run, hold) => self.with(&run, |run| {
                run.hold = hold;
                if hold == Hold::Released {
                    run.launched = None;
                }
                run.revision += 1;
            }),
            Sight::Trouble(run, trouble) => self.with(&run, |run| run.trouble = trouble),
            Sight::Gone(run) => self.forget(&run.id()),
            Sight::Looked => {
                self.complete = true;
                if self.current().is_none() {
                    self.current = self.list.first().map(|run| run.id.clone());
                }
                self.chosen.retain(|id| self.list.iter().any(|run| run.id == *id));
            }
        }
    }

    fn put(&mut self, found: Run) {
        if let Some(known) = self.get_mut(&found.id) {
            *known = Run { launched: known.launched, ..found };
            return;
        }
        // Ids begin with the time, so that newest first is their order backwards.
        let place = self.list.partition_point(|run| run.id > found.id);
        self.list.insert(place, found);
    }

    fn with(&mut self, dir: &RunDir, change: impl FnOnce(&mut Run)) {
        if let Some(run) = self.get_mut(&dir.id()) {
            change(run);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::{Changed, Event, Metrics, Outcome, Progress, Started};
    use std::path::PathBuf;

    fn started(from_step: u64) -> Event {
        Event::Started(Started {
            at: 1.0,
            format: 1,
            program: String::new(),
            pid: 1,
            host: String::new(),
            device: "CPU".to_owned(),
            threads: 1,
            from_step,
            total_steps: 100,
            steps_per_epoch: 10,
            epochs: 10,
            params: 1,
            images: [1, 1, 1],
            data: String::new(),
            classes: Vec::new(),
            parent: None,
        })
    }

    fn with_runs(ids: &[&str]) -> Runs {
        let mut runs = Runs::default();
        for id in ids {
            let run = RunDir::new(PathBuf::from(id));
            runs.take(Sight::Found { run, recipe: Box::new(Ok(Recipe::default())), meta: Meta::default() });
        }
        runs.take(Sight::Looked);
        runs
    }

    #[test]
    fn an_epoch_is_told_in_full_when_the_next_begins_or_all_ends() {
        let mut runs = with_runs(&["a"]);
        let dir = RunDir::new(PathBuf::from("a"));
        runs.take(Sight::Hold(dir.clone(), Hold::Held));
        runs.take(Sight::Events(dir.clone(), vec![started(0)]));
        let mut told_after = |event: Event| {
            runs.take(Sight::Events(dir.clone(), vec![event]));
            runs.current().map(Run::epochs_told)
        };
        let progress = |epoch: f64| {
            Event::Progress(Progress {
                at: 1.0,
                step: (epoch * 10.0) as u64,
                epoch,
                total_steps: 100,
                trained_secs: epoch,
                metrics: Metrics::default(),
            })
        };
        // At the end of an epoch its validation is still to come.
        let told = [0.5, 1.0, 1.1, 2.0].map(|epoch| told_after(progress(epoch)));
        assert_eq!(told, [Some(0), Some(0), Some(1), Some(1)]);
        let ended = Event::Ended { at: 1.0, step: 20, outcome: Outcome::Finished, text: None };
        assert_eq!(told_after(ended), Some(2));
    }

    #[test]
    fn newest_first_and_the_newest_is_looked_at() {
        let runs = with_runs(&["b", "c", "a"]);
        assert_eq!(runs.list().iter().map(|run| run.id.as_str()).collect::<Vec<_>>(), ["c", "b", "a"]);
        assert_eq!(runs.current().map(|run| run.id.as_str()), Some("c"));
        assert_eq!((runs.on_axes().len(), runs.ticked().len()), (1, 0));
    }

    #[test]
    fn choosing_with_ctrl_and_shift() {
        let mut runs = with_runs(&["a", "b", "c", "d"]);
        runs.choose("d", Choose::Only);
        runs.choose("b", Choose::Range);
        assert_eq!(runs.chosen.len(), 3);
        runs.choose("c", Choose::Toggle);
        assert_eq!(runs.chosen.iter().map(String::as_str).collect::<Vec<_>>(), ["b", "d"]);
        runs.forget("c");
        assert_eq!(runs.current.as_deref(), Some("d"));
    }

    #[test]
    fn a_lost_process_reads_as_interrupted_and_a_new_one_as_loading() {
        let mut runs = with_runs(&["a"]);
        let dir = RunDir::new(PathBuf::from("a"));
        runs.take(Sight::Hold(dir.clone(), Hold::Held));
        assert_eq!(runs.list()[0].status(), Status::Loading);
        runs.take(Sight::Events(dir.clone(), vec![started(0)]));
        assert_eq!(runs.list()[0].status(), Status::Training);
        runs.take(Sight::Hold(dir.clone(), Hold::Released));
        assert_eq!(runs.list()[0].status(), Status::Interrupted);
        assert!(runs.list()[0].can_resume());
        runs.list[0].launched = Some(Instant::now());
        assert!(runs.list()[0].status().is_alive());
        runs.take(Sight::Gone(dir));
        assert!(runs.list().is_empty() && runs.current.is_none());
    }

    #[test]
    fn a_setting_asked_for_waits_for_its_answer() {
        let mut runs = with_runs(&["a"]);
        let dir = RunDir::new(PathBuf::from("a"));
        runs.take(Sight::Hold(dir.clone(), Hold::Held));
        runs.take(Sight::Events(dir.clone(), vec![started(0)]));
        let run = &mut runs.list[0];
        assert_eq!(run.value("optim.lr"), Some("0.001"));
        run.asked.insert("optim.lr".to_owned(), Asked { request: "r1".to_owned(), value: "0.1".to_owned() });
        assert!(run.pending("optim.lr").is_some());
        let changed = Changed {
            at: 2.0,
            step: 5,
            request: "r1".to_owned(),
            path: "optim.lr".to_owned(),
            before: "0.001".to_owned(),
            asked: "0.1".to_owned(),
            applied: "0.1".to_owned(),
            reason: None,
        };
        runs.take(Sight::Events(dir, vec![Event::Changed(changed)]));
        let run = &runs.list()[0];
        assert_eq!(run.pending("optim.lr"), None);
        assert_eq!(run.value("optim.lr"), Some("0.1"));
    }
}
