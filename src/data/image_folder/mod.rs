//! A folder of pictures with their labels, in one of the usual layouts: one folder a class, a table of labels, COCO
//! boxes, or YOLO boxes; a part for training, validation and test above each, if the user has divided it.

mod boxes;
mod coco;
mod fit;
mod labels;
mod listing;
mod table;
mod yolo;

pub(super) use fit::{Fit, Fitted};

use super::cache::{self, Outline, Picture, Sink};
use super::error::DataError;
use super::fetch::Fetched;
use super::left_out::LeftOut;
use super::pipeline;
use super::places::{Availability, Places};
use super::progress::{Progress, Stage, Unit};
use super::samples::{Dataset, Kind};
use super::split::split;
use super::{DataSet, Origin};
use crate::knobs::{Knob, Knobs, Visitor};
use listing::{Item, Listing, Part};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// How pictures are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// One channel.
    #[default]
    Grey,
    /// Three channels.
    Rgb,
}

crate::choice!(Colour {
    Self::Grey => Self::Grey, "grey", "Grey", "One channel";
    Self::Rgb => Self::Rgb, "rgb", "Colour", "Three channels: red, green, blue";
});

/// Settings of a folder of pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImageFolder {
    /// The folder: a path, or the name of one inside the folders for data.
    pub folder: String,
    /// Pictures are fitted into a square of so many pixels; 0 leaves them as they are.
    pub side: u64,
    /// How pictures are kept.
    pub colour: Colour,
    /// Share that tests, where the folder has no part for that.
    pub test_share: f64,
    /// Seed of that division.
    pub seed: u64,
}

impl Default for ImageFolder {
    fn default() -> Self {
        Self { folder: String::new(), side: 28, colour: Colour::default(), test_share: 0.2, seed: 1 }
    }
}

impl Knobs for ImageFolder {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { folder, side, colour, test_share, seed } = self;
        visitor.text(
            "folder",
            folder,
            "Folder of pictures: one folder a class, or labels.csv, COCO or YOLO boxes; train and test above, if divided",
        );
        let help =
            "Pictures are fitted into a square of this side, keeping proportions; 0 leaves them as they are";
        visitor.int("side", side, Knob::range(0, 1024, help).unit("pixels"));
        visitor.choice("colour", colour, "How pictures are kept");
        let help = "Share that tests, where the folder has no part for that";
        visitor.float("test_share", test_share, Knob::range(0.0, 0.9, help));
        visitor.int("seed", seed, Knob::range(0, 1_000_000, "Seed of that division"));
    }
}

/// Goes up with every change of what is made of the same files.
const VERSION: u32 = 1;
/// Bytes of one picture file; a larger one is left out.
const FILE_BYTES: u64 = 256 << 20;

impl DataSet for ImageFolder {
    /// Reads the folder, or the cache of it; every file's size and time of change are looked at each time.
    fn load(&self, places: &Places, job: &dyn Progress) -> Result<Dataset, DataError> {
        let folder = self.find(places)?;
        let (files, left) = listing::files(&folder, job)?;
        let Self { folder: _, side, colour, test_share, seed } = self;
        let stamp = format!("{VERSION} {side} {colour:?} {test_share} {seed} {}", files.stamp());
        let identity = format!("{} {side} {colour:?} {test_share} {seed}", folder.display());
        cache::stream(places, "image-folder", &identity, &stamp, |sink| {
            let mut listing = listing::read(&folder, &files)?;
            listing.left.absorb(left);
            self.write(&folder, listing, sink, job)
        })
    }

    fn shows_numbers(&self) -> Option<bool> {
        None
    }

    fn origin(&self, places: &Places) -> Origin {
        Origin::own(self.find(places).ok())
    }

    /// Only looks whether the folder is there: nobody knows where to download it.
    fn fetch(&self, places: &Places, _: &dyn Progress) -> Result<Fetched, DataError> {
        Ok(Fetched { folder: self.find(places)?, ..Fetched::default() })
    }

    /// Whether the folder is there.
    fn available(&self, places: &Places) -> Availability {
        match self.find(places) {
            Ok(_) => Availability::Ready,
            Err(error) => Availability::Missing { what_to_do: error.to_string() },
        }
    }
}

