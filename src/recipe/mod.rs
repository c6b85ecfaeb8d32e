//! A recipe: everything that decides a training. Versioned RON; presets hold only what differs from the defaults.

mod file;
mod presets;

pub use file::{RecipeError, parse, parse_layers, read, to_ron};
pub use presets::{Preset, is_sweep, presets, save_preset, shipped};

use crate::data::augment::Augment;
use crate::data::captured::Mixed;
use crate::data::curate::{Curation, Overlay};
use crate::data::{DataError, Dataset, Places, Progress, Source};
use crate::knobs::{Choice as _, Knob, Knobs, Problem, Visitor, check};
use crate::models::Architecture;
use crate::optim::{Ema, Loss, Optimizer, Schedule};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The version that is written; older ones are lifted when read.
pub const VERSION: u32 = 1;

/// Everything that decides a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    /// Version of the file format.
    pub version: u32,
    /// What the run is called at first.
    pub name: String,
    /// Why this recipe is as it is.
    pub about: String,
    /// What to learn from.
    pub data: Source,
    /// How training images are changed each time they are seen.
    pub augment: Augment,
    /// Edits laid over it, and how much of it is used.
    pub curation: Curation,
    /// Captured pictures mixed into it.
    pub captured: Mixed,
    /// What learns.
    pub model: Architecture,
    /// How it steps.
    pub optim: Optimizer,
    /// How the learning rate changes over the training.
    pub schedule: Schedule,
    /// What it makes small.
    pub loss: Loss,
    /// Whether the weights are averaged.
    pub ema: Ema,
    /// For how long, in what portions, from what seed.
    pub train: Training,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            version: VERSION,
            name: String::new(),
            about: String::new(),
            data: Source::default(),
            augment: Augment::default(),
            curation: Curation::default(),
            captured: Mixed::default(),
            model: Architecture::default(),
            optim: Optimizer::default(),
            schedule: Schedule::default(),
            loss: Loss::default(),
            ema: Ema::default(),
            train: Training::default(),
        }
    }
}

impl Recipe {
    /// Every setting outside of its bounds.
    pub fn problems(&self) -> Vec<Problem> {
        check(&mut self.clone())
    }

    /// Why its model cannot learn from its data, and what to do, where the settings alone tell; the images may yet say
    /// more.
    pub fn misfit(&self) -> Option<String> {
        let whole = self.model.numbers(10).is_some() || self.model.detector().is_some();
        let chosen = self.data.chosen();
        let option = self.data.options().into_iter().find(|option| option.name == chosen);
        let name = option.map_or(chosen, |option| option.label);
        let located = self.model.detector().is_some()
            || self.model.numbers(10).is_some_and(|design| design.place.is_some());
        match (whole, self.data.shows_numbers()?) {
            (true, false) if located => Some(format!(
                "{name} has no boxes of digits, and this model learns from those; choose data.name=scenes or data.name=svhn, or a model for single characters, such as model.name=cnn"
            )),
            (true, false) => Some(format!(
                "{name} has one character on each image, and this model reads whole numbers; choose data.name=sequences, or a model for single characters, such as model.name=cnn"
            )),
            (false, true) => Some(format!(
                "{name} has several characters on an image, and this model reads one; choose a model that reads whole numbers, such as model.name=sequence_ctc, or another data set"
            )),
            _ => None,
        }
    }

    /// Loads what it learns from, with its edits, sizes and division; `overlays` is the folder of the edits.
    pub fn dataset(
        &self,
        places: &Places,
        overlays: &Path,
        job: &dyn Progress,
    ) -> Result<Dataset, DataError> {
        // A name that leads nowhere is told before anything long is read.
        self.curation.edits(overlays)?;
        let dataset = self.curated(self.data.load(places, job)?, overlays)?;
        let Training { validation_share, seed, .. } = self.train;
        self.captured.mix(dataset, places, (validation_share, seed), job)
    }

    /// Lays edits, sizes and division over a data set as it was read.
    pub fn curated(&self, dataset: Dataset, overlays: &Path) -> Result<Dataset, DataError> {
        let Training { validation_share, seed, .. } = self.train;
        self.curation.apply(dataset, overlays, (validation_share, seed))
    }

    /// The file of the edits that it names, in a folder of edits.
    pub fn overlay_file(&self, overlays: &Path) -> Option<PathBuf> {
        let name = &self.curation.overlay;
        (!name.is_empty()).then(|| Overlay::file(overlays, name))
    }
}

