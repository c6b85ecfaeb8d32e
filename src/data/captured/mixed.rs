//! Captured pictures mixed into what a model learns from, made to look like it; what validates stays what it was.

use super::super::curate::Rows;
use super::super::error::DataError;
use super::super::image_folder::Colour;
use super::super::joined::joined;
use super::super::places::Places;
use super::super::progress::Progress;
use super::super::samples::{Dataset, Kind, Pixels, Samples};
use super::super::split::split;
use super::{Captured, Cut};
use crate::data::DataSet as _;
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// Digits fill so much of an image's side that has paper around them, as MNIST's do: 20 of 28 pixels.
const DIGIT: f32 = 20.0 / 28.0;
/// Images looked at to tell what paper looks like in a data set.
const LOOKED_AT: usize = 200;

/// Settings of the mixing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mixed {
    /// How often each captured picture is seen in an epoch; 0 for not at all.
    pub repeat: u64,
}

impl Knobs for Mixed {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { repeat } = self;
        let help =
            "How often each captured picture is seen in an epoch beside the other images; 0 for not at all";
        visitor.int("repeat", repeat, Knob::range(0, 1000, help));
    }
}

impl Mixed {
    /// The data set with captured pictures added to those it is learned from.
    ///
    /// # Errors
    /// Where they cannot be read, or there are none that fit.
    pub fn mix(
        &self,
        dataset: Dataset,
        places: &Places,
        division: (f64, u64),
        job: &dyn Progress,
    ) -> Result<Dataset, DataError> {
        if self.repeat == 0 {
            return Ok(dataset);
        }
        let channels = dataset.train.channels;
        let colour = if channels == 1 { Colour::Grey } else { Colour::Rgb };
        let (cut, side) = match dataset.kind {
            Kind::Classes => (Cut::Characters, dataset.train.width.max(dataset.train.height) as u64),
            Kind::Numbers { .. } => (Cut::Numbers, 0),
        };
        let settings = Captured { cut, side, colour, test_share: 0.0, ..Captured::default() };
        let captured = settings.load(places, job)?;
        mix_in(dataset, &captured, self.repeat as usize, division)
    }
}

/// Adds the training images of `captured` whose classes are known, each so many times.
fn mix_in(
    dataset: Dataset,
    captured: &Dataset,
    repeat: usize,
    (share, seed): (f64, u64),
) -> Result<Dataset, DataError> {
    let train = &dataset.train;
    let n = train.len();
    // What a class is called decides, not how it is counted.
    let class = |label: u8| {
        let name = captured.classes.get(usize::from(label))?;
        dataset.classes.iter().position(|known| known == name).map(|class| class as u8)
    };
    let fitting: Vec<(u32, u8)> = (0..captured.train.len() as u32)
        .filter_map(|row| match dataset.kind {
            Kind::Classes => Some((row, class(captured.train.labels[row as usize])?)),
            Kind::Numbers { longest } => {
                let marks = captured.train.marks(row as usize);
                let known = marks.iter().all(|mark| class(mark.class) == Some(mark.class));
                (known && !marks.is_empty() && marks.len() <= longest)
                    .then_some((row, captured.train.labels[row as usize]))
            }
        })
        .collect();
    if fitting.is_empty() {
        return Err(DataError::NotFound {
            what: "none of the captured pictures shows what this data set shows".to_owned(),
            remedy: "Keep pictures with a box around each character, or set captured.repeat to 0".to_owned(),
        });
    }
    let rows: Vec<u32> = fitting.iter().map(|(row, _)| *row).collect();
    let labels: Vec<u8> = fitting.iter().map(|(_, label)| *label).collect();
    let chosen = Samples { labels: labels.into(), ..captured.train.select(&rows) };
    let chosen = if dataset.kind == Kind::Classes { alike(&chosen, train) } else { chosen };
    let every: Vec<u32> = (0..repeat).flat_map(|_| 0..chosen.len() as u32).collect();
    let added = chosen.select(&every);
    let mut warnings = dataset.warnings.clone();
    let left = captured.train.len() - rows.len();
    if left > 0 {
        warnings.push(format!(
            "{left} captured pictures show what this data set does not know, and are left out"
        ));
    }
    warnings.extend(captured.warnings.iter().cloned());
    let (rows, valid) = match &dataset.curated {
        Some(rows) => ((**rows).clone(), rows.valid.clone()),
        None => {
            let as_read = Rows {
                n_train: n,
                train: (0..n as u32).collect(),
                test: (n as u32..(n + dataset.test.len()) as u32).collect(),
                valid: Vec::new(),
            };
            (as_read, split(&train.labels, share, seed).1)
        }
    };
    // Beyond all that was read: they come from elsewhere.
    let beyond = (rows.n_train + dataset.test.len()) as u32 + n as u32;
    let train_rows = rows.train.iter().copied().chain((0..added.len() as u32).map(|i| beyond + i)).collect();
    let rows = Rows { train: train_rows, valid, ..rows };
    let mut digest = Sha256::new();
    digest.update(format!("mixed {repeat} {} {}", dataset.fingerprint, captured.fingerprint));
    let fingerprint = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let train = joined(train, &added);
    Ok(Dataset { train, fingerprint, curated: Some(Arc::new(rows)), warnings, ..dataset })
}

