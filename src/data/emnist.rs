//! EMNIST digits: 240,000 training and 40,000 test digits, 28x28 (Cohen, Afshar, Tapson and van Schaik, 2017,
//! <https://www.nist.gov/itl/products-and-services/emnist-dataset>).
//!
//! EMNIST is published as one zip archive of all its parts; the four files of the digits are taken out of it. Its images
//! lie on their side: rows and columns have changed places.

use super::DataSet;
use super::error::DataError;
use super::fetch::{Fetched, Published, missing_bytes};
use super::places::{Availability, Places};
use super::progress::{Progress, Stage, Unit};
use super::published::{Set, fetch_all};
use super::samples::Dataset;
use super::{Origin, origin};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};

/// Settings of EMNIST digits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmnistDigits {
    /// Use only the first so many training images; 0 for all.
    pub limit: u64,
}

impl Knobs for EmnistDigits {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { limit } = self;
        visitor.int(
            "limit",
            limit,
            Knob::range(0, 240_000, "Use only the first so many training images; 0 for all"),
        );
    }
}

/// The archive. Size and SHA-256 as TensorFlow's data sets name them.
const ARCHIVE: [Published; 1] = [Published {
    name: "gzip.zip",
    bytes: 561_753_746,
    sha256: "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
    md5: "58c8d27c78d21e728a6bc7b3cc06412e",
}];

/// Where it may be had, tried in this order; the file's name follows.
const MIRRORS: [&str; 2] =
    ["https://biometrics.nist.gov/cs_links/EMNIST/", "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/"];

/// Names under which people keep the archive.
const ARCHIVES: [&str; 3] = ["gzip.zip", "emnist.zip", "emnist-gzip.zip"];
/// A file of the digits is smaller; more is a bomb.
const MOST_BYTES: u64 = 256 << 20;

const SET: Set = Set {
    title: "EMNIST digits",
    name: "emnist_digits",
    files: [
        "emnist-digits-train-images-idx3-ubyte",
        "emnist-digits-train-labels-idx1-ubyte",
        "emnist-digits-test-images-idx3-ubyte",
        "emnist-digits-test-labels-idx1-ubyte",
    ],
    published: &ARCHIVE,
    // The files have names of their own: any folder will do.
    inside: &["emnist", "EMNIST", "emnist/gzip", "EMNIST/raw", "EMNIST/raw/gzip", "gzip", ""],
    word: "emnist",
    classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
};

impl DataSet for EmnistDigits {
    /// Reads the four files, or the cache of them; takes them out of the archive first where only that is there.
    fn load(&self, places: &Places, job: &dyn Progress) -> Result<Dataset, DataError> {
        if SET.find(places).is_none()
            && let Some(archive) = archive(places)
        {
            unpack(&archive, &places.downloads(SET.name), job)?;
        }
        SET.load(places, true, self.limit, job)
    }

    fn fetch(&self, places: &Places, job: &dyn Progress) -> Result<Fetched, DataError> {
        fetch_from(&MIRRORS, &ARCHIVE, places, job)
    }

    fn available(&self, places: &Places) -> Availability {
        if SET.find(places).is_some() || archive(places).is_some() {
            return Availability::Ready;
        }
        Availability::NeedsDownload { bytes: missing_bytes(&ARCHIVE[0], &places.downloads(SET.name)) }
    }

    fn origin(&self, places: &Places) -> Origin {
        let files = SET.find(places).map(|files| files.train_images);
        origin(&MIRRORS, &ARCHIVE, files.or_else(|| archive(places)))
    }

    fn shape(&self) -> Option<[usize; 3]> {
        Some([1, 28, 28])
    }
}

fn fetch_from(
    mirrors: &[impl AsRef<str>],
    files: &[Published],
    places: &Places,
    job: &dyn Progress,
) -> Result<Fetched, DataError> {
    let downloads = places.downloads(SET.name);
    if let Some(files) = SET.find(places) {
        let folder = files.train_images.parent().unwrap_or(&downloads).to_owned();
        return Ok(Fetched { folder, ..Fetched::default() });
    }
    if let Some(archive) = archive(places).filter(|path| !path.starts_with(&downloads)) {
        unpack(&archive, &downloads, job)?;
        return Ok(Fetched { folder: downloads, ..Fetched::default() });
    }
    let fetched = fetch_all(files, mirrors, &downloads, job)?;
    for file in files {
        let archive = downloads.join(file.name);
        unpack(&archive, &downloads, job)?;
        // What else is in it is of no use here, and takes half a gigabyte.
        std::fs::remove_file(&archive).map_err(|cause| DataError::writing(&archive, cause))?;
    }
    Ok(fetched)
}

/// The archive, where the user or the program has it.
fn archive(places: &Places) -> Option<PathBuf> {
    let all = SET.candidates(places).into_iter().flat_map(|folder| ARCHIVES.map(|name| folder.join(name)));
    all.into_iter().find(|path| path.is_file())
}

