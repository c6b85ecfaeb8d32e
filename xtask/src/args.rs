//! The command line of `cargo xtask`: which commands there are and how their words are read.

use std::ffi::{OsStr, OsString};

use anyhow::{Context as _, Result, bail};

/// What `cargo xtask help` prints.
pub const HELP: &str = "\
The project's own commands:

  cargo xtask run [-- ARGS]        set up what is missing, build, and open the workbench (ARGS go to the program)
  cargo xtask test [FILTER...]     set up, then formatting, lints, documentation and every test (or the tests that match)
  cargo xtask setup [--cuda]       only the set-up: system packages and libtorch (--cuda: with NVIDIA GPU support)
  cargo xtask test-camera [FILTER] the program before camera devices, where a tool starts a machine that has some
  cargo xtask screenshots          draw the pictures of the README and of the tests anew
  cargo xtask bench WHAT [ARGS]    measure the release build, one JSON line a result
  cargo xtask bench train --peers [--model cnn|lenet|mlp] [--threads N] [--rounds N] [ARGS]
                                   the same beside Keras and PyTorch, with the ratios
  cargo xtask bench sweep [--part a|b|c|c-small|d|c-full|c-small-full] [--peers] [--jobs N] [--set PATH=VALUE]
                                   whole sweeps, timed: the tutorial's loops in full (a) and pruned (b), 36 points on
                                   all of MNIST (c, c-small), 200 trials of TPE and ASHA (d); --peers: Keras' loops
                                   first (minutes); `--part peers --peers` only those

Without a display, the program works from the command line: cargo xtask run -- --help";

/// One command with its words.
#[derive(Debug, PartialEq, Eq)]
pub enum Task {
    /// Show what there is.
    Help,
    /// Set up, build, run the program.
    Run {
        /// Handed on to the program as they are.
        args: Vec<OsString>,
    },
    /// Only the set-up.
    Setup {
        /// With the libraries for NVIDIA GPUs.
        cuda: bool,
    },
    /// Every check, or with filters only the tests that match.
    Test {
        /// Handed on to the test program.
        filters: Vec<OsString>,
    },
    /// Draw the pictures anew.
    Screenshots,
    /// The tests that need a camera device.
    TestCamera {
        /// Only those whose names hold this.
        filter: Option<String>,
    },
    /// Measure the program.
    Bench {
        /// The measurement, such as `train`.
        what: OsString,
        /// Handed on to it.
        args: Vec<OsString>,
    },
    /// Time whole sweeps.
    BenchSweep {
        /// Which ones, and what is handed on to them.
        words: Vec<OsString>,
        /// Keras' loops first.
        peers: bool,
    },
    /// Measure the program and its peers in turns.
    BenchPeers {
        /// What to compare.
        options: PeerOptions,
    },
}

/// What `bench train --peers` compares.
#[derive(Debug, PartialEq, Eq)]
pub struct PeerOptions {
    /// Model names; all of them unless one is asked for.
    pub models: Vec<String>,
    /// Thread counts; one and all cores unless one is asked for.
    pub threads: Vec<usize>,
    /// How often each side has its turn.
    pub n_rounds: usize,
    /// Handed on to both sides, such as `--images 12800`.
    pub args: Vec<OsString>,
}

impl Task {
    /// Reads the words after `cargo xtask`.
    pub fn parse(mut words: Vec<OsString>) -> Result<Self> {
        if words.is_empty() {
            return Ok(Self::Help);
        }
        let name = words.remove(0);
        let wants_help = words.first().is_some_and(|word| is_help(word));
        match name.to_str() {
            Some("help" | "-h" | "--help") => Ok(Self::Help),
            Some("run" | "setup" | "test" | "test-camera" | "bench" | "screenshots") if wants_help => {
                Ok(Self::Help)
            }
            Some("run") => {
                if words.first().is_some_and(|word| word == "--") {
                    words.remove(0);
                }
                Ok(Self::Run { args: words })
            }
            Some("setup") => parse_setup(&words),
            Some("test") => {
                Ok(Self::Test { filters: words.into_iter().filter(|word| word != "--").collect() })
            }
            Some("test-camera") => {
                Ok(Self::TestCamera { filter: words.first().map(|word| word.to_string_lossy().into_owned()) })
            }
            Some("screenshots") => match words.first() {
                None => Ok(Self::Screenshots),
                Some(word) => bail!("screenshots takes no arguments, but got {}", word.display()),
            },
            Some("bench") => parse_bench(words),
            _ => bail!("there is no command {}\n\n{HELP}", name.display()),
        }
    }
}

