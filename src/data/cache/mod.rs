//! Decoded images kept in one file a data set, mapped into memory: every training process opens it in a blink, and
//! all of them share one copy. A cache only saves time: whatever is wrong with it, the sources are read instead.

mod file;
mod sink;

pub(super) use sink::{Outline, Picture, Sink};

use super::error::DataError;
use super::places::Places;
use super::samples::{Dataset, Kind, Pixels, Samples};
use file::{Header, Tables, crc32, preamble};
use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::UNIX_EPOCH;

const EXTENSION: &str = "pixels";
/// Cached data sets beyond so many are deleted, the ones unchanged for longest first: drawn data has a file for each
/// of its settings.
const KEPT: usize = 12;

/// Images with their labels, as read or drawn.
pub(super) struct Part {
    pub(super) pixels: Vec<u8>,
    pub(super) labels: Vec<u8>,
}

/// A data set as read or drawn, every row of it.
pub(super) struct Decoded {
    pub(super) name: String,
    pub(super) classes: Vec<String>,
    pub(super) channels: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) train: Part,
    pub(super) test: Part,
    pub(super) warnings: Vec<String>,
}

/// The whole data set of this stamp: from the cache if it is there and sound, else made and then cached.
///
/// `name` begins the file's name and `identity` tells data sets of one name apart (the folder, the settings);
/// `stamp` says everything that the contents depend on.
pub(super) fn through(
    places: &Places,
    name: &str,
    identity: &str,
    stamp: &str,
    make: impl FnOnce() -> Result<Decoded, DataError>,
) -> Result<Dataset, DataError> {
    let path = path_of(places, name, identity);
    if let Some(dataset) = file::open(&path, stamp) {
        return Ok(dataset);
    }
    let decoded = make()?;
    let fingerprint = fingerprint(&decoded);
    match write(&path, &decoded, stamp, &fingerprint) {
        Ok(()) => {
            prune(&places.decoded());
            // Mapped, so that the pages are shared with the next process; what was decoded is let go.
            Ok(file::open(&path, stamp).unwrap_or_else(|| owned(decoded, fingerprint)))
        }
        Err(cause) => {
            let mut dataset = owned(decoded, fingerprint);
            dataset.warnings.push(not_kept(places, &cause));
            Ok(dataset)
        }
    }
}

/// As [`through`], for data sets that are too large to be decoded in memory, or have more than a class for each image:
/// `make` hands over image after image, all training images before the first test image.
pub(super) fn stream(
    places: &Places,
    name: &str,
    identity: &str,
    stamp: &str,
    make: impl FnOnce(&mut Sink) -> Result<Outline, DataError>,
) -> Result<Dataset, DataError> {
    let path = path_of(places, name, identity);
    if let Some(dataset) = file::open(&path, stamp) {
        return Ok(dataset);
    }
    let (mut sink, trouble) = Sink::new(&path);
    let outline = make(&mut sink)?;
    let mut dataset = sink.finish(outline, stamp)?;
    match trouble {
        None => prune(&places.decoded()),
        Some(cause) => dataset.warnings.push(not_kept(places, &cause)),
    }
    Ok(dataset)
}

fn path_of(places: &Places, name: &str, identity: &str) -> PathBuf {
    let digest = hex(&Sha256::digest(identity.as_bytes()));
    places.decoded().join(format!("{name}-{}.{EXTENSION}", &digest[..16]))
}

fn not_kept(places: &Places, cause: &io::Error) -> String {
    format!(
        "decoded images could not be kept, so the next start takes as long ({cause}): {}",
        places.decoded().display()
    )
}

/// Size and time of change of files, as text: differs when one of them was replaced.
pub(super) fn stamp_of(paths: &[&Path]) -> Result<String, DataError> {
    let mut stamp = String::new();
    for path in paths {
        let fail = |cause| DataError::reading(path, cause);
        let meta = fs::metadata(path).map_err(fail)?;
        let changed = meta.modified().map_err(fail)?.duration_since(UNIX_EPOCH).unwrap_or_default();
        stamp.push_str(&format!("{} {} {};", path.display(), meta.len(), changed.as_nanos()));
    }
    Ok(stamp)
}

/// Keeps only the first `limit` training rows (0 for all), and says so in the fingerprint.
pub(super) fn limited(mut dataset: Dataset, limit: u64) -> Dataset {
    let keep = usize::try_from(limit).unwrap_or(usize::MAX);
    if keep == 0 || keep >= dataset.train.len() {
        return dataset;
    }
    dataset.train = dataset.train.first(keep);
    let selected = format!("{} first {keep}", dataset.fingerprint);
    dataset.fingerprint = hex(&Sha256::digest(selected.as_bytes()));
    dataset
}

