//! How well whole numbers are read: lengths, positions, characters, and the whole, for each length too.

use super::answers::{Answer, Answers};
use serde::{Deserialize, Serialize};

/// Numbers of one length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OfLength {
    /// Characters that they have.
    pub length: usize,
    /// How many there are.
    pub n: u64,
    /// How many are read rightly as a whole.
    pub correct: u64,
    /// How many are read with the right length.
    pub length_correct: u64,
}

/// How well the boxes of numbers fit, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Located {
    /// Numbers.
    pub n: u64,
    /// Sum of the shares of their union that box and truth have in common.
    pub overlaps: f64,
    /// How many have more than one half in common.
    pub over_half: u64,
    /// More than three quarters.
    pub over_three_quarters: u64,
}

impl Located {
    /// Mean overlap, 0 to 1.
    pub fn mean(&self) -> f64 {
        self.overlaps / self.n.max(1) as f64
    }

    /// Share of numbers with more than one half in common.
    pub fn located(&self) -> f64 {
        share(self.over_half, self.n)
    }
}

/// What was read and what it should have been, counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// One for each length that there is, the shortest first.
    pub by_length: Vec<OfLength>,
    /// For each position, from the first: how many numbers have one there, and how many are read rightly there.
    pub positions: Vec<[u64; 2]>,
    /// Characters of all numbers.
    pub characters: u64,
    /// Characters put in, left out or read as others, at least so many, over all numbers (Levenshtein).
    pub edits: u64,
    /// How well boxes fit, where they are asked for.
    #[serde(default)]
    pub located: Located,
    /// Confidence of each reading, and whether it is right.
    #[serde(skip)]
    answers: Vec<Answer>,
}

impl Figures {
    /// Counts one number: the classes of its characters, those read, and how sure the reading is.
    pub fn add(&mut self, truth: &[u8], read: &[u8], confidence: f32) {
        self.count(truth, read);
        self.answers.push(Answer { confidence, right: truth == read });
    }

    /// The numbers of a length, of which there may be none yet.
    fn of_length(&mut self, length: usize) -> &mut OfLength {
        let at = match self.by_length.binary_search_by_key(&length, |one| one.length) {
            Ok(at) => at,
            Err(at) => {
                self.by_length.insert(at, OfLength { length, ..OfLength::default() });
                at
            }
        };
        &mut self.by_length[at]
    }

    /// Counts one number: the classes of its characters, and those read.
    pub fn count(&mut self, truth: &[u8], read: &[u8]) {
        let length = truth.len();
        let one = self.of_length(length);
        one.n += 1;
        one.correct += u64::from(truth == read);
        one.length_correct += u64::from(read.len() == length);
        self.positions.resize(self.positions.len().max(length), [0; 2]);
        for (i, class) in truth.iter().enumerate() {
            self.positions[i][0] += 1;
            self.positions[i][1] += u64::from(read.get(i) == Some(class));
        }
        self.characters += length as u64;
        self.edits += distance(truth, read);
    }

    /// Counts the box of one number by the share of the union that it has in common with the true one.
    pub fn locate(&mut self, overlap: f32) {
        self.located.n += 1;
        self.located.overlaps += f64::from(overlap);
        self.located.over_half += u64::from(overlap > 0.5);
        self.located.over_three_quarters += u64::from(overlap > 0.75);
    }

    /// Counts what others counted.
    pub fn join(&mut self, others: &Self) {
        let Self { by_length, positions, characters, edits, located, answers } = others;
        for OfLength { length, n, correct, length_correct } in by_length {
            let one = self.of_length(*length);
            one.n += n;
            one.correct += correct;
            one.length_correct += length_correct;
        }
        self.positions.resize(self.positions.len().max(positions.len()), [0; 2]);
        for ([n, right], [others, others_right]) in self.positions.iter_mut().zip(positions) {
            *n += others;
            *right += others_right;
        }
        self.characters += characters;
        self.edits += edits;
        self.located.n += located.n;
        self.located.overlaps += located.overlaps;
        self.located.over_half += located.over_half;
        self.located.over_three_quarters += located.over_three_quarters;
        self.answers.extend_from_slice(answers);
    }

    /// Share of numbers read with the right length.
    pub fn length_accuracy(&self) -> f64 {
        let (n, right) =
            self.by_length.iter().fold((0, 0), |(n, r), one| (n + one.n, r + one.length_correct));
        share(right, n)
    }

    /// Share of characters that need no correction, 0 to 1.
    pub fn character_accuracy(&self) -> f64 {
        1.0 - share(self.edits.min(self.characters), self.characters)
    }

