//! Batch norm of a group of images: mean and variance of each channel, there and back.
//!
//! The images of a group are normalised together and on one thread ("ghost batch norm", Hoffer, Hubara and Soudry, 2017,
//! arXiv 1705.08741), so that threads need not wait for each other and results do not depend on how many there are.

use super::conv::Conv;
use crate::vectorised::vectorised;
use std::ops::Range;

/// A batch norm behind a convolution, and what follows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Norm {
    /// Place of weight and bias among the slots.
    pub slot: usize,
    /// Place of the running mean and variance among the lists that do not learn.
    pub running: usize,
    /// Added to the variance.
    pub epsilon: f64,
    /// Share of the newest batch in the running means.
    pub momentum: f64,
    /// ReLU, pool and dropout that follow, as a block whose convolution does nothing.
    pub after: Conv,
}

/// What a group of images has for one batch norm.
#[derive(Clone, Debug, Default)]
pub struct Moments {
    /// Images of the group.
    pub n: usize,
    /// By channel.
    pub mean: Vec<f32>,
    /// By channel, divided by the number of values.
    pub variance: Vec<f32>,
    /// 1 / root of variance and epsilon.
    inverse: Vec<f32>,
    /// What a value is multiplied by: weight and inverse.
    pub factor: Vec<f32>,
    /// What is added then.
    pub offset: Vec<f32>,
    /// Gradient of the weight.
    pub weight: Vec<f32>,
    /// Gradient of the bias.
    pub bias: Vec<f32>,
}

impl Moments {
    /// From the values of a group, `image` numbers to an image, and the weight and bias of each channel.
    pub fn measure(
        &mut self,
        arch: pulp::Arch,
        values: &[f32],
        image: usize,
        epsilon: f64,
        [weight, bias]: [&[f32]; 2],
    ) {
        let channels = weight.len();
        self.n = values.len() / image;
        let count = (values.len() / channels) as f32;
        let mut one = vec![0.0; channels];
        // Sums of images, then of the group: digits are not lost in one long sum.
        let mut sums = |add: &dyn Fn(&[f32], &mut [f32])| {
            let mut all = vec![0.0; channels];
            for values in values.chunks_exact(image) {
                one.fill(0.0);
                add(values, &mut one);
                all.iter_mut().zip(&one).for_each(|(a, o)| *a += o);
            }
            all.iter_mut().for_each(|a| *a /= count);
            all
        };
        self.mean = sums(&|values, to| super::maths::add_rows(arch, to, values));
        let mean = &self.mean;
        self.variance = sums(&|values, to| add_squares(arch, values, mean, to));
        self.inverse = self.variance.iter().map(|v| 1.0 / (v + epsilon as f32).sqrt()).collect();
        self.factor = self.inverse.iter().zip(weight).map(|(i, w)| i * w).collect();
        let scaled = self.mean.iter().zip(&self.factor).map(|(m, f)| m * f);
        self.offset = scaled.zip(bias).map(|(m, b)| b - m).collect();
        (self.weight, self.bias) = (vec![0.0; channels], vec![0.0; channels]);
    }

    /// From running means, to read with.
    pub fn fixed(mean: &[f32], variance: &[f32], epsilon: f64, weight: &[f32], bias: &[f32]) -> Self {
        let inverse = variance.iter().map(|v| 1.0 / (v + epsilon as f32).sqrt());
        let factor: Vec<f32> = inverse.zip(weight).map(|(i, w)| i * w).collect();
        let scaled = mean.iter().zip(&factor).map(|(m, f)| m * f);
        let offset = scaled.zip(bias).map(|(m, b)| b - m).collect();
        Self { factor, offset, ..Self::default() }
    }

    /// Adds one image's share to the gradients of weight and bias, from the slopes by what the norm made.
    pub fn add_slopes(&mut self, arch: pulp::Arch, values: &[f32], slopes: &[f32]) {
        let Self { mean, inverse, weight, bias, .. } = self;
        let channels = mean.len();
        let (mut one_weight, mut one_bias) = (vec![0.0; channels], vec![0.0; channels]);
        weigh(arch, values, slopes, mean, &mut one_weight, &mut one_bias);
        for channel in 0..channels {
            weight[channel] += one_weight[channel] * inverse[channel];
            bias[channel] += one_bias[channel];
        }
    }

    /// The numbers that turn slopes by what the norm made into slopes by what came in, once all images were added:
    /// `slope * factor + value * by_value + rest`, by channel.
    pub fn way_back(&self, pixels: usize) -> [Vec<f32>; 2] {
        let count = (self.n * pixels) as f32;
        let channels = 0..self.mean.len();
        let by_value: Vec<f32> =
            channels.clone().map(|c| -self.factor[c] * self.inverse[c] * self.weight[c] / count).collect();
        let rest =
            channels.map(|c| -self.factor[c] * self.bias[c] / count - by_value[c] * self.mean[c]).collect();
        [by_value, rest]
    }
}

