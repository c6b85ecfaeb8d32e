//! `data errors`: labels that are likely wrong, and images that stand out by how they look.

use super::Which;
use super::overlay::open_or_new;
use crate::cli::exit::Done;
use crate::cli::globals::Globals;
use crate::cli::out::Out;
use crate::cli::table::{Table, count, percent};
use crate::cli::wait::Waiting;
use crate::data::curate::errors::label_errors;
use crate::data::curate::measures::measures;
use crate::data::curate::{At, Change, Place};
use crate::data::{Dataset, joined};
use serde_json::json;

/// List labels that are likely wrong, and images that stand out
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench data errors notmnist
  digit-workbench data errors mnist --list 50 --json
  digit-workbench data errors notmnist --by sharpness
  digit-workbench data errors notmnist --exclude 40 --overlay cleaned

Every image is read by logistic regression that did not learn from it (confident learning).")]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// List images by how likely their label is wrong, or by how they look
    #[arg(long, value_enum, default_value_t = By::Label)]
    by: By,
    /// Print so many of them
    #[arg(long, value_name = "N", default_value_t = 20)]
    list: usize,
    /// Leave out so many of them, as edits
    #[arg(long, value_name = "N", requires = "overlay", default_value_t = 0)]
    exclude: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum By {
    /// Labels that are likely wrong
    Label,
    /// Unlike the others of their class
    Outlier,
    /// Blurred
    Sharpness,
    /// Dark
    Brightness,
    /// Empty or nearly
    Contrast,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let (mut recipe, base) = args.which.base(globals, out)?;
    let folder = globals.workspace().overlays_dir();
    let name = recipe.curation.overlay.clone();
    let mut overlay = if args.exclude > 0 { Some(open_or_new(&folder, &name, &base)?) } else { None };
    if overlay.as_ref().is_some_and(|overlay| overlay.edits.is_empty()) {
        // Edits that are only now made are not there to be read.
        recipe.curation.overlay.clear();
    }
    let dataset = recipe.curated(base, &folder)?;
    let all = joined(&dataset.train, &dataset.test);
    let waiting = Waiting::new(out);
    let job = &waiting;
    let mut figures = json!({ "data": dataset.name, "by": format!("{:?}", args.by).to_lowercase() });
    let ranked: Vec<(u32, String)> = if args.by == By::Label {
        let found = label_errors(&dataset, recipe.train.seed, job)?;
        figures["suspects"] = json!(found.suspects.len());
        figures["share"] = json!(found.share);
        figures["accuracy"] = json!(found.accuracy);
        out.line(format!(
            "{}: {} labels are likely wrong, {} of those that the models are sure of; they read {} as labelled",
            dataset.name,
            count(found.suspects.len() as u64),
            percent(Some(found.share)),
            percent(Some(found.accuracy))
        ))?;
        let told =
            |likely: u8, share: f32| format!("{} at {:.1} %", dataset.label_name(likely), share * 100.0);
        found.suspects.iter().map(|suspect| (suspect.row, told(suspect.likely, suspect.other))).collect()
    } else {
        let name = match args.by {
            By::Label | By::Outlier => "outlier",
            By::Sharpness => "sharpness",
            By::Brightness => "brightness",
            By::Contrast => "contrast",
        };
        let measures = measures(&all, job)?;
        let value = |row: u32| measures.column(name).map_or(0.0, |column| column.values[row as usize]);
        measures.ranked(name).into_iter().map(|row| (row, format!("{:.4}", value(row)))).collect()
    };
    waiting.done();
    let mut table =
        Table::new(&["image", "label", "name", if args.by == By::Label { "likely" } else { "value" }]);
    for (row, told) in ranked.iter().take(args.list) {
        let (at, label) = (at(&dataset, *row).to_string(), dataset.label_name(all.labels[*row as usize]));
        out.json(&json!({ "image": at, "label": label, "name": all.name(*row as usize), "found": told }))?;
        table.push([at, label, all.name(*row as usize).to_owned(), told.clone()]);
    }
    out.line(table.aligned())?;
    if let Some(overlay) = &mut overlay {
        let images = ranked.iter().take(args.exclude).map(|(row, _)| at(&dataset, *row));
        let why = if args.by == By::Label { "label likely wrong" } else { "stands out" };
        let left_out = overlay.change(images, Change::Place(Place::Out), why).len();
        let path = overlay.write(&folder, &name)?;
        out.line(format!(
            "{} images are left out by the edits '{name}': {}",
            count(left_out as u64),
            path.display()
        ))?;
        figures["left_out"] = json!(left_out);
        figures["overlay"] = json!(name);
    }
    Ok(Done::with(figures))
}

/// What an image of the data set as curated is called as it was read; rows count training images first.
fn at(dataset: &Dataset, row: u32) -> At {
    let n = dataset.train.len();
    let as_read = dataset.curated.as_ref().and_then(|rows| match (row as usize).checked_sub(n) {
        None => rows.train_at(row as usize),
        Some(row) => rows.test_at(row),
    });
    as_read.unwrap_or_else(|| At::of(row, n))
}
