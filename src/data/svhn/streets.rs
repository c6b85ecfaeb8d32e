//! SVHN format 1: street pictures of any size with a box for each digit, as `.tar.gz` of PNGs and a `digitStruct.mat`,
//! or unpacked.

use super::super::archive::{self, Entry, Limits};
use super::super::cache::{self, Outline, Picture, Sink};
use super::super::error::DataError;
use super::super::fetch::{Fetched, Published};
use super::super::left_out::LeftOut;
use super::super::marks::{Area, Mark, around};
use super::super::places::{Availability, Places};
use super::super::progress::Progress;
use super::super::random::Stream;
use super::super::samples::{Dataset, Kind};
use super::super::{DataSet, Origin, picture, pipeline};
use super::cropped::luma;
use super::digit_struct::{self, Labelled};
use super::{candidates, fetch, first, missing, missing_bytes, origin};
use crate::knobs::{Knob, Knobs, Visitor};
use image::RgbImage;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// The published archives. Only their sizes are known; the gz checksum inside of each does the rest.
const FILES: [Published; 2] = [
    Published { name: "test.tar.gz", bytes: 276_555_967, sha256: "", md5: "" },
    Published { name: "train.tar.gz", bytes: 404_141_560, sha256: "", md5: "" },
];
const EXTRA: Published = Published { name: "extra.tar.gz", bytes: 1_955_489_752, sha256: "", md5: "" };

/// The file of boxes inside of an archive.
const BOXES: &str = "digitStruct.mat";
/// The boxes of the extra pictures take some 1.3 GB.
const MOST_BOX_BYTES: u64 = 4 << 30;
/// Street pictures are small; more pixels are a mistake or a bomb.
const MOST_PIXELS: u64 = 64 << 20;
/// More digits on one picture cannot be told in a byte.
const MOST_DIGITS: usize = 255;
/// Goes up with every change of what is made of the same files.
const VERSION: u32 = 1;

/// How much of a picture is seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// All of it, in its own size.
    #[default]
    Picture,
    /// The number with a margin, in one size.
    Number,
}

crate::choice!(View {
    Self::Picture => Self::Picture, "picture", "Whole picture", "Every picture in its own size";
    Self::Number => Self::Number, "number", "Number", "The number with a margin around it, all in one size";
});

/// Settings of SVHN's street pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SvhnStreets {
    /// The folder of the archives or of what they unpack to; empty to look in the usual places.
    pub folder: String,
    /// Learn from the 202,353 easier pictures of `extra.tar.gz` too.
    pub extra: bool,
    /// One channel of brightness in place of three of colour.
    pub grey: bool,
    /// How much of a picture is seen.
    pub view: View,
    /// How much larger than the number's box the view of a number is, as a share of it.
    pub margin: f64,
    /// Columns and rows of the view of a number.
    pub side: u64,
    /// Share of the training pictures that test where there is no archive of test pictures.
    pub test_share: f64,
    /// Use only the first so many training pictures; 0 for all.
    pub limit: u64,
}

impl Default for SvhnStreets {
    fn default() -> Self {
        Self {
            folder: String::new(),
            extra: false,
            grey: false,
            view: View::default(),
            // Goodfellow et al., 2013, section 5.1: the box is made 30 % larger and the crop 64x64.
            margin: 0.3,
            side: 64,
            test_share: 0.2,
            limit: 0,
        }
    }
}

impl Knobs for SvhnStreets {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { folder, extra, grey, view, margin, side, test_share, limit } = self;
        visitor.text(
            "folder",
            folder,
            "Folder that holds train.tar.gz and test.tar.gz, or what they unpack to; empty to look in the usual places",
        );
        visitor.flag("extra", extra, "Learn from the 202,353 easier pictures of extra.tar.gz too");
        visitor.flag("grey", grey, "One channel of brightness in place of three of colour");
        visitor.choice("view", view, "How much of a picture is seen");
        visitor.float(
            "margin",
            margin,
            Knob::range(0.0, 1.0, "How much larger than the number's box the view of a number is"),
        );
        visitor.int(
            "side",
            side,
            Knob::range(16, 256, "Columns and rows of the view of a number").unit("px"),
        );
        visitor.float(
            "test_share",
            test_share,
            Knob::range(
                0.05,
                0.5,
                "Share of the training pictures that test where there are no test pictures",
            ),
        );
        visitor.int(
            "limit",
            limit,
            Knob::range(0, 300_000, "Use only the first so many training pictures; 0 for all"),
        );
    }
}

