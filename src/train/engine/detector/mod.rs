//! Training of the detector: one part of a batch there and back, on one thread.

mod assign;
mod loss;
#[cfg(test)]
mod tests;
mod tone;
mod views;
mod warp;

use super::Forward;
use super::batch::Batch;
use super::parts::{Draws, Learned, Learner};
use crate::data::random::Stream;
use crate::data::{Area, Mark, marks};
use crate::found::{self, Found, Thresholds};
use crate::models::detector::{
    Cell, Detector, DetectorNetwork, OUTPUTS, STRIDE_OF_ALL, candidates, cells, filled_up,
};
use crate::models::{Input, Statistics};
use crate::recipe::Recipe;
use anyhow::{Context as _, ensure};
use assign::{Digit, by_centres, by_fit};
pub(super) use loss::ciou_loss;
use loss::{Lesson, Weights, list, price};
use std::ops::Range;
use tch::{Device, Kind, Tensor};
use views::{View, Views, grey};

/// Candidates less likely than this are nobody's.
const LEAST: f32 = 0.02;

/// A network whose parameters are shared with the other parts, and how it is taught.
pub struct Detecting {
    network: DetectorNetwork,
    views: Views,
    seed: u64,
}

impl Detecting {
    /// With first weights from the recipe's seed.
    pub fn new(detector: &Detector, recipe: &Recipe, input: Input) -> anyhow::Result<Self> {
        let seed = recipe.train.seed;
        let network = DetectorNetwork::new(&detector.design(), input, seed)?;
        let views = Views { detector: detector.clone(), augment: recipe.augment.clone() };
        Ok(Self { network, views, seed })
    }

    fn weights(&self) -> Weights {
        let Detector { box_weight, vote_weight, .. } = self.views.detector;
        Weights { boxes: box_weight, votes: vote_weight }
    }

    /// The views of the pictures at `places` of a batch.
    fn look(&self, batch: Batch<'_>, places: Range<usize>, draws: Draws) -> Vec<View> {
        places
            .map(|place| {
                let mut draw = Stream::new("view", draws.seed, draws.step_idx, place as u64);
                self.views.view(batch.samples, batch.rows, place, draws.done, &mut draw)
            })
            .collect()
    }

    fn tensor(&self, views: &[View], side: usize) -> anyhow::Result<Tensor> {
        let bytes: Vec<u8> = views.iter().flat_map(|view| view.pixels.iter().copied()).collect();
        let pixels = Tensor::f_from_slice(&bytes)?.f_to_device(self.network.device())?;
        let size = [views.len() as i64, 1, side as i64, side as i64];
        Ok(pixels.f_to_kind(Kind::Float)?.f_div_scalar_(255.0)?.f_view(size)?)
    }
}

impl Learner for Detecting {
    fn parameters(&self) -> Vec<&(String, Tensor)> {
        self.network.parameters().iter().collect()
    }

    fn parameters_mut(&mut self) -> Vec<&mut (String, Tensor)> {
        self.network.parameters_mut().iter_mut().collect()
    }

    fn learn(
        &mut self,
        batch: Batch<'_>,
        places: Range<usize>,
        draws: Draws,
    ) -> anyhow::Result<(Vec<Tensor>, Learned)> {
        let n = places.len();
        let side = self.views.side(draws.done);
        let views = self.look(batch, places, draws);
        let (raw, statistics) = self.network.raw_of_batch(&self.tensor(&views, side)?, &mut |_, _| ())?;
        let (said, cells) = (list(&raw)?, cells([side, side]));
        let near = draws.done < self.views.detector.centres;
        let lessons: Vec<Lesson> = views
            .into_iter()
            .zip(said.chunks(cells.len() * OUTPUTS))
            .map(|(View { digits, ignored, .. }, said)| lesson(&cells, digits, ignored, said, near))
            .collect();
        let priced = price(&raw, &said, &cells, &lessons, self.weights())?;
        let share = n as f64 / batch.rows.len() as f64;
        let gradients = Tensor::f_run_backward(
            &[priced.surrogate.f_mul_scalar(share)?],
            &self.network.learned(),
            false,
            false,
        )?;
        let right = lessons.iter().zip(said.chunks(cells.len() * OUTPUTS));
        let right = right.filter(|(lesson, said)| is_read(&lesson.digits, &found(said, [side, side])));
        let correct = right.count() as u64;
        Ok((gradients, Learned { n, loss: priced.value * n as f64, correct, figures: None, statistics }))
    }

