//! Where on its way a training is measured and asks whether it may go on.

use crate::runs::{Rung, Split};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is answered at a rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may go on.
    GoOn,
    /// Others do better: it ends, and can go on from its checkpoint some other time.
    Prune,
    /// It ends as if interrupted, with a checkpoint.
    Interrupt,
}

/// The rungs of a training, and who decides there.
pub struct Rungs<'a> {
    /// Epochs after which it is judged, ascending; those that are passed are taken out.
    pub(super) epochs: Vec<f64>,
    /// The part that it is measured on.
    pub(super) part: Split,
    /// Decides; may take its time.
    pub(super) judge: Option<&'a mut dyn FnMut(&Rung) -> Verdict>,
    /// Epochs done when it was judged last.
    pub(super) judged: f64,
    /// Threads to compute with as somebody else wants them; 0 for as many as the recipe says.
    threads: Option<&'a AtomicUsize>,
}

impl<'a> Rungs<'a> {
    /// A training that goes on to its end.
    pub fn none() -> Self {
        Self { epochs: Vec::new(), part: Split::Valid, judge: None, judged: 0.0, threads: None }
    }

    /// Measured on `part` after each of these epochs, which may be fractions, and judged by that.
    pub fn new(mut epochs: Vec<f64>, part: Split, judge: &'a mut dyn FnMut(&Rung) -> Verdict) -> Self {
        epochs.retain(|epoch| epoch.is_finite());
        epochs.sort_by(f64::total_cmp);
        Self { epochs, part, judge: Some(judge), judged: 0.0, threads: None }
    }

    /// The same, computed with as many threads as `threads` says at each step (0: as the recipe does).
    pub fn with_threads(self, threads: &'a AtomicUsize) -> Self {
        Self { threads: Some(threads), ..self }
    }

    /// The number of threads that is wanted now, where somebody wants one.
    pub(super) fn threads(&self) -> Option<usize> {
        self.threads.map(|threads| threads.load(Ordering::Relaxed)).filter(|n| *n > 0)
    }

    /// Whether one was reached with so many epochs done; it is passed then.
    pub(super) fn reached(&mut self, epochs_done: f64) -> bool {
        let n = self.epochs.partition_point(|epoch| *epoch <= epochs_done + 1e-9);
        self.epochs.drain(..n);
        n > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rung_is_reached_once() {
        let mut judge = |_: &Rung| Verdict::GoOn;
        let mut rungs = Rungs::new(vec![1.0, 0.25, f64::NAN, 2.0], Split::Valid, &mut judge);
        let reached: Vec<bool> = [0.2, 0.3, 0.9, 1.0, 2.5, 3.0].map(|done| rungs.reached(done)).to_vec();
        assert_eq!(reached, [false, true, false, true, true, false]);
        assert!(!Rungs::none().reached(9.0));
    }
}
