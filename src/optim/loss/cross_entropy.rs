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
    pub(super) fn value(&self, logits: &Tensor, labels: &Tensor) -> Tensor {
        self.picked(&logits.log_softmax(-1, None), &labels.unsqueeze(1))
    }

    pub(super) fn value_and_gradient(&self, logits: &Tensor, labels: &Tensor) -> (Tensor, Tensor) {
        let log = logits.log_softmax(-1, None);
        let labels = labels.unsqueeze(1);
        let value = self.picked(&log, &labels);
        // Probability minus truth.
        let mut gradient = log.exp();
        if self.label_smoothing != 0.0 {
            gradient -= self.label_smoothing / gradient.size()[1] as f64;
        }
        let options = (gradient.kind(), gradient.device());
        let truth = gradient.new_full(labels.size(), self.label_smoothing - 1.0, options);
        drop(gradient.scatter_add_(1, &labels, &truth));
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

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    #[test]
    fn equals_libtorch_with_autograd() {
        let logits =
            Tensor::linspace(-4.0, 5.0, 12, (Kind::Double, Device::Cpu)).view([4, 3]).set_requires_grad(true);
        let labels = Tensor::from_slice(&[2_i64, 0, 1, 2]);
        for label_smoothing in [0.0, 0.1] {
            let theirs = logits.cross_entropy_loss::<Tensor>(
                &labels,
                None,
                tch::Reduction::None,
                -100,
                label_smoothing,
            );
            let slope = Tensor::run_backward(&[theirs.sum(None)], &[&logits], false, false).remove(0);
            let loss = CrossEntropy { label_smoothing };
            let (value, gradient) = tch::no_grad(|| loss.value_and_gradient(&logits, &labels));
            assert!(value.allclose(&theirs, 1e-12, 1e-12, false));
            assert!(gradient.allclose(&slope, 1e-12, 1e-12, false));
            assert!(tch::no_grad(|| loss.value(&logits, &labels)).equal(&value));
        }
    }
}
