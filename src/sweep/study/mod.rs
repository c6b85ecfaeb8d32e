//! A study: the fold over the events of a sweep that is carried out.

mod edit;
mod event;
mod live;
mod next;
mod rank;
mod result;
mod store;
#[cfg(test)]
pub(super) mod testing;
mod trial;
mod waits;

pub use event::{Edit, End, Event, FORMAT};
pub use live::{Job, LiveStudy, Spent};
pub use next::Next;
pub use result::Standing;
pub use store::{Studies, StudyDir, StudyError};
pub use trial::{Origin, Report, State, Trial};
pub use waits::Waits;

use super::space::Point;
use super::spec::Sweep;
use crate::knobs::{SetError, set};
use crate::recipe::Recipe;
use std::collections::{BTreeSet, VecDeque};

/// That many equal failures one after another, and the study pauses: something is wrong that no other point mends.
pub const MOST_FAILURES: usize = 10;

/// What is known of a sweep that is carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct Study {
    /// What is to be done, with every edit so far.
    pub sweep: Sweep,
    /// Every trial, by number; `trials[i].id == i + 1`.
    pub trials: Vec<Trial>,
    /// Points asked for by hand that are not trials yet.
    pub queue: VecDeque<Point>,
    /// Why nothing new begins, if the study pauses.
    pub paused: Option<String>,
    /// Whether the user ended it.
    pub stopped: bool,
    /// Workers that take nothing new.
    pub paused_workers: BTreeSet<u32>,
    /// Every edit with its time.
    pub edits: Vec<(f64, Edit)>,
    /// When it was first opened; seconds since 1970.
    pub began_at: Option<f64>,
    /// When something last happened.
    pub last_at: f64,
    /// Seconds that it was carried out before it was opened last.
    active_secs: f64,
    /// When it was opened last.
    opened_at: Option<f64>,
    /// Equal failures one after another, with their reason.
    failures: (String, usize),
}

impl Study {
    /// A study that nothing has happened in yet.
    pub fn new(sweep: Sweep) -> Self {
        let queue = sweep.queue.iter().cloned().collect();
        Self {
            sweep,
            trials: Vec::new(),
            queue,
            paused: None,
            stopped: false,
            paused_workers: BTreeSet::new(),
            edits: Vec::new(),
            began_at: None,
            last_at: 0.0,
            active_secs: 0.0,
            opened_at: None,
            failures: (String::new(), 0),
        }
    }

    /// The trial of a number.
    pub fn trial(&self, id: u64) -> Option<&Trial> {
        self.trials.get(usize::try_from(id).ok()?.checked_sub(1)?)
    }

    fn trial_mut(&mut self, id: u64) -> Option<&mut Trial> {
        self.trials.get_mut(usize::try_from(id).ok()?.checked_sub(1)?)
    }

    /// The recipe of a trial: the sweep's with the trial's point and seed.
    pub fn recipe(&self, trial: &Trial) -> Result<Recipe, SetError> {
        let mut recipe = self.sweep.space.apply(&trial.point, &self.sweep.recipe)?;
        if let Some(seed) = trial.seed {
            set(&mut recipe, "train.seed", &seed.to_string())?;
        }
        Ok(recipe)
    }

    /// Seconds that it was carried out up to now, not counting the time between two processes.
    pub fn active_secs(&self, now: f64) -> f64 {
        self.active_secs + self.opened_at.map_or(0.0, |at| (now - at).max(0.0))
    }

    /// Seconds that all trials together computed.
    pub fn computed_secs(&self) -> f64 {
        self.trials.iter().map(|trial| trial.secs).sum()
    }

