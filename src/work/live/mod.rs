//! A source read live: one thread takes frames, another one reads them, and between them, as before the window, lies a
//! slot where the newest wins, so that nothing ever queues up.
//!
//! [`Live`] is the handle; dropping it ends both threads. [`Reads`] is what reads a frame, [`Seen`] what comes of it.

pub mod bench;
mod capture;
mod characters;
mod each;
mod how;
mod infer;
mod look;
mod meter;
mod pictures;
mod reads;
mod regions;
mod seen;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use each::Each;
pub use how::{How, Model, Part};
pub use look::Look;
pub use meter::{Meter, Spread};
pub use reads::{CONFIDENCE, Glimpse, Read, Reads, Shown, open};
pub use seen::{Rates, Seen, Times};

use super::{Slot, Waker};
use crate::camera::{About, Control, Frame, Origin};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The longest that the last frame's reading is waited for.
const LAST: Duration = Duration::from_millis(400);

/// Opens what reads frames.
pub type Opener = Arc<dyn Fn(&Model) -> anyhow::Result<Box<dyn Reads>> + Send + Sync>;

/// How it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// The source is being opened.
    #[default]
    Opening,
    /// Frames come.
    Running,
    /// There are no more frames.
    Ended,
    /// It cannot be opened or broke off, and why.
    Trouble {
        /// In words.
        why: String,
        /// Whether it is tried again without being asked.
        again: bool,
    },
}

/// What is told beside frames.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// How it goes.
    pub state: State,
    /// What the source is.
    pub about: About,
    /// What can be adjusted on it.
    pub controls: Vec<Control>,
    /// What the model is called; empty while it is being opened.
    pub model: String,
    /// What the model is shown.
    pub shown: Shown,
    /// Least confidence of a digit that was chosen for the model.
    pub confidence: f32,
    /// Why frames are not read.
    pub model_trouble: Option<String>,
    /// Frames that were left out since they were damaged.
    pub n_damaged: u64,
    /// What was the matter with the last one.
    pub damage: String,
}

/// What both threads and the handle know.
pub(super) struct Shared {
    ended: AtomicBool,
    frames: Slot<Frame>,
    seen: Slot<Arc<Seen>>,
    /// A frame to look at while the model is being opened.
    unread: Slot<Arc<Seen>>,
    how: Mutex<How>,
    /// Counts changes of `how`.
    changes: AtomicU64,
    skip: AtomicI64,
    adjust: Mutex<VecDeque<(u64, i64)>>,
    told: Mutex<Told>,
    n_lost: AtomicU64,
    camera: Mutex<Meter>,
    waker: Waker,
}

impl Shared {
    fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    fn how(&self) -> How {
        locked(&self.how).clone()
    }

    fn tell(&self, change: impl FnOnce(&mut Told)) {
        let mut told = locked(&self.told);
        let before = told.clone();
        change(&mut told);
        let changed = *told != before;
        drop(told);
        if changed {
            (self.waker)();
        }
    }
}

/// What lies in these locks is replaced as a whole: a thread that panicked leaves nothing half done.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A source being read. Dropping it ends its threads.
pub struct Live {
    shared: Arc<Shared>,
    origin: Origin,
    reading: Option<JoinHandle<()>>,
}

impl Live {
    /// Begins to read a source; frames come as [`Seen`], each announced through `waker`.
    ///
    /// # Errors
    /// Where the system gives no threads. That the source cannot be opened is told by [`Self::told`].
    pub fn start(origin: Origin, how: How, opener: Opener, waker: Waker) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            ended: AtomicBool::new(false),
            frames: Slot::default(),
            seen: Slot::default(),
            unread: Slot::default(),
            how: Mutex::new(how),
            changes: AtomicU64::new(0),
            skip: AtomicI64::new(0),
            adjust: Mutex::default(),
            told: Mutex::default(),
            n_lost: AtomicU64::new(0),
            camera: Mutex::default(),
            waker,
        });
        let mut live = Self { shared: Arc::clone(&shared), origin: origin.clone(), reading: None };
        let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
        let theirs = Arc::clone(&shared);
        live.reading = Some(thread("read frames").spawn(move || infer::infer(&theirs, &opener))?);
        thread("take frames").spawn(move || capture::capture(&shared, &origin))?;
        Ok(live)
    }

    /// Where frames come from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The newest frame that was read, once.
    pub fn newest(&self) -> Option<Arc<Seen>> {
        self.shared.seen.take()
    }

    /// A frame that was not read yet, once: to look at while the model is being opened.
    pub fn unread(&self) -> Option<Arc<Seen>> {
        self.shared.unread.take()
    }

    /// Waits for the next one, at most so long.
    pub fn wait(&self, at_most: Duration) -> Option<Arc<Seen>> {
        self.shared.seen.wait(at_most)
    }

    /// How it goes.
    pub fn told(&self) -> Told {
        locked(&self.shared.told).clone()
    }

    /// Reads otherwise from now on; the frame shown is read again where nothing newer comes.
    pub fn set(&self, how: How) {
        let mut mine = locked(&self.shared.how);
        let reads_same = mine.reads_as(&how);
        *mine = how;
        if !reads_same {
            self.shared.changes.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Shows the frame so many further on.
    pub fn skip(&self, by: i64) {
        self.shared.skip.fetch_add(by, Ordering::Relaxed);
    }

    /// Adjusts a control of the source.
    pub fn adjust(&self, control: u64, value: i64) {
        locked(&self.shared.adjust).push_back((control, value));
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        let (since, reading) = (Instant::now(), self.reading.take());
        // A process that ends while libtorch computes dies in it. The source is not waited for: it may be silent.
        while reading.as_ref().is_some_and(|thread| !thread.is_finished()) && since.elapsed() < LAST {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
