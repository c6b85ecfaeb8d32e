//! Losses of probabilities: mean squared and absolute error, hinge, Poisson. They have no settings.
//!
//! `p` are the softmax outputs, `y` the truth as ones and zeros, both `[n, classes]`. Means are over the classes, as
//! Keras has them. What is given is the slope with respect to `p`; [`super::through_softmax`] carries it to the logits.

use tch::Tensor;

/// Keras adds it to the probability in the logarithm of the Poisson loss, and keeps probabilities that far from 0 and 1.
pub(super) const EPSILON: f64 = 1e-7;

/// The value of each sample, `[n]`, and when asked for its slope with respect to `p`, `[n, classes]`.
pub(super) type Priced = (Tensor, Option<Tensor>);

/// Mean of `(p - y)^2`.
pub(super) fn mean_squared_error(p: &Tensor, y: &Tensor, sloped: bool) -> Priced {
    let error = p - y;
    let value = error.square().mean_dim(1, false, None);
    (value, sloped.then(|| &error * (2.0 / classes(p))))
}

/// Mean of `|p - y|`.
pub(super) fn mean_absolute_error(p: &Tensor, y: &Tensor, sloped: bool) -> Priced {
    let error = p - y;
    (error.abs().mean_dim(1, false, None), sloped.then(|| error.sign() / classes(p)))
}

/// How far the true class fails to lead the strongest other one by 1: `max(0, 1 + max((1 - y) p) - sum(y p))`.
pub(super) fn categorical_hinge(p: &Tensor, y: &Tensor, sloped: bool) -> Priced {
    let right = (p * y).sum_dim_intlist(1, true, None);
    let (strongest, at) = (p - p * y).max_dim(1, true);
    let value = (strongest - right + 1.0).clamp_min(0.0);
    let slope = sloped.then(|| {
        // Zero where the lead is complete.
        let counts = value.sign();
        (-y).scatter_add(1, &at, &at.ones_like().to_kind(p.kind())) * counts
    });
    (value.squeeze_dim(1), slope)
}

/// Mean of `p - y log(p + epsilon)`: what is left, constants aside, of a Poisson-distributed truth's log-likelihood.
pub(super) fn poisson(p: &Tensor, y: &Tensor, sloped: bool) -> Priced {
    let kept = p + EPSILON;
    let value = (p - y * kept.log()).mean_dim(1, false, None);
    (value, sloped.then(|| (1.0 - y / kept) / classes(p)))
}

/// Mean over the classes of each one's own yes-or-no cross-entropy, with probabilities clipped as Keras clips them: the
/// slope is zero where the clipping bites.
///
/// That is what Keras documents. On TensorFlow, Keras 3.15 behind a softmax layer computes another one: it takes the
/// logits that the softmax remembers, and their sigmoid in place of the softmax.
pub(super) fn binary_cross_entropy(p: &Tensor, y: &Tensor, sloped: bool) -> Priced {
    let clipped = p.clamp(EPSILON, 1.0 - EPSILON);
    // The probability given to what is true of each class.
    let given: Tensor = &clipped * (y * 2.0 - 1.0) + (1.0 - y);
    let value = -given.log().mean_dim(1, false, None);
    let slope = sloped.then(|| {
        let inside = p.eq_tensor(&clipped).to_kind(p.kind());
        (1.0 - y * 2.0) / given * inside / classes(p)
    });
    (value, slope)
}

fn classes(p: &Tensor) -> f64 {
    p.size()[1] as f64
}
