//! `bench train`: how many images a second a training gets through. Hidden: `cargo xtask bench` is what one calls.

use super::exit::Done;
use super::globals::Globals;
use super::out::Out;
use crate::knobs::set;
use crate::recipe::Recipe;
use crate::train::bench::bench_train;
use serde_json::{Value, json};

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
        /// cnn, lenet5 (or lenet) or mlp; may be given several times; all of them by default
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
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let What::Train { model, threads, batch, images } = &args.what;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let models: Vec<&str> = match model.as_slice() {
        [] => vec!["cnn", "lenet5", "mlp"],
        named => named.iter().map(|name| if name == "lenet" { "lenet5" } else { name.as_str() }).collect(),
    };
    let threads: Vec<usize> = match threads.as_slice() {
        [] if cores == 1 => vec![1],
        [] => vec![1, cores],
        named => named.iter().copied().map(usize::from).collect(),
    };
    for model in &models {
        set(&mut Recipe::default(), "model.name", model)?;
    }
    let mut results: Vec<Value> = Vec::new();
    for model in models {
        for n in &threads {
            let mut measured = Vec::new();
            let mut keep = |line| measured.push(line);
            bench_train(model, *n, *batch as usize, *images as usize, &globals.places(), &mut keep)?;
            for line in measured {
                // JSON for people too: whoever measures compares with a program.
                out.line(&line)?;
                out.json(&line)?;
                results.push(line);
            }
        }
    }
    let fastest = results.iter().filter_map(|line| line["images_per_s"].as_f64()).reduce(f64::max);
    Ok(Done::with(json!({ "results": results, "images_per_s": fastest })))
}
