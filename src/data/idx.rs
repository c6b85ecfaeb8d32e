//! The idx format of MNIST's files, plain or gz. Nothing is believed that a file says of itself: sizes are compared
//! with what is there before anything is allocated, so that a cut, swapped or malicious file is a message.
//!
//! Format: two zero bytes, a type, the number of dimensions, each dimension as a big-endian u32, then the values.
//! Source: <http://yann.lecun.com/exdb/mnist/>.

use super::error::DataError;
use super::progress::{Progress, Stage, Unit};
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

/// Images: bytes in three dimensions.
const IMAGES: [u8; 4] = [0, 0, 8, 3];
/// Labels: bytes in one dimension.
const LABELS: [u8; 4] = [0, 0, 8, 1];
/// QMNIST's labels: 32-bit integers in two dimensions, the class in the first of eight columns.
/// Source: <https://github.com/facebookresearch/qmnist>.
const LABELS_QMNIST: [u8; 4] = [0, 0, 12, 2];

/// No file may unpack to more than 16 GiB: more than three hundred times MNIST.
const MAX_BYTES: u64 = 16 << 30;
/// Deflate cannot make more than this out of a byte. Source: <https://zlib.net/zlib_tech.html>.
const MAX_DEFLATE_FACTOR: u64 = 1032;
/// Memory that is asked for before anything was unpacked; more only as it turns out to be needed.
const FIRST_BYTES: u64 = 256 << 20;
/// Bytes read between two looks at progress and cancel.
const PORTION: u64 = 1 << 20;

const FRESH: &str = "Replace the file with a fresh copy";

/// What an images file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// Number of images.
    pub count: usize,
    /// Rows of each.
    pub height: usize,
    /// Columns of each.
    pub width: usize,
    /// `count * height * width` bytes, row after row.
    pub pixels: Vec<u8>,
}

/// Reads an images file (idx3, bytes).
pub fn images(path: &Path, job: &dyn Progress) -> Result<Images, DataError> {
    let mut file = Idx::open(path)?;
    let magic = file.magic()?;
    match magic {
        IMAGES => {}
        LABELS | LABELS_QMNIST => {
            return Err(file.corrupt(
                "this is a labels file where images should be",
                "Were two files given each other's name? Rename them, or replace both with fresh copies",
            ));
        }
        other => return Err(file.unknown(other, "images", IMAGES)),
    }
    let [count, height, width] = file.dimensions()?;
    if count == 0 || height == 0 || width == 0 {
        return Err(
            file.corrupt(format!("{count} images of {width}x{height}: there is nothing in it"), FRESH)
        );
    }
    let pixels = file.values(&[count, height, width], job)?;
    Ok(Images { count: count as usize, height: height as usize, width: width as usize, pixels })
}

/// Reads a labels file (idx1, bytes; or QMNIST's idx2, integers): one class number an image.
pub fn labels(path: &Path, job: &dyn Progress) -> Result<Vec<u8>, DataError> {
    let mut file = Idx::open(path)?;
    let magic = file.magic()?;
    let labels = match magic {
        LABELS => {
            let [count] = file.dimensions()?;
            file.values(&[count], job)?
        }
        LABELS_QMNIST => {
            let [count, columns] = file.dimensions()?;
            let values = file.values(&[count, columns, 4], job)?;
            let row_bytes = 4 * columns.max(1) as usize;
            // What the file holds, not what it says: with no columns, any count would do.
            let mut labels = Vec::with_capacity(values.len() / row_bytes);
            for (row, value) in values.chunks_exact(row_bytes).enumerate() {
                let &[0, 0, 0, label] = value.first_chunk().unwrap_or(&[u8::MAX; 4]) else {
                    return Err(
                        file.corrupt(format!("the label of image {row} is not between 0 and 255"), FRESH)
                    );
                };
                labels.push(label);
            }
            labels
        }
        IMAGES => {
            return Err(file.corrupt(
                "this is an images file where labels should be",
                "Were two files given each other's name? Rename them, or replace both with fresh copies",
            ));
        }
        other => return Err(file.unknown(other, "labels", LABELS)),
    };
    if labels.is_empty() {
        return Err(file.corrupt("it holds no label", FRESH));
    }
    Ok(labels)
}

