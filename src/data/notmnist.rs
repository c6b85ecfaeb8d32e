//! notMNIST: letters A to J from public fonts, 28x28 (Bulatov, 2011,
//! <http://yaroslavvb.blogspot.com/2011/09/notmnist-dataset.html>): a small part cleaned by hand, and a large one that is
//! not. Two files of the small part cannot be read: they are left out and listed.

use super::DataSet;
use super::archive::{self, Entry, Limits};
use super::cache::{self, Outline, Picture, Sink};
use super::error::DataError;
use super::fetch::{self, Fetched, Published};
use super::left_out::LeftOut;
use super::picture;
use super::pipeline;
use super::places::{Availability, Places};
use super::progress::Progress;
use super::published::own_remedy;
use super::samples::{Dataset, Kind};
use super::split::split;
use super::{Origin, origin};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Which part is learned from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// The small part, divided.
    #[default]
    Small,
    /// The large part, tested on the small one.
    Large,
}

crate::choice!(Variant {
    Self::Small => Self::Small, "small", "Small", "18,724 letters cleaned by hand, divided by the seed into a training and a test part";
    Self::Large => Self::Large, "large", "Large", "529,114 letters to learn from, tested on the small part, as the course does";
});

/// Settings of notMNIST.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NotMnist {
    /// Which part is learned from.
    pub variant: Variant,
    /// Share of the small part that tests, where it is divided.
    pub test_share: f64,
    /// Seed of the division, and of which images a limit keeps.
    pub seed: u64,
    /// Use only so many training images; 0 for all.
    pub limit: u64,
}

impl Default for NotMnist {
    fn default() -> Self {
        Self { variant: Variant::default(), test_share: 0.2, seed: 1, limit: 0 }
    }
}

impl Knobs for NotMnist {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { variant, test_share, seed, limit } = self;
        visitor.choice("variant", variant, "Which part is learned from");
        visitor.float(
            "test_share",
            test_share,
            Knob::range(
                0.05,
                0.5,
                "Share of the small part that tests; the large part is tested on all of it",
            ),
        );
        visitor.int("seed", seed, Knob::range(0, 1_000_000, "Seed of the division into training and test"));
        visitor.int(
            "limit",
            limit,
            Knob::range(0, 529_114, "Use only so many training images, as many of each letter; 0 for all"),
        );
    }
}

/// The two archives. Nobody has published checksums of them: sizes, and the checksum inside of each, must do.
pub const FILES: [Published; 2] = [
    Published { name: "notMNIST_small.tar.gz", bytes: 8_458_043, sha256: "", md5: "" },
    Published { name: "notMNIST_large.tar.gz", bytes: 247_336_696, sha256: "", md5: "" },
];

/// Where the archives may be had, tried in this order; the file's name follows.
pub const MIRRORS: [&str; 3] = [
    "http://yaroslavvb.com/upload/notMNIST/",
    "https://commondatastorage.googleapis.com/books1000/",
    "http://commondatastorage.googleapis.com/books1000/",
];

/// Folders inside a named folder where the archives may lie.
const INSIDE: [&str; 4] = ["notmnist", "notMNIST", "NotMNIST", ""];
const LETTERS: [&str; 10] = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"];
const SIDE: u32 = 28;
/// More is no letter of 28x28.
const MOST_PIXELS: u64 = 1 << 20;
/// Goes up with every change of what is made of the same files.
const VERSION: u32 = 1;

