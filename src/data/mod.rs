//! Data sets: where they come from, how they are read, and how they lie in memory.
//!
//! One file a data set; [`Source`] is the list. Everything a training sees is a [`Dataset`] of [`Samples`]: pixels as
//! bytes, labels as class numbers. Nothing here knows of models.

mod archive;
pub mod augment;
mod cache;
pub mod captured;
pub mod curate;
pub mod embed;
mod emnist;
mod error;
pub mod export;
mod fashion_mnist;
mod fetch;
pub mod figures;
mod fonts;
mod four_files;
pub mod fuzz;
pub mod house_numbers;
mod http;
pub mod idx;
mod idx_folder;
pub mod image_folder;
mod joined;
mod kept;
mod left_out;
pub mod marks;
pub mod measures;
pub mod mnist;
pub mod notmnist;
mod origin;
mod parallel;
mod part;
pub mod picture;
mod pipeline;
mod places;
mod progress;
mod published;
mod qmnist;
pub mod random;
mod rendered;
pub mod samples;
pub mod scenes;
pub mod sequences;
mod split;
mod statistics;
pub mod svhn;
mod table;
#[cfg(test)]
pub(crate) mod testing;

pub use captured::Captured;
pub use emnist::EmnistDigits;
pub use error::DataError;
pub use fashion_mnist::FashionMnist;
pub use fetch::{Fetched, Published};
pub use house_numbers::HouseNumbers;
pub use idx_folder::IdxFolder;
pub use image_folder::ImageFolder;
pub use joined::joined;
pub use marks::{Area, Mark, Marks};
pub use measures::Measure;
pub use mnist::Mnist;
pub use notmnist::NotMnist;
pub use origin::Origin;
use origin::origin;
pub use parallel::in_portions;
pub use places::{Availability, DATA_VARIABLE, Places};
pub use progress::{Progress, Silent, Stage, Unit};
pub use qmnist::Qmnist;
pub use rendered::Rendered;
pub use samples::{Dataset, Kind, Samples};
pub use scenes::Scenes;
pub use sequences::{Glyphs, Lengths, Polarity, Sequences, Shape};
pub use split::{order, split};
pub use statistics::{Statistics, statistics};
pub use svhn::cropped::SvhnCropped;
pub use svhn::streets::{SvhnStreets, View};

/// What every data set can do.
pub trait DataSet {
    /// Loads it: from the cache where possible, else from its files.
    fn load(&self, places: &Places, job: &dyn Progress) -> Result<Dataset, DataError>;

    /// Downloads what it needs and does not have; does nothing where nothing is missing.
    fn fetch(&self, places: &Places, job: &dyn Progress) -> Result<Fetched, DataError>;

    /// Whether it can be loaded now, without opening the files: cheap enough for a menu.
    fn available(&self, places: &Places) -> Availability;

    /// Where it comes from and where it lies; as cheap.
    fn origin(&self, _places: &Places) -> Origin {
        Origin::drawn()
    }

    /// Channels, rows and columns of its images where the settings alone tell them (and it has ten classes).
    fn shape(&self) -> Option<[usize; 3]> {
        None
    }

    /// Whether whole numbers are on its images rather than one character each, where the settings alone tell.
    fn shows_numbers(&self) -> Option<bool> {
        Some(false)
    }
}

crate::list! {
    /// A data set to train and test on, with its settings, as a recipe names it.
    pub enum Source, "What to train and test on", data_set -> dyn DataSet {
        "rendered" => Rendered(Rendered), "Rendered digits", "Digits drawn with the fonts at hand; nothing to download";
        "mnist" => Mnist(Mnist), "MNIST", "60,000 training and 10,000 test images of handwritten digits, 28x28";
        "fashion_mnist" => FashionMnist(FashionMnist), "Fashion-MNIST", "70,000 pictures of clothes in MNIST's shape, 28x28: harder to tell apart";
        "emnist_digits" => EmnistDigits(EmnistDigits), "EMNIST digits", "240,000 training and 40,000 test images of handwritten digits, 28x28";
        "qmnist" => Qmnist(Qmnist), "QMNIST", "MNIST made anew with all 60,000 test digits, 28x28";
        "notmnist" => NotMnist(NotMnist), "notMNIST", "Letters A to J from public fonts, 28x28: 18,724 cleaned by hand, or 529,114";
        "idx_folder" => IdxFolder(IdxFolder), "Folder of idx files", "Four idx files in MNIST's layout, of your own or of anybody's";
        "image_folder" => ImageFolder(ImageFolder), "Folder of pictures", "Your own pictures: one folder a class, a table of labels, COCO or YOLO boxes";
        "captured" => Captured(Captured), "Captured", "Pictures of your own that you have kept, one by one";
        "sequences" => Sequences(Sequences), "Digit sequences", "Up to five digits side by side, drawn when seen, with a box for each";
        "scenes" => Scenes(Scenes), "House-number scenes", "Pictures of walls, doors and papers with numbers on them, drawn with a box for each digit";
        "svhn_cropped" => SvhnCropped(SvhnCropped), "SVHN digits", "Single digits cut out of street pictures, 32x32 in colour: 73,257 to learn from, 26,032 to test on";
        "svhn" => SvhnStreets(SvhnStreets), "SVHN house numbers", "Street pictures with a box for each digit: 33,402 to learn from, 13,068 to test on";
        "house_numbers" => HouseNumbers(HouseNumbers), "House numbers, cut out", "The numbers of SVHN's street pictures, and numbers cut out of drawn scenes to learn from beside them";
    }
}

