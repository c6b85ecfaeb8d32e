//! Carries a study out: gives its trials to training processes that stay, as many at once as cores and memory allow,
//! tells the study what they measured, and does what it decides. It keeps nothing that the study's journal and the
//! runs' folders do not have: whatever ends it, another one goes on from there.

mod eta;
mod holds;
mod room;
mod trials;

pub use eta::eta_secs;
use holds::Holds;
pub use room::Limits;
pub use trials::{run_dir, run_of, trial_runs};

use super::LaunchOptions;
use super::crew::{Crew, Place, Said};
use crate::runs::{Answer, Errand, Metrics, Order, Ran, Returned, RunDir, Rung, Split, Workspace, now};
use crate::sweep::{Edit, Job, LiveStudy, Spent, State, Study, StudyDir, Trial, Verdict};
use anyhow::{Context as _, bail};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Between two looks at what was asked, where no training process says anything.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Processes that end before they say a word, one after another, until it is given up.
const MOST_STILLBORN: usize = 3;

/// How a study is to be carried out on this machine.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How training processes are started.
    pub launch: LaunchOptions,
    /// Where they run.
    pub place: Place,
    /// How much of the machine it may take.
    pub limits: Limits,
}

/// Something that happened, for whoever follows.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// A worker took a trial.
    Began(u64),
    /// A trial was measured on its way.
    Measured(u64),
    /// A trial waits at a rung, or is to go on later.
    Waits(u64),
    /// A trial is over.
    Ended(u64),
    /// The user changed something.
    Edited(Edit),
    /// Nothing starts for now, and why.
    Holds(String),
    /// What runs gets no further for now, and why.
    Stalls(String),
    /// A moment has passed.
    Tick,
}

/// How carrying out a study ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It is done, and why.
    Done(String),
    /// It pauses, and why; nothing runs.
    Paused(String),
    /// It was interrupted; it can go on.
    Interrupted,
}

/// Carries a study out until it is done or pauses, or `interrupt` is set; then every trial has a checkpoint.
pub fn carry_out(
    dir: &StudyDir,
    workspace: &Workspace,
    options: &Options,
    interrupt: &AtomicBool,
    observer: &mut dyn FnMut(&Study, &Told),
) -> anyhow::Result<Ending> {
    let mut live = LiveStudy::open(dir, now)?;
    if let Some(jobs) = options.limits.jobs.map(|jobs| jobs as u64)
        && live.study().sweep.parallel != jobs
    {
        // What is not possible says so itself, and the study's own number stays.
        live.edit(Edit::Parallel(jobs))?.ok();
    }
    let crew = Crew::new(options.launch.clone(), dir.path().to_owned(), options.place);
    let limits = options.limits.clone();
    let carrier = Carrier {
        live,
        crew,
        limits,
        overlays: workspace.overlays_dir(),
        hands: BTreeMap::new(),
        n_stillborn: 0,
        holds: Holds::new(dir),
        observer,
    };
    carrier.go(interrupt)
}

/// A training process, and what it is at.
#[derive(Default)]
struct Hand {
    /// Whether it has said that it waits for orders.
    ready: bool,
    /// The trial that it has.
    trial: Option<u64>,
    /// Whether it left a trial unasked: its process ends, and takes nothing until it is started again.
    leaves: bool,
    /// Whether it was told to leave the trial.
    called_off: bool,
    /// Threads that it was told to compute with; 0 before the first word.
    threads: usize,
}

impl Hand {
    /// Whether it waits for a trial.
    fn is_free(&self) -> bool {
        self.ready && !self.leaves && self.trial.is_none()
    }
}

struct Carrier<'a> {
    live: LiveStudy,
    crew: Crew,
    limits: Limits,
    overlays: std::path::PathBuf,
    hands: BTreeMap<usize, Hand>,
    /// Processes that ended before their first word, one after another.
    n_stillborn: usize,
    /// Why nothing starts or goes on.
    holds: Holds,
    observer: &'a mut dyn FnMut(&Study, &Told),
}

