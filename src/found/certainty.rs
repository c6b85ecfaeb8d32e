//! How sure a number is called: what is known of it, weighed so that of numbers called 90 % sure nine of ten are right.
//!
//! A product of probabilities is too low for long numbers, whose digits are not right or wrong by themselves: a stray
//! stroke read as a lone 1 must not be surer than a number of five digits all of which are seen well.

use super::Number;
use super::regression::regression;
use serde::{Deserialize, Serialize};

/// Confidences are taken for no less than this: the logarithm of nothing weighs everything down.
const LEAST: f32 = 1e-4;
/// How many there are of what is known of a number, with the constant.
const N: usize = 6;
/// Of which the weights of the second to the fourth must not be negative: surer digits make no number less sure.
const SURER: std::ops::Range<usize> = 1..4;

/// Weights of a logistic regression on what is known of a number.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Certainty {
    /// Of nothing else: how likely numbers are right.
    pub constant: f32,
    /// Of the logarithm of the product of its digits' confidences and of that nothing was left out.
    pub all: f32,
    /// Of the mean logarithm of its digits' confidences.
    pub mean: f32,
    /// Of the logarithm of the least of them.
    pub least: f32,
    /// Of being one digit.
    pub alone: f32,
    /// Of beginning with 0.
    pub zero: f32,
}

impl Certainty {
    /// How likely all of a number is right, 0 to 1. `product` is that of its digits' confidences and of that nothing
    /// was left out.
    pub fn of(&self, product: f32, digits: impl IntoIterator<Item = (u8, f32)>) -> f32 {
        let known = known(product, digits);
        let sum: f32 = self.weights().iter().zip(known).map(|(weight, one)| weight * one).sum();
        1.0 / (1.0 + (-sum).exp())
    }

    /// The weights that were least surprised by these numbers, and by which of them are right; their confidences are
    /// products still. `None` where all are right, or none.
    pub fn fitted<'a>(numbers: impl IntoIterator<Item = (&'a Number, bool)>) -> Option<Self> {
        let rows: Vec<([f64; N], bool)> = numbers
            .into_iter()
            .map(|(number, right)| {
                let digits = number.digits.iter().map(|one| (one.digit, one.confidence));
                (known(number.confidence, digits).map(f64::from), right)
            })
            .collect();
        let right = rows.iter().filter(|(_, right)| *right).count();
        if right == 0 || right == rows.len() {
            return None;
        }
        let mut used = [true; N];
        loop {
            let weights = regression(&rows, &used);
            let Some(worst) =
                SURER.filter(|i| weights[*i] < 0.0).min_by(|a, b| weights[*a].total_cmp(&weights[*b]))
            else {
                let [constant, all, mean, least, alone, zero] = weights.map(|weight| weight as f32);
                return Some(Self { constant, all, mean, least, alone, zero });
            };
            used[worst] = false;
        }
    }

    fn weights(&self) -> [f32; N] {
        let Self { constant, all, mean, least, alone, zero } = *self;
        [constant, all, mean, least, alone, zero]
    }
}

/// What is known of a number, in the order of the weights.
fn known(product: f32, digits: impl IntoIterator<Item = (u8, f32)>) -> [f32; N] {
    let (mut n, mut sum, mut least, mut first) = (0, 0.0, 0.0_f32, None);
    for (digit, confidence) in digits {
        let log = confidence.max(LEAST).ln();
        n += 1;
        sum += log;
        least = least.min(log);
        first = first.or(Some(digit));
    }
    let is = |it: bool| if it { 1.0 } else { 0.0 };
    [1.0, product.max(LEAST).ln(), sum / n.max(1) as f32, least, is(n == 1), is(first == Some(0))]
}

#[cfg(test)]
mod tests {
    use super::super::Thresholds;
    use super::super::testing::row;
    use super::*;
    use crate::data::random::Stream;

    fn number(text: &str, confidence: f32) -> Number {
        let mut digits = row(text, [50.0, 50.0], [20.0, 40.0], 24.0, 0.0);
        digits.iter_mut().for_each(|digit| digit.confidence = confidence);
        Number::of(digits, 0.0, &Thresholds::default()).expect("digits")
    }

    #[test]
    fn weights_are_found_again() {
        let truth = Certainty { constant: 2.0, all: 1.0, mean: 3.0, least: 0.5, alone: -1.0, zero: -0.5 };
        let mut stream = Stream::new("test", 3, 0, 0);
        let mut numbers = Vec::new();
        for i in 0..20_000 {
            let text = ["7", "0", "12", "034", "5678", "31415"][i % 6];
            let mut digits = row(text, [50.0, 50.0], [20.0, 40.0], 24.0, 0.0);
            digits.iter_mut().for_each(|digit| digit.confidence = stream.between(0.2, 1.0));
            let number = Number::of(digits, 0.0, &Thresholds::default()).expect("digits");
            let p = truth.of(number.confidence, number.digits.iter().map(|one| (one.digit, one.confidence)));
            numbers.push((number, stream.unit() < p));
        }
        let found = Certainty::fitted(numbers.iter().map(|(number, right)| (number, *right))).expect("both");
        // What is known of a number goes together, so that the single weights may trade places a little.
        for (number, _) in &numbers[..200] {
            let digits = || number.digits.iter().map(|one| (one.digit, one.confidence));
            let (is, was) = (found.of(number.confidence, digits()), truth.of(number.confidence, digits()));
            assert!((is - was).abs() < 0.05, "{is} {was} {found:?}");
        }
    }

    #[test]
    fn a_long_number_is_not_unsure_for_being_long() {
        // However long, three of four are right at 0.8 and nine of ten at 0.95; lone digits are right half as often.
        let mut numbers = Vec::new();
        for i in 0..400 {
            for text in ["12", "34567"] {
                numbers.push((number(text, 0.8), i % 4 != 0));
                numbers.push((number(text, 0.95), i % 10 != 0));
            }
            numbers.push((number("1", 0.9), i % 2 == 0));
        }
        let fitted = Certainty::fitted(numbers.iter().map(|(number, right)| (number, *right))).expect("both");
        let called = |text: &str, confidence: f32| {
            let number = number(text, confidence);
            fitted.of(number.confidence, number.digits.iter().map(|one| (one.digit, one.confidence)))
        };
        assert!(called("1", 0.9) < called("34567", 0.8), "{fitted:?}");
        assert!((called("34567", 0.95) - 0.9).abs() < 0.05 && (called("12", 0.8) - 0.75).abs() < 0.05);
        assert!(called("34567", 0.99) > called("34567", 0.9));
    }

    #[test]
    fn surer_digits_never_make_a_number_less_sure() {
        // The other way round, as no detector is.
        let numbers: Vec<(Number, bool)> =
            (0..200).map(|i| (number("12", if i % 2 == 0 { 0.5 } else { 0.9 }), i % 4 != 1)).collect();
        let fitted = Certainty::fitted(numbers.iter().map(|(number, right)| (number, *right))).expect("both");
        assert!(fitted.all >= 0.0 && fitted.mean >= 0.0 && fitted.least >= 0.0, "{fitted:?}");
        assert_eq!(Certainty::fitted(numbers.iter().map(|(number, _)| (number, true))), None);
        assert_eq!(Certainty::fitted([]), None);
    }
}
