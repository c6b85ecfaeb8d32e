//! Optimizers, losses and schedules against what Keras and PyTorch compute (`tests/reference/`, made in f64 by
//! `make_reference.py` with the versions that the files name).

use super::plateau::Watch;
use super::schedule::{Place, Schedule};
use super::{Loss, Optimizer, State};
use crate::knobs::{Knobs, set};
use serde_json::Value;
use tch::{Device, Kind, Tensor};

/// Worst difference from the reference, over the largest value of the same tensor, when computing in f32.
const IN_F32: f64 = 1e-5;
/// The same in f64; a constant of Keras's Nadam passes through f32 there.
const IN_F64: f64 = 1e-8;

fn keras() -> Value {
    serde_json::from_str(include_str!("../../tests/reference/keras.json")).expect("it is JSON")
}

fn torch() -> Value {
    serde_json::from_str(include_str!("../../tests/reference/torch.json")).expect("it is JSON")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

/// Lists of any depth as one flat list.
fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        value => vec![value.as_f64().expect("a number")],
    }
}

/// What the case names, with its settings.
fn made<T: Knobs + Default>(choice: &str, case: &Value) -> T {
    let mut made = T::default();
    let put = |made: &mut T, path: &str, value: &str| set(made, path, value).expect("it has such a setting");
    put(&mut made, choice, case["name"].as_str().expect("a name"));
    for (path, value) in case["settings"].as_object().expect("settings") {
        put(&mut made, path, &value.to_string());
    }
    made
}

/// Largest difference over largest expected value.
fn difference(found: &Tensor, expected: &[f64]) -> f64 {
    let found = Vec::<f64>::try_from(found.to_kind(Kind::Double).reshape([-1])).expect("numbers");
    assert_eq!(found.len(), expected.len());
    let worst = |values: &mut dyn Iterator<Item = f64>| values.map(f64::abs).fold(0.0, f64::max);
    worst(&mut found.iter().zip(expected).map(|(f, e)| f - e)) / worst(&mut expected.iter().copied())
}

fn check_optimizers(reference: &Value, least: usize, kind: Kind, tolerance: f64) {
    let vector = |name: &str| Tensor::from_slice(&numbers(&reference[name])).to_kind(kind);
    let (goal, scale) = (vector("goal"), vector("scale"));
    assert!(list(&reference["optimizers"]).len() >= least);
    for case in list(&reference["optimizers"]) {
        let optimizer: Optimizer = made("name", case);
        let mut params = vector("start");
        let mut state = State::new(optimizer.rule(), params.size()[0], kind, Device::Cpu);
        for (i, expected) in list(&case["params"]).iter().enumerate() {
            let mut grads = (&params - &goal) * &scale;
            state.begin(optimizer.rule(), 1.0).apply(&mut params, &mut grads, &mut state.slots);
            let off = difference(&params, &numbers(expected));
            assert!(off < tolerance, "{optimizer:?} is off by {off:e} in {kind:?} after step {}", i + 1);
        }
    }
}

fn check_losses(reference: &Value, least: usize, kind: Kind, tolerance: f64) {
    let logits = Tensor::from_slice(&numbers(&reference["logits"])).to_kind(kind);
    let labels: Vec<i64> = numbers(&reference["labels"]).iter().map(|label| *label as i64).collect();
    let labels = Tensor::from_slice(&labels);
    let logits = logits.view([labels.size()[0], -1]);
    assert!(list(&reference["losses"]).len() >= least);
    for case in list(&reference["losses"]) {
        let loss: Loss = made("name", case);
        let (values, gradient) = loss.value_and_gradient(&logits, &labels);
        let off = difference(&values, &numbers(&case["values"]));
        assert!(off < tolerance, "{loss:?} is off by {off:e} in {kind:?}: {values}");
        let off = difference(&gradient, &numbers(&case["gradient"]));
        assert!(off < tolerance, "the gradient of {loss:?} is off by {off:e} in {kind:?}");
        // Row by row only in f64: in f32, that of a sample read almost perfectly is the rounding of 1 - p.
        for (i, expected) in list(&case["gradient"]).iter().enumerate().filter(|_| kind == Kind::Double) {
            let off = difference(&gradient.get(i as i64), &numbers(expected));
            assert!(off < tolerance, "the gradient of {loss:?} is off by {off:e} in row {i}");
        }
    }
}

fn check_schedules(reference: &Value, least: usize, tolerance: f64) {
    let step = 1.0 / reference["steps_per_epoch"].as_f64().expect("a number");
    assert!(list(&reference["schedules"]).len() >= least);
    for case in list(&reference["schedules"]) {
        let schedule: Schedule = made("shape", case);
        let factors = numbers(&case["factors"]);
        let total = factors.len() as f64 * step;
        for (i, expected) in factors.iter().enumerate() {
            let place = Place { done: i as f64 * step, step, total };
            let found = schedule.factor(place, &Watch::default());
            assert!(
                (found - expected).abs() < tolerance,
                "{schedule:?}, step {i}: {found} is not {expected}"
            );
        }
    }
}

#[test]
fn optimizers_step_as_keras() {
    check_optimizers(&keras(), 21, Kind::Double, IN_F64);
    check_optimizers(&keras(), 21, Kind::Float, IN_F32);
}

#[test]
fn optimizers_step_as_pytorch() {
    // Adamax adds its epsilon elsewhere there, which shows in the seventh digit.
    check_optimizers(&torch(), 11, Kind::Double, 1e-6);
    check_optimizers(&torch(), 11, Kind::Float, IN_F32);
}

