//! MATLAB 5 files (`.mat` up to version 7): finds the numeric arrays in one and hands out their numbers as a stream.
//!
//! Layout: "MAT-File Format", The MathWorks, chapter 1 (Level 5): 128 bytes of header, then elements of a type, a byte
//! count and data; arrays are mostly packed with zlib, one by one. Numbers lie column by column: the first subscript
//! runs fastest. Written for SVHN's `train_32x32.mat`, whose array of 1.6 GB must not be in memory at once.

use super::super::error::DataError;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

const HEADER_BYTES: u64 = 128;
/// Element types, by their numbers in the format.
const COMPRESSED: u32 = 15;
const MATRIX: u32 = 14;
const INT8: u32 = 1;
const INT32: u32 = 5;
const UINT32: u32 = 6;
/// Array classes that hold numbers: double, single, and integers of 8 to 64 bits.
const NUMERIC: std::ops::RangeInclusive<u8> = 6..=15;
const COMPLEX: u8 = 0x08;
/// More dimensions, or a longer name, than any array has that we can use.
const MOST_DIMENSIONS: usize = 16;
const MOST_NAME_BYTES: usize = 256;

/// A numeric array in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Array {
    /// The variable's name.
    pub name: String,
    /// Its sizes; the first subscript runs fastest.
    pub sizes: Vec<usize>,
    path: PathBuf,
    /// Where its element begins, whether that is packed, and how long it is with the tag.
    at: u64,
    packed: bool,
    bytes: u64,
}

/// The numbers of an array, one after the other.
pub struct Numbers {
    path: PathBuf,
    source: Source,
    kind: Kind,
    left: usize,
}

/// How numbers are written; not always as wide as the array's class, to save space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    F32,
    F64,
    I64,
    U64,
}

/// An element's bytes, unpacked as they are read.
enum Source {
    Plain(io::Take<BufReader<File>>),
    Packed(Box<flate2::read::ZlibDecoder<io::Take<BufReader<File>>>>),
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(reader) => reader.read(buffer),
            Self::Packed(reader) => reader.read(buffer),
        }
    }
}

/// The numeric arrays of a file. Only their heads are read, whatever their size; what is no numeric array is left out.
///
/// # Errors
/// If it is no such file, or one that is cut off or damaged before its last array.
pub fn arrays(path: &Path) -> Result<Vec<Array>, DataError> {
    let failed = |cause| DataError::reading(path, cause);
    let length = std::fs::metadata(path).map_err(failed)?.len();
    let mut head = [0; HEADER_BYTES as usize];
    let mut file = File::open(path).map_err(failed)?;
    file.read_exact(&mut head).map_err(|_| no_mat(path))?;
    match (&head[126..], &head[..7]) {
        (b"IM", _) => {}
        (b"MI", _) => return Err(corrupt(path, "this MATLAB file comes from a big-endian machine")),
        // Version 7.3 is HDF5 behind such a header.
        (_, b"\x89HDF\r\n\x1a") => {
            return Err(corrupt(path, "this is a MATLAB 7.3 file (HDF5), not a MATLAB 5 file"));
        }
        _ => return Err(no_mat(path)),
    }
    if head[124..126] == [0, 2] {
        return Err(corrupt(path, "this is a MATLAB 7.3 file (HDF5), not a MATLAB 5 file"));
    }
    let mut arrays = Vec::new();
    let mut at = HEADER_BYTES;
    while at + 8 <= length {
        file.seek(SeekFrom::Start(at)).map_err(failed)?;
        let mut tag = [0; 8];
        file.read_exact(&mut tag).map_err(failed)?;
        let (kind, bytes) = (number(&tag[..4]), u64::from(number(&tag[4..])));
        if at + 8 + bytes > length {
            return Err(corrupt(
                path,
                &format!("the file is cut off: {} bytes are missing", at + 8 + bytes - length),
            ));
        }
        if kind == MATRIX || kind == COMPRESSED {
            let mut array = Array {
                name: String::new(),
                sizes: Vec::new(),
                path: path.to_owned(),
                at,
                packed: kind == COMPRESSED,
                bytes: 8 + bytes,
            };
            if array.read_head(&mut array.source()?)? {
                arrays.push(array);
            }
        }
        // Packed elements are not filled up to eight bytes, others are by themselves.
        at += 8 + bytes;
    }
    Ok(arrays)
}

impl Array {
    /// Its numbers, to be read from the file as they are asked for.
    ///
    /// # Errors
    /// If the file has changed or is damaged there.
    pub fn numbers(&self) -> Result<Numbers, DataError> {
        let mut source = self.source()?;
        let mut head = self.clone();
        head.read_head(&mut source)?;
        let (kind, bytes, small) = element(&mut source).map_err(|_| self.damaged())?;
        let kind = Kind::of(kind).ok_or_else(|| self.damaged())?;
        let left = self.len().ok_or_else(|| self.damaged())?;
        if left.checked_mul(kind.bytes()) != Some(bytes) || head.sizes != self.sizes || (small && bytes > 4) {
            return Err(self.damaged());
        }
        Ok(Numbers { path: self.path.clone(), source, kind, left })
    }

