//! Noise: every value plus a number of its own, from a normal distribution.

use super::draws::{Draws, Field};
use super::{Augment, Operation, Picture};
use crate::vectorised::vectorised;

struct Noise(f64);

pub fn make(settings: &Augment) -> Option<Box<dyn Operation>> {
    (settings.noise != 0.0).then(|| Box::new(Noise(settings.noise)) as Box<dyn Operation>)
}

impl Operation for Noise {
    fn apply(&self, mut draws: Draws, picture: &mut Picture<'_>) {
        let fields = [draws.field(), draws.field()];
        add(picture.arch, fields, (255.0 * self.0) as f32, picture.values);
    }
}

vectorised! {
    /// Adds the sum of eight random bytes, brought to mean 0 and the standard deviation asked for: normal but for the
    /// rarest values (none beyond 4.9 standard deviations), and many times cheaper than exact.
    fn add<'a>(fields: [Field; 2], deviation: f32, values: &'a mut [f32]) {
        // Mean and variance of a byte are 255 / 2 and (256^2 - 1) / 12.
        let scale = deviation / (8.0_f32 * 65_535.0 / 12.0).sqrt();
        for (place, value) in values.iter_mut().enumerate() {
            let bytes = |field: Field| {
                let bits = field.bits(place as u32);
                // Two sums of two bytes side by side, then all four.
                let pairs = (bits & 0x00ff_00ff) + ((bits >> 8) & 0x00ff_00ff);
                (pairs & 0xffff) + (pairs >> 16)
            };
            let sum = (bytes(fields[0]) + bytes(fields[1])) as i32 as f32;
            *value += (sum - 4.0 * 255.0) * scale;
        }
    }
}