fn write(path: &Path, decoded: &Decoded, stamp: &str, fingerprint: &str) -> io::Result<()> {
    let Decoded { name, classes, channels, height, width, train, test, warnings } = decoded;
    let tables = |part: &Part| Tables { labels: part.labels.clone(), ..Tables::default() };
    let (train_tables, train_part) = tables(train).encode(train.pixels.len());
    let (test_tables, test_part) = tables(test).encode(test.pixels.len());
    let header = serde_json::to_vec(&Header {
        stamp: stamp.to_owned(),
        name: name.clone(),
        classes: classes.clone(),
        longest: None,
        channels: *channels,
        height: *height,
        width: *width,
        fingerprint: fingerprint.to_owned(),
        warnings: warnings.clone(),
        parts: [train_part, test_part],
        pixels_crc: crc32(&[&train.pixels, &test.pixels]),
        tables_crc: crc32(&[&train_tables, &test_tables]),
    })?;
    let body: [&[u8]; 4] = [&train.pixels, &test.pixels, &train_tables, &test_tables];
    let start = file::PREAMBLE_BYTES + body.iter().map(|part| part.len()).sum::<usize>();
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    let beside = beside(path);
    let written = (|| {
        let mut file = BufWriter::new(File::create_new(&beside)?);
        file.write_all(&preamble(&header, start as u64))?;
        for part in body {
            file.write_all(part)?;
        }
        file.write_all(&header)?;
        // No sync to disk: after a power cut the checksum tells, and the sources are read again.
        file.into_inner().map_err(io::IntoInnerError::into_error)?;
        fs::rename(&beside, path)
    })();
    if written.is_err() {
        // What is half written would only take space; that it cannot be removed changes nothing.
        drop(fs::remove_file(&beside));
    }
    written
}

/// A name that no other process or thread uses.
fn beside(path: &Path) -> PathBuf {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    path.with_extension(format!("{}-{count}.tmp", std::process::id()))
}

/// Deletes what was written longest ago, and what a killed process left half written.
fn prune(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let now = std::time::SystemTime::now();
    let mut kept = Vec::new();
    for entry in entries.flatten() {
        let path = entry.path();
        let Some(changed) = entry.metadata().and_then(|meta| meta.modified()).ok() else { continue };
        let age = now.duration_since(changed).unwrap_or_default();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some(EXTENSION) => kept.push((age, path)),
            // An hour: nobody is still writing it.
            Some("tmp") if age.as_secs() > 3600 => drop(fs::remove_file(path)),
            _ => {}
        }
    }
    kept.sort();
    for (_, path) in kept.into_iter().skip(KEPT) {
        drop(fs::remove_file(path));
    }
}

fn owned(decoded: Decoded, fingerprint: String) -> Dataset {
    let Decoded { name, classes, channels, height, width, train, test, warnings } = decoded;
    let shape = [channels, height, width];
    let samples = |part: Part| Samples::new(Pixels::Owned(part.pixels.into()), part.labels.into(), shape);
    let kind = Kind::Classes;
    Dataset {
        name,
        classes,
        kind,
        train: samples(train),
        test: samples(test),
        fingerprint,
        curated: None,
        warnings,
    }
}

/// SHA-256 over shapes, class names and every byte: the same whether the files were plain or packed.
fn fingerprint(decoded: &Decoded) -> String {
    let Decoded { name: _, classes, channels, height, width, train, test, warnings: _ } = decoded;
    let mut digest = Sha256::new();
    let (n_train, n_test) = (train.labels.len(), test.labels.len());
    digest.update(format!("{classes:?} {channels} {height} {width} {n_train} {n_test}\n"));
    for part in [train, test] {
        digest.update(&part.pixels);
        digest.update(&part.labels);
    }
    hex(&digest.finalize())
}

