//! What says the number: the list of heads, their parts as plain data, and what they give.

use super::super::summary::{First, Param};
use super::reading::Reading;
use super::recurrent::Cell;
use super::truth::Truth;
use super::{attention, ctc, positions, recurrent};
use tch::{Kind, Tensor};

/// What follows the trunk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Head {
    /// Nothing: only the number's place is asked for.
    Nothing,
    /// A classifier for the length and one for each position.
    Positions {
        /// Whether the positions see what the length's classifier says.
        fed: bool,
        /// Whether all positions share one classifier, which is told the position.
        shared: bool,
    },
    /// A cell that says one character after another until it says blank; it sees what it said.
    Recurrent {
        /// Kind of cell.
        cell: Cell,
        /// Its width.
        hidden: usize,
    },
    /// The same, and it looks at some columns of the trunk's output at a time.
    Attention {
        /// Width of cell, columns and comparison.
        hidden: usize,
        /// What it counts when it looks elsewhere than where the character is.
        guidance: f64,
    },
    /// Every column says a character or blank; what is said twice in a row counts once.
    Ctc {
        /// Width of each column.
        hidden: usize,
        /// Beginnings of numbers that are kept while reading; 1 takes the likeliest of each column.
        beam: usize,
        /// What it counts when no column over a character says it.
        guidance: f64,
    },
}

/// A part of a head with its parameters, as plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadPart {
    /// As shown: "Length".
    pub name: &'static str,
    /// What it is in words.
    pub kind: String,
    /// What its parameters' names begin with.
    pub prefix: &'static str,
    /// Shape of what it gives, without the batch.
    pub output: Vec<usize>,
    /// What it learns.
    pub params: Vec<Param>,
}

impl HeadPart {
    /// A part with a weight `[out, in]` or `[out, in, rows, columns]` and a bias.
    pub fn dense(
        name: &'static str,
        kind: impl Into<String>,
        prefix: &'static str,
        output: &[usize],
        weight: &[usize],
    ) -> Self {
        let fan_in = weight[1..].iter().product();
        let params = vec![
            Param { name: "weight", shape: weight.to_vec(), first: First::Weight },
            Param { name: "bias", shape: vec![weight[0]], first: First::Bias { fan_in } },
        ];
        Self { name, kind: kind.into(), prefix, output: output.to_vec(), params }
    }
}

/// What a head says of a batch of pictures.
#[derive(Debug)]
pub enum Scores {
    /// Nothing, of so many pictures.
    Nothing(usize),
    /// Scores before softmax.
    Positions {
        /// Of lengths, `[n, longest + 1]`.
        length: Tensor,
        /// Of classes and the blank, `[n, longest, classes + 1]`.
        classes: Tensor,
    },
    /// Scores before softmax, one character after another.
    Steps {
        /// Of classes and the blank, `[n, longest, classes + 1]`.
        classes: Tensor,
        /// Where it looked, `[n, longest, columns]`; `None` without attention.
        looked: Option<Tensor>,
    },
    /// Logarithms of probabilities of classes and the blank, `[columns, n, classes + 1]`.
    Columns(Tensor),
}

impl Head {
    /// Its parts on features of a shape, or why it cannot work on them.
    pub fn parts(&self, features: &[usize], classes: usize, longest: usize) -> Result<Vec<HeadPart>, String> {
        match *self {
            Self::Nothing => Ok(Vec::new()),
            Self::Positions { fed, shared } => positions::parts(features, classes, longest, fed, shared),
            Self::Recurrent { cell, hidden } => recurrent::parts(features, classes, longest, cell, hidden),
            Self::Attention { hidden, .. } => attention::parts(features, classes, longest, hidden),
            Self::Ctc { hidden, .. } => ctc::parts(features, classes, longest, hidden),
        }
    }

    /// Scores from features. `truth` is what was said before each step while training; without it a step sees what
    /// the last one found likeliest.
    pub fn scores(
        &self,
        features: &Tensor,
        params: &[&Tensor],
        longest: usize,
        truth: Option<&Truth>,
    ) -> anyhow::Result<Scores> {
        match *self {
            Self::Nothing => Ok(Scores::Nothing(features.size()[0] as usize)),
            Self::Positions { fed, shared } => positions::scores(features, params, longest, fed, shared),
            Self::Recurrent { cell, .. } => recurrent::scores(features, params, longest, cell, truth),
            Self::Attention { .. } => attention::scores(features, params, longest, truth),
            Self::Ctc { .. } => ctc::scores(features, params),
        }
    }

    /// Whether it is shown where characters are while it learns.
    pub fn is_guided(&self) -> bool {
        match self {
            Self::Attention { guidance, .. } | Self::Ctc { guidance, .. } => *guidance > 0.0,
            Self::Nothing | Self::Positions { .. } | Self::Recurrent { .. } => false,
        }
    }

    /// The loss of each picture, `[n]`: a sum of cross-entropies, each with so much label smoothing, or CTC's loss.
    pub fn loss(&self, scores: &Scores, truth: &Truth, smoothing: f64) -> anyhow::Result<Tensor> {
        match scores {
            Scores::Nothing(n) => Ok(Tensor::f_zeros([*n as i64], (Kind::Float, tch::Device::Cpu))?),
            Scores::Positions { length, classes } => positions::loss(length, classes, truth, smoothing),
            Scores::Steps { classes, looked } => {
                let said = recurrent::loss(classes, truth, smoothing)?;
                match (looked, self) {
                    (Some(looked), Self::Attention { guidance, .. }) if *guidance > 0.0 => {
                        Ok(said + attention::guidance(looked, truth)? * *guidance)
                    }
                    _ => Ok(said),
                }
            }
            Scores::Columns(columns) => {
                let said = ctc::loss(columns, truth)?;
                match self {
                    Self::Ctc { guidance, .. } if *guidance > 0.0 => {
                        Ok(said + ctc::guidance(columns, truth)? * *guidance)
                    }
                    _ => Ok(said),
                }
            }
        }
    }

    /// What is read, picture after picture.
    pub fn read(&self, scores: &Scores, n_classes: usize) -> anyhow::Result<Vec<Reading>> {
        match scores {
            Scores::Nothing(n) => Ok(vec![Reading::default(); *n]),
            Scores::Positions { length, classes } => positions::read(length, classes, n_classes),
            Scores::Steps { classes, .. } => recurrent::read(classes, n_classes),
            Scores::Columns(columns) => {
                let beam = if let Self::Ctc { beam, .. } = self { *beam } else { 1 };
                ctc::read(columns, n_classes, beam)
            }
        }
    }
}

/// All numbers of a tensor, row after row.
pub fn list(tensor: &Tensor) -> anyhow::Result<Vec<f32>> {
    Ok(Vec::<f32>::try_from(tensor.detach().to_device(tch::Device::Cpu).to_kind(Kind::Float).reshape([-1]))?)
}
