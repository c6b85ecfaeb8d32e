//! A small network of convolutions with batch norm that comes near what one network can reach on MNIST: Conv 5x5, pool,
//! twice Conv 3x3, pool, twice Conv 3x3, the greatest of each channel, Dense 10.
//!
//! Pools come before norm and ReLU, which then have a quarter of the work, and gradients are zero but for the pixels
//! that won; behind the last convolution only one pixel a filter counts.

use super::layers::{Activation, Layer, Padding};
use super::{Blueprint, Init};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of the record network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MnistRecord {
    /// Filters of the first convolution, 5x5.
    pub filters_1: u64,
    /// Filters of the second stage, 3x3.
    pub filters_2: u64,
    /// Convolutions of the second stage.
    pub convs_2: u64,
    /// Filters of the third stage, 3x3.
    pub filters_3: u64,
    /// Convolutions of the third stage.
    pub convs_3: u64,
    /// Whether a batch norm stands between the last convolution and the greatest of each channel.
    pub last_norm: bool,
    /// Share of the newest batch in the running means of the batch norms.
    pub norm_momentum: f64,
    /// Images normalised together.
    pub norm_group: u64,
    /// Dropout before the dense layer.
    pub dropout: f64,
    /// How first weights are drawn.
    pub init: Init,
}

impl Default for MnistRecord {
    fn default() -> Self {
        Self {
            filters_1: 16,
            filters_2: 32,
            convs_2: 2,
            filters_3: 64,
            convs_3: 2,
            last_norm: false,
            norm_momentum: 0.1,
            norm_group: 32,
            dropout: 0.0,
            init: Init::He,
        }
    }
}

impl Blueprint for MnistRecord {
    fn layers(&self, classes: usize) -> Vec<Layer> {
        let norm =
            Layer::BatchNorm { momentum: self.norm_momentum, epsilon: 1e-5, group: self.norm_group as usize };
        let relu = Layer::Activation(Activation::Relu);
        let mut layers = Vec::new();
        let mut stage = |n: u64, filters: u64, kernel, pool: Option<Layer>, last_norm: bool| {
            for i in 0..n {
                let norm = (i + 1 < n || last_norm).then_some(norm);
                layers.push(Layer::Conv {
                    filters: filters as usize,
                    kernel,
                    stride: 1,
                    padding: Padding::Same,
                    bias: norm.is_none(),
                    activation: None,
                });
                layers.extend(pool.filter(|_| i + 1 == n));
                layers.extend(norm);
                layers.push(relu);
            }
        };
        let pool = Some(Layer::MaxPool { size: 2 });
        stage(1, self.filters_1, 5, pool, true);
        stage(self.convs_2, self.filters_2, 3, pool, true);
        stage(self.convs_3, self.filters_3, 3, None, self.last_norm);
        layers.push(Layer::GlobalMaxPool);
        if self.dropout > 0.0 {
            layers.push(Layer::Dropout { rate: self.dropout });
        }
        layers.push(Layer::Dense { size: classes, activation: None });
        layers
    }

    fn init(&self) -> Init {
        self.init
    }
}

impl Knobs for MnistRecord {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self {
            filters_1,
            filters_2,
            convs_2,
            filters_3,
            convs_3,
            last_norm,
            norm_momentum,
            norm_group,
            dropout,
            init,
        } = self;
        visitor.int("filters_1", filters_1, Knob::log(1, 512, "Filters of the first convolution, 5x5"));
        visitor.int("filters_2", filters_2, Knob::log(1, 512, "Filters of the second stage, 3x3"));
        visitor.int("convs_2", convs_2, Knob::range(1, 4, "Convolutions of the second stage"));
        visitor.int("filters_3", filters_3, Knob::log(1, 512, "Filters of the third stage, 3x3"));
        visitor.int("convs_3", convs_3, Knob::range(1, 4, "Convolutions of the third stage"));
        visitor.flag(
            "last_norm",
            last_norm,
            "A batch norm between the last convolution and the greatest of each channel; without it steps are cheaper",
        );
        visitor.float(
            "norm_momentum",
            norm_momentum,
            Knob::range(0.01, 1.0, "Share of the newest batch in the running means of the batch norms"),
        );
        visitor.int(
            "norm_group",
            norm_group,
            Knob::range(0, 256, "Images normalised together; 0 for the whole batch").unit("images"),
        );
        visitor.float(
            "dropout",
            dropout,
            Knob::range(0.0, 0.9, "Share of the last features silenced at each step"),
        );
        visitor.choice("init", init, "How first weights are drawn");
    }
}
