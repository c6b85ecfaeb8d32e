//! The engine: one step of training, and evaluation, on whatever computes. The loop above it knows no tensors.
//!
//! Every draw is a function of (seed, step, layer, position in the batch), so that a training that goes on from a
//! checkpoint goes on exactly as if it had not stopped.

mod batch;
mod cpu;
mod tensors;

use crate::data::Samples;
use crate::models::{Input, Network};
use crate::recipe::Recipe;
use anyhow::ensure;
use tch::{Device, Tensor};

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
    /// Probabilities of the classes, image after image.
    pub probabilities: Vec<f32>,
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
    fn configure(&mut self, recipe: &Recipe) -> anyhow::Result<()>;
    fn step(&mut self, samples: &Samples, rows: &[u32], step_idx: u64) -> anyhow::Result<StepOutcome>;
    fn forward(&mut self, samples: &Samples, rows: &[u32]) -> anyhow::Result<Forward>;
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
        let network = Network::new(&recipe.model, input, recipe.train.seed)?;
        let n_params = network.parameters.iter().map(|(_, t)| t.numel()).sum();
        let loops = match device {
            Device::Cpu => cpu::Loops::new(&network, recipe, threads)?,
            _ => None,
        };
        let backend: Box<dyn Backend> = match loops {
            Some(loops) => Box::new(loops),
            None => Box::new(tensors::Tensors::new(network, recipe, threads, device)?),
        };
        Ok(Self { backend, recipe: recipe.clone(), input, device, n_params, broken: None })
    }

    /// Takes over settings that may change between steps: those of optimizer, loss and dropout.
    pub fn configure(&mut self, recipe: &Recipe) -> anyhow::Result<()> {
        self.backend.configure(recipe)?;
        self.recipe = recipe.clone();
        Ok(())
    }

    /// One step on the images at `rows`; `step_idx` counts steps from the start of the training.
    pub fn step(&mut self, samples: &Samples, rows: &[u32], step_idx: u64) -> anyhow::Result<StepOutcome> {
        batch::check(samples, rows, self.input)?;
        ensure!(!rows.is_empty(), "a batch of no images cannot be learned from");
        let outcome = self.backend.step(samples, rows, step_idx)?;
        if !outcome.finite {
            self.broken = Some((samples.clone(), rows.to_vec(), step_idx));
        }
        Ok(outcome)
    }

    /// Loss, hits and probabilities of the images at `rows` (any number) with dropout off.
    pub fn forward(&mut self, samples: &Samples, rows: &[u32]) -> anyhow::Result<Forward> {
        batch::check(samples, rows, self.input)?;
        self.backend.forward(samples, rows)
    }

    /// Copies of the parameters on the processor, by name ("conv2d_1.weight"), in PyTorch's layouts.
    pub fn parameters(&self) -> Vec<(String, Tensor)> {
        self.backend.parameters()
    }

    /// Takes over parameters; every one must be there in its shape, and none beside them.
    pub fn load_parameters(&mut self, parameters: &[(String, Tensor)]) -> anyhow::Result<()> {
        crate::models::check_parameters(&self.parameters(), parameters)?;
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

    /// Where it computes.
    pub fn device(&self) -> Device {
        self.device
    }

    /// Weights and biases.
    pub fn n_params(&self) -> usize {
        self.n_params
    }

    /// The learning rate of the next step.
    pub fn lr(&self) -> f64 {
        self.recipe.optim.rule().lr()
    }

    /// The layer whose output first was not a number in the last batch that went wrong, "Dense 1", or "the gradient"
    /// when all outputs were numbers. `None` when no batch went wrong.
    pub fn non_finite_layer(&self) -> Option<String> {
        let (samples, rows, step_idx) = self.broken.as_ref()?;
        let place = tensors::non_finite_layer(
            &self.recipe,
            self.input,
            &self.parameters(),
            &batch::gather(samples, rows),
            *step_idx,
        );
        Some(place.unwrap_or_else(|error| format!("an unknown layer ({error:#})")))
    }
}

#[cfg(test)]
mod tests;
