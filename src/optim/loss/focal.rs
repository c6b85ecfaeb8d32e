//! Categorical focal loss (Lin et al., 2017, arXiv 1708.02002, equation 5): samples that are read well count less.
//!
//! Keras's `CategoricalFocalCrossentropy`, taken from the logits: where Keras clips a true class's probability at 1e-7,
//! this one goes on and keeps its slope.

use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};
use tch::Tensor;

/// Settings of the focal loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Focal {
    /// Weight of all classes alike.
    pub alpha: f64,
    /// How much less a well-read sample counts; 0 for cross-entropy.
    pub gamma: f64,
}

impl Default for Focal {
    fn default() -> Self {
        // Keras's defaults, the best of the paper's table 1b.
        Self { alpha: 0.25, gamma: 2.0 }
    }
}

impl Knobs for Focal {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { alpha, gamma } = self;
        visitor.float("alpha", alpha, Knob::range(0.01, 1.0, "Weight of all classes alike").live());
        visitor.float(
            "gamma",
            gamma,
            Knob::range(0.0, 5.0, "How much less a well-read sample counts; 0 for cross-entropy").live(),
        );
    }
}

impl Focal {
    /// Value `[n]` and, when asked for, gradient `[n, classes]`.
    pub(super) fn price(&self, logits: &Tensor, labels: &Tensor, sloped: bool) -> (Tensor, Option<Tensor>) {
        let Self { alpha, gamma } = *self;
        let labels = labels.unsqueeze(1);
        let log_all = logits.log_softmax(-1, None);
        let log = log_all.gather(1, &labels, false);
        let given = log.exp();
        // Kept from zero, which a power below zero would make infinite.
        let missing: Tensor = 1.0 - &given;
        let missing = missing.clamp_min(super::probabilities::EPSILON);
        let value = missing.pow_tensor_scalar(gamma) * &log * -alpha;
        let gradient = sloped.then(|| {
            // The slope with respect to the logarithm, whose own gradient is truth minus probability.
            let slope = (missing.pow_tensor_scalar(gamma - 1.0) * &given * &log * gamma
                - missing.pow_tensor_scalar(gamma))
                * alpha;
            let mut gradient = log_all.exp() * -&slope;
            drop(gradient.scatter_add_(1, &labels, &slope));
            gradient
        });
        (value.squeeze_dim(1), gradient)
    }
}
