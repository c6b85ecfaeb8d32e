//! Thresholds chosen on validation pictures: which digits are believed, which numbers, and how sure they are called.

use super::score::{NumberScores, Tally, outcomes};
use super::{Case, Certainty, Found, Number, Opinion, Thresholds, numbers};
use crate::data::Mark;

/// Least confidences that are tried.
const DIGITS: [f32; 9] = [0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6];
const NUMBERS: [f32; 9] = [0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6];
/// What a false number costs beside a number that is read rightly. What is read most surely is seldom false, so that a
/// missing number is the greater harm.
const FALSE_COST: f64 = 0.05;
/// The thresholds that read most numbers of these pictures rightly: each with its digits as [`super::keep`] leaves them,
/// and what is on it. Without pictures the thresholds stay.
pub fn tuned(pictures: &[(Vec<Found>, Vec<Mark>)], start: &Thresholds) -> Thresholds {
    if pictures.is_empty() {
        return start.clone();
    }
    let mut best = (start.clone(), f64::NEG_INFINITY);
    for digit in DIGITS {
        let plain = Thresholds { digit, number: 0.0, sharpness: 1.0, certainty: None, ..start.clone() };
        // Together: unsure digits may complete a number where unsure numbers are left out.
        let certainty = certainty(pictures, &plain);
        for number in NUMBERS {
            let tried = Thresholds { number, certainty: certainty.clone(), ..plain.clone() };
            let worth = worth(pictures, &tried);
            if worth > best.1 + 1e-9 {
                best = (tried, worth);
            }
        }
    }
    best.0
}

/// How sure to call the numbers that are read with these thresholds.
fn certainty(pictures: &[(Vec<Found>, Vec<Mark>)], plain: &Thresholds) -> Option<Certainty> {
    let mut read = Vec::new();
    for (digits, marks) in pictures {
        let numbers = numbers(digits.clone(), plain);
        let right = right(&numbers, marks);
        read.extend(numbers.into_iter().enumerate().map(|(i, number)| (number, right.contains(&i))));
    }
    Certainty::fitted(read.iter().map(|(number, right)| (number, *right)))
}

/// What reading these pictures with the thresholds is worth.
fn worth(pictures: &[(Vec<Found>, Vec<Mark>)], thresholds: &Thresholds) -> f64 {
    let mut tally = Tally::default();
    for (digits, marks) in pictures {
        tally.add(digits, &numbers(digits.clone(), thresholds), marks);
    }
    value(&tally.scores().numbers)
}

/// Share of numbers read rightly, less what false ones cost.
fn value(scores: &NumberScores) -> f64 {
    scores.exact - FALSE_COST * scores.false_per_picture
}

/// A picture's numbers as a detector has them, each with what another model reads there (`None` where it cannot), and
/// what is on the picture.
pub type Asked = (Vec<(Number, Option<Number>)>, Vec<Mark>);

/// What the other model's word weighs on these pictures, and from when on a number is told after that.
pub fn weighed(pictures: &[Asked]) -> Thresholds {
    let mut cases = Vec::new();
    for (numbers, marks) in pictures {
        let firsts: Vec<Number> = numbers.iter().map(|(first, _)| first.clone()).collect();
        // The other reading in the same place.
        let seconds = numbers.iter().map(|(first, second)| match second {
            Some(second) => Number { text: second.text.clone(), ..first.clone() },
            None => first.clone(),
        });
        let [first_right, second_right] = [firsts, seconds.collect()].map(|all| right(&all, marks));
        for (i, (first, second)) in numbers.iter().enumerate() {
            let Some(second) = second else { continue };
            let case = Case { first: first.clone(), second: second.clone() };
            cases.push((case, [first_right.contains(&i), second_right.contains(&i)]));
        }
    }
    let opinion = Opinion::fitted(&cases);
    let read: Vec<(Vec<Number>, &[Mark])> = pictures
        .iter()
        .map(|(numbers, marks)| {
            let weigh = |(first, second): &(Number, Option<Number>)| match second {
                Some(second) => opinion.weigh(Case { first: first.clone(), second: second.clone() }),
                None => first.clone(),
            };
            (numbers.iter().map(weigh).collect(), marks.as_slice())
        })
        .collect();
    let worth_of = |least: f32| {
        let mut tally = Tally::default();
        for (numbers, marks) in &read {
            let told: Vec<Number> = numbers.iter().filter(|one| one.confidence >= least).cloned().collect();
            tally.add(&[], &told, marks);
        }
        value(&tally.scores().numbers)
    };
    let mut best = (0.0, f64::NEG_INFINITY);
    for least in NUMBERS {
        let worth = worth_of(least);
        if worth > best.1 + 1e-9 {
            best = (least, worth);
        }
    }
    Thresholds { number: best.0, opinion: Some(opinion), ..Thresholds::default() }
}

/// Which of the numbers are read rightly.
fn right(numbers: &[Number], marks: &[Mark]) -> Vec<usize> {
    outcomes(numbers, marks).iter().filter(|one| one.right).filter_map(|one| one.read).collect()
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
        let stray = tuned.called([(7, 0.38)].into_iter(), 0.0);
        assert!(tuned.digit > 0.38 || tuned.number > stray, "{tuned:?}: {stray}");
        // Nine of ten are right, although 0.65 * 0.65 is 0.42.
        let called = tuned.called([(1, 0.65), (2, 0.65)].into_iter(), 0.0);
        assert!((0.85..0.95).contains(&called), "{tuned:?}: {called}");
        assert_eq!(super::tuned(&[], &Thresholds::default()), Thresholds::default());
    }

    #[test]
    fn another_word_puts_wrong_numbers_right_and_false_ones_away() {
        let mut pictures = Vec::new();
        for i in 0..60 {
            let digits = row("12", [50.0, 50.0], [20.0, 40.0], 24.0, 0.0);
            let marks =
                digits.iter().map(|one| Mark { class: one.digit, number: 0, area: one.area }).collect();
            let number = |digits| Number::of(digits, 0.0, &Thresholds::default()).expect("there are digits");
            let mut first = number(digits);
            let right = Number { confidence: 0.9, ..first.clone() };
            // Every third is misread, and beside each is something that is no number.
            if i % 3 == 0 {
                first.text = "17".to_owned();
            }
            let stray = number(row("7", [250.0, 50.0], [20.0, 40.0], 24.0, 0.0));
            let nothing = Number { text: String::new(), digits: Vec::new(), ..stray.clone() };
            pictures.push((vec![(first, Some(right)), (stray, Some(nothing))], marks));
        }
        let chosen = weighed(&pictures);
        let opinion = chosen.opinion.expect("it was fitted");
        let read = |(first, second): &(Number, Option<Number>)| {
            opinion.weigh(Case { first: first.clone(), second: second.clone().expect("all were read") })
        };
        for (numbers, _) in &pictures {
            let (number, stray) = (read(&numbers[0]), read(&numbers[1]));
            assert_eq!(number.text, "12");
            assert!(number.confidence > chosen.number && stray.confidence < chosen.number, "{chosen:?}");
        }
    }
}
