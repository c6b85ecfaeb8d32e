//! What a trained model makes of every image of a data set in a few numbers, and of a single picture; each on a thread
//! of its own.

use super::Context;
pub use super::examine::{Examined, On, Written, examine, written};
pub use super::readings::{Readings, Texts, read_all};
use crate::data::Samples;
use crate::reader::{Prediction, Reader, open_picture};
use anyhow::Context as _;
use image::DynamicImage;
use std::path::{Path, PathBuf};

/// Longest side of the copy of a picture that is kept to be shown.
const SHOWN_SIDE: u32 = 512;
/// Numbers of all images together that are asked of a model: 256 MB.
const MOST_FEATURES: usize = 64 << 20;
/// A probability of zero would make the loss infinite; this is about the smallest that a softmax of f32 gives.
pub(super) const LEAST_PROBABILITY: f32 = 1e-38;

/// Opens a model and asks what its last layer is told of the images in `rows`: numbers for each, how many those are, and
/// the rows that it was done for, which are fewer where all would take too much memory.
///
/// # Errors
/// Where the model cannot be opened or reads other images, or was cancelled.
pub fn features(
    model: &Path,
    samples: &Samples,
    rows: Vec<u32>,
    context: &Context,
) -> anyhow::Result<(Vec<f32>, usize, Vec<u32>)> {
    let reader = Reader::open(model)?;
    let first = reader.features(samples, &rows[..rows.len().min(1)], &mut |_| true)?;
    let (_, width) = first.context("cancelled")?;
    let step = (rows.len() * width).div_ceil(MOST_FEATURES).max(1);
    let rows: Vec<u32> = rows.into_iter().step_by(step).collect();
    let n = rows.len() as u64;
    let features = reader.features(samples, &rows, &mut |done| {
        let doing = "Asking the model".to_owned();
        context.report(super::Status { doing, done: done as u64, total: Some(n) });
        !context.is_cancelled()
    })?;
    let (features, width) = features.context("cancelled")?;
    Ok((features, width, rows))
}

/// A model's reading of a picture of the user's.
#[derive(Clone, Debug)]
pub struct OwnPicture {
    /// Its file.
    pub path: PathBuf,
    /// The picture, made small enough to be shown: colours and transparency, upright.
    pub shown: image::RgbaImage,
    /// Its own size.
    pub size: (u32, u32),
    /// What each class is called.
    pub classes: Vec<String>,
    /// Columns and rows of what the model saw.
    pub input: (usize, usize),
    /// What the model made of it.
    pub prediction: Prediction,
}

/// Opens a picture and reads it with a model.
pub fn read_picture(model: &Path, picture: &Path) -> anyhow::Result<OwnPicture> {
    let reader = Reader::open(model)?;
    let opened = open_picture(picture)?;
    let prediction = reader.predict_image(&opened)?;
    Ok(OwnPicture {
        path: picture.to_owned(),
        size: (opened.width(), opened.height()),
        shown: shrink(opened).into_rgba8(),
        classes: reader.meta.classes.clone(),
        input: (reader.meta.width, reader.meta.height),
        prediction,
    })
}

fn shrink(picture: DynamicImage) -> DynamicImage {
    if picture.width().max(picture.height()) <= SHOWN_SIDE {
        return picture;
    }
    picture.thumbnail(SHOWN_SIDE, SHOWN_SIDE)
}
