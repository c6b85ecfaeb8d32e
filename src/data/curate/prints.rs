//! What pictures are told apart by: a number for the very pixels, and one for what they look like.

use super::super::error::DataError;
use super::super::progress::Progress;
use super::super::samples::Samples;
use super::each::each;
use sha2::{Digest as _, Sha256};
use std::f32::consts::PI;
use std::sync::LazyLock;

/// Rows and columns of the small grey copy of each picture.
const SIDE: usize = 16;
/// Waves along each axis that the look is made of.
const WAVES: usize = 8;
/// The contrast of a picture that looks even: two levels of grey.
const EVEN: f32 = (SIDE * SIDE) as f32 * 4.0;

/// A picture's numbers.
#[derive(Clone, Debug)]
pub struct Print {
    /// Half of the SHA-256 of size and pixels: equal for equal pictures alone.
    pub exact: u128,
    /// 64 bits, few of which differ where pictures look alike (a perceptual hash: Zauner, 2010, section 3.2.1).
    pub look: u64,
    /// The picture in grey, 16x16.
    pub small: [u8; SIDE * SIDE],
    /// Sum of that copy's squared differences from its mean.
    contrast: f32,
}

impl Default for Print {
    fn default() -> Self {
        Self { exact: 0, look: 0, small: [0; SIDE * SIDE], contrast: 0.0 }
    }
}

impl Print {
    /// Of one picture.
    pub fn of(pixels: &[u8], size: [usize; 2], channels: usize) -> Self {
        Self::with(&Shrink::new(size, SIDE), pixels, size, channels)
    }

    fn with(shrink: &Shrink, pixels: &[u8], [width, height]: [usize; 2], channels: usize) -> Self {
        let mut digest = Sha256::new();
        digest.update(format!("{width} {height} {channels}\n"));
        digest.update(pixels);
        let digest = digest.finalize();
        let exact = digest.iter().take(16).fold(0, |bits: u128, byte| bits << 8 | u128::from(*byte));
        let small = shrink.shrink(&grey(pixels, width * height, channels));
        let bytes = std::array::from_fn(|i| small[i].round() as u8);
        Self { exact, look: look(&small), small: bytes, contrast: contrast(&small) }
    }

    /// How much the small copies differ, against how much light and dark there is in them: 0 for none, about 1 for
    /// pictures that have nothing to do with each other.
    pub fn difference(&self, other: &Self) -> f32 {
        let square = |(a, b): (&u8, &u8)| u32::from(a.abs_diff(*b)).pow(2);
        let sum: u32 = self.small.iter().zip(&other.small).map(square).sum();
        // A picture without light and dark still differs from another one by more than nothing.
        (sum as f32 / (self.contrast + other.contrast + EVEN)).sqrt().min(1.0)
    }
}

/// Sum of the squared differences from their mean.
fn contrast(small: &[f32]) -> f32 {
    let mean = small.iter().sum::<f32>() / small.len() as f32;
    small.iter().map(|pixel| (pixel - mean).powi(2)).sum()
}

/// The numbers of every picture.
pub fn prints(samples: &Samples, job: &dyn Progress) -> Result<Vec<Print>, DataError> {
    let one_size = samples.sizes.is_none().then(|| Shrink::new([samples.width, samples.height], SIDE));
    each(samples.len(), "Looking at every image", job, |row| {
        let (pixels, size, channels) = (samples.image(row), samples.size(row), samples.channels);
        match &one_size {
            Some(shrink) => Print::with(shrink, &pixels, size, channels),
            None => Print::of(&pixels, size, channels),
        }
    })
}

/// The mean of all channels, 0 to 255.
pub(super) fn grey(pixels: &[u8], area: usize, channels: usize) -> Vec<f32> {
    let mut grey = vec![0.0; area];
    for plane in pixels.chunks_exact(area.max(1)).take(channels) {
        grey.iter_mut().zip(plane).for_each(|(sum, pixel)| *sum += f32::from(*pixel));
    }
    grey.iter_mut().for_each(|sum| *sum /= channels.max(1) as f32);
    grey
}

/// Makes grey pictures of one size small: each pixel is the mean of what it covers.
pub(super) struct Shrink {
    width: usize,
    columns: Vec<Vec<(usize, f32)>>,
    rows: Vec<Vec<(usize, f32)>>,
}

impl Shrink {
    /// From that width and height to `side` by `side`.
    pub(super) fn new([width, height]: [usize; 2], side: usize) -> Self {
        Self { width, columns: shares(width, side), rows: shares(height, side) }
    }

    /// The small picture; black where there is nothing to shrink.
    pub(super) fn shrink(&self, grey: &[f32]) -> Vec<f32> {
        let side = self.columns.len();
        let mut narrow = vec![0.0; grey.len() / self.width.max(1) * side];
        let lines = grey.chunks_exact(self.width.max(1));
        for (line, out) in lines.zip(narrow.chunks_exact_mut(side)) {
            for (pixel, shares) in out.iter_mut().zip(&self.columns) {
                *pixel = shares.iter().map(|(x, share)| line[*x] * share).sum();
            }
        }
        let mut small = vec![0.0; side * side];
        for (out, shares) in small.chunks_exact_mut(side).zip(&self.rows) {
            for (y, share) in shares {
                let line = &narrow[y * side..(y + 1) * side];
                out.iter_mut().zip(line).for_each(|(pixel, value)| *pixel += value * share);
            }
        }
        small
    }
}