    /// Share of numbers that can be answered, the surest first, before fewer than `accuracy` of the answers are right.
    pub fn coverage(&self, accuracy: f64) -> f64 {
        self.answers().coverage_at(accuracy).coverage
    }

    /// How sure each reading is, and whether it is right.
    pub fn answers(&self) -> Answers {
        self.answers.iter().copied().collect()
    }

    /// As metrics of a run, beside accuracy (the whole number) and loss.
    pub fn metrics(&self) -> Vec<(String, f64)> {
        let mut metrics = Vec::new();
        if !self.by_length.is_empty() {
            metrics.push(("length_accuracy".to_owned(), self.length_accuracy()));
            metrics.push(("character_accuracy".to_owned(), self.character_accuracy()));
        }
        let each = self.positions.iter().enumerate();
        metrics.extend(each.map(|(i, [n, right])| (format!("position_{}", i + 1), share(*right, *n))));
        if self.located.n > 0 {
            metrics.push(("number_iou".to_owned(), self.located.mean()));
            metrics.push(("number_over_half".to_owned(), self.located.located()));
        }
        metrics
    }
}

fn share(of: u64, n: u64) -> f64 {
    of as f64 / n.max(1) as f64
}

/// Levenshtein's distance.
fn distance(one: &[u8], other: &[u8]) -> u64 {
    let mut row: Vec<u64> = (0..=other.len() as u64).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i as u64 + 1;
        for (j, b) in other.iter().enumerate() {
            let replaced = diagonal + u64::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_pencil_and_paper() {
        assert_eq!(distance(&[1, 2, 3], &[1, 2, 3]), 0);
        assert_eq!(distance(&[1, 2, 3], &[2, 3]), 1);
        assert_eq!(distance(&[], &[4, 4]), 2);
        assert_eq!(distance(&[1, 2, 3, 4], &[2, 1, 4]), 2);
        assert_eq!(distance(&[5, 1, 5, 5], &[5, 5, 1, 5, 5]), 1);
    }

    #[test]
    fn figures_add_up() {
        let mut figures = Figures::default();
        figures.add(&[1, 2, 3], &[1, 2, 3], 0.9);
        figures.add(&[1, 2, 3], &[1, 9, 3], 0.8);
        figures.add(&[4], &[4, 4], 0.3);
        figures.add(&[5], &[5], 0.7);
        assert_eq!((figures.length_accuracy(), figures.characters, figures.edits), (0.75, 8, 2));
        assert_eq!(figures.character_accuracy(), 0.75);
        assert_eq!(figures.positions, [[4, 4], [2, 1], [2, 2]]);
        let (mut joined, mut others) = (Figures::default(), Figures::default());
        joined.add(&[5], &[5], 0.7);
        joined.add(&[4], &[4, 4], 0.3);
        others.add(&[1, 2, 3], &[1, 2, 3], 0.9);
        others.add(&[1, 2, 3], &[1, 9, 3], 0.8);
        joined.join(&others);
        assert_eq!((&joined.by_length, joined.metrics()), (&figures.by_length, figures.metrics()));
        let [short, long] = &figures.by_length[..] else { panic!("two lengths: {figures:?}") };
        assert_eq!((short.length, short.n, short.correct, short.length_correct), (1, 2, 1, 1));
        assert_eq!((long.length, long.n, long.correct, long.length_correct), (3, 2, 1, 2));
        // Sure and right, sure and wrong, right, wrong: two of the first three are right.
        assert_eq!((figures.coverage(1.0), figures.coverage(0.6), figures.coverage(0.5)), (0.25, 0.75, 1.0));
        let names: Vec<String> = figures.metrics().into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            ["length_accuracy", "character_accuracy", "position_1", "position_2", "position_3"]
        );
        let mut boxes = Figures::default();
        [0.9, 0.6, 0.5].into_iter().for_each(|overlap| boxes.locate(overlap));
        joined.join(&boxes);
        assert_eq!((joined.located.n, joined.located.over_three_quarters), (3, 1));
        let [(iou, mean), (over_half, located)] = &boxes.metrics()[..] else { panic!("boxes alone") };
        assert!((mean - 2.0 / 3.0).abs() < 1e-6 && (located - 2.0 / 3.0).abs() < 1e-9);
        let names = names.into_iter().chain([iou.clone(), over_half.clone()]).collect::<Vec<_>>();
        assert!(names.iter().all(|name| crate::runs::metric(name).is_some()), "{names:?}");
    }
}
