//! `sweep export`: a study's sweep as it is now, and the table of its trials.

use super::super::exit::Done;
use super::super::globals::Globals;
use super::super::out::Out;
use super::which;
use crate::disk::write_atomically;
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
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let dir = which::studies(globals).open(&args.study)?;
    let (study, _) = dir.read()?;
    let text = to_ron(&study.sweep)?;
    match &args.ron {
        Some(file) => {
            write_atomically(file, text.as_bytes())?;
            out.line(format!("Sweep: {}", file.display()))?;
        }
        None => out.line(text)?,
    }
    Ok(Done::with(json!({ "study": dir.id() })))
}
