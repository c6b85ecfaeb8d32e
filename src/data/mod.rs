//! Data sets: where they come from, how they are read, and how they lie in memory.
//!
//! One file a data set; [`Source`] is the list. Everything a training sees is a [`Dataset`] of [`Samples`]: pixels as
//! bytes, labels as class numbers. Nothing here knows of models.

mod cache;
mod error;
mod four_files;
pub mod idx;
mod idx_folder;
pub mod mnist;
mod places;
mod progress;
pub mod random;
pub mod samples;
mod split;
#[cfg(test)]
pub(crate) mod testing;

pub use error::DataError;
pub use idx_folder::IdxFolder;
pub use mnist::Mnist;
pub use places::{Availability, DATA_VARIABLE, Places};
pub use progress::{Progress, Silent, Stage, Unit};
pub use samples::{Dataset, Samples};
pub use split::{order, split};

use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// A data set to train and test on, with its settings, as a recipe names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    /// Digits drawn with the fonts at hand: needs no download.
    Rendered(Rendered),
    /// MNIST: 60,000 and 10,000 handwritten digits of 28x28.
    Mnist(Mnist),
    /// Any folder with four idx files in MNIST's layout.
    IdxFolder(IdxFolder),
}

crate::choice!(Source {
    Self::Rendered(_) => Self::Rendered(Rendered::default()), "rendered", "Rendered digits", "Digits drawn with the fonts at hand; nothing to download";
    Self::Mnist(_) => Self::Mnist(Mnist::default()), "mnist", "MNIST", "60,000 training and 10,000 test images of handwritten digits, 28x28";
    Self::IdxFolder(_) => Self::IdxFolder(IdxFolder::default()), "idx_folder", "Folder of idx files", "Four idx files in MNIST's layout: Fashion-MNIST, EMNIST digits, QMNIST, or your own";
});

impl Default for Source {
    fn default() -> Self {
        Self::Mnist(Mnist::default())
    }
}

impl Knobs for Source {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        visitor.choice("name", self, "What to train and test on");
        match self {
            Self::Rendered(settings) => settings.visit(visitor),
            Self::Mnist(settings) => settings.visit(visitor),
            Self::IdxFolder(settings) => settings.visit(visitor),
        }
    }
}

impl Source {
    /// Loads the data set: from the cache where possible, else from its files.
    pub fn load(&self, places: &Places, job: &dyn Progress) -> Result<Dataset, DataError> {
        match self {
            Self::Rendered(_) => Err(DataError::NotFound {
                what: "digits cannot be drawn yet".to_owned(),
                remedy: "Choose another data set".to_owned(),
            }),
            Self::Mnist(settings) => settings.load(places, job),
            Self::IdxFolder(settings) => settings.load(places, job),
        }
    }

    /// Whether it can be loaded now, without opening the files: cheap enough for a menu.
    pub fn available(&self, places: &Places) -> Availability {
        match self {
            Self::Rendered(_) => Availability::Ready,
            Self::Mnist(settings) => settings.available(places),
            Self::IdxFolder(settings) => settings.available(places),
        }
    }
}

/// Settings of the rendered digits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rendered {
    /// Training images.
    pub train: u64,
    /// Test images.
    pub test: u64,
    /// Seed of fonts, positions and noise.
    pub seed: u64,
}

impl Default for Rendered {
    fn default() -> Self {
        Self { train: 12_000, test: 2_000, seed: 1 }
    }
}

impl Knobs for Rendered {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { train, test, seed } = self;
        visitor.int("train", train, Knob::log(10, 200_000, "Training images to draw"));
        visitor.int("test", test, Knob::log(10, 50_000, "Test images to draw"));
        visitor.int("seed", seed, Knob::range(0, u32::MAX as u64, "Same seed, same pictures"));
    }
}
