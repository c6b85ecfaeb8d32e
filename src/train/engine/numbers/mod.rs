//! Training of networks that read whole numbers: one part of a batch there and back, on one thread.

mod boxes;
mod pictures;
#[cfg(test)]
mod tests;

use super::Forward;
use super::batch::Batch;
use super::parts::{Draws, Learned, Learner};
use crate::data::augment::Scratch;
use crate::data::marks;
use crate::data::random::Stream;
use crate::models::numbers::{Design, NumberNetwork, Pass, Reading, Said, Truth};
use crate::models::{Dropout, Input, Network, Statistics};
use crate::optim::Loss;
use crate::recipe::Recipe;
use crate::score::Figures;
use anyhow::{Context as _, ensure};
use pictures::gather;
use std::ops::Range;
use tch::{Kind, Tensor};

/// Numbers of layers that parts draw dropout for lie so far apart.
const APART: usize = 1 << 16;

/// A network whose parameters are shared with the other parts.
pub struct Numbers {
    network: NumberNetwork,
    smoothing: f64,
}

impl Numbers {
    /// With first weights from the recipe's seed.
    pub fn new(design: &Design, recipe: &Recipe, input: Input) -> anyhow::Result<Self> {
        let network = NumberNetwork::new(design, input, recipe.train.seed)?;
        Ok(Self { network, smoothing: smoothing(recipe)? })
    }

    fn truth(&self, batch: Batch<'_>, places: Range<usize>) -> anyhow::Result<Truth> {
        let NumberNetwork { input, design, .. } = &self.network;
        let rows = &batch.rows[places.clone()];
        let mut truth = Truth::of(batch.samples, rows, design.longest, input.classes, design.frame)?;
        let (guided, placed) = (design.head.is_guided(), design.place.is_some());
        if let (Some((augmenter, step_idx)), true) = (batch.change, guided || placed) {
            let mut scratch = Scratch::default();
            for (i, (place, row)) in places.zip(rows).enumerate() {
                if let Some(moves) = augmenter.moves(step_idx, place, &mut scratch) {
                    let row = *row as usize;
                    let (marks, size) = (marks::largest(batch.samples.marks(row)), batch.samples.size(row));
                    if guided {
                        truth.move_centres(i, marks, size, design.frame, &|at| moves.at(at));
                    }
                    if placed {
                        truth.move_place(i, marks, size, design.frame, &|area| moves.area(area));
                    }
                }
            }
        }
        Ok(truth)
    }

    /// What is said costs, for each picture.
    fn losses(&self, said: &Said, truth: &Truth) -> anyhow::Result<Tensor> {
        let design = &self.network.design;
        let read = design.head.loss(&said.scores, truth, self.smoothing)?;
        Ok(match (&said.boxes, design.place) {
            (Some(boxes), Some(place)) => {
                read.to_device(boxes.device()) + boxes::loss(boxes, truth)? * place.weight
            }
            _ => read,
        })
    }

    /// Whether each picture is read rightly; where only places are asked for, whether box and truth have more than one
    /// half in common.
    fn right(&self, readings: &[Reading], truth: &Truth) -> u64 {
        let is_right = |i: usize, reading: &Reading| match self.network.design.reads() {
            true => reading.is(truth.number(i)),
            false => overlap(reading, truth, i).is_none_or(|overlap| overlap > 0.5),
        };
        readings.iter().enumerate().filter(|(i, reading)| is_right(*i, reading)).count() as u64
    }

    fn pixels(&self, batch: Batch<'_>, places: Range<usize>, draws: Option<Draws>) -> anyhow::Result<Tensor> {
        let first = places.start;
        let bytes = gather(batch, places, &self.network);
        match draws {
            None => self.network.pixels(&bytes, None),
            Some(Draws { seed, step_idx, .. }) => {
                let draw = |i: usize| Stream::new("crop", seed, step_idx, (first + i) as u64);
                self.network.pixels(&bytes, Some(&draw))
            }
        }
    }
}

impl Learner for Numbers {
    fn parameters(&self) -> Vec<&(String, Tensor)> {
        self.network.parameters().collect()
    }

    fn parameters_mut(&mut self) -> Vec<&mut (String, Tensor)> {
        self.network.parameters_mut().collect()
    }

