//! Thresholds chosen on validation pictures: which digits are believed, which numbers, and how sure they are called.

use super::score::Tally;
use super::{Found, Thresholds, numbers};
use crate::data::Mark;

/// Least confidences that are tried.
const DIGITS: [f32; 9] = [0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6];
const NUMBERS: [f32; 9] = [0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6];
/// What a false number costs beside a number that is read rightly. What is read most surely is seldom false, so that a
/// missing number is the greater harm.
const FALSE_COST: f64 = 0.1;
/// Powers that are tried.
const SHARPNESS: [f32; 14] = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.3, 1.7, 2.5];

/// The thresholds that read most numbers of these pictures rightly: each with its digits as [`super::keep`] leaves them,
/// and what is on it. Without pictures the thresholds stay.
pub fn tuned(pictures: &[(Vec<Found>, Vec<Mark>)], start: &Thresholds) -> Thresholds {
    if pictures.is_empty() {
        return start.clone();
    }
    let plain = Thresholds { number: 0.0, sharpness: 1.0, ..start.clone() };
    // Together: unsure digits may complete a number where unsure numbers are left out.
    let pairs = DIGITS.iter().flat_map(|digit| NUMBERS.map(|number| (*digit, number)));
    let pairs: Vec<(f32, f32)> = pairs.collect();
    let (digit, number) =
        best(&pairs, |(digit, number)| worth(pictures, &Thresholds { digit, number, ..plain.clone() }));
    let plain = Thresholds { digit, number, ..plain };
    let mut tally = Tally::default();
    for (digits, marks) in pictures {
        tally.add(digits, &numbers(digits.clone(), &plain), marks);
    }
    let readings = tally.readings();
    let sharpness = best(&SHARPNESS, |power| -surprise(readings, power));
    Thresholds { number: number.powf(sharpness), sharpness, ..plain }
}

/// Share of numbers read rightly, less what false ones cost.
fn worth(pictures: &[(Vec<Found>, Vec<Mark>)], thresholds: &Thresholds) -> f64 {
    let mut tally = Tally::default();
    for (digits, marks) in pictures {
        tally.add(digits, &numbers(digits.clone(), thresholds), marks);
    }
    let scores = tally.scores().numbers;
    scores.exact - FALSE_COST * scores.false_per_picture
}

/// Mean negative logarithm of the probability of what came true, where confidences are raised to a power.
fn surprise(readings: &[(f32, bool)], power: f32) -> f64 {
    let each = readings.iter().map(|(confidence, right)| {
        let p = f64::from(confidence.powf(power)).clamp(1e-4, 1.0 - 1e-4);
        if *right { -p.ln() } else { -(1.0 - p).ln() }
    });
    each.sum::<f64>() / readings.len().max(1) as f64
}

/// The first of those that are worth most.
fn best<T: Copy>(all: &[T], worth: impl Fn(T) -> f64) -> T {
    let (mut best, mut most) = (all[0], f64::NEG_INFINITY);
    for one in all {
        let worth = worth(*one);
        if worth > most + 1e-9 {
            (best, most) = (*one, worth);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::super::testing::row;
    use super::*;

    #[test]
    fn thresholds_part_digits_from_what_looks_like_them() {
        let mut pictures = Vec::new();
        for i in 0..40 {
            let mut digits = row("12", [50.0, 50.0], [20.0, 40.0], 24.0, 0.0);
            digits.iter_mut().for_each(|digit| digit.confidence = 0.65);
            let marks =
                digits.iter().map(|one| Mark { class: one.digit, number: 0, area: one.area }).collect();
            // Something far away that is no digit, with 0.38.
            let mut other = row("7", [250.0, 50.0], [20.0, 40.0], 24.0, 0.0);
            other[0].confidence = 0.38;
            digits.extend(other);
            // Four of forty are read wrongly.
            if i % 10 == 0 {
                digits[0].digit = 9;
            }
            pictures.push((digits, marks));
        }
        let tuned = tuned(&pictures, &Thresholds::default());
        assert!(tuned.digit > 0.38 || tuned.number > 0.38, "{tuned:?}");
        // Read with 0.65 * 0.65 = 0.42, and nine of ten are right: a root makes 0.9 of it.
        let called = 0.65_f32.powi(2).powf(tuned.sharpness);
        assert!((0.85..0.95).contains(&called), "{tuned:?}: {called}");
        assert_eq!(super::tuned(&[], &Thresholds::default()), Thresholds::default());
    }
}
