//! From a list of layers to blocks that the loops know, and where each parameter lies in one flat list.

use super::conv::Conv;
use super::dense::Dense;
use super::gemm::padded;
use super::norm::Norm;
use crate::models::layers::{Activation, Layer, Padding, same_padding};
use crate::models::{Input, Placed};
use std::ops::Range;
use tch::Tensor;

/// The network as blocks: convolutions first, then dense layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What goes in.
    pub input: Input,
    /// Convolutions with what follows each, first to last.
    pub convs: Vec<Conv>,
    /// Dense layers, the last of which gives the logits.
    pub denses: Vec<Dense>,
    /// Weights and biases, first layer to last.
    pub slots: Vec<Slot>,
    /// Running mean and variance of each batch norm, behind all slots.
    pub running: Vec<Running>,
    /// Images that are normalised together while training, where there are batch norms.
    pub group: Option<usize>,
}

/// Where the running means of a batch norm lie.
#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    /// As parameters are called in files: "batchnorm_1".
    pub prefix: String,
    /// The mean.
    pub mean: Range<usize>,
    /// The variance.
    pub variance: Range<usize>,
}

/// What a slot belongs to, with its place among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A convolution.
    Conv(usize),
    /// The batch norm behind a convolution.
    Norm(usize),
    /// A dense layer.
    Dense(usize),
}

/// Where the parameters of one layer lie.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// As parameters are called in files: "conv2d_1".
    pub prefix: String,
    /// Whose it is.
    pub owner: Owner,
    /// Whether it has a bias; one without has zeros in its place, which never change.
    pub has_bias: bool,
    /// The weight, a row of `padded(outputs)` for each input.
    pub weight: Range<usize>,
    /// The bias, `padded(outputs)`.
    pub bias: Range<usize>,
    /// Sizes of the weight in PyTorch's order: outputs first.
    pub size: Vec<usize>,
    /// Channels and pixels of the image whose features come in, if they come from one.
    image: Option<(usize, usize)>,
}

impl Plan {
    /// `None` if a layer is of a kind, or in a place, that the loops do not know.
    pub fn new(layers: &[Placed], input: Input) -> Option<Self> {
        let (convs, denses, slots, running) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut plan = Self { input, convs, denses, slots, running, group: None };
        let mut end = 0;
        for (idx, placed) in layers.iter().enumerate() {
            plan.add(idx, placed)?;
            let Some(size) = placed.params.first().map(|weight| weight.shape.clone()) else { continue };
            let rows: usize = size[1..].iter().product();
            let weight = end..end + rows * padded(size[0]);
            let bias = weight.end..weight.end + padded(size[0]);
            end = bias.end;
            let image = plan.convs.last().map(Conv::left);
            let image =
                image.filter(|_| plan.denses.len() == 1).map(|[c, rows, columns]| (c, rows * columns));
            let owner = match placed.layer {
                Layer::Conv { .. } => Owner::Conv(plan.convs.len() - 1),
                Layer::Dense { .. } => Owner::Dense(plan.denses.len() - 1),
                _ => Owner::Norm(plan.convs.len() - 1),
            };
            let (prefix, has_bias) = (placed.prefix(), placed.params.len() > 1);
            plan.slots.push(Slot { prefix, owner, has_bias, weight, bias, size, image });
        }
        for running in &mut plan.running {
            for range in [&mut running.mean, &mut running.variance] {
                *range = end..end + range.len();
                end = range.end;
            }
        }
        let last = plan.denses.last()?;
        // What dropout silenced behind a norm is known by its zero, which needs a ReLU.
        let silent =
            |conv: &Conv| conv.norm.as_ref().is_some_and(|n| n.after.dropout.is_some() && !n.after.relu);
        (last.activation.is_none()
            && last.dropout.is_none()
            && last.output == input.classes
            && !plan.convs.iter().any(silent))
        .then_some(plan)
    }

