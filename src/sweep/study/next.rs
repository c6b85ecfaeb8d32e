//! What is to be done next: asked at any time, answered from what is known alone.

use super::super::pruner::{Settled, Verdict};
use super::super::space::Point;
use super::super::strategy::Proposal;
use super::Study;
use super::trial::{Origin, State, Trial};

/// What is to be done next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// That trial is to be started, or to go on from its checkpoint.
    Run(u64),
    /// A new trial is to be made.
    Start {
        /// What is tried.
        point: Point,
        /// Who asks for it.
        origin: Origin,
        /// Training seed, where it is not the recipe's.
        seed: Option<u64>,
    },
    /// Trials that wait at a rung go on or are given up.
    Settle(Settled),
    /// Nothing, until a running trial tells something.
    Wait(String),
    /// Nothing, until the user wants the study to go on.
    Halted(String),
    /// Nothing more.
    Done(String),
}

impl Study {
    /// What is to be done next; `now` in seconds since 1970.
    pub fn next(&self, now: f64) -> Next {
        let n_running = self.count(State::Running);
        if self.stopped {
            return match n_running {
                0 => Next::Done("It was stopped".to_owned()),
                _ => Next::Wait("It is being stopped".to_owned()),
            };
        }
        if let Some(why) = &self.paused {
            return Next::Halted(why.clone());
        }
        if let Some(trial) = self.wanted() {
            return Next::Run(trial.id);
        }
        if let Some(point) = self.queue.front() {
            return Next::Start { point: point.clone(), origin: Origin::Hand, seed: None };
        }
        let minutes = self.sweep.minutes;
        let late = minutes > 0.0 && self.active_secs(now) >= minutes * 60.0;
        if late {
            let waiting = self.trials.iter().filter(|trial| trial.state() == State::Paused);
            let pruned: Vec<(u64, String)> =
                waiting.map(|trial| (trial.id, "the time of the study is up".to_owned())).collect();
            if !pruned.is_empty() {
                return Next::Settle(Settled { promoted: Vec::new(), pruned });
            }
        }
        let over = match self.propose(late) {
            Proposal::Point(point) => return Next::Start { point, origin: Origin::Strategy, seed: None },
            Proposal::Wait(why) | Proposal::Done(why) => why,
        };
        let settled = self.sweep.pruner.prune().settle(self);
        if !settled.promoted.is_empty() || !settled.pruned.is_empty() {
            return Next::Settle(settled);
        }
        if n_running > 0 {
            return Next::Wait(over);
        }
        match self.repeat() {
            Some((point, of, seed)) if !late => {
                Next::Start { point, origin: Origin::Repeat(of), seed: Some(seed) }
            }
            _ => Next::Done(over),
        }
    }

    /// What becomes of a trial after its last report.
    pub fn judge(&self, id: u64) -> Verdict {
        let Some(trial) = self.trial(id) else { return Verdict::GoOn };
        match trial.state() {
            State::Removed => return Verdict::Prune("it was removed".to_owned()),
            State::Pruned => return Verdict::Prune(trial.why.clone().unwrap_or_default()),
            _ => {}
        }
        // The last epoch is done anyway, and who was brought back or is a repeat stays.
        let exempt = trial.revived || matches!(trial.origin, Origin::Repeat(_));
        if exempt || trial.reached(self.max_epochs(trial)) {
            return Verdict::GoOn;
        }
        self.sweep.pruner.prune().judge(self, trial)
    }

    /// Epochs that a trial is to have.
    pub fn max_epochs(&self, trial: &Trial) -> f64 {
        let own = trial.point.get("train.epochs").and_then(|value| value.number());
        own.unwrap_or(self.sweep.recipe.train.epochs as f64)
    }

    /// Epochs at which a trial is measured and judged before its end.
    pub fn rungs(&self, trial: &Trial) -> Vec<f64> {
        self.sweep.pruner.prune().rungs(self.max_epochs(trial))
    }

    /// How many trials are in a state.
    pub fn count(&self, state: State) -> usize {
        self.trials.iter().filter(|trial| trial.state() == state).count()
    }

    /// Trials that the strategy asked for and that count.
    pub fn proposed(&self) -> impl Iterator<Item = &Trial> {
        self.trials.iter().filter(|trial| trial.origin == Origin::Strategy && !trial.removed)
    }

    /// The trial that is to run before any new one: those that have begun come first.
    fn wanted(&self) -> Option<&Trial> {
        let wanted = |state: State| self.trials.iter().find(|trial| trial.state() == state && trial.wanted);
        wanted(State::Paused).or_else(|| wanted(State::Queued))
    }

    fn propose(&self, late: bool) -> Proposal {
        if late {
            return Proposal::Done(format!("Its {} minutes are up", self.sweep.minutes));
        }
        if self.proposed().count() as u64 >= self.sweep.trials {
            return Proposal::Done(format!("All {} trials were proposed", self.sweep.trials));
        }
        self.sweep.strategy.propose().propose(self)
    }

    /// The next repeat of one of the best with another seed: point, trial that it repeats, seed.
    fn repeat(&self) -> Option<(Point, u64, u64)> {
        let repeats = &self.sweep.repeats;
        if repeats.best == 0 || repeats.seeds == 0 {
            return None;
        }
        let ranked = self.ranked();
        let mut seen: Vec<String> = Vec::new();
        for trial in ranked.into_iter().filter(|t| !matches!(t.origin, Origin::Repeat(_))) {
            let key = trial.point.key();
            if seen.contains(&key) {
                continue;
            }
            seen.push(key);
            if seen.len() as u64 > repeats.best {
                return None;
            }
            let made = self.trials.iter().filter(|t| t.origin == Origin::Repeat(trial.id)).count() as u64;
            if made < repeats.seeds {
                let first = self.recipe(trial).map_or(self.sweep.recipe.train.seed, |r| r.train.seed);
                return Some((
                    trial.point.clone(),
                    trial.id,
                    first.wrapping_add(made + 1) % (u64::from(u32::MAX) + 1),
                ));
            }
        }
        None
    }
}
