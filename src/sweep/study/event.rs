//! What can happen in a study: the lines of `journal.jsonl`.

use super::super::pruner::Pruner;
use super::super::space::{Axis, Point, Range, Value};
use super::super::strategy::Strategy;
use super::trial::Origin;
use crate::runs::Metrics;
use serde::{Deserialize, Serialize};

/// Version of the lines that are written.
pub const FORMAT: u32 = 1;

/// How a trial ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Trained to its end.
    Complete,
    /// Given up early.
    Pruned,
    /// It could not go on.
    Failed,
}

/// One line of `journal.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A process began to carry the study out.
    Opened {
        /// Seconds since 1970.
        at: f64,
        /// Version of the event format.
        format: u32,
        /// Version of the program.
        program: String,
        /// Process id.
        pid: u32,
    },
    /// A trial is to be made.
    Asked {
        /// Seconds since 1970.
        at: f64,
        /// Its number.
        trial: u64,
        /// What is tried.
        point: Point,
        /// Who asked for it.
        origin: Origin,
        /// Training seed, where it is not the recipe's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<u64>,
    },
    /// A worker took a trial.
    Started {
        /// Seconds since 1970.
        at: f64,
        /// Its number.
        trial: u64,
        /// The worker.
        worker: u32,
        /// Id of its run.
        run: String,
    },
    /// Something was measured.
    Reported {
        /// Seconds since 1970.
        at: f64,
        /// Its number.
        trial: u64,
        /// Epochs done, with fraction.
        epoch: f64,
        /// Seconds spent on it.
        secs: f64,
        /// What was measured.
        metrics: Metrics,
    },
    /// A trial stopped where it can go on.
    Paused {
        /// Seconds since 1970.
        at: f64,
        /// Its number.
        trial: u64,
        /// Whether it is to go on as soon as there is room; else somebody decides.
        wanted: bool,
        /// Why.
        why: String,
    },
    /// A trial that waited at a rung is to go on.
    Promoted {
        /// Seconds since 1970.
        at: f64,
        /// Its number.
        trial: u64,
        /// Why.
        why: String,
    },
    /// A trial is over.
    Ended {
        /// Seconds since 1970.
        at: f64,
        /// Its number.
        trial: u64,
        /// How.
        end: End,
        /// Seconds spent on it, where known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secs: Option<f64>,
        /// Epochs done, with fraction, where known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        epochs: Option<f64>,
        /// What was measured at its end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        metrics: Option<Metrics>,
        /// Why, where there is something to say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// The user changed something.
    Edited {
        /// Seconds since 1970.
        at: f64,
        /// What.
        edit: Edit,
    },
}

impl Event {
    /// When it happened; seconds since 1970.
    pub const fn at(&self) -> f64 {
        match self {
            Self::Opened { at, .. }
            | Self::Asked { at, .. }
            | Self::Started { at, .. }
            | Self::Reported { at, .. }
            | Self::Paused { at, .. }
            | Self::Promoted { at, .. }
            | Self::Ended { at, .. }
            | Self::Edited { at, .. } => *at,
        }
    }
}

/// What a user can change of a study at any time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    /// Another range of an axis: wider, narrower, or of another kind.
    Range {
        /// The axis.
        path: String,
        /// What it may be from now on.
        range: Range,
    },
    /// More values of an axis that has a list of them.
    AddValues {
        /// The axis.
        path: String,
        /// What it may be too.
        values: Vec<Value>,
    },
    /// One more axis; trials so far count as having the recipe's value.
    AddAxis(Axis),
    /// One axis less; new trials take the recipe's value.
    RemoveAxis(String),
    /// A point to try before any other.
    Enqueue(Point),
    /// Trials to propose, and minutes after which no new one begins (0 for any).
    Budget {
        /// Trials to propose.
        trials: u64,
        /// Minutes.
        minutes: f64,
    },
    /// How many of the best are trained again at the end, and with how many seeds.
    Repeats {
        /// How many of the best.
        best: u64,
        /// With how many other seeds each.
        seeds: u64,
    },
    /// Who proposes from now on.
    Strategy(Strategy),
    /// Who gives up early from now on.
    Pruner(Pruner),
    /// Trials at once; 0 for as many as the machine allows.
    Parallel(u64),
    /// That worker takes no more, and what it has waits.
    PauseWorker(u32),
    /// That worker goes on.
    ResumeWorker(u32),
    /// A trial that counts for nothing.
    Remove(u64),
    /// A removed trial that counts again.
    Restore(u64),
    /// A pruned, failed or waiting trial that goes on from its checkpoint and is not pruned again.
    Revive(u64),
    /// A running or waiting trial that is given up now.
    Prune(u64),
    /// No new trial begins and running ones wait.
    Pause(String),
    /// The study goes on.
    Resume,
    /// The study is over: nothing more is proposed, what runs is stopped.
    Stop,
}
