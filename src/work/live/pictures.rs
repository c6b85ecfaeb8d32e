//! Models that find digits anywhere on a picture, among them the reader that ships.

use super::how::How;
use super::reads::{Glimpse, Read, Reads, Shown};
use crate::data::Area;
use crate::found::Number;
use crate::reader::{Effort, Look, PictureReader};
use image::RgbImage;
use image::imageops::{FilterType, crop_imm, resize};
use std::time::Duration;

/// Room shown around a digit, as a share of its height: what the model sees has no rim.
const AROUND: f32 = 0.15;

/// A detector.
pub struct Pictures {
    reader: PictureReader,
    /// Its own least confidence of a digit.
    confidence: f32,
}

impl Pictures {
    /// With its own thresholds until others are asked for.
    pub fn new(reader: PictureReader) -> Self {
        Self { confidence: reader.thresholds.digit, reader }
    }
}

impl Reads for Pictures {
    fn read(&mut self, picture: &RgbImage, how: &How) -> anyhow::Result<Read> {
        self.reader.thresholds.digit = how.confidence.unwrap_or(self.confidence);
        self.reader.thresholds.overlap = how.overlap;
        let reading = self.reader.read_rgb(picture, Effort::Live)?;
        let secs = |ms: f64| Duration::from_secs_f64((ms / 1000.0).max(0.0));
        let glimpses = glimpses(picture, &reading.numbers, &reading.looks);
        Ok(Read {
            glimpses,
            prepare: secs(reading.ms.prepare),
            model: secs(reading.ms.model + reading.ms.second),
            group: secs(reading.ms.group),
            numbers: reading.numbers,
        })
    }

    fn confidence(&self) -> f32 {
        self.confidence
    }

    fn shown(&self) -> Shown {
        Shown::Frame
    }

    fn name(&self) -> String {
        let recipe = self.reader.model().map(|model| model.recipe.name.as_str()).unwrap_or_default();
        if recipe.is_empty() { "finds digits".to_owned() } else { format!("{recipe}: finds digits") }
    }
}

/// Each digit at the size at which it was seen, in the last look that shows all of it.
fn glimpses(picture: &RgbImage, numbers: &[Number], looks: &[Look]) -> Vec<Glimpse> {
    let mut all = Vec::new();
    for (i, number) in numbers.iter().enumerate() {
        for digit in &number.digits {
            let area = &digit.area;
            let shows = |look: &&Look| look.part.overlap(area) > 0.9 * area.size();
            let scale = looks.iter().rev().find(shows).map_or([1.0; 2], Look::scale);
            let Some((pixels, size)) = seen(picture, area, scale) else { continue };
            all.push(Glimpse {
                number: i,
                size,
                pixels,
                text: digit.digit.to_string(),
                probabilities: digit.probabilities.to_vec(),
                inverted: false,
            });
        }
    }
    all
}

/// What is seen of a part of a picture at that scale, in grey.
fn seen(picture: &RgbImage, area: &Area, scale: [f32; 2]) -> Option<(Vec<u8>, [usize; 2])> {
    let margin = area.h * AROUND;
    let edge = |value: f32, most: u32| (value.max(0.0) as u32).min(most);
    let (width, height) = picture.dimensions();
    let (left, right) = (edge(area.x - margin, width), edge((area.right() + margin).ceil(), width));
    let (top, bottom) = (edge(area.y - margin, height), edge((area.bottom() + margin).ceil(), height));
    if left >= right || top >= bottom {
        return None;
    }
    let part = crop_imm(picture, left, top, right - left, bottom - top).to_image();
    let side = |n: u32, scale: f32| ((n as f32 * scale).round() as u32).clamp(1, 96);
    let size = [side(part.width(), scale[0]), side(part.height(), scale[1])];
    let small = resize(&image::imageops::grayscale(&part), size[0], size[1], FilterType::Triangle);
    Some((small.into_raw(), size.map(|n| n as usize)))
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn digits_are_shown_at_the_size_that_they_were_seen_at() {
        let one = testing::seen("37", 1, 1.0, "");
        let number = &one.numbers[0].number;
        let whole = Area { x: 0.0, y: 0.0, w: 160.0, h: 120.0 };
        let looks = [Look { part: whole, size: [80, 60] }];
        let all = glimpses(&one.picture, std::slice::from_ref(number), &looks);
        assert_eq!(all.iter().map(|glimpse| glimpse.text.as_str()).collect::<Vec<_>>(), ["3", "7"]);
        // 24 rows and 15 % above and below, at half their size.
        assert_eq!((all[0].size[1], all[0].pixels.len()), (16, all[0].size[0] * all[0].size[1]));
        assert_eq!(seen(&one.picture, &Area { x: 500.0, y: 0.0, w: 5.0, h: 5.0 }, [1.0; 2]), None);
    }
}
