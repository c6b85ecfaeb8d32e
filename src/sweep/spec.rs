//! What a sweep is to do, as RON: a file that begins with `Sweep(`, which tells it from a recipe.

use super::pruner::Pruner;
use super::space::{Point, Space, problems};
use super::strategy::Strategy;
use crate::knobs::{Knob, Knobs, Problem, Visitor, check};
use crate::recipe::{Recipe, is_sweep, shipped};
use crate::runs::{Direction, Metrics, Split, metric};
use ron::extensions::Extensions;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The version that is written; older ones are lifted when read.
pub const VERSION: u32 = 1;

/// Which way is better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// More is better.
    #[default]
    Maximise,
    /// Less is better.
    Minimise,
}

/// What makes one trial better than another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Objective {
    /// A metric of the reports: `accuracy`, `loss`, `params`, `ms`.
    pub metric: String,
    /// Measured on which part of the data.
    pub split: Split,
    /// Which way is better.
    pub goal: Goal,
}

impl Default for Objective {
    fn default() -> Self {
        Self { metric: "accuracy".to_owned(), split: Split::Valid, goal: Goal::Maximise }
    }
}

impl Objective {
    /// The objective of a metric, better the way that the metric says; fewer of anything unknown is better.
    pub fn new(name: &str, split: Split) -> Self {
        let up = metric(name).is_some_and(|m| m.direction == Direction::Up);
        Self { metric: name.to_owned(), split, goal: if up { Goal::Maximise } else { Goal::Minimise } }
    }

    /// The value in a report, if it is a number.
    pub fn of(&self, metrics: &Metrics) -> Option<f64> {
        metrics.get(&self.metric).filter(|x| x.is_finite())
    }

    /// The value as something of which less is better.
    pub fn cost(&self, value: f64) -> f64 {
        match self.goal {
            Goal::Maximise => -value,
            Goal::Minimise => value,
        }
    }
}

/// How often the best are trained again with other seeds, before one of them is named the winner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Repeats {
    /// How many of the best.
    pub best: u64,
    /// With how many other seeds each.
    pub seeds: u64,
}

impl Knobs for Repeats {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { best, seeds } = self;
        visitor.int("best", best, Knob::range(0, 100, "How many of the best are trained again at the end"));
        visitor.int("seeds", seeds, Knob::range(0, 100, "With how many other seeds each of them"));
    }
}

/// Everything that decides a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sweep {
    /// Version of the file format.
    pub version: u32,
    /// What the study is called at first.
    pub name: String,
    /// Why this sweep is as it is.
    pub about: String,
    /// What is varied in.
    pub recipe: Recipe,
    /// What is varied.
    pub space: Space,
    /// Who proposes.
    pub strategy: Strategy,
    /// Who gives up early.
    pub pruner: Pruner,
    /// What makes one better; the first one decides wherever a single number must.
    pub objectives: Vec<Objective>,
    /// Points to try before any other.
    pub queue: Vec<Point>,
    /// Trials to propose; those asked for by hand and repeats come on top.
    pub trials: u64,
    /// Minutes after which no new trial begins; 0 for any.
    pub minutes: f64,
    /// What is trained again at the end.
    pub repeats: Repeats,
    /// Trials at once; 0 for as many as the machine allows.
    pub parallel: u64,
    /// Threads of each trial.
    pub threads: u64,
    /// Seed of everything that is drawn.
    pub seed: u64,
}

impl Default for Sweep {
    fn default() -> Self {
        Self {
            version: VERSION,
            name: String::new(),
            about: String::new(),
            recipe: Recipe::default(),
            space: Space::default(),
            strategy: Strategy::default(),
            pruner: Pruner::default(),
            objectives: vec![Objective::default()],
            queue: Vec::new(),
            trials: 50,
            minutes: 0.0,
            repeats: Repeats::default(),
            parallel: 0,
            // One-thread trials side by side get through more than one trial with many threads.
            threads: 1,
            seed: 1,
        }
    }
}

