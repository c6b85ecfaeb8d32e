//! `show RUN --batch STEP`: the images that a step learned from, and what the run's model makes of them by now.

use super::exit::Done;
use super::generate::sheet;
use super::globals::Globals;
use super::out::Out;
use super::table::{Table, count, percent};
use super::wait::Waiting;
use crate::data::Samples;
use crate::data::samples::Pixels;
use crate::runs::RunDir;
use crate::work::behind::{Looked, look};
use anyhow::Context as _;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// So many lines tell what there is to see; JSON has all of them.
const MOST: usize = 20;

pub fn show(
    run: &RunDir,
    step: u64,
    picture: Option<&Path>,
    globals: &Globals,
    out: &mut Out,
) -> anyhow::Result<Done> {
    let waiting = Waiting::new(out);
    let looked = look(run, step, &globals.places(), None, &waiting);
    waiting.done();
    let looked = looked?;
    if let Some(path) = picture {
        let sheet = sheet(&pictured(&looked));
        sheet.save(path).with_context(|| format!("the sheet cannot be written: {}", path.display()))?;
    }
    if !out.is_json() {
        describe(run, &looked, picture, out)?;
    }
    let (behind, now) = (&looked.behind, looked.now.as_ref().ok());
    let images: Vec<Value> = (0..behind.rows.len())
        .map(|i| {
            let mut image = json!({ "row": behind.rows[i], "truth": looked.truth[i] });
            if let Some(now) = now.map(|now| &now[i]) {
                image["read"] = json!(now.read);
                image["confidence"] = json!(now.confidence);
                image["right"] = json!(now.right);
            }
            image
        })
        .collect();
    Ok(Done::with(json!({
        "run": run.id(), "step": step, "epoch": behind.epoch, "steps_of_point": behind.point,
        "loss": behind.figures[0], "accuracy": behind.figures[1], "augmented": looked.seen.is_some(),
        "images": images, "sheet": picture,
    })))
}

/// The images as the step saw them.
fn pictured(looked: &Looked) -> Samples {
    match &looked.seen {
        Some(seen) => Samples { pixels: Pixels::Owned(Arc::from(seen.concat())), ..looked.samples.clone() },
        None => looked.samples.clone(),
    }
}

fn describe(run: &RunDir, looked: &Looked, picture: Option<&Path>, out: &mut Out) -> anyhow::Result<()> {
    let behind = &looked.behind;
    let [first, last] = behind.point.map(count);
    out.line(format!(
        "Step {} of {}, epoch {:.2}: {} images",
        count(behind.step),
        run.meta().name,
        behind.epoch,
        behind.rows.len()
    ))?;
    if let [Some(loss), accuracy] = behind.figures {
        let accuracy = accuracy.map_or(String::new(), |share| format!(", accuracy {}", percent(Some(share))));
        let which = if first == last { "This step".to_owned() } else { format!("Steps {first} to {last}") };
        out.line(format!("{which}: mean loss {loss:.4}{accuracy}"))?;
    }
    let mut table = Table::new(&["row", "truth", "read by now", "sure"]);
    for at in looked.hardest_first().into_iter().take(MOST) {
        let now = looked.now.as_ref().ok().map(|now| &now[at]);
        table.push([
            behind.rows[at].to_string(),
            looked.truth[at].clone(),
            now.map_or(String::new(), |now| now.read.clone()),
            now.map_or(String::new(), |now| percent(Some(f64::from(now.confidence)))),
        ]);
    }
    out.line(table.aligned())?;
    if behind.rows.len() > MOST {
        out.line(format!(
            "and {} more, which the model is surer of; --json lists all",
            behind.rows.len() - MOST
        ))?;
    }
    if let Err(why) = &looked.now {
        out.line(format!("What its model reads by now is not known: {why}"))?;
    }
    if let Some(path) = picture {
        out.line(format!("Written: {}", path.display()))?;
    }
    Ok(())
}
