//! What a camera's pictures look like: noise, sharpness, contrast, tint; told in numbers, so that scenes can be drawn alike.

use image::RgbImage;
use image::imageops::grayscale;
use serde::{Deserialize, Serialize};

/// Brightness must differ by this much between neighbours for an edge to be measured, of 255.
const EDGE: f32 = 24.0;

/// The look of a picture, or the mean of several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// Standard deviation of noise, 0 to 1 of full brightness.
    pub noise: f32,
    /// Pixels that an edge is spread over; 1 is as sharp as can be.
    pub blur: f32,
    /// Between the darkest and the brightest twentieth, 0 to 1.
    pub contrast: f32,
    /// The middle brightness, 0 to 1.
    pub brightness: f32,
    /// Each channel's share of brightness beside the mean of all, 1 for none.
    pub tint: [f32; 3],
}

impl Look {
    /// Of one picture; `None` where it is too small.
    pub fn of(picture: &RgbImage) -> Option<Self> {
        let (w, h) = (picture.width() as usize, picture.height() as usize);
        if w < 8 || h < 8 {
            return None;
        }
        let grey = grayscale(picture);
        let grey = grey.as_raw();
        let mut sorted = grey.clone();
        sorted.sort_unstable();
        let at = |share: f32| f32::from(sorted[((sorted.len() - 1) as f32 * share) as usize]) / 255.0;
        let sums = picture.pixels().fold([0.0_f64; 3], |mut sums, pixel| {
            sums.iter_mut().zip(pixel.0).for_each(|(sum, value)| *sum += f64::from(value));
            sums
        });
        let mean = (sums.iter().sum::<f64>() / 3.0).max(1.0);
        Some(Self {
            noise: noise(grey, w, h),
            blur: blur(grey, w),
            contrast: at(0.95) - at(0.05),
            brightness: at(0.5),
            tint: sums.map(|sum| (sum / mean) as f32),
        })
    }

    /// The mean of several.
    pub fn mean(all: &[Self]) -> Option<Self> {
        let n = all.len() as f32;
        let mean = |value: fn(&Self) -> f32| all.iter().map(value).sum::<f32>() / n;
        (!all.is_empty()).then(|| Self {
            noise: mean(|look| look.noise),
            blur: mean(|look| look.blur),
            contrast: mean(|look| look.contrast),
            brightness: mean(|look| look.brightness),
            tint: [mean(|look| look.tint[0]), mean(|look| look.tint[1]), mean(|look| look.tint[2])],
        })
    }
}

/// From a mask that is blind to slopes (Immerkaer, 1996, "Fast noise variance estimation"), by its median rather than its
/// mean, since edges are not noise.
fn noise(grey: &[u8], w: usize, h: usize) -> f32 {
    let mut answers = Vec::with_capacity((w - 2) * (h - 2));
    for y in 1..h - 1 {
        for x in 1..w - 1 {
            let at = |dx: usize, dy: usize| i32::from(grey[(y + dy - 1) * w + x + dx - 1]);
            let corners = at(0, 0) + at(2, 0) + at(0, 2) + at(2, 2);
            let sides = at(1, 0) + at(0, 1) + at(2, 1) + at(1, 2);
            answers.push((corners - 2 * sides + 4 * at(1, 1)).unsigned_abs());
        }
    }
    let middle = answers.len() / 2;
    let median = *answers.select_nth_unstable(middle).1 as f32;
    // The mask multiplies the standard deviation by 6; 1.4826 makes a median distance a standard deviation. A median of
    // whole numbers is no finer than that.
    (median * 1.4826 / 6.0) / 255.0
}

/// How many pixels an edge along a row takes from dark to bright: its height by its steepest step, in the median.
fn blur(grey: &[u8], w: usize) -> f32 {
    let mut widths = Vec::new();
    for row in grey.chunks_exact(w) {
        let mut x = 1;
        while x < w {
            let rises = row[x] > row[x - 1];
            let from = x - 1;
            let mut steepest = 0.0_f32;
            while x < w && row[x] != row[x - 1] && (row[x] > row[x - 1]) == rises {
                steepest = steepest.max((f32::from(row[x]) - f32::from(row[x - 1])).abs());
                x += 1;
            }
            let high = (f32::from(row[x - 1]) - f32::from(row[from])).abs();
            if high > EDGE * 2.0 && steepest > 0.0 {
                widths.push(high / steepest);
            }
            x += 1;
        }
    }
    if widths.is_empty() {
        return 1.0;
    }
    widths.sort_by(f32::total_cmp);
    widths[widths.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::random::Stream;
    use image::Rgb;

    /// Light squares on dark ones, blurred and noisy.
    fn board(sigma: f32, noise: f32, tint: [f32; 3]) -> RgbImage {
        let mut stream = Stream::new("test", 1, 0, 0);
        let sharp = RgbImage::from_fn(160, 120, |x, y| {
            let light = (x / 20 + y / 20) % 2 == 0;
            Rgb(tint.map(|t| ((if light { 180.0 } else { 60.0 }) * t) as u8))
        });
        let mut out = if sigma > 0.0 { image::imageops::blur(&sharp, sigma) } else { sharp };
        for pixel in out.pixels_mut() {
            // Three uniform draws are nearly a bell of standard deviation 1/2.
            let bell: f32 = (0..3).map(|_| stream.between(-0.5, 0.5)).sum();
            for value in &mut pixel.0 {
                *value = (f32::from(*value) + bell * 2.0 * noise).round().clamp(0.0, 255.0) as u8;
            }
        }
        out
    }

    #[test]
    fn looks_are_told_apart() {
        let look = |sigma, noise, tint| Look::of(&board(sigma, noise, tint)).expect("it is large");
        let clean = look(0.0, 0.0, [1.0; 3]);
        assert!(clean.noise < 0.005 && clean.blur < 1.1 && (clean.contrast - 0.47).abs() < 0.03, "{clean:?}");
        let noisy = look(0.0, 12.0, [1.0; 3]);
        assert!((noisy.noise * 255.0 - 12.0).abs() < 5.0, "{noisy:?}");
        let soft = look(2.5, 0.0, [1.0; 3]);
        assert!(soft.blur > 3.0, "{soft:?}");
        let warm = look(0.0, 0.0, [1.2, 1.0, 0.8]);
        assert!((warm.tint[0] - 1.2).abs() < 0.02 && (warm.tint[2] - 0.8).abs() < 0.02, "{warm:?}");
        assert_eq!(Look::of(&RgbImage::new(3, 3)), None);
        assert_eq!(Look::mean(&[]), None);
        assert_eq!(Look::mean(&[clean, clean]).map(|look| look.blur), Some(clean.blur));
    }
}
