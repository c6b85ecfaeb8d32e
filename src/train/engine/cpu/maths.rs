//! Loops over plain lists of numbers: activations and their slopes, softmax with cross-entropy, transposition.
//!
//! What is marked `inline(always)` is vectorised where it is called.

use super::vectorised::vectorised;
use crate::models::layers::Activation;

/// exp(x) to about 2 units in the last place, without branches: after Cephes (Moshier, `expf`).
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.0, 88.0);
    let n = (x * std::f32::consts::LOG2_E).round_ties_even();
    // ln 2 in two parts, so that the rest is exact.
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let p = p * r * r + r + 1.0;
    p * f32::from_bits(((n as i32 + 127) << 23) as u32)
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[inline(always)]
fn tanh(x: f32) -> f32 {
    // Near zero the quotient would lose digits; there the first terms of the series are exact enough.
    let t = x * x;
    let series = x * (1.0 - t * (1.0 / 3.0 - t * (2.0 / 15.0)));
    let quotient = 1.0 - 2.0 / (exp(2.0 * x) + 1.0);
    if x.abs() < 0.05 { series } else { quotient }
}

/// The share of the normal distribution below x: Abramowitz and Stegun, 7.1.26 (error below 1.5e-7).
#[inline(always)]
fn normal_below(x: f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let p = ((((1.061_405_4 * t - 1.453_152_1) * t + 1.421_413_8) * t - 0.284_496_74) * t + 0.254_829_6) * t;
    let above = 0.5 * p * exp(-z * z);
    if x < 0.0 { above } else { 1.0 - above }
}

/// `out = activation(pre)`, number by number.
#[inline(always)]
pub fn activate(activation: Option<Activation>, pre: &[f32], out: &mut [f32]) {
    let each = out.iter_mut().zip(pre);
    match activation {
        None => each.for_each(|(o, p)| *o = *p),
        // Not `max`, which would turn what is not a number into 0.
        Some(Activation::Relu) => each.for_each(|(o, p)| *o = if *p < 0.0 { 0.0 } else { *p }),
        Some(Activation::Sigmoid) => each.for_each(|(o, p)| *o = sigmoid(*p)),
        Some(Activation::Tanh) => each.for_each(|(o, p)| *o = tanh(*p)),
        Some(Activation::Gelu) => each.for_each(|(o, p)| *o = p * normal_below(*p)),
    }
}

/// `slope *= derivative of the activation`, number by number.
#[inline(always)]
pub fn through_activation(activation: Option<Activation>, pre: &[f32], slope: &mut [f32]) {
    let each = slope.iter_mut().zip(pre);
    match activation {
        None => {}
        Some(Activation::Relu) => each.for_each(|(s, p)| *s = if *p > 0.0 { *s } else { 0.0 }),
        Some(Activation::Sigmoid) => each.for_each(|(s, p)| {
            let y = sigmoid(*p);
            *s *= y * (1.0 - y);
        }),
        Some(Activation::Tanh) => each.for_each(|(s, p)| {
            let y = tanh(*p);
            *s *= 1.0 - y * y;
        }),
        Some(Activation::Gelu) => each.for_each(|(s, p)| {
            // 1 / sqrt(2 pi).
            let density = 0.398_942_3 * exp(-0.5 * p * p);
            *s *= normal_below(*p) + p * density;
        }),
    }
}

/// Softmax of `logits` into `probabilities`; the log of the sum of exponentials.
#[inline(always)]
pub fn softmax(logits: &[f32], probabilities: &mut [f32]) -> f32 {
    let top = logits.iter().fold(f32::NEG_INFINITY, |m, x| if *x > m { *x } else { m });
    let mut sum = 0.0;
    for (p, x) in probabilities.iter_mut().zip(logits) {
        *p = exp(x - top);
        sum += *p;
    }
    probabilities.iter_mut().for_each(|p| *p /= sum);
    top + sum.ln()
}

/// The place of the greatest number, the first of equals.
pub fn argmax(numbers: &[f32]) -> usize {
    let (mut place, mut top) = (0, f32::NEG_INFINITY);
    for (i, x) in numbers.iter().enumerate() {
        if *x > top {
            (place, top) = (i, *x);
        }
    }
    place
}

