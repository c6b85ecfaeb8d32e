//! Models that cannot search: the reader that ships finds digits for them, or patches of ink are found; each is read as a
//! digit, or several together as a number.

use super::how::How;
use super::reads::{CONFIDENCE, Glimpse, Read, Reads, Shown};
use super::regions::regions;
use crate::data::Area;
use crate::found::{Found, Number, Thresholds, keep, numbers};
use crate::reader::{Effort, PictureReader, Prediction, Reader};
use image::{DynamicImage, RgbImage};
use std::time::Instant;

/// Paper left around ink, as a share of its height: what is read needs some to be seen as paper, and neighbours stand
/// near.
const MARGIN: f32 = 0.08;

/// What is around a hole is no more times its size; what is larger is a sign with a character on it.
const HOLE: f32 = 6.0;

/// A run's model on patches of ink.
pub struct Characters {
    reader: Reader,
    /// What finds digits.
    finder: Option<PictureReader>,
    /// The digit of each class.
    digits: Vec<Option<u8>>,
}

impl Characters {
    /// # Errors
    /// Where the model tells no digits apart.
    pub fn new(reader: Reader, finder: Option<PictureReader>) -> anyhow::Result<Self> {
        let digit = |name: &String| name.parse::<u8>().ok().filter(|digit| *digit < 10 && name.len() == 1);
        let digits: Vec<Option<u8>> = reader.meta.classes.iter().map(digit).collect();
        anyhow::ensure!(
            digits.iter().flatten().count() > 1,
            "This model reads {}, not digits; choose another run",
            reader.meta.classes.join(", ")
        );
        Ok(Self { reader, finder, digits })
    }

    /// The probability of each digit, from those of the classes.
    fn scores(&self, probabilities: &[f32]) -> [f32; 10] {
        let mut scores = [0.0; 10];
        for (probability, digit) in probabilities.iter().zip(&self.digits) {
            if let Some(digit) = digit {
                scores[usize::from(*digit)] += probability;
            }
        }
        scores
    }

    fn predict(&self, picture: &DynamicImage, area: &Area, how: &How) -> anyhow::Result<Prediction> {
        let margin = area.h * MARGIN;
        let [x, y] = [area.x - margin, area.y - margin].map(|edge| edge.max(0.0) as u32);
        let right = ((area.right() + margin).ceil() as u32).min(picture.width());
        let bottom = ((area.bottom() + margin).ceil() as u32).min(picture.height());
        let cut = picture.crop_imm(x, y, right.saturating_sub(x).max(1), bottom.saturating_sub(y).max(1));
        self.reader.predict_image_by(&cut, how.steps)
    }

    fn glimpse(&self, prediction: &Prediction, text: String, probabilities: Vec<f32>) -> Glimpse {
        Glimpse {
            number: 0,
            size: [self.reader.meta.width, self.reader.meta.height],
            pixels: prediction.prepared.input.clone(),
            text,
            probabilities,
            inverted: prediction.prepared.inverted,
        }
    }

    /// Every patch a digit, near ones a number.
    fn by_digits(&self, picture: &DynamicImage, areas: &[Area], how: &How) -> anyhow::Result<Read> {
        let (since, mut read) = (Instant::now(), Read::default());
        let mut seen: Vec<(Found, Glimpse)> = Vec::new();
        for area in areas {
            let prediction = self.predict(picture, area, how)?;
            let found = Found::new(self.scores(&prediction.probabilities), *area, None);
            if found.confidence >= confidence(how) {
                let glimpse =
                    self.glimpse(&prediction, found.digit.to_string(), found.probabilities.to_vec());
                seen.push((found, glimpse));
            }
        }
        read.model = since.elapsed();
        let since = Instant::now();
        let thresholds = thresholds(how);
        without_holes(&mut seen);
        let kept = keep(seen.iter().map(|(found, _)| found.clone()).collect(), &thresholds);
        read.numbers = numbers(kept, &thresholds);
        for (i, number) in read.numbers.iter().enumerate() {
            for digit in &number.digits {
                // Boxes of the same digit may have been fused: the nearest is the one.
                let near = |one: &(Found, Glimpse)| one.0.area.iou(&digit.area);
                if let Some((_, glimpse)) = seen.iter().max_by(|a, b| near(a).total_cmp(&near(b))) {
                    read.glimpses.push(Glimpse { number: i, ..glimpse.clone() });
                }
            }
        }
        read.group = since.elapsed();
        Ok(read)
    }

