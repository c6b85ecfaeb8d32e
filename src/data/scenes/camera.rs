//! What a camera does to a scene: blur, sharpening, exposure, white balance, noise, and JPEG.

use super::canvas::Canvas;
use super::chance::{bell, log_between, pick};
use super::noise::SIDE;
use super::raster::blur;
use super::settings::Like;
use crate::data::random::Stream;
use image::codecs::jpeg::JpegEncoder;

/// A camera and how it was held.
#[derive(Clone, Debug)]
pub(super) struct Camera {
    /// Out of focus by so many pixels.
    defocus: f32,
    /// Moved by so many pixels to the right and down while the picture was taken.
    motion: [f32; 2],
    /// Edges made sharper, as phones do.
    sharpen: f32,
    /// Factor of each channel.
    gain: [f32; 3],
    /// Exponent: above 1 is darker in the middle.
    gamma: f32,
    /// Of blacks and whites: 0 keeps them.
    fog: f32,
    saturation: f32,
    /// Standard deviation of noise in dark and in light, and of its colour.
    noise: [f32; 2],
    blotches: f32,
    /// Quality of the JPEG, if it is one.
    jpeg: Option<u8>,
    /// Where in the noise it begins.
    start: usize,
}

impl Camera {
    /// Some camera for a picture whose digits are `digit` pixels high; `hard` from 0 (good) to 1 (difficult).
    pub(super) fn some(digit: f32, hard: f32, night: bool, stream: &mut Stream) -> Self {
        // What would make digits unreadable is no use: blur is bounded by their size.
        let most = (digit * 0.07).clamp(0.4, 5.0);
        let defocus = if stream.chance(0.6) { stream.unit().powi(2) * most * hard } else { 0.0 };
        let motion = if stream.chance(0.15 * hard) {
            let (sin, cos) = stream.between(0.0, std::f32::consts::TAU).sin_cos();
            let far = stream.between(0.5, 2.5) * most;
            [cos * far, sin * far]
        } else {
            [0.0; 2]
        };
        let exposure =
            (bell(stream) * 0.18 * hard).exp() * if night { stream.between(0.35, 0.8) } else { 1.0 };
        let (warm, green) = (bell(stream) * 0.06 * hard, bell(stream) * 0.03 * hard);
        let noisy = if night { 2.5 } else { 1.0 };
        let strength = if stream.chance(0.8) { log_between(stream, 0.003, 0.03) * noisy * hard } else { 0.0 };
        let good = stream.chance(0.35);
        Self {
            defocus,
            motion,
            sharpen: if stream.chance(0.35) { stream.between(0.2, 1.5) } else { 0.0 },
            gain: [exposure * (1.0 + warm), exposure * (1.0 + green), exposure * (1.0 - warm)],
            gamma: (bell(stream) * 0.15 * hard).exp(),
            fog: if stream.chance(0.2 * hard) { stream.between(0.0, 0.25) } else { 0.0 },
            saturation: if stream.chance(0.06) { 0.0 } else { 1.0 + 0.25 * bell(stream).clamp(-2.0, 2.0) },
            noise: [strength * 1.3, strength * 0.7],
            blotches: strength * stream.between(0.0, 1.5),
            jpeg: stream.chance(0.6).then(|| {
                let worst = if good { 75.0 } else { 30.0 + 40.0 * (1.0 - hard) };
                stream.between(worst, 96.0) as u8
            }),
            start: *pick(stream, &[0, 7919, 16_001, 31_337, 48_611]) + stream.below(4096) as usize,
        }
    }

    /// More like a camera that was measured, as far as the digits, `digit` pixels high, can still be read.
    pub(super) fn towards(mut self, like: &Like, digit: f32) -> Self {
        let share = like.strength as f32;
        if share <= 0.0 {
            return self;
        }
        let mix = |mine: f32, theirs: f64| mine + (theirs as f32 - mine) * share;
        // An edge blurred by a bell of standard deviation s takes sqrt(2 pi) s pixels at its steepest.
        let sigma = ((like.blur * like.blur - 1.0).max(0.0) / std::f64::consts::TAU).sqrt();
        self.defocus = mix(self.defocus, sigma.min(f64::from((digit * 0.07).clamp(0.4, 5.0))));
        self.motion = self.motion.map(|far| far * (1.0 - share));
        self.noise = [mix(self.noise[0], like.noise * 1.3), mix(self.noise[1], like.noise * 0.7)];
        self.gain = [mix(self.gain[0], like.red), mix(self.gain[1], 1.0), mix(self.gain[2], like.blue)];
        // Fog lifts blacks and lowers whites: what it leaves of contrast is its rest.
        self.fog = mix(self.fog, (1.0 - like.contrast / 0.8).clamp(0.0, 0.7));
        self
    }

