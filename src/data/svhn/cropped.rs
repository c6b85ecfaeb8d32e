//! SVHN format 2: single digits cut out of street pictures, 32x32 in colour, as MATLAB 5 files.
//!
//! `X` is 32 x 32 x 3 x n, rows running fastest, and `y` holds the labels, 10 for zero.

use super::super::cache::{self, Outline, Picture, Sink};
use super::super::error::DataError;
use super::super::fetch::{Fetched, Published};
use super::super::places::{Availability, Places};
use super::super::progress::{Progress, Stage, Unit};
use super::super::samples::{Dataset, Kind};
use super::super::{DataSet, Origin};
use super::matlab5::{self, Array, Numbers};
use super::{candidates, fetch, first, missing, missing_bytes, origin};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The published files. Sizes and checksums as torchvision and TensorFlow's data sets name them.
const FILES: [Published; 2] = [
    Published {
        name: "test_32x32.mat",
        bytes: 64_275_384,
        sha256: "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b",
        md5: "eb5a983be6a315427106f1b164d9cef3",
    },
    Published {
        name: "train_32x32.mat",
        bytes: 182_040_794,
        sha256: "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8",
        md5: "e26dedcc434d2e4c54c9b2d4a06d8373",
    },
];
const EXTRA: Published = Published {
    name: "extra_32x32.mat",
    bytes: 1_329_278_602,
    sha256: "a133a4beb38a00fcdda90c9489e0c04f900b660ce8a316a5e854838379a71eb3",
    md5: "a93ce644f1a588dc4d68dda5feec44a7",
};

/// Images larger than this on a side are no crops of digits.
const MOST_PIXELS: usize = 512;
/// Images between two looks at progress and cancel.
const PORTION: usize = 512;

/// Settings of SVHN's single digits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SvhnCropped {
    /// The folder of the .mat files; empty to look in the usual places.
    pub folder: String,
    /// Learn from the 531,131 easier images of `extra_32x32.mat` too.
    pub extra: bool,
    /// One channel of brightness in place of three of colour.
    pub grey: bool,
    /// Use only the first so many training images; 0 for all.
    pub limit: u64,
}

impl Knobs for SvhnCropped {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { folder, extra, grey, limit } = self;
        visitor.text(
            "folder",
            folder,
            "Folder that holds train_32x32.mat and test_32x32.mat; empty to look in the usual places",
        );
        visitor.flag("extra", extra, "Learn from the 531,131 easier images of extra_32x32.mat too");
        visitor.flag("grey", grey, "One channel of brightness in place of three of colour");
        visitor.int(
            "limit",
            limit,
            Knob::range(0, 700_000, "Use only the first so many training images; 0 for all"),
        );
    }
}

impl SvhnCropped {
    /// Paths of the training files and the test file.
    fn find(&self, places: &Places) -> Result<(Vec<PathBuf>, PathBuf), DataError> {
        for folder in candidates(&self.folder, places) {
            let train = first(&folder, &["train_32x32.mat"]);
            let test = first(&folder, &["test_32x32.mat", "valid_32x32.mat"]);
            let extra = first(&folder, &[EXTRA.name]);
            if let (Some(train), Some(test)) = (train, test)
                && (extra.is_some() || !self.extra)
            {
                return Ok((std::iter::once(train).chain(extra.filter(|_| self.extra)).collect(), test));
            }
        }
        Err(missing(&self.folder, &self.wanted(), places))
    }

    fn wanted(&self) -> Vec<Published> {
        FILES.into_iter().chain(self.extra.then_some(EXTRA)).collect()
    }
}