fn is_help(word: &OsStr) -> bool {
    word == "--help" || word == "-h"
}

fn parse_setup(words: &[OsString]) -> Result<Task> {
    match words {
        [] => Ok(Task::Setup { cuda: false }),
        [word] if word == "--cuda" => Ok(Task::Setup { cuda: true }),
        _ => bail!("setup takes only --cuda"),
    }
}

fn parse_bench(words: Vec<OsString>) -> Result<Task> {
    let with_peers = words.iter().any(|word| word == "--peers");
    let mut words = words.into_iter().filter(|word| word != "--peers" && word != "--");
    let what =
        words.next().context("bench needs to know what to measure, for example: cargo xtask bench train")?;
    if what == "sweep" {
        return Ok(Task::BenchSweep { words: words.collect(), peers: with_peers });
    }
    if !with_peers {
        return Ok(Task::Bench { what, args: words.collect() });
    }
    if what != "train" {
        bail!("only training has peers: cargo xtask bench train --peers");
    }
    Ok(Task::BenchPeers { options: parse_peer_options(words)? })
}

fn parse_peer_options(mut words: impl Iterator<Item = OsString>) -> Result<PeerOptions> {
    let n_cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut options = PeerOptions {
        models: ["cnn", "lenet", "mlp"].map(str::to_owned).to_vec(),
        threads: if n_cores > 1 { vec![1, n_cores] } else { vec![1] },
        n_rounds: 2,
        args: vec![],
    };
    while let Some(word) = words.next() {
        let mut value = || {
            let value = words.next().with_context(|| format!("{} needs a value", word.display()))?;
            value.into_string().map_err(|value| anyhow::anyhow!("{} is no value for this", value.display()))
        };
        match word.to_str() {
            Some("--model") => options.models = vec![value()?],
            Some("--threads") => options.threads = vec![count(&value()?)?],
            Some("--rounds") => options.n_rounds = count(&value()?)?,
            _ => options.args.push(word),
        }
    }
    Ok(options)
}

fn count(text: &str) -> Result<usize> {
    match text.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => bail!("expected a whole number of at least 1, but got {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Task> {
        Task::parse(words(line))
    }

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn what_follows_run_goes_to_the_program() -> Result<()> {
        assert_eq!(parse("run")?, Task::Run { args: vec![] });
        assert_eq!(parse("run -- --help")?, Task::Run { args: words("--help") });
        assert_eq!(parse("run train a.ron -- x")?, Task::Run { args: words("train a.ron -- x") });
        Ok(())
    }

    #[test]
    fn help_is_shown_for_nothing_and_when_asked_for() -> Result<()> {
        for line in ["", "help", "--help", "run --help", "test -h"] {
            assert_eq!(parse(line)?, Task::Help, "{line}");
        }
        Ok(())
    }

    #[test]
    fn unknown_words_are_refused() {
        for line in
            ["fly", "setup --gpu", "setup --cuda now", "screenshots twice", "bench", "bench infer --peers"]
        {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn peers_are_compared_as_asked() -> Result<()> {
        assert_eq!(
            parse("bench train --images 5")?,
            Task::Bench { what: "train".into(), args: words("--images 5") }
        );
        let Task::BenchPeers { options } =
            parse("bench train --peers --model mlp --threads 2 --rounds 3 --images 5")?
        else {
            panic!("--peers was not seen");
        };
        let expected = PeerOptions {
            models: vec!["mlp".to_owned()],
            threads: vec![2],
            n_rounds: 3,
            args: words("--images 5"),
        };
        assert_eq!(options, expected);
        let expected = Task::BenchSweep { words: words("full --jobs 4"), peers: true };
        assert_eq!(parse("bench sweep full --peers --jobs 4")?, expected);
        assert!(parse("bench train --peers --threads").is_err());
        assert!(parse("bench train --peers --rounds 0").is_err());
        Ok(())
    }
}
