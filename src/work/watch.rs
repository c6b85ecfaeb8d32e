//! Watches a workspace: which runs there are, what they say, and whether a process has them. On a thread of its own,
//! so that neither a thousand runs nor a slow disk ever hold up a frame.

use super::Waker;
use crate::knobs::{self, Flat};
use crate::recipe::Recipe;
use crate::runs::{Event, History, Imported, Meta, RunDir, Status, Tail, Workspace};
use anyhow::Context as _;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Between two looks at the runs that a process has: ten a second are smooth to the eye.
const LIVE: Duration = Duration::from_millis(100);
/// Between two looks at everything else.
const REST: Duration = Duration::from_millis(700);
/// So many of the newest runs are looked at every time; of the others one in [`TURNS`].
const ALWAYS: usize = 200;
/// See [`ALWAYS`].
const TURNS: usize = 8;
/// Events sent in one message: few enough to take in within a fraction of a frame.
const CHUNK: usize = 512;

/// Whether a process has a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hold {
    /// None has it, nor ever had.
    #[default]
    Never,
    /// One has it.
    Held,
    /// One had it.
    Released,
}

/// Something seen in the workspace.
#[derive(Debug)]
pub enum Sight {
    /// A run that was not there before.
    Found {
        /// Its folder.
        run: RunDir,
        /// Its recipe, or why that cannot be read.
        recipe: Box<Result<Recipe, String>>,
        /// What the user says of it.
        meta: Meta,
    },
    /// A run that was there when the workspace was opened, with all that it had said until then.
    Opened(Box<Opened>),
    /// What a run said since the last time.
    Events(RunDir, Vec<Event>),
    /// Whether a process has a run, when that changed.
    Hold(RunDir, Hold),
    /// Why a run's events cannot be read on, when that changed; `None` when they can again.
    Trouble(RunDir, Option<String>),
    /// A run that is there no longer.
    Gone(RunDir),
    /// A whole look at the workspace is done.
    Looked,
}

/// A run as it was when the workspace was opened.
#[derive(Debug)]
pub struct Opened {
    /// Its folder.
    pub run: RunDir,
    /// Its recipe, or why that cannot be read.
    pub recipe: Result<Recipe, String>,
    /// What the user says of it.
    pub meta: Meta,
    /// What stands in place of a recipe, where another program trained it.
    pub imported: Option<Imported>,
    /// Its settings, path and value.
    pub flat: Flat,
    /// Those that can be changed while it runs.
    pub live: Vec<String>,
    /// What its events add up to.
    pub history: History,
    /// Whether a process has it.
    pub hold: Hold,
    /// Why its events cannot be read on.
    pub trouble: Option<String>,
}

impl Opened {
    /// Reads everything of a run; with it the tail that goes on from there.
    fn of(run: &RunDir) -> (Self, Tail) {
        let recipe = run.recipe().map_err(|e| e.to_string());
        let (imported, flat, live) = settings(run, &recipe);
        let hold = hold(run);
        let mut tail = Tail::new(run.events_file());
        let mut history = History::default();
        let trouble = match tail.read::<Event>() {
            Ok(events) => {
                events.iter().for_each(|event| history.apply(event));
                None
            }
            Err(e) => Some(e.to_string()),
        };
        let (run, meta) = (run.clone(), run.meta());
        (Self { run, recipe, meta, imported, flat, live, history, hold, trouble }, tail)
    }
}

/// A run's settings: of its recipe, or as far as another program told them; and those that can be changed meanwhile.
pub fn settings(run: &RunDir, recipe: &Result<Recipe, String>) -> (Option<Imported>, Flat, Vec<String>) {
    match recipe {
        Ok(recipe) => {
            let mut recipe = recipe.clone();
            (None, knobs::flat(&mut recipe), knobs::live_paths(&mut recipe))
        }
        Err(_) => {
            let imported = run.imported();
            let flat = imported.as_ref().map(|imported| imported.settings.clone()).unwrap_or_default();
            (imported, flat, Vec::new())
        }
    }
}

fn hold(run: &RunDir) -> Hold {
    match run.status(&History::default()) {
        Status::Waiting => Hold::Never,
        status if status.is_alive() => Hold::Held,
        _ => Hold::Released,
    }
}

/// The watcher; it ends when this is dropped.
pub struct Watch {
    sights: Receiver<Sight>,
    nudge: Sender<()>,
    also: Also,
    anew: Also,
}

/// Runs that lie elsewhere and are looked at as well, those of trials; and runs that are to be told of as if they were new.
type Also = Arc<Mutex<BTreeSet<RunDir>>>;

