//! `data list|fetch|stats`: the data sets there are, and what is in them.

use super::exit::{BadInput, Done};
use super::globals::Globals;
use super::out::{Out, say};
use super::recipes::{self, Setting};
use super::table::{Table, count, duration};
use super::wait::Waiting;
use crate::app::{catalogue, title};
use crate::data::{Availability, Dataset, Fetched, Kind, Origin, Samples, Source, Statistics, statistics};
use crate::knobs::{Choice as _, flat, set};
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
    Mine(super::mine::Args),
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
        Action::Mine(args) => super::mine::run(args, globals, out),
        Action::Curate(action) => super::curate::run(action, globals, out),
    }
}

fn list(globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let places = globals.places();
    let sources = catalogue();
    let mut table = Table::new(&["name", "state", "what"]);
    let mut ways = Table::new(&["name", "where it is, or what to do"]);
    for source in &sources {
        let name = source.chosen();
        let label = title(source);
        let help = source.options().into_iter().find(|option| option.name == name).map_or("", |o| o.help);
        let set = larger(source)?;
        let available = source.available(&places);
        let origin = source.origin(&places);
        let (state, told, way) = state(source, &available, &origin, &set);
        let Origin { address, bytes, found, drawn } = origin;
        out.json(&json!({
            "data": name, "set": set, "label": label, "about": help, "available": state, "bytes": bytes,
            "address": address, "found": found, "drawn": drawn,
            "what_to_do": (available != Availability::Ready).then_some(&way),
        }))?;
        // The larger size of a set stands below it, by what is set for it.
        let shown = if set.is_empty() { name.to_owned() } else { format!("  {}", set.join(" ")) };
        let what = if set.is_empty() { format!("{label}: {help}") } else { label };
        table.push([shown.clone(), told, what]);
        ways.push([shown, way]);
    }
    out.line(table.aligned())?;
    out.line("")?;
    out.line(ways.aligned())?;
    let Some(folder) = globals.places().folders.into_iter().find(|folder| !folder.is_dir()) else {
        return Ok(Done::with(json!({ "data_sets": sources.len() })));
    };
    say(&format!("Warning: a data folder that was named is not there: {}", folder.display()));
    Ok(Done::with(json!({ "data_sets": sources.len(), "missing_folder": folder })))
}

/// What is set in a data set's larger size, as `--set` takes it; nothing for the set as it is first.
fn larger(source: &Source) -> anyhow::Result<Vec<String>> {
    let settings = |source: &Source| flat(&mut Recipe { data: source.clone(), ..Recipe::default() });
    let first = settings(&named(source.chosen())?);
    let changed = settings(source).into_iter().filter(|line| !first.contains(line));
    Ok(changed.map(|(path, value)| format!("{path}={value}")).collect())
}

/// Of a data set: the state as a word and as shown, and where it is or what to do about it.
fn state(
    source: &Source,
    available: &Availability,
    origin: &Origin,
    set: &[String],
) -> (&'static str, String, String) {
    match available {
        Availability::Ready if origin.drawn => {
            ("ready", "ready".to_owned(), "drawn by the program: nothing to fetch".to_owned())
        }
        Availability::Ready => {
            let found = origin.found.as_ref().map(|path| path.display().to_string());
            ("ready", "ready".to_owned(), found.unwrap_or_else(|| "here".to_owned()))
        }
        Availability::NeedsDownload { bytes } => {
            let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
            let told = match origin.bytes > *bytes {
                true => format!("{} of {} MB to fetch", megabytes(*bytes), megabytes(origin.bytes)),
                false => format!("{} MB to fetch", megabytes(*bytes)),
            };
            let set: String = set.iter().map(|setting| format!(" --set {setting}")).collect();
            let way =
                format!("digit-workbench data fetch {}{set}  (from {})", source.chosen(), origin.address);
            ("needs_download", told, way)
        }
        Availability::Missing { what_to_do } => {
            let told = match source {
                Source::Captured(_) => "none kept yet",
                _ => "name a folder",
            };
            ("missing", told.to_owned(), what_to_do.clone())
        }
    }
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
    let Dataset { name, classes, kind, train, test, fingerprint, curated: _, warnings } = &dataset;
    out.line(format!(
        "{name}: {} training and {} test images of {}{}x{}, {} classes",
        count(train.len() as u64),
        count(test.len() as u64),
        if train.sizes.is_some() { "up to " } else { "" },
        train.width,
        train.height,
        classes.len()
    ))?;
    let n_labels = dataset.n_labels();
    let (in_train, in_test) = (statistics(train, n_labels), statistics(test, n_labels));
    let lists = |word: &'static str, names: Vec<String>, in_train: &[u64], in_test: &[u64]| {
        let mut table = Table::new(&[word, "training", "test"]);
        for ((name, train), test) in names.into_iter().zip(in_train).zip(in_test) {
            table.push([name, count(*train), count(*test)]);
        }
        table.aligned()
    };
    let labels = (0..n_labels).map(|label| dataset.label_name(label as u8)).collect();
    let word = if *kind == Kind::Classes { "class" } else { "length" };
    out.line(lists(word, labels, &in_train.class_counts, &in_test.class_counts))?;
    let characters = [train, test].map(|samples| characters(samples, classes.len()));
    if let [Some(of_train), Some(of_test)] = &characters {
        let all = |counts: &[u64]| count(counts.iter().sum());
        out.line("")?;
        out.line(format!("{} characters to learn from and {} to test on", all(of_train), all(of_test)))?;
        out.line(lists("character", classes.clone(), of_train, of_test))?;
    }
    for warning in warnings {
        say(&format!("Warning: {warning}"));
    }
    Ok(Done::with(json!({
        "name": name, "classes": classes, "train": part(train, *kind, &in_train, &characters[0]),
        "test": part(test, *kind, &in_test, &characters[1]),
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
fn part(samples: &Samples, kind: Kind, figures: &Statistics, characters: &Option<Vec<u64>>) -> Value {
    let (per_class, per_length) = match kind {
        Kind::Classes => (Some(&figures.class_counts), None),
        Kind::Numbers { .. } => (characters.as_ref(), Some(&figures.class_counts)),
    };
    json!({
        "n": figures.n_images, "per_class": per_class, "per_length": per_length, "mean": figures.mean,
        "std": figures.std, "width": samples.width, "height": samples.height, "channels": samples.channels,
    })
}

/// How often each character is marked, where characters are.
fn characters(samples: &Samples, n_classes: usize) -> Option<Vec<u64>> {
    let marks = samples.marks.as_ref()?;
    let mut counts = vec![0; n_classes];
    for mark in marks.all() {
        if let Some(count) = counts.get_mut(usize::from(mark.class)) {
            *count += 1;
        }
    }
    Some(counts)
}
