//! `resume RUN`: goes on with a run that was interrupted, stopped, or is to learn for longer.

use super::exit::Done;
use super::globals::Globals;
use super::out::{Out, say};
use super::train;
use crate::runs::{Control, RunError, Status, send};

/// Go on with a run exactly where it was
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench resume last
  digit-workbench resume last --add-epochs 5

A resumed training ends with the same weights as one that was never interrupted.")]
pub struct Args {
    /// Id, name or folder of a run, or `last`
    run: String,
    /// Train for so many more epochs than planned
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1000))]
    add_epochs: Option<u64>,
    /// Go on even if the data set is not the one that the run was trained on
    #[arg(long)]
    force: bool,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let run = globals.workspace().run(&args.run)?;
    let (history, _) = run.history()?;
    let status = run.status(&history);
    if status.is_alive() {
        return Err(RunError::Locked(run.path().to_owned()).into());
    }
    if let Some(more) = args.add_epochs {
        // The process answers what was asked before it began.
        send(&run, Control::AddEpochs(more))?;
    } else if status == Status::Finished {
        say("All epochs are done; --add-epochs N trains for longer");
    }
    train::go(&run, args.force, globals, out)
}
