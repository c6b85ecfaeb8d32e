//! Categorical cross-entropy, with label smoothing (Szegedy et al., 2015, arXiv 1512.00567, section 7) if wanted.
//!
//! Taken from the logits, so that it needs no clipping and keeps its slope however wrong the network is: what Keras
//! computes with `from_logits=True`.

use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};
use tch::Tensor;

/// Settings of the categorical cross-entropy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CrossEntropy {
    /// Share of the truth that is spread evenly over all classes.
    pub label_smoothing: f64,
}

impl Knobs for CrossEntropy {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { label_smoothing } = self;
        visitor.float(
            "label_smoothing",
            label_smoothing,
            Knob::range(0.0, 0.5, "Share of the truth that is spread evenly over all classes").live(),
        );
    }
}

impl CrossEntropy {
    /// Value `[n]` and, when asked for, gradient `[n, classes]`.
    pub(super) fn price(&self, logits: &Tensor, labels: &Tensor, sloped: bool) -> (Tensor, Option<Tensor>) {
        let log = logits.log_softmax(-1, None);
        let labels = labels.unsqueeze(1);
        let value = self.picked(&log, &labels);
        let gradient = sloped.then(|| {
            // Probability minus truth.
            let mut gradient = log.exp();
            if self.label_smoothing != 0.0 {
                gradient -= self.label_smoothing / gradient.size()[1] as f64;
            }
            let options = (gradient.kind(), gradient.device());
            let truth = gradient.new_full(labels.size(), self.label_smoothing - 1.0, options);
            drop(gradient.scatter_add_(1, &labels, &truth));
            gradient
        });
        (value, gradient)
    }

    /// From log-probabilities `[n, classes]` and labels `[n, 1]`.
    fn picked(&self, log: &Tensor, labels: &Tensor) -> Tensor {
        let picked = log.gather(1, labels, false).squeeze_dim(1);
        if self.label_smoothing == 0.0 {
            return -picked;
        }
        let all = log.mean_dim(1, false, None);
        picked * (self.label_smoothing - 1.0) - all * self.label_smoothing
    }
}
