//! `data duplicates|sanitise`: images that are there more than once, and validation and test without them.

use super::Which;
use super::overlay::{name_of, open_or_new};
use crate::cli::exit::Done;
use crate::cli::globals::Globals;
use crate::cli::out::{Out, say};
use crate::cli::table::{Table, count, duration};
use crate::cli::wait::Waiting;
use crate::data::curate::duplicates::{Counts, Duplicates, Near, PARTS, duplicates};
use crate::data::curate::prints::{Print, prints};
use crate::data::curate::{At, Change, Division, Overlay, Place, apply, places};
use crate::data::{Dataset, joined};
use crate::recipe::Recipe;
use serde_json::{Value, json};
use std::time::Instant;

/// Count images that are there more than once, within and between the parts
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench data duplicates mnist
  digit-workbench data duplicates notmnist --near
  digit-workbench data duplicates notmnist --near --bits 10 --difference 0.08 --list 20
  digit-workbench data duplicates notmnist --overlay sanitised

Each row of a table counts the images of one part that the column's part has too: both directions.")]
pub struct Args {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    limits: Limits,
    /// Print so many pairs, those across parts first
    #[arg(long, value_name = "N", default_value_t = 0)]
    list: usize,
}

/// Leave out validation and test images that training has too, as edits
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench data sanitise notmnist --overlay sanitised
  digit-workbench data sanitise notmnist --near --overlay sanitised
  digit-workbench evaluate last --overlay sanitised

The edits hold the division into training and validation fast, since it decides which images both have.")]
pub struct SanitiseArgs {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    limits: Limits,
}

/// What counts as the same.
#[derive(clap::Args)]
pub struct Limits {
    /// Count images that are nearly the same too
    #[arg(long)]
    near: bool,
    /// Bits of 64 in which the looks of near duplicates may differ
    #[arg(long, value_name = "BITS", default_value_t = Near::default().bits, value_parser = clap::value_parser!(u32).range(0..=24))]
    bits: u32,
    /// How much near duplicates may differ, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = Near::default().difference)]
    difference: f32,
}

impl Limits {
    fn near(&self) -> Option<Near> {
        self.near.then_some(Near { bits: self.bits, difference: self.difference })
    }
}

/// A data set with the numbers of its images.
struct Looked {
    base: Dataset,
    prints: Vec<Print>,
    labels: Vec<u8>,
    division: (f64, u64),
    secs: f64,
}

fn look(which: &Which, globals: &Globals, out: &Out) -> anyhow::Result<(Looked, Recipe)> {
    let (recipe, base) = which.base(globals, out)?;
    let began = Instant::now();
    let all = joined(&base.train, &base.test);
    let waiting = Waiting::new(out);
    let prints = prints(&all, &waiting);
    waiting.done();
    let division = (recipe.train.validation_share, recipe.train.seed);
    let labels = all.labels.to_vec();
    Ok((Looked { base, prints: prints?, labels, division, secs: began.elapsed().as_secs_f64() }, recipe))
}

impl Looked {
    /// What is there more than once in the data set as curated, and where its images are.
    fn find(
        &self,
        curated: &Dataset,
        near: Option<Near>,
        out: &Out,
    ) -> anyhow::Result<(Duplicates, Vec<Place>)> {
        let places = places(&self.base, curated, self.division);
        let waiting = Waiting::new(out);
        let found = duplicates(&self.prints, &places, &self.labels, near, &waiting);
        waiting.done();
        Ok((found?, places))
    }
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let (looked, recipe) = look(&args.which, globals, out)?;
    let began = Instant::now();
    let curated = recipe.curated(looked.base.clone(), &globals.workspace().overlays_dir())?;
    let (found, places) = looked.find(&curated, args.limits.near(), out)?;
    let seconds = looked.secs + began.elapsed().as_secs_f64();
    out.line(format!("{}: {}", looked.base.name, sizes(&found)))?;
    tell(&found, args.limits.near(), out)?;
    out.line(format!("Took {}", duration(seconds)))?;
    list(&found, &places, &looked, args.list, out)?;
    let mut figures = figures(&found);
    figures["data"] = json!(looked.base.name);
    figures["near"] = json!(args.limits.near);
    figures["seconds"] = json!(seconds);
    Ok(Done::with(figures))
}

