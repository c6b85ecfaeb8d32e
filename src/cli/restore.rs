//! `restore RUN`: takes a run out of the trash.

use super::exit::{BadInput, Done};
use super::globals::Globals;
use super::out::Out;
use serde_json::json;

/// Take a run out of the trash
#[derive(clap::Args)]
pub struct Args {
    /// Id of a deleted run: the name of its folder in the trash
    run: String,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let workspace = globals.workspace();
    let trashed = workspace.root().join("trash").join(&args.run);
    if !trashed.is_dir() {
        return Err(BadInput(format!("there is no such run in the trash: {}", trashed.display())).into());
    }
    let run = workspace.restore(&args.run)?;
    out.line(format!("{} is back: {}", run.id(), run.path().display()))?;
    Ok(Done::with(json!({ "run": run.id(), "folder": run.path() })))
}
