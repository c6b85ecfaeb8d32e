//! What a trained model makes of a test split, image by image, and of a single picture; each on a thread of its own.

use super::Context;
use super::load::Told;
use crate::data::{Dataset, Places, Samples, marks};
use crate::models::numbers::Reading;
use crate::reader::{Prediction, Reader, likeliest, open_picture};
use crate::runs::overlays_beside;
use anyhow::Context as _;
use image::DynamicImage;
use std::path::{Path, PathBuf};

/// Longest side of the copy of a picture that is kept to be shown.
const SHOWN_SIDE: u32 = 512;
/// Numbers of all images together that are asked of a model: 256 MB.
const MOST_FEATURES: usize = 64 << 20;
/// A probability of zero would make the loss infinite; this is about the smallest that a softmax of f32 gives.
const LEAST_PROBABILITY: f32 = 1e-38;

/// A model's reading of every image of a test split.
#[derive(Clone)]
pub struct Examined {
    /// The model file.
    pub model: PathBuf,
    /// When that file was written, to notice a newer one.
    pub written: Option<std::time::SystemTime>,
    /// What the data set is called.
    pub data: String,
    /// What each class is called.
    pub classes: Vec<String>,
    /// The images with their true classes.
    pub samples: Samples,
    /// Where whole numbers are read: what is written on each image and what was read. Classes then are lengths.
    pub numbers: Option<Vec<Written>>,
    /// `n * classes.len()` probabilities, image after image.
    pub probabilities: Vec<f32>,
    /// The likeliest class of each image.
    pub predicted: Vec<u8>,
    /// Its probability.
    pub confidence: Vec<f32>,
    /// Share of images read rightly, 0 to 1.
    pub accuracy: f64,
    /// Mean cross-entropy in nats.
    pub loss: f64,
    /// Images by true class (row) and predicted class (column), row after row.
    pub confusion: Vec<u32>,
    /// The images read wrongly, the surest first.
    pub mistakes: Vec<u32>,
    /// Epochs that the model had trained, with fraction.
    pub epoch: f64,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// A number as it is written, and as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// What is written.
    pub truth: String,
    /// What was read.
    pub read: String,
}

impl Examined {
    /// The same of a model that reads whole numbers: an image's class is how many characters are on it.
    pub fn of_numbers(reader: &Reader, dataset: &Dataset, readings: &[Reading]) -> Self {
        let samples = &dataset.test;
        let names = &dataset.classes;
        let most = readings.iter().map(|reading| reading.classes.len()).max().unwrap_or(0);
        let n_lengths = (most + 1).max(dataset.n_labels());
        let mut probabilities = vec![0.0; readings.len() * n_lengths];
        for (reading, all) in readings.iter().zip(probabilities.chunks_mut(n_lengths)) {
            // A reading that says nothing of other lengths is as sure of its own as of all of it.
            match reading.lengths.len() {
                0 => all[reading.classes.len()] = reading.confidence,
                n => all[..n.min(n_lengths)].copy_from_slice(&reading.lengths[..n.min(n_lengths)]),
            }
        }
        let mut examined = Self::begun(reader, dataset);
        examined.classes = (0..n_lengths).map(|length| format!("{length} long")).collect();
        examined.probabilities = probabilities;
        for (row, reading) in readings.iter().enumerate() {
            let (truth, read) = (marks::text(samples.marks(row), names), reading.text(names));
            let (label, length) = (usize::from(samples.labels[row]), reading.classes.len());
            examined.predicted.push(length as u8);
            examined.confidence.push(reading.confidence);
            examined.confusion[label * n_lengths + length] += 1;
            let right = truth == read;
            // What the model thinks of the true number is only known where that is what it read.
            let probability = if right { reading.confidence } else { 1.0 - reading.confidence };
            examined.loss -= f64::from(probability.max(LEAST_PROBABILITY)).ln() / readings.len() as f64;
            if !right {
                examined.mistakes.push(row as u32);
            }
            examined.numbers.get_or_insert_with(Vec::new).push(Written { truth, read });
        }
        examined.accuracy = 1.0 - examined.mistakes.len() as f64 / readings.len().max(1) as f64;
        let confidence = &examined.confidence;
        examined.mistakes.sort_by(|a, b| confidence[*b as usize].total_cmp(&confidence[*a as usize]));
        examined
    }

