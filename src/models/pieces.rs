//! The layers that a network of one's own can be put together from, each with its settings.

use super::layers::{self, Layer, Padding};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// What a piece of the list stands for.
pub trait Build {
    /// The layer.
    fn layer(&self) -> Layer;
}

crate::list! {
    /// A layer with its settings, as a recipe names it.
    pub enum Piece, "Kind of layer", build -> dyn Build {
        "conv" => Conv(Conv), "Convolution", "Two-dimensional convolution";
        "depthwise" => Depthwise(Depthwise), "Depthwise convolution", "Convolution of each channel by itself";
        "batch_norm" => BatchNorm(BatchNorm), "Batch norm", "Each channel at mean 0 and variance 1 over the images of a batch, then scaled and shifted as learned";
        "activation" => Activation(Activate), "Activation", "An activation by itself, such as one behind a batch norm";
        "max_pool" => MaxPool(Pool), "Max-pool", "The greatest value of each window";
        "avg_pool" => AvgPool(MeanPool), "Average pool", "The mean of each window";
        "global_max_pool" => GlobalMaxPool(WholeMax), "Global max-pool", "The greatest value of each channel";
        "global_avg_pool" => GlobalAvgPool(WholeMean), "Global average pool", "The mean of each channel";
        "dropout" => Dropout(Drop), "Dropout", "Silences features at random while training";
        "dense" => Dense(Dense), "Dense", "Every output sees every input";
        "skip" => Skip(Skip), "Residual begins", "Keeps what reaches it for the end of the residual block";
        "add" => Add(Add), "Residual ends", "Adds what the beginning of the residual block kept, through a 1x1 convolution where shapes differ";
    }
}

impl Default for Piece {
    fn default() -> Self {
        Self::Conv(Conv::default())
    }
}

/// What follows a layer at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum After {
    /// Nothing.
    None,
    /// max(0, x).
    #[default]
    Relu,
    /// 1 / (1 + exp(-x)).
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// x times the normal distribution's share below x.
    Gelu,
}

crate::choice!(After {
    Self::None => Self::None, "none", "None", "The sums as they are, as before a batch norm";
    Self::Relu => Self::Relu, "relu", "ReLU", "max(0, x)";
    Self::Sigmoid => Self::Sigmoid, "sigmoid", "Sigmoid", "1 / (1 + exp(-x))";
    Self::Tanh => Self::Tanh, "tanh", "Tanh", "Hyperbolic tangent";
    Self::Gelu => Self::Gelu, "gelu", "GELU", "x times the share of the normal distribution below x";
});

impl After {
    const fn activation(self) -> Option<layers::Activation> {
        match self {
            Self::None => None,
            Self::Relu => Some(layers::Activation::Relu),
            Self::Sigmoid => Some(layers::Activation::Sigmoid),
            Self::Tanh => Some(layers::Activation::Tanh),
            Self::Gelu => Some(layers::Activation::Gelu),
        }
    }
}

const fn padding(same: bool) -> Padding {
    if same { Padding::Same } else { Padding::Valid }
}

/// Settings of a convolution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Conv {
    /// Output channels.
    pub filters: u64,
    /// Side of the kernel.
    pub kernel_size: u64,
    /// Pixels from one place of the kernel to the next.
    pub stride: u64,
    /// Whether zeros around the input keep the size.
    pub same: bool,
    /// Whether each filter has a bias.
    pub bias: bool,
    /// What follows at once.
    pub activation: After,
}

impl Default for Conv {
    fn default() -> Self {
        Self { filters: 32, kernel_size: 3, stride: 1, same: false, bias: true, activation: After::Relu }
    }
}

impl Build for Conv {
    fn layer(&self) -> Layer {
        Layer::Conv {
            filters: self.filters as usize,
            kernel: self.kernel_size as usize,
            stride: self.stride as usize,
            padding: padding(self.same),
            bias: self.bias,
            activation: self.activation.activation(),
        }
    }
}

impl Knobs for Conv {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { filters, kernel_size, stride, same, bias, activation } = self;
        visitor.int("filters", filters, Knob::log(1, 1024, "Output channels"));
        visitor.int("kernel_size", kernel_size, Knob::range(1, 15, "Side of the kernel").unit("px"));
        visitor.int(
            "stride",
            stride,
            Knob::range(1, 8, "Pixels from one place of the kernel to the next").unit("px"),
        );
        visitor.flag("same", same, "Zeros around the input, so that the output is as large");
        visitor.flag("bias", bias, "A number added for each filter; useless before a batch norm");
        visitor.choice("activation", activation, "What follows at once");
    }
}

/// Settings of a convolution of each channel by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Depthwise {
    /// Side of the kernel.
    pub kernel_size: u64,
    /// Pixels from one place of the kernel to the next.
    pub stride: u64,
    /// Whether zeros around the input keep the size.
    pub same: bool,
    /// Whether each filter has a bias.
    pub bias: bool,
    /// What follows at once.
    pub activation: After,
}

impl Default for Depthwise {
    fn default() -> Self {
        Self { kernel_size: 3, stride: 1, same: false, bias: true, activation: After::Relu }
    }
}

