//! The dense layers, there and back, for the rows (images) of a pass, shared out over the threads.

use super::super::batch::{Batch, Mixed};
use super::dense::Dense;
use super::gemm::padded;
use super::loss;
use super::maths;
use super::plan::Plan;
use super::threads::Threads;
use crate::data::augment::Scratch;
use crate::models::Dropout;
use crate::optim::Loss;
use std::ops::Range;
use tch::{Kind, Tensor};

/// What the images of a pass are on their way, one row an image.
#[derive(Default)]
pub struct Matrices {
    n: usize,
    /// What the convolutions made (or the pixels), `plan.features()` to a row.
    pub features: Vec<f32>,
    /// Slopes by the features, `padded(features)` to a row.
    pub feature_slopes: Vec<f32>,
    layers: Vec<Layer>,
    /// `classes` to a row.
    pub probabilities: Vec<f32>,
    /// One a row.
    pub losses: Vec<f64>,
    rows: Vec<usize>,
}

/// One dense layer's rows, each `padded(output)` long.
#[derive(Default)]
struct Layer {
    pre: Vec<f32>,
    out: Vec<f32>,
    slope: Vec<f32>,
    width: usize,
}

impl Matrices {
    /// Makes room for so many rows.
    pub fn make_room(&mut self, plan: &Plan, n: usize, training: bool) {
        fn grow(list: &mut Vec<f32>, n: usize) {
            if list.len() < n {
                list.resize(n, 0.0);
            }
        }
        self.n = n;
        self.rows =
            std::iter::once(plan.features()).chain(plan.denses.iter().map(|d| padded(d.output))).collect();
        self.layers.resize_with(plan.denses.len(), Layer::default);
        grow(&mut self.features, n * plan.features());
        if training && !plan.convs.is_empty() {
            grow(&mut self.feature_slopes, n * padded(plan.features()));
        }
        for (layer, dense) in self.layers.iter_mut().zip(&plan.denses) {
            layer.width = padded(dense.output);
            for list in [&mut layer.pre, &mut layer.out, &mut layer.slope] {
                grow(list, n * layer.width);
            }
        }
        grow(&mut self.probabilities, n * plan.input.classes);
        self.losses.resize(self.losses.len().max(n), 0.0);
    }

    /// What came into a dense layer.
    pub fn input(&self, layer: usize) -> &[f32] {
        let list = if layer == 0 { &self.features } else { &self.layers[layer - 1].out };
        &list[..self.n * self.rows[layer]]
    }

    /// Slopes by the sums of a dense layer.
    pub fn slopes(&self, layer: usize) -> &[f32] {
        &self.layers[layer].slope[..self.n * self.layers[layer].width]
    }

    /// Images whose greatest probability is their class's.
    pub fn correct(&self, images: Batch<'_>, part: Range<usize>, classes: usize) -> u64 {
        let each = self.probabilities.chunks_exact(classes).zip(part);
        each.filter(|(p, at)| maths::argmax(p) == usize::from(images.label(*at))).count() as u64
    }
}

/// The dense layers with what they read.
pub struct Stack<'a> {
    /// Vector instructions to use.
    pub arch: pulp::Arch,
    /// The layers.
    pub plan: &'a Plan,
    /// The flat list of parameters.
    pub flat: &'a [f32],
    /// Weights with rows and columns swapped, for the way back.
    pub turned: &'a [Vec<f32>],
    /// Draws of the dropout after each layer; none while predicting.
    pub dropout: Vec<Option<Dropout>>,
    /// What the training makes small.
    pub loss: &'a Loss,
    /// Images of the whole batch, which the loss is averaged over; `None` while predicting.
    pub batch: Option<usize>,
    /// The whole batch.
    pub images: Batch<'a>,
    /// The positions in it that this pass is about.
    pub part: Range<usize>,
}

/// Probabilities, losses and slopes by the logits of a block.
struct CrossEntropy<'a, 'b> {
    stack: &'a Stack<'a>,
    block: &'a mut Block<'b>,
    smoothing: f32,
}

impl pulp::NullaryFnOnce for CrossEntropy<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.stack.cross_entropy(self.block, self.smoothing);
    }
}

/// Some rows of all matrices.
struct Block<'a> {
    first: usize,
    features: &'a mut [f32],
    feature_slopes: Option<&'a mut [f32]>,
    layers: Vec<[&'a mut [f32]; 3]>,
    probabilities: &'a mut [f32],
    losses: &'a mut [f64],
    labels: Vec<u8>,
    /// One a row where images are mixed, else empty.
    mixed: Vec<Mixed>,
}

