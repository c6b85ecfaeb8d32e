//! Batch norms and first weights against what PyTorch and Keras compute (`tests/reference/layers-*.json`, made by
//! `make_layers.py` with the versions that the files name).

use super::tensors::Tensors;
use super::*;
use crate::data::samples::Pixels;
use crate::knobs::{Choice as _, set};
use crate::models::{First, Init, Param};
use serde_json::Value;

fn torch() -> Value {
    serde_json::from_str(include_str!("../../../tests/reference/layers-torch.json")).expect("it is JSON")
}

fn keras() -> Value {
    serde_json::from_str(include_str!("../../../tests/reference/layers-keras.json")).expect("it is JSON")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|v| v.as_f64().expect("a number")).collect()
}

/// The images of the script.
fn samples() -> Samples {
    let pixels: Vec<u8> = (0..8 * 784_usize)
        .map(|i| {
            let (image, place) = (i / 784, i % 784);
            ((31 * image + place * place * 7 + 13 * place) % 251) as u8
        })
        .collect();
    let labels: Vec<u8> = (0..8).map(|i| 3 * i % 10).collect();
    let mut samples = tests::bars(8);
    samples.pixels = Pixels::Owned(pixels.into());
    samples.labels = labels.into();
    samples
}

/// The weights of the script: a formula of the parameter's number among those that are learned.
fn weights(parameters: &[(String, Tensor)]) -> Vec<(String, Tensor)> {
    let mut number = 0;
    let mut named = Vec::new();
    for (name, tensor) in parameters {
        if !Network::learns(name) {
            named.push((name.clone(), tensor.shallow_clone()));
            continue;
        }
        let plus = if name.starts_with("batchnorm") && name.ends_with("weight") { 1.0 } else { 0.0 };
        let values: Vec<f32> = (0..tensor.numel())
            .map(|i| (0.3 * (0.7 * i as f64 + f64::from(number)).sin() + plus) as f32)
            .collect();
        named.push((name.clone(), Tensor::from_slice(&values).view(tensor.size().as_slice())));
        number += 1;
    }
    named
}

fn difference(found: &Tensor, expected: &[f64]) -> f64 {
    let found = Vec::<f32>::try_from(found.reshape([-1])).expect("floats");
    assert_eq!(found.len(), expected.len());
    let top = expected.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    found.iter().zip(expected).fold(0.0, |m: f64, (f, e)| m.max((f64::from(*f) - e).abs())) / top
}

#[test]
fn a_step_through_batch_norms_is_pytorchs() {
    let mut recipe = Recipe::default();
    for (path, value) in [
        ("model.name", "mnist_record"),
        ("model.filters_1", "3"),
        ("model.filters_2", "5"),
        ("model.filters_3", "7"),
        ("model.last_norm", "true"),
        ("model.norm_momentum", "0.3"),
        ("optim.name", "sgd"),
        ("optim.lr", "1"),
    ] {
        set(&mut recipe, path, value).expect(path);
    }
    let expected = &torch()["record"];
    let network = || Network::new(&recipe.model, tests::INPUT, 1).expect("it fits");
    let loops = cpu::Loops::new(&network(), &recipe, 2).expect("threads start").expect("it knows the layers");
    let tensors = Tensors::new(network(), &recipe, 1, Device::Cpu).expect("it builds");
    let backends: [(&str, Box<dyn Backend>); 2] =
        [("loops", Box::new(loops)), ("tensors", Box::new(tensors))];
    let samples = samples();
    for (which, mut backend) in backends {
        backend.load_parameters(&weights(&backend.parameters())).expect("they fit");
        let rows: Vec<u32> = (0..8).collect();
        let images = Batch::plain(&samples, &rows);
        let outcome =
            backend.step(images, Turn { step_idx: 0, lr_factor: 1.0, done: 0.0 }).expect("it steps");
        let loss = expected["loss"].as_f64().expect("a number");
        assert!((outcome.loss - loss).abs() < 1e-5 * loss, "{which}: {} and {loss}", outcome.loss);
        let state = backend.optimizer_state().tensors;
        let gradients = expected["gradients"].as_array().expect("a list");
        assert_eq!(state.len(), gradients.len(), "{which}");
        for ((name, velocity), gradient) in state.iter().zip(gradients) {
            // After one plain step the velocity is the gradient, turned round.
            let found = difference(&-velocity, &numbers(gradient));
            assert!(found < 1e-3, "{which}: {name} differs by {found}");
        }
        for kind in ["running_mean", "running_var"] {
            let parameters = backend.parameters();
            let found = parameters.iter().filter(|(name, _)| name.ends_with(kind));
            for ((name, found), expected) in found.zip(expected[kind].as_array().expect("a list")) {
                let found = difference(found, &numbers(expected));
                assert!(found < 1e-5, "{which}: {name} differs by {found}");
            }
        }
    }
}

#[test]
fn first_weights_spread_as_pytorchs_and_keras() {
    for case in [torch(), keras()].iter().flat_map(|file| file["first"].as_array().expect("a list")) {
        let mut init = Init::default();
        init.choose(case["init"].as_str().expect("a name"));
        let shape: Vec<usize> = numbers(&case["shape"]).iter().map(|n| *n as usize).collect();
        let fan_in = shape[1..].iter().product();
        let kinds = [
            ("weight", Param { name: "weight", shape: shape.clone(), first: First::Weight }),
            ("bias", Param { name: "bias", shape: vec![20 * shape[0]], first: First::Bias { fan_in } }),
        ];
        for (kind, param) in kinds {
            let Some(expected) = case[kind].as_object() else { continue };
            let draws = init.draw(1, kind, &param);
            let greatest = draws.iter().fold(0.0_f64, |m, w| m.max(f64::from(w.abs())));
            let square = draws.iter().map(|w| f64::from(*w).powi(2)).sum::<f64>() / draws.len() as f64;
            for (name, found) in [("greatest", greatest), ("deviation", square.sqrt())] {
                let expected = expected[name].as_f64().expect("a number");
                // Thousands of draws on both sides: a few percent of chance for the fewest of them.
                assert!((found / expected - 1.0).abs() < 0.05, "{case}: {kind} {name} {found}");
            }
        }
    }
}
