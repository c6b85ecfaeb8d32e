//! `evaluate RUN`: measures a run's model on a part of its data.

use super::exit::{BadInput, Done};
use super::globals::Globals;
use super::out::Out;
use super::recipes::{Setting, parse_setting};
use super::table::{Table, count, percent};
use super::wait::Waiting;
use crate::data::DataError;
use crate::reader::Reader;
use crate::runs::{RunDir, Split};
use crate::train::{Evaluation, Figures, OfLength, evaluate_model};
use serde_json::json;
use std::path::PathBuf;
use std::time::Instant;

/// Measure a run's model
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench evaluate last
  digit-workbench evaluate last --split valid --which last
  digit-workbench evaluate last --overlay sanitised
  digit-workbench evaluate last --on svhn --set data.folder=houses
  digit-workbench evaluate shipped --on scenes

A model that finds digits is measured as `read` reads: digits, numbers, boxes. `shipped` is the reader that comes with
the program. With --on other models of digits and numbers are shown what that reader finds on the pictures.")]
pub struct Args {
    /// Id, name or folder of a run, `last`, a model file, or `shipped`
    #[arg(value_name = "RUN_OR_MODEL")]
    pub run: String,
    /// Read these pictures in place of those it was trained for: a data set's name, a preset, or a recipe's file
    #[arg(long, value_name = "DATA")]
    pub on: Option<String>,
    /// Change a setting of those
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = parse_setting, requires = "on")]
    pub settings: Vec<Setting>,
    /// Which part of the data to measure on
    #[arg(long, value_enum, default_value_t = Part::Test)]
    pub split: Part,
    /// Which of the run's models
    #[arg(long, value_enum, default_value_t = Which::Best)]
    pub which: Which,
    /// Lay these edits over the data instead of those it was trained with; `none` for the data as it was read
    #[arg(long, value_name = "NAME")]
    overlay: Option<String>,
}

/// Which part of the data.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Learned from
    Train,
    /// Set aside to choose by
    Valid,
    /// Set aside to be measured on at the end
    Test,
}

impl Part {
    /// As runs name it.
    pub fn split(self) -> Split {
        match self {
            Self::Train => Split::Train,
            Self::Valid => Split::Valid,
            Self::Test => Split::Test,
        }
    }
}

/// Which of a run's models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Which {
    /// The best by validation accuracy
    Best,
    /// The latest
    Last,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    if let Some(done) = super::evaluate_reader::run(args, globals, out)? {
        return Ok(done);
    }
    let (run, model) = find_model(&args.run, args.which, globals)?;
    // The reader looks at the whole file first, and names it where something is wrong with it.
    let classes = Reader::open(&model)?.meta.classes;
    let part = args.split.split();
    let folder = globals.workspace().overlays_dir();
    let name = args.overlay.as_deref().map(|name| if name == "none" { "" } else { name });
    let edits = name.map(|name| (name, folder.as_path()));
    let began = Instant::now();
    let waiting = Waiting::new(out);
    let measured = evaluate_model(&model, &globals.places(), part, edits, &waiting);
    waiting.done();
    let measured = measured?.ok_or(DataError::Cancelled)?;
    let seconds = began.elapsed().as_secs_f64();
    let Evaluation { n, accuracy, top_2, loss, confusion, .. } = &measured;
    let by_class = measured.classes(&classes);
    let guesses =
        top_2.map_or_else(String::new, |share| format!(", among two guesses {}", percent(Some(share))));
    out.line(format!(
        "{} images of the {} part: accuracy {}{guesses}, loss {loss:.4}",
        count(*n),
        part.name(),
        percent(Some(*accuracy))
    ))?;
    if let Some(numbers) = &measured.numbers {
        print_numbers(numbers, out)?;
    }
    print_classes(&classes, confusion, out)?;
    Ok(Done::with(json!({
        "numbers": measured.numbers, "coverage_98": measured.numbers.as_ref().map(|n| n.coverage(0.98)),
        "run": run.as_ref().map(RunDir::id), "model": model, "split": part.name(), "overlay": args.overlay, "n": n,
        "accuracy": accuracy, "top_2": top_2, "loss": loss, "by_class": by_class, "classes": classes, "confusion": confusion,
        "seconds": seconds, "images_per_s": *n as f64 / seconds.max(1e-9),
    })))
}

/// The model file that a run's name or a path means.
pub fn find_model(named: &str, which: Which, globals: &Globals) -> anyhow::Result<(Option<RunDir>, PathBuf)> {
    let path = PathBuf::from(named);
    if path.is_file() {
        return Ok((None, path));
    }
    let run = globals.workspace().run(named)?;
    let model = match which {
        Which::Best => run.best_model(),
        Which::Last => run.last_model(),
    };
    if !model.is_file() {
        return Err(BadInput(format!(
            "the run has no such model yet; one is written at the end of each epoch: {}",
            model.display()
        ))
        .into());
    }
    Ok((Some(run), model))
}

/// How whole numbers are read: by length, by position, by character.
fn print_numbers(figures: &Figures, out: &mut Out) -> std::io::Result<()> {
    let share = |of: u64, n: u64| percent((n > 0).then(|| of as f64 / n as f64));
    let mut table = Table::new(&["length", "numbers", "right", "of the right length"]);
    for OfLength { length, n, correct, length_correct } in &figures.by_length {
        table.push([length.to_string(), count(*n), share(*correct, *n), share(*length_correct, *n)]);
    }
    out.line(table.aligned())?;
    let positions: Vec<String> = figures.positions.iter().map(|[n, right]| share(*right, *n)).collect();
    out.line(format!("Right by position: {}", positions.join(", ")))?;
    out.line(format!(
        "Length right {}, characters right {}; at 98 % accuracy {} are covered\n",
        percent(Some(figures.length_accuracy())),
        percent(Some(figures.character_accuracy())),
        percent(Some(figures.coverage(0.98)))
    ))
}

fn print_classes(classes: &[String], confusion: &[Vec<u64>], out: &mut Out) -> std::io::Result<()> {
    let mut table = Table::new(&["class", "images", "read rightly", "most often read as"]);
    for (truth, row) in confusion.iter().enumerate() {
        let name = |class: usize| classes.get(class).cloned().unwrap_or_else(|| class.to_string());
        let images: u64 = row.iter().sum();
        if images == 0 {
            continue;
        }
        let others = row.iter().enumerate().filter(|(read, n)| *read != truth && **n > 0);
        let mistake = others.max_by_key(|(_, n)| **n);
        let mistake = mistake.map_or_else(String::new, |(read, n)| format!("{} ({n} times)", name(read)));
        let share = percent(row.get(truth).map(|right| *right as f64 / images as f64));
        table.push([name(truth), count(images), share, mistake]);
    }
    out.line(table.aligned())
}
