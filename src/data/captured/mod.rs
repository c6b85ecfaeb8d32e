//! The user's own pictures: kept with what is on them, one after the other, and learned from like any data set.

mod alone;
mod mixed;
mod store;

pub use alone::alone;
pub use mixed::Mixed;
pub use store::{Part, Record, Store};

use super::cache::{self, Outline, Picture, Sink};
use super::error::DataError;
use super::fetch::Fetched;
use super::image_folder::{Colour, Fit, Fitted};
use super::left_out::LeftOut;
use super::marks::{Area, Mark};
use super::picture;
use super::pipeline;
use super::places::{Availability, Places};
use super::progress::{Progress, Stage, Unit};
use super::samples::{Dataset, Kind};
use super::{DataSet, Origin};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::path::Path;

/// What a picture becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// An image for each character.
    #[default]
    Characters,
    /// The whole picture, with a box for each character.
    Numbers,
}

crate::choice!(Cut {
    Self::Characters => Self::Characters, "characters", "Single characters", "An image for each character, cut out by its box";
    Self::Numbers => Self::Numbers, "numbers", "Whole numbers", "The whole picture, with a box for each character where there are boxes";
});

/// Settings of the captured pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Captured {
    /// What a picture becomes.
    pub cut: Cut,
    /// Pictures are fitted into a square of so many pixels; 0 leaves them as they are.
    pub side: u64,
    /// How pictures are kept.
    pub colour: Colour,
    /// Share that tests.
    pub test_share: f64,
    /// Seed of that division.
    pub seed: u64,
}

impl Default for Captured {
    fn default() -> Self {
        Self { cut: Cut::default(), side: 28, colour: Colour::default(), test_share: 0.2, seed: 1 }
    }
}

impl Knobs for Captured {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { cut, side, colour, test_share, seed } = self;
        visitor.choice("cut", cut, "What a picture becomes");
        let help =
            "Images are fitted into a square of this side, keeping proportions; 0 leaves them as they are";
        visitor.int("side", side, Knob::range(0, 1024, help).unit("pixels"));
        visitor.choice("colour", colour, "How pictures are kept");
        let help = "Share that tests; a picture stays in its part however many are added";
        visitor.float("test_share", test_share, Knob::range(0.0, 0.9, help));
        visitor.int("seed", seed, Knob::range(0, 1_000_000, "Seed of that division"));
    }
}

/// Goes up with every change of what is made of the same files.
const VERSION: u32 = 1;
const FILE_BYTES: u64 = 256 << 20;

impl DataSet for Captured {
    /// Reads what has been kept, or the cache of it.
    fn load(&self, places: &Places, job: &dyn Progress) -> Result<Dataset, DataError> {
        let store = Store::new(places.captured());
        if !store.index().is_file() {
            return Err(nothing());
        }
        let stamp = format!("{VERSION} {self:?} {}", cache::stamp_of(&[&store.index()])?);
        let identity = format!("{} {self:?}", store.folder().display());
        cache::stream(places, "captured", &identity, &stamp, |sink| self.write(&store, sink, job))
    }

    fn shows_numbers(&self) -> Option<bool> {
        Some(self.cut == Cut::Numbers)
    }

    fn origin(&self, places: &Places) -> Origin {
        Origin::own(Some(places.captured()).filter(|folder| Store::new(folder.clone()).index().is_file()))
    }

    /// Only looks whether there are any: nobody else has them.
    fn fetch(&self, places: &Places, _: &dyn Progress) -> Result<Fetched, DataError> {
        match self.available(places) {
            Availability::Ready => Ok(Fetched { folder: places.captured(), ..Fetched::default() }),
            _ => Err(nothing()),
        }
    }

    /// Whether anything has been kept.
    fn available(&self, places: &Places) -> Availability {
        if Store::new(places.captured()).index().is_file() {
            Availability::Ready
        } else {
            Availability::Missing { what_to_do: nothing().to_string() }
        }
    }
}

fn nothing() -> DataError {
    DataError::NotFound {
        what: "no pictures of your own have been kept yet".to_owned(),
        remedy: "Keep some: on the Camera page, under Your pictures on the Inspect page, or with `digit-workbench data \
                 add PICTURE --label 7`"
            .to_owned(),
    }
}

