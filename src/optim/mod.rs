//! Optimizers, losses and schedules: one file each, [`Optimizer`] and [`Loss`] are the lists.

pub mod adam;
pub mod loss;
mod rule;
pub mod sgd;

pub use loss::Loss;
pub use rule::{Rule, State, Step};

use crate::knobs::{Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// A rule that turns gradients into steps, with its settings, as a recipe names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Optimizer {
    /// Stochastic gradient descent.
    Sgd(sgd::Sgd),
    /// Adam.
    Adam(adam::Adam),
}

crate::choice!(Optimizer {
    Self::Sgd(_) => Self::Sgd(sgd::Sgd::default()), "sgd", "SGD", "Stochastic gradient descent, with momentum if wanted";
    Self::Adam(_) => Self::Adam(adam::Adam::default()), "adam", "Adam", "Step sizes from running means of gradient and squared gradient";
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
            Self::Adam(rule) => rule,
        }
    }
}

impl Knobs for Optimizer {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        visitor.choice("name", self, "Rule that turns gradients into steps");
        match self {
            Self::Sgd(settings) => settings.visit(visitor),
            Self::Adam(settings) => settings.visit(visitor),
        }
    }
}

#[cfg(test)]
mod contract;
