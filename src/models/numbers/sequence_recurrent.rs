//! The same convolutions and dense layer, and an LSTM or GRU that says one character after another.

use super::super::Blueprint;
use super::super::init::Init;
use super::super::layers::Layer;
use super::Design;
use super::head::Head;
use super::recurrent::Cell;
use super::sequence::{DENSE, DROPOUT, FILTERS, LONGEST, NORM, STAGES, stages};
use super::trunk::dense;
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of the recurrent network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SequenceRecurrent {
    /// Most characters that it can say.
    pub longest: u64,
    /// Filters of the first stage; each further one has twice as many.
    pub filters: u64,
    /// Stages of two convolutions and a pool.
    pub stages: u64,
    /// Whether a batch norm follows each convolution.
    pub batch_norm: bool,
    /// Width of the dense layer.
    pub dense_size: u64,
    /// Dropout behind it.
    pub dropout: f64,
    /// Kind of cell.
    pub cell: Cell,
    /// Width of the cell.
    pub hidden: u64,
}

impl Default for SequenceRecurrent {
    fn default() -> Self {
        Self {
            longest: 5,
            filters: 32,
            stages: 2,
            batch_norm: true,
            dense_size: 256,
            dropout: 0.0,
            cell: Cell::default(),
            hidden: 256,
        }
    }
}

impl Blueprint for SequenceRecurrent {
    fn layers(&self, classes: usize) -> Vec<Layer> {
        self.numbers(classes).map(|design| design.trunk).unwrap_or_default()
    }

    fn numbers(&self, _: usize) -> Option<Design> {
        let mut trunk = stages(self.filters, self.stages, self.batch_norm);
        trunk.push(Layer::Flatten);
        trunk.extend(dense(self.dense_size, self.dropout));
        Some(Design {
            frame: None,
            crop: None,
            trunk,
            init: Init::He,
            head: Head::Recurrent { cell: self.cell, hidden: self.hidden as usize },
            place: None,
            longest: self.longest as usize,
            photographs: false,
        })
    }
}

impl Knobs for SequenceRecurrent {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { longest, filters, stages, batch_norm, dense_size, dropout, cell, hidden } = self;
        visitor.int("longest", longest, LONGEST);
        visitor.int("filters", filters, FILTERS);
        visitor.int("stages", stages, STAGES);
        visitor.flag("batch_norm", batch_norm, NORM);
        visitor.int("dense_size", dense_size, DENSE);
        visitor.float("dropout", dropout, DROPOUT);
        visitor.choice("cell", cell, "Kind of cell");
        visitor.int("hidden", hidden, Knob::log(16, 2048, "Width of the cell"));
    }
}
