//! Training on the processor with loops of our own: no graph, no tensors, every core busy with images of its own.
//!
//! A step goes through a few phases, each shared out over the threads: convolutions (groups of images), dense layers
//! there and back (rows of the batch), convolutions back (groups again), gradients of dense weights and sums over
//! groups (rows of weights), optimizer (parts of the flat list). What is shared out, and in which order sums are made,
//! depends on the batch alone: weights are the same to the bit for any number of threads.

mod conv;
mod dense;
mod gemm;
mod group;
mod layerwise;
mod loss;
mod maths;
mod norm;
mod plan;
mod rows;
mod sparse;
#[cfg(test)]
mod tests;
pub mod threads;
mod update;

use super::batch::Batch;
use super::{Backend, Forward, OptimizerState, StepOutcome, Turn, tensors};
use crate::models::normalised_together;
use crate::models::{Dropout, Network, Placed};
use crate::optim::{Loss, Optimizer};
use crate::recipe::Recipe;
use crate::vectorised;
use anyhow::{Context as _, ensure};
use group::{Group, Weights};
use norm::{Met, Moments};
use plan::{Owner, Plan};
use rows::{Matrices, Stack};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use tch::Tensor;
use threads::Threads;

/// Groups that the images of a pass are cut into: enough to keep many cores busy evenly, few enough that their
/// gradients are soon added up.
const GROUPS: usize = 16;

/// Numbers that the gradients of all groups may take: with very large kernels there are fewer groups.
const GROUP_NUMBERS: usize = 16 << 20;

/// Images that go through at once; larger batches take several passes, so that memory stays small.
const PASS: usize = 512;

/// Rows of a dense weight whose gradient is one task.
const GRADIENT_ROWS: usize = 96;

/// A network that trains in loops, and the threads that it trains on.
pub struct Loops {
    threads: Threads,
    net: Net,
}

struct Net {
    plan: Plan,
    layers: Vec<Placed>,
    arch: pulp::Arch,
    optimizer: Optimizer,
    loss: Loss,
    clip_norm: f64,
    seed: u64,
    params: Vec<f32>,
    /// The average of the parameters, where one is wanted.
    average: Option<Vec<f32>>,
    grads: Vec<f32>,
    /// Whether the gradients of this step are all numbers so far.
    finite: bool,
    /// The optimizer's state, laid out like the parameters.
    slots: Vec<Vec<f32>>,
    steps: u64,
    scalars: Vec<f64>,
    groups: Vec<Group>,
    matrices: Matrices,
    /// Weights by filter, for the way back through convolutions.
    by_filter: Vec<Vec<f32>>,
    /// Dense weights with rows and columns swapped, for the way back.
    turned: Vec<Vec<f32>>,
}

/// What a training step adds to a pass: its number, the size of the whole batch, and whether gradients add up.
#[derive(Clone, Copy)]
struct Training {
    step_idx: u64,
    batch: usize,
    add: bool,
}

impl Loops {
    /// `None` if the network has layers that only tensors can do.
    pub fn new(network: &Network, recipe: &Recipe, threads: usize) -> anyhow::Result<Option<Self>> {
        let Some(plan) = Plan::new(&network.layers, network.input) else { return Ok(None) };
        let threads = Threads::new(threads).context("the threads to train on cannot be started")?;
        let find = |name: &str| find(&network.parameters, name);
        let params = plan.import_all(&find)?;
        let learned = plan.learned();
        let rule = recipe.optim.rule();
        let work: usize = plan.convs.iter().map(conv::Conv::work_len).sum();
        let n_groups = (GROUP_NUMBERS / work.max(1)).clamp(1, GROUPS);
        let net = Net {
            layers: network.layers.clone(),
            arch: pulp::Arch::new(),
            optimizer: recipe.optim.clone(),
            loss: recipe.loss.clone(),
            clip_norm: recipe.train.clip_norm,
            average: None,
            seed: recipe.train.seed,
            grads: vec![0.0; learned],
            finite: true,
            slots: rule.slots().iter().map(|slot| vec![rule.initial(slot) as f32; learned]).collect(),
            steps: 0,
            scalars: rule.scalars().iter().map(|(_, first)| *first).collect(),
            groups: (0..n_groups).map(|_| Group::default()).collect(),
            matrices: Matrices::default(),
            by_filter: vec![Vec::new(); plan.convs.len()],
            turned: vec![Vec::new(); plan.denses.len()],
            params,
            plan,
        };
        Ok(Some(Self { threads, net }))
    }
}

