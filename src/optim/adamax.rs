//! Adamax (Kingma and Ba, 2014, arXiv 1412.6980, algorithm 2): Adam with the largest gradient in place of the mean square.
//!
//! As Keras has it: the paper's rule, with `epsilon` added to the norm.

use super::rule::{Rule, Step, named};
use super::{EPSILON, LR, WEIGHT_DECAY};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of Adamax.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Adamax {
    /// Size of each step.
    pub lr: f64,
    /// Memory of the mean gradient.
    pub beta_1: f64,
    /// Memory of the largest gradient.
    pub beta_2: f64,
    /// Keeps the division finite.
    pub epsilon: f64,
    /// Share of each weight, times the learning rate, taken off at each step.
    pub weight_decay: f64,
}

impl Default for Adamax {
    fn default() -> Self {
        // Keras's defaults, which the tutorials use.
        Self { lr: 0.001, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7, weight_decay: 0.0 }
    }
}

impl Knobs for Adamax {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { lr, beta_1, beta_2, epsilon, weight_decay } = self;
        visitor.float("lr", lr, LR);
        visitor.float("beta_1", beta_1, Knob::range(0.0, 0.9999, "Memory of the mean gradient").live());
        visitor.float("beta_2", beta_2, Knob::range(0.0, 0.99999, "Memory of the largest gradient").live());
        visitor.float("epsilon", epsilon, EPSILON);
        visitor.float("weight_decay", weight_decay, WEIGHT_DECAY);
    }
}

impl Rule for Adamax {
    fn slots(&self) -> &'static [&'static str] {
        &["momentum", "norm"]
    }

    fn lr(&self) -> f64 {
        self.lr
    }

    fn weight_decay(&self) -> f64 {
        self.weight_decay
    }

    fn begin(&self, t: u64, lr_factor: f64, _scalars: &mut [f64]) -> Step {
        let Self { lr, beta_1, beta_2, epsilon, weight_decay: _ } = *self;
        let lr = lr * lr_factor / (1.0 - beta_1.powf(t as f64));
        Step::new(move |params, grads, slots| {
            let [momentum, norm] = named(slots);
            drop(momentum.lerp_(grads, 1.0 - beta_1));
            *norm *= beta_2;
            drop(grads.abs_());
            drop(norm.maximum_out(norm, grads));
            grads.copy_(norm);
            *grads += epsilon;
            *grads *= -1.0 / lr;
            drop(params.addcdiv_(momentum, grads));
        })
    }
}