vectorised! {
    /// `to[j][i] = from[i][j]` for `rows` rows of `from` and all rows of `to`, which are `from_row` and `to_row` apart.
    fn transpose<'a>(from: &'a [f32], from_row: usize, rows: usize, to: &'a mut [f32], to_row: usize) {
        // Blocks, so that each line of memory is fetched once.
        const BLOCK: usize = 16;
        for row in (0..rows).step_by(BLOCK) {
            let n = BLOCK.min(rows - row);
            for (j, to) in to.chunks_exact_mut(to_row).enumerate() {
                for (t, from) in to[row..row + n].iter_mut().zip(from[row * from_row..].chunks(from_row)) {
                    *t = from[j];
                }
            }
        }
    }

    /// Whether every one is a number.
    fn all_finite<'a>(numbers: &'a [f32]) -> bool {
        // An exponent of all ones marks infinity and what is not a number; no branch, so that it runs in vectors.
        let bad = numbers.iter().fold(0_u32, |bad, x| bad | u32::from(x.to_bits() & 0x7f80_0000 == 0x7f80_0000));
        bad == 0
    }

    /// `to += from`, number by number.
    fn add<'a>(to: &'a mut [f32], from: &'a [f32]) {
        to.iter_mut().zip(from).for_each(|(t, f)| *t += f);
    }

    /// Adds all rows, each as long as `to`, to it.
    fn add_rows<'a>(to: &'a mut [f32], rows: &'a [f32]) {
        for row in rows.chunks_exact(to.len()) {
            to.iter_mut().zip(row).for_each(|(t, r)| *t += r);
        }
    }

    /// Bytes as numbers between 0 and 1.
    fn unit<'a>(bytes: &'a [u8], to: &'a mut [f32]) {
        to.iter_mut().zip(bytes).for_each(|(t, b)| *t = f32::from(*b) / 255.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Kind, Tensor};

    #[test]
    fn activations_and_slopes_are_those_of_the_tensor_library() {
        let xs: Vec<f32> = (-400..=400).map(|i| i as f32 * 0.025).collect();
        for activation in [Activation::Sigmoid, Activation::Tanh, Activation::Relu, Activation::Gelu] {
            let x = Tensor::from_slice(&xs).to_kind(Kind::Double).set_requires_grad(true);
            let y = match activation {
                Activation::Sigmoid => x.sigmoid(),
                Activation::Tanh => x.tanh(),
                Activation::Relu => x.relu(),
                Activation::Gelu => x.gelu("none"),
            };
            y.sum(Kind::Double).backward();
            let list = |t: &Tensor| Vec::<f64>::try_from(t.detach()).expect("numbers");
            let mut out = vec![0.0; xs.len()];
            activate(Some(activation), &xs, &mut out);
            let mut slope = vec![1.0; xs.len()];
            through_activation(Some(activation), &xs, &mut slope);
            for (i, (theirs, their_slope)) in list(&y).iter().zip(list(&x.grad())).enumerate() {
                assert!(
                    (f64::from(out[i]) - theirs).abs() < 1e-6,
                    "{activation:?}({}) {} {theirs}",
                    xs[i],
                    out[i]
                );
                let differs = (f64::from(slope[i]) - their_slope).abs();
                assert!(differs < 1e-6, "{activation:?}'({}) {} {their_slope}", xs[i], slope[i]);
            }
        }
    }

    #[test]
    fn softmax_and_transposition() {
        let mut p = [0.0; 3];
        let log_sum = softmax(&[1000.0, 1001.0, 998.0], &mut p);
        assert!(
            (p.iter().sum::<f32>() - 1.0).abs() < 1e-6 && (log_sum - 1001.349).abs() < 1e-3,
            "{p:?} {log_sum}"
        );
        let from: Vec<f32> = (0..20 * 33).map(|i| i as f32).collect();
        let mut to = vec![0.0; 30 * 48];
        let arch = pulp::Arch::new();
        transpose(arch, &from, 33, 20, &mut to, 48);
        assert!((0..20).all(|i| (0..30).all(|j| to[j * 48 + i] == from[i * 33 + j])));
        let finite = |list: &[f32]| all_finite(arch, list);
        assert!(finite(&from) && !finite(&[1.0, f32::NAN]) && !finite(&[f32::NEG_INFINITY]));
    }
}
