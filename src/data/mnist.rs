//! MNIST: 60,000 training and 10,000 test images of handwritten digits, 28x28 (LeCun, Cortes and Burges).

use super::DataSet;
use super::cache;
use super::error::DataError;
use super::fetch::{self, Fetched, Published};
use super::four_files::{self, FourFiles};
use super::places::{Availability, Places};
use super::progress::Progress;
use super::published::{fetch_all, own_remedy};
use super::samples::Dataset;
use super::{Origin, origin};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Settings of MNIST.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mnist {
    /// Use only the first so many training images; 0 for all.
    pub limit: u64,
}

impl Knobs for Mnist {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { limit } = self;
        visitor.int(
            "limit",
            limit,
            Knob::range(0, 60_000, "Use only the first so many training images; 0 for all"),
        );
    }
}

/// The four files, the small ones first. The MD5s are those that torchvision and others compare with.
pub const FILES: [Published; 4] = [
    Published {
        name: "t10k-labels-idx1-ubyte.gz",
        bytes: 4_542,
        sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        md5: "ec29112dd5afa0611ce80d1b7f02629c",
    },
    Published {
        name: "train-labels-idx1-ubyte.gz",
        bytes: 28_881,
        sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        md5: "d53e105ee54ea40749a09fcbcd1e9432",
    },
    Published {
        name: "t10k-images-idx3-ubyte.gz",
        bytes: 1_648_877,
        sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        md5: "9fb629c4189551a2d022fa330f9573f3",
    },
    Published {
        name: "train-images-idx3-ubyte.gz",
        bytes: 9_912_422,
        sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        md5: "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    },
];

/// Where the files may be had, tried in this order; the file's name follows.
pub const MIRRORS: [&str; 3] = [
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    // The authors' own page; it has mostly been closed to downloads since 2022.
    "http://yann.lecun.com/exdb/mnist/",
];

/// Folders inside a named folder where other programs put the files; last the folder itself, since Fashion-MNIST's
/// files have the same names.
const INSIDE: [&str; 7] = ["mnist", "MNIST", "MNIST/raw", "mnist/raw", "mnist/MNIST/raw", "raw", ""];

/// Paths with this word in it lead to files of the same names, but of clothes.
const OTHER: &str = "fashion";

/// [`Dataset::fingerprint`] of the original with all its rows.
const ORIGINAL: &str = "f19c48ffb2445981a6f6fb1936bc02c77c19b6fafec29030aa44d9830e2361d0";

impl DataSet for Mnist {
    /// Reads the four files, or the cache of them.
    fn load(&self, places: &Places, job: &dyn Progress) -> Result<Dataset, DataError> {
        let files = find(places)?;
        let stamp = cache::stamp_of(&files.all())?;
        let identity = files.train_images.display().to_string();
        let mut dataset = cache::through(places, "mnist", &identity, &stamp, || {
            let digits = (0..10).map(|digit| digit.to_string()).collect();
            files
                .decode("MNIST", Some(digits), job)
                .map_err(|error| own_remedy(error, &places.downloads("mnist"), "mnist"))
        })?;
        if dataset.fingerprint != ORIGINAL {
            dataset.warnings.push(format!(
                "these files are not the original MNIST (Fashion-MNIST has the same file names): {}",
                files.train_images.parent().unwrap_or(&files.train_images).display()
            ));
        }
        Ok(cache::limited(dataset, self.limit))
    }

    /// Whether the four files are in one of the folders, or how much is to be downloaded.
    fn available(&self, places: &Places) -> Availability {
        match find(places) {
            Ok(_) => Availability::Ready,
            Err(_) => {
                let folder = places.downloads("mnist");
                let bytes = FILES.iter().map(|file| fetch::missing_bytes(file, &folder)).sum();
                Availability::NeedsDownload { bytes }
            }
        }
    }

    fn origin(&self, places: &Places) -> Origin {
        origin(&MIRRORS, &FILES, find(places).ok().map(|files| files.train_images))
    }

    fn shape(&self) -> Option<[usize; 3]> {
        Some([1, 28, 28])
    }

    /// Downloads what is missing, and what is there but damaged. Files in the user's own folders are not touched.
    fn fetch(&self, places: &Places, job: &dyn Progress) -> Result<Fetched, DataError> {
        fetch_from(&MIRRORS, &FILES, places, job)
    }
}

fn fetch_from(
    mirrors: &[impl AsRef<str>],
    files: &[Published],
    places: &Places,
    job: &dyn Progress,
) -> Result<Fetched, DataError> {
    let downloads = places.downloads("mnist");
    if let Ok(found) = find(places)
        && let Some(folder) = found.train_images.parent()
        && folder != downloads
    {
        return Ok(Fetched { folder: folder.to_owned(), ..Fetched::default() });
    }
    fetch_all(files, mirrors, &downloads, job)
}

/// The four files in the first folder that has all of them.
fn find(places: &Places) -> Result<FourFiles, DataError> {
    let downloads = places.downloads("mnist");
    let candidates: Vec<PathBuf> = places
        .folders
        .iter()
        .flat_map(|folder| INSIDE.iter().map(|inside| folder.join(inside)))
        .chain([downloads.clone()])
        .filter(|folder| !folder.to_string_lossy().to_lowercase().contains(OTHER))
        .collect();
    // QMNIST's and EMNIST's files have other beginnings.
    let own = |files: &FourFiles| {
        files.train_images.file_name().is_some_and(|name| name.to_string_lossy().starts_with("train"))
    };
    let found = candidates.iter().find_map(|folder| four_files::find(folder).ok().filter(own));
    if let Some(files) = found {
        return Ok(files);
    }
    // Some but not all of the files: what is missing there says more than that nothing was found.
    let partly = candidates.iter().find(|folder| {
        FILES.iter().any(|file| {
            folder.join(file.name).is_file() || folder.join(file.name.trim_end_matches(".gz")).is_file()
        })
    });
    if let Some(Err(error)) = partly.map(|folder| four_files::find(folder)) {
        return Err(error);
    }
    Err(DataError::NotFound {
        what: format!("MNIST is not here; looked in {}", places.listed(&downloads)),
        remedy: "Download it (11.6 MB) on the Data tab or with `digit-workbench data fetch mnist`, or name the folder \
                 of its four idx files with --data or DIGIT_WORKBENCH_DATA"
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::progress::Silent;
    use super::super::testing::{empty_places, real_data, write_four};
    use super::*;

    #[test]
    fn the_original_is_read_whole() {
        let (_folder, mut places) = empty_places();
        places.folders = real_data();
        if Mnist::default().available(&places) != Availability::Ready {
            return;
        }
        // Once from the files, once from the cache.
        for _ in 0..2 {
            let dataset = Mnist::default().load(&places, &Silent).expect("it is there");
            assert_eq!(dataset.fingerprint, ORIGINAL);
            assert_eq!(dataset.warnings, [""; 0]);
            assert_eq!((dataset.train.len(), dataset.test.len()), (60_000, 10_000));
            assert_eq!((dataset.train.channels, dataset.train.height, dataset.train.width), (1, 28, 28));
            let count = |samples: &super::super::Samples| {
                (0..10)
                    .map(|class| samples.labels.iter().filter(|&&label| label == class).count())
                    .collect::<Vec<_>>()
            };
            // Counts as many papers give them.
            assert_eq!(count(&dataset.train), [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
            assert_eq!(count(&dataset.test), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
            // The mean of all training pixels, 0.1307 of white, is what everybody standardises with.
            let pixels = dataset.train.pixels.bytes().expect("they lie in a file");
            let sum: u64 = pixels.iter().map(|&pixel| u64::from(pixel)).sum();
            let mean = sum as f64 / 255.0 / pixels.len() as f64;
            assert!((mean - 0.1307).abs() < 0.00005, "{mean}");
        }
        let few = Mnist { limit: 100 }.load(&places, &Silent).expect("it is there");
        assert_eq!((few.train.len(), few.test.len()), (100, 10_000));
        assert_ne!(few.fingerprint, ORIGINAL);
    }

    #[test]
    fn it_is_found_where_others_put_it() {
        for inside in INSIDE {
            let (folder, mut places) = empty_places();
            places.folders = vec![folder.path().join("none"), folder.path().join("data")];
            write_four(&folder.path().join("data").join(inside), 20, 10, 4);
            assert_eq!(Mnist::default().available(&places), Availability::Ready, "{inside}");
            let dataset = Mnist::default().load(&places, &Silent).expect("it is there");
            assert!(dataset.warnings[0].contains("not the original MNIST"), "{:?}", dataset.warnings);
        }
    }

    #[test]
    fn without_it_the_message_says_what_to_do() {
        let (folder, mut places) = empty_places();
        places.folders.push(folder.path().join("data"));
        let message = Mnist::default().load(&places, &Silent).err().expect("it is not there").to_string();
        assert!(message.contains("data fetch mnist") && message.contains("--data"), "{message}");
        assert!(message.contains("data (No such file"), "the folder that is named is not there: {message}");
        assert_eq!(Mnist::default().available(&places), Availability::NeedsDownload { bytes: 11_594_722 });

        write_four(&folder.path().join("data/mnist"), 20, 10, 4);
        std::fs::remove_file(folder.path().join("data/mnist/t10k-labels-idx1-ubyte")).expect("it is there");
        let message = Mnist::default().load(&places, &Silent).err().expect("one is missing").to_string();
        assert!(message.starts_with("there is no t10k-labels-idx1-ubyte. Put the file there"), "{message}");
    }

    #[test]
    fn what_is_published_here_is_what_the_files_are() {
        use md5::Digest as _;
        let folders = real_data();
        let Some(folder) = folders.iter().map(|f| f.join("mnist")).find(|f| f.join(FILES[0].name).is_file())
        else {
            return;
        };
        for file in FILES {
            let bytes = std::fs::read(folder.join(file.name)).expect("it is there");
            assert_eq!(bytes.len() as u64, file.bytes, "{}", file.name);
            assert_eq!(cache::hex(&sha2::Sha256::digest(&bytes)), file.sha256, "{}", file.name);
            assert_eq!(cache::hex(&md5::Md5::digest(&bytes)), file.md5, "{}", file.name);
        }
    }

    #[test]
    fn fetched_files_are_loaded_and_damaged_ones_are_fetched_again() {
        use super::super::testing::server::{Reply, Server};
        let (folder, places) = empty_places();
        // The real thing in small: the same four names, other contents.
        let source = folder.path().join("server");
        write_four(&source, 30, 10, 28);
        let files = FILES.map(|file| {
            let packed = source.join(file.name);
            if !packed.is_file() {
                let plain = std::fs::read(packed.with_extension("")).expect("it was written");
                std::fs::write(&packed, super::super::testing::gz(&plain)).expect("it can be written");
            }
            let bytes = std::fs::read(&packed).expect("it was written");
            let sha256 = cache::hex(&<sha2::Sha256 as md5::Digest>::digest(&bytes));
            Published { bytes: bytes.len() as u64, sha256: sha256.leak(), ..file }
        });
        let server = Server::start(move |request| {
            Reply::new(200, std::fs::read(source.join(&request.name)).expect("only the four are asked for"))
        });
        let mirrors = [&server.address];
        let fetched = fetch_from(&mirrors, &files, &places, &Silent).expect("they are served");
        assert_eq!(fetched.downloaded_bytes, files.iter().map(|file| file.bytes).sum::<u64>());
        assert_eq!(Mnist::default().available(&places), Availability::Ready);
        let dataset = Mnist::default().load(&places, &Silent).expect("they are there");
        assert_eq!(dataset.train.len(), 30);

        let damaged = fetched.folder.join(FILES[0].name);
        std::fs::write(&damaged, b"damaged").expect("it can be written");
        let message = Mnist::default().load(&places, &Silent).err().expect("it is damaged").to_string();
        assert!(message.contains("Download it again on the Data tab"), "{message}");
        let again = fetch_from(&mirrors, &files, &places, &Silent).expect("they are served");
        assert_eq!(again.downloaded_bytes, files[0].bytes);
        assert_eq!(
            Mnist::default().load(&places, &Silent).expect("whole again").fingerprint,
            dataset.fingerprint
        );
    }
}
