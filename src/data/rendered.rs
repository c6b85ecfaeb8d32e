//! Digits drawn with the fonts at hand: a data set that needs no download and looks much like MNIST.
//!
//! Test images come from other random streams than training images but from the same fonts: the test accuracy says
//! how well new pictures of known fonts are read, not how well unknown fonts or handwriting are.

use super::DataSet;
use super::cache::{self, Decoded, Part};
use super::error::DataError;
use super::fetch::Fetched;
use super::fonts::{Face, Fonts};
use super::places::{Availability, Places};
use super::progress::{Progress, Stage, Unit};
use super::random::Stream;
use super::samples::Dataset;
use crate::knobs::{Knob, Knobs, Visitor};
use ab_glyph::point;
use serde::{Deserialize, Serialize};
use std::f32::consts::TAU;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Goes up with every change of how digits are drawn, so that no older picture is taken from the cache.
const VERSION: u32 = 1;
/// Rows and columns of an image, as in MNIST.
const SIDE: usize = 28;
/// Digits are drawn so much larger on each side, for strokes that can be made thicker by less than a pixel.
const OVERSAMPLING: usize = 2;
const LARGE: usize = SIDE * OVERSAMPLING;
/// Images drawn between two looks at progress and cancel.
const PORTION: usize = 64;

/// Settings of the rendered digits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rendered {
    /// Training images.
    pub train: u64,
    /// Test images.
    pub test: u64,
    /// Seed of fonts, positions and noise.
    pub seed: u64,
}

impl Default for Rendered {
    fn default() -> Self {
        Self { train: 12_000, test: 2_000, seed: 1 }
    }
}

impl Knobs for Rendered {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { train, test, seed } = self;
        visitor.int("train", train, Knob::log(10, 200_000, "Training images to draw"));
        visitor.int("test", test, Knob::log(10, 50_000, "Test images to draw"));
        visitor.int("seed", seed, Knob::range(0, u32::MAX as u64, "Same seed, same pictures"));
    }
}

impl DataSet for Rendered {
    /// Draws the digits, or reads the cache of them. The pictures depend on the settings and the fonts at hand.
    fn load(&self, places: &Places, job: &dyn Progress) -> Result<Dataset, DataError> {
        self.load_with(&Fonts::at_hand(), places, job)
    }

    fn fetch(&self, places: &Places, _: &dyn Progress) -> Result<Fetched, DataError> {
        Ok(Fetched { folder: places.cache.clone(), ..Fetched::default() })
    }

    fn available(&self, _: &Places) -> Availability {
        Availability::Ready
    }

    fn shape(&self) -> Option<[usize; 3]> {
        Some([1, SIDE, SIDE])
    }
}

impl Rendered {
    fn load_with(&self, fonts: &Fonts, places: &Places, job: &dyn Progress) -> Result<Dataset, DataError> {
        let Self { train, test, seed } = *self;
        let identity = format!("{train} {test} {seed}");
        let stamp = format!("{VERSION} {identity} {}", fonts.digest);
        cache::through(places, "rendered", &identity, &stamp, || {
            let done = AtomicU64::new(0);
            let report = |portion: usize| {
                let done = done.fetch_add(portion as u64, Ordering::Relaxed) + portion as u64;
                job.report(Stage { text: "Drawing digits", done, total: train + test, unit: Unit::Images });
                !job.cancelled()
            };
            let part = |split: u64, n: u64| draw_part(fonts, seed, split, n as usize, &report);
            Ok(Decoded {
                name: "Rendered digits".to_owned(),
                classes: (0..10).map(|digit| digit.to_string()).collect(),
                channels: 1,
                height: SIDE,
                width: SIDE,
                train: part(0, train)?,
                test: part(1, test)?,
                warnings: Vec::new(),
            })
        })
    }
}

/// Draws a split on every core; `report` takes note of images drawn and says whether to go on.
fn draw_part(
    fonts: &Fonts,
    seed: u64,
    split: u64,
    n: usize,
    report: &(dyn Fn(usize) -> bool + Sync),
) -> Result<Part, DataError> {
    let labels: Vec<u8> = (0..n).map(|i| label(seed, split, i as u64)).collect();
    let mut pixels = vec![0; n * SIDE * SIDE];
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = n.div_ceil(n_threads).max(1);
    let stopped = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for (thread, (pixels, labels)) in
            pixels.chunks_mut(share * SIDE * SIDE).zip(labels.chunks(share)).enumerate()
        {
            let stopped = &stopped;
            scope.spawn(move || {
                let mut pen = Pen::new();
                let portions = pixels.chunks_mut(PORTION * SIDE * SIDE).zip(labels.chunks(PORTION));
                let mut i = (thread * share) as u64;
                for (pixels, labels) in portions {
                    for (image, &label) in pixels.chunks_exact_mut(SIDE * SIDE).zip(labels) {
                        pen.draw(fonts, label, &mut Stream::new("rendered", seed, split, i), image);
                        i += 1;
                    }
                    if stopped.load(Ordering::Relaxed) || !report(labels.len()) {
                        stopped.store(true, Ordering::Relaxed);
                        return;
                    }
                }
            });
        }
    });
    if stopped.into_inner() { Err(DataError::Cancelled) } else { Ok(Part { pixels, labels }) }
}

