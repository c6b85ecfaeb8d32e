//! Output shapes and parameter counts, worked out from the list of layers before anything is built.

use super::Architecture;
use super::layers::{Layer, Padding};
use crate::data::{Dataset, Samples};
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

impl Input {
    /// What a network for this data set reads: its images as they are, or brought to the size that the network wants.
    pub fn of(architecture: &Architecture, dataset: &Dataset) -> Self {
        let Samples { channels, height, width, .. } = dataset.train;
        Self { channels, height, width, classes: dataset.classes.len() }.brought(architecture)
    }

    /// The size that the network wants, if it wants one.
    pub fn brought(self, architecture: &Architecture) -> Self {
        if architecture.detector().is_some() {
            // It looks at brightness alone, in pictures of any size.
            return Self { channels: 1, ..self };
        }
        match architecture.numbers(self.classes).and_then(|design| design.frame) {
            Some(frame) => Self { height: frame.height, width: frame.width, ..self },
            None => self,
        }
    }
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
    /// Numbers that are learned: weights and biases.
    pub params: usize,
}

/// The table of layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// One row a layer, first to last.
    pub rows: Vec<LayerRow>,
    /// Numbers that all layers learn.
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
    if let Some(design) = architecture.numbers(input.classes) {
        return design.summary(input);
    }
    if let Some(detector) = architecture.detector() {
        return detector.design().summary(input);
    }
    let placed = place(&architecture.layers(input.classes), input);
    let placed = match architecture {
        // Its layers are counted as the list has them, not by their kinds.
        Architecture::Custom(custom) => placed.map_err(|e| custom.shapes(input).named(e))?,
        _ => placed?,
    };
    let rows: Vec<LayerRow> = placed
        .iter()
        .map(|p| LayerRow {
            name: p.name(),
            kind: p.layer.describe(),
            output: p.output.clone(),
            params: p.params.iter().filter(|p| p.learns()).map(Param::len).sum(),
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
    /// What it carries: weight, bias, running means.
    pub params: Vec<Param>,
    /// For [`Layer::Add`]: the shape of what is added.
    pub beside: Vec<usize>,
}

/// A list of numbers that a layer carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// "weight", "bias", "running_mean" or "running_var".
    pub name: &'static str,
    /// In PyTorch's order (`[out, in, rows, columns]` or `[out, in]`), outputs first.
    pub shape: Vec<usize>,
    /// What it holds at first.
    pub first: First,
}

/// What a parameter holds at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// Weights as [`super::init::Init`] draws them.
    Weight,
    /// Biases as [`super::init::Init`] has them for so many inputs.
    Bias {
        /// Inputs of each output.
        fan_in: usize,
    },
    /// Zeros.
    Zeros,
    /// Ones.
    Ones,
}

impl Param {
    fn new(name: &'static str, shape: &[usize], first: First) -> Self {
        Self { name, shape: shape.to_vec(), first }
    }

    /// Whether gradients change it; running means follow the batches instead.
    pub fn learns(&self) -> bool {
        !self.name.starts_with("running")
    }

