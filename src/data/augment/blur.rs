//! Blur by a Gaussian of random width.

use super::draws::Draws;
use super::gauss::{Kernel, Rim, Size, smooth};
use super::{Augment, Operation, Picture};

/// Below this standard deviation, in pixels, no neighbour weighs as much as a grey level.
const LEAST: f32 = 0.25;

struct Blur(f64);

pub fn make(settings: &Augment) -> Option<Box<dyn Operation>> {
    (settings.blur != 0.0).then(|| Box::new(Blur(settings.blur)) as Box<dyn Operation>)
}

impl Operation for Blur {
    fn apply(&self, mut draws: Draws, picture: &mut Picture<'_>) {
        let sigma = (draws.unit() * self.0) as f32;
        if sigma < LEAST {
            return;
        }
        let kernel = Kernel::new(sigma);
        let Picture { arch, shape, values, room } = picture;
        let size = Size { height: shape.height, width: shape.width, pitch: shape.width };
        for plane in values.chunks_exact_mut(shape.plane()) {
            smooth(*arch, &kernel, Rim::Edge, size, plane, room);
        }
    }
}
