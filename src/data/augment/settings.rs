//! How much training images are changed: the recipe's `augment`. All off at first.

use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// What is seen where an image was moved away from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fill {
    /// The nearest pixel of the rim, as Keras's `nearest`.
    #[default]
    Edge,
    /// Black.
    Zero,
}

crate::choice!(Fill {
    Self::Edge => Self::Edge, "edge", "Rim", "The nearest pixel of the rim goes on";
    Self::Zero => Self::Zero, "zero", "Black", "Black";
});

/// How much training images are changed at random, each time they are seen. Rotation, shift, shear and zoom mean what
/// Keras's `ImageDataGenerator` documents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augment {
    /// Greatest angle to either side, in degrees.
    pub rotation: f64,
    /// Greatest shift to either side, as a share of the image's side.
    pub shift: f64,
    /// Greatest shift to either side in whole pixels.
    pub shift_pixels: u64,
    /// Greatest shearing angle to either side, in degrees.
    pub shear: f64,
    /// Greatest change of width and of height, as a share.
    pub zoom: f64,
    /// What is seen where the image was moved away from.
    pub fill: Fill,
    /// Strength of elastic bending, in pixels before smoothing.
    pub elastic_alpha: f64,
    /// Smoothness of elastic bending: standard deviation of the Gaussian, in pixels.
    pub elastic_sigma: f64,
    /// Greatest blur: standard deviation of the Gaussian, in pixels.
    pub blur: f64,
    /// Greatest change of contrast, as a share.
    pub contrast: f64,
    /// Greatest change of brightness, as a share of the way from black to white.
    pub brightness: f64,
    /// Share of images that are inverted.
    pub invert: f64,
    /// Standard deviation of the noise, as a share of the way from black to white.
    pub noise: f64,
    /// Side of the square that is covered, as a share of the image's side.
    pub cutout: f64,
    /// Alpha of mixup: how evenly two images are mixed.
    pub mixup: f64,
}

impl Default for Augment {
    fn default() -> Self {
        Self {
            rotation: 0.0,
            shift: 0.0,
            shift_pixels: 0,
            shear: 0.0,
            zoom: 0.0,
            fill: Fill::Edge,
            elastic_alpha: 0.0,
            // Simard et al.'s best for MNIST; without strength it does nothing.
            elastic_sigma: 4.0,
            blur: 0.0,
            contrast: 0.0,
            brightness: 0.0,
            invert: 0.0,
            noise: 0.0,
            cutout: 0.0,
            mixup: 0.0,
        }
    }
}

impl Augment {
    /// Whether nothing is changed.
    pub fn is_off(&self) -> bool {
        let neutral = Self { fill: self.fill, elastic_sigma: self.elastic_sigma, ..Self::default() };
        *self == neutral
    }
}

impl Knobs for Augment {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self {
            rotation,
            shift,
            shift_pixels,
            shear,
            zoom,
            fill,
            elastic_alpha,
            elastic_sigma,
            blur,
            contrast,
            brightness,
            invert,
            noise,
            cutout,
            mixup,
        } = self;
        let share = |max, help| Knob::range(0.0, max, help).live();
        let degrees = |max, help| share(max, help).unit("°");
        visitor.float("rotation", rotation, degrees(180.0, "Greatest angle to either side"));
        visitor.float("shift", shift, share(0.5, "Greatest shift to either side, as a share of the side"));
        let pixels = Knob::range(0, 16, "Greatest shift to either side in whole pixels, which blurs nothing");
        visitor.int("shift_pixels", shift_pixels, pixels.unit("px").live());
        visitor.float("shear", shear, degrees(60.0, "Greatest shearing angle to either side"));
        visitor.float("zoom", zoom, share(0.9, "Greatest change of width and of height, as a share"));
        visitor.choice("fill", fill, "What is seen where the image was moved away from");
        let alpha =
            share(200.0, "Strength of elastic bending; 34 is usual for digits of 28 pixels").unit("px");
        visitor.float("elastic_alpha", elastic_alpha, alpha);
        let sigma =
            Knob::range(1.0, 20.0, "Smoothness of elastic bending; 4 is usual for digits of 28 pixels");
        visitor.float("elastic_sigma", elastic_sigma, sigma.unit("px").live());
        visitor.float("blur", blur, share(8.0, "Greatest blur (standard deviation)").unit("px"));
        visitor.float("contrast", contrast, share(1.0, "Greatest change of contrast, as a share"));
        let help = "Greatest change of brightness, as a share of the way from black to white";
        visitor.float("brightness", brightness, share(1.0, help));
        visitor.float("invert", invert, share(1.0, "Share of images that are inverted"));
        let help = "Standard deviation of noise, as a share of the way from black to white";
        visitor.float("noise", noise, share(0.5, help));
        visitor.float("cutout", cutout, share(1.0, "Side of a covered square, as a share of the side"));
        let help = "Two images of a batch are mixed, and their classes; 0.2 mixes few evenly, 1 many";
        visitor.float("mixup", mixup, share(1.0, help));
    }
}
