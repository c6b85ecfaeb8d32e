//! Measures a model on images: in the loop, at the end, and for `evaluate RUN`.

use super::engine::Engine;
use super::prepare::{BadInput, device, misfit};
use crate::data::curate::Curation;
use crate::data::{Places, Progress, Samples, Source, Stage, Unit, marks};
use crate::found::{self, Thresholds, score};
use crate::models::{Input, file};
use crate::recipe;
use crate::runs::{Split, overlays_beside};
use crate::score::{
    Answer, Answers, ClassFigures, Figures, Means, at_temperature, by_class, means, temperature,
};
use serde::Serialize;
use std::path::Path;

/// Images read between two looks at the progress and the cancel.
const CHUNK: usize = 1000;

/// What a model makes of images.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Images.
    pub n: u64,
    /// Share of rightly read ones, 0 to 1; of whole numbers where those are read.
    pub accuracy: f64,
    /// Share of those whose class was the first or the second guess, 0 to 1.
    /// `None` where whole numbers are read.
    pub top_2: Option<f64>,
    /// Mean loss.
    pub loss: f64,
    /// `confusion[truth][read]` counts images; characters of numbers of the right length where numbers are read.
    pub confusion: Vec<Vec<u64>>,
    /// How lengths, positions and characters are read, where whole numbers are.
    pub numbers: Option<Figures>,
    /// How digits are found and numbers made of them, where they are looked for on whole pictures.
    pub found: Option<score::Scores>,
    /// How sure the model is of each image, and whether it is right, in the images' order.
    #[serde(skip)]
    pub answers: Vec<Answer>,
    /// Probabilities of the classes, image after image; nothing where whole numbers are read.
    #[serde(skip)]
    pub probabilities: Vec<f32>,
    /// The class of each image; nothing where whole numbers are read.
    #[serde(skip)]
    pub labels: Vec<u8>,
    /// What scores would have to be divided by for the model to be as sure as it should be, found on the validation
    /// images; `None` where that was not asked for or cannot be.
    pub temperature: Option<f64>,
}

/// Measures the engine's model on rows of `samples`; `None` if it was cancelled.
pub fn evaluate_rows(
    engine: &mut Engine,
    samples: &Samples,
    rows: &[u32],
    n_classes: usize,
    progress: &dyn Progress,
) -> anyhow::Result<Option<Evaluation>> {
    let mut answers = Vec::with_capacity(rows.len());
    let (mut all_probabilities, mut labels) = (Vec::new(), Vec::new());
    let mut confusion = vec![vec![0; n_classes]; n_classes];
    let (mut loss, mut correct, mut among_two, mut numbers) = (0.0, 0, 0_u64, None);
    let mut tally: Option<score::Tally> = None;
    for (i, chunk) in rows.chunks(CHUNK).enumerate() {
        if progress.cancelled() {
            return Ok(None);
        }
        let (done, total) = ((i * CHUNK) as u64, rows.len() as u64);
        progress.report(Stage { text: "Reading images", done, total, unit: Unit::Images });
        let forward = engine.forward(samples, chunk)?;
        loss += forward.loss_sum;
        correct += forward.correct;
        for (row, probabilities) in chunk.iter().zip(forward.probabilities.chunks(n_classes)) {
            let (class, probability) = best(probabilities);
            let truth = samples.labels[*row as usize];
            confusion[usize::from(truth)][class] += 1;
            among_two += u64::from(is_among_two(probabilities, usize::from(truth)));
            answers.push(Answer { confidence: probability, right: class == usize::from(truth) });
            labels.push(truth);
        }
        all_probabilities.extend_from_slice(&forward.probabilities);
        for (row, found) in chunk.iter().zip(forward.found) {
            let numbers = found::numbers(found.clone(), &Thresholds::default());
            tally.get_or_insert_default().add(&found, &numbers, samples.marks(*row as usize));
        }
        for (row, reading) in chunk.iter().zip(&forward.numbers) {
            let row = *row as usize;
            let marks = marks::largest(samples.marks(row));
            let figures: &mut Figures = numbers.get_or_insert_default();
            let overlap = reading.overlap(marks, samples.size(row));
            overlap.into_iter().for_each(|overlap| figures.locate(overlap));
            if !engine.reads() {
                let right = overlap.is_none_or(|overlap| overlap > 0.5);
                answers.push(Answer { confidence: 1.0, right });
                continue;
            }
            let truth: Vec<u8> = marks.iter().map(|mark| mark.class).collect();
            figures.add(&truth, &reading.classes, reading.confidence);
            answers.push(Answer { confidence: reading.confidence, right: truth == reading.classes });
            if marks.len() == reading.classes.len() {
                for (mark, read) in marks.iter().zip(&reading.classes) {
                    confusion[usize::from(mark.class)][usize::from(*read)] += 1;
                }
            }
        }
    }
    let n = rows.len().max(1) as f64;
    Ok(Some(Evaluation {
        n: rows.len() as u64,
        accuracy: correct as f64 / n,
        top_2: (numbers.is_none() && tally.is_none()).then_some(among_two as f64 / n),
        loss: loss / n,
        confusion,
        numbers,
        found: tally.map(|tally| tally.scores()),
        answers,
        probabilities: all_probabilities,
        labels,
        temperature: None,
    }))
}

/// What a model is measured on.
#[derive(Clone, Copy, Debug)]
pub struct On<'a> {
    /// Another data set than the one that its recipe names.
    pub source: Option<&'a Source>,
    /// Which part of it.
    pub part: Split,
    /// Other edits of the data set than the model was trained with (empty for none), and their folder.
    pub edits: Option<(&'a str, &'a Path)>,
}

