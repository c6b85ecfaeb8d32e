//! The files of an archive or of a folder, one after the other, whole files but never the whole archive in memory.
//!
//! Nothing is ever unpacked to disk, so no archive can write anywhere. Paths that lead out of the archive, links,
//! devices and oversized files are left out and listed; an archive that is cut or damaged gives what comes before that
//! place, with a warning; one that unpacks to absurd sizes is read no further.

mod folder;
mod meter;
mod packed;

use super::error::DataError;
use super::left_out::LeftOut;
use super::progress::Progress;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where it lies in the archive or folder: `notMNIST_small/A/x.png`; never begins with `/`, never holds `..`.
    pub(super) name: String,
    /// What is in it.
    pub(super) bytes: Vec<u8>,
}

/// How much is believed to be honest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// Bytes of one file; a larger one is left out.
    pub(super) file_bytes: u64,
    /// Bytes of everything unpacked; nothing is read beyond.
    pub(super) all_bytes: u64,
    /// Files and folders; nothing is read beyond.
    pub(super) files: u64,
    /// Unpacked size as a multiple of the packed size, looked at once 64 MB are unpacked. Tars of pictures shrink to a
    /// half at best, since pictures are packed themselves; a bomb of zeros to a thousandth.
    pub(super) ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file_bytes: 64 << 20, all_bytes: 256 << 30, files: 20_000_000, ratio: 100 }
    }
}

/// Hands over every file whose name `wanted` accepts: of a folder in the order of their names, of an archive (.tar,
/// .tar.gz) in its own order. An error from `take` ends the reading and is returned.
pub(super) fn each(
    path: &Path,
    limits: Limits,
    wanted: &dyn Fn(&str) -> bool,
    job: &dyn Progress,
    take: &mut dyn FnMut(Entry) -> Result<(), DataError>,
) -> Result<LeftOut, DataError> {
    let mut walk = Walk { path, limits, wanted, job, take, left: LeftOut::default() };
    if path.is_dir() {
        folder::read(&mut walk)?;
    } else {
        packed::read(&mut walk)?;
    }
    Ok(walk.left)
}

/// What is needed all along the way.
struct Walk<'a> {
    path: &'a Path,
    limits: Limits,
    wanted: &'a dyn Fn(&str) -> bool,
    job: &'a dyn Progress,
    take: &'a mut dyn FnMut(Entry) -> Result<(), DataError>,
    left: LeftOut,
}

/// The first block of a file, or what there is of it.
fn begin(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(512).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A name as [`Entry`] has it; `None` for one that leads out.
fn inside(name: &str) -> Option<String> {
    let drive = name.as_bytes().get(1) == Some(&b':') && name.as_bytes()[0].is_ascii_alphabetic();
    if name.starts_with(['/', '\\']) || drive || name.split(['/', '\\']).any(|part| part == "..") {
        return None;
    }
    let parts: Vec<&str> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    Some(parts.join("/"))
}

/// Whether a system has left this beside the files, so that it is no loss.
fn is_litter(name: &str) -> bool {
    name.split('/').any(|part| part == "__MACOSX" || part.starts_with("._"))
        || matches!(file_name(name), ".DS_Store" | "Thumbs.db" | "desktop.ini")
}

/// The last part of a name.
pub(super) fn file_name(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

#[cfg(test)]
mod tests;
