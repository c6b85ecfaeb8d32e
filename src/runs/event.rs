//! What can happen in a run: the lines of `events.jsonl`.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// Values of metrics by name, as [`super::METRICS`] lists them. JSON has no NaN, so a missing number stands for it.
#[derive(Clone, Debug, Default)]
pub struct Metrics(pub BTreeMap<String, f64>);

/// NaN equals NaN here: two equal journals must compare as equal.
impl PartialEq for Metrics {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self
                .0
                .iter()
                .zip(&other.0)
                .all(|(a, b)| a.0 == b.0 && (a.1 == b.1 || (a.1.is_nan() && b.1.is_nan())))
    }
}

impl<const N: usize> From<[(&str, f64); N]> for Metrics {
    fn from(pairs: [(&str, f64); N]) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

impl Metrics {
    /// The value of a metric, if it was measured.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.get(name).copied()
    }
}

impl Serialize for Metrics {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // serde_json writes NaN and infinities as null.
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Metrics {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = BTreeMap::<String, Option<f64>>::deserialize(deserializer)?;
        Ok(Self(values.into_iter().map(|(name, value)| (name, value.unwrap_or(f64::NAN))).collect()))
    }
}

/// Which part of the data something was measured on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Learned from.
    Train,
    /// Set aside to choose by.
    Valid,
    /// Set aside to be measured on at the end.
    Test,
}

impl Split {
    /// The name used in files: `train`, `valid`, `test`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Valid => "valid",
            Self::Test => "test",
        }
    }
}

/// How a note begins that says that a training waits for room on the disk; what follows says why.
pub const WAITS: &str = "Training waits until it can write: ";

/// How serious a note is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Went on differently than asked.
    Warning,
    /// Work was lost or is about to be.
    Error,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All epochs done, or no more gain for the recipe's patience.
    Finished,
    /// The user stopped it; the best model is kept.
    Stopped,
    /// It could not go on.
    Failed,
}

/// A training process began, from nothing or from a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Started {
    /// Seconds since 1970.
    pub at: f64,
    /// Version of the event format.
    pub format: u32,
    /// Version of the program.
    pub program: String,
    /// Process id.
    pub pid: u32,
    /// Machine name.
    pub host: String,
    /// What it computes on: "CPU", "CUDA 0".
    pub device: String,
    /// Threads it computes with.
    pub threads: usize,
    /// The step it goes on from: 0 for a new run. Whatever was told of later steps before did not happen.
    pub from_step: u64,
    /// Steps that the whole run will take, by the recipe as it is now.
    pub total_steps: u64,
    /// Steps of one epoch.
    pub steps_per_epoch: u64,
    /// Epochs that the whole run will take.
    pub epochs: u64,
    /// Numbers that the model learns.
    pub params: u64,
    /// Images to learn from, to validate on, to test on.
    pub images: [u64; 3],
    /// Fingerprint of the data set.
    pub data: String,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// What the run began with, if not with nothing: "20261121-014530-mnist-cnn@best".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

/// Training went on: averages over the images since the line before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Seconds since 1970.
    pub at: f64,
    /// Steps done.
    pub step: u64,
    /// Epochs done, with fraction.
    pub epoch: f64,
    /// Steps that the whole run will take, which changes with batch size and epochs.
    pub total_steps: u64,
    /// Seconds spent training, without pauses and over all processes.
    pub trained_secs: f64,
    /// Loss, accuracy, lr, images_per_s.
    pub metrics: Metrics,
}

/// The model was measured on a split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluated {
    /// Seconds since 1970.
    pub at: f64,
    /// Steps done.
    pub step: u64,
    /// Epochs done, with fraction.
    pub epoch: f64,
    /// Seconds spent training, without pauses and over all processes.
    pub trained_secs: f64,
    /// On which part of the data.
    pub split: Split,
    /// Whether this is the best so far, by the validation accuracy.
    pub best: bool,
    /// Loss, accuracy.
    pub metrics: Metrics,
    /// `confusion[truth][read]` counts images; empty where it was not recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confusion: Vec<Vec<u64>>,
}

/// A setting was changed while training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Changed {
    /// Seconds since 1970.
    pub at: f64,
    /// The first step that it holds for is the one after this.
    pub step: u64,
    /// The request that it answers.
    pub request: String,
    /// The setting's path, `optim.lr`.
    pub path: String,
    /// The value before.
    pub before: String,
    /// The value asked for.
    pub asked: String,
    /// The value now in force: as before, if what was asked is not possible.
    pub applied: String,
    /// Why the applied value is another one than that asked for.
    pub reason: Option<String>,
}

/// One line of `events.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A process began.
    Started(Started),
    /// Training went on.
    Progress(Progress),
    /// The model was measured.
    Evaluated(Evaluated),
    /// A setting was changed, or could not be.
    Changed(Changed),
    /// The process waits, with the model loaded.
    Paused {
        /// Seconds since 1970.
        at: f64,
        /// Steps done.
        step: u64,
    },
    /// The process goes on after a pause.
    Unpaused {
        /// Seconds since 1970.
        at: f64,
        /// Steps done.
        step: u64,
    },
    /// Everything needed to go on from here is on disk.
    Checkpoint {
        /// Seconds since 1970.
        at: f64,
        /// Steps done.
        step: u64,
        /// Seconds that writing took.
        secs: f64,
    },
    /// Something to tell the user.
    Note {
        /// Seconds since 1970.
        at: f64,
        /// How serious it is.
        level: Level,
        /// What to tell.
        text: String,
    },
    /// The process is done; the last line.
    Ended {
        /// Seconds since 1970.
        at: f64,
        /// Steps done.
        step: u64,
        /// How.
        outcome: Outcome,
        /// Why, where there is something to say.
        text: Option<String>,
    },
}

/// Seconds since 1970.
pub fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
}
