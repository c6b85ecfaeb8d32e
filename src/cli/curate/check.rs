//! `data check`: whether the data is still good after edits, sizes and shuffling.

use super::Which;
use crate::cli::exit::{self, Done};
use crate::cli::globals::Globals;
use crate::cli::out::Out;
use crate::cli::table::{Table, count};
use crate::cli::wait::Waiting;
use crate::data::curate::check::check;
use serde_json::json;

/// Check that every image still has its label, and that classes are balanced
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench data check mnist --set curation.shuffle=true
  digit-workbench data check notmnist --set curation.train=10000 --set curation.valid=1000 --set curation.test=2000

Images and labels as read and as trained on are compared as bags of pairs. Exit code 1 where a pair was torn apart.")]
pub struct Args {
    #[command(flatten)]
    which: Which,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let (recipe, base, dataset) = args.which.curated(globals, out)?;
    let overlay = recipe.curation.edits(&globals.workspace().overlays_dir())?;
    let division = (recipe.train.validation_share, recipe.train.seed);
    let waiting = Waiting::new(out);
    let checked = check(&base, &dataset, overlay.as_ref(), division, &waiting);
    waiting.done();
    let checked = checked?;
    let mut table = Table::new(&["class", "training", "validation", "test"]);
    for class in 0..checked.counts[0].len() {
        let [train, valid, test] = checked.counts.each_ref().map(|counts| count(counts[class]));
        table.push([dataset.label_name(class as u8), train, valid, test]);
    }
    out.line(table.aligned())?;
    let balanced = checked.is_balanced();
    for (part, balanced) in ["training", "validation", "test"].iter().zip(balanced) {
        out.line(format!(
            "{} the classes of the {part} part are {}balanced",
            tick(balanced),
            if balanced { "" } else { "not " }
        ))?;
    }
    let good = checked.is_good();
    out.line(format!(
        "{} {} of {} images have the label that they were read with, {} the one that edits give them, {} neither; {} are left out",
        tick(good),
        count(checked.unchanged),
        count(checked.images),
        count(checked.relabelled),
        count(checked.strangers.saturating_sub(checked.relabelled)),
        count(checked.left_out)
    ))?;
    let figures = json!({
        "data": dataset.name, "good": good, "balanced": balanced, "check": checked, "fingerprint": dataset.fingerprint,
    });
    Ok(Done { code: if good { exit::DONE } else { exit::FAILED }, figures })
}

fn tick(good: bool) -> char {
    if good { '✓' } else { '✗' }
}
