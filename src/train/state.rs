//! The counters of a training: with the weights and the optimizer's state, all that is needed to go on exactly.

use crate::optim::plateau::Watch;
use crate::recipe::Recipe;
use crate::score::Figures;
use serde::{Deserialize, Serialize};

/// A model as it was validated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BestSoFar {
    /// Steps done when it was measured.
    pub step: u64,
    /// Epochs done when it was measured, with fraction.
    pub epoch: f64,
    /// Its validation accuracy, 0 to 1.
    pub accuracy: f64,
    /// Its validation loss.
    pub loss: f64,
}

/// Sums over the images since the last progress event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    /// Images.
    pub n: u64,
    /// Rightly read ones.
    pub correct: u64,
    /// Of the loss.
    pub loss: f64,
    /// Seconds of training.
    pub secs: f64,
    /// How lengths, positions and characters were read, where whole numbers are.
    #[serde(default)]
    pub numbers: Option<Figures>,
}

/// The counters of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Version of the checkpoint format.
    pub version: u32,
    /// The recipe with everything that was changed while training.
    pub recipe: Recipe,
    /// Fingerprint of the data set.
    pub data: String,
    /// Steps done.
    pub step: u64,
    /// Whole epochs done.
    pub epoch: u64,
    /// Images of the present epoch seen.
    pub cursor: u64,
    /// Seconds spent training and evaluating, without pauses.
    pub trained_secs: f64,
    /// Since the last progress event.
    pub sums: Sums,
    /// The best model so far.
    pub best: Option<BestSoFar>,
    /// Epochs since the best model.
    pub epochs_without_gain: u64,
    /// The model that is kept, if it was validated: the best, or the last where the recipe says so.
    pub kept: Option<BestSoFar>,
    /// The model after the last epoch that was validated.
    pub last: Option<BestSoFar>,
    /// What the schedule remembers of the validation losses.
    #[serde(default)]
    pub watch: Watch,
}

/// The checkpoint version that is written. Version 1 knew no averages of weights, no plateaus, and kept the best model.
pub const VERSION: u32 = 2;

impl State {
    /// Before the first step.
    pub fn new(recipe: Recipe, data: String) -> Self {
        Self {
            version: VERSION,
            recipe,
            data,
            step: 0,
            epoch: 0,
            cursor: 0,
            trained_secs: 0.0,
            sums: Sums::default(),
            best: None,
            epochs_without_gain: 0,
            kept: None,
            last: None,
            watch: Watch::default(),
        }
    }

    /// A state of an older version as the present one has it.
    pub fn lifted(mut self) -> Self {
        if self.version < 2 {
            self.kept = self.best;
        }
        Self { version: VERSION, ..self }
    }

    /// A state of another run as that of a new one, which goes on from it with its own recipe.
    pub fn branched(self, recipe: Recipe) -> Self {
        let (best, kept, last) = (None, None, None);
        Self { recipe, best, kept, last, epochs_without_gain: 0, sums: Sums::default(), ..self }
    }

    /// Epochs done, with fraction; `n` is the number of training images.
    pub fn epochs_done(&self, n: u64) -> f64 {
        self.epoch as f64 + self.cursor as f64 / n.max(1) as f64
    }

    /// Steps of one epoch at the present batch size.
    pub fn steps_per_epoch(&self, n: u64) -> u64 {
        n.div_ceil(self.recipe.train.batch_size.max(1))
    }

    /// Steps that the whole run will take, if nothing more is changed.
    pub fn total_steps(&self, n: u64) -> u64 {
        let rest_of_epoch = if self.cursor == 0 {
            0
        } else {
            (n - self.cursor).div_ceil(self.recipe.train.batch_size.max(1))
        };
        let begun = u64::from(self.cursor > 0);
        let whole_epochs = self.recipe.train.epochs.saturating_sub(self.epoch + begun);
        self.step + rest_of_epoch + whole_epochs * self.steps_per_epoch(n)
    }

    /// Whether the recipe's epochs are done, or its patience is over.
    pub fn is_done(&self) -> bool {
        let patience = self.recipe.train.patience;
        self.epoch >= self.recipe.train.epochs
            || (patience > 0 && self.cursor == 0 && self.epochs_without_gain >= patience)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn total_steps_follow_batch_size_and_epochs() {
        let mut recipe = Recipe::default();
        (recipe.train.epochs, recipe.train.batch_size) = (3, 10);
        let mut state = State::new(recipe, String::new());
        assert_eq!((state.steps_per_epoch(95), state.total_steps(95)), (10, 30));
        (state.step, state.epoch, state.cursor) = (15, 1, 50);
        assert_eq!(state.total_steps(95), 15 + 5 + 10);
        state.recipe.train.batch_size = 20;
        assert_eq!(state.total_steps(95), 15 + 3 + 5);
        (state.epoch, state.cursor) = (3, 0);
        assert!(state.is_done());
        assert_eq!(state.total_steps(95), 15);
        state.recipe.train.epochs = 5;
        assert!(!state.is_done());
    }
}
