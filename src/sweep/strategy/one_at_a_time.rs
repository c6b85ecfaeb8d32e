//! One setting at a time, as tutorials tune by hand: the values of the first axis with everything else as the recipe has
//! it, then those of the second with the best value of the first, and so on.

use super::grid::POINTS;
use super::{Proposal, Propose};
use crate::knobs::{Knobs, Visitor};
use crate::sweep::space::{Axis, Point, Space, Value};
use crate::sweep::study::{Origin, State, Study, Trial};
use serde::{Deserialize, Serialize};

/// Settings of going through one setting at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OneAtATime {
    /// Values on an axis that has infinitely many.
    pub points: u64,
    /// Whether a point that was tried already is not tried again: the best so far comes up on every axis.
    pub skip_known: bool,
}

impl Default for OneAtATime {
    fn default() -> Self {
        Self { points: 5, skip_known: true }
    }
}

impl Knobs for OneAtATime {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { points, skip_known } = self;
        visitor.int("points", points, POINTS);
        visitor.flag(
            "skip_known",
            skip_known,
            "Takes the result of a point that was tried already instead of training it again",
        );
    }
}

impl Propose for OneAtATime {
    fn propose(&self, study: &Study) -> Proposal {
        let space = &study.sweep.space;
        let mut best = space.base(&study.sweep.recipe);
        let mut free: Vec<&Trial> = study.trials.iter().filter(|t| self.takes(t)).collect();
        for axis in space.varied() {
            if !space.counts(axis, &best) {
                continue;
            }
            let mut tried = Vec::new();
            for value in axis.range.grid(self.points) {
                let point = with(space, &best, axis, &value);
                let Some(at) = free.iter().position(|trial| trial.point.same(&point)) else {
                    return Proposal::Point(point);
                };
                tried.push(if self.skip_known { free[at] } else { free.remove(at) });
            }
            let n_open = tried.iter().filter(|trial| !trial.state().is_over()).count();
            if n_open > 0 {
                return Proposal::Wait(format!("{n_open} trials of {} are not done yet", axis.path));
            }
            if let Some(trial) = first_best(study, &tried) {
                best = trial.point.clone();
            }
        }
        Proposal::Done("Every setting was gone through".to_owned())
    }

    fn trials(&self, space: &Space) -> Option<u64> {
        let mut n = 0_u64;
        for axis in space.varied() {
            // On every axis but the first, one value is that of the best so far.
            let known = u64::from(self.skip_known && n > 0);
            n += (axis.range.grid(self.points).len() as u64).saturating_sub(known);
        }
        Some(n)
    }
}

impl OneAtATime {
    /// Whether a trial counts as one of ours: repeats with other seeds do not.
    fn takes(&self, trial: &Trial) -> bool {
        match trial.origin {
            Origin::Strategy => true,
            Origin::Hand => self.skip_known,
            Origin::Repeat(_) => false,
        }
    }
}

/// The best trial; of equal ones the first, complete ones before those that were given up.
fn first_best<'a>(study: &Study, tried: &[&'a Trial]) -> Option<&'a Trial> {
    let objective = study.sweep.objective();
    let cost = |trial: &Trial| study.value(trial).map(|value| objective.cost(value));
    let rank = |trial: &Trial| trial.state() != State::Complete;
    tried
        .iter()
        .copied()
        .filter_map(|trial| Some((rank(trial), cost(trial)?, trial)))
        .min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)))
        .map(|(_, _, trial)| trial)
}

/// The point with another value on an axis. Axes that begin to count with it get the middle of their range.
fn with(space: &Space, point: &Point, axis: &Axis, value: &Value) -> Point {
    space.point(|other, _| match point.get(&other.path) {
        _ if other.path == axis.path => value.clone(),
        Some(value) => value.clone(),
        None => other.range.decode(0.5),
    })
}
