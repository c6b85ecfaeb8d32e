//! The detector with its parameters, as it is trained: batch norms by themselves, gradients on every device.

use super::super::init::Init;
use super::super::network::{Network, Statistics, check_parameters};
use super::super::summary::{Input, Param};
use super::graph::{Block, Part};
use super::grid::{LEVELS, OUTPUTS, STRIDE_OF_ALL};
use super::{Design, STAGES};
use anyhow::{Context as _, ensure};
use tch::{Device, Kind, Tensor};

/// Added to variances before their roots.
pub const EPSILON: f64 = 1e-5;
/// Share of the newest batch in the running means.
const MOMENTUM: f64 = 0.03;
/// How likely each digit is in each cell at first: almost no cell has one, and the loss begins low (Lin et al., 2017,
/// "Focal loss", arXiv 1708.02002, section 3.3).
const PRIOR: f32 = 0.01;
/// Outputs that are digits.
const DIGITS: usize = 10;

/// What the network says of each cell: `[n, cells, 18]`, ten scores before the sigmoid, logarithms of distances to the
/// digit's sides, and to those of its number.
pub type Raw = Tensor;

/// The network.
pub struct DetectorNetwork {
    /// What goes in: channels, and the size of the pictures that it was set up for; any other will do.
    pub input: Input,
    /// Its design.
    pub design: Design,
    blocks: Vec<Block>,
    /// Where each block's parameters begin.
    starts: Vec<usize>,
    parameters: Vec<(String, Tensor)>,
}

impl DetectorNetwork {
    /// With first weights from the seed, on the processor.
    pub fn new(design: &Design, input: Input, seed: u64) -> anyhow::Result<Self> {
        design.summary(input)?;
        let blocks = design.blocks(input.channels);
        let (mut starts, mut parameters) = (Vec::new(), Vec::new());
        for block in &blocks {
            starts.push(parameters.len());
            for param in block.params() {
                let name = format!("{}.{}", block.name, param.name);
                let size: Vec<i64> = param.shape.iter().map(|&n| n as i64).collect();
                let first = first_numbers(block, &param, seed, &name);
                parameters.push((name, Tensor::from_slice(&first).view(size.as_slice())));
            }
        }
        Ok(Self { input, design: design.clone(), blocks, starts, parameters })
    }

    /// Everything it carries, by name, in PyTorch's layouts; what gradients change is for [`Network::learns`] to say.
    pub fn parameters(&self) -> &[(String, Tensor)] {
        &self.parameters
    }

    /// The same, to be put elsewhere.
    pub fn parameters_mut(&mut self) -> &mut [(String, Tensor)] {
        &mut self.parameters
    }

    /// What gradients change.
    pub fn learned(&self) -> Vec<&Tensor> {
        self.parameters.iter().filter(|(name, _)| Network::learns(name)).map(|(_, tensor)| tensor).collect()
    }

    /// Copies parameters over; every one must be there in its shape, and none beside them.
    pub fn load(&mut self, parameters: &[(String, Tensor)]) -> anyhow::Result<()> {
        check_parameters(&self.parameters, parameters)?;
        for (name, own) in &mut self.parameters {
            let (_, theirs) = parameters.iter().find(|(n, _)| n == name).context("checked above")?;
            tch::no_grad(|| own.f_copy_(&theirs.to_kind(Kind::Float)))?;
        }
        Ok(())
    }

    /// Where it computes.
    pub fn device(&self) -> Device {
        self.parameters.first().map_or(Device::Cpu, |(_, tensor)| tensor.device())
    }

    /// Its convolutions, each with its parameters.
    pub fn blocks(&self) -> impl Iterator<Item = (&Block, &[(String, Tensor)])> {
        self.blocks.iter().zip(&self.starts).map(|(block, start)| {
            let n = if block.norm { 5 } else { 2 };
            (block, &self.parameters[*start..start + n])
        })
    }

    /// What it says of pixels `[n, channels, height, width]` between 0 and 1, whose sides are multiples of 32, with batch
    /// norms that use the batch itself and what they found there; `seen` is shown each convolution's output.
    pub fn raw_of_batch(
        &self,
        pixels: &Tensor,
        seen: &mut dyn FnMut(&str, &Tensor),
    ) -> anyhow::Result<(Raw, Vec<Statistics>)> {
        let mut statistics = Vec::new();
        let raw = self.through(pixels, Some(&mut statistics), seen)?;
        Ok((raw, statistics))
    }

