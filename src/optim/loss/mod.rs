//! Losses with Keras's meaning, on softmax outputs: [`Loss`] is the list.
//!
//! Gradients are worked out by hand, through the softmax, so that no autograd graph is needed and several threads can
//! each take their share of a batch.

mod cross_entropy;
mod focal;
mod probabilities;

pub use cross_entropy::CrossEntropy;
pub use focal::Focal;

use crate::knobs::{Knobs, Visitor};
use serde::{Deserialize, Serialize};
use tch::Tensor;

/// What the training makes small, with its settings, as a recipe names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Loss {
    /// Categorical cross-entropy.
    CrossEntropy(CrossEntropy),
    /// Binary cross-entropy.
    BinaryCrossEntropy,
    /// Mean squared error.
    MeanSquaredError,
    /// Mean absolute error.
    MeanAbsoluteError,
    /// Categorical hinge.
    CategoricalHinge,
    /// Poisson.
    Poisson,
    /// Focal.
    Focal(Focal),
}

crate::choice!(Loss {
    Self::CrossEntropy(_) => Self::CrossEntropy(CrossEntropy::default()), "cross_entropy", "Categorical cross-entropy", "Minus the log of the true class's probability";
    Self::BinaryCrossEntropy => Self::BinaryCrossEntropy, "binary_cross_entropy", "Binary cross-entropy", "Each class a yes-or-no question of its own, averaged over the classes";
    Self::MeanSquaredError => Self::MeanSquaredError, "mean_squared_error", "Mean squared error", "Squared distance of the probabilities from the truth, averaged over the classes";
    Self::MeanAbsoluteError => Self::MeanAbsoluteError, "mean_absolute_error", "Mean absolute error", "Distance of the probabilities from the truth, averaged over the classes";
    Self::CategoricalHinge => Self::CategoricalHinge, "categorical_hinge", "Categorical hinge", "How far the true class fails to lead the strongest other one by 1";
    Self::Poisson => Self::Poisson, "poisson", "Poisson", "Probabilities as expected counts of a Poisson distribution";
    Self::Focal(_) => Self::Focal(Focal::default()), "focal", "Focal", "Cross-entropy in which samples that are read well count less";
});

impl Default for Loss {
    fn default() -> Self {
        Self::CrossEntropy(CrossEntropy::default())
    }
}

impl Knobs for Loss {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        visitor.choice("name", self, "What the training makes small");
        match self {
            Self::CrossEntropy(settings) => settings.visit(visitor),
            Self::Focal(settings) => settings.visit(visitor),
            Self::BinaryCrossEntropy
            | Self::MeanSquaredError
            | Self::MeanAbsoluteError
            | Self::CategoricalHinge
            | Self::Poisson => {}
        }
    }
}

impl Loss {
    /// The loss of each sample, `[n]`, from `logits` `[n, classes]` (floating point) and `labels` `[n]` (i64).
    pub fn value(&self, logits: &Tensor, labels: &Tensor) -> Tensor {
        self.price(logits, labels, false).0
    }

    /// The loss of each sample, `[n]`, and the gradient of the *sum* of them with respect to the logits,
    /// `[n, classes]`; divide by the batch size for that of the mean.
    pub fn value_and_gradient(&self, logits: &Tensor, labels: &Tensor) -> (Tensor, Tensor) {
        let (value, gradient) = self.price(logits, labels, true);
        (value, gradient.expect("it was asked for"))
    }

    /// The same where samples are mixtures: of each, a share (`shares`, `[n]`) is of the class in `others` (`[n]`), the
    /// rest of that in `labels`. The two losses are mixed, as in mixup's own code; for those that are straight in the
    /// truth (all cross-entropies without gamma, Poisson) that is the loss of the mixed truth.
    pub fn mixed_value_and_gradient(
        &self,
        logits: &Tensor,
        labels: &Tensor,
        others: &Tensor,
        shares: &Tensor,
    ) -> (Tensor, Tensor) {
        let (value, gradient) = self.value_and_gradient(logits, labels);
        let (other_value, other_gradient) = self.value_and_gradient(logits, others);
        let weights = shares.unsqueeze(1);
        (&value + (other_value - &value) * shares, &gradient + (other_gradient - &gradient) * weights)
    }

    fn price(&self, logits: &Tensor, labels: &Tensor, sloped: bool) -> (Tensor, Option<Tensor>) {
        tch::no_grad(|| {
            let on_probabilities = match self {
                Self::CrossEntropy(loss) => return loss.price(logits, labels, sloped),
                Self::Focal(loss) => return loss.price(logits, labels, sloped),
                Self::BinaryCrossEntropy => probabilities::binary_cross_entropy,
                Self::MeanSquaredError => probabilities::mean_squared_error,
                Self::MeanAbsoluteError => probabilities::mean_absolute_error,
                Self::CategoricalHinge => probabilities::categorical_hinge,
                Self::Poisson => probabilities::poisson,
            };
            let p = logits.softmax(-1, None);
            let y = p.zeros_like().scatter_value_(1, &labels.unsqueeze(1), 1.0);
            let (value, slope) = on_probabilities(&p, &y, sloped);
            (value, slope.map(|slope| through_softmax(&p, slope)))
        })
    }
}

