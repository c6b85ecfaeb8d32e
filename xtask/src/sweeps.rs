//! `cargo xtask bench sweep`: whole sweeps timed from the outside, and Keras' hand-written loops beside them.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::repo::{self, Repo, non_empty};
use crate::say;
use crate::setup::{Wish, ensure};

/// One sweep to be timed: its name and letter, the words of `sweep`, and of the training of its winner, if that is timed
/// too.
struct Case {
    name: &'static str,
    part: &'static str,
    sweep: &'static [&'static str],
    winner: Option<&'static [&'static str]>,
}

const CASES: [Case; 7] = [
    // The tutorial's 25 trials, each to its end.
    Case { name: "full", part: "a", sweep: &["tutorial-cnn"], winner: None },
    // The same settings and values in another order, most given up within an epoch.
    Case { name: "pruned", part: "b", sweep: &["tutorial-cnn-pruned"], winner: None },
    // 36 points on all 60,000 images, and the winner for all epochs.
    Case { name: "grid", part: "c", sweep: &["grid-cnn"], winner: Some(&[]) },
    Case { name: "grid-small", part: "c-small", sweep: &["grid-small"], winner: Some(&[]) },
    // 200 trials that learn from each other, in the time that Keras needs for its 25.
    Case { name: "tpe", part: "d", sweep: &["tpe-asha"], winner: None },
    // Up to an hour: what the grids' best really are.
    Case {
        name: "grid-in-full",
        part: "c-full",
        sweep: &["grid-cnn", "--set", "pruner.name=none"],
        winner: None,
    },
    Case {
        name: "grid-small-in-full",
        part: "c-small-full",
        sweep: &["grid-small", "--set", "pruner.name=none"],
        winner: None,
    },
];

/// What a side came to.
#[derive(Debug, PartialEq)]
struct Row {
    name: String,
    seconds: f64,
    accuracy: Option<f64>,
    trials: f64,
}

/// Times the sweeps asked for (all but those that end with `in-full`, if none is), one after another, and prints a table;
/// with `peers` Keras' loops come first. Without, a time that they took before on this machine is compared with.
pub fn measure(repo: &Repo, words: &[OsString], peers: bool) -> Result<()> {
    let asked_for = |word: &OsString| CASES.iter().find(|case| *word == case.name || *word == case.part);
    let (wanted, args): (Vec<&OsString>, Vec<&OsString>) = words
        .iter()
        .filter(|word| *word != "--part" && *word != "peers")
        .partition(|word| asked_for(word).is_some());
    let wanted: Vec<&str> = wanted.into_iter().filter_map(asked_for).map(|case| case.name).collect();
    let only_peers = peers && wanted.is_empty() && words.iter().any(|word| word == "peers");
    ensure(repo, Wish { cuda: false, tests: false, asked_for: false })?;
    say::step("building for speed");
    let mut build = repo.cargo(&["build", "--release", "--bin", "digit-workbench"]);
    repo::run(build.current_dir(&repo.root))?;
    let kept = folder(repo).join("keras.json");
    let mut rows = Vec::new();
    if peers {
        let line = keras()?;
        std::fs::create_dir_all(folder(repo))?;
        std::fs::write(&kept, &line)?;
        rows.push(keras_row("keras", &line)?);
    } else if let Ok(line) = std::fs::read_to_string(&kept) {
        rows.push(keras_row("keras, before", &line)?);
    }
    for case in &CASES {
        let chosen = match wanted.is_empty() {
            true => !case.name.ends_with("in-full") && !only_peers,
            false => wanted.contains(&case.name),
        };
        if chosen {
            time(repo, case, &args, &mut rows)?;
        }
    }
    println!("{}", table(&rows));
    Ok(())
}

/// Where the workspaces of measurements lie.
fn folder(repo: &Repo) -> PathBuf {
    repo.root.join("target").join("bench-sweep")
}

/// A command of the program in the workspace of a case.
fn program(repo: &Repo, case: &str, words: &[&str]) -> Command {
    let mut command = repo.program();
    command.env("DIGIT_WORKBENCH_WORKSPACE", folder(repo).join(case)).args(words).arg("--json");
    command
}