impl DataSet for SvhnCropped {
    fn load(&self, places: &Places, job: &dyn Progress) -> Result<Dataset, DataError> {
        let (train, test) = self.find(places)?;
        let all: Vec<&Path> = train.iter().chain([&test]).map(PathBuf::as_path).collect();
        let stamp = format!("{} {}", self.grey, cache::stamp_of(&all)?);
        let identity = format!("{} {} {}", test.display(), self.extra, self.grey);
        let dataset = cache::stream(places, "svhn-cropped", &identity, &stamp, |sink| {
            let mut warnings = Vec::new();
            for path in &train {
                decode(path, self.grey, sink, Sink::train, &mut warnings, job)?;
            }
            decode(&test, self.grey, sink, Sink::test, &mut warnings, job)?;
            Ok(Outline {
                name: "SVHN digits".to_owned(),
                classes: (0..10).map(|digit| digit.to_string()).collect(),
                kind: Kind::Classes,
                channels: if self.grey { 1 } else { 3 },
                warnings,
            })
        })?;
        Ok(cache::limited(dataset, self.limit))
    }

    fn fetch(&self, places: &Places, job: &dyn Progress) -> Result<Fetched, DataError> {
        match self.find(places) {
            Ok((_, test)) => {
                let folder = test.parent().unwrap_or(&test).to_owned();
                Ok(Fetched { folder, ..Fetched::default() })
            }
            Err(_) => fetch(&self.wanted(), places, job),
        }
    }

    fn origin(&self, places: &Places) -> Origin {
        origin(&self.wanted(), self.find(places).ok().map(|(_, test)| test))
    }

    fn available(&self, places: &Places) -> Availability {
        match self.find(places) {
            Ok(_) => Availability::Ready,
            Err(error) if !self.folder.trim().is_empty() => {
                Availability::Missing { what_to_do: error.to_string() }
            }
            Err(_) => Availability::NeedsDownload { bytes: missing_bytes(&self.wanted(), places) },
        }
    }
}

