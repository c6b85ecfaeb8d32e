//! `show RUN`: what a run was to do, what it did, and what was changed meanwhile.

use super::behind;
use super::describe::changed;
use super::exit::Done;
use super::globals::Globals;
use super::out::Out;
use super::runs::row;
use super::table::{count, duration, percent};
use crate::recipe::to_ron;
use crate::runs::{History, MarkerKind, RunDir, Split, Status};
use serde_json::json;
use std::path::PathBuf;

/// Show a run: its recipe, what it did, and what differs from the defaults
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench show last
  digit-workbench show last --batch 420 --sheet batch.png    the images behind a spike in its curve")]
pub struct Args {
    /// Id, name or folder of a run, or `last`
    run: String,
    /// What is behind a point of its curves: the images of a step, the first one being 1
    #[arg(long, value_name = "STEP")]
    batch: Option<u64>,
    /// Also write those images as one picture, changed as that step saw them where it did
    #[arg(long, value_name = "PNG", requires = "batch")]
    sheet: Option<PathBuf>,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let run = globals.workspace().run(&args.run)?;
    if let Some(step) = args.batch {
        return behind::show(&run, step, args.sheet.as_deref(), globals, out);
    }
    let recipe = run.recipe()?;
    let (history, tail) = run.history()?;
    let status = run.status(&history);
    let differs = changed(&recipe);
    let mut figures = row(&run)?;
    figures["folder"] = json!(run.path());
    figures["recipe"] = json!(recipe);
    figures["differs"] = differs.iter().map(|(path, value, _)| (path.clone(), json!(value))).collect();
    figures["damaged_lines"] = json!(tail.n_skipped);
    if out.is_json() {
        return Ok(Done::with(figures));
    }
    out.line(format!("{}  {}", run.meta().name, run.path().display()))?;
    if let Some(parent) = run.meta().parent {
        out.line(format!("Began with {parent}"))?;
    }
    describe_status(&run, &history, &status, out)?;
    if tail.n_skipped > 0 {
        out.line(format!("Of its events, {} lines are damaged and were left out", tail.n_skipped))?;
    }
    out.line("\nDiffers from the defaults:")?;
    for (path, value, default) in &differs {
        out.line(format!("  {path} = {value}  (default {default})"))?;
    }
    if differs.is_empty() {
        out.line("  nothing")?;
    }
    describe_markers(&history, out)?;
    out.line(format!("\nRecipe:\n{}", to_ron(&recipe)?))?;
    Ok(Done::with(figures))
}

fn describe_status(run: &RunDir, history: &History, status: &Status, out: &mut Out) -> std::io::Result<()> {
    match status {
        Status::Failed(why) => out.line(format!("Failed: {why}"))?,
        Status::Interrupted => {
            out.line(format!("Interrupted; go on with: digit-workbench resume {}", run.id()))?;
        }
        status => out.line(status.label())?,
    }
    let Some(started) = &history.started else { return Ok(()) };
    out.line(format!(
        "{:.1} epochs, {} of {} steps in {} on {} with {} threads; {} parameters",
        history.epoch,
        count(history.step),
        count(history.total_steps),
        duration(history.trained_secs),
        started.device,
        started.threads,
        count(started.params),
    ))?;
    let [train, valid, test] = started.images.map(count);
    out.line(format!("{train} images to learn from, {valid} to validate on, {test} to test on"))?;
    if let Some(best) = &history.best {
        let accuracy = percent(Some(best.accuracy));
        out.line(format!("Best validation accuracy {accuracy} after {:.1} epochs", best.epoch))?;
    }
    if let Some(accuracy) = history.last(Split::Test, "accuracy") {
        out.line(format!("Test accuracy {}", percent(Some(accuracy))))?;
    }
    Ok(())
}

fn describe_markers(history: &History, out: &mut Out) -> std::io::Result<()> {
    if history.markers.is_empty() && history.notes.is_empty() {
        return Ok(());
    }
    out.line("\nMeanwhile:")?;
    for marker in &history.markers {
        let what = match &marker.kind {
            MarkerKind::Changed(c) => match &c.reason {
                None => format!("{} changed from {} to {}", c.path, c.before, c.applied),
                Some(reason) => {
                    format!("{} was to be {} but stayed {}: {reason}", c.path, c.asked, c.applied)
                }
            },
            MarkerKind::Paused => "paused".to_owned(),
            MarkerKind::Resumed => "resumed by a new process".to_owned(),
        };
        out.line(format!("  step {}: {what}", marker.step))?;
    }
    for (_, _, text) in &history.notes {
        out.line(format!("  {text}"))?;
    }
    Ok(())
}
