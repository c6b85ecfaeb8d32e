//! The Street View House Numbers (Netzer et al., 2011) in both of their formats, and where their files lie.

pub mod cropped;
mod digit_struct;
pub(super) mod fuzz;
mod mat_file;
mod matlab5;
pub mod streets;

use super::Origin;
use super::error::DataError;
use super::fetch::{self, Fetched, Published};
use super::places::Places;
use super::progress::Progress;
use super::published::fetch_all;
use std::path::{Path, PathBuf};

/// Where the files may be had; the file's name follows.
const MIRRORS: [&str; 1] = ["http://ufldl.stanford.edu/housenumbers/"];

/// Folders inside a named folder where the files may lie.
const INSIDE: [&str; 6] = ["svhn", "SVHN", "svhn/cropped", "svhn/full", "raw", ""];

/// The name of the program's own folder for downloads.
const DOWNLOADS: &str = "svhn";

/// The folders to look in: the one that the user named, by path or inside the folders for data, or all usual ones.
fn candidates(named: &str, places: &Places) -> Vec<PathBuf> {
    if !named.trim().is_empty() {
        let inside = places.folders.iter().map(|folder| folder.join(named));
        return std::iter::once(PathBuf::from(named)).chain(inside).collect();
    }
    let usual = places.folders.iter().flat_map(|folder| INSIDE.iter().map(|inside| folder.join(inside)));
    usual.chain([places.downloads(DOWNLOADS)]).collect()
}

/// The first of these names that is there.
fn first(folder: &Path, names: &[&str]) -> Option<PathBuf> {
    names.iter().map(|name| folder.join(name)).find(|path| path.exists())
}

/// What to say when the files are not there.
fn missing(named: &str, files: &[Published], places: &Places) -> DataError {
    let names: Vec<&str> = files.iter().map(|file| file.name).collect();
    let names = names.join(", ");
    let remedy = if named.trim().is_empty() {
        format!(
            "Download them, or put them into one of these folders: {}",
            places.listed(&places.downloads(DOWNLOADS))
        )
    } else {
        format!("Name the folder that holds them: {named}")
    };
    DataError::NotFound { what: format!("SVHN's files ({names}) are not here"), remedy }
}

/// Downloads the files that are missing; the user's own folders are not touched.
fn fetch(files: &[Published], places: &Places, job: &dyn Progress) -> Result<Fetched, DataError> {
    let folder = places.downloads(DOWNLOADS);
    fetch_all(files, &MIRRORS, &folder, job)
}

/// Where the files come from and lie.
fn origin(files: &[Published], found: Option<PathBuf>) -> Origin {
    super::origin(&MIRRORS, files, found)
}

/// Bytes that are still to be downloaded.
fn missing_bytes(files: &[Published], places: &Places) -> u64 {
    let folder = places.downloads(DOWNLOADS);
    files.iter().map(|file| fetch::missing_bytes(file, &folder)).sum()
}
