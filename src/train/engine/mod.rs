//! The engine: one step of training, and evaluation, on whatever computes. The loop above it knows no tensors.
//!
//! Every draw is a function of (seed, step, layer, position in the batch), so that a training that goes on from a
//! checkpoint goes on exactly as if it had not stopped.

mod batch;
mod cpu;
mod detector;
mod numbers;
mod parts;
mod tensors;

use crate::data::Samples;
use crate::data::augment::{Augmenter, Shape};
use crate::found::Found;
use crate::models::numbers::Reading;
use crate::models::{Input, Network};
use crate::recipe::Recipe;
use crate::score::Figures;
use anyhow::ensure;
use batch::Batch;
use parts::{Learner, Parts};
use tch::{Device, Tensor};

/// Which step is to be made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turn {
    /// Steps done before it, from the start of the training.
    pub step_idx: u64,
    /// What the learning rate is multiplied by: the schedule's word.
    pub lr_factor: f64,
    /// Share of the whole training that is done, 0 to 1.
    pub done: f64,
}

/// What one step found before it changed the weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepOutcome {
    /// Mean loss over the batch.
    pub loss: f64,
    /// Images whose greatest probability was their class's.
    pub correct: u64,
    /// Images in the batch.
    pub n: u64,
    /// Whether loss and gradients were all numbers. When not, nothing was changed: weights and optimizer are as before.
    pub finite: bool,
}

/// What the network says of images, with dropout off.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Forward {
    /// Sum of the losses.
    pub loss_sum: f64,
    /// Images whose greatest probability was their class's.
    pub correct: u64,
    /// Probabilities of the classes, image after image; empty where whole numbers are read.
    pub probabilities: Vec<f32>,
    /// What is read on each image, where whole numbers are read.
    pub numbers: Vec<Reading>,
    /// The digits that are found on each image, down to unlikely ones, where they are looked for.
    pub found: Vec<Vec<Found>>,
}

/// What an optimizer carries from step to step, by name, for a checkpoint.
#[derive(Debug, Default)]
pub struct OptimizerState {
    /// One tensor a slot and parameter ("velocity.conv2d_1.weight"), in the parameter's shape, on the processor.
    pub tensors: Vec<(String, Tensor)>,
    /// Numbers: "steps" and whatever else the rule carries.
    pub scalars: Vec<(String, f64)>,
}

