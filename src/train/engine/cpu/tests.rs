//! The loops against the tensor library: same losses, same gradients, for every kind of block.

use super::super::tests::{INPUT, bars, turn};
use super::super::{Backend as _, tensors::Tensors};
use super::*;
use crate::data::Samples;
use crate::knobs::Choice as _;
use crate::models::mnist_record::MnistRecord;
use crate::models::{Architecture, Input, cnn::Cnn, mlp::Mlp};
use tch::Device;

fn recipe(model: Architecture) -> Recipe {
    let mut recipe = Recipe { model, ..Recipe::default() };
    // Plain steps show the gradient itself.
    assert!(recipe.optim.choose("sgd"));
    recipe
}

fn both(recipe: &Recipe, input: Input, threads: usize) -> (Loops, Tensors) {
    let network = || Network::new(&recipe.model, input, recipe.train.seed).expect("it fits");
    let loops =
        Loops::new(&network(), recipe, threads).expect("threads start").expect("the loops know its layers");
    (loops, Tensors::new(network(), recipe, 1, Device::Cpu).expect("it builds"))
}

fn lists(named: Vec<(String, Tensor)>) -> Vec<(String, Vec<f32>)> {
    let list = |t: Tensor| Vec::<f32>::try_from(t.reshape([-1])).expect("floats");
    named.into_iter().map(|(name, t)| (name, list(t))).collect()
}

/// The greatest difference as a share of the greatest number.
fn difference(a: &[f32], b: &[f32]) -> f32 {
    let top = b.iter().fold(1e-12_f32, |m, x| m.max(x.abs()));
    a.iter().zip(b).fold(0.0_f32, |m, (a, b)| m.max((a - b).abs())) / top
}

/// One step of both from the same weights: the losses and what the step did to each parameter.
fn check(name: &str, model: Architecture, input: Input, samples: &Samples, n: u32) {
    let recipe = recipe(model);
    let (mut loops, mut tensors) = both(&recipe, input, 3);
    let before = lists(loops.parameters());
    assert_eq!(before, lists(tensors.parameters()), "{name}: what goes in comes out");
    let rows: Vec<u32> = (0..n).map(|i| (i * 7) % samples.len() as u32).collect();
    let (ours, theirs) = (
        loops.forward(Batch::plain(samples, &rows)).expect("it runs"),
        tensors.forward(Batch::plain(samples, &rows)),
    );
    let theirs = theirs.expect("it runs");
    assert!((ours.loss_sum - theirs.loss_sum).abs() < 1e-5 * theirs.loss_sum, "{name}: {ours:?} {theirs:?}");
    assert!(difference(&ours.probabilities, &theirs.probabilities) < 1e-5, "{name}");
    let ours = loops.step(Batch::plain(samples, &rows), turn(3)).expect("it steps");
    let theirs = tensors.step(Batch::plain(samples, &rows), turn(3)).expect("it steps");
    assert!((ours.loss - theirs.loss).abs() < 1e-5, "{name}: {} and {}", ours.loss, theirs.loss);
    assert_eq!(ours.correct, theirs.correct, "{name}");
    // Running means follow the batch, not the gradient.
    for ((parameter, ours), (_, theirs)) in lists(loops.parameters()).iter().zip(&lists(tensors.parameters()))
    {
        let moved = before.iter().any(|(name, old)| name == parameter && old != ours);
        assert!(moved, "{name}: {parameter} stayed as it was");
        assert!(Network::learns(parameter) || difference(ours, theirs) < 1e-5, "{name}: {parameter}");
    }
    // The velocity after one step of plain descent is the gradient, but for the learning rate.
    let (ours, theirs) = (lists(loops.optimizer_state().tensors), lists(tensors.optimizer_state().tensors));
    for ((parameter, ours), (_, theirs)) in ours.iter().zip(&theirs) {
        assert!(theirs.iter().any(|g| *g != 0.0), "{name}: {parameter} has no gradient to compare");
        assert!(
            difference(ours, theirs) < 2e-4,
            "{name}: {parameter} differs by {}",
            difference(ours, theirs)
        );
    }
}

#[test]
fn gradients_are_those_of_autograd_for_every_architecture() {
    let samples = bars(60);
    for variant in Architecture::default().options() {
        let mut model = Architecture::default();
        model.choose(variant.name);
        // Residual blocks, whole numbers and detectors are for tensors alone.
        if variant.name != "wide_resnet" && model.tells_classes() {
            check(variant.name, model, INPUT, &samples, 37);
        }
    }
}

#[test]
fn gradients_are_those_of_autograd_for_odd_sizes() {
    let samples = bars(60);
    for (kernel, filters_1, filters_2, dense_size) in
        [(1, 3, 5, 7), (2, 17, 20, 33), (5, 4, 40, 16), (8, 6, 3, 130), (13, 2, 2, 5)]
    {
        let cnn = Cnn { conv_kernel_size: kernel, filters_1, filters_2, dense_size, ..Cnn::default() };
        check(&format!("kernel {kernel}"), Architecture::Cnn(cnn), INPUT, &samples, 9);
    }
    for (filters_1, filters_2, filters_3, convs_2, norm_group, dropout) in
        [(3, 5, 7, 1, 4, 0.0), (16, 20, 33, 2, 9, 0.3), (17, 16, 48, 3, 1, 0.0)]
    {
        let record = MnistRecord {
            filters_1,
            filters_2,
            filters_3,
            convs_2,
            norm_group,
            dropout,
            ..MnistRecord::default()
        };
        let name = format!("record {filters_1} {norm_group}");
        check(&name, Architecture::MnistRecord(record), INPUT, &samples, 22);
    }
    let mut samples = bars(60);
    // The same bytes as images of two channels, 14 rows and 28 columns.
    (samples.channels, samples.height) = (2, 14);
    let input = Input { channels: 2, height: 14, ..INPUT };
    check("two channels", Architecture::Cnn(Cnn::default()), input, &samples, 9);
    check("two channels", Architecture::Lenet5(crate::models::lenet5::Lenet5::default()), input, &samples, 9);
}

#[test]
fn gradients_are_those_of_autograd_for_every_activation_and_long_batches() {
    use crate::models::layers::Activation;
    let samples = bars(60);
    for activation in [Activation::Sigmoid, Activation::Tanh, Activation::Relu, Activation::Gelu] {
        let mlp = Mlp { dense_layers: 3, dense_size: 50, activation, dropout: 0.3 };
        // More than one pass.
        check(&format!("{activation:?}"), Architecture::Mlp(mlp), INPUT, &samples, PASS as u32 + 77);
    }
}

#[test]
fn any_number_of_threads_gives_the_same_weights_to_the_bit() {
    let samples = bars(60);
    for variant in Architecture::default().options().into_iter().filter(|v| v.name != "wide_resnet") {
        let mut recipe = Recipe::default();
        recipe.model.choose(variant.name);
        if !recipe.model.tells_classes() {
            continue;
        }
        let run = |threads| {
            let mut loops = both(&recipe, INPUT, threads).0;
            let losses: Vec<f64> = (0..4)
                .map(|step| {
                    let rows: Vec<u32> = (0..50).map(|i| (i * 11 + step as u32) % 60).collect();
                    loops.step(Batch::plain(&samples, &rows), turn(step)).expect("it steps").loss
                })
                .collect();
            (losses, lists(loops.parameters()))
        };
        let one = run(1);
        for threads in [2, 3, 8] {
            assert!(run(threads) == one, "{}: {threads} threads", variant.name);
        }
    }
}