/// Single characters with the ink, the paper and the margin of a data set.
fn alike(captured: &Samples, like: &Samples) -> Samples {
    let (side_w, side_h, channels) = (like.width, like.height, like.channels);
    let is_light_on_dark = paper(like).is_some_and(|paper| paper < 90.0);
    let mut pixels = Vec::with_capacity(captured.len() * channels * side_w * side_h);
    for row in 0..captured.len() {
        let image = captured.image(row);
        let [w, h] = captured.size(row);
        if channels != 1 || !is_light_on_dark {
            // Photographs stay as they are but for their size.
            for plane in image.chunks_exact((w * h).max(1)).take(channels) {
                pixels.extend(placed(plane, [w, h], [side_w, side_h], 1.0));
            }
            continue;
        }
        let turn = rim(&image, [w, h]).is_some_and(|rim| rim > mean(&image));
        let mut ink: Vec<u8> = image.iter().map(|value| if turn { 255 - value } else { *value }).collect();
        let (low, high) = ink.iter().fold((255, 0), |(low, high), v| (u8::min(low, *v), u8::max(high, *v)));
        let scale = 255.0 / f32::from(high.saturating_sub(low).max(1));
        ink.iter_mut().for_each(|value| *value = (f32::from(*value - low) * scale) as u8);
        pixels.extend(placed(&ink, [w, h], [side_w, side_h], DIGIT));
    }
    Samples {
        names: captured.names.clone(),
        ..Samples::new(Pixels::Owned(pixels.into()), Arc::clone(&captured.labels), [channels, side_h, side_w])
    }
}

/// A plane scaled to a share of another size and laid into its middle.
fn placed(plane: &[u8], [w, h]: [usize; 2], [to_w, to_h]: [usize; 2], share: f32) -> Vec<u8> {
    let mut out = vec![0; to_w * to_h];
    let scale = (to_w as f32 * share / w.max(1) as f32).min(to_h as f32 * share / h.max(1) as f32);
    let size = [(w as f32 * scale).round() as usize, (h as f32 * scale).round() as usize];
    let (wide, high) = (size[0].clamp(1, to_w), size[1].clamp(1, to_h));
    let Some(buffer) = image::GrayImage::from_raw(w as u32, h as u32, plane.to_vec()) else { return out };
    let small =
        image::imageops::resize(&buffer, wide as u32, high as u32, image::imageops::FilterType::Triangle);
    let (left, top) = ((to_w - wide) / 2, (to_h - high) / 2);
    for (row, line) in small.as_raw().chunks_exact(wide).enumerate() {
        let at = (top + row) * to_w + left;
        out[at..at + wide].copy_from_slice(line);
    }
    out
}

fn mean(values: &[u8]) -> f32 {
    values.iter().map(|value| f32::from(*value)).sum::<f32>() / values.len().max(1) as f32
}

/// The mean of an image's outermost pixels.
fn rim(image: &[u8], [w, h]: [usize; 2]) -> Option<f32> {
    let on_rim = |at: &usize| at.is_multiple_of(w) || at % w == w - 1 || at / w == 0 || at / w == h - 1;
    let rim: Vec<u8> = (0..w * h).filter(on_rim).filter_map(|at| image.get(at).copied()).collect();
    (!rim.is_empty()).then(|| mean(&rim))
}

