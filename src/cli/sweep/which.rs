//! Which sweep a command means: a preset's name, a file, a recipe with what is varied; and what `--set` changes.

use super::super::exit::BadInput;
use super::super::globals::Globals;
use super::super::recipes;
use super::{Args, range};
use crate::knobs::{SetError, set};
use crate::sweep::{Axis, Studies, Sweep, presets, read};
use std::path::Path;

/// The studies of the workspace.
pub fn studies(globals: &Globals) -> Studies {
    Studies::new(globals.workspace().root())
}

/// The sweep that the arguments mean.
pub fn sweep(args: &Args, globals: &Globals) -> anyhow::Result<Sweep> {
    let mut sweep = named(args, globals)?;
    // What is varied may be changed by a setting, and a setting may be of what is varied.
    for setting in &args.vary {
        let axis = Axis::new(&setting.path, range::parse(&sweep.recipe, &setting.path, &setting.value)?);
        match sweep.space.0.iter_mut().find(|known| known.path == axis.path) {
            Some(known) => known.range = axis.range,
            None => sweep.space.0.push(axis),
        }
    }
    for setting in &args.set {
        // Paths of recipes begin with data, model, optim and so on; those of sweeps do not.
        match set(&mut sweep, &setting.path, &setting.value) {
            Err(SetError::Unknown { .. }) => set(&mut sweep.recipe, &setting.path, &setting.value)?,
            other => other?,
        }
    }
    if let Some(name) = &args.name {
        sweep.name.clone_from(name);
    }
    Ok(sweep)
}

fn named(args: &Args, globals: &Globals) -> anyhow::Result<Sweep> {
    let mut known = presets(&globals.workspace().presets_dir());
    let Some(named) = &args.sweep else {
        let stems: Vec<&str> = known.iter().map(|preset| preset.stem.as_str()).collect();
        return Err(BadInput(format!(
            "name a sweep's preset or file, or a recipe with --vary; sweeps that ship are {}",
            stems.join(", ")
        ))
        .into());
    };
    // The user's own come last, and go before one that ships with the same name.
    if let Some(i) = known.iter().rposition(|preset| preset.stem == *named) {
        return Ok(known.swap_remove(i).sweep?);
    }
    if args.vary.is_empty() {
        return match read(Path::new(named)) {
            Ok(sweep) => Ok(sweep),
            Err(_) if !Path::new(named).is_file() && !named.contains(['/', '.']) => {
                let stems: Vec<&str> = known.iter().map(|preset| preset.stem.as_str()).collect();
                Err(BadInput(format!(
                    "no sweep is called '{named}', and there is no such file; presets are {}; a recipe needs --vary",
                    stems.join(", ")
                ))
                .into())
            }
            Err(error) => Err(error.into()),
        };
    }
    if let Ok(sweep) = read(Path::new(named)) {
        return Ok(sweep);
    }
    let recipe = recipes::choose(Some(named), globals)?;
    Ok(Sweep { name: format!("Sweep of {}", recipe.name), recipe, ..Sweep::default() })
}

/// Trials that it will make by itself.
pub fn planned(sweep: &Sweep) -> u64 {
    let own = sweep.strategy.propose().trials(&sweep.space);
    own.map_or(sweep.trials, |own| own.min(sweep.trials)) + sweep.repeats.best * sweep.repeats.seeds
}
