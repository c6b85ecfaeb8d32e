//! What every optimizer of the list promises.

use super::schedule::{Schedule, Shape};
use super::{Loss, Optimizer, State};
use crate::knobs::{Choice, Knobs, check, flat, live_paths};
use tch::{Kind, Tensor};

/// Everything that can be chosen, with its defaults.
fn each<T: Choice + Default>() -> Vec<T> {
    let make = |name| {
        let mut made = T::default();
        assert!(made.choose(name) && made.chosen() == name);
        made
    };
    T::default().options().iter().map(|option| make(option.name)).collect()
}

fn all() -> Vec<Optimizer> {
    each()
}

/// Parameters with which `steps` steps, each cut into chunks of `chunk`, go down `sum(scale * w^2) / 2`.
fn descend(optimizer: &Optimizer, state: &mut State, params: &mut Tensor, steps: u64, chunk: i64) {
    let length = params.size()[0];
    let scale = Tensor::linspace(0.5, 2.0, length, (Kind::Float, tch::Device::Cpu));
    for _ in 0..steps {
        let grads = &*params * &scale;
        let step = state.begin(optimizer.rule(), 1.0);
        let mut at = 0;
        while at < length {
            let cut = |t: &Tensor| t.narrow(0, at, chunk.min(length - at));
            let mut slots: Vec<Tensor> = state.slots.iter().map(cut).collect();
            step.apply(&mut cut(params), &mut cut(&grads), &mut slots);
            at += chunk;
        }
    }
}

fn start() -> Tensor {
    // 1037 is no multiple of any vector length.
    Tensor::linspace(-1.0, 1.5, 1037, (Kind::Float, tch::Device::Cpu))
}

fn fresh(optimizer: &Optimizer) -> State {
    State::new(optimizer.rule(), 1037, Kind::Float, tch::Device::Cpu)
}

fn bits(tensor: &Tensor) -> Vec<u32> {
    Vec::<f32>::try_from(tensor).expect("a flat f32 tensor").into_iter().map(f32::to_bits).collect()
}

#[test]
fn descends() {
    for optimizer in all() {
        let mut params = start();
        let before = params.square().sum(None).double_value(&[]);
        descend(&optimizer, &mut fresh(&optimizer), &mut params, 50, 1037);
        let after = params.square().sum(None).double_value(&[]);
        assert!(after < before, "{}: {before} became {after}", optimizer.chosen());
    }
}

#[test]
fn chunks_change_nothing() {
    for optimizer in all() {
        if State::new(optimizer.rule(), 1, Kind::Float, tch::Device::Cpu)
            .begin(optimizer.rule(), 1.0)
            .wants_wholes()
        {
            continue;
        }
        let run = |chunk| {
            let (mut params, mut state) = (start(), fresh(&optimizer));
            descend(&optimizer, &mut state, &mut params, 10, chunk);
            (bits(&params), state.slots.iter().map(bits).collect::<Vec<_>>())
        };
        let whole = run(1037);
        for chunk in [64, 100, 333, 1] {
            assert!(run(chunk) == whole, "{} depends on the cut into chunks of {chunk}", optimizer.chosen());
        }
    }
}

#[test]
fn goes_on_from_a_saved_state() {
    for optimizer in all() {
        let (mut params, mut state) = (start(), fresh(&optimizer));
        descend(&optimizer, &mut state, &mut params, 6, 1037);
        // As a checkpoint does it: by name, into a fresh state.
        let mut resumed = fresh(&optimizer);
        resumed.steps = state.steps;
        resumed.scalars.clone_from(&state.scalars);
        for (to, from) in resumed.slots.iter_mut().zip(&state.slots) {
            to.copy_(from);
        }
        let mut again = params.copy();
        descend(&optimizer, &mut state, &mut params, 6, 1037);
        descend(&optimizer, &mut resumed, &mut again, 6, 1037);
        assert_eq!(bits(&again), bits(&params), "{}", optimizer.chosen());
    }
}

#[test]
fn a_schedule_multiplies_the_learning_rate() {
    for mut optimizer in all() {
        let step = |optimizer: &Optimizer, lr_factor| {
            let (mut params, mut state) = (start(), fresh(optimizer));
            let mut grads = &params * 0.5;
            state.begin(optimizer.rule(), lr_factor).apply(&mut params, &mut grads, &mut state.slots);
            params
        };
        assert!(step(&optimizer, 0.0).equal(&start()), "{} moves without a rate", optimizer.chosen());
        let scheduled = step(&optimizer, 0.25);
        let quarter = optimizer.rule().lr() * 0.25;
        crate::knobs::set(&mut optimizer, "lr", &quarter.to_string()).expect("every rule has a rate");
        assert_eq!(bits(&scheduled), bits(&step(&optimizer, 1.0)), "{}", optimizer.chosen());
    }
}

#[test]
fn the_learning_rate_is_live() {
    for mut optimizer in all() {
        assert!(live_paths(&mut optimizer).contains(&"lr".to_owned()), "{}", optimizer.chosen());
    }
}

/// Asserts that `settings`, as stored under `stored`, are those that its knobs list beside `choice`, within bounds.
fn same_names(settings: &mut dyn Knobs, choice: &str, stored: Option<&serde_json::Value>) {
    assert_eq!(check(settings), []);
    let mut listed: Vec<String> = flat(settings).into_iter().map(|(path, _)| path).collect();
    listed.retain(|path| path != choice);
    listed.sort();
    let fields = stored.and_then(|fields| fields.as_object());
    let mut stored: Vec<String> = fields.map(|fields| fields.keys().cloned().collect()).unwrap_or_default();
    stored.sort();
    assert_eq!(listed, stored);
}

#[test]
fn knobs_are_called_as_files_call_them() {
    let json = |value: serde_json::Result<serde_json::Value>| value.expect("it can be stored");
    // A choice is stored as its name, or as a map from its name to its settings.
    let named = |value: &serde_json::Value, name: &str| value.get(name).is_some() || value == name;
    for mut optimizer in all() {
        let value = json(serde_json::to_value(&optimizer));
        let name = optimizer.chosen();
        assert!(named(&value, name), "{value}");
        same_names(&mut optimizer, "name", value.get(name));
    }
    for mut loss in each::<Loss>() {
        let value = json(serde_json::to_value(&loss));
        let name = loss.chosen();
        assert!(named(&value, name), "{value}");
        same_names(&mut loss, "name", value.get(name));
    }
    for shape in each::<Shape>() {
        let value = json(serde_json::to_value(&shape));
        assert!(named(&value, shape.chosen()), "{value}");
        let mut fields = value.get(shape.chosen()).cloned().unwrap_or_else(|| serde_json::json!({}));
        fields["warm_up"] = 0.0.into();
        same_names(&mut Schedule { warm_up: 0.0, shape }, "shape", Some(&fields));
    }
}
