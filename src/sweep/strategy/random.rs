//! Random search (Bergstra and Bengio, JMLR 2012): every trial anywhere in the space, each place equally likely.

use super::{Proposal, Propose, fresh, stream, unit};
use crate::knobs::{Knobs, Visitor};
use crate::sweep::space::Space;
use crate::sweep::study::Study;
use serde::{Deserialize, Serialize};

/// Random search.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Random {}

impl Knobs for Random {
    fn visit(&mut self, _: &mut dyn Visitor) {
        let Self {} = self;
    }
}

impl Propose for Random {
    fn propose(&self, study: &Study) -> Proposal {
        let mut stream = stream(study, "random");
        let space = &study.sweep.space;
        let n = space.varied().count();
        fresh(study, || {
            let places: Vec<f64> = (0..n).map(|_| unit(&mut stream)).collect();
            space.decode(&places)
        })
    }

    fn trials(&self, _: &Space) -> Option<u64> {
        None
    }
}
