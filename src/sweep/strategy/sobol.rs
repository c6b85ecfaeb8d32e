//! Sobol's sequence (Sobol, 1967; direction numbers of Joe and Kuo, scrambled as by Owen): points that fill the space
//! more evenly than random ones, however many there are.

use super::{Proposal, Propose, fresh};
use crate::knobs::{Knobs, Visitor};
use crate::sweep::space::{Point, Space};
use crate::sweep::study::{Origin, Study};
use serde::{Deserialize, Serialize};

/// Sobol's sequence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sobol {}

impl Knobs for Sobol {
    fn visit(&mut self, _: &mut dyn Visitor) {
        let Self {} = self;
    }
}

impl Propose for Sobol {
    fn propose(&self, study: &Study) -> Proposal {
        let mut index = study.trials.iter().filter(|trial| trial.origin == Origin::Strategy).count() as u32;
        fresh(study, || {
            index += 1;
            point(&study.sweep.space, index - 1, study.sweep.seed)
        })
    }

    fn trials(&self, _: &Space) -> Option<u64> {
        None
    }
}

/// The point of an index in the sequence of a seed.
pub(super) fn point(space: &Space, index: u32, seed: u64) -> Point {
    // The library's own limits: 2^16 points, 256 dimensions; beyond them another seed's sequence goes on.
    let seed = (seed as u32).wrapping_add((index >> 16).wrapping_mul(0x9e37_79b9));
    let place = |i: usize| f64::from(sobol_burley::sample(index & 0xffff, i as u32 % 256, seed));
    let places: Vec<f64> = (0..space.varied().count()).map(place).collect();
    space.decode(&places)
}
