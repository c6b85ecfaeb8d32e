//! `presets`: the recipes to start from.

use super::exit::Done;
use super::globals::Globals;
use super::out::Out;
use super::table::Table;
use crate::knobs::Choice as _;
use crate::recipe;
use serde_json::json;

/// List the presets, those that ship and your own
#[derive(clap::Args)]
#[command(after_help = "\
A preset is a file that holds only what differs from the defaults. Your own lie in the folder
`presets` of the workspace; `digit-workbench train NAME` starts one.")]
pub struct Args {}

pub fn run(_: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let presets = recipe::presets(&globals.workspace().presets_dir());
    let mut table = Table::new(&["name", "data", "model", "epochs", "about"]);
    for preset in &presets {
        let stem = preset.stem.clone();
        let file = preset.path.as_ref().map(|path| path.display().to_string());
        match &preset.recipe {
            Ok(recipe) => {
                let (data, model) = (recipe.data.chosen(), recipe.model.chosen());
                out.json(&json!({
                    "preset": stem, "file": file, "name": recipe.name, "about": recipe.about,
                    "data": data, "model": model, "epochs": recipe.train.epochs,
                }))?;
                let epochs = recipe.train.epochs.to_string();
                table.push([stem, data.to_owned(), model.to_owned(), epochs, recipe.about.clone()]);
            }
            Err(error) => {
                out.json(&json!({ "preset": stem, "file": file, "error": error.to_string() }))?;
                let dash = || "-".to_owned();
                table.push([stem, dash(), dash(), dash(), format!("cannot be read: {error}")]);
            }
        }
    }
    out.line(table.aligned())?;
    Ok(Done::with(json!({ "presets": presets.len() })))
}