/// Measures a model file; `None` if it was cancelled. Without edits named the run's own are in force.
pub fn evaluate_model(
    model: &Path,
    places: &Places,
    on: On<'_>,
    progress: &dyn Progress,
) -> anyhow::Result<Option<Evaluation>> {
    let (meta, params) = file::read(model)?;
    let mut recipe = recipe::parse(&meta.recipe, model)?;
    if let Some(source) = on.source {
        // The edits are those of another data set.
        (recipe.data, recipe.curation) = (source.clone(), Curation::default());
    }
    let own = overlays_beside(model);
    let overlays = match on.edits {
        Some((name, folder)) => {
            name.clone_into(&mut recipe.curation.overlay);
            folder
        }
        None => &own,
    };
    let dataset = recipe.dataset(places, overlays, progress)?;
    let input = Input::of(&recipe.model, &dataset);
    if let Some(problem) = misfit(&recipe, &dataset) {
        return Err(BadInput(problem).into());
    }
    if (meta.channels, meta.height, meta.width, meta.classes.len())
        != (input.channels, input.height, input.width, input.classes)
    {
        return Err(BadInput(format!(
            "the model reads other images than {} holds: {}",
            dataset.name,
            model.display()
        ))
        .into());
    }
    if meta.classes != dataset.classes {
        return Err(BadInput(format!(
            "the model tells {} from each other, {} shows {}: {}",
            meta.classes.join(" "),
            dataset.name,
            dataset.classes.join(" "),
            model.display()
        ))
        .into());
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut engine = Engine::new(&recipe, input, threads, device(recipe.train.device)?)?;
    engine.load_parameters(&params)?;
    let (train_rows, valid_rows) = dataset.divide(recipe.train.validation_share, recipe.train.seed);
    let n_classes = dataset.classes.len();
    let all: Vec<u32> = (0..dataset.test.len() as u32).collect();
    let (samples, rows) = match on.part {
        Split::Train => (&dataset.train, &train_rows),
        Split::Valid => (&dataset.train, &valid_rows),
        Split::Test => (&dataset.test, &all),
    };
    let Some(mut measured) = evaluate_rows(&mut engine, samples, rows, n_classes, progress)? else {
        return Ok(None);
    };
    if measured.numbers.is_none() && !valid_rows.is_empty() {
        let Some(valid) = evaluate_rows(&mut engine, &dataset.train, &valid_rows, n_classes, progress)?
        else {
            return Ok(None);
        };
        measured.temperature = temperature(&valid.probabilities, &valid.labels, n_classes);
    }
    Ok(Some(measured))
}

/// How well one class is read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassScore {
    /// What it is called.
    pub class: String,
    /// Images of it.
    pub n: u64,
    /// Share of its images that were read as it (its accuracy, or recall), 0 to 1; `None` without images.
    pub recall: Option<f64>,
    /// Share of the images read as it that are of it, 0 to 1; `None` if none was read as it.
    pub precision: Option<f64>,
    /// Their harmonic mean; `None` if it is neither there nor read.
    pub f1: Option<f64>,
}

impl Evaluation {
    /// Each class by itself.
    pub fn classes(&self, names: &[String]) -> Vec<ClassScore> {
        let score = |(name, figures): (&String, ClassFigures)| ClassScore {
            class: name.clone(),
            n: figures.n,
            recall: figures.recall(),
            precision: figures.precision(),
            f1: figures.f1(),
        };
        names.iter().zip(self.figures()).map(score).collect()
    }

    /// Means over the classes.
    pub fn means(&self) -> Means {
        means(&self.figures())
    }

    fn figures(&self) -> Vec<ClassFigures> {
        by_class(&self.confusion.concat(), self.confusion.len())
    }

    /// How far its confidence can be trusted.
    pub fn trust(&self) -> Answers {
        self.answers.iter().copied().collect()
    }

    /// The same with scores divided by the temperature, where one was found.
    pub fn tempered(&self) -> Option<Answers> {
        let n = self.confusion.len();
        let tempered = at_temperature(&self.probabilities, n, self.temperature?);
        let answer = |(row, label): (&[f32], &u8)| {
            let (class, confidence) = best(row);
            Answer { confidence, right: class == usize::from(*label) }
        };
        Some(tempered.chunks_exact(n.max(1)).zip(&self.labels).map(answer).collect())
    }
}

/// Whether at most one other class is more probable.
fn is_among_two(probabilities: &[f32], truth: usize) -> bool {
    probabilities.iter().filter(|p| **p > probabilities[truth]).count() < 2
}

fn best(probabilities: &[f32]) -> (usize, f32) {
    let first = (0, f32::NEG_INFINITY);
    probabilities
        .iter()
        .copied()
        .enumerate()
        .fold(first, |best, next| if next.1 > best.1 { next } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_scored_by_rows_and_columns() {
        let confusion = vec![vec![3, 1, 0], vec![2, 2, 0], vec![0, 0, 0]];
        let all = Evaluation {
            n: 8,
            accuracy: 0.625,
            top_2: None,
            loss: 0.0,
            confusion,
            numbers: None,
            found: None,
            answers: Vec::new(),
            probabilities: Vec::new(),
            labels: Vec::new(),
            temperature: None,
        };
        let scores = all.classes(&["a", "b", "c"].map(str::to_owned));
        assert_eq!((scores[0].n, scores[0].recall, scores[0].precision), (4, Some(0.75), Some(0.6)));
        assert_eq!((scores[2].n, scores[2].recall, scores[2].precision), (0, None, None));
        assert!(is_among_two(&[0.5, 0.3, 0.2], 1) && !is_among_two(&[0.5, 0.3, 0.2], 2));
    }
}
