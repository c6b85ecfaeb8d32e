//! Training with tensors and autograd, the batch cut into a fixed number of parts that go there and back side by side,
//! each on one thread. What a part learns is for its [`Learner`] to say: whole numbers, or digits and their places.
//!
//! Parts depend on the batch alone, and their gradients are added up in their order: weights are the same to the bit
//! for any number of threads. One thread a part is also the faster way: the tensor library's own threads meet at every
//! operation, and these only at the end of a step.

mod flat;

use super::batch::Batch;
use super::cpu::threads::Threads;
use super::{Backend, Forward, OptimizerState, StepOutcome, Turn, tensors};
use crate::models::{Network, Statistics};
use crate::optim::{Optimizer, Rule, State, Step, clip};
use crate::recipe::Recipe;
use crate::score::Figures;
use anyhow::{Context as _, ensure};
use flat::Layout;
use std::cell::Cell;
use std::ops::Range;
use tch::{Device, Kind, Tensor};

/// Parts that a batch is cut into on the processor: enough to keep many cores busy evenly, few enough that their
/// gradients are soon added up.
const PARTS: usize = 8;
/// Pictures that a part reads at once.
const CHUNK: usize = 64;
/// Numbers that one thread adds up and steps at a time.
const STRETCH: i64 = 64 * 1024;

/// What one part of a batch is learned with: a network whose parameters all parts share.
pub trait Learner: Send {
    /// Everything it carries, always in the same order.
    fn parameters(&self) -> Vec<&(String, Tensor)>;

    /// The same, to be put elsewhere.
    fn parameters_mut(&mut self) -> Vec<&mut (String, Tensor)>;

    /// The gradients, in the order of the parameters that learn, of the share that the pictures at `places` have in the
    /// mean loss of the batch, and what was found on the way.
    fn learn(
        &mut self,
        batch: Batch<'_>,
        places: Range<usize>,
        draws: Draws,
    ) -> anyhow::Result<(Vec<Tensor>, Learned)>;

    /// What is read on the pictures at `places`, and the loss.
    fn read(&mut self, batch: Batch<'_>, places: Range<usize>) -> anyhow::Result<Forward>;

    /// Takes over what may change between steps; an error where the recipe wants another network.
    fn configure(&mut self, recipe: &Recipe) -> anyhow::Result<()>;

    /// Moves the running means of batch norms towards what they found in a batch.
    fn follow(&mut self, statistics: &[Statistics]) -> anyhow::Result<()>;

    /// Copies parameters over; every one must be there in its shape, and none beside them.
    fn load(&mut self, parameters: &[(String, Tensor)]) -> anyhow::Result<()>;
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
    /// How lengths, positions and characters were read, where whole numbers are.
    pub figures: Option<Figures>,
    /// What batch norms found.
    pub statistics: Vec<Statistics>,
}

/// What draws are functions of.
#[derive(Clone, Copy)]
pub struct Draws {
    /// The recipe's seed.
    pub seed: u64,
    /// Steps done before.
    pub step_idx: u64,
    /// Which part of the batch.
    pub part: usize,
    /// Share of the training that is done, 0 to 1.
    pub done: f64,
}

/// A network and a gradient of its own.
struct Part {
    learner: Box<dyn Learner>,
    /// Flat, laid out like the parameters that are learned.
    gradient: Tensor,
}

/// A network whose parameters are views into one flat tensor, once for each part of a batch.
pub struct Parts {
    threads: Threads,
    parts: Vec<Part>,
    layout: Layout,
    /// What gradients change, then the running means.
    flat: Tensor,
    average: Option<Tensor>,
    /// Of the last step, where whole numbers are read.
    figures: Option<Figures>,
    optimizer: Optimizer,
    state: State,
    clip_norm: f64,
    seed: u64,
    device: Device,
}

impl Parts {
    /// `make` makes a learner with first weights, the same each time it is called.
    pub fn new(
        recipe: &Recipe,
        threads: usize,
        device: Device,
        make: &dyn Fn() -> anyhow::Result<Box<dyn Learner>>,
    ) -> anyhow::Result<Self> {
        // A GPU is one worker that is never cut up.
        let (n_parts, n_threads) = if device == Device::Cpu { (PARTS, threads) } else { (1, 1) };
        let threads = Threads::new(n_threads).context("the threads to train on cannot be started")?;
        on_one_thread();
        let first = make()?;
        let layout = Layout::new(first.parameters().into_iter());
        let flat = layout.flat(first.parameters().into_iter())?.f_to_device(device)?;
        let parts: anyhow::Result<Vec<Part>> = (0..n_parts)
            .map(|_| {
                let mut learner = make()?;
                layout.bind(&flat, learner.parameters_mut().into_iter())?;
                let gradient = Tensor::zeros([layout.learned], (Kind::Float, device));
                Ok(Part { learner, gradient })
            })
            .collect();
        let state = State::new(recipe.optim.rule(), layout.learned, Kind::Float, device);
        Ok(Self {
            threads,
            parts: parts?,
            layout,
            flat,
            average: None,
            figures: None,
            optimizer: recipe.optim.clone(),
            state,
            clip_norm: recipe.train.clip_norm,
            seed: recipe.train.seed,
            device,
        })
    }

