//! A network of tensors built from its list of layers: what autograd, every device and the reader can use.

use super::init::glorot_uniform;
use super::layers::{Activation, Layer, Padding, same_padding};
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
    /// Weight and bias of each layer that learns, by name ("conv2d_1.weight"), in PyTorch's layouts.
    pub parameters: Vec<(String, Tensor)>,
}

impl Network {
    /// With first weights from the seed, on the processor.
    pub fn new(architecture: &Architecture, input: Input, seed: u64) -> anyhow::Result<Self> {
        let layers = place(&architecture.layers(input.classes), input)?;
        let mut parameters = Vec::new();
        for (prefix, shape) in layers.iter().filter_map(|p| Some((p.prefix(), p.weight.as_ref()?))) {
            let name = format!("{prefix}.weight");
            let size: Vec<i64> = shape.iter().map(|&n| n as i64).collect();
            let weight = Tensor::from_slice(&glorot_uniform(seed, &name, shape)).view(size.as_slice());
            parameters.push((name, weight));
            let bias = Tensor::zeros([size[0]], (Kind::Float, Device::Cpu));
            parameters.push((format!("{prefix}.bias"), bias));
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
    pub fn logits(
        &self,
        pixels: &Tensor,
        dropout: &dyn Fn(usize, f64) -> Option<Dropout>,
        seen: &mut dyn FnMut(&Placed, &Tensor),
    ) -> anyhow::Result<Tensor> {
        let mut x = pixels.shallow_clone();
        let mut parameters = self.parameters.iter().map(|(_, tensor)| tensor);
        for (idx, placed) in self.layers.iter().enumerate() {
            x = match placed.layer {
                Layer::Conv { kernel, padding, activation, .. } => {
                    let (weight, bias) = (parameters.next(), parameters.next());
                    let weight = weight.context("every convolution has a weight")?;
                    if padding == Padding::Same {
                        let (before, after) = same_padding(kernel);
                        let (before, after) = (before as i64, after as i64);
                        x = x.f_constant_pad_nd([before, after, before, after])?;
                    }
                    activate(x.f_conv2d(weight, bias, [1, 1], [0, 0], [1, 1], 1)?, activation)
                }
                Layer::MaxPool { size } => {
                    let size = size as i64;
                    x.f_max_pool2d([size, size], [size, size], [0, 0], [1, 1], false)?
                }
                Layer::Dropout { rate } => match dropout(idx, rate) {
                    Some(dropout) => &x * dropout.mask(&x),
                    None => x,
                },
                Layer::Flatten => x.f_flatten(1, -1)?,
                Layer::Dense { activation, .. } => {
                    let (weight, bias) = (parameters.next(), parameters.next());
                    activate(x.f_linear(weight.context("every dense layer has a weight")?, bias)?, activation)
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
    fn weights_of_another_network_are_refused_by_name() {
        let cnn = Network::new(&Architecture::default(), MNIST, 1).expect("it fits");
        let lenet = Architecture::Lenet5(crate::models::lenet5::Lenet5::default());
        let error = Network::with_parameters(&lenet, MNIST, &cnn.parameters, Device::Cpu);
        let error = error.err().expect("shapes differ").to_string();
        assert!(error.starts_with("the parameter conv2d_1.weight has the shape"), "{error}");
    }
}
