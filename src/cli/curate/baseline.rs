//! `data baseline`: how well logistic regression reads the images, learned from few of them and from many.

use super::Which;
use crate::cli::exit::Done;
use crate::cli::globals::Globals;
use crate::cli::out::Out;
use crate::cli::table::{Table, count, percent};
use crate::cli::wait::Waiting;
use crate::data::curate::baseline::{SIZES, baseline, order};
use anyhow::Context as _;
use serde_json::json;
use std::path::PathBuf;

/// Learn by logistic regression from few images and from many: the baseline
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench data baseline mnist
  digit-workbench data baseline notmnist --overlay sanitised
  digit-workbench data baseline mnist --sizes 100,1000 --rows rows.json

Pixels as 0 to 1, L2 penalty of C = 1, at most 100 steps of L-BFGS: scikit-learn's LogisticRegression as it is by default.")]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// Training images to learn from, one number after the other; all of them come last
    #[arg(long, value_delimiter = ',', default_values_t = SIZES)]
    sizes: Vec<usize>,
    /// Write the rows of the training images in the order in which they are taken, as JSON
    #[arg(long, value_name = "FILE")]
    rows: Option<PathBuf>,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let (recipe, _, dataset) = args.which.curated(globals, out)?;
    let division = (recipe.train.validation_share, recipe.train.seed);
    if let Some(path) = &args.rows {
        let (rows, valid) = order(&dataset, division);
        let text = serde_json::to_string(&json!({ "train": rows, "valid": valid }))?;
        std::fs::write(path, text)
            .with_context(|| format!("the rows cannot be written: {}", path.display()))?;
    }
    let waiting = Waiting::new(out);
    let points = baseline(&dataset, division, &args.sizes, &waiting, &mut |_| ());
    waiting.done();
    let points = points?;
    let mut table = Table::new(&["images", "training", "validation", "test", "steps", "seconds"]);
    for point in &points {
        out.json(point)?;
        table.push([
            count(point.n as u64),
            percent(Some(point.train)),
            percent(point.valid),
            percent(point.test),
            point.iterations.to_string(),
            format!("{:.2}", point.seconds),
        ]);
    }
    out.line(format!("{}: logistic regression, share of images read rightly", dataset.name))?;
    out.line(table.aligned())?;
    Ok(Done::with(json!({
        "data": dataset.name, "fingerprint": dataset.fingerprint, "points": points,
        "accuracy": points.last().and_then(|point| point.test),
    })))
}
