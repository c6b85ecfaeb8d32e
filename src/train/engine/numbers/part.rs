//! One part of a batch: its pictures there and back through a network of its own, on one thread.

use super::super::Forward;
use super::super::batch::Batch;
use super::pictures::gather;
use crate::data::random::Stream;
use crate::models::numbers::{NumberNetwork, Pass, Truth};
use crate::models::{Dropout, Input, Network, Statistics};
use crate::recipe::Recipe;
use anyhow::Context as _;
use std::ops::Range;
use tch::{Device, Kind, Tensor};

/// Numbers of layers that parts draw dropout for lie so far apart.
const APART: usize = 1 << 16;

/// A network whose parameters are shared with the other parts, and a gradient of its own.
pub struct Part {
    pub network: NumberNetwork,
    /// Flat, laid out like the parameters that are learned.
    pub gradient: Tensor,
}

/// What a part found in a step.
#[derive(Default)]
pub struct Learned {
    /// Pictures.
    pub n: usize,
    /// Sum of their losses.
    pub loss: f64,
    /// Numbers read rightly.
    pub correct: u64,
    /// What batch norms found.
    pub statistics: Vec<Statistics>,
}

/// What draws are functions of.
#[derive(Clone, Copy)]
pub struct Draws {
    pub seed: u64,
    pub step_idx: u64,
    pub part: usize,
}

impl Part {
    pub fn new(network: NumberNetwork, learned: i64, device: Device) -> Self {
        Self { network, gradient: Tensor::zeros([learned], (Kind::Float, device)) }
    }

    /// The gradient of the share that the pictures at `places` have in the mean loss of the batch.
    pub fn learn(
        &mut self,
        batch: Batch<'_>,
        places: Range<usize>,
        draws: Draws,
        smoothing: f64,
    ) -> anyhow::Result<Learned> {
        let n = places.len();
        let truth = self.truth(batch, places.clone())?;
        let pixels = self.pixels(batch, places, Some(draws))?;
        let dropout =
            |idx: usize, rate| Some(Dropout::new(draws.seed, draws.step_idx, idx + APART * draws.part, rate));
        let pass = Pass { dropout: &dropout, truth: Some(&truth) };
        let (scores, statistics) = self.network.scores(&pixels, &pass, &mut |_, _| ())?;
        let head = &self.network.design.head;
        let losses = head.loss(&scores, &truth, smoothing)?;
        let share = losses.f_sum(Kind::Float)?.f_div_scalar(batch.rows.len() as f64)?;
        let learned: Vec<&Tensor> =
            self.network.parameters().filter(|(name, _)| Network::learns(name)).map(|(_, t)| t).collect();
        let gradients = Tensor::f_run_backward(&[share], &learned, false, false)?;
        tch::no_grad(|| -> anyhow::Result<()> {
            let mut start = 0;
            for gradient in &gradients {
                let length = gradient.numel() as i64;
                // Weights of convolutions lie with their channels last.
                let laid = if gradient.dim() == 4 {
                    gradient.f_permute([0, 2, 3, 1])?
                } else {
                    gradient.shallow_clone()
                };
                self.gradient.f_narrow(0, start, length)?.f_view(laid.size().as_slice())?.f_copy_(&laid)?;
                start += length;
            }
            Ok(())
        })?;
        let readings = head.read(&scores, self.network.input.classes)?;
        let right = readings.iter().enumerate().filter(|(i, reading)| reading.is(truth.number(*i)));
        let loss = losses.detach().f_sum(Kind::Double)?.f_double_value(&[])?;
        Ok(Learned { n, loss, correct: right.count() as u64, statistics })
    }

    /// What is read on the pictures at `places`, and the loss.
    pub fn read(
        &mut self,
        batch: Batch<'_>,
        places: Range<usize>,
        smoothing: f64,
    ) -> anyhow::Result<Forward> {
        let truth = self.truth(batch, places.clone())?;
        tch::no_grad(|| {
            let pixels = self.pixels(batch, places, None)?;
            let pass = Pass { dropout: &|_, _| None, truth: None };
            let (scores, _) = self.network.scores(&pixels, &pass, &mut |_, _| ())?;
            let head = &self.network.design.head;
            let loss_sum = head.loss(&scores, &truth, smoothing)?.f_sum(Kind::Double)?.f_double_value(&[])?;
            let numbers = head.read(&scores, self.network.input.classes)?;
            let right = numbers.iter().enumerate().filter(|(i, reading)| reading.is(truth.number(*i)));
            let correct = right.count() as u64;
            Ok(Forward { loss_sum, correct, probabilities: Vec::new(), numbers })
        })
    }

    fn truth(&self, batch: Batch<'_>, places: Range<usize>) -> anyhow::Result<Truth> {
        let NumberNetwork { input, design, .. } = &self.network;
        Truth::of(batch.samples, &batch.rows[places], design.longest, input.classes)
    }

    fn pixels(&self, batch: Batch<'_>, places: Range<usize>, draws: Option<Draws>) -> anyhow::Result<Tensor> {
        let first = places.start;
        let bytes = gather(batch, places, self.network.input);
        match draws {
            None => self.network.pixels(&bytes, None),
            Some(Draws { seed, step_idx, .. }) => {
                let draw = |i: usize| Stream::new("crop", seed, step_idx, (first + i) as u64);
                self.network.pixels(&bytes, Some(&draw))
            }
        }
    }
}

/// Where a batch first gives something that is not a number.
pub fn non_finite_layer(
    recipe: &Recipe,
    input: Input,
    parameters: &[(String, Tensor)],
    batch: Batch<'_>,
    step_idx: u64,
) -> anyhow::Result<String> {
    let design = recipe.model.numbers(input.classes).context("the model reads whole numbers")?;
    let mut network = NumberNetwork::new(&design, input, 0)?;
    network.load(parameters)?;
    let part = Part::new(network, 0, Device::Cpu);
    let mut first = None;
    let whole = 0..batch.rows.len();
    let truth = part.truth(batch, whole.clone())?;
    let draws = Draws { seed: recipe.train.seed, step_idx, part: 0 };
    let pixels = part.pixels(batch, whole, Some(draws))?;
    let dropout = |idx, rate| Some(Dropout::new(draws.seed, step_idx, idx, rate));
    let losses = tch::no_grad(|| {
        let pass = Pass { dropout: &dropout, truth: Some(&truth) };
        let (scores, _) = part.network.scores(&pixels, &pass, &mut |placed, output| {
            if first.is_none() && output.isfinite().all().int64_value(&[]) == 0 {
                first = Some(placed.name());
            }
        })?;
        part.network.design.head.loss(&scores, &truth, 0.0)
    })?;
    let head = losses.isfinite().all().int64_value(&[]) == 0;
    Ok(first.unwrap_or_else(|| if head { "the head" } else { "the gradient" }.to_owned()))
}
