//! Successive halving (Jamieson and Talwalkar, AISTATS 2016): every trial stops at a rung and waits; when all have come,
//! the best share goes on to the next rung and the others are given up.

use super::asha::{FACTOR, MIN_EPOCHS};
use super::{Prune, Settled, Verdict, crossed, rungs, waiting};
use crate::knobs::{Knobs, Visitor};
use crate::sweep::study::{State, Study, Trial};
use serde::{Deserialize, Serialize};

/// Settings of successive halving.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Halving {
    /// Epochs of the first rung.
    pub min_epochs: f64,
    /// Epochs grow by this from rung to rung, and one of so many goes on.
    pub factor: u64,
}

impl Default for Halving {
    fn default() -> Self {
        Self { min_epochs: 1.0, factor: 3 }
    }
}

impl Knobs for Halving {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { min_epochs, factor } = self;
        visitor.float("min_epochs", min_epochs, MIN_EPOCHS);
        visitor.int("factor", factor, FACTOR);
    }
}

impl Prune for Halving {
    fn judge(&self, study: &Study, trial: &Trial) -> Verdict {
        match crossed(trial, &self.rungs(study.max_epochs(trial))).last() {
            Some(rung) => Verdict::Wait(format!("waits for the others at epoch {rung}")),
            None => Verdict::GoOn,
        }
    }

    fn rungs(&self, most: f64) -> Vec<f64> {
        rungs(self.min_epochs, self.factor as f64, most)
    }

    fn settle(&self, study: &Study) -> Settled {
        let rung_of = |trial: &Trial| {
            let rungs = self.rungs(study.max_epochs(trial));
            rungs.into_iter().rev().find(|rung| trial.reached(*rung)).unwrap_or(0.0)
        };
        let Some(rung) = waiting(study).map(rung_of).min_by(f64::total_cmp) else {
            return Settled::default();
        };
        let on_the_way = |trial: &&Trial| {
            let begun = matches!(trial.state(), State::Running | State::Queued)
                || (trial.state() == State::Paused && trial.wanted);
            begun && !trial.reached(rung)
        };
        if study.trials.iter().any(|trial| on_the_way(&trial)) {
            return Settled::default();
        }
        let objective = study.sweep.objective();
        let mut here: Vec<(f64, u64)> = waiting(study)
            .filter(|trial| rung_of(trial) == rung)
            .map(|trial| {
                let value = study.value_at(trial, rung);
                (value.map_or(f64::INFINITY, |value| objective.cost(value)), trial.id)
            })
            .collect();
        here.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let n = here.len();
        let n_on = (n / self.factor as usize).max(1);
        let why = |what: &str| {
            format!("not among the best {n_on} of {n} at epoch {rung}").replace("not among", what)
        };
        Settled {
            promoted: here[..n_on].iter().map(|(_, id)| (*id, why("among"))).collect(),
            pruned: here[n_on..].iter().map(|(_, id)| (*id, why("not among"))).collect(),
        }
    }
}
