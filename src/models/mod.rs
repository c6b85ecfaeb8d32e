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
pub use init::Init;
pub use network::{Network, Statistics, check_parameters};
pub use summary::{First, Input, LayerRow, Param, Placed, ShapeError, Summary, place, summary};

/// What every architecture can say before anything is built.
pub trait Blueprint {
    /// The layers as plain data, for so many classes.
    fn layers(&self, classes: usize) -> Vec<layers::Layer>;

    /// How first weights are drawn.
    fn init(&self) -> Init {
        Init::default()
    }
}

crate::list! {
    /// A kind of network with its settings, as a recipe names it.
    pub enum Architecture, "Kind of network", blueprint -> dyn Blueprint {
        "cnn" => Cnn(cnn::Cnn), "CNN", "Two convolutions, max-pool, dropout, dense 128: the network of the tutorials";
        "lenet5" => Lenet5(lenet5::Lenet5), "LeNet-5", "LeCun's network of 1998: two small convolutions with pooling, three dense layers";
        "mlp" => Mlp(mlp::Mlp), "MLP", "Dense layers only";
    }
}

impl Default for Architecture {
    fn default() -> Self {
        Self::Cnn(cnn::Cnn::default())
    }
}

impl Architecture {
    /// The layers as plain data, for so many classes.
    pub fn layers(&self, classes: usize) -> Vec<layers::Layer> {
        self.blueprint().layers(classes)
    }
}
