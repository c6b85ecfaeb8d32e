//! Muon (Jordan, 2024, kellerjordan.github.io/posts/muon): the momentum of each weight matrix, made orthogonal, is the
//! step; what is no matrix (biases, scales) steps as AdamW does.
//!
//! As PyTorch's `torch.optim.Muon` with its own adjustment of the learning rate, but computed in the parameters' own
//! precision where PyTorch takes bfloat16. Filters of a convolution are one matrix, a row for each.

use super::adam::Adam;
use super::rule::{Rule, Step, named};
use super::{EPSILON, LR, WEIGHT_DECAY};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};
use tch::Tensor;

/// Settings of Muon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Muon {
    /// Size of each step of a matrix.
    pub lr: f64,
    /// Memory of the mean gradient of a matrix.
    pub momentum: f64,
    /// Look ahead before making it orthogonal.
    pub nesterov: bool,
    /// Rounds of Newton and Schulz that make it orthogonal.
    pub rounds: u64,
    /// Share of each weight, times the learning rate, taken off at each step.
    pub weight_decay: f64,
    /// Learning rate of what is no matrix, over `lr`.
    pub rest: f64,
    /// Memory of the mean gradient of what is no matrix.
    pub beta_1: f64,
    /// Memory of its mean squared gradient.
    pub beta_2: f64,
    /// Keeps its division finite.
    pub epsilon: f64,
}

impl Default for Muon {
    fn default() -> Self {
        // The author's: 0.02 and 0.95 for matrices; 3e-4, 0.9 and 0.95 for the rest (github.com/KellerJordan/Muon).
        Self {
            lr: 0.02,
            momentum: 0.95,
            nesterov: true,
            rounds: 5,
            weight_decay: 0.0,
            rest: 0.015,
            beta_1: 0.9,
            beta_2: 0.95,
            epsilon: 1e-10,
        }
    }
}

impl Knobs for Muon {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { lr, momentum, nesterov, rounds, weight_decay, rest, beta_1, beta_2, epsilon } = self;
        visitor.float("lr", lr, LR);
        visitor.float(
            "momentum",
            momentum,
            Knob::range(0.0, 0.999, "Memory of the mean gradient of a matrix").live(),
        );
        visitor.flag("nesterov", nesterov, "Look ahead before the step is made orthogonal");
        visitor.int(
            "rounds",
            rounds,
            Knob::range(1, 10, "Rounds of Newton and Schulz that make a step orthogonal"),
        );
        visitor.float("weight_decay", weight_decay, WEIGHT_DECAY);
        visitor.float(
            "rest",
            rest,
            Knob::log(1e-4, 1.0, "Learning rate of what is no matrix, as a share of the learning rate")
                .live(),
        );
        visitor.float(
            "beta_1",
            beta_1,
            Knob::range(0.0, 0.9999, "Memory of the mean gradient of what is no matrix"),
        );
        visitor.float(
            "beta_2",
            beta_2,
            Knob::range(0.0, 0.99999, "Memory of the mean squared gradient of what is no matrix"),
        );
        visitor.float("epsilon", epsilon, EPSILON);
    }
}

impl Rule for Muon {
    fn slots(&self) -> &'static [&'static str] {
        &["momentum", "velocity"]
    }

    fn lr(&self) -> f64 {
        self.lr
    }

    fn begin(&self, t: u64, lr_factor: f64, scalars: &mut [f64]) -> Step {
        let Self { lr, momentum, nesterov, rounds, weight_decay, rest, beta_1, beta_2, epsilon } = *self;
        let lr = lr * lr_factor;
        let adam = Adam { lr: lr * rest, beta_1, beta_2, epsilon }.begin(t, 1.0, scalars);
        Step::of_wholes(move |params, grads, slots| {
            let size = params.size();
            if size.len() < 2 {
                *params *= 1.0 - lr * rest * weight_decay;
                return adam.apply(params, grads, slots);
            }
            let [mean, _velocity] = named(slots);
            drop(mean.lerp_(grads, 1.0 - momentum));
            let update = if nesterov { grads.lerp(mean, momentum) } else { mean.copy() };
            let update = orthogonal(&update.reshape([size[0], -1]), rounds);
            let (outputs, inputs) = (update.size()[0] as f64, update.size()[1] as f64);
            *params *= 1.0 - lr * weight_decay;
            *params -= update.reshape(size.as_slice()) * (lr * (outputs / inputs).max(1.0).sqrt());
        })
    }
}

/// A matrix with the singular vectors of `matrix` and singular values of about 1, by rounds of Newton and Schulz with
/// the post's coefficients.
fn orthogonal(matrix: &Tensor, rounds: u64) -> Tensor {
    const A: f64 = 3.4445;
    const B: f64 = -4.7750;
    const C: f64 = 2.0315;
    let tall = matrix.size()[0] > matrix.size()[1];
    let mut x = if tall { matrix.tr() } else { matrix.shallow_clone() };
    // The spectral norm is then 1 at most.
    x = &x / x.norm().clamp_min(1e-7);
    for _ in 0..rounds {
        let gram = x.matmul(&x.tr());
        let polynomial = &gram * B + gram.matmul(&gram) * C;
        x = &x * A + polynomial.matmul(&x);
    }
    if tall { x.tr() } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    #[test]
    fn singular_values_come_close_to_one() {
        let matrix = Tensor::linspace(-3.0, 4.0, 60, (Kind::Double, Device::Cpu)).square().sin();
        for size in [[5, 12], [12, 5]] {
            let found = orthogonal(&matrix.view(size), 5);
            assert_eq!(found.size(), size);
            let (_, values, _) = found.svd(true, true);
            // The post: between 0.7 and 1.2 or so.
            let (least, most) = (values.min().double_value(&[]), values.max().double_value(&[]));
            assert!(least > 0.5 && most < 1.3, "{least} to {most}");
        }
    }
}
