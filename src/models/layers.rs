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

/// One layer. Convolutions and pools are square; a pool steps by its window's side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Layer {
    /// Two-dimensional convolution.
    Conv {
        /// Output channels.
        filters: usize,
        /// Side of the kernel, in pixels.
        kernel: usize,
        /// Pixels from one place of the kernel to the next.
        stride: usize,
        /// What it sees beyond the rim.
        padding: Padding,
        /// Whether every filter has a bias; under a batch norm it would do nothing.
        bias: bool,
        /// What follows; `None` for nothing.
        activation: Option<Activation>,
    },
    /// Two-dimensional convolution of each channel by itself.
    Depthwise {
        /// Side of the kernel, in pixels.
        kernel: usize,
        /// Pixels from one place of the kernel to the next.
        stride: usize,
        /// What it sees beyond the rim.
        padding: Padding,
        /// Whether every channel has a bias.
        bias: bool,
        /// What follows; `None` for nothing.
        activation: Option<Activation>,
    },
    /// Each channel (or feature) shifted and scaled to mean 0 and variance 1 over the images of a batch, then scaled
    /// and shifted as learned (Ioffe and Szegedy, 2015, arXiv 1502.03167). With running means of both while reading.
    BatchNorm {
        /// Share of the newest batch in the running means.
        momentum: f64,
        /// Added to the variance before its root.
        epsilon: f64,
        /// Images that are normalised together while training: a batch is cut evenly into groups of at most so many
        /// ("ghost batch norm", Hoffer, Hubara and Soudry, 2017, arXiv 1705.08741); 0 for the whole batch.
        group: usize,
    },
    /// An activation by itself, such as one behind a batch norm.
    Activation(Activation),
    /// The greatest value of each window; a rest at the right and below is dropped.
    MaxPool {
        /// Side of the window and step, in pixels.
        size: usize,
    },
    /// The mean of each window; a rest at the right and below is dropped.
    AvgPool {
        /// Side of the window and step, in pixels.
        size: usize,
    },
    /// The greatest value of each channel.
    GlobalMaxPool,
    /// The mean of each channel.
    GlobalAvgPool,
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
    /// Begins a residual block (He et al., 2015, arXiv 1512.03385): keeps what reaches it for the next [`Layer::Add`].
    Skip,
    /// Ends a residual block: adds what its [`Layer::Skip`] kept; where shapes differ, through a convolution of 1x1.
    Add,
}

impl Layer {
    /// A convolution with biases that goes from pixel to pixel.
    pub const fn conv(
        filters: usize,
        kernel: usize,
        padding: Padding,
        activation: Option<Activation>,
    ) -> Self {
        Self::Conv { filters, kernel, stride: 1, padding, bias: true, activation }
    }

    /// As shown and as counted: the second `Conv2D` is "Conv2D 2".
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Conv { .. } => "Conv2D",
            Self::Depthwise { .. } => "Depthwise",
            Self::BatchNorm { .. } => "BatchNorm",
            Self::Activation(_) => "Activation",
            Self::MaxPool { .. } => "MaxPool",
            Self::AvgPool { .. } => "AvgPool",
            Self::GlobalMaxPool => "GlobalMaxPool",
            Self::GlobalAvgPool => "GlobalAvgPool",
            Self::Dropout { .. } => "Dropout",
            Self::Flatten => "Flatten",
            Self::Dense { .. } => "Dense",
            Self::Skip => "Skip",
            Self::Add => "Add",
        }
    }

    /// The kind with its settings in words: "Conv2D 3x3, ReLU".
    pub fn describe(&self) -> String {
        let kind = self.kind();
        match self {
            Self::Conv { kernel, stride, padding, bias, activation, .. }
            | Self::Depthwise { kernel, stride, padding, bias, activation } => {
                let padding = if *padding == Padding::Same { " same" } else { "" };
                let stride = if *stride > 1 { format!(" step {stride}") } else { String::new() };
                let bias = if *bias { "" } else { ", no bias" };
                format!("{kind} {kernel}x{kernel}{padding}{stride}{bias}{}", then(*activation))
            }
            Self::BatchNorm { group: 0, .. } => kind.to_owned(),
            Self::BatchNorm { group, .. } => format!("{kind} of {group} images"),
            Self::Activation(activation) => label(*activation).to_owned(),
            Self::MaxPool { size } | Self::AvgPool { size } => format!("{kind} {size}x{size}"),
            Self::Dropout { rate } => format!("{kind} {rate}"),
            Self::Dense { activation, .. } => format!("{kind}{}", then(*activation)),
            Self::GlobalMaxPool | Self::GlobalAvgPool | Self::Flatten | Self::Skip | Self::Add => {
                kind.to_owned()
            }
        }
    }
}

/// As shown in menus.
fn label(activation: Activation) -> &'static str {
    use crate::knobs::Choice as _;
    let chosen = activation.chosen();
    activation.options().into_iter().find(|v| v.name == chosen).map_or(chosen, |v| v.label)
}

fn then(activation: Option<Activation>) -> String {
    activation.map(|a| format!(", {}", label(a))).unwrap_or_default()
}

/// Zeros that a `same` convolution puts before and after each row and column: (before, after).
pub const fn same_padding(kernel: usize) -> (usize, usize) {
    ((kernel - 1) / 2, kernel / 2)
}

/// Images that are normalised together: a batch of `n` cut as evenly as can be into groups of at most `group`; 0 for one group.
pub const fn normalised_together(n: usize, group: usize) -> usize {
    if group == 0 || n <= group { n } else { n.div_ceil(n.div_ceil(group)) }
}
