//! What must hold for an engine on any device: it learns, resumes exactly, and notices what is not a number.

use super::*;
use crate::data::samples::Pixels;
use crate::optim::Optimizer;

/// Bars at ten places, so that a few steps are enough to tell them apart; `noise` is seeded by position.
pub fn bars(n: usize) -> Samples {
    let mut pixels = vec![0_u8; n * 784];
    let labels: Vec<u8> = (0..n).map(|i| (i * 7 % 10) as u8).collect();
    for (i, image) in pixels.chunks_mut(784).enumerate() {
        for (p, pixel) in image.iter_mut().enumerate() {
            let inside = (p % 28) / 2 == usize::from(labels[i]) + 2;
            let noise = ((i * 784 + p) as u32).wrapping_mul(2_654_435_761) >> 26;
            *pixel = noise as u8 + if inside { 150 } else { 0 };
        }
    }
    Samples::new(Pixels::Owned(pixels.into()), labels.into(), [1, 28, 28])
}

pub const INPUT: Input = Input { channels: 1, height: 28, width: 28, classes: 10 };

fn recipe(model: &str) -> Recipe {
    use crate::knobs::Choice as _;
    let mut recipe = Recipe::default();
    assert!(recipe.model.choose(model), "there is no model {model}");
    recipe
}

/// The step at that place, at the full learning rate.
pub fn turn(step_idx: u64) -> Turn {
    Turn { step_idx, lr_factor: 1.0, done: 0.0 }
}

fn rows(step: u64, n: u32) -> Vec<u32> {
    (0..n).map(|i| (step as u32 * 13 + i * 3) % 60).collect()
}

fn run(engine: &mut Engine, samples: &Samples, steps: std::ops::Range<u64>) -> Vec<f64> {
    steps.map(|s| engine.step(samples, &rows(s, 20), turn(s)).expect("it steps").loss).collect()
}

fn bytes(engine: &Engine) -> Vec<(String, Vec<f32>)> {
    let parameters = engine.parameters();
    let list = |t: Tensor| Vec::<f32>::try_from(t.reshape([-1])).expect("floats");
    parameters.into_iter().map(|(name, t)| (name, list(t))).collect()
}

#[test]
fn every_architecture_learns() {
    let samples = bars(60);
    for model in ["cnn", "cnn_simple", "lenet5", "mlp", "mnist_record"] {
        let mut engine = Engine::new(&recipe(model), INPUT, 2, Device::Cpu).expect("it builds");
        let all: Vec<u32> = (0..60).collect();
        let before = engine.forward(&samples, &all).expect("it evaluates");
        run(&mut engine, &samples, 0..30);
        let after = engine.forward(&samples, &all).expect("it evaluates");
        assert!(after.loss_sum < 0.7 * before.loss_sum, "{model}: {} to {}", before.loss_sum, after.loss_sum);
        assert!(after.correct > 30, "{model}: {} of 60", after.correct);
        assert_eq!(after.probabilities.len(), 600);
    }
}

#[test]
fn a_resumed_training_goes_on_exactly() {
    let samples = bars(60);
    for (model, optim) in [("cnn", "adam"), ("lenet5", "sgd"), ("mlp", "adam"), ("mnist_record", "adamw")] {
        use crate::knobs::Choice as _;
        let mut recipe = recipe(model);
        assert!(recipe.optim.choose(optim) || optim == "adam");
        let build = || Engine::new(&recipe, INPUT, 2, Device::Cpu).expect("it builds");
        let mut whole = build();
        run(&mut whole, &samples, 0..6);
        let mut first = build();
        run(&mut first, &samples, 0..3);
        let mut second = build();
        second.load_parameters(&first.parameters()).expect("they fit");
        second.load_optimizer_state(first.optimizer_state()).expect("it fits");
        run(&mut second, &samples, 3..6);
        assert!(bytes(&whole) == bytes(&second), "{model} with {optim} went on otherwise");
    }
}

