//! Contrast, brightness and inversion: the same for all pixels of an image.

use super::draws::Draws;
use super::{Augment, Operation, Picture};

struct Contrast(f64);
struct Brightness(f64);
struct Invert(f64);

fn boxed(on: bool, operation: impl Operation + 'static) -> Option<Box<dyn Operation>> {
    on.then(|| Box::new(operation) as Box<dyn Operation>)
}

pub fn contrast(settings: &Augment) -> Option<Box<dyn Operation>> {
    boxed(settings.contrast != 0.0, Contrast(settings.contrast))
}

pub fn brightness(settings: &Augment) -> Option<Box<dyn Operation>> {
    boxed(settings.brightness != 0.0, Brightness(settings.brightness))
}

pub fn invert(settings: &Augment) -> Option<Box<dyn Operation>> {
    boxed(settings.invert != 0.0, Invert(settings.invert))
}

impl Operation for Contrast {
    /// Every value's distance from the mean, times 1 plus or minus at most the setting.
    fn apply(&self, mut draws: Draws, picture: &mut Picture<'_>) {
        let factor = (1.0 + draws.around_zero(self.0)) as f32;
        let mean = picture.mean();
        picture.values.iter_mut().for_each(|value| *value = mean + (*value - mean) * factor);
    }
}

impl Operation for Brightness {
    fn apply(&self, mut draws: Draws, picture: &mut Picture<'_>) {
        let more = (255.0 * draws.around_zero(self.0)) as f32;
        picture.values.iter_mut().for_each(|value| *value += more);
    }
}

impl Operation for Invert {
    fn apply(&self, mut draws: Draws, picture: &mut Picture<'_>) {
        if draws.unit() < self.0 {
            picture.values.iter_mut().for_each(|value| *value = 255.0 - *value);
        }
    }
}