/// Takes the four files out of the archive. Whatever the archive says of paths, only these four names are written.
fn unpack(archive: &Path, folder: &Path, job: &dyn Progress) -> Result<(), DataError> {
    let corrupt = |what: String| {
        DataError::corrupt(archive, what, "Take EMNIST's gzip.zip as it is published, or download it again")
    };
    std::fs::create_dir_all(folder).map_err(|cause| DataError::writing(folder, cause))?;
    let file = File::open(archive).map_err(|cause| DataError::reading(archive, cause))?;
    let mut zip = zip::ZipArchive::new(BufReader::new(file))
        .map_err(|error| corrupt(format!("this is no zip archive ({error})")))?;
    for (i, wanted) in SET.files.into_iter().enumerate() {
        if job.cancelled() {
            return Err(DataError::Cancelled);
        }
        let text = format!("Taking out {wanted}");
        job.report(Stage { text: &text, done: i as u64, total: 4, unit: Unit::Steps });
        let name = format!("{wanted}.gz");
        let named = |path: &str| path.rsplit(['/', '\\']).next() == Some(name.as_str());
        let inside = zip.file_names().flatten().find(|path| named(path)).map(|path| path.into_owned());
        let inside = inside.ok_or_else(|| corrupt(format!("there is no {name} in this archive")))?;
        let entry =
            zip.by_name(&inside).map_err(|error| corrupt(format!("{name} cannot be read ({error})")))?;
        if entry.size() > MOST_BYTES {
            return Err(corrupt(format!("{name} is too large for digits: {} bytes", entry.size())));
        }
        let (target, part) = (folder.join(&name), folder.join(format!("{name}.part")));
        let mut out = File::create(&part).map_err(|cause| DataError::writing(&part, cause))?;
        let size = entry.size();
        let copied = io::copy(&mut entry.take(MOST_BYTES), &mut out)
            .map_err(|error| corrupt(format!("{name} is damaged in it ({error})")))?;
        if copied != size {
            return Err(corrupt(format!("{name} is cut off in it")));
        }
        std::fs::rename(&part, &target).map_err(|cause| DataError::writing(&target, cause))?;
    }
    Ok(())
}

#[cfg(test)]
pub(super) fn write_small(folder: &Path) {
    use std::io::Write as _;
    let files = folder.join("files");
    super::testing::write_four(&files, 30, 10, 28);
    let mut bytes = io::Cursor::new(Vec::new());
    let mut zip = zip::ZipWriter::new(&mut bytes);
    for (part, to) in [("train", "train"), ("t10k", "test")] {
        for (kind, ending) in [("images-idx3-ubyte", ".gz"), ("labels-idx1-ubyte", "")] {
            let contents =
                std::fs::read(files.join(format!("{part}-{kind}{ending}"))).expect("it was written");
            let contents = if ending.is_empty() { super::testing::gz(&contents) } else { contents };
            let options: zip::write::SimpleFileOptions = Default::default();
            zip.start_file(format!("gzip/emnist-digits-{to}-{kind}.gz"), options).expect("an entry");
            zip.write_all(&contents).expect("memory can be written");
        }
    }
    zip.finish().expect("memory can be written");
    std::fs::remove_dir_all(files).expect("it was made");
    std::fs::write(folder.join("gzip.zip"), bytes.into_inner()).expect("it can be written");
}

#[cfg(test)]
mod tests {
    use super::super::cache;
    use super::super::progress::Silent;
    use super::super::testing::empty_places;
    use super::super::testing::server::{Reply, Server};
    use super::*;

    #[test]
    fn the_digits_are_taken_out_of_the_archive_and_stand_upright() {
        let (folder, mut places) = empty_places();
        let copy = folder.path().join("mine");
        std::fs::create_dir_all(&copy).expect("it can be made");
        write_small(&copy);
        places.folders.push(copy.clone());
        assert_eq!(EmnistDigits::default().available(&places), Availability::Ready);
        let dataset = EmnistDigits::default().load(&places, &Silent).expect("it is there");
        assert_eq!((dataset.train.len(), dataset.test.len()), (30, 10));
        // Pixel i of the file has the value 31 * i: what was a row is a column now.
        let image = dataset.train.image(0);
        assert_eq!((image[1], image[28]), ((28_u32 * 31 % 256) as u8, 31));
        let left: Vec<_> = std::fs::read_dir(&copy).expect("it is there").flatten().collect();
        assert_eq!(left.len(), 1, "the user's folder is as it was");
    }

    #[test]
    fn it_is_downloaded_once_and_the_rest_of_the_archive_is_let_go() {
        let (folder, places) = empty_places();
        write_small(folder.path());
        let bytes = std::fs::read(folder.path().join("gzip.zip")).expect("it was written");
        let sha256 = cache::hex(&<sha2::Sha256 as sha2::Digest>::digest(&bytes)).leak();
        let files = [Published { bytes: bytes.len() as u64, sha256, ..ARCHIVE[0] }];
        let n = bytes.len() as u64;
        let server = Server::start(move |_| Reply::new(200, bytes.clone()));
        assert_eq!(
            EmnistDigits::default().available(&places),
            Availability::NeedsDownload { bytes: 561_753_746 }
        );
        for expected in [n, 0] {
            let fetched = fetch_from(&[&server.address], &files, &places, &Silent).expect("it is served");
            assert_eq!(fetched.downloaded_bytes, expected);
        }
        assert!(!places.downloads(SET.name).join("gzip.zip").exists());
        assert_eq!(EmnistDigits::default().load(&places, &Silent).expect("it is there").train.len(), 30);
    }

    #[test]
    fn an_archive_of_something_else_is_told() {
        let (folder, mut places) = empty_places();
        std::fs::write(folder.path().join("emnist.zip"), b"no zip").expect("it can be written");
        places.folders.push(folder.path().to_owned());
        let message = EmnistDigits::default().load(&places, &Silent).err().expect("no zip").to_string();
        assert!(message.contains("no zip archive") && message.ends_with("emnist.zip"), "{message}");
    }
}
