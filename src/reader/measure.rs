//! How right a reader of pictures is on a set of them.

use super::each::each_picture;
use super::{Effort, PictureReader};
use crate::data::{Area, Kind, Mark, Progress, Samples, marks};
use crate::found::Found;
use crate::found::score::{NumberScores, Scores, Tally};
use serde::Serialize;

/// So much of each digit of a number must be on the picture for the number to count as visible.
const VISIBLE: f32 = 0.9;

/// What a reader makes of pictures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// On all pictures; boxes count for nothing where the set has none.
    pub all: Scores,
    /// Numbers of the pictures on which at least 90 % of every digit can be seen; `None` where that is so on all.
    pub visible: Option<NumberScores>,
    /// Where one digit is on each picture: share read rightly, the one nearest to the middle counting.
    pub single: Option<f64>,
    /// Where it is known what is written and not where: share of pictures whose surest reading is exactly that.
    pub text_right: Option<f64>,
    /// Milliseconds for a picture, in the median.
    pub ms: f64,
}

/// Measures on the pictures in `rows`; `None` if it was cancelled. With `at_truth` the reader is told where numbers are.
pub fn measure(
    reader: &PictureReader,
    samples: &Samples,
    kind: Kind,
    rows: &[u32],
    at_truth: bool,
    progress: &dyn Progress,
) -> anyhow::Result<Option<Measured>> {
    let (mut all, mut visible) = (Tally::default(), Tally::default());
    let (mut hidden, mut single_right, mut texts, mut texts_right) = (0, 0, 0, 0);
    let mut ms = Vec::with_capacity(rows.len());
    let done = each_picture(samples, rows, "Reading pictures", progress, &mut |row, picture| {
        let reading = match at_truth {
            true => {
                let areas: Vec<Area> = marks::numbers(samples.marks(row)).filter_map(marks::around).collect();
                reader.read_at(&picture, &areas)?
            }
            false => reader.read(&picture, Effort::Still)?,
        };
        ms.push(reading.ms.total());
        let [w, h] = reading.size.map(|side| side as f32);
        if kind == Kind::Classes {
            let read = nearest(&reading.digits, [w / 2.0, h / 2.0]);
            single_right += u64::from(read.is_some_and(|one| one.digit == samples.labels[row]));
            return Ok(());
        }
        let marks = samples.marks(row);
        if !marks.is_empty() && marks.iter().all(|mark| mark.area.size() == 0.0) {
            let text: String = marks.iter().map(|mark| char::from(b'0' + mark.class.min(9))).collect();
            texts += 1;
            texts_right += u64::from(reading.numbers.first().is_some_and(|number| number.text == text));
            return Ok(());
        }
        all.add(&reading.digits, &reading.numbers, marks);
        if is_visible(marks, &Area { x: 0.0, y: 0.0, w, h }) {
            visible.add(&reading.digits, &reading.numbers, marks);
        } else {
            hidden += 1;
        }
        Ok(())
    })?;
    if !done {
        return Ok(None);
    }
    ms.sort_by(f64::total_cmp);
    let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    Ok(Some(Measured {
        all: all.scores(),
        visible: (hidden > 0).then(|| visible.scores().numbers),
        single: if kind == Kind::Classes { share(single_right, ms.len() as u64) } else { None },
        text_right: share(texts_right, texts),
        ms: ms.get(ms.len() / 2).copied().unwrap_or_default(),
    }))
}

fn is_visible(marks: &[Mark], picture: &Area) -> bool {
    marks.iter().all(|mark| mark.area.overlap(picture) >= VISIBLE * mark.area.size())
}

/// The digit nearest to a place, where unsure ones must be nearer: a crop has parts of its neighbours on both sides.
fn nearest(digits: &[Found], [x, y]: [f32; 2]) -> Option<&Found> {
    let worth = |one: &Found| {
        let [cx, cy] = one.centre();
        let far = (cx - x).hypot(cy - y) / one.area.h.max(1.0);
        one.confidence * (-2.0 * far * far).exp()
    };
    digits.iter().reduce(|best, one| if worth(one) > worth(best) { one } else { best })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{detector_file, numbers_file};
    use super::*;
    use crate::data::samples::Pixels;
    use crate::data::{Marks, Silent};
    use std::sync::Arc;

    #[test]
    fn every_kind_of_set_is_measured() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let reader = PictureReader::open(&detector_file(folder.path())?, None)?;
        let pixels: Vec<u8> = (0..4 * 3 * 40 * 40).map(|i| (i * 37 % 251) as u8).collect();
        let plain = Samples::new(Pixels::Owned(pixels.into()), Arc::from(vec![1; 4]), [3, 40, 40]);
        let rows = [0, 1, 3];
        let single =
            measure(&reader, &plain, Kind::Classes, &rows, false, &Silent)?.ok_or("nobody cancelled")?;
        assert!(single.single.is_some_and(|share| (0.0..=1.0).contains(&share)) && single.all.pictures == 0);
        let mut marks = Marks::new();
        let mark = |x, w| Mark { class: 4, number: 0, area: Area { x, y: 2.0, w, h: 30.0 } };
        marks.push(&[mark(3.0, 10.0)]);
        marks.push(&[mark(-8.0, 10.0)]);
        marks.push(&[]);
        marks.push(&[Mark { class: 4, number: 0, area: Area::default() }]);
        let boxed = Samples { marks: Some(Arc::new(marks)), ..plain };
        let kind = Kind::Numbers { longest: 1 };
        let measured =
            measure(&reader, &boxed, kind, &[0, 1, 2, 3], false, &Silent)?.ok_or("nobody cancelled")?;
        assert_eq!((measured.all.pictures, measured.all.numbers.n), (3, 2));
        assert_eq!(measured.visible.map(|visible| visible.n), Some(1));
        let told = PictureReader::open(&numbers_file(folder.path())?, None)?;
        let told = measure(&told, &boxed, kind, &[0], true, &Silent)?.ok_or("nobody cancelled")?;
        assert!((told.all.numbers.n, told.all.numbers.mean_iou) == (1, 1.0));
        assert!(measured.text_right.is_some() && measured.single.is_none() && measured.ms > 0.0);
        Ok(())
    }

    #[test]
    fn the_digit_in_the_middle_counts() {
        let at = |digit: usize, x, sure| {
            let mut scores = [0.0; 10];
            scores[digit] = sure;
            Found::new(scores, Area { x, y: 4.0, w: 12.0, h: 24.0 }, None)
        };
        let digits = [at(7, -6.0, 0.99), at(3, 10.0, 0.7), at(8, 12.0, 0.1)];
        assert_eq!(nearest(&digits, [16.0, 16.0]).map(|one| one.digit), Some(3));
        assert_eq!(nearest(&[], [16.0, 16.0]), None);
    }
}
