//! The runs of a study's trials: `studies/ID/trials/ID-0001`, each a run folder like any other.

use crate::runs::{Event, Journal, Meta, Outcome, RunDir, RunError, Split, now};
use crate::sweep::{Study, StudyDir, Trial};
use std::path::Path;

/// Why a trial has no run.
pub(super) enum NoRun {
    /// Its settings make no recipe.
    Impossible(String),
    /// The disk takes nothing.
    Disk(String),
}

/// The run of that id in a study.
pub fn run_dir(study: &StudyDir, run: &str) -> RunDir {
    RunDir::new(study.path().join("trials").join(run))
}

/// The run of a trial, once it has one.
pub fn run_of(study: &StudyDir, trial: &Trial) -> Option<RunDir> {
    trial.run.as_deref().map(|run| run_dir(study, run))
}

/// Every run of a study, in the order of its trials.
pub fn trial_runs(study: &StudyDir) -> Vec<RunDir> {
    let mut runs: Vec<RunDir> = std::fs::read_dir(study.path().join("trials"))
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(RunDir::new(entry.ok()?.path())))
        .filter(|run| run.recipe_file().is_file())
        .collect();
    runs.sort();
    runs
}

/// The run of a trial: the one that it has, or a new one with its recipe.
pub(super) fn make(dir: &StudyDir, study: &Study, trial: &Trial, overlays: &Path) -> Result<RunDir, NoRun> {
    let run = run_dir(dir, &format!("{}-{:04}", dir.id(), trial.id));
    if run.recipe_file().is_file() {
        return Ok(run);
    }
    let mut recipe = study.recipe(trial).map_err(|e| NoRun::Impossible(e.to_string()))?;
    if let Some(problem) = recipe.problems().first() {
        return Err(NoRun::Impossible(problem.to_string()));
    }
    recipe.train.threads = study.sweep.threads;
    let axes = study
        .sweep
        .space
        .varied()
        .filter_map(|axis| trial.point.get(&axis.path).map(|value| format!("{} {value}", axis.short())));
    let name = format!("#{} {}", trial.id, axes.collect::<Vec<_>>().join(", "));
    recipe.name = name.trim_end().to_owned();
    let disk = |what: String| {
        NoRun::Disk(format!(
            "a trial's folder cannot be written ({what}); make room, then resume: {}",
            run.path().display()
        ))
    };
    let told = |e: RunError| disk(e.to_string());
    std::fs::create_dir_all(run.path()).map_err(|e| disk(e.to_string()))?;
    run.keep_overlay(&recipe, overlays).map_err(told)?;
    let meta = Meta { name: recipe.name.clone(), colour: trial.id as u32, ..run.meta() };
    run.write_meta(&meta).map_err(told)?;
    // Last, because a folder counts as a run as soon as it has a recipe.
    run.write_recipe(&recipe).map_err(told)?;
    Ok(run)
}

/// Where a trial is measured on its way: at the pruner's rungs, and after each epoch where that costs nothing (the
/// validation images are read in any case) or nothing is pruned; not where it was already.
pub(super) fn rungs(study: &Study, trial: &Trial) -> Vec<f64> {
    let most = study.max_epochs(trial);
    let mut rungs = study.sweep.pruner.prune().rungs(most);
    if rungs.is_empty() || study.sweep.objective().split == Split::Valid {
        rungs.extend((1..most.ceil().max(1.0) as u64).map(|epoch| epoch as f64));
    }
    rungs.retain(|epoch| *epoch < most - 1e-9 && !trial.reached(*epoch));
    rungs.sort_by(f64::total_cmp);
    rungs.dedup();
    rungs
}

/// Tells in a run's own journal how it ended, where its process could not.
pub(super) fn say_failed(run: &Option<RunDir>, why: &str) {
    let Some(run) = run else { return };
    let ended = Event::Ended { at: now(), step: 0, outcome: Outcome::Failed, text: Some(why.to_owned()) };
    // The study has it in any case.
    Journal::open(&run.events_file()).and_then(|mut journal| journal.append(&ended)).ok();
}
