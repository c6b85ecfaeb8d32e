//! Training images changed at random: turned, shifted, bent, blurred, covered, mixed. [`Augment`] are the settings,
//! [`Augmenter`] does it.
//!
//! Every draw is a function of (seed, step, place in the batch, operation): nothing has to be saved to go on exactly,
//! threads do not matter, and moving one setting leaves the draws of the others as they were. What moves pixels is
//! worked out as one map from places in the new image to places in the old one, and read once (`warp`); what changes
//! their values follows in the order of `OPERATIONS`.

mod affine;
pub mod bench;
mod blur;
mod cutout;
mod draws;
mod elastic;
mod gauss;
mod geometry;
mod mixup;
mod moved;
mod noise;
mod settings;
#[cfg(test)]
mod tests;
mod tone;
mod versions;
mod warp;

pub use moved::Moves;
pub use settings::{Augment, Fill};
pub use versions::{Version, versions};

use draws::{Draws, purpose};
use geometry::Geometry;
use mixup::Mixup;
use std::borrow::Cow;
use std::iter::zip;

/// Size of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Colour channels.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Shape {
    const fn plane(self) -> usize {
        self.height * self.width
    }

    const fn len(self) -> usize {
        self.channels * self.plane()
    }
}

/// An image on its way: numbers from 0 to 255, channel after channel, row after row. Operations may leave that range;
/// what does is cut off at the end.
pub(crate) struct Picture<'a> {
    /// Vector instructions to use.
    arch: pulp::Arch,
    shape: Shape,
    values: &'a mut [f32],
    /// Memory for whoever needs some.
    room: &'a mut gauss::Room,
}

impl Picture<'_> {
    /// Mean of all values.
    fn mean(&self) -> f32 {
        mean(self.arch, self.values)
    }
}

/// Something that changes the values of pixels where they are.
trait Operation: Send + Sync {
    /// Changes the picture; all it may draw from is `draws`.
    fn apply(&self, draws: Draws, picture: &mut Picture<'_>);
}

/// Makes an operation from the settings; `None` where they ask for none.
type Make = fn(&Augment) -> Option<Box<dyn Operation>>;

/// What changes values, in the order in which it is done. The names are part of the draws: a renamed operation would
/// change every recorded training that uses it.
const OPERATIONS: &[(&str, Make)] = &[
    ("blur", blur::make),
    ("contrast", tone::contrast),
    ("brightness", tone::brightness),
    ("invert", tone::invert),
    ("noise", noise::make),
    ("cutout", cutout::make),
];

/// Changes images of one size as the settings say.
pub struct Augmenter {
    arch: pulp::Arch,
    shape: Shape,
    seed: u64,
    geometry: Geometry,
    operations: Vec<(u64, Box<dyn Operation>)>,
    mixup: Option<Mixup>,
}

/// Memory that one thread needs to change images; grows when first used.
#[derive(Default)]
pub struct Scratch {
    warp: warp::Room,
    elastic: elastic::Room,
    gauss: gauss::Room,
    values: Vec<f32>,
    bytes: Vec<u8>,
    other: Vec<u8>,
}

/// Another image of the batch that is mixed in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mix {
    /// Its place in the batch.
    pub other: usize,
    /// Its share of pixels and of the truth, at most a half.
    pub share: f32,
}

impl Augmenter {
    /// `None` where the settings change nothing.
    pub fn new(settings: &Augment, shape: Shape, seed: u64) -> Option<Self> {
        if settings.is_off() || shape.len() == 0 {
            return None;
        }
        let operations =
            OPERATIONS.iter().filter_map(|(name, make)| Some((purpose(name), make(settings)?))).collect();
        let geometry = Geometry::new(settings);
        Some(Self { arch: pulp::Arch::new(), shape, seed, geometry, operations, mixup: Mixup::new(settings) })
    }

    /// Which image of a batch of `n` is mixed into the one at `position`; none where the settings ask for no mixing.
    pub fn mix(&self, step_idx: u64, position: usize, n: usize) -> Option<Mix> {
        self.mixup.as_ref()?.draw(Draws::new(self.seed, step_idx, position, purpose("mixup")), position, n)
    }

    /// The image at `position` of a batch of `n` as that step sees it; `image` gives the unchanged one at a position.
    pub fn image<'s, 'i>(
        &self,
        step_idx: u64,
        position: usize,
        n: usize,
        image: impl Fn(usize) -> Cow<'i, [u8]>,
        scratch: &'s mut Scratch,
    ) -> &'s [u8] {
        if let Some(Mix { other, share }) = self.mix(step_idx, position, n) {
            self.change(step_idx, other, &image(other), scratch);
            std::mem::swap(&mut scratch.bytes, &mut scratch.other);
            self.change(step_idx, position, &image(position), scratch);
            blend(self.arch, &mut scratch.bytes, &scratch.other, share);
        } else {
            self.change(step_idx, position, &image(position), scratch);
        }
        &scratch.bytes
    }

    /// One image without mixing, into `scratch.bytes`.
    fn change(&self, step_idx: u64, position: usize, image: &[u8], scratch: &mut Scratch) {
        let Self { arch, shape, seed, geometry, operations, .. } = self;
        let Scratch { warp, elastic, gauss, values, bytes, .. } = scratch;
        bytes.resize(shape.len(), 0);
        let draws = |purpose| Draws::new(*seed, step_idx, position, purpose);
        if operations.is_empty() && geometry.shift_whole_pixels(&draws, *shape, image, bytes) {
            return;
        }
        values.resize(shape.len(), 0.0);
        geometry.apply(*arch, &draws, *shape, image, values, (warp, elastic, gauss));
        let mut picture = Picture { arch: *arch, shape: *shape, values, room: gauss };
        for (purpose, operation) in operations {
            operation.apply(draws(*purpose), &mut picture);
        }
        to_bytes(*arch, values, bytes);
    }
}

/// The nearest whole number, for numbers from 0 (or just below) to a few millions: as bits and as it is.
///
/// Rust's own casts mind what does not fit, for which the compiler leaves vectors. A number this large has no places
/// behind the point: adding it rounds.
#[inline(always)]
const fn whole(x: f32) -> (u32, f32) {
    const LARGE: f32 = 12_582_912.0;
    let large = x + LARGE;
    (large.to_bits().wrapping_sub(LARGE.to_bits()), large - LARGE)
}

crate::vectorised::vectorised! {
    /// Numbers as bytes: rounded, and cut off below 0 and above 255.
    fn to_bytes<'a>(values: &'a [f32], bytes: &'a mut [u8]) {
        for (byte, value) in zip(bytes, values) {
            // Not a number becomes 0.
            let value = if *value > 0.0 { *value } else { 0.0 };
            let value = if value < 255.0 { value } else { 255.0 };
            *byte = whole(value).0 as u8;
        }
    }

    /// Mean of the values, summed in sixteen parts.
    fn mean<'a>(values: &'a [f32]) -> f32 {
        let (whole, rest) = values.as_chunks::<{ warp::LANES }>();
        let mut sums = [0.0_f32; warp::LANES];
        for part in whole {
            zip(&mut sums, part).for_each(|(sum, value)| *sum += value);
        }
        (sums.iter().sum::<f32>() + rest.iter().sum::<f32>()) / values.len() as f32
    }

    /// `bytes` with so large a share of `others` mixed in.
    fn blend<'a>(bytes: &'a mut [u8], others: &'a [u8], share: f32) {
        for (byte, other) in zip(bytes, others) {
            let mixed = f32::from(*byte) * (1.0 - share) + f32::from(*other) * share;
            *byte = whole(mixed).0 as u8;
        }
    }
}
