//! Curation: edits laid over a data set that is itself never touched, how many images of it are used, and the checks
//! that find what to edit.

mod apply;
pub mod baseline;
pub mod check;
pub mod duplicates;
mod each;
pub mod errors;
mod logistic;
pub mod measures;
mod near;
mod overlay;
pub mod prints;
mod subset;
#[cfg(test)]
mod testing;
mod vectors;

pub use apply::{Rows, apply, places};
pub use overlay::{At, Change, Division, Edit, File, Named, Overlay, Place, list};

use super::error::DataError;
use super::samples::Dataset;
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What a recipe says of curation. As it is by default, a data set is used as it was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Curation {
    /// Name of the edits laid over the data set; empty for none.
    pub overlay: String,
    /// Training images to use; 0 for all.
    pub train: u64,
    /// Validation images to use; 0 for all.
    pub valid: u64,
    /// Test images to use; 0 for all.
    pub test: u64,
    /// Whether as many images of each class are used, where not all are.
    pub balanced: bool,
    /// Whether the images come in a random order.
    pub shuffle: bool,
    /// Seed of what is used, and in which order.
    pub seed: u64,
}

impl Default for Curation {
    fn default() -> Self {
        Self { overlay: String::new(), train: 0, valid: 0, test: 0, balanced: true, shuffle: false, seed: 1 }
    }
}

impl Knobs for Curation {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        const MOST: u64 = 1_000_000;
        let Self { overlay, train, valid, test, balanced, shuffle, seed } = self;
        visitor.text("overlay", overlay, "Name of the edits laid over the data set; empty for none");
        visitor.int("train", train, Knob::log(0, MOST, "Training images to use; 0 for all"));
        visitor.int("valid", valid, Knob::log(0, MOST, "Validation images to use; 0 for all"));
        visitor.int("test", test, Knob::log(0, MOST, "Test images to use; 0 for all"));
        visitor.flag(
            "balanced",
            balanced,
            "As many images of each class, where not all images of a part are used",
        );
        visitor.flag("shuffle", shuffle, "Brings the images into a random order, each still with its label");
        let seeds = Knob::range(0, u32::MAX as u64, "Seed of which images are used, and of their order");
        visitor.int("seed", seed, seeds);
    }
}

impl Curation {
    /// Whether a data set stays as it was read.
    pub fn is_nothing(&self) -> bool {
        let Self { overlay, train, valid, test, balanced: _, shuffle, seed: _ } = self;
        overlay.is_empty() && *train == 0 && *valid == 0 && *test == 0 && !shuffle
    }

    /// The edits that it names, from their folder; `None` where it names none.
    pub fn edits(&self, folder: &Path) -> Result<Option<Overlay>, DataError> {
        if self.overlay.is_empty() {
            return Ok(None);
        }
        Overlay::read(folder, &self.overlay).map(Some)
    }

    /// The data set as it is trained on. `division` (share, seed) cuts validation from the training images unless the
    /// edits say otherwise.
    pub fn apply(&self, dataset: Dataset, folder: &Path, division: (f64, u64)) -> Result<Dataset, DataError> {
        if self.is_nothing() {
            return Ok(dataset);
        }
        apply(dataset, self, self.edits(folder)?.as_ref(), division)
    }
}
