//! A network as a plain list of layers: data that can be counted, drawn and built from, with no tensor in it.

use serde::{Deserialize, Serialize};

/// What a neuron does with its sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// 1 / (1 + exp(-x)).
    #[default]
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// max(0, x).
    Relu,
    /// x times the normal distribution's share below x (Hendrycks and Gimpel, 2016).
    Gelu,
}

crate::choice!(Activation {
    Self::Sigmoid => Self::Sigmoid, "sigmoid", "Sigmoid", "1 / (1 + exp(-x))";
    Self::Tanh => Self::Tanh, "tanh", "Tanh", "Hyperbolic tangent";
    Self::Relu => Self::Relu, "relu", "ReLU", "max(0, x)";
    Self::Gelu => Self::Gelu, "gelu", "GELU", "x times the share of the normal distribution below x";
});

/// What a convolution sees beyond the rim of its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Nothing: the output is smaller by the kernel's side less one.
    Valid,
    /// Zeros: the output is as large as the input. An even kernel sees one more to the right and below, as in Keras.
    Same,
}

/// One layer. Convolutions and pools are square; steps are 1 for a convolution and the window's side for a pool.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Layer {
    /// Two-dimensional convolution with a bias for each filter.
    Conv {
        /// Output channels.
        filters: usize,
        /// Side of the kernel, in pixels.
        kernel: usize,
        /// What it sees beyond the rim.
        padding: Padding,
        /// What follows; `None` for nothing.
        activation: Option<Activation>,
    },
    /// The greatest value of each window; a rest at the right and below is dropped.
    MaxPool {
        /// Side of the window and step, in pixels.
        size: usize,
    },
    /// Silences features at random while training, and scales the others up to make good.
    Dropout {
        /// Share that is silenced, 0 to below 1.
        rate: f64,
    },
    /// From channels, rows and columns to one list of features, in that order.
    Flatten,
    /// Every output sees every input, with a bias.
    Dense {
        /// Outputs.
        size: usize,
        /// What follows; `None` for nothing.
        activation: Option<Activation>,
    },
}

impl Layer {
    /// As shown and as counted: the second `Conv2D` is "Conv2D 2".
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Conv { .. } => "Conv2D",
            Self::MaxPool { .. } => "MaxPool",
            Self::Dropout { .. } => "Dropout",
            Self::Flatten => "Flatten",
            Self::Dense { .. } => "Dense",
        }
    }

    /// The kind with its settings in words: "Conv2D 3x3, ReLU".
    pub fn describe(&self) -> String {
        use crate::knobs::Choice as _;
        let then = |activation: &Option<Activation>| match activation {
            None => String::new(),
            Some(activation) => {
                let chosen = activation.chosen();
                let label = activation.options().into_iter().find(|v| v.name == chosen).map(|v| v.label);
                format!(", {}", label.unwrap_or(chosen))
            }
        };
        match self {
            Self::Conv { kernel, padding, activation, .. } => {
                let padding = if *padding == Padding::Same { " same" } else { "" };
                format!("Conv2D {kernel}x{kernel}{padding}{}", then(activation))
            }
            Self::MaxPool { size } => format!("MaxPool {size}x{size}"),
            Self::Dropout { rate } => format!("Dropout {rate}"),
            Self::Flatten => "Flatten".to_owned(),
            Self::Dense { activation, .. } => format!("Dense{}", then(activation)),
        }
    }
}

/// Zeros that a `same` convolution puts before and after each row and column: (before, after).
pub const fn same_padding(kernel: usize) -> (usize, usize) {
    ((kernel - 1) / 2, kernel / 2)
}
