//! Writes a cache file image after image, so that a data set may be larger than memory.

use super::super::error::DataError;
use super::super::marks::{Mark, Marks};
use super::super::samples::{Dataset, Kind, Pixels};
use super::file::{self, Header, PREAMBLE_BYTES, Part, Tables, kind_of, preamble};
use super::{beside, hex};
use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// One image with what is known of it.
#[derive(Clone, Copy)]
pub struct Picture<'a> {
    /// Channel after channel, row after row.
    pub pixels: &'a [u8],
    /// Width and height.
    pub size: [u32; 2],
    /// Its class, or how many characters are on it.
    pub label: u8,
    /// What is written on it.
    pub marks: &'a [Mark],
    /// What it is called; empty for no name.
    pub name: &'a str,
}

/// What is said of the data set as a whole, once every image is there.
pub struct Outline {
    /// As shown.
    pub name: String,
    /// What classes are called.
    pub classes: Vec<String>,
    /// What labels say.
    pub kind: Kind,
    /// Colour channels of every image.
    pub channels: usize,
    /// What was wrong but could be got over.
    pub warnings: Vec<String>,
}

/// Takes images, training images first.
pub struct Sink {
    out: Out,
    crc: flate2::Crc,
    digest: Sha256,
    parts: [Gathered; 2],
}

enum Out {
    /// The file that is written, and what it will be called.
    File(BufWriter<File>, PathBuf, PathBuf),
    /// Where nothing can be written, memory has to do.
    Memory(Vec<u8>),
}

#[derive(Default)]
struct Gathered {
    labels: Vec<u8>,
    sizes: Vec<[u32; 2]>,
    marks: Marks,
    names: Vec<String>,
    pixel_bytes: usize,
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Out::File(_, beside, _) = &self.out {
            // Half written when it was broken off; renamed, and so not there, when it was finished.
            drop(fs::remove_file(beside));
        }
    }
}

impl Sink {
    /// Writes beside `path`; says why where it cannot, and then keeps everything in memory.
    pub(super) fn new(path: &Path) -> (Self, Option<io::Error>) {
        let beside = beside(path);
        let created = fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))
            .and_then(|()| File::create_new(&beside))
            .and_then(|mut file| {
                file.seek(SeekFrom::Start(PREAMBLE_BYTES as u64))?;
                Ok(BufWriter::with_capacity(1 << 20, file))
            });
        let (out, trouble) = match created {
            Ok(file) => (Out::File(file, beside, path.to_owned()), None),
            Err(cause) => (Out::Memory(Vec::new()), Some(cause)),
        };
        let parts = [Gathered::default(), Gathered::default()];
        (Self { out, crc: flate2::Crc::new(), digest: Sha256::new(), parts }, trouble)
    }

    /// Adds a training image; not after the first test image.
    pub fn train(&mut self, picture: Picture<'_>) -> Result<(), DataError> {
        debug_assert!(self.parts[1].labels.is_empty(), "all training images come before the test images");
        self.add(0, picture)
    }

    /// Adds a test image.
    pub fn test(&mut self, picture: Picture<'_>) -> Result<(), DataError> {
        self.add(1, picture)
    }

    fn add(&mut self, part: usize, picture: Picture<'_>) -> Result<(), DataError> {
        let Picture { pixels, size, label, marks, name } = picture;
        match &mut self.out {
            Out::File(file, beside, _) => {
                file.write_all(pixels).map_err(|cause| DataError::writing(beside, cause))?;
            }
            Out::Memory(bytes) => bytes.extend_from_slice(pixels),
        }
        self.crc.update(pixels);
        self.digest.update([part as u8, label]);
        self.digest.update(size[0].to_le_bytes());
        self.digest.update(size[1].to_le_bytes());
        self.digest.update(pixels);
        for mark in marks {
            self.digest.update(format!("{mark:?}"));
        }
        let gathered = &mut self.parts[part];
        gathered.labels.push(label);
        gathered.sizes.push(size);
        gathered.marks.push(marks);
        gathered.names.push(name.replace('\0', " "));
        gathered.pixel_bytes += pixels.len();
        Ok(())
    }

    /// Images so far: training, test.
    pub fn len(&self) -> [usize; 2] {
        [self.parts[0].labels.len(), self.parts[1].labels.len()]
    }

    /// Ends the file and opens it.
    pub(super) fn finish(mut self, outline: Outline, stamp: &str) -> Result<Dataset, DataError> {
        let Outline { name, classes, kind, channels, warnings } = outline;
        let all = || self.parts.iter().flat_map(|part| &part.sizes);
        let most = |side: usize| all().map(|size| size[side]).max().unwrap_or(1) as usize;
        let [width, height] = [most(0), most(1)];
        let varied = all().any(|size| *size != [width as u32, height as u32]);
        self.digest.update(format!("{classes:?} {channels} {kind:?}"));
        let fingerprint = hex(&self.digest.finalize_reset());
        let [train, test] = std::mem::take(&mut self.parts).map(|part| part.tables(varied));
        let longest = match kind {
            Kind::Classes => None,
            Kind::Numbers { longest } => Some(longest),
        };
        let header = |parts: [Part; 2], crcs: [u32; 2]| Header {
            stamp: stamp.to_owned(),
            name: name.clone(),
            classes: classes.clone(),
            longest,
            channels,
            height,
            width,
            fingerprint: fingerprint.clone(),
            warnings: warnings.clone(),
            parts,
            pixels_crc: crcs[0],
            tables_crc: crcs[1],
        };
        match &mut self.out {
            Out::Memory(bytes) => {
                let shape = [channels, height, width];
                let mut rest = std::mem::take(bytes);
                let of_test = rest.split_off(train.1);
                let train = train.0.samples(Pixels::Owned(rest.into()), shape);
                let test = test.0.samples(Pixels::Owned(of_test.into()), shape);
                Ok(Dataset {
                    name,
                    classes,
                    kind: kind_of(longest),
                    train,
                    test,
                    fingerprint,
                    curated: None,
                    warnings,
                })
            }
            Out::File(file, beside, path) => {
                let (train_tables, train) = train.0.encode(train.1);
                let (test_tables, test) = test.0.encode(test.1);
                let tables_crc = file::crc32(&[&train_tables, &test_tables]);
                let pixel_bytes = (train.pixel_bytes + test.pixel_bytes) as u64;
                let start =
                    PREAMBLE_BYTES as u64 + pixel_bytes + (train_tables.len() + test_tables.len()) as u64;
                let mut write = || {
                    let header = serde_json::to_vec(&header([train, test], [self.crc.sum(), tables_crc]))?;
                    for part in [&train_tables, &test_tables, &header] {
                        file.write_all(part)?;
                    }
                    file.seek(SeekFrom::Start(0))?;
                    file.write_all(&preamble(&header, start))?;
                    file.flush()?;
                    fs::rename(&*beside, &*path)
                };
                write().map_err(|cause| DataError::writing(beside, cause))?;
                file::open(path, stamp).ok_or_else(|| {
                    let what = "the decoded images that were just written cannot be read back";
                    DataError::corrupt(path, what, "Look whether the disk is well, and try again")
                })
            }
        }
    }
}