    /// Takes the picture: `out` becomes red, green and blue in turn, row after row.
    pub(super) fn take(&self, canvas: &mut Canvas, noise: &Noise, out: &mut Vec<u8>) {
        let (w, h) = (canvas.width, canvas.height);
        let Canvas { planes, scratch, .. } = canvas;
        for plane in planes.iter_mut() {
            blur(plane, w, h, self.defocus, scratch);
            move_along(plane, w, h, self.motion, scratch);
        }
        if self.sharpen > 0.0 {
            let mut soft = Vec::new();
            for plane in planes.iter_mut() {
                soft.clone_from(plane);
                blur(&mut soft, w, h, 1.0, scratch);
                plane.iter_mut().zip(&soft).for_each(|(p, soft)| *p += (*p - soft) * self.sharpen);
            }
        }
        self.develop(planes, w, noise, out);
        if let Some(quality) = self.jpeg {
            through_jpeg(out, w, h, quality);
        }
    }

    /// Exposure, tones and noise.
    fn develop(&self, planes: &[Vec<f32>; 3], w: usize, noise: &Noise, out: &mut Vec<u8>) {
        let n = planes[0].len();
        out.clear();
        out.resize(3 * n, 0);
        // A power for every pixel would take as long as all the rest.
        let tones: Vec<f32> = (0..=1024)
            .map(|i| (i as f32 / 512.0).powf(self.gamma) * (1.0 - self.fog) + self.fog * 0.55)
            .collect();
        let tone = |v: f32| tones[(v.clamp(0.0, 2.0) * 512.0 + 0.5) as usize];
        let [r, g, b] = planes;
        let [dark, light] = self.noise;
        for (at, pixel) in out.chunks_exact_mut(3).enumerate() {
            let colour = [tone(r[at] * self.gain[0]), tone(g[at] * self.gain[1]), tone(b[at] * self.gain[2])];
            let grey = 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2];
            let strength = dark + (light - dark) * grey.min(1.0);
            let (x, y) = (at % w, at / w);
            let place = (y * 311 + x + self.start) % (SIDE * SIDE);
            let common = noise.fine[place] * strength;
            for c in 0..3 {
                let other = (place + (c + 1) * 20_011) % (SIDE * SIDE);
                let v = grey
                    + (colour[c] - grey) * self.saturation
                    + common
                    + noise.fine[other] * strength * 0.6
                    + noise.coarse[other] * self.blotches;
                pixel[c] = (v * 255.0 + 0.5).clamp(0.0, 255.0) as u8;
            }
        }
    }
}

/// Noise that is made once.
#[derive(Debug)]
pub(super) struct Noise {
    /// Of one pixel each, standard deviation 1.
    fine: Vec<f32>,
    /// Of a few pixels each, standard deviation 1.
    coarse: Vec<f32>,
}

impl Noise {
    pub(super) fn new() -> Self {
        let mut stream = Stream::new("noise", 0, 0, 0);
        let fine: Vec<f32> = (0..SIDE * SIDE).map(|_| bell(&mut stream)).collect();
        let mut coarse: Vec<f32> = (0..SIDE * SIDE).map(|_| bell(&mut stream)).collect();
        blur(&mut coarse, SIDE, SIDE, 2.0, &mut Vec::new());
        let power: f32 = coarse.iter().map(|v| v * v).sum::<f32>() / coarse.len() as f32;
        coarse.iter_mut().for_each(|v| *v /= power.sqrt());
        Self { fine, coarse }
    }
}

