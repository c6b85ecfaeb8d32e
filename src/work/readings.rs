//! What a trained model makes of every image of a data set, in a few numbers an image: of single characters, of whole
//! numbers, and of pictures on which numbers are found first.

use super::Context;
use super::examine::written;
use super::predict::LEAST_PROBABILITY;
use crate::data::{Dataset, Kind, Mark, Samples, marks};
use crate::reader::{Effort, PictureReader, Reader, likeliest};
use anyhow::Context as _;
use std::path::{Path, PathBuf};

/// Images whose whole readings are held at a time.
const AT_ONCE: usize = 2048;

/// A model's reading of every image of a data set, learned from or not.
#[derive(Clone, Debug, Default)]
pub struct Readings {
    /// The model file.
    pub model: PathBuf,
    /// When that file was written, to notice a newer one.
    pub written: Option<std::time::SystemTime>,
    /// `n * n_classes` probabilities, image after image; of lengths from none on, where whole numbers are read.
    pub probabilities: Vec<f32>,
    /// Classes that the model tells apart, or lengths; 0 where it has no probabilities of those.
    pub n_classes: usize,
    /// The likeliest class of each image; where whole numbers are read, how many characters were.
    pub predicted: Vec<u8>,
    /// How likely that is, as the model has it; of a whole number, all of it.
    pub confidence: Vec<f32>,
    /// The cross-entropy of each image in nats.
    pub loss: Vec<f32>,
    /// Whether each image is read rightly; a whole number only if every character is.
    pub right: Vec<bool>,
    /// What was read, where whole numbers are.
    pub texts: Option<Texts>,
}

/// A text for each image, one string for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    all: String,
    ends: Vec<usize>,
}

impl Texts {
    /// Adds the text of the next image.
    pub fn push(&mut self, text: &str) {
        self.all.push_str(text);
        self.ends.push(self.all.len());
    }

    /// The text of an image; empty for none.
    pub fn of(&self, row: usize) -> &str {
        let start = row.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(row).and_then(|end| self.all.get(start..*end)).unwrap_or_default()
    }
}

impl Readings {
    /// The probabilities of one image; none where the model has none.
    pub fn of(&self, row: usize) -> &[f32] {
        self.probabilities.get(row * self.n_classes..(row + 1) * self.n_classes).unwrap_or_default()
    }

    /// The number read on an image, where whole numbers are read.
    pub fn text(&self, row: usize) -> Option<&str> {
        self.texts.as_ref().map(|texts| texts.of(row))
    }

    /// The same for images in another order, with other labels: `rows` are those of the old order.
    pub fn carried(&self, rows: &[u32], labels: &[u8]) -> Self {
        fn of<T: Copy>(values: &[T], rows: &[u32]) -> Vec<T> {
            rows.iter().filter_map(|row| values.get(*row as usize).copied()).collect()
        }
        let mut carried = Self {
            model: self.model.clone(),
            written: self.written,
            probabilities: rows.iter().flat_map(|row| self.of(*row as usize)).copied().collect(),
            n_classes: self.n_classes,
            predicted: of(&self.predicted, rows),
            confidence: of(&self.confidence, rows),
            loss: of(&self.loss, rows),
            right: of(&self.right, rows),
            texts: None,
        };
        match &self.texts {
            Some(texts) => {
                let mut moved = Texts::default();
                rows.iter().for_each(|row| moved.push(texts.of(*row as usize)));
                carried.texts = Some(moved);
            }
            // A class may have been put right meanwhile; a whole number cannot be.
            None => {
                for (row, label) in labels.iter().enumerate().take(rows.len()) {
                    let truth = carried.of(row).get(usize::from(*label)).copied().unwrap_or(0.0);
                    carried.right[row] = carried.predicted[row] == *label;
                    carried.loss[row] = -truth.max(LEAST_PROBABILITY).ln();
                }
            }
        }
        carried
    }

    /// Takes in what was read of the next image: a whole number, of which only that is known which was read.
    fn add_number(&mut self, read: &str, n: usize, confidence: f32, right: bool) {
        // What the model thinks of the true number is only known where that is what it read.
        let probability = if right { confidence } else { 1.0 - confidence };
        self.predicted.push(n.min(usize::from(u8::MAX)) as u8);
        self.confidence.push(confidence);
        self.loss.push(-probability.max(LEAST_PROBABILITY).ln());
        self.right.push(right);
        self.texts.get_or_insert_default().push(read);
    }
}

