//! How right found digits and numbers are, held against what is written on the pictures.
//!
//! A [`Tally`] takes in picture after picture; [`Tally::scores`] may be asked at any time.

mod calibration;
mod digits;
mod numbers;

pub use calibration::{coverage, expected_calibration_error};
pub use digits::DigitScores;
pub use numbers::{NumberScores, OfLength, Outcome, outcomes};

use super::{Found, Number};
use crate::data::Mark;
use serde::Serialize;

/// Everything measured on pictures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scores {
    /// Pictures looked at.
    pub pictures: u64,
    /// How digits are found.
    pub digits: DigitScores,
    /// How numbers are read.
    pub numbers: NumberScores,
}

/// Counts as pictures come.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pictures: u64,
    digits: digits::Tally,
    numbers: numbers::Tally,
}

impl Tally {
    /// Takes in a picture: every candidate down to low confidence (as [`super::keep`] leaves them), the numbers made
    /// of them, and what is on it.
    pub fn add(&mut self, candidates: &[Found], numbers: &[Number], marks: &[Mark]) {
        self.pictures += 1;
        self.digits.add(candidates, marks);
        self.digits.add_read(numbers.iter().flat_map(|number| &number.digits), marks);
        self.numbers.add(numbers, marks);
    }

    /// Confidence of each number found, and whether it is right.
    pub fn readings(&self) -> &[(f32, bool)] {
        self.numbers.readings()
    }

    /// What has been counted so far.
    pub fn scores(&self) -> Scores {
        Scores { pictures: self.pictures, digits: self.digits.scores(), numbers: self.numbers.scores() }
    }
}

/// Share of a whole; 0 of none.
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::super::testing::row;
    use super::super::{Thresholds, numbers as group};
    use super::*;

    #[test]
    fn what_is_found_as_it_is_written_scores_in_full() {
        let mut tally = Tally::default();
        for (text, slant) in [("12", 0.0), ("307", 8.0), ("4", 0.0)] {
            let digits = row(text, [50.0, 50.0], [20.0, 40.0], 24.0, slant);
            let marks: Vec<Mark> =
                digits.iter().map(|one| Mark { class: one.digit, number: 0, area: one.area }).collect();
            tally.add(&digits, &group(digits.clone(), &Thresholds::default()), &marks);
        }
        tally.add(&[], &[], &[]);
        let Scores { pictures, digits, numbers } = tally.scores();
        assert_eq!((pictures, digits.n, numbers.n), (4, 6, 3));
        assert_eq!((digits.ap_50, digits.ap, digits.precision, digits.recall), (1.0, 1.0, 1.0, 1.0));
        assert_eq!((numbers.exact, numbers.exact_macro, numbers.strict), (1.0, 1.0, 1.0));
        assert!((numbers.mean_iou - 1.0).abs() < 1e-6);
        assert_eq!((numbers.over_half, numbers.false_per_picture, numbers.first_right), (1.0, 0.0, 1.0));
    }
}
