//! Digits and numbers found on a picture: what they are, which candidates are the same digit, which digits are one
//! number, and how right all of that is.
//!
//! A detector gives candidates ([`Found`], many for each digit); [`keep`] leaves one for each digit, [`numbers`] puts
//! them together, and [`score`] holds both against what is written on the picture. Nothing here knows of networks.

mod certainty;
mod group;
mod links;
mod number;
mod opinion;
mod regression;
pub mod score;
mod suppress;
#[cfg(test)]
mod testing;
pub mod track;
mod tune;

pub use certainty::Certainty;
pub use group::numbers;
pub use number::{Direction, Number};
pub use opinion::{Case, Opinion, placed};
pub use suppress::{agree, keep};
pub use tune::{Asked, tuned, weighed};

use crate::data::Area;
use serde::{Deserialize, Serialize};

/// A digit on a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// 0 to 9.
    pub digit: u8,
    /// How likely this digit is there, 0 to 1.
    pub confidence: f32,
    /// How likely it is each of the ten, provided that there is a digit; they add up to 1.
    pub probabilities: [f32; 10],
    /// Where, in pixels of the picture.
    pub area: Area,
    /// Where the whole number is that it belongs to, as the digit has it; `None` where the model does not say.
    pub vote: Option<Area>,
}

impl Found {
    /// From what a network says of each digit by itself (sigmoids, 0 to 1, which need not add up to anything).
    pub fn new(scores: [f32; 10], area: Area, vote: Option<Area>) -> Self {
        let mut digit = 0;
        for (class, score) in scores.iter().enumerate() {
            if *score > scores[digit] {
                digit = class;
            }
        }
        let sum = scores.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        Self {
            digit: digit as u8,
            confidence: scores[digit].clamp(0.0, 1.0),
            probabilities: scores.map(|score| score / sum),
            area,
            vote,
        }
    }

    /// The middle of its box.
    pub fn centre(&self) -> [f32; 2] {
        centre(&self.area)
    }
}

/// What is taken for a digit and a number, chosen on validation pictures; a model file carries its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Thresholds {
    /// Least confidence of a digit in a number.
    pub digit: f32,
    /// Least confidence of a number.
    pub number: f32,
    /// Two candidates that share more than this of their union are the same digit.
    pub overlap: f32,
    /// And so are two whose centres are closer than this share of their mean width and height.
    pub centre: f32,
    /// Confidences of numbers are raised to this power, where nothing better is known.
    pub sharpness: f32,
    /// How sure numbers are called, so that of those at 90 % nine of ten are right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certainty: Option<Certainty>,
    /// Of a model that reads what a detector found: what its word weighs beside the detector's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opinion: Option<Opinion>,
}

impl Thresholds {
    /// How sure a number of these digits, with their confidences, is called; `doubt` is the confidence of the surest
    /// candidate beside them that was left out.
    ///
    /// All of it is right when each digit is and nothing was left out:
    /// P = p(first) * p(second) * ... * (1 - p(left out)); what is better known of numbers weighs that.
    pub fn called(&self, digits: impl Iterator<Item = (u8, f32)> + Clone, doubt: f32) -> f32 {
        let all: f32 = digits.clone().map(|(_, confidence)| confidence).product();
        let product = (all * (1.0 - doubt)).clamp(0.0, 1.0);
        match &self.certainty {
            Some(certainty) => certainty.of(product, digits),
            None => product.powf(self.sharpness),
        }
    }
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            digit: 0.3,
            number: 0.05,
            overlap: 0.45,
            centre: 0.35,
            sharpness: 1.0,
            certainty: None,
            opinion: None,
        }
    }
}

/// The middle of a box.
pub fn centre(area: &Area) -> [f32; 2] {
    [area.x + area.w / 2.0, area.y + area.h / 2.0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_become_a_digit_and_its_probabilities() {
        let mut scores = [0.0; 10];
        (scores[3], scores[8]) = (0.6, 0.2);
        let found = Found::new(scores, Area { x: 2.0, y: 4.0, w: 6.0, h: 8.0 }, None);
        assert_eq!((found.digit, found.confidence, found.centre()), (3, 0.6, [5.0, 8.0]));
        assert!((found.probabilities[3] - 0.75).abs() < 1e-6);
        assert!((found.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        let nothing = Found::new([0.0; 10], Area::default(), None);
        assert_eq!((nothing.digit, nothing.confidence), (0, 0.0));
        assert!(nothing.probabilities.iter().all(|p| *p == 0.0));
    }

    #[test]
    fn thresholds_of_older_files_have_defaults() {
        let read: Thresholds = ron::from_str("(digit: 0.4)").expect("the rest has defaults");
        assert_eq!(read, Thresholds { digit: 0.4, ..Thresholds::default() });
    }
}
