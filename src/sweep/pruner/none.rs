//! No pruner: every trial is trained to its end.

use super::{Prune, Verdict};
use crate::knobs::{Knobs, Visitor};
use crate::sweep::study::{Study, Trial};
use serde::{Deserialize, Serialize};

/// Gives up on nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Never {}

impl Knobs for Never {
    fn visit(&mut self, _: &mut dyn Visitor) {
        let Self {} = self;
    }
}

impl Prune for Never {
    fn judge(&self, _: &Study, _: &Trial) -> Verdict {
        Verdict::GoOn
    }

    fn rungs(&self, _: f64) -> Vec<f64> {
        Vec::new()
    }
}
