//! Stochastic gradient descent with momentum.

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
}

impl Default for Sgd {
    fn default() -> Self {
        Self { lr: 0.01, momentum: 0.0, nesterov: false }
    }
}

impl Knobs for Sgd {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { lr, momentum, nesterov } = self;
        visitor.float("lr", lr, Knob::log(1e-6, 10.0, "Size of each step").live());
        visitor.float(
            "momentum",
            momentum,
            Knob::range(0.0, 0.999, "Share of the last step carried over").live(),
        );
        visitor.flag("nesterov", nesterov, "Look ahead before measuring the slope");
    }
}
