//! Convolutions, and a cell that looks at one character after another, shown where they are while it learns.

use super::super::Blueprint;
use super::super::init::Init;
use super::super::layers::Layer;
use super::Design;
use super::head::Head;
use super::sequence::{LONGEST, NORM};
use super::sequence_ctc::{CONVS, FILTERS, columns};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of the network that looks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SequenceAttention {
    /// Most characters that it can say.
    pub longest: u64,
    /// Filters of the first convolution; the second and third stage have two and four times as many.
    pub filters: u64,
    /// Convolutions of the second and of the third stage.
    pub convs: u64,
    /// Whether a batch norm follows each convolution.
    pub batch_norm: bool,
    /// Width of cell, columns and comparison.
    pub hidden: u64,
    /// What it counts when it looks elsewhere than where the character is; 0 to let it find out by itself.
    pub guidance: f64,
}

impl Default for SequenceAttention {
    fn default() -> Self {
        Self { longest: 5, filters: 16, convs: 2, batch_norm: true, hidden: 128, guidance: 1.0 }
    }
}

impl Blueprint for SequenceAttention {
    fn layers(&self, classes: usize) -> Vec<Layer> {
        self.numbers(classes).map(|design| design.trunk).unwrap_or_default()
    }

    fn numbers(&self, _: usize) -> Option<Design> {
        Some(Design {
            frame: None,
            crop: None,
            trunk: columns(self.filters, self.convs, self.batch_norm),
            init: Init::He,
            head: Head::Attention { hidden: self.hidden as usize, guidance: self.guidance },
            place: None,
            longest: self.longest as usize,
            photographs: false,
        })
    }
}

impl Knobs for SequenceAttention {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { longest, filters, convs, batch_norm, hidden, guidance } = self;
        visitor.int("longest", longest, LONGEST);
        visitor.int("filters", filters, FILTERS);
        visitor.int("convs", convs, CONVS);
        visitor.flag("batch_norm", batch_norm, NORM);
        visitor.int("hidden", hidden, Knob::log(16, 1024, "Width of cell, columns and comparison"));
        visitor.float(
            "guidance",
            guidance,
            Knob::range(0.0, 10.0, "What looking elsewhere than at the character counts; 0 to let it be")
                .live(),
        );
    }
}
