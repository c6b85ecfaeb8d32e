//! Decoded images kept in one file a data set, mapped into memory: every training process opens it in a blink, and
//! all of them share one copy. A cache only saves time: whatever is wrong with it, the sources are read instead.
//!
//! File: magic, CRC-32 of all that follows, header length (both u32, little-endian), header (JSON, [`Header`]), then
//! training pixels, training labels, test pixels, test labels. Written beside and renamed over, never changed in place.

use super::error::DataError;
use super::places::Places;
use super::samples::{Dataset, Pixels, Samples};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::UNIX_EPOCH;

/// What the file begins with; the digit is the version of its layout.
const MAGIC: &[u8; 8] = b"DWDATA\x001";
const EXTENSION: &str = "pixels";
/// Magic, checksum, header length.
const PREAMBLE_BYTES: usize = 16;
/// Longer headers are not ours.
const MAX_HEADER_BYTES: usize = 1 << 20;
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

/// What the cache file says of itself.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    /// What the data was made from; another one means that the sources have changed.
    stamp: String,
    name: String,
    classes: Vec<String>,
    channels: usize,
    height: usize,
    width: usize,
    n_train: usize,
    n_test: usize,
    /// SHA-256 of the contents, so that opening needs none.
    fingerprint: String,
    warnings: Vec<String>,
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
    let folder = places.decoded();
    let digest = hex(&Sha256::digest(identity.as_bytes()));
    let path = folder.join(format!("{name}-{}.{EXTENSION}", &digest[..16]));
    if let Some(dataset) = open(&path, stamp) {
        return Ok(dataset);
    }
    let decoded = make()?;
    let fingerprint = fingerprint(&decoded);
    match write(&path, &decoded, stamp, &fingerprint) {
        Ok(()) => {
            prune(&folder);
            // Mapped, so that the pages are shared with the next process; what was decoded is let go.
            Ok(open(&path, stamp).unwrap_or_else(|| owned(decoded, fingerprint)))
        }
        Err(cause) => {
            let mut dataset = owned(decoded, fingerprint);
            dataset.warnings.push(format!(
                "decoded images could not be kept, so the next start takes as long ({cause}): {}",
                folder.display()
            ));
            Ok(dataset)
        }
    }
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
    let bytes = keep * dataset.train.image_len();
    dataset.train.pixels = match dataset.train.pixels {
        Pixels::Owned(all) => Pixels::Owned(all[..bytes].into()),
        Pixels::Mapped(map, start, _) => Pixels::Mapped(map, start, bytes),
    };
    dataset.train.labels = dataset.train.labels[..keep].into();
    let selected = format!("{} first {keep}", dataset.fingerprint);
    dataset.fingerprint = hex(&Sha256::digest(selected.as_bytes()));
    dataset
}

fn open(path: &Path, stamp: &str) -> Option<Dataset> {
    let file = File::open(path).ok()?;
    #[expect(unsafe_code, reason = "a file can only be mapped unsafely; see below")]
    // SAFETY: the bytes of a map must not change while it lives. These files are written under another name and
    // renamed when whole, and nothing ever writes to one again; replacing or deleting one leaves the old bytes
    // to those who have them mapped. Only a foreign program that writes into our cache folder could do harm.
    let map = unsafe { memmap2::Mmap::map(&file) }.ok()?;
    let (magic, rest) = map.split_first_chunk::<8>()?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    let header_bytes = u32::from_le_bytes(*rest.first_chunk()?) as usize;
    if magic != MAGIC || header_bytes > MAX_HEADER_BYTES {
        return None;
    }
    let start = PREAMBLE_BYTES + header_bytes;
    let header: Header = serde_json::from_slice(map.get(PREAMBLE_BYTES..start)?).ok()?;
    // The checksum costs a few milliseconds and finds a damaged disk and a write that a power cut left unfinished.
    if header.stamp != stamp || crc32(&[rest]) != u32::from_le_bytes(*crc) {
        return None;
    }
    let Header { stamp: _, name, classes, channels, height, width, n_train, n_test, fingerprint, warnings } =
        header;
    let image_bytes = channels.checked_mul(height)?.checked_mul(width)?;
    let train_bytes = n_train.checked_mul(image_bytes)?;
    let test_bytes = n_test.checked_mul(image_bytes)?;
    let train_labels = start.checked_add(train_bytes)?;
    let test_pixels = train_labels.checked_add(n_train)?;
    let test_labels = test_pixels.checked_add(test_bytes)?;
    let end = test_labels.checked_add(n_test)?;
    if map.len() != end {
        return None;
    }
    let map = Arc::new(map);
    let samples = |pixels: usize, bytes: usize, labels: usize, n: usize| Samples {
        pixels: Pixels::Mapped(Arc::clone(&map), pixels, bytes),
        labels: map[labels..labels + n].into(),
        channels,
        height,
        width,
    };
    let train = samples(start, train_bytes, train_labels, n_train);
    let test = samples(test_pixels, test_bytes, test_labels, n_test);
    Some(Dataset { name, classes, train, test, fingerprint, warnings })
}

fn write(path: &Path, decoded: &Decoded, stamp: &str, fingerprint: &str) -> io::Result<()> {
    let Decoded { name, classes, channels, height, width, train, test, warnings } = decoded;
    let parts: [&[u8]; 4] = [&train.pixels, &train.labels, &test.pixels, &test.labels];
    let header = serde_json::to_vec(&Header {
        stamp: stamp.to_owned(),
        name: name.clone(),
        classes: classes.clone(),
        channels: *channels,
        height: *height,
        width: *width,
        n_train: train.labels.len(),
        n_test: test.labels.len(),
        fingerprint: fingerprint.to_owned(),
        warnings: warnings.clone(),
    })?;
    let header_bytes = (header.len() as u32).to_le_bytes();
    let crc = crc32(&[&header_bytes, &header, parts[0], parts[1], parts[2], parts[3]]);
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    let beside = beside(path);
    let written = (|| {
        let mut file = BufWriter::new(File::create_new(&beside)?);
        file.write_all(MAGIC)?;
        file.write_all(&crc.to_le_bytes())?;
        file.write_all(&header_bytes)?;
        file.write_all(&header)?;
        for part in parts {
            file.write_all(part)?;
        }
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
    let samples = |part: Part| Samples {
        pixels: Pixels::Owned(part.pixels.into()),
        labels: part.labels.into(),
        channels,
        height,
        width,
    };
    Dataset { name, classes, train: samples(train), test: samples(test), fingerprint, warnings }
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

fn crc32(parts: &[&[u8]]) -> u32 {
    let mut crc = flate2::Crc::new();
    parts.iter().for_each(|part| crc.update(part));
    crc.sum()
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
            assert_eq!(&one.pixels[..], &other.pixels[..]);
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
            assert_eq!(&dataset.train.pixels[..], &good.train.pixels[..]);
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
                    assert_eq!(&dataset.train.pixels[..], &decoded(0).train.pixels[..]);
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
        assert_eq!((few.train.len(), few.train.pixels.len(), few.test.len()), (3, 18, 4));
        assert_ne!(few.fingerprint, whole.fingerprint);
        assert_eq!(limited(whole.clone(), 8).fingerprint, whole.fingerprint);
        let from_memory = limited(owned(decoded(0), fingerprint(&decoded(0))), 3);
        assert_eq!(from_memory.fingerprint, few.fingerprint);
        assert_eq!(&from_memory.train.pixels[..], &few.train.pixels[..]);
    }
}
