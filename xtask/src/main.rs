//! The project's own commands: what to type to set up, run, test and measure, on a machine that has only Rust and pip.
//!
//! `args` says which commands there are, one file holds each of them (`run`, `check`, `bench` with `peers` and `sweeps`, `setup`),
//! and the rest is what they stand on. Nothing here links libtorch: it has to run before libtorch is there.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "talking to the terminal is what these commands are for"
)]

mod args;
mod bench;
mod camera;
mod check;
mod hints;
mod libtorch;
mod packages;
mod peers;
mod pip;
mod repo;
mod run;
mod say;
mod screen;
mod setup;
mod sweeps;
mod wheel;

use std::process::ExitCode;

use args::Task;

fn main() -> ExitCode {
    match Task::parse(std::env::args_os().skip(1).collect()).and_then(perform) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> anyhow::Result<ExitCode> {
    let repo = repo::Repo::here()?;
    match task {
        Task::Help => println!("{}", args::HELP),
        Task::Run { args } => return run::run(&repo, &args),
        Task::Setup { cuda } => setup::ensure(&repo, setup::Wish { cuda, tests: false, asked_for: true })?,
        Task::Test { filters } => return check::test(&repo, &filters),
        Task::Screenshots => return check::screenshots(&repo),
        Task::TestCamera { filter } => return camera::test(&repo, filter.as_deref()),
        Task::Bench { what, args } => return bench::bench(&repo, &what, &args),
        Task::BenchSweep { words, peers } => sweeps::measure(&repo, &words, peers)?,
        Task::BenchPeers { options } => peers::compare(&repo, &options)?,
    }
    Ok(ExitCode::SUCCESS)
}
