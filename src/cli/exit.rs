//! Exit codes, and which error leads to which.

use crate::data::DataError;
use crate::knobs::SetError;
use crate::models::ShapeError;
use crate::models::file::ModelFileError;
use crate::reader::PictureError;
use crate::recipe::RecipeError;
use crate::runs::RunError;
use crate::sweep::{StudyError, SweepError};
use crate::train;
use serde_json::Value;

/// It did what was asked.
pub const DONE: u8 = 0;
/// It could not.
pub const FAILED: u8 = 1;
/// The command line was wrong; clap's own code.
pub const USAGE: u8 = 2;
/// A recipe, run, picture, model file or data set given is not usable.
pub const BAD_INPUT: u8 = 3;
/// Ended by Ctrl-C: 128 + SIGINT, as shells have it.
pub const INTERRUPTED: u8 = 130;

/// What a command that did not fail leaves behind.
#[derive(Debug)]
pub struct Done {
    /// [`DONE`] or [`INTERRUPTED`], or [`BAD_INPUT`] where some of many were bad and that was told already.
    pub code: u8,
    /// The command's figures, an object; null for none.
    pub figures: Value,
}

impl Done {
    /// Done, with these figures.
    pub fn with(figures: Value) -> Self {
        Self { code: DONE, figures }
    }
}

/// Something the user gave cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadInput(pub String);

/// The exit code for an error, by the first of its causes that is known.
pub fn code(error: &anyhow::Error) -> u8 {
    let cancelled = |cause: &(dyn std::error::Error + 'static)| {
        matches!(cause.downcast_ref(), Some(DataError::Cancelled))
    };
    if error.chain().any(cancelled) {
        INTERRUPTED
    } else if error.chain().any(is_bad_input) {
        BAD_INPUT
    } else {
        FAILED
    }
}

fn is_bad_input(cause: &(dyn std::error::Error + 'static)) -> bool {
    let run_error = |e: &RunError| {
        use RunError::{Imported, NoParent, Recipe, Unknown};
        matches!(e, Unknown(_) | Recipe(_) | NoParent(_) | Imported(_))
    };
    // A disk that is full or a server that is down is nobody's input.
    let data_error = |e: &DataError| !matches!(e, DataError::Network { .. });
    let study_error =
        |e: &StudyError| matches!(e, StudyError::Unknown(_) | StudyError::Problems(_) | StudyError::Sweep(_));
    cause.is::<BadInput>()
        || cause.is::<train::BadInput>()
        || cause.is::<SetError>()
        || cause.is::<RecipeError>()
        || cause.is::<ShapeError>()
        || cause.is::<ModelFileError>()
        || cause.is::<PictureError>()
        || cause.is::<SweepError>()
        || cause.downcast_ref::<StudyError>().is_some_and(study_error)
        || cause.downcast_ref::<DataError>().is_some_and(data_error)
        || cause.downcast_ref::<RunError>().is_some_and(run_error)
}
