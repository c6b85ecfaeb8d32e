//! The jobs of the window: those shown with progress, and quiet ones that only write a small file.

use super::notices::Notices;
use super::report::Report;
use crate::work::{Context, Job, Outcome, Status, Waker};

/// A job as the bottom bar shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Its number, to cancel it by.
    pub id: u64,
    /// What it is.
    pub name: String,
    /// How far it is.
    pub status: Status,
    /// Seconds until it is done at its present speed, where that can be told.
    pub eta_secs: Option<f64>,
}

struct Entry {
    id: u64,
    job: Job<Report>,
    quiet: bool,
}

/// All jobs at work.
#[derive(Default)]
pub struct Jobs {
    list: Vec<Entry>,
    n_started: u64,
}

impl Jobs {
    /// Starts a job that is shown; returns its number.
    pub fn start(
        &mut self,
        name: &str,
        waker: Waker,
        work: impl FnOnce(&Context) -> anyhow::Result<Report> + Send + 'static,
    ) -> u64 {
        self.spawn(name, waker, false, work)
    }

    /// Starts a job that is only heard of when it fails; returns its number.
    pub fn quiet(
        &mut self,
        name: &str,
        waker: Waker,
        work: impl FnOnce(&Context) -> anyhow::Result<Report> + Send + 'static,
    ) -> u64 {
        self.spawn(name, waker, true, work)
    }

    /// The jobs to show, oldest first.
    pub fn shown(&self) -> impl Iterator<Item = Shown> + '_ {
        self.list.iter().filter(|entry| !entry.quiet).map(|entry| {
            let status = entry.job.status();
            let secs = entry.job.elapsed_secs();
            let share = status.share().filter(|share| *share > 0.01);
            let eta_secs = share.map(|share| secs / f64::from(share) * f64::from(1.0 - share));
            Shown { id: entry.id, name: entry.job.name().to_owned(), status, eta_secs }
        })
    }

    /// Whether that job still works.
    pub fn is_at_work(&self, id: u64) -> bool {
        self.list.iter().any(|entry| entry.id == id)
    }

    /// Whether any job is left, shown or not.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Asks a job to end.
    pub fn cancel(&self, id: u64) {
        for entry in self.list.iter().filter(|entry| entry.id == id) {
            entry.job.cancel();
        }
    }

    /// What the jobs that ended bring; failures are told here, and nowhere else.
    pub(super) fn poll(&mut self, notices: &mut Notices) -> Vec<Report> {
        let mut reports = Vec::new();
        self.list.retain(|entry| {
            let Some(outcome) = entry.job.poll() else { return true };
            match outcome {
                Outcome::Done(report) => reports.push(report),
                Outcome::Failed(e) => notices.error(format!("{}: {e:#}", entry.job.name())),
                Outcome::Cancelled => notices.info(format!("{}: cancelled", entry.job.name())),
            }
            false
        });
        reports
    }

    fn spawn(
        &mut self,
        name: &str,
        waker: Waker,
        quiet: bool,
        work: impl FnOnce(&Context) -> anyhow::Result<Report> + Send + 'static,
    ) -> u64 {
        self.n_started += 1;
        let id = self.n_started;
        self.list.push(Entry { id, job: Job::spawn(name, waker, work), quiet });
        id
    }
}
