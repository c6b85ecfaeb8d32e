//! `cargo xtask bench sweep`: whole sweeps timed from the outside, and Keras' hand-written loops beside them.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::repo::{self, Repo, non_empty};
use crate::say;
use crate::setup::{Wish, ensure};

/// One sweep to be timed: its name, the words of `sweep`, and of the training of its winner, if that is timed too.
struct Case {
    name: &'static str,
    sweep: &'static [&'static str],
    winner: Option<&'static [&'static str]>,
}

const CASES: [Case; 5] = [
    // The tutorial's 25 trials, each to its end.
    Case { name: "full", sweep: &["tutorial-cnn"], winner: None },
    // The same with pruning: rungs at 1/4 and 1 epoch, and one of four goes on.
    Case {
        name: "pruned",
        sweep: &[
            "tutorial-cnn",
            "--set",
            "pruner.name=asha",
            "--set",
            "pruner.min_epochs=0.25",
            "--set",
            "pruner.factor=4",
        ],
        winner: None,
    },
    // 36 points on all 60,000 images, and the winner for all of the tutorial's epochs.
    Case { name: "grid", sweep: &["grid-cnn"], winner: Some(&["--set", "train.epochs=12"]) },
    Case { name: "grid-small", sweep: &["grid-small"], winner: Some(&["--set", "train.epochs=12"]) },
    // Hours: what the grid's best really is.
    Case {
        name: "grid-in-full",
        sweep: &["grid-cnn", "--set", "pruner.name=none", "--set", "train.epochs=12"],
        winner: None,
    },
];

/// The TPE study, in the time that Keras needs for its 25 trials.
const TPE: Case = Case { name: "tpe", sweep: &["tpe-asha"], winner: None };

/// What a side came to.
#[derive(Debug, PartialEq)]
struct Row {
    name: String,
    seconds: f64,
    accuracy: Option<f64>,
    trials: f64,
}

/// Times the sweeps asked for (all but the one of hours, if none is), one after another, and prints a table; with
/// `peers` Keras' loops come first.
pub fn measure(repo: &Repo, words: &[OsString], peers: bool) -> Result<()> {
    let (wanted, args): (Vec<&OsString>, Vec<&OsString>) =
        words.iter().partition(|word| all().any(|case| *word == case.name));
    ensure(repo, Wish { cuda: false, tests: false, asked_for: false })?;
    say::step("building for speed");
    let mut build = repo.cargo(&["build", "--release", "--bin", "digit-workbench"]);
    repo::run(build.current_dir(&repo.root))?;
    let mut rows = Vec::new();
    if peers {
        rows.push(keras()?);
    }
    for case in all() {
        let chosen = match wanted.is_empty() {
            true => case.name != "grid-in-full",
            false => wanted.iter().any(|word| *word == case.name),
        };
        if chosen {
            time(repo, case, &args, &mut rows)?;
        }
    }
    println!("{}", table(&rows));
    Ok(())
}

fn all() -> impl Iterator<Item = &'static Case> {
    CASES.iter().chain([&TPE])
}

/// Runs one sweep in a workspace of its own.
fn time(repo: &Repo, case: &Case, args: &[&OsString], rows: &mut Vec<Row>) -> Result<()> {
    say::step(&format!("sweep {}", case.name));
    let workspace = repo.root.join("target").join("bench-sweep").join(case.name);
    // What an earlier measurement left there would only take room.
    std::fs::remove_dir_all(&workspace).ok();
    std::fs::create_dir_all(&workspace).with_context(|| format!("no folder: {}", workspace.display()))?;
    let program = |words: &[&str]| {
        let mut command = repo.program();
        command.env("DIGIT_WORKBENCH_WORKSPACE", &workspace).args(words).arg("--json");
        command
    };
    // The data set is decoded once before, as it is on any machine that trained with it.
    let warm = ["data", "stats", "mnist"];
    last_line(&mut program(&warm))?;
    let began = Instant::now();
    let mut sweep = program(&[&["sweep"], case.sweep].concat());
    let line = last_line(sweep.args(args))?;
    let seconds = began.elapsed().as_secs_f64();
    println!("{line}");
    let best = line.split_once("\"best\":").map_or("", |(_, rest)| rest);
    let test = number(best, "test_accuracy").or_else(|| number(best, "value"));
    let trials = number(&line, "trials").unwrap_or(f64::NAN);
    rows.push(Row { name: case.name.to_owned(), seconds, accuracy: test, trials });
    if let Some(words) = case.winner {
        let began = Instant::now();
        let line = last_line(&mut program(&[&["sweep", "best", "last", "--train"], words].concat()))?;
        println!("{line}");
        let accuracy = number(&line, "accuracy");
        let name = format!("{}: winner", case.name);
        rows.push(Row { name, seconds: began.elapsed().as_secs_f64(), accuracy, trials: 1.0 });
    }
    Ok(())
}

