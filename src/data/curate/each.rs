//! The same for every image, on every core.

use super::super::error::DataError;
use super::super::progress::{Progress, Stage, Unit};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Items between two looks at progress and cancel.
const PORTION: usize = 256;

/// `f` of every number below `n`, in order.
pub(super) fn each<T: Send + Default + Clone>(
    n: usize,
    text: &str,
    job: &dyn Progress,
    f: impl Fn(usize) -> T + Sync,
) -> Result<Vec<T>, DataError> {
    let mut results = vec![T::default(); n];
    let done = AtomicU64::new(0);
    let stopped = AtomicBool::new(false);
    let portions = Mutex::new(results.chunks_mut(PORTION).enumerate());
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(n.div_ceil(PORTION));
    let work = || {
        loop {
            let next = portions.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((portion, results)) = next else { return };
            if stopped.load(Ordering::Relaxed) {
                return;
            }
            for (i, result) in results.iter_mut().enumerate() {
                *result = f(portion * PORTION + i);
            }
            let done = done.fetch_add(results.len() as u64, Ordering::Relaxed) + results.len() as u64;
            job.report(Stage { text, done, total: n as u64, unit: Unit::Images });
            if job.cancelled() {
                stopped.store(true, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        (1..threads).for_each(|_| drop(scope.spawn(work)));
        work();
    });
    if stopped.into_inner() { Err(DataError::Cancelled) } else { Ok(results) }
}

#[cfg(test)]
mod tests {
    use super::super::super::progress::Silent;
    use super::*;

    #[test]
    fn every_item_is_done_once_and_a_wish_to_stop_is_heard() {
        let squares = each(1000, "", &Silent, |i| i * i).expect("nobody stops it");
        assert!(squares.iter().enumerate().all(|(i, square)| *square == i * i));
        assert!(each(0, "", &Silent, |i| i).expect("nothing to do").is_empty());
        struct Stop;
        impl Progress for Stop {
            fn report(&self, _: Stage<'_>) {}
            fn cancelled(&self) -> bool {
                true
            }
        }
        assert!(matches!(each(1000, "", &Stop, |i| i), Err(DataError::Cancelled)));
    }
}