/// Reads images and their labels, and checks that they belong together. Every label is less than `n_classes`.
pub fn pair(
    images_path: &Path,
    labels_path: &Path,
    n_classes: usize,
    job: &dyn Progress,
) -> Result<(Images, Vec<u8>), DataError> {
    // Labels first: they are small, and a mistake shows at once.
    let labels = labels(labels_path, job)?;
    let images = images(images_path, job)?;
    if images.count != labels.len() {
        return Err(DataError::corrupt(
            labels_path,
            format!(
                "{} labels for the {} images of {}: they do not belong together",
                labels.len(),
                images.count,
                images_path.file_name().unwrap_or_default().to_string_lossy()
            ),
            "Take both files from the same data set",
        ));
    }
    if let Some((row, label)) = labels.iter().enumerate().find(|(_, label)| **label as usize >= n_classes) {
        return Err(DataError::corrupt(
            labels_path,
            format!(
                "label {label} of image {row} is out of range: there are {n_classes} classes, 0 to {}",
                n_classes - 1
            ),
            FRESH,
        ));
    }
    Ok((images, labels))
}

/// An idx file that is being read.
struct Idx {
    path: PathBuf,
    /// Bytes of the file on disk.
    file_bytes: u64,
    packed: bool,
    reader: Box<dyn Read>,
    /// Bytes of magic and dimensions read.
    header_bytes: u64,
}

impl Idx {
    fn open(path: &Path) -> Result<Self, DataError> {
        let fail = |cause| DataError::reading(path, cause);
        let file = File::open(path).map_err(fail)?;
        let meta = file.metadata().map_err(fail)?;
        if meta.is_dir() {
            return Err(fail(io::ErrorKind::IsADirectory.into()));
        }
        if meta.len() == 0 {
            return Err(DataError::corrupt(path, "the file is empty", FRESH));
        }
        let mut plain = BufReader::with_capacity(256 << 10, file);
        // By content and not by name: browsers unpack gz files and keep the name.
        let packed = plain.fill_buf().map_err(fail)?.starts_with(&[0x1f, 0x8b]);
        let reader: Box<dyn Read> =
            if packed { Box::new(MultiGzDecoder::new(plain)) } else { Box::new(plain) };
        Ok(Self { path: path.to_owned(), file_bytes: meta.len(), packed, reader, header_bytes: 0 })
    }

    fn magic(&mut self) -> Result<[u8; 4], DataError> {
        let mut bytes = [0; 4];
        self.header(&mut bytes)?;
        Ok(bytes)
    }

    fn dimensions<const N: usize>(&mut self) -> Result<[u32; N], DataError> {
        let mut sizes = [0; N];
        for size in &mut sizes {
            let mut bytes = [0; 4];
            self.header(&mut bytes)?;
            *size = u32::from_be_bytes(bytes);
        }
        Ok(sizes)
    }

    fn header(&mut self, bytes: &mut [u8]) -> Result<(), DataError> {
        self.header_bytes += bytes.len() as u64;
        self.reader.read_exact(bytes).map_err(|cause| match cause.kind() {
            io::ErrorKind::UnexpectedEof => {
                self.corrupt("the file is truncated: it ends within its header", FRESH)
            }
            _ => self.failed(cause),
        })
    }

    /// Reads as many bytes as the dimensions announce, and makes sure that the file ends there.
    fn values(&mut self, dimensions: &[u32], job: &dyn Progress) -> Result<Vec<u8>, DataError> {
        let announced = dimensions.iter().try_fold(1_u64, |product, &d| product.checked_mul(u64::from(d)));
        let shape = dimensions.iter().map(u32::to_string).collect::<Vec<_>>().join("x");
        let total = announced.filter(|&bytes| bytes <= MAX_BYTES).ok_or_else(|| {
            self.corrupt(
                format!("its header announces {shape} values, which is more than any data set has"),
                FRESH,
            )
        })?;
        let possible = if self.packed {
            self.file_bytes.saturating_mul(MAX_DEFLATE_FACTOR)
        } else {
            self.file_bytes - self.header_bytes
        };
        if total > possible {
            return Err(self.truncated(&shape, total, (!self.packed).then_some(possible)));
        }
        if !self.packed && total < possible {
            return Err(self.trailing(&shape));
        }
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = format!("Reading {name}");
        let mut values = Vec::new();
        reserve(&mut values, total.min(FIRST_BYTES)).map_err(|cause| self.failed(cause))?;
        let mut done = 0;
        while done < total {
            if job.cancelled() {
                return Err(DataError::Cancelled);
            }
            job.report(Stage { text: &text, done, total, unit: Unit::Bytes });
            let portion = PORTION.min(total - done);
            reserve(&mut values, portion).map_err(|cause| self.failed(cause))?;
            let read = (&mut self.reader).take(portion).read_to_end(&mut values);
            match read.map_err(|cause| self.failed(cause))? {
                0 => return Err(self.truncated(&shape, total, Some(done))),
                n => done += n as u64,
            }
        }
        job.report(Stage { text: &text, done, total, unit: Unit::Bytes });
        // One byte more: shows what should not be there, and makes gzip compare its checksum.
        match self.reader.read(&mut [0]) {
            Ok(0) => Ok(values),
            Ok(_) => Err(self.trailing(&shape)),
            Err(cause) => Err(self.failed(cause)),
        }
    }

