//! LeNet-5 (LeCun et al., 1998, "Gradient-based learning applied to document recognition", section II.B), as tutorials build it now: ReLU and max-pooling.

use crate::knobs::{Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of LeNet-5: none so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lenet5 {}

impl Knobs for Lenet5 {
    fn visit(&mut self, _: &mut dyn Visitor) {
        let Self {} = self;
    }
}
