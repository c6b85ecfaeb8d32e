//! What a run begins with: nothing, its own checkpoint, or what another run or a model file has learned.

use super::checkpoint::{self, Checkpoint};
use super::engine::Engine;
use super::prepare::{BadInput, Log};
use super::state::State;
use crate::data::Dataset;
use crate::knobs::Choice as _;
use crate::models::detector::{Detector, deeper};
use crate::models::file;
use crate::recipe::{Recipe, parse};
use crate::runs::{Level, RunDir};
use std::path::Path;
use tch::Tensor;

/// How refusing weights begins.
const DO_NOT_FIT: &str = "the weights to begin with do not fit this recipe and its data";

/// What a run begins with.
pub(super) enum Start {
    /// First weights.
    Nothing,
    /// Its own checkpoint: it goes on exactly.
    Own(Box<Checkpoint>),
    /// A checkpoint of another run, gone on from with the recipe at hand.
    Branch(Box<Checkpoint>),
    /// The weights in a model file.
    Model(std::path::PathBuf),
}

impl Start {
    /// Looks into the run's folder.
    pub fn of(run: &RunDir) -> anyhow::Result<Self> {
        if let Some(own) = checkpoint::read(&run.checkpoint_file())? {
            return Ok(Self::Own(Box::new(own)));
        }
        let start = run.start_file();
        if !start.exists() {
            return Ok(Self::Nothing);
        }
        Ok(match checkpoint::is_one(&start)? {
            true => checkpoint::read(&start)?.map_or(Self::Nothing, |other| Self::Branch(Box::new(other))),
            false => Self::Model(start),
        })
    }

    /// The recipe in force.
    pub fn recipe(&self, run: &RunDir) -> anyhow::Result<Recipe> {
        match self {
            Self::Own(checkpoint) => Ok(checkpoint.state.recipe.clone()),
            _ => Ok(run.recipe()?),
        }
    }

    /// Puts weights and optimizer state into the engine and returns the counters. `forced` lets a run go on with other
    /// data than it had.
    pub fn begin(
        self,
        recipe: Recipe,
        dataset: &Dataset,
        engine: &mut Engine,
        forced: bool,
        log: &mut Log<'_>,
    ) -> anyhow::Result<State> {
        let fingerprint = &dataset.fingerprint;
        match self {
            Self::Nothing => Ok(State::new(recipe, fingerprint.clone())),
            Self::Own(checkpoint) => {
                same_data(&checkpoint.state, fingerprint, forced, log)?;
                let state = checkpoint.restore(engine)?;
                Ok(State { data: fingerprint.clone(), ..state })
            }
            Self::Branch(checkpoint) => {
                same_data(&checkpoint.state, fingerprint, forced, log)?;
                goes_on(&checkpoint.state, &recipe)?;
                let fits =
                    |e: anyhow::Error| BadInput(format!("the checkpoint does not fit this recipe: {e:#}"));
                let state = checkpoint.restore(engine).map_err(fits)?;
                Ok(State { data: fingerprint.clone(), ..state.branched(recipe) })
            }
            Self::Model(path) => {
                let (meta, weights) = file::read(&path)?;
                let weights = deepened(&recipe, meta.channels, weights, log)?;
                engine.load_parameters(&weights).map_err(|e| {
                    BadInput(format!(
                        "{DO_NOT_FIT} ({e:#}); choose the model and the number of classes that they were trained with"
                    ))
                })?;
                if meta.classes != dataset.classes {
                    let text = format!(
                        "The weights told {} apart and go on to learn {}",
                        meta.classes.join(", "),
                        dataset.classes.join(", ")
                    );
                    log.note(Level::Warning, text);
                }
                Ok(State::new(recipe, fingerprint.clone()))
            }
        }
    }
}

/// Weights of a shallower detector as those that a deeper one begins with; any others as they are.
fn deepened(
    recipe: &Recipe,
    channels: usize,
    weights: Vec<(String, Tensor)>,
    log: &mut Log<'_>,
) -> anyhow::Result<Vec<(String, Tensor)>> {
    let Some(design) = recipe.model.detector().map(Detector::design) else { return Ok(weights) };
    // Weights of something else are told of where they are put in.
    if !weights.iter().any(|(name, _)| name == "body_1_1.weight") {
        return Ok(weights);
    }
    let (weights, new) =
        deeper(&design, channels, weights).map_err(|e| BadInput(format!("{DO_NOT_FIT}: {e:#}")))?;
    if !new.is_empty() {
        let text = format!(
            "The network is deeper than what it begins with: {} first pass on what they are given",
            new.join(", ")
        );
        log.note(Level::Info, text);
    }
    Ok(weights)
}

/// Refuses other data than before, unless forced.
fn same_data(state: &State, fingerprint: &str, forced: bool, log: &mut Log<'_>) -> anyhow::Result<()> {
    if state.data == fingerprint {
        return Ok(());
    }
    let what = format!(
        "the data set is not the one that this run was trained on (fingerprint {fingerprint:.12}, was {:.12})",
        state.data
    );
    if forced {
        log.note(Level::Warning, format!("{what}; it goes on because that was forced"));
        return Ok(());
    }
    Err(BadInput(format!(
        "{what}; bring the old data back, start a new run, or go on all the same with --force"
    ))
    .into())
}

/// Refuses a recipe with which a checkpoint cannot go on.
fn goes_on(state: &State, recipe: &Recipe) -> Result<(), BadInput> {
    let (old, new) = (&state.recipe, recipe);
    let differs = if old.optim.chosen() != new.optim.chosen() {
        Some("another optimizer")
    } else if old.train.seed != new.train.seed {
        Some("another seed, and so other images set aside for validation")
    } else if old.train.validation_share != new.train.validation_share {
        Some("another share of images set aside for validation")
    } else {
        None
    };
    if let Some(differs) = differs {
        return Err(BadInput(format!(
            "the recipe has {differs} and cannot go on from this checkpoint; take its weights alone, with @last or @best"
        )));
    }
    if state.epoch >= new.train.epochs {
        return Err(BadInput(format!(
            "the checkpoint has {} epochs done and the recipe wants {}; set train.epochs to more, or take its weights alone, with @last or @best",
            state.epoch, new.train.epochs
        )));
    }
    Ok(())
}

/// The recipe that was in force when a model or checkpoint was written.
pub fn recipe_of(path: &Path) -> anyhow::Result<Recipe> {
    if checkpoint::is_one(path)? {
        let found = checkpoint::read(path)?.map(|checkpoint| checkpoint.state.recipe);
        return found.ok_or_else(|| BadInput(format!("there is no such file: {}", path.display())).into());
    }
    Ok(parse(&file::read_meta(path)?.recipe, path)?)
}