impl Knobs for Sweep {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        // Recipe and space have forms of their own.
        let Self {
            version: _,
            name: _,
            about: _,
            recipe: _,
            space: _,
            objectives: _,
            queue: _,
            strategy,
            pruner,
            trials,
            minutes,
            repeats,
            parallel,
            threads,
            seed,
        } = self;
        visitor.group("strategy", strategy);
        visitor.group("pruner", pruner);
        visitor.int("trials", trials, Knob::log(1, 100_000, "Trials to propose"));
        visitor.float(
            "minutes",
            minutes,
            Knob::log(0.0, 100_000.0, "Time after which no new trial begins; 0 for any").unit("min"),
        );
        visitor.group("repeats", repeats);
        visitor.int(
            "parallel",
            parallel,
            Knob::range(0, 256, "Trials at once; 0 for as many as the machine allows"),
        );
        visitor.int("threads", threads, Knob::range(1, 256, "Threads of each trial"));
        visitor.int("seed", seed, Knob::range(0, u32::MAX as u64, "Seed of everything that is drawn"));
    }
}

impl Sweep {
    /// Everything that keeps it from being carried out; paths of the sweep's own settings stand by themselves.
    pub fn problems(&self) -> Vec<Problem> {
        let mut all = check(&mut self.clone());
        all.extend(self.recipe.problems());
        all.extend(problems(&self.space, &self.recipe));
        if self.objectives.is_empty() {
            let message = "there is nothing to be good at; name a metric, for instance accuracy".to_owned();
            all.push(Problem { path: "objectives".to_owned(), message });
        }
        for point in self.queue.iter().filter(|point| !self.space.contains(point)) {
            let message = format!("this point does not lie in the space: {point}");
            all.push(Problem { path: "queue".to_owned(), message });
        }
        all
    }

    /// The objective that decides wherever a single number must.
    pub fn objective(&self) -> Objective {
        self.objectives.first().cloned().unwrap_or_default()
    }
}

/// Why a sweep could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The file could not be read at all.
    #[error("the sweep cannot be read: {source}: {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no RON, or has keys or values that no sweep has.
    #[error("the sweep is not valid at line {line}, column {column}: {message}: {}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// It is a recipe, which varies nothing.
    #[error("this is a recipe, not a sweep: a sweep begins with Sweep( and has a space: {}", .0.display())]
    Recipe(PathBuf),
    /// It was written by a newer program.
    #[error("the sweep has version {version}, this program knows versions up to {VERSION}; use a newer program: {}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
}

fn options() -> ron::Options {
    // As recipes are written: without doubled brackets or Some(...).
    ron::Options::default()
        .with_default_extension(Extensions::UNWRAP_VARIANT_NEWTYPES | Extensions::IMPLICIT_SOME)
}

/// Reads a sweep; a key that no sweep has is an error that names it.
pub fn read(path: &Path) -> Result<Sweep, SweepError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| SweepError::Io { path: path.to_owned(), source })?;
    parse(&text, path)
}

/// Reads a sweep from text; `path` is only named in errors.
pub fn parse(text: &str, path: &Path) -> Result<Sweep, SweepError> {
    if !is_sweep(text) && crate::recipe::parse(text, path).is_ok() {
        return Err(SweepError::Recipe(path.to_owned()));
    }
    let sweep: Sweep = options().from_str(text).map_err(|e| SweepError::Syntax {
        path: path.to_owned(),
        line: e.span.start.line,
        column: e.span.start.col,
        message: e.code.to_string(),
    })?;
    if sweep.version > VERSION {
        return Err(SweepError::Newer { path: path.to_owned(), version: sweep.version });
    }
    Ok(Sweep { version: VERSION, ..sweep })
}

/// The whole sweep as RON, every setting written out.
pub fn to_ron(sweep: &Sweep) -> Result<String, ron::Error> {
    let body = options().to_string_pretty(sweep, ron::ser::PrettyConfig::default())?;
    Ok(format!("Sweep{body}"))
}