    /// Near patches together, read as a number.
    fn by_numbers(&self, picture: &DynamicImage, areas: &[Area], how: &How) -> anyhow::Result<Read> {
        let mut read = Read::default();
        let thresholds = Thresholds { digit: 0.0, number: 0.0, ..thresholds(how) };
        let since = Instant::now();
        let patch = |area: &Area| Found { confidence: 0.9, ..Found::new([0.1; 10], *area, None) };
        let kept = keep(areas.iter().map(patch).collect(), &thresholds);
        let rows = numbers(kept, &thresholds);
        read.group = since.elapsed();
        let since = Instant::now();
        for row in rows {
            let prediction = self.predict(picture, &row.area, how)?;
            let Some(reading) = &prediction.number else { continue };
            let mut digits = Vec::new();
            for (i, (class, all)) in reading.classes.iter().zip(&reading.characters).enumerate() {
                if self.digits.get(usize::from(*class)).copied().flatten().is_none() {
                    continue;
                }
                let area = match row.digits.len() == reading.classes.len() {
                    true => row.digits[i].area,
                    // Where patches and characters do not agree, characters share the row evenly.
                    false => {
                        let w = row.area.w / reading.classes.len() as f32;
                        Area { x: row.area.x + w * i as f32, w, ..row.area }
                    }
                };
                digits.push(Found::new(self.scores(all), area, None));
            }
            let sure = reading.confidence >= confidence(how);
            if let Some(number) = Number::of(digits, 0.0, &thresholds).filter(|_| sure) {
                let each = number.digits.iter().flat_map(|digit| digit.probabilities).collect();
                let mut glimpse = self.glimpse(&prediction, number.text.clone(), each);
                glimpse.number = read.numbers.len();
                read.glimpses.push(glimpse);
                read.numbers.push(Number { confidence: reading.confidence, ..number });
            }
        }
        read.model = since.elapsed();
        Ok(read)
    }
}

/// The paper inside of a 0 looks like a 0 too: of two patches in each other the outer one is the character, where the
/// model is about as sure of it.
fn without_holes(seen: &mut Vec<(Found, Glimpse)>) {
    let all: Vec<(Area, f32)> = seen.iter().map(|(found, _)| (found.area, found.confidence)).collect();
    seen.retain(|(found, _)| {
        let inside = found.area.size();
        !all.iter().any(|(area, confidence)| {
            let is_around = area.size() > inside && area.size() < HOLE * inside;
            is_around && area.overlap(&found.area) > 0.9 * inside && *confidence > 0.8 * found.confidence
        })
    });
}

fn confidence(how: &How) -> f32 {
    how.confidence.unwrap_or(CONFIDENCE)
}

fn thresholds(how: &How) -> Thresholds {
    Thresholds { digit: confidence(how), overlap: how.overlap, ..Thresholds::default() }
}

impl Reads for Characters {
    fn read(&mut self, picture: &RgbImage, how: &How) -> anyhow::Result<Read> {
        let since = Instant::now();
        let areas = match &mut self.finder {
            Some(finder) => {
                finder.thresholds.overlap = how.overlap;
                let reading = finder.read_rgb(picture, Effort::Live)?;
                reading.numbers.iter().flat_map(|number| &number.digits).map(|digit| digit.area).collect()
            }
            None => regions(picture),
        };
        let picture = DynamicImage::from(picture.clone());
        let prepare = since.elapsed();
        let read = match self.reader.reads_numbers() {
            true => self.by_numbers(&picture, &areas, how)?,
            false => self.by_digits(&picture, &areas, how)?,
        };
        Ok(Read { prepare, ..read })
    }

    fn shown(&self) -> Shown {
        if self.reader.reads_numbers() { Shown::Numbers } else { Shown::Digits }
    }

    fn name(&self) -> String {
        let recipe = &self.reader.recipe.name;
        let what = match (self.reader.reads_numbers(), self.finder.is_some()) {
            (true, true) => "reads the numbers that are found",
            (false, true) => "reads the digits that are found",
            (true, false) => "reads numbers of ink that stands out",
            (false, false) => "reads digits of ink that stands out",
        };
        if recipe.is_empty() { what.to_owned() } else { format!("{recipe}: {what}") }
    }
}
