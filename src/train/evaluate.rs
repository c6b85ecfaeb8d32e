//! Measures a model on images: in the loop, at the end, and for `evaluate RUN`.

use super::engine::Engine;
use super::numbers::Figures;
use super::prepare::{BadInput, device, misfit};
use crate::data::{Places, Progress, Samples, Stage, Unit};
use crate::models::{Input, file};
use crate::recipe;
use crate::runs::{Split, overlays_beside};
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
    /// Mean loss.
    pub loss: f64,
    /// `confusion[truth][read]` counts images; characters of numbers of the right length where numbers are read.
    pub confusion: Vec<Vec<u64>>,
    /// How lengths, positions and characters are read, where whole numbers are.
    pub numbers: Option<Figures>,
    /// The class read and its probability for each image; nothing where whole numbers are read.
    #[serde(skip)]
    pub readings: Vec<(u8, f32)>,
}

/// Measures the engine's model on rows of `samples`; `None` if it was cancelled.
pub fn evaluate_rows(
    engine: &mut Engine,
    samples: &Samples,
    rows: &[u32],
    n_classes: usize,
    progress: &dyn Progress,
) -> anyhow::Result<Option<Evaluation>> {
    let mut readings = Vec::with_capacity(rows.len());
    let mut confusion = vec![vec![0; n_classes]; n_classes];
    let (mut loss, mut correct, mut numbers) = (0.0, 0, None);
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
            readings.push((class as u8, probability));
        }
        for (row, reading) in chunk.iter().zip(&forward.numbers) {
            let marks = samples.marks(*row as usize);
            numbers.get_or_insert_with(Figures::default).add(marks, reading);
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
        loss: loss / n,
        confusion,
        numbers,
        readings,
    }))
}

/// Measures a model file on a split of the data set that its recipe names; `None` if it was cancelled.
///
/// `edits` names other edits of the data set than the model was trained with (empty for none), and their folder; without
/// it the run's own are in force.
pub fn evaluate_model(
    model: &Path,
    places: &Places,
    part: Split,
    edits: Option<(&str, &Path)>,
    progress: &dyn Progress,
) -> anyhow::Result<Option<Evaluation>> {
    let (meta, params) = file::read(model)?;
    let mut recipe = recipe::parse(&meta.recipe, model)?;
    let own = overlays_beside(model);
    let overlays = match edits {
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
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut engine = Engine::new(&recipe, input, threads, device(recipe.train.device)?)?;
    engine.load_parameters(&params)?;
    let (train_rows, valid_rows) = dataset.divide(recipe.train.validation_share, recipe.train.seed);
    let (samples, rows) = match part {
        Split::Train => (&dataset.train, train_rows),
        Split::Valid => (&dataset.train, valid_rows),
        Split::Test => (&dataset.test, (0..dataset.test.len() as u32).collect()),
    };
    evaluate_rows(&mut engine, samples, &rows, dataset.classes.len(), progress)
}

fn best(probabilities: &[f32]) -> (usize, f32) {
    let first = (0, f32::NEG_INFINITY);
    probabilities
        .iter()
        .copied()
        .enumerate()
        .fold(first, |best, next| if next.1 > best.1 { next } else { best })
}
