//! Trainings as other programs tell them: written from a history, read for comparison.
//!
//! Written are CSV, JSON and TensorBoard's event files; read are those, Keras's `CSVLogger`, Lightning's `CSVLogger`
//! and a Keras `History` saved as JSON. Whatever the format, a log is a name, settings, and curves.

mod csv;
mod json;
mod names;
mod proto;
mod read;
mod record;
mod tensorboard;

pub use csv::write as to_csv;
pub use json::write as to_json;
pub use read::{LogError, read};
pub use tensorboard::write as write_tensorboard;

use super::event::Split;
use super::histograms::Histograms;
use super::history::History;
use super::series::Series;
use super::store::RunDir;
use crate::knobs::{Flat, flat};
use std::collections::BTreeMap;

/// A training as plain data: what every format can hold some of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    /// What it is called.
    pub name: String,
    /// Settings, path and value.
    pub settings: Flat,
    /// Curves by split and metric name.
    pub curves: BTreeMap<(Split, String), Series>,
    /// How weights and gradients were spread after each epoch, where that was recorded.
    pub histograms: Vec<Histograms>,
    /// How it ended, in a word; empty where that is not known.
    pub ended: String,
    /// What the reader should know: values left out, steps that stand for epochs.
    pub warnings: Vec<String>,
}

impl Log {
    /// Of a run of this program.
    pub fn of(run: &RunDir, history: &History) -> Self {
        let settings = run.recipe().map(|mut recipe| flat(&mut recipe)).unwrap_or_default();
        Self {
            name: run.meta().name,
            settings,
            curves: history.curves.clone(),
            // Curves are worth having where these cannot be read.
            histograms: run.histograms().unwrap_or_default(),
            ended: run.status(history).label().to_lowercase(),
            warnings: Vec::new(),
        }
    }

    /// Whether nothing was measured.
    pub fn is_empty(&self) -> bool {
        self.curves.values().all(|series| series.points().is_empty())
    }

    /// The settings under names that the field uses, `lr` for `optim.lr`; two of one name keep their paths.
    pub fn short_settings(&self) -> Vec<(String, String)> {
        let short = |path: &str| match path.rsplit_once('.') {
            Some(("optim", "name")) => "optimizer".to_owned(),
            Some((group, "name")) => group.rsplit('.').next().unwrap_or(group).to_owned(),
            Some((_, last)) => last.to_owned(),
            None => path.to_owned(),
        };
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for (path, _) in &self.settings {
            *seen.entry(short(path)).or_default() += 1;
        }
        let name = |path: &String| if seen[&short(path)] == 1 { short(path) } else { path.clone() };
        self.settings.iter().map(|(path, value)| (name(path), value.clone())).collect()
    }
}

#[cfg(test)]
mod tests;
