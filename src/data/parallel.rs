//! Work on many rows shared out over the cores, portion after portion, with progress and a way to stop.

use super::error::DataError;
use super::progress::{Progress, Stage, Unit};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Has `work` done for every portion of `0..n`, on as many threads as there are cores, and returns what each portion
/// gave, in order. `text` is what is being done, as shown.
///
/// # Errors
/// [`DataError::Cancelled`] where the job was cancelled.
pub fn in_portions<T: Send>(
    n: usize,
    portion: usize,
    text: &str,
    job: &dyn Progress,
    work: impl Fn(Range<usize>) -> T + Sync,
) -> Result<Vec<T>, DataError> {
    let portion = portion.max(1);
    let n_portions = n.div_ceil(portion);
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from).min(n_portions.max(1));
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results = Mutex::new(Vec::with_capacity(n_portions));
    std::thread::scope(|scope| {
        for _ in 0..n_threads {
            scope.spawn(|| {
                while !job.cancelled() {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= n_portions {
                        return;
                    }
                    let rows = index * portion..((index + 1) * portion).min(n);
                    let length = rows.len();
                    let result = work(rows);
                    results.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
                    let done = done.fetch_add(length, Ordering::Relaxed) + length;
                    job.report(Stage { text, done: done as u64, total: n as u64, unit: Unit::Images });
                }
            });
        }
    });
    if job.cancelled() {
        return Err(DataError::Cancelled);
    }
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_unstable_by_key(|(index, _)| *index);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::super::progress::Silent;
    use super::*;

    #[test]
    fn every_row_once_and_in_order() {
        let sums =
            in_portions(1003, 10, "", &Silent, |rows| rows.collect::<Vec<_>>()).expect("nobody stops it");
        assert_eq!(sums.len(), 101);
        assert_eq!(sums.concat(), (0..1003).collect::<Vec<_>>());
        assert!(in_portions(0, 10, "", &Silent, |rows| rows.len()).expect("nobody stops it").is_empty());
    }

    #[test]
    fn it_stops_when_asked() {
        struct Stop(AtomicUsize);
        impl Progress for Stop {
            fn report(&self, _: Stage<'_>) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
            fn cancelled(&self) -> bool {
                self.0.load(Ordering::Relaxed) >= 3
            }
        }
        let stop = Stop(AtomicUsize::new(0));
        let ended = in_portions(1_000_000, 1, "", &stop, |rows| rows.len());
        assert!(matches!(ended, Err(DataError::Cancelled)));
        assert!(stop.0.load(Ordering::Relaxed) < 100);
    }
}
