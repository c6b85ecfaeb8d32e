//! Training with tensors and autograd: slower than loops of our own on the processor, but right on every device.

use super::batch::Batch;
use super::cpu::threads::Threads;
use super::{Backend, Forward, OptimizerState, StepOutcome, Turn};
use crate::data::augment::Scratch;
use crate::models::layers::Layer;
use crate::models::{Dropout, Input, Network, Placed};
use crate::optim::{Loss, Optimizer, State, Step, clip};
use crate::recipe::Recipe;
use anyhow::{Context as _, ensure};
use tch::{Device, Kind, Tensor};

/// Images that are evaluated at once.
const CHUNK: usize = 500;

/// A network whose parameters are views into one flat tensor, so that the optimizer sees one long list; what it does
/// not change (running means) lies at the end.
pub struct Tensors {
    network: Network,
    flat: Tensor,
    /// Numbers that the optimizer changes.
    learned: i64,
    /// The average of the flat tensor, where one is wanted.
    average: Option<Tensor>,
    optimizer: Optimizer,
    state: State,
    loss: Loss,
    clip_norm: f64,
    seed: u64,
    device: Device,
    /// Gather images; the tensor library has threads of its own.
    threads: Threads,
}

impl Tensors {
    pub fn new(
        mut network: Network,
        recipe: &Recipe,
        threads: usize,
        device: Device,
    ) -> anyhow::Result<Self> {
        tch::set_num_threads(threads as i32);
        let threads = Threads::new(threads).context("the threads to train on cannot be started")?;
        let list = |learns: bool| {
            let some = network.parameters.iter().filter(move |(name, _)| Network::learns(name) == learns);
            some.map(|(_, t)| t.reshape([-1]))
        };
        let learned = list(true).map(|t| t.numel() as i64).sum();
        let lists: Vec<Tensor> = list(true).chain(list(false)).collect();
        let flat = Tensor::f_cat(&lists, 0)?.f_to_device(device)?;
        let mut start = 0;
        for learns in [true, false] {
            let some = network.parameters.iter_mut().filter(|(name, _)| Network::learns(name) == learns);
            for (_, parameter) in some {
                let (size, numel) = (parameter.size(), parameter.numel() as i64);
                // Detached views are leaves of their own to autograd, but share the flat tensor's memory.
                let view = flat.narrow(0, start, numel).view(size.as_slice()).detach();
                *parameter = view.set_requires_grad(learns);
                start += numel;
            }
        }
        let state = State::new(recipe.optim.rule(), learned, Kind::Float, device);
        let (optimizer, loss) = (recipe.optim.clone(), recipe.loss.clone());
        let (clip_norm, seed) = (recipe.train.clip_norm, recipe.train.seed);
        Ok(Self {
            network,
            flat,
            learned,
            average: None,
            optimizer,
            state,
            loss,
            clip_norm,
            seed,
            device,
            threads,
        })
    }

    fn batch(&mut self, images: Batch<'_>) -> anyhow::Result<(Tensor, Tensor)> {
        let pixels = self.network.pixels(&images.gather(&mut self.threads))?;
        let labels: Vec<i64> = (0..images.rows.len()).map(|i| i64::from(images.label(i))).collect();
        Ok((pixels, Tensor::from_slice(&labels).to_device(self.device)))
    }

    /// Other classes and their shares, where images are mixed.
    fn mixed(&self, images: Batch<'_>) -> Option<(Tensor, Tensor)> {
        let mixed: Option<Vec<(i64, f32)>> = (0..images.rows.len())
            .map(|i| images.mixed(i).map(|(label, share)| (i64::from(label), share)))
            .collect();
        let (others, shares): (Vec<i64>, Vec<f32>) = mixed?.into_iter().unzip();
        let tensors = (Tensor::from_slice(&others), Tensor::from_slice(&shares));
        Some((tensors.0.to_device(self.device), tensors.1.to_device(self.device)))
    }

