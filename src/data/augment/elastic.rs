//! Elastic bending (Simard, Steinkraus and Platt, 2003, "Best practices for convolutional neural networks", section 2):
//! each pixel is moved by random numbers between -1 and 1, smoothed by a Gaussian and multiplied by alpha.

use super::draws::Draws;
use super::gauss::{self, Kernel, Rim, Size};
use super::warp::padded;
use super::{Augment, Shape};
use crate::vectorised::vectorised;

/// How much images are bent.
pub struct Elastic {
    alpha: f32,
    kernel: Kernel,
}

/// Columns and rows that each pixel is moved by, rows of [`padded`] numbers.
#[derive(Default)]
pub struct Room {
    columns: Vec<f32>,
    rows: Vec<f32>,
}

impl Room {
    /// Columns and rows.
    pub fn lists(&self) -> [&[f32]; 2] {
        [&self.columns, &self.rows]
    }
}

impl Elastic {
    /// `None` where nothing is bent.
    pub fn new(settings: &Augment) -> Option<Self> {
        let alpha = settings.elastic_alpha as f32;
        (alpha != 0.0).then(|| Self { alpha, kernel: Kernel::new(settings.elastic_sigma as f32) })
    }

    /// Draws how an image is bent.
    pub fn draw(
        &self,
        arch: pulp::Arch,
        mut draws: Draws,
        shape: Shape,
        room: &mut Room,
        smooth: &mut gauss::Room,
    ) {
        let (pitch, height) = (padded(shape.width), shape.height);
        let size = Size { height, width: shape.width, pitch };
        for list in [&mut room.columns, &mut room.rows] {
            list.resize(height * pitch, 0.0);
            even(arch, draws.field(), self.alpha, shape.width, list);
            gauss::smooth(arch, &self.kernel, Rim::Zero, size, list, smooth);
        }
    }
}

vectorised! {
    /// Numbers between `-range` and `range`, by place in the image; between rows there are zeros.
    fn even<'a>(field: super::draws::Field, range: f32, width: usize, list: &'a mut [f32]) {
        let scale = range / (1_u32 << 23) as f32;
        for (y, row) in list.chunks_exact_mut(padded(width)).enumerate() {
            for (x, to) in row.iter_mut().enumerate() {
                // 24 bits, the highest of which is the sign.
                let bits = field.bits((y * width + x) as u32).cast_signed() >> 8;
                *to = bits as f32 * scale;
            }
            row[width..].fill(0.0);
        }
    }
}
