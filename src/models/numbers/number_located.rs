//! Where the number is on a whole picture, and if wanted which: residual blocks, a box regressed from all they see, and
//! columns that each say a digit or blank. The first half of localising, then reading, or both halves as one network.
//!
//! Goodfellow et al. (2013, arXiv 1312.6082, section 5.1) read crops around boxes that were given; here the box is
//! learned.

use super::super::Blueprint;
use super::super::init::Init;
use super::super::layers::Layer;
use super::head::Head;
use super::number_residual::block;
use super::place::Place;
use super::sequence::LONGEST;
use super::trunk::stage;
use super::{Design, Frame};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of the network that says where the number is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NumberLocated {
    /// Whether it reads the number too.
    pub reads: bool,
    /// Most characters that it is asked for.
    pub longest: u64,
    /// Rows that every picture is brought to.
    pub height: u64,
    /// Columns that every picture is brought to.
    pub width: u64,
    /// Filters of the first convolution; the blocks have two and four times as many.
    pub filters: u64,
    /// Blocks of two convolutions in each of the two stages.
    pub blocks: u64,
    /// Width of the dense layer before the box, and of each column that reads.
    pub hidden: u64,
    /// What a wrong box counts beside a misread number.
    pub box_weight: f64,
    /// Weight of the loss for not saying a character where it is, beside the loss for not saying the number.
    pub guidance: f64,
    /// Beginnings of numbers that are kept while reading.
    pub beam: u64,
}

impl Default for NumberLocated {
    fn default() -> Self {
        Self {
            reads: true,
            longest: 5,
            height: 64,
            width: 128,
            filters: 16,
            blocks: 1,
            hidden: 128,
            box_weight: 2.0,
            guidance: 0.5,
            beam: 8,
        }
    }
}

impl Blueprint for NumberLocated {
    fn layers(&self, classes: usize) -> Vec<Layer> {
        self.numbers(classes).map(|design| design.trunk).unwrap_or_default()
    }

    fn numbers(&self, _: usize) -> Option<Design> {
        let mut trunk = stage(self.filters, 5, 1, true, true);
        // Columns of four pixels: a number of five digits may fill no more than half of the picture.
        for (filters, first) in [(2 * self.filters, 2), (4 * self.filters, 1)] {
            (0..self.blocks).for_each(|i| trunk.extend(block(filters, if i == 0 { first } else { 1 })));
        }
        let hidden = self.hidden as usize;
        let head = match self.reads {
            true => Head::Ctc { hidden, beam: self.beam as usize, guidance: self.guidance },
            false => Head::Nothing,
        };
        Some(Design {
            frame: Some(Frame {
                width: self.width as usize,
                height: self.height as usize,
                proportions: false,
            }),
            crop: None,
            trunk,
            init: Init::He,
            head,
            place: Some(Place { hidden, weight: self.box_weight }),
            longest: self.longest as usize,
            photographs: true,
        })
    }
}

impl Knobs for NumberLocated {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { reads, longest, height, width, filters, blocks, hidden, box_weight, guidance, beam } =
            self;
        visitor.flag("reads", reads, "Reads the number too; without it only its box is learned");
        visitor.int("longest", longest, LONGEST);
        let rows = Knob::range(16, 256, "Rows that every picture is brought to, whatever its proportions");
        visitor.int("height", height, rows.unit("px"));
        visitor.int(
            "width",
            width,
            Knob::range(16, 256, "Columns that every picture is brought to").unit("px"),
        );
        let help =
            "Filters of the first convolution; the two stages of blocks have two and four times as many";
        visitor.int("filters", filters, Knob::log(4, 128, help));
        visitor.int("blocks", blocks, Knob::range(1, 6, "Blocks of two convolutions in each stage"));
        let help = "Width of the dense layer before the box, and of each column that reads";
        visitor.int("hidden", hidden, Knob::log(16, 1024, help));
        let help = "What a box that is wrong counts beside a number that is misread";
        visitor.float("box_weight", box_weight, Knob::log(0.01, 100.0, help).live());
        let help = "Weight of not saying a digit where it is, beside not saying the number; 0 lets it find the places";
        visitor.float("guidance", guidance, Knob::range(0.0, 4.0, help).live());
        let help = "Beginnings kept while reading; 1 takes the likeliest of each column";
        visitor.int("beam", beam, Knob::range(1, 64, help).live());
    }
}
