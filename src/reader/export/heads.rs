//! The heads that read whole numbers as ONNX operations: loops over characters are written out, one after another.

use super::graph::{Graph, Name, int, ints};
use super::layers::activate;
use crate::models::layers::Activation;
use crate::models::numbers::{Cell, Head, NumberNetwork};
use anyhow::{Context as _, bail};
use tch::Tensor;

/// Columns that the attentive head's filter sees to each side.
const SEEN: i64 = 7;

/// Weights by their name in the model file.
struct Weights<'a>(&'a [(String, Tensor)]);

impl Weights<'_> {
    fn get(&self, name: &str) -> anyhow::Result<&Tensor> {
        let found = self.0.iter().find(|(n, _)| n == name);
        Ok(&found.with_context(|| format!("the head has no {name}"))?.1)
    }
}

/// Something that comes out: its name in the graph, its name outside, its shape without the images, its meaning.
pub struct Said {
    /// In the graph.
    pub computed: Name,
    /// Outside.
    pub name: &'static str,
    /// Without the number of images.
    pub shape: Vec<i64>,
    /// In words.
    pub meaning: String,
}

/// Appends the head behind the trunk's features.
pub fn head(graph: &mut Graph, network: &NumberNetwork, features: &Name) -> anyhow::Result<Vec<Said>> {
    let weights = Weights(network.head());
    let longest = network.design.longest as i64;
    graph.scope = "head".to_owned();
    let mut said = match network.design.head {
        Head::Nothing => Vec::new(),
        Head::Positions { fed, shared } => positions(graph, &weights, features, longest, fed, shared)?,
        Head::Recurrent { cell, .. } => {
            let mut steps = Vec::new();
            let (mut state, mut before) = (State::default(), None);
            for _ in 0..longest {
                step(graph, &weights, cell, Some(features), before.as_ref(), &mut state)?;
                let shown = state.shown.clone().context("a step was made")?;
                let scores = dense(graph, &weights, "digits", &shown)?;
                before = Some(graph.op("ArgMax", &[&scores], vec![int("axis", 1), int("keepdims", 0)]));
                steps.push(scores);
            }
            vec![characters(graph, &steps, longest, width(&weights, "digits")?)]
        }
        Head::Attention { .. } => attention(graph, &weights, features, longest)?,
        Head::Ctc { .. } => ctc(graph, &weights, features)?,
    };
    if network.design.place.is_some() {
        said.push(place(graph, &weights, features)?);
    }
    graph.scope.clear();
    Ok(said)
}

fn width(weights: &Weights<'_>, layer: &str) -> anyhow::Result<i64> {
    Ok(weights.get(&format!("{layer}.weight"))?.size()[0])
}

/// `x [n, in]` through a dense layer of the head.
fn dense(graph: &mut Graph, weights: &Weights<'_>, layer: &str, x: &Name) -> anyhow::Result<Name> {
    let weight = graph.weights(&format!("{layer}.weight"), weights.get(&format!("{layer}.weight"))?)?;
    let bias = graph.weights(&format!("{layer}.bias"), weights.get(&format!("{layer}.bias"))?)?;
    Ok(graph.op("Gemm", &[x, &weight, &bias], vec![int("transB", 1)]))
}

/// `x [n, m, in]` through a dense layer of the head.
fn each(graph: &mut Graph, weights: &Weights<'_>, layer: &str, x: &Name) -> anyhow::Result<Name> {
    let weight = weights.get(&format!("{layer}.weight"))?.tr();
    let weight = graph.weights(&format!("{layer}.weight"), &weight)?;
    let bias = graph.weights(&format!("{layer}.bias"), weights.get(&format!("{layer}.bias"))?)?;
    let product = graph.op("MatMul", &[x, &weight], Vec::new());
    Ok(graph.op("Add", &[&product, &bias], Vec::new()))
}

fn softmax(graph: &mut Graph, x: &Name) -> Name {
    graph.op("Softmax", &[x], vec![int("axis", -1)])
}

fn squeeze(graph: &mut Graph, x: &Name, axis: i64) -> Name {
    let axes = graph.list("axes", &[axis]);
    graph.op("Squeeze", &[x, &axes], Vec::new())
}

fn unsqueeze(graph: &mut Graph, x: &Name, axis: i64) -> Name {
    let axes = graph.list("axes", &[axis]);
    graph.op("Unsqueeze", &[x, &axes], Vec::new())
}

