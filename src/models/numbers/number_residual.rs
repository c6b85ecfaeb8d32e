//! A smaller network for house numbers: residual blocks (He et al., 2015, arXiv 1512.03385), no wide dense layers.

use super::super::Blueprint;
use super::super::init::Init;
use super::super::layers::{Layer, Padding};
use super::head::Head;
use super::number::{CROP, SIDE};
use super::sequence::{DENSE, DROPOUT, LONGEST};
use super::trunk::{dense, normed, stage};
use super::{Design, Frame};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of the residual network for house numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NumberResidual {
    /// Most characters that it can say.
    pub longest: u64,
    /// Rows and columns that every picture is brought to.
    pub side: u64,
    /// Rows and columns that are cut out of it.
    pub crop: u64,
    /// Filters of the first stage; each further one has twice as many.
    pub filters: u64,
    /// Stages, each half as large as the one before.
    pub stages: u64,
    /// Blocks of two convolutions a stage.
    pub blocks: u64,
    /// Width of the dense layer.
    pub dense_size: u64,
    /// Dropout behind it.
    pub dropout: f64,
}

impl Default for NumberResidual {
    fn default() -> Self {
        Self {
            longest: 5,
            side: 64,
            crop: 54,
            filters: 32,
            stages: 4,
            blocks: 1,
            dense_size: 512,
            dropout: 0.3,
        }
    }
}

/// Two convolutions with batch norm, and what came in beside them.
pub(super) fn block(filters: u64, stride: usize) -> Vec<Layer> {
    let conv = |stride| Layer::Conv {
        filters: filters as usize,
        kernel: 3,
        stride,
        padding: Padding::Same,
        bias: false,
        activation: None,
    };
    let [norm, relu] = normed();
    vec![Layer::Skip, conv(stride), norm, relu, conv(1), norm, Layer::Add, relu]
}

impl Blueprint for NumberResidual {
    fn layers(&self, classes: usize) -> Vec<Layer> {
        self.numbers(classes).map(|design| design.trunk).unwrap_or_default()
    }

    fn numbers(&self, _: usize) -> Option<Design> {
        let mut trunk = stage(self.filters, 5, 1, true, true);
        for i in 0..self.stages {
            for j in 0..self.blocks {
                trunk.extend(block(self.filters << i, if i > 0 && j == 0 { 2 } else { 1 }));
            }
        }
        // Flat and not averaged: where a character is says which one of the number it is.
        trunk.push(Layer::Flatten);
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

impl Knobs for NumberResidual {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { longest, side, crop, filters, stages, blocks, dense_size, dropout } = self;
        visitor.int("longest", longest, LONGEST);
        visitor.int("side", side, SIDE);
        visitor.int("crop", crop, CROP);
        visitor.int(
            "filters",
            filters,
            Knob::log(4, 256, "Filters of the first stage; each further one has twice as many"),
        );
        visitor.int("stages", stages, Knob::range(1, 5, "Stages, each half as large as the one before"));
        visitor.int("blocks", blocks, Knob::range(1, 6, "Blocks of two convolutions a stage"));
        visitor.int("dense_size", dense_size, DENSE);
        visitor.float("dropout", dropout, DROPOUT);
    }
}
