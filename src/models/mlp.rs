//! Dense layers only: the network of the hyperparameter study.

use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// What follows each hidden layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// 1 / (1 + exp(-x)).
    #[default]
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// max(0, x).
    Relu,
    /// x times the normal distribution's share below x (Hendrycks and Gimpel, 2016).
    Gelu,
}

crate::choice!(Activation {
    Self::Sigmoid => Self::Sigmoid, "sigmoid", "Sigmoid", "1 / (1 + exp(-x))";
    Self::Tanh => Self::Tanh, "tanh", "Tanh", "Hyperbolic tangent";
    Self::Relu => Self::Relu, "relu", "ReLU", "max(0, x)";
    Self::Gelu => Self::Gelu, "gelu", "GELU", "x times the share of the normal distribution below x";
});

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
