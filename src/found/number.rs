//! A number: its digits in reading order, where it is, and how sure all of it is.

use super::{Found, Thresholds};
use crate::data::Area;
use serde::{Deserialize, Serialize};

/// More rows than this times the columns that the digits' centres span, and they stand on each other.
const VERTICAL: f32 = 1.5;

/// Which way a number is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Direction {
    /// Degrees clockwise from left to right: 10 goes slightly downhill, 90 from top to bottom.
    pub degrees: f32,
}

impl Direction {
    /// The line through the centres of digits, in the direction that it is read: to the right, or, where the digits
    /// stand on each other, downwards.
    pub fn of(digits: &[Found]) -> Self {
        let centres: Vec<[f32; 2]> = digits.iter().map(Found::centre).collect();
        let n = centres.len() as f32;
        if centres.len() < 2 {
            return Self::default();
        }
        let [mut mean_x, mut mean_y] = [0.0, 0.0];
        centres.iter().for_each(|[x, y]| (mean_x, mean_y) = (mean_x + x / n, mean_y + y / n));
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for [x, y] in &centres {
            let (dx, dy) = (x - mean_x, y - mean_y);
            (xx, xy, yy) = (xx + dx * dx, xy + dx * dy, yy + dy * dy);
        }
        // The longer axis of the ellipse of inertia.
        let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
        let (mut x, mut y) = (angle.cos(), angle.sin());
        let downwards = yy.sqrt() > VERTICAL * xx.sqrt();
        if (downwards && y < 0.0) || (!downwards && x < 0.0) {
            (x, y) = (-x, -y);
        }
        Self { degrees: y.atan2(x).to_degrees() }
    }

    /// How far along the line a point lies, in pixels.
    pub fn along(&self, [x, y]: [f32; 2]) -> f32 {
        let (sin, cos) = self.degrees.to_radians().sin_cos();
        x * cos + y * sin
    }

    /// How far beside the line through the origin a point lies, in pixels.
    pub fn beside(&self, [x, y]: [f32; 2]) -> f32 {
        let (sin, cos) = self.degrees.to_radians().sin_cos();
        y * cos - x * sin
    }

    /// Whether digits stand on each other.
    pub fn is_vertical(&self) -> bool {
        self.degrees.abs() > 50.0
    }
}

/// A number on a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Number {
    /// As written, in reading order.
    pub text: String,
    /// How likely all of it is right, 0 to 1.
    pub confidence: f32,
    /// The box around its digits, in pixels of the picture.
    pub area: Area,
    /// Its digits in reading order.
    pub digits: Vec<Found>,
    /// Which way it is read.
    pub direction: Direction,
}

impl Number {
    /// From its digits in any order; `rejected` is the confidence of the surest candidate beside them that was not
    /// taken in. `None` without digits.
    pub fn of(mut digits: Vec<Found>, rejected: f32, thresholds: &Thresholds) -> Option<Self> {
        let direction = Direction::of(&digits);
        digits.sort_by(|a, b| direction.along(a.centre()).total_cmp(&direction.along(b.centre())));
        let area = digits.iter().map(|digit| digit.area).reduce(|one, other| one.around(&other))?;
        let confidence = thresholds.called(digits.iter().map(|one| (one.digit, one.confidence)), rejected);
        let text = digits.iter().map(|digit| char::from(b'0' + digit.digit.min(9))).collect();
        Some(Self { text, confidence, area, digits, direction })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;
    use super::*;

    fn number(digits: Vec<Found>) -> Number {
        Number::of(digits, 0.0, &Thresholds::default()).expect("there are digits")
    }

    #[test]
    fn numbers_are_read_to_the_right_whatever_the_order_they_come_in() {
        let read = number(vec![
            found(3, 0.5, [44.0, 8.0, 10.0, 20.0]),
            found(1, 0.9, [4.0, 0.0, 10.0, 20.0]),
            found(2, 0.8, [24.0, 4.0, 10.0, 20.0]),
        ]);
        assert_eq!((read.text.as_str(), read.area), ("123", Area { x: 4.0, y: 0.0, w: 50.0, h: 28.0 }));
        assert!((read.confidence - 0.36).abs() < 1e-6);
        // 4 pixels down for 20 to the right.
        assert!((read.direction.degrees - 11.31).abs() < 0.1, "{:?}", read.direction);
        assert!(!read.direction.is_vertical());
    }

    #[test]
    fn digits_on_each_other_are_read_downwards() {
        let read = number(vec![
            found(7, 0.9, [11.0, 50.0, 10.0, 20.0]),
            found(5, 0.9, [10.0, 0.0, 10.0, 20.0]),
            found(6, 0.9, [9.0, 25.0, 10.0, 20.0]),
        ]);
        assert_eq!(read.text, "567");
        assert!(read.direction.is_vertical(), "{:?}", read.direction);
        // Uphill is still to the right.
        let read =
            number(vec![found(4, 0.9, [0.0, 30.0, 10.0, 20.0]), found(2, 0.9, [30.0, 0.0, 10.0, 20.0])]);
        assert_eq!((read.text.as_str(), read.direction.degrees.round()), ("42", -45.0));
    }

    #[test]
    fn doubt_about_what_was_left_out_is_doubt_about_the_number() {
        let one = || vec![found(7, 0.8, [0.0, 0.0, 10.0, 20.0])];
        let read = Number::of(one(), 0.25, &Thresholds::default()).expect("a digit");
        assert!((read.confidence - 0.6).abs() < 1e-6);
        assert_eq!(read.direction, Direction::default());
        let sharper = Thresholds { sharpness: 2.0, ..Thresholds::default() };
        assert!((Number::of(one(), 0.0, &sharper).expect("a digit").confidence - 0.64).abs() < 1e-6);
        assert_eq!(Number::of(Vec::new(), 0.0, &sharper), None);
    }

    #[test]
    fn along_and_beside_are_coordinates() {
        let down = Direction { degrees: 90.0 };
        assert!((down.along([3.0, 7.0]) - 7.0).abs() < 1e-4 && (down.beside([3.0, 7.0]) + 3.0).abs() < 1e-4);
        let right = Direction::default();
        assert_eq!((right.along([3.0, 7.0]), right.beside([3.0, 7.0])), (3.0, 7.0));
    }
}
