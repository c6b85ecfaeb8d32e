//! Losses, with Keras's meaning: on softmax outputs, averaged over classes where Keras does.

use serde::{Deserialize, Serialize};

/// What the training makes small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Categorical cross-entropy.
    #[default]
    CrossEntropy,
}

crate::choice!(Loss {
    Self::CrossEntropy => Self::CrossEntropy, "cross_entropy", "Categorical cross-entropy", "Minus the log of the true class's probability";
});
