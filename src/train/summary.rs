//! What a training comes to: the figures that the command line prints last.

use super::evaluate::ClassScore;
use crate::runs::RunDir;
use serde::Serialize;

/// How a call of [`super::run`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// All epochs done, or no more gain for the recipe's patience.
    Finished,
    /// The user stopped it; the best model is kept.
    Stopped,
    /// Others do better, so it was ended at a rung; it can go on from its checkpoint.
    Pruned,
    /// The user does not want it.
    Discarded,
    /// The process was asked to end; the run can be resumed.
    Interrupted,
}

/// The figures of a training.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The run's id.
    pub run: String,
    /// How it ended.
    pub ending: Ending,
    /// Accuracy of the model that is kept on the test images, 0 to 1.
    pub accuracy: Option<f64>,
    /// Share of the test images whose class was its first or second guess, 0 to 1.
    pub top_2: Option<f64>,
    /// Its reading of each class of the test images.
    pub classes: Vec<ClassScore>,
    /// Accuracy of the last model on the validation images, 0 to 1.
    pub last_valid_accuracy: Option<f64>,
    /// Its loss on the test images.
    pub loss: Option<f64>,
    /// Milliseconds that it took for each of the test images.
    pub ms_per_image: Option<f64>,
    /// Its accuracy on the validation images.
    pub valid_accuracy: Option<f64>,
    /// Its loss on the validation images.
    pub valid_loss: Option<f64>,
    /// Epochs after which it was measured.
    pub best_epoch: Option<f64>,
    /// Epochs done, with fraction.
    pub epochs: f64,
    /// Steps done.
    pub steps: u64,
    /// Numbers that the model learned.
    pub params: u64,
    /// Training images a second, in this process, without evaluation and pauses.
    pub images_per_s: Option<f64>,
    /// Seconds spent training and evaluating, over all processes, without pauses.
    pub seconds: f64,
}

impl Summary {
    /// Of a run that was interrupted before it began.
    pub(super) fn interrupted(run: &RunDir) -> Self {
        Self {
            run: run.id(),
            ending: Ending::Interrupted,
            accuracy: None,
            top_2: None,
            classes: Vec::new(),
            last_valid_accuracy: None,
            loss: None,
            ms_per_image: None,
            valid_accuracy: None,
            valid_loss: None,
            best_epoch: None,
            epochs: 0.0,
            steps: 0,
            params: 0,
            images_per_s: None,
            seconds: 0.0,
        }
    }
}
