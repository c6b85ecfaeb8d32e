//! A network of tensors built from its list of layers: what autograd, every device and the reader can use.

use super::layers::{Activation, Layer, Padding, normalised_together, same_padding};
use super::summary::skip_stride;
use super::{Architecture, Dropout, Input, Placed, place};
use anyhow::{Context as _, bail, ensure};
use tch::{Device, Kind, Tensor};

/// Images that go through at once while predicting: enough to be fast, few enough to stay in a few 100 MB.
const CHUNK: usize = 256;

/// Layers in their places with their parameters.
pub struct Network {
    /// What goes in and how many classes come out.
    pub input: Input,
    /// First to last.
    pub layers: Vec<Placed>,
    /// What each layer carries, by name ("conv2d_1.weight"), in PyTorch's layouts; which of it gradients change is
    /// for [`Network::learns`] to say, the rest are running means.
    pub parameters: Vec<(String, Tensor)>,
}

/// Mean and variance of each channel over a batch, as one batch norm met them.
pub struct Statistics {
    /// Place of the layer in the network's list.
    pub layer: usize,
    /// Of each channel.
    pub mean: Tensor,
    /// Of each channel, without bias (divided by one less than the number of values).
    pub variance: Tensor,
}

impl Network {
    /// With first weights from the seed, on the processor.
    pub fn new(architecture: &Architecture, input: Input, seed: u64) -> anyhow::Result<Self> {
        let layers = place(&architecture.layers(input.classes), input)?;
        let init = architecture.blueprint().init();
        let mut parameters = Vec::new();
        for (prefix, param) in layers.iter().flat_map(|p| p.params.iter().map(|param| (p.prefix(), param))) {
            let name = format!("{prefix}.{}", param.name);
            let size: Vec<i64> = param.shape.iter().map(|&n| n as i64).collect();
            let first = Tensor::from_slice(&init.draw(seed, &name, param)).view(size.as_slice());
            parameters.push((name, first));
        }
        Ok(Self { input, layers, parameters })
    }

    /// With parameters from a file, to read with; every one must be there in its shape.
    pub fn with_parameters(
        architecture: &Architecture,
        input: Input,
        parameters: &[(String, Tensor)],
        device: Device,
    ) -> anyhow::Result<Self> {
        let mut network = Self::new(architecture, input, 0)?;
        for (_, own) in &mut network.parameters {
            *own = own.to_device(device);
        }
        network.load(parameters)?;
        Ok(network)
    }

