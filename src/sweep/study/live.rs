//! A study that this process carries out: everything that happens is folded in and written to its journal.

use super::super::pruner::{Settled, Verdict};
use super::Study;
use super::event::{Edit, End, Event, FORMAT};
use super::next::Next;
use super::store::{Request, StudyDir, StudyError};
use super::trial::State;
use crate::knobs::Problem;
use crate::runs::{Journal, Metrics, Tail};
use std::fs::File;

/// What whoever carries a study out is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// Train that trial: from the start where it has no run, else from its run's checkpoint. Say
    /// [`LiveStudy::started`] before asking again, or the same one comes again.
    Run(u64),
    /// Wait until a running trial tells something.
    Wait(String),
    /// Wait until the user wants it to go on.
    Halted(String),
    /// It is over.
    Done(String),
}

/// What was spent on a trial up to its end, over all processes, where that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spent {
    /// Seconds of training.
    pub secs: Option<f64>,
    /// Epochs, with fraction.
    pub epochs: Option<f64>,
}

impl Spent {
    /// So many seconds and epochs.
    pub const fn new(secs: f64, epochs: f64) -> Self {
        Self { secs: Some(secs), epochs: Some(epochs) }
    }
}

/// A study that this process carries out.
pub struct LiveStudy {
    study: Study,
    dir: StudyDir,
    journal: Journal,
    requests: Tail,
    clock: fn() -> f64,
    _lock: File,
}

impl LiveStudy {
    /// Takes a study; trials that another process left running wait to go on. `clock` gives seconds since 1970.
    pub fn open(dir: &StudyDir, clock: fn() -> f64) -> Result<Self, StudyError> {
        let lock = dir.lock()?;
        let path = dir.journal_file();
        let what = "the study's journal cannot be written";
        let journal = Journal::open(&path).map_err(StudyError::io(what, &path))?;
        let (study, _) = dir.read()?;
        let mut requests = Tail::new(dir.control_file());
        // What was asked while somebody else carried it out was answered by them.
        let old: Vec<Request> = requests.read()?;
        let since = study.last_at;
        let mut live = Self { study, dir: dir.clone(), journal, requests, clock, _lock: lock };
        let program = env!("CARGO_PKG_VERSION").to_owned();
        live.record(&Event::Opened { at: clock(), format: FORMAT, program, pid: std::process::id() })?;
        let lost: Vec<u64> =
            live.study.trials.iter().filter(|t| t.at == State::Running).map(|t| t.id).collect();
        for id in lost {
            live.interrupted(id, "its process is gone")?;
        }
        for request in old.into_iter().filter(|request| request.at > since) {
            // What became impossible meanwhile is left out, as it would have been then.
            live.edit(request.edit)?.ok();
        }
        Ok(live)
    }

    /// What is known.
    pub fn study(&self) -> &Study {
        &self.study
    }

    /// Where it lies.
    pub fn dir(&self) -> &StudyDir {
        &self.dir
    }

    /// What is to be done next. New trials are written down before they are handed out.
    pub fn next_job(&mut self) -> Result<Job, StudyError> {
        loop {
            let at = (self.clock)();
            match self.study.next(at) {
                Next::Run(id) => return Ok(Job::Run(id)),
                Next::Start { point, origin, seed } => {
                    let trial = self.study.trials.len() as u64 + 1;
                    self.record(&Event::Asked { at, trial, point, origin, seed })?;
                }
                Next::Settle(Settled { promoted, pruned }) => {
                    for (trial, why) in pruned {
                        let end = End::Pruned;
                        self.record(&Event::Ended {
                            at,
                            trial,
                            end,
                            secs: None,
                            epochs: None,
                            metrics: None,
                            why: Some(why),
                        })?;
                    }
                    for (trial, why) in promoted {
                        self.record(&Event::Promoted { at, trial, why })?;
                    }
                }
                Next::Wait(why) => return Ok(Job::Wait(why)),
                Next::Halted(why) => return Ok(Job::Halted(why)),
                Next::Done(why) => return Ok(Job::Done(why)),
            }
        }
    }

    /// A worker took a trial; `run` is the id of its run.
    pub fn started(&mut self, trial: u64, worker: u32, run: &str) -> Result<(), StudyError> {
        self.record(&Event::Started { at: (self.clock)(), trial, worker, run: run.to_owned() })
    }

