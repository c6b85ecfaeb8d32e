//! How many images a second one thread changes: the same work in every version, and for other programs to be held
//! against.

use super::{Augment, Augmenter, Scratch, Shape};
use crate::data::Samples;
use std::time::Instant;

/// Rounds that are timed; the best one counts, since everything else on the machine can only slow one down.
const ROUNDS: u64 = 5;

/// What is measured, by name.
pub fn cases() -> Vec<(&'static str, Augment)> {
    let off = Augment::default;
    // The tutorial's.
    let affine = Augment { rotation: 9.0, shift: 0.1, shear: 0.22, zoom: 0.15, ..off() };
    let everything = Augment {
        elastic_alpha: 34.0,
        blur: 1.0,
        contrast: 0.3,
        brightness: 0.2,
        invert: 0.5,
        noise: 0.05,
        cutout: 0.3,
        ..affine
    };
    vec![
        ("shift_pixels", Augment { shift_pixels: 2, ..off() }),
        ("shift", Augment { shift: 0.1, ..off() }),
        ("affine", affine.clone()),
        ("affine_mixup", Augment { mixup: 0.2, ..affine }),
        ("elastic", Augment { elastic_alpha: 34.0, ..off() }),
        ("blur", Augment { blur: 2.0, ..off() }),
        ("tone", Augment { contrast: 0.3, brightness: 0.2, invert: 0.5, ..off() }),
        ("noise", Augment { noise: 0.05, ..off() }),
        ("cutout", Augment { cutout: 0.4, ..off() }),
        ("everything_but_mixup", everything),
    ]
}

/// Images a second of one thread, the first `images` of the samples in batches of 128; 0 where nothing is changed.
pub fn images_per_s(settings: &Augment, samples: &Samples, images: usize) -> f64 {
    let shape = Shape { channels: samples.channels, height: samples.height, width: samples.width };
    let Some(augmenter) = Augmenter::new(settings, shape, 1) else { return 0.0 };
    let mut scratch = Scratch::default();
    let mut best = 0.0_f64;
    for round in 0..ROUNDS {
        let start = Instant::now();
        for i in 0..images {
            let first = i - i % 128;
            let image = |position: usize| samples.image((first + position) % samples.len());
            let seen = augmenter.image(round, i % 128, 128, image, &mut scratch);
            std::hint::black_box(seen);
        }
        best = best.max(images as f64 / start.elapsed().as_secs_f64());
    }
    best
}