impl Net {
    /// A part of a batch through the network, and back while training; their probabilities and losses are in the matrices then.
    fn pass(
        &mut self,
        threads: &mut Threads,
        images: Batch<'_>,
        part: Range<usize>,
        training: Option<Training>,
    ) -> anyhow::Result<()> {
        let Self { plan, arch, params, groups, matrices, by_filter, turned, .. } = self;
        let (arch, n, first) = (*arch, part.len(), part.start);
        let draw = |dropout: Option<(usize, f64)>| match (dropout, training) {
            (Some((layer, rate)), Some(t)) if rate > 0.0 => {
                Some(Dropout::new(self.seed, t.step_idx, layer, rate))
            }
            _ => None,
        };
        matrices.make_room(plan, n, training.is_some());
        let drawn: Vec<_> = plan.convs.iter().map(|conv| draw(conv.last_dropout())).collect();
        let fixed = training.is_none().then(|| fixed_norms(plan, params));
        let weights =
            Weights { arch, plan, flat: params, by_filter, dropout: &drawn, fixed: fixed.as_deref() };
        let each = match (plan.group, training) {
            (Some(group), Some(t)) => normalised_together(t.batch, group),
            _ => n.div_ceil(groups.len()),
        };
        let features = plan.features();
        let used = &mut groups[..n.div_ceil(each)];
        if !plan.convs.is_empty() {
            let features = matrices.features[..n * features].chunks_mut(each * features);
            let items = used.iter_mut().zip(features).collect();
            threads.for_each(items, |i, (group, features)| {
                group.forward(&weights, images, first + i * each, features);
            });
        }
        let stack = Stack {
            arch,
            plan,
            flat: params,
            turned,
            dropout: plan.denses.iter().map(|dense| draw(dense.dropout)).collect(),
            loss: &self.loss,
            batch: training.map(|t| t.batch),
            images,
            part,
        };
        stack.run(threads, matrices)?;
        let Some(training) = training else { return Ok(()) };
        if !plan.convs.is_empty() {
            let slope_row = gemm::padded(features);
            let out = matrices.features[..n * features].chunks(each * features);
            let slopes = matrices.feature_slopes[..n * slope_row].chunks(each * slope_row);
            let items = used.iter_mut().zip(out.zip(slopes)).collect();
            threads.for_each(items, |i, (group, (out, slopes))| {
                group.backward(&weights, out.len() / features, first + i * each, out, slopes, slope_row);
            });
        }
        self.finite &= gradients(threads, plan, arch, used, matrices, training.add, &mut self.grads);
        Ok(())
    }

    /// Copies of the weights in the orders that the way back needs.
    fn turn_weights(&mut self, threads: &mut Threads) {
        let Self { plan, arch, params, by_filter, turned, .. } = self;
        let arch = *arch;
        let mut tasks: Vec<Task<'_>> = Vec::new();
        for (conv, to) in plan.convs.iter().zip(by_filter).skip(1) {
            let weight = &params[plan.slots[conv.slot].weight.clone()];
            tasks.push(Box::new(move || conv.by_filter(weight, to)));
        }
        // The slope by the pixels themselves is never needed.
        let first = usize::from(plan.convs.is_empty());
        for (dense, to) in plan.denses.iter().zip(turned).skip(first) {
            let (width, row) = (gemm::padded(dense.output), gemm::padded(dense.input));
            to.resize(dense.output * row, 0.0);
            let weight = &params[plan.slots[dense.slot].weight.clone()];
            // Sixteen outputs at a time, each its own row of the result.
            tasks.extend(to.chunks_mut(16 * row).enumerate().map(|(block, to)| {
                let task = move || maths::transpose(arch, &weight[block * 16..], width, dense.input, to, row);
                Box::new(task) as Task<'_>
            }));
        }
        threads.for_each(tasks, |_, task| task());
    }
}

/// A part of a phase whose parts are of several kinds.
type Task<'a> = Box<dyn FnOnce() + Send + 'a>;