impl Default for Source {
    fn default() -> Self {
        Self::Mnist(Mnist::default())
    }
}

impl Source {
    /// Loads the data set: from the cache where possible, else from its files.
    pub fn load(&self, places: &Places, job: &dyn Progress) -> Result<Dataset, DataError> {
        self.data_set().load(places, job)
    }

    /// Downloads what the data set needs and does not have; does nothing where nothing is missing.
    pub fn fetch(&self, places: &Places, job: &dyn Progress) -> Result<Fetched, DataError> {
        self.data_set().fetch(places, job)
    }

    /// Whether it can be loaded now, without opening the files: cheap enough for a menu.
    pub fn available(&self, places: &Places) -> Availability {
        self.data_set().available(places)
    }

    /// Where it comes from and where it lies; as cheap.
    pub fn origin(&self, places: &Places) -> Origin {
        self.data_set().origin(places)
    }

    /// Channels, rows and columns of its images where the settings alone tell them (and it has ten classes).
    pub fn shape(&self) -> Option<[usize; 3]> {
        self.data_set().shape()
    }

    /// Whether whole numbers are on its images rather than one character each, where the settings alone tell.
    pub fn shows_numbers(&self) -> Option<bool> {
        self.data_set().shows_numbers()
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{empty_places, notmnist_files, write_four, write_notmnist};
    use super::*;
    use crate::knobs::Choice as _;

    /// The same for a relative of MNIST.
    fn relative(source: &Source, folder: &std::path::Path) -> (Source, Source) {
        match source {
            Source::FashionMnist(_) => {
                write_four(&folder.join("fashion-mnist"), 60, 20, 28);
                let of = |limit| Source::FashionMnist(FashionMnist { limit });
                (of(0), of(10))
            }
            Source::Qmnist(_) => {
                qmnist::write_small(&folder.join("qmnist"));
                let of = |limit| Source::Qmnist(Qmnist { limit });
                (of(0), of(10))
            }
            _ => {
                std::fs::create_dir_all(folder.join("emnist")).expect("it can be made");
                emnist::write_small(&folder.join("emnist"));
                let of = |limit| Source::EmnistDigits(EmnistDigits { limit });
                (of(0), of(10))
            }
        }
    }

    /// Every source in the list with small settings, once as it is and once changed; what it needs is put in place.
    fn all(places: &mut Places) -> Vec<(Source, Source)> {
        let folder = places.cache.with_file_name("data");
        write_four(&folder.join("mnist"), 60, 20, 28);
        write_four(&folder.join("mine"), 60, 20, 9);
        write_notmnist(&folder, "notMNIST_small", 12);
        let store = captured::Store::new(places.captured());
        for (name, bytes) in notmnist_files("notMNIST_small", 3) {
            let text = name.split('/').nth(1).unwrap_or_default().to_owned();
            let about = captured::Record { text, ..captured::Record::default() };
            store.add(&bytes, about).expect("a picture of a letter");
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
            std::fs::write(path, bytes).expect("it can be written");
        }
        places.folders.push(folder);
        let names: Vec<_> = Source::default().options().iter().map(|option| option.name).collect();
        names
            .into_iter()
            .map(|name| {
                let mut source = Source::default();
                assert!(source.choose(name));
                match source {
                    Source::Rendered(_) => {
                        let settings = Rendered { train: 40, test: 20, seed: 1 };
                        (
                            Source::Rendered(settings.clone()),
                            Source::Rendered(Rendered { seed: 2, ..settings }),
                        )
                    }
                    Source::Scenes(_) => {
                        let settings = Scenes { train: 12, test: 10, size: 64, ..Scenes::default() };
                        (Source::Scenes(settings.clone()), Source::Scenes(Scenes { seed: 2, ..settings }))
                    }
                    Source::Mnist(_) => {
                        (Source::Mnist(Mnist { limit: 0 }), Source::Mnist(Mnist { limit: 10 }))
                    }
                    Source::FashionMnist(_) | Source::Qmnist(_) | Source::EmnistDigits(_) => {
                        relative(&source, &places.folders[0])
                    }
                    Source::Sequences(_) => {
                        let settings = Sequences { train: 60, test: 20, ..Sequences::default() };
                        (
                            Source::Sequences(settings.clone()),
                            Source::Sequences(Sequences { longest: 3, ..settings }),
                        )
                    }
                    Source::NotMnist(_) => {
                        let settings = NotMnist::default();
                        (
                            Source::NotMnist(settings.clone()),
                            Source::NotMnist(NotMnist { seed: 2, ..settings }),
                        )
                    }
                    Source::SvhnStreets(_) => {
                        svhn::streets::write_small(&places.folders[0].join("streets"));
                        let folder = "streets".to_owned();
                        let settings = SvhnStreets { folder, ..SvhnStreets::default() };
                        (
                            Source::SvhnStreets(settings.clone()),
                            Source::SvhnStreets(SvhnStreets { grey: true, ..settings }),
                        )
                    }
                    Source::HouseNumbers(_) => {
                        let folder = "streets".to_owned();
                        let settings = HouseNumbers { folder, drawn: 6, ..HouseNumbers::default() };
                        (
                            Source::HouseNumbers(settings.clone()),
                            Source::HouseNumbers(HouseNumbers { seed: 2, ..settings }),
                        )
                    }
                    Source::SvhnCropped(_) => {
                        svhn::cropped::write_small(&places.folders[0].join("svhn"));
                        let settings = SvhnCropped::default();
                        (
                            Source::SvhnCropped(settings.clone()),
                            Source::SvhnCropped(SvhnCropped { grey: true, ..settings }),
                        )
                    }
                    Source::ImageFolder(_) => {
                        let folder = "notMNIST_small".to_owned();
                        let settings = ImageFolder { folder, ..ImageFolder::default() };
                        (
                            Source::ImageFolder(settings.clone()),
                            Source::ImageFolder(ImageFolder { side: 14, ..settings }),
                        )
                    }
                    Source::Captured(_) => (
                        Source::Captured(Captured { test_share: 0.5, ..Captured::default() }),
                        Source::Captured(Captured { test_share: 0.5, side: 14, ..Captured::default() }),
                    ),
                    Source::IdxFolder(_) => {
                        let folder = "mine".to_owned();
                        (
                            Source::IdxFolder(IdxFolder { folder: folder.clone(), limit: 0 }),
                            Source::IdxFolder(IdxFolder { folder, limit: 10 }),
                        )
                    }
                }
            })
            .collect()
    }

    #[test]
    fn every_source_keeps_the_contract() {
        let (_folder, mut places) = empty_places();
        for (source, changed) in all(&mut places) {
            let name = source.chosen();
            assert_eq!(source.available(&places), Availability::Ready, "{name}");
            let origin = source.origin(&places);
            assert!(origin.drawn != origin.found.is_some_and(|path| path.exists()), "{name} lies somewhere");
            let first = source.load(&places, &Silent).expect(name);
            for samples in [&first.train, &first.test] {
                assert!(!samples.is_empty(), "{name}");
                let bytes: usize = (0..samples.len()).map(|row| samples.image(row).len()).sum();
                assert_eq!(bytes as u64, samples.n_bytes(), "{name}");
                assert!(samples.labels.iter().all(|&label| usize::from(label) < first.n_labels()), "{name}");
            }
            let numbers = source.shows_numbers().unwrap_or(first.kind != Kind::Classes);
            assert_eq!(numbers, first.kind != Kind::Classes, "{name}");
            let (train, test) = (&first.train, &first.test);
            assert_eq!(
                (train.channels, train.height, train.width),
                (test.channels, test.height, test.width),
                "{name}"
            );
            assert!(!first.name.is_empty(), "{name}");
            assert_eq!(first.fingerprint.len(), 64, "{name}");

            // The same from the cache, and the same without it.
            let fresh = Places { cache: places.cache.with_file_name("other"), ..places.clone() };
            for places in [&places, &fresh] {
                let again = source.load(places, &Silent).expect(name);
                assert_eq!(first.fingerprint, again.fingerprint, "{name}");
                assert_eq!(first.train.pixels.bytes(), again.train.pixels.bytes(), "{name}");
                assert_eq!(first.test.labels, again.test.labels, "{name}");
                assert_eq!(first.warnings, again.warnings, "{name}");
            }
            let other = changed.load(&places, &Silent).expect(name);
            assert_ne!(first.fingerprint, other.fingerprint, "{name}: settings are part of the fingerprint");
        }
    }
}
