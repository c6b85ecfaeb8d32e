//! The detector as it reads: batch norms folded into the convolutions before them, channels last.

use super::STAGES;
use super::graph::{Block, Part};
use super::grid::{LEVELS, STRIDE_OF_ALL};
use super::network::{DetectorNetwork, EPSILON, Raw, outputs, top_down};
use anyhow::{Context as _, ensure};
use tch::{Kind, Tensor};

/// A detector without batch norms: the same numbers in two thirds of the time.
pub struct FoldedDetector {
    channels: usize,
    blocks: Vec<(Block, Tensor, Tensor)>,
}

impl FoldedDetector {
    /// Folds the running means of batch norms into weights and biases.
    pub fn new(network: &DetectorNetwork) -> anyhow::Result<Self> {
        let blocks: anyhow::Result<Vec<(Block, Tensor, Tensor)>> = tch::no_grad(|| {
            network
                .blocks()
                .map(|(block, own)| {
                    let (weight, bias) = folded(block, own)?;
                    Ok((block.clone(), channels_last(&weight)?, bias))
                })
                .collect()
        });
        Ok(Self { channels: network.input.channels, blocks: blocks? })
    }

    /// Channels of the pictures that it looks at.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Every convolution with its weight and bias, in the order in which they follow each other.
    pub fn blocks(&self) -> impl Iterator<Item = (&Block, &Tensor, &Tensor)> {
        self.blocks.iter().map(|(block, weight, bias)| (block, weight, bias))
    }

    /// What it says of pixels `[n, channels, height, width]` between 0 and 1, whose sides are multiples of 32.
    pub fn raw(&self, pixels: &Tensor) -> anyhow::Result<Raw> {
        outputs(&self.grids(pixels)?)
    }

    /// The same, `[n, 18, rows, columns]` of each grid, the finest one first.
    pub fn grids(&self, pixels: &Tensor) -> anyhow::Result<Vec<Tensor>> {
        let size = pixels.size();
        let whole = |n: i64| n > 0 && n % STRIDE_OF_ALL as i64 == 0;
        ensure!(
            size.len() == 4 && size[1] == self.channels as i64 && whole(size[2]) && whole(size[3]),
            "pictures of {size:?} cannot be looked at: sides must be multiples of {STRIDE_OF_ALL}"
        );
        tch::no_grad(|| self.shown(pixels, &mut |_, _, _| ()))
    }

    /// The same with gradients for the pixels, where those ask for them; `seen` is shown what each convolution gives,
    /// and on which of the grids where it looks at all of them.
    pub fn shown(
        &self,
        pixels: &Tensor,
        seen: &mut dyn FnMut(&Block, Option<usize>, &Tensor),
    ) -> anyhow::Result<Vec<Tensor>> {
        let mut stages: Vec<Tensor> = Vec::with_capacity(STAGES);
        let mut laterals: Vec<Tensor> = Vec::with_capacity(LEVELS);
        let mut grids: Vec<Tensor> = Vec::new();
        let mut x = pixels.shallow_clone();
        for (i, (block, weight, bias)) in self.blocks.iter().enumerate() {
            let mut one = |x: &Tensor, grid: Option<usize>| -> anyhow::Result<Tensor> {
                let (pad, stride) = ((block.kernel / 2) as i64, block.stride as i64);
                let mut y = x.f_conv2d(weight, Some(bias), [stride, stride], [pad, pad], [1, 1], 1)?;
                if block.relu {
                    y = y.f_relu_()?;
                }
                seen(block, grid, &y);
                Ok(y)
            };
            match block.part {
                Part::Body(stage) => {
                    x = one(&x, None)?;
                    if self.blocks.get(i + 1).is_none_or(|(next, ..)| next.part != Part::Body(stage)) {
                        stages.push(x.shallow_clone());
                    }
                }
                Part::Lateral(level) => {
                    laterals.push(one(&stages[STAGES - LEVELS + level], None)?);
                    if level + 1 == LEVELS {
                        grids = top_down(&laterals)?;
                    }
                }
                Part::Head | Part::Output => {
                    let each = grids.iter().enumerate().map(|(level, grid)| one(grid, Some(level)));
                    grids = each.collect::<anyhow::Result<_>>()?;
                }
            }
        }
        Ok(grids)
    }
}

/// Weight and bias that do what a convolution and its batch norm do.
fn folded(block: &Block, own: &[(String, Tensor)]) -> anyhow::Result<(Tensor, Tensor)> {
    let find = |name: &str| {
        let ending = format!(".{name}");
        let found = own.iter().find(|(own, _)| own.ends_with(&ending));
        found
            .map(|(_, tensor)| tensor.detach().to_kind(Kind::Float))
            .context("every block has its parameters")
    };
    let (weight, bias) = (find("weight")?, find("bias")?);
    if !block.norm {
        return Ok((weight, bias.copy()));
    }
    let (mean, variance) = (find("running_mean")?, find("running_var")?);
    let by = find("scale")?.f_div(&variance.f_add_scalar(EPSILON)?.f_sqrt()?)?;
    let bias = bias.f_sub(&mean.f_mul(&by)?)?;
    Ok((weight.f_mul(&by.f_view([-1, 1, 1, 1])?)?, bias))
}

/// The same numbers with their channels last in memory, which convolutions are faster with.
fn channels_last(weight: &Tensor) -> anyhow::Result<Tensor> {
    Ok(weight.f_permute([0, 2, 3, 1])?.f_contiguous()?.f_permute([0, 3, 1, 2])?)
}

#[cfg(test)]
mod tests {
    use super::super::super::summary::Input;
    use super::super::Detector;
    use super::*;

    #[test]
    fn folding_changes_nothing() {
        let design = Detector { filters: 4, neck: 8, ..Detector::default() }.design();
        let input = Input { channels: 1, height: 64, width: 96, classes: 10 };
        let mut network = DetectorNetwork::new(&design, input, 3).expect("it builds");
        // Running means as a training leaves them.
        for (name, tensor) in network.parameters_mut() {
            let n = tensor.numel() as i64;
            if name.contains("running_") || name.ends_with(".scale") {
                let wave = (Tensor::arange(n, (Kind::Float, tch::Device::Cpu)) * 0.7).sin() * 0.3 + 0.8;
                tensor.copy_(&wave);
            }
        }
        let pixels = (Tensor::arange(2 * 64 * 96, (Kind::Float, tch::Device::Cpu)) * 0.013).sin().square();
        let pixels = pixels.view([2, 1, 64, 96]);
        let plain = network.raw(&pixels).expect("it looks");
        let folded = FoldedDetector::new(&network).expect("it folds").raw(&pixels).expect("it looks");
        assert_eq!(plain.size(), [2, 96 + 24 + 6, 18]);
        let most = (&plain - &folded).abs().max().double_value(&[]);
        let scale = plain.abs().max().double_value(&[]);
        assert!(most < 1e-4 * scale, "{most} of {scale}");
        assert!(network.raw(&pixels.narrow(2, 0, 40)).is_err());
    }
}