#[test]
fn losses_are_those_of_keras() {
    check_losses(&keras(), 9, Kind::Double, IN_F64);
    check_losses(&keras(), 9, Kind::Float, IN_F32);
}

#[test]
fn losses_are_those_of_pytorch() {
    check_losses(&torch(), 5, Kind::Double, IN_F64);
    check_losses(&torch(), 5, Kind::Float, IN_F32);
}

#[test]
fn schedules_are_those_of_keras_and_pytorch() {
    // Keras computes them in f32.
    check_schedules(&keras(), 4, 1e-6);
    check_schedules(&torch(), 5, 1e-12);
}

#[test]
fn plateaus_fall_as_those_of_keras() {
    let reference = &keras()["control"]["plateaus"];
    assert_eq!(list(&reference["cases"]).len(), 2);
    for case in list(&reference["cases"]) {
        let mut schedule = Schedule::default();
        set(&mut schedule, "shape", "plateau").expect("there is one");
        for (path, value) in case["settings"].as_object().expect("settings") {
            set(&mut schedule, path, &value.to_string()).expect("it has such a setting");
        }
        let mut watch = Watch::default();
        for (loss, expected) in numbers(&reference["losses"]).iter().zip(numbers(&case["factors"])) {
            schedule.see(*loss, &mut watch);
            let found = schedule.factor(Place { done: 1.0, step: 0.1, total: 20.0 }, &watch);
            assert!((found - expected).abs() < 1e-6, "{schedule:?}: {found} is not {expected}");
        }
    }
}

/// The problem's gradients with SGD at 0.05 and momentum 0.9; `each` sees gradients before a step, weights after it.
fn sgd(kind: Kind, mut each: impl FnMut(usize, Option<&mut Tensor>, &Tensor)) {
    let reference = torch();
    let vector = |name: &str| Tensor::from_slice(&numbers(&reference[name])).to_kind(kind);
    let (goal, scale, mut params) = (vector("goal"), vector("scale"), vector("start"));
    let mut optimizer = Optimizer::default();
    for (path, value) in [("name", "sgd"), ("lr", "0.05"), ("momentum", "0.9")] {
        set(&mut optimizer, path, value).expect("it has such a setting");
    }
    let mut state = State::new(optimizer.rule(), params.size()[0], kind, Device::Cpu);
    for i in 0..20 {
        let mut grads = (&params - &goal) * &scale;
        each(i, Some(&mut grads), &params);
        state.begin(optimizer.rule(), 1.0).apply(&mut params, &mut grads, &mut state.slots);
        each(i, None, &params);
    }
}

#[test]
fn gradients_are_clipped_as_by_pytorch() {
    for kind in [Kind::Double, Kind::Float] {
        for case in list(&torch()["control"]["clips"]) {
            let most = case["clip_norm"].as_f64().expect("a number");
            sgd(kind, |i, grads, params| match grads {
                Some(grads) => {
                    let squares = grads.square().sum(Kind::Double).double_value(&[]);
                    *grads *= super::clip(squares, most);
                }
                None => {
                    // PyTorch divides by the norm and a millionth.
                    let off = difference(params, &numbers(&case["params"][i]));
                    assert!(off < IN_F32, "clipped to {most}: off by {off:e} after step {}", i + 1);
                }
            });
        }
    }
}

#[test]
fn weights_are_averaged_as_by_pytorch() {
    for (kind, tolerance) in [(Kind::Double, IN_F64), (Kind::Float, IN_F32)] {
        for case in list(&torch()["control"]["averages"]) {
            let ema = super::Ema { decay: case["decay"].as_f64().expect("a number"), ramp: false };
            let mut average = None;
            sgd(kind, |i, grads, params| {
                if grads.is_none() {
                    let kept = ema.kept(i as u64 + 1).expect("it averages");
                    let moved = average.get_or_insert_with(|| params.copy()).lerp_(params, 1.0 - kept);
                    let off = difference(&moved, &numbers(&case["averages"][i]));
                    assert!(off < tolerance, "{ema:?}: off by {off:e} after step {}", i + 1);
                }
            });
        }
    }
}

#[test]
fn muon_steps_as_pytorch_does() {
    for (kind, tolerance) in [(Kind::Double, IN_F64), (Kind::Float, IN_F32)] {
        for case in list(&torch()["control"]["muon"]) {
            let optimizer: Optimizer = made("name", case);
            for problem in list(&case["problems"]) {
                let shape: Vec<i64> = numbers(&problem["shape"]).iter().map(|n| *n as i64).collect();
                let tensor = |name: &str| {
                    Tensor::from_slice(&numbers(&problem[name])).to_kind(kind).reshape(shape.as_slice())
                };
                let (goal, scale, mut params) = (tensor("goal"), tensor("scale"), tensor("start"));
                let length = params.numel() as i64;
                let mut state = State::new(optimizer.rule(), length, kind, Device::Cpu);
                for (i, expected) in list(&problem["params"]).iter().enumerate() {
                    let mut grads = (&params - &goal) * &scale;
                    let step = state.begin(optimizer.rule(), 1.0);
                    assert!(step.wants_wholes());
                    let mut slots: Vec<Tensor> =
                        state.slots.iter().map(|slot| slot.view(shape.as_slice())).collect();
                    step.apply(&mut params, &mut grads, &mut slots);
                    let off = difference(&params, &numbers(expected));
                    assert!(off < tolerance, "{shape:?} is off by {off:e} in {kind:?} after step {}", i + 1);
                }
            }
        }
    }
}
