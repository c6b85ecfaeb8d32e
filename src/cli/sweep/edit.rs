//! `sweep edit`: changes a study at any time, whether it is being carried out or not.

use super::super::exit::{BadInput, Done};
use super::super::globals::Globals;
use super::super::out::Out;
use super::super::recipes::{Setting, parse_setting};
use super::{range, which};
use crate::knobs::{Choice, set};
use crate::sweep::{Axis, Edit, Point, Study, Sweep, Value};
use serde_json::json;

/// Change a study, also while it runs
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench sweep edit last range optim.lr=1e-3..1
  digit-workbench sweep edit last add-values train.batch_size=2048
  digit-workbench sweep edit last enqueue optim.lr=0.05 train.batch_size=64
  digit-workbench sweep edit last budget --trials 100
  digit-workbench sweep edit last pruner asha --set factor=4
  digit-workbench sweep edit last revive 17

Every change is a line in the study's journal; trials so far stay.")]
pub struct Args {
    /// Id, name or folder of a study, or `last`
    study: String,
    #[command(subcommand)]
    change: Change,
}

#[derive(clap::Subcommand)]
enum Change {
    /// Widen, narrow or replace what a setting may be
    Range {
        /// For instance optim.lr=1e-3..1
        #[arg(value_name = "PATH=RANGE", value_parser = parse_setting)]
        range: Setting,
    },
    /// Add values to a list of them
    AddValues {
        /// For instance train.batch_size=2048,4096
        #[arg(value_name = "PATH=VALUES", value_parser = parse_setting)]
        values: Setting,
    },
    /// Vary one more setting
    AddAxis {
        /// For instance model.dropout_1=0..0.5
        #[arg(value_name = "PATH=RANGE", value_parser = parse_setting)]
        range: Setting,
    },
    /// Vary a setting no longer
    RemoveAxis {
        /// Its path
        path: String,
    },
    /// Try a point before any other; settings that are not named are as in the best trial, or the recipe
    Enqueue {
        /// For instance optim.lr=0.05
        #[arg(value_name = "PATH=VALUE", value_parser = parse_setting, required = true)]
        values: Vec<Setting>,
    },
    /// Change how many trials, or how long
    Budget {
        /// Trials to propose
        #[arg(long, value_name = "N")]
        trials: Option<u64>,
        /// Minutes after which no new trial begins; 0 for any
        #[arg(long)]
        minutes: Option<f64>,
    },
    /// Train the best again with other seeds at the end
    Repeats {
        /// How many of the best
        best: u64,
        /// With how many other seeds each
        seeds: u64,
    },
    /// Change who proposes
    Strategy {
        /// Its name
        name: String,
        /// Change a setting of it
        #[arg(long, value_name = "NAME=VALUE", value_parser = parse_setting)]
        set: Vec<Setting>,
    },
    /// Change who gives up early
    Pruner {
        /// Its name
        name: String,
        /// Change a setting of it
        #[arg(long, value_name = "NAME=VALUE", value_parser = parse_setting)]
        set: Vec<Setting>,
    },
    /// Change how many trials run at once; 0 for as many as the machine allows
    Parallel {
        /// How many
        trials: u64,
    },
    /// Have one worker rest; its trial goes on elsewhere
    PauseWorker {
        /// Its number
        worker: u32,
    },
    /// Have a worker go on
    ResumeWorker {
        /// Its number
        worker: u32,
    },
    /// Take trials out, so that they count for nothing
    Remove(Ids),
    /// Have removed trials count again
    Restore(Ids),
    /// Bring pruned or failed trials back: they go on from their checkpoints
    Revive(Ids),
    /// Give trials up now
    Prune(Ids),
    /// Start nothing new, and have running trials wait with a checkpoint
    Pause,
    /// Go on after a pause or a stop
    Resume,
    /// End the study
    Stop,
}

#[derive(clap::Args)]
struct Ids {
    /// Numbers of trials
    #[arg(value_name = "TRIAL", required = true)]
    trials: Vec<u64>,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let dir = which::studies(globals).open(&args.study)?;
    let (study, _) = dir.read()?;
    let edits = edits(&args.change, &study)?;
    for edit in &edits {
        dir.edit(edit.clone())?;
    }
    let alive = dir.is_alive();
    let told =
        if alive { "Asked; it holds within a moment" } else { "Changed; it holds when the study goes on" };
    out.line(told)?;
    Ok(Done::with(json!({ "study": dir.id(), "edits": edits, "alive": alive })))
}

