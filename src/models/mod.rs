//! Architectures: one file each, [`Architecture`] is the list.

pub mod cnn;
pub mod cnn_augmented;
pub mod cnn_simple;
pub mod custom;
pub mod detector;
mod dropout;
pub mod file;
pub mod init;
pub mod layers;
pub mod lenet5;
pub mod logistic;
pub mod mlp;
pub mod mnist_record;
mod network;
pub mod numbers;
pub mod pieces;
mod summary;
mod tensors;
pub mod wide_resnet;

pub use dropout::Dropout;
pub use init::Init;
pub use layers::normalised_together;
pub use network::{Network, Statistics, check_parameters};
pub use summary::{
    First, Input, LayerRow, Param, Placed, ShapeError, Summary, lay_as_far, place, skip_stride, summary,
};

/// What every architecture can say before anything is built.
pub trait Blueprint {
    /// The layers as plain data, for so many classes.
    fn layers(&self, classes: usize) -> Vec<layers::Layer>;

    /// How first weights are drawn.
    fn init(&self) -> Init {
        Init::default()
    }

    /// How it reads whole numbers of so many classes of character; `None` where one character is on each image.
    fn numbers(&self, _classes: usize) -> Option<numbers::Design> {
        None
    }

    /// Its settings where it finds digits on whole pictures; `None` for all others.
    fn detector(&self) -> Option<&detector::Detector> {
        None
    }
}

crate::list! {
    /// A kind of network with its settings, as a recipe names it.
    pub enum Architecture, "Kind of network", blueprint -> dyn Blueprint {
        "cnn" => Cnn(cnn::Cnn), "CNN", "Two convolutions, max-pool, dropout, dense 128: the network of the tutorials";
        "cnn_simple" => CnnSimple(cnn_simple::CnnSimple), "Simple CNN", "One convolution, max-pool, dense 128, dropout: the first network of the tutorials";
        "cnn_augmented" => CnnAugmented(cnn_augmented::CnnAugmented), "CNN, augmented", "Two convolutions of 64 filters, 5x5, max-pool, dense 256, dropout";
        "lenet5" => Lenet5(lenet5::Lenet5), "LeNet-5", "LeCun's network of 1998: two small convolutions with pooling, three dense layers";
        "mlp" => Mlp(mlp::Mlp), "MLP", "Dense layers only";
        "logistic" => Logistic(logistic::Logistic), "Softmax regression", "One dense layer: the linear classifier";
        "mnist_record" => MnistRecord(mnist_record::MnistRecord), "MNIST record", "Small convolutions with batch norm, made to be fast and to read MNIST almost without error";
        "wide_resnet" => WideResnet(wide_resnet::WideResnet), "Wide ResNet", "Zagoruyko and Komodakis's network of residual blocks, for house numbers and other hard pictures";
        "custom" => Custom(custom::Custom), "Custom", "Layers of your own, one after another";
        "sequence" => Sequence(numbers::sequence::Sequence), "Sequence", "Reads a whole number: convolutions, its length, and a classifier for each position";
        "sequence_recurrent" => SequenceRecurrent(numbers::sequence_recurrent::SequenceRecurrent), "Sequence, recurrent", "Reads a whole number: convolutions, and an LSTM or GRU that says one character after another";
        "sequence_attention" => SequenceAttention(numbers::sequence_attention::SequenceAttention), "Sequence, attention", "Reads a whole number: convolutions, and a cell that looks at one character after another";
        "sequence_ctc" => SequenceCtc(numbers::sequence_ctc::SequenceCtc), "Sequence, CTC", "Reads a whole number: convolutions down to columns that each say a character or nothing";
        "number" => Number(numbers::number::Number), "House number", "Reads photographed numbers: eight convolutions on crops of 54x54, as Goodfellow et al. in 2013";
        "number_residual" => NumberResidual(numbers::number_residual::NumberResidual), "House number, residual", "Reads photographed numbers: a smaller network of residual blocks";
        "number_ctc" => NumberCtc(numbers::number_ctc::NumberCtc), "House number, CTC", "Reads photographed numbers: residual blocks down to columns that each say a digit or nothing";
        "number_located" => NumberLocated(numbers::number_located::NumberLocated), "Number, located", "Says where the number is on a whole picture, and if wanted reads it: a box, and columns that each say a digit or nothing";
        "detector" => Detector(detector::Detector), "Digit detector", "Finds every digit of a picture with a box, and the box of its number: the reader's network";
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

    /// How it reads whole numbers of so many classes of character; `None` where one character is on each image.
    pub fn numbers(&self, classes: usize) -> Option<numbers::Design> {
        self.blueprint().numbers(classes)
    }

    /// Whether it tells apart the classes of single characters, and neither reads numbers nor finds digits.
    pub fn tells_classes(&self) -> bool {
        self.numbers(10).is_none() && self.detector().is_none()
    }

    /// Its settings where it finds digits on whole pictures; `None` for all others.
    pub fn detector(&self) -> Option<&detector::Detector> {
        self.blueprint().detector()
    }
}