    /// Applies a step to each parameter in its shape.
    fn step_wholes(&self, step: &Step, gradient: &Tensor) {
        let mut start = 0;
        for (_, parameter) in self.learned() {
            let (size, numel) = (parameter.size(), parameter.numel() as i64);
            let cut = |flat: &Tensor| flat.narrow(0, start, numel).view(size.as_slice());
            let mut slots: Vec<Tensor> = self.state.slots.iter().map(cut).collect();
            step.apply(&mut cut(&self.flat), &mut cut(gradient), &mut slots);
            start += numel;
        }
    }

    /// What gradients change.
    fn learned(&self) -> impl Iterator<Item = &(String, Tensor)> {
        self.network.parameters.iter().filter(|(name, _)| Network::learns(name))
    }

    /// A flat list cut into tensors of the parameters' shapes, on the processor; those that it is too short for are
    /// left out.
    fn cut(&self, flat: &Tensor) -> Vec<(String, Tensor)> {
        let mut start = 0;
        let mut cut = Vec::new();
        let others = self.network.parameters.iter().filter(|(name, _)| !Network::learns(name));
        for (name, parameter) in self.learned().chain(others) {
            let (size, numel) = (parameter.size(), parameter.numel() as i64);
            if start + numel > flat.numel() as i64 {
                break;
            }
            // `copy` because on the processor the move would share memory that goes on changing.
            let part = flat.narrow(0, start, numel).to_device(Device::Cpu).view(size.as_slice()).copy();
            cut.push((name.clone(), part));
            start += numel;
        }
        cut
    }
}

impl Backend for Tensors {
    fn configure(&mut self, recipe: &Recipe) -> anyhow::Result<()> {
        ensure!(
            recipe.optim.rule().slots() == self.optimizer.rule().slots(),
            "another optimizer cannot take over in the middle of a training"
        );
        set_dropout(&mut self.network.layers, recipe, self.network.input)?;
        (self.optimizer, self.loss) = (recipe.optim.clone(), recipe.loss.clone());
        self.clip_norm = recipe.train.clip_norm;
        Ok(())
    }

    fn step(&mut self, images: Batch<'_>, turn: Turn) -> anyhow::Result<StepOutcome> {
        let (pixels, labels) = self.batch(images)?;
        let n = images.rows.len();
        let dropout = |idx, rate| Some(Dropout::new(self.seed, turn.step_idx, idx, rate));
        let (logits, statistics) = self.network.logits_of_batch(&pixels, &dropout, &mut |_, _| ())?;
        let scores = logits.detach();
        let (losses, slope) = match self.mixed(images) {
            None => self.loss.value_and_gradient(&scores, &labels),
            Some((others, shares)) => self.loss.mixed_value_and_gradient(&scores, &labels, &others, &shares),
        };
        // A sum whose gradient with respect to the logits is `slope`: the loss's own gradient is worked out by hand.
        let surrogate = (&logits * slope / n as f64).sum(Kind::Float);
        let parameters: Vec<&Tensor> = self.learned().map(|(_, t)| t).collect();
        let gradients = Tensor::f_run_backward(&[surrogate], &parameters, false, false)?;
        let lists: Vec<Tensor> = gradients.iter().map(|g| g.reshape([-1])).collect();
        let mut gradient = Tensor::f_cat(&lists, 0)?;
        let loss = losses.mean(Kind::Double).double_value(&[]);
        let correct = logits.argmax(-1, false).eq_tensor(&labels).sum(Kind::Int64).int64_value(&[]);
        let finite = loss.is_finite() && gradient.isfinite().all().int64_value(&[]) == 1;
        if finite {
            if self.clip_norm > 0.0 {
                let squares = gradient.to_kind(Kind::Double).square().sum(Kind::Double).double_value(&[]);
                gradient *= clip(squares, self.clip_norm);
            }
            let step = self.state.begin(self.optimizer.rule(), turn.lr_factor);
            if step.wants_wholes() {
                self.step_wholes(&step, &gradient);
            } else {
                let mut learned = self.flat.narrow(0, 0, self.learned);
                step.apply(&mut learned, &mut gradient, &mut self.state.slots);
            }
            self.network.follow(&statistics)?;
        }
        Ok(StepOutcome { loss, correct: correct as u64, n: n as u64, finite })
    }

