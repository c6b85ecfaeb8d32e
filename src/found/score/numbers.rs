//! How numbers are read: as a whole, by length, with every digit in its place, and how well their boxes fit.

use super::super::Number;
use super::{coverage, expected_calibration_error, share};
use crate::data::{Area, Mark, marks};
use serde::Serialize;

/// A found number belongs to a number on the picture if their boxes share more of their union than this: what is
/// read there must be exactly right anyway.
const SAME_PLACE: f32 = 0.1;

/// Numbers of one length.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct OfLength {
    /// Digits that they have.
    pub length: usize,
    /// How many there are.
    pub n: u64,
    /// How many are read exactly right.
    pub right: u64,
}

/// How numbers are read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NumberScores {
    /// Numbers on the pictures.
    pub n: u64,
    /// Share read exactly right.
    pub exact: f64,
    /// Mean of that share over the lengths.
    pub exact_macro: f64,
    /// By length, the shortest first.
    pub by_length: Vec<OfLength>,
    /// Share read exactly right with every digit's box on its place by one half or more (NPFL 138's measure).
    pub strict: f64,
    /// Mean overlap of the number's box with the true one; 0 where it is not found.
    pub mean_iou: f64,
    /// Share of numbers whose box overlaps the true one by more than one half.
    pub over_half: f64,
    /// By more than three quarters.
    pub over_three_quarters: f64,
    /// Characters put in, left out or changed, over all characters.
    pub character_errors: f64,
    /// Share of numbers that can be answered, the surest first, with 98 % of the answers right.
    pub coverage_98: f64,
    /// Mean distance between confidence and share of right readings.
    pub calibration_error: f64,
    /// Found numbers that are on no number, for each picture.
    pub false_per_picture: f64,
    /// The same over pictures without any number; `None` without such.
    pub false_per_blank_picture: Option<f64>,
    /// Share of pictures with numbers whose surest reading is exactly one of them.
    pub first_right: f64,
}

/// What became of a number that is on a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What is written.
    pub truth: String,
    /// What was read there; `None` if nothing was found.
    pub read: Option<usize>,
    /// Whether it was read exactly right.
    pub right: bool,
    /// Whether every digit's box is on its place, too.
    pub strict: bool,
    /// Overlap of the boxes.
    pub iou: f32,
    /// The box of the number.
    pub area: Area,
}

/// Counts as pictures come.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    by_length: Vec<OfLength>,
    strict: u64,
    ious: f64,
    over: [u64; 2],
    characters: u64,
    edits: u64,
    /// Of each number on the pictures: confidence (0 if it was not found), and whether it is right.
    answers: Vec<(f32, bool)>,
    /// Of each number found.
    readings: Vec<(f32, bool)>,
    pictures: u64,
    false_numbers: u64,
    blank_pictures: u64,
    false_on_blank: u64,
    first_right: u64,
}

impl Tally {
    /// Takes in a picture.
    pub fn add(&mut self, numbers: &[Number], marks: &[Mark]) {
        let outcomes = outcomes(numbers, marks);
        self.pictures += 1;
        let mut right = vec![false; numbers.len()];
        let mut taken = 0;
        for outcome in &outcomes {
            self.count(outcome, numbers);
            if let Some(read) = outcome.read {
                right[read] = outcome.right;
                taken += 1;
            }
        }
        self.readings.extend(numbers.iter().zip(&right).map(|(number, right)| (number.confidence, *right)));
        let false_numbers = (numbers.len() - taken) as u64;
        self.false_numbers += false_numbers;
        if outcomes.is_empty() {
            self.blank_pictures += 1;
            self.false_on_blank += false_numbers;
        } else {
            let surest = numbers.iter().reduce(|a, b| if b.confidence > a.confidence { b } else { a });
            let is_there = |read: &Number| outcomes.iter().any(|outcome| outcome.truth == read.text);
            self.first_right += u64::from(surest.is_some_and(is_there));
        }
    }

