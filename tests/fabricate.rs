//! Workspaces for tests: runs that were really trained, from their recorded journals, put together anew.
//!
//! `tests/journals/NAME.jsonl.gz` are the `events.jsonl` of real trainings on MNIST and on rendered digits; only the
//! times are moved, and a run that is to look unfinished is cut off where it should be.

use digit_workbench::app::{App, Parts};
use digit_workbench::data::Places;
use digit_workbench::knobs;
use digit_workbench::recipe::{Recipe, presets};
use digit_workbench::runs::{Meta, RunDir, Workspace};
use flate2::read::GzDecoder;
use serde_json::Value;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The time that it is in these workspaces: an afternoon in March 2026.
pub const NOW: f64 = 1_774_000_000.0;

/// A run to put together.
struct Recorded<'a> {
    /// The folder's name, which begins with the time.
    id: &'a str,
    /// As shown.
    name: &'a str,
    /// The recording in `tests/journals`.
    journal: &'a str,
    /// The preset that it was trained by.
    preset: &'a str,
    /// What differed from the preset.
    set: &'a [(&'a str, &'a str)],
    /// Epochs after which it is cut off.
    until_epoch: Option<f64>,
    /// Seconds since its last event.
    ago: f64,
}

/// Those of the pictures, oldest first: the last one trains, the one before it lost its process.
const RECORDED: [Recorded<'_>; 5] = [
    Recorded {
        id: "20260320-081200-quick-start",
        name: "Quick start",
        journal: "quick-start",
        preset: "quick-start",
        set: &[],
        until_epoch: None,
        ago: 86_400.0,
    },
    Recorded {
        id: "20260320-083000-mnist-mlp",
        name: "MNIST MLP",
        journal: "mnist-mlp",
        preset: "mnist-mlp",
        set: &[],
        until_epoch: None,
        ago: 80_000.0,
    },
    Recorded {
        id: "20260320-091500-mnist-lenet-5",
        name: "MNIST LeNet-5",
        journal: "mnist-lenet5",
        preset: "mnist-lenet5",
        set: &[],
        until_epoch: None,
        ago: 21_000.0,
    },
    Recorded {
        id: "20260320-093000-cnn-no-dropout",
        name: "CNN without dropout",
        journal: "cnn-no-dropout",
        preset: "mnist-cnn",
        set: &[("model.dropout_1", "0"), ("model.dropout_2", "0")],
        until_epoch: Some(3.3),
        ago: 9_000.0,
    },
    Recorded {
        id: "20260320-094500-mnist-cnn",
        name: "MNIST CNN",
        journal: "mnist-cnn",
        preset: "mnist-cnn",
        set: &[],
        until_epoch: Some(7.4),
        ago: 0.0,
    },
];

/// The recipe of a preset that ships, with settings changed.
fn recipe(preset: &str, set: &[(&str, &str)]) -> Recipe {
    let found = presets(Path::new("/nowhere")).into_iter().find(|p| p.stem == preset);
    let mut recipe = found.expect("it ships").recipe.expect("it can be read");
    for (path, value) in set {
        knobs::set(&mut recipe, path, value).expect("there is such a setting");
    }
    recipe
}

/// A workspace below `home` as the pictures show it, and the run in it that trains.
pub fn workspace(home: &Path) -> (Workspace, RunDir) {
    let workspace = Workspace::new(home.join(".local/share/digit-workbench"));
    let runs = RECORDED.iter().zip(0..).map(|(recorded, colour)| put_together(&workspace, recorded, colour));
    let last = runs.last();
    (workspace.clone(), last.expect("there are some"))
}

/// The recorded run of that journal in a workspace of its own.
pub fn finished(workspace: &Workspace, journal: &str) -> RunDir {
    let recorded = RECORDED.iter().find(|recorded| recorded.journal == journal);
    put_together(workspace, recorded.expect("it is recorded"), 0)
}

fn put_together(workspace: &Workspace, recorded: &Recorded<'_>, colour: u32) -> RunDir {
    let run = RunDir::new(workspace.runs_dir().join(recorded.id));
    std::fs::create_dir_all(run.path()).expect("a new folder");
    run.write_recipe(&recipe(recorded.preset, recorded.set)).expect("the recipe");
    run.write_meta(&Meta { name: recorded.name.to_owned(), colour, ..Meta::default() }).expect("the name");
    // Whoever had it left its lock file, as a process does.
    drop(run.lock().expect("nobody else has it"));
    let mut events = journal(recorded.journal);
    if let Some(until) = recorded.until_epoch {
        let beyond = |event: &Value| event["epoch"].as_f64().is_some_and(|epoch| epoch > until);
        let end = events.iter().position(beyond).expect("the recording is longer");
        events.truncate(end);
    }
    let last_at = events.last().and_then(|event| event["at"].as_f64()).expect("every event has a time");
    let mut text = String::new();
    for mut event in events {
        let at = event["at"].as_f64().expect("every event has a time");
        event["at"] = Value::from(at - last_at + NOW - recorded.ago);
        text.push_str(&event.to_string());
        text.push('\n');
    }
    std::fs::write(run.events_file(), text).expect("the events");
    run
}

fn journal(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/journals/{name}.jsonl.gz"));
    let mut text = String::new();
    GzDecoder::new(File::open(&path).expect("a recording")).read_to_string(&mut text).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("an event")).collect()
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
        sweeper: Arc::new(|_, _| Ok(())),
        waker: Arc::new(|| {}),
        home: Some(home.to_owned()),
        clock: || NOW,
    })
}
