//! Images as PNG files under names that no two share, written on every core.

use super::super::error::DataError;
use super::super::marks::{Area, Mark};
use super::super::pipeline;
use super::super::progress::{Stage, Unit};
use super::super::samples::{Kind, Samples};
use super::Job;
use image::ImageFormat;
use std::collections::HashSet;
use std::fs;
use std::io::Cursor;
use std::path::Path;

/// Bytes of a file's name: most systems allow 255, and some of a path a little more.
const NAME_BYTES: usize = 100;

/// A file name for every image, without ending: its own name where it has one, else its row. Nothing in a name can
/// lead out of a folder.
pub(super) fn names(samples: &Samples) -> Vec<String> {
    let mut taken = HashSet::new();
    (0..samples.len())
        .map(|row| {
            let own = samples.name(row).rsplit(['/', '\\']).next().unwrap_or_default();
            let stem = own.rsplit_once('.').map_or(own, |(stem, _)| stem);
            let good = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '=' | '.');
            let mut stem: String = stem.chars().map(|c| if good(c) { c } else { '_' }).collect();
            while stem.len() > NAME_BYTES {
                stem.pop();
            }
            let stem = stem.trim_start_matches('.').to_owned();
            // Some systems tell no capitals from small letters.
            if stem.is_empty() || !taken.insert(stem.to_lowercase()) {
                let numbered = format!("{stem}{}{row:06}", if stem.is_empty() { "" } else { "-" });
                taken.insert(numbered.to_lowercase());
                return numbered;
            }
            stem
        })
        .collect()
}

/// Writes every image of a part as the PNG file that `path` names.
pub(super) fn write(
    job: &Job<'_>,
    samples: &Samples,
    path: impl Fn(usize) -> std::path::PathBuf + Sync,
) -> Result<(), DataError> {
    let total = samples.len() as u64;
    let mut done = 0;
    let cancelled = job.progress;
    pipeline::in_order(
        |put| {
            (0..samples.len())
                .try_for_each(|row| if cancelled.cancelled() { Err(DataError::Cancelled) } else { put(row) })
        },
        |row| {
            let path = path(row);
            let encoded = encode(samples, row, &path)?;
            fs::write(&path, encoded).map_err(|cause| DataError::writing(&path, cause))
        },
        |_| 1,
        |written: Result<(), DataError>| {
            done += 1;
            if done % 64 == 0 {
                job.progress.report(Stage { text: "Writing pictures", done, total, unit: Unit::Images });
            }
            written
        },
    )
}

fn encode(samples: &Samples, row: usize, path: &Path) -> Result<Vec<u8>, DataError> {
    let mut bytes = Cursor::new(Vec::new());
    let written = samples.picture(row).map(|picture| picture.write_to(&mut bytes, ImageFormat::Png));
    match written {
        Some(Ok(())) => Ok(bytes.into_inner()),
        _ => Err(DataError::corrupt(path, "this image cannot be written as a PNG", "Leave it out")),
    }
}

/// What is marked on an image; where images have one class each and no boxes, a box around all of it.
pub(super) fn marks(job: &Job<'_>, samples: &Samples, row: usize) -> Vec<Mark> {
    let known = samples.marks(row);
    if !known.is_empty() || job.dataset.kind != Kind::Classes {
        return known.to_vec();
    }
    let [w, h] = samples.size(row).map(|side| side as f32);
    vec![Mark { class: samples.labels[row], number: 0, area: Area { x: 0.0, y: 0.0, w, h } }]
}

/// A class's name.
pub(super) fn class_name(job: &Job<'_>, class: u8) -> String {
    job.dataset.classes.get(usize::from(class)).cloned().unwrap_or_else(|| class.to_string())
}

/// Makes a folder below the target.
pub(super) fn folder(job: &Job<'_>, name: &str) -> Result<std::path::PathBuf, DataError> {
    let folder = job.folder.join(name);
    fs::create_dir_all(&folder).map_err(|cause| DataError::writing(&folder, cause))?;
    Ok(folder)
}

/// Writes a text file below the target.
pub(super) fn text(job: &Job<'_>, name: &str, text: &[u8]) -> Result<(), DataError> {
    let path = job.folder.join(name);
    fs::write(&path, text).map_err(|cause| DataError::writing(&path, cause))
}
