//! `bench runs`: how long a workspace with very many runs takes to open, from a workspace that is made up.

use crate::app::{App, Parts};
use crate::data::Places;
use crate::knobs::set;
use crate::recipe::{Recipe, to_ron};
use crate::runs::{Evaluated, Event, Metrics, Outcome, Progress, RunDir, Split, Started, Workspace};
use crate::work::no_waker;
use anyhow::Context as _;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Epochs of a made-up training.
const EPOCHS: u64 = 5;

/// Makes `n` runs of all kinds of settings, unless the folder has them already, and opens the workspace.
pub fn bench_runs(n: u64, points: u64, folder: &Path) -> anyhow::Result<Value> {
    let workspace = Workspace::new(folder.to_owned());
    let made = Instant::now();
    make_up(n, points, &workspace)?;
    let made = made.elapsed().as_secs_f64();
    let since = Instant::now();
    let mut app = App::open(Parts {
        workspace,
        places: Places { folders: Vec::new(), cache: folder.join("cache") },
        launcher: Arc::new(|_, _| Ok(())),
        sweeper: Arc::new(|_, _| Ok(())),
        waker: no_waker(),
        home: None,
        clock: crate::runs::now,
    });
    let mut first = None;
    while !app.runs.complete {
        // As the window does: a few milliseconds in each frame, and the next frame at once while there is more.
        if !app.drain(Duration::from_millis(4)) {
            std::thread::sleep(Duration::from_micros(200));
        }
        if first.is_none() && !app.runs.list().is_empty() {
            first = Some(since.elapsed().as_secs_f64());
        }
        anyhow::ensure!(since.elapsed() < Duration::from_secs(300), "the runs never came");
    }
    let opened = since.elapsed().as_secs_f64();
    let chosen = Instant::now();
    app.settings.compare.query = "optim = adam and lr < 0.01 and acc > 0.99".to_owned();
    let listed = app.listed().map_err(anyhow::Error::msg)?.len();
    Ok(json!({
        "bench": "runs", "runs": app.runs.list().len(), "made_s": made, "first_s": first, "opened_s": opened,
        "query_s": chosen.elapsed().as_secs_f64(), "listed": listed,
    }))
}

/// Makes so many runs up, less those that are there.
pub fn make_up(n: u64, points: u64, workspace: &Workspace) -> anyhow::Result<()> {
    (workspace.runs().len() as u64..n).try_for_each(|i| make(workspace, i, points))
}

/// One made-up run that is over.
fn make(workspace: &Workspace, i: u64, points: u64) -> anyhow::Result<()> {
    let mut recipe = Recipe { name: format!("Run {i}"), ..Recipe::default() };
    let optimizers = ["adam", "sgd", "adamw", "rmsprop"];
    set(&mut recipe, "optim.name", optimizers[i as usize % 4])?;
    set(&mut recipe, "optim.lr", &format!("{}", 10_f64.powf(-4.0 + (i % 31) as f64 / 10.0)))?;
    set(&mut recipe, "train.seed", &(i % 5 + 1).to_string())?;
    let second = i % 60;
    let id = format!("202601{:02}-{:02}{:02}{second:02}-run-{i}", i / 86_400 + 1, i / 3600 % 24, i / 60 % 60);
    let run = RunDir::new(workspace.runs_dir().join(id));
    std::fs::create_dir_all(run.path()).with_context(|| run.path().display().to_string())?;
    let mut text = String::new();
    for event in events(i, points) {
        writeln!(text, "{}", serde_json::to_string(&event)?)?;
    }
    std::fs::write(run.events_file(), text)?;
    std::fs::write(run.path().join("lock"), "1\n")?;
    // Not through the run itself, which would wait for the disk each time.
    std::fs::write(run.path().join("meta.ron"), format!("(version: 1, name: \"Run {i}\", colour: {i})"))?;
    Ok(std::fs::write(run.recipe_file(), to_ron(&recipe)?)?)
}

fn events(i: u64, points: u64) -> Vec<Event> {
    let at = 1_767_225_600.0 + i as f64;
    let total = points * 10;
    let best = 0.9 + 0.095 * ((i * 7919) % 1000) as f64 / 1000.0;
    let mut events = vec![Event::Started(Started {
        at,
        format: 1,
        program: "0".to_owned(),
        pid: 1,
        host: String::new(),
        device: "CPU".to_owned(),
        threads: 1,
        from_step: 0,
        total_steps: total,
        steps_per_epoch: total / EPOCHS,
        epochs: EPOCHS,
        params: 1000,
        images: [54_000, 6_000, 10_000],
        data: "made up".to_owned(),
        classes: (0..10).map(|n| n.to_string()).collect(),
        parent: None,
    })];
    for point in 1..=points {
        let share = point as f64 / points as f64;
        let (step, epoch, trained_secs) = (point * 10, share * EPOCHS as f64, share * 60.0);
        // Curves that tremble as those of trainings do, so that thinning and smoothing have something to do.
        let tremble = ((point * 7919 + i * 104_729) % 1000) as f64 / 1000.0 - 0.5;
        let accuracy = best * (1.0 - 0.5 * (-6.0 * share).exp()) + 0.004 * tremble;
        let metrics = Metrics::from([
            ("loss", 1.0 - accuracy),
            ("accuracy", accuracy),
            ("lr", 0.001),
            ("images_per_s", 9000.0),
        ]);
        let at = at + trained_secs;
        events.push(Event::Progress(Progress { at, step, epoch, total_steps: total, trained_secs, metrics }));
        if point % (points / EPOCHS) == 0 {
            let metrics = Metrics::from([("loss", 1.0 - accuracy), ("accuracy", accuracy)]);
            let (split, confusion) = (Split::Valid, Vec::new());
            events.push(Event::Evaluated(Evaluated {
                at,
                step,
                epoch,
                trained_secs,
                split,
                best: true,
                metrics,
                confusion,
            }));
        }
    }
    events.push(Event::Ended { at: at + 61.0, step: total, outcome: Outcome::Finished, text: None });
    events
}
