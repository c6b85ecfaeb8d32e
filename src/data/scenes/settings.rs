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

/// A camera that scenes are to look as if taken by, as measured on its pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Like {
    /// 0 for any camera, 1 for this one alone.
    pub strength: f64,
    /// Standard deviation of noise, as a share of full brightness.
    pub noise: f64,
    /// Pixels that an edge is spread over; 1 is as sharp as can be.
    pub blur: f64,
    /// Between the darkest and the brightest parts, as a share of full brightness.
    pub contrast: f64,
    /// Red beside the mean of all channels, 1 for none.
    pub red: f64,
    /// Blue beside the mean of all channels, 1 for none.
    pub blue: f64,
}

impl Default for Like {
    fn default() -> Self {
        Self { strength: 0.0, noise: 0.01, blur: 1.5, contrast: 0.8, red: 1.0, blue: 1.0 }
    }
}

impl Knobs for Like {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { strength, noise, blur, contrast, red, blue } = self;
        visitor.float("strength", strength, Knob::range(0.0, 1.0, "0 for any camera, 1 for this one alone"));
        visitor.float(
            "noise",
            noise,
            Knob::range(0.0, 0.2, "Standard deviation of noise, of full brightness"),
        );
        visitor.float("blur", blur, Knob::range(1.0, 12.0, "Pixels that an edge is spread over").unit("px"));
        visitor.float(
            "contrast",
            contrast,
            Knob::range(0.05, 1.0, "Between the darkest and the brightest parts"),
        );
        visitor.float("red", red, Knob::range(0.5, 1.5, "Red beside the mean of all channels"));
        visitor.float("blue", blue, Knob::range(0.5, 1.5, "Blue beside the mean of all channels"));
    }
}

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
    /// Share of printed, painted and mounted numbers that have letters, a dash or a slash beside them.
    pub letters: f64,
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
    /// The camera that they look as if taken by.
    pub camera: Like,
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
            letters: 0.18,
            difficulty: 0.7,
            fonts: FontChoice::default(),
            font_folder: String::new(),
            photos: String::new(),
            crops: String::new(),
            crop_share: 0.15,
            handwriting: String::new(),
            camera: Like::default(),
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
            letters,
            difficulty,
            fonts,
            font_folder,
            photos,
            crops,
            crop_share,
            handwriting,
            camera,
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
            "letters",
            letters,
            Knob::range(0.0, 1.0, "Share of numbers with letters beside them: 12A, No. 7, GK 304"),
        );
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
        visitor.group("camera", camera);
        visitor.flag("grey", grey, "One channel instead of three");
        visitor.int("seed", seed, Knob::range(0, u32::MAX as u64, "Same seed, same pictures"));
    }
}

impl Scenes {
    /// Everything that decides what scenes look like, as text; as it was before there was a camera where there is none,
    /// so that runs of then know their data again.
    pub(super) fn identity(&self) -> String {
        let all = format!("{self:?}");
        if self.camera.strength == 0.0 {
            all.replace(&format!(" camera: {:?},", self.camera), "")
        } else {
            all
        }
    }

    /// Width and height of a picture.
    pub(super) fn sides(&self) -> [usize; 2] {
        [self.size as usize, if self.height == 0 { self.size } else { self.height } as usize]
    }
}
