//! Architectures: one file each, [`Architecture`] is the list.

pub mod cnn;
pub mod cnn_augmented;
pub mod cnn_simple;
pub mod custom;
mod dropout;
pub mod file;
pub mod init;
pub mod layers;
pub mod lenet5;
pub mod logistic;
pub mod mlp;
pub mod mnist_record;
mod network;
pub mod pieces;
mod summary;
mod tensors;
pub mod wide_resnet;

pub use dropout::Dropout;
pub use init::Init;
pub use layers::normalised_together;
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
        "cnn_simple" => CnnSimple(cnn_simple::CnnSimple), "Simple CNN", "One convolution, max-pool, dense 128, dropout: the first network of the tutorials";
        "cnn_augmented" => CnnAugmented(cnn_augmented::CnnAugmented), "CNN for augmented digits", "Two convolutions of 64 filters, 5x5, max-pool, dense 256, dropout";
        "lenet5" => Lenet5(lenet5::Lenet5), "LeNet-5", "LeCun's network of 1998: two small convolutions with pooling, three dense layers";
        "mlp" => Mlp(mlp::Mlp), "MLP", "Dense layers only";
        "logistic" => Logistic(logistic::Logistic), "Softmax regression", "One dense layer: the linear classifier";
        "mnist_record" => MnistRecord(mnist_record::MnistRecord), "MNIST record", "Small convolutions with batch norm, made to be fast and to read MNIST almost without error";
        "wide_resnet" => WideResnet(wide_resnet::WideResnet), "Wide residual network", "Zagoruyko and Komodakis's network of residual blocks, for house numbers and other hard pictures";
        "custom" => Custom(custom::Custom), "Custom", "Layers of your own, one after another";
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
