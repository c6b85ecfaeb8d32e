//! `train`: makes a run of a recipe and trains it, or goes on with the run of a folder.

use super::exit::{self, BadInput, Done};
use super::globals::Globals;
use super::out::Out;
use super::progress::Follower;
use super::recipes::{self, Setting};
use super::table::{duration, percent};
use super::{guard, plan, worker};
use crate::data::captured::Store;
use crate::recipe::Recipe;
use crate::runs::{Parent, Part, RunDir, RunError};
use crate::train::{self, Ending, Summary};
use crate::work::further::further;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Train a recipe
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench train quick-start
  digit-workbench train presets/mnist-cnn.ron --set optim.lr=0.01 --set train.epochs=3
  digit-workbench train mnist-mlp --set model.dense_layers=2 --dry-run
  digit-workbench train mnist-cnn --json | tail -n 1
  digit-workbench train --from last@checkpoint --set train.epochs=20 --set optim.lr=0.0001
  digit-workbench train --from shipped --captured        the reader that ships, and your own pictures

Ctrl-C writes a checkpoint; `digit-workbench resume RUN` goes on from there, exactly.
`digit-workbench presets` lists the presets, `digit-workbench knobs` everything that --set can set.")]
pub struct Args {
    /// A preset's name or a recipe file; without it, the defaults
    #[arg(value_name = "PRESET_OR_RECIPE")]
    recipe: Option<String>,
    /// Change a setting, for instance optim.lr=0.01; may be given several times
    #[arg(long, value_name = "PATH=VALUE", value_parser = recipes::parse_setting)]
    set: Vec<Setting>,
    /// What to call the run
    #[arg(long)]
    name: Option<String>,
    /// Train or resume the run in this folder; with a recipe, make it there
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,
    /// Begin with what another run learned (RUN@best, RUN@last: its weights; RUN@checkpoint: everything, to go on with other settings), or with a model file, or the reader that ships; without a recipe, with its own
    #[arg(long, value_name = "RUN[@PART]|FILE|shipped")]
    from: Option<String>,
    /// Mix in the pictures that were kept: a short training with small steps, which keeps what the model of --from has learned
    #[arg(long, requires = "from", conflicts_with = "recipe")]
    captured: bool,
    /// Go on even if the data set is not the one that the run was trained on
    #[arg(long)]
    force: bool,
    /// Only print the layers, shapes and parameters, and what is wrong, if anything is
    #[arg(long)]
    dry_run: bool,
    /// Train one run after another, as standard input says
    #[arg(long, hide = true)]
    worker: bool,
    /// Take orders from files in this folder instead
    #[arg(long, value_name = "DIR", hide = true, requires = "worker")]
    mailbox: Option<PathBuf>,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    if args.worker {
        return worker::run(args.mailbox.as_deref(), globals);
    }
    let existing = args.run.as_ref().map(|folder| RunDir::new(folder.clone()));
    if let Some(run) = existing.as_ref().filter(|run| args.recipe.is_none() || run.recipe_file().exists()) {
        let given =
            args.recipe.is_some() || args.from.is_some() || !args.set.is_empty() || args.name.is_some();
        if given && run.recipe_file().exists() {
            return Err(BadInput(format!(
                "the run in this folder has its recipe already; leave out the preset, --from, --set and --name, or choose an empty folder: {}",
                run.path().display()
            ))
            .into());
        }
        if !given {
            let recipe = run.recipe()?;
            // A run that goes on has its own words for data that went away, and tells them in its events too.
            return match args.dry_run {
                true => plan::print(&recipe, &plan::check(&recipe, globals)?, out),
                false => go(run, args.force, globals, out),
            };
        }
    }
    let parent = args.from.as_deref().map(|from| parent(from, globals)).transpose()?;
    let mut recipe = match &parent {
        Some((_, file)) if args.recipe.is_none() => train::recipe_of(file)?,
        _ => recipes::choose(args.recipe.as_deref(), globals)?,
    };
    if args.captured {
        refuse_nothing_kept(globals)?;
        let name = if recipe.name.is_empty() { "Model".to_owned() } else { recipe.name.clone() };
        recipe = further(recipe, &name, &globals.places());
    }
    recipes::apply(&mut recipe, &args.set)?;
    if let Some(name) = &args.name {
        recipe.name.clone_from(name);
    }
    let layers = plan::check(&recipe, globals)?;
    if args.dry_run {
        return plan::print(&recipe, &layers, out);
    }
    plan::refuse_missing_data(&recipe.data, globals)?;
    let run = make(existing, &recipe, globals)?;
    if let Some((parent, file)) = &parent {
        run.begin_with(file, parent)?;
    }
    out.line(format!("Run {}", run.id()))?;
    go(&run, args.force, globals, out)
}

