//! `runs`: every run and how far it got.

use super::exit::Done;
use super::globals::Globals;
use super::out::{Out, say};
use super::table::{Table, duration, percent};
use crate::knobs::Choice as _;
use crate::runs::{History, RunDir, RunError, Split, now};
use serde_json::{Value, json};

/// List every run and how far it got
#[derive(clap::Args)]
#[command(after_help = "\
Wherever a command takes a RUN, give its id, its name, the path of its folder, or `last`.")]
pub struct Args {}

pub fn run(_: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let workspace = globals.workspace();
    let runs = workspace.runs();
    let mut table =
        Table::new(&["id", "name", "status", "epochs", "validation", "test", "data", "model", "age"]);
    for run in &runs {
        // One run that cannot be read must not hide the others.
        let row = match row(run) {
            Ok(row) => row,
            Err(error) => {
                say(&format!("{}: {error}", run.id()));
                json!({ "run": run.id(), "status": "unreadable", "error": error.to_string() })
            }
        };
        out.json(&row)?;
        let text = |key: &str| row[key].as_str().unwrap_or("-").to_owned();
        let epochs = match (row["epochs"].as_f64(), row["epochs_planned"].as_u64()) {
            (Some(done), Some(all)) => format!("{}/{all}", (done * 10.0).round() / 10.0),
            _ => "-".to_owned(),
        };
        let age = row["age_secs"].as_f64().map_or_else(|| "-".to_owned(), duration);
        let (valid, test) = (percent(row["valid_accuracy"].as_f64()), percent(row["accuracy"].as_f64()));
        table.push([
            text("run"),
            text("name"),
            text("status"),
            epochs,
            valid,
            test,
            text("data"),
            text("model"),
            age,
        ]);
    }
    if table.len() == 0 {
        out.line("No runs yet; start one with: digit-workbench train quick-start")?;
    } else {
        out.line(table.aligned())?;
    }
    Ok(Done::with(json!({ "runs": runs.len(), "workspace": workspace.root() })))
}

/// What is known of a run, in one line.
pub fn row(run: &RunDir) -> Result<Value, RunError> {
    let (history, _) = run.history()?;
    if let Some(imported) = run.imported() {
        return Ok(json!({
            "run": run.id(), "name": run.meta().name, "status": "imported", "epochs": history.epoch,
            "epochs_planned": history.epoch, "steps": history.step, "from": imported.from,
            "valid_accuracy": history.best.map(|best| best.accuracy),
            "accuracy": history.last(Split::Test, "accuracy"), "loss": history.last(Split::Test, "loss"),
            "data": Value::Null, "model": Value::Null, "seconds": history.trained_secs,
            "age_secs": history.first_started_at.filter(|at| *at > 0.0).map(|at| now() - at),
        }));
    }
    let recipe = run.recipe()?;
    Ok(json!({
        "run": run.id(),
        "name": run.meta().name,
        "parent": run.meta().parent.map(|parent| parent.to_string()),
        "status": run.status(&history).label().to_lowercase(),
        "epochs": history.epoch,
        "epochs_planned": planned_epochs(&history).unwrap_or(recipe.train.epochs),
        "steps": history.step,
        "valid_accuracy": history.best.map(|best| best.accuracy),
        "accuracy": history.last(Split::Test, "accuracy"),
        "loss": history.last(Split::Test, "loss"),
        "data": recipe.data.chosen(),
        "model": recipe.model.chosen(),
        "seconds": history.trained_secs,
        "age_secs": history.first_started_at.map(|at| now() - at),
    }))
}

/// The epochs that the latest process is to reach, with those added while it trained.
pub fn planned_epochs(history: &History) -> Option<u64> {
    use crate::runs::MarkerKind;
    let added = history.markers.iter().rev().find_map(|marker| match &marker.kind {
        MarkerKind::Changed(changed) if changed.path == "train.epochs" => changed.applied.parse().ok(),
        _ => None,
    });
    added.or_else(|| Some(history.started.as_ref()?.epochs))
}