impl Knobs for Recipe {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        // Name and text decide nothing, and the version is the file's.
        let Self {
            version: _,
            name: _,
            about: _,
            data,
            curation,
            captured,
            augment,
            model,
            optim,
            schedule,
            loss,
            ema,
            train,
        } = self;
        visitor.group("data", data);
        visitor.group("curation", curation);
        visitor.group("captured", captured);
        visitor.group("augment", augment);
        visitor.group("model", model);
        visitor.group("optim", optim);
        visitor.group("schedule", schedule);
        visitor.group("loss", loss);
        visitor.group("ema", ema);
        visitor.group("train", train);
    }
}

/// Where to compute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// The fastest one at hand.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
    /// An Apple GPU.
    Mps,
}

crate::choice!(Device {
    Self::Auto => Self::Auto, "auto", "Automatic", "The fastest device at hand";
    Self::Cpu => Self::Cpu, "cpu", "Processor", "Compute on the processor";
    Self::Cuda => Self::Cuda, "cuda", "NVIDIA GPU", "Compute on an NVIDIA GPU";
    Self::Mps => Self::Mps, "mps", "Apple GPU", "Compute on an Apple GPU";
});

/// Which model of a training is measured on the test images and read pictures with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// The one that read the validation images best.
    #[default]
    Best,
    /// The last one.
    Last,
}

crate::choice!(Keep {
    Self::Best => Self::Best, "best", "Best epoch", "The model that read the validation images best";
    Self::Last => Self::Last, "last", "Last epoch", "The model after the last step, as fits a schedule that ends low";
});

/// Settings of the training itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Training {
    /// Times that every training image is seen.
    pub epochs: u64,
    /// Images a step.
    pub batch_size: u64,
    /// Share of the training images set aside for validation.
    pub validation_share: f64,
    /// Seed of weights, order, dropout and the validation split.
    pub seed: u64,
    /// Epochs without a better validation accuracy before it stops; 0 for never.
    pub patience: u64,
    /// Which model is measured at the end and read with.
    pub keep: Keep,
    /// Greatest norm of all gradients together; longer ones are cut to it; 0 for any.
    pub clip_norm: f64,
    /// Minutes between two checkpoints, beside those after each epoch; 0 for none.
    pub checkpoint_minutes: f64,
    /// Steps between two checkpoints, beside those after each epoch; 0 for none.
    pub checkpoint_steps: u64,
    /// Where to compute.
    pub device: Device,
    /// Threads; 0 for every core.
    pub threads: u64,
}

impl Default for Training {
    fn default() -> Self {
        Self {
            epochs: 12,
            batch_size: 128,
            validation_share: 0.1,
            seed: 1,
            patience: 0,
            keep: Keep::Best,
            clip_norm: 0.0,
            checkpoint_minutes: 0.5,
            checkpoint_steps: 0,
            device: Device::Auto,
            threads: 0,
        }
    }
}

impl Knobs for Training {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self {
            epochs,
            batch_size,
            validation_share,
            seed,
            patience,
            keep,
            clip_norm,
            checkpoint_minutes,
            checkpoint_steps,
            device,
            threads,
        } = self;
        visitor.int("epochs", epochs, Knob::log(1, 1000, "Times that every training image is seen"));
        visitor.int("batch_size", batch_size, Knob::log(1, 8192, "Images a step").live());
        visitor.float(
            "validation_share",
            validation_share,
            Knob::range(0.0, 0.5, "Share of the training images set aside to validate on"),
        );
        visitor.int(
            "seed",
            seed,
            Knob::range(
                0,
                u32::MAX as u64,
                "Seed of weights, order, augmentation, dropout and the validation split",
            ),
        );
        visitor.int(
            "patience",
            patience,
            Knob::range(0, 100, "Epochs without a better validation accuracy before it stops; 0 for never")
                .unit("epochs"),
        );
        visitor.choice("keep", keep, "Which model is measured on the test images and reads pictures");
        visitor.float(
            "clip_norm",
            clip_norm,
            Knob::log(
                0.0,
                1000.0,
                "Greatest norm of all gradients together; longer ones are cut to it; 0 for any",
            )
            .live(),
        );
        visitor.float(
            "checkpoint_minutes",
            checkpoint_minutes,
            Knob::log(0.0, 1000.0, "Time between two checkpoints, beside those after each epoch; 0 for none")
                .unit("min"),
        );
        visitor.int(
            "checkpoint_steps",
            checkpoint_steps,
            Knob::log(
                0,
                1_000_000,
                "Steps between two checkpoints, beside those after each epoch; 0 for none",
            ),
        );
        visitor.choice("device", device, "Where to compute");
        visitor.int("threads", threads, Knob::range(0, 256, "Threads to compute with; 0 for every core"));
    }
}
