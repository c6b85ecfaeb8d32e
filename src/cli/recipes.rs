//! Which recipe a command means: a preset's name, a file, and what `--set` changes of it.

use super::exit::BadInput;
use super::globals::Globals;
use crate::knobs::set;
use crate::recipe::{self, Preset, Recipe};
use anyhow::Context as _;
use std::path::Path;

/// `path=value` of the command line.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The setting's path, `optim.lr`.
    pub path: String,
    /// The value as text.
    pub value: String,
}

/// For clap: splits at the first `=`.
pub fn parse_setting(text: &str) -> Result<Setting, String> {
    let (path, value) = text.split_once('=').ok_or("write it as path=value, for instance optim.lr=0.01")?;
    Ok(Setting { path: path.trim().to_owned(), value: value.trim().to_owned() })
}

/// The recipe of a preset's name or a file; the defaults if neither is named.
pub fn choose(named: Option<&str>, globals: &Globals) -> anyhow::Result<Recipe> {
    let Some(named) = named else { return Ok(Recipe::default()) };
    let mut presets = recipe::presets(&globals.workspace().presets_dir());
    // The user's own come last, and go before one that ships with the same name.
    if let Some(i) = presets.iter().rposition(|preset| preset.stem == named) {
        return Ok(presets.swap_remove(i).recipe?);
    }
    let path = Path::new(named);
    let looks_like_a_file = path.extension().is_some_and(|e| e == "ron") || path.components().count() > 1;
    if path.is_file() || looks_like_a_file {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let same = presets.iter().any(|preset| preset.stem == stem);
        let read = recipe::read(path);
        return if same && !path.exists() {
            Ok(read.with_context(|| format!("there is a preset '{stem}', but no such file"))?)
        } else {
            Ok(read?)
        };
    }
    Err(unknown(named, &presets).into())
}

fn unknown(named: &str, presets: &[Preset]) -> BadInput {
    let stems: Vec<&str> = presets.iter().map(|preset| preset.stem.as_str()).collect();
    BadInput(format!(
        "no preset is called '{named}', and there is no such file; presets are {}",
        stems.join(", ")
    ))
}

/// Applies `--set`, in the order given.
pub fn apply(recipe: &mut Recipe, settings: &[Setting]) -> anyhow::Result<()> {
    for Setting { path, value } in settings {
        set(recipe, path, value)?;
    }
    Ok(())
}

/// Refuses a recipe with settings outside of their bounds, naming all of them.
pub fn refuse_problems(recipe: &Recipe) -> Result<(), BadInput> {
    let problems: Vec<String> = recipe.problems().iter().map(ToString::to_string).collect();
    if problems.is_empty() { Ok(()) } else { Err(BadInput(problems.join("; "))) }
}
