//! Adam (Kingma and Ba, 2014, arXiv 1412.6980, algorithm 1).

use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of Adam.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Adam {
    /// Size of each step.
    pub lr: f64,
    /// Memory of the mean gradient.
    pub beta_1: f64,
    /// Memory of the mean squared gradient.
    pub beta_2: f64,
    /// Keeps the division finite.
    pub epsilon: f64,
}

impl Default for Adam {
    fn default() -> Self {
        // Keras's defaults, which the tutorials use.
        Self { lr: 0.001, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 }
    }
}

impl Knobs for Adam {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { lr, beta_1, beta_2, epsilon } = self;
        visitor.float("lr", lr, Knob::log(1e-6, 10.0, "Size of each step").live());
        visitor.float("beta_1", beta_1, Knob::range(0.0, 0.9999, "Memory of the mean gradient").live());
        visitor.float(
            "beta_2",
            beta_2,
            Knob::range(0.0, 0.99999, "Memory of the mean squared gradient").live(),
        );
        visitor.float("epsilon", epsilon, Knob::log(1e-12, 1.0, "Keeps the division finite"));
    }
}
