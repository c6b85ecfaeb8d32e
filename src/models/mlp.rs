//! Dense layers only: the network of the hyperparameter study.

use super::Blueprint;
pub use super::layers::Activation;
use super::layers::Layer;
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of the dense network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mlp {
    /// Hidden layers.
    pub dense_layers: u64,
    /// Width of each.
    pub dense_size: u64,
    /// What follows each.
    pub activation: Activation,
    /// Dropout after each.
    pub dropout: f64,
}

impl Default for Mlp {
    fn default() -> Self {
        Self { dense_layers: 1, dense_size: 256, activation: Activation::Sigmoid, dropout: 0.2 }
    }
}

impl Blueprint for Mlp {
    fn layers(&self, classes: usize) -> Vec<Layer> {
        let mut layers = vec![Layer::Flatten];
        for _ in 0..self.dense_layers {
            layers.push(Layer::Dense { size: self.dense_size as usize, activation: Some(self.activation) });
            layers.push(Layer::Dropout { rate: self.dropout });
        }
        layers.push(Layer::Dense { size: classes, activation: None });
        layers
    }
}

impl Knobs for Mlp {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { dense_layers, dense_size, activation, dropout } = self;
        visitor.int("dense_layers", dense_layers, Knob::range(1, 8, "Hidden layers"));
        visitor.int("dense_size", dense_size, Knob::log(16, 4096, "Width of each hidden layer"));
        visitor.choice("activation", activation, "What follows each hidden layer");
        visitor.float(
            "dropout",
            dropout,
            Knob::range(0.0, 0.9, "Share of each hidden layer's features silenced at each step").live(),
        );
    }
}
