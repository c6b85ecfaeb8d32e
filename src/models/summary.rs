//! Output shapes and parameter counts, worked out from the list of layers before anything is built.

use super::Architecture;
use super::layers::{Layer, Padding};
use serde::{Deserialize, Serialize};

/// What goes into a network and how many classes come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Colour channels: 1 for grey.
    pub channels: usize,
    /// Rows, in pixels.
    pub height: usize,
    /// Columns, in pixels.
    pub width: usize,
    /// Classes to tell apart.
    pub classes: usize,
}

/// One line of the table of layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerRow {
    /// "Conv2D 2".
    pub name: String,
    /// "Conv2D 3x3, ReLU".
    pub kind: String,
    /// `[channels, height, width]` or `[features]`, without the batch.
    pub output: Vec<usize>,
    /// Weights and biases.
    pub params: usize,
}

/// The table of layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// One row a layer, first to last.
    pub rows: Vec<LayerRow>,
    /// Weights and biases of all layers.
    pub params: usize,
}

/// A layer that cannot work on what reaches it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{layer}: {message}")]
pub struct ShapeError {
    /// "Conv2D 2".
    pub layer: String,
    /// Why, and what to do.
    pub message: String,
}

/// Shapes and counts of every layer, or the first layer that cannot work.
pub fn summary(architecture: &Architecture, input: Input) -> Result<Summary, ShapeError> {
    let placed = place(&architecture.layers(input.classes), input)?;
    let rows: Vec<LayerRow> = placed
        .iter()
        .map(|p| LayerRow {
            name: p.name(),
            kind: p.layer.describe(),
            output: p.output.clone(),
            params: p.weight.as_ref().map_or(0, |w| w.iter().product::<usize>() + w[0]),
        })
        .collect();
    let params = rows.iter().map(|row| row.params).sum();
    Ok(Summary { rows, params })
}

/// A layer in its place: what reaches it, what leaves it, what it learns.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The layer itself.
    pub layer: Layer,
    /// How many of its kind up to here, from 1.
    pub number: usize,
    /// Shape that reaches it, without the batch.
    pub input: Vec<usize>,
    /// Shape that leaves it, without the batch.
    pub output: Vec<usize>,
    /// Shape of its weight in PyTorch's order (`[out, in, rows, columns]` or `[out, in]`), outputs first; its bias is
    /// `[out]`. `None` for a layer that learns nothing.
    pub weight: Option<Vec<usize>>,
}

impl Placed {
    /// As shown: "Conv2D 2".
    pub fn name(&self) -> String {
        format!("{} {}", self.layer.kind(), self.number)
    }

    /// As its parameters are called in files: "conv2d_2".
    pub fn prefix(&self) -> String {
        format!("{}_{}", self.layer.kind().to_lowercase(), self.number)
    }
}

/// Works through the layers, or stops at the first that cannot work.
pub fn place(layers: &[Layer], input: Input) -> Result<Vec<Placed>, ShapeError> {
    let mut shape = vec![input.channels, input.height, input.width];
    let mut placed: Vec<Placed> = Vec::with_capacity(layers.len());
    for &layer in layers {
        let number = 1 + placed.iter().filter(|p| p.layer.kind() == layer.kind()).count();
        let fail = |message: String| ShapeError { layer: format!("{} {number}", layer.kind()), message };
        let (output, weight) = through(&layer, &shape).map_err(fail)?;
        placed.push(Placed { layer, number, input: shape, output: output.clone(), weight });
        shape = output;
    }
    if shape != [input.classes] {
        return Err(ShapeError {
            layer: placed.last().map_or_else(|| "Network".to_owned(), Placed::name),
            message: format!("its output {shape:?} is not one number for each of {} classes", input.classes),
        });
    }
    Ok(placed)
}