impl Captured {
    fn write(&self, store: &Store, sink: &mut Sink, job: &dyn Progress) -> Result<Outline, DataError> {
        let (records, bad) = store.records()?;
        let mut left = LeftOut::default();
        if bad > 0 {
            left.remark(format!("{bad} lines of the list of captured pictures cannot be read"));
        }
        let classes = classes(&records, store.folder())?;
        let (test, train): (Vec<Record>, Vec<Record>) =
            records.into_iter().partition(|record| self.tests(record));
        let total = (train.len() + test.len()) as u64;
        let fit = Fit { side: self.side as u32, colour: self.colour };
        let mut longest = 1;
        let mut done = 0;
        for (part, records) in [train, test].into_iter().enumerate() {
            pipeline::in_order(
                |put| {
                    records.into_iter().try_for_each(|record| {
                        if job.cancelled() { Err(DataError::Cancelled) } else { put(record) }
                    })
                },
                |record| {
                    let images = self.images(&record, store.folder(), &fit, &classes);
                    (record, images)
                },
                |(_, images)| {
                    images.as_ref().map_or(64, |all| all.iter().map(|one| one.1.pixels.len()).sum())
                },
                |(record, images)| {
                    done += 1;
                    job.report(Stage { text: "Reading pictures", done, total, unit: Unit::Images });
                    longest = longest.max(record.text.chars().count());
                    let name = if record.source.is_empty() { &record.file } else { &record.source };
                    match images {
                        Err(why) => left.add(&format!("because {why}"), name),
                        Ok(images) => {
                            for (label, Fitted { pixels, size, marks }) in &images {
                                let picture = Picture { pixels, size: *size, label: *label, marks, name };
                                if part == 0 { sink.train(picture)? } else { sink.test(picture)? }
                            }
                        }
                    }
                    Ok(())
                },
            )?;
        }
        if sink.len() == [0, 0] {
            return Err(nothing());
        }
        Ok(Outline {
            name: "Captured pictures".to_owned(),
            classes,
            kind: if self.cut == Cut::Numbers { Kind::Numbers { longest } } else { Kind::Classes },
            channels: fit.channels(),
            warnings: left.warnings(),
        })
    }

    /// Decided by the picture alone, so that it stays in its part when others come.
    fn tests(&self, record: &Record) -> bool {
        if let Some(part) = record.part {
            return part == Part::Test;
        }
        let digest = Sha256::digest(format!("{} {}", self.seed, record.id));
        let draw = u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]]);
        f64::from(draw) / f64::from(u32::MAX) < self.test_share
    }

    /// What a picture gives, with labels; or why it gives nothing, as a clause.
    fn images(
        &self,
        record: &Record,
        folder: &Path,
        fit: &Fit,
        classes: &[String],
    ) -> Result<Vec<(u8, Fitted)>, String> {
        let class =
            |c: char| classes.iter().position(|known| known.chars().eq([c])).unwrap_or_default() as u8;
        let path = folder.join(&record.file);
        let marks: Vec<Mark> = record
            .text
            .chars()
            .zip(&record.boxes)
            .map(|(c, area)| Mark { class: class(c), number: 0, area: *area })
            .collect();
        if self.cut == Cut::Numbers {
            let label = record.text.chars().count() as u8;
            return Ok(vec![(label, fit.read(&path, FILE_BYTES, &marks, false)?)]);
        }
        let single = (record.text.chars().count() == 1).then(|| record.text.chars().map(class).sum());
        match (single, marks.is_empty()) {
            (Some(label), true) => Ok(vec![(label, fit.read(&path, FILE_BYTES, &[], false)?)]),
            (None, true) if record.text.is_empty() => Err("there is no character on it".to_owned()),
            (None, true) => Err("its characters have no boxes to cut them out by".to_owned()),
            _ => {
                let picture = picture::open_picture(&path).map_err(|error| error.why())?;
                let cut = |mark: Mark| {
                    let [x, y, w, h] = inside(&mark.area, picture.width(), picture.height());
                    (mark.class, fit.fit(&picture.crop_imm(x, y, w, h), Vec::new()))
                };
                Ok(marks.into_iter().map(cut).collect())
            }
        }
    }
}

/// Whole pixels of a box that lie inside a picture: x, y, width, height, at least one pixel.
fn inside(area: &Area, width: u32, height: u32) -> [u32; 4] {
    let span = |from: f32, to: f32, most: u32| {
        let first = (from.floor().max(0.0) as u32).min(most - 1);
        let end = (to.ceil().max(0.0) as u32).clamp(first + 1, most);
        (first, end - first)
    };
    let (x, w) = span(area.x, area.right(), width);
    let (y, h) = span(area.y, area.bottom(), height);
    [x, y, w, h]
}

/// The ten digits, and whatever else has been written.
fn classes(records: &[Record], folder: &Path) -> Result<Vec<String>, DataError> {
    let mut others: Vec<char> =
        records.iter().flat_map(|record| record.text.chars()).filter(|c| !c.is_ascii_digit()).collect();
    others.sort_unstable();
    others.dedup();
    if others.len() > 246 {
        let what = "there are more than 256 different characters on these pictures";
        return Err(DataError::corrupt(folder, what, "Take the rarest ones out"));
    }
    Ok(('0'..='9').chain(others).map(String::from).collect())
}

#[cfg(test)]
mod tests {
    use super::super::progress::Silent;
    use super::super::testing::{empty_places, png};
    use super::*;
    use image::{DynamicImage, GrayImage, Luma};

    fn picture(grey: u8) -> Vec<u8> {
        // Two halves, told apart when they are cut out.
        png(&DynamicImage::ImageLuma8(GrayImage::from_fn(40, 20, |x, _| {
            Luma([if x < 20 { grey } else { 255 }])
        })))
    }

