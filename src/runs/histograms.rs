//! How a network's weights and gradients are spread after each epoch: lines of `histograms.jsonl`, one an epoch.

use super::examples::once_each;
use super::journal::{Tail, TailError};
use super::store::RunDir;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Bars of a histogram.
pub const BARS: usize = 40;

/// Everything after one epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Histograms {
    /// Seconds since 1970.
    pub at: f64,
    /// Steps done.
    pub step: u64,
    /// Epochs done, with fraction.
    pub epoch: f64,
    /// Of each list of weights.
    pub parameters: Vec<Parameter>,
}

/// A list of weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// "conv2d_1.weight".
    pub name: String,
    /// The weights.
    pub weights: Histogram,
    /// Their gradients on the same few training images after each epoch; none where that would take too long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradients: Option<Histogram>,
}

/// How numbers are spread.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// The least and the greatest.
    pub range: [f32; 2],
    /// How many lie in each of the bars between, which are equally wide.
    pub counts: Vec<u64>,
    /// Their mean.
    pub mean: f32,
    /// Their standard deviation.
    pub deviation: f32,
    /// Those that are no finite numbers, and are not counted elsewhere.
    #[serde(default, skip_serializing_if = "is_none")]
    pub not_finite: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_none(n: &u64) -> bool {
    *n == 0
}

impl Histogram {
    /// Counts numbers.
    pub fn of(values: &[f32]) -> Self {
        let finite = || values.iter().copied().filter(|value| value.is_finite());
        let (mut n, mut sum, mut squares) = (0_u64, 0.0_f64, 0.0_f64);
        let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
        for value in finite() {
            (low, high) = (low.min(value), high.max(value));
            (n, sum, squares) = (n + 1, sum + f64::from(value), squares + f64::from(value).powi(2));
        }
        let not_finite = values.len() as u64 - n;
        if n == 0 {
            return Self { not_finite, ..Self::default() };
        }
        let mut counts = vec![0; BARS];
        let by = if high > low { BARS as f32 / (high - low) } else { 0.0 };
        for value in finite() {
            counts[(((value - low) * by) as usize).min(BARS - 1)] += 1;
        }
        let mean = sum / n as f64;
        let deviation = (squares / n as f64 - mean * mean).max(0.0).sqrt();
        Self { range: [low, high], counts, mean: mean as f32, deviation: deviation as f32, not_finite }
    }

    /// Numbers counted.
    pub fn n(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Where a bar begins; `BARS` gives where the last one ends.
    pub fn edge(&self, bar: usize) -> f32 {
        let [low, high] = self.range;
        low + (high - low) * bar as f32 / self.counts.len().max(1) as f32
    }
}

impl RunDir {
    /// How weights and gradients were spread.
    pub fn histograms_file(&self) -> PathBuf {
        self.path().join("histograms.jsonl")
    }

    /// How weights and gradients were spread after each epoch, the earliest first; nothing where that was not recorded.
    ///
    /// # Errors
    /// Where the file is there and cannot be read.
    pub fn histograms(&self) -> Result<Vec<Histograms>, TailError> {
        Ok(once_each(Tail::new(self.histograms_file()).read()?, |line: &Histograms| line.step))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Journal;
    use super::*;

    #[test]
    fn every_finite_number_is_counted() {
        let histogram = Histogram::of(&[0.0, 1.0, 0.5, 0.5, f32::NAN, f32::INFINITY]);
        assert_eq!((histogram.n(), histogram.not_finite, histogram.range), (4, 2, [0.0, 1.0]));
        assert_eq!((histogram.counts[0], histogram.counts[20], histogram.counts[BARS - 1]), (1, 2, 1));
        assert_eq!((histogram.mean, histogram.edge(BARS)), (0.5, 1.0));
        assert!((histogram.deviation - 0.125_f32.sqrt()).abs() < 1e-6);
        // Equal numbers have a bar, and nothing has none.
        assert_eq!(Histogram::of(&[2.0, 2.0]).counts[0], 2);
        assert_eq!(Histogram::of(&[f32::NAN]).n(), 0);
    }

    #[test]
    fn an_epoch_that_was_done_again_is_told_once() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let run = RunDir::new(folder.path().to_owned());
        assert!(run.histograms()?.is_empty());
        let mut journal = Journal::open(&run.histograms_file())?;
        let line = |step| Histograms { at: 1.0, step, epoch: step as f64, parameters: Vec::new() };
        for step in [9, 18, 27, 18] {
            journal.append(&line(step))?;
        }
        assert_eq!(run.histograms()?, [line(9), line(18)]);
        Ok(())
    }
}
