//! Hyperband (Li et al., "Hyperband", JMLR 2018) as Optuna has it: brackets of asynchronous successive halving that
//! begin to give up at different rungs, so that trials that start slowly have a chance in the later ones. Trials are
//! dealt to brackets in proportion to the trials that the paper gives each.

use super::asha::{FACTOR, MIN_EPOCHS, judge};
use super::{Prune, Verdict, rungs};
use crate::data::random::Stream;
use crate::knobs::{Knobs, Visitor};
use crate::sweep::study::{Study, Trial};
use serde::{Deserialize, Serialize};

/// Settings of Hyperband.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hyperband {
    /// Epochs of the first rung of the first bracket.
    pub min_epochs: f64,
    /// Epochs grow by this from rung to rung, and one of so many goes on.
    pub factor: u64,
}

impl Default for Hyperband {
    fn default() -> Self {
        Self { min_epochs: 1.0, factor: 3 }
    }
}

impl Knobs for Hyperband {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { min_epochs, factor } = self;
        visitor.float("min_epochs", min_epochs, MIN_EPOCHS);
        visitor.int("factor", factor, FACTOR);
    }
}

impl Hyperband {
    /// The bracket of a trial, from 0, which gives up earliest; `n` brackets there are.
    fn bracket(&self, seed: u64, trial: u64, n: usize) -> usize {
        // Trials of bracket i in one round of the paper's algorithm 1: ceil(n * factor^s / (s + 1)), s = n - 1 - i.
        let size = |i: usize| {
            let s = (n - 1 - i) as i32;
            (n as f64 * (self.factor as f64).powi(s) / f64::from(s + 1)).ceil() as u32
        };
        let mut left = Stream::new("bracket", seed, trial, 0).below((0..n).map(size).sum::<u32>().max(1));
        for i in 0..n {
            match left.checked_sub(size(i)) {
                Some(rest) => left = rest,
                None => return i,
            }
        }
        n - 1
    }
}

impl Prune for Hyperband {
    fn judge(&self, study: &Study, trial: &Trial) -> Verdict {
        // Brackets are those of the sweep's epochs, so that all trials are dealt in the same way.
        let n = self.rungs(study.sweep.recipe.train.epochs as f64).len() + 1;
        let bracket = |trial: &Trial| self.bracket(study.sweep.seed, trial.id, n);
        let own = bracket(trial);
        let rungs: Vec<f64> = self.rungs(study.max_epochs(trial)).into_iter().skip(own).collect();
        judge(study, trial, &rungs, self.factor, |other| bracket(other) == own)
    }

    fn rungs(&self, most: f64) -> Vec<f64> {
        rungs(self.min_epochs, self.factor as f64, most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_are_dealt_as_the_paper_sizes_them() {
        let hyperband = Hyperband::default();
        let mut counts = [0_u32; 4];
        for trial in 0..10_000 {
            counts[hyperband.bracket(1, trial, 4)] += 1;
        }
        // 27, 12, 6 and 4 of 49.
        for (count, share) in counts.into_iter().zip([27.0, 12.0, 6.0, 4.0]) {
            let expected = share / 49.0 * 10_000.0;
            assert!((f64::from(count) - expected).abs() < 200.0, "{counts:?}");
        }
    }
}
