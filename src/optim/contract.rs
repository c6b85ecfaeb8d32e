//! What every optimizer of the list promises.

use super::{Optimizer, State};
use crate::knobs::{Choice as _, live_paths};
use tch::{Kind, Tensor};

/// Each optimizer with its defaults.
fn all() -> Vec<Optimizer> {
    let make = |name| {
        let mut optimizer = Optimizer::default();
        assert!(optimizer.choose(name));
        optimizer
    };
    Optimizer::default().options().iter().map(|option| make(option.name)).collect()
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
fn the_learning_rate_is_live() {
    for mut optimizer in all() {
        assert!(live_paths(&mut optimizer).contains(&"lr".to_owned()), "{}", optimizer.chosen());
    }
}
