//! AdamW (Loshchilov and Hutter, 2017, arXiv 1711.05101, algorithm 2): Adam with decoupled weight decay.
//!
//! As Keras has it: the weights shrink by `lr * weight_decay` before Adam's step, biases too.

use super::adam::Adam;
use super::rule::{Rule, Step};
use super::{EPSILON, LR, WEIGHT_DECAY};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of AdamW.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdamW {
    /// Size of each step.
    pub lr: f64,
    /// Share of each weight, times the learning rate, taken off at each step.
    pub weight_decay: f64,
    /// Memory of the mean gradient.
    pub beta_1: f64,
    /// Memory of the mean squared gradient.
    pub beta_2: f64,
    /// Keeps the division finite.
    pub epsilon: f64,
}

impl Default for AdamW {
    fn default() -> Self {
        // Keras's defaults, which the tutorials use.
        Self { lr: 0.001, weight_decay: 0.004, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 }
    }
}

impl Knobs for AdamW {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { lr, weight_decay, beta_1, beta_2, epsilon } = self;
        visitor.float("lr", lr, LR);
        visitor.float("weight_decay", weight_decay, WEIGHT_DECAY);
        visitor.float("beta_1", beta_1, Knob::range(0.0, 0.9999, "Memory of the mean gradient").live());
        visitor.float(
            "beta_2",
            beta_2,
            Knob::range(0.0, 0.99999, "Memory of the mean squared gradient").live(),
        );
        visitor.float("epsilon", epsilon, EPSILON);
    }
}

impl Rule for AdamW {
    fn slots(&self) -> &'static [&'static str] {
        &["momentum", "velocity"]
    }

    fn lr(&self) -> f64 {
        self.lr
    }

    fn weight_decay(&self) -> f64 {
        self.weight_decay
    }

    fn begin(&self, t: u64, lr_factor: f64, scalars: &mut [f64]) -> Step {
        let Self { lr, weight_decay: _, beta_1, beta_2, epsilon } = *self;
        Adam { lr, beta_1, beta_2, epsilon }.begin(t, lr_factor, scalars)
    }
}
