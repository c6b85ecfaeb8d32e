//! Training: the loop, evaluation, checkpoints, and what is asked of it while it runs.
//!
//! A training is one process: `digit-workbench train --run DIR`. It reads `recipe.ron`, appends to `events.jsonl`,
//! looks into `control.jsonl` between steps, and leaves model files. Batch order and every random draw are functions
//! of (seed, epoch, step), so a [`State`] of counters, weights and optimizer state is all that going on needs.

mod behind;
pub mod bench;
mod checkpoint;
#[cfg(test)]
mod control_tests;
pub mod engine;
mod evaluate;
mod inbox;
mod prepare;
#[cfg(test)]
mod rung_tests;
mod rungs;
mod session;
mod start;
mod state;
mod summary;
#[cfg(test)]
mod tests;

pub use crate::score::{Figures, OfLength};
pub use behind::{Behind, behind};
pub use evaluate::{ClassScore, Evaluation, On, evaluate_model, evaluate_rows};
pub use prepare::BadInput;
pub use rungs::{Rungs, Verdict};
pub use start::recipe_of;
pub use state::State;
pub use summary::{Ending, Summary};

use crate::data::Places;
use crate::runs::{Event, Outcome, RunDir, now};
use prepare::Prepared;
use session::Session;
use std::sync::atomic::AtomicBool;

/// Trains the run in its folder, or goes on from its checkpoint.
///
/// `observer` sees every event after it is written. Setting `interrupt` writes a checkpoint and returns, so that the
/// run can be resumed. `forced` lets it go on with other data than it had. An error is also the run's last event, so that the window can tell it; one that the user's
/// files are the reason of is a [`BadInput`] in the chain.
pub fn run(
    run: &RunDir,
    places: &Places,
    observer: &mut dyn FnMut(&Event),
    interrupt: &AtomicBool,
    forced: bool,
) -> anyhow::Result<Summary> {
    judged(run, places, observer, interrupt, forced, Rungs::none())
}

/// As [`run`], and somebody is asked at each of the `rungs` whether it may go on.
pub fn judged(
    run: &RunDir,
    places: &Places,
    observer: &mut dyn FnMut(&Event),
    interrupt: &AtomicBool,
    forced: bool,
    rungs: Rungs<'_>,
) -> anyhow::Result<Summary> {
    let _lock = run.lock()?;
    let mut log = prepare::open_journal(run, observer)?;
    let trained =
        Prepared::new(run, places, interrupt, forced, &mut log).and_then(|prepared| match prepared {
            Some(prepared) => Session::new(prepared, run, interrupt, &mut log, rungs)?.train(),
            None => Ok(Summary::interrupted(run)),
        });
    trained.inspect_err(|error| {
        log.say(&Event::Ended {
            at: now(),
            step: 0,
            outcome: Outcome::Failed,
            text: Some(format!("{error:#}")),
        });
    })
}
