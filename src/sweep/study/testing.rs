//! Carries a study out without training anything: curves in place of trainings, a list in place of a journal.

use super::super::pruner::Verdict;
use super::super::space::Point;
use super::super::spec::Sweep;
use super::{End, Event, Next, Study, Trial};
use crate::runs::Metrics;

/// What a trial shows after so many epochs, or why it fails.
pub(crate) type Curve = fn(&Point, f64) -> Result<f64, String>;

/// A study with everything that happened in it.
pub(crate) struct Bench {
    pub(crate) study: Study,
    pub(crate) events: Vec<Event>,
    pub(crate) curve: Curve,
    first: Sweep,
}

impl Bench {
    pub(crate) fn new(sweep: Sweep) -> Self {
        Self { study: Study::new(sweep.clone()), events: Vec::new(), curve: |_, _| Ok(0.0), first: sweep }
    }

    /// Something happens.
    pub(crate) fn tell(&mut self, event: Event) {
        self.study.apply(&event);
        self.events.push(event);
    }

    /// The study as it is read from a journal's text.
    pub(crate) fn replayed(&self) -> Study {
        let mut study = Study::new(self.first.clone());
        for event in &self.events {
            let line = serde_json::to_string(event).expect("events can be written");
            study.apply(&serde_json::from_str(&line).expect("and read"));
        }
        study
    }

    /// Starts whatever can be started on free workers; true if something runs.
    fn start(&mut self, workers: u32, running: &mut Vec<u64>) -> bool {
        while running.len() < workers as usize {
            let at = self.events.len() as f64;
            match self.study.next(at) {
                Next::Run(trial) => {
                    let run = format!("run-{trial}");
                    self.tell(Event::Started { at, trial, worker: running.len() as u32, run });
                    running.push(trial);
                }
                Next::Start { point, origin, seed } => {
                    let trial = self.study.trials.len() as u64 + 1;
                    self.tell(Event::Asked { at, trial, point, origin, seed });
                }
                Next::Settle(settled) => {
                    for (trial, why) in settled.pruned {
                        let end = End::Pruned;
                        self.tell(Event::Ended {
                            at,
                            trial,
                            end,
                            secs: None,
                            epochs: None,
                            metrics: None,
                            why: Some(why),
                        });
                    }
                    for (trial, why) in settled.promoted {
                        self.tell(Event::Promoted { at, trial, why });
                    }
                }
                Next::Wait(_) | Next::Halted(_) | Next::Done(_) => break,
            }
        }
        !running.is_empty()
    }

    /// One epoch of a trial; false when it stops running.
    fn epoch(&mut self, trial: u64) -> bool {
        let at = self.events.len() as f64;
        let of = self.study.trial(trial).expect("it runs").clone();
        let epoch = of.epoch() + 1.0;
        let ended = |end, metrics, why| Event::Ended {
            at,
            trial,
            end,
            secs: Some(epoch),
            epochs: Some(epoch),
            metrics,
            why,
        };
        let value = match (self.curve)(&of.point, epoch) {
            Ok(value) => value,
            Err(why) => {
                self.tell(ended(End::Failed, None, Some(why)));
                return false;
            }
        };
        let metrics = Metrics::from([(self.study.sweep.objective().metric.as_str(), value)]);
        self.tell(Event::Reported { at, trial, epoch, secs: epoch, metrics: metrics.clone() });
        match self.study.judge(trial) {
            Verdict::Wait(why) => self.tell(Event::Paused { at, trial, wanted: false, why }),
            Verdict::Prune(why) => self.tell(ended(End::Pruned, None, Some(why))),
            Verdict::GoOn if !of.point.0.is_empty() && epoch + 1e-9 < self.study.max_epochs(&of) => {
                return true;
            }
            Verdict::GoOn if value.is_nan() => {
                self.tell(ended(End::Failed, None, Some("no number".to_owned())));
            }
            Verdict::GoOn => self.tell(ended(End::Complete, Some(metrics), None)),
        }
        false
    }

    /// Carries it on until nothing more can be done; every running trial gets an epoch in turn.
    pub(crate) fn go_on(&mut self, workers: u32) {
        let mut running = Vec::new();
        while self.start(workers, &mut running) {
            running.retain(|trial| self.epoch(*trial));
        }
    }
}

/// Carries a sweep out with curves in place of trainings.
pub(crate) fn finish(sweep: Sweep, workers: u32, curve: Curve) -> Bench {
    let mut bench = Bench { curve, ..Bench::new(sweep) };
    bench.go_on(workers);
    bench
}

/// The values of a trial's point.
pub(crate) fn complete(trial: &Trial) -> String {
    trial.point.0.values().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
