//! How far what a model sees is from what it learned from: "99 % on the test set, poor on my camera" begins here.
//!
//! Characters of the training set and of the camera become short vectors alike in size, brightness and polarity; the
//! distance to the nearest training character is told as the share of training characters that lie nearer to theirs.

use super::Context;
use super::live::Glimpse;
use super::load::Told;
use crate::data::{Area, Kind, Places, Samples};
use crate::reader::Reader;
use crate::runs::overlays_beside;
use image::GrayImage;
use std::path::Path;

/// Side of the small pictures that are compared.
const SIDE: usize = 12;
/// Training characters that are compared with; more change a share by less than its own width.
const MOST: usize = 1500;

/// Characters that a model learned from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    vectors: Vec<Vec<f32>>,
    /// The distance of each to its nearest other one, ascending.
    distances: Vec<f32>,
}

impl Known {
    /// Looks at what a model file says that it learned from.
    ///
    /// # Errors
    /// Where the model or its data cannot be read, or it was cancelled.
    pub fn of(model: &Path, places: &Places, context: &Context) -> anyhow::Result<Self> {
        let reader = Reader::open(model)?;
        let dataset = reader.recipe.dataset(places, &overlays_beside(model), &Told(context))?;
        let vectors = characters(&dataset.train, dataset.kind == Kind::Classes);
        anyhow::ensure!(!context.is_cancelled(), "cancelled");
        Ok(Self::from_vectors(vectors))
    }

    fn from_vectors(vectors: Vec<Vec<f32>>) -> Self {
        let mut distances: Vec<f32> = (0..vectors.len())
            .map(|i| {
                nearest(&vectors[i], vectors.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, one)| one))
            })
            .collect();
        distances.sort_by(f32::total_cmp);
        Self { vectors, distances }
    }

    /// The share of training characters that lie nearer to another one than this glimpse to any, 0 to 1: about a half
    /// is usual, close to 1 is unlike everything that was learned. `None` where nothing is known.
    pub fn strangeness(&self, glimpse: &Glimpse) -> Option<f32> {
        let n = glimpse.size[0] * glimpse.size[1];
        let grey: Vec<u8> = match glimpse.pixels.len() {
            have if have == n => glimpse.pixels.clone(),
            have if have == 3 * n => glimpse
                .pixels
                .chunks_exact(3)
                .map(|p| ((u16::from(p[0]) + u16::from(p[1]) + u16::from(p[2])) / 3) as u8)
                .collect(),
            _ => return None,
        };
        let vector = vector(&grey, glimpse.size)?;
        if self.distances.is_empty() {
            return None;
        }
        let distance = nearest(&vector, self.vectors.iter());
        let nearer = self.distances.partition_point(|one| *one < distance);
        Some(nearer as f32 / self.distances.len() as f32)
    }
}

/// Vectors of characters spread over all of the training images; whole ones, or cut out by their boxes.
fn characters(samples: &Samples, whole: bool) -> Vec<Vec<f32>> {
    let step = samples.len().div_ceil(MOST).max(1);
    let mut all = Vec::new();
    for row in (0..samples.len()).step_by(step) {
        let (image, [w, h]) = (samples.image(row), samples.size(row));
        let planes: Vec<&[u8]> = image.chunks_exact((w * h).max(1)).collect();
        let grey: Vec<u8> = (0..w * h)
            .map(|at| {
                (planes.iter().map(|plane| u32::from(plane[at])).sum::<u32>() / planes.len().max(1) as u32)
                    as u8
            })
            .collect();
        if whole {
            all.extend(vector(&grey, [w, h]));
            continue;
        }
        for mark in samples.marks(row) {
            if let Some((part, size)) = cut(&grey, [w, h], &mark.area) {
                all.extend(vector(&part, size));
            }
        }
        if all.len() >= MOST {
            break;
        }
    }
    all
}

