//! `bench train`, `start`, `augment`, `scenes`, `read`, `camera`, `fuzz` and `sweep-functions`: how many images a second a training
//! gets through, how many one thread changes, how many scenes are drawn, how long a picture takes to read, how fast a
//! folder is read live, how many damaged files do no harm, and how near to the best point of known functions the
//! strategies of sweeps come.
//! Hidden: `cargo xtask bench` is what one calls.

use super::evaluate::{Which, find_model};
use super::exit::Done;
use super::globals::Globals;
use super::out::Out;
use crate::data::Scenes;
use crate::data::fuzz::{TARGETS, fuzz};
use crate::data::scenes::bench::scenes_per_s;
use crate::knobs::set;
use crate::reader::bench::bench_read;
use crate::recipe::Recipe;
use crate::sweep::bench;
use crate::train::bench::{bench_augment, bench_train};
use crate::work::live::bench::{measure, scenes_into};
use crate::work::live::{Model, open};
use anyhow::Context as _;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

/// Scenes that are shown again and again.
const N_SCENES: u64 = 60;

/// Measure how fast things are
#[derive(clap::Args)]
#[command(after_help = "\
Prints one JSON line a measurement. Another program at work on the machine makes the figures worthless.")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Images a second of a training
    Train {
        /// cnn, lenet5 (or lenet), mlp, mnist_record or another one; may be given several times; all of them by default
        #[arg(long)]
        model: Vec<String>,
        /// Threads; may be given several times; one and every core by default
        #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
        threads: Vec<u16>,
        /// Images a step
        #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..=8192))]
        batch: u32,
        /// Images a round
        #[arg(long, default_value_t = 12_800)]
        images: u32,
    },
    /// Seconds from the start of a training process to its first step
    Start {
        /// The preset or recipe that is started
        #[arg(long, default_value = "mnist-lenet5")]
        recipe: String,
        /// Starts; the fastest one counts
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
        rounds: u32,
    },
    /// Images a second that one thread changes at random
    Augment {
        /// Only this; may be given several times
        #[arg(long)]
        case: Vec<String>,
        /// Images a round
        #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..))]
        images: u32,
    },
    /// House-number scenes that are drawn in a second
    Scenes {
        /// Threads; may be given several times; one and every core by default
        #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
        threads: Vec<u16>,
        /// Columns and rows
        #[arg(long, default_value_t = 320, value_parser = clap::value_parser!(u64).range(48..=1024))]
        size: u64,
        /// Scenes a round
        #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..))]
        images: u64,
    },
    /// A folder of pictures read live: rates, latency, memory
    Camera {
        /// Frames a second that the folder is shown at; may be given several times; 30 and 60 by default
        #[arg(long)]
        rate: Vec<f64>,
        /// Seconds for each rate
        #[arg(long, default_value_t = 20.0)]
        seconds: f64,
        /// Id, name or folder of a run, `last`, or a model file; by default the reader that ships
        #[arg(long, value_name = "RUN_OR_MODEL")]
        model: Option<String>,
        /// Pictures to show; scenes of 640x480 by default
        #[arg(long)]
        folder: Option<std::path::PathBuf>,
    },
    /// How long a workspace with very many runs takes to open
    Runs {
        /// Runs
        #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
        count: u64,
        /// Points of each training curve
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(5..=100_000))]
        points: u64,
    },
    /// Milliseconds of the processor for a frame with every run on one plot
    Plots {
        /// Runs
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=10_000))]
        count: u64,
        /// Points of each training curve
        #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(5..=100_000))]
        points: u64,
        /// Frames for each thing that may happen meanwhile
        #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=100_000))]
        frames: u64,
    },
    /// How long a study of very many trials takes to open
    Study {
        /// Trials
        #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
        trials: u64,
    },
    /// Damaged files for every reader of a binary format: ends early only where one panics
    Fuzz {
        /// Seconds for each format
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        /// Another seed damages in another way
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Milliseconds to read a picture
    Read {
        /// A model file that finds digits; the one that comes with the program by default
        #[arg(long)]
        model: Option<std::path::PathBuf>,
        /// Threads; may be given several times
        #[arg(long, default_values_t = [1, 2, 4], value_parser = clap::value_parser!(u16).range(1..=1024))]
        threads: Vec<u16>,
        /// Readings of which the median is taken
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
        rounds: u32,
    },
    /// How near to the best point of known functions strategies and pruners come
    SweepFunctions {
        /// branin, hartmann6, curves; may be given several times; all of them by default
        #[arg(long)]
        function: Vec<String>,
        /// tpe, sobol, random; may be given several times; all of them by default
        #[arg(long)]
        strategy: Vec<String>,
        /// none, median, halving, asha, hyperband; may be given several times; all of them by default
        #[arg(long)]
        pruner: Vec<String>,
        /// Trials at once; may be given several times
        #[arg(long, default_values_t = [1, 4], value_parser = clap::value_parser!(u16).range(1..=1024))]
        workers: Vec<u16>,
        /// Searches, each with a seed of its own
        #[arg(long, default_value_t = 30)]
        seeds: u64,
        /// Tells every trial of the first seed and the importance of each setting too
        #[arg(long)]
        trials: bool,
    },
}

