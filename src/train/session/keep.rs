//! What a session writes: checkpoints and models, and what it does while the disk takes none.

use super::Session;
use crate::recipe::Keep;
use crate::runs::{Event, Level, WAITS, now};
use crate::train::checkpoint;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a training without room on the disk waits before it tries to write again.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// What could not be written for want of room.
#[derive(Default)]
pub(super) struct Owed {
    checkpoint: bool,
    models: Vec<(PathBuf, Option<f64>)>,
    /// When writing last failed; it is tried again after [`TRY_AGAIN`].
    tried_at: Option<Instant>,
}

impl Owed {
    fn is_empty(&self) -> bool {
        !self.checkpoint && self.models.is_empty()
    }
}

impl Session<'_, '_, '_> {
    /// Whether the model with the best validation accuracy is the one to keep. Without validation the latest one is.
    pub(super) fn keeps_best(&self) -> bool {
        self.p.state.recipe.train.keep == Keep::Best && !self.p.valid_rows.is_empty()
    }

    /// Whether the recipe wants a checkpoint now, beside those after each epoch.
    pub(super) fn checkpoint_is_due(&self) -> bool {
        let train = &self.p.state.recipe.train;
        let (minutes, steps) = (train.checkpoint_minutes, train.checkpoint_steps);
        (minutes > 0.0 && self.saved_at.elapsed().as_secs_f64() >= 60.0 * minutes)
            || (steps > 0 && self.p.state.step.is_multiple_of(steps))
    }

    pub(super) fn checkpoint(&mut self) {
        if self.saved_step == Some(self.p.state.step) {
            // Changes made since at this very step are in the events and will be made again.
            return;
        }
        if let Err(error) = self.write_checkpoint() {
            self.owed.checkpoint = true;
            self.say_no_room(&error);
        }
    }

    pub(super) fn write_checkpoint(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        self.saved_at = began;
        checkpoint::save(&self.run.checkpoint_file(), &self.p.state, &mut self.p.engine)?;
        let step = self.p.state.step;
        self.saved_step = Some(step);
        self.log.say(&Event::Checkpoint { at: now(), step, secs: began.elapsed().as_secs_f64() });
        Ok(())
    }

    /// Saves the model as the one that the run is read with.
    pub(super) fn keep_model(&mut self, accuracy: Option<f64>) {
        self.save_model(&self.run.best_model(), accuracy);
    }

    pub(super) fn save_model(&mut self, path: &Path, accuracy: Option<f64>) {
        if let Err(error) = checkpoint::save_model(path, &mut self.p, accuracy, &self.run.start_file()) {
            self.owed.models.push((path.to_owned(), accuracy));
            self.say_no_room(&error);
        }
    }

    pub(super) fn say_no_room(&mut self, error: &anyhow::Error) {
        if self.owed.tried_at.replace(Instant::now()).is_none() {
            let full = |cause: &(dyn std::error::Error + 'static)| {
                let cause = cause.downcast_ref::<io::Error>();
                cause.is_some_and(|cause| cause.kind() == io::ErrorKind::StorageFull)
            };
            let why = match error.chain().any(full) {
                true => format!("the disk is full: {}", self.run.path().display()),
                false => format!("{error:#}"),
            };
            self.log.note(Level::Error, format!("{WAITS}{why}"));
        }
    }

    /// With a full disk nothing that is learned could be told or kept, so training waits for room.
    pub(super) fn disk_is_full(&mut self) -> bool {
        if self.log.disk_takes_lines && self.owed.is_empty() {
            return false;
        }
        if self.owed.tried_at.is_some_and(|at| at.elapsed() < TRY_AGAIN) {
            return true;
        }
        if self.owed.tried_at.is_none() {
            self.log.note(Level::Error, format!("{WAITS}the disk is full: {}", self.run.path().display()));
        }
        self.owed.tried_at = Some(Instant::now());
        if self.log.flush().is_err() || self.pay().is_err() {
            return true;
        }
        self.owed.tried_at = None;
        self.log.note(
            Level::Warning,
            "The disk was full or not writable; training waited and goes on".to_owned(),
        );
        false
    }

    /// Writes what could not be written before. The weights are still those of then: without room there are no steps.
    pub(super) fn pay(&mut self) -> anyhow::Result<()> {
        while let Some((path, accuracy)) = self.owed.models.last() {
            checkpoint::save_model(path, &mut self.p, *accuracy, &self.run.start_file())?;
            self.owed.models.pop();
        }
        if self.owed.checkpoint {
            self.write_checkpoint()?;
            self.owed.checkpoint = false;
        }
        Ok(())
    }
}