    /// The block that a layer behind the last convolution changes.
    fn behind(&mut self) -> Option<&mut Conv> {
        let conv = self.convs.last_mut()?;
        if conv.norm.is_none() {
            return Some(conv);
        }
        conv.norm.as_mut().map(|norm| &mut norm.after)
    }

    fn add(&mut self, idx: usize, placed: &Placed) -> Option<()> {
        let slot = self.slots.len();
        match placed.layer {
            Layer::Conv { filters, kernel, stride: 1, padding, activation, .. } if self.denses.is_empty() => {
                let around = if padding == Padding::Same { same_padding(kernel) } else { (0, 0) };
                let relu = match activation {
                    None => false,
                    Some(Activation::Relu) => true,
                    Some(_) => return None,
                };
                let input = [placed.input[0], placed.input[1], placed.input[2]];
                let (dropout, norm) = (None, None);
                self.convs.push(Conv { input, around, kernel, filters, relu, pool: 1, dropout, slot, norm });
            }
            Layer::MaxPool { .. } | Layer::GlobalMaxPool if self.denses.is_empty() => {
                let size = match (placed.layer, placed.input.as_slice()) {
                    (Layer::MaxPool { size }, _) => size,
                    (_, [_, rows, columns]) if rows == columns => *rows,
                    _ => return None,
                };
                let behind = self.behind()?;
                // The winner of a window is kept in a byte.
                if behind.pool > 1 || behind.dropout.is_some() || size > 16 {
                    return None;
                }
                behind.pool = size;
            }
            Layer::BatchNorm { momentum, epsilon, group } if self.denses.is_empty() => {
                let conv = self.convs.last_mut()?;
                let same = self.group.is_none_or(|others| others == group);
                if conv.norm.is_some() || conv.relu || conv.dropout.is_some() || group == 0 || !same {
                    return None;
                }
                self.group = Some(group);
                let after = Conv {
                    input: conv.output(),
                    around: (0, 0),
                    kernel: 1,
                    filters: conv.filters,
                    relu: false,
                    pool: 1,
                    dropout: None,
                    slot,
                    norm: None,
                };
                let running = self.running.len();
                conv.norm = Some(Box::new(Norm { slot, running, epsilon, momentum, after }));
                let n = 0..padded(conv.filters);
                self.running.push(Running { prefix: placed.prefix(), mean: n.clone(), variance: n });
            }
            Layer::Activation(Activation::Relu) if self.denses.is_empty() => {
                let behind = self.behind()?;
                if behind.relu || behind.dropout.is_some() {
                    return None;
                }
                behind.relu = true;
            }
            Layer::Activation(activation) => {
                let dense = self.denses.last_mut()?;
                if dense.activation.is_some() || dense.dropout.is_some() {
                    return None;
                }
                dense.activation = Some(activation);
            }
            Layer::Dropout { rate } => {
                let dropout = match self.denses.last_mut() {
                    Some(dense) => &mut dense.dropout,
                    None => &mut self.behind()?.dropout,
                };
                if dropout.is_some() {
                    return None;
                }
                *dropout = Some((idx, rate));
            }
            Layer::Flatten => {}
            Layer::Dense { size, activation } => {
                let input = placed.input[0];
                let input_row = self.denses.last().map_or(input, |dense| padded(dense.output));
                let dropout = None;
                self.denses.push(Dense { input, input_row, output: size, activation, dropout, slot });
            }
            _ => return None,
        }
        Some(())
    }

    /// Features between the last convolution and the first dense layer.
    pub fn features(&self) -> usize {
        self.denses[0].input
    }

    /// Numbers at the beginning of the flat list that are learned.
    pub fn learned(&self) -> usize {
        self.slots.last().map_or(0, |slot| slot.bias.end)
    }

    /// Numbers in the flat list.
    pub fn len(&self) -> usize {
        self.running.last().map_or_else(|| self.learned(), |running| running.variance.end)
    }

