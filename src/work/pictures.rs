//! Reading the user's pictures one after the other, and keeping what was read: each on a thread of its own.

use crate::data::captured::{Record, Store};
use crate::data::{Area, Places};
use crate::found::{Found, Number};
use crate::reader::{Effort, PictureReader, PictureReading, Raster, open_picture};
use anyhow::Context as _;
use image::{DynamicImage, RgbImage, RgbaImage};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// Longest side of the copy of a picture that is kept to be shown.
const SHOWN_SIDE: u32 = 1024;
/// Longest side of what is shown of a number as the model sees it.
const SEEN_SIDE: f32 = 192.0;
/// Endings of files in a folder that are taken for pictures.
const ENDINGS: [&str; 12] =
    ["png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "webp", "pgm", "ppm", "pbm", "pnm"];

/// Where a picture comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// A file.
    File(PathBuf),
    /// The clipboard: the picture itself, and which it was.
    Pasted(Arc<RgbaImage>, u64),
}

impl Origin {
    /// What it is called.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            Self::Pasted(_, n) => format!("Pasted picture {n}"),
        }
    }

    /// Its bytes.
    fn bytes(&self) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::File(path) => {
                std::fs::read(path).with_context(|| format!("the picture cannot be read: {}", path.display()))
            }
            Self::Pasted(image, _) => {
                let mut png = std::io::Cursor::new(Vec::new());
                image.write_to(&mut png, image::ImageFormat::Png)?;
                Ok(png.into_inner())
            }
        }
    }

    fn open(&self) -> anyhow::Result<DynamicImage> {
        match self {
            Self::File(path) => Ok(open_picture(path)?),
            Self::Pasted(image, _) => Ok(image.as_ref().clone().into()),
        }
    }
}

/// A picture that was read.
#[derive(Clone, Debug)]
pub struct ReadPicture {
    /// The picture, made small enough to be shown.
    pub shown: RgbImage,
    /// What was read, in pixels of the picture itself.
    pub reading: PictureReading,
    /// Each number as the detector saw it: columns, rows, and a grey for each pixel.
    pub seen: Vec<([usize; 2], Vec<u8>)>,
}

/// A reader with the models that it was opened from.
pub struct OpenReader {
    reader: PictureReader,
    key: Key,
}

/// Which files a reader was opened from, and when they were written.
type Key = Vec<(PathBuf, Option<SystemTime>)>;

impl std::fmt::Debug for OpenReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("OpenReader").field(&self.key).finish()
    }
}

impl OpenReader {
    /// Opens a model, with a detector for one that finds nothing itself; or goes on with the one that is open, if it
    /// is the same.
    pub fn of(open: Option<Box<Self>>, model: &Path, detector: Option<&Path>) -> anyhow::Result<Box<Self>> {
        let written = |path: &Path| (path.to_owned(), super::predict::written(path));
        let key: Key = std::iter::once(model).chain(detector).map(written).collect();
        match open {
            Some(open) if open.key == key => Ok(open),
            _ => Ok(Box::new(Self { reader: PictureReader::open(model, detector)?, key })),
        }
    }

    /// Reads a picture.
    pub fn read(&self, origin: &Origin) -> anyhow::Result<ReadPicture> {
        let picture = origin.open()?;
        let reading = self.reader.read(&picture, Effort::Still)?;
        let raster = Raster::of(&picture);
        let seen = reading.numbers.iter().filter_map(|number| seen(&raster, &reading, number)).collect();
        Ok(ReadPicture { shown: on_white(&shrink(&picture)), reading, seen })
    }
}

