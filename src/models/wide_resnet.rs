//! Wide residual networks (Zagoruyko and Komodakis, 2016, arXiv 1605.07146): WRN-d-k has d convolutional layers in three
//! stages of residual blocks, k times as wide as He et al.'s. Norm and ReLU come before each convolution.

use super::layers::{Activation, Layer, Padding};
use super::{Blueprint, Init};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of a wide residual network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WideResnet {
    /// Residual blocks in each of the three stages: 2 for WRN-16, 4 for WRN-28.
    pub blocks: u64,
    /// How many times as wide as 16, 32 and 64 channels.
    pub widen: u64,
    /// Dropout between the two convolutions of a block.
    pub dropout: f64,
    /// Share of the newest batch in the running means of the batch norms.
    pub norm_momentum: f64,
    /// Images normalised together; 0 for the whole batch.
    pub norm_group: u64,
}

impl Default for WideResnet {
    fn default() -> Self {
        Self { blocks: 2, widen: 4, dropout: 0.0, norm_momentum: 0.1, norm_group: 0 }
    }
}

impl Blueprint for WideResnet {
    fn layers(&self, classes: usize) -> Vec<Layer> {
        let norm =
            Layer::BatchNorm { momentum: self.norm_momentum, epsilon: 1e-5, group: self.norm_group as usize };
        let relu = Layer::Activation(Activation::Relu);
        let conv = |filters, stride| Layer::Conv {
            filters,
            kernel: 3,
            stride,
            padding: Padding::Same,
            bias: false,
            activation: None,
        };
        let mut layers = vec![conv(16, 1)];
        for (stage, width) in [16, 32, 64].into_iter().enumerate() {
            let filters = width * self.widen as usize;
            for block in 0..self.blocks {
                let first = block == 0;
                let stride = if first && stage > 0 { 2 } else { 1 };
                // Where the shape changes, norm and ReLU are shared with the way round, as in the paper's code.
                if first {
                    layers.extend([norm, relu, Layer::Skip, conv(filters, stride)]);
                } else {
                    layers.extend([Layer::Skip, norm, relu, conv(filters, stride)]);
                }
                layers.extend([norm, relu]);
                if self.dropout > 0.0 {
                    layers.push(Layer::Dropout { rate: self.dropout });
                }
                layers.extend([conv(filters, 1), Layer::Add]);
            }
        }
        layers.extend([norm, relu, Layer::GlobalAvgPool, Layer::Dense { size: classes, activation: None }]);
        layers
    }

    fn init(&self) -> Init {
        Init::He
    }
}

impl Knobs for WideResnet {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { blocks, widen, dropout, norm_momentum, norm_group } = self;
        let help = "Residual blocks in each of three stages: 2 for WRN-16, 4 for WRN-28";
        visitor.int("blocks", blocks, Knob::range(1, 8, help));
        visitor.int("widen", widen, Knob::log(1, 12, "Times as wide as 16, 32 and 64 channels"));
        let help = "Share silenced between the two convolutions of a block";
        visitor.float("dropout", dropout, Knob::range(0.0, 0.9, help));
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{Architecture, Input, summary};

    #[test]
    fn counts_are_those_of_the_paper() {
        let count = |blocks, widen| {
            let input = Input { channels: 3, height: 32, width: 32, classes: 10 };
            let model = WideResnet { blocks, widen, ..WideResnet::default() };
            summary(&Architecture::WideResnet(model), input).expect("it fits").params as f64 / 1e6
        };
        // Table 4 and 5: WRN-16-8 has 11.0, WRN-28-10 36.5, WRN-16-4 2.7 million (2.75 in table 2).
        for (blocks, widen, millions) in [(2, 8, 11.0), (4, 10, 36.5), (2, 4, 2.7)] {
            let found = count(blocks, widen);
            assert!((found - millions).abs() < 0.06, "{blocks} {widen}: {found}");
        }
    }
}
