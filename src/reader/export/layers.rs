//! A network's layers as ONNX operations; those of opset 17 compute the same numbers as libtorch's.

use super::graph::{Graph, Name, float, int, ints};
use crate::models::layers::{Activation, Layer, Padding, same_padding};
use crate::models::{Network, Placed, skip_stride};
use anyhow::{Context as _, bail};
use std::f32::consts::SQRT_2;
use tch::Tensor;

/// Appends every layer behind `x`; what the last one gives is returned.
pub fn layers(graph: &mut Graph, network: &Network, x: Name) -> anyhow::Result<Name> {
    let mut x = x;
    let mut all = network.parameters.iter();
    let mut skipped = Vec::new();
    for placed in &network.layers {
        graph.scope = placed.prefix();
        let mut own: Vec<(Name, &Tensor)> = Vec::new();
        for (name, tensor) in all.by_ref().take(placed.params.len()) {
            let short = name.rsplit('.').next().unwrap_or(name);
            own.push((graph.weights(short, tensor)?, tensor));
        }
        let names: Vec<&str> = own.iter().map(|(name, _)| name.as_str()).collect();
        x = match placed.layer {
            Layer::Skip => {
                skipped.push(x.clone());
                x
            }
            Layer::Add => {
                let beside = skipped.pop().context("every Add has a Skip")?;
                let beside = match names.first() {
                    Some(weight) => {
                        let stride = skip_stride(&placed.beside, &placed.output);
                        let stride = stride.context("the shapes were checked")? as i64;
                        let settings = vec![ints("kernel_shape", &[1, 1]), ints("strides", &[stride; 2])];
                        graph.op("Conv", &[&beside, weight], settings)
                    }
                    None => beside,
                };
                graph.op("Add", &[&x, &beside], Vec::new())
            }
            _ => layer(graph, placed, &names, x)?,
        };
    }
    graph.scope.clear();
    Ok(x)
}

fn layer(graph: &mut Graph, placed: &Placed, own: &[&str], x: Name) -> anyhow::Result<Name> {
    let window =
        |size: usize| vec![ints("kernel_shape", &[size as i64; 2]), ints("strides", &[size as i64; 2])];
    let whole = || vec![ints("axes", &[2, 3]), int("keepdims", 0)];
    let with = |x: &Name| -> Vec<String> {
        std::iter::once(x.clone()).chain(own.iter().map(|name| (*name).to_owned())).collect()
    };
    let inputs = with(&x);
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    Ok(match placed.layer {
        Layer::Conv { kernel, stride, padding, activation, .. } => {
            let x = graph.op("Conv", &inputs, convolution(kernel, stride, padding, 1));
            activate(graph, x, activation)
        }
        Layer::Depthwise { kernel, stride, padding, activation, .. } => {
            let groups = placed.input[0] as i64;
            let x = graph.op("Conv", &inputs, convolution(kernel, stride, padding, groups));
            activate(graph, x, activation)
        }
        Layer::BatchNorm { epsilon, .. } => {
            graph.op("BatchNormalization", &inputs, vec![float("epsilon", epsilon as f32)])
        }
        Layer::Activation(activation) => activate(graph, x, Some(activation)),
        Layer::MaxPool { size } => graph.op("MaxPool", &inputs, window(size)),
        Layer::AvgPool { size } => graph.op("AveragePool", &inputs, window(size)),
        Layer::GlobalMaxPool => graph.op("ReduceMax", &inputs, whole()),
        Layer::GlobalAvgPool => graph.op("ReduceMean", &inputs, whole()),
        // Nothing is silenced while reading.
        Layer::Dropout { .. } => x,
        Layer::Flatten => graph.op("Flatten", &inputs, vec![int("axis", 1)]),
        Layer::Dense { activation, .. } => {
            let x = graph.op("Gemm", &inputs, vec![int("transB", 1)]);
            activate(graph, x, activation)
        }
        Layer::Skip | Layer::Add => bail!("residual blocks are put together above"),
    })
}

fn convolution(
    kernel: usize,
    stride: usize,
    padding: Padding,
    groups: i64,
) -> Vec<super::proto::AttributeProto> {
    let (before, after) = match padding {
        Padding::Same => same_padding(kernel),
        Padding::Valid => (0, 0),
    };
    let (before, after) = (before as i64, after as i64);
    vec![
        ints("kernel_shape", &[kernel as i64; 2]),
        ints("strides", &[stride as i64; 2]),
        ints("pads", &[before, before, after, after]),
        int("group", groups),
    ]
}

/// What follows a layer at once.
pub fn activate(graph: &mut Graph, x: Name, activation: Option<Activation>) -> Name {
    match activation {
        None => x,
        Some(Activation::Sigmoid) => graph.op("Sigmoid", &[&x], Vec::new()),
        Some(Activation::Tanh) => graph.op("Tanh", &[&x], Vec::new()),
        Some(Activation::Relu) => graph.op("Relu", &[&x], Vec::new()),
        // The operator of that name came with opset 20; this is its definition.
        Some(Activation::Gelu) => {
            let root = graph.number("root_of_two", SQRT_2);
            let (one, half) = (graph.number("one", 1.0), graph.number("half", 0.5));
            let scaled = graph.op("Div", &[&x, &root], Vec::new());
            let erf = graph.op("Erf", &[&scaled], Vec::new());
            let share = graph.op("Add", &[&erf, &one], Vec::new());
            let twice = graph.op("Mul", &[&x, &share], Vec::new());
            graph.op("Mul", &[&twice, &half], Vec::new())
        }
    }
}
