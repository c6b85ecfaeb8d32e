//! `sweep best`: the winner, its recipe, and a training of it.

use super::super::exit::{BadInput, Done};
use super::super::globals::Globals;
use super::super::out::Out;
use super::super::recipes::{self, Setting};
use super::super::train;
use super::{status, which};
use crate::knobs::{differences, flat};
use crate::recipe::{Recipe, to_ron};
use crate::sweep::{Study, StudyDir};
use std::path::PathBuf;

/// Show the winner of a study, keep its recipe, or train it
#[derive(clap::Args)]
pub struct Args {
    /// Id, name or folder of a study, or `last`
    #[arg(default_value = "last")]
    study: String,
    /// Write the winner's recipe to this file
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// Train the winner's recipe as a run of its own
    #[arg(long)]
    train: bool,
    /// Change a setting of the winner's recipe first, for instance train.epochs=12
    #[arg(long, value_name = "PATH=VALUE", value_parser = recipes::parse_setting)]
    set: Vec<Setting>,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let dir = which::studies(globals).open(&args.study)?;
    let (study, _) = dir.read()?;
    out.line(status::sentence(&study))?;
    let mut recipe = recipe_of(&dir, &study)?;
    recipes::apply(&mut recipe, &args.set)?;
    recipes::refuse_problems(&recipe)?;
    let base = flat(&mut study.sweep.recipe.clone());
    for (path, _, value) in differences(&base, &flat(&mut recipe)) {
        if let Some(value) = value {
            out.line(format!("  {path} = {value}"))?;
        }
    }
    if let Some(file) = &args.recipe {
        crate::disk::write_atomically(file, to_ron(&recipe)?.as_bytes())?;
        out.line(format!("Recipe: {}", file.display()))?;
    }
    if args.train {
        let run = globals.workspace().create_run(&recipe)?;
        out.line(format!("Run {}", run.id()))?;
        return train::go(&run, false, globals, out);
    }
    Ok(Done::with(status::summary(&dir, &study)))
}

/// The winner's recipe.
fn recipe_of(dir: &StudyDir, study: &Study) -> anyhow::Result<Recipe> {
    let none = || BadInput(format!("no trial is complete yet: {}", dir.path().display()));
    let winner = study.winner().ok_or_else(none)?;
    let first = winner.trials.first().and_then(|id| study.trial(*id)).ok_or_else(none)?;
    let recipe = study.recipe(first)?;
    Ok(Recipe { name: format!("{}: winner", study.sweep.name), ..recipe })
}