    fn average(&mut self, kept: Option<f64>) {
        tch::no_grad(|| match (kept, &mut self.average) {
            (None, average) => *average = None,
            (Some(_), average @ None) => *average = Some(self.flat.copy()),
            (Some(kept), Some(average)) => drop(average.lerp_(&self.flat, 1.0 - kept)),
        });
    }

    fn swap_average(&mut self) {
        if let Some(average) = &mut self.average {
            tch::no_grad(|| {
                let weights = self.flat.copy();
                // In place: the network's parameters are views of the flat tensor.
                self.flat.copy_(average);
                average.copy_(&weights);
            });
        }
    }

    fn forward(&mut self, images: Batch<'_>) -> anyhow::Result<Forward> {
        let mut all = Forward::default();
        for rows in images.rows.chunks(CHUNK) {
            let (pixels, labels) = self.batch(Batch { rows, ..images })?;
            let logits = tch::no_grad(|| self.network.logits(&pixels, &|_, _| None, &mut |_, _| ()))?;
            all.loss_sum += self.loss.value(&logits, &labels).sum(Kind::Double).double_value(&[]);
            all.correct +=
                logits.argmax(-1, false).eq_tensor(&labels).sum(Kind::Int64).int64_value(&[]) as u64;
            let probabilities = logits.softmax(-1, Kind::Float).to_device(Device::Cpu).reshape([-1]);
            all.probabilities.extend(Vec::<f32>::try_from(probabilities)?);
        }
        Ok(all)
    }

    fn parameters(&self) -> Vec<(String, Tensor)> {
        self.cut(&self.flat)
    }

    fn load_parameters(&mut self, parameters: &[(String, Tensor)]) -> anyhow::Result<()> {
        self.network.load(parameters)
    }

    fn optimizer_state(&self) -> OptimizerState {
        let rule = self.optimizer.rule();
        let mut tensors = Vec::new();
        for (slot, flat) in rule.slots().iter().zip(&self.state.slots) {
            tensors.extend(self.cut(flat).into_iter().map(|(name, part)| (format!("{slot}.{name}"), part)));
        }
        OptimizerState { tensors, scalars: scalars(rule, self.state.steps, &self.state.scalars) }
    }

    fn load_optimizer_state(&mut self, state: OptimizerState) -> anyhow::Result<()> {
        let rule = self.optimizer.rule();
        let mut slots = Vec::new();
        for slot in rule.slots() {
            let mut lists = Vec::new();
            for (name, parameter) in self.learned() {
                lists.push(slot_tensor(&state, slot, name, &parameter.size())?.reshape([-1]));
            }
            slots.push(Tensor::f_cat(&lists, 0)?.to_device(self.device));
        }
        (self.state.steps, self.state.scalars) = load_scalars(rule, &state)?;
        self.state.slots = slots;
        Ok(())
    }
}

/// The gradients of the mean loss of images, with dropout off.
pub fn gradients(
    recipe: &Recipe,
    input: Input,
    parameters: &[(String, Tensor)],
    images: Batch<'_>,
) -> anyhow::Result<Vec<(String, Tensor)>> {
    let mut network = Network::new(&recipe.model, input, 0)?;
    network.load(parameters)?;
    for (name, parameter) in &mut network.parameters {
        *parameter = parameter.detach().set_requires_grad(Network::learns(name));
    }
    let mut scratch = Scratch::default();
    let n = images.rows.len();
    let bytes: Vec<u8> = (0..n).flat_map(|i| images.image(i, &mut scratch).into_owned()).collect();
    let labels: Vec<i64> = (0..n).map(|i| i64::from(images.label(i))).collect();
    let logits = network.logits(&network.pixels(&bytes)?, &|_, _| None, &mut |_, _| ())?;
    let (_, slope) = recipe.loss.value_and_gradient(&logits.detach(), &Tensor::from_slice(&labels));
    let surrogate = (&logits * slope / n.max(1) as f64).sum(Kind::Float);
    let learned: Vec<&(String, Tensor)> =
        network.parameters.iter().filter(|(name, _)| Network::learns(name)).collect();
    let own: Vec<&Tensor> = learned.iter().map(|(_, tensor)| tensor).collect();
    let gradients = Tensor::f_run_backward(&[surrogate], &own, false, false)?;
    Ok(learned.iter().zip(gradients).map(|((name, _), gradient)| (name.clone(), gradient)).collect())
}

