//! Who gives up on a trial early: one file each, [`Pruner`] is the list.

mod asha;
mod halving;
mod hyperband;
mod median;
mod none;

pub use asha::Asha;
pub use halving::Halving;
pub use hyperband::Hyperband;
pub use median::Median;
pub use none::Never;

use super::study::{State, Study, Trial};

/// What becomes of a trial after a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It trains on.
    GoOn,
    /// It stops, keeps its checkpoint and waits to be promoted or given up.
    Wait(String),
    /// It is given up; its checkpoint is kept, so that it can be brought back.
    Prune(String),
}

/// What becomes of trials that wait, each with the reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// They go on.
    pub promoted: Vec<(u64, String)>,
    /// They are given up.
    pub pruned: Vec<(u64, String)>,
}

/// What every pruner can do.
pub trait Prune {
    /// What becomes of a running trial after its last report, before its last epoch.
    fn judge(&self, study: &Study, trial: &Trial) -> Verdict;

    /// Epochs at which trials are compared, below the epochs that a trial has at most.
    fn rungs(&self, most: f64) -> Vec<f64>;

    /// What becomes of trials that wait, asked when the strategy has nothing to propose for now. Trials that wait
    /// under a pruner that makes none wait (it was changed) go on.
    fn settle(&self, study: &Study) -> Settled {
        let promoted = waiting(study).map(|trial| (trial.id, "the pruner lets all go on".to_owned()));
        Settled { promoted: promoted.collect(), pruned: Vec::new() }
    }
}

crate::list! {
    /// Who gives up on a trial early, with its settings, as a sweep names it.
    pub enum Pruner, "Who gives up on a trial early", prune -> dyn Prune {
        "none" => Never(Never), "None", "Every trial is trained to its end";
        "median" => Median(Median), "Median", "Gives up whoever is worse than half of the others at the same epoch";
        "halving" => Halving(Halving), "Successive halving", "All wait at each rung for the slowest; only the best share goes on";
        "asha" => Asha(Asha), "ASHA", "Successive halving that waits for nobody: compares with those that came to the rung before";
        "hyperband" => Hyperband(Hyperband), "Hyperband", "Several ASHAs that begin to give up at different rungs";
    }
}

impl Default for Pruner {
    fn default() -> Self {
        Self::Never(Never::default())
    }
}

/// Trials that wait for a decision.
fn waiting(study: &Study) -> impl Iterator<Item = &Trial> {
    study.trials.iter().filter(|trial| trial.state() == State::Paused && !trial.wanted)
}

/// `first`, `first * factor`, ... below `most`.
fn rungs(first: f64, factor: f64, most: f64) -> Vec<f64> {
    let mut rungs = Vec::new();
    let mut at = first;
    while at < most - 1e-9 && rungs.len() < 64 {
        rungs.push(at);
        at *= factor;
    }
    rungs
}

/// The rungs that the trial came to with its last report.
fn crossed(trial: &Trial, rungs: &[f64]) -> Vec<f64> {
    let [before @ .., last] = &trial.reports[..] else { return Vec::new() };
    let before = before.last().map_or(0.0, |report| report.epoch);
    rungs.iter().copied().filter(|rung| before < rung - 1e-9 && last.epoch >= rung - 1e-9).collect()
}

#[cfg(test)]
mod tests;