impl DataSet for NotMnist {
    /// Reads the archive or the unpacked folder, or the cache of it.
    fn load(&self, places: &Places, job: &dyn Progress) -> Result<Dataset, DataError> {
        let small = find(places, "notMNIST_small")?;
        let dataset = match self.variant {
            Variant::Small => {
                let stamp = format!("{VERSION} {} {} {}", self.test_share, self.seed, stamp(&[&small])?);
                let identity = format!("{} {} {}", small.display(), self.test_share, self.seed);
                cache::stream(places, "notmnist-small", &identity, &stamp, |sink| {
                    self.divide(&small, sink, job)
                        .map_err(|error| own_remedy(error, &places.downloads("notmnist"), "notmnist"))
                })?
            }
            Variant::Large => {
                let large = find(places, "notMNIST_large")?;
                let stamp = format!("{VERSION} {}", stamp(&[&large, &small])?);
                cache::stream(places, "notmnist-large", &large.display().to_string(), &stamp, |sink| {
                    both(&large, &small, sink, job)
                        .map_err(|error| own_remedy(error, &places.downloads("notmnist"), "notmnist"))
                })?
            }
        };
        Ok(self.limited(dataset))
    }

    /// Whether the archives of the variant are in one of the folders, or how much is to be downloaded.
    fn available(&self, places: &Places) -> Availability {
        let folder = places.downloads("notmnist");
        let missing = self.files().iter().filter(|file| find(places, stem(file)).is_err());
        match missing.map(|file| fetch::missing_bytes(file, &folder)).sum() {
            0 => Availability::Ready,
            bytes => Availability::NeedsDownload { bytes },
        }
    }

    fn origin(&self, places: &Places) -> Origin {
        let files = self.files();
        let all: Result<Vec<PathBuf>, DataError> =
            files.iter().rev().map(|file| find(places, stem(file))).collect();
        origin(&MIRRORS, files, all.ok().and_then(|all| all.into_iter().next()))
    }

    /// Downloads the archives of the variant that are not here.
    fn fetch(&self, places: &Places, job: &dyn Progress) -> Result<Fetched, DataError> {
        fetch_from(&MIRRORS, self.files(), places, job)
    }
}

impl NotMnist {
    fn files(&self) -> &'static [Published] {
        match self.variant {
            Variant::Small => &FILES[..1],
            Variant::Large => &FILES,
        }
    }

    /// Reads the small part and divides it: pictures that there are several times are learned from, so that
    /// nothing that was learned by heart is asked in the test.
    fn divide(&self, small: &Path, sink: &mut Sink, job: &dyn Progress) -> Result<Outline, DataError> {
        let mut letters = Vec::new();
        let left = each(small, job, &mut |letter| {
            letters.push(letter);
            Ok(())
        })?;
        // An archive has an order of its own, a folder another.
        letters.sort_by(|a, b| (a.label, &a.name).cmp(&(b.label, &b.name)));
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut known: HashMap<&[u8], usize> = HashMap::new();
        for (row, letter) in letters.iter().enumerate() {
            let group = *known.entry(&letter.pixels).or_insert(groups.len());
            if group == groups.len() {
                groups.push(Vec::new());
            }
            groups[group].push(row);
        }
        // Only pictures that there are once are tested on: some bars of an I come 200 times, and a test that asks one
        // thing 200 times says little.
        let (single, repeated): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| group.len() == 1);
        let mut single: Vec<usize> = single.into_iter().flatten().collect();
        let labels: Vec<u8> = single.iter().map(|row| letters[*row].label).collect();
        let share = self.test_share * letters.len() as f64 / single.len().max(1) as f64;
        let (_, test) = split(&labels, share, self.seed);
        let test: Vec<usize> = test.into_iter().map(|place| single[place as usize]).collect();
        single.retain(|row| test.binary_search(row).is_err());
        let mut train: Vec<usize> = single.into_iter().chain(repeated.into_iter().flatten()).collect();
        train.sort_unstable();
        train.iter().try_for_each(|row| sink.train(letters[*row].picture()))?;
        test.iter().try_for_each(|row| sink.test(letters[*row].picture()))?;
        outline("notMNIST small", &left, sink, small)
    }

    /// Keeps so many training images, as many of each letter.
    fn limited(&self, mut dataset: Dataset) -> Dataset {
        let (limit, n) = (self.limit, dataset.train.len());
        if limit == 0 || limit >= n as u64 {
            return dataset;
        }
        let (_, rows) = split(&dataset.train.labels, limit as f64 / n as f64, self.seed);
        dataset.train = dataset.train.select(&rows);
        let selected = format!("{} limit {limit} seed {}", dataset.fingerprint, self.seed);
        dataset.fingerprint = cache::hex(&Sha256::digest(selected.as_bytes()));
        dataset
    }
}