/// Gradients of all weights and biases from what the groups summed up and from the slopes of the dense layers; whether
/// all of them are numbers.
fn gradients(
    threads: &mut Threads,
    plan: &Plan,
    arch: pulp::Arch,
    groups: &[Group],
    matrices: &Matrices,
    add: bool,
    grads: &mut [f32],
) -> bool {
    let finite = AtomicBool::new(true);
    let check = |grads: &[f32]| {
        if !maths::all_finite(arch, grads) {
            finite.store(false, Ordering::Relaxed);
        }
    };
    let check = &check;
    let mut tasks: Vec<Task<'_>> = Vec::new();
    let mut rest = grads;
    for slot in &plan.slots {
        let (weight, others) = rest.split_at_mut(slot.weight.len());
        let (bias, others) = others.split_at_mut(slot.bias.len());
        rest = others;
        if !add {
            bias.fill(0.0);
        }
        match slot.owner {
            Owner::Conv(layer) => tasks.push(Box::new(move || {
                let conv = &plan.convs[layer];
                let mut sum = vec![0.0; conv.work_len()];
                for group in groups {
                    maths::add(arch, &mut sum, &group.works[layer]);
                    if slot.has_bias {
                        maths::add(arch, bias, &group.biases[layer]);
                    }
                }
                if !add {
                    weight.fill(0.0);
                }
                conv.add_work(&sum, weight);
                check(weight);
            })),
            Owner::Norm(layer) => tasks.push(Box::new(move || {
                if !add {
                    weight.fill(0.0);
                }
                for group in groups {
                    maths::add(arch, weight, &group.moments[layer].weight);
                    maths::add(arch, bias, &group.moments[layer].bias);
                }
                check(weight);
            })),
            Owner::Dense(layer) => {
                let dense = &plan.denses[layer];
                let (input, slopes) = (matrices.input(layer), matrices.slopes(layer));
                let parts = weight.chunks_mut(GRADIENT_ROWS * gemm::padded(dense.output)).enumerate();
                tasks.extend(parts.map(|(i, weight)| {
                    let task = move || {
                        dense.weight_slope(arch, input, slopes, i * GRADIENT_ROWS, weight, add);
                        check(weight);
                    };
                    Box::new(task) as Task<'_>
                }));
                tasks.push(Box::new(move || maths::add_rows(arch, bias, slopes)));
            }
        }
    }
    threads.for_each(tasks, |_, task| task());
    finite.into_inner()
}

/// Positions of a batch, as many at a time as go through at once.
fn passes(batch: usize, most: usize) -> impl Iterator<Item = Range<usize>> {
    (0..batch).step_by(most).map(move |first| first..batch.min(first + most))
}

/// What batch norms do while predicting, by their running means.
fn fixed_norms(plan: &Plan, flat: &[f32]) -> Vec<Moments> {
    let norms = plan.convs.iter().filter_map(|conv| conv.norm.as_ref());
    norms
        .map(|norm| {
            let (slot, running) = (&plan.slots[norm.slot], &plan.running[norm.running]);
            let part = |range: &Range<usize>| &flat[range.start..][..norm.after.filters];
            let (mean, variance) = (part(&running.mean), part(&running.variance));
            Moments::fixed(mean, variance, norm.epsilon, part(&slot.weight), part(&slot.bias))
        })
        .collect()
}

fn find(named: &[(String, Tensor)], name: &str) -> anyhow::Result<Tensor> {
    let (_, tensor) =
        named.iter().find(|(n, _)| n == name).with_context(|| format!("there is no parameter {name}"))?;
    Ok(tensor.shallow_clone())
}

impl Net {
    fn step(&mut self, threads: &mut Threads, images: Batch<'_>, turn: Turn) -> anyhow::Result<StepOutcome> {
        self.turn_weights(threads);
        self.finite = true;
        let (mut loss, mut correct) = (0.0, 0);
        let batch = images.rows.len();
        let most = self.plan.group.map_or(PASS, |group| {
            // Images that are normalised together go through at once.
            normalised_together(batch, group) * self.groups.len()
        });
        let mut met = vec![Met::default(); self.plan.running.len()];
        for part in passes(batch, most) {
            let n = part.len();
            let training = Training { step_idx: turn.step_idx, batch, add: part.start > 0 };
            self.pass(threads, images, part.clone(), Some(training))?;
            for (layer, conv) in self.plan.convs.iter().enumerate() {
                let Some(norm) = &conv.norm else { continue };
                let used = self.groups.iter().take(n.div_ceil(most / self.groups.len()));
                used.for_each(|group| met[norm.running].add(&group.moments[layer]));
            }
            loss += self.matrices.losses[..n].iter().sum::<f64>();
            correct += self.matrices.correct(images, part, self.plan.input.classes);
        }
        loss /= batch as f64;
        let finite = self.finite && loss.is_finite();
        if finite {
            self.steps += 1;
            let Self { arch, optimizer, clip_norm, steps, scalars, params, grads, slots, .. } = self;
            let clip = update::clip(threads, *arch, grads, *clip_norm);
            let begun = update::Begun { t: *steps, lr_factor: turn.lr_factor, clip };
            let learned = grads.len();
            let params = &mut params[..learned];
            let wholes = update::update(threads, *arch, optimizer, begun, scalars, params, grads, slots);
            if let Some(step) = wholes {
                update::step_wholes(&self.plan, &step, clip, params, grads, slots)?;
            }
            for conv in &self.plan.convs {
                let Some(norm) = &conv.norm else { continue };
                let (running, met) = (&self.plan.running[norm.running], &met[norm.running]);
                let pixels = conv.features() / conv.filters;
                met.follow(norm.momentum, pixels, &mut self.params, &running.mean, &running.variance);
            }
        }
        Ok(StepOutcome { loss, correct, n: batch as u64, finite })
    }