/// The class of an image: each ten images in a row are the ten digits in a random order.
fn label(seed: u64, split: u64, i: u64) -> u8 {
    let mut digits: [u8; 10] = std::array::from_fn(|digit| digit as u8);
    Stream::new("labels", seed, split, i / 10).shuffle(&mut digits);
    digits[(i % 10) as usize]
}

/// Draws one image after another, with memory that it keeps.
struct Pen {
    large: Vec<f32>,
    blurred: Vec<f32>,
}

impl Pen {
    fn new() -> Self {
        Self { large: vec![0.0; LARGE * LARGE], blurred: vec![0.0; LARGE * LARGE] }
    }

    /// Draws a digit as the stream has it: white on black, never inverted. `image` has 28 x 28 bytes.
    fn draw(&mut self, fonts: &Fonts, digit: u8, stream: &mut Stream, image: &mut [u8]) {
        let family = &fonts.families[stream.below(fonts.families.len() as u32) as usize];
        let face = &family[stream.below(family.len() as u32) as usize];
        self.large.fill(0.0);
        self.outline(face, digit, stream);
        self.weigh(stream);
        self.expose(stream, image);
    }

    /// Draws the outline, transformed: size, width, slant, rotation, position, and a hand that trembles.
    fn outline(&mut self, face: &Face, digit: u8, stream: &mut Stream) {
        let shape = &face.digits[usize::from(digit)];
        let center = point((shape.min.x + shape.max.x) / 2.0, (shape.min.y + shape.max.y) / 2.0);
        // MNIST's digits are 20 pixels in their longer direction.
        let height = stream.between(15.0, 22.0);
        let scale_y = height / (shape.max.y - shape.min.y);
        let scale_x = scale_y * stream.between(0.7, 1.3);
        // A broad digit of a broad font must still fit.
        let scale_x = scale_x.min(22.0 / (shape.max.x - shape.min.x));
        let shear = stream.between(-0.3, 0.4);
        let (sin, cos) = stream.between(-0.3, 0.3).sin_cos();
        let (shift_x, shift_y) = (stream.between(-2.0, 2.0), stream.between(-2.0, 2.0));
        let mut wave = || {
            let strength = stream.between(0.0, 1.5);
            let turns = stream.between(0.5, 1.3) / 20.0 * TAU;
            let (sin, cos) = stream.between(0.0, TAU).sin_cos();
            (strength * cos, turns * cos, turns * sin, stream.between(0.0, TAU))
        };
        let (wave_x, wave_y) = (wave(), wave());
        let middle = SIDE as f32 / 2.0;
        let moved = shape.moved(|p| {
            let (x, y) = ((p.x - center.x) * scale_x, (p.y - center.y) * scale_y);
            let x = x - shear * y;
            let (x, y) = (x * cos - y * sin, x * sin + y * cos);
            let tremble = |(strength, along_x, along_y, phase): (f32, f32, f32, f32)| {
                strength * (along_x * x + along_y * y + phase).sin()
            };
            let (x, y) = (x + tremble(wave_x) + shift_x, y + tremble(wave_y) + shift_y);
            point((x + middle) * OVERSAMPLING as f32, (y + middle) * OVERSAMPLING as f32)
        });
        moved.draw(&mut self.large, LARGE);
    }

    /// Makes the stroke thicker or thinner, and its edge softer or harder: blurs, then cuts at a level.
    fn weigh(&mut self, stream: &mut Stream) {
        for _ in 0..2 {
            blur(&self.large, &mut self.blurred, LARGE);
            std::mem::swap(&mut self.large, &mut self.blurred);
        }
        // Where a stroke is thinner than the blur, the level is taken from what is left of it.
        let brightest = self.large.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        let level = stream.between(0.2, 0.65) * brightest;
        let softness = stream.between(0.2, 0.8);
        let (dark, light) = (level * (1.0 - softness), level * (1.0 + softness));
        for pixel in &mut self.large {
            *pixel = ((*pixel - dark) / (light - dark)).clamp(0.0, 1.0);
        }
    }

    /// Brings it to its final size, with contrast and a little noise.
    fn expose(&self, stream: &mut Stream, image: &mut [u8]) {
        let ink = stream.between(0.7, 1.0);
        let noise = if stream.chance(0.5) { stream.between(0.0, 0.1) } else { 0.0 };
        for (y, row) in image.chunks_exact_mut(SIDE).enumerate() {
            for (x, pixel) in row.iter_mut().enumerate() {
                let corner = y * OVERSAMPLING * LARGE + x * OVERSAMPLING;
                let sum: f32 = (0..OVERSAMPLING)
                    .flat_map(|dy| (0..OVERSAMPLING).map(move |dx| corner + dy * LARGE + dx))
                    .map(|at| self.large[at])
                    .sum();
                let mean = sum / (OVERSAMPLING * OVERSAMPLING) as f32;
                // Three uniform numbers make a fair bell.
                let bell =
                    if noise > 0.0 { stream.unit() + stream.unit() + stream.unit() - 1.5 } else { 0.0 };
                *pixel = ((mean * ink + noise * bell).clamp(0.0, 1.0) * 255.0).round() as u8;
            }
        }
    }
}