/// The mean of the plane at several places along a line.
fn move_along(plane: &mut [f32], w: usize, h: usize, [dx, dy]: [f32; 2], scratch: &mut Vec<f32>) {
    let n = dx.abs().max(dy.abs()).ceil() as i32;
    if n < 1 {
        return;
    }
    scratch.clear();
    scratch.resize(w * h, 0.0);
    let by = 1.0 / (n + 1) as f32;
    for i in 0..=n {
        let share = i as f32 / n as f32 - 0.5;
        let (sx, sy) = ((dx * share).round() as i32, (dy * share).round() as i32);
        for y in 0..h {
            let from = &plane[(y as i32 + sy).clamp(0, h as i32 - 1) as usize * w..][..w];
            let to = &mut scratch[y * w..][..w];
            let inside = w - sx.unsigned_abs() as usize % w;
            let (skip_to, skip_from) = if sx < 0 { (w - inside, 0) } else { (0, w - inside) };
            for (to, from) in to[skip_to..][..inside].iter_mut().zip(&from[skip_from..][..inside]) {
                *to += from * by;
            }
            let edge = if sx < 0 { from[0] } else { from[w - 1] };
            let rest = if sx < 0 { &mut to[..skip_to] } else { &mut to[inside..] };
            rest.iter_mut().for_each(|to| *to += edge * by);
        }
    }
    plane.copy_from_slice(scratch);
}

/// Packs and unpacks the picture; left as it is should that fail.
fn through_jpeg(pixels: &mut Vec<u8>, w: usize, h: usize, quality: u8) {
    let mut packed = Vec::with_capacity(pixels.len() / 4);
    let encoded = JpegEncoder::new_with_quality(&mut packed, quality).encode(
        pixels,
        w as u32,
        h as u32,
        image::ExtendedColorType::Rgb8,
    );
    if encoded.is_err() {
        return;
    }
    if let Ok(picture) = image::load_from_memory_with_format(&packed, image::ImageFormat::Jpeg) {
        *pixels = picture.into_rgb8().into_raw();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cameras_come_nearer_to_the_one_that_was_measured() {
        let some = || Camera::some(40.0, 0.7, false, &mut Stream::new("test", 3, 0, 0));
        let like = |strength| Like { strength, noise: 0.08, blur: 4.0, contrast: 0.4, red: 1.3, blue: 0.7 };
        let (none, half, all) = (
            some().towards(&like(0.0), 40.0),
            some().towards(&like(0.5), 40.0),
            some().towards(&like(1.0), 40.0),
        );
        assert_eq!((none.noise, none.gain, none.defocus), (some().noise, some().gain, some().defocus));
        assert!(
            (all.noise[0] - 0.104).abs() < 1e-4 && (all.gain[0] - 1.3).abs() < 1e-4 && all.motion == [0.0; 2]
        );
        assert!((half.noise[0] - (none.noise[0] + all.noise[0]) / 2.0).abs() < 1e-4);
        assert!((all.defocus - 1.545).abs() < 0.01 && all.fog > 0.4, "{all:?}");
    }

    #[test]
    fn moving_keeps_what_is_even() {
        let mut plane = vec![0.4; 20 * 10];
        for motion in [[5.0, 0.0], [-3.2, 4.0], [0.0, -6.0], [30.0, 1.0]] {
            move_along(&mut plane, 20, 10, motion, &mut Vec::new());
            assert!(plane.iter().all(|v| (v - 0.4).abs() < 1e-4), "{motion:?}");
        }
        let mut spot = vec![0.0; 21 * 21];
        spot[10 * 21 + 10] = 1.0;
        move_along(&mut spot, 21, 21, [4.0, 0.0], &mut Vec::new());
        assert!((spot[10 * 21 + 8] - 0.2).abs() < 1e-5 && (spot[10 * 21 + 12] - 0.2).abs() < 1e-5);
    }

    #[test]
    fn jpeg_changes_little_and_keeps_the_size() {
        let mut pixels: Vec<u8> = (0..40 * 24).flat_map(|i| [(i % 40 * 4) as u8, 100, 50]).collect();
        let before = pixels.clone();
        through_jpeg(&mut pixels, 40, 24, 90);
        assert_eq!(pixels.len(), before.len());
        let most = pixels.iter().zip(&before).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(pixels != before && most < Some(30), "{most:?}");
    }
}