impl Watch {
    /// Starts to watch; `waker` is called for every sight but [`Sight::Looked`].
    pub fn start(workspace: Workspace, waker: Waker) -> anyhow::Result<Self> {
        let (sender, sights) = bounded(256);
        let (nudge, nudged) = bounded(1);
        let (also, anew) = (Also::default(), Also::default());
        let eyes = Eyes {
            workspace,
            sender,
            waker,
            known: BTreeMap::new(),
            also: Arc::clone(&also),
            anew: Arc::clone(&anew),
            turn: 0,
        };
        std::thread::Builder::new()
            .name("watch runs".to_owned())
            .spawn(move || eyes.watch(&nudged))
            .context("the system gives no more threads")?;
        Ok(Self { sights, nudge, also, anew })
    }

    /// The next thing seen, if there is one.
    pub fn next(&self) -> Option<Sight> {
        self.sights.try_recv().ok()
    }

    /// Looks at a run that lies outside of the workspace's folder of runs as well.
    pub fn also(&self, run: RunDir) {
        self.also.lock().unwrap_or_else(PoisonError::into_inner).insert(run);
        self.nudge();
    }

    /// Tells of a run as if it were new: it may have gone and come back between two looks, and who listens has forgotten it.
    pub fn anew(&self, run: RunDir) {
        self.anew.lock().unwrap_or_else(PoisonError::into_inner).insert(run);
        self.nudge();
    }

    /// Looks at everything now rather than soon.
    pub fn nudge(&self) {
        // A nudge that waits already is as good as two.
        self.nudge.try_send(()).ok();
    }
}

/// What is known of one run.
struct Known {
    tail: Tail,
    hold: Hold,
    trouble: Option<String>,
}

struct Eyes {
    workspace: Workspace,
    sender: Sender<Sight>,
    waker: Waker,
    known: BTreeMap<RunDir, Known>,
    also: Also,
    anew: Also,
    turn: usize,
}

/// The window is gone.
struct Closed;