    /// The same with running means, as it reads.
    pub fn raw(&self, pixels: &Tensor) -> anyhow::Result<Raw> {
        self.through(pixels, None, &mut |_, _| ())
    }

    /// Moves the running means of batch norms towards what they found in a batch.
    pub fn follow(&mut self, statistics: &[Statistics]) -> anyhow::Result<()> {
        for Statistics { layer, mean, variance } in statistics {
            let start = self.starts[*layer];
            for (place, found) in [(start + 3, mean), (start + 4, variance)] {
                let (_, own) = &mut self.parameters[place];
                let _moved = tch::no_grad(|| own.f_lerp_(found, MOMENTUM))?;
            }
        }
        Ok(())
    }

    fn through(
        &self,
        pixels: &Tensor,
        mut statistics: Option<&mut Vec<Statistics>>,
        seen: &mut dyn FnMut(&str, &Tensor),
    ) -> anyhow::Result<Raw> {
        let size = pixels.size();
        let whole = |n: i64| n > 0 && n % STRIDE_OF_ALL as i64 == 0;
        ensure!(
            size.len() == 4 && size[1] == self.input.channels as i64 && whole(size[2]) && whole(size[3]),
            "pictures of {size:?} cannot be looked at: sides must be multiples of {STRIDE_OF_ALL}"
        );
        let mut stages: Vec<Tensor> = Vec::with_capacity(STAGES);
        let mut laterals: Vec<Tensor> = Vec::with_capacity(LEVELS);
        let mut grids: Vec<Tensor> = Vec::new();
        let mut x = pixels.f_contiguous()?;
        let last_of_stage =
            |i: usize, stage| self.blocks.get(i + 1).is_none_or(|next| next.part != Part::Body(stage));
        for (i, (block, own)) in self.blocks().enumerate() {
            let mut one = |x: &Tensor| -> anyhow::Result<Tensor> {
                let y = convolve(block, own, x)?;
                let y = finish(i, block, own, &y, statistics.as_deref_mut())?;
                seen(&block.name, &y);
                Ok(y)
            };
            match block.part {
                Part::Body(stage) => {
                    x = one(&x)?;
                    if last_of_stage(i, stage) {
                        stages.push(x.shallow_clone());
                    }
                }
                Part::Lateral(level) => {
                    laterals.push(one(&stages[STAGES - LEVELS + level])?);
                    if level + 1 == LEVELS {
                        grids = top_down(&laterals)?;
                    }
                }
                Part::Head | Part::Output => {
                    // One batch norm over the cells of all grids, since they share its numbers.
                    let convolved: anyhow::Result<Vec<Tensor>> =
                        grids.iter().map(|grid| convolve(block, own, grid)).collect();
                    let (all, sizes) = joined(&convolved?)?;
                    let all = finish(i, block, own, &all, statistics.as_deref_mut())?;
                    seen(&block.name, &all);
                    grids = parted(&all, &sizes)?;
                }
            }
        }
        outputs(&grids)
    }
}

/// What is said of each cell, grid after grid, as one list of each picture.
pub fn outputs(grids: &[Tensor]) -> anyhow::Result<Raw> {
    let each: anyhow::Result<Vec<Tensor>> = grids
        .iter()
        // Without the number of pictures, so that what is traced for two holds for any.
        .map(|grid| Ok(grid.f_permute([0, 2, 3, 1])?.f_flatten(1, 2)?))
        .collect();
    Ok(Tensor::f_cat(&each?, 1)?)
}

/// Coarse grids made finer and added to the finer ones.
pub fn top_down(laterals: &[Tensor]) -> anyhow::Result<Vec<Tensor>> {
    let mut grids: Vec<Tensor> = laterals.iter().map(Tensor::shallow_clone).collect();
    for level in (0..grids.len().saturating_sub(1)).rev() {
        // By how much and not to which size, so that what is traced for one size holds for any.
        let finer = grids[level + 1].f_upsample_nearest2d_vec(None::<i64>, [2.0, 2.0])?;
        grids[level] = grids[level].f_add(&finer)?;
    }
    Ok(grids)
}

