//! What a model that finds digits makes of whole pictures: how right digits, numbers and their boxes are, and pictures
//! with the boxes drawn; on a thread of its own.

use super::Context;
use super::examine::On;
use super::load::Told;
use crate::data::curate::Curation;
use crate::data::{self, Kind, Places, Progress, Samples, Stage, Unit, marks};
use crate::found::Number;
use crate::found::score::{Outcome, Scores, Tally, outcomes};
use crate::reader::{Effort, PictureReader, Reader, annotated_large};
use crate::runs::{Split, overlays_beside};
use crate::score::{Answer, Answers};
use anyhow::{Context as _, ensure};
use image::RgbImage;
use std::path::Path;

/// Pictures that are read at most, spread evenly over the part.
const MOST: usize = 1000;
/// Pictures kept of what went well, and of what went wrong.
const SHOWN: usize = 12;
/// The longer side of a picture with boxes, at least about.
const LARGE: u32 = 192;
/// Overlaps at which bands begin: no box at all is the first.
const BANDS: [(f32, &str); 5] = [
    (0.0, "not found"),
    (0.1, "up to one half"),
    (0.5, "one half to three quarters"),
    (0.75, "three quarters to nine tenths"),
    (0.9, "more"),
];

/// A picture with the boxes found, and what is written and read.
#[derive(Clone, Debug)]
pub struct Boxed {
    /// The picture with boxes.
    pub image: RgbImage,
    /// The picture alone.
    pub plain: RgbImage,
    /// In words.
    pub told: String,
}

/// What a model that finds digits makes of pictures.
pub struct Localised {
    /// What the data set is called.
    pub data: String,
    /// Pictures in that part of it; of more than a thousand only so many are read.
    pub n_pictures: usize,
    /// Everything that is measured on pictures.
    pub scores: Scores,
    /// How sure it is of each number found, and whether that is right.
    pub answers: Answers,
    /// Of each number on the pictures: the overlap of its box with the true one, and whether it is read exactly right.
    pub overlaps: Vec<(f32, bool)>,
    /// Milliseconds for a picture, in the median.
    pub ms: f64,
    /// Pictures read rightly.
    pub right: Vec<Boxed>,
    /// Pictures with a number read wrongly or not found.
    pub wrong: Vec<Boxed>,
}

/// Numbers whose boxes fit so well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// How well: "one half to three quarters".
    pub name: &'static str,
    /// How many there are.
    pub n: u64,
    /// How many of them are read exactly right.
    pub right: u64,
}

impl Localised {
    /// The pictures kept: those read wrongly first.
    pub fn pictures(&self) -> impl Iterator<Item = &Boxed> {
        self.wrong.iter().chain(&self.right)
    }

    /// Numbers by how well their boxes fit, the worst first.
    pub fn bands(&self) -> Vec<Band> {
        bands(&self.overlaps)
    }

    /// Shares of the numbers whose boxes overlap the true ones by 0 to 1, in equally wide bars.
    pub fn distribution(&self, n_bars: usize) -> Vec<f64> {
        let mut shares = vec![0.0; n_bars.max(1)];
        for (iou, _) in &self.overlaps {
            let at = ((iou * n_bars as f32) as usize).min(shares.len() - 1);
            shares[at] += 1.0 / self.overlaps.len() as f64;
        }
        shares
    }
}

fn bands(overlaps: &[(f32, bool)]) -> Vec<Band> {
    let mut all: Vec<Band> = BANDS.iter().map(|(_, name)| Band { name, n: 0, right: 0 }).collect();
    for (iou, right) in overlaps {
        let at = BANDS.iter().rposition(|(from, _)| iou >= from).unwrap_or(0);
        all[at].n += 1;
        all[at].right += u64::from(*right);
    }
    all
}

/// Reads the pictures of a part with a model that finds digits.
///
/// # Errors
/// Where the model cannot be opened or fails, or it was cancelled.
pub fn localise(
    model: &Path,
    data: &str,
    samples: &Samples,
    job: &dyn Progress,
) -> anyhow::Result<Localised> {
    let reader = PictureReader::open(model, None)?;
    ensure!(reader.finds(), "the model does not find digits");
    reader.warm()?;
    let n = samples.len();
    let rows: Vec<usize> = (0..n).step_by(n.div_ceil(MOST).max(1)).collect();
    let (mut tally, mut overlaps, mut ms) = (Tally::default(), Vec::new(), Vec::new());
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    for (done, row) in rows.iter().copied().enumerate() {
        ensure!(!job.cancelled(), "cancelled");
        let total = rows.len() as u64;
        job.report(Stage { text: "Reading test pictures", done: done as u64, total, unit: Unit::Images });
        let Some(image) = samples.picture(row) else { continue };
        let reading = reader.read(&image, Effort::Still)?;
        ms.push(reading.ms.total());
        let marks = samples.marks(row);
        tally.add(&reading.digits, &reading.numbers, marks);
        let found = outcomes(&reading.numbers, marks);
        overlaps.extend(found.iter().map(|one| (one.iou, one.right)));
        let all_right = !found.is_empty() && found.iter().all(|one| one.right);
        let shown = if all_right { &mut right } else { &mut wrong };
        if shown.len() < SHOWN && !found.is_empty() {
            let caption = told(&found, &reading.numbers);
            let boxes = annotated_large(&image, &reading.numbers, LARGE);
            shown.push(Boxed { image: boxes, plain: image.to_rgb8(), told: caption });
        }
    }
    ms.sort_by(f64::total_cmp);
    let each = |(confidence, right): &(f32, bool)| Answer { confidence: *confidence, right: *right };
    Ok(Localised {
        data: data.to_owned(),
        n_pictures: n,
        answers: tally.readings().iter().map(each).collect(),
        scores: tally.scores(),
        overlaps,
        ms: ms.get(ms.len() / 2).copied().unwrap_or_default(),
        right,
        wrong,
    })
}

