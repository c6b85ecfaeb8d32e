//! Where ink may be a character, found without any model: patches that stand out from what is around them.
//!
//! For models that read single digits or whole numbers and cannot search. Found are dark patches on light and light ones
//! on dark, of the size and proportions of characters.

use crate::data::Area;
use image::{GrayImage, RgbImage};

/// Longest side of the picture that is searched: characters of a twentieth of it are still found.
const SEARCHED: u32 = 480;
/// What must stand out from the mean around it, of 255.
const LEAST_CONTRAST: i32 = 22;
/// Side of the neighbourhood whose mean is taken, as a share of the picture's longer side: wider than any stroke.
const AROUND: f32 = 0.16;
/// Lowest character, in pixels of the searched picture, and the highest as a share of its height.
const LEAST_HEIGHT: usize = 12;
const MOST_HEIGHT: f32 = 0.92;
/// Narrowest (a 1) and widest proportions.
const NARROW: f32 = 0.08;
const WIDE: f32 = 1.35;
/// Most patches that are worth a model's while.
const MOST: usize = 48;

/// Patches that may be characters, in pixels of the picture, the highest first.
pub fn regions(picture: &RgbImage) -> Vec<Area> {
    let (width, height) = picture.dimensions();
    if width < 4 || height < 4 {
        return Vec::new();
    }
    let small = (SEARCHED as f32 / width.max(height) as f32).min(1.0);
    let size = [width, height].map(|side| ((side as f32 * small).round() as u32).max(4));
    let grey: GrayImage = match small < 1.0 {
        true => {
            let thumb = image::imageops::thumbnail(picture, size[0], size[1]);
            image::DynamicImage::from(thumb).into_luma8()
        }
        false => image::imageops::grayscale(picture),
    };
    let [w, h] = [grey.width(), grey.height()].map(|side| side as usize);
    let means = Means::new(&grey, ((w.max(h) as f32 * AROUND / 2.0) as usize).max(4));
    let mut found = Vec::new();
    for sign in [1, -1] {
        let stands_out: Vec<bool> = (0..w * h)
            .map(|at| sign * (means.around(at % w, at / w) - i32::from(grey.as_raw()[at])) > LEAST_CONTRAST)
            .collect();
        found.extend(patches(&stands_out, w, h));
    }
    let back = [width as f32 / w as f32, height as f32 / h as f32];
    let scaled = |area: Area| Area {
        x: area.x * back[0],
        y: area.y * back[1],
        w: area.w * back[0],
        h: area.h * back[1],
    };
    let mut found: Vec<Area> = found.into_iter().map(scaled).collect();
    found.sort_by(|a, b| b.h.total_cmp(&a.h));
    found.truncate(MOST);
    found
}

/// Sums over rectangles (Crow, 1984, "Summed-area tables for texture mapping").
struct Means {
    sums: Vec<u32>,
    width: usize,
    height: usize,
    reach: usize,
}

impl Means {
    fn new(grey: &GrayImage, reach: usize) -> Self {
        let [width, height] = [grey.width(), grey.height()].map(|side| side as usize);
        let stride = width + 1;
        let mut sums = vec![0_u32; stride * (height + 1)];
        for (y, row) in grey.as_raw().chunks_exact(width).enumerate() {
            let mut sum = 0;
            for (x, value) in row.iter().enumerate() {
                sum += u32::from(*value);
                sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + sum;
            }
        }
        Self { sums, width, height, reach }
    }

    /// The mean of the square around a pixel.
    fn around(&self, x: usize, y: usize) -> i32 {
        let (left, right) = (x.saturating_sub(self.reach), (x + self.reach + 1).min(self.width));
        let (top, bottom) = (y.saturating_sub(self.reach), (y + self.reach + 1).min(self.height));
        let at = |x: usize, y: usize| self.sums[y * (self.width + 1) + x];
        let sum = at(right, bottom) + at(left, top) - at(left, bottom) - at(right, top);
        (sum / ((right - left) * (bottom - top)) as u32) as i32
    }
}

/// Connected patches of the proportions of characters that do not touch the rim.
fn patches(mask: &[bool], w: usize, h: usize) -> Vec<Area> {
    let mut seen = vec![false; mask.len()];
    let mut to_visit = Vec::new();
    let mut found = Vec::new();
    for start in 0..mask.len() {
        if !mask[start] || seen[start] {
            continue;
        }
        seen[start] = true;
        to_visit.push(start);
        let (mut left, mut right, mut top, mut bottom, mut n) = (w, 0, h, 0, 0_usize);
        while let Some(at) = to_visit.pop() {
            let (x, y) = (at % w, at / w);
            n += 1;
            (left, right, top, bottom) = (left.min(x), right.max(x), top.min(y), bottom.max(y));
            for ny in y.saturating_sub(1)..(y + 2).min(h) {
                for nx in x.saturating_sub(1)..(x + 2).min(w) {
                    let next = ny * w + nx;
                    if mask[next] && !seen[next] {
                        seen[next] = true;
                        to_visit.push(next);
                    }
                }
            }
        }
        let (wide, high) = (right - left + 1, bottom - top + 1);
        let touches = left == 0 || top == 0 || right + 1 == w || bottom + 1 == h;
        let shape = wide as f32 / high as f32;
        let full = n as f32 / (wide * high) as f32;
        let is_fitting = high >= LEAST_HEIGHT && high as f32 <= MOST_HEIGHT * h as f32;
        // A 1 fills its box; anything else that does is a blot or a window.
        let is_drawn = full > 0.12 && (full < 0.86 || shape < 0.45);
        if !touches && is_fitting && is_drawn && (NARROW..=WIDE).contains(&shape) {
            found.push(Area { x: left as f32, y: top as f32, w: wide as f32, h: high as f32 });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    /// Strokes of one grey on another: a 1 and a box-like 0.
    fn strokes(paper: u8, ink: u8, scale: u32) -> RgbImage {
        RgbImage::from_fn(160 * scale, 120 * scale, |x, y| {
            let (x, y) = (x / scale, y / scale);
            let one = (40..46).contains(&x) && (40..80).contains(&y);
            let outer = (70..94).contains(&x) && (40..80).contains(&y);
            let inner = (76..88).contains(&x) && (46..74).contains(&y);
            let value = if one || (outer && !inner) { ink } else { paper };
            Rgb([value; 3])
        })
    }

    #[test]
    fn dark_and_light_strokes_are_found_at_any_size() {
        for (paper, ink) in [(230, 40), (40, 230), (120, 160)] {
            for scale in [1, 4] {
                let found = regions(&strokes(paper, ink, scale));
                for wanted in [[40.0, 40.0, 6.0, 40.0], [70.0, 40.0, 24.0, 40.0]] {
                    let [x, y, w, h] = wanted.map(|value| value * scale as f32);
                    let wanted = Area { x, y, w, h };
                    let best = found.iter().map(|area| area.iou(&wanted)).fold(0.0, f32::max);
                    assert!(best > 0.7, "{paper} {ink} {scale}: {wanted:?} {found:?}");
                }
            }
        }
    }

    #[test]
    fn nothing_is_found_on_nothing() {
        for (w, h) in [(1, 1), (3, 900), (64, 64), (640, 480)] {
            assert!(regions(&RgbImage::from_pixel(w, h, Rgb([90; 3]))).is_empty());
        }
        let noise = RgbImage::from_fn(300, 200, |x, y| Rgb([(x * 7919 + y * 104_729) as u8; 3]));
        assert!(regions(&noise).len() <= MOST);
    }
}