/// A run that has nothing to add is not begun.
fn refuse_nothing_kept(globals: &Globals) -> anyhow::Result<()> {
    match Store::new(globals.places().captured()).records()?.0.is_empty() {
        true => Err(BadInput(
            "no pictures of your own have been kept yet; keep some with `digit-workbench data add` or Teach on the Camera page"
                .to_owned(),
        )
        .into()),
        false => Ok(()),
    }
}

/// What `--from` names, and its file.
fn parent(from: &str, globals: &Globals) -> anyhow::Result<(Parent, PathBuf)> {
    let workspace = globals.workspace();
    let path = match from {
        "shipped" => crate::reader::shipped()
            .ok_or_else(|| BadInput("there is no reader beside the program".to_owned()))?,
        _ => PathBuf::from(from),
    };
    if path.is_file() {
        return Ok((Parent::File(std::path::absolute(&path)?), path));
    }
    let (id, part) = match from.rsplit_once('@') {
        Some((id, part)) => {
            let known = Part::ALL.into_iter().find(|known| known.name() == part);
            (
                id,
                known.ok_or_else(|| {
                    BadInput(format!(
                        "a run has no part '{part}'; there are best, last and checkpoint: {from}"
                    ))
                })?,
            )
        }
        None => (from, Part::default()),
    };
    let parent = Parent::Run(workspace.run(id)?.id(), part);
    let file = part.file(&workspace.run(id)?);
    anyhow::ensure!(file.is_file(), RunError::NoParent(parent.to_string()));
    Ok((parent, file))
}

fn make(wanted: Option<RunDir>, recipe: &Recipe, globals: &Globals) -> anyhow::Result<RunDir> {
    let Some(run) = wanted else { return Ok(globals.workspace().create_run(recipe)?) };
    let refused = |e| BadInput(format!("no run can be made there: {e}: {}", run.path().display()));
    std::fs::create_dir_all(run.path()).map_err(refused)?;
    run.keep_overlay(recipe, &globals.workspace().overlays_dir())?;
    run.write_recipe(recipe)?;
    run.write_meta(&crate::runs::Meta { name: recipe.name.clone(), ..run.meta() })?;
    Ok(run)
}

/// Trains the run in its folder to its end, or until Ctrl-C.
pub fn go(run: &RunDir, forced: bool, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let (history, _) = run.history()?;
    let interrupt = guard::interruptible();
    let mut follower = Follower::new(out, history);
    let outcome = train::run(run, &globals.places(), &mut |event| follower.see(event), interrupt, forced);
    let written = follower.finish();
    let summary = outcome?;
    written?;
    if summary.ending == Ending::Discarded {
        let trashed = globals.workspace().trash(run)?;
        out.line(format!("Discarded; the run lies in the trash: {}", trashed.display()))?;
    } else {
        say(run, &summary, globals, out)?;
    }
    let code = if summary.ending == Ending::Interrupted { exit::INTERRUPTED } else { exit::DONE };
    Ok(Done { code, figures: figures(run, &summary)? })
}

fn say(run: &RunDir, summary: &Summary, globals: &Globals, out: &mut Out) -> std::io::Result<()> {
    let Summary { ending, accuracy, images_per_s, seconds, steps, .. } = summary;
    let id = run.id();
    let inside = run.path().parent() == Some(globals.workspace().runs_dir().as_path());
    let named = if inside { id } else { run.path().display().to_string() };
    let options = globals.repeat();
    if *ending == Ending::Interrupted {
        return out.line(format!(
            "Interrupted at step {steps}; go on with: digit-workbench resume {named}{options}"
        ));
    }
    let word = if *ending == Ending::Stopped { "Stopped" } else { "Finished" };
    let speed = images_per_s.map_or_else(String::new, |speed| format!(", {speed:.0} images/s"));
    out.line(format!("{word} after {}: test accuracy {}{speed}", duration(*seconds), percent(*accuracy)))?;
    out.line(format!("Model: {}", run.best_model().display()))
}

fn figures(run: &RunDir, summary: &Summary) -> anyhow::Result<Value> {
    let mut figures = serde_json::to_value(summary)?;
    figures["folder"] = json!(run.path());
    figures["model"] = json!(run.best_model());
    Ok(figures)
}
