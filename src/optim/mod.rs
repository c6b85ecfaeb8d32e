//! Optimizers, losses and schedules: one file each, [`Optimizer`], [`Loss`] and [`schedule::Shape`] are the lists.

pub mod adadelta;
pub mod adagrad;
pub mod adam;
pub mod adamax;
pub mod adamw;
mod clip;
mod ema;
pub mod lion;
pub mod loss;
pub mod muon;
pub mod nadam;
pub mod plateau;
pub mod rmsprop;
mod rule;
pub mod schedule;
pub mod sgd;

pub use clip::clip;
pub use ema::Ema;
pub use loss::Loss;
pub use rule::{Rule, State, Step};
pub use schedule::Schedule;

use crate::knobs::Knob;

/// The learning rate, which every rule has and calls `lr`.
const LR: Knob<f64> = Knob::log(1e-6, 10.0, "Size of each step").live();

/// Decoupled weight decay, of every rule but Adam, whose name with it is AdamW.
const WEIGHT_DECAY: Knob<f64> =
    Knob::log(0.0, 1.0, "Share of each weight, times the learning rate, taken off at each step").live();

/// The number that several rules add to what they divide by.
const EPSILON: Knob<f64> = Knob::log(1e-12, 1.0, "Keeps the division finite");

crate::list! {
    /// A rule that turns gradients into steps, with its settings, as a recipe names it.
    pub enum Optimizer, "Rule that turns gradients into steps", rule -> dyn Rule {
        "sgd" => Sgd(sgd::Sgd), "SGD", "Stochastic gradient descent, with momentum if wanted";
        "rmsprop" => RmsProp(rmsprop::RmsProp), "RMSprop", "Divides the gradient by a running mean of its size";
        "adagrad" => Adagrad(adagrad::Adagrad), "Adagrad", "Steps shrink with the sum of squared gradients so far";
        "adadelta" => Adadelta(adadelta::Adadelta), "Adadelta", "Step sizes from running means of squared gradients and squared steps";
        "adam" => Adam(adam::Adam), "Adam", "Step sizes from running means of gradient and squared gradient";
        "adamw" => AdamW(adamw::AdamW), "AdamW", "Adam with weight decay that the step sizes leave alone";
        "adamax" => Adamax(adamax::Adamax), "Adamax", "Adam with the largest gradient in place of the mean square";
        "nadam" => Nadam(nadam::Nadam), "Nadam", "Adam that looks ahead as Nesterov's momentum does";
        "lion" => Lion(lion::Lion), "Lion", "Only the sign of the mean gradient counts; wants a small learning rate";
        "muon" => Muon(muon::Muon), "Muon", "Steps of weight matrices are made orthogonal; the rest as AdamW";
    }
}

impl Default for Optimizer {
    fn default() -> Self {
        Self::Adam(adam::Adam::default())
    }
}

#[cfg(test)]
mod contract;
#[cfg(test)]
mod reference;