/// A number as it was seen in the closest look.
fn seen(raster: &Raster, reading: &PictureReading, number: &Number) -> Option<([usize; 2], Vec<u8>)> {
    let Area { x, y, w, h } = number.area;
    let room = 0.25 * h.min(w);
    let wide = Area { x: x - room, y: y - room, w: w + 2.0 * room, h: h + 2.0 * room };
    let whole = raster.area();
    let (left, top) = (wide.x.max(0.0), wide.y.max(0.0));
    let part =
        Area { x: left, y: top, w: wide.right().min(whole.w) - left, h: wide.bottom().min(whole.h) - top };
    if part.w < 1.0 || part.h < 1.0 {
        return None;
    }
    let holds = |area: &Area| area.overlap(&part) > 0.95 * part.size();
    let scales = reading.looks.iter().filter(|look| holds(&look.part)).map(|look| look.scale()[0]);
    let scale = scales.fold(0.0_f32, f32::max).max(0.01).min(SEEN_SIDE / part.w.max(part.h));
    let size = [part.w, part.h].map(|side| ((side * scale).round() as usize).max(1));
    Some((size, raster.scaled(&part, size).ok()?))
}

fn shrink(picture: &DynamicImage) -> DynamicImage {
    if picture.width().max(picture.height()) <= SHOWN_SIDE {
        return picture.clone();
    }
    picture.thumbnail(SHOWN_SIDE, SHOWN_SIDE)
}

/// As it was read: what is transparent lies on white paper.
fn on_white(picture: &DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let picture = picture.to_rgba8();
    let mut shown = RgbImage::new(picture.width(), picture.height());
    for (to, from) in shown.pixels_mut().zip(picture.pixels()) {
        let [red, green, blue, alpha] = from.0.map(u32::from);
        to.0 = [red, green, blue].map(|value| ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8);
    }
    shown
}

/// Every picture that these files and folders mean, folders in the order of names.
pub fn pictures(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for path in paths {
        if path.is_dir() { add_folder(path, &mut all) } else { all.push(path.clone()) }
    }
    all
}

fn add_folder(folder: &Path, all: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        if path.is_dir() && !path.is_symlink() {
            add_folder(&path, all);
        } else if ENDINGS.contains(&ending.as_str()) {
            all.push(path);
        }
    }
}

/// Keeps a picture among the captured ones with the number that is on it, and the digits' boxes where as many were found.
pub fn keep(places: &Places, origin: &Origin, text: &str, digits: &[Found]) -> anyhow::Result<()> {
    let boxes: Vec<Area> = digits.iter().map(|digit| digit.area).collect();
    let boxes = if boxes.len() == text.chars().count() { boxes } else { Vec::new() };
    let record = Record { text: text.to_owned(), boxes, source: origin.name(), ..Record::default() };
    Store::new(places.captured()).add(&origin.bytes()?, record)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_transparent_is_shown_on_white() {
        let half = RgbaImage::from_fn(2, 1, |x, _| image::Rgba([0, 0, 0, if x == 0 { 0 } else { 255 }]));
        assert_eq!(on_white(&half.into()).into_raw(), [255, 255, 255, 0, 0, 0]);
    }

    #[test]
    fn folders_are_searched_and_readings_kept() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let inner = folder.path().join("inner");
        std::fs::create_dir(&inner)?;
        let file = inner.join("7.PNG");
        DynamicImage::new_rgb8(40, 30).save_with_format(&file, image::ImageFormat::Png)?;
        std::fs::write(folder.path().join("notes.txt"), "")?;
        assert_eq!(
            pictures(&[folder.path().to_owned(), PathBuf::from("x")]),
            [file.clone(), PathBuf::from("x")]
        );
        let places = Places { folders: Vec::new(), cache: folder.path().join("cache") };
        let digit = Found::new([0.5; 10], Area { x: 1.0, y: 2.0, w: 5.0, h: 9.0 }, None);
        keep(&places, &Origin::File(file.clone()), "7", std::slice::from_ref(&digit))?;
        // Another number has another count of digits: their boxes are not kept.
        let (kept, _) = Store::new(places.captured()).records()?;
        assert_eq!((kept[0].text.as_str(), kept[0].boxes.as_slice()), ("7", &[digit.area][..]));
        keep(&places, &Origin::File(file), "77", &[digit])?;
        let (kept, _) = Store::new(places.captured()).records()?;
        assert_eq!((kept[0].text.as_str(), kept[0].boxes.len()), ("77", 0));
        Ok(())
    }
}