    /// Folds one event in. What makes no sense (a trial that nobody asked for) changes nothing.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Opened { at, .. } => {
                if let Some(opened) = self.opened_at {
                    self.active_secs += (self.last_at - opened).max(0.0);
                }
                self.opened_at = Some(*at);
                self.began_at.get_or_insert(*at);
            }
            Event::Asked { at, trial, point, origin, seed } => self.asked(*at, *trial, point, *origin, *seed),
            Event::Edited { at, edit } => {
                self.edits.push((*at, edit.clone()));
                self.apply_edit(*at, edit);
            }
            // One that was given up by hand is over before its process says how far it came.
            Event::Ended { trial, .. }
                if self.trial(*trial).is_some_and(|t| t.at.is_over() && t.ended_at.is_some()) => {}
            _ => self.apply_to_trial(event),
        }
        self.last_at = self.last_at.max(event.at());
    }

    fn asked(&mut self, at: f64, id: u64, point: &Point, origin: Origin, seed: Option<u64>) {
        if id != self.trials.len() as u64 + 1 {
            return;
        }
        if origin == Origin::Hand
            && let Some(i) = self.queue.iter().position(|queued| queued.same(point))
        {
            self.queue.remove(i);
        }
        self.trials.push(Trial {
            id,
            point: point.clone(),
            origin,
            seed,
            at: State::Queued,
            removed: false,
            wanted: true,
            revived: false,
            worker: None,
            run: None,
            reports: Vec::new(),
            metrics: None,
            why: None,
            asked_at: at,
            started_at: None,
            ended_at: None,
            secs: 0.0,
            epochs: None,
        });
    }

    fn apply_to_trial(&mut self, event: &Event) {
        match event {
            Event::Started { at, trial, worker, run } => {
                let Some(trial) = self.trial_mut(*trial) else { return };
                trial.at = State::Running;
                trial.wanted = false;
                trial.worker = Some(*worker);
                trial.run = Some(run.clone());
                trial.started_at.get_or_insert(*at);
                trial.why = None;
                // It goes on from its checkpoint, which may lie before its end.
                trial.epochs = None;
            }
            Event::Reported { at, trial, epoch, secs, metrics } => {
                let Some(trial) = self.trial_mut(*trial) else { return };
                // Going on from a checkpoint tells some of it again.
                trial.reports.retain(|report| report.epoch < *epoch);
                trial.reports.push(Report { at: *at, epoch: *epoch, secs: *secs, metrics: metrics.clone() });
                trial.secs = *secs;
            }
            Event::Paused { trial, wanted, why, .. } => {
                let Some(trial) = self.trial_mut(*trial) else { return };
                trial.at = State::Paused;
                trial.wanted = *wanted;
                trial.why = Some(why.clone());
            }
            Event::Promoted { trial, why, .. } => {
                let Some(trial) = self.trial_mut(*trial) else { return };
                trial.wanted = true;
                trial.why = Some(why.clone());
            }
            Event::Ended { at, trial, end, secs, epochs, metrics, why } => {
                let Some(trial) = self.trial_mut(*trial) else { return };
                trial.at = match end {
                    End::Complete => State::Complete,
                    End::Pruned => State::Pruned,
                    End::Failed => State::Failed,
                };
                trial.epochs = *epochs;
                trial.wanted = false;
                trial.ended_at = Some(*at);
                trial.secs = secs.unwrap_or(trial.secs);
                trial.metrics.clone_from(metrics);
                trial.why.clone_from(why);
                self.count_failure(*end, why.as_deref().unwrap_or("no reason was given"));
            }
            Event::Opened { .. } | Event::Asked { .. } | Event::Edited { .. } => {}
        }
    }

    fn count_failure(&mut self, end: End, why: &str) {
        match end {
            End::Failed if self.failures.0 == why => self.failures.1 += 1,
            End::Failed => self.failures = (why.to_owned(), 1),
            // A pruned trial shows that training works, as a complete one does.
            End::Complete | End::Pruned => self.failures = (String::new(), 0),
        }
        if self.failures.1 >= MOST_FAILURES {
            self.paused = Some(format!("{} trials in a row failed in the same way: {why}", self.failures.1));
        }
    }
}

#[cfg(test)]
mod tests;