    fn forward(&mut self, threads: &mut Threads, images: Batch<'_>) -> anyhow::Result<Forward> {
        let classes = self.plan.input.classes;
        let mut all = Forward::default();
        for part in passes(images.rows.len(), PASS) {
            let n = part.len();
            self.pass(threads, images, part.clone(), None)?;
            all.loss_sum += self.matrices.losses[..n].iter().sum::<f64>();
            all.correct += self.matrices.correct(images, part, classes);
            all.probabilities.extend_from_slice(&self.matrices.probabilities[..n * classes]);
        }
        Ok(all)
    }
}

impl Backend for Loops {
    fn compute_with(&mut self, threads: usize) -> anyhow::Result<()> {
        self.threads = Threads::new(threads).context("the threads to train on cannot be started")?;
        Ok(())
    }

    fn configure(&mut self, recipe: &Recipe) -> anyhow::Result<()> {
        let net = &mut self.net;
        ensure!(
            recipe.optim.rule().slots() == net.optimizer.rule().slots(),
            "another optimizer cannot take over in the middle of a training"
        );
        tensors::set_dropout(&mut net.layers, recipe, net.plan.input)?;
        net.plan =
            Plan::new(&net.layers, net.plan.input).context("the layers are as before but for rates")?;
        (net.optimizer, net.loss) = (recipe.optim.clone(), recipe.loss.clone());
        net.clip_norm = recipe.train.clip_norm;
        Ok(())
    }

    fn step(&mut self, images: Batch<'_>, turn: Turn) -> anyhow::Result<StepOutcome> {
        self.net.step(&mut self.threads, images, turn)
    }

    fn average(&mut self, kept: Option<f64>) {
        let Net { arch, params, average, .. } = &mut self.net;
        match (kept, &mut *average) {
            (None, _) => *average = None,
            (Some(_), None) => *average = Some(params.clone()),
            (Some(kept), Some(average)) => update::average(&mut self.threads, *arch, kept, params, average),
        }
    }

    fn swap_average(&mut self) {
        if let Some(average) = &mut self.net.average {
            std::mem::swap(average, &mut self.net.params);
        }
    }

    fn forward(&mut self, images: Batch<'_>) -> anyhow::Result<Forward> {
        self.net.forward(&mut self.threads, images)
    }

    fn parameters(&self) -> Vec<(String, Tensor)> {
        self.net.plan.export(&self.net.params)
    }

    fn load_parameters(&mut self, parameters: &[(String, Tensor)]) -> anyhow::Result<()> {
        self.net.params = self.net.plan.import_all(&|name| find(parameters, name))?;
        Ok(())
    }

    fn optimizer_state(&self) -> OptimizerState {
        let Net { plan, optimizer, slots, steps, scalars, .. } = &self.net;
        let rule = optimizer.rule();
        let mut named = Vec::new();
        for (slot, flat) in rule.slots().iter().zip(slots) {
            named.extend(plan.export(flat).into_iter().map(|(name, part)| (format!("{slot}.{name}"), part)));
        }
        OptimizerState { tensors: named, scalars: tensors::scalars(rule, *steps, scalars) }
    }

    fn load_optimizer_state(&mut self, state: OptimizerState) -> anyhow::Result<()> {
        let net = &mut self.net;
        let rule = net.optimizer.rule();
        let own = net.plan.export(&net.params[..net.plan.learned()]);
        let mut slots = Vec::new();
        for slot in rule.slots() {
            slots.push(
                net.plan
                    .import(&|name| tensors::slot_tensor(&state, slot, name, &find(&own, name)?.size()))?,
            );
        }
        (net.steps, net.scalars) = tensors::load_scalars(rule, &state)?;
        net.slots = slots;
        Ok(())
    }
}
