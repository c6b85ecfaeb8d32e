//! LeNet-5 (LeCun et al., 1998, "Gradient-based learning applied to document recognition", section II.B), as tutorials build it now: ReLU and max-pooling.

use super::Blueprint;
use super::layers::{Activation, Layer, Padding};
use crate::knobs::{Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of LeNet-5: none so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lenet5 {}

impl Blueprint for Lenet5 {
    fn layers(&self, classes: usize) -> Vec<Layer> {
        let activation = Some(Activation::Relu);
        vec![
            Layer::conv(6, 5, Padding::Same, activation),
            Layer::MaxPool { size: 2 },
            Layer::conv(16, 5, Padding::Valid, activation),
            Layer::MaxPool { size: 2 },
            Layer::Flatten,
            Layer::Dense { size: 120, activation },
            Layer::Dense { size: 84, activation },
            Layer::Dense { size: classes, activation: None },
        ]
    }
}

impl Knobs for Lenet5 {
    fn visit(&mut self, _: &mut dyn Visitor) {
        let Self {} = self;
    }
}