    /// How many numbers it holds; `None` if that is more than can be counted.
    pub fn len(&self) -> Option<usize> {
        self.sizes.iter().try_fold(1_usize, |all, size| all.checked_mul(*size))
    }

    /// From the element's tag on, unpacked.
    fn source(&self) -> Result<Source, DataError> {
        let mut file = File::open(&self.path).map_err(|cause| DataError::reading(&self.path, cause))?;
        let from = if self.packed { self.at + 8 } else { self.at };
        file.seek(SeekFrom::Start(from)).map_err(|cause| DataError::reading(&self.path, cause))?;
        let bytes =
            BufReader::with_capacity(1 << 16, file).take(self.bytes - if self.packed { 8 } else { 0 });
        Ok(if self.packed {
            Source::Packed(Box::new(flate2::read::ZlibDecoder::new(bytes)))
        } else {
            Source::Plain(bytes)
        })
    }

    /// Reads tag, flags, sizes and name; says whether it is an array of real numbers.
    fn read_head(&mut self, source: &mut Source) -> Result<bool, DataError> {
        let damaged = |_| self.damaged();
        let (kind, _, _) = element(source).map_err(damaged)?;
        if kind != MATRIX {
            return Ok(false);
        }
        let flags = short(source, UINT32, 8).map_err(damaged)?;
        let class = flags.first().copied().unwrap_or(0);
        let complex = flags.get(1).is_some_and(|flags| flags & COMPLEX != 0);
        if !NUMERIC.contains(&class) || complex {
            return Ok(false);
        }
        let sizes = short(source, INT32, 4 * MOST_DIMENSIONS).map_err(damaged)?;
        let name = short(source, INT8, MOST_NAME_BYTES).map_err(damaged)?;
        self.sizes = sizes.as_chunks::<4>().0.iter().map(|size| u32::from_le_bytes(*size) as usize).collect();
        self.name = String::from_utf8_lossy(&name).into_owned();
        Ok(true)
    }

    fn damaged(&self) -> DataError {
        corrupt(&self.path, "an array in this MATLAB file is damaged")
    }
}

impl Numbers {
    /// Fills `bytes` with numbers that are whole and from 0 to 255.
    ///
    /// # Errors
    /// If fewer are left, if one is not such a number, or if the file is damaged.
    pub fn bytes(&mut self, bytes: &mut [u8]) -> Result<(), DataError> {
        if self.kind != Kind::U8 {
            for byte in bytes {
                let number = self.next()?;
                *byte = number as u8;
                if f64::from(*byte) != number {
                    return Err(corrupt(
                        &self.path,
                        &format!("the number {number} should be a byte, 0 to 255"),
                    ));
                }
            }
            return Ok(());
        }
        self.left = self.left.checked_sub(bytes.len()).ok_or_else(|| self.cut())?;
        self.source.read_exact(bytes).map_err(|_| self.cut())
    }

    /// The next number.
    ///
    /// # Errors
    /// If none is left, or if the file is damaged.
    pub fn next(&mut self) -> Result<f64, DataError> {
        self.left = self.left.checked_sub(1).ok_or_else(|| self.cut())?;
        let mut bytes = [0; 8];
        self.source.read_exact(&mut bytes[..self.kind.bytes()]).map_err(|_| self.cut())?;
        let [a, b, c, d, ..] = bytes;
        Ok(match self.kind {
            Kind::I8 => f64::from(a as i8),
            Kind::U8 => f64::from(a),
            Kind::I16 => f64::from(i16::from_le_bytes([a, b])),
            Kind::U16 => f64::from(u16::from_le_bytes([a, b])),
            Kind::I32 => f64::from(i32::from_le_bytes([a, b, c, d])),
            Kind::U32 => f64::from(u32::from_le_bytes([a, b, c, d])),
            Kind::F32 => f64::from(f32::from_le_bytes([a, b, c, d])),
            Kind::F64 => f64::from_le_bytes(bytes),
            Kind::I64 => i64::from_le_bytes(bytes) as f64,
            Kind::U64 => u64::from_le_bytes(bytes) as f64,
        })
    }

    fn cut(&self) -> DataError {
        corrupt(&self.path, "this MATLAB file ends in the middle of an array, or its packed data is damaged")
    }
}

impl Kind {
    const fn of(number: u32) -> Option<Self> {
        Some(match number {
            1 => Self::I8,
            2 => Self::U8,
            3 => Self::I16,
            4 => Self::U16,
            5 => Self::I32,
            6 => Self::U32,
            7 => Self::F32,
            9 => Self::F64,
            12 => Self::I64,
            13 => Self::U64,
            _ => return None,
        })
    }

