//! `delete RUN`: moves runs to the workspace's trash.

use super::exit::Done;
use super::globals::Globals;
use super::out::Out;
use serde_json::json;

/// Move runs to the trash
#[derive(clap::Args)]
#[command(after_help = "\
Nothing is lost: `digit-workbench restore RUN` takes a run out of the trash again. To free the space,
remove the folder `trash` of the workspace.")]
pub struct Args {
    /// Id, name or folder of a run, or `last`
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let workspace = globals.workspace();
    // All of them are looked up first: a misspelt last one must not leave half of them deleted.
    let runs = args.runs.iter().map(|name| workspace.run(name)).collect::<Result<Vec<_>, _>>()?;
    for run in &runs {
        let id = run.id();
        anyhow::ensure!(
            !run.is_alive(),
            "the run still trains; end it first with: digit-workbench control {id} stop"
        );
    }
    let mut deleted = Vec::new();
    for run in &runs {
        let trashed = workspace.trash(run)?;
        out.line(format!("{} lies in the trash: {}", run.id(), trashed.display()))?;
        deleted.push(run.id());
    }
    Ok(Done::with(json!({ "runs": deleted })))
}
