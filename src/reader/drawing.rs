//! A drawing, read by any model: one that finds digits looks at all of it.

use super::looks::{Effort, first};
use super::pictures::{PictureReading, see};
use super::{Prediction, Prepared, Raster, Reader};
use crate::found::{self, Number};
use crate::models::numbers::Reading;
use image::DynamicImage;

/// Pixels of a drawing's side as it is looked at: a digit that fills it is then as high as most were in training.
const SIDE: u32 = 128;

impl Reader {
    /// What is drawn: a digit with the probabilities of all ten, or a number of several.
    ///
    /// # Errors
    /// Where libtorch fails.
    pub fn predict_drawing(&self, picture: &DynamicImage) -> anyhow::Result<Prediction> {
        let Some(detector) = self.detector() else { return self.predict_image(picture) };
        let small = picture.resize_exact(SIDE, SIDE, image::imageops::FilterType::Triangle);
        let raster = Raster::of(&small);
        let looks = first(raster.area(), Effort::Still).concat();
        let mut times = PictureReading::default();
        let each: anyhow::Result<Vec<_>> =
            looks.iter().map(|look| see(detector, &raster, look, &mut times)).collect();
        let digits = found::keep(found::agree(each?, &self.thresholds), &self.thresholds);
        let numbers = found::numbers(digits, &self.thresholds);
        let whole = [SIDE as usize; 2];
        let prepared =
            Prepared { input: raster.scaled(&raster.area(), whole)?, inverted: false, ink: None, note: None };
        Ok(said(numbers.first(), prepared))
    }
}

fn said(number: Option<&Number>, prepared: Prepared) -> Prediction {
    let nothing = vec![0.0; 10];
    let Some(number) = number else {
        let number = Some(Reading::default());
        return Prediction { probabilities: nothing, class: 0, confidence: 0.0, number, prepared };
    };
    let each = || number.digits.iter().map(|digit| digit.probabilities.to_vec());
    let reading = Reading {
        classes: number.digits.iter().map(|digit| digit.digit).collect(),
        confidence: number.confidence,
        characters: each().collect(),
        ..Reading::default()
    };
    Prediction {
        probabilities: each().next().unwrap_or(nothing),
        class: number.digits.first().map_or(0, |digit| usize::from(digit.digit)),
        confidence: number.confidence,
        number: (number.digits.len() > 1).then_some(reading),
        prepared,
    }
}

#[cfg(test)]
mod tests {
    use super::super::shipped;
    use super::*;
    use image::{GrayImage, Luma};

    fn drawing(strokes: &[[u32; 4]]) -> DynamicImage {
        let on = |x: u32, y: u32| {
            strokes.iter().any(|[left, top, right, bottom]| {
                (*left..*right).contains(&x) && (*top..*bottom).contains(&y)
            })
        };
        GrayImage::from_fn(280, 280, |x, y| Luma([if on(x, y) { 255 } else { 0 }])).into()
    }

    #[test]
    fn what_is_drawn_is_read_by_the_reader_that_ships() -> anyhow::Result<()> {
        let Some(path) = shipped() else { return Ok(()) };
        let reader = Reader::open(&path)?;
        // A seven as a display shows it, and a seven beside a one.
        let seven = [[80, 50, 200, 76], [174, 50, 200, 230]];
        let read = reader.predict_drawing(&drawing(&seven))?;
        assert_eq!((read.class, read.probabilities.len(), read.prepared.input.len()), (7, 10, 128 * 128));
        assert!(read.number.is_none() && read.confidence > 0.2, "{}", read.confidence);
        let two = [[30, 70, 120, 92], [98, 70, 120, 210], [190, 70, 214, 210]];
        let number = reader.predict_drawing(&drawing(&two))?.number.map(|number| number.classes);
        assert_eq!(number, Some(vec![7, 1]));
        let nothing = reader.predict_drawing(&drawing(&[]))?;
        assert_eq!(nothing.number.map(|number| number.classes.len()), Some(0));
        Ok(())
    }
}
