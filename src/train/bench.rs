//! How many images a second a training gets through: the same work for every number of threads, and for other programs
//! to be held against.

use super::engine::{Engine, Turn};
use super::prepare::BadInput;
use crate::data::augment::bench::{cases, images_per_s};
use crate::data::{Availability, Dataset, Places, Silent, Source, order};
use crate::knobs::Choice as _;
use crate::models::Input;
use crate::recipe::Recipe;
use anyhow::ensure;
use serde_json::json;
use std::time::Instant;

/// Rounds that are timed; the best one counts, since everything else on the machine can only slow one down.
const ROUNDS: u64 = 3;

/// Trains the model with its default settings (Adam, cross-entropy, dropout on) on MNIST (or sequences of its digits), or on
/// rendered digits where there is none: a tenth to warm up, then `images` images in batches of `batch`, three times. One line is emitted:
/// `images_per_s` of the best round, and `cpu_secs_per_image` (of all threads, in user code) where it can be had.
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
    Ok(())
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
        assert!(lines.len() == 2 && lines[1]["model"] == "mlp");
        assert!(lines.iter().all(|l| l["images_per_s"].as_f64().is_some_and(|rate| rate > 0.0)));
        assert!(bench_train("none", 2, 16, 32, &places, &mut |_| ()).is_err());
    }
}
