//! What a sweep and the training processes that it keeps say to each other: one JSON line each, on the process's
//! standard input and output.

use super::event::Split;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A run to train, and where on the way it is to be judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Errand {
    /// The run's folder.
    pub run: PathBuf,
    /// Epochs after which it is measured and waits to hear whether it may go on, ascending; fractions are possible.
    #[serde(default)]
    pub rungs: Vec<f64>,
    /// The part that it is measured on at those.
    pub part: Split,
}

/// A sweep's word to a training process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Train this.
    Train(Errand),
    /// The answer to [`Answer::Rung`]: it may go on.
    GoOn,
    /// The answer to [`Answer::Rung`]: others do better. It ends, and its checkpoint stays.
    Prune,
    /// Compute with so many threads from the next step on, because cores are free or no longer are. What comes out is the
    /// same for any number of them.
    Threads(usize),
    /// End after this step with a checkpoint, and wait for another errand.
    Interrupt,
    /// There is no more work: end, after this step and with a checkpoint.
    Leave,
}

/// How a run does at a rung.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rung {
    /// Epochs done, with fraction.
    pub epoch: f64,
    /// Steps done.
    pub step: u64,
    /// Share of rightly read images, 0 to 1.
    pub accuracy: f64,
    /// Mean loss; NaN is `null`.
    #[serde(deserialize_with = "or_nan")]
    pub loss: f64,
    /// Seconds spent training and evaluating so far.
    pub trained_secs: f64,
}

/// How an errand ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ran {
    /// To its end, or until its patience was over.
    Finished,
    /// Somebody stopped the run by itself; it counts with what it came to.
    Stopped,
    /// As it was ordered to at a rung.
    Pruned,
    /// As it was ordered to, or because nobody listens any more: it can go on from its checkpoint.
    Interrupted,
    /// It could not go on, and why.
    Failed(String),
}

/// The end of an errand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Returned {
    /// How it ended.
    pub ran: Ran,
    /// Of the model that is kept on the test images: accuracy, 0 to 1.
    pub test_accuracy: Option<f64>,
    /// Of the model that is kept on the test images: mean loss.
    pub test_loss: Option<f64>,
    /// Milliseconds that it took for each test image.
    pub ms_per_image: Option<f64>,
    /// Of the model that is kept on the validation images: accuracy, 0 to 1.
    pub valid_accuracy: Option<f64>,
    /// Of the model that is kept on the validation images: mean loss.
    pub valid_loss: Option<f64>,
    /// Numbers that it learned.
    pub params: u64,
    /// Epochs done, with fraction.
    pub epochs: f64,
    /// Seconds spent training and evaluating, over all processes.
    pub trained_secs: f64,
}

/// A training process's word to its sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It waits for an errand.
    Ready {
        /// Its process id.
        pid: u32,
    },
    /// It is at a rung, and waits.
    Rung(Rung),
    /// It gets no further for now, as on a full disk, and why; `None` once it goes on.
    Stalled(Option<String>),
    /// The errand is over.
    Returned(Box<Returned>),
}

/// JSON has no NaN: `null` stands for it.
fn or_nan<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_that_is_no_number_survives_its_line() -> serde_json::Result<()> {
        let rung = Rung { epoch: 0.5, step: 3, accuracy: 0.1, loss: f64::NAN, trained_secs: 1.0 };
        let line = serde_json::to_string(&Answer::Rung(rung))?;
        assert!(!line.contains('\n'));
        let Answer::Rung(read) = serde_json::from_str(&line)? else { panic!("{line}") };
        assert!(read.loss.is_nan() && read.step == 3);
        let order = Order::Train(Errand { run: "a b".into(), rungs: vec![0.25, 1.0], part: Split::Valid });
        assert_eq!(serde_json::from_str::<Order>(&serde_json::to_string(&order)?)?, order);
        Ok(())
    }
}
