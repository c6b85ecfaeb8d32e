//! How digits are found: average precision as COCO has it, and precision and recall of those that are read.

use super::super::Found;
use super::share;
use crate::data::Mark;
use serde::Serialize;

/// Overlaps at which a digit counts as found: 0.50, 0.55 to 0.95.
const OVERLAPS: usize = 10;
/// At most so many candidates of a picture count (COCO's `maxDets`).
const MOST: usize = 100;
/// Recalls at which precision is looked up: 0, 0.01 to 1.
const RECALLS: usize = 101;

/// How digits are found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DigitScores {
    /// Digits on the pictures.
    pub n: u64,
    /// Average precision at an overlap of one half, mean over the digits that there are, 0 to 1.
    pub ap_50: f64,
    /// The same, mean over overlaps from 0.5 to 0.95.
    pub ap: f64,
    /// Average precision at one half of each of the ten; `None` where it is on no picture.
    pub ap_50_of: [Option<f64>; 10],
    /// Share of the digits read that are on the picture, there.
    pub precision: f64,
    /// Share of the digits on the pictures that are read, there.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
}

/// A candidate: its confidence, and at which overlaps it is right, a bit each.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    confidence: f32,
    right: u16,
}

/// Counts as pictures come.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Of each digit, picture after picture.
    candidates: [Vec<Candidate>; 10],
    /// Digits on the pictures.
    n: [u64; 10],
    read: u64,
    read_right: u64,
}

impl Tally {
    /// Takes in the candidates of a picture.
    pub fn add(&mut self, candidates: &[Found], marks: &[Mark]) {
        let mut sorted: Vec<&Found> = candidates.iter().collect();
        sorted.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        sorted.truncate(MOST);
        for digit in 0..10 {
            let truths: Vec<&Mark> = marks.iter().filter(|mark| mark.class == digit).collect();
            let mine: Vec<&Found> = sorted.iter().copied().filter(|one| one.digit == digit).collect();
            let mut right = vec![0_u16; mine.len()];
            for step in 0..OVERLAPS {
                let least = 0.5 + 0.05 * step as f32;
                for (found, right) in matched(&mine, &truths, least).into_iter().zip(&mut right) {
                    *right |= u16::from(found) << step;
                }
            }
            let digit = usize::from(digit);
            self.n[digit] += truths.len() as u64;
            let all = mine.iter().zip(right);
            self.candidates[digit]
                .extend(all.map(|(one, right)| Candidate { confidence: one.confidence, right }));
        }
    }

    /// Takes in the digits that are read in the end.
    pub fn add_read<'a>(&mut self, read: impl Iterator<Item = &'a Found>, marks: &[Mark]) {
        let mut read: Vec<&Found> = read.collect();
        read.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        self.read += read.len() as u64;
        for digit in 0..10 {
            let truths: Vec<&Mark> = marks.iter().filter(|mark| mark.class == digit).collect();
            let mine: Vec<&Found> = read.iter().copied().filter(|one| one.digit == digit).collect();
            self.read_right += matched(&mine, &truths, 0.5).into_iter().filter(|right| *right).count() as u64;
        }
    }

    /// What has been counted so far.
    pub fn scores(&self) -> DigitScores {
        let mut sums = [0.0; OVERLAPS];
        let mut ap_50_of = [None; 10];
        for digit in (0..10).filter(|digit| self.n[*digit] > 0) {
            let mut sorted = self.candidates[digit].clone();
            sorted.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
            for (step, sum) in sums.iter_mut().enumerate() {
                let ap =
                    average_precision(sorted.iter().map(|one| one.right >> step & 1 == 1), self.n[digit]);
                *sum += ap;
                if step == 0 {
                    ap_50_of[digit] = Some(ap);
                }
            }
        }
        let kinds = self.n.iter().filter(|n| **n > 0).count().max(1) as f64;
        let n = self.n.iter().sum();
        let (precision, recall) = (share(self.read_right, self.read), share(self.read_right, n));
        DigitScores {
            n,
            ap_50: sums[0] / kinds,
            ap: sums.iter().sum::<f64>() / OVERLAPS as f64 / kinds,
            ap_50_of,
            precision,
            recall,
            f1: 2.0 * precision * recall / (precision + recall).max(f64::MIN_POSITIVE),
        }
    }
}

