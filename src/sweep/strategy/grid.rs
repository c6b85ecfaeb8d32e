//! Grid search: every combination of values, the last axis fastest.

use super::{Proposal, Propose, known};
use crate::knobs::{Knob, Knobs, Visitor};
use crate::sweep::space::{Axis, Point, Range, Space, Value};
use crate::sweep::study::Study;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Settings of grid search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Grid {
    /// Values on an axis that has infinitely many.
    pub points: u64,
}

impl Default for Grid {
    fn default() -> Self {
        Self { points: 5 }
    }
}

impl Knobs for Grid {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { points } = self;
        visitor.int("points", points, POINTS);
    }
}

/// Values on an axis that has infinitely many, of all that go through values.
pub(super) const POINTS: Knob<u64> =
    Knob::range(1, 100, "Values of a setting that has infinitely many, or many on a logarithmic scale");

impl Propose for Grid {
    fn propose(&self, study: &Study) -> Proposal {
        match unknown(&study.sweep.space, &known(study), self.points) {
            Some(point) => Proposal::Point(point),
            None => Proposal::Done("Every combination was tried".to_owned()),
        }
    }

    fn trials(&self, space: &Space) -> Option<u64> {
        let mut n = 0;
        // Counted one by one, for conditions make some combinations equal; more than this nobody waits for.
        walk(space, self.points, |_| {
            n += 1;
            n <= 100_000
        });
        (n <= 100_000).then_some(n)
    }
}

/// The first combination that is not known.
pub(super) fn unknown(space: &Space, known: &HashSet<String>, points: u64) -> Option<Point> {
    let mut found = None;
    walk(space, points, |point| {
        if known.contains(&point.key()) {
            return true;
        }
        found = Some(point.clone());
        false
    });
    found
}

/// Shows every combination to `see` until it returns false.
fn walk(space: &Space, points: u64, mut see: impl FnMut(&Point) -> bool) {
    let axes = space.ordered();
    let values: Vec<Vec<Value>> = axes
        .iter()
        .map(|axis| match &axis.range {
            Range::Fixed(value) => vec![value.clone()],
            range => range.grid(points),
        })
        .collect();
    descend(space, &axes, &values, &Point::default(), &mut see);
}

fn descend(
    space: &Space,
    axes: &[&Axis],
    values: &[Vec<Value>],
    so_far: &Point,
    see: &mut impl FnMut(&Point) -> bool,
) -> bool {
    let ([axis, axes @ ..], [of_axis, values @ ..]) = (axes, values) else { return see(so_far) };
    if !space.counts(axis, so_far) {
        return descend(space, axes, values, so_far, see);
    }
    of_axis.iter().all(|value| {
        let point = so_far.clone().with(&axis.path, value.clone());
        descend(space, axes, values, &point, see)
    })
}