/// The large part to learn from, the small one to test on, as they come.
fn both(large: &Path, small: &Path, sink: &mut Sink, job: &dyn Progress) -> Result<Outline, DataError> {
    let mut left = each(large, job, &mut |letter| sink.train(letter.picture()))?;
    left.absorb(each(small, job, &mut |letter| sink.test(letter.picture()))?);
    outline("notMNIST large", &left, sink, large)
}

fn outline(name: &str, left: &LeftOut, sink: &Sink, path: &Path) -> Result<Outline, DataError> {
    if sink.len().contains(&0) {
        return Err(DataError::corrupt(
            path,
            "there are too few pictures of letters in folders A to J",
            "Take the archive of notMNIST, or the folder that it unpacks to",
        ));
    }
    Ok(Outline {
        name: name.to_owned(),
        classes: LETTERS.map(str::to_owned).into(),
        kind: Kind::Classes,
        channels: 1,
        warnings: left.warnings(),
    })
}

/// One picture of a letter.
struct Letter {
    name: String,
    label: u8,
    pixels: Vec<u8>,
}

impl Letter {
    fn picture(&self) -> Picture<'_> {
        let Self { name, label, pixels } = self;
        Picture { pixels, size: [SIDE; 2], label: *label, marks: &[], name }
    }
}

/// Hands over every letter, in the order of the archive or folder; gives what was left out.
fn each(
    path: &Path,
    job: &dyn Progress,
    take: &mut dyn FnMut(Letter) -> Result<(), DataError>,
) -> Result<LeftOut, DataError> {
    let mut unreadable = LeftOut::default();
    let wanted = |name: &str| label(name).is_some();
    let mut left = pipeline::in_order(
        |put| archive::each(path, Limits::default(), &wanted, job, put),
        decode,
        |_| 1 << 10,
        |decoded| match decoded {
            Ok(letter) => take(letter),
            Err((name, why)) => {
                unreadable.add(&why, &name);
                Ok(())
            }
        },
    )?;
    left.absorb(unreadable);
    Ok(left)
}

/// The letter of a file by the folder that it lies in; `None` for what is no picture of one.
fn label(name: &str) -> Option<u8> {
    let (folder, file) = name.rsplit_once('/')?;
    let letter = archive::file_name(folder);
    let label = LETTERS.iter().position(|known| *known == letter)?;
    file.to_ascii_lowercase().ends_with(".png").then_some(label as u8)
}

/// The file's own name with its folder, and its pixels; or its name and why not.
fn decode(entry: Entry) -> Result<Letter, (String, String)> {
    let Entry { name, bytes } = entry;
    let label = label(&name).unwrap_or_default();
    let name = format!("{}/{}", LETTERS[usize::from(label)], archive::file_name(&name));
    let image = match picture::decode_within(&bytes, Path::new(""), MOST_PIXELS) {
        Ok(image) => image.into_luma8(),
        Err(error) => return Err((name, format!("because {}", error.why()))),
    };
    if image.dimensions() != (SIDE, SIDE) {
        let (width, height) = image.dimensions();
        return Err((name, format!("because it has {width}x{height} pixels and not 28x28")));
    }
    Ok(Letter { name, label, pixels: image.into_raw() })
}

