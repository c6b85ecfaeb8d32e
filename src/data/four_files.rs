//! The four idx files of a data set in MNIST's layout: found in a folder under any of their usual names, and read.

use super::cache::{Decoded, Part};
use super::error::DataError;
use super::idx;
use super::progress::{Progress, Quiet};
use std::path::{Path, PathBuf};

/// What each of the four is for: part, contents, and what it is called in MNIST.
const ROLES: [(&[&str], &str, &str); 4] = [
    (&["train"], "images", "train-images-idx3-ubyte"),
    (&["train"], "labels", "train-labels-idx1-ubyte"),
    (&["t10k", "test"], "images", "t10k-images-idx3-ubyte"),
    (&["t10k", "test"], "labels", "t10k-labels-idx1-ubyte"),
];

/// Paths of the four files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FourFiles {
    pub(super) train_images: PathBuf,
    pub(super) train_labels: PathBuf,
    pub(super) test_images: PathBuf,
    pub(super) test_labels: PathBuf,
}

/// Looks for the four files in a folder: MNIST's names first (plain before packed), then names that hold "train" or
/// "t10k" or "test", "images" or "labels", and "idx", as EMNIST and QMNIST have them.
pub(super) fn find(folder: &Path) -> Result<FourFiles, DataError> {
    let entries = std::fs::read_dir(folder).map_err(|cause| DataError::reading(folder, cause))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !name.ends_with(".part"))
        .collect();
    names.sort();
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for (parts, contents, usual) in ROLES {
        match pick(&names, parts, contents, usual) {
            Ok(Some(name)) => found.push(folder.join(name)),
            Ok(None) => missing.push(usual),
            Err(several) => {
                return Err(DataError::NotFound {
                    what: format!("{several} could each be the {} {contents}", parts[0]),
                    remedy: format!(
                        "Leave the four files of one data set in that folder, or name another: {}",
                        folder.display()
                    ),
                });
            }
        }
    }
    match <[PathBuf; 4]>::try_from(found) {
        Ok([train_images, train_labels, test_images, test_labels]) => {
            Ok(FourFiles { train_images, train_labels, test_images, test_labels })
        }
        Err(_) => Err(DataError::NotFound {
            what: format!("there is no {}", missing.join(" and no ")),
            remedy: format!(
                "Put the file there, plain or as .gz, or name another folder: {}",
                folder.display()
            ),
        }),
    }
}

/// The four files of exactly these names, plain before packed: training images and labels, test images and labels.
pub(super) fn exactly(folder: &Path, names: [&str; 4]) -> Option<FourFiles> {
    let there = |name: &str| {
        let ways = [folder.join(name), folder.join(format!("{name}.gz"))];
        ways.into_iter().find(|path| path.is_file())
    };
    let [train_images, train_labels, test_images, test_labels] = names.map(there);
    Some(FourFiles {
        train_images: train_images?,
        train_labels: train_labels?,
        test_images: test_images?,
        test_labels: test_labels?,
    })
}

/// The one name that fits, or all of those between which nothing decides.
fn pick<'a>(
    names: &'a [String],
    parts: &[&str],
    contents: &str,
    usual: &str,
) -> Result<Option<&'a str>, String> {
    let exact = |wanted: &str| names.iter().find(|name| *name == wanted);
    let dotted = usual.replace("-idx", ".idx");
    for wanted in [usual, &dotted] {
        if let Some(name) = exact(wanted).or_else(|| exact(&format!("{wanted}.gz"))) {
            return Ok(Some(name));
        }
    }
    let fits = |name: &&String| {
        let name = name.to_lowercase();
        name.contains(contents) && name.contains("idx") && parts.iter().any(|part| name.contains(part))
    };
    let mut fitting: Vec<&String> = names.iter().filter(fits).collect();
    // The same file plain and packed is no question.
    fitting.dedup_by(|later, earlier| later.strip_suffix(".gz") == Some(earlier.as_str()));
    match fitting[..] {
        [] => Ok(None),
        [name] => Ok(Some(name)),
        _ => Err(fitting.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" and ")),
    }
}

impl FourFiles {
    /// The four paths.
    pub(super) fn all(&self) -> [&Path; 4] {
        let Self { train_images, train_labels, test_images, test_labels } = self;
        [train_images, train_labels, test_images, test_labels]
    }

    /// Reads all four, both parts at the same time. `classes` are the names of the classes; `None` takes as many
    /// as there are labels.
    pub(super) fn decode(
        &self,
        name: &str,
        classes: Option<Vec<String>>,
        job: &dyn Progress,
    ) -> Result<Decoded, DataError> {
        let n_classes = classes.as_ref().map_or(256, Vec::len);
        let quiet = Quiet(job);
        let (train, test) = std::thread::scope(|scope| {
            let test = scope.spawn(|| idx::pair(&self.test_images, &self.test_labels, n_classes, &quiet));
            let train = idx::pair(&self.train_images, &self.train_labels, n_classes, job);
            (train, test.join())
        });
        let (train, train_labels) = train?;
        let (test, test_labels) = test.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        if (train.height, train.width) != (test.height, test.width) {
            return Err(DataError::corrupt(
                &self.test_images,
                format!(
                    "training images are {}x{}, test images {}x{}",
                    train.width, train.height, test.width, test.height
                ),
                "Take all four files from the same data set",
            ));
        }
        let classes = classes.unwrap_or_else(|| {
            let largest = train_labels.iter().chain(&test_labels).max().copied().unwrap_or(0);
            (0..=largest).map(|class| class.to_string()).collect()
        });
        Ok(Decoded {
            name: name.to_owned(),
            warnings: unused_classes(&classes, &train_labels),
            classes,
            channels: 1,
            height: train.height,
            width: train.width,
            train: Part { pixels: train.pixels, labels: train_labels },
            test: Part { pixels: test.pixels, labels: test_labels },
        })
    }
}

