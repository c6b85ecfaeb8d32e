//! Adagrad (Duchi, Hazan and Singer, 2011, Journal of Machine Learning Research 12, 2121-2159).
//!
//! As Keras has it: the sum of squares starts from `initial_accumulator_value`, and `epsilon` is under the root.

use super::rule::{Rule, Step, named};
use super::{EPSILON, LR, WEIGHT_DECAY};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of Adagrad.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Adagrad {
    /// Size of each step.
    pub lr: f64,
    /// What the sum of squared gradients starts from.
    pub initial_accumulator_value: f64,
    /// Keeps the division finite.
    pub epsilon: f64,
    /// Share of each weight, times the learning rate, taken off at each step.
    pub weight_decay: f64,
}

impl Default for Adagrad {
    fn default() -> Self {
        // Keras's defaults, which the tutorials use.
        Self { lr: 0.001, initial_accumulator_value: 0.1, epsilon: 1e-7, weight_decay: 0.0 }
    }
}

impl Knobs for Adagrad {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { lr, initial_accumulator_value, epsilon, weight_decay } = self;
        visitor.float("lr", lr, LR);
        visitor.float(
            "initial_accumulator_value",
            initial_accumulator_value,
            Knob::log(0.0, 10.0, "What the sum of squared gradients starts from"),
        );
        visitor.float("epsilon", epsilon, EPSILON);
        visitor.float("weight_decay", weight_decay, WEIGHT_DECAY);
    }
}

impl Rule for Adagrad {
    fn slots(&self) -> &'static [&'static str] {
        &["accumulator"]
    }

    fn initial(&self, _slot: &str) -> f64 {
        self.initial_accumulator_value
    }

    fn lr(&self) -> f64 {
        self.lr
    }

    fn weight_decay(&self) -> f64 {
        self.weight_decay
    }

    fn begin(&self, _t: u64, lr_factor: f64, _scalars: &mut [f64]) -> Step {
        let Self { lr, initial_accumulator_value: _, epsilon, weight_decay: _ } = *self;
        let lr = lr * lr_factor;
        Step::new(move |params, grads, slots| {
            let [accumulator] = named(slots);
            drop(accumulator.addcmul_(grads, grads));
            let mut root = &*accumulator + epsilon;
            drop(root.sqrt_());
            *grads *= -lr;
            drop(params.addcdiv_(grads, &root));
        })
    }
}
