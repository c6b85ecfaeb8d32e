//! Workspaces made up for tests: runs with smooth, repeatable curves, written as the trainer writes them.

use digit_workbench::app::{App, Parts};
use digit_workbench::data::Places;
use digit_workbench::knobs;
use digit_workbench::recipe::{Recipe, presets};
use digit_workbench::runs::{
    Changed, Evaluated, Event, Journal, Meta, Metrics, Outcome, Progress, RunDir, Split, Started, Workspace,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The time that it is in made-up workspaces: an afternoon in March 2026.
pub const NOW: f64 = 1_774_000_000.0;

/// A run to make up.
pub struct Made<'a> {
    /// The folder's name, which begins with the time.
    pub id: &'a str,
    /// As shown.
    pub name: &'a str,
    /// The preset that it began with.
    pub preset: &'a str,
    /// What differs from the preset.
    pub set: &'a [(&'a str, &'a str)],
    /// Number of its colour.
    pub colour: u32,
    /// Epochs that it got through.
    pub epochs_done: f64,
    /// How it ended; `None` while it trains.
    pub outcome: Option<Outcome>,
    /// The loss that it nears.
    pub floor: f64,
    /// How fast.
    pub pace: f64,
    /// Seconds since it ended.
    pub ago: f64,
    /// Whether the learning rate was changed half way.
    pub changed: bool,
}

const STEPS_PER_EPOCH: u64 = 422;

/// The recipe of a preset that ships, with settings changed.
pub fn recipe(preset: &str, set: &[(&str, &str)]) -> Recipe {
    let found = presets(Path::new("/nowhere")).into_iter().find(|p| p.stem == preset);
    let mut recipe = found.expect("it ships").recipe.expect("it can be read");
    for (path, value) in set {
        knobs::set(&mut recipe, path, value).expect("there is such a setting");
    }
    recipe
}

/// Writes a run into the workspace.
pub fn make(workspace: &Workspace, made: &Made<'_>) -> RunDir {
    let run = RunDir::new(workspace.runs_dir().join(made.id));
    std::fs::create_dir_all(run.path()).expect("a new folder");
    let recipe = recipe(made.preset, made.set);
    run.write_recipe(&recipe).expect("the recipe");
    run.write_meta(&Meta { name: made.name.to_owned(), colour: made.colour, ..Meta::default() })
        .expect("the name");
    // Whoever had it left its lock file, as a process does.
    drop(run.lock().expect("nobody else has it"));
    let mut journal = Journal::open(&run.events_file()).expect("a journal");
    let epochs = recipe.train.epochs;
    let secs_per_step = 0.071;
    let n_steps = (made.epochs_done * STEPS_PER_EPOCH as f64) as u64;
    let began = NOW - made.ago - n_steps as f64 * secs_per_step;
    let total_steps = epochs * STEPS_PER_EPOCH;
    let mut tell = |event: Event| journal.append(&event).expect("a line");
    tell(Event::Started(Started {
        at: began,
        format: 1,
        program: "0.1.0".to_owned(),
        pid: 1,
        host: "workbench".to_owned(),
        device: "CPU, 4 threads".to_owned(),
        threads: 4,
        from_step: 0,
        total_steps,
        steps_per_epoch: STEPS_PER_EPOCH,
        epochs,
        params: 1_199_882,
        images: [54_000, 6_000, 10_000],
        data: "made up".to_owned(),
        classes: (0..10).map(|digit| digit.to_string()).collect(),
    }));
    let mut noise = Noise(u64::from(made.colour) + 7);
    for step in (8..=n_steps).step_by(8) {
        let at = began + step as f64 * secs_per_step;
        let (epoch, trained_secs) = (step as f64 / STEPS_PER_EPOCH as f64, step as f64 * secs_per_step);
        let clean = loss(made, epoch);
        let wobble = 1.0 + 0.28 * noise.next() * (1.0 + 1.5 / (1.0 + epoch));
        if made.changed && step == n_steps / 2 / 8 * 8 {
            tell(Event::Changed(Changed {
                at,
                step,
                request: "1".to_owned(),
                path: "optim.lr".to_owned(),
                before: "0.001".to_owned(),
                asked: "0.0003".to_owned(),
                applied: "0.0003".to_owned(),
                reason: None,
            }));
        }
        tell(Event::Progress(Progress {
            at,
            step,
            epoch,
            total_steps,
            trained_secs,
            metrics: Metrics::from([
                ("loss", (clean * wobble).max(0.002)),
                ("accuracy", (1.0 - accuracy_gap(clean) * (0.85 + 0.3 * wobble)).clamp(0.0, 1.0)),
                ("lr", if made.changed && step > n_steps / 2 { 0.0003 } else { 0.001 }),
                ("images_per_s", 1802.0 + 60.0 * noise.next()),
            ]),
        }));
        if step / STEPS_PER_EPOCH != (step - 8) / STEPS_PER_EPOCH {
            let clean = loss(made, epoch) * 0.72 + 0.012 + 0.004 * noise.next();
            let best = true;
            let metrics = Metrics::from([("loss", clean), ("accuracy", 1.0 - accuracy_gap(clean) * 0.8)]);
            tell(Event::Evaluated(Evaluated {
                at,
                step,
                epoch,
                trained_secs,
                split: Split::Valid,
                best,
                metrics,
            }));
            tell(Event::Checkpoint { at, step, secs: 0.02 });
        }
    }
    if let Some(outcome) = made.outcome {
        let at = NOW - made.ago;
        if outcome == Outcome::Finished {
            let clean = loss(made, made.epochs_done) * 0.7 + 0.01;
            let metrics = Metrics::from([("loss", clean), ("accuracy", 1.0 - accuracy_gap(clean) * 0.78)]);
            let trained_secs = n_steps as f64 * secs_per_step;
            let (step, epoch, split) = (n_steps, made.epochs_done, Split::Test);
            tell(Event::Evaluated(Evaluated { at, step, epoch, trained_secs, split, best: false, metrics }));
        }
        tell(Event::Ended { at, step: n_steps, outcome, text: None });
    }
    run
}

