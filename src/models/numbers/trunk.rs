//! Stages of convolutions that trunks are made of.

use super::super::layers::{Activation, Layer, Padding};

/// What follows each convolution.
pub const RELU: Option<Activation> = Some(Activation::Relu);

/// Convolutions of one size with ReLU, and a pool of 2x2 behind the last if wanted. With batch norm the pool comes
/// before norm and ReLU, which then have a quarter of the work.
pub fn stage(filters: u64, kernel: usize, convs: u64, norm: bool, pool: bool) -> Vec<Layer> {
    let mut layers = Vec::new();
    for i in 0..convs {
        let pool = (pool && i + 1 == convs).then_some(Layer::MaxPool { size: 2 });
        if norm {
            layers.push(Layer::Conv {
                filters: filters as usize,
                kernel,
                stride: 1,
                padding: Padding::Same,
                bias: false,
                activation: None,
            });
            layers.extend(pool);
            layers.extend(normed());
        } else {
            layers.push(Layer::conv(filters as usize, kernel, Padding::Same, RELU));
            layers.extend(pool);
        }
    }
    layers
}

/// Batch norm with ReLU.
pub fn normed() -> [Layer; 2] {
    [Layer::BatchNorm { momentum: 0.1, epsilon: 1e-5, group: 0 }, Layer::Activation(Activation::Relu)]
}

/// A dense layer with ReLU, with dropout if wanted, on a flat list.
pub fn dense(size: u64, dropout: f64) -> Vec<Layer> {
    let mut layers = vec![Layer::Dense { size: size as usize, activation: RELU }];
    if dropout > 0.0 {
        layers.push(Layer::Dropout { rate: dropout });
    }
    layers
}