/// Runs one sweep in a workspace of its own.
fn time(repo: &Repo, case: &Case, args: &[&OsString], rows: &mut Vec<Row>) -> Result<()> {
    say::step(&format!("sweep {}", case.name));
    let workspace = folder(repo).join(case.name);
    // What an earlier measurement left there would only take room.
    std::fs::remove_dir_all(&workspace).ok();
    std::fs::create_dir_all(&workspace).with_context(|| format!("no folder: {}", workspace.display()))?;
    // The data set is decoded once before, as it is on any machine that trained with it.
    last_line(&mut program(repo, case.name, &["data", "stats", "mnist"]))?;
    let began = Instant::now();
    let mut sweep = program(repo, case.name, &[&["sweep"], case.sweep].concat());
    let line = last_line(sweep.args(args))?;
    let seconds = began.elapsed().as_secs_f64();
    println!("{line}");
    let best = line.split_once("\"best\":").map_or("", |(_, rest)| rest);
    let test = number(best, "test_accuracy").or_else(|| number(best, "value"));
    let trials = number(&line, "trials").unwrap_or(f64::NAN);
    rows.push(Row { name: case.name.to_owned(), seconds, accuracy: test, trials });
    if let Some(words) = case.winner {
        let began = Instant::now();
        let words = [&["sweep", "best", "last", "--train"], words].concat();
        let line = last_line(&mut program(repo, case.name, &words))?;
        println!("{line}");
        let accuracy = number(&line, "accuracy");
        let name = format!("{}: winner", case.name);
        rows.push(Row { name, seconds: began.elapsed().as_secs_f64(), accuracy, trials: 1.0 });
        // Measured on some earlier day, if at all.
        let full = format!("{}-in-full", case.name);
        if let Some((best, n)) = best_of(repo, &full) {
            let name = format!("{full}: best");
            rows.push(Row { name, seconds: f64::NAN, accuracy: Some(best), trials: n as f64 });
        }
    }
    Ok(())
}

/// The best accuracy on the test images in a study that was measured before, and of how many trials.
fn best_of(repo: &Repo, case: &str) -> Option<(f64, usize)> {
    folder(repo).join(case).join("studies").is_dir().then_some(())?;
    let line = last_line(&mut program(repo, case, &["sweep", "status", "last"])).ok()?;
    let list = line.split_once("\"list\":")?.1;
    let all = numbers(list, "test_accuracy");
    Some((all.iter().copied().fold(f64::NAN, f64::max), all.len()))
}

/// Keras' loops, one trial after another.
fn keras() -> Result<String> {
    const HOW_TO: &str = "the comparison needs DIGIT_WORKBENCH_PEERS=/path/to/peers.py, run as: peers.py sweep keras, \
        and DIGIT_WORKBENCH_PEER_KERAS=/path/to/bin/python that has Keras";
    let script = non_empty("DIGIT_WORKBENCH_PEERS").map(PathBuf::from).context(HOW_TO)?;
    let python = non_empty("DIGIT_WORKBENCH_PEER_KERAS").map(PathBuf::from).context(HOW_TO)?;
    say::step("sweep in Keras, one trial after another");
    let line = last_line(Command::new(python).arg(script).args(["sweep", "keras"]))?;
    println!("{line}");
    Ok(line)
}

fn keras_row(name: &str, line: &str) -> Result<Row> {
    let seconds = number(line, "seconds").context("the loops in Keras told no seconds")?;
    let trials = number(line, "trials").unwrap_or(f64::NAN);
    Ok(Row { name: name.to_owned(), seconds, accuracy: number(line, "best_accuracy"), trials })
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

/// The numbers behind every such key.
fn numbers(line: &str, key: &str) -> Vec<f64> {
    let key = format!("\"{key}\"");
    let places = line.match_indices(&key).filter_map(|(at, _)| line.get(at..));
    places.filter_map(|rest| number(rest, key.trim_matches('"'))).collect()
}

/// Seconds, best test accuracy, and times that it is faster than the first row, if that is Keras'.
fn table(rows: &[Row]) -> String {
    let keras = rows.first().filter(|row| row.name.starts_with("keras")).map(|row| row.seconds);
    let mut text =
        format!("{:<26}{:>8}{:>10}{:>12}{:>8}", "sweep", "trials", "seconds", "best test", "times");
    for Row { name, seconds, accuracy, trials } in rows {
        let accuracy = accuracy.map_or_else(|| "-".to_owned(), |share| format!("{:.2} %", share * 100.0));
        let known = |shown: String| if seconds.is_finite() { shown } else { "-".to_owned() };
        let times = keras.map_or_else(|| "-".to_owned(), |keras| known(format!("{:.1}", keras / seconds)));
        let seconds = known(format!("{seconds:.1}"));
        text.push_str(&format!("\n{name:<26}{trials:>8}{seconds:>10}{accuracy:>12}{times:>8}"));
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
    fn every_case_has_a_name_and_a_letter_of_its_own() {
        let words = CASES.iter().flat_map(|case| [case.name, case.part]);
        let words: std::collections::BTreeSet<&str> = words.collect();
        assert_eq!(words.len(), 2 * CASES.len());
    }

    #[test]
    fn all_of_a_list_are_read() {
        let line = r#"[{"test_accuracy":0.98,"x":1},{"test_accuracy":null},{"test_accuracy":0.99}]"#;
        assert_eq!(numbers(line, "test_accuracy"), [0.98, 0.99]);
    }
}
