//! Losses with Keras's meaning, on softmax outputs: one file each, [`Loss`] is the list.
//!
//! Gradients are worked out by hand, through the softmax, so that no autograd graph is needed and several threads can
//! each take their share of a batch.

mod cross_entropy;

pub use cross_entropy::CrossEntropy;

use crate::knobs::{Knobs, Visitor};
use serde::{Deserialize, Serialize};
use tch::Tensor;

/// What the training makes small, with its settings, as a recipe names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Loss {
    /// Categorical cross-entropy.
    CrossEntropy(CrossEntropy),
}

crate::choice!(Loss {
    Self::CrossEntropy(_) => Self::CrossEntropy(CrossEntropy::default()), "cross_entropy", "Categorical cross-entropy", "Minus the log of the true class's probability";
});

impl Default for Loss {
    fn default() -> Self {
        Self::CrossEntropy(CrossEntropy::default())
    }
}

impl Knobs for Loss {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        visitor.choice("name", self, "What the training makes small");
        match self {
            Self::CrossEntropy(settings) => settings.visit(visitor),
        }
    }
}

impl Loss {
    /// The loss of each sample, `[n]`, from `logits` `[n, classes]` (floating point) and `labels` `[n]` (i64).
    pub fn value(&self, logits: &Tensor, labels: &Tensor) -> Tensor {
        tch::no_grad(|| match self {
            Self::CrossEntropy(loss) => loss.value(logits, labels),
        })
    }

    /// The loss of each sample, `[n]`, and the gradient of the *sum* of them with respect to the logits,
    /// `[n, classes]`; divide by the batch size for that of the mean.
    pub fn value_and_gradient(&self, logits: &Tensor, labels: &Tensor) -> (Tensor, Tensor) {
        tch::no_grad(|| match self {
            Self::CrossEntropy(loss) => loss.value_and_gradient(logits, labels),
        })
    }
}
