//! Convolutions down to columns of four pixels, each of which says a character or blank: the fewest weights, and the
//! fewest numbers needed to learn from.

use super::super::Blueprint;
use super::super::init::Init;
use super::super::layers::Layer;
use super::Design;
use super::head::Head;
use super::sequence::{LONGEST, NORM};
use super::trunk::stage;
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of the network of columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SequenceCtc {
    /// Most characters that it is asked for.
    pub longest: u64,
    /// Filters of the first convolution; the second and third stage have two and four times as many.
    pub filters: u64,
    /// Convolutions of the second and of the third stage.
    pub convs: u64,
    /// Whether a batch norm follows each convolution.
    pub batch_norm: bool,
    /// Width of each column.
    pub hidden: u64,
    /// Weight of the loss for not saying a character where it is, beside the loss for not saying the number.
    pub guidance: f64,
    /// Beginnings of numbers that are kept while reading.
    pub beam: u64,
}

impl Default for SequenceCtc {
    fn default() -> Self {
        Self { longest: 5, filters: 16, convs: 2, batch_norm: true, hidden: 128, guidance: 0.0, beam: 8 }
    }
}

pub(super) const FILTERS: Knob<u64> = Knob::log(
    4,
    256,
    "Filters of the first convolution; the second and third stage have two and four times as many",
);
pub(super) const CONVS: Knob<u64> = Knob::range(1, 4, "Convolutions of the second and of the third stage");

/// What the knob of guidance says of itself.
pub(super) const GUIDANCE: &str =
    "Weight of not saying a digit where it is, beside not saying the number; 0 lets it find the places";

/// A convolution of 5x5 and pool, a stage of 3x3 and pool, a stage of 3x3: columns of four pixels.
pub(super) fn columns(filters: u64, convs: u64, norm: bool) -> Vec<Layer> {
    [
        stage(filters, 5, 1, norm, true),
        stage(2 * filters, 3, convs, norm, true),
        stage(4 * filters, 3, convs, norm, false),
    ]
    .concat()
}

impl Blueprint for SequenceCtc {
    fn layers(&self, classes: usize) -> Vec<Layer> {
        self.numbers(classes).map(|design| design.trunk).unwrap_or_default()
    }

    fn numbers(&self, _: usize) -> Option<Design> {
        Some(Design {
            frame: None,
            crop: None,
            trunk: columns(self.filters, self.convs, self.batch_norm),
            init: Init::He,
            head: Head::Ctc {
                hidden: self.hidden as usize,
                beam: self.beam as usize,
                guidance: self.guidance,
            },
            place: None,
            longest: self.longest as usize,
            photographs: false,
        })
    }
}

impl Knobs for SequenceCtc {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { longest, filters, convs, batch_norm, hidden, guidance, beam } = self;
        visitor.int("longest", longest, LONGEST);
        visitor.int("filters", filters, FILTERS);
        visitor.int("convs", convs, CONVS);
        visitor.flag("batch_norm", batch_norm, NORM);
        visitor.int("hidden", hidden, Knob::log(16, 1024, "Width of each column"));
        visitor.float("guidance", guidance, Knob::range(0.0, 4.0, GUIDANCE));
        visitor.int(
            "beam",
            beam,
            Knob::range(1, 64, "Beginnings kept while reading; 1 takes the likeliest of each column").live(),
        );
    }
}
