//! Reads the files of a folder and of the folders in it, in the order of their names.

use super::super::error::DataError;
use super::super::progress::{Stage, Unit};
use super::{Entry, Walk, is_litter};
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Folders inside folders: deeper ones hold no data set.
const DEPTH: usize = 32;

/// Reads the folder.
pub(super) fn read(walk: &mut Walk<'_>) -> Result<(), DataError> {
    let mut found = Vec::new();
    list(walk, walk.path, "", 0, &mut found)?;
    let text = format!("Reading {}", walk.path.file_name().unwrap_or_default().to_string_lossy());
    let total = found.len() as u64;
    for (done, name) in found.into_iter().enumerate() {
        if walk.job.cancelled() {
            return Err(DataError::Cancelled);
        }
        if done % 64 == 0 {
            walk.job.report(Stage { text: &text, done: done as u64, total, unit: Unit::Images });
        }
        let most = walk.limits.file_bytes;
        let mut bytes = Vec::new();
        let read = File::open(walk.path.join(&name))
            .and_then(|file| file.take(most.saturating_add(1)).read_to_end(&mut bytes));
        match read {
            Err(cause) => walk.left.add(&format!("because the system will not read it ({cause})"), &name),
            Ok(n) if n as u64 > most => {
                walk.left.add(&format!("because of more than {} MB", most / 1_000_000), &name);
            }
            Ok(_) => (walk.take)(Entry { name, bytes })?,
        }
    }
    Ok(())
}

/// Adds the names of the wanted files below a folder; `prefix` is that folder's own name, with a slash.
fn list(
    walk: &mut Walk<'_>,
    folder: &Path,
    prefix: &str,
    depth: usize,
    found: &mut Vec<String>,
) -> Result<(), DataError> {
    if walk.job.cancelled() {
        return Err(DataError::Cancelled);
    }
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(cause) if depth == 0 => return Err(DataError::reading(folder, cause)),
        Err(cause) => {
            walk.left.add(&format!("because the system will not read it ({cause})"), prefix);
            return Ok(());
        }
    };
    let mut names: Vec<(String, PathBuf)> = entries
        .flatten()
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        .collect();
    names.sort();
    for (name, path) in names {
        let name = format!("{prefix}{name}");
        if is_litter(&name) {
            continue;
        }
        let Ok(about) = fs::symlink_metadata(&path) else { continue };
        if about.is_dir() && depth < DEPTH {
            list(walk, &path, &format!("{name}/"), depth + 1, found)?;
        } else if about.is_symlink() {
            walk.left.add("because links are not followed", &name);
        } else if !about.is_file() {
            walk.left.add("because this is no ordinary file", &name);
        } else if (walk.wanted)(&name) {
            if found.len() as u64 >= walk.limits.files {
                walk.left.add("because there are too many", &name);
            } else {
                found.push(name);
            }
        }
    }
    Ok(())
}