fn edits(change: &Change, study: &Study) -> anyhow::Result<Vec<Edit>> {
    let sweep = &study.sweep;
    let of = |ids: &Ids, make: fn(u64) -> Edit| ids.trials.iter().copied().map(make).collect();
    Ok(match change {
        Change::Range { range } => {
            let parsed = range::parse(&sweep.recipe, &range.path, &range.value)?;
            vec![Edit::Range { path: range.path.clone(), range: parsed }]
        }
        Change::AddValues { values } => {
            let parsed = values.value.split(',').map(Value::parse).collect();
            vec![Edit::AddValues { path: values.path.clone(), values: parsed }]
        }
        Change::AddAxis { range } => {
            let parsed = range::parse(&sweep.recipe, &range.path, &range.value)?;
            vec![Edit::AddAxis(Axis::new(&range.path, parsed))]
        }
        Change::RemoveAxis { path } => vec![Edit::RemoveAxis(path.clone())],
        Change::Enqueue { values } => vec![Edit::Enqueue(point(study, values))],
        Change::Budget { trials, minutes } => vec![Edit::Budget {
            trials: trials.unwrap_or(sweep.trials),
            minutes: minutes.unwrap_or(sweep.minutes),
        }],
        Change::Repeats { best, seeds } => vec![Edit::Repeats { best: *best, seeds: *seeds }],
        Change::Strategy { name, set } => {
            let sweep = changed(sweep, "strategy", name, set)?;
            vec![Edit::Strategy(sweep.strategy)]
        }
        Change::Pruner { name, set } => {
            let sweep = changed(sweep, "pruner", name, set)?;
            vec![Edit::Pruner(sweep.pruner)]
        }
        Change::Parallel { trials } => vec![Edit::Parallel(*trials)],
        Change::PauseWorker { worker } => vec![Edit::PauseWorker(*worker)],
        Change::ResumeWorker { worker } => vec![Edit::ResumeWorker(*worker)],
        Change::Remove(ids) => of(ids, Edit::Remove),
        Change::Restore(ids) => of(ids, Edit::Restore),
        Change::Revive(ids) => of(ids, Edit::Revive),
        Change::Prune(ids) => of(ids, Edit::Prune),
        Change::Pause => vec![Edit::Pause("by hand".to_owned())],
        Change::Resume => vec![Edit::Resume],
        Change::Stop => vec![Edit::Stop],
    })
}

/// The point that is meant: what is named, else as in the best trial, else as in the recipe.
fn point(study: &Study, values: &[Setting]) -> Point {
    let space = &study.sweep.space;
    let base = study.best().map_or_else(|| space.base(&study.sweep.recipe), |trial| trial.point.clone());
    let named = |path: &str| values.iter().find(|setting| setting.path == path);
    let mut point = space.point(|axis, _| match named(&axis.path) {
        Some(setting) => Value::parse(&setting.value),
        None => base.get(&axis.path).cloned().unwrap_or_else(|| axis.range.decode(0.5)),
    });
    // What is not varied stays in, so that it is refused with its name rather than left out without a word.
    for setting in values.iter().filter(|setting| space.axis(&setting.path).is_none()) {
        point.0.insert(setting.path.clone(), Value::parse(&setting.value));
    }
    point
}

/// The sweep with another strategy or pruner, and settings of it.
fn changed(sweep: &Sweep, group: &str, name: &str, settings: &[Setting]) -> anyhow::Result<Sweep> {
    let mut sweep = sweep.clone();
    let options = if group == "strategy" { sweep.strategy.options() } else { sweep.pruner.options() };
    if !options.iter().any(|option| option.name == name) {
        let names: Vec<&str> = options.iter().map(|option| option.name).collect();
        return Err(BadInput(format!("no {group} is called '{name}'; there are {}", names.join(", "))).into());
    }
    set(&mut sweep, &format!("{group}.name"), name)?;
    for setting in settings {
        set(&mut sweep, &format!("{group}.{}", setting.path), &setting.value)?;
    }
    Ok(sweep)
}
