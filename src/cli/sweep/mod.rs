//! `sweep`: tries many settings side by side, goes on after any end, and is changed while it runs.

mod best;
mod edit;
mod export;
mod follow;
mod range;
mod status;
mod which;

use super::exit::{self, BadInput, Done};
use super::globals::Globals;
use super::out::{Out, say};
use super::recipes::{self, Setting};
use super::table::{duration, percent};
use super::{guard, plan};
use crate::sweep::{Edit, State, Study, StudyDir, StudyError, Sweep};
use crate::work::LaunchOptions;
use crate::work::crew::Place;
use crate::work::sweep::{Ending, Limits, Options, carry_out};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Try many settings side by side and find the best
#[derive(clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  digit-workbench sweep tutorial-cnn --jobs 4
  digit-workbench sweep my-sweep.ron --set pruner.name=asha --set trials=200
  digit-workbench sweep mnist-mlp --vary optim.lr=1e-4..0.1 --vary train.batch_size=32,64,128 --set trials=30
  digit-workbench sweep status last
  digit-workbench sweep edit last range optim.lr=1e-3..1
  digit-workbench sweep resume last
  digit-workbench sweep best last --train

Ctrl-C ends it with a checkpoint for each trial; `sweep resume` goes on from there, after a power cut too."
)]
pub struct Args {
    /// A sweep's preset or file, or a recipe's with --vary
    #[arg(value_name = "PRESET_OR_SWEEP")]
    sweep: Option<String>,
    /// Change a setting of the sweep or of its recipe, for instance trials=50 or optim.lr=0.01
    #[arg(long, value_name = "PATH=VALUE", value_parser = recipes::parse_setting)]
    set: Vec<Setting>,
    /// Vary a setting: a..b for a range (log:a..b for equal factors), a,b,c for a list; may be given several times
    #[arg(long, value_name = "PATH=RANGE", value_parser = recipes::parse_setting)]
    vary: Vec<Setting>,
    /// What to call the study
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    machine: Machine,
    /// Only print what would be varied, and what is wrong, if anything is
    #[arg(long)]
    dry_run: bool,
    /// Carry out the study in this folder, as the window asks for
    #[arg(long, value_name = "DIR", hide = true)]
    study: Option<PathBuf>,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(clap::Subcommand)]
enum What {
    Status(status::Args),
    Resume(Resume),
    Edit(edit::Args),
    Best(best::Args),
    Export(export::Args),
}

/// Go on with a study where it was
#[derive(clap::Args)]
struct Resume {
    /// Id, name or folder of a study, or `last`
    #[arg(default_value = "last")]
    study: String,
    #[command(flatten)]
    machine: Machine,
}

/// Where trials run.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Launcher {
    /// On this machine.
    Local,
    /// As the tasks of a Slurm array job.
    Slurm,
}

/// How much of the machine it may take.
#[derive(clap::Args, Clone)]
struct Machine {
    /// Trials at once; by default as the study says, or one a core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Megabytes that all trials together may hold; by default what is free
    #[arg(long, value_name = "MB")]
    memory: Option<u64>,
    /// Where trials run: on this machine, or where Slurm finds room (the workspace lies in a shared folder then)
    #[arg(long, value_enum, default_value_t = Launcher::Local)]
    launcher: Launcher,
    /// Cores left to others where --jobs does not say
    #[arg(long, value_name = "N", default_value_t = 0, hide = true)]
    spare_cores: usize,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    match &args.what {
        Some(What::Status(args)) => return status::run(args, globals, out),
        Some(What::Resume(args)) => return resume(args, globals, out),
        Some(What::Edit(args)) => return edit::run(args, globals, out),
        Some(What::Best(args)) => return best::run(args, globals, out),
        Some(What::Export(args)) => return export::run(args, globals, out),
        None => {}
    }
    if let Some(folder) = &args.study {
        let dir = which::studies(globals).open(&folder.to_string_lossy())?;
        return go(&dir, &args.machine, globals, out);
    }
    let mut sweep = which::sweep(args, globals)?;
    sweep.parallel = args.machine.jobs.map_or(sweep.parallel, u64::from);
    let problems: Vec<String> = sweep.problems().iter().map(ToString::to_string).collect();
    if !problems.is_empty() {
        return Err(BadInput(problems.join("; ")).into());
    }
    plan::refuse_missing_data(&sweep.recipe.data, globals)?;
    if args.dry_run {
        return dry_run(&sweep, out);
    }
    let dir = which::studies(globals).create(&sweep)?;
    out.line(format!("Study {}", dir.id()))?;
    go(&dir, &args.machine, globals, out)
}

