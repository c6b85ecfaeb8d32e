//! Architectures: one file each, [`Architecture`] is the list.

pub mod cnn;
mod dropout;
pub mod file;
pub mod init;
pub mod layers;
pub mod lenet5;
pub mod mlp;
mod network;
mod summary;
mod tensors;

pub use dropout::Dropout;
pub use network::{Network, check_parameters};
pub use summary::{Input, LayerRow, Placed, ShapeError, Summary, place, summary};

use crate::knobs::{Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// A kind of network with its settings, as a recipe names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Architecture {
    /// Two convolutions, as in the tutorials.
    Cnn(cnn::Cnn),
    /// LeNet-5.
    Lenet5(lenet5::Lenet5),
    /// Dense layers only.
    Mlp(mlp::Mlp),
}

crate::choice!(Architecture {
    Self::Cnn(_) => Self::Cnn(cnn::Cnn::default()), "cnn", "CNN", "Two convolutions, max-pool, dropout, dense 128: the network of the tutorials";
    Self::Lenet5(_) => Self::Lenet5(lenet5::Lenet5::default()), "lenet5", "LeNet-5", "LeCun's network of 1998: two small convolutions with pooling, three dense layers";
    Self::Mlp(_) => Self::Mlp(mlp::Mlp::default()), "mlp", "MLP", "Dense layers only";
});

impl Default for Architecture {
    fn default() -> Self {
        Self::Cnn(cnn::Cnn::default())
    }
}

impl Architecture {
    /// The layers as plain data, for so many classes.
    pub fn layers(&self, classes: usize) -> Vec<layers::Layer> {
        match self {
            Self::Cnn(settings) => settings.layers(classes),
            Self::Lenet5(settings) => settings.layers(classes),
            Self::Mlp(settings) => settings.layers(classes),
        }
    }
}

impl Knobs for Architecture {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        visitor.choice("name", self, "Kind of network");
        match self {
            Self::Cnn(settings) => settings.visit(visitor),
            Self::Lenet5(settings) => settings.visit(visitor),
            Self::Mlp(settings) => settings.visit(visitor),
        }
    }
}
