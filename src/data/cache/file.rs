//! The cache file's layout: a preamble, all pixels, tables of what is known of each image, and last a header.
//!
//! Preamble: magic, CRC-32 of the header (u32), header length (u32), where the header begins (u64), all little-endian.
//! Then training pixels, test pixels, training tables, test tables, and the header as JSON: it stands last, because
//! it is only known when the last image is written. Written beside and renamed over, never changed in place.

use super::super::marks::{Area, Mark, Marks};
use super::super::samples::{Dataset, Kind, Pixels, Samples, Sizes};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// What the file begins with; the digit is the version of its layout.
pub const MAGIC: &[u8; 8] = b"DWDATA\x002";
/// Magic, checksum, header length, header start.
pub const PREAMBLE_BYTES: usize = 24;
/// Longer headers are not ours.
const MAX_HEADER_BYTES: usize = 1 << 22;
/// Pixels beyond so many bytes are not summed up when the file is opened: that would take a second and more.
const CHECKED_BYTES: usize = 512 << 20;
/// A mark: class, number, four numbers for its area.
const MARK_BYTES: usize = 18;

/// What the cache file says of itself.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// What the data was made from; another one means that the sources have changed.
    pub stamp: String,
    pub name: String,
    pub classes: Vec<String>,
    /// The most characters in one number, where labels count characters.
    pub longest: Option<usize>,
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    /// SHA-256 of the contents, so that opening needs none.
    pub fingerprint: String,
    pub warnings: Vec<String>,
    /// Training images, test images.
    pub parts: [Part; 2],
    pub pixels_crc: u32,
    pub tables_crc: u32,
}

/// One part as the header has it.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    pub n: usize,
    pub pixel_bytes: usize,
    /// Whether each image has its own size.
    pub sizes: bool,
    /// Marks of all images; `None` where nothing is marked.
    pub marks: Option<usize>,
    /// Bytes of all names; `None` where images have no names.
    pub names: Option<usize>,
}

/// What is known of each image of a part.
#[derive(Default)]
pub struct Tables {
    pub labels: Vec<u8>,
    pub sizes: Option<Vec<[u32; 2]>>,
    pub marks: Option<Marks>,
    pub names: Option<Vec<String>>,
}

impl Tables {
    /// As bytes, and as the header has it; `pixel_bytes` are those of the part's images.
    pub fn encode(&self, pixel_bytes: usize) -> (Vec<u8>, Part) {
        let Self { labels, sizes, marks, names } = self;
        let mut bytes = labels.clone();
        for side in sizes.iter().flatten().flatten() {
            bytes.extend(side.to_le_bytes());
        }
        if let Some(marks) = marks {
            (0..labels.len()).for_each(|row| bytes.extend((marks.of(row).len() as u16).to_le_bytes()));
            for Mark { class, number, area: Area { x, y, w, h } } in marks.all() {
                bytes.extend([*class, *number]);
                [x, y, w, h].iter().for_each(|number| bytes.extend(number.to_le_bytes()));
            }
        }
        // No file name holds a zero.
        let joined = names.as_ref().map(|names| names.join("\0"));
        bytes.extend(joined.iter().flat_map(|names| names.as_bytes()));
        let part = Part {
            n: labels.len(),
            pixel_bytes,
            sizes: sizes.is_some(),
            marks: marks.as_ref().map(|marks| marks.all().len()),
            names: joined.map(|names| names.len()),
        };
        (bytes, part)
    }

    /// From the front of `bytes`, which it shortens; `None` if they are not what `part` says.
    fn decode(bytes: &mut &[u8], part: &Part) -> Option<Self> {
        let mut take = |n: usize| bytes.split_off(..n);
        let labels = take(part.n)?.to_vec();
        let sizes = match part.sizes {
            true => Some(take(part.n.checked_mul(8)?)?.as_chunks::<8>().0.iter().map(size_of).collect()),
            false => None,
        };
        let marks = match part.marks {
            Some(n) => {
                let counts = take(part.n.checked_mul(2)?)?;
                let all: Vec<Mark> =
                    take(n.checked_mul(MARK_BYTES)?)?.as_chunks().0.iter().map(mark_of).collect();
                let mut rest = &all[..];
                let mut marks = Marks::new();
                for count in counts.as_chunks().0 {
                    marks.push(rest.split_off(..usize::from(u16::from_le_bytes(*count)))?);
                }
                Some(marks)
            }
            None => None,
        };
        let names = match part.names {
            Some(n) => {
                let names = std::str::from_utf8(take(n)?).ok()?.split('\0').map(str::to_owned).collect();
                // Nothing, joined and cut again, would be one empty name.
                Some(if part.n == 0 { Vec::new() } else { names })
            }
            None => None,
        };
        names.as_ref().is_none_or(|names| names.len() == part.n).then_some(Self {
            labels,
            sizes,
            marks,
            names,
        })
    }

