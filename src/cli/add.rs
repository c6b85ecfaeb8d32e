//! `data add`: keeps pictures of the user's own with what is on them.

use super::exit::{BadInput, Done};
use super::globals::Globals;
use super::out::Out;
use super::read::set_threads;
use crate::data::Area;
use crate::data::captured::{Record, Store, alone};
use crate::reader::{Effort, PictureReader, decode, shipped};
use anyhow::Context as _;
use image::ImageFormat;
use serde_json::json;
use std::borrow::Cow;
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// Keep pictures of your own with what is on them, to learn from as `captured`
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench data add seven.png another-seven.jpg --label 7
  digit-workbench data add door.jpg --number 304
  digit-workbench data stats captured

The reader that ships looks for the number: where it reads the one that is given, its boxes are kept as well, and
where there are other numbers beside it, they are cut away. Where it reads something else, draw the boxes with Teach
on the window's Camera page: only with a box for each digit can a number be learned from by models that find digits.")]
pub struct Args {
    /// Picture files
    #[arg(required = true, value_name = "PICTURE")]
    pictures: Vec<PathBuf>,
    /// The one character on each of them
    #[arg(long, conflicts_with = "number", required_unless_present = "number")]
    label: Option<char>,
    /// The number on each of them
    #[arg(long)]
    number: Option<String>,
    /// Keep the number without looking for boxes
    #[arg(long, requires = "number")]
    no_boxes: bool,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let store = Store::new(globals.places().captured());
    let text = args.label.map(String::from).or_else(|| args.number.clone()).unwrap_or_default();
    let finder = match args.number.is_some() && !args.no_boxes {
        true => shipped().map(|own| PictureReader::open(&own, None)).transpose()?,
        false => None,
    };
    set_threads(0);
    let (mut ids, mut n_boxes) = (Vec::new(), Vec::new());
    for path in &args.pictures {
        let bytes = std::fs::read(path)
            .with_context(|| format!("the picture cannot be read: {}", path.display()))
            .map_err(|error| BadInput(format!("{error:#}")))?;
        let (bytes, boxes) = match &finder {
            Some(finder) => {
                let (found, remark) = find(finder, &bytes, &text, path)?;
                out.line(format!("{remark}: {}", path.display()))?;
                found.map_or((Cow::Borrowed(bytes.as_slice()), Vec::new()), |(cut, boxes)| {
                    (cut.map_or(Cow::Borrowed(bytes.as_slice()), Cow::Owned), boxes)
                })
            }
            None => (Cow::Borrowed(bytes.as_slice()), Vec::new()),
        };
        n_boxes.push(boxes.len());
        let about =
            Record { text: text.clone(), boxes, source: path.display().to_string(), ..Record::default() };
        ids.push(store.add(&bytes, about).map_err(|error| BadInput(error.to_string()))?.id);
    }
    let pictures =
        if ids.len() == 1 { "1 picture is".to_owned() } else { format!("{} pictures are", ids.len()) };
    out.line(format!("{pictures} kept as '{text}': {}", store.folder().display()))?;
    Ok(Done::with(json!({ "kept": ids, "text": text, "boxes": n_boxes, "folder": store.folder() })))
}

/// The part of a picture with nothing else on it, where there was something else, and a box for each character.
type Marked = (Option<Vec<u8>>, Vec<Area>);

/// Where a number is on a picture, if it is read there; and what is to be said of it.
fn find(
    finder: &PictureReader,
    bytes: &[u8],
    text: &str,
    path: &Path,
) -> anyhow::Result<(Option<Marked>, String)> {
    // What is no picture is refused when it is to be kept.
    let Ok(picture) = decode(bytes, path) else { return Ok((None, "No boxes".to_owned())) };
    let reading = finder.read(&picture, Effort::Still)?;
    let Some(number) = reading.numbers.iter().find(|number| number.text == text) else {
        let read: Vec<&str> = reading.numbers.iter().map(|number| number.text.as_str()).collect();
        let read = if read.is_empty() { "no number".to_owned() } else { read.join(", ") };
        return Ok((None, format!("No boxes, since {read} is read where '{text}' was said")));
    };
    let mut boxes: Vec<Area> = number.digits.iter().map(|digit| digit.area).collect();
    if reading.numbers.len() == 1 {
        let remark = format!("{} boxes found", boxes.len());
        return Ok((Some((None, boxes)), remark));
    }
    let cut = alone(&picture.into_rgb8(), &mut boxes).context("the number lies outside of the picture")?;
    let mut bytes = Cursor::new(Vec::new());
    cut.write_to(&mut bytes, ImageFormat::Png).context("the picture cannot be packed")?;
    let remark = format!("{} boxes found; other numbers are cut away", boxes.len());
    Ok((Some((Some(bytes.into_inner()), boxes)), remark))
}
