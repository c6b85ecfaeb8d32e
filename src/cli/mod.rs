//! The commands: what the window does, without a window. One file a command; `Command` is the list.
//!
//! Standard output is for people, or, with `--json`, JSON lines only, the last of which is one object with the
//! command's figures (`read` prints its pictures and nothing else). Errors go to standard error, once. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 bad input,
//! 130 interrupted.

mod add;
mod augment;
mod behind;
mod bench;
mod bench_runs;
mod bench_study;
mod cameras;
mod control;
mod curate;
mod data;
mod delete;
mod describe;
mod evaluate;
mod evaluate_reader;
mod exit;
mod export;
mod export_run;
mod frames;
mod generate;
mod globals;
mod guard;
mod import;
mod knobs;
mod mine;
mod out;
mod plan;
mod predict;
mod presets;
mod progress;
mod read;
mod recipes;
mod report;
mod restore;
mod resume;
mod runs;
mod show;
mod sweep;
mod table;
mod train;
mod wait;
mod worker;

pub use globals::Globals;
pub use guard::leave;

use clap::{Parser, Subcommand};
use out::Out;
use serde_json::{Value, json};

const EXAMPLES: &str = "\
Examples:
  digit-workbench                                        open the window
  digit-workbench train quick-start                      the first training, nothing to download
  digit-workbench train mnist-cnn --set optim.lr=0.01    a preset with one setting changed
  digit-workbench runs                                   every run and how far it got
  digit-workbench evaluate last                          measure the newest run's best model
  digit-workbench predict last digit.png                 read a picture of one digit or one number
  digit-workbench read photo.jpg                         find and read the numbers on any picture

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 bad input, 130 interrupted.";

/// Train digit recognisers and look at what they learned.
///
/// Without a command the window opens.
#[derive(Parser)]
#[command(name = "digit-workbench", version, after_help = EXAMPLES, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Every command, in the order of the help.
#[derive(Subcommand)]
enum Command {
    Train(train::Args),
    Resume(resume::Args),
    Sweep(Box<sweep::Args>),
    Control(control::Args),
    Runs(runs::Args),
    Show(show::Args),
    Evaluate(evaluate::Args),
    Predict(predict::Args),
    Read(read::Args),
    Report(report::Args),
    Export(export_run::Args),
    Import(import::Args),
    Delete(delete::Args),
    Restore(restore::Args),
    Presets(presets::Args),
    Data(data::Args),
    Cameras(cameras::Args),
    Knobs(knobs::Args),
    #[command(hide = true)]
    Bench(bench::Args),
}

impl Command {
    /// Carries the command out; the figures it returns become the last line of `--json`.
    fn run(&self, globals: &Globals, out: &mut Out) -> anyhow::Result<exit::Done> {
        match self {
            Self::Train(args) => train::run(args, globals, out),
            Self::Resume(args) => resume::run(args, globals, out),
            Self::Sweep(args) => sweep::run(args, globals, out),
            Self::Control(args) => control::run(args, globals, out),
            Self::Runs(args) => runs::run(args, globals, out),
            Self::Show(args) => show::run(args, globals, out),
            Self::Evaluate(args) => evaluate::run(args, globals, out),
            Self::Predict(args) => predict::run(args, globals, out),
            Self::Read(args) => read::run(args, globals, out),
            Self::Report(args) => report::run(args, globals, out),
            Self::Export(args) => export_run::run(args, globals, out),
            Self::Import(args) => import::run(args, globals, out),
            Self::Delete(args) => delete::run(args, globals, out),
            Self::Restore(args) => restore::run(args, globals, out),
            Self::Presets(args) => presets::run(args, globals, out),
            Self::Data(args) => data::run(args, globals, out),
            Self::Cameras(args) => cameras::run(args, globals, out),
            Self::Knobs(args) => knobs::run(args, globals, out),
            Self::Bench(args) => bench::run(args, globals, out),
        }
    }

    /// Whether it keeps every core busy.
    fn computes(&self) -> bool {
        matches!(
            self,
            Self::Train(_)
                | Self::Resume(_)
                | Self::Evaluate(_)
                | Self::Report(_)
                | Self::Data(_)
                | Self::Bench(_)
        )
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Train(_) => "train",
            Self::Resume(_) => "resume",
            Self::Sweep(_) => "sweep",
            Self::Control(_) => "control",
            Self::Runs(_) => "runs",
            Self::Show(_) => "show",
            Self::Evaluate(_) => "evaluate",
            Self::Predict(_) => "predict",
            Self::Read(_) => "read",
            Self::Report(_) => "report",
            Self::Export(_) => "export",
            Self::Import(_) => "import",
            Self::Delete(_) => "delete",
            Self::Restore(_) => "restore",
            Self::Presets(_) => "presets",
            Self::Data(_) => "data",
            Self::Cameras(_) => "cameras",
            Self::Knobs(_) => "knobs",
            Self::Bench(_) => "bench",
        }
    }
}

/// The program: reads the command line, runs the command or opens the window, and says how it went.
///
/// `window` opens it and returns its figures, with a line for people as `text` if there is something to tell. `frames`
/// draws so many frames of the workspace without a screen and returns how long they took: both know egui.
///
/// Returns the exit code, to [`leave`] with.
pub fn main(
    window: impl FnOnce(&Globals) -> anyhow::Result<Value>,
    frames: impl FnOnce(&Globals, usize) -> anyhow::Result<Vec<Value>>,
) -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    // The window reads pictures beside its own drawing and beside trainings.
    if cli.command.as_ref().is_none_or(Command::computes) {
        guard::share_cores();
    }
    guard::install();
    let mut out = Out::new(cli.globals.json);
    let outcome = guard::catch(&cli.globals, || match &cli.command {
        Some(command) => {
            let mut done = command.run(&cli.globals, &mut out)?;
            if let Command::Bench(args) = command
                && let Some(n) = args.frames()
            {
                done = bench::told(&frames(&cli.globals, n)?, &mut out)?;
            }
            if !done.figures.is_null() {
                out.figures(command.name(), done.figures)?;
            }
            Ok(done.code)
        }
        None => {
            let figures = window(&cli.globals)?;
            if let Some(text) = figures["text"].as_str() {
                out.line(text)?;
            }
            out.figures("window", figures)?;
            Ok(exit::DONE)
        }
    });
    outcome.unwrap_or_else(|error| {
        let code = exit::code(&error);
        out.error(&error, code);
        code
    })
}

/// Help and version are no errors; anything else is wrong usage, told as JSON too where that was asked for.
fn usage(error: &clap::Error) -> u8 {
    // There is nobody left to tell when the terminal is gone.
    error.print().ok();
    if error.use_stderr() && std::env::args_os().any(|arg| arg == "--json") {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        Out::new(true).json(&json!({ "error": first, "code": exit::USAGE })).ok();
    }
    if error.use_stderr() { exit::USAGE } else { exit::DONE }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound_and_each_command_is_explained() {
        Cli::command().debug_assert();
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            assert!(command.get_about().is_some(), "{name} has no help");
            for argument in command.get_arguments().filter(|a| !a.is_hide_set()) {
                assert!(argument.get_help().is_some(), "{name} {} has no help", argument.get_id());
            }
        }
    }
}
