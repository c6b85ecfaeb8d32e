//! A trained detector made deeper without forgetting anything: the convolutions that it does not have begin by passing on
//! what they are given (Chen et al., 2015, "Net2Net: accelerating learning via knowledge transfer", arXiv 1511.05641,
//! section 2.3).

use super::Design;
use super::graph::Block;
use super::network::EPSILON;
use anyhow::Context as _;
use tch::Tensor;

/// Parameters by name.
type Parameters = Vec<(String, Tensor)>;

/// What a deeper network of `design` begins with, so that it says what the one says that `learned` belongs to, and the
/// names of the convolutions that are new; those are the last ones of their stage, or of the head.
///
/// # Errors
/// Where `learned` lacks a convolution that cannot begin by passing on what it is given, or a number of one before it.
pub fn deeper(
    design: &Design,
    channels: usize,
    learned: Parameters,
) -> anyhow::Result<(Parameters, Vec<String>)> {
    let has = |block: &Block| learned.iter().any(|(name, _)| *name == format!("{}.weight", block.name));
    let blocks = design.blocks(channels);
    let (mut all, mut new) = (Vec::new(), Vec::new());
    for (i, block) in blocks.iter().enumerate().filter(|(_, block)| !has(block)) {
        let same = block.input == block.output && block.stride == 1 && block.norm && block.relu;
        let before = blocks.get(i.wrapping_sub(1)).filter(|before| before.part == block.part && same);
        let before = before.with_context(|| format!("the convolution {} is missing", block.name))?;
        let of_before = |what: &str| -> anyhow::Result<Vec<f32>> {
            let name = format!("{}.{what}", before.name);
            let known = all.iter().chain(&learned).find(|(n, _): &&(String, Tensor)| *n == name);
            let (_, tensor) = known.with_context(|| format!("the parameter {name} is missing"))?;
            Ok(Vec::try_from(&tensor.flatten(0, -1).to_kind(tch::Kind::Float))?)
        };
        let (scale, bias) = (of_before("scale")?, of_before("bias")?);
        all.extend(passing_on(block, &scale, &bias));
        new.push(block.name.clone());
    }
    all.extend(learned);
    Ok((all, new))
}

/// A convolution, batch norm and ReLU that give what they are given by a batch norm of this scale and bias and a ReLU.
fn passing_on(block: &Block, scale: &[f32], bias: &[f32]) -> Parameters {
    let (n, k) = (block.output, block.kernel);
    let mut weight = vec![0.0f32; n * n * k * k];
    for channel in 0..n {
        weight[(channel * n + channel) * k * k + (k * k) / 2] = 1.0;
    }
    let what_comes =
        scale.iter().zip(bias).map(|(scale, bias)| rectified(f64::from(*bias), f64::from(*scale)));
    let (mean, variance): (Vec<f32>, Vec<f32>) =
        what_comes.map(|(mean, variance)| (mean as f32, variance as f32)).unzip();
    let deviation: Vec<f32> =
        variance.iter().map(|variance| (f64::from(*variance) + EPSILON).sqrt() as f32).collect();
    let size = [n as i64, n as i64, k as i64, k as i64];
    let named = |what: &str, tensor| (format!("{}.{what}", block.name), tensor);
    vec![
        named("weight", Tensor::from_slice(&weight).view(size)),
        named("scale", Tensor::from_slice(&deviation)),
        named("bias", Tensor::from_slice(&mean)),
        named("running_mean", Tensor::from_slice(&mean)),
        named("running_var", Tensor::from_slice(&variance)),
    ]
}

/// Mean and variance of what ReLU leaves of a normal variable.
fn rectified(mean: f64, deviation: f64) -> (f64, f64) {
    let deviation = deviation.abs().max(1e-6);
    let t = mean / deviation;
    let density = (-0.5 * t * t).exp() / std::f64::consts::TAU.sqrt();
    // The tail by its continued fraction's approximation (Abramowitz and Stegun, 1964, 26.2.17): to 1e-7.
    let u = 1.0 / (1.0 + 0.231_641_9 * t.abs());
    let tail = density
        * u
        * (0.319_381_530
            + u * (-0.356_563_782 + u * (1.781_477_937 + u * (-1.821_255_978 + u * 1.330_274_429))));
    let above = if t >= 0.0 { 1.0 - tail } else { tail };
    let first = mean * above + deviation * density;
    let second = (mean * mean + deviation * deviation) * above + mean * deviation * density;
    (first, (second - first * first).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::super::{Detector, DetectorNetwork};
    use super::*;
    use crate::models::Input;
    use tch::{Device, Kind};

    #[test]
    fn a_deeper_detector_says_what_the_shallow_one_said() -> anyhow::Result<()> {
        let input = Input { channels: 1, height: 64, width: 96, classes: 10 };
        let small = Detector { filters: 4, neck: 8, convs: 2, head_convs: 1, ..Detector::default() };
        let shallow = DetectorNetwork::new(&small.design(), input, 3)?;
        let design = Detector { convs: 3, head_convs: 3, ..small }.design();
        let learned =
            shallow.parameters().iter().map(|(name, tensor)| (name.clone(), tensor.copy())).collect();
        let (parameters, new) = deeper(&design, 1, learned)?;
        assert_eq!(new, ["body_3_3", "body_4_3", "body_5_3", "head_2", "head_3"]);
        let mut deep = DetectorNetwork::new(&design, input, 4)?;
        deep.load(&parameters)?;
        let pixels = Tensor::rand([2, 1, 64, 96], (Kind::Float, Device::Cpu));
        let (was, is) = (shallow.raw(&pixels)?, deep.raw(&pixels)?);
        let far = f64::try_from((was - is).abs().max())?;
        assert!(far < 1e-3, "{far}");
        // What leads from one width to another cannot pass on what it is given.
        let mut learned = parameters;
        learned.retain(|(name, _)| !name.starts_with("body_3_1."));
        let error = deeper(&design, 1, learned).expect_err("it is missing").to_string();
        assert!(error.contains("body_3_1"), "{error}");
        Ok(())
    }

    #[test]
    fn what_relu_leaves_has_the_mean_and_variance_that_drawn_numbers_have() {
        let drawn = Tensor::randn([200_000], (Kind::Double, Device::Cpu));
        for (mean, deviation) in [(0.0, 1.0), (0.7, 0.4), (-1.0, 0.8)] {
            let left = (&drawn * deviation + mean).relu();
            let (m, v) = rectified(mean, deviation);
            let near = |tensor: Tensor, value: f64| (tensor.double_value(&[]) - value).abs() < 0.01;
            assert!(
                near(left.mean(Kind::Double), m) && near(left.var(true), v),
                "{mean} {deviation}: {m} {v}"
            );
        }
    }
}
