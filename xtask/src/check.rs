//! `cargo xtask test`: formatting, lints, documentation and tests, cheapest first, and the pictures drawn anew.

use std::ffi::OsString;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::repo::{self, Repo, find_program, non_empty};
use crate::say;
use crate::setup::{Wish, ensure};

/// Everything, stopping at the first failure; with filters only the tests whose names contain one of them.
pub fn test(repo: &Repo, filters: &[OsString]) -> Result<ExitCode> {
    let started = Instant::now();
    ensure(repo, Wish { cuda: false, tests: true, asked_for: false })?;
    let mut tests = repo.cargo(&["test", "--workspace"]);
    if !filters.is_empty() {
        tests.arg("--").args(filters);
        return steps(repo, started, vec![("tests", tests)]);
    }
    ensure_components(repo)?;
    let mut doc = repo.cargo(&["doc", "--no-deps", "--workspace", "--document-private-items"]);
    let flags = non_empty("RUSTDOCFLAGS").map_or_else(String::new, |flags| flags + " ");
    doc.env("RUSTDOCFLAGS", flags + "-D warnings");
    let clippy = repo.cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    steps(
        repo,
        started,
        vec![
            ("formatting", repo.cargo(&["fmt", "--all", "--check"])),
            ("lints", clippy),
            ("documentation", doc),
            ("tests", tests),
        ],
    )
}

/// Draws the pictures anew: the tests that compare them are told to write them.
pub fn screenshots(repo: &Repo) -> Result<ExitCode> {
    let started = Instant::now();
    ensure(repo, Wish { cuda: false, tests: true, asked_for: false })?;
    let mut pictures = repo.cargo(&["test", "--test", "tests", "pictures"]);
    pictures.env("UPDATE_SNAPSHOTS", "1");
    steps(repo, started, vec![("pictures", pictures)])
}

fn steps(repo: &Repo, started: Instant, steps: Vec<(&str, Command)>) -> Result<ExitCode> {
    let n_steps = steps.len();
    for (idx, (name, mut command)) in steps.into_iter().enumerate() {
        let step_started = Instant::now();
        say::step(&format!("{name} ({} of {n_steps}): {}", idx + 1, in_words(&command)));
        let status = command
            .current_dir(&repo.root)
            .status()
            .with_context(|| format!("could not start {}", in_words(&command)))?;
        let elapsed = say::time(step_started.elapsed());
        if !status.success() {
            say::step(&format!("{name} FAILED after {elapsed}: {}", in_words(&command)));
            let code = status.code().and_then(|code| u8::try_from(code).ok()).filter(|code| *code != 0);
            return Ok(code.map_or(ExitCode::FAILURE, ExitCode::from));
        }
        say::step(&format!("{name} passed in {elapsed}"));
    }
    say::step(&format!("all passed in {}", say::time(started.elapsed())));
    Ok(ExitCode::SUCCESS)
}

/// A minimal Rust comes without these two.
fn ensure_components(repo: &Repo) -> Result<()> {
    let is_there = |name: &str| {
        let mut command = repo.cargo(&[name, "--version"]);
        command.current_dir(&repo.root).output().is_ok_and(|output| output.status.success())
    };
    if is_there("fmt") && is_there("clippy") {
        return Ok(());
    }
    let line = "rustup component add rustfmt clippy";
    if find_program("rustup").is_none() {
        bail!("the formatting and lint checks need rustfmt and clippy; install them (with rustup: {line})");
    }
    say::step(line);
    repo::run(Command::new("rustup").args(line.split(' ').skip(1)).current_dir(&repo.root))
}

/// A command as it could be typed.
fn in_words(command: &Command) -> String {
    let set_here = command.get_envs().filter_map(|(name, value)| {
        let name = name.to_str()?;
        (name == "UPDATE_SNAPSHOTS" || name == "RUSTDOCFLAGS").then_some(())?;
        Some(format!("{name}='{}'", value?.display()))
    });
    let words = command.get_args().map(|word| word.display().to_string());
    set_here.chain(["cargo".to_owned()]).chain(words).collect::<Vec<_>>().join(" ")
}