/// Archives or folders of pictures.
struct Found {
    train: Vec<PathBuf>,
    test: Option<PathBuf>,
}

impl SvhnStreets {
    fn find(&self, places: &Places) -> Result<Found, DataError> {
        let part = |folder: &Path, name: &str| {
            let names = ["tar.gz", "tgz", "tar"].map(|ending| format!("{name}.{ending}"));
            first(folder, &names.each_ref().map(String::as_str))
                .or_else(|| Some(folder.join(name)).filter(|folder| folder.join(BOXES).is_file()))
        };
        for folder in candidates(&self.folder, places) {
            let Some(train) = part(&folder, "train") else { continue };
            let extra = part(&folder, "extra");
            if self.extra && extra.is_none() {
                continue;
            }
            let test = part(&folder, "test").or_else(|| part(&folder, "valid"));
            return Ok(Found {
                train: std::iter::once(train).chain(extra.filter(|_| self.extra)).collect(),
                test,
            });
        }
        Err(missing(&self.folder, &self.wanted(), places))
    }

    fn wanted(&self) -> Vec<Published> {
        FILES.into_iter().chain(self.extra.then_some(EXTRA)).collect()
    }

    /// The pictures that test where there are no test pictures; by their names, so that they are the same in any order.
    fn held_out(&self, boxes: &HashMap<String, Labelled>) -> HashSet<String> {
        let mut names: Vec<&String> = boxes.keys().collect();
        names.sort();
        Stream::new("held out", 1, 0, 0).shuffle(&mut names);
        let n = (names.len() as f64 * self.test_share).round().max(1.0) as usize;
        names.into_iter().take(n).cloned().collect()
    }

    fn decode(&self, found: &Found, sink: &mut Sink, job: &dyn Progress) -> Result<Outline, DataError> {
        let mut left = LeftOut::default();
        let mut longest = 0;
        let mut held_out = HashSet::new();
        for path in &found.train {
            let boxes = read_boxes(path, &mut left, job)?;
            if found.test.is_none() && path == &found.train[0] {
                held_out = self.held_out(&boxes);
            }
            let trains = |name: &str| path != &found.train[0] || !held_out.contains(name);
            let push = &mut |picture: Picture<'_>| sink.train(picture);
            longest = self.each(path, &boxes, &trains, &mut left, job, push)?.max(longest);
        }
        let path = found.test.as_ref().unwrap_or(&found.train[0]);
        let boxes = read_boxes(path, &mut LeftOut::default(), job)?;
        let tests = |name: &str| found.test.is_some() || held_out.contains(name);
        let push = &mut |picture: Picture<'_>| sink.test(picture);
        longest = self.each(path, &boxes, &tests, &mut left, job, push)?.max(longest);
        if sink.len().contains(&0) {
            return Err(DataError::corrupt(
                path,
                "there are no pictures with boxes in it that could be read",
                "Take SVHN's own archive of full numbers (format 1), or the folder that it unpacks to",
            ));
        }
        Ok(Outline {
            name: "SVHN house numbers".to_owned(),
            classes: (0..10).map(|digit| digit.to_string()).collect(),
            kind: Kind::Numbers { longest },
            channels: if self.grey { 1 } else { 3 },
            warnings: left.warnings(),
        })
    }