fn positions(
    graph: &mut Graph,
    weights: &Weights<'_>,
    features: &Name,
    longest: i64,
    fed: bool,
    shared: bool,
) -> anyhow::Result<Vec<Said>> {
    let scores = dense(graph, weights, "length", features)?;
    let length = softmax(graph, &scores);
    let seen = match fed {
        true => graph.op("Concat", &[features, &length], vec![int("axis", 1)]),
        false => features.clone(),
    };
    let (scores, width) = if shared {
        let between = weights.get("position.weight")?;
        let n_seen = between.size()[1] - longest;
        let common = graph.weights("position.weight", &between.narrow(1, 0, n_seen))?;
        let bias = graph.weights("position.bias", weights.get("position.bias")?)?;
        let common = graph.op("Gemm", &[&seen, &common, &bias], vec![int("transB", 1)]);
        let common = unsqueeze(graph, &common, 1);
        let own = graph.weights("position.own", &between.narrow(1, n_seen, longest).tr().unsqueeze(0))?;
        let sum = graph.op("Add", &[&common, &own], Vec::new());
        let hidden = activate(graph, sum, Some(Activation::Relu));
        (each(graph, weights, "digit", &hidden)?, width(weights, "digit")?)
    } else {
        let width = width(weights, "digits")? / longest;
        let flat = dense(graph, weights, "digits", &seen)?;
        let shape = graph.list("shape", &[-1, longest, width]);
        (graph.op("Reshape", &[&flat, &shape], Vec::new()), width)
    };
    let all = softmax(graph, &scores);
    Ok(vec![
        Said {
            computed: length,
            name: "length",
            shape: vec![longest + 1],
            meaning: "Probability of each number of characters, from none on".to_owned(),
        },
        Said { computed: all, name: "characters", shape: vec![longest, width], meaning: meaning(longest) },
    ])
}

fn meaning(longest: i64) -> String {
    format!("For each of {longest} places the probability of each class, and last that of no character")
}

/// Scores of one character after another, `[n, width]` each, as probabilities `[n, longest, width]`.
fn characters(graph: &mut Graph, steps: &[Name], longest: i64, width: i64) -> Said {
    let apart: Vec<Name> = steps.iter().map(|scores| unsqueeze(graph, scores, 1)).collect();
    let apart: Vec<&str> = apart.iter().map(String::as_str).collect();
    let all = graph.op("Concat", &apart, vec![int("axis", 1)]);
    let computed = softmax(graph, &all);
    Said { computed, name: "characters", shape: vec![longest, width], meaning: meaning(longest) }
}

/// What a cell carries from step to step; nothing before the first one, where it is all zeros.
#[derive(Default)]
struct State {
    shown: Option<Name>,
    kept: Option<Name>,
}

/// A step of a recurrent cell with PyTorch's weights, which sees `x` and the class that was said before.
fn step(
    graph: &mut Graph,
    weights: &Weights<'_>,
    cell: Cell,
    x: Option<&Name>,
    before: Option<&Name>,
    state: &mut State,
) -> anyhow::Result<()> {
    let (ih, hh) = (weights.get("cell.weight_ih")?, weights.get("cell.weight_hh")?);
    let hidden = hh.size()[1];
    let width = width(weights, "digits")?;
    let n_features = ih.size()[1] - width;
    let of_x = graph.weights("cell.weight_x", &ih.narrow(1, 0, n_features))?;
    let bias = graph.weights("cell.bias_ih", weights.get("cell.bias_ih")?)?;
    let x = x.context("the cell sees something")?;
    let seen = graph.op("Gemm", &[x, &of_x, &bias], vec![int("transB", 1)]);
    // One column of the weights for each class: what was said chooses one. Before the first step it is the blank's.
    let of_said = ih.narrow(1, n_features, width).tr();
    let said = match before {
        Some(class) => {
            let table = graph.weights("cell.weight_said", &of_said)?;
            graph.op("Gather", &[&table, class], vec![int("axis", 0)])
        }
        None => graph.weights("cell.weight_blank", &of_said.narrow(0, width - 1, 1))?,
    };
    let seen = graph.op("Add", &[&seen, &said], Vec::new());
    let bias = weights.get("cell.bias_hh")?;
    let recalled = match &state.shown {
        Some(shown) => {
            let weight = graph.weights("cell.weight_hh", hh)?;
            let bias = graph.weights("cell.bias_hh", bias)?;
            graph.op("Gemm", &[shown, &weight, &bias], vec![int("transB", 1)])
        }
        None => graph.weights("cell.bias_hh", &bias.unsqueeze(0))?,
    };
    match cell {
        Cell::Lstm => lstm(graph, &seen, &recalled, hidden, state),
        Cell::Gru => gru(graph, &seen, &recalled, hidden, state),
    }
    Ok(())
}