/// For each candidate, the surest first, whether it lies on a mark that no surer one has taken.
fn matched(candidates: &[&Found], marks: &[&Mark], least: f32) -> Vec<bool> {
    let mut taken = vec![false; marks.len()];
    let mut take = |one: &&Found| {
        let mut best: Option<(usize, f32)> = None;
        for (i, mark) in marks.iter().enumerate().filter(|(i, _)| !taken[*i]) {
            let iou = one.area.iou(&mark.area);
            // Overlaps are rounded to single precision; half an edge more or less is no mistake.
            if iou >= least - 1e-6 && best.is_none_or(|(_, most)| iou > most) {
                best = Some((i, iou));
            }
        }
        best.inspect(|(i, _)| taken[*i] = true).is_some()
    };
    candidates.iter().map(&mut take).collect()
}

/// Mean precision over recalls, where the precision at a recall is the best at that recall or more, as COCO has it
/// (pycocotools, `COCOeval.accumulate`).
fn average_precision(right: impl Iterator<Item = bool>, n: u64) -> f64 {
    let (mut hits, mut curve) = (0_u64, Vec::new());
    for (i, right) in right.enumerate() {
        hits += u64::from(right);
        curve.push((share(hits, n), share(hits, i as u64 + 1)));
    }
    let mut best = 0.0_f64;
    for (_, precision) in curve.iter_mut().rev() {
        best = best.max(*precision);
        *precision = best;
    }
    let at = |step: usize| {
        // As numpy's linspace has it: a recall of exactly 0.35 does not reach 35 * 0.01.
        let recall = step as f64 * 0.01;
        let first = curve.partition_point(|(reached, _)| *reached < recall);
        curve.get(first).map_or(0.0, |(_, precision)| *precision)
    };
    (0..RECALLS).map(at).sum::<f64>() / RECALLS as f64
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{found, scattered};
    use super::*;
    use crate::data::Area;
    use crate::data::random::Stream;
    use serde::Deserialize;

    fn mark(class: u8, [x, y, w, h]: [f32; 4]) -> Mark {
        Mark { class, number: 0, area: Area { x, y, w, h } }
    }

    fn scores(pictures: &[(Vec<Found>, Vec<Mark>)]) -> DigitScores {
        let mut tally = Tally::default();
        pictures.iter().for_each(|(found, marks)| tally.add(found, marks));
        tally.scores()
    }

    #[test]
    fn average_precision_by_hand() {
        let at = |x| [x, 0.0, 10.0, 10.0];
        let marks = vec![mark(1, at(0.0)), mark(1, at(20.0))];
        // Right, wrong, right: precision 1 up to a recall of 0.5 (51 points), then 2/3 (50 points).
        let candidates = vec![found(1, 0.9, at(0.0)), found(1, 0.8, at(40.0)), found(1, 0.7, at(20.0))];
        let measured = scores(&[(candidates, marks.clone())]);
        let expected = (51.0 + 50.0 * 2.0 / 3.0) / 101.0;
        assert!((measured.ap_50 - expected).abs() < 1e-9 && (measured.ap - expected).abs() < 1e-9);
        // The second box on a digit is wrong, and another digit there does not help.
        let candidates = vec![found(1, 0.9, at(0.0)), found(1, 0.8, at(1.0)), found(7, 0.7, at(20.0))];
        let measured = scores(&[(candidates, marks)]);
        assert!((measured.ap_50 - 51.0 / 101.0).abs() < 1e-9);
        assert_eq!(measured.ap_50_of[7], None);
    }

    #[test]
    fn half_an_overlap_is_enough_at_one_half_only() {
        // 8 of 10 + 10 - 8 = 12 columns: two thirds, enough for 0.5, 0.55, 0.6 and 0.65.
        let marks = vec![mark(5, [0.0, 0.0, 10.0, 10.0])];
        let measured = scores(&[(vec![found(5, 0.9, [2.0, 0.0, 10.0, 10.0])], marks)]);
        assert_eq!(measured.ap_50, 1.0);
        assert!((measured.ap - 0.4).abs() < 1e-9, "{}", measured.ap);
    }

    #[test]
    fn precision_and_recall_are_of_what_is_read() {
        let mut tally = Tally::default();
        let at = |x| [x, 0.0, 10.0, 10.0];
        let marks = [mark(1, at(0.0)), mark(2, at(20.0)), mark(3, at(40.0)), mark(4, at(60.0))];
        tally.add(&[], &marks);
        let read = [found(1, 0.9, at(0.0)), found(2, 0.9, at(21.0)), found(8, 0.9, at(40.0))];
        tally.add_read(read.iter(), &marks);
        let measured = tally.scores();
        assert!((measured.precision - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!(measured.recall, 0.5);
        assert!((measured.f1 - 4.0 / 7.0).abs() < 1e-9);
    }

    #[test]
    fn more_and_surer_mistakes_never_help() {
        for seed in 0..100 {
            let mut stream = Stream::new("test", seed, 0, 0);
            let marks: Vec<Mark> = scattered(&mut stream, 8)
                .into_iter()
                .map(|one| Mark { class: one.digit, number: 0, area: one.area })
                .collect();
            let mut candidates = scattered(&mut stream, 20);
            candidates.extend(marks.iter().map(|mark| Found {
                area: mark.area,
                confidence: stream.unit(),
                ..found(mark.class, 0.5, [0.0; 4])
            }));
            let before = scores(&[(candidates.clone(), marks.clone())]);
            assert!((0.0..=1.0).contains(&before.ap) && before.ap <= before.ap_50 + 1e-9);
            candidates.push(found(marks[0].class, 1.0, [500.0, 500.0, 10.0, 10.0]));
            let after = scores(&[(candidates, marks)]);
            assert!(after.ap <= before.ap + 1e-9 && after.ap_50 <= before.ap_50 + 1e-9);
        }
    }

    #[derive(Deserialize)]
    struct Reference {
        /// Of each picture: class, x, y, w, h.
        truths: Vec<Vec<[f32; 5]>>,
        /// Of each picture: class, confidence, x, y, w, h.
        found: Vec<Vec<[f32; 6]>>,
        ap: f64,
        ap_50: f64,
    }

    #[test]
    fn average_precision_is_that_of_pycocotools() {
        // Written by make_average_precision.py.
        let text = include_str!("../../../tests/reference/average_precision.json");
        let reference: Reference = serde_json::from_str(text).expect("as the script wrote it");
        let pictures: Vec<(Vec<Found>, Vec<Mark>)> = reference
            .truths
            .iter()
            .zip(&reference.found)
            .map(|(truths, candidates)| {
                let marks = truths.iter().map(|[class, x, y, w, h]| mark(*class as u8, [*x, *y, *w, *h]));
                let candidates = candidates
                    .iter()
                    .map(|[class, sure, x, y, w, h]| found(*class as u8, *sure, [*x, *y, *w, *h]));
                (candidates.collect(), marks.collect())
            })
            .collect();
        let measured = scores(&pictures);
        assert!((measured.ap_50 - reference.ap_50).abs() < 1e-6, "{} {}", measured.ap_50, reference.ap_50);
        assert!((measured.ap - reference.ap).abs() < 1e-6, "{} {}", measured.ap, reference.ap);
    }
}