    /// Something was measured of a trial on its way; says what is to become of it. A verdict is written down already:
    /// all that is left to do is to stop the process where its checkpoint is kept.
    pub fn report(
        &mut self,
        trial: u64,
        epoch: f64,
        secs: f64,
        metrics: Metrics,
    ) -> Result<Verdict, StudyError> {
        let at = (self.clock)();
        self.record(&Event::Reported { at, trial, epoch, secs, metrics })?;
        let verdict = self.study.judge(trial);
        match &verdict {
            Verdict::GoOn => {}
            Verdict::Wait(why) => {
                self.record(&Event::Paused { at, trial, wanted: false, why: why.clone() })?;
            }
            Verdict::Prune(why) => self.end(trial, End::Pruned, Spent::new(secs, epoch), None, Some(why))?,
        }
        Ok(verdict)
    }

    /// A trial was trained to its end. Where the objective is no number, it has failed.
    pub fn complete(&mut self, trial: u64, spent: Spent, metrics: Metrics) -> Result<(), StudyError> {
        let objective = self.study.sweep.objective();
        if metrics.get(&objective.metric).is_some_and(|x| !x.is_finite()) {
            let why = format!("its {} is no number", objective.metric);
            return self.end(trial, End::Failed, spent, Some(metrics), Some(&why));
        }
        self.end(trial, End::Complete, spent, Some(metrics), None)
    }

    /// A trial has the result of another one with the same settings and seed: nothing is trained.
    pub fn as_twin(&mut self, trial: u64, twin: u64) -> Result<(), StudyError> {
        let Some(of) = self.study.trial(twin).cloned() else { return Ok(()) };
        let at = (self.clock)();
        if let (Some(worker), Some(run)) = (of.worker, of.run) {
            self.record(&Event::Started { at, trial, worker, run })?;
        }
        for report in of.reports {
            let (epoch, metrics) = (report.epoch, report.metrics);
            self.record(&Event::Reported { at, trial, epoch, secs: 0.0, metrics })?;
        }
        let why = format!("as trial {twin}, which has the same settings and seed");
        let spent = Spent { secs: Some(0.0), epochs: of.epochs };
        self.end(trial, End::Complete, spent, of.metrics, Some(&why))
    }

    /// A trial could not go on.
    pub fn failed(&mut self, trial: u64, spent: Spent, why: &str) -> Result<(), StudyError> {
        self.end(trial, End::Failed, spent, None, Some(why))
    }

    /// The process of a trial that was given up by hand has left it.
    pub fn given_up(&mut self, trial: u64, spent: Spent) -> Result<(), StudyError> {
        let why = self.study.trial(trial).and_then(|trial| trial.why.clone());
        self.end(trial, End::Pruned, spent, None, why.as_deref())
    }

    /// A trial lost its process or was made to wait; it goes on from its checkpoint as soon as there is room.
    pub fn interrupted(&mut self, trial: u64, why: &str) -> Result<(), StudyError> {
        let at = (self.clock)();
        self.record(&Event::Paused { at, trial, wanted: true, why: why.to_owned() })
    }

    /// Changes the study; the inner error says why that is not possible.
    pub fn edit(&mut self, edit: Edit) -> Result<Result<(), Vec<Problem>>, StudyError> {
        let problems = self.study.check_edit(&edit);
        if !problems.is_empty() {
            return Ok(Err(problems));
        }
        self.record(&Event::Edited { at: (self.clock)(), edit })?;
        Ok(Ok(()))
    }

    /// Carries out what others asked for since the last call, and tells what was done.
    pub fn requests(&mut self) -> Result<Vec<Edit>, StudyError> {
        let mut done = Vec::new();
        for Request { edit, .. } in self.requests.read()? {
            if self.edit(edit.clone())?.is_ok() {
                done.push(edit);
            }
        }
        Ok(done)
    }

    fn end(
        &mut self,
        trial: u64,
        end: End,
        spent: Spent,
        metrics: Option<Metrics>,
        why: Option<&str>,
    ) -> Result<(), StudyError> {
        let why = why.map(str::to_owned);
        let Spent { secs, epochs } = spent;
        self.record(&Event::Ended { at: (self.clock)(), trial, end, secs, epochs, metrics, why })
    }

    /// Folds an event in and writes it down. What the disk does not take waits in memory and is tried again with the
    /// next one, so that a full disk stops nothing; only a file that cannot be written at all is an error.
    fn record(&mut self, event: &Event) -> Result<(), StudyError> {
        self.study.apply(event);
        match self.journal.append(event) {
            Ok(()) => Ok(()),
            Err(e) if e.kind() == std::io::ErrorKind::StorageFull => Ok(()),
            Err(e) => {
                let path = self.dir.journal_file();
                Err(StudyError::io("the study's journal cannot be written", &path)(e))
            }
        }
    }
}
