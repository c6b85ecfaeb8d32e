//! The presets that ship, and those the user saved.

use super::{Recipe, RecipeError, parse, read, to_ron};
use std::path::{Path, PathBuf};

/// Name and text of every file in `presets/`, gathered by the build script.
const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/presets.rs"));

/// A recipe with a name to choose it by.
#[derive(Debug)]
pub struct Preset {
    /// File name without `.ron`.
    pub stem: String,
    /// The user's own file; `None` for one that ships.
    pub path: Option<PathBuf>,
    /// The recipe, or why it cannot be read.
    pub recipe: Result<Recipe, RecipeError>,
}

/// Name and text of every file that ships, sweeps among them.
pub fn shipped() -> impl Iterator<Item = (&'static str, &'static str)> {
    BUILT_IN.iter().copied()
}

/// Whether a file is a sweep over a recipe and not a recipe: the first thing in it is `Sweep(`.
pub fn is_sweep(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_start).filter(|l| !l.is_empty() && !l.starts_with("//"));
    lines
        .next()
        .and_then(|line| line.strip_prefix("Sweep"))
        .is_some_and(|rest| rest.trim_start().starts_with('('))
}

/// Those that ship, then the user's own in `folder` (which need not exist). Sweeps lie beside them and are left out.
pub fn presets(folder: &Path) -> Vec<Preset> {
    let mut all: Vec<Preset> = shipped()
        .filter(|(_, text)| !is_sweep(text))
        .map(|(stem, text)| Preset {
            stem: stem.to_owned(),
            path: None,
            recipe: parse(text, Path::new(&format!("presets/{stem}.ron"))),
        })
        .collect();
    let mut own: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "ron"))
        // One that cannot be read is listed, so that its error is seen.
        .filter(|path| !std::fs::read_to_string(path).is_ok_and(|text| is_sweep(&text)))
        .collect();
    own.sort();
    all.extend(own.into_iter().map(|path| Preset {
        stem: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        recipe: read(&path),
        path: Some(path),
    }));
    all
}

/// Saves a recipe as the user's own preset and returns the file; an existing one of that name is replaced.
pub fn save_preset(folder: &Path, stem: &str, recipe: &Recipe) -> anyhow::Result<PathBuf> {
    let stem: String = stem.trim().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    anyhow::ensure!(
        stem.chars().any(char::is_alphanumeric),
        "a preset needs a name with a letter or digit in it"
    );
    std::fs::create_dir_all(folder)?;
    let path = folder.join(format!("{stem}.ron"));
    crate::disk::write_atomically(&path, to_ron(recipe)?.as_bytes())?;
    Ok(path)
}