/// Columns `[from, to)` of `x [n, columns]`.
fn columns(graph: &mut Graph, x: &Name, from: i64, to: i64) -> Name {
    let (starts, ends) = (graph.list("starts", &[from]), graph.list("ends", &[to]));
    let axes = graph.list("axes", &[1]);
    graph.op("Slice", &[x, &starts, &ends, &axes], Vec::new())
}

fn lstm(graph: &mut Graph, seen: &Name, recalled: &Name, hidden: i64, state: &mut State) {
    let sum = graph.op("Add", &[seen, recalled], Vec::new());
    let gate = |graph: &mut Graph, at: i64, kind: &str| {
        let part = columns(graph, &sum, at * hidden, (at + 1) * hidden);
        graph.op(kind, &[&part], Vec::new())
    };
    let (enter, forget) = (gate(graph, 0, "Sigmoid"), gate(graph, 1, "Sigmoid"));
    let (new, show) = (gate(graph, 2, "Tanh"), gate(graph, 3, "Sigmoid"));
    let entered = graph.op("Mul", &[&enter, &new], Vec::new());
    let kept = match &state.kept {
        Some(kept) => {
            let left = graph.op("Mul", &[&forget, kept], Vec::new());
            graph.op("Add", &[&left, &entered], Vec::new())
        }
        None => entered,
    };
    let squashed = graph.op("Tanh", &[&kept], Vec::new());
    state.shown = Some(graph.op("Mul", &[&show, &squashed], Vec::new()));
    state.kept = Some(kept);
}

fn gru(graph: &mut Graph, seen: &Name, recalled: &Name, hidden: i64, state: &mut State) {
    let part = |graph: &mut Graph, of: &Name, at: i64| columns(graph, of, at * hidden, (at + 1) * hidden);
    let gate = |graph: &mut Graph, at: i64| {
        let (a, b) = (part(graph, seen, at), part(graph, recalled, at));
        let sum = graph.op("Add", &[&a, &b], Vec::new());
        graph.op("Sigmoid", &[&sum], Vec::new())
    };
    let (reset, update) = (gate(graph, 0), gate(graph, 1));
    let (a, b) = (part(graph, seen, 2), part(graph, recalled, 2));
    let b = graph.op("Mul", &[&reset, &b], Vec::new());
    let sum = graph.op("Add", &[&a, &b], Vec::new());
    let new = graph.op("Tanh", &[&sum], Vec::new());
    let one = graph.number("one", 1.0);
    let share = graph.op("Sub", &[&one, &update], Vec::new());
    let entered = graph.op("Mul", &[&share, &new], Vec::new());
    state.shown = Some(match &state.shown {
        Some(shown) => {
            let left = graph.op("Mul", &[&update, shown], Vec::new());
            graph.op("Add", &[&entered, &left], Vec::new())
        }
        None => entered,
    });
}

/// A convolution of the head and ReLU; `pads` are columns to the left and right.
fn convolved(
    graph: &mut Graph,
    weights: &Weights<'_>,
    layer: &str,
    x: &Name,
    pads: i64,
) -> anyhow::Result<Name> {
    let weight = weights.get(&format!("{layer}.weight"))?;
    let kernel = &weight.size()[2..];
    let settings = vec![ints("kernel_shape", kernel), ints("pads", &[0, pads, 0, pads])];
    let weight = graph.weights(&format!("{layer}.weight"), weight)?;
    let bias = graph.weights(&format!("{layer}.bias"), weights.get(&format!("{layer}.bias"))?)?;
    let x = graph.op("Conv", &[x, &weight, &bias], settings);
    Ok(activate(graph, x, Some(Activation::Relu)))
}

/// `[n, hidden, 1, columns]` as `[n, columns, hidden]`.
fn in_columns(graph: &mut Graph, x: &Name) -> Name {
    let x = squeeze(graph, x, 2);
    graph.op("Transpose", &[&x], vec![ints("perm", &[0, 2, 1])])
}

