//! `bench study`: how long a study of very many trials takes to open, of one that is made up.

use crate::app::{App, Command, Parts, Tab};
use crate::data::Places;
use crate::runs::{Metrics, Workspace, now};
use crate::sweep::{Job, LiveStudy, Point, Spent, Strategy, Studies, Sweep, Verdict, presets};
use crate::work::no_waker;
use anyhow::Context as _;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The sweep whose trials are made up.
const SWEEP: &str = "tpe-asha";

/// Makes a study of `n` trials, unless the folder has one already, and opens it as the window does.
pub fn bench_study(n: u64, folder: &Path) -> anyhow::Result<Value> {
    let workspace = Workspace::new(folder.to_owned());
    let made = Instant::now();
    if Studies::new(folder).list().is_empty() {
        make(folder, n)?;
    }
    let made = made.elapsed().as_secs_f64();
    let since = Instant::now();
    let mut app = App::open(Parts {
        workspace,
        places: Places { folders: Vec::new(), cache: folder.join("cache") },
        launcher: Arc::new(|_, _| Ok(())),
        sweeper: Arc::new(|_, _| Ok(())),
        waker: no_waker(),
        home: None,
        clock: now,
    });
    app.apply(Command::Show(Tab::Sweep));
    while app.sweeps.looked.is_none() {
        if !app.drain(Duration::from_millis(4)) {
            std::thread::sleep(Duration::from_micros(200));
        }
        anyhow::ensure!(since.elapsed() < Duration::from_secs(60), "the study never came");
    }
    let opened = since.elapsed().as_secs_f64();
    let trials = app.sweeps.looked.as_ref().map_or(0, |looked| looked.study.trials.len());
    Ok(json!({ "bench": "study", "trials": trials, "made_s": made, "opened_s": opened }))
}

/// Trials that nobody trains: how good they are is a formula of their place in the space.
fn make(folder: &Path, n: u64) -> anyhow::Result<()> {
    let mut all = presets(Path::new(""));
    let at = all.iter().position(|preset| preset.stem == SWEEP).context("a sweep that ships is missing")?;
    let sweep = all.swap_remove(at).sweep?;
    let sweep = Sweep { trials: n, strategy: Strategy::Random(Default::default()), ..sweep };
    let dir = Studies::new(folder).create(&sweep)?;
    let mut live = LiveStudy::open(&dir, now)?;
    while let Job::Run(id) = live.next_job()? {
        live.started(id, (id % 4) as u32, &format!("made-up-{id}"))?;
        let trial = live.study().trial(id).context("it was just asked for")?;
        let (worth, most, rungs) =
            (worth(&sweep, &trial.point), live.study().max_epochs(trial), live.study().rungs(trial));
        let accuracy = |epoch: f64| 0.1 + 0.88 * worth * (1.0 - 0.5_f64.powf(1.0 + 2.5 * epoch));
        let mut goes_on = true;
        for epoch in rungs {
            let metrics = Metrics::from([("accuracy", accuracy(epoch)), ("loss", 1.0 - accuracy(epoch))]);
            goes_on = live.report(id, epoch, epoch, metrics)? == Verdict::GoOn;
            if !goes_on {
                break;
            }
        }
        if goes_on {
            let metrics =
                [("accuracy", accuracy(most)), ("params", 1e6 * (0.3 + worth)), ("ms", 0.1 + 0.1 * worth)];
            live.complete(id, Spent::new(most, most), Metrics::from(metrics))?;
        }
    }
    Ok(())
}

/// How good a point is, from 0 to 1: settings in the middle of their ranges are better.
fn worth(sweep: &Sweep, point: &Point) -> f64 {
    let places = sweep.space.encode(point).into_iter().flatten();
    places.map(|place| 1.0 - 0.3 * (place - 0.55).abs()).product()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_study_is_made_up_and_opened() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let told = bench_study(30, folder.path())?;
        // The best three are repeated with two more seeds each.
        assert_eq!(told["trials"], json!(36), "{told}");
        assert_eq!(bench_study(30, folder.path())?["trials"], json!(36), "it was there");
        Ok(())
    }
}