impl Stack<'_> {
    /// All rows there, and back while training.
    pub fn run(&self, threads: &mut Threads, matrices: &mut Matrices) -> anyhow::Result<()> {
        let mut blocks = self.blocks(threads.len(), matrices);
        if let Loss::CrossEntropy(loss) = self.loss {
            let smoothing = loss.label_smoothing as f32;
            threads.for_each(blocks, |_, mut block| {
                self.forward(&mut block);
                self.arch.dispatch(CrossEntropy { stack: self, block: &mut block, smoothing });
                self.backward(&mut block);
            });
            return Ok(());
        }
        if loss::knows(self.loss) {
            threads.for_each(blocks, |_, mut block| {
                self.forward(&mut block);
                self.by_probability(&mut block);
                self.backward(&mut block);
            });
            return Ok(());
        }
        threads.for_each(blocks.iter_mut().collect(), |_, block| self.forward(block));
        for block in &mut blocks {
            self.any_loss(block)?;
        }
        threads.for_each(blocks.iter_mut().collect(), |_, block| self.backward(block));
        Ok(())
    }

    fn blocks<'a>(&'a self, n_threads: usize, matrices: &'a mut Matrices) -> Vec<Block<'a>> {
        let n = self.part.len();
        // One block a thread, since each reads all weights; what comes out does not depend on how rows are shared out.
        let each = n.div_ceil(n_threads).max(4);
        let features = self.plan.features();
        let Matrices { features: all, feature_slopes, layers, probabilities, losses, .. } = matrices;
        let mut all = all.chunks_mut(each * features);
        let mut slopes = feature_slopes.chunks_mut(each * padded(features));
        let mut layers: Vec<_> = layers
            .iter_mut()
            .map(|Layer { pre, out, slope, width }| {
                let len = each * *width;
                (n * *width, [pre.chunks_mut(len), out.chunks_mut(len), slope.chunks_mut(len)])
            })
            .collect();
        let mut probabilities = probabilities.chunks_mut(each * self.plan.input.classes);
        let mut losses = losses.chunks_mut(each);
        let mut blocks = Vec::new();
        for first in self.part.clone().step_by(each) {
            let part = first..self.part.end.min(first + each);
            let rows = part.len();
            // Lists may be longer than this pass: the last block is cut to its rows.
            let cut = |list: &'a mut [f32], row: usize| &mut list[..rows * row];
            let layer = layers.iter_mut().filter_map(|(total, [pre, out, slope])| {
                let width = *total / n;
                Some([cut(pre.next()?, width), cut(out.next()?, width), cut(slope.next()?, width)])
            });
            blocks.push(Block {
                first,
                features: all.next().map(|list| cut(list, features)).unwrap_or_default(),
                feature_slopes: slopes
                    .next()
                    .filter(|_| self.batch.is_some())
                    .map(|list| cut(list, padded(features))),
                layers: layer.collect(),
                probabilities: probabilities
                    .next()
                    .map(|list| cut(list, self.plan.input.classes))
                    .unwrap_or_default(),
                losses: losses.next().map(|list| &mut list[..rows]).unwrap_or_default(),
                labels: part.clone().map(|at| self.images.label(at)).collect(),
                mixed: part.filter_map(|at| self.images.mixed(at)).collect(),
            });
        }
        blocks
    }

    fn slot(&self, layer: usize) -> (&[f32], &[f32]) {
        let slot = &self.plan.slots[self.plan.denses[layer].slot];
        (&self.flat[slot.weight.clone()], &self.flat[slot.bias.clone()])
    }

    fn forward(&self, block: &mut Block<'_>) {
        if self.plan.convs.is_empty() {
            // No convolution has made features: they are the pixels.
            let mut changes = Scratch::default();
            for (i, features) in block.features.chunks_exact_mut(self.plan.features()).enumerate() {
                maths::unit(self.arch, &self.images.image(block.first + i, &mut changes), features);
            }
        }
        for (layer, dense) in self.plan.denses.iter().enumerate() {
            let (done, todo) = block.layers.split_at_mut(layer);
            let input = done.last().map_or(&*block.features, |[_, out, _]| out);
            let (weight, bias) = self.slot(layer);
            let [pre, out, _] = &mut todo[0];
            dense.forward(self.arch, weight, bias, input, self.dropout[layer], block.first, pre, out);
        }
    }

    /// Probabilities, losses and slopes by the logits.
    #[inline(always)]
    fn cross_entropy(&self, block: &mut Block<'_>, smoothing: f32) {
        let classes = self.plan.input.classes;
        let width = padded(classes);
        let Some([_, logits, slopes]) = block.layers.last_mut() else { return };
        let share = smoothing / classes as f32;
        let scale = self.batch.map_or(0.0, |batch| 1.0 / batch as f32);
        for (row, label) in block.labels.iter().enumerate() {
            let logits = &logits[row * width..][..classes];
            let probabilities = &mut block.probabilities[row * classes..][..classes];
            let log_sum = maths::softmax(logits, probabilities);
            let mean = logits.iter().sum::<f32>() / classes as f32;
            let truth = usize::from(*label);
            block.losses[row] = f64::from(log_sum - (1.0 - smoothing) * logits[truth] - smoothing * mean);
            let slopes = &mut slopes[row * width..][..width];
            slopes.fill(0.0);
            for (class, (slope, p)) in slopes.iter_mut().zip(probabilities.iter()).enumerate() {
                let wanted = share + if class == truth { 1.0 - smoothing } else { 0.0 };
                *slope = (p - wanted) * scale;
            }
            if let Some((other, share)) =
                block.mixed.get(row).map(|(other, share)| (usize::from(*other), *share))
            {
                let wanted = (1.0 - smoothing) * share;
                block.losses[row] -= f64::from(wanted * (logits[other] - logits[truth]));
                slopes[other] -= wanted * scale;
                slopes[truth] += wanted * scale;
            }
        }
    }

    /// The same for losses of the probabilities.
    fn by_probability(&self, block: &mut Block<'_>) {
        let classes = self.plan.input.classes;
        let width = padded(classes);
        let Some([_, logits, slopes]) = block.layers.last_mut() else { return };
        let scale = self.batch.map_or(0.0, |batch| 1.0 / batch as f32);
        let mut others = vec![0.0; classes];
        for (row, label) in block.labels.iter().enumerate() {
            let probabilities = &mut block.probabilities[row * classes..][..classes];
            maths::softmax(&logits[row * width..][..classes], probabilities);
            let (slopes, rest) = slopes[row * width..][..width].split_at_mut(classes);
            rest.fill(0.0);
            let mut value = loss::price(self.loss, probabilities, usize::from(*label), slopes);
            if let Some((other, share)) = block.mixed.get(row) {
                let second = loss::price(self.loss, probabilities, usize::from(*other), &mut others);
                value += (second - value) * share;
                slopes.iter_mut().zip(&others).for_each(|(s, o)| *s += (o - *s) * share);
            }
            block.losses[row] = f64::from(value);
            slopes.iter_mut().for_each(|slope| *slope *= scale);
        }
    }

    /// The same for any loss, with its own tensors.
    fn any_loss(&self, block: &mut Block<'_>) -> anyhow::Result<()> {
        let (classes, rows) = (self.plan.input.classes, block.labels.len());
        let width = padded(classes);
        let Some([_, logits, slopes]) = block.layers.last_mut() else { return Ok(()) };
        let logits =
            Tensor::from_slice(logits).view([rows as i64, width as i64]).narrow(1, 0, classes as i64);
        let labels: Vec<i64> = block.labels.iter().map(|l| i64::from(*l)).collect();
        let labels = Tensor::from_slice(&labels);
        let (losses, gradient) = if block.mixed.is_empty() {
            self.loss.value_and_gradient(&logits, &labels)
        } else {
            let (others, shares): (Vec<i64>, Vec<f32>) =
                block.mixed.iter().map(|(other, share)| (i64::from(*other), *share)).unzip();
            let (others, shares) = (Tensor::from_slice(&others), Tensor::from_slice(&shares));
            self.loss.mixed_value_and_gradient(&logits, &labels, &others, &shares)
        };
        let list = |t: Tensor| Vec::<f32>::try_from(t.to_kind(Kind::Float).reshape([-1]));
        block.probabilities.copy_from_slice(&list(logits.softmax(-1, Kind::Float))?);
        for (to, loss) in block.losses.iter_mut().zip(list(losses)?) {
            *to = f64::from(loss);
        }
        let scale = self.batch.map_or(0.0, |batch| 1.0 / batch as f32);
        for (to, from) in slopes.chunks_exact_mut(width).zip(list(gradient)?.chunks_exact(classes)) {
            to.fill(0.0);
            to.iter_mut().zip(from).for_each(|(t, f)| *t = f * scale);
        }
        Ok(())
    }

    fn backward(&self, block: &mut Block<'_>) {
        if self.batch.is_none() {
            return;
        }
        for (layer, dense) in self.plan.denses.iter().enumerate().rev() {
            let (before, rest) = block.layers.split_at_mut(layer);
            let [pre, _, slope] = &mut rest[0];
            dense.backward(self.arch, self.dropout[layer], block.first, pre, slope);
            let to = match before.last_mut() {
                Some([_, _, to]) => Some(&mut **to),
                // The slope by the pixels themselves is never needed.
                None if self.plan.convs.is_empty() => None,
                None => block.feature_slopes.as_deref_mut(),
            };
            if let Some(to) = to {
                let to_rows = rows_of(dense, slope.len());
                dense.input_slope(
                    self.arch,
                    &self.turned[layer],
                    slope,
                    &mut to[..to_rows * padded(dense.input)],
                );
            }
        }
    }
}

const fn rows_of(dense: &Dense, slopes: usize) -> usize {
    slopes / padded(dense.output)
}
