//! What is done to the light of a view: contrast, brightness, inversion, blur, noise. Boxes stay where they are.

use crate::data::augment::Augment;
use crate::data::random::Stream;

/// Share of pictures that are blurred, and of those that get noise, where the recipe wants some.
const SOME: f32 = 0.3;

/// A change of tones.
#[derive(Clone, Debug, PartialEq)]
pub struct Tone {
    /// Grey becomes `128 + gain * (grey - 128) + lift`.
    gain: f32,
    lift: f32,
    /// Exponent of the light.
    gamma: f32,
    /// Standard deviations, of a Gaussian in pixels and of noise in greys.
    blur: f32,
    noise: f32,
}

impl Default for Tone {
    fn default() -> Self {
        Self { gain: 1.0, lift: 0.0, gamma: 1.0, blur: 0.0, noise: 0.0 }
    }
}

impl Tone {
    /// One within the recipe's bounds.
    pub fn some(augment: &Augment, draw: &mut Stream) -> Self {
        let mut within = |most: f64| draw.between(-1.0, 1.0) * most as f32;
        let (contrast, brightness, gamma) =
            (within(augment.contrast), within(augment.brightness), within(augment.contrast));
        let turned = draw.chance(augment.invert as f32);
        let mut some = |most: f64| if draw.chance(SOME) { draw.unit() * most as f32 } else { 0.0 };
        let (blur, noise) = (some(augment.blur), some(augment.noise));
        let gain = (1.0 + contrast).max(0.1) * if turned { -1.0 } else { 1.0 };
        Self { gain, lift: brightness * 255.0, gamma: gamma.exp(), blur, noise: noise * 255.0 }
    }

    /// Changes a picture of greys from 0 to 255.
    pub fn apply(&self, pixels: &mut [f32], [width, height]: [usize; 2], draw: &mut Stream) {
        if self.gamma != 1.0 {
            // A power for every pixel would take as long as all the rest.
            let table: Vec<f32> = (0..=256).map(|i| 255.0 * (i as f32 / 255.0).powf(self.gamma)).collect();
            for pixel in pixels.iter_mut() {
                let at = pixel.clamp(0.0, 255.0);
                let (i, rest) = (at as usize, at.fract());
                *pixel = table[i] * (1.0 - rest) + table[i + 1] * rest;
            }
        }
        if self.blur > 0.2 {
            blur(pixels, [width, height], self.blur);
        }
        if self.gain != 1.0 || self.lift != 0.0 {
            pixels.iter_mut().for_each(|pixel| *pixel = 128.0 + self.gain * (*pixel - 128.0) + self.lift);
        }
        if self.noise > 0.0 {
            // Four bytes add up to nearly a normal distribution of deviation 147.8.
            let by = self.noise / 147.8;
            for two in pixels.chunks_mut(2) {
                let bytes = draw.bits().to_le_bytes();
                for (pixel, four) in two.iter_mut().zip(bytes.chunks(4)) {
                    let sum: i32 = four.iter().map(|byte| i32::from(*byte)).sum();
                    *pixel += (sum - 510) as f32 * by;
                }
            }
        }
    }
}

/// A Gaussian blur, rows then columns; beyond the rim the rim goes on.
fn blur(pixels: &mut [f32], [width, height]: [usize; 2], sigma: f32) {
    let reach = (2.5 * sigma).ceil() as usize;
    let weights: Vec<f32> = (0..=reach).map(|i| (-0.5 * (i as f32 / sigma).powi(2)).exp()).collect();
    let whole: f32 = weights[0] + 2.0 * weights[1..].iter().sum::<f32>();
    let mut padded = Vec::new();
    let mut line_of = |line: &mut Vec<f32>| {
        let (first, last) = (line[0], line[line.len() - 1]);
        padded.clear();
        padded.resize(reach, first);
        padded.extend_from_slice(line);
        padded.resize(line.len() + 2 * reach, last);
        for (i, out) in line.iter_mut().enumerate() {
            let middle = i + reach;
            let mut sum = weights[0] * padded[middle];
            for (k, weight) in weights.iter().enumerate().skip(1) {
                sum += weight * (padded[middle - k] + padded[middle + k]);
            }
            *out = sum / whole;
        }
    };
    let mut line = Vec::new();
    for row in pixels.chunks_exact_mut(width) {
        line.clear();
        line.extend_from_slice(row);
        line_of(&mut line);
        row.copy_from_slice(&line);
    }
    for column in 0..width {
        line.clear();
        line.extend((0..height).map(|row| pixels[row * width + column]));
        line_of(&mut line);
        line.iter().enumerate().for_each(|(row, value)| pixels[row * width + column] = *value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blur_keeps_the_light_and_noise_its_strength() {
        let mut pixels = vec![0.0; 40 * 30];
        pixels[15 * 40 + 20] = 1000.0;
        blur(&mut pixels, [40, 30], 1.5);
        assert!((pixels.iter().sum::<f32>() - 1000.0).abs() < 0.5);
        assert!((pixels[15 * 40 + 20] - pixels[15 * 40 + 21] * 1.249).abs() < 1.0);
        let mut pixels = vec![100.0; 100 * 100];
        let tone = Tone { noise: 8.0, ..Tone::default() };
        tone.apply(&mut pixels, [100, 100], &mut Stream::new("test", 0, 0, 0));
        let mean = pixels.iter().sum::<f32>() / 1e4;
        let deviation = (pixels.iter().map(|p| (p - mean).powi(2)).sum::<f32>() / 1e4).sqrt();
        assert!((mean - 100.0).abs() < 0.5 && (deviation - 8.0).abs() < 0.5, "{mean} {deviation}");
    }

    #[test]
    fn nothing_is_changed_by_nothing() {
        let mut pixels = vec![17.0, 200.0, 3.5, 255.0];
        Tone::some(&Augment::default(), &mut Stream::new("test", 1, 0, 0)).apply(
            &mut pixels,
            [2, 2],
            &mut Stream::new("test", 0, 0, 0),
        );
        assert_eq!(pixels, [17.0, 200.0, 3.5, 255.0]);
    }
}