/// The archive or unpacked folder of this name, in the first folder that has it.
fn find(places: &Places, stem: &str) -> Result<PathBuf, DataError> {
    let downloads = places.downloads("notmnist");
    let folders = places.folders.iter().flat_map(|folder| INSIDE.iter().map(|inside| folder.join(inside)));
    for folder in folders.chain([downloads.clone()]) {
        for ending in [".tar.gz", ".tgz", ".tar"] {
            let path = folder.join(format!("{stem}{ending}"));
            if path.is_file() {
                return Ok(path);
            }
        }
        let unpacked = folder.join(stem);
        if unpacked.join("A").is_dir() {
            return Ok(unpacked);
        }
    }
    Err(DataError::NotFound {
        what: format!("{stem} is not here; looked in {}", places.listed(&downloads)),
        remedy: format!(
            "Download it on the Data tab or with `digit-workbench data fetch notmnist`, or name the folder of \
             {stem}.tar.gz with --data or DIGIT_WORKBENCH_DATA"
        ),
    })
}

/// Differs when one of the archives was replaced, or something in a folder came or went.
fn stamp(paths: &[&Path]) -> Result<String, DataError> {
    let of_one = |path: &&Path| match path.is_dir() {
        true => LETTERS.iter().map(|letter| path.join(letter)).filter(|path| path.is_dir()).collect(),
        false => vec![path.to_path_buf()],
    };
    let all: Vec<PathBuf> = paths.iter().flat_map(of_one).collect();
    cache::stamp_of(&all.iter().map(PathBuf::as_path).collect::<Vec<_>>())
}

fn stem(file: &Published) -> &'static str {
    file.name.trim_end_matches(".tar.gz")
}

fn fetch_from(
    mirrors: &[impl AsRef<str>],
    files: &[Published],
    places: &Places,
    job: &dyn Progress,
) -> Result<Fetched, DataError> {
    let downloads = places.downloads("notmnist");
    let mut fetched = Fetched { folder: downloads.clone(), ..Fetched::default() };
    for file in files {
        // The user's own files are not touched.
        match find(places, stem(file)) {
            Ok(path) if !path.starts_with(&downloads) => {
                if let Some(folder) = path.parent() {
                    folder.clone_into(&mut fetched.folder);
                }
            }
            _ => fetch::file(file, mirrors, &downloads, &mut fetched, job)?,
        }
    }
    Ok(fetched)
}

#[cfg(test)]
mod tests {
    use super::super::progress::Silent;
    use super::super::testing::server::{Reply, Server};
    use super::super::testing::{empty_places, notmnist_files, real_data, write_notmnist as write};
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_small_part_is_divided_without_leaks() {
        let (folder, mut places) = empty_places();
        places.folders.push(folder.path().to_owned());
        write(&folder.path().join("notmnist"), "notMNIST_small", 12);
        let settings = NotMnist::default();
        let dataset = settings.load(&places, &Silent).expect("it is there");
        // Every third picture of a letter is the same.
        let parts = dataset
            .parts()
            .map(|part| (0..part.len()).map(|row| part.image(row).to_vec()).collect::<HashSet<_>>());
        assert!(parts[0].is_disjoint(&parts[1]));
        assert_eq!(dataset.train.len() + dataset.test.len(), 120);
        assert_eq!(dataset.test.len(), 24);
        assert_eq!(dataset.warnings, ["1 file was left out because the picture file is empty: A/empty.png"]);
        assert_eq!(&dataset.train.name(0)[..2], "A/");
        let other = NotMnist { seed: 2, ..settings }.load(&places, &Silent).expect("it is there");
        assert_ne!(other.test.names, dataset.test.names);
        let few = NotMnist { limit: 20, ..NotMnist::default() }.load(&places, &Silent).expect("it is there");
        assert_eq!(few.train.len(), 20);
        let of_class = |class: u8| few.train.labels.iter().filter(|label| **label == class).count();
        assert!((0..10).all(|class| (1..=3).contains(&of_class(class))));
    }

    #[test]
    fn archive_and_folder_are_the_same_data() {
        let (folder, mut places) = empty_places();
        write(&folder.path().join("packed"), "notMNIST_small", 4);
        for (name, bytes) in notmnist_files("notMNIST_small", 4) {
            let path = folder.path().join("unpacked").join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
            std::fs::write(path, bytes).expect("it can be written");
        }
        let prints = ["packed", "unpacked"].map(|name| {
            places.folders = vec![folder.path().join(name)];
            NotMnist::default().load(&places, &Silent).expect("it is there").fingerprint
        });
        assert_eq!(prints[0], prints[1]);
    }