    const fn bytes(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::F64 | Self::I64 | Self::U64 => 8,
        }
    }
}

/// Reads a tag: type, bytes of data, and whether it is of the small kind, whose data fills up the tag itself.
fn element(source: &mut Source) -> io::Result<(u32, usize, bool)> {
    let mut tag = [0; 4];
    source.read_exact(&mut tag)?;
    let first = number(&tag);
    if first > 0xffff {
        return Ok((first & 0xffff, (first >> 16) as usize, true));
    }
    source.read_exact(&mut tag)?;
    Ok((first, number(&tag) as usize, false))
}

/// Reads an element of that type and of at most so many bytes, with what fills it up to eight.
fn short(source: &mut Source, kind: u32, most: usize) -> io::Result<Vec<u8>> {
    let (found, bytes, small) = element(source)?;
    if found != kind || bytes > most {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut data = vec![0; if small { 4 } else { bytes.next_multiple_of(8) }];
    source.read_exact(&mut data)?;
    data.truncate(bytes);
    Ok(data)
}

fn number(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

fn no_mat(path: &Path) -> DataError {
    corrupt(path, "this is no MATLAB file")
}

fn corrupt(path: &Path, what: &str) -> DataError {
    DataError::corrupt(path, what, "Download the file again, or copy it once more from where it came")
}

#[cfg(test)]
mod tests {
    use super::super::mat_file::{array, file, packed};
    use super::*;

    fn sample() -> Vec<u8> {
        let pixels: Vec<u8> = (0..24).collect();
        let text = array("text", 4, &[1, 5], 4, &[0; 10]);
        file(&[
            packed(&array("X", 9, &[2, 3, 4], 2, &pixels)),
            text,
            array("y", 6, &[4, 1], 2, &[10, 1, 2, 3]),
            packed(&array("z", 6, &[2, 1], 9, &[0.5_f64.to_le_bytes(), 300.0_f64.to_le_bytes()].concat())),
        ])
    }

    #[test]
    fn arrays_are_found_and_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.mat");
        std::fs::write(&path, sample()).expect("it can be written");
        let arrays = arrays(&path).expect("it is sound");
        let names: Vec<_> = arrays.iter().map(|array| (array.name.as_str(), &array.sizes[..])).collect();
        assert_eq!(names, [("X", &[2, 3, 4][..]), ("y", &[4, 1]), ("z", &[2, 1])]);
        let mut numbers = arrays[0].numbers().expect("it is sound");
        let mut first = [0; 20];
        numbers.bytes(&mut first).expect("they are there");
        assert_eq!((first[19], numbers.next().expect("one more")), (19, 20.0));
        assert!(numbers.bytes(&mut [0; 4]).is_err(), "only three are left");
        let mut labels = [0; 4];
        arrays[1].numbers().expect("it is sound").bytes(&mut labels).expect("they are bytes");
        assert_eq!(labels, [10, 1, 2, 3]);
        let mut doubles = arrays[2].numbers().expect("it is sound");
        assert_eq!(doubles.next().expect("it is there"), 0.5);
        let message = doubles.bytes(&mut [0]).expect_err("300 is no byte").to_string();
        assert!(message.contains("300 should be a byte"), "{message}");
    }

    #[test]
    fn other_files_are_told_apart() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.mat");
        let good = sample();
        let changed = |at: usize, bytes: &[u8]| {
            let mut file = good.clone();
            file[at..at + bytes.len()].copy_from_slice(bytes);
            file
        };
        for (bytes, says) in [
            (b"PK".to_vec(), "no MATLAB file"),
            (changed(126, b"xx"), "no MATLAB file"),
            (changed(126, b"MI"), "big-endian"),
            (changed(124, &[0, 2]), "7.3"),
            (good[..good.len() - 9].to_vec(), "cut off: 9 bytes"),
        ] {
            std::fs::write(&path, bytes).expect("it can be written");
            let message = arrays(&path).expect_err(says).to_string();
            assert!(message.contains(says), "{message}");
        }
    }

    /// Whatever the bytes are, reading ends, in an array or in an error.
    pub fn read_all(path: &Path) {
        for array in arrays(path).unwrap_or_default() {
            if let Ok(mut numbers) = array.numbers() {
                for _ in 0..100 {
                    if numbers.next().is_err() {
                        break;
                    }
                }
            }
        }
    }

    #[test]
    fn no_damage_is_a_panic() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.mat");
        let good = sample();
        for at in HEADER_BYTES as usize..good.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut bytes = good.clone();
                bytes[at] ^= change;
                std::fs::write(&path, &bytes).expect("it can be written");
                read_all(&path);
            }
            std::fs::write(&path, &good[..at]).expect("it can be written");
            read_all(&path);
        }
    }
}