    /// How many numbers.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there are none: never so.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
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

/// Works through the layers to the scores of the classes, or stops at the first that cannot work.
pub fn place(layers: &[Layer], input: Input) -> Result<Vec<Placed>, ShapeError> {
    let placed = lay(layers, input)?;
    let shape = placed.last().map(|p| p.output.clone()).unwrap_or_default();
    if shape != [input.classes] {
        return Err(ShapeError {
            layer: placed.last().map_or_else(|| "Network".to_owned(), Placed::name),
            message: format!("its output {shape:?} is not one number for each of {} classes", input.classes),
        });
    }
    Ok(placed)
}

/// Works through layers that end in whatever they end in, or stops at the first that cannot work.
pub fn lay(layers: &[Layer], input: Input) -> Result<Vec<Placed>, ShapeError> {
    match lay_as_far(layers, input) {
        (placed, None) => Ok(placed),
        (_, Some((_, wrong))) => Err(wrong),
    }
}

/// Works through layers for as long as they work, and says which one does not and why.
pub fn lay_as_far(layers: &[Layer], input: Input) -> (Vec<Placed>, Option<(usize, ShapeError)>) {
    let mut placed: Vec<Placed> = Vec::with_capacity(layers.len());
    let wrong = lay_into(&mut placed, layers, input).err();
    let at = |wrong: ShapeError| {
        // One that was placed all the same is the beginning of a block without an end.
        let at = placed.iter().position(|p| p.name() == wrong.layer).unwrap_or(placed.len());
        (at, wrong)
    };
    let wrong = wrong.map(at);
    (placed, wrong)
}

fn lay_into(placed: &mut Vec<Placed>, layers: &[Layer], input: Input) -> Result<(), ShapeError> {
    let mut shape = vec![input.channels, input.height, input.width];
    let mut skipped: Vec<(usize, Vec<usize>)> = Vec::new();
    for &layer in layers {
        let number = 1 + placed.iter().filter(|p| p.layer.kind() == layer.kind()).count();
        let fail = |message: String| ShapeError { layer: format!("{} {number}", layer.kind()), message };
        if layer == Layer::Skip {
            skipped.push((number, shape.clone()));
        }
        let beside = match layer {
            Layer::Add => {
                let kept = skipped.pop().ok_or_else(|| {
                    fail("there is nothing to add; put a Skip before it, where its block begins".to_owned())
                })?;
                kept.1
            }
            _ => Vec::new(),
        };
        let (output, params) = through(&layer, &shape, &beside).map_err(fail)?;
        placed.push(Placed { layer, number, input: shape, output: output.clone(), params, beside });
        shape = output;
    }
    match skipped.last() {
        Some((number, _)) => Err(ShapeError {
            layer: format!("{} {number}", Layer::Skip.kind()),
            message: "nothing adds what it keeps; put an Add where its block ends".to_owned(),
        }),
        None => Ok(()),
    }
}

/// Output and parameters of a layer on `shape`, or why it cannot work.
fn through(layer: &Layer, shape: &[usize], beside: &[usize]) -> Result<(Vec<usize>, Vec<Param>), String> {
    if shape.contains(&0) {
        return Err(format!("its input {shape:?} is empty; use larger images"));
    }
    let plain = |output: Vec<usize>| Ok((output, Vec::new()));
    match (*layer, shape) {
        (Layer::Conv { filters, kernel, stride, padding, bias, .. }, &[channels, height, width]) => {
            let [rows, columns] = slide(filters, kernel, stride, padding, [height, width])?;
            Ok((vec![filters, rows, columns], weights(&[filters, channels, kernel, kernel], bias)))
        }
        (Layer::Depthwise { kernel, stride, padding, bias, .. }, &[channels, height, width]) => {
            let [rows, columns] = slide(channels, kernel, stride, padding, [height, width])?;
            Ok((vec![channels, rows, columns], weights(&[channels, 1, kernel, kernel], bias)))
        }
        (Layer::BatchNorm { momentum, epsilon, .. }, &[channels, ..]) => {
            if !(momentum > 0.0 && momentum <= 1.0 && epsilon > 0.0) {
                return Err(format!(
                    "a momentum of {momentum} and an epsilon of {epsilon} do not work; choose a momentum above 0 and up to 1 and a small epsilon"
                ));
            }
            let list = |name, first| Param::new(name, &[channels], first);
            let params = vec![
                list("weight", First::Ones),
                list("bias", First::Zeros),
                list("running_mean", First::Zeros),
                list("running_var", First::Ones),
            ];
            Ok((shape.to_vec(), params))
        }
        (Layer::MaxPool { size } | Layer::AvgPool { size }, &[channels, height, width]) => {
            if size == 0 || size > height || size > width {
                return Err(format!(
                    "a {size}x{size} window does not fit on its {height}x{width} input; \
                     choose smaller kernels before it or larger images"
                ));
            }
            plain(vec![channels, height / size, width / size])
        }
        (Layer::GlobalMaxPool | Layer::GlobalAvgPool, &[channels, ..]) if shape.len() == 3 => {
            plain(vec![channels])
        }
        (Layer::Dropout { rate }, _) if !(0.0..1.0).contains(&rate) => {
            Err(format!("a rate of {rate} leaves nothing; choose one from 0 to below 1"))
        }
        (Layer::Dropout { .. } | Layer::Activation(_) | Layer::Skip, _) => plain(shape.to_vec()),
        (Layer::Flatten, _) => plain(vec![shape.iter().product()]),
        (Layer::Dense { size: 0, .. }, _) => Err("it needs at least one output".to_owned()),
        (Layer::Dense { size, .. }, &[features]) => Ok((vec![size], weights(&[size, features], true))),
        (Layer::Add, _) => {
            Ok((shape.to_vec(), if shape == beside { Vec::new() } else { projection(shape, beside)? }))
        }
        (Layer::Dense { .. }, _) => Err(format!("it needs a list of features, but its input is {shape:?}")),
        (
            Layer::Conv { .. }
            | Layer::Depthwise { .. }
            | Layer::MaxPool { .. }
            | Layer::AvgPool { .. }
            | Layer::GlobalMaxPool
            | Layer::GlobalAvgPool
            | Layer::BatchNorm { .. },
            _,
        ) => Err(format!("it needs channels, rows and columns, but its input is {shape:?}")),
    }
}

/// Rows and columns that a convolution makes.
fn slide(
    filters: usize,
    kernel: usize,
    stride: usize,
    padding: Padding,
    [height, width]: [usize; 2],
) -> Result<[usize; 2], String> {
    if filters == 0 || kernel == 0 || stride == 0 {
        return Err("it needs at least one filter, a kernel of 1x1 and a step of 1".to_owned());
    }
    match padding {
        Padding::Same => Ok([height, width].map(|n| (n - 1) / stride + 1)),
        Padding::Valid if kernel > height || kernel > width => Err(format!(
            "a {kernel}x{kernel} kernel does not fit on its {height}x{width} input; \
             choose a smaller kernel or larger images"
        )),
        Padding::Valid => Ok([height, width].map(|n| (n - kernel) / stride + 1)),
    }
}

/// A weight of this shape, with a bias if wanted.
fn weights(shape: &[usize], bias: bool) -> Vec<Param> {
    let mut params = vec![Param::new("weight", shape, First::Weight)];
    if bias {
        let fan_in = shape[1..].iter().product();
        params.push(Param::new("bias", &shape[..1], First::Bias { fan_in }));
    }
    params
}

/// The 1x1 convolution that makes what a residual block began with fit what it ended with.
fn projection(shape: &[usize], beside: &[usize]) -> Result<Vec<Param>, String> {
    let (&[to, ..], &[from, ..]) = (shape, beside) else {
        return Err("its input is empty".to_owned());
    };
    if shape.len() != 3 || beside.len() != 3 || skip_stride(beside, shape).is_none() {
        return Err(format!("{beside:?} cannot be added to {shape:?}; give both the same rows and columns"));
    }
    Ok(weights(&[to, from, 1, 1], false))
}

/// The step of the 1x1 convolution from `from` to `to`, both channels, rows, columns; `None` if there is none.
pub fn skip_stride(from: &[usize], to: &[usize]) -> Option<usize> {
    let (&[_, height, width], &[_, rows, columns]) = (from, to) else { return None };
    (1..=height.min(width))
        .find(|stride| (height - 1) / stride + 1 == rows && (width - 1) / stride + 1 == columns)
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
