//! One piece of work on a thread of its own: named, with progress, ended by dropping its handle; a panic is an outcome.

use super::Waker;
use anyhow::{Context as _, anyhow};
use crossbeam_channel::{Receiver, TryRecvError, bounded};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// How far a job is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// What it does right now; empty where its name says enough.
    pub doing: String,
    /// How much is done, in whatever unit the job counts.
    pub done: u64,
    /// How much there is in all; `None` while that is unknown.
    pub total: Option<u64>,
}

impl Status {
    /// The share done, 0 to 1, where the total is known.
    pub fn share(&self) -> Option<f32> {
        let total = self.total.filter(|total| *total > 0)?;
        Some((self.done as f32 / total as f32).clamp(0.0, 1.0))
    }
}

/// How a job ended.
#[derive(Debug)]
pub enum Outcome<T> {
    /// With a result.
    Done(T),
    /// It could not be done, or it panicked.
    Failed(anyhow::Error),
    /// Somebody cancelled it.
    Cancelled,
}

/// What a job sees of the world.
pub struct Context {
    status: Arc<Mutex<Status>>,
    cancelled: Arc<AtomicBool>,
    waker: Waker,
}

impl Context {
    /// Whether it should end: to be asked between steps.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Tells how far it is.
    pub fn report(&self, status: Status) {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) = status;
        (self.waker)();
    }
}

/// A job at work. Dropping it cancels it.
pub struct Job<T> {
    name: String,
    started: Instant,
    status: Arc<Mutex<Status>>,
    cancelled: Arc<AtomicBool>,
    outcome: Receiver<anyhow::Result<T>>,
}

impl<T: Send + 'static> Job<T> {
    /// Starts `work` on a thread called `name`. An error that it returns after a cancel counts as cancelled.
    pub fn spawn(
        name: impl Into<String>,
        waker: Waker,
        work: impl FnOnce(&Context) -> anyhow::Result<T> + Send + 'static,
    ) -> Self {
        let name = name.into();
        let status = Arc::<Mutex<Status>>::default();
        let cancelled = Arc::<AtomicBool>::default();
        let (sender, outcome) = bounded(1);
        let context = Context {
            status: Arc::clone(&status),
            cancelled: Arc::clone(&cancelled),
            waker: Arc::clone(&waker),
        };
        let failed = sender.clone();
        let spawned = std::thread::Builder::new().name(name.clone()).spawn(move || {
            // Nothing that the work touched is looked at after a panic.
            let result = catch_unwind(AssertUnwindSafe(|| work(&context)));
            // Nobody listens any more after a drop, and that is fine.
            sender.send(result.unwrap_or_else(|panic| Err(anyhow!("{}", message(&*panic))))).ok();
            waker();
        });
        if let Err(e) = spawned.context("the system gives no more threads") {
            failed.send(Err(e)).ok();
        }
        Self { name, started: Instant::now(), status, cancelled, outcome }
    }
}

impl<T> Job<T> {
    /// What it is.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Seconds since it began.
    pub fn elapsed_secs(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// How far it is.
    pub fn status(&self) -> Status {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks it to end.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to end.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// How it ended, once; `None` while it works.
    pub fn poll(&self) -> Option<Outcome<T>> {
        match self.outcome.try_recv() {
            Ok(Ok(value)) => Some(Outcome::Done(value)),
            Ok(Err(_)) if self.is_cancelled() => Some(Outcome::Cancelled),
            Ok(Err(e)) => Some(Outcome::Failed(e)),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Outcome::Failed(anyhow!("it ended without a word"))),
        }
    }
}

impl<T> Drop for Job<T> {
    fn drop(&mut self) {
        self.cancel();
    }
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).map_or_else(
        || "it failed in a way that is our mistake".to_owned(),
        |text| format!("it failed: {text}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::no_waker;
    use std::time::Duration;

    fn end<T>(job: &Job<T>) -> Outcome<T> {
        loop {
            if let Some(outcome) = job.poll() {
                return outcome;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn results_errors_and_panics_are_outcomes() {
        let done = Job::spawn("fine", no_waker(), |context| {
            context.report(Status { doing: "work".to_owned(), done: 1, total: Some(2) });
            Ok(7)
        });
        assert!(matches!(end(&done), Outcome::Done(7)));
        assert_eq!(done.status().share(), Some(0.5));
        let failed = Job::<()>::spawn("bad", no_waker(), |_| Err(anyhow!("no")));
        assert!(matches!(end(&failed), Outcome::Failed(e) if e.to_string() == "no"));
        let panicked = Job::<()>::spawn("worse", no_waker(), |_| panic!("oh"));
        assert!(matches!(end(&panicked), Outcome::Failed(e) if e.to_string() == "it failed: oh"));
    }

    #[test]
    fn dropping_cancels() {
        let (sender, receiver) = bounded(1);
        let job = Job::spawn("long", no_waker(), move |context| {
            while !context.is_cancelled() {
                std::thread::sleep(Duration::from_millis(1));
            }
            sender.send(()).ok();
            Ok(())
        });
        drop(job);
        assert_eq!(receiver.recv_timeout(Duration::from_secs(30)), Ok(()));
    }
}
