//! What goes on inside of a model for one image, and what it makes of a drawing; each on a thread of its own.

use super::predict::{Examined, written};
use crate::reader::inside::Inside;
use crate::reader::{Prediction, Reader};
use anyhow::Context as _;
use image::RgbImage;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// What goes on inside for one image.
#[derive(Clone, Debug)]
pub struct Looked {
    /// The image's row.
    pub row: u32,
    /// What was found.
    pub inside: Inside,
}

/// The model used last: whoever draws wants an answer at once, and opening takes longer than reading.
static LAST: Mutex<Option<(PathBuf, Option<SystemTime>, Reader)>> = Mutex::new(None);

/// Uses a model, opened anew only where it is another one or was written since.
fn with<T>(model: &Path, use_it: impl FnOnce(&Reader) -> anyhow::Result<T>) -> anyhow::Result<T> {
    // Nobody leaves half a reader behind, so what a panic left is good.
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let now = written(model);
    if last.as_ref().is_none_or(|(path, at, _)| path != model || *at != now) {
        *last = Some((model.to_owned(), now, Reader::open(model)?));
    }
    let (_, _, reader) = last.as_ref().context("it was just put there")?;
    use_it(reader)
}

/// Looks inside of a model while it reads an image.
pub fn look(model: &Path, examined: &Examined, row: u32) -> anyhow::Result<Looked> {
    let samples = &examined.samples;
    anyhow::ensure!((row as usize) < samples.len(), "there is no such image");
    with(model, |reader| {
        let (image, size) = (samples.image(row as usize), samples.size(row as usize));
        let inside = reader.inside(&reader.brought(&image, size))?;
        Ok(Looked { row, inside })
    })
}

/// Looks inside of a model that finds digits while it looks at a picture; `row` says which one it is.
pub fn look_at(model: &Path, picture: &RgbImage, row: u32) -> anyhow::Result<Looked> {
    with(model, |reader| Ok(Looked { row, inside: reader.inside_picture(picture)? }))
}

/// Reads a drawing, white on black, of `side` pixels.
pub fn read_drawing(model: &Path, pixels: &[u8], side: usize) -> anyhow::Result<Prediction> {
    let picture = image::GrayImage::from_raw(side as u32, side as u32, pixels.to_vec());
    let picture = picture.context("the drawing has another size than it should")?;
    with(model, |reader| reader.predict_drawing(&picture.into()))
}
