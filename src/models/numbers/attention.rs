//! A recurrent head that looks at some columns at a time, with location-sensitive attention (Chorowski et al., 2015,
//! arXiv 1506.07503): where it looked before tells it what comes next.
//!
//! Left alone it stays at chance for tens of thousands of numbers; shown where each character is, it learns at once.

use super::super::summary::{First, Param};
use super::head::{HeadPart, Scores};
use super::recurrent::{Cell, Said, zeros};
use super::truth::Truth;
use anyhow::bail;
use tch::{Kind, Tensor};

/// Columns that a filter over where it looked sees: a character and its neighbours.
const SEEN: usize = 15;

/// Shapes: features are channels, rows and columns.
pub fn parts(
    features: &[usize],
    classes: usize,
    longest: usize,
    hidden: usize,
) -> Result<Vec<HeadPart>, String> {
    let &[channels, rows, columns] = features else {
        return Err(format!("it needs channels, rows and columns, but its input is {features:?}"));
    };
    let width = classes + 1;
    let place = Param { name: "weight", shape: vec![hidden, 2, 1, SEEN], first: First::Weight };
    let place = HeadPart {
        name: "Places",
        kind: format!("Conv 1x{SEEN} of where it looked"),
        prefix: "places",
        output: vec![hidden, columns],
        params: vec![place],
    };
    let compare = Param { name: "weight", shape: vec![1, hidden], first: First::Weight };
    let compare = HeadPart {
        name: "Attention",
        kind: "Dense, softmax over columns".to_owned(),
        prefix: "attention",
        output: vec![longest, columns],
        params: vec![compare],
    };
    Ok(vec![
        HeadPart::dense(
            "Columns",
            "Dense over rows, ReLU",
            "columns",
            &[hidden, columns],
            &[hidden, channels, rows, 1],
        ),
        HeadPart::dense("Keys", "Dense", "keys", &[columns, hidden], &[hidden, hidden]),
        HeadPart::dense("Query", "Dense", "query", &[hidden], &[hidden, hidden]),
        place,
        compare,
        Cell::Gru.part(hidden + width, hidden),
        HeadPart::dense("Digits", "Dense, softmax", "digits", &[longest, width], &[width, 2 * hidden]),
    ])
}

/// Scores from features `[n, channels, rows, columns]`.
pub fn scores(
    features: &Tensor,
    params: &[&Tensor],
    longest: usize,
    truth: Option<&Truth>,
) -> anyhow::Result<Scores> {
    let &[
        columns_w,
        columns_b,
        keys_w,
        keys_b,
        query_w,
        query_b,
        places,
        compare,
        ih,
        hh,
        bias_ih,
        bias_hh,
        weight,
        bias,
    ] = params
    else {
        bail!("an attentive head has fourteen parameters, not {}", params.len())
    };
    let columns = features.f_conv2d(columns_w, Some(columns_b), [1, 1], [0, 0], [1, 1], 1)?.f_relu()?;
    // [n, columns, hidden]
    let memory = columns.f_squeeze_dim(2)?.f_transpose(1, 2)?.f_contiguous()?;
    let keys = memory.f_linear(keys_w, Some(keys_b))?;
    let (_, n_columns, hidden) = memory.size3()?;
    let mut said = Said::new(features, weight.size()[0], truth);
    let mut state = [zeros(features, hidden), zeros(features, 1)];
    let mut last = zeros(features, n_columns);
    let mut before = last.shallow_clone();
    let (mut all, mut looked) = (Vec::new(), Vec::new());
    for step in 0..longest as i64 {
        let seen = Tensor::f_stack(&[last, before.shallow_clone()], 1)?.f_unsqueeze(2)?;
        let padding = (SEEN / 2) as i64;
        let place = seen.f_conv2d(places, None::<&Tensor>, [1, 1], [0, padding], [1, 1], 1)?;
        let place = place.f_squeeze_dim(2)?.f_transpose(1, 2)?;
        let query = state[0].f_linear(query_w, Some(query_b))?.f_unsqueeze(1)?;
        let scores =
            (&keys + query + place).f_tanh()?.f_linear(compare, None::<&Tensor>)?.f_squeeze_dim(2)?;
        let looks = scores.f_softmax(-1, Kind::Float)?;
        let found = looks.f_unsqueeze(1)?.f_bmm(&memory)?.f_squeeze_dim(1)?;
        let x = Tensor::f_cat(&[found.shallow_clone(), said.before()?], 1)?;
        Cell::Gru.step(&x, &mut state, &[ih, hh, bias_ih, bias_hh])?;
        let says = Tensor::f_cat(&[state[0].shallow_clone(), found], 1)?.f_linear(weight, Some(bias))?;
        said.then(step, &says)?;
        before = before.f_add(&looks)?;
        last = looks;
        all.push(says);
        looked.push(scores.f_log_softmax(-1, Kind::Float)?);
    }
    Ok(Scores::Steps { classes: Tensor::f_stack(&all, 1)?, looked: Some(Tensor::f_stack(&looked, 1)?) })
}

/// How far it looks from the middle of each character: the cross-entropy with the two columns next to it. `looked` are
/// logarithms `[n, longest, columns]`.
pub fn guidance(looked: &Tensor, truth: &Truth) -> anyhow::Result<Tensor> {
    let (_, longest, columns) = looked.size3()?;
    let mut wanted = vec![0.0_f32; looked.numel()];
    for (row, centre) in wanted.chunks_mut(columns as usize).zip(&truth.centres) {
        if centre.is_nan() {
            continue;
        }
        // Columns have their middle at half: the share that is right of the left one's middle belongs to the other.
        let at = (centre * columns as f32 - 0.5).clamp(0.0, columns as f32 - 1.0);
        let (left, share) = (at.floor() as usize, at.fract());
        row[left] += 1.0 - share;
        if share > 0.0 {
            row[left + 1] += share;
        }
    }
    let wanted = Tensor::from_slice(&wanted).view([-1, longest, columns]).to_device(looked.device());
    Ok(-(looked * wanted).f_sum_dim_intlist([1_i64, 2].as_slice(), false, Kind::Float)?)
}
