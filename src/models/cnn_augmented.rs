//! The network that the hyperparameter study trains on augmented digits: Conv 64 twice, MaxPool 2, Dropout, Dense 256,
//! Dropout, Dense 10.

use super::Blueprint;
use super::layers::{Activation, Layer, Padding};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of the network for augmented digits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CnnAugmented {
    /// Filters of both convolutions.
    pub filters: u64,
    /// Side of both kernels.
    pub conv_kernel_size: u64,
    /// Dropout after the pooling.
    pub dropout_1: f64,
    /// Width of the dense layer.
    pub dense_size: u64,
    /// Dropout after the dense layer.
    pub dropout_2: f64,
}

impl Default for CnnAugmented {
    fn default() -> Self {
        Self { filters: 64, conv_kernel_size: 5, dropout_1: 0.2, dense_size: 256, dropout_2: 0.5 }
    }
}

impl Blueprint for CnnAugmented {
    fn layers(&self, classes: usize) -> Vec<Layer> {
        let relu = Some(Activation::Relu);
        let conv = Layer::conv(self.filters as usize, self.conv_kernel_size as usize, Padding::Valid, relu);
        vec![
            conv,
            conv,
            Layer::MaxPool { size: 2 },
            Layer::Dropout { rate: self.dropout_1 },
            Layer::Flatten,
            Layer::Dense { size: self.dense_size as usize, activation: relu },
            Layer::Dropout { rate: self.dropout_2 },
            Layer::Dense { size: classes, activation: None },
        ]
    }
}

impl Knobs for CnnAugmented {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { filters, conv_kernel_size, dropout_1, dense_size, dropout_2 } = self;
        visitor.int("filters", filters, Knob::log(1, 512, "Filters of both convolutions"));
        visitor.int(
            "conv_kernel_size",
            conv_kernel_size,
            Knob::range(1, 15, "Side of both convolution kernels").unit("px"),
        );
        visitor.float(
            "dropout_1",
            dropout_1,
            Knob::range(0.0, 0.9, "Share of the pooled features silenced at each step").live(),
        );
        visitor.int("dense_size", dense_size, Knob::log(1, 4096, "Width of the dense layer"));
        visitor.float(
            "dropout_2",
            dropout_2,
            Knob::range(0.0, 0.9, "Share of the dense features silenced at each step").live(),
        );
    }
}