/// Reads a part of a data set with a model file, where the model finds digits; `None` where it does not.
///
/// # Errors
/// Where model or data cannot be opened, or it was cancelled.
pub fn examine_places(
    model: &Path,
    on: &On,
    places: &Places,
    context: &Context,
) -> anyhow::Result<Option<Localised>> {
    let reader = Reader::open(model)?;
    if reader.detector().is_none() {
        return Ok(None);
    }
    let mut recipe = reader.recipe;
    if let Some(source) = &on.source {
        // The edits are those of another data set.
        (recipe.data, recipe.curation) = (source.clone(), Curation::default());
    }
    let job = Told(context);
    let dataset =
        recipe.dataset(places, &overlays_beside(model), &job).context("The pictures cannot be loaded")?;
    let (train, valid) = dataset.divide(recipe.train.validation_share, recipe.train.seed);
    let samples = match on.part {
        Split::Train => dataset.train.select(&train),
        Split::Valid => dataset.train.select(&valid),
        Split::Test => dataset.test.clone(),
    };
    ensure!(!samples.is_empty(), "{} has no {} pictures", dataset.name, on.part.name());
    localise(model, &dataset.name, &samples, &job).map(Some)
}

/// What is written and what was read, number after number.
fn told(outcomes: &[Outcome], numbers: &[Number]) -> String {
    let each = outcomes.iter().map(|one| match one.read.and_then(|at| numbers.get(at)) {
        None => format!("{} not found", one.truth),
        Some(read) if one.right => format!("{} read, overlap {:.2}", read.text, one.iou),
        Some(read) => format!("{} read as {}, overlap {:.2}", one.truth, read.text, one.iou),
    });
    each.collect::<Vec<_>>().join("; ")
}

/// What is read rightly of pictures that were captured and labelled, as text.
///
/// # Errors
/// Where they cannot be loaded or read, or it was cancelled.
pub fn captured(model: &Path, places: &Places, job: &dyn Progress) -> anyhow::Result<(usize, f64)> {
    let source = data::Source::Captured(data::Captured { test_share: 0.9, ..data::Captured::default() });
    let dataset = source.load(places, job)?;
    let reader = PictureReader::open(model, None)?;
    let mut right = 0;
    let n = dataset.test.len();
    for row in 0..n {
        ensure!(!job.cancelled(), "cancelled");
        let image = dataset.test.picture(row).context("it has no pixels")?;
        let reading = reader.read(&image, Effort::Still)?;
        let written = match dataset.kind {
            Kind::Classes => dataset.label_name(dataset.test.labels[row]),
            Kind::Numbers { .. } => marks::text(dataset.test.marks(row), &dataset.classes),
        };
        let read = reading.numbers.first().map_or("", |number| number.text.as_str());
        right += usize::from(read == written);
    }
    ensure!(n > 0, "none is labelled");
    Ok((n, right as f64 / n as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::samples::Pixels;
    use crate::data::{Area, Mark, Marks};
    use crate::reader::testing::detector_file;
    use std::sync::Arc;

    #[test]
    fn bands_hold_every_number_once() {
        let overlaps =
            [(0.0, false), (0.3, false), (0.5, true), (0.74, false), (0.75, true), (0.95, true), (1.0, true)];
        let bands = bands(&overlaps);
        assert_eq!(bands.iter().map(|band| band.n).collect::<Vec<_>>(), [1, 1, 2, 1, 2]);
        assert_eq!(bands.iter().map(|band| band.right).collect::<Vec<_>>(), [0, 0, 1, 1, 2]);
    }

    #[test]
    fn every_number_on_the_pictures_is_told() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let pixels: Vec<u8> = (0..3 * 64 * 64).map(|i| (i * 37 % 251) as u8).collect();
        let mut marks = Marks::new();
        for class in [3, 4] {
            marks.push(&[Mark { class, number: 0, area: Area { x: 8.0, y: 8.0, w: 20.0, h: 40.0 } }]);
        }
        marks.push(&[]);
        let samples = Samples {
            marks: Some(Arc::new(marks)),
            ..Samples::new(Pixels::Owned(pixels.into()), Arc::from([1, 1, 0]), [1, 64, 64])
        };
        let localised = localise(&detector_file(folder.path())?, "scenes", &samples, &data::Silent)?;
        assert_eq!((localised.overlaps.len(), localised.scores.digits.n, localised.n_pictures), (2, 2, 3));
        assert_eq!(localised.right.len() + localised.wrong.len(), 2);
        assert!((localised.distribution(20).iter().sum::<f64>() - 1.0).abs() < 1e-9);
        Ok(())
    }
}