    fn written(text: &str) -> Record {
        Record { text: text.to_owned(), source: format!("{text}.png"), ..Record::default() }
    }

    fn half(x: f32) -> Area {
        Area { x, y: 0.0, w: 20.0, h: 20.0 }
    }

    #[test]
    fn what_is_kept_can_be_learned_from() {
        let (_folder, places) = empty_places();
        let settings = Captured { test_share: 0.0, ..Captured::default() };
        assert!(matches!(settings.available(&places), Availability::Missing { .. }));
        let store = Store::new(places.captured());
        let one = store.add(&picture(10), written("7")).expect("it is a picture");
        let two = Record { boxes: vec![half(0.0), half(20.0)], ..written("3A") };
        store.add(&picture(20), two).expect("it is a picture");
        store.add(&picture(30), written("42")).expect("it is a picture");
        assert_eq!(settings.available(&places), Availability::Ready);
        let dataset = settings.load(&places, &Silent).expect("three were kept");
        assert_eq!((dataset.classes.len(), &dataset.train.labels[..]), (11, &[7, 3, 10][..]));
        assert_eq!((dataset.train.image(1)[400], dataset.train.image(2)[400]), (20, 255));
        assert!(
            dataset.warnings[0].contains("no boxes to cut them out by: 42.png"),
            "{:?}",
            dataset.warnings
        );

        let whole = Captured { cut: Cut::Numbers, side: 0, test_share: 0.0, ..Captured::default() };
        let dataset = whole.load(&places, &Silent).expect("three were kept");
        assert_eq!((dataset.kind, &dataset.train.labels[..]), (Kind::Numbers { longest: 2 }, &[1, 2, 2][..]));
        assert_eq!((dataset.train.size(1), dataset.train.marks(1)[1].area), ([40, 20], half(20.0)));

        // The same picture again is labelled anew, and what is changed is seen at once.
        store.add(&picture(10), written("8")).expect("it is a picture");
        assert_eq!(settings.load(&places, &Silent).expect("three").train.labels[0], 8);
        store.relabel(&one.id, "9", &[]).expect("it is there");
        assert_eq!(settings.load(&places, &Silent).expect("three").train.labels[0], 9);
        store.remove(&one.id).expect("it is there");
        assert_eq!(settings.load(&places, &Silent).expect("two").train.labels[..], [3, 10]);
        assert!(!places.captured().join(&one.file).exists());
    }

    #[test]
    fn pictures_stay_in_their_part() {
        let (_folder, places) = empty_places();
        let store = Store::new(places.captured());
        let settings = Captured { test_share: 0.5, ..Captured::default() };
        let mut parts: Vec<[Vec<String>; 2]> = Vec::new();
        for n in [20, 40] {
            for i in n - 20..n {
                let about = Record { source: i.to_string(), ..written("1") };
                store.add(&picture(i), about).expect("it is a picture");
            }
            let dataset = settings.load(&places, &Silent).expect("they were kept");
            parts.push(
                dataset.parts().map(|part| (0..part.len()).map(|row| part.name(row).to_owned()).collect()),
            );
        }
        for (before, after) in parts[0].iter().zip(&parts[1]) {
            assert!(!before.is_empty() && before.iter().all(|name| after.contains(name)));
        }
        let forced = Record { part: Some(Part::Test), ..written("5") };
        store.add(&picture(200), forced).expect("it is a picture");
        let dataset =
            Captured { test_share: 0.0, ..settings }.load(&places, &Silent).expect("they were kept");
        assert_eq!(dataset.test.labels[..], [5]);
    }

    #[test]
    fn what_makes_no_sense_is_refused_and_nothing_is_lost() {
        let (_folder, places) = empty_places();
        let store = Store::new(places.captured());
        for (bytes, record) in [
            (b"no picture".to_vec(), written("7")),
            (picture(1), written("3 4")),
            (picture(1), Record { boxes: vec![half(0.0)], ..written("34") }),
            (picture(1), Record { boxes: vec![Area::default()], ..written("3") }),
        ] {
            assert!(store.add(&bytes, record.clone()).is_err(), "{record:?}");
        }
        assert!(store.remove("none").is_err());
        store.add(&picture(1), written("1")).expect("it is a picture");
        let index = store.index();
        let text = std::fs::read_to_string(&index).expect("it is there");
        std::fs::write(
            &index,
            format!("{text}half a li\n{{\"id\":\"x\",\"file\":\"../x\",\"text\":\"\"}}\n"),
        )
        .expect("it can be written");
        assert_eq!(store.records().expect("one is good").1, 2);
        store.add(&picture(2), written("2")).expect("it is a picture");
        let kept = std::fs::read_dir(places.captured()).expect("it is there");
        let names: Vec<String> =
            kept.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        assert!(
            names.iter().any(|name| name.starts_with("index.jsonl.")),
            "what could not be read is kept: {names:?}"
        );
        std::fs::write(&index, "{\"captured\":9}\n").expect("it can be written");
        assert!(store.records().expect_err("newer").to_string().contains("version 9"));
    }
}