    /// Hands over the pictures of an archive or folder that `takes` accepts; gives the most digits on one.
    fn each(
        &self,
        path: &Path,
        boxes: &HashMap<String, Labelled>,
        takes: &(dyn Fn(&str) -> bool + Sync),
        left: &mut LeftOut,
        job: &dyn Progress,
        push: &mut dyn FnMut(Picture<'_>) -> Result<(), DataError>,
    ) -> Result<usize, DataError> {
        let is_png = |name: &str| name.to_ascii_lowercase().ends_with(".png");
        let wanted = |name: &str| is_png(name) && takes(archive::file_name(name));
        let mut odd = LeftOut::default();
        let mut longest = 0;
        let of_archive = pipeline::in_order(
            |put| archive::each(path, Limits::default(), &wanted, job, put),
            |entry| self.view(&entry, boxes),
            |seen| seen.as_ref().map_or(0, |seen| seen.pixels.len()),
            |seen| match seen {
                Ok(Seen { name, pixels, size, marks }) => {
                    longest = marks.len().max(longest);
                    push(Picture {
                        pixels: &pixels,
                        size,
                        label: marks.len() as u8,
                        marks: &marks,
                        name: &name,
                    })
                }
                Err((name, why)) => {
                    odd.add(&why, &name);
                    Ok(())
                }
            },
        )?;
        left.absorb(of_archive);
        left.absorb(odd);
        Ok(longest)
    }

    /// A picture as it is seen; or its name and why it is not.
    fn view(&self, entry: &Entry, boxes: &HashMap<String, Labelled>) -> Result<Seen, (String, String)> {
        let name = archive::file_name(&entry.name).to_owned();
        let Some(labelled) = boxes.get(&name) else {
            return Err((name, format!("because {BOXES} has no boxes for them")));
        };
        let mut marks = match marks_of(labelled) {
            Ok(marks) => marks,
            Err(why) => return Err((name, why)),
        };
        let image = match picture::decode_within(&entry.bytes, Path::new(""), MOST_PIXELS) {
            Ok(image) => image.into_rgb8(),
            Err(error) => return Err((name, format!("because {}", error.why()))),
        };
        let image = match self.view {
            View::Picture => image,
            View::Number => crop(&image, &mut marks, self.margin as f32, self.side as u32),
        };
        let (width, height) = image.dimensions();
        let pixels = if self.grey {
            image.pixels().map(|pixel| luma(pixel.0)).collect()
        } else {
            (0..3).flat_map(|channel| image.pixels().map(move |pixel| pixel.0[channel])).collect()
        };
        Ok(Seen { name, pixels, size: [width, height], marks })
    }
}

/// A picture as it is learned from.
struct Seen {
    name: String,
    pixels: Vec<u8>,
    size: [u32; 2],
    marks: Vec<Mark>,
}

impl DataSet for SvhnStreets {
    fn load(&self, places: &Places, job: &dyn Progress) -> Result<Dataset, DataError> {
        let found = self.find(places)?;
        let sources: Vec<&Path> = found.train.iter().chain(&found.test).map(PathBuf::as_path).collect();
        let Self { folder: _, extra, grey, view, margin, side, test_share, limit } = self;
        let settings = format!("{extra} {grey} {view:?} {margin} {side} {test_share}");
        let stamp = format!("{VERSION} {settings} {}", cache::stamp_of(&sources)?);
        let identity = format!("{} {settings}", found.train[0].display());
        let dataset =
            cache::stream(places, "svhn", &identity, &stamp, |sink| self.decode(&found, sink, job))?;
        Ok(cache::limited(dataset, *limit))
    }

    fn fetch(&self, places: &Places, job: &dyn Progress) -> Result<Fetched, DataError> {
        match self.find(places) {
            Ok(Found { train, .. }) => {
                let folder = train[0].parent().unwrap_or(&train[0]).to_owned();
                Ok(Fetched { folder, ..Fetched::default() })
            }
            Err(_) => fetch(&self.wanted(), places, job),
        }
    }

    fn shows_numbers(&self) -> Option<bool> {
        Some(true)
    }