/// A mean over three by three pixels; the border stays as it is.
fn blur(from: &[f32], to: &mut [f32], width: usize) {
    to.copy_from_slice(from);
    for y in 1..from.len() / width - 1 {
        for x in 1..width - 1 {
            let sum: f32 = [y - 1, y, y + 1]
                .iter()
                .map(|row| from[row * width + x - 1..][..3].iter().sum::<f32>())
                .sum();
            to[y * width + x] = sum / 9.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::progress::Silent;
    use super::super::samples::Samples;
    use super::super::testing::empty_places;
    use super::*;

    fn drawn(settings: &Rendered) -> Dataset {
        let (_folder, places) = empty_places();
        settings.load_with(&Fonts::built_in(), &places, &Silent).expect("it can be drawn")
    }

    fn bytes(samples: &Samples) -> &[u8] {
        samples.pixels.bytes().expect("they lie in a file")
    }

    #[test]
    fn an_image_depends_on_seed_split_and_number_only() {
        let few = drawn(&Rendered { train: 150, test: 20, seed: 3 });
        let many = drawn(&Rendered { train: 400, test: 150, seed: 3 });
        assert_eq!(bytes(&few.train), &bytes(&many.train)[..150 * SIDE * SIDE]);
        assert_eq!(few.train.labels[..], many.train.labels[..150]);
        assert_ne!(bytes(&few.train), bytes(&many.test), "splits differ");
        let other = drawn(&Rendered { train: 150, test: 20, seed: 4 });
        assert_ne!(bytes(&few.train), bytes(&other.train));
        assert_ne!(few.fingerprint, other.fingerprint);
    }

    #[test]
    fn the_built_in_fonts_draw_the_same_everywhere() {
        // A change of how digits are drawn needs a new VERSION, and then a new number here. The sum leaves room for
        // the last bit of a sine, which is not the same on every machine.
        let drawn = drawn(&Rendered { train: 200, test: 10, seed: 1 });
        let sum: u64 = bytes(&drawn.train).iter().map(|&pixel| u64::from(pixel)).sum();
        assert!(sum.abs_diff(3_901_733) < 200, "{sum}");
    }

    #[test]
    fn classes_are_balanced_and_digits_look_like_mnist() {
        let dataset = drawn(&Rendered { train: 1000, test: 100, seed: 1 });
        for class in 0..10 {
            assert_eq!(dataset.train.labels.iter().filter(|&&label| label == class).count(), 100);
        }
        for i in 0..dataset.train.len() {
            let image = dataset.train.image(i);
            let ink = image.iter().filter(|&&pixel| pixel > 63).count();
            // From a thin one to a bold eight.
            assert!((15..350).contains(&ink), "image {i} has {ink} pixels of ink");
            let border = (0..SIDE).flat_map(|at| [at, 27 * SIDE + at, at * SIDE, at * SIDE + 27]);
            let cut = border.filter(|&at| image[at] > 127).count();
            assert!(cut < 12, "image {i} is cut off: {cut} bright pixels on the border");
        }
        // MNIST's mean is 0.13 of white.
        let sum: u64 = bytes(&dataset.train).iter().map(|&pixel| u64::from(pixel)).sum();
        let mean = sum as f64 / 255.0 / bytes(&dataset.train).len() as f64;
        assert!((0.06..0.2).contains(&mean), "{mean}");
    }

    #[test]
    fn other_fonts_are_not_taken_from_the_cache() {
        let (_folder, places) = empty_places();
        let settings = Rendered { train: 50, test: 10, seed: 1 };
        let mut fonts = Fonts::built_in();
        let both = settings.load_with(&fonts, &places, &Silent).expect("it can be drawn");
        fonts = Fonts::new(fonts.families.into_iter().take(1).collect());
        let one = settings.load_with(&fonts, &places, &Silent).expect("it can be drawn");
        assert_ne!(both.fingerprint, one.fingerprint);
    }

    #[test]
    fn drawing_stops_when_asked() {
        struct Stop;
        impl Progress for Stop {
            fn report(&self, _: Stage<'_>) {}
            fn cancelled(&self) -> bool {
                true
            }
        }
        let (_folder, places) = empty_places();
        let outcome = Rendered::default().load_with(&Fonts::built_in(), &places, &Stop);
        assert!(matches!(outcome, Err(DataError::Cancelled)));
        assert!(!places.decoded().exists(), "nothing half drawn is kept");
    }
}