    /// Numbers that are learned.
    pub fn n_params(&self) -> usize {
        self.layout.learned as usize
    }

    /// Adds the gradients of the other parts to those of the first, in their order; the sum of the squares and whether
    /// all are numbers.
    fn sum_up(&mut self, used: usize) -> (f64, bool) {
        let stretches = stretches(self.layout.learned);
        let gradients: Vec<&Tensor> = self.parts[..used].iter().map(|part| &part.gradient).collect();
        let mut found = vec![(0.0, true); stretches.len()];
        let items = stretches
            .iter()
            .zip(&mut found)
            .map(|((start, length), found)| {
                let cut: Vec<Tensor> = gradients.iter().map(|g| g.narrow(0, *start, *length)).collect();
                (cut, found)
            })
            .collect();
        self.threads.for_each(items, |_, (mut cut, found): (Vec<Tensor>, &mut (f64, bool))| {
            on_one_thread();
            tch::no_grad(|| {
                let mut sum = cut.remove(0);
                cut.iter().for_each(|other| sum += other);
                let squares = sum.square().sum(Kind::Double).double_value(&[]);
                *found = (squares, squares.is_finite());
            });
        });
        found.iter().fold((0.0, true), |sum, one| (sum.0 + one.0, sum.1 && one.1))
    }

    /// Steps every stretch of the flat tensor, or every parameter in its shape where the optimizer looks at matrices.
    fn apply(&mut self, step: &Step, scale: f64) {
        let Self { threads, parts, flat, state, layout, .. } = self;
        let gradient = &parts[0].gradient;
        let pieces: Vec<(i64, Vec<i64>)> = if step.wants_wholes() {
            layout.wholes().collect()
        } else {
            stretches(layout.learned).into_iter().map(|(start, length)| (start, vec![length])).collect()
        };
        let items = pieces
            .iter()
            .map(|(start, size)| {
                let cut = |tensor: &Tensor| tensor.narrow(0, *start, size.iter().product()).view(&size[..]);
                (cut(flat), cut(gradient), state.slots.iter().map(cut).collect())
            })
            .collect();
        threads.for_each(items, |_, (mut params, mut grads, mut slots): (Tensor, Tensor, Vec<Tensor>)| {
            on_one_thread();
            if scale != 1.0 {
                grads *= scale;
            }
            step.apply(&mut params, &mut grads, &mut slots);
        });
    }

