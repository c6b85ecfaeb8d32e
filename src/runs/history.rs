//! What the events of a run add up to: curves, markers, what it is doing. Live, finished and crashed runs are read the same way.

use super::event::{Changed, Event, Level, Outcome, Split, Started};
use super::metric::metric;
use super::series::{Point, Series};
use std::collections::BTreeMap;

/// What the process was doing when it last said something.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Phase {
    /// It has said nothing yet.
    #[default]
    Silent,
    /// It trains.
    Training,
    /// It waits.
    Paused,
    /// It is done.
    Ended(Outcome, Option<String>),
}

/// What a run is doing, by its events and its lock.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// Made, but no process has it.
    Waiting,
    /// A process has it and loads data.
    Loading,
    /// A process trains it.
    Training,
    /// A process has it and waits.
    Paused,
    /// All done.
    Finished,
    /// Stopped by the user.
    Stopped,
    /// Could not go on, and why.
    Failed(String),
    /// Lost its process; can be resumed.
    Interrupted,
}

impl Status {
    /// Whether a process has it.
    pub fn is_alive(&self) -> bool {
        matches!(self, Self::Loading | Self::Training | Self::Paused)
    }

    /// One word or two.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Loading => "Loading",
            Self::Training => "Training",
            Self::Paused => "Paused",
            Self::Finished => "Finished",
            Self::Stopped => "Stopped",
            Self::Failed(_) => "Failed",
            Self::Interrupted => "Interrupted",
        }
    }
}

/// Something to mark on a curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Marker {
    /// Steps done.
    pub step: u64,
    /// Epochs done, with fraction.
    pub epoch: f64,
    /// Seconds since 1970.
    pub at: f64,
    /// What happened.
    pub kind: MarkerKind,
}

/// What a marker stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum MarkerKind {
    /// A setting was changed, or was asked to be.
    Changed(Changed),
    /// A pause began.
    Paused,
    /// A process took the run up again.
    Resumed,
}

/// The best model so far, by validation accuracy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Best {
    /// Steps done.
    pub step: u64,
    /// Epochs done, with fraction.
    pub epoch: f64,
    /// Its validation accuracy, 0 to 1.
    pub accuracy: f64,
}

/// How each class was read at some step.
#[derive(Clone, Debug, PartialEq)]
pub struct Confusion {
    /// Steps done.
    pub step: u64,
    /// Epochs done, with fraction.
    pub epoch: f64,
    /// On which part of the data.
    pub split: Split,
    /// Images by true class (row) and class read (column), row after row.
    pub counts: Vec<u64>,
}

/// What the events add up to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The latest process.
    pub started: Option<Started>,
    /// When the first process began, seconds since 1970.
    pub first_started_at: Option<f64>,
    /// What it was doing when it last said something.
    pub phase: Phase,
    /// Curves by split and metric name.
    pub curves: BTreeMap<(Split, String), Series>,
    /// Changes, pauses, resumptions.
    pub markers: Vec<Marker>,
    /// Steps done.
    pub step: u64,
    /// Epochs done, with fraction.
    pub epoch: f64,
    /// Steps that the whole run will take.
    pub total_steps: u64,
    /// Seconds spent training.
    pub trained_secs: f64,
    /// When the last event was written, seconds since 1970.
    pub last_at: f64,
    /// The best model so far.
    pub best: Option<Best>,
    /// The last checkpoint's step.
    pub checkpoint: Option<u64>,
    /// How each class was read whenever the model was validated, where that was recorded.
    pub confusions: Vec<Confusion>,
    /// What the process told the user.
    pub notes: Vec<(f64, Level, String)>,
}