/// Bytes as two hexadecimal digits each.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::empty_places;
    use super::*;
    use std::cell::Cell;

    fn decoded(shift: u8) -> Decoded {
        let part = |n: u8| Part {
            pixels: (0..n * 6).map(|i| i.wrapping_add(shift)).collect(),
            labels: (0..n).map(|i| i % 2).collect(),
        };
        Decoded {
            name: "Small".to_owned(),
            classes: vec!["0".to_owned(), "1".to_owned()],
            channels: 1,
            height: 2,
            width: 3,
            train: part(8),
            test: part(4),
            warnings: vec!["odd".to_owned()],
        }
    }

    /// Loads through the cache; tells whether the data had to be made.
    fn load(places: &Places, stamp: &str) -> (Dataset, bool) {
        let made = Cell::new(false);
        let dataset = through(places, "small", "identity", stamp, || {
            made.set(true);
            Ok(decoded(0))
        });
        (dataset.expect("it can always be made"), made.get())
    }

    fn cache_file(places: &Places) -> PathBuf {
        let mut entries = fs::read_dir(places.decoded()).expect("it was written");
        entries.next().expect("one file").expect("readable").path()
    }

    #[test]
    fn the_second_time_it_is_not_made() {
        let (_folder, places) = empty_places();
        let (first, made) = load(&places, "a");
        assert!(made);
        let (second, made) = load(&places, "a");
        assert!(!made);
        for (one, other) in [(&first.train, &second.train), (&first.test, &second.test)] {
            assert_eq!(one.pixels.bytes(), other.pixels.bytes());
            assert_eq!(one.labels, other.labels);
            assert_eq!((other.channels, other.height, other.width), (1, 2, 3));
        }
        assert_eq!(first.train.image(7), decoded(0).train.pixels[42..].to_vec());
        assert_eq!(first.fingerprint, second.fingerprint);
        assert_eq!(second.warnings, ["odd"]);
        assert!(load(&places, "b").1, "changed sources are read again");
    }

    #[test]
    fn no_damage_is_overlooked_and_none_is_fatal() {
        let (_folder, places) = empty_places();
        let (good, _) = load(&places, "a");
        let path = cache_file(&places);
        let bytes = fs::read(&path).expect("it is there");
        let mut damaged: Vec<Vec<u8>> = (0..bytes.len()).map(|length| bytes[..length].to_vec()).collect();
        damaged.extend((0..bytes.len()).map(|at| {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0x10;
            bytes
        }));
        damaged.push([bytes.clone(), vec![0]].concat());
        for bytes in damaged {
            // Beside and over, as the rule is: the map of before may still be in use.
            let other = places.cache.join("other");
            fs::write(&other, &bytes).expect("it can be written");
            fs::rename(&other, &path).expect("it can be renamed");
            let (dataset, made) = load(&places, "a");
            assert_eq!(dataset.train.pixels.bytes(), good.train.pixels.bytes());
            assert_eq!(dataset.test.labels, good.test.labels);
            assert!(made, "damage was overlooked");
        }
    }

    #[test]
    fn an_unwritable_cache_is_a_warning() {
        let (folder, mut places) = empty_places();
        let file = folder.path().join("file");
        fs::write(&file, b"no folder").expect("it can be written");
        places.cache = file;
        let (dataset, made) = load(&places, "a");
        assert!(made);
        assert_eq!(dataset.train.len(), 8);
        assert!(dataset.warnings[1].contains("could not be kept"), "{:?}", dataset.warnings);
    }

    #[test]
    fn old_files_are_removed() {
        let (_folder, places) = empty_places();
        for i in 0..KEPT + 3 {
            through(&places, "small", &i.to_string(), "s", || Ok(decoded(0))).expect("it can be made");
        }
        assert_eq!(fs::read_dir(places.decoded()).expect("it is there").count(), KEPT);
    }

    #[test]
    fn many_at_once_get_the_same() {
        let (_folder, places) = empty_places();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let (dataset, _) = load(&places, "a");
                    assert_eq!(dataset.train.pixels.bytes(), Some(&decoded(0).train.pixels[..]));
                });
            }
        });
        assert_eq!(fs::read_dir(places.decoded()).expect("it is there").count(), 1);
    }

    #[test]
    fn contents_and_rows_make_the_fingerprint() {
        let all = [
            fingerprint(&decoded(0)),
            fingerprint(&decoded(1)),
            fingerprint(&Decoded { height: 3, width: 2, ..decoded(0) }),
        ];
        assert!(all[0] != all[1] && all[0] != all[2], "{all:?}");
        assert_eq!(all[0], fingerprint(&Decoded { name: "Other".to_owned(), ..decoded(0) }));

        let (_folder, places) = empty_places();
        let whole = load(&places, "a").0;
        let few = limited(whole.clone(), 3);
        assert_eq!((few.train.len(), few.train.n_bytes(), few.test.len()), (3, 18, 4));
        assert_ne!(few.fingerprint, whole.fingerprint);
        assert_eq!(limited(whole.clone(), 8).fingerprint, whole.fingerprint);
        let from_memory = limited(owned(decoded(0), fingerprint(&decoded(0))), 3);
        assert_eq!(from_memory.fingerprint, few.fingerprint);
        assert_eq!(from_memory.train.pixels.bytes(), few.train.pixels.bytes());
    }
}
