//! `data export`: a data set as files that other programs read.

use super::exit::{BadInput, Done};
use super::globals::Globals;
use super::out::{Out, say};
use super::recipes::{self, Setting};
use super::table::{count, duration};
use super::wait::Waiting;
use crate::data::DataError;
use crate::data::export::{Chosen, Exported, Format, export};
use crate::knobs::Choice as _;
use serde_json::json;
use std::path::PathBuf;
use std::time::Instant;

/// Write a data set as PNG folders, idx, COCO, YOLO or CSV
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench data export mnist --format png -o mnist-png
  digit-workbench data export scenes --format coco -o scenes-coco --set data.train=500
  digit-workbench data export notmnist --format idx --split test -o letters

Each format can be read back: idx by idx_folder, the others by image_folder.")]
pub struct Args {
    /// A name that `data list` prints, a preset, or a recipe file
    #[arg(value_name = "DATA")]
    name: String,
    /// png, idx, coco, yolo or csv
    #[arg(long, short, default_value = "png")]
    format: String,
    /// The folder to write; it must be new or empty
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,
    /// Only one part
    #[arg(long, value_enum)]
    split: Option<Split>,
    /// Change a setting, for instance data.limit=1000; may be given several times
    #[arg(long, value_name = "PATH=VALUE", value_parser = recipes::parse_setting)]
    set: Vec<Setting>,
}

/// A part of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Split {
    /// What is learned from
    Train,
    /// What is measured on
    Test,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let mut format = Format::default();
    if !format.choose(&args.format) {
        let names: Vec<_> = format.options().iter().map(|option| option.name).collect();
        let problem = format!("there is no format '{}'; take one of {}", args.format, names.join(", "));
        return Err(BadInput(problem).into());
    }
    let recipe = super::data::recipe_of(&args.name, &args.set, globals)?;
    super::plan::refuse_missing_data(&recipe.data, globals)?;
    let began = Instant::now();
    let waiting = Waiting::new(out);
    let chosen = match args.split {
        None => Chosen::default(),
        Some(Split::Train) => Chosen { test: Some(Vec::new()), ..Chosen::default() },
        Some(Split::Test) => Chosen { train: Some(Vec::new()), ..Chosen::default() },
    };
    let done = recipe.dataset(&globals.places(), &globals.workspace().overlays_dir(), &waiting).and_then(
        |dataset| Ok((export(&dataset, &chosen, format, &args.output, &waiting)?, dataset.warnings)),
    );
    waiting.done();
    let (Exported { folder, images }, warnings) = match done {
        Err(error @ DataError::Corrupt { .. }) => return Err(BadInput(error.to_string()).into()),
        done => done?,
    };
    warnings.iter().for_each(|warning| say(&format!("Warning: {warning}")));
    let seconds = began.elapsed().as_secs_f64();
    let [train, test] = images.map(|n| count(n as u64));
    out.line(format!(
        "{train} training and {test} test images in {}: {}",
        duration(seconds),
        folder.display()
    ))?;
    Ok(Done::with(json!({
        "data": args.name, "format": args.format, "train": images[0], "test": images[1], "folder": folder,
        "warnings": warnings, "seconds": seconds,
    })))
}