    /// Parameters (or anything laid out like them) by name, in PyTorch's layouts; without running means where the list
    /// ends before them.
    pub fn export(&self, flat: &[f32]) -> Vec<(String, Tensor)> {
        let mut named = Vec::new();
        for slot in &self.slots {
            let mut weight = vec![0.0; slot.size.iter().product()];
            slot.for_each(|theirs, ours| weight[theirs] = flat[ours]);
            let size: Vec<i64> = slot.size.iter().map(|n| *n as i64).collect();
            named
                .push((format!("{}.weight", slot.prefix), Tensor::from_slice(&weight).view(size.as_slice())));
            if slot.has_bias {
                let bias = &flat[slot.bias.start..][..slot.size[0]];
                named.push((format!("{}.bias", slot.prefix), Tensor::from_slice(bias)));
            }
        }
        if flat.len() > self.learned() {
            for (name, range, n) in self.running_ranges() {
                named.push((name, Tensor::from_slice(&flat[range.start..][..n])));
            }
        }
        named
    }

    /// Name, place and length of each running mean and variance.
    fn running_ranges(&self) -> impl Iterator<Item = (String, &Range<usize>, usize)> {
        let norms = self.convs.iter().filter_map(|conv| Some((conv, conv.norm.as_ref()?)));
        norms.flat_map(|(conv, norm)| {
            let Running { prefix, mean, variance } = &self.running[norm.running];
            [("running_mean", mean), ("running_var", variance)]
                .map(|(name, range)| (format!("{prefix}.{name}"), range, conv.filters))
        })
    }

    /// The learned part of the flat list from what [`Self::export`] gave; `named` must hold every parameter in its size.
    pub fn import(&self, named: &dyn Fn(&str) -> anyhow::Result<Tensor>) -> anyhow::Result<Vec<f32>> {
        let mut flat = vec![0.0; self.learned()];
        let list = |name: String| -> anyhow::Result<Vec<f32>> {
            Ok(Vec::<f32>::try_from(named(&name)?.to_kind(tch::Kind::Float).reshape([-1]))?)
        };
        for slot in &self.slots {
            let weight = list(format!("{}.weight", slot.prefix))?;
            slot.for_each(|theirs, ours| flat[ours] = weight[theirs]);
            if slot.has_bias {
                let bias = list(format!("{}.bias", slot.prefix))?;
                flat[slot.bias.start..][..slot.size[0]].copy_from_slice(&bias);
            }
        }
        Ok(flat)
    }

    /// The whole flat list, with running means.
    pub fn import_all(&self, named: &dyn Fn(&str) -> anyhow::Result<Tensor>) -> anyhow::Result<Vec<f32>> {
        let mut flat = self.import(named)?;
        flat.resize(self.len(), 0.0);
        for (name, range, n) in self.running_ranges() {
            let list = Vec::<f32>::try_from(named(&name)?.to_kind(tch::Kind::Float))?;
            flat[range.start..][..n].copy_from_slice(&list);
        }
        Ok(flat)
    }
}

impl Slot {
    /// Calls with each weight's place in PyTorch's order and in the flat list.
    fn for_each(&self, mut each: impl FnMut(usize, usize)) {
        let outputs = self.size[0];
        let inputs: usize = self.size[1..].iter().product();
        for input in 0..inputs {
            let row = match (self.size.get(2), self.image) {
                // [out, channel, y, x] becomes rows of y, x, channel.
                (Some(kernel), _) => {
                    let (channel, pixel) = (input / (kernel * kernel), input % (kernel * kernel));
                    pixel * self.size[1] + channel
                }
                // Features counted channel, pixel become pixel, channel.
                (None, Some((channels, pixels))) => input % pixels * channels + input / pixels,
                (None, None) => input,
            };
            for output in 0..outputs {
                each(output * inputs + input, self.weight.start + row * padded(outputs) + output);
            }
        }
    }
}