/// What the loops do not know is left to tensors, and goes on as exactly.
#[test]
fn residual_blocks_and_other_layers_learn_and_go_on_exactly() {
    let samples = bars(60);
    let mut recipe = recipe("custom");
    let layers = [
        "conv",
        "batch_norm",
        "activation",
        "skip",
        "conv",
        "add",
        "avg_pool",
        "depthwise",
        "skip",
        "conv",
        "add",
        "global_avg_pool",
        "dropout",
        "dense",
    ];
    let mut set = |path: &str, value: &str| crate::knobs::set(&mut recipe, path, value).expect(path);
    set("model.layers", &layers.len().to_string());
    for (i, kind) in layers.iter().enumerate() {
        set(&format!("model.layers.{}.name", i + 1), kind);
    }
    for (path, value) in [
        ("1.stride", "2"),
        ("2.group", "7"),
        ("5.same", "true"),
        ("8.activation", "gelu"),
        ("10.same", "true"),
        ("10.stride", "2"),
        ("13.rate", "0.1"),
    ] {
        set(&format!("model.layers.{path}"), value);
    }
    let build = || Engine::new(&recipe, INPUT, 2, Device::Cpu).expect("it builds");
    let (mut whole, mut first, mut second) = (build(), build(), build());
    let losses = run(&mut whole, &samples, 0..8);
    assert!(losses[7] < losses[0], "{losses:?}");
    run(&mut first, &samples, 0..3);
    second.load_parameters(&first.parameters()).expect("they fit");
    second.load_optimizer_state(first.optimizer_state()).expect("it fits");
    run(&mut second, &samples, 3..8);
    assert!(bytes(&whole) == bytes(&second), "it went on otherwise");
    let names: Vec<String> = whole.parameters().into_iter().map(|(name, _)| name).collect();
    for name in ["batchnorm_1.running_var", "add_2.weight", "depthwise_1.bias"] {
        assert!(names.iter().any(|n| n == name), "{name} in {names:?}");
    }
}

#[test]
fn what_is_not_a_number_changes_nothing_and_is_found() {
    let samples = bars(60);
    let mut engine = Engine::new(&recipe("cnn"), INPUT, 2, Device::Cpu).expect("it builds");
    let mut parameters = engine.parameters();
    let (_, weight) = &mut parameters[4];
    let _filled = weight.fill_(f64::from(f32::MAX));
    engine.load_parameters(&parameters).expect("they fit");
    assert_eq!(engine.non_finite_layer(), None);
    let before = bytes(&engine);
    let outcome = engine.step(&samples, &rows(0, 20), turn(0)).expect("it tries");
    assert!(!outcome.finite);
    assert!(bytes(&engine) == before, "a step that failed changed the weights");
    assert_eq!(engine.non_finite_layer().as_deref(), Some("Dense 1"));
}

#[test]
fn learning_rate_and_dropout_change_between_steps_but_layers_do_not() {
    let samples = bars(60);
    let mut changed = recipe("mlp");
    let mut engine = Engine::new(&changed, INPUT, 1, Device::Cpu).expect("it builds");
    run(&mut engine, &samples, 0..2);
    let before = bytes(&engine);
    if let Optimizer::Adam(adam) = &mut changed.optim {
        adam.lr = 0.0;
    }
    engine.configure(&changed).expect("a live setting");
    run(&mut engine, &samples, 2..3);
    assert!(bytes(&engine) == before, "a learning rate of 0 moved the weights");
    let error = engine.configure(&recipe("lenet5")).expect_err("other layers").to_string();
    assert!(error.starts_with("the layers of a network cannot change"), "{error}");
}

#[test]
fn images_and_labels_of_another_kind_are_refused() {
    let mut samples = bars(20);
    let mut engine = Engine::new(&recipe("mlp"), INPUT, 1, Device::Cpu).expect("it builds");
    assert!(engine.step(&samples, &[20], turn(0)).is_err(), "there is no row 20");
    samples.labels = vec![10_u8; 20].into();
    let error = engine.step(&samples, &[3], turn(0)).expect_err("class 10 of 10").to_string();
    assert_eq!(error, "image 3 is of class 10 and the network tells only 10 apart");
}

/// The tensor library is what other devices compute with; the processor stands in for them here.
#[test]
fn tensors_learn_and_go_on_exactly_as_well() {
    let samples = bars(60);
    let recipe = recipe("cnn");
    let build = || {
        let network = Network::new(&recipe.model, INPUT, recipe.train.seed).expect("it fits");
        tensors::Tensors::new(network, &recipe, 1, Device::Cpu).expect("it builds")
    };
    let mut whole = build();
    let losses: Vec<f64> = (0..12)
        .map(|s| whole.step(Batch::plain(&samples, &rows(s, 20)), turn(s)).expect("it steps").loss)
        .collect();
    assert!(losses[11] < losses[0], "{losses:?}");
    let (mut first, mut second) = (build(), build());
    for s in 0..5 {
        first.step(Batch::plain(&samples, &rows(s, 20)), turn(s)).expect("it steps");
    }
    second.load_parameters(&first.parameters()).expect("they fit");
    second.load_optimizer_state(first.optimizer_state()).expect("it fits");
    for (s, loss) in losses.iter().enumerate().skip(5) {
        let outcome =
            second.step(Batch::plain(&samples, &rows(s as u64, 20)), turn(s as u64)).expect("it steps");
        assert_eq!(outcome.loss, *loss, "step {s}");
    }
}