    /// Confidence of each number found, and whether it is right.
    pub fn readings(&self) -> &[(f32, bool)] {
        &self.readings
    }

    fn count(&mut self, outcome: &Outcome, numbers: &[Number]) {
        let Outcome { truth, read, right, strict, iou, .. } = outcome;
        let length = truth.len();
        let at = match self.by_length.binary_search_by_key(&length, |one| one.length) {
            Ok(at) => at,
            Err(at) => {
                self.by_length.insert(at, OfLength { length, ..OfLength::default() });
                at
            }
        };
        self.by_length[at].n += 1;
        self.by_length[at].right += u64::from(*right);
        self.strict += u64::from(*strict);
        self.ious += f64::from(*iou);
        self.over[0] += u64::from(*iou > 0.5);
        self.over[1] += u64::from(*iou > 0.75);
        self.characters += length as u64;
        let number = read.map(|read| &numbers[read]);
        self.edits += distance(truth, number.map_or("", |number| number.text.as_str()));
        self.answers.push((number.map_or(0.0, |number| number.confidence), *right));
    }

    /// What has been counted so far.
    pub fn scores(&self) -> NumberScores {
        let n = self.by_length.iter().map(|one| one.n).sum();
        let right = self.by_length.iter().map(|one| one.right).sum();
        let each: f64 = self.by_length.iter().map(|one| share(one.right, one.n)).sum();
        NumberScores {
            n,
            exact: share(right, n),
            exact_macro: each / self.by_length.len().max(1) as f64,
            by_length: self.by_length.clone(),
            strict: share(self.strict, n),
            mean_iou: self.ious / n.max(1) as f64,
            over_half: share(self.over[0], n),
            over_three_quarters: share(self.over[1], n),
            character_errors: share(self.edits, self.characters),
            coverage_98: coverage(&self.answers, 0.98),
            calibration_error: expected_calibration_error(&self.readings),
            false_per_picture: share(self.false_numbers, self.pictures),
            false_per_blank_picture: (self.blank_pictures > 0)
                .then(|| share(self.false_on_blank, self.blank_pictures)),
            first_right: share(self.first_right, self.pictures - self.blank_pictures),
        }
    }
}

/// What became of each number that is on a picture: the best fitting boxes belong together, each once.
pub fn outcomes(numbers: &[Number], marks: &[Mark]) -> Vec<Outcome> {
    let digits: Vec<Mark> = marks.iter().copied().filter(|mark| mark.class < 10).collect();
    let truths: Vec<&[Mark]> = marks::numbers(&digits).collect();
    let areas: Vec<Area> = truths.iter().filter_map(|truth| marks::around(truth)).collect();
    let mut pairs: Vec<(usize, usize, f32)> = areas
        .iter()
        .enumerate()
        .flat_map(|(t, area)| numbers.iter().enumerate().map(move |(r, read)| (t, r, read.area.iou(area))))
        .filter(|(.., iou)| *iou > SAME_PLACE)
        .collect();
    pairs.sort_by(|a, b| b.2.total_cmp(&a.2));
    let mut read: Vec<Option<(usize, f32)>> = vec![None; truths.len()];
    for (t, r, iou) in pairs {
        if read[t].is_none() && !read.iter().flatten().any(|(taken, _)| *taken == r) {
            read[t] = Some((r, iou));
        }
    }
    let each = truths.iter().zip(areas).zip(read);
    each.map(|((truth, area), read)| Outcome::of(truth, area, read.map(|(at, iou)| (at, &numbers[at], iou))))
        .collect()
}

impl Outcome {
    /// Of what is written in a box, and the number read there: which it is, itself, and the overlap of the boxes.
    fn of(truth: &[Mark], area: Area, read: Option<(usize, &Number, f32)>) -> Self {
        let text: String = truth.iter().map(|mark| char::from(b'0' + mark.class)).collect();
        let right = read.is_some_and(|(_, number, _)| number.text == text);
        let in_place = |number: &Number| {
            number.digits.iter().zip(truth).all(|(digit, mark)| digit.area.iou(&mark.area) >= 0.5)
        };
        Self {
            truth: text,
            read: read.map(|(at, ..)| at),
            right,
            strict: right && read.is_some_and(|(_, number, _)| in_place(number)),
            iou: read.map_or(0.0, |(.., iou)| iou),
            area,
        }
    }
}