    #[test]
    fn the_large_part_is_tested_on_the_small_one() {
        let (folder, mut places) = empty_places();
        places.folders.push(folder.path().to_owned());
        write(folder.path(), "notMNIST_small", 3);
        let settings = NotMnist { variant: Variant::Large, ..NotMnist::default() };
        assert_eq!(settings.available(&places), Availability::NeedsDownload { bytes: FILES[1].bytes });
        write(folder.path(), "notMNIST_large", 9);
        assert_eq!(settings.available(&places), Availability::Ready);
        let dataset = settings.load(&places, &Silent).expect("both are there");
        assert_eq!((dataset.train.len(), dataset.test.len()), (90, 30));
        assert_eq!(dataset.warnings.len(), 1);
    }

    #[test]
    fn archives_are_downloaded_where_they_are_not_here() {
        let (folder, mut places) = empty_places();
        let packed = write(folder.path(), "notMNIST_small", 3);
        let files = [Published { bytes: packed.len() as u64, ..FILES[0] }];
        let damaged = [&packed[..packed.len() - 8], &[0; 8]].concat();
        let (bad, good) = (
            Server::start(move |_| Reply::new(200, damaged.clone())),
            Server::start(move |_| Reply::new(200, packed.clone())),
        );
        let fetched = fetch_from(&[&bad.address, &good.address], &files, &places, &Silent);
        let fetched = fetched.expect("the second has it");
        assert!(fetched.notes[0].contains("wrong checksum"), "{:?}", fetched.notes);
        assert_eq!(NotMnist::default().load(&places, &Silent).expect("it is here").train.channels, 1);
        // The user's own archive is found first, and left alone.
        places.folders.push(folder.path().to_owned());
        let fetched = fetch_from(&[&good.address], &files, &places, &Silent).expect("it is here");
        assert_eq!((fetched.downloaded_bytes, fetched.folder), (0, folder.path().to_owned()));
    }

    #[test]
    fn the_real_small_part_has_what_is_published() {
        let (_folder, mut places) = empty_places();
        places.folders = real_data();
        let Ok(_) = find(&places, "notMNIST_small") else { return };
        let dataset = NotMnist::default().load(&places, &Silent).expect("it is there");
        let mut counts = [0; 10];
        for label in dataset.parts().iter().flat_map(|part| part.labels.iter()) {
            counts[usize::from(*label)] += 1;
        }
        // 1873 files of each of A to F and 1872 of each of G to J, but for one of A and one of F.
        assert_eq!(counts, [1872, 1873, 1873, 1873, 1873, 1872, 1872, 1872, 1872, 1872]);
        assert_eq!(dataset.warnings.len(), 1);
        for told in [
            "2 files were left out",
            "A/RGVtb2NyYXRpY2FCb2xkT2xkc3R5bGUgQm9sZC50dGY=.png",
            "F/Q3Jvc3NvdmVyIEJvbGRPYmxpcXVlLnR0Zg==.png",
        ] {
            assert!(dataset.warnings[0].contains(told), "{:?}", dataset.warnings);
        }
        assert_eq!(dataset.test.len(), 3745, "a fifth of them");
        let images: Vec<Vec<u8>> = dataset
            .parts()
            .iter()
            .flat_map(|part| (0..part.len()).map(|row| part.image(row).into_owned()).collect::<Vec<_>>())
            .collect();
        let n_train = dataset.train.len();
        let (train, test): (HashSet<_>, HashSet<_>) =
            (images[..n_train].iter().collect(), images[n_train..].iter().collect());
        assert!(train.is_disjoint(&test));
        assert_eq!(train.len() + test.len(), 18_232, "492 rows repeat another");
    }
}
