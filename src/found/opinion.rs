//! What another model's word weighs beside the detector's: which of two readings of the same number is believed, and how
//! sure it is called.
//!
//! The two models err on different numbers. Where they say the same it is surely right, where the other sees no digit at
//! all there is seldom one, and where they differ it depends on how sure each is: four logistic regressions, learned from
//! numbers that neither model learned from.

use super::regression::regression;
use super::{Found, Number};
use serde::{Deserialize, Serialize};

/// How many there are of what is known of a reading, with the constant.
const N: usize = 4;
/// Of which the weights of these must not be negative where both say so.
const SURER: std::ops::Range<usize> = 1..3;
/// Confidences are taken for no closer to 0 and 1 than this.
const LEAST: f32 = 1e-4;

/// A number as two models have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// As the detector has it.
    pub first: Number,
    /// As the other model reads what is there; without text where it sees no digits, as sure as it is of that.
    pub second: Number,
}

/// Weights of the four regressions: of nothing, of how sure the detector is, of how sure the other model is (both as
/// logarithms of odds), and of being one digit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Opinion {
    /// Of readings that both have.
    pub agreed: [f32; N],
    /// Of the detector's, where the other model reads something else.
    pub kept: [f32; N],
    /// Of the other model's, where the detector reads something else.
    pub taken: [f32; N],
    /// Of the detector's, where the other model sees no digits.
    pub alone: [f32; N],
}

impl Opinion {
    /// The reading that is believed, and how sure it is.
    pub fn weigh(&self, case: Case) -> Number {
        let Case { first, second } = case;
        let known = |text: &str| known(&first, &second, text);
        if second.text.is_empty() {
            let confidence = likely(&self.alone, &known(&first.text));
            return Number { confidence, ..first };
        }
        if first.text == second.text {
            let confidence = likely(&self.agreed, &known(&first.text));
            return Number { confidence, ..first };
        }
        let kept = likely(&self.kept, &known(&first.text));
        let taken = likely(&self.taken, &known(&second.text));
        if kept >= taken {
            return Number { confidence: kept, ..first };
        }
        let digits = placed(&second, &first);
        Number { text: second.text, confidence: taken, digits, ..first }
    }

    /// The weights that were least surprised by which of these readings are right: the detector's, and the other one's.
    pub fn fitted(cases: &[(Case, [bool; 2])]) -> Self {
        let fit = |which: usize, wanted: &dyn Fn(&Case) -> bool| {
            let rows: Vec<([f64; N], bool)> = cases
                .iter()
                .filter(|(case, _)| wanted(case))
                .map(|(case, right)| {
                    let Case { first, second } = case;
                    let text = if which == 0 { &first.text } else { &second.text };
                    (known(first, second, text).map(f64::from), right[which])
                })
                .collect();
            regression(&rows, &[true; N]).map(|weight| weight as f32)
        };
        let is_same = |case: &Case| case.first.text == case.second.text;
        let sees_none = |case: &Case| case.second.text.is_empty();
        let differs = |case: &Case| !is_same(case) && !sees_none(case);
        let mut agreed = fit(0, &is_same);
        // Few cases could have it that less sure readings are right more often.
        agreed[SURER].iter_mut().for_each(|weight| *weight = weight.max(0.0));
        Self { agreed, kept: fit(0, &differs), taken: fit(1, &differs), alone: fit(0, &sees_none) }
    }
}

/// What is known of a reading, in the order of the weights.
fn known(first: &Number, second: &Number, text: &str) -> [f32; N] {
    let odds = |p: f32| {
        let p = p.clamp(LEAST, 1.0 - LEAST);
        (p / (1.0 - p)).ln()
    };
    let is_one = if text.len() == 1 { 1.0 } else { 0.0 };
    [1.0, odds(first.confidence), odds(second.confidence), is_one]
}

fn likely(weights: &[f32; N], known: &[f32; N]) -> f32 {
    let sum: f32 = weights.iter().zip(known).map(|(weight, one)| weight * one).sum();
    1.0 / (1.0 + (-sum).exp())
}