/// Levenshtein's distance.
fn distance(one: &str, other: &str) -> u64 {
    let mut row: Vec<u64> = (0..=other.len() as u64).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i as u64 + 1;
        for (j, b) in other.bytes().enumerate() {
            let replaced = diagonal + u64::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::row;
    use super::super::super::{Found, Thresholds};
    use super::*;

    fn number(digits: Vec<Found>) -> Number {
        Number::of(digits, 0.0, &Thresholds::default()).expect("there are digits")
    }

    fn marks_of(digits: &[Found], number: u8) -> Vec<Mark> {
        digits.iter().map(|one| Mark { class: one.digit, number, area: one.area }).collect()
    }

    #[test]
    fn numbers_by_hand() {
        let mut tally = Tally::default();
        let at = |text, x| row(text, [x, 50.0], [20.0, 40.0], 24.0, 0.0);
        // 12 is read, 345 is read as 34, and something is read at a place where there is nothing.
        let mut truth = marks_of(&at("12", 50.0), 0);
        truth.extend(marks_of(&at("345", 200.0), 1));
        let read = [number(at("12", 50.0)), number(at("34", 200.0)), number(at("7", 400.0))];
        tally.add(&read, &truth);
        // Nothing is found of 6, and nothing is on the third picture but an 8 is read.
        tally.add(&[], &marks_of(&at("6", 50.0), 0));
        tally.add(&[number(at("8", 50.0))], &[]);
        let scores = tally.scores();
        assert_eq!(scores.n, 3);
        assert!((scores.exact - 1.0 / 3.0).abs() < 1e-9 && scores.strict == scores.exact);
        // Lengths 1, 2 and 3: none, all and none right.
        assert!((scores.exact_macro - 1.0 / 3.0).abs() < 1e-9);
        // 44 of 68 columns.
        assert!((scores.mean_iou - (1.0 + 44.0 / 68.0) / 3.0).abs() < 1e-6, "{}", scores.mean_iou);
        assert!((scores.over_half - 2.0 / 3.0).abs() < 1e-9);
        assert!((scores.over_three_quarters - 1.0 / 3.0).abs() < 1e-9);
        // One left out of 345, all of 6.
        assert!((scores.character_errors - 2.0 / 6.0).abs() < 1e-9);
        assert!((scores.false_per_picture - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!(scores.false_per_blank_picture, Some(1.0));
        // On the first picture the surest is the single 7: 0.9 is more than 0.81.
        assert_eq!(scores.first_right, 0.0);
    }

    #[test]
    fn the_right_digits_in_wrong_places_are_not_strictly_right() {
        let truth = marks_of(&row("12", [50.0, 50.0], [20.0, 40.0], 24.0, 0.0), 0);
        let read = number(row("12", [50.0, 50.0], [8.0, 40.0], 24.0, 0.0));
        let outcome = &outcomes(&[read], &truth)[0];
        assert!(outcome.right && !outcome.strict, "{outcome:?}");
    }

    #[test]
    fn letters_beside_the_digits_are_not_asked_for() {
        let digits = row("12", [50.0, 50.0], [20.0, 40.0], 24.0, 0.0);
        let mut truth = marks_of(&digits, 0);
        truth.push(Mark { class: 11, number: 0, area: Area { x: 100.0, y: 30.0, w: 20.0, h: 40.0 } });
        assert!(outcomes(&[number(digits)], &truth)[0].right);
    }

    #[test]
    fn distances_by_hand() {
        assert_eq!((distance("123", "123"), distance("123", "23"), distance("", "44")), (0, 1, 2));
        assert_eq!((distance("1234", "214"), distance("5155", "55155")), (2, 1));
    }
}