fn cut(grey: &[u8], [w, h]: [usize; 2], area: &Area) -> Option<(Vec<u8>, [usize; 2])> {
    let edge = |value: f32, most: usize| (value.max(0.0) as usize).min(most);
    let (left, right) = (edge(area.x, w), edge(area.right().ceil(), w));
    let (top, bottom) = (edge(area.y, h), edge(area.bottom().ceil(), h));
    if left >= right || top >= bottom {
        return None;
    }
    let rows = grey.chunks_exact(w).skip(top).take(bottom - top);
    Some((rows.flat_map(|row| &row[left..right]).copied().collect(), [right - left, bottom - top]))
}

/// Small, of mean 0 and length 1, with ink that is lighter than paper; `None` where all is of one brightness.
fn vector(grey: &[u8], [w, h]: [usize; 2]) -> Option<Vec<f32>> {
    let buffer = GrayImage::from_raw(w as u32, h as u32, grey.to_vec())?;
    let small =
        image::imageops::resize(&buffer, SIDE as u32, SIDE as u32, image::imageops::FilterType::Triangle);
    let values: Vec<f32> = small.as_raw().iter().map(|value| f32::from(*value)).collect();
    let mean = values.iter().sum::<f32>() / values.len() as f32;
    let rim = values.iter().enumerate().filter(|(at, _)| {
        let (x, y) = (at % SIDE, at / SIDE);
        x == 0 || y == 0 || x + 1 == SIDE || y + 1 == SIDE
    });
    let rim: Vec<f32> = rim.map(|(_, value)| *value).collect();
    let sign = if rim.iter().sum::<f32>() / rim.len() as f32 > mean { -1.0 } else { 1.0 };
    let centred: Vec<f32> = values.iter().map(|value| sign * (value - mean)).collect();
    let length = centred.iter().map(|value| value * value).sum::<f32>().sqrt();
    (length > 1.0).then(|| centred.iter().map(|value| value / length).collect())
}

/// The distance to the nearest one.
fn nearest<'a>(vector: &[f32], others: impl Iterator<Item = &'a Vec<f32>>) -> f32 {
    let distance = |other: &Vec<f32>| vector.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
    others.map(distance).fold(f32::INFINITY, f32::min).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::random::Stream;

    fn glimpse(pixel: impl Fn(usize, usize) -> u8) -> Glimpse {
        let pixels = (0..784).map(|at| pixel(at % 28, at / 28)).collect();
        Glimpse {
            number: 0,
            size: [28, 28],
            pixels,
            text: "1".to_owned(),
            probabilities: Vec::new(),
            inverted: false,
        }
    }

    #[test]
    fn what_was_learned_is_near_and_what_was_not_is_far() {
        // Upright bars at many places, with some noise.
        let mut stream = Stream::new("test", 1, 0, 0);
        let bar = |x: usize, left: usize| (left..left + 5).contains(&x);
        let vectors: Vec<Vec<f32>> = (0..200)
            .filter_map(|i| {
                let left = 6 + i % 12;
                let image: Vec<u8> = (0..784)
                    .map(|at| if bar(at % 28, left) { 220 } else { 0 } + stream.below(30) as u8)
                    .collect();
                vector(&image, [28, 28])
            })
            .collect();
        let known = Known::from_vectors(vectors);
        let like = known.strangeness(&glimpse(|x, _| if bar(x, 11) { 210 } else { 9 })).expect("it is known");
        // Dark on light is the same to the eye, and to this.
        let dark =
            known.strangeness(&glimpse(|x, _| if bar(x, 11) { 40 } else { 230 })).expect("it is known");
        let other =
            known.strangeness(&glimpse(|x, y| ((x / 4 + y / 4) % 2 * 200) as u8)).expect("it is known");
        assert!(like < 0.9 && dark < 0.9 && other > 0.99, "{like} {dark} {other}");
        assert_eq!(known.strangeness(&glimpse(|_, _| 7)), None);
        assert_eq!(Known::default().strangeness(&glimpse(|x, _| x as u8)), None);
    }
}