/// How bright the paper of a data set is: what its images' rims show.
fn paper(samples: &Samples) -> Option<f32> {
    let step = samples.len().div_ceil(LOOKED_AT).max(1);
    let rims: Vec<f32> = (0..samples.len())
        .step_by(step)
        .filter_map(|row| rim(&samples.image(row), samples.size(row)))
        .collect();
    (!rims.is_empty()).then(|| rims.iter().sum::<f32>() / rims.len() as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Black images of 28 x 28 of ten classes.
    fn dataset(n_train: usize, n_test: usize) -> Dataset {
        let part = |n: usize| {
            let labels: Vec<u8> = (0..n).map(|i| (i % 10) as u8).collect();
            Samples::new(Pixels::Owned(vec![0; 784 * n].into()), labels.into(), [1, 28, 28])
        };
        Dataset {
            name: "Black".to_owned(),
            classes: (0..=9).map(|n| n.to_string()).collect(),
            kind: Kind::Classes,
            train: part(n_train),
            test: part(n_test),
            fingerprint: "black".to_owned(),
            curated: None,
            warnings: Vec::new(),
        }
    }

    /// Dark ink on light paper: a bar in the middle of each image of 20 x 20.
    fn captured(labels: &[u8]) -> Dataset {
        let bar: Vec<u8> = (0..400).map(|at| if (8..12).contains(&(at % 20)) { 30 } else { 220 }).collect();
        let pixels = Pixels::Owned(bar.repeat(labels.len()).into());
        let train = Samples::new(pixels, labels.into(), [1, 20, 20]);
        Dataset {
            classes: (0..=9).map(|n| n.to_string()).chain(["x".to_owned()]).collect(),
            train,
            ..dataset(0, 0)
        }
    }

    #[test]
    fn captured_images_join_training_and_validation_stays() -> Result<(), DataError> {
        let base = dataset(100, 20);
        let before = split(&base.train.labels, 0.2, 5).1;
        let width = base.train.width;
        let mixed = mix_in(base.clone(), &captured(&[3, 10, 7]), 2, (0.2, 5))?;
        assert_eq!((mixed.train.len(), mixed.test.len()), (104, 20));
        assert_eq!(&mixed.train.labels[100..], [3, 7, 3, 7]);
        let rows = mixed.curated.as_ref().map(|rows| rows.valid.clone());
        assert_eq!(rows, Some(before));
        assert_ne!(mixed.fingerprint, base.fingerprint);
        assert_eq!(mixed.warnings.len(), base.warnings.len() + 1);
        assert_eq!(mixed.train.image(101).len(), width * base.train.height);
        let none =
            mix_in(base, &captured(&[10]), 2, (0.2, 5)).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(none.contains("none of the captured"), "{none}");
        Ok(())
    }

    #[test]
    fn ink_is_made_to_look_like_the_data_set_s() {
        let black = Samples::new(Pixels::Owned(vec![0; 784 * 3].into()), [0; 3].into(), [1, 28, 28]);
        let alike_ = alike(&captured(&[1]).train, &black);
        let image = alike_.image(0);
        // Light on dark, stretched, with a margin of four pixels.
        assert_eq!((image[14 * 28 + 14], image[14 * 28 + 5], image[3 * 28 + 14]), (255, 0, 0));
        assert!(image[4 * 28 + 14] > 0);
        let white = Samples::new(Pixels::Owned(vec![255; 784 * 3].into()), [0; 3].into(), [1, 28, 28]);
        let kept = alike(&captured(&[1]).train, &white);
        assert!(kept.image(0)[14 * 28 + 14] < 60 && kept.image(0)[0] > 200);
    }

    #[test]
    fn nothing_is_mixed_where_nothing_is_asked_for() -> Result<(), DataError> {
        let (_folder, places) = super::super::super::testing::empty_places();
        let base = dataset(10, 2);
        let same =
            Mixed::default().mix(base.clone(), &places, (0.1, 1), &super::super::super::progress::Silent)?;
        assert_eq!((same.train.len(), same.fingerprint), (10, base.fingerprint));
        Ok(())
    }
}
