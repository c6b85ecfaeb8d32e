//! A network of one's own: layers as a list. The dense layer with an output for each class is added at the end.

use super::layers::{self, Layer};
use super::pieces::{Activate, After, BatchNorm, Conv, Drop, Piece, Pool};
use super::{Blueprint, Init, Input, ShapeError, lay_as_far};
use crate::knobs::{Choice as _, Knobs, List, Visitor, flat};
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

/// What the list's layers make of an image, as far as they work.
#[derive(Clone, Debug, PartialEq)]
pub struct Shapes {
    /// The output of each that works, without the batch, and its settings in words.
    pub outputs: Vec<(Vec<usize>, String)>,
    /// Which one does not work, from 0, and why.
    pub wrong: Option<(usize, String)>,
}

impl Shapes {
    /// An error with the number that its layer has in the list.
    pub(super) fn named(&self, error: ShapeError) -> ShapeError {
        match &self.wrong {
            Some((at, _)) => ShapeError { layer: format!("Layer {} ({})", at + 1, error.layer), ..error },
            None => error,
        }
    }
}

impl Custom {
    /// What each layer of the list makes of an image.
    pub fn shapes(&self, input: Input) -> Shapes {
        let (from, layers): (Vec<Option<usize>>, Vec<Layer>) = self.laid(input.classes).into_iter().unzip();
        let (placed, wrong) = lay_as_far(&layers, input);
        let own = placed.iter().zip(&from).filter(|(_, from)| from.is_some());
        let outputs = own.map(|(placed, _)| (placed.output.clone(), placed.layer.describe())).collect();
        // What comes by itself cannot be wrong but by what is before it.
        let place = |at: usize| from[..=at].iter().rev().find_map(|from| *from).unwrap_or_default();
        Shapes { outputs, wrong: wrong.map(|(at, wrong)| (place(at), wrong.message)) }
    }

    /// The layers, each with its place in the list, or without one where it comes by itself.
    fn laid(&self, classes: usize) -> Vec<(Option<usize>, Layer)> {
        let mut laid: Vec<(Option<usize>, Layer)> = Vec::new();
        let is_flat =
            |laid: &[(Option<usize>, Layer)]| laid.iter().any(|(_, layer)| *layer == Layer::Flatten);
        for (i, piece) in self.layers.iter().enumerate() {
            // From a list of features it makes the same list.
            if matches!(piece, Piece::Dense(_)) && !is_flat(&laid) {
                laid.push((None, Layer::Flatten));
            }
            laid.push((Some(i), piece.build().layer()));
        }
        if !is_flat(&laid) {
            laid.push((None, Layer::Flatten));
        }
        laid.push((None, Layer::Dense { size: classes, activation: None }));
        laid
    }

    /// The list as text, a layer a line, with the settings that are not as they are by themselves.
    pub fn text(&self) -> String {
        let line = |piece: &Piece| {
            let mut usual = Piece::default();
            usual.choose(piece.chosen());
            let usual = flat(&mut usual);
            let own = flat(&mut piece.clone()).into_iter().filter(|setting| !usual.contains(setting));
            let settings: Vec<String> = own.map(|(name, value)| format!("{name}: {value}")).collect();
            format!("    {}({}),\n", piece.chosen(), settings.join(", "))
        };
        format!("[\n{}]\n", self.layers.iter().map(line).collect::<String>())
    }
}

impl Blueprint for Custom {
    fn layers(&self, classes: usize) -> Vec<Layer> {
        self.laid(classes).into_iter().map(|(_, layer)| layer).collect()
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

    fn duplicate(&mut self, idx: usize) {
        self.0.insert(idx + 1, self.0[idx].clone());
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
    use super::super::{Architecture, summary};
    use super::*;
    use crate::knobs::set;
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
        assert!(error.to_string().starts_with("Layer 2 (Skip 1): nothing adds what it keeps"), "{error}");
        let error = block(vec![Piece::Dense(Dense::default()), Piece::Add(Add::default())]);
        let error = error.expect_err("an image and a list").to_string();
        assert!(error.starts_with("Layer 4 (Add 1): [32, 26, 26] cannot be added to [128]"), "{error}");
    }

    #[test]
    fn each_layer_of_the_list_has_its_shape_up_to_the_one_that_does_not_work() {
        let pool = || Piece::MaxPool(Pool { size: 4 });
        let layers = vec![pool(), pool(), Piece::Dense(Dense::default()), pool()];
        let shapes = Custom { layers, init: Init::He }.shapes(MNIST);
        let outputs: Vec<&[usize]> = shapes.outputs.iter().map(|(output, _)| output.as_slice()).collect();
        assert_eq!(outputs, [&[1, 7, 7][..], &[1, 1, 1], &[128]]);
        assert!(matches!(&shapes.wrong, Some((3, why)) if why.contains("its input is [128]")), "{shapes:?}");
    }
}
