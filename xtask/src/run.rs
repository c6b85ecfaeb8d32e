//! `cargo xtask run`: set up what is missing, build, and open the workbench.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::repo::{Repo, hand_over, non_empty};
use crate::setup::{Wish, ensure};

/// Options of the program that are followed by a value, which is then no subcommand.
const WITH_VALUE: [&str; 1] = ["--workspace"];

const NO_DISPLAY: &str = "\
there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so the window cannot open.
Without one, the same program works from the command line:
  cargo xtask run -- train presets/quick-start.ron    train a first model
  cargo xtask run -- --help                           everything it can do";

/// Runs the program with `args`; its exit code becomes this command's.
pub fn run(repo: &Repo, args: &[OsString]) -> Result<ExitCode> {
    // Said before minutes of downloading and building, not after.
    if wants_window(args) && !has_display() {
        bail!(NO_DISPLAY);
    }
    ensure(repo, Wish { cuda: false, tests: false, asked_for: false })?;
    let mut program = repo.program();
    program.args(args);
    hand_over(program)
}

fn has_display() -> bool {
    !cfg!(all(unix, not(target_os = "macos")))
        || non_empty("DISPLAY").is_some()
        || non_empty("WAYLAND_DISPLAY").is_some()
}

/// Whether these arguments open the window: no subcommand, and no question that is answered in text.
fn wants_window(args: &[OsString]) -> bool {
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.to_str() {
            Some("--help" | "-h" | "--version" | "-V") => return false,
            Some(option) if WITH_VALUE.contains(&option) => {
                args.next();
            }
            Some(option) if option.starts_with('-') => {}
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_opens_without_a_subcommand() {
        let wants =
            |line: &str| wants_window(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>());
        assert!(wants(""));
        assert!(wants("--workspace /tmp/w"));
        assert!(wants("--workspace=/tmp/w --dark"));
        assert!(!wants("--help"));
        assert!(!wants("train presets/quick-start.ron"));
        assert!(!wants("--workspace /tmp/w train"));
    }
}
