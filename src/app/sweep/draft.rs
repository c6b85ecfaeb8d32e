//! The sweep on the form: what it began with, what could be varied, what is wrong with it.

use crate::knobs::Problem;
use crate::sweep::{Offer, Sweep, offers};

/// The sweep on the form.
#[derive(Debug, Default)]
pub struct SweepDraft {
    sweep: Sweep,
    /// The preset that it began with.
    pub preset: Option<String>,
    offers: Vec<Offer>,
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
        let same = sweep.recipe == self.sweep.recipe && sweep.space == self.sweep.space;
        if self.offers.is_empty() || !same {
            self.offers = offers(&sweep.recipe, &sweep.space);
        }
        self.sweep = sweep;
    }

    /// Every setting that can be varied.
    pub fn offers(&self) -> &[Offer] {
        &self.offers
    }

    /// What keeps it from being carried out.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}