fn list(
    found: &Duplicates,
    places: &[Place],
    looked: &Looked,
    most: usize,
    out: &mut Out,
) -> anyhow::Result<()> {
    if most == 0 {
        return Ok(());
    }
    let mut table = Table::new(&["image", "in", "label", "image", "in", "label", "difference"]);
    for pair in found.pairs.iter().take(most) {
        let cells = |index: u32| {
            let at = At::of(index, looked.base.train.len()).to_string();
            let label = looked.base.label_name(looked.labels[index as usize]);
            (at, places[index as usize].name().to_owned(), label)
        };
        let [(a, in_a, label_a), (b, in_b, label_b)] = pair.images.map(cells);
        out.json(&json!({
            "images": [a, b], "parts": [in_a, in_b], "labels": [label_a, label_b], "exact": pair.exact,
            "difference": pair.difference,
        }))?;
        let difference = if pair.exact { "none".to_owned() } else { format!("{:.4}", pair.difference) };
        table.push([a, in_a, label_a, b, in_b, label_b, difference]);
    }
    out.line(format!("\n{} of {} pairs", count(table.len() as u64), count(found.n_pairs)))?;
    out.line(table.aligned())?;
    Ok(())
}

pub fn sanitise(args: &SanitiseArgs, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let name = name_of(&args.which)?;
    let folder = globals.workspace().overlays_dir();
    // The edits may be made here: their name must not stop the data set from being read.
    let (looked, mut recipe) = look(&args.which, globals, out)?;
    recipe.curation.overlay = String::new();
    let mut overlay = open_or_new(&folder, name, &looked.base)?;
    let (share, seed) = looked.division;
    match overlay.division {
        None => overlay.division = Some(Division { seed, share }),
        Some(held) if (held.seed, held.share) != (seed, share) => say(&format!(
            "Warning: the edits '{name}' hold another division fast (seed {}, share {}); that one is sanitised",
            held.seed, held.share
        )),
        Some(_) => {}
    }
    let near = args.limits.near();
    let laid =
        |overlay: &Overlay| apply(looked.base.clone(), &recipe.curation, Some(overlay), looked.division);
    let (before, places) = looked.find(&laid(&overlay)?, near, out)?;
    let leave_out = before.to_leave_out(&places, looked.base.train.len());
    let why = if near.is_some() { "is in another part too, or nearly" } else { "is in another part too" };
    let left_out = overlay.change(leave_out, Change::Place(Place::Out), why).len();
    let (after, _) = looked.find(&laid(&overlay)?, near, out)?;
    let path = overlay.write(&folder, name)?;
    out.line(format!("{}: {}", looked.base.name, sizes(&before)))?;
    tell(&before, near, out)?;
    out.line(format!("\nSanitised: {}", sizes(&after)))?;
    tell(&after, near, out)?;
    out.line(format!(
        "\n{} images are left out by the edits '{name}': {}",
        count(left_out as u64),
        path.display()
    ))?;
    Ok(Done::with(json!({
        "data": looked.base.name, "overlay": name, "file": path, "near": near, "left_out": left_out,
        "before": figures(&before), "after": figures(&after),
    })))
}

fn sizes(found: &Duplicates) -> String {
    let [train, valid, test] = found.n.map(|n| count(u64::from(n)));
    format!("{train} training, {valid} validation and {test} test images")
}

fn tell(found: &Duplicates, near: Option<Near>, out: &mut Out) -> std::io::Result<()> {
    out.line(format!(
        "{} images repeat an earlier one's pixels; of {} such sets the labels differ",
        count(u64::from(found.repeats)),
        count(u64::from(found.contradictions))
    ))?;
    table("the same to the pixel in", &found.exact, out)?;
    if near.is_some() {
        table("the same or nearly in", &found.any, out)?;
    }
    Ok(())
}

fn table(title: &str, counts: &Counts, out: &mut Out) -> std::io::Result<()> {
    let mut table = Table::new(&["images of", "training", "validation", "test"]);
    for (part, counts) in PARTS.iter().zip(counts) {
        let [train, valid, test] = counts.map(|n| count(u64::from(n)));
        table.push([part.name().to_owned(), train, valid, test]);
    }
    out.line(format!("{title}\n{}", table.aligned()))
}

fn figures(found: &Duplicates) -> Value {
    json!({
        "images": found.n, "exact": found.exact, "any": found.any, "repeats": found.repeats,
        "repeated": found.repeated, "contradictions": found.contradictions, "pairs": found.n_pairs,
        "across": found.across(),
    })
}
