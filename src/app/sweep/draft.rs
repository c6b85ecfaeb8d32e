//! The sweep on the form: what it began with, what could be varied, what is wrong with it.

use crate::knobs::Problem;
use crate::sweep::{Setting, Sweep, settings};

/// The sweep on the form.
#[derive(Debug, Default)]
pub struct SweepDraft {
    sweep: Sweep,
    /// The preset that it began with.
    pub preset: Option<String>,
    settings: Vec<Setting>,
    problems: Vec<Problem>,
}

impl SweepDraft {
    /// A form that begins with `sweep`.
    pub fn new(sweep: Sweep, preset: Option<String>) -> Self {
        let mut draft = Self { preset, ..Self::default() };
        draft.set(sweep);
        draft
    }

    /// The sweep.
    pub fn sweep(&self) -> &Sweep {
        &self.sweep
    }

    /// Replaces it.
    pub fn set(&mut self, sweep: Sweep) {
        self.problems = sweep.problems();
        if self.settings.is_empty() || sweep.recipe != self.sweep.recipe {
            self.settings = settings(&sweep.recipe);
        }
        self.sweep = sweep;
    }

    /// Every setting of its recipe, each of which can be varied.
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// What keeps it from being carried out.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}
