//! A classifier for the length and one for each position, of what is behind the last character a blank.

use super::head::{HeadPart, Scores, list};
use super::reading::{Reading, likeliest};
use super::truth::{LEFT_OUT, Truth};
use anyhow::bail;
use tch::{Kind, Reduction, Tensor};

/// Shapes: features are a list.
pub fn parts(
    features: &[usize],
    classes: usize,
    longest: usize,
    fed: bool,
    shared: bool,
) -> Result<Vec<HeadPart>, String> {
    let &[n] = features else {
        return Err(format!("it needs a list of features, but its input is {features:?}"));
    };
    let seen = n + if fed { longest + 1 } else { 0 };
    let beside = if fed { ", sees the length" } else { "" };
    let mut parts =
        vec![HeadPart::dense("Length", "Dense, softmax", "length", &[longest + 1], &[longest + 1, n])];
    if shared {
        // The position has to meet the features before the classes are told apart: a layer between.
        let kind = format!("Dense, ReLU, for each position{beside}");
        parts.push(HeadPart::dense("Position", kind, "position", &[longest, n], &[n, seen + longest]));
        let kind = "Dense, softmax, one for all positions";
        parts.push(HeadPart::dense("Digit", kind, "digit", &[longest, classes + 1], &[classes + 1, n]));
    } else {
        let kind = format!("Dense, softmax, one for each position{beside}");
        let weight = [longest * (classes + 1), seen];
        parts.push(HeadPart::dense("Digits", kind, "digits", &[longest, classes + 1], &weight));
    }
    Ok(parts)
}

/// Scores from features `[n, features]`.
pub fn scores(
    features: &Tensor,
    params: &[&Tensor],
    longest: usize,
    fed: bool,
    shared: bool,
) -> anyhow::Result<Scores> {
    let longest = longest as i64;
    let (&[weight, bias], rest) = params.split_first_chunk::<2>().map_or((&[features; 2], params), |s| s);
    let length = features.f_linear(weight, Some(bias))?;
    let seen = match fed {
        true => Tensor::f_cat(&[features.shallow_clone(), length.f_softmax(-1, Kind::Float)?], 1)?,
        false => features.shallow_clone(),
    };
    let classes = match (shared, rest) {
        // As many rows as there are: a traced network is not to be held to the number of pictures that it was traced with.
        (false, &[weight, bias]) => {
            let width = weight.size()[0] / longest;
            seen.f_linear(weight, Some(bias))?.f_view([-1, longest, width])?
        }
        (true, &[between, between_bias, weight, bias]) => {
            // The weight on a position's one is a bias of its own: nothing need be written out for each position.
            let width = seen.size()[1];
            let common = seen.f_linear(&between.f_narrow(1, 0, width)?, Some(between_bias))?;
            let own = between.f_narrow(1, width, longest)?.f_tr()?;
            let hidden = (common.f_unsqueeze(1)? + own.f_unsqueeze(0)?).f_relu()?;
            hidden.f_linear(weight, Some(bias))?
        }
        _ => bail!("a head of positions has four or six parameters, not {}", params.len()),
    };
    Ok(Scores::Positions { length, classes })
}

/// The cross-entropy of the length and of every position, blanks too.
pub fn loss(length: &Tensor, classes: &Tensor, truth: &Truth, smoothing: f64) -> anyhow::Result<Tensor> {
    let device = length.device();
    let of_length = cross_entropy(length, &truth.lengths_on(device), smoothing)?;
    Ok(of_length + of_each(classes, &truth.classes_on(device), smoothing)?)
}

/// The sum of the cross-entropies of `[n, longest, width]` scores with classes `[n, longest]`, for each picture.
pub fn of_each(scores: &Tensor, classes: &Tensor, smoothing: f64) -> anyhow::Result<Tensor> {
    let (size, longest) = (scores.size(), classes.size()[1]);
    let each = cross_entropy(&scores.f_reshape([-1, size[2]])?, &classes.f_reshape([-1])?, smoothing)?;
    Ok(each.f_view([-1, longest])?.f_sum_dim_intlist(1, false, Kind::Float)?)
}

fn cross_entropy(scores: &Tensor, classes: &Tensor, smoothing: f64) -> anyhow::Result<Tensor> {
    let none = None::<&Tensor>;
    Ok(scores.f_cross_entropy_loss(classes, none, Reduction::None, LEFT_OUT, smoothing)?)
}

/// The likeliest length and characters together.
pub fn read(length: &Tensor, classes: &Tensor, n_classes: usize) -> anyhow::Result<Vec<Reading>> {
    let (n, longest, width) = classes.size3()?;
    let lengths = list(&length.f_softmax(-1, Kind::Float)?)?;
    let each = list(&classes.f_softmax(-1, Kind::Float)?)?;
    let (of_lengths, of_classes) = (longest as usize + 1, (longest * width) as usize);
    Ok((0..n as usize)
        .map(|i| {
            let lengths = &lengths[i * of_lengths..][..of_lengths];
            likeliest(lengths, &each[i * of_classes..][..of_classes], width as usize, n_classes)
        })
        .collect())
}
