//! A cell that says one character after another until it says blank, and sees what it said before.

use super::super::summary::{First, Param};
use super::head::{HeadPart, Scores, list};
use super::positions::of_each;
use super::reading::{Reading, shares};
use super::truth::Truth;
use anyhow::bail;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

/// A kind of recurrent cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// Long short-term memory (Hochreiter and Schmidhuber, 1997).
    #[default]
    Lstm,
    /// Gated recurrent unit (Cho et al., 2014, arXiv 1406.1078).
    Gru,
}

crate::choice!(Cell {
    Self::Lstm => Self::Lstm, "lstm", "LSTM", "Long short-term memory";
    Self::Gru => Self::Gru, "gru", "GRU", "Gated recurrent unit: three quarters of the weights of an LSTM";
});

impl Cell {
    const fn gates(self) -> usize {
        match self {
            Self::Lstm => 4,
            Self::Gru => 3,
        }
    }

    /// The cell as a part of a head, with PyTorch's parameters and their order.
    pub fn part(self, input: usize, hidden: usize) -> HeadPart {
        let rows = self.gates() * hidden;
        let (weight, bias) = (First::Weight, First::Bias { fan_in: hidden });
        let param = |name, shape: &[usize], first| Param { name, shape: shape.to_vec(), first };
        let params = vec![
            param("weight_ih", &[rows, input], weight),
            param("weight_hh", &[rows, hidden], weight),
            param("bias_ih", &[rows], bias),
            param("bias_hh", &[rows], bias),
        ];
        let kind = if self == Self::Lstm { "LSTM" } else { "GRU" };
        let kind = format!("{kind}, sees the character before");
        HeadPart { name: "Cell", kind, prefix: "cell", output: vec![hidden], params }
    }

    /// One step: what the cell shows, from its input and its state, which moves on.
    pub fn step(self, x: &Tensor, state: &mut [Tensor; 2], params: &[&Tensor; 4]) -> anyhow::Result<()> {
        let [ih, hh, bias_ih, bias_hh] = *params;
        match self {
            Self::Lstm => {
                let (shown, kept) =
                    x.f_lstm_cell(&[&state[0], &state[1]], ih, hh, Some(bias_ih), Some(bias_hh))?;
                *state = [shown, kept];
            }
            Self::Gru => state[0] = x.f_gru_cell(&state[0], ih, hh, Some(bias_ih), Some(bias_hh))?,
        }
        Ok(())
    }
}

/// Shapes: features are a list, which the cell sees at every step.
pub fn parts(
    features: &[usize],
    classes: usize,
    longest: usize,
    cell: Cell,
    hidden: usize,
) -> Result<Vec<HeadPart>, String> {
    let &[n] = features else {
        return Err(format!("it needs a list of features, but its input is {features:?}"));
    };
    let digits = HeadPart::dense(
        "Digits",
        "Dense, softmax",
        "digits",
        &[longest, classes + 1],
        &[classes + 1, hidden],
    );
    Ok(vec![cell.part(n + classes + 1, hidden), digits])
}

/// What was said before the first step and at every step: as the truth has it, or as found.
pub struct Said {
    truth: Option<Tensor>,
    last: Tensor,
    width: i64,
}

impl Said {
    /// Before the first step nothing was said: blank.
    pub fn new(features: &Tensor, width: i64, truth: Option<&Truth>) -> Self {
        let device = features.device();
        let last = zeros(features, 1).squeeze_dim(1).to_kind(Kind::Int64) + (width - 1);
        Self { truth: truth.map(|truth| truth.classes_on(device)), last, width }
    }

    /// The character before, as ones and zeros `[n, width]`.
    pub fn before(&self) -> anyhow::Result<Tensor> {
        Ok(self.last.f_one_hot(self.width)?.f_to_kind(Kind::Float)?)
    }

