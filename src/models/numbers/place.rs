//! What says where the number is: a box beside the head, from the same features.

use super::head::HeadPart;
use crate::data::Area;
use anyhow::bail;
use tch::Tensor;

/// Channels of the convolution before the dense layer: where something is needs fewer features than what it is.
const CHANNELS: usize = 32;

/// Tensors that it learns: weight and bias of each of its parts.
pub const PARAMETERS: usize = 6;

/// What gives the box of the number, and how it learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Width of the dense layer.
    pub hidden: usize,
    /// What a box that is wrong counts beside a number that is misread.
    pub weight: f64,
}

impl Place {
    /// Shapes: features are channels, rows and columns.
    pub fn parts(&self, features: &[usize]) -> Result<Vec<HeadPart>, String> {
        let &[channels, rows, columns] = features else {
            return Err(format!("a box needs channels, rows and columns, but its input is {features:?}"));
        };
        let [rows, columns] = [rows, columns].map(|side| side.div_ceil(2));
        let half = [CHANNELS, rows, columns];
        Ok(vec![
            HeadPart::dense("Where", "Conv 3x3, stride 2, ReLU", "where", &half, &[CHANNELS, channels, 3, 3]),
            HeadPart::dense(
                "Around",
                "Dense, ReLU",
                "around",
                &[self.hidden],
                &[self.hidden, CHANNELS * rows * columns],
            ),
            HeadPart::dense("Box", "Dense, sigmoid", "box", &[4], &[4, self.hidden]),
        ])
    }
}

/// Boxes `[n, 4]` from features `[n, channels, rows, columns]`: column and row of the middle, width and height, as
/// shares of the picture's sides.
pub fn boxes(features: &Tensor, params: &[&Tensor]) -> anyhow::Result<Tensor> {
    let &[place, place_bias, around, around_bias, weight, bias] = params else {
        bail!("what says a box has six parameters, not {}", params.len())
    };
    let x = features.f_conv2d(place, Some(place_bias), [2, 2], [1, 1], [1, 1], 1)?.f_relu()?;
    let x = x.f_flatten(1, -1)?.f_linear(around, Some(around_bias))?.f_relu()?;
    Ok(x.f_linear(weight, Some(bias))?.f_sigmoid()?)
}

/// A box as [`boxes`] gives it, by its upper left corner.
pub fn area(middle: &[f32]) -> Area {
    let &[x, y, w, h] = middle else { return Area::default() };
    Area { x: x - w / 2.0, y: y - h / 2.0, w, h }
}
