//! Work on one thing after another on every core, results in the order of the things, with bounded memory: one thread
//! finds the things, every core works on one, and the caller takes the results.

use super::error::DataError;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes of results that may wait for an earlier one, beside those in work.
const WAITING_BYTES: usize = 64 << 20;
/// Results that may wait for an earlier one.
const WAITING: usize = 4096;

/// `find` hands over things to work on, on a thread of its own; `work` is done on every core; `weigh` says how many
/// bytes of memory a result takes; `take` gets the results in the order of their things, on this thread. The first
/// error of `find` or `take` ends everything and is returned.
pub(super) fn in_order<T: Send, R: Send, S: Send>(
    find: impl FnOnce(&mut dyn FnMut(T) -> Result<(), DataError>) -> Result<S, DataError> + Send,
    work: impl Fn(T) -> R + Sync,
    weigh: impl Fn(&R) -> usize + Sync,
    mut take: impl FnMut(R) -> Result<(), DataError>,
) -> Result<S, DataError> {
    let n_workers = std::thread::available_parallelism().map_or(1, usize::from);
    let belt = Belt::new(n_workers * 4);
    std::thread::scope(|scope| {
        let (belt, work, weigh) = (&belt, &work, &weigh);
        let finder = scope.spawn(move || {
            let _guard = StopOnPanic(belt);
            let found = find(&mut |thing| belt.put(thing));
            belt.close();
            found
        });
        for _ in 0..n_workers {
            scope.spawn(move || {
                let _guard = StopOnPanic(belt);
                while let Some((place, thing)) = belt.next() {
                    let result = work(thing);
                    let weight = weigh(&result);
                    belt.done(place, result, weight);
                }
            });
        }
        let _guard = StopOnPanic(belt);
        let mut outcome = Ok(());
        while let Some(result) = belt.take() {
            outcome = take(result);
            if outcome.is_err() {
                belt.stop();
                break;
            }
        }
        let found = finder.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        outcome?;
        found
    })
}

/// What is on its way from the finder to the taker.
struct Belt<T, R> {
    state: Mutex<State<T, R>>,
    /// There is room for a thing.
    room: Condvar,
    /// There is a thing, or none will come.
    thing: Condvar,
    /// The next result is there, or none will come.
    result: Condvar,
    /// There is room for a result, or it has become the next one.
    turn: Condvar,
    most_things: usize,
}

struct State<T, R> {
    things: VecDeque<(usize, T)>,
    /// Things so far.
    n_things: usize,
    /// No more things come.
    closed: bool,
    /// Nobody wants results any more.
    stopped: bool,
    /// Results by place, with their weights.
    results: BTreeMap<usize, (R, usize)>,
    weight: usize,
    /// The place of the result that is taken next.
    next: usize,
}

impl<T, R> Belt<T, R> {
    fn new(most_things: usize) -> Self {
        let state = State {
            things: VecDeque::new(),
            n_things: 0,
            closed: false,
            stopped: false,
            results: BTreeMap::new(),
            weight: 0,
            next: 0,
        };
        let [room, thing, result, turn] = std::array::from_fn(|_| Condvar::new());
        Self { state: Mutex::new(state), room, thing, result, turn, most_things }
    }