    /// Goes on behind the step whose scores these are.
    pub fn then(&mut self, step: i64, scores: &Tensor) -> anyhow::Result<()> {
        self.last = match &self.truth {
            Some(truth) => truth.f_select(1, step)?,
            None => scores.f_detach()?.f_argmax(-1, false)?,
        };
        Ok(())
    }
}

/// Zeros `[n, width]` for `n` pictures, told by the features themselves and not by a number: a traced network is not to
/// be held to the number of pictures that it was traced with.
pub fn zeros(features: &Tensor, width: i64) -> Tensor {
    features.detach().flatten(1, -1).narrow(1, 0, 1).zeros_like().expand([-1, width], false)
}

/// Scores from features `[n, features]`.
pub fn scores(
    features: &Tensor,
    params: &[&Tensor],
    longest: usize,
    cell: Cell,
    truth: Option<&Truth>,
) -> anyhow::Result<Scores> {
    let &[ih, hh, bias_ih, bias_hh, weight, bias] = params else {
        bail!("a recurrent head has six parameters, not {}", params.len())
    };
    let mut said = Said::new(features, weight.size()[0], truth);
    let empty = zeros(features, hh.size()[1]);
    let mut state = [empty.shallow_clone(), empty];
    let mut all = Vec::with_capacity(longest);
    for step in 0..longest as i64 {
        let x = Tensor::f_cat(&[features.shallow_clone(), said.before()?], 1)?;
        cell.step(&x, &mut state, &[ih, hh, bias_ih, bias_hh])?;
        let scores = state[0].f_linear(weight, Some(bias))?;
        said.then(step, &scores)?;
        all.push(scores);
    }
    Ok(Scores::Steps { classes: Tensor::f_stack(&all, 1)?, looked: None })
}

/// The cross-entropy of every character and of the blank behind the last.
pub fn loss(classes: &Tensor, truth: &Truth, smoothing: f64) -> anyhow::Result<Tensor> {
    of_each(classes, &truth.until_blank_on(classes.device()), smoothing)
}

/// Characters until the first blank; the confidence is the product of all that was said, the blank too.
pub fn read(classes: &Tensor, n_classes: usize) -> anyhow::Result<Vec<Reading>> {
    let (n, longest, width) = classes.size3()?;
    let all = list(&classes.f_softmax(-1, Kind::Float)?)?;
    let (longest, width) = (longest as usize, width as usize);
    Ok((0..n as usize)
        .map(|i| until_blank(&all[i * longest * width..][..longest * width], width, n_classes))
        .collect())
}

fn until_blank(all: &[f32], width: usize, n_classes: usize) -> Reading {
    let mut reading = Reading { confidence: 1.0, ..Reading::default() };
    let (mut goes_on, mut reads) = (1.0, true);
    for step in all.chunks(width) {
        let blank = step[n_classes];
        reading.lengths.push(goes_on * blank);
        goes_on *= 1.0 - blank;
        let first = (n_classes, f32::NEG_INFINITY);
        let (class, probability) =
            step.iter().enumerate().fold(first, |best, (i, p)| if *p > best.1 { (i, *p) } else { best });
        if reads {
            reading.confidence *= probability;
            reads = class != n_classes;
        }
        if reads {
            reading.classes.push(class as u8);
            reading.characters.push(shares(&step[..n_classes]));
        }
    }
    reading.lengths.push(goes_on);
    reading
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_ends_at_the_first_blank() {
        let all = [0.7, 0.2, 0.1, 0.1, 0.1, 0.8, 0.0, 0.9, 0.1];
        let reading = until_blank(&all, 3, 2);
        assert_eq!(reading.classes, [0]);
        assert!((reading.confidence - 0.7 * 0.8).abs() < 1e-6);
        let lengths = [0.1, 0.9 * 0.8, 0.9 * 0.2 * 0.1, 0.9 * 0.2 * 0.9];
        assert!(reading.lengths.iter().zip(lengths).all(|(a, b)| (a - b).abs() < 1e-6), "{reading:?}");
    }
}