    fn corrupt(&self, what: impl Into<String>, remedy: &str) -> DataError {
        DataError::corrupt(&self.path, what, remedy)
    }

    fn truncated(&self, shape: &str, total: u64, found: Option<u64>) -> DataError {
        let found = found.map_or_else(|| "far fewer".to_owned(), |bytes| format!("only {bytes}"));
        self.corrupt(
            format!("the file is truncated: its header announces {shape} values in {total} bytes, there are {found}"),
            FRESH,
        )
    }

    fn trailing(&self, shape: &str) -> DataError {
        self.corrupt(format!("there are more bytes than the {shape} values that its header announces"), FRESH)
    }

    fn failed(&self, cause: io::Error) -> DataError {
        match cause.kind() {
            io::ErrorKind::UnexpectedEof => self.corrupt("the gzip file is truncated", FRESH),
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                self.corrupt(format!("the gzip file is corrupt ({cause})"), FRESH)
            }
            _ => DataError::reading(&self.path, cause),
        }
    }

    fn unknown(&self, magic: [u8; 4], wanted: &str, right: [u8; 4]) -> DataError {
        let number = |bytes: [u8; 4]| u32::from_be_bytes(bytes);
        match magic {
            [b'P', b'K', ..] => self.corrupt("this is a zip archive", "Unpack it and name the folder of its files"),
            [b'<', ..] => self.corrupt("this is a web page, not a data file", "Download the file itself again"),
            [0, 0, kind, dimensions] => self.corrupt(
                format!("an idx file of type {kind:#04x} with {dimensions} dimensions cannot be used as {wanted}"),
                "Grey images of one byte a pixel (type 0x08, 3 dimensions) and labels (type 0x08, 1 dimension) can be read",
            ),
            _ => self.corrupt(
                format!("this is no idx file: it begins with {} instead of {}", number(magic), number(right)),
                FRESH,
            ),
        }
    }
}

/// Asks for room for so many bytes more, so that too little memory is an error and not the end of the process.
fn reserve(values: &mut Vec<u8>, bytes: u64) -> io::Result<()> {
    values
        .try_reserve(bytes as usize)
        .map_err(|_| io::Error::new(io::ErrorKind::OutOfMemory, "there is not enough memory"))
}

#[cfg(test)]
mod tests {
    use super::super::progress::Silent;
    use super::super::testing::{gz, idx_images, idx_labels};
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn file(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("some-file");
        std::fs::write(&path, bytes).expect("it can be written");
        (folder, path)
    }

    fn images_error(bytes: &[u8]) -> String {
        let (_folder, path) = file(bytes);
        let message = images(&path, &Silent).expect_err("it is corrupt").to_string();
        assert!(message.ends_with("some-file"), "names the file last: {message}");
        message
    }

    #[test]
    fn good_files_are_read_plain_and_packed() {
        let pixels: Vec<u8> = (0..3 * 2 * 5).collect();
        let plain = idx_images(&pixels, 2, 5);
        for bytes in [plain.clone(), gz(&plain)] {
            let (_folder, path) = file(&bytes);
            let read = images(&path, &Silent).expect("it is good");
            assert_eq!((read.count, read.height, read.width), (3, 2, 5));
            assert_eq!(read.pixels, pixels);
        }
        let plain = idx_labels(&[3, 1, 255]);
        for bytes in [plain.clone(), gz(&plain)] {
            let (_folder, path) = file(&bytes);
            assert_eq!(labels(&path, &Silent).expect("it is good"), [3, 1, 255]);
        }
    }