/// The numbers of an optimizer by name: the steps done, and those of its rule.
pub fn scalars(rule: &dyn crate::optim::Rule, steps: u64, scalars: &[f64]) -> Vec<(String, f64)> {
    let own = rule.scalars().iter().zip(scalars).map(|((name, _), value)| ((*name).to_owned(), *value));
    std::iter::once(("steps".to_owned(), steps as f64)).chain(own).collect()
}

/// The steps done and the numbers of an optimizer's rule, in the rule's order.
pub fn load_scalars(rule: &dyn crate::optim::Rule, from: &OptimizerState) -> anyhow::Result<(u64, Vec<f64>)> {
    let find = |name: &str| {
        let found = from.scalars.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| *value).with_context(|| format!("the optimizer's number {name:?} is missing"))
    };
    let own: anyhow::Result<Vec<f64>> = rule.scalars().iter().map(|(name, _)| find(name)).collect();
    Ok((find("steps")? as u64, own?))
}

/// The part of an optimizer's slot that belongs to a parameter, in the parameter's shape.
pub fn slot_tensor(state: &OptimizerState, slot: &str, name: &str, size: &[i64]) -> anyhow::Result<Tensor> {
    let full = format!("{slot}.{name}");
    let found = state.tensors.iter().find(|(n, _)| *n == full);
    let (_, tensor) =
        found.with_context(|| format!("the optimizer's {full} is missing: it belongs to another one"))?;
    ensure!(
        tensor.size() == size,
        "the optimizer's {full} has the shape {:?} and not {size:?}",
        tensor.size()
    );
    Ok(tensor.to_kind(Kind::Float))
}

/// Takes over the dropout rates of a recipe whose layers are otherwise the same.
pub fn set_dropout(layers: &mut [Placed], recipe: &Recipe, input: Input) -> anyhow::Result<()> {
    let new = crate::models::place(&recipe.model.layers(input.classes), input)?;
    let same = |(a, b): (&Placed, &Placed)| match (a.layer, b.layer) {
        (Layer::Dropout { .. }, Layer::Dropout { .. }) => true,
        (a, b) => a == b,
    };
    ensure!(
        new.len() == layers.len() && layers.iter().zip(&new).all(same),
        "the layers of a network cannot change in the middle of a training, only dropout rates can"
    );
    layers.clone_from_slice(&new);
    Ok(())
}

/// Where a batch first gives something that is not a number.
pub fn non_finite_layer(
    recipe: &Recipe,
    input: Input,
    parameters: &[(String, Tensor)],
    images: Batch<'_>,
    step_idx: u64,
) -> anyhow::Result<String> {
    let network = Network::with_parameters(&recipe.model, input, parameters, Device::Cpu)?;
    let one = &mut Threads::new(1)?;
    let pixels = network.pixels(&images.gather(one))?;
    let mut first = None;
    let dropout = |idx, rate| Some(Dropout::new(recipe.train.seed, step_idx, idx, rate));
    let _logits = tch::no_grad(|| {
        network.logits_of_batch(&pixels, &dropout, &mut |placed, output| {
            if first.is_none() && output.isfinite().all().int64_value(&[]) == 0 {
                first = Some(placed.name());
            }
        })
    })?;
    Ok(first.unwrap_or_else(|| "the gradient".to_owned()))
}
