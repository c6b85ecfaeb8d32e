//! What can be chosen about digit sequences.

use super::super::notmnist::NotMnist;
use super::super::rendered::Rendered;
use super::super::{Mnist, Source};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Rendered digits to draw sequences from: many enough that few come twice in a batch.
const RENDERED: [u64; 2] = [30_000, 6_000];

/// Which characters stand side by side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Glyphs {
    /// Handwritten digits.
    #[default]
    Mnist,
    /// Digits drawn with the fonts at hand.
    Rendered,
    /// Letters A to J.
    Notmnist,
}

crate::choice!(Glyphs {
    Self::Mnist => Self::Mnist, "mnist", "MNIST", "Handwritten digits of MNIST";
    Self::Rendered => Self::Rendered, "rendered", "Rendered digits", "Digits drawn with the fonts at hand; nothing to download";
    Self::Notmnist => Self::Notmnist, "notmnist", "notMNIST", "Letters A to J of public fonts";
});

impl Glyphs {
    /// The data set that they are taken from.
    pub(super) fn source(self, seed: u64) -> Source {
        let [train, test] = RENDERED;
        match self {
            Self::Mnist => Source::Mnist(Mnist::default()),
            Self::Notmnist => Source::NotMnist(NotMnist::default()),
            Self::Rendered => Source::Rendered(Rendered { train, test, seed }),
        }
    }
}

/// How large the picture is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// As wide as the characters need.
    #[default]
    Full,
    /// All of it squeezed to 28x28, as the course does.
    Squeezed,
}

crate::choice!(Shape {
    Self::Full => Self::Full, "full", "Full width", "As wide as the longest sequence needs, with room to the right";
    Self::Squeezed => Self::Squeezed, "squeezed", "Squeezed to 28x28", "The whole picture squeezed to 28x28 with nearest neighbour, as the course does";
});

/// How long sequences are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lengths {
    /// Each length as often as the others.
    #[default]
    Uniform,
    /// As long as house numbers are.
    HouseNumbers,
}

crate::choice!(Lengths {
    Self::Uniform => Self::Uniform, "uniform", "All as often", "Each length as often as the others";
    Self::HouseNumbers => Self::HouseNumbers, "house_numbers", "As house numbers", "As long as the street view house numbers are: mostly two digits, rarely four or more";
});

/// Which of ink and paper is the lighter one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Polarity {
    /// Light ink on dark paper, as MNIST has it.
    #[default]
    LightOnDark,
    /// Dark ink on light paper.
    DarkOnLight,
    /// Either, by chance.
    Random,
}

crate::choice!(Polarity {
    Self::LightOnDark => Self::LightOnDark, "light_on_dark", "Light on dark", "Light ink on dark paper, as MNIST has it";
    Self::DarkOnLight => Self::DarkOnLight, "dark_on_light", "Dark on light", "Dark ink on light paper";
    Self::Random => Self::Random, "random", "Random", "Either, by chance";
});

/// Settings of digit sequences.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sequences {
    /// Which characters stand side by side.
    pub glyphs: Glyphs,
    /// Training sequences.
    pub train: u64,
    /// Test sequences.
    pub test: u64,
    /// How large the picture is.
    pub shape: Shape,
    /// Fewest characters.
    pub shortest: u64,
    /// Most characters.
    pub longest: u64,
    /// How long they are.
    pub lengths: Lengths,
    /// Share of the training sequences that are as long as can be, whatever the lengths.
    pub filled: f64,
    /// Most pixels between the frames of two characters.
    pub gap: u64,
    /// Most pixels by which the frames of two characters overlap.
    pub overlap: u64,
    /// Most pixels by which a character lies lower than the highest place.
    pub jitter: u64,
    /// Whether a sequence begins anywhere that it fits, and not at the left edge.
    pub anywhere: bool,
    /// How much each training character is turned, slanted and stretched, 0 for not at all.
    pub warp: f64,
    /// Which of ink and paper is the lighter one.
    pub polarity: Polarity,
    /// Whether pictures are drawn once and kept on the disk.
    pub keep: bool,
    /// Seed of everything that is drawn by chance.
    pub seed: u64,
}

impl Default for Sequences {
    fn default() -> Self {
        Self {
            glyphs: Glyphs::default(),
            train: 60_000,
            test: 10_000,
            shape: Shape::default(),
            shortest: 1,
            longest: 5,
            lengths: Lengths::default(),
            filled: 0.0,
            gap: 0,
            overlap: 6,
            jitter: 4,
            anywhere: true,
            warp: 0.0,
            polarity: Polarity::default(),
            keep: false,
            seed: 1,
        }
    }
}

impl Knobs for Sequences {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self {
            glyphs,
            train,
            test,
            shape,
            shortest,
            longest,
            lengths,
            filled,
            gap,
            overlap,
            jitter,
            anywhere,
            warp,
            polarity,
            keep,
            seed,
        } = self;
        visitor.choice("glyphs", glyphs, "Which characters stand side by side");
        visitor.int("train", train, Knob::log(10, 5_000_000, "Training sequences"));
        visitor.int("test", test, Knob::log(10, 1_000_000, "Test sequences, made of test images only"));
        visitor.choice("shape", shape, "How large the picture is");
        visitor.int("shortest", shortest, Knob::range(1, 8, "Fewest characters"));
        visitor.int("longest", longest, Knob::range(1, 8, "Most characters"));
        visitor.choice("lengths", lengths, "How long sequences are");
        let help =
            "Share of training sequences that are as long as can be: more to learn from in as many pixels";
        visitor.float("filled", filled, Knob::range(0.0, 1.0, help));
        visitor.int("gap", gap, Knob::range(0, 28, "Most pixels between two characters' frames").unit("px"));
        visitor.int(
            "overlap",
            overlap,
            Knob::range(0, 14, "Most pixels by which two characters' frames overlap").unit("px"),
        );
        visitor.int(
            "jitter",
            jitter,
            Knob::range(0, 14, "Most pixels by which a character lies lower than the highest place")
                .unit("px"),
        );
        visitor.flag("anywhere", anywhere, "Begin anywhere that the sequence fits, not at the left edge");
        visitor.float(
            "warp",
            warp,
            Knob::range(0.0, 2.0, "How much each training character is turned, slanted and stretched"),
        );
        visitor.choice("polarity", polarity, "Which of ink and paper is the lighter one");
        visitor.flag("keep", keep, "Draw pictures once and keep them on the disk, instead of whenever seen");
        visitor.int("seed", seed, Knob::range(0, u32::MAX as u64, "Same seed, same pictures"));
    }
}
