//! What is in a folder of pictures: every file, then every picture with its label, by the layout that is found.

use super::super::archive::file_name;
use super::super::cache::hex;
use super::super::error::DataError;
use super::super::left_out::LeftOut;
use super::super::marks::Mark;
use super::super::progress::{Progress, Stage, Unit};
use super::{coco, labels, table, yolo};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// Endings of pictures that can be read.
const PICTURES: [&str; 12] =
    ["png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "webp", "pgm", "ppm", "pbm", "pnm"];
/// Endings of pictures that cannot.
const OTHER_PICTURES: [&str; 9] = ["heic", "heif", "avif", "svg", "jp2", "psd", "raw", "cr2", "nef"];
/// Folders inside folders.
const DEPTH: usize = 16;
/// A list of labels or boxes may have so many bytes.
const LIST_BYTES: u64 = 1 << 30;

/// The part that a picture was put into by whoever divided them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Part {
    #[default]
    Unknown,
    Train,
    Valid,
    Test,
}

impl Part {
    /// By the name of a folder or of a column's value.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "train" | "training" => Some(Self::Train),
            "valid" | "val" | "validation" => Some(Self::Valid),
            "test" | "testing" => Some(Self::Test),
            _ => None,
        }
    }

    /// By the folders that a file lies in.
    pub(super) fn of(name: &str) -> Self {
        let folders = name.rsplit_once('/').map_or("", |(folders, _)| folders);
        folders.split('/').find_map(Self::named).unwrap_or_default()
    }
}

/// One picture with what is known of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Item {
    /// Its path inside the folder.
    pub(super) name: String,
    pub(super) part: Part,
    /// Its class, or how many characters are on it.
    pub(super) label: u8,
    pub(super) marks: Vec<Mark>,
    /// Whether boxes are given as shares of width and height.
    pub(super) in_shares: bool,
}

/// Every picture that has a label.
#[derive(Default)]
pub(super) struct Listing {
    pub(super) classes: Vec<String>,
    /// Whether characters have boxes.
    pub(super) boxed: bool,
    pub(super) items: Vec<Item>,
    pub(super) left: LeftOut,
}

/// Every file of a folder, by path inside of it, sorted.
#[derive(Default)]
pub(super) struct Files {
    pub(super) pictures: Vec<String>,
    pub(super) lists: Vec<String>,
    digest: Sha256,
}

impl Files {
    /// Differs when any file came, went or was changed.
    pub(super) fn stamp(&self) -> String {
        hex(&self.digest.clone().finalize())
    }

    /// Whether there is such a picture.
    pub(super) fn has(&self, name: &str) -> bool {
        self.pictures.binary_search_by(|known| known.as_str().cmp(name)).is_ok()
    }

    /// The lists with this ending.
    pub(super) fn ending<'a>(&'a self, ending: &'a str) -> impl Iterator<Item = &'a str> {
        self.lists.iter().map(String::as_str).filter(move |name| extension(name) == ending)
    }
}

fn extension(name: &str) -> String {
    file_name(name).rsplit_once('.').map_or(String::new(), |(_, ending)| ending.to_ascii_lowercase())
}

/// Lists a folder and the folders in it.
pub(super) fn files(folder: &Path, job: &dyn Progress) -> Result<(Files, LeftOut), DataError> {
    let (mut files, mut left) = (Files::default(), LeftOut::default());
    walk(folder, "", 0, &mut files, &mut left, job)?;
    files.pictures.sort();
    files.lists.sort();
    Ok((files, left))
}

fn walk(
    folder: &Path,
    prefix: &str,
    depth: usize,
    files: &mut Files,
    left: &mut LeftOut,
    job: &dyn Progress,
) -> Result<(), DataError> {
    if job.cancelled() {
        return Err(DataError::Cancelled);
    }
    let done = files.pictures.len() as u64;
    job.report(Stage { text: "Looking for pictures", done, total: 0, unit: Unit::Images });
    let mut names: Vec<String> = match fs::read_dir(folder) {
        Ok(entries) => entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect(),
        Err(cause) if depth == 0 => return Err(DataError::reading(folder, cause)),
        Err(cause) => {
            left.add(&format!("because the system will not read it ({cause})"), prefix);
            return Ok(());
        }
    };
    names.sort();
    for own in names.iter().filter(|name| !name.starts_with('.') && *name != "__MACOSX") {
        let (name, path) = (format!("{prefix}{own}"), folder.join(own));
        let Ok(about) = fs::symlink_metadata(&path) else { continue };
        let ending = extension(own);
        if about.is_dir() {
            if depth < DEPTH {
                walk(&path, &format!("{name}/"), depth + 1, files, left, job)?;
            }
        } else if about.is_symlink() {
            left.add("because links are not followed", &name);
        } else if !about.is_file() {
            left.add("because this is no ordinary file", &name);
        } else if PICTURES.contains(&ending.as_str())
            || matches!(ending.as_str(), "csv" | "json" | "txt" | "yaml" | "yml" | "names")
        {
            let changed = about.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            let changed = changed.unwrap_or_default().as_nanos();
            files.digest.update(format!("{name}\0{} {changed}\0", about.len()));
            let list =
                if PICTURES.contains(&ending.as_str()) { &mut files.pictures } else { &mut files.lists };
            list.push(name);
        } else if OTHER_PICTURES.contains(&ending.as_str()) {
            left.add("because pictures of this kind cannot be read; save them as PNG or JPEG", &name);
        }
    }
    Ok(())
}

/// Finds the layout and reads it. Boxes win over tables, and tables over folders.
pub(super) fn read(folder: &Path, files: &Files) -> Result<Listing, DataError> {
    for read in [coco::read, table::read, yolo::read] {
        if let Some(listing) = read(folder, files)? {
            return Ok(listing);
        }
    }
    labels::read(folder, files)
}

/// The text of a list.
pub(super) fn text(folder: &Path, name: &str) -> Result<String, DataError> {
    let path = folder.join(name);
    let fail = |cause| DataError::reading(&path, cause);
    if fs::metadata(&path).map_err(fail)?.len() > LIST_BYTES {
        return Err(DataError::corrupt(&path, "this list has more than a gigabyte", "Divide it"));
    }
    let bytes = fs::read(&path).map_err(fail)?;
    let text = String::from_utf8_lossy(&bytes);
    // A mark that some editors put first.
    Ok(text.strip_prefix('\u{FEFF}').unwrap_or(&text).to_owned())
}
