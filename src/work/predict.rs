//! What a trained model makes of every image of a data set in a few numbers, and of a single picture; each on a thread
//! of its own.

use super::Context;
pub use super::examine::{Examined, On, Written, examine, written};
use crate::data::Samples;
use crate::reader::{Prediction, Reader, likeliest, open_picture};
use anyhow::Context as _;
use image::DynamicImage;
use std::path::{Path, PathBuf};

/// Longest side of the copy of a picture that is kept to be shown.
const SHOWN_SIDE: u32 = 512;
/// Numbers of all images together that are asked of a model: 256 MB.
const MOST_FEATURES: usize = 64 << 20;
/// A probability of zero would make the loss infinite; this is about the smallest that a softmax of f32 gives.
pub(super) const LEAST_PROBABILITY: f32 = 1e-38;

/// A model's reading of every image of a data set, learned from or not.
#[derive(Clone, Debug)]
pub struct Readings {
    /// The model file.
    pub model: PathBuf,
    /// When that file was written, to notice a newer one.
    pub written: Option<std::time::SystemTime>,
    /// `n * n_classes` probabilities, image after image.
    pub probabilities: Vec<f32>,
    /// Classes that the model tells apart.
    pub n_classes: usize,
    /// The likeliest class of each image.
    pub predicted: Vec<u8>,
    /// Its probability.
    pub confidence: Vec<f32>,
    /// The cross-entropy of each image in nats.
    pub loss: Vec<f32>,
}

impl Readings {
    /// The probabilities of one image.
    pub fn of(&self, row: usize) -> &[f32] {
        &self.probabilities[row * self.n_classes..(row + 1) * self.n_classes]
    }
}

/// Opens a model and reads every one of `samples` with it, whose classes are called `classes`.
///
/// # Errors
/// Where the model cannot be opened or reads other images, or was cancelled.
pub fn read_all(
    model: &Path,
    samples: &Samples,
    classes: &[String],
    context: &Context,
) -> anyhow::Result<Readings> {
    let reader = Reader::open(model)?;
    anyhow::ensure!(
        reader.meta.classes == classes,
        "the model was trained to tell {} from each other, these images show {}",
        reader.meta.classes.join(" "),
        classes.join(" ")
    );
    let n = samples.len();
    let probabilities = reader.predict_samples(samples, 0..n, &mut |done| {
        context.report(super::Status {
            doing: "Reading every image".to_owned(),
            done: done as u64,
            total: Some(n as u64),
        });
        !context.is_cancelled()
    })?;
    let probabilities = probabilities.context("cancelled")?;
    let each = || probabilities.chunks_exact(classes.len().max(1));
    let likeliest: Vec<(usize, f32)> = each().map(likeliest).collect();
    let loss = each().zip(samples.labels.iter()).map(|(probabilities, label)| {
        let probability = probabilities.get(usize::from(*label)).copied().unwrap_or(0.0);
        -probability.max(LEAST_PROBABILITY).ln()
    });
    Ok(Readings {
        model: model.to_owned(),
        written: written(model),
        n_classes: classes.len(),
        predicted: likeliest.iter().map(|(class, _)| *class as u8).collect(),
        confidence: likeliest.iter().map(|(_, confidence)| *confidence).collect(),
        loss: loss.collect(),
        probabilities,
    })
}

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
