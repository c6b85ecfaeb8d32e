//! How many images a second a training gets through: the same work for every number of threads, and for other programs
//! to be held against.

use super::engine::{Engine, Turn};
use super::evaluate::evaluate_rows;
use super::prepare::BadInput;
use super::session::EVENTS_PER_EPOCH;
use super::state::State;
use crate::data::augment::bench::{cases, images_per_s};
use crate::data::{Availability, Dataset, Places, Silent, Source, order};
use crate::knobs::Choice as _;
use crate::models::Input;
use crate::recipe::Recipe;
use crate::runs::{Event, Journal, Metrics, Progress, now};
use anyhow::ensure;
use serde_json::json;
use std::time::Instant;

/// Rounds that are timed; the best one counts, since everything else on the machine can only slow one down.
const ROUNDS: u64 = 3;
/// Test images that are evaluated, at most.
const EVALUATED: usize = 10_000;
/// Events that are written to time one.
const TOLD: u64 = 1000;

/// Trains the model with its default settings (Adam, cross-entropy, dropout on) on MNIST (or sequences of its digits), or on
/// rendered digits where there is none: a tenth to warm up, then `images` images in batches of `batch`, three times. One line is emitted:
/// `images_per_s` of the best round. A second line has what is around the steps (`around`).
pub fn bench_train(
    model: &str,
    threads: usize,
    batch: usize,
    images: usize,
    places: &Places,
    emit: &mut dyn FnMut(serde_json::Value),
) -> anyhow::Result<()> {
    let mut recipe = Recipe::default();
    ensure!(recipe.model.chosen() == model || recipe.model.choose(model), "there is no model {model}");
    ensure!(batch > 0 && images >= batch, "{images} images are not one batch of {batch}");
    let mut dataset = data(places)?;
    if recipe.model.numbers(dataset.classes.len()).is_some() {
        let mut source = Source::default();
        source.choose("sequences");
        dataset = source.load(places, &Silent)?;
    }
    if recipe.model.detector().is_some() {
        let mut source = Source::default();
        source.choose("scenes");
        dataset = source.load(places, &Silent)?;
        dataset.train = dataset.train.kept(u64::MAX);
    }
    let samples = &dataset.train;
    let input = Input::of(&recipe.model, &dataset);
    let mut engine = Engine::new(&recipe, input, threads, tch::Device::Cpu)?;
    let all: Vec<u32> = (0..images).map(|i| (i % samples.len()) as u32).collect();
    let mut step_idx = 0;
    let mut round = |images: usize, epoch: u64| -> anyhow::Result<f64> {
        let rows = order(&all, recipe.train.seed, epoch);
        let start = Instant::now();
        for rows in rows[..images].chunks(batch) {
            let outcome = engine.step(samples, rows, Turn { step_idx, lr_factor: 1.0, done: 0.0 })?;
            ensure!(outcome.finite, "the loss is no longer a number");
            step_idx += 1;
        }
        Ok(images as f64 / start.elapsed().as_secs_f64())
    };
    round((images / 10).max(batch), 0)?;
    let mut best = 0.0_f64;
    for epoch in 1..=ROUNDS {
        best = best.max(round(images, epoch)?);
    }
    emit(json!({
        "bench": "train",
        "model": model,
        "threads": threads,
        "batch": batch,
        "data": dataset.name,
        "images_per_s": best.round(),
    }));
    let every = (samples.len() as f64 / batch as f64 / EVENTS_PER_EPOCH as f64).floor().max(1.0);
    let mut line = around(recipe, &dataset, &mut engine, every * batch as f64 / best)?;
    (line["model"], line["threads"]) = (json!(model), json!(threads));
    emit(line);
    Ok(())
}

