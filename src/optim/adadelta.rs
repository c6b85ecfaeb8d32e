//! Adadelta (Zeiler, 2012, arXiv 1212.5701, algorithm 1).
//!
//! As Keras has it: the paper's step is multiplied by a learning rate. Keras's default of 0.001 makes it very slow; the
//! paper's own steps are those of `lr` 1.

use super::rule::{Rule, Step, named};
use super::{LR, WEIGHT_DECAY};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of Adadelta.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Adadelta {
    /// Size of each step.
    pub lr: f64,
    /// Memory of the mean squared gradient and step.
    pub rho: f64,
    /// Keeps the division finite and gets the first steps going.
    pub epsilon: f64,
    /// Share of each weight, times the learning rate, taken off at each step.
    pub weight_decay: f64,
}

impl Default for Adadelta {
    fn default() -> Self {
        // Keras's defaults, which the tutorials use.
        Self { lr: 0.001, rho: 0.95, epsilon: 1e-7, weight_decay: 0.0 }
    }
}

impl Knobs for Adadelta {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { lr, rho, epsilon, weight_decay } = self;
        visitor.float("lr", lr, LR);
        visitor.float(
            "rho",
            rho,
            Knob::range(0.0, 0.9999, "Memory of the mean squared gradient and step").live(),
        );
        visitor.float(
            "epsilon",
            epsilon,
            Knob::log(1e-12, 1.0, "Keeps the division finite and gets the first steps going"),
        );
        visitor.float("weight_decay", weight_decay, WEIGHT_DECAY);
    }
}

impl Rule for Adadelta {
    fn slots(&self) -> &'static [&'static str] {
        &["accumulated_grad", "accumulated_delta_var"]
    }

    fn lr(&self) -> f64 {
        self.lr
    }

    fn weight_decay(&self) -> f64 {
        self.weight_decay
    }

    fn begin(&self, _t: u64, lr_factor: f64, _scalars: &mut [f64]) -> Step {
        let Self { lr, rho, epsilon, weight_decay: _ } = *self;
        let lr = lr * lr_factor;
        Step::new(move |params, grads, slots| {
            let [mean_grad, mean_delta] = named(slots);
            drop(mean_grad.lerp_(&grads.square(), 1.0 - rho));
            let mut ratio = &*mean_delta + epsilon;
            ratio /= &*mean_grad + epsilon;
            drop(ratio.sqrt_());
            *grads *= &ratio;
            drop(grads.square_out(&ratio));
            drop(mean_delta.lerp_(&ratio, 1.0 - rho));
            *grads *= -lr;
            *params += &*grads;
        })
    }
}
