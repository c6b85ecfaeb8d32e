//! From a list of layers to blocks that the loops know, and where each parameter lies in one flat list.

use super::conv::Conv;
use super::dense::Dense;
use super::gemm::padded;
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
    /// Weights and biases of convolutions, then of dense layers.
    pub slots: Vec<Slot>,
}

/// Where the parameters of one layer lie.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// As parameters are called in files: "conv2d_1".
    pub prefix: String,
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
        let mut plan = Self { input, convs: Vec::new(), denses: Vec::new(), slots: Vec::new() };
        let mut end = 0;
        for (idx, placed) in layers.iter().enumerate() {
            plan.add(idx, placed)?;
            let Some(size) = placed.params.first().map(|weight| weight.shape.clone()) else { continue };
            let rows: usize = size[1..].iter().product();
            let weight = end..end + rows * padded(size[0]);
            let bias = weight.end..weight.end + padded(size[0]);
            end = bias.end;
            let image = plan.convs.last().map(Conv::output);
            let image =
                image.filter(|_| plan.denses.len() == 1).map(|[c, rows, columns]| (c, rows * columns));
            plan.slots.push(Slot { prefix: placed.prefix(), weight, bias, size, image });
        }
        let last = plan.denses.last()?;
        (last.activation.is_none() && last.dropout.is_none() && last.output == input.classes).then_some(plan)
    }

    fn add(&mut self, idx: usize, placed: &Placed) -> Option<()> {
        match placed.layer {
            Layer::Conv { filters, kernel, stride: 1, padding, bias: true, activation }
                if self.denses.is_empty() =>
            {
                let around = if padding == Padding::Same { same_padding(kernel) } else { (0, 0) };
                let relu = match activation {
                    None => false,
                    Some(Activation::Relu) => true,
                    Some(_) => return None,
                };
                let input = [placed.input[0], placed.input[1], placed.input[2]];
                self.convs.push(Conv { input, around, kernel, filters, relu, pool: 1, dropout: None });
            }
            Layer::MaxPool { size } => {
                let conv = self.convs.last_mut()?;
                // The winner of a window is kept in a byte.
                if conv.pool > 1 || conv.dropout.is_some() || size > 16 {
                    return None;
                }
                conv.pool = size;
            }
            Layer::Dropout { rate } => {
                let dropout = match self.denses.last_mut() {
                    Some(dense) => &mut dense.dropout,
                    None => &mut self.convs.last_mut()?.dropout,
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
                self.denses.push(Dense { input, input_row, output: size, activation, dropout: None });
            }
            _ => return None,
        }
        Some(())
    }

    /// Features between the last convolution and the first dense layer.
    pub fn features(&self) -> usize {
        self.denses[0].input
    }

    /// Numbers in the flat list.
    pub fn len(&self) -> usize {
        self.slots.last().map_or(0, |slot| slot.bias.end)
    }

    /// Parameters (or anything laid out like them) by name, in PyTorch's layouts.
    pub fn export(&self, flat: &[f32]) -> Vec<(String, Tensor)> {
        let mut named = Vec::new();
        for slot in &self.slots {
            let mut weight = vec![0.0; slot.size.iter().product()];
            slot.for_each(|theirs, ours| weight[theirs] = flat[ours]);
            let size: Vec<i64> = slot.size.iter().map(|n| *n as i64).collect();
            named
                .push((format!("{}.weight", slot.prefix), Tensor::from_slice(&weight).view(size.as_slice())));
            let bias = &flat[slot.bias.start..][..slot.size[0]];
            named.push((format!("{}.bias", slot.prefix), Tensor::from_slice(bias)));
        }
        named
    }

    /// The flat list from what [`Self::export`] gave; `named` must hold every parameter in its size.
    pub fn import(&self, named: &dyn Fn(&str) -> anyhow::Result<Tensor>) -> anyhow::Result<Vec<f32>> {
        let mut flat = vec![0.0; self.len()];
        let list = |name: String| -> anyhow::Result<Vec<f32>> {
            Ok(Vec::<f32>::try_from(named(&name)?.to_kind(tch::Kind::Float).reshape([-1]))?)
        };
        for slot in &self.slots {
            let weight = list(format!("{}.weight", slot.prefix))?;
            slot.for_each(|theirs, ours| flat[ours] = weight[theirs]);
            flat[slot.bias.start..][..slot.size[0]].copy_from_slice(&list(format!("{}.bias", slot.prefix))?);
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
