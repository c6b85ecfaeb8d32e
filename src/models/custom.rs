//! A network of one's own: layers as a list. The dense layer with an output for each class is added at the end.

use super::layers::{self, Layer};
use super::pieces::{Activate, After, BatchNorm, Conv, Drop, Piece, Pool};
use super::{Blueprint, Init};
use crate::knobs::{Knobs, List, Visitor};
use serde::{Deserialize, Serialize};

/// Layers that a list can have; a deeper network is a study of its own.
const MOST: usize = 64;

/// Settings of a network of one's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Custom {
    /// First to last, without the one that gives the classes.
    pub layers: Vec<Piece>,
    /// How first weights are drawn.
    pub init: Init,
}

impl Default for Custom {
    fn default() -> Self {
        let conv = |filters| {
            Piece::Conv(Conv { filters, same: true, bias: false, activation: After::None, ..Conv::default() })
        };
        let stage = |filters| {
            let relu = Piece::Activation(Activate { activation: layers::Activation::Relu });
            [conv(filters), Piece::MaxPool(Pool::default()), Piece::BatchNorm(BatchNorm::default()), relu]
        };
        let mut layers = stage(16).to_vec();
        layers.extend(stage(32));
        layers.push(Piece::Dropout(Drop::default()));
        Self { layers, init: Init::He }
    }
}

impl Blueprint for Custom {
    fn layers(&self, classes: usize) -> Vec<Layer> {
        let mut layers = Vec::new();
        for piece in &self.layers {
            // From a list of features it makes the same list.
            if matches!(piece, Piece::Dense(_)) && !layers.contains(&Layer::Flatten) {
                layers.push(Layer::Flatten);
            }
            layers.push(piece.build().layer());
        }
        if !layers.contains(&Layer::Flatten) {
            layers.push(Layer::Flatten);
        }
        layers.push(Layer::Dense { size: classes, activation: None });
        layers
    }

    fn init(&self) -> Init {
        self.init
    }
}

impl Knobs for Custom {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { layers, init } = self;
        visitor.choice("init", init, "How first weights are drawn");
        let help = "First to last; the dense layer that gives the classes comes by itself";
        visitor.list("layers", &mut Pieces(layers), help);
    }
}

/// The layers as something that the form can change.
struct Pieces<'a>(&'a mut Vec<Piece>);

impl List for Pieces<'_> {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn most(&self) -> usize {
        MOST
    }

    fn noun(&self) -> &'static str {
        "layer"
    }

    fn item(&mut self, idx: usize) -> &mut dyn Knobs {
        &mut self.0[idx]
    }

    fn insert(&mut self, idx: usize) {
        self.0.insert(idx, Piece::default());
    }

    fn remove(&mut self, idx: usize) {
        self.0.remove(idx);
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.0.swap(a, b);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Architecture, Input, summary};
    use super::*;
    use crate::knobs::{Choice as _, flat, set};
    use crate::models::pieces::{Add, Dense, Depthwise, Skip};

    const MNIST: Input = Input { channels: 1, height: 28, width: 28, classes: 10 };

    #[test]
    fn every_kind_of_layer_can_be_chosen_and_told() {
        let mut custom = Custom::default();
        for variant in Piece::default().options() {
            let mut piece = Piece::default();
            assert!(piece.choose(variant.name));
            custom.layers = vec![Piece::Conv(Conv::default()), piece];
            let settings = flat(&mut custom);
            let mut copy = Custom::default();
            for (path, value) in &settings {
                set(&mut copy, path, value).expect("it takes back what it told");
            }
            assert_eq!(copy, custom, "{}", variant.name);
        }
    }

    #[test]
    fn a_residual_block_adds_and_wrong_ones_are_named() {
        let block = |end: Vec<Piece>| {
            let mut layers = vec![Piece::Conv(Conv::default()), Piece::Skip(Skip::default())];
            layers.extend(end);
            summary(&Architecture::Custom(Custom { layers, init: Init::He }), MNIST)
        };
        let wide = Piece::Conv(Conv { filters: 48, same: true, stride: 2, ..Conv::default() });
        let summed = block(vec![wide, Piece::Add(Add::default())]).expect("the shapes fit");
        let add = summed.rows.iter().find(|row| row.name == "Add 1").expect("it is there");
        assert_eq!((add.params, add.output.clone()), (32 * 48, vec![48, 13, 13]));
        let error = block(vec![Piece::Depthwise(Depthwise::default())]).expect_err("it never ends");
        assert!(error.to_string().starts_with("Skip 1: nothing adds what it keeps"), "{error}");
        let error = block(vec![Piece::Dense(Dense::default()), Piece::Add(Add::default())]);
        let error = error.expect_err("an image and a list").to_string();
        assert!(error.starts_with("Add 1: [32, 26, 26] cannot be added to [128]"), "{error}");
    }
}