    /// Samples of these tables and pixels; `shape` is channels, height and width.
    pub fn samples(self, pixels: Pixels, shape: [usize; 3]) -> Samples {
        let Self { labels, sizes, marks, names } = self;
        Samples {
            sizes: sizes.map(|sizes| Arc::new(Sizes::new(sizes, shape[0]))),
            marks: marks.map(Arc::new),
            names: names.map(Into::into),
            ..Samples::new(pixels, labels.into(), shape)
        }
    }
}

fn size_of(bytes: &[u8; 8]) -> [u32; 2] {
    let (width, height) = bytes.split_at(4);
    [width, height].map(|side| side.first_chunk().map_or(0, |side| u32::from_le_bytes(*side)))
}

fn mark_of(bytes: &[u8; MARK_BYTES]) -> Mark {
    let number = |i: usize| bytes[2 + 4 * i..].first_chunk().map_or(0.0, |n| f32::from_le_bytes(*n));
    let area = Area { x: number(0), y: number(1), w: number(2), h: number(3) };
    Mark { class: bytes[0], number: bytes[1], area }
}

/// The preamble of a file whose header begins at `start`.
pub fn preamble(header: &[u8], start: u64) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(crc32(&[header]).to_le_bytes());
    bytes.extend((header.len() as u32).to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes
}

/// Opens a file of this stamp; `None` if there is none, or it is not sound.
pub fn open(path: &Path, stamp: &str) -> Option<Dataset> {
    let file = File::open(path).ok()?;
    #[expect(unsafe_code, reason = "a file can only be mapped unsafely; see below")]
    // SAFETY: the bytes of a map must not change while it lives. These files are written under another name and
    // renamed when whole, and nothing ever writes to one again; replacing or deleting one leaves the old bytes
    // to those who have them mapped. Only a foreign program that writes into our cache folder could do harm.
    let map = unsafe { memmap2::Mmap::map(&file) }.ok()?;
    let (magic, rest) = map.split_first_chunk::<8>()?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length) as usize;
    let start = usize::try_from(u64::from_le_bytes(*rest.first_chunk()?)).ok()?;
    if magic != MAGIC || length > MAX_HEADER_BYTES || start.checked_add(length)? != map.len() {
        return None;
    }
    let header = map.get(start..)?;
    if crc32(&[header]) != u32::from_le_bytes(*crc) {
        return None;
    }
    let header: Header = serde_json::from_slice(header).ok()?;
    if header.stamp != stamp {
        return None;
    }
    let Header { channels, height, width, parts, .. } = header;
    let pixels_end = PREAMBLE_BYTES.checked_add(parts[0].pixel_bytes)?.checked_add(parts[1].pixel_bytes)?;
    let pixels = map.get(PREAMBLE_BYTES..pixels_end)?;
    let mut tables = map.get(pixels_end..start)?;
    // The checksums cost a few milliseconds and find a damaged disk and a write that a power cut left unfinished.
    if crc32(&[tables]) != header.tables_crc
        || (pixels.len() <= CHECKED_BYTES && crc32(&[pixels]) != header.pixels_crc)
    {
        return None;
    }
    let train = Tables::decode(&mut tables, &parts[0])?;
    let test = Tables::decode(&mut tables, &parts[1])?;
    if !tables.is_empty() {
        return None;
    }
    let map = Arc::new(map);
    let shape = [channels, height, width];
    let mut first = PREAMBLE_BYTES;
    let mut samples = |tables: Tables, bytes: usize| {
        let samples = tables.samples(Pixels::Mapped(Arc::clone(&map), first, bytes), shape);
        first += bytes;
        (samples.n_bytes() == bytes as u64).then_some(samples)
    };
    let train = samples(train, parts[0].pixel_bytes)?;
    let test = samples(test, parts[1].pixel_bytes)?;
    let kind = kind_of(header.longest);
    let Header { name, classes, fingerprint, warnings, .. } = header;
    Some(Dataset { name, classes, kind, train, test, fingerprint, curated: None, warnings })
}

/// What labels say, from the most characters in one number where they count characters.
pub fn kind_of(longest: Option<usize>) -> Kind {
    longest.map_or(Kind::Classes, |longest| Kind::Numbers { longest })
}

/// CRC-32 of parts one after the other.
pub fn crc32(parts: &[&[u8]]) -> u32 {
    let mut crc = flate2::Crc::new();
    parts.iter().for_each(|part| crc.update(part));
    crc.sum()
}
