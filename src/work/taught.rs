//! How many of the captured numbers a model reads rightly, and how many of the old validation pictures, for before and
//! after it was trained on the former.

use super::Context;
use super::load::Told;
use crate::data::captured::{Record, Store};
use crate::data::{Area, DataError, Places, picture::open_picture};
use crate::reader::{Effort, PictureReader, Reader, measure};
use crate::recipe::Recipe;
use image::DynamicImage;
use std::path::Path;

/// Validation pictures that a model that searches reads at most: more would only take minutes.
const MOST: usize = 200;
/// Paper left around a character, as a share of its height.
const MARGIN: f32 = 0.08;

/// How a model does on captured pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OnCaptured {
    /// Numbers of which every character was read rightly.
    pub n_right: usize,
    /// Numbers that it could read: with a box for each character, or any where it finds numbers itself.
    pub n: usize,
    /// Numbers read on them that nobody wrote, by a model that finds numbers itself.
    pub n_else: usize,
}

/// Reads every captured picture with a model.
///
/// # Errors
/// Where the model or the list of pictures cannot be opened, or it was cancelled.
pub fn on_captured(model: &Path, store: &Store, context: &Context) -> anyhow::Result<OnCaptured> {
    let reader = Asked::open(model)?;
    let mut all = OnCaptured::default();
    for record in store.records()?.0 {
        anyhow::ensure!(!context.is_cancelled(), "cancelled");
        let Ok(picture) = open_picture(&store.folder().join(&record.file)) else { continue };
        let read = match &reader {
            Asked::Searches(reader) => {
                let (text, n_else) = found(reader, &picture, &record)?;
                all.n_else += n_else;
                Some(text)
            }
            Asked::Reads(reader) => read(reader, &picture, &record)?,
        };
        if let Some(read) = read {
            all.n += 1;
            all.n_right += usize::from(read == record.text);
        }
    }
    Ok(all)
}

/// The share of numbers that models which search read rightly on a recipe's validation pictures; `None` for models that do
/// not search.
///
/// # Errors
/// Where a model or the pictures cannot be opened, or it was cancelled.
pub fn on_validation(
    models: &[&Path],
    recipe: &Recipe,
    places: &Places,
    overlays: &Path,
    context: &Context,
) -> anyhow::Result<Vec<Option<f64>>> {
    if recipe.model.detector().is_none() {
        return Ok(vec![None; models.len()]);
    }
    let dataset = recipe.dataset(places, overlays, &Told(context))?;
    let (_, mut rows) = dataset.divide(recipe.train.validation_share, recipe.train.seed);
    rows.truncate(MOST);
    let one = |model: &&Path| {
        let reader = PictureReader::open(model, None)?;
        let measured = measure(&reader, &dataset.train, dataset.kind, &rows, false, &Told(context))?;
        Ok(Some(measured.ok_or(DataError::Cancelled)?.all.numbers.exact))
    };
    models.iter().map(one).collect()
}

/// A model that is asked what is on pictures.
enum Asked {
    /// One that finds numbers itself.
    Searches(Box<PictureReader>),
    /// One that is shown where they are.
    Reads(Box<Reader>),
}

impl Asked {
    fn open(model: &Path) -> anyhow::Result<Self> {
        let reader = Reader::open(model)?;
        if reader.detector().is_none() {
            return Ok(Self::Reads(Box::new(reader)));
        }
        Ok(Self::Searches(Box::new(PictureReader::open(model, None)?)))
    }
}

/// The number that the model finds where the boxes are, or the surest one where there are none; nothing if there is none.
/// And how many others it finds.
fn found(reader: &PictureReader, picture: &DynamicImage, record: &Record) -> anyhow::Result<(String, usize)> {
    let reading = reader.read(picture, Effort::Still)?;
    let place = record.boxes.iter().copied().reduce(|a, b| a.around(&b));
    let there = match place {
        Some(place) => {
            let over = |number: &&crate::found::Number| number.area.overlap(&place);
            reading.numbers.iter().filter(|one| over(one) > 0.0).max_by(|a, b| over(a).total_cmp(&over(b)))
        }
        None => reading.numbers.first(),
    };
    let n_else = reading.numbers.len() - usize::from(there.is_some());
    Ok((there.map(|number| number.text.clone()).unwrap_or_default(), n_else))
}

/// What the model reads where the boxes are; `None` where it cannot be asked.
fn read(reader: &Reader, picture: &DynamicImage, record: &Record) -> anyhow::Result<Option<String>> {
    let classes = &reader.meta.classes;
    let Some(whole) = record.boxes.iter().copied().reduce(|a, b| a.around(&b)) else { return Ok(None) };
    if reader.reads_numbers() {
        let read = reader.predict_image(&cut(picture, &whole))?;
        return Ok(read.number.map(|number| number.text(classes)));
    }
    let mut text = String::new();
    for area in &record.boxes {
        let class = reader.predict_image(&cut(picture, area))?.class;
        text.push_str(classes.get(class).map_or("?", String::as_str));
    }
    Ok(Some(text))
}

fn cut(picture: &DynamicImage, area: &Area) -> DynamicImage {
    let margin = area.h * MARGIN;
    let [x, y] = [area.x - margin, area.y - margin].map(|edge| edge.max(0.0) as u32);
    let right = ((area.right() + margin).ceil().max(0.0) as u32).min(picture.width());
    let bottom = ((area.bottom() + margin).ceil().max(0.0) as u32).min(picture.height());
    let (x, y) = (x.min(picture.width() - 1), y.min(picture.height() - 1));
    picture.crop_imm(x, y, right.saturating_sub(x).max(1), bottom.saturating_sub(y).max(1))
}