/// Something that can train a network: the tensor library on any device, or loops of our own on the processor.
trait Backend: Send {
    /// Computes with so many threads from now on, where it can; what comes out is the same.
    fn compute_with(&mut self, _threads: usize) -> anyhow::Result<()> {
        Ok(())
    }
    fn configure(&mut self, recipe: &Recipe) -> anyhow::Result<()>;
    /// Gradients are cut to the recipe's norm before the optimizer steps.
    fn step(&mut self, images: Batch<'_>, turn: Turn) -> anyhow::Result<StepOutcome>;
    /// Moves the average of all that [`Self::parameters`] lists towards it, so that the share `kept` of the average
    /// is left; without an average yet, begins one that equals it. `None` forgets the average.
    fn average(&mut self, kept: Option<f64>);
    /// Exchanges everything that [`Self::parameters`] lists and its average, where there is one.
    fn swap_average(&mut self);
    fn forward(&mut self, images: Batch<'_>) -> anyhow::Result<Forward>;
    /// How lengths, positions and characters were read in the last step, where whole numbers are.
    fn figures(&self) -> Option<&Figures> {
        None
    }
    /// The gradients of the mean loss of images, by the names of what is learned; `None` where it keeps none apart.
    fn gradients(
        &mut self,
        _images: Batch<'_>,
        _turn: Turn,
    ) -> anyhow::Result<Option<Vec<(String, Tensor)>>> {
        Ok(None)
    }
    /// Copies on the processor, in PyTorch's layouts.
    fn parameters(&self) -> Vec<(String, Tensor)>;
    /// Checked before: every parameter is there in its shape.
    fn load_parameters(&mut self, parameters: &[(String, Tensor)]) -> anyhow::Result<()>;
    fn optimizer_state(&self) -> OptimizerState;
    fn load_optimizer_state(&mut self, state: OptimizerState) -> anyhow::Result<()>;
}

/// Trains one network.
pub struct Engine {
    backend: Box<dyn Backend>,
    recipe: Recipe,
    input: Input,
    device: Device,
    n_params: usize,
    /// Whether the backend keeps an average of the weights.
    averaged: bool,
    /// What changes training images; none where they stay as they are.
    augmenter: Option<Augmenter>,
    /// The last batch that did not give numbers.
    broken: Option<(Samples, Vec<u32>, u64)>,
}

impl Engine {
    /// A network with first weights from the recipe's seed; `threads` 0 means every core.
    pub fn new(recipe: &Recipe, input: Input, threads: usize, device: Device) -> anyhow::Result<Self> {
        let threads = match threads {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            n => n,
        };
        let make = maker(recipe, input);
        let (backend, n_params) = match make {
            Some(make) => {
                let parts = Parts::new(recipe, threads, device, &*make)?;
                let n_params = parts.n_params();
                (Box::new(parts) as Box<dyn Backend>, n_params)
            }
            None => Self::for_classes(recipe, input, threads, device)?,
        };
        let (recipe, augmenter) = (recipe.clone(), augmenter(recipe, input));
        Ok(Self { backend, recipe, input, device, n_params, averaged: false, augmenter, broken: None })
    }

    /// What trains a network that tells classes apart, and how many numbers it learns.
    fn for_classes(
        recipe: &Recipe,
        input: Input,
        threads: usize,
        device: Device,
    ) -> anyhow::Result<(Box<dyn Backend>, usize)> {
        let network = Network::new(&recipe.model, input, recipe.train.seed)?;
        let learned = network.parameters.iter().filter(|(name, _)| Network::learns(name));
        let n_params = learned.map(|(_, t)| t.numel()).sum();
        let loops = match device {
            Device::Cpu => cpu::Loops::new(&network, recipe, threads)?,
            _ => None,
        };
        let backend: Box<dyn Backend> = match loops {
            Some(loops) => Box::new(loops),
            None => Box::new(tensors::Tensors::new(network, recipe, threads, device)?),
        };
        Ok((backend, n_params))
    }

    /// Computes with so many threads from the next step on, where that changes nothing but the time that it takes.
    pub fn compute_with(&mut self, threads: usize) -> anyhow::Result<()> {
        self.backend.compute_with(threads.max(1))
    }

    /// Takes over settings that may change between steps: those of augmentation, optimizer, loss, average and dropout.
    pub fn configure(&mut self, recipe: &Recipe) -> anyhow::Result<()> {
        self.backend.configure(recipe)?;
        self.recipe = recipe.clone();
        self.augmenter = augmenter(recipe, self.input);
        Ok(())
    }

    /// One step on the images at `rows`.
    pub fn step(&mut self, samples: &Samples, rows: &[u32], turn: Turn) -> anyhow::Result<StepOutcome> {
        self.check(samples, rows)?;
        ensure!(!rows.is_empty(), "a batch of no images cannot be learned from");
        let change = self.augmenter.as_ref().map(|augmenter| (augmenter, turn.step_idx));
        let outcome = self.backend.step(Batch { samples, rows, change }, turn)?;
        if outcome.finite {
            self.average(self.recipe.ema.kept(turn.step_idx + 1));
        } else {
            self.broken = Some((samples.clone(), rows.to_vec(), turn.step_idx));
        }
        Ok(outcome)
    }

    /// How lengths, positions and characters were read in the last step, where whole numbers are.
    pub fn figures(&self) -> Option<&Figures> {
        self.backend.figures()
    }

    /// Whether images are such as the network was built for; what is written on them, numbers look at themselves.
    fn check(&self, samples: &Samples, rows: &[u32]) -> anyhow::Result<()> {
        if self.recipe.model.detector().is_some() {
            return batch::check_rows(samples, rows);
        }
        match self.recipe.model.numbers(self.input.classes) {
            Some(design) => batch::check_sizes(samples, rows, self.input, design.frame.is_some()),
            None => batch::check(samples, rows, self.input),
        }
    }

    fn average(&mut self, kept: Option<f64>) {
        if kept.is_some() || self.averaged {
            self.backend.average(kept);
        }
        self.averaged = kept.is_some();
    }

    /// Does something with the average of the weights in the weights' place, if there is one.
    fn with_average<T>(&mut self, act: impl FnOnce(&mut dyn Backend) -> T) -> T {
        if self.averaged {
            self.backend.swap_average();
        }
        let done = act(&mut *self.backend);
        if self.averaged {
            self.backend.swap_average();
        }
        done
    }

    /// Loss, hits and probabilities of the images at `rows` (any number) with dropout off, by the average of the
    /// weights where the recipe wants one.
    pub fn forward(&mut self, samples: &Samples, rows: &[u32]) -> anyhow::Result<Forward> {
        self.check(samples, rows)?;
        self.with_average(|backend| backend.forward(Batch::plain(samples, rows)))
    }

    /// Copies of the parameters of the trained model on the processor, by name ("conv2d_1.weight"), in PyTorch's
    /// layouts: the average of the weights where the recipe wants one.
    pub fn model(&mut self) -> Vec<(String, Tensor)> {
        self.with_average(|backend| backend.parameters())
    }

    /// The average of the weights, where there is one, as [`Self::parameters`] lists them.
    pub fn averages(&mut self) -> Option<Vec<(String, Tensor)>> {
        self.averaged.then(|| self.model())
    }

    /// Takes over what [`Self::averages`] gave.
    pub fn load_averages(&mut self, averages: &[(String, Tensor)]) -> anyhow::Result<()> {
        let parameters = self.parameters();
        self.load_parameters(averages)?;
        self.average(Some(0.0));
        self.backend.load_parameters(&parameters)
    }

    /// Copies of the parameters that the next step changes, as [`Self::model`] has them.
    pub fn parameters(&self) -> Vec<(String, Tensor)> {
        self.backend.parameters()
    }

    /// Takes over parameters; every one must be there in its shape, and none beside them. An average of others is
    /// forgotten.
    pub fn load_parameters(&mut self, parameters: &[(String, Tensor)]) -> anyhow::Result<()> {
        crate::models::check_parameters(&self.parameters(), parameters)?;
        self.average(None);
        self.backend.load_parameters(parameters)
    }

    /// What the optimizer carries from step to step.
    pub fn optimizer_state(&self) -> OptimizerState {
        self.backend.optimizer_state()
    }

    /// Takes over what [`Self::optimizer_state`] gave for the same optimizer and network.
    pub fn load_optimizer_state(&mut self, state: OptimizerState) -> anyhow::Result<()> {
        self.backend.load_optimizer_state(state)
    }

    /// Whether it says what is written; false where only the place of a number is asked for.
    pub fn reads(&self) -> bool {
        self.recipe.model.numbers(self.input.classes).is_none_or(|design| design.reads())
    }

    /// Where it computes.
    pub fn device(&self) -> Device {
        self.device
    }

    /// Numbers that are learned.
    pub fn n_params(&self) -> usize {
        self.n_params
    }

    /// The gradients of the mean loss of the images at `rows` as they are, by the names of what is learned. Nothing is
    /// changed.
    pub fn gradients(
        &mut self,
        samples: &Samples,
        rows: &[u32],
        step_idx: u64,
    ) -> anyhow::Result<Vec<(String, Tensor)>> {
        self.check(samples, rows)?;
        let images = Batch::plain(samples, rows);
        match self.backend.gradients(images, Turn { step_idx, lr_factor: 1.0, done: 1.0 })? {
            Some(gradients) => Ok(gradients),
            None => tensors::gradients(&self.recipe, self.input, &self.parameters(), images),
        }
    }

    /// The learning rate as set, before the schedule.
    pub fn lr(&self) -> f64 {
        self.recipe.optim.rule().lr()
    }

    /// The layer whose output first was not a number in the last batch that went wrong, "Dense 1", or "the gradient"
    /// when all outputs were numbers. `None` when no batch went wrong.
    pub fn non_finite_layer(&self) -> Option<String> {
        let (samples, rows, step_idx) = self.broken.as_ref()?;
        let change = self.augmenter.as_ref().map(|augmenter| (augmenter, *step_idx));
        let images = Batch { samples, rows, change };
        let model = &self.recipe.model;
        let find = match (model.detector(), model.numbers(self.input.classes)) {
            (Some(_), _) => detector::non_finite_layer,
            (None, Some(_)) => numbers::non_finite_layer,
            (None, None) => tensors::non_finite_layer,
        };
        let place = find(&self.recipe, self.input, &self.parameters(), images, *step_idx);
        Some(place.unwrap_or_else(|error| format!("an unknown layer ({error:#})")))
    }
}

/// Makes what learns a part of a batch.
type Maker = dyn Fn() -> anyhow::Result<Box<dyn Learner>>;

/// For networks that learn a batch in parts; `None` for those that tell classes apart.
fn maker(recipe: &Recipe, input: Input) -> Option<Box<Maker>> {
    let recipe = recipe.clone();
    if let Some(settings) = recipe.model.detector().cloned() {
        return Some(Box::new(move || Ok(Box::new(detector::Detecting::new(&settings, &recipe, input)?))));
    }
    let design = recipe.model.numbers(input.classes)?;
    Some(Box::new(move || Ok(Box::new(numbers::Numbers::new(&design, &recipe, input)?))))
}

fn augmenter(recipe: &Recipe, input: Input) -> Option<Augmenter> {
    if recipe.model.detector().is_some() {
        // Its views are changed with their boxes.
        return None;
    }
    let Input { channels, height, width, .. } = input;
    Augmenter::new(&recipe.augment, Shape { channels, height, width }, recipe.train.seed)
}

#[cfg(test)]
mod augment_tests;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
