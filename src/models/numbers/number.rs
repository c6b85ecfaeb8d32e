//! House numbers as Goodfellow et al. read them (2013, arXiv 1312.6082, section 5.1): eight convolutions of 5x5 and two
//! dense layers on crops of 54x54 out of 64x64, and a classifier for the length and for each position.
//!
//! Theirs has 48, 64, 128, 160 and then 192 filters, pools every other convolution, a locally connected layer and
//! maxout in the first; here every pooled convolution halves the picture, batch norm stands for their normalisation,
//! and the last convolution shares its weights.

use super::super::Blueprint;
use super::super::init::Init;
use super::super::layers::Layer;
use super::head::Head;
use super::sequence::{DENSE, LONGEST, NORM};
use super::trunk::{dense, stage};
use super::{Design, Frame};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Filters of each convolution, and whether a pool follows.
const CONVOLUTIONS: [(u64, bool); 8] = [
    (48, true),
    (64, false),
    (128, true),
    (160, false),
    (192, true),
    (192, false),
    (192, true),
    (192, false),
];

/// Settings of the network for house numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Number {
    /// Most characters that it can say.
    pub longest: u64,
    /// Rows and columns that every picture is brought to.
    pub side: u64,
    /// Rows and columns that are cut out of it.
    pub crop: u64,
    /// Filters, as a share of the paper's.
    pub width: f64,
    /// Whether a batch norm follows each convolution.
    pub batch_norm: bool,
    /// Width of the two dense layers.
    pub dense_size: u64,
    /// Dropout behind each of them.
    pub dropout: f64,
}

impl Default for Number {
    fn default() -> Self {
        Self { longest: 5, side: 64, crop: 54, width: 1.0, batch_norm: true, dense_size: 3072, dropout: 0.5 }
    }
}

pub(super) const SIDE: Knob<u64> =
    Knob::range(16, 128, "Rows and columns that every picture is brought to").unit("px");
pub(super) const CROP: Knob<u64> =
    Knob::range(16, 128, "Rows and columns cut out: at random while training, of the middle while reading")
        .unit("px");

impl Blueprint for Number {
    fn layers(&self, classes: usize) -> Vec<Layer> {
        self.numbers(classes).map(|design| design.trunk).unwrap_or_default()
    }

    fn numbers(&self, _: usize) -> Option<Design> {
        let filters = |paper: u64| ((paper as f64 * self.width).round() as u64).max(1);
        let mut trunk: Vec<Layer> = CONVOLUTIONS
            .iter()
            .flat_map(|(paper, pool)| stage(filters(*paper), 5, 1, self.batch_norm, *pool))
            .collect();
        trunk.push(Layer::Flatten);
        trunk.extend(dense(self.dense_size, self.dropout));
        trunk.extend(dense(self.dense_size, self.dropout));
        Some(Design {
            frame: Some(Frame::square(self.side as usize)),
            crop: Some(self.crop as usize),
            trunk,
            init: Init::He,
            head: Head::Positions { fed: false, shared: false },
            place: None,
            longest: self.longest as usize,
            photographs: true,
        })
    }
}

impl Knobs for Number {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { longest, side, crop, width, batch_norm, dense_size, dropout } = self;
        visitor.int("longest", longest, LONGEST);
        visitor.int("side", side, SIDE);
        visitor.int("crop", crop, CROP);
        visitor.float("width", width, Knob::log(0.05, 2.0, "Filters, as a share of the paper's"));
        visitor.flag("batch_norm", batch_norm, NORM);
        visitor.int("dense_size", dense_size, DENSE);
        visitor.float(
            "dropout",
            dropout,
            Knob::range(0.0, 0.9, "Share of each dense layer's features silenced at each step"),
        );
    }
}
