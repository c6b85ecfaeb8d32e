//! Optimizers, losses and schedules: one file each, [`Optimizer`], [`Loss`] and [`schedule::Shape`] are the lists.

pub mod adadelta;
pub mod adagrad;
pub mod adam;
pub mod adamax;
pub mod adamw;
pub mod lion;
pub mod loss;
pub mod nadam;
pub mod rmsprop;
mod rule;
pub mod schedule;
pub mod sgd;

pub use loss::Loss;
pub use rule::{Rule, State, Step};
pub use schedule::Schedule;

use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// The learning rate, which every rule has and calls `lr`.
const LR: Knob<f64> = Knob::log(1e-6, 10.0, "Size of each step").live();

/// The number that several rules add to what they divide by.
const EPSILON: Knob<f64> = Knob::log(1e-12, 1.0, "Keeps the division finite");

/// A rule that turns gradients into steps, with its settings, as a recipe names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Optimizer {
    /// Stochastic gradient descent.
    Sgd(sgd::Sgd),
    /// RMSprop.
    #[serde(rename = "rmsprop")]
    RmsProp(rmsprop::RmsProp),
    /// Adagrad.
    Adagrad(adagrad::Adagrad),
    /// Adadelta.
    Adadelta(adadelta::Adadelta),
    /// Adam.
    Adam(adam::Adam),
    /// AdamW.
    #[serde(rename = "adamw")]
    AdamW(adamw::AdamW),
    /// Adamax.
    Adamax(adamax::Adamax),
    /// Nadam.
    Nadam(nadam::Nadam),
    /// Lion.
    Lion(lion::Lion),
}

crate::choice!(Optimizer {
    Self::Sgd(_) => Self::Sgd(sgd::Sgd::default()), "sgd", "SGD", "Stochastic gradient descent, with momentum if wanted";
    Self::RmsProp(_) => Self::RmsProp(rmsprop::RmsProp::default()), "rmsprop", "RMSprop", "Divides the gradient by a running mean of its size";
    Self::Adagrad(_) => Self::Adagrad(adagrad::Adagrad::default()), "adagrad", "Adagrad", "Steps shrink with the sum of squared gradients so far";
    Self::Adadelta(_) => Self::Adadelta(adadelta::Adadelta::default()), "adadelta", "Adadelta", "Step sizes from running means of squared gradients and squared steps";
    Self::Adam(_) => Self::Adam(adam::Adam::default()), "adam", "Adam", "Step sizes from running means of gradient and squared gradient";
    Self::AdamW(_) => Self::AdamW(adamw::AdamW::default()), "adamw", "AdamW", "Adam with weight decay that the step sizes leave alone";
    Self::Adamax(_) => Self::Adamax(adamax::Adamax::default()), "adamax", "Adamax", "Adam with the largest gradient in place of the mean square";
    Self::Nadam(_) => Self::Nadam(nadam::Nadam::default()), "nadam", "Nadam", "Adam that looks ahead as Nesterov's momentum does";
    Self::Lion(_) => Self::Lion(lion::Lion::default()), "lion", "Lion", "Only the sign of the mean gradient counts; wants a small learning rate";
});

impl Default for Optimizer {
    fn default() -> Self {
        Self::Adam(adam::Adam::default())
    }
}

impl Optimizer {
    /// What the chosen one does to the parameters.
    pub fn rule(&self) -> &dyn Rule {
        match self {
            Self::Sgd(rule) => rule,
            Self::RmsProp(rule) => rule,
            Self::Adagrad(rule) => rule,
            Self::Adadelta(rule) => rule,
            Self::Adam(rule) => rule,
            Self::AdamW(rule) => rule,
            Self::Adamax(rule) => rule,
            Self::Nadam(rule) => rule,
            Self::Lion(rule) => rule,
        }
    }
}

impl Knobs for Optimizer {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        visitor.choice("name", self, "Rule that turns gradients into steps");
        match self {
            Self::Sgd(settings) => settings.visit(visitor),
            Self::RmsProp(settings) => settings.visit(visitor),
            Self::Adagrad(settings) => settings.visit(visitor),
            Self::Adadelta(settings) => settings.visit(visitor),
            Self::Adam(settings) => settings.visit(visitor),
            Self::AdamW(settings) => settings.visit(visitor),
            Self::Adamax(settings) => settings.visit(visitor),
            Self::Nadam(settings) => settings.visit(visitor),
            Self::Lion(settings) => settings.visit(visitor),
        }
    }
}

#[cfg(test)]
mod contract;
#[cfg(test)]
mod reference;