impl Gathered {
    /// The tables, and the bytes of pixels; columns that say nothing are left out.
    fn tables(self, varied: bool) -> (Tables, usize) {
        let Self { labels, sizes, marks, names, pixel_bytes } = self;
        let tables = Tables {
            labels,
            sizes: varied.then_some(sizes),
            marks: (!marks.all().is_empty()).then_some(marks),
            names: names.iter().any(|name| !name.is_empty()).then_some(names),
        };
        (tables, pixel_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::marks::Area;
    use super::super::super::places::Places;
    use super::super::super::testing::empty_places;
    use super::super::stream;
    use super::*;

    fn made(places: &Places, varied: bool) -> Dataset {
        let mark = Mark { class: 4, number: 0, area: Area { x: 0.5, y: 0.0, w: 1.5, h: 2.0 } };
        stream(places, "numbers", &varied.to_string(), "stamp", |sink| {
            let size = if varied { [3, 1] } else { [2, 2] };
            let pixels = &[9, 8, 7, 6][..(size[0] * size[1]) as usize];
            let picture =
                Picture { pixels: &[1, 2, 3, 4], size: [2, 2], label: 1, marks: &[mark], name: "a.png" };
            sink.train(picture)?;
            sink.train(Picture { pixels, size, label: 0, marks: &[], ..picture })?;
            sink.test(Picture { label: 2, marks: &[mark, mark], name: "b\0c", ..picture })?;
            assert_eq!(sink.len(), [2, 1]);
            Ok(Outline {
                name: "Numbers".to_owned(),
                classes: (0..10).map(|digit| digit.to_string()).collect(),
                kind: Kind::Numbers { longest: 2 },
                channels: 1,
                warnings: Vec::new(),
            })
        })
        .expect("it can be made")
    }

    #[test]
    fn what_goes_in_comes_out_from_disk_and_from_memory() {
        let (folder, places) = empty_places();
        let blocked = Places { cache: folder.path().join("file"), ..places.clone() };
        fs::write(&blocked.cache, b"no folder").expect("it can be written");
        for varied in [false, true] {
            let (kept, again, in_memory) =
                (made(&places, varied), made(&places, varied), made(&blocked, varied));
            assert!(in_memory.warnings[0].contains("could not be kept"), "{:?}", in_memory.warnings);
            for dataset in [&kept, &again, &in_memory] {
                assert_eq!((dataset.kind, dataset.n_labels()), (Kind::Numbers { longest: 2 }, 3));
                assert_eq!(dataset.fingerprint, kept.fingerprint);
                let (train, test) = (&dataset.train, &dataset.test);
                assert_eq!(train.size(1), if varied { [3, 1] } else { [2, 2] });
                assert_eq!((&train.image(0)[..], train.image(1)[0]), (&[1, 2, 3, 4][..], 9));
                assert_eq!((train.name(0), test.name(0)), ("a.png", "b c"));
                assert_eq!((train.marks(0).len(), train.marks(1).len(), test.marks(0).len()), (1, 0, 2));
                assert_eq!(train.marks(0)[0].area.w, 1.5);
                assert_eq!(test.labels[..], [2]);
            }
        }
    }

    #[test]
    fn what_is_broken_off_leaves_nothing() {
        let (_folder, places) = empty_places();
        let broken = stream(&places, "numbers", "x", "stamp", |sink| {
            sink.train(Picture { pixels: &[1], size: [1, 1], label: 0, marks: &[], name: "" })?;
            Err(DataError::Cancelled)
        });
        assert!(matches!(broken, Err(DataError::Cancelled)));
        assert_eq!(fs::read_dir(places.decoded()).expect("it was made").count(), 0);
    }
}