impl History {
    /// Takes one event in.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Started(started) => self.begin(started),
            Event::Progress(p) => {
                self.phase = Phase::Training;
                self.seen(p.at, p.step);
                self.epoch = p.epoch;
                self.total_steps = p.total_steps;
                self.trained_secs = p.trained_secs;
                for (name, value) in &p.metrics.0 {
                    self.push(Split::Train, name, p.step, p.epoch, p.trained_secs, p.at, *value);
                }
            }
            Event::Evaluated(e) => {
                self.seen(e.at, e.step);
                self.trained_secs = self.trained_secs.max(e.trained_secs);
                for (name, value) in &e.metrics.0 {
                    self.push(e.split, name, e.step, e.epoch, e.trained_secs, e.at, *value);
                }
                if !e.confusion.is_empty() {
                    let counts = e.confusion.concat();
                    self.confusions.push(Confusion { step: e.step, epoch: e.epoch, split: e.split, counts });
                }
                if e.best
                    && let Some(accuracy) = e.metrics.get("accuracy")
                {
                    self.best = Some(Best { step: e.step, epoch: e.epoch, accuracy });
                }
            }
            Event::Changed(changed) => {
                self.seen(changed.at, changed.step);
                // A resumed process makes and tells changes after its checkpoint again.
                self.markers
                    .retain(|m| !matches!(&m.kind, MarkerKind::Changed(c) if c.request == changed.request));
                self.mark(changed.at, changed.step, MarkerKind::Changed(changed.clone()));
            }
            Event::Paused { at, step } => {
                self.phase = Phase::Paused;
                self.seen(*at, *step);
                self.mark(*at, *step, MarkerKind::Paused);
            }
            Event::Unpaused { at, step } => {
                self.phase = Phase::Training;
                self.seen(*at, *step);
            }
            Event::Checkpoint { at, step, .. } => {
                self.seen(*at, *step);
                self.checkpoint = Some(*step);
            }
            Event::Note { at, level, text } => {
                self.last_at = self.last_at.max(*at);
                self.notes.push((*at, *level, text.clone()));
            }
            Event::Ended { at, step, outcome, text } => {
                self.seen(*at, *step);
                self.phase = Phase::Ended(*outcome, text.clone());
            }
        }
    }

    /// What the run is doing, given whether a process holds its lock.
    pub fn status(&self, alive: bool) -> Status {
        match (&self.phase, alive) {
            (Phase::Silent, false) => Status::Waiting,
            (Phase::Silent, true) => Status::Loading,
            (Phase::Training, true) => Status::Training,
            (Phase::Paused, true) => Status::Paused,
            // Between its last event and its exit the process still holds the lock: what it said counts.
            (Phase::Ended(Outcome::Finished, _), _) => Status::Finished,
            (Phase::Ended(Outcome::Stopped, _), _) => Status::Stopped,
            (Phase::Ended(Outcome::Failed, text), _) => Status::Failed(text.clone().unwrap_or_default()),
            (Phase::Training | Phase::Paused, false) => Status::Interrupted,
        }
    }

    /// A curve, if anything was measured.
    pub fn curve(&self, split: Split, name: &str) -> Option<&Series> {
        self.curves.get(&(split, name.to_owned()))
    }

    /// The latest value of a metric.
    pub fn last(&self, split: Split, name: &str) -> Option<f64> {
        self.curve(split, name)?.last().map(|p| p.value)
    }

    /// The best value of a metric, by the metric's own direction.
    pub fn best_of(&self, split: Split, name: &str) -> Option<f64> {
        let metric = metric(name)?;
        let values = self.curve(split, name)?.points().iter().map(|p| p.value);
        values.reduce(|best, value| if metric.better(value, best) { value } else { best })
    }

    /// Seconds until it is done at the present speed, while it trains.
    pub fn eta_secs(&self) -> Option<f64> {
        let started = self.started.as_ref()?;
        let done = self.step.checked_sub(started.from_step).filter(|n| *n > 0)?;
        let left = self.total_steps.saturating_sub(self.step);
        // The last third of the curve tells the present speed better than the whole does.
        let points = self.curve(Split::Train, "loss")?.points();
        let (first, last) = (points.get(points.len() * 2 / 3)?, points.last()?);
        let (steps, secs) = if last.step > first.step && first.step >= started.from_step {
            (last.step - first.step, last.trained_secs - first.trained_secs)
        } else {
            (done, last.at - started.at)
        };
        Some(secs / steps as f64 * left as f64)
    }

    fn begin(&mut self, started: &Started) {
        self.first_started_at.get_or_insert(started.at);
        self.last_at = self.last_at.max(started.at);
        // What an interrupted process told of steps after its last checkpoint is done anew.
        for series in self.curves.values_mut() {
            series.truncate_after(started.from_step);
        }
        self.curves.retain(|_, series| series.last().is_some());
        self.markers.retain(|marker| marker.step <= started.from_step);
        self.confusions.retain(|confusion| confusion.step <= started.from_step);
        if self.best.is_some_and(|best| best.step > started.from_step) {
            self.best = None;
        }
        self.step = started.from_step;
        self.total_steps = started.total_steps;
        self.epoch = started.from_step as f64 / started.steps_per_epoch.max(1) as f64;
        if started.from_step > 0 {
            self.epoch = self.epoch_at(started.from_step).unwrap_or(self.epoch);
            self.mark(started.at, started.from_step, MarkerKind::Resumed);
        }
        self.phase = Phase::Training;
        self.started = Some(started.clone());
    }

    fn seen(&mut self, at: f64, step: u64) {
        self.last_at = self.last_at.max(at);
        self.step = self.step.max(step);
    }

    fn epoch_at(&self, step: u64) -> Option<f64> {
        let points = self.curve(Split::Train, "loss")?.points();
        points.iter().rev().find(|p| p.step <= step).map(|p| p.epoch)
    }

    fn mark(&mut self, at: f64, step: u64, kind: MarkerKind) {
        let epoch = self.epoch;
        self.markers.push(Marker { step, epoch, at, kind });
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one point and where it belongs")]
    fn push(
        &mut self,
        split: Split,
        name: &str,
        step: u64,
        epoch: f64,
        trained_secs: f64,
        at: f64,
        value: f64,
    ) {
        let series = self.curves.entry((split, name.to_owned())).or_default();
        series.push(Point { step, epoch, trained_secs, at, value });
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::{Evaluated, Metrics, Progress};
    use super::*;

    fn started(from_step: u64) -> Event {
        Event::Started(Started {
            at: 100.0 + from_step as f64,
            format: 1,
            program: "0".to_owned(),
            pid: 1,
            host: String::new(),
            device: "Cpu".to_owned(),
            threads: 1,
            from_step,
            total_steps: 20,
            steps_per_epoch: 10,
            epochs: 2,
            params: 5,
            images: [100, 10, 10],
            data: String::new(),
            classes: Vec::new(),
            parent: None,
        })
    }

    fn progress(step: u64, loss: f64) -> Event {
        Event::Progress(Progress {
            at: 100.0 + step as f64,
            step,
            epoch: step as f64 / 10.0,
            total_steps: 20,
            trained_secs: step as f64,
            metrics: Metrics::from([("loss", loss)]),
        })
    }

    fn validated(step: u64, accuracy: f64, best: bool) -> Event {
        let metrics = Metrics::from([("accuracy", accuracy)]);
        let epoch = step as f64 / 10.0;
        Event::Evaluated(Evaluated {
            at: 0.0,
            step,
            epoch,
            trained_secs: 0.0,
            split: Split::Valid,
            best,
            metrics,
            confusion: vec![vec![step]],
        })
    }

    fn changed(step: u64, request: &str) -> Event {
        let text = |s: &str| s.to_owned();
        let (before, asked, applied) = (text("1"), text("2"), text("2"));
        let path = text("optim.lr");
        Event::Changed(Changed {
            at: 0.0,
            step,
            request: text(request),
            path,
            before,
            asked,
            applied,
            reason: None,
        })
    }

    fn fold(events: &[Event]) -> History {
        let mut history = History::default();
        events.iter().for_each(|event| history.apply(event));
        history
    }

    #[test]
    fn an_interrupted_run_that_resumes_reads_like_an_unbroken_one() {
        let unbroken = [
            started(0),
            progress(5, 1.0),
            validated(10, 0.5, true),
            progress(15, 0.5),
            validated(20, 0.7, true),
        ];
        let broken = [
            started(0),
            progress(5, 1.0),
            validated(10, 0.5, true),
            changed(10, "a"),
            progress(12, 9.0), // After the checkpoint of step 10: lost with the process.
            validated(12, 0.9, true),
            started(10),
            changed(10, "a"), // Made again, told again.
            progress(15, 0.5),
            validated(20, 0.7, true),
        ];
        let (unbroken, broken) = (fold(&unbroken), fold(&broken));
        assert_eq!(unbroken.curves, broken.curves);
        assert_eq!(unbroken.best, broken.best);
        assert_eq!(unbroken.confusions, broken.confusions);
        let kinds: Vec<_> = broken.markers.iter().map(|m| std::mem::discriminant(&m.kind)).collect();
        assert_eq!(kinds.len(), 2, "one change and one resumption: {:?}", broken.markers);
    }

    #[test]
    fn running_is_the_lock_and_not_what_was_written() {
        let history = fold(&[started(0), progress(5, 1.0)]);
        assert_eq!(history.status(true), Status::Training);
        assert_eq!(history.status(false), Status::Interrupted);
        let ended = Event::Ended { at: 1.0, step: 20, outcome: Outcome::Finished, text: None };
        assert_eq!(fold(&[started(0), ended]).status(true), Status::Finished);
        assert_eq!(History::default().status(false), Status::Waiting);
    }

    #[test]
    fn the_best_value_follows_the_metric_and_the_rest_of_the_time_the_speed() {
        let history = fold(&[started(0), progress(5, 1.0), progress(10, f64::NAN), progress(15, 0.5)]);
        assert_eq!(history.best_of(Split::Train, "loss"), Some(0.5));
        assert_eq!(history.last(Split::Train, "loss"), Some(0.5));
        assert_eq!(history.eta_secs(), Some(5.0), "a second a step, five to go");
    }

    #[test]
    fn every_event_survives_its_line() -> serde_json::Result<()> {
        let events = [started(3), progress(5, f64::NAN), validated(10, 0.1 + 0.2, true), changed(4, "x")];
        for event in events {
            let line = serde_json::to_string(&event)?;
            assert_eq!(serde_json::from_str::<Event>(&line)?, event);
        }
        Ok(())
    }
}
