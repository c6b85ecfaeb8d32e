//! Rotation, shift, shear and zoom as one map, with the meaning of Keras's `ImageDataGenerator`.
//!
//! The map goes from a place in the new image to one in the old: rotation, then shift, shear and zoom from the right,
//! about the image's centre (`apply_affine_transform` of keras/src/legacy/preprocessing/image.py). Keras takes the
//! centre of an image that is not square for that of its transpose; this one does not.

use super::draws::{Draws, purpose};
use super::{Augment, Shape};

/// What is done to one image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// Angle in degrees.
    pub rotation: f64,
    /// Columns to the left and rows up that the image moves (before rotation), in pixels.
    pub shift: [f64; 2],
    /// Shearing angle in degrees.
    pub shear: f64,
    /// Columns and rows of the old image to one of the new.
    pub zoom: [f64; 2],
}

/// Where the old image is read: `old = matrix * (column, row) + offset`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Map {
    /// Two rows: old column, old row.
    pub matrix: [[f32; 2]; 2],
    /// Old column and row of the new image's first pixel.
    pub offset: [f32; 2],
}

/// The greatest changes.
#[derive(Clone, Copy, Debug)]
pub struct Ranges {
    rotation: f64,
    shift: f64,
    shear: f64,
    zoom: f64,
}

impl Ranges {
    /// `None` where nothing is turned, shifted by parts of pixels, sheared or zoomed.
    pub fn new(settings: &Augment) -> Option<Self> {
        let Augment { rotation, shift, shear, zoom, .. } = *settings;
        let any = [rotation, shift, shear, zoom].iter().any(|range| *range != 0.0);
        any.then_some(Self { rotation, shift, shear, zoom })
    }

    /// Draws what is done to one image.
    pub fn draw(&self, draws: &dyn Fn(u64) -> Draws, shape: Shape) -> Affine {
        const ROTATION: u64 = purpose("rotation");
        const SHIFT: u64 = purpose("shift");
        const SHEAR: u64 = purpose("shear");
        const ZOOM: u64 = purpose("zoom");
        let (mut shift, mut zoom) = (draws(SHIFT), draws(ZOOM));
        Affine {
            rotation: draws(ROTATION).around_zero(self.rotation),
            shift: [shape.width, shape.height].map(|side| shift.around_zero(self.shift) * side as f64),
            shear: draws(SHEAR).around_zero(self.shear),
            zoom: [(); 2].map(|()| 1.0 + zoom.around_zero(self.zoom)),
        }
    }
}

impl Default for Affine {
    fn default() -> Self {
        Self { rotation: 0.0, shift: [0.0; 2], shear: 0.0, zoom: [1.0; 2] }
    }
}

impl Affine {
    /// Where an image of that size is read.
    pub fn map(&self, shape: Shape) -> Map {
        let (sin, cos) = self.rotation.to_radians().sin_cos();
        let (shear_sin, shear_cos) = self.shear.to_radians().sin_cos();
        let rotated = |[x, y]: [f64; 2]| [cos * x - sin * y, sin * x + cos * y];
        let sheared = |[x, y]: [f64; 2]| [x - shear_sin * y, shear_cos * y];
        let columns = rotated(sheared([self.zoom[0], 0.0]));
        let rows = rotated(sheared([0.0, self.zoom[1]]));
        let shift = rotated(self.shift);
        let centre = [shape.width, shape.height].map(|side| side as f64 / 2.0 - 0.5);
        let offset = |i: usize| centre[i] + shift[i] - columns[i] * centre[0] - rows[i] * centre[1];
        Map {
            matrix: [[columns[0] as f32, rows[0] as f32], [columns[1] as f32, rows[1] as f32]],
            offset: [offset(0) as f32, offset(1) as f32],
        }
    }
}