/// What a training does beside its steps: `evaluation_images_per_s` (with the scores of every class), `checkpoint_ms`
/// for weights and optimizer written to disk, `logging_percent` of the time of training spent on telling how it goes,
/// and `peak_memory_mb` of the whole process so far, where the system says. `event_secs` is the time from one event to the next.
fn around(
    recipe: Recipe,
    dataset: &Dataset,
    engine: &mut Engine,
    event_secs: f64,
) -> anyhow::Result<serde_json::Value> {
    let folder = std::env::temp_dir().join(format!("digit-workbench-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let best_of = |act: &mut dyn FnMut() -> anyhow::Result<()>| -> anyhow::Result<f64> {
        let mut best = f64::INFINITY;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            act()?;
            best = best.min(start.elapsed().as_secs_f64());
        }
        Ok(best)
    };
    let rows: Vec<u32> = (0..dataset.test.len().min(EVALUATED) as u32).collect();
    let evaluation = best_of(&mut || {
        evaluate_rows(engine, &dataset.test, &rows, dataset.classes.len(), &Silent).map(drop)
    })?;
    let state = State::new(recipe, dataset.fingerprint.clone());
    let path = folder.join("checkpoint.safetensors");
    let checkpoint = best_of(&mut || super::checkpoint::save(&path, &state, engine))?;
    let mut journal = Journal::open(&folder.join("events.jsonl"))?;
    let told = best_of(&mut || {
        for step in 0..TOLD {
            let metrics =
                Metrics::from([("loss", 0.25), ("accuracy", 0.9), ("lr", 1e-3), ("images_per_s", 1e4)]);
            let (epoch, total_steps) = (step as f64, 2 * TOLD);
            let event = Progress { at: now(), step, epoch, total_steps, trained_secs: 1.5, metrics };
            journal.append(&Event::Progress(event))?;
        }
        Ok(())
    })?;
    std::fs::remove_dir_all(&folder)?;
    Ok(json!({
        "bench": "train-around",
        "evaluation_images_per_s": (rows.len() as f64 / evaluation).round(),
        "checkpoint_ms": (checkpoint * 1e4).round() / 10.0,
        "logging_percent": (told / TOLD as f64 / event_secs * 1e6).round() / 1e4,
        "peak_memory_mb": peak_memory_mb(),
    }))
}

/// The most memory that this process has had, where the system says (Linux).
fn peak_memory_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? / 1024)
}

/// Changes training images at random on one thread, for every case of [`crate::data::augment::bench::cases`]; one line
/// is emitted for each: `images_per_s` of the best round.
pub fn bench_augment(
    only: &[String],
    images: usize,
    places: &Places,
    emit: &mut dyn FnMut(serde_json::Value),
) -> anyhow::Result<()> {
    let cases = cases();
    let known = || cases.iter().map(|(name, _)| *name);
    if let Some(name) = only.iter().find(|name| known().all(|case| case != name.as_str())) {
        let known: Vec<&str> = known().collect();
        return Err(BadInput(format!("there is no case {name}, only {}", known.join(", "))).into());
    }
    let dataset = data(places)?;
    for (name, settings) in cases.iter().filter(|(name, _)| only.is_empty() || only.iter().any(|o| o == name))
    {
        let rate = images_per_s(settings, &dataset.train, images);
        emit(
            json!({ "bench": "augment", "case": name, "threads": 1, "data": dataset.name, "images_per_s": rate.round() }),
        );
    }
    Ok(())
}

fn data(places: &Places) -> anyhow::Result<Dataset> {
    let mut source = Source::default();
    if source.available(places) == Availability::Ready {
        return Ok(source.load(places, &Silent)?);
    }
    source.choose("rendered");
    Ok(source.load(places, &Silent)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_is_timed_and_others_are_refused() {
        let cache = tempfile::tempdir().expect("a folder");
        let places = Places::new(Vec::new(), cache.path().to_owned());
        let mut lines = Vec::new();
        for model in ["lenet5", "mlp"] {
            bench_train(model, 2, 16, 32, &places, &mut |line| lines.push(line)).expect("it trains");
        }
        assert!(lines.len() == 4 && lines[2]["model"] == "mlp");
        for pair in lines.chunks(2) {
            let positive = |line: usize, figure: &str| pair[line][figure].as_f64().is_some_and(|f| f > 0.0);
            assert!(positive(0, "images_per_s") && positive(1, "evaluation_images_per_s"), "{pair:?}");
            assert!(positive(1, "checkpoint_ms") && positive(1, "logging_percent"), "{pair:?}");
        }
        assert!(bench_train("none", 2, 16, 32, &places, &mut |_| ()).is_err());
    }
}
