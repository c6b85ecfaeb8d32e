//! What a training would be: its layers, and everything that would make it fail, told before anything is made.

use super::exit::{BadInput, Done};
use super::globals::Globals;
use super::out::Out;
use super::recipes::refuse_problems;
use super::table::{Table, count};
use crate::data::{Availability, Dataset, Silent, Source};
use crate::knobs::Choice as _;
use crate::models::{Input, Summary, summary};
use crate::recipe::Recipe;
use serde_json::json;

/// Refuses settings out of bounds, data that is not there, and layers that do not fit. Returns the layers.
pub fn check(recipe: &Recipe, globals: &Globals) -> anyhow::Result<Summary> {
    refuse_problems(recipe)?;
    if let Some(why) = recipe.misfit() {
        return Err(BadInput(why).into());
    }
    recipe.curation.edits(&globals.workspace().overlays_dir())?;
    let input = input(&recipe.data, globals)?.brought(&recipe.model);
    Ok(summary(&recipe.model, input)?)
}

/// Refuses data that would have to be fetched first: nothing is downloaded that nobody asked for.
pub fn refuse_missing_data(source: &Source, globals: &Globals) -> Result<(), BadInput> {
    let name = source.chosen();
    match source.available(&globals.places()) {
        Availability::Ready => Ok(()),
        Availability::NeedsDownload { bytes } => Err(BadInput(format!(
            "the data set is not here yet; fetch its {} MB with: digit-workbench data fetch {name}, or name a folder that has it with --data DIR",
            bytes.div_ceil(1_000_000)
        ))),
        Availability::Missing { what_to_do } => Err(BadInput(what_to_do)),
    }
}

/// What a model of this data set reads. Sets of one known size need not be there yet.
fn input(source: &Source, globals: &Globals) -> anyhow::Result<Input> {
    match source.shape() {
        Some([channels, height, width]) => Ok(Input { channels, height, width, classes: 10 }),
        // Any other must be looked into.
        None => {
            refuse_missing_data(source, globals)?;
            let Dataset { train, classes, .. } = source.load(&globals.places(), &Silent)?;
            Ok(Input {
                channels: train.channels,
                height: train.height,
                width: train.width,
                classes: classes.len(),
            })
        }
    }
}

/// Prints the layers.
pub fn print(recipe: &Recipe, summary: &Summary, out: &mut Out) -> anyhow::Result<Done> {
    let mut table = Table::new(&["layer", "what", "output", "parameters"]);
    let mut layers = Vec::new();
    for row in &summary.rows {
        let shape = row.output.iter().map(ToString::to_string).collect::<Vec<_>>().join("x");
        table.push([row.name.clone(), row.kind.clone(), shape, count(row.params as u64)]);
        layers
            .push(json!({ "layer": row.name, "what": row.kind, "output": row.output, "params": row.params }));
    }
    out.line(table.aligned())?;
    out.line(format!(
        "\n{} parameters; {} epochs on {}",
        count(summary.params as u64),
        recipe.train.epochs,
        recipe.data.chosen()
    ))?;
    Ok(Done::with(json!({ "dry_run": true, "params": summary.params, "layers": layers, "recipe": recipe })))
}
