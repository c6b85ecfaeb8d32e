//! Lion (Chen et al., 2023, arXiv 2302.06675, algorithm 2): only the sign of the mean gradient counts.
//!
//! As Keras has it. Every weight moves by `lr` at each step, so the rate wants to be 3 to 10 times
//! smaller than Adam's (section 5 of the paper).

use super::rule::{Rule, Step, named};
use super::{LR, WEIGHT_DECAY};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of Lion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lion {
    /// Size of each step.
    pub lr: f64,
    /// Memory of the mean gradient when stepping.
    pub beta_1: f64,
    /// Memory of the mean gradient kept for later steps.
    pub beta_2: f64,
    /// Share of each weight, times the learning rate, taken off at each step.
    pub weight_decay: f64,
}

impl Default for Lion {
    fn default() -> Self {
        // Keras's defaults, which the tutorials use.
        Self { lr: 0.001, beta_1: 0.9, beta_2: 0.99, weight_decay: 0.0 }
    }
}

impl Knobs for Lion {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { lr, beta_1, beta_2, weight_decay } = self;
        visitor.float("lr", lr, LR);
        visitor.float(
            "beta_1",
            beta_1,
            Knob::range(0.0, 0.9999, "Memory of the mean gradient when stepping").live(),
        );
        visitor.float(
            "beta_2",
            beta_2,
            Knob::range(0.0, 0.99999, "Memory of the mean gradient kept for later steps").live(),
        );
        visitor.float("weight_decay", weight_decay, WEIGHT_DECAY);
    }
}

impl Rule for Lion {
    fn slots(&self) -> &'static [&'static str] {
        &["momentum"]
    }

    fn lr(&self) -> f64 {
        self.lr
    }

    fn weight_decay(&self) -> f64 {
        self.weight_decay
    }

    fn begin(&self, _t: u64, lr_factor: f64, _scalars: &mut [f64]) -> Step {
        let Self { lr, beta_1, beta_2, weight_decay: _ } = *self;
        let lr = lr * lr_factor;
        Step::new(move |params, grads, slots| {
            let [momentum] = named(slots);
            let mut direction = momentum.lerp(grads, 1.0 - beta_1);
            drop(direction.sign_());
            direction *= -lr;
            *params += &direction;
            drop(momentum.lerp_(grads, 1.0 - beta_2));
        })
    }
}
