//! Runs that another program trained: a log of theirs as a run folder, for comparison.

use super::event::{Evaluated, Event, Metrics, Outcome, Progress, Split, Started};
use super::journal::Journal;
use super::log::Log;
use super::store::{RunDir, RunError, Workspace};
use crate::disk::write_atomically;
use crate::knobs::{Flat, flat};
use crate::recipe::Recipe;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The version that is written.
const VERSION: u32 = 1;

/// What stands in a folder of an imported run in place of a recipe.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Imported {
    /// Version of the file format.
    pub version: u32,
    /// The file or folder that it was read from.
    pub from: String,
    /// Settings, path and value, as far as the log told them.
    pub settings: Flat,
}

impl RunDir {
    /// What stands in place of a recipe in a run that another program trained.
    pub fn imported_file(&self) -> PathBuf {
        self.path().join("imported.ron")
    }

    /// Whether the folder is a run: it says what was trained.
    pub fn is_run(&self) -> bool {
        self.recipe_file().is_file() || self.imported_file().is_file()
    }

    /// Where it was imported from, if another program trained it.
    pub fn imported(&self) -> Option<Imported> {
        let text = std::fs::read_to_string(self.imported_file()).ok()?;
        // A damaged file still tells that there is no recipe to look for.
        Some(ron::from_str(&text).unwrap_or_default())
    }
}

impl Workspace {
    /// Makes a run of another program's log.
    pub fn import(&self, log: &Log, from: &Path) -> Result<RunDir, RunError> {
        let run = self.make_folder(&log.name)?;
        let io = |path: PathBuf| {
            move |source: io::Error| RunError::Io { what: "the log cannot be written as a run", path, source }
        };
        let mut journal = Journal::open(&run.events_file()).map_err(io(run.events_file()))?;
        for event in events(log) {
            journal.append(&event).map_err(io(run.events_file()))?;
        }
        let settings = known_settings(log);
        let imported = Imported { version: VERSION, from: from.display().to_string(), settings };
        let text = ron::ser::to_string_pretty(&imported, ron::ser::PrettyConfig::default());
        // Last, because a folder counts as a run as soon as this is there.
        text.map_err(io::Error::other)
            .and_then(|text| write_atomically(&run.imported_file(), text.as_bytes()))
            .map_err(io(run.imported_file()))?;
        Ok(run)
    }
}

/// The settings under this program's paths where it has such: `optim.lr` for `lr` or `learning_rate`.
fn known_settings(log: &Log) -> Flat {
    let own = Log { settings: flat(&mut Recipe::default()), ..Log::default() };
    let paths: BTreeMap<String, String> = own
        .short_settings()
        .into_iter()
        .zip(&own.settings)
        .map(|((short, _), (path, _))| (short, path.clone()))
        .collect();
    let lengthened = |name: &str| {
        let name = match name {
            "learning_rate" => "lr",
            "batch" => "batch_size",
            other => other,
        };
        paths.get(name).cloned().unwrap_or_else(|| name.to_owned())
    };
    log.settings.iter().map(|(name, value)| (lengthened(name), value.clone())).collect()
}

/// The journal that a training with these curves would have left.
fn events(log: &Log) -> Vec<Event> {
    let points = || log.curves.values().flat_map(|series| series.points());
    let first_at = points().map(|p| p.at).fold(f64::INFINITY, f64::min);
    let first_at = if first_at.is_finite() { first_at } else { 0.0 };
    let steps = points().map(|p| p.step).max().unwrap_or(0);
    let epochs = points().map(|p| p.epoch).fold(0.0, f64::max);
    let mut events = vec![Event::Started(Started {
        at: first_at,
        format: 1,
        program: "imported".to_owned(),
        pid: 0,
        host: String::new(),
        device: String::new(),
        threads: 0,
        from_step: 0,
        total_steps: steps,
        steps_per_epoch: (steps as f64 / epochs.max(1.0)).round() as u64,
        epochs: epochs.ceil() as u64,
        params: 0,
        images: [0; 3],
        data: String::new(),
        classes: Vec::new(),
        parent: None,
    })];
    for text in &log.warnings {
        events.push(Event::Note { at: first_at, level: super::event::Level::Warning, text: text.clone() });
    }
    // All that was measured at one step on one split is one event.
    let mut rows: BTreeMap<(u64, Split), (super::series::Point, Metrics)> = BTreeMap::new();
    for ((split, metric), series) in &log.curves {
        for point in series.points() {
            let (_, metrics) = rows.entry((point.step, *split)).or_insert((*point, Metrics::default()));
            metrics.0.insert(metric.clone(), point.value);
        }
    }
    let mut best = f64::NEG_INFINITY;
    let last_at = points().map(|p| p.at).fold(first_at, f64::max);
    for ((step, split), (point, metrics)) in rows {
        let super::series::Point { epoch, trained_secs, at, .. } = point;
        events.push(match split {
            Split::Train => {
                Event::Progress(Progress { at, step, epoch, total_steps: steps, trained_secs, metrics })
            }
            Split::Valid | Split::Test => {
                let accuracy = metrics.get("accuracy").filter(|_| split == Split::Valid);
                let is_best = accuracy.is_some_and(|accuracy| accuracy > best);
                best = if is_best { accuracy.unwrap_or(best) } else { best };
                let confusion = Vec::new();
                let best = is_best;
                Event::Evaluated(Evaluated { at, step, epoch, trained_secs, split, best, metrics, confusion })
            }
        });
    }
    let (outcome, text) = match log.ended.as_str() {
        "failed" | "interrupted" => (Outcome::Failed, Some("as the log has it".to_owned())),
        "stopped" => (Outcome::Stopped, None),
        _ => (Outcome::Finished, None),
    };
    events.push(Event::Ended { at: last_at, step: steps, outcome, text });
    events
}
