//! Finds out what kind of log a file or folder is, and reads it.

use super::{Log, csv, json, names, tensorboard};
use crate::runs::Split;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// A log larger than this is not a log of numbers.
const MOST_BYTES: u64 = 1 << 30;
/// Folders below the one named that are looked into.
const DEPTH: usize = 6;

/// Why a log could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The system would not read it.
    #[error("the log cannot be read: {source}: {}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is something else.
    #[error(
        "this is no log that can be read ({why}); choose TensorBoard's event file or its folder, a CSV with a line an epoch, or a Keras history as JSON: {}",
        path.display()
    )]
    Unknown {
        /// The file or folder.
        path: PathBuf,
        /// How one can tell.
        why: String,
    },
    /// It was written by a newer program.
    #[error("the log has version {version}, this program knows versions up to {known}; use a newer program: {}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u64,
        /// The newest version this program knows.
        known: u64,
    },
}

impl Log {
    /// Counts something left out among the warnings.
    pub(super) fn skip(&mut self, what: &str) {
        let text = format!("Left out: {what}");
        if !self.warnings.contains(&text) {
            self.warnings.push(text);
        }
    }
}

/// Reads a file, or every event file in a folder and below: one log a run.
///
/// # Errors
/// Where nothing can be read; parts that cannot are among the warnings.
pub fn read(path: &Path) -> Result<Vec<Log>, LogError> {
    let io = |source| LogError::Io { path: path.to_owned(), source };
    let unknown = |why: &str| LogError::Unknown { path: path.to_owned(), why: why.to_owned() };
    let about = std::fs::metadata(path).map_err(io)?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if about.is_dir() {
        return folder(path).map_err(io).and_then(|logs| {
            if logs.is_empty() { Err(unknown("no event file is in it")) } else { Ok(logs) }
        });
    }
    if !about.is_file() || about.len() > MOST_BYTES {
        return Err(unknown("it is too large, or no file"));
    }
    let bytes = std::fs::read(path).map_err(io)?;
    if is_event_file(path) {
        let named = path.parent().and_then(Path::file_name).unwrap_or_default();
        let mut log = Log { name: named.to_string_lossy().into_owned(), ..Log::default() };
        tensorboard::take(&mut log, &bytes, None);
        finish(&mut log);
        return if log.is_empty() { Err(unknown("no numbers are in it")) } else { Ok(vec![log]) };
    }
    let text = String::from_utf8(bytes).map_err(|_| unknown("it is no text"))?;
    let text = text.trim_start_matches('\u{feff}');
    let logs = if text.trim_start().starts_with('{') {
        vec![json::read(text, &name, path)?]
    } else {
        csv::read(text, &name).ok_or_else(|| unknown("its first line names no columns of numbers"))?
    };
    if logs.iter().all(Log::is_empty) { Err(unknown("no numbers are in it")) } else { Ok(logs) }
}

fn is_event_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().contains("tfevents"))
}

/// Every run below a folder. Subfolders called `train` and `validation` are parts of one run, as in Keras.
fn folder(root: &Path) -> io::Result<Vec<Log>> {
    let mut files = Vec::new();
    find(root, DEPTH, &mut files)?;
    // By time, which is in the name: a run that was taken up again has several.
    files.sort();
    let mut logs: BTreeMap<PathBuf, Log> = BTreeMap::new();
    for file in files {
        let parent = file.parent().unwrap_or(root).to_owned();
        let last = parent.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let split = names::split(&last).filter(|_| parent != root);
        let run = if split.is_some() { parent.parent().unwrap_or(root).to_owned() } else { parent };
        let name = match run.strip_prefix(root) {
            Ok(inside) if !inside.as_os_str().is_empty() => inside.display().to_string(),
            _ => root.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        };
        let log = logs.entry(run).or_insert_with(|| Log { name, ..Log::default() });
        match std::fs::read(&file) {
            Ok(bytes) => tensorboard::take(log, &bytes, split),
            Err(_) => log.skip("an event file that cannot be read"),
        }
    }
    let mut logs: Vec<Log> = logs.into_values().collect();
    logs.iter_mut().for_each(finish);
    logs.retain(|log| !log.is_empty());
    Ok(logs)
}

fn find(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && depth > 0 {
            find(&path, depth - 1, files)?;
        } else if is_event_file(&path) {
            files.push(path);
        }
    }
    Ok(())
}

/// Puts points in order and gives those without an epoch one: as many steps, or, where curves by epoch and by step are
/// both there, by share of the way.
fn finish(log: &mut Log) {
    let epochs = log.curves.values().flat_map(|s| s.points()).map(|p| p.epoch).fold(0.0, f64::max);
    let from_zero = log.curves.iter().any(|((split, _), series)| {
        *split != Split::Test && series.points().iter().any(|p| p.step == 0) && epochs > 0.0
    });
    let steps = |series: &crate::runs::Series| {
        series.points().iter().filter(|p| p.epoch == 0.0).map(|p| p.step).max().unwrap_or(0)
    };
    let most = log.curves.values().map(steps).max().unwrap_or(0);
    let first_at = log.curves.values().flat_map(|s| s.points()).map(|p| p.at).fold(f64::INFINITY, f64::min);
    let epochs_done = if from_zero { epochs + 1.0 } else { epochs };
    let per_epoch = if epochs_done > 0.0 { most as f64 / epochs_done } else { 1.0 };
    let mut guessed = false;
    for series in log.curves.values_mut() {
        let by_epoch = series.points().iter().any(|p| p.epoch > 0.0);
        let mut points: Vec<crate::runs::Point> = series.points().to_vec();
        for point in &mut points {
            point.trained_secs = (point.at - first_at).max(0.0);
            if by_epoch {
                point.epoch += f64::from(from_zero);
                point.step = (point.epoch * per_epoch.max(1.0)).round() as u64;
            } else {
                guessed |= epochs_done == 0.0;
                point.epoch = point.step as f64 / per_epoch.max(f64::MIN_POSITIVE);
            }
        }
        points.sort_by_key(|point| point.step);
        *series = crate::runs::Series::default();
        points.into_iter().for_each(|point| series.push(point));
    }
    if guessed {
        log.warnings.push("It tells no epochs: each of its steps counts as one".to_owned());
    }
}
