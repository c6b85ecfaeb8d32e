//! Work beside the window: named threads with progress and cancel, slots for the newest value, child processes.
//!
//! Nothing here knows of egui: a worker that has something to show calls a [`Waker`].

pub mod behind;
pub mod crew;
pub mod curate;
pub mod examine;
pub mod further;
pub mod inside;
pub mod jobs;
mod launch;
pub mod live;
pub mod load;
pub mod localise;
pub mod pictures;
pub mod predict;
mod readings;
pub mod record;
pub mod slot;
pub mod strange;
pub mod studies;
pub mod sweep;
pub mod taught;
pub mod tiles;
pub mod watch;

pub use jobs::{Context, Job, Outcome, Status};
pub use launch::{LaunchOptions, Launched, launch, launch_sweep, share_cores, waiting_is_decided};
pub use slot::Slot;

use std::sync::Arc;

/// Called by a worker that has something to show; cheap, from any thread.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// A waker for where nobody sleeps: tests and the command line.
pub fn no_waker() -> Waker {
    Arc::new(|| {})
}