    /// A flat list as named tensors of PyTorch's layouts on the processor.
    fn cut(&self, flat: &Tensor) -> Vec<(String, Tensor)> {
        self.layout.cut(flat)
    }
}

/// Makes the tensor library compute on the calling thread alone: asked for once a thread, since it costs a lock.
fn on_one_thread() {
    thread_local! {
        static ASKED: Cell<bool> = const { Cell::new(false) };
    }
    if !ASKED.replace(true) {
        tch::set_num_threads(1);
    }
}

/// Where each stretch begins and how long it is.
fn stretches(length: i64) -> Vec<(i64, i64)> {
    (0..length).step_by(STRETCH as usize).map(|start| (start, STRETCH.min(length - start))).collect()
}

impl Part {
    fn learn(&mut self, batch: Batch<'_>, places: Range<usize>, draws: Draws) -> anyhow::Result<Learned> {
        let (gradients, learned) = self.learner.learn(batch, places, draws)?;
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
        Ok(learned)
    }
}

impl Backend for Parts {
    fn configure(&mut self, recipe: &Recipe) -> anyhow::Result<()> {
        ensure!(
            recipe.optim.rule().slots() == self.optimizer.rule().slots(),
            "another optimizer cannot take over in the middle of a training"
        );
        for part in &mut self.parts {
            part.learner.configure(recipe)?;
        }
        self.optimizer = recipe.optim.clone();
        self.clip_norm = recipe.train.clip_norm;
        Ok(())
    }

    fn gradients(&mut self, batch: Batch<'_>, turn: Turn) -> anyhow::Result<Option<Vec<(String, Tensor)>>> {
        let (seed, step_idx, done) = (self.seed, turn.step_idx, turn.done);
        let learner = &mut self.parts[0].learner;
        let places = 0..batch.rows.len();
        let (gradients, _) = learner.learn(batch, places, Draws { seed, step_idx, part: 0, done })?;
        let names = learner.parameters().into_iter().map(|(name, _)| name.clone());
        let learned = names.filter(|name| Network::learns(name));
        Ok(Some(learned.zip(gradients).collect()))
    }

    fn step(&mut self, batch: Batch<'_>, turn: Turn) -> anyhow::Result<StepOutcome> {
        let n = batch.rows.len();
        let each = n.div_ceil(self.parts.len());
        let used = n.div_ceil(each);
        let (seed, step_idx, done) = (self.seed, turn.step_idx, turn.done);
        let mut learned: Vec<anyhow::Result<Learned>> = Vec::new();
        learned.resize_with(used, || Ok(Learned::default()));
        let items = self.parts[..used].iter_mut().zip(&mut learned).collect();
        self.threads.for_each(items, |i, (part, learned): (&mut Part, &mut anyhow::Result<Learned>)| {
            on_one_thread();
            let places = i * each..n.min((i + 1) * each);
            *learned = part.learn(batch, places, Draws { seed, step_idx, part: i, done });
        });
        let learned: Vec<Learned> = learned.into_iter().collect::<anyhow::Result<_>>()?;
        let loss = learned.iter().map(|one| one.loss).sum::<f64>() / n as f64;
        let correct = learned.iter().map(|one| one.correct).sum();
        self.figures = None;
        for figures in learned.iter().filter_map(|one| one.figures.as_ref()) {
            self.figures.get_or_insert_with(Figures::default).join(figures);
        }
        let (squares, numbers) = self.sum_up(used);
        let finite = loss.is_finite() && numbers;
        if finite {
            let scale = if self.clip_norm > 0.0 { clip(squares, self.clip_norm) } else { 1.0 };
            let step = self.state.begin(self.optimizer.rule(), turn.lr_factor);
            self.apply(&step, scale);
            let statistics = merged(&learned);
            // All parts' running means are the same memory.
            self.parts[0].learner.follow(&statistics)?;
        }
        Ok(StepOutcome { loss, correct, n: n as u64, finite })
    }