impl Args {
    /// Frames to be drawn once the workspace is there.
    pub fn frames(&self) -> Option<usize> {
        if let What::Plots { frames, .. } = self.what { Some(frames as usize) } else { None }
    }
}

/// Tells what was measured.
pub fn told(lines: &[Value], out: &mut Out) -> anyhow::Result<Done> {
    for line in lines {
        out.line(line)?;
        out.json(line)?;
    }
    Ok(Done::with(json!({ "results": lines })))
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let mut measured: Vec<Value> = Vec::new();
    let mut told = Ok(());
    let mut tell = |line: Value| {
        // JSON for people too: whoever measures compares with a program.
        if told.is_ok() {
            told = out.line(&line).and_then(|()| out.json(&line));
        }
        measured.push(line);
    };
    let places = globals.places();
    match &args.what {
        What::Augment { case, images } => bench_augment(case, *images as usize, &places, &mut tell)?,
        What::Start { recipe, rounds } => {
            // A workspace of its own; images are decoded once, as for every training but the first.
            let folder = std::env::temp_dir().join(format!("digit-workbench-start-{}", std::process::id()));
            let timed: anyhow::Result<Vec<f64>> =
                (0..*rounds).map(|_| first_step(recipe, &folder, globals)).collect();
            std::fs::remove_dir_all(&folder).ok();
            let fastest = timed?.into_iter().fold(f64::INFINITY, f64::min);
            let secs = (fastest * 1000.0).round() / 1000.0;
            tell(json!({ "bench": "start", "recipe": recipe, "first_step_secs": secs }));
        }
        What::Scenes { threads, size, images } => {
            let settings = Scenes { size: *size, ..Scenes::default() };
            for threads in every(threads) {
                let rate = scenes_per_s(&settings, threads, *images, &places)?;
                tell(json!({
                    "bench": "scenes", "size": size, "threads": threads, "images_per_s": (rate * 10.0).round() / 10.0,
                }));
            }
        }
        What::Camera { rate, seconds, model, folder } => {
            camera(rate, *seconds, model.as_deref(), folder.as_deref(), globals, &mut tell)?;
        }
        What::Runs { count, points } => {
            tell(super::bench_runs::bench_runs(*count, *points, globals.workspace().root())?);
        }
        What::Plots { count, points, .. } => {
            super::bench_runs::make_up(*count, *points, &globals.workspace())?;
            return Ok(Done::with(Value::Null));
        }
        What::Study { trials } => {
            tell(super::bench_study::bench_study(*trials, globals.workspace().root())?);
        }
        What::Fuzz { seconds, seed } => {
            // It stays where a reader panics, to be looked at.
            let scratch =
                std::env::temp_dir().join(format!("digit-workbench-damaged-{}", std::process::id()));
            for target in &TARGETS {
                let time = std::time::Duration::from_secs(*seconds);
                let n = fuzz(target, *seed, time, u64::MAX, &scratch)?;
                tell(json!({ "bench": "fuzz", "format": target.name, "files": n, "seconds": seconds }));
            }
            std::fs::remove_file(&scratch).ok();
        }
        What::SweepFunctions { function, strategy, pruner, workers, seeds, trials } => {
            bench::told(function, strategy, pruner, workers, *seeds, *trials, &mut tell)?;
        }
        What::Read { model, threads, rounds } => {
            let model = model.clone().or_else(crate::reader::shipped);
            let threads: Vec<usize> = threads.iter().map(|n| usize::from(*n)).collect();
            bench_read(model.as_deref(), &threads, *rounds as usize, &mut tell)?;
        }
        What::Train { model, threads, batch, images } => {
            let models: Vec<&str> = match model.as_slice() {
                [] => vec!["cnn", "lenet5", "mlp", "mnist_record"],
                named => {
                    named.iter().map(|name| if name == "lenet" { "lenet5" } else { name.as_str() }).collect()
                }
            };
            for model in &models {
                set(&mut Recipe::default(), "model.name", model)?;
            }
            for model in models {
                for threads in every(threads) {
                    bench_train(model, threads, *batch as usize, *images as usize, &places, &mut tell)?;
                }
            }
        }
    }
    told?;
    let fastest = measured.iter().filter_map(|line| line["images_per_s"].as_f64()).reduce(f64::max);
    Ok(Done::with(json!({ "results": measured, "images_per_s": fastest })))
}

