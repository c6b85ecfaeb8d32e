//! Checkpoints (everything to go on from) and model files (everything to read pictures with).

use super::engine::{Engine, OptimizerState};
use super::prepare::{BadInput, Prepared};
use super::state::{State, VERSION};
use crate::models::Input;
use crate::models::file::{ModelMeta, read_metadata, read_tensors, write_from, write_tensors};
use crate::recipe;
use anyhow::Context as _;
use std::collections::BTreeMap;
use std::path::Path;
use tch::Tensor;

/// The metadata key that holds the counters.
const STATE: &str = "state";
/// The metadata key that holds the optimizer's numbers.
const SCALARS: &str = "scalars";
/// Names of weights begin with this.
const PARAM: &str = "param/";
/// Names of averaged weights begin with this.
const AVERAGE: &str = "average/";
/// Names of optimizer tensors begin with this.
const SLOT: &str = "slot/";

/// A checkpoint as it was read.
pub(super) struct Checkpoint {
    /// The counters.
    pub state: State,
    params: Vec<(String, Tensor)>,
    averages: Vec<(String, Tensor)>,
    optimizer: OptimizerState,
}

impl Checkpoint {
    /// Puts weights and optimizer state into the engine and returns the counters.
    pub fn restore(self, engine: &mut Engine) -> anyhow::Result<State> {
        engine.load_parameters(&self.params)?;
        if !self.averages.is_empty() {
            engine.load_averages(&self.averages)?;
        }
        engine.load_optimizer_state(self.optimizer)?;
        Ok(self.state)
    }
}

/// Writes everything needed to go on, in one file, so that weights and counters can never be of different steps.
pub(super) fn save(path: &Path, state: &State, engine: &mut Engine) -> anyhow::Result<()> {
    let optimizer = engine.optimizer_state();
    let metadata = BTreeMap::from([
        ("format".to_owned(), FORMAT.to_owned()),
        (STATE.to_owned(), serde_json::to_string(state)?),
        (SCALARS.to_owned(), serde_json::to_string(&optimizer.scalars)?),
    ]);
    let mut tensors = Vec::new();
    let mut put = |prefix: &str, named: Vec<(String, Tensor)>| {
        tensors.extend(named.into_iter().map(|(name, tensor)| (format!("{prefix}{name}"), tensor)));
    };
    put(PARAM, engine.parameters());
    put(AVERAGE, engine.averages().unwrap_or_default());
    put(SLOT, optimizer.tensors);
    write_tensors(path, &metadata, &tensors)
}

/// What `format` says in every checkpoint.
const FORMAT: &str = "digit-workbench-checkpoint";

/// Whether a file is a checkpoint, and not a model.
pub(super) fn is_one(path: &Path) -> anyhow::Result<bool> {
    Ok(read_metadata(path)?.get("format").is_some_and(|format| format == FORMAT))
}

/// Reads a checkpoint; `None` if there is none.
pub(super) fn read(path: &Path) -> anyhow::Result<Option<Checkpoint>> {
    if !path.exists() {
        return Ok(None);
    }
    let (metadata, tensors) = read_tensors(path).map_err(|e| BadInput(e.to_string()))?;
    let damaged = || BadInput(format!("this is no checkpoint; start a new run: {}", path.display()));
    let version: Version =
        serde_json::from_str(metadata.get(STATE).ok_or_else(damaged)?).map_err(|_| damaged())?;
    if version.version > VERSION {
        let newer = version.version;
        return Err(BadInput(format!(
            "the checkpoint has version {newer}, this program knows versions up to {VERSION}; use a newer program: {}",
            path.display()
        ))
        .into());
    }
    let state: State = serde_json::from_str(&metadata[STATE])
        .with_context(|| format!("the checkpoint's counters cannot be read: {}", path.display()))?;
    let scalars = serde_json::from_str(metadata.get(SCALARS).ok_or_else(damaged)?).map_err(|_| damaged())?;
    let (mut params, mut averages, mut slots) = (Vec::new(), Vec::new(), Vec::new());
    for (name, tensor) in tensors {
        if let Some(name) = name.strip_prefix(PARAM) {
            params.push((name.to_owned(), tensor));
        } else if let Some(name) = name.strip_prefix(AVERAGE) {
            averages.push((name.to_owned(), tensor));
        } else if let Some(name) = name.strip_prefix(SLOT) {
            slots.push((name.to_owned(), tensor));
        }
    }
    Ok(Some(Checkpoint {
        state: state.lifted(),
        params,
        averages,
        optimizer: OptimizerState { tensors: slots, scalars },
    }))
}

#[derive(serde::Deserialize)]
struct Version {
    version: u32,
}

/// Writes a model file that alone is enough to read a picture. What began with the model in file `start`, if there is such
/// a file, keeps its thresholds.
pub(super) fn save_model(
    path: &Path,
    prepared: &mut Prepared,
    accuracy: Option<f64>,
    start: &Path,
) -> anyhow::Result<()> {
    let Prepared { dataset, train_rows, engine, state, .. } = prepared;
    let Input { channels, height, width, .. } = Input::of(&state.recipe.model, dataset);
    let meta = ModelMeta {
        recipe: recipe::to_ron(&state.recipe)?,
        classes: dataset.classes.clone(),
        channels,
        height,
        width,
        data: dataset.fingerprint.clone(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        step: state.step,
        epoch: state.epochs_done(train_rows.len() as u64),
        accuracy,
    };
    write_from(path, &meta, &engine.model(), Some(start))
}