/// Keras' loops, one trial after another.
fn keras() -> Result<Row> {
    const HOW_TO: &str = "the comparison needs DIGIT_WORKBENCH_PEERS=/path/to/peers.py, run as: peers.py sweep keras, \
        and DIGIT_WORKBENCH_PEER_KERAS=/path/to/bin/python that has Keras";
    let script = non_empty("DIGIT_WORKBENCH_PEERS").map(PathBuf::from).context(HOW_TO)?;
    let python = non_empty("DIGIT_WORKBENCH_PEER_KERAS").map(PathBuf::from).context(HOW_TO)?;
    say::step("sweep in Keras, one trial after another");
    let line = last_line(Command::new(python).arg(script).args(["sweep", "keras"]))?;
    println!("{line}");
    let seconds = number(&line, "seconds").context("peers.py told no seconds")?;
    let trials = number(&line, "trials").unwrap_or(f64::NAN);
    Ok(Row { name: "keras".to_owned(), seconds, accuracy: number(&line, "best_accuracy"), trials })
}

/// Runs a program and returns the last line that it prints.
fn last_line(command: &mut Command) -> Result<String> {
    let name = command.get_program().display().to_string();
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("could not start {name}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("{name} ended with {}: {text}", output.status);
    }
    text.lines().last().map(str::to_owned).with_context(|| format!("{name} printed nothing"))
}

/// The number behind the first such key in a JSON line.
fn number(line: &str, key: &str) -> Option<f64> {
    let (_, rest) = line.split_once(&format!("\"{key}\""))?;
    let value = rest.trim_start().strip_prefix(':')?.trim_start();
    let end = value.find([',', '}', ' ']).unwrap_or(value.len());
    value.get(..end)?.parse().ok()
}

/// Seconds, best test accuracy, and times that it is faster than the first row, if that is Keras'.
fn table(rows: &[Row]) -> String {
    let keras = rows.first().filter(|row| row.name == "keras").map(|row| row.seconds);
    let mut text =
        format!("{:<20}{:>8}{:>10}{:>12}{:>8}", "sweep", "trials", "seconds", "best test", "times");
    for Row { name, seconds, accuracy, trials } in rows {
        let accuracy = accuracy.map_or_else(|| "-".to_owned(), |share| format!("{:.2} %", share * 100.0));
        let times = keras.map_or_else(|| "-".to_owned(), |keras| format!("{:.1}", keras / seconds));
        text.push_str(&format!("\n{name:<20}{trials:>8}{seconds:>10.1}{accuracy:>12}{times:>8}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_and_compared() {
        let line = r#"{"trials":25,"best":{"trial":3,"value":0.97,"metrics":{"test_accuracy":0.9712}}}"#;
        assert_eq!(number(line, "trials"), Some(25.0));
        assert_eq!(number(line, "test_accuracy"), Some(0.9712));
        let row =
            |name: &str, seconds| Row { name: name.to_owned(), seconds, accuracy: Some(0.97), trials: 25.0 };
        let table = table(&[row("keras", 600.0), row("pruned", 50.0)]);
        let last: Vec<&str> = table.lines().last().unwrap_or_default().split_whitespace().collect();
        assert_eq!(last, ["pruned", "25", "50.0", "97.00", "%", "12.0"]);
    }

    #[test]
    fn every_case_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<&str> = all().map(|case| case.name).collect();
        assert_eq!(names.len(), CASES.len() + 1);
    }
}