/// The digits of a reading with the places that the detector gave: each its own where there are as many, those that
/// are left where it found some too many, else where the reading has them.
pub fn placed(reading: &Number, detected: &Number) -> Vec<Found> {
    let mut places = detected.digits.iter();
    let is_part = reading.digits.len() <= detected.digits.len();
    let same = reading.digits.len() == detected.digits.len();
    let matched: Option<Vec<Found>> = reading
        .digits
        .iter()
        .map(|digit| {
            let place = match same {
                true => places.next(),
                false => places.by_ref().find(|place| place.digit == digit.digit),
            };
            place.map(|place| Found { area: place.area, vote: place.vote, ..digit.clone() })
        })
        .collect();
    matched.filter(|_| is_part).unwrap_or_else(|| reading.digits.clone())
}

#[cfg(test)]
mod tests {
    use super::super::Thresholds;
    use super::super::testing::row;
    use super::*;
    use crate::data::random::Stream;

    fn number(text: &str, confidence: f32) -> Number {
        let digits = row(text, [50.0, 50.0], [20.0, 40.0], 24.0, 0.0);
        match Number::of(digits, 0.0, &Thresholds::default()) {
            Some(number) => Number { confidence, ..number },
            None => Number {
                text: String::new(),
                confidence,
                area: Default::default(),
                digits: Vec::new(),
                direction: Default::default(),
            },
        }
    }

    fn case(first: &str, sure: f32, second: &str, other: f32) -> Case {
        Case { first: number(first, sure), second: number(second, other) }
    }

    #[test]
    fn the_surer_of_two_is_believed_as_far_as_it_deserves() {
        let mut stream = Stream::new("opinions", 1, 0, 0);
        let mut cases = Vec::new();
        // Where they differ, the other one is right as often as it says so; where it sees nothing, one of ten is right.
        for i in 0..3000 {
            let (sure, other) = (stream.between(0.1, 0.9), stream.between(0.1, 0.9));
            let right = stream.unit() < other;
            cases.push((case("12", sure, "17", other), [!right, right]));
            cases.push((case("12", sure, "12", other), [stream.unit() < 0.95, true]));
            cases.push((case("1", sure, "", other), [i % 10 == 0, false]));
        }
        let opinion = Opinion::fitted(&cases);
        let weighed = |first: &str, sure, second: &str, other| {
            let Number { text, confidence, .. } = opinion.weigh(case(first, sure, second, other));
            (text, confidence)
        };
        let near = |(text, confidence): (String, f32), wanted: &str, sure: f32| {
            assert!(text == wanted && (confidence - sure).abs() < 0.06, "{text} {confidence} {opinion:?}");
        };
        near(weighed("12", 0.6, "17", 0.8), "17", 0.8);
        near(weighed("12", 0.6, "17", 0.2), "12", 0.8);
        near(weighed("12", 0.3, "12", 0.4), "12", 0.95);
        near(weighed("1", 0.8, "", 0.8), "1", 0.1);
        let text = serde_json::to_string(&opinion).expect("it can be written");
        assert_eq!(serde_json::from_str::<Opinion>(&text).expect("and read"), opinion);
    }

    #[test]
    fn nothing_known_is_even_odds() {
        assert_eq!(Opinion::fitted(&[]), Opinion::default());
        assert_eq!(Opinion::default().weigh(case("12", 0.9, "12", 0.9)).confidence, 0.5);
    }

    #[test]
    fn digits_keep_the_places_that_were_found() {
        let detected = number("1273", 0.5);
        let xs = |digits: &[Found]| digits.iter().map(|digit| digit.area.x).collect::<Vec<_>>();
        let all = xs(&detected.digits);
        assert_eq!(xs(&placed(&number("4567", 0.5), &detected)), all);
        let fewer = placed(&number("173", 0.5), &detected);
        assert_eq!((xs(&fewer), fewer[1].digit), (vec![all[0], all[2], all[3]], 7));
        let others = number("89", 0.5);
        assert_eq!(xs(&placed(&others, &detected)), xs(&others.digits));
    }
}
