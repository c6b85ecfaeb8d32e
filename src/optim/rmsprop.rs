//! RMSprop (Tieleman and Hinton, 2012, lecture 6e of Neural Networks for Machine Learning).
//!
//! As Keras has it: `epsilon` is under the root, momentum gathers whole steps (learning rate included), and `centered`
//! divides by the standard deviation of the gradient (Graves, 2013, arXiv 1308.0850, equations 38 to 45).

use super::rule::{Rule, Step, named};
use super::{EPSILON, LR, WEIGHT_DECAY};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of RMSprop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RmsProp {
    /// Size of each step.
    pub lr: f64,
    /// Memory of the mean squared gradient.
    pub rho: f64,
    /// Share of the last step carried over.
    pub momentum: f64,
    /// Keeps the division finite.
    pub epsilon: f64,
    /// Divide by the deviation of the gradient instead of its size.
    pub centered: bool,
    /// Share of each weight, times the learning rate, taken off at each step.
    pub weight_decay: f64,
}

impl Default for RmsProp {
    fn default() -> Self {
        // Keras's defaults, which the tutorials use.
        Self { lr: 0.001, rho: 0.9, momentum: 0.0, epsilon: 1e-7, centered: false, weight_decay: 0.0 }
    }
}

impl Knobs for RmsProp {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { lr, rho, momentum, epsilon, centered, weight_decay } = self;
        visitor.float("lr", lr, LR);
        visitor.float("rho", rho, Knob::range(0.0, 0.9999, "Memory of the mean squared gradient").live());
        // Not live: without momentum its slot is left alone, so it could only be turned up from an old one.
        visitor.float("momentum", momentum, Knob::range(0.0, 0.999, "Share of the last step carried over"));
        visitor.float("epsilon", epsilon, EPSILON);
        visitor.flag("centered", centered, "Divide by the deviation of the gradient instead of its size");
        visitor.float("weight_decay", weight_decay, WEIGHT_DECAY);
    }
}

impl Rule for RmsProp {
    fn slots(&self) -> &'static [&'static str] {
        &["velocity", "momentum", "average_gradient"]
    }

    fn lr(&self) -> f64 {
        self.lr
    }

    fn weight_decay(&self) -> f64 {
        self.weight_decay
    }

    fn begin(&self, _t: u64, lr_factor: f64, _scalars: &mut [f64]) -> Step {
        let Self { lr, rho, momentum, epsilon, centered, weight_decay: _ } = *self;
        let lr = lr * lr_factor;
        Step::new(move |params, grads, slots| {
            let [velocity, carried, average] = named(slots);
            let mut root = grads.square();
            drop(velocity.lerp_(&root, 1.0 - rho));
            if centered {
                drop(average.lerp_(grads, 1.0 - rho));
                drop(average.square_out(&root));
                drop(root.neg_());
                root += &*velocity;
                // A difference of rounded numbers may fall below the zero that it cannot be below.
                drop(root.clamp_min_(0.0));
            } else {
                root.copy_(velocity);
            }
            root += epsilon;
            drop(root.sqrt_());
            *grads *= -lr;
            if momentum == 0.0 {
                drop(params.addcdiv_(grads, &root));
            } else {
                *carried *= momentum;
                drop(carried.addcdiv_(grads, &root));
                *params += &*carried;
            }
        })
    }
}