/// For each of `side` pixels, the pixels of `n` that lie under it, and how much of it each covers.
fn shares(n: usize, side: usize) -> Vec<Vec<(usize, f32)>> {
    let step = n as f32 / side as f32;
    let covered = |i: usize| {
        let (start, end) = (i as f32 * step, (i + 1) as f32 * step);
        let first = (start as usize).min(n.saturating_sub(1));
        let last = ((end.ceil() as usize).max(first + 1)).min(n);
        let share = |x: usize| (end.min((x + 1) as f32) - start.max(x as f32)).max(0.0) / step;
        (first..last).map(|x| (x, share(x))).collect()
    };
    (0..side).map(covered).collect()
}

/// Which of the slow waves (discrete cosines, without the mean) are stronger than the middle one.
fn look(small: &[f32]) -> u64 {
    static COSINES: LazyLock<[[f32; SIDE]; WAVES + 1]> = LazyLock::new(|| {
        let wave = |k: usize, x: usize| (PI * k as f32 * (2 * x + 1) as f32 / (2 * SIDE) as f32).cos();
        std::array::from_fn(|k| std::array::from_fn(|x| wave(k, x)))
    });
    let cosines = &*COSINES;
    // One wave more along the rows in place of the mean: 64 in all.
    let mut along = [[0.0; WAVES + 1]; SIDE];
    for (line, sums) in small.chunks_exact(SIDE).zip(&mut along) {
        for (k, sum) in sums.iter_mut().enumerate() {
            *sum = line.iter().zip(&cosines[k]).map(|(pixel, wave)| pixel * wave).sum();
        }
    }
    let strength = |u: usize, v: usize| -> f32 {
        along.iter().zip(&cosines[v]).map(|(sums, wave)| sums[u] * wave).sum()
    };
    let mut strengths = [0.0; 64];
    for (i, value) in strengths.iter_mut().enumerate() {
        let exact = if i == 0 { strength(WAVES, 0) } else { strength(i % WAVES, i / WAVES) };
        // What rounding left of nothing is nothing.
        *value = if exact.abs() < 0.05 { 0.0 } else { exact };
    }
    let mut sorted = strengths;
    sorted.sort_by(f32::total_cmp);
    let middle = f32::midpoint(sorted[31], sorted[32]);
    strengths.iter().enumerate().fold(0, |bits, (i, value)| bits | u64::from(*value > middle) << i)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disc(centre: f32, radius: f32, light: u8) -> Vec<u8> {
        let inside = |i: usize| {
            let (x, y) = ((i % 28) as f32 - centre, (i / 28) as f32 - centre);
            x * x + y * y < radius * radius
        };
        (0..784).map(|i| if inside(i) { light } else { i as u8 % 8 }).collect()
    }

    fn print(pixels: &[u8]) -> Print {
        Print::of(pixels, [28, 28], 1)
    }

    #[test]
    fn the_same_pixels_have_one_number_and_others_have_others() {
        let picture = disc(14.0, 8.0, 200);
        let mut other = picture.clone();
        other[5] ^= 1;
        assert_eq!(print(&picture).exact, print(&picture).exact);
        assert_ne!(print(&picture).exact, print(&other).exact);
        assert_ne!(print(&picture).exact, Print::of(&picture, [14, 56], 1).exact);
    }

    #[test]
    fn what_looks_alike_has_a_like_number() {
        let one = print(&disc(14.0, 8.0, 200));
        let bright = print(&disc(14.0, 8.0, 215));
        let far = print(&disc(9.0, 4.0, 200));
        assert!((one.look ^ bright.look).count_ones() <= 4);
        assert!((one.look ^ far.look).count_ones() > 12);
        assert!(one.difference(&bright) < 0.1 && one.difference(&far) > 0.4);
        assert_eq!(one.difference(&one), 0.0);
        // Half of the waves are stronger than the middle one; in an even picture none is.
        assert!((30..=32).contains(&one.look.count_ones()));
        assert_eq!((print(&[9; 784]).look, print(&[200; 784]).look), (0, 0));
    }

    #[test]
    fn pictures_of_any_size_shrink_to_what_they_show() {
        for [width, height] in [[1, 1], [3, 5], [16, 16], [31, 17], [200, 90]] {
            let picture = vec![100.0; width * height];
            let small = Shrink::new([width, height], 16).shrink(&picture);
            assert!(small.iter().all(|pixel| (pixel - 100.0).abs() < 1e-3), "{width}x{height}: {small:?}");
        }
        let halves: Vec<f32> = (0..64).map(|i| if i % 8 < 4 { 0.0 } else { 80.0 }).collect();
        assert_eq!(Shrink::new([8, 8], 2).shrink(&halves), [0.0, 80.0, 0.0, 80.0]);
        assert!(Shrink::new([0, 0], 16).shrink(&[]).iter().all(|pixel| *pixel == 0.0));
    }
}