    fn learn(
        &mut self,
        batch: Batch<'_>,
        places: Range<usize>,
        draws: Draws,
    ) -> anyhow::Result<(Vec<Tensor>, Learned)> {
        let n = places.len();
        let truth = self.truth(batch, places.clone())?;
        let pixels = self.pixels(batch, places, Some(draws))?;
        let dropout =
            |idx: usize, rate| Some(Dropout::new(draws.seed, draws.step_idx, idx + APART * draws.part, rate));
        let pass = Pass { dropout: &dropout, truth: Some(&truth) };
        let said = self.network.scores(&pixels, &pass, &mut |_, _| ())?;
        let losses = self.losses(&said, &truth)?;
        let share = losses.f_sum(Kind::Float)?.f_div_scalar(batch.rows.len() as f64)?;
        let learned: Vec<&Tensor> =
            self.network.parameters().filter(|(name, _)| Network::learns(name)).map(|(_, t)| t).collect();
        let gradients = Tensor::f_run_backward(&[share], &learned, false, false)?;
        let readings = self.network.readings(&said)?;
        let correct = self.right(&readings, &truth);
        let mut figures = Figures::default();
        for (i, reading) in readings.iter().enumerate() {
            if self.network.design.reads() {
                let classes: Vec<u8> = truth.number(i).iter().map(|class| *class as u8).collect();
                figures.count(&classes, &reading.classes);
            }
            overlap(reading, &truth, i).into_iter().for_each(|overlap| figures.locate(overlap));
        }
        let loss = losses.detach().f_sum(Kind::Double)?.f_double_value(&[])?;
        Ok((gradients, Learned { n, loss, correct, figures: Some(figures), statistics: said.statistics }))
    }

    fn read(&mut self, batch: Batch<'_>, places: Range<usize>) -> anyhow::Result<Forward> {
        let truth = self.truth(batch, places.clone())?;
        tch::no_grad(|| {
            let pixels = self.pixels(batch, places, None)?;
            let pass = Pass { dropout: &|_, _| None, truth: None };
            let said = self.network.scores(&pixels, &pass, &mut |_, _| ())?;
            let loss_sum = self.losses(&said, &truth)?.f_sum(Kind::Double)?.f_double_value(&[])?;
            let numbers = self.network.readings(&said)?;
            let correct = self.right(&numbers, &truth);
            Ok(Forward { loss_sum, correct, numbers, ..Forward::default() })
        })
    }

    fn configure(&mut self, recipe: &Recipe) -> anyhow::Result<()> {
        let design = recipe.model.numbers(self.network.input.classes);
        ensure!(
            design.as_ref().is_some_and(|design| self.network.configure(design)),
            "the layers of a network cannot change in the middle of a training, only dropout rates can"
        );
        self.smoothing = smoothing(recipe)?;
        Ok(())
    }

    fn follow(&mut self, statistics: &[Statistics]) -> anyhow::Result<()> {
        self.network.follow(statistics)
    }

    fn load(&mut self, parameters: &[(String, Tensor)]) -> anyhow::Result<()> {
        self.network.load(parameters)
    }
}

/// What the box of a reading and the true one at an index have in common; `None` without one of them.
fn overlap(reading: &Reading, truth: &Truth, i: usize) -> Option<f32> {
    Some(reading.place?.iou(truth.places[i].as_ref()?))
}

/// How much labels are smoothed; other losses than the cross-entropy are not for whole numbers.
fn smoothing(recipe: &Recipe) -> anyhow::Result<f64> {
    match &recipe.loss {
        Loss::CrossEntropy(loss) => Ok(loss.label_smoothing),
        _ => anyhow::bail!(
            "a network that reads whole numbers learns by the cross-entropy of what it says; choose loss.name=cross_entropy"
        ),
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
    let part = Numbers { network, smoothing: 0.0 };
    let mut first = None;
    let whole = 0..batch.rows.len();
    let truth = part.truth(batch, whole.clone())?;
    let draws = Draws { seed: recipe.train.seed, step_idx, part: 0, done: 0.0 };
    let pixels = part.pixels(batch, whole, Some(draws))?;
    let dropout = |idx, rate| Some(Dropout::new(draws.seed, step_idx, idx, rate));
    let losses = tch::no_grad(|| {
        let pass = Pass { dropout: &dropout, truth: Some(&truth) };
        let said = part.network.scores(&pixels, &pass, &mut |placed, output| {
            if first.is_none() && output.isfinite().all().int64_value(&[]) == 0 {
                first = Some(placed.name());
            }
        })?;
        part.losses(&said, &truth)
    })?;
    let head = losses.isfinite().all().int64_value(&[]) == 0;
    Ok(first.unwrap_or_else(|| if head { "the head" } else { "the gradient" }.to_owned()))
}
