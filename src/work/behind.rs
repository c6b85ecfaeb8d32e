//! What is behind a point of a curve: the images of a step, as they were learned from and as the run's model reads them
//! by now; on a thread of its own.

use super::examine::Examined;
use crate::data::{Dataset, Kind, Places, Progress, Samples, marks};
use crate::reader::Reader;
use crate::runs::RunDir;
use crate::train::{Behind, behind};
use anyhow::Context as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The data set of a run, kept while steps of the same run are looked at.
pub struct Opened {
    run: PathBuf,
    dataset: Dataset,
}

/// The images of a step.
#[derive(Clone)]
pub struct Looked {
    /// The data set that the run learned from.
    pub opened: Arc<Opened>,
    /// Which step, which images, what was measured.
    pub behind: Behind,
    /// The images as they are, in the order of the batch.
    pub samples: Samples,
    /// The images as the step saw them, where they were changed.
    pub seen: Option<Vec<Vec<u8>>>,
    /// What is on each image, in words.
    pub truth: Vec<String>,
    /// What the run's model makes of each image as it is, by now; or why that is not known.
    pub now: Result<Vec<Now>, String>,
}

/// What a model makes of an image by now.
#[derive(Clone, Debug, PartialEq)]
pub struct Now {
    /// What it reads.
    pub read: String,
    /// How sure it is, 0 to 1.
    pub confidence: f32,
    /// Whether that is what is on it.
    pub right: bool,
    /// The probability that it gives to what is on it, where it gives one.
    pub of_truth: Option<f32>,
}

impl std::fmt::Debug for Looked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Looked").field("behind", &self.behind).finish_non_exhaustive()
    }
}

impl Looked {
    /// What each class is called.
    pub fn classes(&self) -> &[String] {
        &self.opened.dataset.classes
    }

    /// Positions of the batch, those that the model is the least right about first; as they were where that is not known.
    pub fn hardest_first(&self) -> Vec<usize> {
        let mut all: Vec<usize> = (0..self.samples.len()).collect();
        if let Ok(now) = &self.now {
            let likely = |now: &Now| match now.of_truth {
                Some(probability) => probability,
                None if now.right => now.confidence,
                None => -now.confidence,
            };
            all.sort_by(|a, b| likely(&now[*a]).total_cmp(&likely(&now[*b])));
        }
        all
    }
}

/// Looks at the images of a step; `opened` is what an earlier look had opened.
///
/// # Errors
/// Where there is no such step, or the data cannot be loaded or are no longer those.
pub fn look(
    run: &RunDir,
    step: u64,
    places: &Places,
    opened: Option<Arc<Opened>>,
    job: &dyn Progress,
) -> anyhow::Result<Looked> {
    let (history, _) = run.history()?;
    let opened = match opened.filter(|opened| opened.run == run.path()) {
        Some(opened) => opened,
        None => {
            let dataset = run
                .recipe()?
                .dataset(places, &run.overlays_dir(), job)
                .context("The images cannot be loaded")?;
            Arc::new(Opened { run: run.path().to_owned(), dataset })
        }
    };
    let dataset = &opened.dataset;
    let behind = behind(run, &history, dataset, step)?;
    let samples = dataset.train.select(&behind.rows);
    let seen = behind.seen(dataset);
    let said = |row: usize| match dataset.kind {
        Kind::Classes => dataset.label_name(samples.labels[row]),
        Kind::Numbers { .. } => marks::text(samples.marks(row), &dataset.classes),
    };
    let truth = (0..samples.len()).map(said).collect();
    let now = now(&run.best_model(), dataset, &samples).map_err(|e| format!("{e:#}"));
    Ok(Looked { behind, samples, seen, truth, now, opened })
}

fn now(model: &Path, dataset: &Dataset, samples: &Samples) -> anyhow::Result<Vec<Now>> {
    anyhow::ensure!(model.exists(), "the run has kept no model yet");
    let reader = Reader::open(model)?;
    let n = samples.len();
    let examined = if reader.reads_numbers() {
        let readings = reader.read_samples(samples, 0..n, &mut |_| true)?.context("it goes on")?;
        Examined::of_numbers(&reader, dataset, samples, &readings)
    } else {
        anyhow::ensure!(reader.detector().is_none(), "a detector is not asked of single images here");
        let probabilities = reader.predict_samples(samples, 0..n, &mut |_| true)?.context("it goes on")?;
        Examined::new(&reader, dataset, samples.clone(), probabilities)
    };
    let each = |row: usize| {
        let [_, read] = examined.words(row);
        let label = usize::from(samples.labels[row]);
        let of_truth = match examined.numbers {
            None => examined.of(row).get(label).copied(),
            Some(_) => None,
        };
        Now { read, confidence: examined.confidence[row], right: examined.is_right(row), of_truth }
    };
    Ok((0..n).map(each).collect())
}