fn ctc(graph: &mut Graph, weights: &Weights<'_>, features: &Name) -> anyhow::Result<Vec<Said>> {
    let x = convolved(graph, weights, "columns", features, 0)?;
    let x = convolved(graph, weights, "context", &x, 1)?;
    let x = in_columns(graph, &x);
    let scores = each(graph, weights, "digits", &x)?;
    let computed = softmax(graph, &scores);
    // Minus one: how many columns there are follows from the picture.
    let shape = vec![-1, width(weights, "digits")?];
    let meaning =
        "For each column of the picture the probability of each class, and last that of none; what is said twice in a row counts once"
            .to_owned();
    Ok(vec![Said { computed, name: "columns", shape, meaning }])
}

/// What says where the number is.
fn place(graph: &mut Graph, weights: &Weights<'_>, features: &Name) -> anyhow::Result<Said> {
    let weight = graph.weights("where.weight", weights.get("where.weight")?)?;
    let bias = graph.weights("where.bias", weights.get("where.bias")?)?;
    let settings = vec![ints("kernel_shape", &[3; 2]), ints("strides", &[2; 2]), ints("pads", &[1; 4])];
    let x = graph.op("Conv", &[features, &weight, &bias], settings);
    let x = activate(graph, x, Some(Activation::Relu));
    let x = graph.op("Flatten", &[&x], vec![int("axis", 1)]);
    let x = dense(graph, weights, "around", &x)?;
    let x = activate(graph, x, Some(Activation::Relu));
    let x = dense(graph, weights, "box", &x)?;
    let computed = activate(graph, x, Some(Activation::Sigmoid));
    let meaning = "Where the number is: column and row of its middle, width and height, as shares of the picture's sides";
    Ok(Said { computed, name: "box", shape: vec![4], meaning: meaning.to_owned() })
}

fn attention(
    graph: &mut Graph,
    weights: &Weights<'_>,
    features: &Name,
    longest: i64,
) -> anyhow::Result<Vec<Said>> {
    let x = convolved(graph, weights, "columns", features, 0)?;
    let memory = in_columns(graph, &x);
    let keys = each(graph, weights, "keys", &memory)?;
    let compare = weights.get("attention.weight")?.tr();
    let (mut state, mut said, mut steps) = (State::default(), None, Vec::new());
    // Where it looked last, and all that it looked at.
    let mut looked: Option<(Name, Name)> = None;
    for _ in 0..longest {
        let query = match &state.shown {
            Some(shown) => {
                let query = dense(graph, weights, "query", shown)?;
                unsqueeze(graph, &query, 1)
            }
            None => graph.weights("query.bias", &weights.get("query.bias")?.view([1, 1, -1]))?,
        };
        let mut sum = graph.op("Add", &[&keys, &query], Vec::new());
        if let Some((last, all)) = &looked {
            let pair = [last, all].map(|row| unsqueeze(graph, row, 1));
            let pair = graph.op("Concat", &[&pair[0], &pair[1]], vec![int("axis", 1)]);
            let seen = unsqueeze(graph, &pair, 2);
            let place = weights.get("places.weight")?;
            let kernel = ints("kernel_shape", &place.size()[2..]);
            anyhow::ensure!(place.size()[3] == 2 * SEEN + 1, "its filter sees {} columns", place.size()[3]);
            let place = graph.weights("places.weight", place)?;
            let place = graph.op("Conv", &[&seen, &place], vec![kernel, ints("pads", &[0, SEEN, 0, SEEN])]);
            let place = in_columns(graph, &place);
            sum = graph.op("Add", &[&sum, &place], Vec::new());
        }
        let squashed = graph.op("Tanh", &[&sum], Vec::new());
        let compare = graph.weights("attention.weight", &compare)?;
        let scores = graph.op("MatMul", &[&squashed, &compare], Vec::new());
        let scores = squeeze(graph, &scores, 2);
        let looks = softmax(graph, &scores);
        let row = unsqueeze(graph, &looks, 1);
        let found = graph.op("MatMul", &[&row, &memory], Vec::new());
        let found = squeeze(graph, &found, 1);
        step(graph, weights, Cell::Gru, Some(&found), said.as_ref(), &mut state)?;
        let Some(shown) = state.shown.clone() else { bail!("a step was made") };
        let both = graph.op("Concat", &[&shown, &found], vec![int("axis", 1)]);
        let says = dense(graph, weights, "digits", &both)?;
        said = Some(graph.op("ArgMax", &[&says], vec![int("axis", 1), int("keepdims", 0)]));
        let all = match &looked {
            Some((_, all)) => graph.op("Add", &[all, &looks], Vec::new()),
            None => looks.clone(),
        };
        looked = Some((looks, all));
        steps.push(says);
    }
    Ok(vec![characters(graph, &steps, longest, width(weights, "digits")?)])
}
