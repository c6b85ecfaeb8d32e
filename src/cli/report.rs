//! `report RUN...`: runs put together as a document to hand in.

use super::exit::{BadInput, Done};
use super::globals::Globals;
use super::guard;
use super::out::Out;
use crate::report::{QUESTIONS, Words, gather, pictures_in, write};
use crate::work::{Job, Outcome, no_waker};
use serde_json::json;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Put runs together as a report: one HTML file without links, or Markdown
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench report last -o report.html
  digit-workbench report RUN RUN RUN --pictures photos -o report.html
  digit-workbench report last --title 'House numbers' --answer approach='A network that …' -o report.md

The best of the runs by validation accuracy is the final one, the oldest the initial one. Title, author and answers are
kept in the workspace. Answers can be given to: approach, architecture, training, performance, changes, results,
pictures, camera, localisation, interface.")]
pub struct Args {
    /// Ids, names or folders of runs, `last`, or `all`
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,
    /// The file to write: .html, or .md with a folder of pictures beside it
    #[arg(long, short, value_name = "FILE", default_value = "report.html")]
    output: PathBuf,
    /// A picture to be read by the final model, or a folder of such; may be given several times
    #[arg(long, value_name = "PATH")]
    pictures: Vec<PathBuf>,
    /// The report's title
    #[arg(long)]
    title: Option<String>,
    /// Who hands it in
    #[arg(long)]
    author: Option<String>,
    /// Your own words on a question; may be given several times
    #[arg(long, value_name = "QUESTION=TEXT")]
    answer: Vec<String>,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let workspace = globals.workspace();
    let runs = match args.runs.as_slice() {
        [all] if all == "all" => workspace.runs(),
        named => named.iter().map(|named| workspace.run(named)).collect::<Result<_, _>>()?,
    };
    if runs.is_empty() {
        return Err(BadInput("there are no runs yet; train one first".to_owned()).into());
    }
    let mut words = Words::read(&workspace)?;
    let before = words.clone();
    if let Some(title) = &args.title {
        words.title.clone_from(title);
    }
    if let Some(author) = &args.author {
        words.author.clone_from(author);
    }
    for answer in &args.answer {
        let (name, text) = answer.split_once('=').unwrap_or((answer, ""));
        if !Words::knows(name) {
            let names: Vec<&str> = QUESTIONS.iter().map(|question| question.name).collect();
            return Err(
                BadInput(format!("there is no question '{name}'; take one of {}", names.join(", "))).into()
            );
        }
        words.answers.insert(name.to_owned(), text.to_owned());
    }
    if words != before {
        words.write(&workspace)?;
    }
    let mut pictures = Vec::new();
    for path in &args.pictures {
        pictures.extend(pictures_in(path)?);
    }
    let (places, n_runs) = (globals.places(), runs.len());
    let job =
        Job::spawn("report", no_waker(), move |context| gather(&runs, words, &pictures, &places, context));
    let interrupt = guard::interruptible();
    let report = loop {
        match job.poll() {
            Some(Outcome::Done(report)) => break report,
            Some(Outcome::Failed(error)) => return Err(error),
            Some(Outcome::Cancelled) => return Err(crate::data::DataError::Cancelled.into()),
            None if interrupt.load(Ordering::Relaxed) => job.cancel(),
            None => {}
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let files = write(&report, &args.output)?;
    out.line(format!("{} of {n_runs} runs: {}", report.title(), args.output.display()))?;
    Ok(Done::with(json!({
        "files": files, "runs": n_runs, "final": report.last().id, "initial": report.first().id,
        "accuracy": report.examined.as_ref().map(|examined| examined.accuracy).ok(),
    })))
}