/// A sweep with a name to choose it by.
#[derive(Debug)]
pub struct SweepPreset {
    /// File name without `.ron`.
    pub stem: String,
    /// The user's own file; `None` for one that ships.
    pub path: Option<PathBuf>,
    /// The sweep, or why it cannot be read.
    pub sweep: Result<Sweep, SweepError>,
}

/// Those that ship, then the user's own in `folder` (which need not exist).
pub fn presets(folder: &Path) -> Vec<SweepPreset> {
    let built_in = shipped().filter(|(_, text)| is_sweep(text)).map(|(stem, text)| SweepPreset {
        stem: stem.to_owned(),
        path: None,
        sweep: parse(text, Path::new(&format!("presets/{stem}.ron"))),
    });
    let mut own: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "ron"))
        .filter(|path| std::fs::read_to_string(path).is_ok_and(|text| is_sweep(&text)))
        .collect();
    own.sort();
    let own = own.into_iter().map(|path| SweepPreset {
        stem: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        sweep: read(&path),
        path: Some(path),
    });
    built_in.chain(own).collect()
}

#[cfg(test)]
mod tests {
    use super::super::space::{Axis, Range};
    use super::*;

    #[test]
    fn sweeps_are_written_and_read() -> Result<(), Box<dyn std::error::Error>> {
        let text = r#"
            // A comment.
            Sweep(
                name: "Small",
                recipe: (model: mlp(dense_size: 64), train: (epochs: 2)),
                space: [
                    (path: "optim.name", range: choice(["sgd", "adam"])),
                    (path: "optim.momentum", range: linear(min: 0.0, max: 0.9), when: (path: "optim.name", is: ["sgd"])),
                    (path: "optim.lr", range: fixed(0.01)),
                    (path: "train.batch_size", range: int(min: 32, max: 512, log: true)),
                ],
                strategy: grid(points: 3),
                objectives: [(metric: "accuracy", split: test)],
                queue: [{"optim.name": "adam", "optim.lr": 0.01, "train.batch_size": 64}],
            )"#;
        let sweep = parse(text, Path::new("x.ron"))?;
        assert_eq!(sweep.problems(), []);
        assert_eq!(sweep.space.axis("optim.lr").map(|a| &a.range), Some(&Range::Fixed(0.01.into())));
        let written = to_ron(&sweep)?;
        assert!(is_sweep(&written) && is_sweep(text));
        assert_eq!(parse(&written, Path::new("x.ron"))?, sweep);
        Ok(())
    }

    #[test]
    fn what_is_wrong_is_told() {
        let error = |text: &str| parse(text, Path::new("x.ron")).expect_err("it is wrong").to_string();
        assert!(error("(model: cnn())").starts_with("this is a recipe, not a sweep"));
        assert!(error("Sweep(\n  trails: 3,\n)").contains("line 2"), "{}", error("Sweep(\n  trails: 3,\n)"));
        assert!(error("Sweep(version: 99)").contains("newer program"));
        let empty = Sweep { objectives: Vec::new(), trials: 0, ..Sweep::default() };
        let told: Vec<String> = empty.problems().iter().map(|p| p.path.clone()).collect();
        assert_eq!(told, ["trials", "space", "objectives"]);
        let queue = vec![Point::default()];
        let space = Space(vec![Axis::new("optim.lr", Range::Log { min: 0.01, max: 0.1 })]);
        let sweep = Sweep { queue, space, ..Sweep::default() };
        assert!(sweep.problems()[0].to_string().contains("does not lie in the space"));
    }

    #[test]
    fn every_preset_that_ships_can_be_carried_out() {
        let all = presets(Path::new("/nowhere"));
        assert!(all.iter().any(|preset| preset.stem == "tutorial-cnn"));
        for preset in all {
            let sweep = preset.sweep.unwrap_or_else(|e| panic!("{}: {e}", preset.stem));
            assert_eq!(sweep.problems(), [], "{}", preset.stem);
            assert!(!sweep.name.is_empty() && !sweep.about.is_empty(), "{}", preset.stem);
        }
    }
}