    /// Whether an image is read rightly; all of it, where whole numbers are read.
    pub fn is_right(&self, row: usize) -> bool {
        match &self.numbers {
            Some(numbers) => numbers.get(row).is_some_and(|one| one.truth == one.read),
            None => self.samples.labels[row] == self.predicted[row],
        }
    }

    /// What is on an image and what was read, in words.
    pub fn words(&self, row: usize) -> [String; 2] {
        if let Some(one) = self.numbers.as_ref().and_then(|numbers| numbers.get(row)) {
            let said = |text: &str| if text.is_empty() { "nothing".to_owned() } else { text.to_owned() };
            return [said(&one.truth), said(&one.read)];
        }
        [self.samples.labels[row], self.predicted[row]].map(|class| {
            self.classes.get(usize::from(class)).cloned().unwrap_or_else(|| format!("class {class}"))
        })
    }

    /// Adds up what a model said of each image; `probabilities` has a row of `classes.len()` for each.
    pub fn new(reader: &Reader, dataset: &Dataset, probabilities: Vec<f32>) -> Self {
        let mut examined = Self { probabilities, ..Self::begun(reader, dataset) };
        examined.add_up(examined.classes.len());
        examined
    }

    /// Nothing read yet.
    fn begun(reader: &Reader, dataset: &Dataset) -> Self {
        let samples = dataset.test.clone();
        let classes = reader.meta.classes.clone();
        let n_classes = classes.len();
        let mut examined = Self {
            model: reader.path.clone(),
            written: written(&reader.path),
            data: dataset.name.clone(),
            predicted: Vec::with_capacity(samples.len()),
            confidence: Vec::with_capacity(samples.len()),
            accuracy: 0.0,
            loss: 0.0,
            confusion: vec![0; n_classes * n_classes],
            mistakes: Vec::new(),
            epoch: reader.meta.epoch,
            warnings: dataset.warnings.clone(),
            classes,
            samples,
            numbers: None,
            probabilities: Vec::new(),
        };
        if reader.meta.data != dataset.fingerprint {
            examined.warnings.push(format!(
                "The model learned from other data than {} as it is now: its settings or its files have changed since",
                dataset.name
            ));
        }
        examined
    }

    fn add_up(&mut self, n_classes: usize) {
        let mut loss = 0.0;
        for (row, label) in self.samples.labels.iter().enumerate() {
            let probabilities = &self.probabilities[row * n_classes..(row + 1) * n_classes];
            let (class, confidence) = likeliest(probabilities);
            self.predicted.push(class as u8);
            self.confidence.push(confidence);
            let truth = usize::from(*label);
            // A label that the model does not know is a mistake in any case, and has no place in the matrix.
            let probability = probabilities.get(truth).copied().unwrap_or(0.0);
            if truth < n_classes {
                self.confusion[truth * n_classes + class] += 1;
            }
            loss -= f64::from(probability.max(LEAST_PROBABILITY)).ln();
            if class != truth {
                self.mistakes.push(row as u32);
            }
        }
        let n = self.samples.len();
        if n > 0 {
            self.accuracy = (n - self.mistakes.len()) as f64 / n as f64;
            self.loss = loss / n as f64;
        }
        let confidence = &self.confidence;
        self.mistakes.sort_by(|a, b| confidence[*b as usize].total_cmp(&confidence[*a as usize]));
    }

    /// The probabilities of one image.
    pub fn of(&self, row: usize) -> &[f32] {
        let n = self.classes.len();
        &self.probabilities[row * n..(row + 1) * n]
    }
}

/// When a file was last written.
pub fn written(path: &Path) -> Option<std::time::SystemTime> {
    std::fs::metadata(path).and_then(|about| about.modified()).ok()
}

