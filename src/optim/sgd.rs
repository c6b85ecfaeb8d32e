//! Stochastic gradient descent with momentum (Polyak, 1964) and Nesterov's look-ahead.
//!
//! As Keras has it, the learning rate is inside the velocity: `v = momentum * v - lr * g`, then `w += v`, or with
//! `nesterov` `w += momentum * v - lr * g`. Without momentum that is `w -= lr * g`.

use super::rule::{Rule, Step, named};
use super::{LR, WEIGHT_DECAY};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of SGD.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sgd {
    /// Size of each step.
    pub lr: f64,
    /// Share of the last step carried over.
    pub momentum: f64,
    /// Look ahead before measuring the slope.
    pub nesterov: bool,
    /// Share of each weight, times the learning rate, taken off at each step.
    pub weight_decay: f64,
}

impl Default for Sgd {
    fn default() -> Self {
        Self { lr: 0.01, momentum: 0.0, nesterov: false, weight_decay: 0.0 }
    }
}

impl Knobs for Sgd {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { lr, momentum, nesterov, weight_decay } = self;
        visitor.float("lr", lr, LR);
        visitor.float(
            "momentum",
            momentum,
            Knob::range(0.0, 0.999, "Share of the last step carried over").live(),
        );
        visitor.flag("nesterov", nesterov, "Look ahead before measuring the slope");
        visitor.float("weight_decay", weight_decay, WEIGHT_DECAY);
    }
}

impl Rule for Sgd {
    fn slots(&self) -> &'static [&'static str] {
        &["velocity"]
    }

    fn lr(&self) -> f64 {
        self.lr
    }

    fn weight_decay(&self) -> f64 {
        self.weight_decay
    }

    fn begin(&self, _t: u64, lr_factor: f64, _scalars: &mut [f64]) -> Step {
        let Self { lr, momentum, nesterov, weight_decay: _ } = *self;
        let lr = lr * lr_factor;
        Step::new(move |params, grads, slots| {
            let [velocity] = named(slots);
            *grads *= -lr;
            // Written also without momentum (no pass more than otherwise), so that momentum can be turned up mid-run.
            if momentum == 0.0 {
                velocity.copy_(grads);
            } else {
                *velocity *= momentum;
                *velocity += &*grads;
            }
            if nesterov {
                *grads += &*velocity * momentum;
                *params += &*grads;
            } else {
                *params += &*velocity;
            }
        })
    }
}
