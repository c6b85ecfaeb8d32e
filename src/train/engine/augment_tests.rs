//! Augmentation where images are taken in: in both engines, by any number of threads, and only while training.

use super::tests::{INPUT, bars, turn};
use super::*;
use crate::data::augment::Augment;
use crate::knobs::Choice as _;
use crate::models::Architecture;

/// Everything at once.
fn all() -> Augment {
    Augment {
        rotation: 20.0,
        shift: 0.1,
        shift_pixels: 2,
        shear: 10.0,
        zoom: 0.2,
        elastic_alpha: 20.0,
        blur: 1.0,
        contrast: 0.3,
        brightness: 0.2,
        invert: 0.2,
        noise: 0.05,
        cutout: 0.3,
        mixup: 0.5,
        ..Augment::default()
    }
}

fn recipe(model: &str, augment: Augment) -> Recipe {
    let mut recipe = Recipe { augment, ..Recipe::default() };
    assert!(recipe.model.choose(model), "there is no model {model}");
    // Plain steps show the gradient itself.
    assert!(recipe.optim.choose("sgd"));
    recipe
}

fn lists(named: Vec<(String, Tensor)>) -> Vec<Vec<f32>> {
    named.into_iter().map(|(_, t)| Vec::<f32>::try_from(t.reshape([-1])).expect("floats")).collect()
}

/// A step of an engine, and the weights after it.
fn step(engine: &mut Engine, samples: &Samples, n: u32, step_idx: u64) -> (StepOutcome, Vec<Vec<f32>>) {
    let rows: Vec<u32> = (0..n).map(|i| (i * 7) % samples.len() as u32).collect();
    let outcome = engine.step(samples, &rows, turn(step_idx)).expect("it steps");
    (outcome, lists(engine.parameters()))
}

fn tensors(recipe: &Recipe, threads: usize) -> Engine {
    let network = Network::new(&recipe.model, INPUT, recipe.train.seed).expect("it fits");
    let mut engine = Engine::new(recipe, INPUT, threads, Device::Cpu).expect("it builds");
    let backend = tensors::Tensors::new(network, recipe, threads, Device::Cpu).expect("it builds");
    engine.backend = Box::new(backend);
    engine
}

#[test]
fn both_engines_learn_from_the_same_changed_images_whatever_the_loss() {
    let samples = bars(60);
    for loss in crate::optim::Loss::default().options().into_iter().map(|option| option.name) {
        let mut recipe = recipe("mlp", all());
        assert!(recipe.loss.choose(loss));
        let mut loops = Engine::new(&recipe, INPUT, 3, Device::Cpu).expect("it builds");
        let mut tensors = tensors(&recipe, 2);
        // More than one pass of the loops: an image may be mixed with one of the other pass.
        let ((ours, weights), (theirs, their_weights)) =
            (step(&mut loops, &samples, 600, 4), step(&mut tensors, &samples, 600, 4));
        assert!((ours.loss - theirs.loss).abs() < 1e-5, "{loss}: {} and {}", ours.loss, theirs.loss);
        assert_eq!(ours.correct, theirs.correct, "{loss}");
        for (a, b) in weights.iter().flatten().zip(their_weights.iter().flatten()) {
            assert!((a - b).abs() < 1e-6, "{loss}: {a} and {b}");
        }
    }
}

#[test]
fn threads_do_not_matter() {
    let samples = bars(60);
    // Residual blocks are for tensors, whose library sums in an order that threads decide.
    for variant in Architecture::default().options().into_iter().filter(|v| v.name != "wide_resnet") {
        let recipe = recipe(variant.name, all());
        if !recipe.model.tells_classes() {
            continue;
        }
        let run = |threads| {
            let mut engine = Engine::new(&recipe, INPUT, threads, Device::Cpu).expect("it builds");
            step(&mut engine, &samples, 50, 0);
            step(&mut engine, &samples, 50, 1)
        };
        let one = run(1);
        assert!(one == run(2) && one == run(5), "{}", variant.name);
    }
    let gathered = |threads| {
        let mut engine = tensors(&recipe("mlp", all()), threads);
        step(&mut engine, &samples, 100, 0).0
    };
    assert_eq!(gathered(1), gathered(4));
}

#[test]
fn images_are_changed_only_while_training_and_as_configured() {
    let samples = bars(60);
    let all_rows: Vec<u32> = (0..60).collect();
    let (plain, changed) = (recipe("lenet5", Augment::default()), recipe("lenet5", all()));
    let build = |recipe: &Recipe| Engine::new(recipe, INPUT, 2, Device::Cpu).expect("it builds");
    let (mut off, mut on) = (build(&plain), build(&changed));
    let seen = |engine: &mut Engine| engine.forward(&samples, &all_rows).expect("it evaluates");
    assert_eq!(seen(&mut off), seen(&mut on), "what is evaluated is never changed");
    // Settings that change nothing are the same as none; another setting holds from the next step on.
    let neutral = Augment { elastic_sigma: 9.0, ..Augment::default() };
    on.configure(&recipe("lenet5", neutral)).expect("a live setting");
    assert!(step(&mut off, &samples, 20, 0) == step(&mut on, &samples, 20, 0));
    on.configure(&changed).expect("a live setting");
    assert!(step(&mut off, &samples, 20, 1).0.loss != step(&mut on, &samples, 20, 1).0.loss);
}