/// Output and weight shape of a layer on `shape`, or why it cannot work.
fn through(layer: &Layer, shape: &[usize]) -> Result<(Vec<usize>, Option<Vec<usize>>), String> {
    if shape.contains(&0) {
        return Err(format!("its input {shape:?} is empty; use larger images"));
    }
    match (*layer, shape) {
        (Layer::Conv { filters, kernel, padding, .. }, &[channels, height, width]) => {
            if filters == 0 || kernel == 0 {
                return Err("it needs at least one filter and a kernel of 1x1".to_owned());
            }
            let (rows, columns) = match padding {
                Padding::Same => (height, width),
                Padding::Valid if kernel > height || kernel > width => {
                    return Err(format!(
                        "a {kernel}x{kernel} kernel does not fit on its {height}x{width} input; \
                         choose a smaller conv_kernel_size or larger images"
                    ));
                }
                Padding::Valid => (height + 1 - kernel, width + 1 - kernel),
            };
            Ok((vec![filters, rows, columns], Some(vec![filters, channels, kernel, kernel])))
        }
        (Layer::MaxPool { size }, &[channels, height, width]) => {
            if size == 0 || size > height || size > width {
                return Err(format!(
                    "a {size}x{size} window does not fit on its {height}x{width} input; \
                     choose smaller kernels before it or larger images"
                ));
            }
            Ok((vec![channels, height / size, width / size], None))
        }
        (Layer::Dropout { rate }, _) if !(0.0..1.0).contains(&rate) => {
            Err(format!("a rate of {rate} leaves nothing; choose one from 0 to below 1"))
        }
        (Layer::Dropout { .. }, _) => Ok((shape.to_vec(), None)),
        (Layer::Flatten, _) => Ok((vec![shape.iter().product()], None)),
        (Layer::Dense { size: 0, .. }, _) => Err("it needs at least one output".to_owned()),
        (Layer::Dense { size, .. }, &[features]) => Ok((vec![size], Some(vec![size, features]))),
        (Layer::Conv { .. } | Layer::MaxPool { .. }, _) => {
            Err(format!("it needs channels, rows and columns, but its input is {shape:?}"))
        }
        (Layer::Dense { .. }, _) => Err(format!("it needs a list of features, but its input is {shape:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{cnn::Cnn, lenet5::Lenet5, mlp::Mlp};

    const MNIST: Input = Input { channels: 1, height: 28, width: 28, classes: 10 };

    #[test]
    fn counts_are_those_of_the_tutorials() {
        let count = |a: Architecture| summary(&a, MNIST).expect("it fits").params;
        assert_eq!(count(Architecture::Cnn(Cnn::default())), 1_199_882);
        assert_eq!(count(Architecture::Lenet5(Lenet5::default())), 61_706);
        assert_eq!(count(Architecture::Mlp(Mlp::default())), 784 * 256 + 256 + 2560 + 10);
    }

    #[test]
    fn rows_show_the_way_through_the_network() {
        let rows = summary(&Architecture::default(), MNIST).expect("it fits").rows;
        let shown: Vec<String> =
            rows.iter().map(|r| format!("{} | {} | {:?} | {}", r.name, r.kind, r.output, r.params)).collect();
        assert_eq!(shown[0], "Conv2D 1 | Conv2D 3x3, ReLU | [32, 26, 26] | 320");
        assert_eq!(shown[1], "Conv2D 2 | Conv2D 3x3, ReLU | [64, 24, 24] | 18496");
        assert_eq!(shown[2], "MaxPool 1 | MaxPool 2x2 | [64, 12, 12] | 0");
        assert_eq!(shown[7], "Dense 2 | Dense | [10] | 1290");
    }

    #[test]
    fn an_impossible_kernel_names_its_layer() {
        let error = |kernel| {
            summary(&Architecture::Cnn(Cnn { conv_kernel_size: kernel, ..Cnn::default() }), MNIST)
                .expect_err("it cannot fit")
                .to_string()
        };
        assert!(error(15).starts_with("Conv2D 2: a 15x15 kernel does not fit on its 14x14 input; "));
        let small = Input { height: 5, width: 5, ..MNIST };
        let error = summary(&Architecture::Cnn(Cnn::default()), small).expect_err("nothing is left to pool");
        assert_eq!(error.layer, "MaxPool 1");
    }
}
