//! What can be asked of a training process: the lines of `control.jsonl`.

use super::event::now;
use super::journal::{Journal, Tail, TailError};
use super::store::RunDir;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU32, Ordering};

/// Something to ask of a training process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// Wait, with the model loaded.
    Pause,
    /// Go on after a pause.
    Resume,
    /// End now and keep the best model.
    Stop,
    /// End now and throw the run away (it goes to the trash).
    Discard,
    /// Write everything needed to go on from here.
    Checkpoint,
    /// Change a setting from the next step on.
    Set {
        /// The setting's path, `optim.lr`.
        path: String,
        /// The value, as on the command line.
        value: String,
    },
    /// Train for more epochs than the recipe says.
    AddEpochs(u64),
}

/// One line of `control.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Unique; the answer names it.
    pub id: String,
    /// Seconds since 1970.
    pub at: f64,
    /// What is asked.
    pub control: Control,
}

/// Asks; returns the request's id, by which its answer can be known.
pub fn send(run: &RunDir, control: Control) -> std::io::Result<String> {
    static SENT: AtomicU32 = AtomicU32::new(0);
    let at = now();
    let id = format!("{:.3}-{}-{}", at, std::process::id(), SENT.fetch_add(1, Ordering::Relaxed));
    Journal::open(&run.control_file())?.append(&Request { id: id.clone(), at, control })?;
    Ok(id)
}

/// Everything ever asked of a run, in order, and a tail that goes on from there.
pub fn requests(run: &RunDir) -> Result<(Vec<Request>, Tail), TailError> {
    let mut tail = Tail::new(run.control_file());
    Ok((tail.read()?, tail))
}
