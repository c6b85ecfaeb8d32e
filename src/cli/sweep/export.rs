//! `sweep export`: a study's sweep as it is now, as RON or for W&B, and the table of its results.

use super::super::exit::Done;
use super::super::globals::Globals;
use super::super::out::Out;
use super::which;
use crate::disk::write_atomically;
use crate::sweep::exchange::{to_csv, to_wandb};
use crate::sweep::to_ron;
use serde_json::json;
use std::path::PathBuf;

/// Write a study's sweep, with every change so far, to a file
#[derive(clap::Args)]
pub struct Args {
    /// Id, name or folder of a study, or `last`
    study: String,
    /// Write the sweep as RON, to be started again
    #[arg(long, value_name = "FILE")]
    ron: Option<PathBuf>,
    /// Write the sweep as a W&B sweep file (YAML)
    #[arg(long, value_name = "FILE")]
    wandb: Option<PathBuf>,
    /// Write the results as a table: settings, metric, seconds, one trial a line
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let dir = which::studies(globals).open(&args.study)?;
    let (study, _) = dir.read()?;
    let text = to_ron(&study.sweep)?;
    if let Some(file) = &args.ron {
        write_atomically(file, text.as_bytes())?;
        out.line(format!("Sweep: {}", file.display()))?;
    }
    if let Some(file) = &args.wandb {
        let (text, lost) = to_wandb(&study.sweep)?;
        write_atomically(file, text.as_bytes())?;
        out.line(format!("W&B sweep: {}", file.display()))?;
        for lost in lost {
            out.line(format!("Not in it: {lost}"))?;
        }
    }
    if let Some(file) = &args.csv {
        write_atomically(file, to_csv(&study)?.as_bytes())?;
        out.line(format!("Results: {}", file.display()))?;
    }
    if args.ron.is_none() && args.wandb.is_none() && args.csv.is_none() {
        out.line(text)?;
    }
    Ok(Done::with(json!({ "study": dir.id() })))
}