impl Eyes {
    fn watch(mut self, nudged: &Receiver<()>) {
        let mut rested = None;
        loop {
            let all = rested.is_none_or(|since: Instant| since.elapsed() >= REST);
            let looked = if all { self.look_at_all() } else { self.look_at_held() };
            if looked.is_err() {
                return;
            }
            if all {
                rested = Some(Instant::now());
            }
            let any_held = self.known.values().any(|known| known.hold == Hold::Held);
            match nudged.recv_timeout(if any_held { LIVE } else { REST }) {
                Ok(()) => rested = None,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn tell(&self, sight: Sight) -> Result<(), Closed> {
        let quiet = matches!(sight, Sight::Looked);
        self.sender.send(sight).map_err(|_| Closed)?;
        if !quiet {
            (self.waker)();
        }
        Ok(())
    }

    fn look_at_all(&mut self) -> Result<(), Closed> {
        let mut present: BTreeSet<RunDir> = self.workspace.runs().into_iter().collect();
        let also = self.also.lock().unwrap_or_else(PoisonError::into_inner).clone();
        present.extend(also.into_iter().filter(|run| run.recipe_file().is_file()));
        for run in std::mem::take(&mut *self.anew.lock().unwrap_or_else(PoisonError::into_inner)) {
            self.known.remove(&run);
        }
        let gone: Vec<RunDir> = self.known.keys().filter(|run| !present.contains(run)).cloned().collect();
        for run in gone {
            self.known.remove(&run);
            self.tell(Sight::Gone(run))?;
        }
        if self.turn == 0 {
            self.open_all(&present)?;
        }
        self.turn += 1;
        // The newest first: it is what the user looks for.
        for (i, run) in present.into_iter().rev().enumerate() {
            // Of very many runs the old ones, which hardly ever change, take turns.
            let held = self.known.get(&run).is_some_and(|known| known.hold == Hold::Held);
            if i >= ALWAYS && i % TURNS != self.turn % TURNS && !held && self.known.contains_key(&run) {
                continue;
            }
            if !self.known.contains_key(&run) {
                let recipe = Box::new(run.recipe().map_err(|e| e.to_string()));
                self.tell(Sight::Found { recipe, meta: run.meta(), run: run.clone() })?;
                let tail = Tail::new(run.events_file());
                self.known.insert(run.clone(), Known { tail, hold: Hold::Never, trouble: None });
            }
            self.look_at(&run)?;
        }
        self.tell(Sight::Looked)
    }

    /// Reads all the runs that are there at first, on every core.
    fn open_all(&mut self, present: &BTreeSet<RunDir>) -> Result<(), Closed> {
        let newest: Vec<RunDir> = present.iter().rev().cloned().collect();
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
        for part in newest.chunks(CHUNK) {
            let each = part.len().div_ceil(threads).max(1);
            let opened: Vec<(Opened, Tail)> = std::thread::scope(|scope| {
                let read = |runs: &[RunDir]| runs.iter().map(Opened::of).collect::<Vec<_>>();
                let parts: Vec<_> = part.chunks(each).map(|runs| scope.spawn(move || read(runs))).collect();
                // Runs that a thread stumbled over are found again as if they were new.
                parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
            });
            for (opened, tail) in opened {
                let known = Known { tail, hold: opened.hold, trouble: opened.trouble.clone() };
                self.known.insert(opened.run.clone(), known);
                self.tell(Sight::Opened(Box::new(opened)))?;
            }
        }
        Ok(())
    }

    fn look_at_held(&mut self) -> Result<(), Closed> {
        let held: Vec<RunDir> = self
            .known
            .iter()
            .filter(|(_, known)| known.hold == Hold::Held)
            .map(|(run, _)| run.clone())
            .collect();
        held.iter().try_for_each(|run| self.look_at(run))
    }

    fn look_at(&mut self, run: &RunDir) -> Result<(), Closed> {
        let Some(known) = self.known.get_mut(run) else { return Ok(()) };
        // The lock is looked at before the events, so that a process that ends in between has its last word read
        // before it counts as gone.
        let hold = hold(run);
        let (events, trouble) = match known.tail.read::<Event>() {
            Ok(events) => (events, None),
            Err(e) => (Vec::new(), Some(e.to_string())),
        };
        let hold_changed = std::mem::replace(&mut known.hold, hold) != hold;
        let trouble_changed = known.trouble != trouble;
        known.trouble.clone_from(&trouble);
        for chunk in events.chunks(CHUNK) {
            self.tell(Sight::Events(run.clone(), chunk.to_vec()))?;
        }
        if hold_changed {
            self.tell(Sight::Hold(run.clone(), hold))?;
        }
        if trouble_changed {
            self.tell(Sight::Trouble(run.clone(), trouble))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::{Journal, Outcome};
    use crate::work::no_waker;

    fn until(watch: &Watch, mut done: impl FnMut(&Sight) -> bool) -> Vec<Sight> {
        let mut seen = Vec::new();
        let since = Instant::now();
        while since.elapsed() < Duration::from_secs(30) {
            let Some(sight) = watch.next() else {
                std::thread::sleep(Duration::from_millis(2));
                continue;
            };
            let enough = done(&sight);
            seen.push(sight);
            if enough {
                return seen;
            }
        }
        panic!("it never came; seen were {seen:?}");
    }

    #[test]
    fn runs_come_speak_and_go() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let workspace = Workspace::new(folder.path().to_owned());
        let watch = Watch::start(workspace.clone(), no_waker())?;
        until(&watch, |sight| matches!(sight, Sight::Looked));
        let run = workspace.create_run(&Recipe::default())?;
        watch.nudge();
        until(&watch, |sight| matches!(sight, Sight::Found { run: found, .. } if *found == run));
        let lock = run.lock()?;
        watch.nudge();
        until(&watch, |sight| matches!(sight, Sight::Hold(_, Hold::Held)));
        let ended = Event::Ended { at: 1.0, step: 0, outcome: Outcome::Finished, text: None };
        Journal::open(&run.events_file())?.append(&ended)?;
        drop(lock);
        let seen = until(&watch, |sight| matches!(sight, Sight::Hold(_, Hold::Released)));
        assert!(
            seen.iter().any(|sight| matches!(sight, Sight::Events(_, events) if *events == [ended.clone()]))
        );
        workspace.trash(&run)?;
        watch.nudge();
        until(&watch, |sight| matches!(sight, Sight::Gone(gone) if *gone == run));
        Ok(())
    }

    #[test]
    fn a_run_that_was_away_between_two_looks_is_told_of_anew() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let workspace = Workspace::new(folder.path().to_owned());
        let run = workspace.create_run(&Recipe::default())?;
        let watch = Watch::start(workspace, no_waker())?;
        until(&watch, |sight| matches!(sight, Sight::Opened(opened) if opened.run == run));
        until(&watch, |sight| matches!(sight, Sight::Looked));
        watch.nudge();
        let quiet = until(&watch, |sight| matches!(sight, Sight::Looked));
        assert!(!quiet.iter().any(|sight| matches!(sight, Sight::Found { .. })));
        watch.anew(run.clone());
        let seen = until(&watch, |sight| matches!(sight, Sight::Found { run: found, .. } if *found == run));
        assert!(!seen.iter().any(|sight| matches!(sight, Sight::Gone(_))));
        Ok(())
    }
}
