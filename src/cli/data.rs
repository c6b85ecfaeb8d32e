//! `data list|fetch|stats`: the data sets there are, and what is in them.

use super::exit::{BadInput, Done};
use super::globals::Globals;
use super::out::{Out, say};
use super::recipes::{self, Setting};
use super::table::{Table, count, duration};
use super::wait::Waiting;
use crate::data::{Availability, Dataset, Fetched, Origin, Samples, Source, Statistics, statistics};
use crate::knobs::{Choice as _, set};
use crate::recipe::Recipe;
use indicatif::HumanBytes;
use serde_json::{Value, json};
use std::time::Instant;

/// List, fetch and count data sets
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench data list
  digit-workbench data fetch mnist
  digit-workbench data fetch notmnist --set data.variant=large
  digit-workbench data stats rendered --set data.train=1000")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List the data sets and whether they are here
    List,
    /// Download a data set; goes on where a broken-off download ended
    Fetch {
        /// A name that `data list` prints
        name: String,
        /// Change a setting that decides what is needed: data.variant=large, data.extra=true
        #[arg(long, value_name = "PATH=VALUE", value_parser = recipes::parse_setting)]
        set: Vec<Setting>,
    },
    /// Count a data set's images by class
    Stats {
        /// A name that `data list` prints, a preset, or a recipe file
        name: String,
        /// Change a setting, for instance data.limit=1000; may be given several times
        #[arg(long, value_name = "PATH=VALUE", value_parser = recipes::parse_setting)]
        set: Vec<Setting>,
    },
    /// Draw how a training would vary an image
    Augment(super::augment::Args),
    Generate(super::generate::Args),
    Export(super::export::Args),
    Add(super::add::Args),
    #[command(flatten)]
    Curate(super::curate::Action),
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    match &args.action {
        Action::List => list(globals, out),
        Action::Fetch { name, set } => fetch(name, set, globals, out),
        Action::Stats { name, set } => stats(name, set, globals, out),
        Action::Augment(args) => super::augment::run(args, globals, out),
        Action::Generate(args) => super::generate::run(args, globals, out),
        Action::Export(args) => super::export::run(args, globals, out),
        Action::Add(args) => super::add::run(args, globals, out),
        Action::Curate(action) => super::curate::run(action, globals, out),
    }
}

fn list(globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let places = globals.places();
    let options = Source::default().options();
    let mut table = Table::new(&["name", "available", "what"]);
    let mut paths = Table::new(&["name", "where"]);
    for option in &options {
        let source = named(option.name)?;
        let (state, told) = match source.available(&places) {
            Availability::Ready => ("ready", "ready".to_owned()),
            Availability::NeedsDownload { bytes } => {
                ("needs_download", format!("{} MB to fetch", bytes.div_ceil(1_000_000)))
            }
            Availability::Missing { .. } => ("missing", "needs a folder".to_owned()),
        };
        let Origin { address, bytes, found, drawn: _ } = source.origin(&places);
        let lies = match &found {
            Some(path) => path.display().to_string(),
            None => address.clone(),
        };
        out.json(&json!({
            "data": option.name, "label": option.label, "about": option.help, "available": state,
            "bytes": bytes, "address": address, "found": found,
        }))?;
        table.push([option.name.to_owned(), told, format!("{}: {}", option.label, option.help)]);
        if !lies.is_empty() {
            paths.push([option.name.to_owned(), lies]);
        }
    }
    out.line(table.aligned())?;
    out.line("")?;
    out.line(paths.aligned())?;
    let Some(folder) = globals.places().folders.into_iter().find(|folder| !folder.is_dir()) else {
        return Ok(Done::with(json!({ "data_sets": options.len() })));
    };
    say(&format!("Warning: a data folder that was named is not there: {}", folder.display()));
    Ok(Done::with(json!({ "data_sets": options.len(), "missing_folder": folder })))
}

fn fetch(name: &str, settings: &[Setting], globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let mut recipe = Recipe { data: named(name)?, ..Recipe::default() };
    recipes::apply(&mut recipe, settings)?;
    let source = recipe.data;
    let places = globals.places();
    let began = Instant::now();
    let waiting = Waiting::new(out);
    let fetched = source.fetch(&places, &waiting);
    waiting.done();
    let Fetched { folder, downloaded_bytes, notes } = fetched?;
    for note in &notes {
        say(&format!("Note: {note}"));
    }
    if let Availability::Missing { what_to_do } = source.available(&places) {
        return Err(BadInput(what_to_do).into());
    }
    let seconds = began.elapsed().as_secs_f64();
    out.line(match downloaded_bytes {
        0 => format!("{name} is here already"),
        bytes => format!("{name} is here now: {} in {}", HumanBytes(bytes), duration(seconds)),
    })?;
    Ok(Done::with(json!({
        "data": name, "folder": folder, "downloaded_bytes": downloaded_bytes, "notes": notes, "seconds": seconds,
    })))
}

fn stats(name: &str, settings: &[Setting], globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let recipe = recipe_of(name, settings, globals)?;
    super::plan::refuse_missing_data(&recipe.data, globals)?;
    let began = Instant::now();
    let waiting = Waiting::new(out);
    let loaded = recipe.dataset(&globals.places(), &globals.workspace().overlays_dir(), &waiting);
    waiting.done();
    let dataset = loaded?;
    let seconds = began.elapsed().as_secs_f64();
    let Dataset { name, classes, kind: _, train, test, fingerprint, curated: _, warnings } = &dataset;
    out.line(format!(
        "{name}: {} training and {} test images of {}x{}, {} classes",
        count(train.len() as u64),
        count(test.len() as u64),
        train.width,
        train.height,
        classes.len()
    ))?;
    let (in_train, in_test) = (statistics(train, classes.len()), statistics(test, classes.len()));
    let mut table = Table::new(&["class", "training", "test"]);
    for ((class, train), test) in classes.iter().zip(&in_train.class_counts).zip(&in_test.class_counts) {
        table.push([class.clone(), count(*train), count(*test)]);
    }
    out.line(table.aligned())?;
    for warning in warnings {
        say(&format!("Warning: {warning}"));
    }
    Ok(Done::with(json!({
        "name": name, "classes": classes, "train": part(train, &in_train), "test": part(test, &in_test),
        "fingerprint": fingerprint, "warnings": warnings, "seconds": seconds,
    })))
}

/// The recipe that a data set's name, a preset or a file means, with what `--set` changes of it.
pub fn recipe_of(name: &str, settings: &[Setting], globals: &Globals) -> anyhow::Result<Recipe> {
    let mut recipe = match named(name) {
        Ok(data) => Recipe { data, ..Recipe::default() },
        Err(_) => recipes::choose(Some(name), globals)?,
    };
    recipes::apply(&mut recipe, settings)?;
    recipes::refuse_problems(&recipe)?;
    Ok(recipe)
}

/// The data set of that name with its default settings.
fn named(name: &str) -> anyhow::Result<Source> {
    let mut recipe = Recipe::default();
    set(&mut recipe, "data.name", name)?;
    Ok(recipe.data)
}

/// Figures of one part; mean and standard deviation of each channel are of pixels as 0 to 1.
fn part(samples: &Samples, figures: &Statistics) -> Value {
    json!({
        "n": figures.n_images, "per_class": figures.class_counts, "mean": figures.mean, "std": figures.std,
        "width": samples.width, "height": samples.height, "channels": samples.channels,
    })
}
