//! Convolutions as VGG has them (two of 32 filters, pool, two of 64, pool, dense 256), the length, and a classifier for
//! each position that sees what was said of the length.

use super::super::Blueprint;
use super::super::init::Init;
use super::super::layers::Layer;
use super::Design;
use super::head::Head;
use super::trunk::{dense, stage};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of the network with a classifier for each position.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sequence {
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
    /// Whether positions see what was said of the length.
    pub fed: bool,
    /// Whether all positions share one classifier.
    pub shared: bool,
}

impl Default for Sequence {
    fn default() -> Self {
        Self {
            longest: 5,
            filters: 32,
            stages: 2,
            batch_norm: true,
            dense_size: 256,
            dropout: 0.0,
            fed: true,
            shared: false,
        }
    }
}

/// What knobs that several of these networks have say of themselves.
pub(super) const LONGEST: Knob<u64> = Knob::range(1, 8, "Most characters that it can say");
pub(super) const FILTERS: Knob<u64> =
    Knob::log(4, 256, "Filters of the first stage; each further one has twice as many");
pub(super) const STAGES: Knob<u64> = Knob::range(1, 4, "Stages of two convolutions and a pool");
pub(super) const NORM: &str = "A batch norm behind each convolution";
pub(super) const DENSE: Knob<u64> = Knob::log(16, 4096, "Width of the dense layer");
pub(super) const DROPOUT: Knob<f64> =
    Knob::range(0.0, 0.9, "Share of the dense layer's features silenced at each step");

/// Stages, each with twice the filters of the one before.
pub(super) fn stages(filters: u64, stages: u64, norm: bool) -> Vec<Layer> {
    (0..stages).flat_map(|i| stage(filters << i, 3, 2, norm, true)).collect()
}

impl Blueprint for Sequence {
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
            head: Head::Positions { fed: self.fed, shared: self.shared },
            place: None,
            longest: self.longest as usize,
            photographs: false,
        })
    }
}

impl Knobs for Sequence {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { longest, filters, stages, batch_norm, dense_size, dropout, fed, shared } = self;
        visitor.int("longest", longest, LONGEST);
        visitor.int("filters", filters, FILTERS);
        visitor.int("stages", stages, STAGES);
        visitor.flag("batch_norm", batch_norm, NORM);
        visitor.int("dense_size", dense_size, DENSE);
        visitor.float("dropout", dropout, DROPOUT);
        visitor.flag("fed", fed, "Positions see what was said of the length");
        visitor.flag("shared", shared, "One classifier for all positions, which is told the position");
    }
}