    /// Whether gradients change the parameter of this name; running means follow the batches instead.
    pub fn learns(name: &str) -> bool {
        !name.contains(".running_")
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

    /// Class scores `[n, classes]` before softmax, from pixels `[n, channels, height, width]` between 0 and 1.
    /// `dropout` gives the draws of the layer at an index, or `None` to leave it out; `seen` is shown each output.
    /// Batch norms use their running means.
    pub fn logits(
        &self,
        pixels: &Tensor,
        dropout: &dyn Fn(usize, f64) -> Option<Dropout>,
        seen: &mut dyn FnMut(&Placed, &Tensor),
    ) -> anyhow::Result<Tensor> {
        self.through(pixels, dropout, seen, None)
    }

    /// The same with batch norms that use the batch itself, as training has it, and what they found there.
    pub fn logits_of_batch(
        &self,
        pixels: &Tensor,
        dropout: &dyn Fn(usize, f64) -> Option<Dropout>,
        seen: &mut dyn FnMut(&Placed, &Tensor),
    ) -> anyhow::Result<(Tensor, Vec<Statistics>)> {
        let mut statistics = Vec::new();
        let logits = self.through(pixels, dropout, seen, Some(&mut statistics))?;
        Ok((logits, statistics))
    }

    /// Moves the running means of batch norms towards what they found in a batch.
    pub fn follow(&mut self, statistics: &[Statistics]) -> anyhow::Result<()> {
        for Statistics { layer, mean, variance } in statistics {
            let placed = &self.layers[*layer];
            let Layer::BatchNorm { momentum, .. } = placed.layer else { continue };
            let prefix = placed.prefix();
            for (kind, found) in [("running_mean", mean), ("running_var", variance)] {
                let name = format!("{prefix}.{kind}");
                let own = self.parameters.iter_mut().find(|(n, _)| *n == name);
                let (_, own) = own.context("every batch norm has running means")?;
                let _moved = tch::no_grad(|| own.lerp_(found, momentum));
            }
        }
        Ok(())
    }

    fn through(
        &self,
        pixels: &Tensor,
        dropout: &dyn Fn(usize, f64) -> Option<Dropout>,
        seen: &mut dyn FnMut(&Placed, &Tensor),
        mut statistics: Option<&mut Vec<Statistics>>,
    ) -> anyhow::Result<Tensor> {
        let mut x = pixels.shallow_clone();
        let mut all = self.parameters.iter().map(|(_, tensor)| tensor);
        let mut skipped = Vec::new();
        for (idx, placed) in self.layers.iter().enumerate() {
            let own: Vec<&Tensor> = all.by_ref().take(placed.params.len()).collect();
            let weight = || own.first().copied().context("the layer has a weight");
            x = match placed.layer {
                Layer::Conv { kernel, stride, padding, activation, .. } => {
                    activate(convolve(&x, weight()?, own.get(1), kernel, stride, padding, 1)?, activation)
                }
                Layer::Depthwise { kernel, stride, padding, activation, .. } => {
                    let groups = placed.input[0] as i64;
                    let x = convolve(&x, weight()?, own.get(1), kernel, stride, padding, groups)?;
                    activate(x, activation)
                }
                Layer::BatchNorm { epsilon, group, .. } => {
                    let &[weight, bias, mean, variance] = own.as_slice() else {
                        bail!("a batch norm has four parameters")
                    };
                    match &mut statistics {
                        Some(statistics) => {
                            let (normal, mean, variance) = normalise(&x, weight, bias, epsilon, group)?;
                            statistics.push(Statistics { layer: idx, mean, variance });
                            normal
                        }
                        None => x.f_batch_norm(
                            Some(weight),
                            Some(bias),
                            Some(mean),
                            Some(variance),
                            false,
                            0.0,
                            epsilon,
                            true,
                        )?,
                    }
                }
                Layer::Activation(activation) => activate(x, Some(activation)),
                Layer::MaxPool { size } => {
                    let size = size as i64;
                    x.f_max_pool2d([size, size], [size, size], [0, 0], [1, 1], false)?
                }
                Layer::AvgPool { size } => {
                    let size = size as i64;
                    x.f_avg_pool2d([size, size], [size, size], [0, 0], false, true, None)?
                }
                Layer::GlobalMaxPool => x.f_amax([2, 3], false)?,
                Layer::GlobalAvgPool => x.f_mean_dim([2_i64, 3].as_slice(), false, x.kind())?,
                Layer::Dropout { rate } => match dropout(idx, rate) {
                    Some(dropout) => &x * dropout.mask(&x),
                    None => x,
                },
                Layer::Flatten => x.f_flatten(1, -1)?,
                Layer::Dense { activation, .. } => {
                    activate(x.f_linear(weight()?, own.get(1).copied())?, activation)
                }
                Layer::Skip => {
                    skipped.push(x.shallow_clone());
                    x
                }
                Layer::Add => {
                    let beside = skipped.pop().context("every Add has a Skip")?;
                    let beside = match own.first() {
                        Some(weight) => {
                            let stride = skip_stride(&placed.beside, &placed.output);
                            let stride = stride.context("the shapes were checked")? as i64;
                            beside.f_conv2d(weight, None::<&Tensor>, [stride, stride], [0, 0], [1, 1], 1)?
                        }
                        None => beside,
                    };
                    x.f_add(&beside)?
                }
            };
            seen(placed, &x);
        }
        Ok(x)
    }

    /// Probabilities, image after image, of `n` images of bytes laid out as [`crate::data::Samples`] has them.
    pub fn predict(&self, pixels: &[u8], n: usize) -> anyhow::Result<Vec<f32>> {
        let Input { channels, height, width, classes } = self.input;
        let image = channels * height * width;
        ensure!(
            pixels.len() == n * image,
            "{n} images of {channels}x{height}x{width} are not {} bytes",
            pixels.len()
        );
        let mut probabilities = Vec::with_capacity(n * classes);
        for chunk in pixels.chunks(CHUNK * image) {
            let logits = tch::no_grad(|| {
                let pixels = self.pixels(chunk)?;
                self.logits(&pixels, &|_, _| None, &mut |_, _| ())
            })?;
            let chunk = logits.f_softmax(-1, Kind::Float)?.f_to_device(Device::Cpu)?.f_reshape([-1])?;
            probabilities.extend(Vec::<f32>::try_from(chunk)?);
        }
        Ok(probabilities)
    }

    /// What the last layer that has weights is told, image after image, of `n` images of bytes, and how many numbers
    /// that is for each; of a network with only one such layer, the class scores.
    pub fn features(&self, pixels: &[u8], n: usize) -> anyhow::Result<(Vec<f32>, usize)> {
        let weighted = self.layers.iter().enumerate().filter(|(_, placed)| !placed.params.is_empty());
        let weighted: Vec<usize> = weighted.map(|(idx, _)| idx).collect();
        let last = if let [_, .., last] = weighted[..] { Some(last) } else { None };
        let image = pixels.len() / n.max(1);
        let mut features = Vec::new();
        for chunk in pixels.chunks(CHUNK * image.max(1)) {
            let mut told = None;
            let mut idx = 0;
            let logits = tch::no_grad(|| {
                self.logits(&self.pixels(chunk)?, &|_, _| None, &mut |_, output| {
                    idx += 1;
                    if Some(idx) == last {
                        told = Some(output.shallow_clone());
                    }
                })
            })?;
            let told = told.unwrap_or(logits).f_to_kind(Kind::Float)?.f_to_device(Device::Cpu)?;
            features.extend(Vec::<f32>::try_from(told.f_reshape([-1])?)?);
        }
        let width = features.len() / n.max(1);
        Ok((features, width))
    }

    /// Bytes as a tensor of values between 0 and 1 where the parameters are.
    pub fn pixels(&self, bytes: &[u8]) -> anyhow::Result<Tensor> {
        let Input { channels, height, width, .. } = self.input;
        let (_, first) = self.parameters.first().context("a network without parameters")?;
        let size = [-1, channels as i64, height as i64, width as i64];
        let pixels = Tensor::f_from_slice(bytes)?.f_to_device(first.device())?;
        Ok(pixels.f_to_kind(first.kind())?.f_div_scalar_(255.0)?.f_view(size)?)
    }
}

/// Whether `theirs` has every parameter of `own` in its shape and nothing beside; says which is wrong.
pub fn check_parameters(own: &[(String, Tensor)], theirs: &[(String, Tensor)]) -> anyhow::Result<()> {
    for (name, tensor) in own {
        let Some((_, other)) = theirs.iter().find(|(n, _)| n == name) else {
            bail!("the parameter {name} is missing: these are the weights of another network");
        };
        ensure!(
            tensor.size() == other.size(),
            "the parameter {name} has the shape {:?} and not {:?}: these are the weights of another network",
            other.size(),
            tensor.size()
        );
    }
    let extra = theirs.iter().find(|(name, _)| !own.iter().any(|(n, _)| n == name));
    match extra {
        Some((name, _)) => {
            bail!("there is a parameter {name} too many: these are the weights of another network")
        }
        None => Ok(()),
    }
}

/// A convolution, with zeros around its input if wanted.
fn convolve(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&&Tensor>,
    kernel: usize,
    stride: usize,
    padding: Padding,
    groups: i64,
) -> anyhow::Result<Tensor> {
    let (before, after) = match padding {
        Padding::Same => same_padding(kernel),
        Padding::Valid => (0, 0),
    };
    let (before, after) = (before as i64, after as i64);
    // The library's own padding is the same on both sides, and faster.
    let own = if before == after { before } else { 0 };
    let padded =
        (before != after).then(|| x.f_constant_pad_nd([before, after, before, after])).transpose()?;
    let stride = stride as i64;
    Ok(padded.as_ref().unwrap_or(x).f_conv2d(
        weight,
        bias.copied(),
        [stride, stride],
        [own, own],
        [1, 1],
        groups,
    )?)
}

/// A batch norm of a batch cut into groups; with it mean and variance of each channel over the whole batch.
fn normalise(
    x: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    epsilon: f64,
    group: usize,
) -> anyhow::Result<(Tensor, Tensor, Tensor)> {
    let n = x.size()[0];
    ensure!(n > 0, "a batch norm needs a batch");
    let each = normalised_together(n as usize, group) as i64;
    let none = None::<&Tensor>;
    let (mut parts, mut found) = (Vec::new(), Vec::new());
    for part in x.f_split(each, 0)? {
        let (normal, mean, deviation) =
            part.f_native_batch_norm(Some(weight), Some(bias), none, none, true, 0.0, epsilon)?;
        parts.push(normal);
        // What the library normalised by: looking at every value again would take a fifth of a step.
        let variance = deviation.f_pow_tensor_scalar(-2.0)?.f_sub_scalar(epsilon)?.f_clamp_min(0.0)?;
        found.push((part.size()[0] as f64 / n as f64, mean, variance));
    }
    let normal = if parts.len() == 1 { parts.remove(0) } else { Tensor::f_cat(&parts, 0)? };
    // The mean of the groups' means, and the variance within groups with that between them.
    let (mut mean, mut variance) = (found[0].1.zeros_like(), found[0].1.zeros_like());
    for (share, own, _) in &found {
        mean = mean.f_add(&own.f_mul_scalar(*share)?)?;
    }
    for (share, own, within) in &found {
        let apart = own.f_sub(&mean)?.f_square()?.f_add(within)?;
        variance = variance.f_add(&apart.f_mul_scalar(*share)?)?;
    }
    let count = (x.numel() as i64 / x.size()[1]) as f64;
    // With one value there is no variance to follow.
    let unbiased = if count > 1.0 { count / (count - 1.0) } else { 1.0 };
    Ok((normal, mean, variance.f_mul_scalar(unbiased)?))
}

fn activate(x: Tensor, activation: Option<Activation>) -> Tensor {
    match activation {
        None => x,
        Some(Activation::Sigmoid) => x.sigmoid(),
        Some(Activation::Tanh) => x.tanh(),
        Some(Activation::Relu) => x.relu(),
        Some(Activation::Gelu) => x.gelu("none"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MNIST: Input = Input { channels: 1, height: 28, width: 28, classes: 10 };

    #[test]
    fn probabilities_add_up_for_every_architecture_and_number_of_images() {
        use crate::knobs::Choice as _;
        for variant in Architecture::default().options() {
            let mut architecture = Architecture::default();
            architecture.choose(variant.name);
            if !architecture.tells_classes() {
                continue;
            }
            let network = Network::new(&architecture, MNIST, 1).expect("it fits");
            let pixels: Vec<u8> = (0..CHUNK * 784 + 3 * 784).map(|i| (i * 31 % 251) as u8).collect();
            let many = network.predict(&pixels, CHUNK + 3).expect("it predicts");
            assert_eq!(many.len(), (CHUNK + 3) * 10);
            assert!(many.chunks(10).all(|p| (p.iter().sum::<f32>() - 1.0).abs() < 1e-5), "{}", variant.name);
            let one = network.predict(&pixels[..784], 1).expect("it predicts");
            assert!(one.iter().zip(&many).all(|(a, b)| (a - b).abs() < 1e-5), "{}", variant.name);
        }
    }

    #[test]
    fn statistics_of_groups_are_those_of_the_whole_batch() {
        let x = Tensor::from_slice(&(0..7 * 3 * 20).map(|i| (i * 37 % 101) as f32 / 9.0).collect::<Vec<_>>());
        let x = x.view([7, 3, 4, 5]);
        let (scale, zeros) =
            (Tensor::ones([3], (Kind::Float, Device::Cpu)), Tensor::zeros([3], (Kind::Float, Device::Cpu)));
        let (wanted, means) = x.var_mean_correction([0, 2, 3].as_slice(), 1, false);
        for group in [0, 1, 3] {
            let (_, mean, variance) = normalise(&x, &scale, &zeros, 1e-5, group).expect("it works");
            let apart = |a: &Tensor, b: &Tensor| ((a - b) / b).abs().max().double_value(&[]);
            assert!(apart(&mean, &means) < 1e-5 && apart(&variance, &wanted) < 1e-5, "groups of {group}");
        }
    }

    #[test]
    fn weights_of_another_network_are_refused_by_name() {
        let cnn = Network::new(&Architecture::default(), MNIST, 1).expect("it fits");
        let lenet = Architecture::Lenet5(crate::models::lenet5::Lenet5::default());
        let error = Network::with_parameters(&lenet, MNIST, &cnn.parameters, Device::Cpu);
        let error = error.err().expect("shapes differ").to_string();
        assert!(error.starts_with("the parameter conv2d_1.weight has the shape"), "{error}");
    }
}
