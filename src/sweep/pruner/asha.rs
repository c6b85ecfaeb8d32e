//! Asynchronous successive halving (Li et al., "A System for Massively Parallel Hyperparameter Tuning", MLSys 2020), in
//! the variant that stops trials: whoever comes to a rung goes on if it is among the best share of all that came to
//! that rung so far. The first few, of whom no share can be taken, go on where they are the best.

use super::{Prune, Verdict, crossed, rungs};
use crate::knobs::{Knob, Knobs, Visitor};
use crate::sweep::study::{State, Study, Trial};
use serde::{Deserialize, Serialize};

/// Settings of asynchronous successive halving.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Asha {
    /// Epochs of the first rung.
    pub min_epochs: f64,
    /// Epochs grow by this from rung to rung, and one of so many goes on.
    pub factor: u64,
}

impl Default for Asha {
    fn default() -> Self {
        Self { min_epochs: 1.0, factor: 3 }
    }
}

impl Knobs for Asha {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { min_epochs, factor } = self;
        visitor.float("min_epochs", min_epochs, MIN_EPOCHS);
        visitor.int("factor", factor, FACTOR);
    }
}

/// The first rung of all that have rungs.
pub(super) const MIN_EPOCHS: Knob<f64> =
    Knob::log(0.01, 1000.0, "Epochs of the first rung, at which trials are compared").unit("epochs");

/// The factor of all that have rungs.
pub(super) const FACTOR: Knob<u64> =
    Knob::range(2, 16, "Epochs grow by this from rung to rung, and one of so many goes on");

impl Prune for Asha {
    fn judge(&self, study: &Study, trial: &Trial) -> Verdict {
        judge(study, trial, &self.rungs(study.max_epochs(trial)), self.factor, |_| true)
    }

    fn rungs(&self, most: f64) -> Vec<f64> {
        rungs(self.min_epochs, self.factor as f64, most)
    }
}

/// Judges a trial at the rungs that it has just come to, against those of the other trials that take part.
pub(super) fn judge(
    study: &Study,
    trial: &Trial,
    rungs: &[f64],
    factor: u64,
    takes_part: impl Fn(&Trial) -> bool,
) -> Verdict {
    let objective = study.sweep.objective();
    for rung in crossed(trial, rungs) {
        let cost = |trial: &Trial| study.value_at(trial, rung).map(|value| objective.cost(value));
        let Some(own) = cost(trial) else {
            return Verdict::Prune(format!("it has no {} at epoch {rung}", objective.metric));
        };
        let others = study.trials.iter().filter(|other| other.id != trial.id && takes_part(other));
        let costs: Vec<f64> =
            others.filter(|other| other.state() != State::Removed).filter_map(cost).collect();
        let n_better = costs.iter().filter(|other| **other < own).count();
        let n = costs.len() + 1;
        if n_better >= (n / factor as usize).max(1) {
            return Verdict::Prune(format!("{} of {n} at epoch {rung}", ordinal(n_better + 1)));
        }
    }
    Verdict::GoOn
}

/// 1st, 2nd, 3rd, 4th, 11th, ...
fn ordinal(n: usize) -> String {
    let ending = match (n % 10, n % 100) {
        (1, tens) if tens != 11 => "st",
        (2, tens) if tens != 12 => "nd",
        (3, tens) if tens != 13 => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}