    fn read(&mut self, batch: Batch<'_>, places: Range<usize>) -> anyhow::Result<Forward> {
        let mut all = Forward::default();
        for place in places {
            let row = batch.rows[place] as usize;
            let size = batch.samples.size(row);
            let whole = size.map(|side| side.next_multiple_of(STRIDE_OF_ALL));
            let pixels = filled_up(&grey(batch.samples, row), 1, size)?.f_to_device(self.network.device())?;
            let raw = tch::no_grad(|| self.network.raw(&pixels))?;
            let (said, cells) = (list(&raw)?, cells(whole));
            let marks = batch.samples.marks(row);
            let lesson = lesson(&cells, digits(marks), Vec::new(), &said, false);
            let priced = tch::no_grad(|| price(&raw, &said, &cells, &[lesson], self.weights()))?;
            all.loss_sum += priced.value;
            let found = found(&said, whole);
            all.correct += u64::from(is_read(&digits(marks), &found));
            all.found.push(found);
        }
        Ok(all)
    }

    fn configure(&mut self, recipe: &Recipe) -> anyhow::Result<()> {
        let detector = recipe.model.detector().context("the model is no detector any more")?;
        ensure!(
            detector.design() == self.network.design,
            "the layers of a network cannot change in the middle of a training"
        );
        ensure!(recipe.train.seed == self.seed, "the seed cannot change in the middle of a training");
        self.views = Views { detector: detector.clone(), augment: recipe.augment.clone() };
        Ok(())
    }

    fn follow(&mut self, statistics: &[Statistics]) -> anyhow::Result<()> {
        self.network.follow(statistics)
    }

    fn load(&mut self, parameters: &[(String, Tensor)]) -> anyhow::Result<()> {
        self.network.load(parameters)
    }
}

/// What cells shall learn of a view of which they say this.
fn lesson(cells: &[Cell], digits: Vec<Digit>, ignored: Vec<Area>, said: &[f32], near: bool) -> Lesson {
    let assigned = if near { by_centres(cells, &digits) } else { by_fit(cells, &digits, said) };
    Lesson { digits, ignored, assigned }
}

/// What is written on a picture, as cells learn it.
fn digits(all: &[Mark]) -> Vec<Digit> {
    let mut digits = Vec::with_capacity(all.len());
    for number in marks::numbers(all) {
        let Some(whole) = marks::around(number) else { continue };
        let own = number.iter().filter(|mark| mark.class < 10);
        digits.extend(own.map(|mark| Digit { class: mark.class, area: mark.area, number: whole }));
    }
    digits
}

/// One candidate for each digit that is seen.
fn found(said: &[f32], size: [usize; 2]) -> Vec<Found> {
    found::keep(candidates(said, size, LEAST), &Thresholds::default())
}

/// Whether the surest number that is found is there; or, where there is none, whether none is found.
fn is_read(digits: &[Digit], found: &[Found]) -> bool {
    let numbers = found::numbers(found.to_vec(), &Thresholds::default());
    let Some(surest) = numbers.first() else { return digits.is_empty() };
    let texts = digits.chunk_by(|a, b| a.number == b.number);
    texts
        .map(|number| number.iter().map(|digit| char::from(b'0' + digit.class)).collect::<String>())
        .any(|text| text == surest.text)
}

/// Where a batch first gives something that is not a number.
pub fn non_finite_layer(
    recipe: &Recipe,
    input: Input,
    parameters: &[(String, Tensor)],
    batch: Batch<'_>,
    step_idx: u64,
) -> anyhow::Result<String> {
    let detector = recipe.model.detector().context("the model is a detector")?;
    let mut detecting = Detecting::new(detector, recipe, input)?;
    detecting.load(parameters)?;
    // Which views exactly does not matter: parameters that are no numbers spoil all.
    let draws = Draws { seed: recipe.train.seed, step_idx, part: 0, done: 0.0 };
    let views = detecting.look(batch, 0..batch.rows.len(), draws);
    let pixels = detecting.tensor(&views, detecting.views.side(0.0))?.f_to_device(Device::Cpu)?;
    let mut first = None;
    let _said = tch::no_grad(|| {
        detecting.network.raw_of_batch(&pixels, &mut |name, output| {
            if first.is_none() && output.isfinite().all().int64_value(&[]) == 0 {
                first = Some(name.to_owned());
            }
        })
    })?;
    Ok(first.unwrap_or_else(|| "the gradient".to_owned()))
}