    #[test]
    fn labels_of_qmnist_are_the_first_column() {
        let mut bytes = vec![0, 0, 12, 2, 0, 0, 0, 2, 0, 0, 0, 3];
        for value in [7_u32, 4, 400, 9, 1, 1] {
            bytes.extend(value.to_be_bytes());
        }
        let (_folder, path) = file(&bytes);
        assert_eq!(labels(&path, &Silent).expect("it is good"), [7, 9]);
        bytes[14] = 1;
        let (_folder, path) = file(&bytes);
        let message = labels(&path, &Silent).expect_err("263 is no class").to_string();
        assert!(message.contains("label of image 0 is not between"), "{message}");
    }

    #[test]
    fn every_fault_is_told() {
        let good = idx_images(&[9; 12], 2, 2);
        let with = |at: usize, value: u8| {
            let mut bytes = good.clone();
            bytes[at] = value;
            bytes
        };
        let packed = gz(&good);
        let mut wrong_sum = packed.clone();
        let at = wrong_sum.len() - 8;
        wrong_sum[at] ^= 1;
        let mut garbled = packed.clone();
        // A block of the type that deflate leaves undefined.
        garbled[10] = 0xff;
        for (bytes, told) in [
            (vec![], "is empty"),
            (vec![0, 0, 8], "ends within its header"),
            (vec![0, 0, 8, 3, 0, 0, 0, 3, 0], "ends within its header"),
            (with(0, 7), "this is no idx file"),
            (with(2, 13), "type 0x0d with 3 dimensions"),
            (with(3, 1), "labels file where images should be"),
            (with(7, 4), "truncated: its header announces 4x2x2 values in 16 bytes, there are only 12"),
            (with(7, 2), "more bytes than the 2x2x2 values"),
            (with(7, 0), "nothing in it"),
            (with(4, 255), "truncated"),
            ([vec![0, 0, 8, 3], vec![255; 12]].concat(), "more than any data set has"),
            (b"<html>not found</html>".to_vec(), "web page"),
            (b"PK\x03\x04something".to_vec(), "zip archive"),
            (gz(&with(7, 4)), "truncated"),
            (gz(&with(7, 2)), "more bytes than"),
            (gz(&with(4, 255)), "truncated"),
            (wrong_sum, "gzip file is corrupt"),
            (garbled, "gzip file is corrupt"),
            ([packed, vec![1, 2, 3]].concat(), "gzip file is"),
        ] {
            let message = images_error(&bytes);
            assert!(message.contains(told), "expected '{told}' in: {message}");
        }
        let (_folder, path) = file(&good);
        let message = labels(&path, &Silent).expect_err("these are images").to_string();
        assert!(message.contains("images file where labels should be"), "{message}");
    }

    #[test]
    fn no_cut_is_overlooked() {
        let plain = idx_images(&(0..48).collect::<Vec<_>>(), 4, 4);
        for whole in [plain.clone(), gz(&plain)] {
            for length in 0..whole.len() {
                images_error(&whole[..length]);
            }
        }
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        // Announces 12 values and holds 64 MiB.
        let mut bomb = idx_images(&[0; 12], 2, 2);
        bomb.resize(64 << 20, 0);
        assert!(images_error(&gz(&bomb)).contains("more bytes than"));
    }

    #[test]
    fn images_and_labels_must_fit_each_other() {
        let (folder, images) = file(&idx_images(&[9; 12], 2, 2));
        let labels = folder.path().join("labels");
        for (values, told) in [
            (&[0, 1][..], "2 labels for the 3 images of some-file"),
            (&[0, 10, 1][..], "label 10 of image 1 is out of range: there are 10 classes, 0 to 9"),
        ] {
            std::fs::write(&labels, idx_labels(values)).expect("it can be written");
            let message = pair(&images, &labels, 10, &Silent).expect_err("they do not fit").to_string();
            assert!(message.contains(told), "{message}");
        }
    }

    #[test]
    fn it_stops_when_asked() {
        struct StopAfter(AtomicU32);
        impl Progress for StopAfter {
            fn report(&self, _: Stage<'_>) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
            fn cancelled(&self) -> bool {
                self.0.load(Ordering::Relaxed) == 0
            }
        }
        let (_folder, path) = file(&idx_images(&vec![0; 8 << 20], 1024, 1024));
        let outcome = images(&path, &StopAfter(AtomicU32::new(3)));
        assert!(matches!(outcome, Err(DataError::Cancelled)));
    }

    #[test]
    fn a_vanished_file_is_told() {
        let (folder, path) = file(&[1]);
        drop(folder);
        let message = images(&path, &Silent).expect_err("it has gone").to_string();
        assert!(message.contains("has gone: connect the drive again"), "{message}");
    }
}
