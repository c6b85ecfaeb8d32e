//! The tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011) over all settings at once: one density of the
//! better trials, one of the others, and the next point is where the first is highest compared with the second.
//!
//! Start-up, candidates, weights and bandwidths are as Optuna's sampler has them (version 5, `samplers/_tpe`), which
//! users know; Watanabe, arXiv 2304.11127, explains each. Settings that count only under a
//! condition take part wherever they count. Trials that still run stand among the worse ones (the constant liar), so
//! that trials side by side do not all go to the same place; failed ones stand there too.

mod density;
mod split;

use super::{Proposal, Propose, fresh, known, sobol, stream};
use crate::knobs::{Knob, Knobs, Visitor};
use crate::sweep::space::Space;
use crate::sweep::study::{State, Study};
use density::Density;
use serde::{Deserialize, Serialize};

/// Settings of the tree-structured Parzen estimator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tpe {
    /// Trials before the densities are trusted; until then Sobol's sequence proposes.
    pub startup: u64,
    /// Points drawn from the better trials' density, of which the most promising is taken.
    pub candidates: u64,
}

impl Default for Tpe {
    fn default() -> Self {
        Self { startup: 10, candidates: 24 }
    }
}

impl Knobs for Tpe {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { startup, candidates } = self;
        visitor.int(
            "startup",
            startup,
            Knob::range(1, 1000, "Trials spread evenly before any is learned from"),
        );
        visitor.int(
            "candidates",
            candidates,
            Knob::range(1, 1000, "Points drawn for each trial, of which the most promising is taken"),
        );
    }
}

impl Propose for Tpe {
    fn propose(&self, study: &Study) -> Proposal {
        let space = &study.sweep.space;
        let (better, others) = split::split(study);
        let done = better.len()
            + others.iter().filter(|t| t.state() != State::Running && study.value(t).is_some()).count();
        let mut index = study.trials.len() as u32;
        let mut even = || {
            index += 1;
            sobol::point(space, index - 1, study.sweep.seed)
        };
        if (done as u64) < self.startup {
            return fresh(study, even);
        }
        let better = Density::new(space, better.iter().map(|trial| &trial.point));
        let others = Density::new(space, others.iter().map(|trial| &trial.point));
        let (mut stream, known) = (stream(study, "tpe"), known(study));
        let promising = (0..self.candidates)
            .map(|_| better.draw(&mut stream))
            .filter(|point| !known.contains(&point.key()))
            .map(|point| (better.log_at(&point) - others.log_at(&point), point))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        match promising {
            Some((_, point)) => Proposal::Point(point),
            // All of them are tried already, in a space of few points: whatever is left.
            None => fresh(study, &mut even),
        }
    }

    fn trials(&self, _: &Space) -> Option<u64> {
        None
    }
}
