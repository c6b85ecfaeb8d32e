//! Softmax regression: one dense layer, the linear classifier that every other network is measured against.

use super::Blueprint;
use super::layers::Layer;
use crate::knobs::{Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of softmax regression: none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Logistic {}

impl Blueprint for Logistic {
    fn layers(&self, classes: usize) -> Vec<Layer> {
        vec![Layer::Flatten, Layer::Dense { size: classes, activation: None }]
    }
}

impl Knobs for Logistic {
    fn visit(&mut self, _: &mut dyn Visitor) {
        let Self {} = self;
    }
}