fn dry_run(sweep: &Sweep, out: &mut Out) -> anyhow::Result<Done> {
    for axis in &sweep.space.0 {
        out.line(format!("{}: {}", axis.path, axis.range.words()))?;
    }
    let trials = which::planned(sweep);
    out.line(if trials == 1 { "1 trial".to_owned() } else { format!("{trials} trials") })?;
    Ok(Done::with(json!({ "trials": trials, "sweep": sweep })))
}

fn resume(args: &Resume, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let dir = which::studies(globals).open(&args.study)?;
    if dir.is_alive() {
        return Err(StudyError::Locked(dir.path().to_owned()).into());
    }
    let (study, _) = dir.read()?;
    if study.paused.is_some() || study.stopped {
        dir.edit(Edit::Resume)?;
    }
    go(&dir, &args.machine, globals, out)
}

/// Carries the study out until it is done, pauses, or Ctrl-C.
fn go(dir: &StudyDir, machine: &Machine, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let workspace = globals.workspace();
    let options = Options {
        launch: LaunchOptions {
            program: None,
            data: globals.data_folders().to_vec(),
            workspace: Some(workspace.root().to_owned()),
        },
        place: match machine.launcher {
            Launcher::Local => Place::Here,
            Launcher::Slurm => Place::Slurm,
        },
        limits: Limits {
            jobs: machine.jobs.map(usize::from),
            spare_cores: machine.spare_cores,
            memory: machine.memory.map(|mb| mb << 20),
        },
    };
    let interrupt = guard::interruptible();
    let mut follower = follow::Follower::new(out);
    let ended = carry_out(dir, &workspace, &options, interrupt, &mut |study, told| follower.see(study, told));
    let written = follower.finish();
    let ending = ended?;
    written?;
    let (study, _) = dir.read()?;
    let options = globals.repeat();
    let code = match &ending {
        Ending::Done(why) => {
            out.line(format!("Done: {why}"))?;
            exit::DONE
        }
        Ending::Paused(why) => {
            say(&format!("Paused: {why}"));
            out.line(format!("Go on with: digit-workbench sweep resume {}{options}", dir.id()))?;
            exit::FAILED
        }
        Ending::Interrupted => {
            out.line(format!("Interrupted; go on with: digit-workbench sweep resume {}{options}", dir.id()))?;
            exit::INTERRUPTED
        }
    };
    let summary = status::summary(dir, &study);
    out.line(status::sentence(&study))?;
    let word = match ending {
        Ending::Done(_) => "done",
        Ending::Paused(_) => "paused",
        Ending::Interrupted => "interrupted",
    };
    let mut figures = summary;
    figures["ending"] = json!(word);
    Ok(Done { code, figures })
}

/// A value of the first objective as people read it.
fn value_words(study: &Study, value: Option<f64>) -> String {
    let share = study.sweep.objective().metric.contains("accuracy");
    match value {
        Some(value) if !share => format!("{value:.4}"),
        value => percent(value),
    }
}

/// What a trial tries, in few words: `kernel_size 5, batch_size 32`.
fn point_words(study: &Study, point: &crate::sweep::Point) -> String {
    let words = study
        .sweep
        .space
        .varied()
        .filter_map(|axis| point.get(&axis.path).map(|value| format!("{} {value}", axis.short())));
    words.collect::<Vec<_>>().join(", ")
}

/// The counts of a study's trials by state.
fn counts(study: &Study) -> Value {
    let of = |state: State| study.count(state);
    json!({
        "queued": of(State::Queued), "running": of(State::Running), "paused": of(State::Paused),
        "complete": of(State::Complete), "pruned": of(State::Pruned), "failed": of(State::Failed),
    })
}

/// Seconds, or a dash.
fn secs_words(secs: Option<f64>) -> String {
    secs.map_or_else(|| "–".to_owned(), duration)
}