impl Carrier<'_> {
    fn go(mut self, interrupt: &AtomicBool) -> anyhow::Result<Ending> {
        loop {
            for edit in self.live.requests()? {
                self.tell(&Told::Edited(edit));
            }
            if interrupt.load(Ordering::Relaxed) {
                self.call_all_off();
                if self.n_busy() == 0 {
                    return Ok(Ending::Interrupted);
                }
            } else {
                self.call_off()?;
                (self.holds.refused, self.holds.over) = (None, None);
                if let Some(ending) = self.assign()? {
                    return Ok(ending);
                }
                self.share_cores();
            }
            if let Some(told) = self.holds.news() {
                self.tell(&told);
            }
            if let Some((hand, said)) = self.crew.hear(LOOK_EVERY) {
                self.holds.heard();
                self.heard(hand, said, interrupt)?;
            } else {
                self.holds.nothing_heard();
            }
            self.tell(&Told::Tick);
        }
    }

    fn tell(&mut self, told: &Told) {
        (self.observer)(self.live.study(), told);
    }

    fn n_busy(&self) -> usize {
        self.hands.values().filter(|hand| hand.trial.is_some()).count()
    }

    /// Trials at once, as the study and this machine want it.
    fn wanted(&self) -> usize {
        self.limits.at_once(&self.live.study().sweep)
    }

    /// Ends what the user no longer wants: with a checkpoint, so that it can go on some other time.
    fn call_off(&mut self) -> anyhow::Result<()> {
        let (wanted, mut n_busy) = (self.wanted(), self.n_busy());
        let study = self.live.study();
        let halted = study.paused.is_some() || study.stopped;
        let mut off = Vec::new();
        for (number, hand) in self.hands.iter().rev() {
            let Some(trial) = hand.trial.filter(|_| !hand.called_off) else { continue };
            let gone = study.trial(trial).is_none_or(|trial| trial.state() != State::Running);
            let resting = study.paused_workers.contains(&(*number as u32));
            let too_many = n_busy > wanted;
            if halted || gone || resting || too_many {
                off.push(*number);
                n_busy -= 1;
            }
        }
        for number in off {
            self.order_off(number);
        }
        Ok(())
    }

    fn call_all_off(&mut self) {
        let busy = |hand: &Hand| hand.trial.is_some() && !hand.called_off;
        let numbers: Vec<usize> = self.hands.iter().filter(|(_, hand)| busy(hand)).map(|(n, _)| *n).collect();
        for number in numbers {
            self.order_off(number);
        }
    }

    fn order_off(&mut self, number: usize) {
        if let Some(hand) = self.hands.get_mut(&number) {
            hand.called_off = true;
        }
        // One that is gone says so itself.
        self.crew.order(number, &Order::Interrupt).ok();
    }

    /// Starts what there is room for; an ending when nothing runs and nothing is to be started.
    fn assign(&mut self) -> anyhow::Result<Option<Ending>> {
        while self.n_busy() < self.wanted() {
            let study = self.live.study();
            let rests = |number: &usize| study.paused_workers.contains(&(*number as u32));
            let free = self.hands.iter().find(|(n, hand)| hand.is_free() && !rests(n));
            let free = free.map(|(number, _)| *number);
            // Processes that are on their way will be ready soon.
            let coming = self.hands.values().filter(|hand| !hand.ready || hand.leaves).count();
            let missing = self.wanted().saturating_sub(self.n_busy() + coming);
            if free.is_none() && missing == 0 {
                return Ok(None);
            }
            let at_work = self.n_busy() + if free.is_none() { coming } else { 0 };
            if let Some(why) = self.limits.refuses(&self.crew, free, at_work) {
                self.holds.refused = Some(why);
                return Ok(None);
            }
            match self.live.next_job()? {
                // Told to wait at a rung a moment ago, and its process is still writing: it has the run's folder.
                Job::Run(trial) if self.hands.values().any(|hand| hand.trial == Some(trial)) => {
                    return Ok(None);
                }
                Job::Run(trial) => match free {
                    Some(number) => self.start(trial, number)?,
                    None => {
                        // Here one after another, since each takes memory that the next one may then lack.
                        let n = if self.crew.is_here() { 1 } else { missing };
                        let hired = self.crew.hire(n).context("no training process can be started")?;
                        self.hands.extend(hired.into_iter().map(|number| (number, Hand::default())));
                    }
                },
                Job::Wait(_) => return Ok(None),
                Job::Halted(why) if self.n_busy() == 0 => return Ok(Some(Ending::Paused(why))),
                Job::Done(why) if self.n_busy() == 0 => return Ok(Some(Ending::Done(why))),
                Job::Halted(why) | Job::Done(why) => {
                    self.holds.over = Some(why);
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }

    /// Cores for which there is no trial help those that run: a trial ends sooner with more threads, and the same.
    fn share_cores(&mut self) {
        if !self.crew.is_here() {
            return;
        }
        let each = usize::try_from(self.live.study().sweep.threads).unwrap_or(1).max(1);
        let taken = |hand: &&Hand| hand.trial.is_some() || !hand.ready;
        let n = self.hands.values().filter(taken).count();
        let cores = self.wanted() * each;
        for (place, (number, hand)) in
            self.hands.iter_mut().filter(|(_, hand)| hand.trial.is_some()).enumerate()
        {
            let threads = (cores / n + usize::from(place < cores % n)).max(each);
            if hand.threads != threads {
                hand.threads = threads;
                // One that is gone says so itself.
                self.crew.order(*number, &Order::Threads(threads)).ok();
            }
        }
    }

    /// Gives a trial to a process that is free.
    fn start(&mut self, id: u64, number: usize) -> anyhow::Result<()> {
        let study = self.live.study();
        let Some(trial) = study.trial(id) else {
            bail!("the study asks for trial {id}, which it has not got")
        };
        if let Some(twin) = study.twin(trial).map(|twin| twin.id) {
            self.live.as_twin(id, twin)?;
            self.tell(&Told::Ended(id));
            return Ok(());
        }
        let made = trials::make(self.live.dir(), study, trial, &self.overlays);
        let run = match made {
            Ok(run) => run,
            Err(trials::NoRun::Impossible(why)) => {
                self.live.failed(id, Spent::default(), &why)?;
                self.tell(&Told::Ended(id));
                return Ok(());
            }
            Err(trials::NoRun::Disk(why)) => {
                // Not the trial's fault: the study waits for somebody who makes room.
                self.live.edit(Edit::Pause(why))?.ok();
                return Ok(());
            }
        };
        let errand = Errand {
            run: run.path().to_owned(),
            rungs: trials::rungs(study, trial),
            part: study.sweep.objective().split,
        };
        self.live.started(id, number as u32, &run.id())?;
        let ordered = self.crew.order(number, &Order::Train(errand));
        if let Some(hand) = self.hands.get_mut(&number) {
            (hand.trial, hand.called_off) = (Some(id), false);
        }
        self.tell(&Told::Began(id));
        // A process that is gone is told by itself, and the trial with it.
        ordered.ok();
        Ok(())
    }

    fn heard(&mut self, number: usize, said: Said, interrupt: &AtomicBool) -> anyhow::Result<()> {
        match said {
            Said::Answer(Answer::Ready { .. }) => {
                self.n_stillborn = 0;
                let Some(hand) = self.hands.get_mut(&number) else { return Ok(()) };
                (hand.ready, hand.leaves) = (true, false);
                // Preempted and started again: it knows nothing of the trial that it had, whose checkpoint is there.
                if let Some(trial) = hand.trial.take()
                    && self.live.study().trial(trial).is_some_and(|trial| trial.state() == State::Running)
                {
                    self.live.interrupted(trial, "its process was started again")?;
                    self.tell(&Told::Waits(trial));
                }
            }
            Said::Answer(Answer::Rung(rung)) => {
                self.holds.stalled = None;
                self.judge(number, &rung, interrupt)?;
            }
            Said::Answer(Answer::Stalled(why)) => {
                let trial = self.hands.get(&number).and_then(|hand| hand.trial);
                self.holds.stalled =
                    trial.zip(why).map(|(trial, why)| format!("trial {trial} can write nothing: {why}"));
            }
            Said::Answer(Answer::Returned(returned)) => {
                self.holds.stalled = None;
                let hand = self.hands.get_mut(&number);
                let trial = hand.and_then(|hand| {
                    hand.leaves = returned.ran == Ran::Interrupted && !hand.called_off;
                    hand.trial.take()
                });
                if let Some(trial) = trial {
                    self.returned(trial, &returned)?;
                }
            }
            Said::Lost(why) => {
                self.holds.stalled = None;
                let Some(hand) = self.hands.remove(&number) else { return Ok(()) };
                if let Some(trial) = hand.trial {
                    self.lost(trial, hand.called_off, &why)?;
                }
                if !hand.ready {
                    self.n_stillborn += 1;
                }
                if self.n_stillborn >= MOST_STILLBORN {
                    let log = self.live.dir().path().join("workers.log");
                    bail!(
                        "training processes end before they begin ({why}); see what they said: {}",
                        log.display()
                    );
                }
            }
        }
        Ok(())
    }

    /// A trial is at a rung and waits to hear what becomes of it.
    fn judge(&mut self, number: usize, rung: &Rung, interrupt: &AtomicBool) -> anyhow::Result<()> {
        let Some(trial) = self.hands.get(&number).and_then(|hand| hand.trial) else { return Ok(()) };
        let metrics = Metrics::from([("accuracy", rung.accuracy), ("loss", rung.loss)]);
        let verdict = self.live.report(trial, rung.epoch, rung.trained_secs, metrics)?;
        self.tell(&Told::Measured(trial));
        let called_off = self.hands.get(&number).is_some_and(|hand| hand.called_off);
        let order = match verdict {
            // It was told to end already, and takes that word for the answer.
            Verdict::GoOn if called_off || interrupt.load(Ordering::Relaxed) => Order::Interrupt,
            Verdict::GoOn => Order::GoOn,
            Verdict::Wait(_) => Order::Interrupt,
            Verdict::Prune(_) => Order::Prune,
        };
        if let Some(hand) = self.hands.get_mut(&number) {
            hand.called_off |= order == Order::Interrupt;
        }
        // One that is gone says so itself.
        self.crew.order(number, &order).ok();
        Ok(())
    }

    fn returned(&mut self, id: u64, returned: &Returned) -> anyhow::Result<()> {
        let Some(trial) = self.live.study().trial(id) else { return Ok(()) };
        // One that the user took out meanwhile has an end all the same, for it may be wanted again.
        let running = trial.is_at_work();
        let given_up = trial.state() == State::Pruned && trial.ended_at.is_none();
        let spent = Spent::new(returned.trained_secs, returned.epochs);
        match &returned.ran {
            Ran::Finished | Ran::Stopped if running => {
                let metrics = measured(returned, self.live.study().sweep.objective().split);
                self.live.complete(id, spent, metrics)?;
            }
            Ran::Interrupted if running => {
                self.live.interrupted(id, "it waits for room to go on")?;
                self.tell(&Told::Waits(id));
                return Ok(());
            }
            // Somebody pruned the run by itself.
            Ran::Pruned if running => self.live.failed(id, spent, "it ended before its time")?,
            Ran::Failed(why) if running => self.live.failed(id, self.spent(id), why)?,
            _ if given_up => self.live.given_up(id, spent)?,
            // The study decided already: it waits at a rung, or was pruned there.
            _ => {}
        }
        let waits = self.live.study().trial(id).is_some_and(|trial| trial.state() == State::Paused);
        self.tell(&if waits { Told::Waits(id) } else { Told::Ended(id) });
        Ok(())
    }

    /// The process that had a trial is gone.
    fn lost(&mut self, id: u64, called_off: bool, why: &str) -> anyhow::Result<()> {
        let trial = self.live.study().trial(id);
        if trial.is_some_and(|trial| trial.state() == State::Pruned && trial.ended_at.is_none()) {
            self.live.given_up(id, self.spent(id))?;
        } else if trial.is_some_and(Trial::is_at_work) {
            if called_off {
                self.live.interrupted(id, why)?;
            } else {
                let spent = self.spent(id);
                let run = self.live.study().trial(id).and_then(|trial| run_of(self.live.dir(), trial));
                trials::say_failed(&run, why);
                self.live.failed(id, spent, why)?;
            }
        }
        self.tell(&Told::Ended(id));
        Ok(())
    }

    /// What was spent on a trial that cannot say so itself any more, by what its run has told.
    fn spent(&self, id: u64) -> Spent {
        let run = self.live.study().trial(id).and_then(|trial| run_of(self.live.dir(), trial));
        let history = run.map(|run| history_of(&run)).unwrap_or_default();
        Spent::new(history.trained_secs, history.epoch)
    }
}

/// Everything that was measured at the end of a trial; `accuracy` and `loss` are those of the objective's part.
fn measured(returned: &Returned, split: Split) -> Metrics {
    let mut metrics = Metrics::default();
    let mut put = |name: &str, value: Option<f64>| {
        if let Some(value) = value {
            metrics.0.insert(name.to_owned(), value);
        }
    };
    let Returned { test_accuracy, test_loss, valid_accuracy, valid_loss, .. } = returned;
    let (accuracy, loss) = match split {
        Split::Test => (test_accuracy, test_loss),
        _ => (valid_accuracy, valid_loss),
    };
    put("accuracy", *accuracy);
    put("loss", *loss);
    put("test_accuracy", *test_accuracy);
    put("test_loss", *test_loss);
    put("ms", returned.ms_per_image);
    put("secs", Some(returned.trained_secs));
    put("params", Some(returned.params as f64));
    metrics
}

/// Everything that a trial's run has told so far.
pub fn history_of(run: &RunDir) -> crate::runs::History {
    run.history().map(|(history, _)| history).unwrap_or_default()
}
