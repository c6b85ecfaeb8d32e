//! Everything before the first step: journal, data, split, engine, checkpoint.

use super::engine::Engine;
use super::start::Start;
use super::state::State;
use crate::data::{Dataset, Kind, Places, Progress, Stage};
use crate::knobs::Choice as _;
use crate::models::Input;
use crate::optim::schedule::Shape;
use crate::recipe::{Device, Recipe};
use crate::runs::{Event, Journal, Level, RunDir, now};
use anyhow::Context as _;
use std::sync::atomic::{AtomicBool, Ordering};

/// Training images that take long to draw are kept from the first time that they are seen, up to so many bytes.
const KEPT_BYTES: u64 = 2 << 30;

/// Something in the user's files or settings that cannot work: the command line's exit code 3.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadInput(pub String);

/// Writes events, then shows them to the observer.
pub(super) struct Log<'a> {
    journal: Journal,
    observer: &'a mut dyn FnMut(&Event),
    /// Whether the disk took the last line. Lines that it does not take are kept and tried again.
    pub disk_takes_lines: bool,
}

impl Log<'_> {
    /// Writes an event. A disk that does not take it must not end the training: the line waits in memory.
    pub fn say(&mut self, event: &Event) {
        self.disk_takes_lines = self.journal.append(event).is_ok();
        (self.observer)(event);
    }

    /// Tries to write what waits.
    pub fn flush(&mut self) -> std::io::Result<()> {
        self.journal.flush()?;
        self.disk_takes_lines = true;
        Ok(())
    }

    /// Tells the user something.
    pub fn note(&mut self, level: Level, text: String) {
        self.say(&Event::Note { at: now(), level, text });
    }
}

/// Opens the run's journal.
pub(super) fn open_journal<'a>(run: &RunDir, observer: &'a mut dyn FnMut(&Event)) -> anyhow::Result<Log<'a>> {
    let path = run.events_file();
    let journal = Journal::open(&path).with_context(|| {
        format!("the run's events cannot be written; is its folder writable?: {}", path.display())
    })?;
    Ok(Log { journal, observer, disk_takes_lines: true })
}

/// What a training starts with.
pub(super) struct Prepared {
    /// The data.
    pub dataset: Dataset,
    /// Rows of the training images to learn from.
    pub train_rows: Vec<u32>,
    /// Rows of the training images to validate on.
    pub valid_rows: Vec<u32>,
    /// The model.
    pub engine: Engine,
    /// Counters, at the checkpoint's values if there is one.
    pub state: State,
    /// Threads it computes with.
    pub threads: usize,
}

impl Prepared {
    /// Loads everything; `None` if it was interrupted meanwhile.
    pub fn new(
        run: &RunDir,
        places: &Places,
        interrupt: &AtomicBool,
        forced: bool,
        log: &mut Log<'_>,
    ) -> anyhow::Result<Option<Self>> {
        let start = Start::of(run)?;
        let recipe = start.recipe(run)?;
        refuse_impossible(&recipe)?;
        let quiet = Quiet { interrupt };
        let mut dataset = match recipe.dataset(places, &run.overlays_dir(), &quiet) {
            Ok(dataset) => dataset,
            Err(_) if interrupt.load(Ordering::Relaxed) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // What is seen once is not asked for again: a million sequences need no memory.
        if recipe.train.epochs > 1 {
            dataset.train = dataset.train.kept(KEPT_BYTES);
        }
        for warning in &dataset.warnings {
            log.note(Level::Warning, warning.clone());
        }
        if let Some(problem) = misfit(&recipe, &dataset) {
            return Err(BadInput(problem).into());
        }
        let n = dataset.train.len();
        let (train_rows, valid_rows) = dataset.divide(recipe.train.validation_share, recipe.train.seed);
        if train_rows.is_empty() {
            return Err(BadInput(format!(
                "{} has {n} training images, too few to set some aside for validation; set train.validation_share=0 or choose more data",
                dataset.name
            ))
            .into());
        }
        if dataset.kind == Kind::Classes {
            refuse_one_class(&dataset, &train_rows)?;
        }
        refuse_missing_validation(&recipe, n, valid_rows.len())?;
        let threads = match recipe.train.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads as usize,
        };
        let mut engine =
            Engine::new(&recipe, Input::of(&recipe.model, &dataset), threads, device(recipe.train.device)?)?;
        if matches!(start, Start::Nothing | Start::Model(_)) {
            // Later the batch size may have been changed on purpose.
            refuse_large_batch(&recipe, train_rows.len())?;
        }
        let state = start.begin(recipe, &dataset, &mut engine, forced, log)?;
        Ok(Some(Self { dataset, train_rows, valid_rows, engine, state, threads }))
    }
}