/// Shows a folder at each rate and reads it.
fn camera(
    rates: &[f64],
    seconds: f64,
    model: Option<&str>,
    folder: Option<&Path>,
    globals: &Globals,
    tell: &mut dyn FnMut(Value),
) -> anyhow::Result<()> {
    let model = match model {
        Some(named) => Model::File(find_model(named, Which::Best, globals)?.1),
        None => Model::Shipped,
    };
    let own = std::env::temp_dir().join(format!("digit-workbench-scenes-{}", std::process::id()));
    let shown = match folder {
        Some(folder) => folder,
        None => {
            std::fs::create_dir_all(&own)?;
            scenes_into(&own, N_SCENES, &globals.places())?;
            &own
        }
    };
    let mut outcome = Ok(());
    let rates = if rates.is_empty() { &[30.0, 60.0] } else { rates };
    for rate in rates.iter().filter(|rate| rate.is_finite() && **rate > 0.0) {
        let round = |value: f64| (value * 100.0).round() / 100.0;
        match measure(shown, model.clone(), Arc::new(open), *rate, seconds) {
            Ok(it) => tell(json!({
                "bench": "camera", "rate": rate, "seconds": seconds, "source_per_s": round(it.rates[0]),
                "read_per_s": round(it.rates[1]), "lost": it.n_lost,
                "latency_ms": { "p50": it.latency[0], "p99": it.latency[1], "max": it.latency[2] },
                "stages_ms": {
                    "decode": it.stages[0], "prepare": it.stages[1], "model": it.stages[2], "group": it.stages[3],
                },
                "memory_mb": it.memory.map(|all| all.map(|bytes| bytes / 1_000_000)),
                "numbers_a_frame": round(it.numbers),
            })),
            Err(error) => {
                outcome = Err(error);
                break;
            }
        }
    }
    std::fs::remove_dir_all(&own).ok();
    outcome
}

/// Starts a training in a workspace, and ends it once it tells of its first steps; the seconds until then.
fn first_step(recipe: &str, workspace: &Path, globals: &Globals) -> anyhow::Result<f64> {
    let mut program = Command::new(std::env::current_exe()?);
    program.args(["train", recipe, "--json", "--workspace"]).arg(workspace);
    for folder in globals.data_folders() {
        program.arg("--data").arg(folder);
    }
    let began = Instant::now();
    let mut child = program.stdout(Stdio::piped()).spawn()?;
    let lines = BufReader::new(child.stdout.take().context("its output was asked for")?).lines();
    let mut told = lines.map_while(Result::ok);
    let stepped = told.any(|line| line.starts_with("{\"event\":\"progress\""));
    let secs = began.elapsed().as_secs_f64();
    // It may have ended by itself.
    child.kill().ok();
    child.wait()?;
    anyhow::ensure!(stepped, "the training of {recipe} ended before its first step");
    Ok(secs)
}

/// The numbers of threads asked for, or one and every core.
fn every(asked: &[u16]) -> Vec<usize> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    match asked {
        [] if cores == 1 => vec![1],
        [] => vec![1, cores],
        named => named.iter().copied().map(usize::from).collect(),
    }
}