/// The gradient with respect to the logits from that with respect to the softmax outputs `p`, both `[n, classes]`.
fn through_softmax(p: &Tensor, mut slope: Tensor) -> Tensor {
    slope *= p;
    let along = slope.sum_dim_intlist(1, true, None);
    slope - p * along
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knobs::Choice as _;
    use tch::{Device, Kind};

    /// Logits and labels; the last sample is so wrong that its probability is clipped where there is clipping.
    fn problem() -> (Tensor, Tensor) {
        let logits = Tensor::linspace(-9.0, 9.0, 60, (Kind::Double, Device::Cpu)).sin().view([6, 10]) * 4.0;
        let mut hopeless = logits.get(5).get(5);
        hopeless -= 30.0;
        (logits, Tensor::from_slice(&[0_i64, 3, 9, 1, 1, 5]))
    }

    /// The same losses, written down a second time as autograd wants them.
    fn formula(loss: &Loss, logits: &Tensor, labels: &Tensor) -> Tensor {
        let y = labels.one_hot(10).to_kind(Kind::Double);
        let p = logits.softmax(-1, None);
        let mean = |t: Tensor| t.mean_dim(1, false, None);
        let sum = |t: Tensor| t.sum_dim_intlist(1, false, None);
        match loss {
            Loss::CrossEntropy(CrossEntropy { label_smoothing }) => logits.cross_entropy_loss::<Tensor>(
                labels,
                None,
                tch::Reduction::None,
                -100,
                *label_smoothing,
            ),
            Loss::Focal(Focal { alpha, gamma }) => {
                let missing: Tensor = 1.0 - &p;
                sum(&y * p.log() * missing.pow_tensor_scalar(*gamma)) * -alpha
            }
            Loss::BinaryCrossEntropy => {
                let p = p.clamp(1e-7, 1.0 - 1e-7);
                let missing: Tensor = 1.0 - &p;
                -mean(&y * p.log() + (1.0 - &y) * missing.log())
            }
            Loss::MeanSquaredError => mean((p - y).square()),
            Loss::MeanAbsoluteError => mean((p - y).abs()),
            Loss::CategoricalHinge => {
                let others = (&p - &y * &p).amax([1_i64].as_slice(), false);
                (others - sum(y * p) + 1.0).clamp_min(0.0)
            }
            Loss::Poisson => mean(&p - y * (&p + 1e-7).log()),
        }
    }

    /// Every loss with its defaults, and settings away from them.
    fn all() -> Vec<Loss> {
        let mut losses = vec![
            Loss::CrossEntropy(CrossEntropy { label_smoothing: 0.1 }),
            Loss::Focal(Focal { alpha: 0.6, gamma: 0.5 }),
            Loss::Focal(Focal { alpha: 1.0, gamma: 0.0 }),
        ];
        for option in Loss::default().options() {
            let mut loss = Loss::default();
            assert!(loss.choose(option.name));
            losses.push(loss);
        }
        losses
    }

    #[test]
    fn gradients_are_those_of_autograd() {
        let (logits, labels) = problem();
        assert!(logits.softmax(-1, None).double_value(&[5, 5]) < 1e-7);
        let logits = logits.set_requires_grad(true);
        for loss in all() {
            let expected = formula(&loss, &logits, &labels);
            let slope = Tensor::run_backward(&[expected.sum(None)], &[&logits], false, false).remove(0);
            let (value, gradient) = loss.value_and_gradient(&logits, &labels);
            assert!(value.allclose(&expected, 1e-10, 1e-13, false), "{loss:?}: {value} is not {expected}");
            assert!(gradient.allclose(&slope, 1e-10, 1e-13, false), "{loss:?}: {gradient} is not {slope}");
            assert!(loss.value(&logits, &labels).equal(&value), "{loss:?}");
            assert!(!gradient.requires_grad(), "{loss:?}");
        }
    }

    #[test]
    fn mixtures_are_priced_by_their_mixed_truth() {
        let (logits, labels) = problem();
        let others = Tensor::from_slice(&[1_i64, 3, 2, 0, 4, 6]);
        let shares = Tensor::from_slice(&[0.0, 0.5, 0.25, 0.1, 0.4, 0.0]);
        let logits = logits.set_requires_grad(true);
        let one_hot = |labels: &Tensor| labels.one_hot(10).to_kind(Kind::Double);
        let weights = shares.unsqueeze(1);
        let truth = one_hot(&labels) * (1.0 - &weights) + one_hot(&others) * &weights;
        let each: Tensor = truth * logits.log_softmax(-1, None);
        let expected = -each.sum_dim_intlist(1, false, None);
        let slope = Tensor::run_backward(&[expected.sum(None)], &[&logits], false, false).remove(0);
        let loss = Loss::default();
        let (value, gradient) = loss.mixed_value_and_gradient(&logits.detach(), &labels, &others, &shares);
        assert!(value.allclose(&expected, 1e-10, 1e-13, false), "{value} is not {expected}");
        assert!(gradient.allclose(&slope, 1e-10, 1e-13, false), "{gradient} is not {slope}");
        for loss in all() {
            let none = shares.zeros_like();
            let (value, gradient) = loss.mixed_value_and_gradient(&logits.detach(), &labels, &others, &none);
            let plain = loss.value_and_gradient(&logits.detach(), &labels);
            assert!(value.equal(&plain.0) && gradient.equal(&plain.1), "{loss:?}: nothing mixed in");
        }
    }

    #[test]
    fn hopeless_and_perfect_samples_stay_finite() {
        let logits = Tensor::from_slice(&[90.0_f32, -90.0, 0.0, 90.0, -90.0, 0.0]).view([2, 3]);
        let labels = Tensor::from_slice(&[0_i64, 1]);
        for loss in all() {
            let (value, gradient) = loss.value_and_gradient(&logits, &labels);
            assert!(value.isfinite().all().int64_value(&[]) == 1, "{loss:?}: {value}");
            assert!(gradient.isfinite().all().int64_value(&[]) == 1, "{loss:?}: {gradient}");
            assert!(value.double_value(&[0]) < value.double_value(&[1]), "{loss:?}: {value}");
        }
    }
}
