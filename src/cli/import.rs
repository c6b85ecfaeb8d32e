//! `import LOG`: a training that another program logged, as a run to be compared with.

use super::exit::{BadInput, Done};
use super::globals::Globals;
use super::out::{Out, say};
use crate::runs::log::read;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Read other programs' logs as runs to compare with
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench import logs                     every TensorBoard event file in a folder and below
  digit-workbench import training.csv             Keras's or Lightning's CSVLogger, or a CSV of this program
  digit-workbench import history.json --name Keras

Names such as val_accuracy, Loss/train or epoch_loss are understood. An imported run has curves and settings, but no
model and no recipe.")]
pub struct Args {
    /// Event files, folders with them, CSV or JSON files
    #[arg(required = true, value_name = "LOG")]
    logs: Vec<PathBuf>,
    /// What to call the run
    #[arg(long)]
    name: Option<String>,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let workspace = globals.workspace();
    let (mut made, mut failed) = (Vec::new(), Vec::new());
    for path in &args.logs {
        // One log that cannot be read must not keep the others from being read.
        let logs = match read(path) {
            Ok(logs) => logs,
            Err(error) => {
                failed.push(error.to_string());
                continue;
            }
        };
        for mut log in logs {
            if let Some(name) = &args.name {
                log.name.clone_from(name);
            }
            let run = workspace.import(&log, path)?;
            for warning in &log.warnings {
                say(&format!("Warning: {warning}: {}", path.display()));
            }
            let points: usize = log.curves.values().map(|series| series.points().len()).sum();
            out.line(format!("{}  {points} values of {} curves", run.id(), log.curves.len()))?;
            let warnings = log.warnings;
            let curves = log.curves.len();
            made.push(json!({ "run": run.id(), "from": path, "values": points, "curves": curves, "warnings": warnings }));
        }
    }
    if !failed.is_empty() {
        return Err(BadInput(failed.join("; ")).into());
    }
    Ok(Done::with(json!({ "imported": Value::Array(made) })))
}