fn convolve(block: &Block, own: &[(String, Tensor)], x: &Tensor) -> anyhow::Result<Tensor> {
    let pad = (block.kernel / 2) as i64;
    let stride = block.stride as i64;
    let bias = (!block.norm).then(|| &own[1].1);
    Ok(x.f_conv2d(&own[0].1, bias, [stride, stride], [pad, pad], [1, 1], 1)?)
}

/// Batch norm and ReLU, where a block has them.
fn finish(
    i: usize,
    block: &Block,
    own: &[(String, Tensor)],
    x: &Tensor,
    statistics: Option<&mut Vec<Statistics>>,
) -> anyhow::Result<Tensor> {
    if !block.norm {
        return Ok(x.shallow_clone());
    }
    let [_, (_, scale), (_, bias), (_, mean), (_, variance)] = own else {
        anyhow::bail!("a batch norm has four parameters")
    };
    let y = match statistics {
        None => {
            x.f_batch_norm(Some(scale), Some(bias), Some(mean), Some(variance), false, 0.0, EPSILON, false)?
        }
        Some(statistics) => {
            let none = None::<&Tensor>;
            let (y, mean, inverse) =
                x.f_native_batch_norm(Some(scale), Some(bias), none, none, true, 0.0, EPSILON)?;
            let n = (x.numel() as f64 / x.size()[1] as f64).max(2.0);
            // The batch norm has worked the variance out already.
            let variance = tch::no_grad(|| -> anyhow::Result<Tensor> {
                let biased = inverse.detach().f_pow_tensor_scalar(-2.0)?.f_sub_scalar(EPSILON)?;
                Ok(biased.f_mul_scalar(n / (n - 1.0))?)
            })?;
            statistics.push(Statistics { layer: i, mean: mean.detach(), variance });
            y
        }
    };
    Ok(if block.relu { y.f_relu()? } else { y })
}

/// Grids as one row of cells, `[1, channels, 1, cells]` with channels last, and the size of each.
fn joined(grids: &[Tensor]) -> anyhow::Result<(Tensor, Vec<Vec<i64>>)> {
    let sizes: Vec<Vec<i64>> = grids.iter().map(Tensor::size).collect();
    let rows: anyhow::Result<Vec<Tensor>> =
        grids.iter().map(|grid| Ok(grid.f_permute([0, 2, 3, 1])?.f_reshape([-1, grid.size()[1]])?)).collect();
    let all = Tensor::f_cat(&rows?, 0)?;
    Ok((all.f_unsqueeze(0)?.f_unsqueeze(0)?.f_permute([0, 3, 1, 2])?, sizes))
}

/// The row of cells cut into grids again.
fn parted(all: &Tensor, sizes: &[Vec<i64>]) -> anyhow::Result<Vec<Tensor>> {
    let rows = all.f_permute([0, 2, 3, 1])?.f_reshape([-1, all.size()[1]])?;
    let mut start = 0;
    sizes
        .iter()
        .map(|size| {
            let &[n, channels, h, w] = size.as_slice() else { anyhow::bail!("a grid has four sides") };
            let part = rows.f_narrow(0, start, n * h * w)?.f_view([n, h, w, channels])?;
            start += n * h * w;
            Ok(part.f_permute([0, 3, 1, 2])?)
        })
        .collect()
}

/// What a parameter holds at first.
fn first_numbers(block: &Block, param: &Param, seed: u64, name: &str) -> Vec<f32> {
    if block.part != Part::Output {
        return Init::He.draw(seed, name, param);
    }
    if param.name == "weight" {
        // Small, so that what is said at first is what the biases say.
        return Init::Glorot.draw(seed, name, param).into_iter().map(|weight| 0.2 * weight).collect();
    }
    let unlikely = -((1.0 - PRIOR) / PRIOR).ln();
    // A digit is some strides high, and a number wider than high.
    let said = |i: usize| match i {
        0..DIGITS => unlikely,
        10..14 => 0.5,
        14 | 16 => 1.2,
        _ => 0.6,
    };
    (0..OUTPUTS).map(said).collect()
}