/// Opens a model and reads every one of `samples` with it, which are images of `dataset`.
///
/// # Errors
/// Where the model cannot be opened or reads other images, or was cancelled.
pub fn read_all(
    model: &Path,
    samples: &Samples,
    dataset: &Dataset,
    context: &Context,
) -> anyhow::Result<Readings> {
    let reader = Reader::open(model)?;
    let finds = reader.detector().is_some();
    anyhow::ensure!(
        finds || reader.meta.classes == dataset.classes,
        "the model was trained to tell {} from each other, these images show {}",
        reader.meta.classes.join(" "),
        dataset.classes.join(" ")
    );
    let whole = finds || reader.reads_numbers();
    match (whole, dataset.kind) {
        (true, Kind::Classes) => {
            anyhow::bail!("it reads whole numbers, these images show single characters")
        }
        (false, Kind::Numbers { .. }) => {
            anyhow::bail!("it tells single characters apart, these images show whole numbers")
        }
        _ => {}
    }
    let begun = Readings { model: model.to_owned(), written: written(model), ..Readings::default() };
    if finds {
        return found(&PictureReader::new(Some(reader), None), samples, dataset, begun, context);
    }
    if whole {
        return numbers(&reader, samples, dataset, begun, context);
    }
    let probabilities = reader.predict_samples(samples, 0..samples.len(), &mut |done| {
        tell(context, done, samples.len());
        !context.is_cancelled()
    })?;
    let probabilities = probabilities.context("cancelled")?;
    let each = || probabilities.chunks_exact(dataset.classes.len().max(1));
    let likeliest: Vec<(usize, f32)> = each().map(likeliest).collect();
    let loss = each().zip(samples.labels.iter()).map(|(probabilities, label)| {
        let probability = probabilities.get(usize::from(*label)).copied().unwrap_or(0.0);
        -probability.max(LEAST_PROBABILITY).ln()
    });
    let right = likeliest.iter().zip(samples.labels.iter());
    Ok(Readings {
        n_classes: dataset.classes.len(),
        predicted: likeliest.iter().map(|(class, _)| *class as u8).collect(),
        confidence: likeliest.iter().map(|(_, confidence)| *confidence).collect(),
        loss: loss.collect(),
        right: right.map(|((class, _), label)| *class == usize::from(*label)).collect(),
        probabilities,
        ..begun
    })
}

fn tell(context: &Context, done: usize, n: usize) {
    let doing = "Reading every image".to_owned();
    context.report(super::Status { doing, done: done as u64, total: Some(n as u64) });
}

/// Reads images that are a number each.
fn numbers(
    reader: &Reader,
    samples: &Samples,
    dataset: &Dataset,
    mut readings: Readings,
    context: &Context,
) -> anyhow::Result<Readings> {
    let n = samples.len();
    for first in (0..n).step_by(AT_ONCE) {
        let some = reader.read_samples(samples, first..(first + AT_ONCE).min(n), &mut |done| {
            tell(context, first + done, n);
            !context.is_cancelled()
        })?;
        let some = some.context("cancelled")?;
        if first == 0 {
            readings.n_classes = some.first().map_or(0, |reading| reading.lengths.len());
        }
        for (row, reading) in (first..).zip(some) {
            let read = reading.text(&dataset.classes);
            let right = read == marks::text(samples.marks(row), &dataset.classes);
            readings.add_number(&read, reading.classes.len(), reading.confidence, right);
            readings.probabilities.extend(reading.lengths);
        }
    }
    Ok(readings)
}

/// Finds and reads the numbers on pictures of any size; a picture is right if all of its numbers are.
fn found(
    reader: &PictureReader,
    samples: &Samples,
    dataset: &Dataset,
    mut readings: Readings,
    context: &Context,
) -> anyhow::Result<Readings> {
    for row in 0..samples.len() {
        anyhow::ensure!(!context.is_cancelled(), "cancelled");
        tell(context, row, samples.len());
        let Some(picture) = samples.picture(row) else {
            readings.add_number("", 0, 0.0, false);
            continue;
        };
        let reading = reader.read(&picture, Effort::Still)?;
        let read: Vec<String> = reading.numbers.iter().map(|number| number.text.clone()).collect();
        let sure = reading.numbers.iter().map(|number| number.confidence).fold(1.0, f32::min);
        let n = reading.numbers.iter().map(|number| number.digits.len()).sum();
        let right = same(read.clone(), written_on(samples.marks(row), &dataset.classes));
        readings.add_number(&read.join(" "), n, sure, right);
    }
    Ok(readings)
}