/// What all groups of a batch have for one batch norm, together.
#[derive(Clone, Debug, Default)]
pub struct Met {
    n: usize,
    /// By channel: sums over images of means and of mean squares.
    sums: Vec<(f64, f64)>,
}

impl Met {
    /// Takes up a group.
    pub fn add(&mut self, group: &Moments) {
        self.n += group.n;
        self.sums.resize(group.mean.len(), (0.0, 0.0));
        for ((sum, squares), (mean, variance)) in
            self.sums.iter_mut().zip(group.mean.iter().zip(&group.variance))
        {
            let (mean, variance) = (f64::from(*mean), f64::from(*variance));
            *sum += group.n as f64 * mean;
            *squares += group.n as f64 * (variance + mean * mean);
        }
    }

    /// Moves running means towards those of the batch; the variance is without bias, as PyTorch has it.
    pub fn follow(
        &self,
        momentum: f64,
        pixels: usize,
        flat: &mut [f32],
        mean: &Range<usize>,
        variance: &Range<usize>,
    ) {
        let n = self.n as f64;
        let count = n * pixels as f64;
        for (channel, (sum, squares)) in self.sums.iter().enumerate() {
            let found = sum / n;
            let spread = (squares / n - found * found) * count / (count - 1.0).max(1.0);
            for (to, found) in [(mean.start, found), (variance.start, spread)] {
                let to = &mut flat[to + channel];
                *to += ((found - f64::from(*to)) * momentum) as f32;
            }
        }
    }
}

vectorised! {
    /// `to[c] += (value - mean)^2` over all pixels.
    fn add_squares<'a>(values: &'a [f32], mean: &'a [f32], to: &'a mut [f32]) {
        for pixel in values.chunks_exact(mean.len()) {
            for ((t, v), m) in to.iter_mut().zip(pixel).zip(mean) {
                *t += (v - m) * (v - m);
            }
        }
    }

    /// Sums of slope * (value - mean) and of slope over all pixels, by channel.
    fn weigh<'a>(
        values: &'a [f32],
        slopes: &'a [f32],
        mean: &'a [f32],
        by_value: &'a mut [f32],
        plain: &'a mut [f32],
    ) {
        let n = mean.len();
        for (values, slopes) in values.chunks_exact(n).zip(slopes.chunks_exact(n)) {
            let sums = by_value.iter_mut().zip(plain.iter_mut());
            for (((v, s), m), (by_value, plain)) in values.iter().zip(slopes).zip(mean).zip(sums) {
                *by_value += s * (v - m);
                *plain += s;
            }
        }
    }

    /// Pixels scaled and shifted, with a ReLU if wanted; those of `out` are `wide` apart.
    fn apply<'a>(
        values: &'a [f32],
        factor: &'a [f32],
        offset: &'a [f32],
        relu: bool,
        wide: usize,
        out: &'a mut [f32],
    ) {
        let pixels = values.chunks_exact(factor.len()).zip(out.chunks_mut(wide));
        for (values, out) in pixels {
            for (((o, v), f), b) in out.iter_mut().zip(values).zip(factor).zip(offset) {
                let y = v * f + b;
                *o = if relu && y < 0.0 { 0.0 } else { y };
            }
        }
    }

    /// Slopes by what the norm made, from those by what left: what ReLU or dropout silenced is 0 in `out`.
    fn mask<'a>(relu: bool, scale: f32, out: &'a [f32], slope: &'a [f32], to: &'a mut [f32]) {
        for ((t, s), o) in to.iter_mut().zip(slope).zip(out) {
            *t = if !relu || *o > 0.0 { s * scale } else { 0.0 };
        }
    }

    /// Slopes by what came in, from factor, factor of the value and rest of each channel; pixels of `to` are `wide` apart.
    fn undo<'a>(
        values: &'a [f32],
        slopes: &'a [f32],
        numbers: [&'a [f32]; 3],
        wide: usize,
        to: &'a mut [f32],
    ) {
        let [factor, by_value, rest] = numbers;
        let n = factor.len();
        let pixels = values.chunks_exact(n).zip(slopes.chunks_exact(n)).zip(to.chunks_mut(wide));
        for ((values, slopes), to) in pixels {
            let numbers = factor.iter().zip(by_value).zip(rest);
            for (((t, v), s), ((f, b), r)) in to.iter_mut().zip(values).zip(slopes).zip(numbers) {
                *t = s * f + v * b + r;
            }
        }
    }
}
