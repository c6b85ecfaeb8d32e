//! Connectionist temporal classification (Graves et al., 2006): every column says a character or blank, what is said
//! twice in a row counts once, blanks count nothing; the loss is that of all ways to say the number together.

use super::decode;
use super::head::{HeadPart, Scores, list};
use super::reading::Reading;
use super::truth::Truth;
use anyhow::bail;
use tch::{Kind, Reduction, Tensor};

/// Columns that each column sees of its neighbours, itself among them.
const CONTEXT: usize = 3;

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
    if columns < longest {
        return Err(format!(
            "{columns} columns cannot say {longest} characters; choose fewer stages or wider pictures"
        ));
    }
    let output = [classes + 1, columns];
    Ok(vec![
        HeadPart::dense(
            "Columns",
            "Dense over rows, ReLU",
            "columns",
            &[hidden, columns],
            &[hidden, channels, rows, 1],
        ),
        HeadPart::dense(
            "Context",
            format!("Conv 1x{CONTEXT}, ReLU"),
            "context",
            &[hidden, columns],
            &[hidden, hidden, 1, CONTEXT],
        ),
        HeadPart::dense("Digits", "Dense, softmax", "digits", &output, &[classes + 1, hidden]),
    ])
}

/// Logarithms of probabilities `[columns, n, classes + 1]` from features `[n, channels, rows, columns]`.
pub fn scores(features: &Tensor, params: &[&Tensor]) -> anyhow::Result<Scores> {
    let &[columns, columns_bias, context, context_bias, weight, bias] = params else {
        bail!("a head of columns has six parameters, not {}", params.len())
    };
    let x = features.f_conv2d(columns, Some(columns_bias), [1, 1], [0, 0], [1, 1], 1)?.f_relu()?;
    let padding = (CONTEXT / 2) as i64;
    let x = x.f_conv2d(context, Some(context_bias), [1, 1], [0, padding], [1, 1], 1)?.f_relu()?;
    // [n, hidden, 1, columns] to [columns, n, hidden].
    let x = x.f_squeeze_dim(2)?.f_permute([2, 0, 1])?;
    Ok(Scores::Columns(x.f_linear(weight, Some(bias))?.f_log_softmax(-1, Kind::Float)?))
}

/// Minus the logarithm of the probability of each number.
pub fn loss(columns: &Tensor, truth: &Truth) -> anyhow::Result<Tensor> {
    let (n_columns, n, width) = columns.size3()?;
    let each = vec![n_columns; n as usize];
    // Such as has more characters, and blanks between equal ones, than there are columns cannot be said: it is left
    // out, or one such number would end the training.
    Ok(Tensor::f_ctc_loss(
        columns,
        &truth.classes_on(columns.device()),
        each.as_slice(),
        truth.lengths.as_slice(),
        width - 1,
        Reduction::None,
        true,
    )?)
}

/// What is read, picture after picture.
pub fn read(columns: &Tensor, n_classes: usize, beam: usize) -> anyhow::Result<Vec<Reading>> {
    let (n_columns, n, width) = columns.size3()?;
    let all = list(&columns.f_exp()?.f_transpose(0, 1)?)?;
    let of_one = (n_columns * width) as usize;
    let read = |i: usize| decode::read(&all[i * of_one..][..of_one], width as usize, n_classes, beam);
    Ok((0..n as usize).map(read).collect())
}