type Push = fn(&mut Sink, Picture<'_>) -> Result<(), DataError>;

/// Hands every image of a file to the sink; what is odd but can be got over is told.
fn decode(
    path: &Path,
    grey: bool,
    sink: &mut Sink,
    push: Push,
    warnings: &mut Vec<String>,
    job: &dyn Progress,
) -> Result<(), DataError> {
    let [images, labels] = both(path)?;
    let [height, width, n] = shape(path, &images)?;
    let shown = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut count = n;
    if labels.len() != Some(n) {
        let n_labels = labels.len().unwrap_or(0);
        count = n.min(n_labels);
        warnings.push(format!("{shown} has {n} images and {n_labels} labels; the first {count} are used"));
    }
    let labels = read_labels(&labels, count)?;
    let mut numbers = images.numbers()?;
    let mut columns = vec![0; height * width * 3];
    let mut rows = vec![0; height * width * if grey { 1 } else { 3 }];
    let mut odd = 0;
    for (i, label) in labels.into_iter().enumerate() {
        if i.is_multiple_of(PORTION) {
            let text = format!("Reading {shown}");
            job.report(Stage { text: &text, done: i as u64, total: n as u64, unit: Unit::Images });
            if job.cancelled() {
                return Err(DataError::Cancelled);
            }
        }
        if let Err(error) = next_image(&mut numbers, &mut columns, &mut rows, [height, width]) {
            if i == 0 {
                return Err(error);
            }
            warnings.push(format!("{shown} is damaged: only its first {i} of {n} images could be read"));
            break;
        }
        let Some(label) = label else {
            odd += 1;
            continue;
        };
        push(
            sink,
            Picture { pixels: &rows, size: [width as u32, height as u32], label, marks: &[], name: "" },
        )?;
    }
    if odd > 0 {
        warnings.push(format!("{shown}: {odd} images whose label is none of 0 to 10 are left out"));
    }
    Ok(())
}

/// The arrays of images and of labels.
fn both(path: &Path) -> Result<[Array; 2], DataError> {
    let arrays = matlab5::arrays(path)?;
    let named = |name: &str| {
        let found = arrays.iter().find(|array| array.name == name).cloned();
        found.ok_or_else(|| odd(path, format!("there is no array '{name}' in this file")))
    };
    Ok([named("X")?, named("y")?])
}

/// Height, width and number of the images.
fn shape(path: &Path, images: &Array) -> Result<[usize; 3], DataError> {
    let told = || odd(path, format!("X has the sizes {:?} where [32, 32, 3, n] was expected", images.sizes));
    // MATLAB drops a last size of 1.
    let (height, width, n) = match images.sizes[..] {
        [height, width, 3, n] => (height, width, n),
        [height, width, 3] => (height, width, 1),
        _ => return Err(told()),
    };
    let sound = |side: usize| (1..=MOST_PIXELS).contains(&side);
    if sound(height) && sound(width) && n > 0 { Ok([height, width, n]) } else { Err(told()) }
}

/// The first labels as classes, `None` for one that is no digit.
fn read_labels(labels: &Array, n: usize) -> Result<Vec<Option<u8>>, DataError> {
    let mut numbers = labels.numbers()?;
    let class = |label: f64| match label {
        10.0 => Some(0),
        label if label.fract() == 0.0 && (0.0..10.0).contains(&label) => Some(label as u8),
        _ => None,
    };
    (0..n).map(|_| Ok(class(numbers.next()?))).collect()
}

/// Reads an image whose rows run fastest into one whose columns do, grey if `rows` has room for no more.
fn next_image(
    numbers: &mut Numbers,
    columns: &mut [u8],
    rows: &mut [u8],
    [height, width]: [usize; 2],
) -> Result<(), DataError> {
    numbers.bytes(columns)?;
    let plane = height * width;
    let at = |channel: usize, row: usize, column: usize| columns[channel * plane + column * height + row];
    let grey = rows.len() == plane;
    for row in 0..height {
        for column in 0..width {
            let colours = [0, 1, 2].map(|channel| at(channel, row, column));
            if grey {
                rows[row * width + column] = luma(colours);
            } else {
                for (channel, colour) in colours.into_iter().enumerate() {
                    rows[channel * plane + row * width + column] = colour;
                }
            }
        }
    }
    Ok(())
}

/// Brightness as television has it: ITU-R BT.601.
pub(super) fn luma([red, green, blue]: [u8; 3]) -> u8 {
    let sum = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
    ((sum + 500) / 1000) as u8
}

fn odd(path: &Path, what: String) -> DataError {
    DataError::corrupt(path, what, "Take SVHN's own file of cropped digits (format 2)")
}

/// Small files in the published layout, for the tests of every data set.
#[cfg(test)]
pub(in crate::data) fn write_small(folder: &Path) {
    std::fs::create_dir_all(folder).expect("the folder can be made");
    for (name, n) in [("train_32x32.mat", 40), ("test_32x32.mat", 20)] {
        let labels: Vec<u8> = (1..=n as u8).map(|label| (label - 1) % 10 + 1).collect();
        std::fs::write(folder.join(name), tests::mat(n, &labels)).expect("it can be written");
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::progress::Silent;
    use super::super::super::testing::{empty_places, real_data};
    use super::super::mat_file::{array, file, packed};
    use super::*;

    /// A file of so many images of 4x3; each pixel says where it is.
    pub(super) fn mat(n: u32, labels: &[u8]) -> Vec<u8> {
        let pixel = |i: u32| {
            let (row, column, channel, image) = (i % 4, i / 4 % 3, i / 12 % 3, i / 36);
            (image * 100 + channel * 30 + row * 5 + column) as u8
        };
        let pixels: Vec<u8> = (0..n * 36).map(pixel).collect();
        file(&[
            packed(&array("X", 9, &[4, 3, 3, n], 2, &pixels)),
            packed(&array("y", 6, &[labels.len() as u32, 1], 2, labels)),
        ])
    }

    fn places_with(files: &[(&str, Vec<u8>)]) -> (tempfile::TempDir, Places) {
        let (folder, mut places) = empty_places();
        let data = folder.path().join("data");
        std::fs::create_dir_all(&data).expect("the folder can be made");
        for (name, bytes) in files {
            std::fs::write(data.join(name), bytes).expect("it can be written");
        }
        places.folders.push(data);
        (folder, places)
    }

    #[test]
    fn rows_and_columns_are_where_they_belong() {
        let (_folder, places) = places_with(&[
            ("train_32x32.mat", mat(2, &[10, 7])),
            ("extra_32x32.mat", mat(1, &[3])),
            ("test_32x32.mat", mat(1, &[9])),
        ]);
        let dataset = SvhnCropped::default().load(&places, &Silent).expect("it is sound");
        assert_eq!((&dataset.train.labels[..], &dataset.test.labels[..]), (&[0, 7][..], &[9][..]));
        assert_eq!((dataset.train.channels, dataset.train.height, dataset.train.width), (3, 4, 3));
        let second = dataset.train.image(1);
        for (channel, row, column) in [(0, 0, 0), (0, 3, 2), (1, 2, 1), (2, 3, 0)] {
            let expected = 100 + channel * 30 + row * 5 + column;
            assert_eq!(usize::from(second[channel * 12 + row * 3 + column]), expected);
        }
        let more = SvhnCropped { extra: true, grey: true, ..SvhnCropped::default() };
        let more = more.load(&places, &Silent).expect("it is sound");
        assert_eq!((&more.train.labels[..], more.train.channels), (&[0, 7, 3][..], 1));
        assert_eq!(more.train.image(0)[0], luma([0, 30, 60]));
        assert_ne!(more.fingerprint, dataset.fingerprint);
    }

    #[test]
    fn what_is_odd_is_told_and_the_rest_is_kept() {
        let mut cut = mat(40, &[1; 40]);
        let packed_end = cut.len() - 60;
        cut[packed_end - 40] ^= 0x55;
        for (train, n, says) in [
            (mat(3, &[1, 11, 2]), Some(2), "1 images whose label is none of 0 to 10"),
            (mat(3, &[1, 2]), Some(2), "3 images and 2 labels"),
            (cut, None, "damaged"),
            (file(&[packed(&array("X", 9, &[2, 2], 2, &[0; 4]))]), None, "no array 'y'"),
            (
                file(&[array("X", 9, &[2, 2], 2, &[0; 4]), array("y", 9, &[1, 1], 2, &[1])]),
                None,
                "the sizes [2, 2]",
            ),
        ] {
            let (_folder, places) =
                places_with(&[("train_32x32.mat", train), ("test_32x32.mat", mat(1, &[9]))]);
            match (SvhnCropped::default().load(&places, &Silent), n) {
                (Ok(dataset), n) => {
                    assert!(n.is_none_or(|n| n == dataset.train.len()), "{}", dataset.train.len());
                    assert!(dataset.warnings.iter().any(|w| w.contains(says)), "{:?}", dataset.warnings);
                }
                (Err(error), n) => assert!(n.is_none() && error.to_string().contains(says), "{error}"),
            }
        }
    }

    #[test]
    fn what_is_missing_is_told() {
        let (_folder, places) = places_with(&[("train_32x32.mat", mat(1, &[9]))]);
        let settings = SvhnCropped::default();
        let download = Availability::NeedsDownload { bytes: 64_275_384 + 182_040_794 };
        assert_eq!(settings.available(&places), download);
        let message = settings.load(&places, &Silent).err().expect("no test file").to_string();
        assert!(message.contains("test_32x32.mat"), "{message}");
        let elsewhere = SvhnCropped { folder: "nowhere".to_owned(), ..settings };
        assert!(matches!(elsewhere.available(&places), Availability::Missing { .. }));
    }

    #[test]
    fn the_real_files_hold_what_they_should() {
        let (_folder, mut places) = empty_places();
        places.folders = real_data();
        let settings = SvhnCropped { folder: "svhn/cropped".to_owned(), ..SvhnCropped::default() };
        if settings.available(&places) != Availability::Ready {
            return;
        }
        let dataset = settings.load(&places, &Silent).expect("it is sound");
        assert_eq!((dataset.train.len(), dataset.test.len()), (15_361, 2_992));
        assert_eq!(dataset.warnings, [""; 0]);
    }
}