    fn figures(&self) -> Option<&Figures> {
        self.figures.as_ref()
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
                // In place: the networks' parameters are views of the flat tensor.
                self.flat.copy_(average);
                average.copy_(&weights);
            });
        }
    }

    fn forward(&mut self, batch: Batch<'_>) -> anyhow::Result<Forward> {
        let n = batch.rows.len();
        let chunks: Vec<_> = (0..n).step_by(CHUNK).map(|start| start..n.min(start + CHUNK)).collect();
        let n_parts = self.parts.len();
        let chunks = &chunks;
        let mut found: Vec<anyhow::Result<Vec<Forward>>> = Vec::new();
        found.resize_with(n_parts, || Ok(Vec::new()));
        let items = self.parts.iter_mut().zip(&mut found).collect();
        self.threads.for_each(items, |i, (part, found): (&mut Part, &mut anyhow::Result<Vec<Forward>>)| {
            on_one_thread();
            let own = chunks.iter().skip(i).step_by(n_parts);
            *found = own.map(|places| part.learner.read(batch, places.clone())).collect();
        });
        let mut found: Vec<_> =
            found.into_iter().map(|one| Ok(one?.into_iter())).collect::<anyhow::Result<_>>()?;
        let mut all = Forward::default();
        // Chunk after chunk, as they were dealt out.
        for i in 0..chunks.len() {
            let Some(one) = found[i % n_parts].next() else { continue };
            all.loss_sum += one.loss_sum;
            all.correct += one.correct;
            all.numbers.extend(one.numbers);
            all.found.extend(one.found);
        }
        Ok(all)
    }

    fn parameters(&self) -> Vec<(String, Tensor)> {
        self.cut(&self.flat)
    }

    fn load_parameters(&mut self, parameters: &[(String, Tensor)]) -> anyhow::Result<()> {
        self.parts[0].learner.load(parameters)
    }

    fn optimizer_state(&self) -> OptimizerState {
        let rule = self.optimizer.rule();
        let mut tensors = Vec::new();
        for (slot, flat) in rule.slots().iter().zip(&self.state.slots) {
            tensors.extend(self.cut(flat).into_iter().map(|(name, part)| (format!("{slot}.{name}"), part)));
        }
        OptimizerState { tensors, scalars: tensors::scalars(rule, self.state.steps, &self.state.scalars) }
    }

    fn load_optimizer_state(&mut self, state: OptimizerState) -> anyhow::Result<()> {
        let rule: &dyn Rule = self.optimizer.rule();
        let mut slots = Vec::new();
        for slot in rule.slots() {
            let named: anyhow::Result<Vec<(String, Tensor)>> = self
                .layout
                .shapes()
                .filter(|(name, _)| Network::learns(name))
                .map(|(name, size)| Ok((name.to_owned(), tensors::slot_tensor(&state, slot, name, size)?)))
                .collect();
            slots.push(self.layout.flat(named?.iter())?.to_device(self.device));
        }
        (self.state.steps, self.state.scalars) = tensors::load_scalars(rule, &state)?;
        self.state.slots = slots;
        Ok(())
    }
}

/// What all parts' batch norms found, as if it were one batch: means weighted by pictures, and the variance within
/// parts with that between their means.
fn merged(learned: &[Learned]) -> Vec<Statistics> {
    let total: f64 = learned.iter().map(|one| one.n as f64).sum();
    let Some(first) = learned.first() else { return Vec::new() };
    let layers = 0..first.statistics.len();
    tch::no_grad(|| {
        layers
            .map(|i| {
                let each = || learned.iter().map(|one| (one.n as f64 / total, &one.statistics[i]));
                let sum = |of: &dyn Fn(&Statistics) -> Tensor| {
                    let mut sum = of(&first.statistics[i]).zeros_like();
                    each().for_each(|(share, one)| sum += of(one) * share);
                    sum
                };
                let mean = sum(&|one| one.mean.shallow_clone());
                let within = sum(&|one| one.variance.shallow_clone());
                let between = sum(&|one| (&one.mean - &mean).square());
                Statistics { layer: first.statistics[i].layer, mean, variance: within + between }
            })
            .collect()
    })
}