impl ImageFolder {
    fn find(&self, places: &Places) -> Result<PathBuf, DataError> {
        if self.folder.trim().is_empty() {
            return Err(DataError::NotFound {
                what: "no folder is named".to_owned(),
                remedy: "Choose the folder of the pictures (setting data.folder)".to_owned(),
            });
        }
        let asked = Path::new(&self.folder);
        let inside = places.folders.iter().map(|folder| folder.join(asked));
        let found = [asked.to_owned()].into_iter().chain(inside).find(|folder| folder.is_dir());
        let found = found.ok_or_else(|| DataError::NotFound {
            what: "there is no such folder".to_owned(),
            remedy: format!("Connect the drive again, or name another folder: {}", self.folder),
        })?;
        std::path::absolute(&found).map_err(|cause| DataError::reading(&found, cause))
    }

    /// Decodes every picture into the cache file.
    fn write(
        &self,
        folder: &Path,
        listing: Listing,
        sink: &mut Sink,
        job: &dyn Progress,
    ) -> Result<Outline, DataError> {
        let Listing { classes, boxed, items, mut left } = listing;
        let parts = self.divide(items, &mut left);
        if parts[0].is_empty() {
            return Err(DataError::corrupt(
                folder,
                "there is no picture with a label",
                "Put the pictures of each class into a folder of its name, or add labels.csv, COCO or YOLO boxes",
            ));
        }
        let fit = Fit { side: self.side as u32, colour: self.colour };
        let total = (parts[0].len() + parts[1].len()) as u64;
        let mut done = 0;
        let mut longest = 1;
        let mut n_train = 0;
        let mut each =
            parts.iter().enumerate().flat_map(|(part, items)| items.iter().map(move |item| (part, item)));
        pipeline::in_order(
            |put| each.try_for_each(|one| if job.cancelled() { Err(DataError::Cancelled) } else { put(one) }),
            |(part, item)| {
                (part, item, fit.read(&folder.join(&item.name), FILE_BYTES, &item.marks, item.in_shares))
            },
            |(_, _, read)| read.as_ref().map_or(64, |fitted| fitted.pixels.len()),
            |(part, item, read)| {
                done += 1;
                if done % 64 == 0 {
                    job.report(Stage { text: "Decoding pictures", done, total, unit: Unit::Images });
                }
                let Fitted { pixels, size, marks } = match read {
                    Ok(fitted) => fitted,
                    Err(why) => {
                        left.add(&format!("because {why}"), &item.name);
                        return Ok(());
                    }
                };
                longest = super::marks::numbers(&marks).map(<[_]>::len).max().unwrap_or(0).max(longest);
                let label = if boxed { marks.len().min(255) as u8 } else { item.label };
                let picture = Picture { pixels: &pixels, size, label, marks: &marks, name: &item.name };
                n_train += usize::from(part == 0);
                if part == 0 { sink.train(picture) } else { sink.test(picture) }
            },
        )?;
        if n_train == 0 {
            let told = left.warnings().into_iter().next().unwrap_or_default();
            return Err(DataError::corrupt(
                folder,
                format!("none of its pictures to learn from can be read: {told}"),
                "Put pictures there that other programs can open, or name another folder",
            ));
        }
        let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
        let kind = if boxed { Kind::Numbers { longest } } else { Kind::Classes };
        Ok(Outline { name, classes, kind, channels: fit.channels(), warnings: left.warnings() })
    }

    /// Pictures to learn from, pictures to test on.
    fn divide(&self, items: Vec<Item>, left: &mut LeftOut) -> [Vec<Item>; 2] {
        let count = |part: Part| items.iter().filter(|item| item.part == part).count();
        let [n_valid, mut n_test] = [Part::Valid, Part::Test].map(count);
        if n_test > 0 && n_test == items.len() {
            left.remark(
                "there is only a part to test on: a share of it tests, the rest is learned from".to_owned(),
            );
            n_test = 0;
        }
        let tests = match (n_test, n_valid) {
            (0, _) if n_valid == 0 || n_valid == items.len() => {
                let labels: Vec<u8> = items.iter().map(|item| item.label).collect();
                let (_, test) = split(&labels, self.test_share, self.seed);
                let mut tests = vec![false; items.len()];
                test.iter().for_each(|row| tests[*row as usize] = true);
                tests
            }
            (0, _) => {
                left.remark("there is no part to test on: the part to validate on is tested on".to_owned());
                items.iter().map(|item| item.part == Part::Valid).collect()
            }
            (_, n_valid) => {
                if n_valid > 0 {
                    left.remark(format!(
                        "the {n_valid} pictures of the part to validate on are learned from: the recipe sets a share of all aside"
                    ));
                }
                items.iter().map(|item| item.part == Part::Test).collect()
            }
        };
        let (test, train): (Vec<_>, Vec<_>) = items.into_iter().zip(tests).partition(|(_, tests)| *tests);
        [train, test].map(|part| part.into_iter().map(|(item, _)| item).collect())
    }
}

#[cfg(test)]
mod tests;
