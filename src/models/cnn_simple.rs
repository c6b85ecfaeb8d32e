//! The first convolutional network of the tutorials: Conv 28, MaxPool 2, Dense 128, Dropout, Dense 10.

use super::Blueprint;
use super::layers::{Activation, Layer, Padding};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of the one-convolution network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CnnSimple {
    /// Filters of the convolution.
    pub filters: u64,
    /// Side of its kernel.
    pub conv_kernel_size: u64,
    /// Width of the dense layer.
    pub dense_size: u64,
    /// Dropout after the dense layer.
    pub dropout: f64,
}

impl Default for CnnSimple {
    fn default() -> Self {
        Self { filters: 28, conv_kernel_size: 3, dense_size: 128, dropout: 0.2 }
    }
}

impl Blueprint for CnnSimple {
    fn layers(&self, classes: usize) -> Vec<Layer> {
        let relu = Some(Activation::Relu);
        vec![
            Layer::conv(self.filters as usize, self.conv_kernel_size as usize, Padding::Valid, relu),
            Layer::MaxPool { size: 2 },
            Layer::Flatten,
            Layer::Dense { size: self.dense_size as usize, activation: relu },
            Layer::Dropout { rate: self.dropout },
            Layer::Dense { size: classes, activation: None },
        ]
    }
}

impl Knobs for CnnSimple {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { filters, conv_kernel_size, dense_size, dropout } = self;
        visitor.int("filters", filters, Knob::log(1, 512, "Filters of the convolution"));
        visitor.int(
            "conv_kernel_size",
            conv_kernel_size,
            Knob::range(1, 15, "Side of the convolution kernel").unit("px"),
        );
        visitor.int("dense_size", dense_size, Knob::log(1, 4096, "Width of the dense layer"));
        visitor.float(
            "dropout",
            dropout,
            Knob::range(0.0, 0.9, "Share of the dense features silenced at each step").live(),
        );
    }
}
