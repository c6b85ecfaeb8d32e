//! Settings of the house-number scenes.

use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// What scenes look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// Pictures taken by phones and from the web: any size, any place, any writing.
    #[default]
    Wide,
    /// Cut around one number, with the sizes, lengths and slopes of SVHN's street images.
    Svhn,
}

crate::choice!(Style {
    Self::Wide => Self::Wide, "wide", "Phones and web", "Digits from 12 pixels to most of the picture, one to five of them, any writing";
    Self::Svhn => Self::Svhn, "svhn", "Like SVHN", "Sizes, lengths, places and slopes as in SVHN's street images";
});

/// Which fonts are used beside the digits that are drawn without any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FontChoice {
    /// The program's, the system's and those of the font folder.
    #[default]
    All,
    /// The program's own: the same pictures on every machine.
    BuiltIn,
}

crate::choice!(FontChoice {
    Self::All => Self::All, "all", "All at hand", "The program's, the system's and those of the font folder";
    Self::BuiltIn => Self::BuiltIn, "built_in", "Built in", "The program's own two: the same pictures on every machine";
});

/// Settings of the scenes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scenes {
    /// Training pictures.
    pub train: u64,
    /// Test pictures.
    pub test: u64,
    /// Columns of a picture, and rows where `height` is 0.
    pub size: u64,
    /// Rows of a picture; 0 for as many as columns.
    pub height: u64,
    /// What they look like.
    pub style: Style,
    /// Share of pictures without any digit.
    pub negatives: f64,
    /// 0 for clean pictures, 1 for difficult ones.
    pub difficulty: f64,
    /// Which fonts.
    pub fonts: FontChoice,
    /// A folder of further fonts; empty for none.
    pub font_folder: String,
    /// A folder of photos to write on; empty for none.
    pub photos: String,
    /// A data set with boxes whose pictures are pasted in, as `data list` names it, and after a colon the folder that
    /// it is in where that is not the usual one (`svhn:svhn/tight`); empty for none.
    pub crops: String,
    /// Share of numbers that are pasted instead of drawn.
    pub crop_share: f64,
    /// A data set of single digits that handwriting is taken from, as `data list` names it; empty for none.
    pub handwriting: String,
    /// Grey instead of colour.
    pub grey: bool,
    /// Seed of everything.
    pub seed: u64,
}

impl Default for Scenes {
    fn default() -> Self {
        Self {
            train: 8_000,
            test: 600,
            size: 192,
            height: 0,
            style: Style::default(),
            negatives: 0.06,
            difficulty: 0.7,
            fonts: FontChoice::default(),
            font_folder: String::new(),
            photos: String::new(),
            crops: String::new(),
            crop_share: 0.15,
            handwriting: String::new(),
            grey: false,
            seed: 1,
        }
    }
}

impl Knobs for Scenes {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self {
            train,
            test,
            size,
            height,
            style,
            negatives,
            difficulty,
            fonts,
            font_folder,
            photos,
            crops,
            crop_share,
            handwriting,
            grey,
            seed,
        } = self;
        visitor.int("train", train, Knob::log(10, 1_000_000, "Training pictures"));
        visitor.int(
            "test",
            test,
            Knob::log(10, 100_000, "Test pictures, with fonts and surfaces of their own"),
        );
        visitor.int("size", size, Knob::log(48, 1024, "Columns, and rows unless they are set").unit("px"));
        visitor.int("height", height, Knob::range(0, 1024, "Rows; 0 for as many as columns").unit("px"));
        visitor.choice("style", style, "What the pictures look like");
        visitor.float("negatives", negatives, Knob::range(0.0, 1.0, "Share of pictures without any digit"));
        visitor.float(
            "difficulty",
            difficulty,
            Knob::range(0.0, 1.0, "Blur, noise, shadows, slant, low contrast"),
        );
        visitor.choice("fonts", fonts, "Fonts beside the digits that are drawn without any");
        visitor.text("font_folder", font_folder, "A folder of further fonts");
        visitor.text("photos", photos, "A folder of photos to write on");
        visitor.text(
            "crops",
            crops,
            "A data set with boxes whose pictures are pasted in, as data list names it; a folder may follow, as in svhn:svhn/tight",
        );
        visitor.float(
            "crop_share",
            crop_share,
            Knob::range(0.0, 1.0, "Share of numbers that are pasted, if there are any"),
        );
        visitor.text(
            "handwriting",
            handwriting,
            "A data set of digits that handwriting is taken from: mnist",
        );
        visitor.flag("grey", grey, "One channel instead of three");
        visitor.int("seed", seed, Knob::range(0, u32::MAX as u64, "Same seed, same pictures"));
    }
}

impl Scenes {
    /// Width and height of a picture.
    pub(super) fn sides(&self) -> [usize; 2] {
        [self.size as usize, if self.height == 0 { self.size } else { self.height } as usize]
    }
}
