//! `data overlay` and its kin: looking for what is wrong with a data set, and edits that put it right.

mod baseline;
mod check;
mod compare;
mod duplicates;
mod errors;
mod overlay;

use super::exit::Done;
use super::globals::Globals;
use super::out::{Out, say};
use super::recipes::{self, Setting};
use super::wait::Waiting;
use crate::data::Dataset;
use crate::recipe::Recipe;

/// What is appended to `data`'s commands.
#[derive(clap::Subcommand)]
pub enum Action {
    /// List, show and make edits of data sets; the originals are never touched
    Overlay(overlay::Args),
    /// Count images that are there more than once, within and between the parts
    Duplicates(duplicates::Args),
    /// Leave out validation and test images that training has too, as edits
    Sanitise(duplicates::SanitiseArgs),
    /// Learn by logistic regression from few images and from many: the baseline
    Baseline(baseline::Args),
    /// List labels that are likely wrong, and images that stand out
    Errors(errors::Args),
    /// Check that every image still has its label, and that classes are balanced
    Check(check::Args),
    /// Train without edits and with them, and measure both runs on the data as read and as edited
    Compare(compare::Args),
}

/// Does it.
pub fn run(action: &Action, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    match action {
        Action::Overlay(args) => overlay::run(args, globals, out),
        Action::Duplicates(args) => duplicates::run(args, globals, out),
        Action::Sanitise(args) => duplicates::sanitise(args, globals, out),
        Action::Baseline(args) => baseline::run(args, globals, out),
        Action::Errors(args) => errors::run(args, globals, out),
        Action::Check(args) => check::run(args, globals, out),
        Action::Compare(args) => compare::run(args, globals, out),
    }
}

/// Which data set, for every command about one.
#[derive(clap::Args)]
pub struct Which {
    /// A name that `data list` prints, a preset, or a recipe file
    #[arg(value_name = "DATA")]
    name: String,
    /// Change a setting, for instance data.limit=1000; may be given several times
    #[arg(long, value_name = "PATH=VALUE", value_parser = recipes::parse_setting)]
    set: Vec<Setting>,
    /// The edits to lay over it
    #[arg(long, value_name = "NAME")]
    overlay: Option<String>,
}

impl Which {
    /// The recipe that it means.
    fn recipe(&self, globals: &Globals) -> anyhow::Result<Recipe> {
        let mut recipe = super::data::recipe_of(&self.name, &self.set, globals)?;
        if let Some(name) = &self.overlay {
            recipe.curation.overlay.clone_from(name);
        }
        Ok(recipe)
    }

    /// The recipe, and the data set as it was read.
    fn base(&self, globals: &Globals, out: &Out) -> anyhow::Result<(Recipe, Dataset)> {
        let recipe = self.recipe(globals)?;
        super::plan::refuse_missing_data(&recipe.data, globals)?;
        let waiting = Waiting::new(out);
        let loaded = recipe.data.load(&globals.places(), &waiting);
        waiting.done();
        let dataset = loaded?;
        dataset.warnings.iter().for_each(|warning| say(&format!("Warning: {warning}")));
        Ok((recipe, dataset))
    }

    /// The recipe, and the data set as read and as curated.
    fn curated(&self, globals: &Globals, out: &Out) -> anyhow::Result<(Recipe, Dataset, Dataset)> {
        let (recipe, base) = self.base(globals, out)?;
        let dataset = recipe.curated(base.clone(), &globals.workspace().overlays_dir())?;
        let n_read = base.warnings.len();
        dataset.warnings.iter().skip(n_read).for_each(|warning| say(&format!("Warning: {warning}")));
        Ok((recipe, base, dataset))
    }
}
