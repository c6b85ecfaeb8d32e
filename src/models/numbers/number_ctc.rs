//! Photographed numbers by columns: residual blocks (He et al., 2015, arXiv 1512.03385) down to columns of four pixels,
//! each of which says a digit or blank.
//!
//! Pictures keep their proportions, so that a digit looks the same in a number of one digit and of four, and what is
//! learned of it at one place holds at all: a few thousand numbers are enough, where a classifier for each position
//! wants hundreds of thousands.

use super::super::Blueprint;
use super::super::init::Init;
use super::super::layers::Layer;
use super::head::Head;
use super::number_residual::block;
use super::sequence::LONGEST;
use super::sequence_ctc::GUIDANCE;
use super::trunk::stage;
use super::{Design, Frame};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of the network of columns for photographs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NumberCtc {
    /// Most characters that it is asked for.
    pub longest: u64,
    /// Rows that every picture is brought to.
    pub height: u64,
    /// Columns; wider pictures are squeezed.
    pub width: u64,
    /// Filters of the first convolution; the blocks have two and four times as many.
    pub filters: u64,
    /// Blocks of two convolutions in each of the two stages.
    pub blocks: u64,
    /// Width of each column.
    pub hidden: u64,
    /// Dropout before the columns.
    pub dropout: f64,
    /// Weight of the loss for not saying a character where it is, beside the loss for not saying the number.
    pub guidance: f64,
    /// Beginnings of numbers that are kept while reading.
    pub beam: u64,
}

impl Default for NumberCtc {
    fn default() -> Self {
        Self {
            longest: 5,
            height: 32,
            width: 72,
            filters: 24,
            blocks: 2,
            hidden: 192,
            dropout: 0.2,
            guidance: 0.5,
            beam: 8,
        }
    }
}

impl Blueprint for NumberCtc {
    fn layers(&self, classes: usize) -> Vec<Layer> {
        self.numbers(classes).map(|design| design.trunk).unwrap_or_default()
    }

    fn numbers(&self, _: usize) -> Option<Design> {
        let mut trunk = stage(self.filters, 5, 1, true, true);
        let both = [(2 * self.filters, 1), (4 * self.filters, 2)];
        for (filters, first) in both {
            (0..self.blocks).for_each(|i| trunk.extend(block(filters, if i == 0 { first } else { 1 })));
        }
        if self.dropout > 0.0 {
            trunk.push(Layer::Dropout { rate: self.dropout });
        }
        Some(Design {
            frame: Some(Frame {
                width: self.width as usize,
                height: self.height as usize,
                proportions: true,
            }),
            crop: None,
            trunk,
            init: Init::He,
            head: Head::Ctc {
                hidden: self.hidden as usize,
                beam: self.beam as usize,
                guidance: self.guidance,
            },
            place: None,
            longest: self.longest as usize,
            photographs: true,
        })
    }
}

impl Knobs for NumberCtc {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { longest, height, width, filters, blocks, hidden, dropout, guidance, beam } = self;
        visitor.int("longest", longest, LONGEST);
        visitor.int(
            "height",
            height,
            Knob::range(12, 128, "Rows that every picture is brought to").unit("px"),
        );
        let help = "Columns that it is brought to; narrower pictures keep their proportions";
        visitor.int("width", width, Knob::range(24, 256, help).unit("px"));
        let help =
            "Filters of the first convolution; the two stages of blocks have two and four times as many";
        visitor.int("filters", filters, Knob::log(4, 128, help));
        visitor.int("blocks", blocks, Knob::range(1, 6, "Blocks of two convolutions in each stage"));
        visitor.int("hidden", hidden, Knob::log(16, 1024, "Width of each column"));
        let help = "Share of the features silenced before the columns, at each step";
        visitor.float("dropout", dropout, Knob::range(0.0, 0.9, help));
        visitor.float("guidance", guidance, Knob::range(0.0, 4.0, GUIDANCE));
        let help = "Beginnings kept while reading; 1 takes the likeliest of each column";
        visitor.int("beam", beam, Knob::range(1, 64, help).live());
    }
}
