//! Runs on disk: what happened (events), what follows from it (history), what was asked (control), where it lies (store).
//!
//! A run is a folder. The training process appends to `events.jsonl` and holds a lock while it lives; everybody else
//! reads, and asks for changes by appending to `control.jsonl`. "Running" is never a stored flag: it is the lock.

mod branch;
mod control;
mod errand;
mod event;
mod examples;
mod histograms;
mod history;
mod imported;
mod journal;
pub mod log;
mod metric;
mod series;
mod store;

pub use branch::{Parent, Part, second_opinion};
pub use control::{Control, Request, requests, send};
pub use errand::{Answer, Errand, Order, Ran, Returned, Rung};
pub use event::{Changed, Evaluated, Event, Level, Metrics, Outcome, Progress, Split, Started, WAITS, now};
pub use examples::{Boxed, Boxes, Example, Examples};
pub use histograms::{BARS, Histogram, Histograms, Parameter};
pub use history::{Best, Confusion, History, Marker, MarkerKind, Phase, Status};
pub use imported::Imported;
pub use journal::{Journal, Tail, TailError};
pub use metric::{Direction, METRICS, Metric, metric};
pub use series::{Point, Series};
pub use store::{Meta, RunDir, RunError, RunLock, Workspace, overlays_beside, timestamp};