/// Opens a model and its data set and reads every test image.
pub fn examine(model: &Path, places: &Places, context: &Context) -> anyhow::Result<Examined> {
    let reader = Reader::open(model)?;
    let dataset = reader
        .recipe
        .dataset(places, &overlays_beside(model), &Told(context))
        .context("The test images cannot be loaded")?;
    let n = dataset.test.len();
    anyhow::ensure!(n > 0, "The data set has no test images");
    let mut go_on = |done| {
        context.report(super::Status {
            doing: "Reading test images".to_owned(),
            done: done as u64,
            total: Some(n as u64),
        });
        !context.is_cancelled()
    };
    if reader.reads_numbers() {
        let readings = reader.read_samples(&dataset.test, 0..n, &mut go_on)?.context("cancelled")?;
        return Ok(Examined::of_numbers(&reader, &dataset, &readings));
    }
    let probabilities = reader.predict_samples(&dataset.test, 0..n, &mut go_on)?.context("cancelled")?;
    Ok(Examined::new(&reader, &dataset, probabilities))
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::samples::Pixels;
    use crate::runs::now;
    use std::sync::Arc;

    #[test]
    fn whole_numbers_are_right_as_a_whole() {
        let mut examined = examined(&[2, 1, 1], &[[0.0, 0.1, 0.9], [0.2, 0.8, 0.0], [0.1, 0.9, 0.0]]);
        let one = |truth: &str, read: &str| Written { truth: truth.to_owned(), read: read.to_owned() };
        examined.numbers = Some(vec![one("42", "47"), one("7", ""), one("5", "5")]);
        // The lengths of the first and the third are right, but only the third number is.
        assert_eq!([0, 1, 2].map(|row| examined.is_right(row)), [false, false, true]);
        assert_eq!(examined.words(1), ["7".to_owned(), "nothing".to_owned()]);
        examined.numbers = None;
        assert_eq!([0, 1, 2].map(|row| examined.is_right(row)), [true; 3]);
        assert_eq!(examined.words(1), ["b".to_owned(), "b".to_owned()]);
    }

    /// Two classes and a third that no image has; `probabilities` has a row for each label.
    fn examined(labels: &[u8], probabilities: &[[f32; 3]]) -> Examined {
        let pixels = Pixels::Owned(Arc::from(vec![0; labels.len()]));
        let samples = Samples::new(pixels, Arc::from(labels), [1, 1, 1]);
        let mut examined = Examined {
            model: PathBuf::new(),
            written: None,
            data: String::new(),
            classes: ["a", "b", "c"].map(str::to_owned).to_vec(),
            samples,
            numbers: None,
            probabilities: probabilities.concat(),
            predicted: Vec::new(),
            confidence: Vec::new(),
            accuracy: 0.0,
            loss: 0.0,
            confusion: vec![0; 9],
            mistakes: Vec::new(),
            epoch: now(),
            warnings: Vec::new(),
        };
        examined.add_up(3);
        examined
    }

    #[test]
    fn what_it_adds_up_to() {
        let examined = examined(
            &[0, 1, 1, 0, 1],
            &[[0.5, 0.25, 0.25], [0.6, 0.4, 0.0], [0.0, 1.0, 0.0], [0.0, 0.1, 0.9], [1.0, 0.0, 0.0]],
        );
        assert_eq!(examined.predicted, [0, 0, 1, 2, 0]);
        assert_eq!(examined.confusion, [1, 0, 1, 2, 1, 0, 0, 0, 0]);
        // The surest mistake first.
        assert_eq!(examined.mistakes, [4, 3, 1]);
        assert!((examined.accuracy - 0.4).abs() < 1e-12);
        assert_eq!(examined.of(1), [0.6, 0.4, 0.0]);
        // A probability of zero for the truth gives a large loss, not an infinite one.
        assert!(examined.loss > 30.0 && examined.loss.is_finite());
    }

    #[test]
    fn a_label_the_model_does_not_know_is_a_mistake() {
        let examined = examined(&[7], &[[0.9, 0.1, 0.0]]);
        assert_eq!(examined.mistakes, [0]);
        assert_eq!(examined.confusion.iter().sum::<u32>(), 0);
    }
}
