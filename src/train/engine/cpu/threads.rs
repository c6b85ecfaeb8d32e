//! Threads that share out the parts of a step, and wait for the next part awake.
//!
//! A step of a small network takes less than a millisecond and has half a dozen phases; a general pool, whose threads
//! go to sleep in between, spends much of that on waking them (measured with LeNet-5 on four cores: half of the time
//! of all cores). These keep looking for work for a while before they sleep.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a thread without work stays awake: longer than the pauses between phases and between steps.
const AWAKE: Duration = Duration::from_micros(300);

/// Looks at the state between two looks at the clock, and before it lets others run.
const SPINS: usize = 256;

// The state in one word, so that joining a job and seeing that it is open are one thing: whether it is open, how many
// helpers are in it, and its number.
const OPEN: usize = 1;
const HELPER: usize = 2;
const NUMBER: usize = 1 << 16;

type Job<'a> = dyn Fn() + Sync + 'a;

#[derive(Default)]
struct Shared {
    state: AtomicUsize,
    job: Mutex<Option<&'static Job<'static>>>,
    panic: Mutex<Option<Box<dyn std::any::Any + Send>>>,
    stop: AtomicBool,
    sleepers: AtomicUsize,
    bed: Mutex<()>,
    bell: Condvar,
}

/// The calling thread and its helpers.
pub struct Threads {
    shared: Arc<Shared>,
    helpers: Vec<JoinHandle<()>>,
}

impl Threads {
    /// So many threads, of which the one that calls is the first.
    pub fn new(n: usize) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let mut threads = Self { shared, helpers: Vec::new() };
        for i in 1..n {
            let shared = Arc::clone(&threads.shared);
            let builder = std::thread::Builder::new().name(format!("train-{i}"));
            threads.helpers.push(builder.spawn(move || shared.help())?);
        }
        Ok(threads)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        1 + self.helpers.len()
    }

    /// Does `work` on every item, with its place in the list, on all threads; returns when all is done. Which thread
    /// takes which item depends on timing. A panic in `work` goes on in the caller.
    pub fn for_each<T: Send>(&mut self, items: Vec<T>, work: impl Fn(usize, T) + Sync) {
        if self.helpers.is_empty() || items.len() <= 1 {
            return items.into_iter().enumerate().for_each(|(i, item)| work(i, item));
        }
        let items: Vec<Mutex<Option<T>>> = items.into_iter().map(|item| Mutex::new(Some(item))).collect();
        let next = AtomicUsize::new(0);
        self.run(&|| {
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                let Some(slot) = items.get(i) else { break };
                let item = lock(slot).take();
                if let Some(item) = item {
                    work(i, item);
                }
            }
        });
    }

    /// Runs `job` once on this thread and on every helper that comes while it runs here.
    #[expect(
        unsafe_code,
        reason = "threads that outlive a call cannot borrow from it without; scoped ones start too slowly"
    )]
    fn run(&mut self, job: &Job<'_>) {
        // SAFETY: `&mut self` makes this the only job. Helpers call the job only between joining and leaving it, and `Closing` is dropped, whatever happens,
        // before `job` goes out of scope: it lets no helper join any more, and waits until the last has left.
        let job = unsafe { std::mem::transmute::<&Job<'_>, &'static Job<'static>>(job) };
        let shared = &*self.shared;
        *lock(&shared.panic) = None;
        *lock(&shared.job) = Some(job);
        let number = shared.state.load(Ordering::Relaxed).wrapping_add(NUMBER) & !(NUMBER - 1);
        shared.state.store(number | OPEN, Ordering::SeqCst);
        let closing = Closing(shared);
        if shared.sleepers.load(Ordering::SeqCst) > 0 {
            let _bed = lock(&shared.bed);
            shared.bell.notify_all();
        }
        job();
        drop(closing);
        if let Some(panic) = lock(&shared.panic).take() {
            resume_unwind(panic);
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        {
            let _bed = lock(&self.shared.bed);
            self.shared.bell.notify_all();
        }
        for helper in self.helpers.drain(..) {
            // A helper's panic was already told by `run`.
            helper.join().ok();
        }
    }
}

/// Ends a job when dropped.
struct Closing<'a>(&'a Shared);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.state.fetch_and(!OPEN, Ordering::AcqRel);
        let mut spins = 0_usize;
        while self.0.state.load(Ordering::Acquire) & (NUMBER - 1) != 0 {
            spins += 1;
            if spins.is_multiple_of(SPINS) { std::thread::yield_now() } else { std::hint::spin_loop() }
        }
        *lock(&self.0.job) = None;
    }
}

impl Shared {
    /// What a helper does all its life.
    fn help(&self) {
        let mut seen = 0;
        while let Some(state) = self.wait(seen) {
            seen = state / NUMBER;
            let joined = state + HELPER;
            if self.state.compare_exchange(state, joined, Ordering::AcqRel, Ordering::Relaxed).is_err() {
                // Someone else joined or the job ended in this moment: look again.
                seen = seen.wrapping_sub(1);
                continue;
            }
            let job = *lock(&self.job);
            if let Some(job) = job
                && let Err(panic) = catch_unwind(AssertUnwindSafe(job))
            {
                *lock(&self.panic) = Some(panic);
            }
            self.state.fetch_sub(HELPER, Ordering::AcqRel);
        }
    }

    /// The state once there is an open job with another number than `seen`; `None` when it is over.
    fn wait(&self, seen: usize) -> Option<usize> {
        let fresh = |state: usize| state & OPEN != 0 && state / NUMBER != seen;
        let start = Instant::now();
        loop {
            for _ in 0..SPINS {
                let state = self.state.load(Ordering::Acquire);
                if fresh(state) {
                    return Some(state);
                }
                std::hint::spin_loop();
            }
            if self.stop.load(Ordering::SeqCst) {
                return None;
            }
            if start.elapsed() < AWAKE {
                std::thread::yield_now();
                continue;
            }
            let mut bed = lock(&self.bed);
            // Told before looking: whoever opens a job then either is seen here or sees a sleeper, and rings.
            self.sleepers.fetch_add(1, Ordering::SeqCst);
            while !fresh(self.state.load(Ordering::SeqCst)) && !self.stop.load(Ordering::SeqCst) {
                bed = self.bell.wait(bed).unwrap_or_else(PoisonError::into_inner);
            }
            self.sleepers.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Nothing under these locks can be left half done, so a panic of another thread is no reason to stop.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_worked_on_once_also_after_sleep() {
        for n in [1, 2, 5] {
            let mut threads = Threads::new(n).expect("they start");
            for round in 0..300_usize {
                let mut items = vec![0_usize; round % 40];
                threads.for_each(items.iter_mut().collect(), |i, item| *item += i + round);
                assert!(
                    items.iter().enumerate().all(|(i, item)| *item == i + round),
                    "{n} threads, round {round}"
                );
                if round.is_multiple_of(100) {
                    std::thread::sleep(2 * AWAKE);
                }
            }
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_threads_go_on() {
        let mut threads = Threads::new(4).expect("they start");
        for panicking in [0, 7, 63] {
            let work = |i: usize, ()| assert!(i != panicking, "item {i} fails");
            let caught = catch_unwind(AssertUnwindSafe(|| threads.for_each(vec![(); 64], work)));
            assert!(caught.is_err(), "item {panicking} panicked unnoticed");
        }
        let count = AtomicUsize::new(0);
        threads.for_each(vec![(); 64], |_, ()| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(count.into_inner(), 64);
    }
}