/// Why this model cannot learn from this data set, and what to do; `None` if it can.
pub(super) fn misfit(recipe: &Recipe, dataset: &Dataset) -> Option<String> {
    let (name, classes) = (&dataset.name, dataset.classes.len());
    let sizes = dataset.train.sizes.is_some() || dataset.test.sizes.is_some();
    if recipe.model.detector().is_some() {
        return misfit_of_detector(recipe, dataset);
    }
    match (recipe.model.numbers(classes), dataset.kind) {
        (None, Kind::Classes) if sizes => Some(format!(
            "the images of {name} differ in size, and this model reads images of one size; choose another data set or model"
        )),
        (None, Kind::Classes) => None,
        (None, Kind::Numbers { .. }) => Some(format!(
            "{name} has several characters on an image, and this model reads one; choose a model that reads whole numbers, such as model.name=sequence_ctc, or another data set"
        )),
        (Some(_), Kind::Classes) => Some(format!(
            "{name} has one character on each image, and this model reads whole numbers; choose data.name=sequences, or a model for single characters, such as model.name=cnn"
        )),
        (Some(design), Kind::Numbers { .. }) => {
            let most = dataset.n_labels().saturating_sub(1);
            if most > design.longest {
                return Some(format!(
                    "{name} has numbers of up to {most} characters, and this model reads {}; set model.longest={most}",
                    design.longest
                ));
            }
            if sizes && design.frame.is_none() {
                return Some(format!(
                    "the images of {name} differ in size, and this model reads images of one size; choose model.name=number_ctc, number or number_residual"
                ));
            }
            if recipe.loss.chosen() != "cross_entropy" {
                return Some(
                    "a model that reads whole numbers learns by the cross-entropy of what it says; set loss.name=cross_entropy".to_owned(),
                );
            }
            if design.place.is_some() && !has_boxes(dataset) {
                return Some(format!(
                    "it is not known where on the images of {name} the numbers are, and this model learns that; choose data.name=scenes or data.name=svhn, or another model"
                ));
            }
            (recipe.augment.mixup > 0.0)
                .then(|| "two numbers cannot be mixed into one; set augment.mixup=0".to_owned())
        }
    }
}

fn has_boxes(dataset: &Dataset) -> bool {
    let marks = dataset.train.marks.as_ref();
    marks.is_some_and(|marks| marks.all().iter().any(|mark| mark.area.size() > 0.0))
}

/// The same for a detector, which needs the box of every digit.
fn misfit_of_detector(recipe: &Recipe, dataset: &Dataset) -> Option<String> {
    let name = &dataset.name;
    let digits = dataset.classes.len() == 10
        && dataset.classes.iter().enumerate().all(|(i, class)| *class == i.to_string());
    if dataset.kind == Kind::Classes || dataset.train.marks.is_none() || !digits {
        return Some(format!(
            "{name} has no boxes of digits, and this model learns from those; choose data.name=scenes or data.name=svhn, or another model"
        ));
    }
    let augment = &recipe.augment;
    let moving = [
        ("shift", augment.shift),
        ("shift_pixels", augment.shift_pixels as f64),
        ("elastic_alpha", augment.elastic_alpha),
        ("cutout", augment.cutout),
        ("mixup", augment.mixup),
    ];
    let (setting, _) = moving.into_iter().find(|(_, value)| *value > 0.0)?;
    Some(format!(
        "a detector's views are shifted and put together by its own settings, and augment.{setting} is not for it; set augment.{setting}=0"
    ))
}

fn refuse_one_class(dataset: &Dataset, rows: &[u32]) -> Result<(), BadInput> {
    let label = |row: &u32| dataset.train.labels[*row as usize];
    let first = rows.first().map_or(0, label);
    if rows.iter().any(|row| label(row) != first) {
        return Ok(());
    }
    let class = dataset.classes.get(usize::from(first)).map_or("", String::as_str);
    Err(BadInput(format!(
        "all {} training images of {} are of one class ('{class}'), so there is nothing to tell apart; choose data with two classes or more",
        rows.len(),
        dataset.name
    )))
}

/// Refuses to wait for a validation that never comes.
fn refuse_missing_validation(recipe: &Recipe, n: usize, n_valid: usize) -> Result<(), BadInput> {
    if n_valid > 0 {
        return Ok(());
    }
    let share = recipe.train.validation_share;
    if share > 0.0 {
        return Err(BadInput(format!(
            "{n} training images are too few to set a share of {share} aside for validation; raise train.validation_share, or set it to 0 to train without validation"
        )));
    }
    let waits = if recipe.train.patience > 0 {
        "train.patience"
    } else if matches!(recipe.schedule.shape, Shape::Plateau(_)) {
        "schedule.shape=plateau"
    } else {
        return Ok(());
    };
    Err(BadInput(format!(
        "{waits} needs validation images, and train.validation_share is 0; raise the share or choose another setting"
    )))
}

fn refuse_large_batch(recipe: &Recipe, n: usize) -> Result<(), BadInput> {
    let batch = recipe.train.batch_size;
    if batch <= n as u64 {
        return Ok(());
    }
    Err(BadInput(format!(
        "a batch of {batch} images is more than the {n} that there are to learn from; set train.batch_size={n} or less"
    )))
}

fn refuse_impossible(recipe: &Recipe) -> anyhow::Result<()> {
    match recipe.problems().first() {
        Some(problem) => Err(BadInput(problem.to_string()).into()),
        None => Ok(()),
    }
}

/// The device that the recipe asks for, or the fastest one there is.
pub(super) fn device(wanted: Device) -> anyhow::Result<tch::Device> {
    let unusable = |what: &str| {
        BadInput(format!(
            "this recipe wants {what} and none can be used; choose the processor with --set train.device=cpu"
        ))
    };
    match wanted {
        Device::Auto | Device::Cuda if tch::Cuda::is_available() => Ok(tch::Device::Cuda(0)),
        Device::Auto | Device::Cpu => Ok(tch::Device::Cpu),
        Device::Mps if tch::utils::has_mps() => Ok(tch::Device::Mps),
        Device::Cuda => Err(unusable("an NVIDIA GPU").into()),
        Device::Mps => Err(unusable("an Apple GPU").into()),
    }
}

/// Looks only at the interrupt: a training process shows no progress of loading.
struct Quiet<'a> {
    interrupt: &'a AtomicBool,
}

impl Progress for Quiet<'_> {
    fn report(&self, _: Stage<'_>) {}

    fn cancelled(&self) -> bool {
        self.interrupt.load(Ordering::Relaxed)
    }
}
