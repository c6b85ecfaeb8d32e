//! Nothing of its own: only the points that the sweep's list or the user's hand name.

use super::{Proposal, Propose};
use crate::knobs::{Knobs, Visitor};
use crate::sweep::space::Space;
use crate::sweep::study::Study;
use serde::{Deserialize, Serialize};

/// Only the points of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Listed {}

impl Knobs for Listed {
    fn visit(&mut self, _: &mut dyn Visitor) {
        let Self {} = self;
    }
}

impl Propose for Listed {
    fn propose(&self, _: &Study) -> Proposal {
        Proposal::Done("Every point of the list was tried".to_owned())
    }

    fn trials(&self, _: &Space) -> Option<u64> {
        Some(0)
    }
}
