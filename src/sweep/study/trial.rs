//! A trial: one point, trained once, and what is known of it.

use super::super::space::Point;
use crate::runs::Metrics;
use serde::{Deserialize, Serialize};

/// Who asked for a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The strategy.
    Strategy,
    /// The user, or the sweep's queue.
    Hand,
    /// The study: the same point as that trial, with another seed.
    Repeat(u64),
}

/// What a trial is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// To be started.
    Queued,
    /// A worker has it.
    Running,
    /// It waits at a rung, or lost its process and waits to go on.
    Paused,
    /// Trained to its end.
    Complete,
    /// Given up early.
    Pruned,
    /// It could not go on.
    Failed,
    /// Taken out by the user: it counts for nothing.
    Removed,
}

impl State {
    /// The name shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Queued => "Queued",
            Self::Running => "Running",
            Self::Paused => "Paused",
            Self::Complete => "Complete",
            Self::Pruned => "Pruned",
            Self::Failed => "Failed",
            Self::Removed => "Removed",
        }
    }

    /// Whether nothing more comes of it unless somebody asks.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Complete | Self::Pruned | Self::Failed | Self::Removed)
    }
}

/// What was measured of a trial on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Seconds since 1970.
    pub at: f64,
    /// Epochs done, with fraction: what rungs are counted in.
    pub epoch: f64,
    /// Seconds spent on it, over all processes.
    pub secs: f64,
    /// What was measured.
    pub metrics: Metrics,
}

/// One trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Its number, from 1.
    pub id: u64,
    /// What is tried.
    pub point: Point,
    /// Who asked for it.
    pub origin: Origin,
    /// Training seed, where it is not the recipe's.
    pub seed: Option<u64>,
    /// What it was doing when last heard of; see [`Self::state`].
    pub(super) at: State,
    /// Whether the user took it out.
    pub(super) removed: bool,
    /// Whether it is to go on: it lost its process, was promoted or revived.
    pub wanted: bool,
    /// Whether the user brought it back after it was pruned; such a trial is not pruned again.
    pub revived: bool,
    /// The worker that has or had it.
    pub worker: Option<u32>,
    /// Id of its run.
    pub run: Option<String>,
    /// What was measured on its way, in order of epochs.
    pub reports: Vec<Report>,
    /// What was measured at its end.
    pub metrics: Option<Metrics>,
    /// Why it is in the state that it is in, where there is something to say.
    pub why: Option<String>,
    /// When it was asked for; seconds since 1970.
    pub asked_at: f64,
    /// When it was first started.
    pub started_at: Option<f64>,
    /// When it ended.
    pub ended_at: Option<f64>,
    /// Seconds spent on it, over all processes.
    pub secs: f64,
    /// Epochs done when it ended, with fraction, where that was told.
    pub(super) epochs: Option<f64>,
}

impl Trial {
    /// What it is doing.
    pub fn state(&self) -> State {
        if self.removed { State::Removed } else { self.at }
    }

    /// Whether a worker has it, even if the user took it out.
    pub fn is_at_work(&self) -> bool {
        self.at == State::Running
    }

    /// Epochs done as far as was told; [`super::Study::epochs`] knows those of a complete one in any case.
    pub fn epoch(&self) -> f64 {
        self.reported_epoch().max(self.epochs.unwrap_or(0.0))
    }

    /// Epochs done when it was last measured on its way.
    fn reported_epoch(&self) -> f64 {
        self.reports.last().map_or(0.0, |report| report.epoch)
    }

    /// The last report at or before an epoch.
    pub fn report_at(&self, epoch: f64) -> Option<&Report> {
        self.reports.iter().rev().find(|report| report.epoch <= epoch + 1e-9)
    }

    /// Whether it was measured at an epoch or later.
    pub fn reached(&self, epoch: f64) -> bool {
        self.reported_epoch() >= epoch - 1e-9
    }
}
