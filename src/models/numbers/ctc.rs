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
/// Columns to each side of a character's middle that may say it: boxes and augmentation are not exact.
const BESIDE: i64 = 1;

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

/// For each picture, minus the logarithms of how probable each character is in that column over or beside its middle
/// that says it best. CTC alone finds out where characters are, and at first mixes up which column says which; shown
/// where they are, columns learn from far fewer numbers.
pub fn guidance(columns: &Tensor, truth: &Truth) -> anyhow::Result<Tensor> {
    let (n_columns, n, width) = columns.size3()?;
    let mut places = Vec::with_capacity(truth.classes.len() * (2 * BESIDE + 1) as usize);
    let mut said = Vec::with_capacity(truth.classes.len());
    for (i, (class, centre)) in truth.classes.iter().zip(&truth.centres).enumerate() {
        let picture = (i / truth.longest) as i64;
        let is_there = !centre.is_nan();
        said.push(if is_there { 1.0_f32 } else { 0.0 });
        let middle = if is_there { (centre * n_columns as f32) as i64 } else { 0 };
        places.extend((-BESIDE..=BESIDE).map(|beside| {
            let column = (middle + beside).clamp(0, n_columns - 1);
            (column * n + picture) * width + class
        }));
    }
    let device = columns.device();
    let each = columns.f_reshape([-1])?.f_index_select(0, &Tensor::from_slice(&places).to_device(device))?;
    let best = each.f_view([n, truth.longest as i64, 2 * BESIDE + 1])?.f_amax([2], false)?;
    let said = Tensor::from_slice(&said).to_device(device).view([n, truth.longest as i64]);
    Ok((best * said).f_sum_dim_intlist([1_i64].as_slice(), false, Kind::Float)?.f_neg()?)
}

/// What is read, picture after picture.
pub fn read(columns: &Tensor, n_classes: usize, beam: usize) -> anyhow::Result<Vec<Reading>> {
    let (n_columns, n, width) = columns.size3()?;
    let all = list(&columns.f_exp()?.f_transpose(0, 1)?)?;
    let of_one = (n_columns * width) as usize;
    let read = |i: usize| decode::read(&all[i * of_one..][..of_one], width as usize, n_classes, beam);
    Ok((0..n as usize).map(read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn guidance_counts_what_the_best_column_near_a_character_does_not_say() {
        // Eight columns, two pictures, two classes and the blank, all equally probable but for one column.
        let mut columns = vec![(1.0_f32 / 3.0).ln(); 8 * 2 * 3];
        columns[(5 * 2) * 3 + 1] = 0.9_f32.ln();
        let columns = Tensor::from_slice(&columns).view([8, 2, 3]).to_device(Device::Cpu);
        let truth = Truth {
            longest: 2,
            lengths: vec![2, 1],
            classes: vec![0, 1, 1, 2],
            // The middle of the second character is in the column beside the one that says it.
            centres: vec![0.1, 0.55, 0.99, f32::NAN],
            places: Vec::new(),
        };
        let found = list(&guidance(&columns, &truth).expect("it can be worked out")).expect("numbers");
        let third = 3.0_f32.ln();
        for (found, wanted) in found.iter().zip([third - 0.9_f32.ln(), third]) {
            assert!((found - wanted).abs() < 1e-5, "{found} and {wanted}");
        }
    }
}