    /// A panic of one thread stops the others, and then goes on in the caller.
    fn lock(&self) -> MutexGuard<'_, State<T, R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, thing: T) -> Result<(), DataError> {
        let mut state = wait(&self.room, self.lock(), |state| state.things.len() >= self.most_things);
        if state.stopped {
            return Err(DataError::Cancelled);
        }
        let place = state.n_things;
        state.n_things += 1;
        state.things.push_back((place, thing));
        self.thing.notify_one();
        Ok(())
    }

    fn close(&self) {
        self.lock().closed = true;
        self.thing.notify_all();
        self.result.notify_all();
    }

    fn next(&self) -> Option<(usize, T)> {
        let mut state = wait(&self.thing, self.lock(), |state| state.things.is_empty() && !state.closed);
        if state.stopped {
            return None;
        }
        let next = state.things.pop_front();
        self.room.notify_one();
        next
    }

    /// Waits where too much is waiting already. The result that is next never waits, and things are begun in order, so
    /// that somebody always goes on.
    fn done(&self, place: usize, result: R, weight: usize) {
        let mut state = wait(&self.turn, self.lock(), |state| {
            let full = state.weight + weight > WAITING_BYTES || state.results.len() >= WAITING;
            place != state.next && full
        });
        state.weight += weight;
        state.results.insert(place, (result, weight));
        if place == state.next {
            self.result.notify_one();
        }
    }

    fn take(&self) -> Option<R> {
        let mut state = wait(&self.result, self.lock(), |state| {
            let over = state.closed && state.next == state.n_things;
            !over && !state.results.contains_key(&state.next)
        });
        let next = state.next;
        let (result, weight) = state.results.remove(&next)?;
        state.weight -= weight;
        state.next += 1;
        self.turn.notify_all();
        Some(result)
    }

    fn stop(&self) {
        self.lock().stopped = true;
        for signal in [&self.room, &self.thing, &self.result, &self.turn] {
            signal.notify_all();
        }
    }
}

/// Waits for a signal as long as `whilst` says; not at all where everything was stopped.
fn wait<'a, T, R>(
    signal: &Condvar,
    state: MutexGuard<'a, State<T, R>>,
    whilst: impl Fn(&State<T, R>) -> bool,
) -> MutexGuard<'a, State<T, R>> {
    let waited = signal.wait_while(state, |state| !state.stopped && whilst(state));
    waited.unwrap_or_else(PoisonError::into_inner)
}

struct StopOnPanic<'a, T, R>(&'a Belt<T, R>);

impl<T, R> Drop for StopOnPanic<'_, T, R> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn results_come_in_order_and_few_wait() {
        let in_memory = AtomicUsize::new(0);
        let most = AtomicUsize::new(0);
        let mut taken = Vec::new();
        let found = in_order(
            |put| (0..3000_usize).try_for_each(&mut *put).map(|()| "all"),
            |i| {
                // The first is the slowest: all others are done before it.
                if i == 0 {
                    std::thread::sleep(std::time::Duration::from_millis(50));
                }
                most.fetch_max(in_memory.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                i * i
            },
            |_| 1 << 20,
            |result| {
                in_memory.fetch_sub(1, Ordering::Relaxed);
                taken.push(result);
                Ok(())
            },
        );
        assert_eq!(found.expect("nothing is wrong"), "all");
        assert_eq!(taken, (0..3000_usize).map(|i| i * i).collect::<Vec<_>>());
        let most = most.into_inner();
        let n_workers = std::thread::available_parallelism().map_or(1, usize::from);
        assert!(most <= 64 + 2 * n_workers, "{most} results of a megabyte were in memory");
    }

    #[test]
    fn whoever_fails_first_ends_it() {
        for (from_find, from_take) in [(true, false), (false, true)] {
            let outcome: Result<(), _> = in_order(
                |put| {
                    for i in 0.. {
                        put(i)?;
                        if from_find && i == 100 {
                            return Err(DataError::NotFound {
                                what: "gone".to_owned(),
                                remedy: String::new(),
                            });
                        }
                    }
                    Ok(())
                },
                |i: u64| i,
                |_| 1,
                |i| match i {
                    500 if from_take => {
                        Err(DataError::NotFound { what: "full".to_owned(), remedy: String::new() })
                    }
                    _ => Ok(()),
                },
            );
            let message = outcome.expect_err("one fails").to_string();
            assert!(message.starts_with(if from_find { "gone" } else { "full" }), "{message}");
        }
    }

    #[test]
    fn a_panic_reaches_the_caller() {
        let caught = std::panic::catch_unwind(|| {
            in_order(
                |put| (0..10_000).try_for_each(&mut *put),
                |i| assert_ne!(i, 700, "on purpose"),
                |()| 1,
                |()| Ok(()),
            )
            .ok()
        });
        assert!(caught.is_err());
    }
}
