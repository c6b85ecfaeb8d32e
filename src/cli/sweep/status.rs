//! `sweep status`: every study, or one with its trials.

use super::super::exit::Done;
use super::super::globals::Globals;
use super::super::out::Out;
use super::super::table::{Table, duration};
use super::{counts, point_words, secs_words, value_words, which};
use crate::runs::now;
use crate::sweep::{State, Study, StudyDir, Trial};
use crate::work::sweep::eta_secs;
use serde_json::{Value, json};

/// Show every study, or one with its trials
#[derive(clap::Args)]
pub struct Args {
    /// Id, name or folder of a study, or `last`
    study: Option<String>,
    /// Only the best so many trials
    #[arg(long, value_name = "N")]
    top: Option<usize>,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    match &args.study {
        Some(id) => one(&which::studies(globals).open(id)?, args.top, out),
        None => all(globals, out),
    }
}

fn all(globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let mut table = Table::new(&["study", "name", "state", "trials", "best", "left"]);
    let mut studies = Vec::new();
    for dir in which::studies(globals).list() {
        let (id, read) = (dir.id(), dir.read());
        let Ok((study, _)) = read else {
            let why = read.err().map_or_else(String::new, |e| e.to_string());
            table.push([id, String::new(), why, String::new(), String::new(), String::new()]);
            continue;
        };
        let over = study.trials.iter().filter(|trial| trial.state().is_over()).count();
        table.push([
            id,
            study.sweep.name.clone(),
            // Why is said where one study is shown; here it would make every other column far away.
            match (&study.paused, dir.waits()) {
                (Some(_), _) => "paused".to_owned(),
                (None, Some(_)) => "running, but waits".to_owned(),
                (None, None) => state(&dir, &study),
            },
            format!("{over}/{}", which::planned(&study.sweep)),
            value_words(&study, study.best().and_then(|trial| study.value(trial))),
            if dir.is_alive() { secs_words(eta_secs(&study, now())) } else { String::new() },
        ]);
        studies.push(summary(&dir, &study));
    }
    match table.len() {
        0 => out.line("There is no study yet; start one with: digit-workbench sweep tutorial-cnn")?,
        _ => out.line(table.aligned())?,
    }
    Ok(Done::with(json!({ "studies": studies })))
}

fn one(dir: &StudyDir, top: Option<usize>, out: &mut Out) -> anyhow::Result<Done> {
    let (study, _) = dir.read()?;
    out.line(format!("{} ({}): {}", study.sweep.name, dir.id(), state(dir, &study)))?;
    out.line(sentence(&study))?;
    let mut trials: Vec<&Trial> = study.ranked();
    let rest = study.trials.iter().filter(|trial| trial.state() != State::Complete);
    trials.extend(rest);
    trials.truncate(top.unwrap_or(usize::MAX));
    let mut table = Table::new(&["trial", "state", "value", "epochs", "time", "settings"]);
    for trial in &trials {
        table.push([
            trial.id.to_string(),
            trial.state().label().to_lowercase(),
            value_words(&study, study.value(trial)),
            format!("{:.2}", study.epochs(trial)),
            duration(trial.secs),
            match (&trial.why, trial.state()) {
                (Some(why), State::Failed) => format!("{}: {why}", point_words(&study, &trial.point)),
                _ => point_words(&study, &trial.point),
            },
        ]);
    }
    out.line(table.aligned())?;
    let mut figures = summary(dir, &study);
    figures["list"] = trials.iter().map(|trial| trial_json(&study, trial)).collect();
    Ok(Done::with(figures))
}

/// What a study is doing, in a word or a sentence.
fn state(dir: &StudyDir, study: &Study) -> String {
    if let Some(why) = &study.paused {
        return format!("paused: {why}");
    }
    if study.stopped {
        return "stopped".to_owned();
    }
    let over = study.trials.iter().all(|trial| trial.state().is_over());
    match (dir.is_alive(), over) {
        (true, _) => match dir.waits() {
            Some(why) => format!("running, but waits: {why}"),
            None => "running".to_owned(),
        },
        (false, true) if study.trials.len() as u64 >= which::planned(&study.sweep) => "done".to_owned(),
        (false, _) => "not running; go on with sweep resume".to_owned(),
    }
}

/// How far it is and what the best is, in one line.
pub fn sentence(study: &Study) -> String {
    let count = |state| study.count(state);
    let (complete, pruned, failed) = (count(State::Complete), count(State::Pruned), count(State::Failed));
    let compute = duration(study.computed_secs());
    let head = format!("{complete} trials complete, {pruned} pruned, {failed} failed, {compute} of training");
    let Some(winner) = study.winner() else { return head };
    let value = value_words(study, Some(winner.mean));
    let spread = match winner.trials.len() {
        0 | 1 => String::new(),
        n => format!(" (mean of {n} seeds, sd {:.4})", winner.deviation),
    };
    format!("{head}; best {value}{spread}: {}", point_words(study, &winner.point))
}

/// The figures of a study.
pub fn summary(dir: &StudyDir, study: &Study) -> Value {
    let best = study.best().map(|trial| trial_json(study, trial));
    let winner = study.winner().map(|winner| {
        json!({ "point": winner.point, "trials": winner.trials, "mean": winner.mean, "deviation": winner.deviation })
    });
    json!({
        "study": dir.id(), "name": study.sweep.name, "folder": dir.path(), "trials": study.trials.len(),
        "counts": counts(study), "best": best, "winner": winner, "running": dir.is_alive(), "waits": dir.waits(),
        "seconds": study.active_secs(study.last_at), "compute_seconds": study.computed_secs(),
    })
}

/// A trial as machines read it.
pub fn trial_json(study: &Study, trial: &Trial) -> Value {
    json!({
        "trial": trial.id, "state": trial.state(), "point": trial.point, "value": study.value(trial),
        "epoch": study.epochs(trial), "seconds": trial.secs, "metrics": trial.metrics, "why": trial.why, "run": trial.run,
        "origin": trial.origin,
    })
}