impl Build for Depthwise {
    fn layer(&self) -> Layer {
        Layer::Depthwise {
            kernel: self.kernel_size as usize,
            stride: self.stride as usize,
            padding: padding(self.same),
            bias: self.bias,
            activation: self.activation.activation(),
        }
    }
}

impl Knobs for Depthwise {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { kernel_size, stride, same, bias, activation } = self;
        visitor.int("kernel_size", kernel_size, Knob::range(1, 15, "Side of the kernel").unit("px"));
        visitor.int(
            "stride",
            stride,
            Knob::range(1, 8, "Pixels from one place of the kernel to the next").unit("px"),
        );
        visitor.flag("same", same, "Zeros around the input, so that the output is as large");
        visitor.flag("bias", bias, "A number added for each filter; useless before a batch norm");
        visitor.choice("activation", activation, "What follows at once");
    }
}

/// Settings of a batch norm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BatchNorm {
    /// Share of the newest batch in the running means.
    pub momentum: f64,
    /// Images normalised together; 0 for the whole batch.
    pub group: u64,
}

impl Default for BatchNorm {
    fn default() -> Self {
        Self { momentum: 0.1, group: 32 }
    }
}

impl Build for BatchNorm {
    fn layer(&self) -> Layer {
        Layer::BatchNorm { momentum: self.momentum, epsilon: 1e-5, group: self.group as usize }
    }
}

impl Knobs for BatchNorm {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { momentum, group } = self;
        visitor.float(
            "momentum",
            momentum,
            Knob::range(0.01, 1.0, "Share of the newest batch in the running means"),
        );
        visitor.int(
            "group",
            group,
            Knob::range(0, 256, "Images normalised together while training; 0 for the whole batch")
                .unit("images"),
        );
    }
}

/// Settings of an activation by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Activate {
    /// Which one.
    pub activation: layers::Activation,
}

impl Default for Activate {
    fn default() -> Self {
        Self { activation: layers::Activation::Relu }
    }
}

impl Build for Activate {
    fn layer(&self) -> Layer {
        Layer::Activation(self.activation)
    }
}

impl Knobs for Activate {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { activation } = self;
        visitor.choice("activation", activation, "Which one");
    }
}

/// Settings of a max-pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pool {
    /// Side of the window, and the step.
    pub size: u64,
}

impl Default for Pool {
    fn default() -> Self {
        Self { size: 2 }
    }
}

impl Build for Pool {
    fn layer(&self) -> Layer {
        Layer::MaxPool { size: self.size as usize }
    }
}

impl Knobs for Pool {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { size } = self;
        visitor.int("size", size, Knob::range(1, 16, "Side of the window, and the step").unit("px"));
    }
}

/// Settings of an average pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MeanPool {
    /// Side of the window, and the step.
    pub size: u64,
}

impl Default for MeanPool {
    fn default() -> Self {
        Self { size: 2 }
    }
}

impl Build for MeanPool {
    fn layer(&self) -> Layer {
        Layer::AvgPool { size: self.size as usize }
    }
}

impl Knobs for MeanPool {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { size } = self;
        visitor.int("size", size, Knob::range(1, 16, "Side of the window, and the step").unit("px"));
    }
}

/// Settings of dropout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Drop {
    /// Share that is silenced.
    pub rate: f64,
}

impl Default for Drop {
    fn default() -> Self {
        Self { rate: 0.25 }
    }
}

impl Build for Drop {
    fn layer(&self) -> Layer {
        Layer::Dropout { rate: self.rate }
    }
}

impl Knobs for Drop {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { rate } = self;
        visitor.float(
            "rate",
            rate,
            Knob::range(0.0, 0.9, "Share of the features silenced at each step").live(),
        );
    }
}

/// Settings of a dense layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dense {
    /// Outputs.
    pub size: u64,
    /// What follows at once.
    pub activation: After,
}

impl Default for Dense {
    fn default() -> Self {
        Self { size: 128, activation: After::Relu }
    }
}

impl Build for Dense {
    fn layer(&self) -> Layer {
        Layer::Dense { size: self.size as usize, activation: self.activation.activation() }
    }
}

impl Knobs for Dense {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { size, activation } = self;
        visitor.int("size", size, Knob::log(1, 4096, "Outputs"));
        visitor.choice("activation", activation, "What follows at once");
    }
}

/// Defines pieces that have no settings.
macro_rules! bare {
    ($($(#[$doc:meta])* $Name:ident => $layer:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $Name {}

        impl Build for $Name {
            fn layer(&self) -> Layer {
                $layer
            }
        }

        impl Knobs for $Name {
            fn visit(&mut self, _: &mut dyn Visitor) {
                let Self {} = self;
            }
        }
    )+};
}

bare! {
    /// The greatest value of each channel.
    WholeMax => Layer::GlobalMaxPool;
    /// The mean of each channel.
    WholeMean => Layer::GlobalAvgPool;
    /// The beginning of a residual block.
    Skip => Layer::Skip;
    /// The end of a residual block.
    Add => Layer::Add;
}