fn written_on(all: &[Mark], classes: &[String]) -> Vec<String> {
    marks::numbers(all).map(|one| marks::text(one, classes)).collect()
}

/// Whether the same numbers are there, wherever on the picture.
fn same(mut one: Vec<String>, mut other: Vec<String>) -> bool {
    one.sort_unstable();
    other.sort_unstable();
    one == other
}

#[cfg(test)]
mod tests {
    use super::super::{Job, Outcome, no_waker};
    use super::*;
    use crate::data::samples::Pixels;
    use crate::data::{Area, Marks};
    use crate::reader::testing::{classes_file, detector_file, numbers_file};
    use std::sync::Arc;

    /// Three grey images of 64x64 with a number of two digits on each.
    fn dataset(kind: Kind) -> Dataset {
        let pixels: Vec<u8> = (0..3 * 64 * 64).map(|i| (i * 37 % 251) as u8).collect();
        let mut marks = Marks::new();
        for class in 0..3 {
            marks.push(&[class, class + 1].map(|class| Mark { class, number: 0, area: Area::default() }));
        }
        let samples = Samples::new(Pixels::Owned(pixels.into()), [2, 2, 2].into(), [1, 64, 64]);
        let samples = Samples { marks: Some(Arc::new(marks)), ..samples };
        Dataset {
            name: "Three".to_owned(),
            classes: (0..10).map(|n| n.to_string()).collect(),
            kind,
            train: samples.clone(),
            test: samples,
            fingerprint: String::new(),
            warnings: Vec::new(),
            curated: None,
        }
    }

    fn read(model: PathBuf, dataset: Dataset) -> Result<Readings, String> {
        let job = Job::spawn("read", no_waker(), move |context| {
            read_all(&model, &dataset.train, &dataset, context)
        });
        loop {
            match job.poll() {
                Some(Outcome::Done(readings)) => return Ok(readings),
                Some(Outcome::Failed(error)) => return Err(format!("{error:#}")),
                Some(Outcome::Cancelled) => return Err("cancelled".to_owned()),
                None => std::thread::sleep(std::time::Duration::from_millis(2)),
            }
        }
    }

    #[test]
    fn whole_numbers_are_read_with_their_texts() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let numbers = Kind::Numbers { longest: 2 };
        for model in [numbers_file(folder.path())?, detector_file(folder.path())?] {
            let set = dataset(numbers);
            let readings = read(model, set.clone()).map_err(anyhow::Error::msg)?;
            let lists = [readings.predicted.len(), readings.confidence.len(), readings.loss.len()];
            assert_eq!((lists, readings.right.len()), ([3; 3], 3));
            for row in 0..3 {
                let text = readings.text(row).unwrap_or_default();
                let n = text.chars().filter(char::is_ascii_digit).count();
                assert_eq!(n, usize::from(readings.predicted[row]), "{text}");
                let truth = marks::text(set.train.marks(row), &set.classes);
                assert_eq!(readings.right[row], text == truth, "{text} of {truth}");
                assert!(readings.loss[row] >= 0.0 && (0.0..=1.001).contains(&readings.confidence[row]));
                assert_eq!(readings.of(row).len(), readings.n_classes);
            }
        }
        let model = classes_file(folder.path())?;
        let why = read(model, dataset(numbers)).expect_err("of whole numbers");
        assert!(why.contains("single characters"), "{why}");
        let why = read(numbers_file(folder.path())?, dataset(Kind::Classes)).expect_err("of single digits");
        assert!(why.contains("whole numbers"), "{why}");
        let mut letters = dataset(numbers);
        letters.classes = ('A'..='J').map(String::from).collect();
        let why = read(numbers_file(folder.path())?, letters).expect_err("of letters");
        assert!(why.contains("these images show A B"), "{why}");
        Ok(())
    }

    #[test]
    fn texts_lie_side_by_side() {
        let mut texts = Texts::default();
        ["12", "", "é"].iter().for_each(|text| texts.push(text));
        assert_eq!([0, 1, 2, 3].map(|row| texts.of(row)), ["12", "", "é", ""]);
        assert!(same(vec!["4".to_owned(), "30".to_owned()], vec!["30".to_owned(), "4".to_owned()]));
    }
}
