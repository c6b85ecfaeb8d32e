//! `cargo xtask bench`: measures the release build, one JSON line a result.

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use anyhow::Result;

use crate::repo::{Repo, hand_over};
use crate::setup::{Wish, ensure};

/// Builds for speed and runs the program's own measurement.
pub fn bench(repo: &Repo, what: &OsStr, args: &[OsString]) -> Result<ExitCode> {
    ensure(repo, Wish { cuda: false, tests: false, asked_for: false })?;
    let mut program = repo.program();
    program.arg("bench").arg(what).args(args);
    hand_over(program)
}
