//! `data mine`: what a reader takes for numbers, cut out with what is really there, as a data set to learn from.

use super::evaluate::Which;
use super::exit::{BadInput, Done};
use super::globals::Globals;
use super::out::Out;
use super::read::{open_reader, set_threads};
use super::recipes::{self, Setting};
use super::table::{count, duration};
use super::wait::Waiting;
use crate::data::export::{Chosen, Exported, Format, export};
use crate::data::{DataError, Dataset, Kind};
use crate::reader::{Mined, PictureReader};
use crate::recipe::Recipe;
use serde_json::json;
use std::path::PathBuf;
use std::time::Instant;

/// Cut out what a reader takes for numbers, with what is written there, to learn from
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench data mine reader -o mined --set data.train=20000 --set data.seed=12
  digit-workbench data mine my-scenes.ron svhn-number -o mined --model last
  digit-workbench train svhn-number --set data.name=image_folder --set data.folder=mined

Of each picture of the training part: every number that the reader finds, also those that it is not sure of, turned
level, with the digits that are there; none where it took something else for a number. A model that learned from these
reads as a second opinion (`evaluate READER --second MODEL --tune` finds out what its word weighs).")]
pub struct Args {
    /// Names that `data list` prints, presets, or recipe files
    #[arg(required = true, value_name = "DATA")]
    names: Vec<String>,
    /// A run or model file that finds digits, in place of the reader that comes with the program
    #[arg(long, value_name = "RUN_OR_MODEL")]
    model: Option<String>,
    /// The folder to write, as PNGs and labels.csv; it must be new or empty
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,
    /// Threads to compute with; 0 for one a core
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Change a setting, for instance data.seed=12; may be given several times
    #[arg(long, value_name = "PATH=VALUE", value_parser = recipes::parse_setting)]
    set: Vec<Setting>,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let recipes: Vec<Recipe> = args
        .names
        .iter()
        .map(|name| super::data::recipe_of(name, &args.set, globals))
        .collect::<anyhow::Result<_>>()?;
    for recipe in &recipes {
        super::plan::refuse_missing_data(&recipe.data, globals)?;
    }
    let reader = open_reader(args.model.as_deref(), None, Which::Best, globals)?;
    if reader.model().is_none_or(|model| model.detector().is_none()) {
        let problem = "name a model that finds digits: this one reads what others find";
        return Err(BadInput(problem.to_owned()).into());
    }
    set_threads(args.threads);
    let began = Instant::now();
    let waiting = Waiting::new(out);
    let done = mine(&reader, &recipes, args, globals, &waiting);
    waiting.done();
    let (Exported { folder, images: [n, _] }, without) = done?;
    let seconds = began.elapsed().as_secs_f64();
    out.line(format!(
        "{} cut out, {} of them without digits, in {}: {}",
        count(n as u64),
        count(without as u64),
        duration(seconds),
        folder.display()
    ))?;
    Ok(Done::with(json!({ "folder": folder, "images": n, "without_digits": without, "seconds": seconds })))
}

/// What was written, and how many of it are without digits.
fn mine(
    reader: &PictureReader,
    recipes: &[Recipe],
    args: &Args,
    globals: &Globals,
    waiting: &Waiting,
) -> anyhow::Result<(Exported, usize)> {
    let mut mined = Mined::default();
    let mut classes = Vec::new();
    for recipe in recipes {
        let dataset = recipe.dataset(&globals.places(), &globals.workspace().overlays_dir(), waiting)?;
        if !matches!(dataset.kind, Kind::Numbers { .. }) {
            return Err(BadInput(format!("{} has no boxes of the digits of numbers", dataset.name)).into());
        }
        let (rows, _) = dataset.divide(recipe.train.validation_share, recipe.train.seed);
        if !mined.add(reader, &dataset.train, &rows, waiting)? {
            return Err(DataError::Cancelled.into());
        }
        classes = dataset.classes;
    }
    let train = mined.samples();
    let without = (0..train.len()).filter(|row| train.marks(*row).is_empty()).count();
    let longest = train.labels.iter().map(|n| usize::from(*n)).max().unwrap_or(1).max(1);
    let dataset = Dataset {
        name: "What a reader takes for numbers".to_owned(),
        classes,
        kind: Kind::Numbers { longest },
        test: train.first(0),
        train,
        fingerprint: String::new(),
        curated: None,
        warnings: Vec::new(),
    };
    Ok((export(&dataset, &Chosen::default(), Format::Csv, &args.output, waiting)?, without))
}
