//! The program beside its peers, Keras and PyTorch: training timed in turns on the same cores, and the ratios.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::args::PeerOptions;
use crate::repo::{self, Repo, find_program, non_empty};
use crate::say;
use crate::setup::{Wish, ensure};

const HOW_TO: &str = "\
the comparison needs a script that times the peers, and Pythons that have them; say where they are:
  DIGIT_WORKBENCH_PEERS=/path/to/peers.py            run as: peers.py train keras|torch --model M --threads N;
                                                     prints a JSON line with \"samples_per_s\"
  DIGIT_WORKBENCH_PEER_KERAS=/path/to/bin/python     python3 -m venv V && V/bin/pip install tensorflow-cpu keras
  DIGIT_WORKBENCH_PEER_TORCH=/path/to/bin/python     python3 -m venv V && V/bin/pip install torch numpy
The script and at least one Python are needed";

/// One side of the comparison, other than the program itself.
struct Peer {
    /// As the script calls it.
    name: &'static str,
    python: PathBuf,
}

/// The best speed of each side for one model and thread count, in images a second.
#[derive(Debug, PartialEq)]
struct Row {
    model: String,
    threads: usize,
    ours: f64,
    /// In the order of the peers.
    peers: Vec<f64>,
}

/// Times every side in turns and prints the ratio table.
///
/// In turns, so that a busy minute of the machine falls on all of them; the best of the rounds counts, since other
/// programs can only slow a measurement down.
pub fn compare(repo: &Repo, options: &PeerOptions) -> Result<()> {
    let (script, peers) = sides()?;
    ensure(repo, Wish { cuda: false, tests: false, asked_for: false })?;
    say::step("building for speed");
    let mut build = repo.cargo(&["build", "--release", "--bin", "digit-workbench"]);
    repo::run(build.current_dir(&repo.root))?;

    let mut rows = vec![];
    for model in &options.models {
        for &threads in &options.threads {
            let mut row = Row { model: model.clone(), threads, ours: 0.0, peers: vec![0.0; peers.len()] };
            for round in 1..=options.n_rounds {
                say::step(&format!("{model}, {threads} thread(s), round {round} of {}", options.n_rounds));
                let mut ours = pinned(repo.program(), threads);
                ours.args(["bench", "train", "--model", model, "--threads", &threads.to_string()]);
                row.ours = row.ours.max(measure(ours, &options.args, "images_per_s")?);
                for (peer, best) in peers.iter().zip(&mut row.peers) {
                    let mut theirs = Command::new(&peer.python);
                    theirs.arg(&script).args([
                        "train",
                        peer.name,
                        "--model",
                        model,
                        "--threads",
                        &threads.to_string(),
                    ]);
                    *best = best.max(measure(theirs, &options.args, "samples_per_s")?);
                }
            }
            rows.push(row);
        }
    }
    let names: Vec<_> = peers.iter().map(|peer| peer.name).collect();
    println!("{}", table(&names, &rows));
    Ok(())
}

fn sides() -> Result<(PathBuf, Vec<Peer>)> {
    let script = non_empty("DIGIT_WORKBENCH_PEERS").map(PathBuf::from).context(HOW_TO)?;
    let peer = |name, variable| Some(Peer { name, python: non_empty(variable)?.into() });
    let peers: Vec<_> =
        [peer("keras", "DIGIT_WORKBENCH_PEER_KERAS"), peer("torch", "DIGIT_WORKBENCH_PEER_TORCH")]
            .into_iter()
            .flatten()
            .collect();
    if peers.is_empty() {
        bail!(HOW_TO);
    }
    for path in peers.iter().map(|peer| &peer.python).chain([&script]) {
        if !path.is_file() {
            bail!("there is no such file: {}\n{HOW_TO}", path.display());
        }
    }
    Ok((script, peers))
}

/// Keeps a command to as many cores as it has threads, as the script does with the peers.
fn pinned(command: Command, threads: usize) -> Command {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).map(parse_cpus);
    let (Some(allowed), Some(taskset)) = (allowed, find_program("taskset")) else { return command };
    let cpus: Vec<_> = allowed.iter().take(threads).map(usize::to_string).collect();
    let mut pinned = Command::new(taskset);
    pinned.args(["--cpu-list", &cpus.join(",")]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => pinned.env(name, value),
            None => pinned.env_remove(name),
        };
    }
    pinned
}

/// Reads a list such as `0-3,8`.
fn parse_cpus(list: &str) -> Vec<usize> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.trim().parse::<usize>().ok()?..=last.trim().parse().ok()?)
    };
    list.split(',').filter_map(range).flatten().collect()
}

/// Runs one side and reads its speed from the last line that states one.
fn measure(mut command: Command, args: &[OsString], key: &str) -> Result<f64> {
    let name = command.get_program().display().to_string();
    let output = command
        .args(args)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("could not start {name}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}");
    if !output.status.success() {
        bail!("{name} ended with {}", output.status);
    }
    let speed = text.lines().rev().find_map(|line| number(line, key));
    speed.with_context(|| format!("{name} printed no JSON line with {key}"))
}

/// The number behind a key in a flat JSON line.
fn number(line: &str, key: &str) -> Option<f64> {
    let (_, rest) = line.split_once(&format!("\"{key}\""))?;
    let value = rest.trim_start().strip_prefix(':')?.trim_start();
    let end = value.find([',', '}', ' ']).unwrap_or(value.len());
    value.get(..end)?.parse().ok()
}

/// The ratios as a table; above 1 the program is the faster one.
fn table(peers: &[&str], rows: &[Row]) -> String {
    let mut text = format!("{:<8}{:>8}{:>14}", "model", "threads", "ours img/s");
    for peer in peers {
        push_cell(&mut text, &format!("{peer} img/s"), 14);
        push_cell(&mut text, &format!("ours/{peer}"), 12);
    }
    for row in rows {
        text.push('\n');
        text.push_str(&format!("{:<8}{:>8}{:>14.0}", row.model, row.threads, row.ours));
        for &speed in &row.peers {
            push_cell(&mut text, &format!("{speed:.0}"), 14);
            push_cell(&mut text, &format!("{:.2}", row.ours / speed), 12);
        }
    }
    text
}

fn push_cell(text: &mut String, cell: &str, width: usize) {
    text.push_str(&format!("{cell:>width$}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_read_from_json_lines() {
        assert_eq!(
            number(r#"{"bench":"train","model":"cnn","threads":4,"images_per_s":2100}"#, "images_per_s"),
            Some(2100.0)
        );
        assert_eq!(number(r#"{"samples_per_s": 812.5, "threads": 4}"#, "samples_per_s"), Some(812.5));
        assert_eq!(number("warming up", "images_per_s"), None);
        assert_eq!(number(r#"{"images_per_s":"fast"}"#, "images_per_s"), None);
    }

    #[test]
    fn cpu_lists_are_read() {
        assert_eq!(parse_cpus("\t0-3,8\n"), [0, 1, 2, 3, 8]);
        assert_eq!(parse_cpus("5"), [5]);
        assert_eq!(parse_cpus(""), Vec::<usize>::new());
    }

    #[test]
    fn the_table_shows_ratios() {
        let rows = [Row { model: "cnn".to_owned(), threads: 4, ours: 2100.0, peers: vec![1050.0, 2800.0] }];
        let table = table(&["keras", "torch"], &rows);
        let words: Vec<Vec<_>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(words[1], ["cnn", "4", "2100", "1050", "2.00", "2800", "0.75"]);
    }
}
