//! Reads .tar and .tar.gz, whatever they are called.

use super::super::error::DataError;
use super::super::progress::{Stage, Unit};
use super::meter::{Meter, Packed, Stop, Unpacked};
use super::{Entry, Walk, begin, file_name, inside, is_litter};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _};

/// Bytes that the headers of one entry may have, names and attributes with it.
const HEADER_BYTES: u64 = 1 << 20;
const AGAIN: &str = "Download or copy it again";

/// What a file is, by how it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Tar,
    TarGz,
}

/// What begins so; `None` for what is no archive that is read here.
pub(super) fn kind(begin: &[u8]) -> Option<Kind> {
    match begin {
        [0x1F, 0x8B, 8, ..] => Some(Kind::TarGz),
        _ if begin.get(257..262) == Some(b"ustar") => Some(Kind::Tar),
        // Before ustar there was no magic: then the checksum of the header must do.
        _ => {
            let header = tar::Header::from_byte_slice(begin.get(..512)?);
            let sum: u32 = begin
                .iter()
                .enumerate()
                .map(|(i, b)| if (148..156).contains(&i) { 32 } else { u32::from(*b) })
                .sum();
            (header.cksum().ok()? == sum).then_some(Kind::Tar)
        }
    }
}

/// Reads the archive.
pub(super) fn read(walk: &mut Walk<'_>) -> Result<(), DataError> {
    let path = walk.path;
    let fail = |cause| DataError::reading(path, cause);
    let mut file = File::open(path).map_err(fail)?;
    let total = file.metadata().map_err(fail)?.len();
    let beginning = begin(&mut file).map_err(fail)?;
    file.rewind().map_err(fail)?;
    let meter = Meter::new(walk.limits, walk.job);
    let packed = Packed(BufReader::with_capacity(1 << 18, file), &meter);
    match kind(&beginning) {
        Some(Kind::TarGz) => entries(walk, Unpacked(MultiGzDecoder::new(packed), &meter), &meter, total),
        Some(Kind::Tar) => entries(walk, Unpacked(packed, &meter), &meter, total),
        None => Err(DataError::corrupt(path, no_archive(&beginning), AGAIN)),
    }
}

fn no_archive(beginning: &[u8]) -> &'static str {
    let text = beginning.trim_ascii_start().to_ascii_lowercase();
    match &text[..] {
        [] => "the archive is empty",
        [b'<', ..] => "this is a web page, not an archive",
        [b'p', b'k', 3 | 5, ..] => "this is a zip archive; .tar.gz, .tar and unpacked folders are read",
        _ => "this is neither a .tar nor a .tar.gz archive",
    }
}

fn entries(walk: &mut Walk<'_>, reader: impl Read, meter: &Meter<'_>, total: u64) -> Result<(), DataError> {
    let text = format!("Reading {}", walk.path.file_name().unwrap_or_default().to_string_lossy());
    let mut archive = tar::Archive::new(reader);
    let mut n = 0;
    let broken = {
        meter.allow(HEADER_BYTES);
        let mut entries = match archive.entries() {
            Ok(entries) => entries,
            Err(cause) => return Err(DataError::reading(walk.path, cause)),
        };
        loop {
            let mut entry = match entries.next() {
                Some(Ok(entry)) => entry,
                Some(Err(cause)) => break Some(cause),
                None => break None,
            };
            if walk.job.cancelled() {
                return Err(DataError::Cancelled);
            }
            if n % 64 == 0 {
                let done = meter.packed.get().min(total);
                walk.job.report(Stage { text: &text, done, total, unit: Unit::Bytes });
            }
            n += 1;
            if n > walk.limits.files {
                walk.left.remark(format!("the archive was read no further than its first {} entries", n - 1));
                break None;
            }
            // The next call skips what is left of this entry and reads the headers of the next.
            meter.allow(entry.size().saturating_add(512).saturating_add(HEADER_BYTES));
            match read_entry(walk, &mut entry) {
                Ok(Some(entry)) => (walk.take)(entry)?,
                Ok(None) => {}
                Err(cause) => break Some(cause),
            }
        }
    };
    let broken = match broken {
        Some(cause) => Some(cause),
        None if n > walk.limits.files => None,
        // The checksum of a .gz stands at its end.
        None => {
            meter.allow(u64::MAX);
            io::copy(&mut archive.into_inner(), &mut io::sink()).err()
        }
    };
    match (broken, meter.stopped()) {
        (None, _) => Ok(()),
        (Some(_), Some(Stop::Cancelled)) => Err(DataError::Cancelled),
        (Some(cause), Some(Stop::Disk)) => Err(DataError::reading(walk.path, cause)),
        (Some(_), Some(Stop::TooMuch(why))) => over(walk, n, "is not read to its end", why),
        (Some(cause), None) if is_cut(&cause) => over(walk, n, "is cut", "a part of it is missing"),
        (Some(cause), None) => over(walk, n, "is damaged", &cause.to_string()),
    }
}

/// Whether the archive ends too early; the tar reader has no kind of error for that.
fn is_cut(cause: &io::Error) -> bool {
    let text = cause.to_string();
    cause.kind() == io::ErrorKind::UnexpectedEof
        || text.contains("failed to read entire block")
        || text.contains("unexpected EOF")
}

/// The rest of the archive cannot be read: fatal where nothing has been, else a warning.
fn over(walk: &mut Walk<'_>, n: u64, how: &str, why: &str) -> Result<(), DataError> {
    if n == 0 {
        return Err(DataError::corrupt(walk.path, format!("this archive {how} ({why})"), AGAIN));
    }
    let entries = if n == 1 { "entry" } else { "entries" };
    walk.left.remark(format!(
        "the archive {how} after {n} {entries}, and what comes before that is used ({why}). {AGAIN}: {}",
        walk.path.display()
    ));
    Ok(())
}

/// One file; `None` for what is no file, not wanted, or left out.
fn read_entry(walk: &mut Walk<'_>, entry: &mut tar::Entry<'_, impl Read>) -> io::Result<Option<Entry>> {
    let raw = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
    let kind = entry.header().entry_type();
    if kind.is_dir() || kind.is_pax_global_extensions() {
        return Ok(None);
    }
    let Some(name) = inside(&raw) else {
        walk.left.add("because the path leads out of the archive", &raw);
        return Ok(None);
    };
    // Very old archives mark folders by a slash alone.
    if raw.ends_with('/') || is_litter(&name) || file_name(&name).is_empty() {
        return Ok(None);
    }
    if kind.is_symlink() || kind.is_hard_link() {
        walk.left.add("because links are not followed", &name);
        return Ok(None);
    }
    if !(kind.is_file() || kind.is_contiguous()) {
        walk.left.add("because this is no ordinary file", &name);
        return Ok(None);
    }
    if !(walk.wanted)(&name) {
        return Ok(None);
    }
    let most = walk.limits.file_bytes;
    if entry.size() > most {
        walk.left.add(&format!("because of more than {} MB", most / 1_000_000), &name);
        return Ok(None);
    }
    // Grows as bytes arrive: a header may promise what it wants.
    let mut bytes = Vec::with_capacity(entry.size().min(1 << 16) as usize);
    entry.read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < entry.size() {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
    }
    Ok(Some(Entry { name, bytes }))
}
