//! One image as a training would see it many times, for people to look at.

use super::{Augment, Augmenter, Mix, Scratch, Shape};
use crate::data::{Mark, Samples};

/// One of the versions.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// Bytes, channel after channel.
    pub pixels: Vec<u8>,
    /// The label of the image that was mixed in, and its share.
    pub mixed: Option<(u8, f32)>,
    /// Where its characters are now.
    pub marks: Vec<Mark>,
}

impl Version {
    /// The image at a row as it is.
    pub fn plain(samples: &Samples, row: usize) -> Self {
        Self { pixels: samples.image(row).into_owned(), mixed: None, marks: samples.marks(row).to_vec() }
    }
}

/// `n` versions of the image at a row, which must be less than [`Samples::len`]. They are the same for the same seed
/// and `draw`, and each keeps its draws while the settings change. Mixed in are other images of the same size.
pub fn versions(
    settings: &Augment,
    samples: &Samples,
    row: usize,
    seed: u64,
    draw: u64,
    n: usize,
) -> Vec<Version> {
    let [width, height] = samples.size(row);
    let shape = Shape { channels: samples.channels, height, width };
    let Some(augmenter) = Augmenter::new(settings, shape, seed) else {
        return vec![Version::plain(samples, row); n];
    };
    // Far apart, since neighbours are of one class in many files.
    let other = |position: usize| {
        let other = (row + 1 + position * 7919) % samples.len();
        if samples.size(other) == [width, height] { other } else { row }
    };
    let mut scratch = Scratch::default();
    let version = |position: usize| {
        let image = |at: usize| samples.image(if at == position { row } else { other(at) });
        let pixels = augmenter.image(draw, position, n, image, &mut scratch).to_vec();
        let mixed = augmenter
            .mix(draw, position, n)
            .map(|Mix { other: at, share }| (samples.labels[other(at)], share));
        let marks = samples.marks(row);
        let marks = match augmenter.moves(draw, position, &mut scratch).filter(|_| !marks.is_empty()) {
            Some(moves) => moves.marks(marks),
            None => marks.to_vec(),
        };
        Version { pixels, mixed, marks }
    };
    (0..n).map(version).collect()
}
