//! The two-convolution network of the tutorials: Conv 32, Conv 64, MaxPool 2, Dropout, Dense 128, Dropout, Dense 10.

use super::Blueprint;
use super::layers::{Activation, Layer, Padding};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of the two-convolution network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cnn {
    /// Filters of the first convolution.
    pub filters_1: u64,
    /// Filters of the second convolution.
    pub filters_2: u64,
    /// Side of both kernels.
    pub conv_kernel_size: u64,
    /// Dropout after the pooling.
    pub dropout_1: f64,
    /// Width of the dense layer.
    pub dense_size: u64,
    /// Dropout after the dense layer.
    pub dropout_2: f64,
}

impl Default for Cnn {
    fn default() -> Self {
        Self {
            filters_1: 32,
            filters_2: 64,
            conv_kernel_size: 3,
            dropout_1: 0.25,
            dense_size: 128,
            dropout_2: 0.5,
        }
    }
}

impl Blueprint for Cnn {
    fn layers(&self, classes: usize) -> Vec<Layer> {
        let conv = |filters: u64| {
            let kernel = self.conv_kernel_size as usize;
            Layer::conv(filters as usize, kernel, Padding::Valid, Some(Activation::Relu))
        };
        vec![
            conv(self.filters_1),
            conv(self.filters_2),
            Layer::MaxPool { size: 2 },
            Layer::Dropout { rate: self.dropout_1 },
            Layer::Flatten,
            Layer::Dense { size: self.dense_size as usize, activation: Some(Activation::Relu) },
            Layer::Dropout { rate: self.dropout_2 },
            Layer::Dense { size: classes, activation: None },
        ]
    }
}

impl Knobs for Cnn {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { filters_1, filters_2, conv_kernel_size, dropout_1, dense_size, dropout_2 } = self;
        visitor.int(
            "conv_kernel_size",
            conv_kernel_size,
            Knob::range(1, 15, "Side of both convolution kernels").unit("px"),
        );
        visitor.int("filters_1", filters_1, Knob::log(1, 512, "Filters of the first convolution"));
        visitor.int("filters_2", filters_2, Knob::log(1, 512, "Filters of the second convolution"));
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
