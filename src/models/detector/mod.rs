//! The detector: finds every digit of a picture in one go, with a box, a class, and a vote for the box of the number
//! that it belongs to. Anchor-free (Tian et al., 2019, "FCOS", arXiv 1904.01355): each cell of three grids says what it
//! sees and how far it is to the four sides of it.
//!
//! Plain convolutions of 3x3 with batch norm and ReLU, because those are what processors run fastest: in the same time
//! depthwise ones do less.

mod decode;
mod deeper;
mod folded;
mod graph;
mod grid;
mod network;

pub use decode::{LIFT, candidates, filled_up};
pub use deeper::deeper;
pub use folded::FoldedDetector;
pub use graph::{Block, Part};
pub use grid::{
    Cell, Distances, LEVELS, LOG_RANGE, OUTPUTS, STRIDE_OF_ALL, STRIDES, cells, decoded, encoded,
};
pub use network::{DetectorNetwork, Raw, outputs};

use super::Blueprint;
use super::layers::Layer;
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Stages of the body; each halves the picture.
pub const STAGES: usize = 5;

/// Settings of the detector, and of the views of pictures that it learns from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Detector {
    /// Filters of the first stage; the next three have twice as many each, the last as many as the one before.
    pub filters: u64,
    /// Convolutions of each of the last three stages.
    pub convs: u64,
    /// Channels in which the three grids meet.
    pub neck: u64,
    /// Convolutions of the head.
    pub head_convs: u64,
    /// Side of a view at the end of the training.
    pub side: u64,
    /// Side of a view at its beginning: small ones are learned from faster.
    pub first_side: u64,
    /// Share of views that are put together from four pictures.
    pub mosaic: f64,
    /// Share of the training, at its end, without them.
    pub whole_at_end: f64,
    /// Height of the lowest digits in a view.
    pub lowest: f64,
    /// Height of the highest ones, as a share of the view's side.
    pub highest: f64,
    /// Share of the training in which cells near the middle of a digit learn it, before those that see it best do.
    pub centres: f64,
    /// What boxes count beside classes.
    pub box_weight: f64,
    /// What votes for the number's box count.
    pub vote_weight: f64,
}

impl Default for Detector {
    fn default() -> Self {
        Self {
            filters: 16,
            convs: 2,
            neck: 64,
            head_convs: 2,
            side: 256,
            first_side: 128,
            mosaic: 0.5,
            whole_at_end: 0.2,
            lowest: 8.0,
            highest: 0.9,
            centres: 0.1,
            box_weight: 2.0,
            vote_weight: 0.75,
        }
    }
}

/// What a detector says of itself: plain data, to be counted, drawn and built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Design {
    /// Filters of each stage of the body.
    pub widths: [usize; STAGES],
    /// Convolutions of each stage, the first of which steps by two.
    pub depths: [usize; STAGES],
    /// Channels in which the three grids meet.
    pub neck: usize,
    /// Convolutions of the head, which all three grids share.
    pub head: usize,
}

impl Detector {
    /// The network that these settings ask for.
    pub fn design(&self) -> Design {
        let first = self.filters as usize;
        let convs = self.convs as usize;
        Design {
            widths: [first, 2 * first, 4 * first, 8 * first, 8 * first],
            depths: [1, 1, convs, convs, convs],
            neck: self.neck as usize,
            head: self.head_convs as usize,
        }
    }
}

impl Blueprint for Detector {
    /// The body as a list; grids, neck and head are no list, and [`Design`] has them.
    fn layers(&self, _: usize) -> Vec<Layer> {
        Vec::new()
    }

    fn detector(&self) -> Option<&Detector> {
        Some(self)
    }
}

impl Knobs for Detector {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self {
            filters,
            convs,
            neck,
            head_convs,
            side,
            first_side,
            mosaic,
            whole_at_end,
            lowest,
            highest,
            centres,
            box_weight,
            vote_weight,
        } = self;
        visitor.int(
            "filters",
            filters,
            Knob::log(4, 64, "Filters of the first stage; the last have eight times as many"),
        );
        visitor.int("convs", convs, Knob::range(1, 4, "Convolutions of each of the last three stages"));
        visitor.int("neck", neck, Knob::log(8, 256, "Channels in which the three grids meet"));
        visitor.int("head_convs", head_convs, Knob::range(1, 4, "Convolutions of the head"));
        let side_of = |help| Knob::range(64, 640, help).unit("px");
        visitor.int(
            "side",
            side,
            side_of("Side of what is learned from at the end; brought to a multiple of 32"),
        );
        visitor.int(
            "first_side",
            first_side,
            side_of("The same at the beginning: small views are learned from faster"),
        );
        let share = |help| Knob::range(0.0, 1.0, help);
        visitor.float("mosaic", mosaic, share("Share of views put together from four pictures").live());
        visitor.float(
            "whole_at_end",
            whole_at_end,
            share("Share of the training, at its end, without those"),
        );
        visitor.float(
            "lowest",
            lowest,
            Knob::log(4.0, 64.0, "Height of the lowest digits in a view").unit("px").live(),
        );
        visitor.float(
            "highest",
            highest,
            share("Height of the highest digits, as a share of the view's side").live(),
        );
        visitor.float(
            "centres",
            centres,
            share("Share of the training in which cells near a digit's middle learn it, before those that see it best do"),
        );
        visitor.float(
            "box_weight",
            box_weight,
            Knob::log(0.0, 20.0, "What boxes count beside classes").live(),
        );
        visitor.float(
            "vote_weight",
            vote_weight,
            Knob::log(0.0, 20.0, "What votes for the number's box count").live(),
        );
    }
}