fn loss(made: &Made<'_>, epoch: f64) -> f64 {
    made.floor + 2.2 * (-epoch * made.pace * 6.0).exp() + 0.35 / (1.0 + epoch * made.pace * 4.0)
}

fn accuracy_gap(loss: f64) -> f64 {
    (loss * 0.3).min(0.9)
}

/// A repeatable noise between -1 and 1 (Knuth's MMIX multiplier).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / f64::from(1_u32 << 30) - 1.0
    }
}

/// A workspace below `home` as the pictures show it: a run that trains, and some that are done.
pub fn workspace(home: &Path) -> (Workspace, RunDir) {
    let workspace = Workspace::new(home.join(".local/share/digit-workbench"));
    let done = Some(Outcome::Finished);
    let list = [
        Made {
            id: "20260320-081200-quick-start",
            name: "Quick start",
            preset: "quick-start",
            set: &[],
            colour: 0,
            epochs_done: 4.0,
            outcome: done,
            floor: 0.10,
            pace: 1.0,
            ago: 86_400.0,
            changed: false,
        },
        Made {
            id: "20260320-083000-mnist-mlp",
            name: "MNIST MLP",
            preset: "mnist-mlp",
            set: &[],
            colour: 1,
            epochs_done: 8.0,
            outcome: done,
            floor: 0.11,
            pace: 0.5,
            ago: 80_000.0,
            changed: false,
        },
        Made {
            id: "20260320-091500-mnist-lenet-5",
            name: "MNIST LeNet-5",
            preset: "mnist-lenet5",
            set: &[],
            colour: 2,
            epochs_done: 5.0,
            outcome: done,
            floor: 0.03,
            pace: 0.8,
            ago: 21_000.0,
            changed: false,
        },
        Made {
            id: "20260320-093000-cnn-no-dropout",
            name: "CNN without dropout",
            preset: "mnist-cnn",
            set: &[("model.dropout_1", "0"), ("model.dropout_2", "0")],
            colour: 3,
            epochs_done: 3.3,
            outcome: None,
            floor: 0.02,
            pace: 1.3,
            ago: 9_000.0,
            changed: false,
        },
        Made {
            id: "20260320-094500-mnist-cnn",
            name: "MNIST CNN",
            preset: "mnist-cnn",
            set: &[],
            colour: 4,
            epochs_done: 7.4,
            outcome: None,
            floor: 0.015,
            pace: 1.0,
            ago: 0.0,
            changed: true,
        },
    ];
    let mut last = None;
    for made in &list {
        last = Some(make(&workspace, made));
    }
    (workspace, last.expect("there are some"))
}

/// A folder that MNIST seems to lie in: whether it does is only known when it is read.
pub fn mnist(home: &Path) -> PathBuf {
    let folder = home.join("mnist");
    std::fs::create_dir_all(&folder).expect("a folder");
    for name in ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"] {
        std::fs::write(folder.join(format!("{name}-ubyte")), "").expect("a file");
    }
    folder
}

/// An app over a workspace whose trainings are never started.
pub fn app(workspace: Workspace, home: &Path) -> App {
    App::open(Parts {
        places: Places { folders: vec![mnist(home)], cache: home.join(".cache/digit-workbench") },
        workspace,
        launcher: Arc::new(|_, _| Ok(())),
        waker: Arc::new(|| {}),
        home: Some(home.to_owned()),
        clock: || NOW,
    })
}