    fn origin(&self, places: &Places) -> Origin {
        origin(&self.wanted(), self.find(places).ok().and_then(|found| found.train.into_iter().next()))
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

/// The digits of each picture of an archive or folder, by the picture's name.
fn read_boxes(
    path: &Path,
    left: &mut LeftOut,
    job: &dyn Progress,
) -> Result<HashMap<String, Labelled>, DataError> {
    let mut found = None;
    let limits = Limits { file_bytes: MOST_BOX_BYTES, ..Limits::default() };
    let is_boxes = |name: &str| archive::file_name(name) == BOXES;
    let outcome = archive::each(path, limits, &is_boxes, job, &mut |entry| {
        found = Some(entry.bytes);
        // Nothing else is wanted from this reading.
        Err(DataError::Cancelled)
    });
    match (outcome, found) {
        (Err(error), None) => Err(error),
        (Ok(_), None) => Err(DataError::corrupt(
            path,
            format!("there is no {BOXES} in it"),
            "Take SVHN's own archive of full numbers (format 1), or the folder that it unpacks to",
        )),
        (_, Some(bytes)) => {
            let read = digit_struct::read(bytes, &path.join(BOXES), job)?;
            if let Some(trouble) = read.first_trouble {
                left.remark(format!("{} entries of {BOXES} could not be used: {trouble}", read.unreadable));
            }
            Ok(read.pictures.into_iter().map(|picture| (picture.name.clone(), picture)).collect())
        }
    }
}

/// Digits as marks of one number; 10 stands for zero.
fn marks_of(labelled: &Labelled) -> Result<Vec<Mark>, String> {
    if labelled.digits.len() > MOST_DIGITS {
        return Err(format!("because they have more than {MOST_DIGITS} digits"));
    }
    let each = labelled.digits.iter().map(|(label, area)| match label {
        1..=10 => Ok(Mark { class: label % 10, number: 0, area: *area }),
        _ => Err("because a digit is labelled with something other than 1 to 10".to_owned()),
    });
    each.collect()
}

/// Cuts out the box around the digits, larger by `margin`, as `side` x `side` pixels, and moves the marks along.
fn crop(image: &RgbImage, marks: &mut [Mark], margin: f32, side: u32) -> RgbImage {
    let (width, height) = (image.width() as f32, image.height() as f32);
    let whole = Area { x: 0.0, y: 0.0, w: width, h: height };
    let number = around(marks).unwrap_or(whole);
    let (more_x, more_y) = (number.w * margin / 2.0, number.h * margin / 2.0);
    let left = (number.x - more_x).floor().clamp(0.0, width - 1.0);
    let top = (number.y - more_y).floor().clamp(0.0, height - 1.0);
    let right = (number.right() + more_x).ceil().clamp(left + 1.0, width);
    let bottom = (number.bottom() + more_y).ceil().clamp(top + 1.0, height);
    let (w, h) = (right - left, bottom - top);
    let cut = image::imageops::crop_imm(image, left as u32, top as u32, w as u32, h as u32).to_image();
    let (sx, sy) = (side as f32 / w, side as f32 / h);
    for Mark { area, .. } in marks {
        *area = Area { x: (area.x - left) * sx, y: (area.y - top) * sy, w: area.w * sx, h: area.h * sy };
    }
    image::imageops::resize(&cut, side, side, image::imageops::FilterType::Triangle)
}

/// Small unpacked folders in the published layout, for the tests of every data set.
#[cfg(test)]
pub(in crate::data) fn write_small(folder: &Path) {
    for part in ["train", "test"] {
        let folder = folder.join(part);
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        std::fs::write(folder.join(BOXES), tests::SMALL).expect("it can be written");
        for (i, (width, height)) in [(40, 30), (64, 32), (20, 20)].into_iter().enumerate() {
            let pixel = |x: u32, y: u32| image::Rgb([(x * 5) as u8, (y * 7) as u8, part.len() as u8]);
            let picture = RgbImage::from_fn(width, height, pixel);
            picture.save(folder.join(format!("{}.png", i + 1))).expect("it can be written");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::progress::Silent;
    use super::super::super::testing::{empty_places, real_data};
    use super::*;

    /// Made by `tests/reference/digit_struct.py`: 1.png has one digit, 2.png two, 3.png three, one of them a zero.
    pub(super) const SMALL: &[u8] = include_bytes!("../../../tests/reference/digit_struct.mat");

    fn small() -> (tempfile::TempDir, Places, SvhnStreets) {
        let (folder, places) = empty_places();
        let streets = folder.path().join("streets");
        write_small(&streets);
        (folder, places, SvhnStreets { folder: streets.display().to_string(), ..SvhnStreets::default() })
    }

    #[test]
    fn boxes_lie_on_their_pictures() {
        let (_folder, places, settings) = small();
        let dataset = settings.load(&places, &Silent).expect("it is sound");
        let lengths = (dataset.train.len(), dataset.test.len());
        assert_eq!((dataset.kind, lengths), (Kind::Numbers { longest: 3 }, (3, 3)));
        assert_eq!(dataset.train.labels[..], [1, 2, 3]);
        assert_eq!((dataset.train.size(0), dataset.train.size(1)), ([40, 30], [64, 32]));
        assert_eq!(dataset.train.name(2), "3.png");
        let classes: Vec<u8> = dataset.train.marks(2).iter().map(|mark| mark.class).collect();
        assert_eq!(classes, [3, 0, 9]);
        assert_eq!(dataset.train.marks(0)[0].area, Area { x: 5.0, y: 6.0, w: 10.0, h: 20.0 });
        // Red counts columns, green rows, blue tells the part.
        let (image, n) = (dataset.train.image(1), 64 * 32);
        assert_eq!((image[3 * 64 + 7], image[n + 3 * 64 + 7], image[2 * n]), (35, 21, 5));
        assert_eq!(dataset.warnings, [""; 0]);
    }

    #[test]
    fn a_number_is_cut_out_with_its_margin() {
        let (_folder, places, settings) = small();
        let settings = SvhnStreets { view: View::Number, side: 32, margin: 0.0, grey: true, ..settings };
        let dataset = settings.load(&places, &Silent).expect("it is sound");
        let train = &dataset.train;
        assert_eq!((train.channels, train.width, train.sizes.is_none()), (1, 32, true));
        for row in 0..3 {
            let number = around(dataset.train.marks(row)).expect("it has digits");
            assert!(number.x.abs() < 2.0 && (number.right() - 32.0).abs() < 2.0, "{number:?}");
        }
    }

    #[test]
    fn without_test_pictures_some_are_held_out() {
        let (folder, places, settings) = small();
        std::fs::remove_dir_all(folder.path().join("streets/test")).expect("it is there");
        let settings = SvhnStreets { test_share: 0.5, ..settings };
        match settings.load(&places, &Silent) {
            Ok(dataset) => {
                let parts = dataset
                    .parts()
                    .map(|part| (0..part.len()).map(|row| part.name(row).to_owned()).collect::<Vec<_>>());
                assert_eq!(parts.concat().len(), 3);
                assert!(parts[0].iter().all(|name| !parts[1].contains(name)));
            }
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn damaged_boxes_are_no_panic() {
        for at in (0..SMALL.len()).step_by(7) {
            for change in [0x01, 0xff] {
                let mut bytes = SMALL.to_vec();
                bytes[at] ^= change;
                drop(digit_struct::read(bytes, Path::new("x"), &Silent));
            }
        }
        for end in (0..SMALL.len()).step_by(50) {
            drop(digit_struct::read(SMALL[..end].to_vec(), Path::new("x"), &Silent));
        }
        let (folder, places, settings) = small();
        std::fs::remove_file(folder.path().join("streets/train/digitStruct.mat")).expect("it is there");
        assert!(matches!(settings.available(&places), Availability::Missing { .. }));
    }

    #[test]
    fn the_real_archives_hold_what_they_should() {
        let (_folder, mut places) = empty_places();
        places.folders = real_data();
        let named = |folder: &str| SvhnStreets { folder: folder.to_owned(), ..SvhnStreets::default() };
        let scenes = named("svhn/scenes");
        if scenes.available(&places) != Availability::Ready {
            return;
        }
        let dataset = scenes.load(&places, &Silent).expect("it is sound");
        assert_eq!(dataset.train.len() + dataset.test.len(), 28);
        let tight = named("svhn/tight").load(&places, &Silent).expect("it is sound");
        assert_eq!((tight.train.len(), tight.test.len()), (8_430, 1_622));
        assert_eq!(tight.train.marks.as_ref().map_or(0, |marks| marks.all().len()), 16_757);
    }
}
