//! Nadam (Dozat, 2016, Incorporating Nesterov Momentum into Adam, algorithm 2).
//!
//! As Keras has it: `beta_1` grows towards its value with the paper's schedule, `beta_1 * (1 - 0.96^t / 2)`, whose
//! product over all steps is carried along; `epsilon` is added to the corrected root.

use super::rule::{Rule, Step, named};
use super::{EPSILON, LR, WEIGHT_DECAY};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of Nadam.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Nadam {
    /// Size of each step.
    pub lr: f64,
    /// Memory of the mean gradient.
    pub beta_1: f64,
    /// Memory of the mean squared gradient.
    pub beta_2: f64,
    /// Keeps the division finite.
    pub epsilon: f64,
    /// Share of each weight, times the learning rate, taken off at each step.
    pub weight_decay: f64,
}

impl Default for Nadam {
    fn default() -> Self {
        // Keras's defaults, which the tutorials use.
        Self { lr: 0.001, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7, weight_decay: 0.0 }
    }
}

impl Knobs for Nadam {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { lr, beta_1, beta_2, epsilon, weight_decay } = self;
        visitor.float("lr", lr, LR);
        visitor.float("beta_1", beta_1, Knob::range(0.0, 0.9999, "Memory of the mean gradient").live());
        visitor.float(
            "beta_2",
            beta_2,
            Knob::range(0.0, 0.99999, "Memory of the mean squared gradient").live(),
        );
        visitor.float("epsilon", epsilon, EPSILON);
        visitor.float("weight_decay", weight_decay, WEIGHT_DECAY);
    }
}

impl Rule for Nadam {
    fn slots(&self) -> &'static [&'static str] {
        &["momentum", "velocity"]
    }

    fn scalars(&self) -> &'static [(&'static str, f64)] {
        &[("u_product", 1.0)]
    }

    fn lr(&self) -> f64 {
        self.lr
    }

    fn weight_decay(&self) -> f64 {
        self.weight_decay
    }

    fn begin(&self, t: u64, lr_factor: f64, scalars: &mut [f64]) -> Step {
        let Self { lr, beta_1, beta_2, epsilon, weight_decay: _ } = *self;
        let t = t as f64;
        let decayed = |t: f64| beta_1 * (1.0 - 0.5 * 0.96_f64.powf(t));
        let (now, next) = (decayed(t), decayed(t + 1.0));
        scalars[0] *= now;
        let product = scalars[0];
        // The correction of the root, 1 / sqrt(1 - beta_2^t), is moved into the step size and epsilon.
        let correction = (1.0 - beta_2.powf(t)).sqrt();
        let lr = lr * lr_factor * correction;
        let epsilon = epsilon * correction;
        let of_mean = -lr * next / (1.0 - product * next);
        let of_gradient = -lr * (1.0 - now) / (1.0 - product);
        Step::new(move |params, grads, slots| {
            let [momentum, velocity] = named(slots);
            drop(momentum.lerp_(grads, 1.0 - beta_1));
            let mut scratch = grads.square();
            drop(velocity.lerp_(&scratch, 1.0 - beta_2));
            *grads *= of_gradient;
            scratch.copy_(momentum);
            scratch *= of_mean;
            *grads += &scratch;
            drop(velocity.sqrt_out(&scratch));
            scratch += epsilon;
            drop(params.addcdiv_(grads, &scratch));
        })
    }
}
