//! `predict RUN IMAGE...`: what a run's model reads in pictures.

use super::evaluate::{Which, find_model};
use super::exit::{BadInput, Done};
use super::globals::Globals;
use super::out::Out;
use crate::models::numbers::Reading;
use crate::reader::{Prediction, Prepared, Reader, open_picture};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// How many further classes a line for people tells.
const ALTERNATIVES: usize = 2;

/// Read pictures with a run's model
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench predict last digit.png
  digit-workbench predict best.safetensors a.png b.jpg --json

Any picture of one digit will do, or of a number where the model reads those: of any size, dark on light or light
on dark.")]
pub struct Args {
    /// Id, name or folder of a run, `last`, or a model file
    #[arg(value_name = "RUN_OR_MODEL")]
    run: String,
    /// Picture files
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// Which of the run's models
    #[arg(long, value_enum, default_value_t = Which::Best)]
    which: Which,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let (run, model) = find_model(&args.run, args.which, globals)?;
    let reader = Reader::open(&model)?;
    if reader.locates() && !reader.reads_numbers() {
        return Err(BadInput(
            "the model says where a number is and does not read it; use `digit-workbench read --model MODEL --second OTHER` with one that does"
                .to_owned(),
        )
        .into());
    }
    let began = Instant::now();
    let (mut read, mut failed) = (Vec::new(), Vec::new());
    for path in &args.images {
        // One picture that cannot be read must not keep the others from being read.
        let picture = match open_picture(path) {
            Ok(picture) => picture,
            Err(error) => {
                failed.push(error.to_string());
                continue;
            }
        };
        let prediction = reader.predict_image(&picture)?;
        tell(path, &prediction, &reader.meta.classes, out)?;
        let classes = &reader.meta.classes;
        read.push(match &prediction.number {
            Some(number) => json!({ "image": path, "number": number.text(classes) }),
            None => json!({ "image": path, "class": classes.get(prediction.class) }),
        });
    }
    if !failed.is_empty() {
        return Err(BadInput(failed.join("; ")).into());
    }
    let seconds = began.elapsed().as_secs_f64();
    Ok(Done::with(json!({
        "run": run.map(|run| run.id()), "model": model, "images": read.len(), "read": read, "seconds": seconds,
        "images_per_s": read.len() as f64 / seconds.max(1e-9),
    })))
}

fn tell(path: &Path, prediction: &Prediction, classes: &[String], out: &mut Out) -> std::io::Result<()> {
    let Prediction { probabilities, class, confidence, number, prepared } = prediction;
    if let Some(number) = number {
        return tell_number(path, number, prepared, classes, out);
    }
    out.json(&json!({
        "image": path, "class": classes.get(*class), "confidence": confidence, "probabilities": probabilities,
        "inverted": prepared.inverted, "note": prepared.note,
    }))?;
    let name = |class: usize| classes.get(class).map_or("?", String::as_str);
    let mut others: Vec<usize> = (0..probabilities.len()).filter(|other| other != class).collect();
    others.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]));
    let others: Vec<String> = others
        .into_iter()
        .take(ALTERNATIVES)
        .map(|other| format!("{} {:.1} %", name(other), probabilities[other] * 100.0))
        .collect();
    let note = prepared.note.map_or_else(String::new, |note| format!(". {note}"));
    let (shown, digit, sure) = (path.display(), name(*class), confidence * 100.0);
    out.line(format!("{shown}: {digit} ({sure:.1} %, then {}){note}", others.join(", ")))
}

/// A whole number, with what each of its characters is and how surely.
fn tell_number(
    path: &Path,
    number: &Reading,
    prepared: &Prepared,
    classes: &[String],
    out: &mut Out,
) -> std::io::Result<()> {
    let text = number.text(classes);
    out.json(&json!({
        "image": path, "number": text, "confidence": number.confidence, "characters": number.characters,
        "lengths": number.lengths, "inverted": prepared.inverted, "note": prepared.note,
    }))?;
    let name = |class: u8| classes.get(usize::from(class)).map_or("?", String::as_str);
    let each: Vec<String> = number
        .classes
        .iter()
        .zip(&number.characters)
        .map(|(class, all)| {
            let sure = all.get(usize::from(*class)).copied().unwrap_or(0.0);
            format!("{} {:.1} %", name(*class), sure * 100.0)
        })
        .collect();
    let note = prepared.note.map_or_else(String::new, |note| format!(". {note}"));
    let shown = if text.is_empty() { "no number" } else { &text };
    let sure = number.confidence * 100.0;
    let each = if each.is_empty() { String::new() } else { format!(": {}", each.join(", ")) };
    out.line(format!("{}: {shown} ({sure:.1} %{each}){note}", path.display()))
}
