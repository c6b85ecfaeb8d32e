//! Rungs: the places at which somebody else decides, by how well it does, whether the training goes on.

use super::{Leave, Session};
use crate::runs::{Event, Outcome, Rung, Split, now};
use crate::train::rungs::Verdict;
use crate::train::summary::{Ending, Summary};
use anyhow::Context as _;
use std::time::Instant;

/// Images that are measured at least at a rung, spread evenly over the part,
const FEWEST: usize = 1_000;
/// and beyond them one for so many that were learned from since the last rung. To read an image takes nearly half as
/// long as to learn from it, so that measuring costs about a fourteenth of what it judges.
const LEARNED_FOR_ONE: f64 = 6.0;

impl Session<'_, '_, '_> {
    /// Measures and asks, where a rung is reached. Its checkpoint is written before, so that whatever happens while it
    /// waits, and if it is pruned, it can go on from there.
    pub(super) fn judge(&mut self) -> anyhow::Result<Option<Leave>> {
        let epoch = self.p.state.epochs_done(self.p.train_rows.len() as u64);
        if !self.rungs.reached(epoch) {
            return Ok(None);
        }
        let learned = (epoch - self.rungs.judged) * self.p.train_rows.len() as f64;
        self.rungs.judged = epoch;
        let most = FEWEST.max((learned / LEARNED_FOR_ONE) as usize);
        let Some((accuracy, loss)) = self.measure_rung(most)? else { return Ok(None) };
        self.checkpoint();
        let trained_secs = self.p.state.trained_secs;
        let rung = Rung { epoch, step: self.p.state.step, accuracy, loss, trained_secs };
        let Some(judge) = &mut self.rungs.judge else { return Ok(None) };
        Ok(match judge(&rung) {
            Verdict::GoOn => None,
            Verdict::Prune => Some(Leave::Prune),
            Verdict::Interrupt => Some(Leave::Interrupt),
        })
    }

    /// Accuracy and loss on `most` images of the part that rungs are measured on; `None` where that has no images.
    fn measure_rung(&mut self, most: usize) -> anyhow::Result<Option<(f64, f64)>> {
        let (part, step) = (self.rungs.part, self.p.state.step);
        // After a whole epoch the validation images were read a moment ago.
        if let Some(last) = self.p.state.last.filter(|last| part == Split::Valid && last.step == step) {
            return Ok(Some((last.accuracy, last.loss)));
        }
        let began = Instant::now();
        let Some(evaluation) = self.evaluate(part, most)? else { return Ok(None) };
        self.p.state.trained_secs += began.elapsed().as_secs_f64();
        // Between epochs it is for the judge alone: the best model and the schedule go by whole epochs.
        self.say_measured(part, &evaluation);
        Ok(Some((evaluation.accuracy, evaluation.loss)))
    }

    /// The end of a run that others do better than.
    pub(super) fn leave_pruned(self) -> anyhow::Result<Summary> {
        let (step, epoch) = (self.p.state.step, self.p.state.epochs_done(self.p.train_rows.len() as u64));
        let text = Some(format!("Pruned after {epoch:.2} epochs: others do better"));
        self.log.say(&Event::Ended { at: now(), step, outcome: Outcome::Stopped, text });
        self.log.flush().context("the disk is full: the run's last events could not be written")?;
        Ok(self.summary(Ending::Pruned, None))
    }
}
