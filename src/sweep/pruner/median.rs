//! Median pruning (Golovin et al., "Google Vizier", KDD 2017, section 3.2.2), with Optuna's settings: a trial is given
//! up where the best that it has shown so far is worse than the median of what complete trials showed at that epoch.

use super::{Prune, Verdict};
use crate::knobs::{Knob, Knobs, Visitor};
use crate::sweep::study::{State, Study, Trial};
use serde::{Deserialize, Serialize};

/// Settings of median pruning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Median {
    /// Complete trials before any is given up.
    pub startup: u64,
    /// Epochs before which none is given up.
    pub warmup: f64,
}

impl Default for Median {
    fn default() -> Self {
        Self { startup: 5, warmup: 0.0 }
    }
}

impl Knobs for Median {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { startup, warmup } = self;
        visitor.int("startup", startup, Knob::range(1, 1000, "Complete trials before any is given up"));
        let help = "Epochs before which none is given up";
        visitor.float("warmup", warmup, Knob::range(0.0, 1000.0, help).unit("epochs"));
    }
}

impl Prune for Median {
    fn judge(&self, study: &Study, trial: &Trial) -> Verdict {
        let epoch = trial.epoch();
        let complete: Vec<&Trial> =
            study.trials.iter().filter(|other| other.state() == State::Complete).collect();
        if complete.len() < self.startup as usize || epoch < self.warmup {
            return Verdict::GoOn;
        }
        let objective = study.sweep.objective();
        let mut costs: Vec<f64> = complete
            .iter()
            .filter(|other| other.reached(epoch))
            .filter_map(|other| objective.of(&other.report_at(epoch)?.metrics))
            .map(|value| objective.cost(value))
            .collect();
        if costs.is_empty() {
            return Verdict::GoOn;
        }
        costs.sort_by(f64::total_cmp);
        let median = f64::midpoint(costs[(costs.len() - 1) / 2], costs[costs.len() / 2]);
        let best = study.best_on_the_way(trial).map_or(f64::INFINITY, |value| objective.cost(value));
        if best > median {
            let n = costs.len();
            return Verdict::Prune(format!("worse than the median of {n} trials at epoch {epoch}"));
        }
        Verdict::GoOn
    }

    fn rungs(&self, most: f64) -> Vec<f64> {
        (1..most.ceil() as u64).map(|epoch| epoch as f64).collect()
    }
}
