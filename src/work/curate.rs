//! Looking for what is wrong with a data set, on a thread of its own; images are named as they were read.

use super::Context;
use super::load::{Loaded, Told};
use crate::data::curate::baseline::{Point, SIZES, baseline};
use crate::data::curate::check::{Check, check};
use crate::data::curate::duplicates::{Duplicates, Near, duplicates};
use crate::data::curate::errors::label_errors;
use crate::data::curate::measures::{Measures, measures, own_label};
use crate::data::curate::prints::{Print, prints};
use crate::data::curate::{At, Place, places};
use crate::data::{DataError, Dataset, joined};
use crate::reader::{Reader, likeliest};
use std::path::Path;
use std::sync::Arc;

/// What to look for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wanted {
    /// Images that are there more than once; nearly too, within limits.
    Duplicates(Option<Near>),
    /// Labels that are likely wrong.
    Errors,
    /// Images that stand out by how they look.
    Quality,
    /// How well logistic regression does.
    Baseline,
    /// Whether every image still has its label.
    Check,
}

/// An image that was found, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspected {
    /// The image.
    pub at: At,
    /// The class that it likely is of.
    pub likely: Option<u8>,
    /// In words.
    pub why: String,
}

/// What was found.
#[derive(Clone)]
pub enum Found {
    /// Images that are there more than once, which validation and test images training has too, where each image is,
    /// and the prints.
    Duplicates(Box<Duplicates>, Vec<At>, Vec<Place>, Arc<Vec<Print>>),
    /// Labels that are likely wrong, and in one sentence how many.
    Errors(Vec<Suspected>, String),
    /// Figures of each image, in the order of the images as curated: training first.
    Quality(Arc<Measures>),
    /// A learning curve.
    Baseline(Vec<Point>),
    /// Whether images and labels still belong together.
    Check(Check),
}

/// What an image of the data set as curated is called as it was read; rows count training images first.
pub fn at(dataset: &Dataset, row: usize) -> At {
    let n = dataset.train.len();
    let as_read = dataset.curated.as_ref().and_then(|rows| match row.checked_sub(n) {
        None => rows.train_at(row),
        Some(row) => rows.test_at(row),
    });
    as_read.unwrap_or_else(|| At::of(row as u32, n))
}

/// Looks for it. `division` (share, seed) is the recipe's, `known` the prints of the images as read, where somebody has
/// them.
pub fn find(
    wanted: Wanted,
    loaded: &Loaded,
    division: (f64, u64),
    known: Option<Arc<Vec<Print>>>,
    context: &Context,
) -> Result<Found, DataError> {
    let job = Told(context);
    let Loaded { base, dataset, .. } = loaded;
    match wanted {
        Wanted::Duplicates(near) => {
            let all = joined(&base.train, &base.test);
            let prints = match known.filter(|prints| prints.len() == all.len()) {
                Some(prints) => prints,
                None => Arc::new(prints(&all, &job)?),
            };
            let places = places(base, dataset, division);
            let found = duplicates(&prints, &places, &all.labels, near, &job)?;
            let shared = found.to_leave_out(&places, base.train.len());
            Ok(Found::Duplicates(Box::new(found), shared, places, prints))
        }
        Wanted::Errors => {
            let found = label_errors(dataset, division.1, &job)?;
            let suspects = found.suspects.iter().map(|suspect| Suspected {
                at: at(dataset, suspect.row as usize),
                likely: Some(suspect.likely),
                why: format!(
                    "{} at {:.1} %, {} at {:.1} %",
                    dataset.label_name(suspect.likely),
                    suspect.other * 100.0,
                    dataset.label_name(suspect.label),
                    suspect.own * 100.0
                ),
            });
            let told = format!(
                "{} of {} labels are likely wrong",
                found.suspects.len(),
                dataset.train.len() + dataset.test.len()
            );
            Ok(Found::Errors(suspects.collect(), told))
        }
        Wanted::Quality => {
            let mut measured = measures(&joined(&dataset.train, &dataset.test), &job)?;
            if let Ok(found) = label_errors(dataset, division.1, &job) {
                measured.put(own_label(found.own));
            }
            Ok(Found::Quality(Arc::new(measured)))
        }
        Wanted::Baseline => baseline(dataset, division, &SIZES, &job, &mut |_| ()).map(Found::Baseline),
        Wanted::Check => check(base, dataset, loaded.overlay.as_ref(), division, &job).map(Found::Check),
    }
}

/// The accuracy of a model on the test images as read, and on those that the edits leave.
pub fn on_both(model: &Path, loaded: &Loaded, context: &Context) -> anyhow::Result<[f64; 2]> {
    let reader = Reader::open(model)?;
    let measure = |dataset: &Dataset| -> anyhow::Result<f64> {
        let (samples, n) = (&dataset.test, dataset.test.len());
        anyhow::ensure!(n > 0, "there are no test images");
        anyhow::ensure!(
            reader.meta.classes == dataset.classes,
            "the model was trained to tell other classes apart"
        );
        let read = reader.predict_samples(samples, 0..n, &mut |done| {
            let doing = "Reading test images".to_owned();
            context.report(super::Status { doing, done: done as u64, total: Some(n as u64) });
            !context.is_cancelled()
        })?;
        let read = read.ok_or(DataError::Cancelled)?;
        let right = read.chunks_exact(dataset.classes.len()).zip(samples.labels.iter());
        Ok(right.filter(|(read, label)| likeliest(read).0 == usize::from(**label)).count() as f64 / n as f64)
    };
    Ok([measure(&loaded.base)?, measure(&loaded.dataset)?])
}
