//! How many of the captured numbers a model reads rightly, for before and after it was trained on them.

use super::Context;
use crate::data::captured::{Record, Store};
use crate::data::{Area, picture::open_picture};
use crate::reader::Reader;
use image::DynamicImage;
use std::path::Path;

/// Paper left around a character, as a share of its height.
const MARGIN: f32 = 0.08;

/// How a model does on captured pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OnCaptured {
    /// Numbers of which every character was read rightly.
    pub n_right: usize,
    /// Numbers that it could read: with a box for each character, or where it reads whole numbers.
    pub n: usize,
}

/// Reads every captured picture with a model.
///
/// # Errors
/// Where the model or the list of pictures cannot be opened, or it was cancelled.
pub fn on_captured(model: &Path, store: &Store, context: &Context) -> anyhow::Result<OnCaptured> {
    let reader = Reader::open(model)?;
    let mut all = OnCaptured::default();
    for record in store.records()?.0 {
        anyhow::ensure!(!context.is_cancelled(), "cancelled");
        let Ok(picture) = open_picture(&store.folder().join(&record.file)) else { continue };
        if let Some(read) = read(&reader, &picture, &record)? {
            all.n += 1;
            all.n_right += usize::from(read == record.text);
        }
    }
    Ok(all)
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
