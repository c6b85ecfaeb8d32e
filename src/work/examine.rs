//! What a trained model makes of a part of a data set, image by image, and what that adds up to.

use super::Context;
use super::load::Told;
use super::predict::LEAST_PROBABILITY;
use crate::data::curate::Curation;
use crate::data::{Dataset, Places, Samples, Source, marks};
use crate::models::numbers::Reading;
use crate::reader::{Reader, likeliest};
use crate::runs::{Split, overlays_beside};
use crate::score::{Answer, Answers, Figures, at_temperature, temperature, top};
use anyhow::Context as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is read.
#[derive(Clone, Debug, PartialEq)]
pub struct On {
    /// Another data set than the one that the model's recipe names.
    pub source: Option<Source>,
    /// Which part of it.
    pub part: Split,
}

impl Default for On {
    fn default() -> Self {
        Self { source: None, part: Split::Test }
    }
}

/// A model's reading of every image of a part of a data set.
#[derive(Clone)]
pub struct Examined {
    /// The model file.
    pub model: PathBuf,
    /// When that file was written, to notice a newer one.
    pub written: Option<std::time::SystemTime>,
    /// What the data set is called.
    pub data: String,
    /// The data set, to be read with another model.
    pub source: Option<Source>,
    /// The part of it.
    pub part: Split,
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
    /// Share of images whose class is among the two likeliest; `None` where whole numbers are read.
    pub top_2: Option<f64>,
    /// How sure the model is, and how rightly.
    pub answers: Answers,
    /// The same with scores divided by the temperature that makes them honest on the validation images, and that
    /// temperature; `None` where there is none.
    pub tempered: Option<(f64, Answers)>,
    /// How lengths, positions and characters are read, where whole numbers are.
    pub figures: Option<Figures>,
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
    pub fn of_numbers(reader: &Reader, dataset: &Dataset, samples: &Samples, readings: &[Reading]) -> Self {
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
        let mut examined = Self::begun(reader, dataset, samples.clone());
        let mut figures = Figures::default();
        examined.confusion = vec![0; n_lengths * n_lengths];
        examined.classes = (0..n_lengths).map(|length| format!("{length} long")).collect();
        examined.probabilities = probabilities;
        for (row, reading) in readings.iter().enumerate() {
            let marks = marks::largest(samples.marks(row));
            let (truth, read) = (marks::text(marks, names), reading.text(names));
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
            let written: Vec<u8> = marks.iter().map(|mark| mark.class).collect();
            let overlap = reading.overlap(marks, samples.size(row));
            overlap.into_iter().for_each(|overlap| figures.locate(overlap));
            figures.add(&written, &reading.classes, reading.confidence);
        }
        examined.answers = figures.answers();
        examined.figures = Some(figures);
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
    pub fn new(reader: &Reader, dataset: &Dataset, samples: Samples, probabilities: Vec<f32>) -> Self {
        let mut examined = Self { probabilities, ..Self::begun(reader, dataset, samples) };
        examined.add_up(examined.classes.len());
        examined
    }

    /// Nothing read yet.
    fn begun(reader: &Reader, dataset: &Dataset, samples: Samples) -> Self {
        let classes = reader.meta.classes.clone();
        let n_classes = classes.len();
        let mut examined = Self {
            model: reader.path.clone(),
            written: written(&reader.path),
            data: dataset.name.clone(),
            source: None,
            part: Split::Test,
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
            top_2: None,
            answers: Answers::default(),
            tempered: None,
            figures: None,
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
        let said = self.predicted.iter().zip(&self.confidence);
        let answers = self.samples.labels.iter().zip(said);
        self.answers = answers
            .map(|(label, (class, confidence))| Answer { confidence: *confidence, right: label == class })
            .collect();
        self.top_2 = Some(top(&self.probabilities, &self.samples.labels, n_classes, 2));
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

/// Opens a model and a data set and reads every image of a part of it.
pub fn examine(model: &Path, on: &On, places: &Places, context: &Context) -> anyhow::Result<Examined> {
    let reader = Reader::open(model)?;
    let mut recipe = reader.recipe.clone();
    if let Some(source) = &on.source {
        // The edits are those of another data set.
        (recipe.data, recipe.curation) = (source.clone(), Curation::default());
    }
    let dataset = recipe
        .dataset(places, &overlays_beside(model), &Told(context))
        .context("The images cannot be loaded")?;
    let (train, valid) = dataset.divide(recipe.train.validation_share, recipe.train.seed);
    let samples = match on.part {
        Split::Train => dataset.train.select(&train),
        Split::Valid => dataset.train.select(&valid),
        Split::Test => dataset.test.clone(),
    };
    let n = samples.len();
    anyhow::ensure!(n > 0, "{} has no {} images", dataset.name, on.part.name());
    let mut go_on = |done| {
        context.report(super::Status {
            doing: format!("Reading {} images", on.part.name()),
            done: done as u64,
            total: Some(n as u64),
        });
        !context.is_cancelled()
    };
    if reader.reads_numbers() {
        let readings = reader.read_samples(&samples, 0..n, &mut go_on)?.context("cancelled")?;
        let examined = Examined::of_numbers(&reader, &dataset, &samples, &readings);
        return Ok(Examined { source: Some(recipe.data), part: on.part, ..examined });
    }
    let names = known_as(&reader, &dataset)?;
    let (samples, told) = brought(&reader, samples, &names);
    let probabilities = reader.predict_samples(&samples, 0..n, &mut go_on)?.context("cancelled")?;
    let mut examined = Examined::new(&reader, &dataset, samples, probabilities);
    examined.warnings.extend(told);
    if !valid.is_empty() {
        let (valid, _) = brought(&reader, dataset.train.select(&valid), &names);
        let all = 0..valid.len();
        let of_valid = reader.predict_samples(&valid, all, &mut go_on)?.context("cancelled")?;
        examined.temper(&of_valid, &valid.labels);
    }
    Ok(Examined { source: Some(recipe.data), part: on.part, ..examined })
}

impl Examined {
    /// Finds the temperature on other images and what it makes of these.
    fn temper(&mut self, probabilities: &[f32], labels: &[u8]) {
        let n = self.classes.len();
        let Some(found) = temperature(probabilities, labels, n) else { return };
        let tempered = at_temperature(&self.probabilities, n, found);
        let answer = |(row, label): (&[f32], &u8)| {
            let (class, confidence) = likeliest(row);
            Answer { confidence, right: class == usize::from(*label) }
        };
        let answers = tempered.chunks_exact(n.max(1)).zip(self.samples.labels.iter()).map(answer);
        self.tempered = Some((found, answers.collect()));
    }
}

/// The model's class for each class of a data set, by its name; `u8::MAX` for one that the model does not know.
fn known_as(reader: &Reader, dataset: &Dataset) -> anyhow::Result<Vec<u8>> {
    let own = &reader.meta.classes;
    let place = |name: &String| own.iter().position(|known| known == name).map_or(u8::MAX, |at| at as u8);
    let names: Vec<u8> = dataset.classes.iter().map(place).collect();
    anyhow::ensure!(
        names.iter().any(|class| *class != u8::MAX),
        "the model tells {} from each other, {} shows {}",
        own.join(" "),
        dataset.name,
        dataset.classes.join(" ")
    );
    Ok(names)
}

/// Images as the model reads them: its classes, its size, its channels; and what the user should know of that.
fn brought(reader: &Reader, samples: Samples, names: &[u8]) -> (Samples, Vec<String>) {
    let (channels, height, width) = (reader.meta.channels, reader.meta.height, reader.meta.width);
    let mut told = Vec::new();
    let mut samples = samples;
    let class = |label: &u8| names.get(usize::from(*label)).copied().unwrap_or(u8::MAX);
    if names.iter().enumerate().any(|(label, class)| usize::from(*class) != label) {
        samples.labels = samples.labels.iter().map(class).collect();
        let unknown = samples.labels.iter().filter(|label| **label == u8::MAX).count();
        if unknown > 0 {
            told.push(format!("{unknown} images show classes that the model does not know"));
        }
    }
    let fits = (samples.channels, samples.height, samples.width) == (channels, height, width);
    if fits && samples.sizes.is_none() {
        return (samples, told);
    }
    told.push(format!("The images were brought to {width}x{height} with {channels} channels to be read"));
    let mut bytes = Vec::with_capacity(samples.len() * channels * height * width);
    for row in 0..samples.len() {
        let image = samples.image(row);
        let small = reader.brought(&image, samples.size(row));
        bytes.extend(in_channels(&small, samples.channels, channels));
    }
    let pixels = crate::data::samples::Pixels::Owned(bytes.into());
    let marks = samples.marks.clone();
    let labels = Arc::clone(&samples.labels);
    (Samples { marks, ..Samples::new(pixels, labels, [channels, height, width]) }, told)
}

/// A picture in other channels: the mean of all of its own in each.
fn in_channels(pixels: &[u8], from: usize, to: usize) -> Vec<u8> {
    if from == to {
        return pixels.to_vec();
    }
    let plane = pixels.len() / from.max(1);
    let mean = |at: usize| -> u8 {
        let sum: usize = (0..from).map(|channel| usize::from(pixels[channel * plane + at])).sum();
        (sum / from.max(1)) as u8
    };
    let grey: Vec<u8> = (0..plane).map(mean).collect();
    grey.repeat(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::samples::Pixels;
    use crate::runs::now;

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
            source: None,
            part: Split::Test,
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
            top_2: None,
            answers: Answers::default(),
            tempered: None,
            figures: None,
        };
        examined.add_up(3);
        examined
    }

    #[test]
    fn what_it_adds_up_to() {
        let examined = examined(
            &[0, 1, 1, 0, 1],
            &[[0.5, 0.25, 0.25], [0.6, 0.4, 0.0], [0.0, 1.0, 0.0], [0.0, 0.1, 0.9], [0.95, 0.0, 0.05]],
        );
        assert_eq!(examined.predicted, [0, 0, 1, 2, 0]);
        assert_eq!(examined.confusion, [1, 0, 1, 2, 1, 0, 0, 0, 0]);
        assert_eq!((examined.top_2, examined.answers.len()), (Some(0.6), 5));
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
