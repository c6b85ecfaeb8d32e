//! What a model that looks for numbers makes of the same few validation pictures after each epoch: lines of
//! `examples.jsonl`, and the pictures in the folder `examples` beside it.

use super::journal::{Tail, TailError};
use super::store::RunDir;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Everything after one epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Examples {
    /// Seconds since 1970.
    pub at: f64,
    /// Steps done.
    pub step: u64,
    /// Epochs done, with fraction.
    pub epoch: f64,
    /// The pictures, always in the same order.
    pub pictures: Vec<Example>,
}

/// A picture, what is on it and what is seen there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// Its file in the folder.
    pub file: String,
    /// Columns and rows.
    pub size: [usize; 2],
    /// What is on it.
    pub truth: Boxes,
    /// What is found there, the surest number first; numbers are without text where only their place is said.
    pub found: Boxes,
}

/// Numbers and their digits on a picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Boxes {
    /// Whole numbers.
    pub numbers: Vec<Boxed>,
    /// Single digits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub digits: Vec<Boxed>,
}

/// A box with what is in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Boxed {
    /// A digit or a number.
    pub text: String,
    /// How sure that is, 0 to 1.
    pub confidence: f32,
    /// Left, top, width and height in pixels of the picture.
    pub area: [f32; 4],
}

impl RunDir {
    /// What was seen on example pictures.
    pub fn examples_file(&self) -> PathBuf {
        self.path().join("examples.jsonl")
    }

    /// Where the example pictures are.
    pub fn examples_dir(&self) -> PathBuf {
        self.path().join("examples")
    }

    /// What was seen on the example pictures after each epoch, the earliest first; nothing where that was not recorded.
    ///
    /// # Errors
    /// Where the file is there and cannot be read.
    pub fn examples(&self) -> Result<Vec<Examples>, TailError> {
        Ok(once_each(Tail::new(self.examples_file()).read()?, |line: &Examples| line.step))
    }
}

/// Lines of which a process may have done some again after an interruption: what was told of later steps did not happen.
pub(super) fn once_each<T>(lines: Vec<T>, step: impl Fn(&T) -> u64) -> Vec<T> {
    let mut all: Vec<T> = Vec::new();
    for line in lines {
        all.retain(|earlier| step(earlier) < step(&line));
        all.push(line);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::Journal;
    use super::*;

    #[test]
    fn what_was_told_is_read_back_each_epoch_once() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let run = RunDir::new(folder.path().to_owned());
        assert_eq!(run.examples()?, []);
        let seen = Boxed { text: "12".to_owned(), confidence: 0.5, area: [1.0, 2.0, 3.0, 4.0] };
        let picture = Example {
            file: "1.png".to_owned(),
            size: [8, 9],
            truth: Boxes { numbers: vec![seen.clone()], digits: vec![seen.clone(), seen.clone()] },
            found: Boxes { numbers: vec![seen], digits: Vec::new() },
        };
        let line = |step: u64| Examples {
            at: 1.0,
            step,
            epoch: step as f64 / 10.0,
            pictures: vec![picture.clone()],
        };
        let mut journal = Journal::open(&run.examples_file())?;
        // Killed after the second epoch and taken up from a checkpoint before it.
        for step in [10, 20, 20, 30] {
            journal.append(&line(step))?;
        }
        assert_eq!(run.examples()?, [line(10), line(20), line(30)]);
        Ok(())
    }
}