/// Says which classes no training image has: mostly a label that is wrong, or a class number that begins at 1.
fn unused_classes(classes: &[String], labels: &[u8]) -> Vec<String> {
    let unused: Vec<&str> = classes
        .iter()
        .enumerate()
        .filter(|(class, _)| !labels.iter().any(|&label| usize::from(label) == *class))
        .map(|(_, name)| name.as_str())
        .collect();
    let shown = match unused[..] {
        [] => return Vec::new(),
        [ref first @ .., _, _, last] if first.len() > 8 => {
            format!("{}, {}, ... {last}", unused[0], unused[1])
        }
        _ => unused.join(", "),
    };
    vec![format!("no training image is of class {shown}: is a label wrong?")]
}

#[cfg(test)]
mod tests {
    use super::super::progress::Silent;
    use super::super::testing::{idx_labels, write_four};
    use super::*;

    fn folder_with(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in names {
            std::fs::write(folder.path().join(name), b"x").expect("it can be written");
        }
        folder
    }

    #[test]
    fn every_usual_name_is_found() {
        for names in [
            [
                "train-images-idx3-ubyte",
                "train-labels-idx1-ubyte.gz",
                "t10k-images-idx3-ubyte",
                "t10k-labels-idx1-ubyte",
            ],
            [
                "train-images.idx3-ubyte",
                "train-labels.idx1-ubyte",
                "t10k-images.idx3-ubyte",
                "t10k-labels.idx1-ubyte",
            ],
            [
                "emnist-digits-train-images-idx3-ubyte.gz",
                "emnist-digits-train-labels-idx1-ubyte.gz",
                "emnist-digits-test-images-idx3-ubyte.gz",
                "emnist-digits-test-labels-idx1-ubyte.gz",
            ],
            [
                "qmnist-train-images-idx3-ubyte.gz",
                "qmnist-train-labels-idx2-int.gz",
                "qmnist-test-images-idx3-ubyte.gz",
                "qmnist-test-labels-idx2-int.gz",
            ],
        ] {
            let folder = folder_with(&names);
            let four = find(folder.path()).expect("all four are there");
            assert_eq!(four.all().map(|path| path.file_name().expect("a file")), names);
        }
    }

    #[test]
    fn what_is_missing_or_doubtful_is_told() {
        let folder = folder_with(&["train-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz.part"]);
        let message = find(folder.path()).expect_err("three are missing").to_string();
        assert!(
            message.contains("no train-labels-idx1-ubyte and no t10k-images-idx3-ubyte and no"),
            "{message}"
        );
        let folder = folder_with(&["a-train-images-idx3-ubyte", "b-train-images-idx3-ubyte"]);
        let message = find(folder.path()).expect_err("it could be either").to_string();
        assert!(
            message.contains("a-train-images-idx3-ubyte and b-train-images-idx3-ubyte could each"),
            "{message}"
        );
        let message = find(Path::new("no/such/folder")).expect_err("it is not there").to_string();
        assert!(message.contains("has gone") && message.ends_with("no/such/folder"), "{message}");
    }

    #[test]
    fn plain_wins_over_packed() {
        let folder = folder_with(&["x-train-images-idx3-ubyte", "x-train-images-idx3-ubyte.gz"]);
        let names = ["x-train-images-idx3-ubyte".to_owned(), "x-train-images-idx3-ubyte.gz".to_owned()];
        assert_eq!(
            pick(&names, &["train"], "images", "train-images-idx3-ubyte"),
            Ok(Some(names[0].as_str()))
        );
        drop(folder);
    }

    #[test]
    fn sizes_that_differ_are_refused_and_odd_labels_are_told() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write_four(folder.path(), 30, 10, 6);
        let files = find(folder.path()).expect("all four are there");
        let decoded = files.decode("x", None, &Silent).expect("they are good");
        assert_eq!((decoded.classes.len(), decoded.warnings.len()), (10, 0));

        let mut labels: Vec<u8> = (0..30).map(|i| i % 10).collect();
        labels[3] = 40;
        std::fs::write(&files.train_labels, idx_labels(&labels)).expect("it can be written");
        let decoded = files.decode("x", None, &Silent).expect("odd, but possible");
        assert_eq!(decoded.classes.len(), 41);
        assert_eq!(decoded.warnings, ["no training image is of class 10, 11, ... 39: is a label wrong?"]);

        let other = tempfile::tempdir().expect("a temporary folder");
        write_four(other.path(), 30, 10, 7);
        let mixed = FourFiles { test_images: other.path().join("t10k-images-idx3-ubyte.gz"), ..files };
        let message = mixed.decode("x", None, &Silent).err().expect("they do not fit").to_string();
        assert!(message.contains("training images are 6x6, test images 7x7"), "{message}");
    }
}
