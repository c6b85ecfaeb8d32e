//! Optimizer steps over flat lists, in one pass where the rule is known here, else with the rule's own tensors.

use super::threads::Threads;
use super::vectorised::vectorised;
use crate::optim::{Optimizer, Step};
use tch::{Device, Kind, Tensor};

/// Numbers that one thread steps at a time: few enough that gradient and state stay in its second-level cache.
const CHUNK: usize = 16 * 1024;

/// A part of parameters, gradients and state.
struct Part<'a> {
    params: &'a mut [f32],
    grads: &'a mut [f32],
    slots: Vec<&'a mut [f32]>,
}

/// Steps everything; `t` counts steps from 1.
#[expect(clippy::too_many_arguments, reason = "a kernel's operands; a struct for one call would hide them")]
pub fn update(
    threads: &mut Threads,
    arch: pulp::Arch,
    optimizer: &Optimizer,
    t: u64,
    scalars: &mut [f64],
    params: &mut [f32],
    grads: &mut [f32],
    slots: &mut [Vec<f32>],
) {
    let step = optimizer.rule().begin(t, 1.0, scalars);
    let mut slots: Vec<_> = slots.iter_mut().map(|slot| slot.chunks_mut(CHUNK)).collect();
    let parts: Vec<Part<'_>> = params
        .chunks_mut(CHUNK)
        .zip(grads.chunks_mut(CHUNK))
        .map(|(params, grads)| Part {
            params,
            grads,
            slots: slots.iter_mut().filter_map(Iterator::next).collect(),
        })
        .collect();
    threads.for_each(parts, |_, mut part| match (optimizer, part.slots.as_mut_slice()) {
        (Optimizer::Adam(adam), [momentum, velocity]) => {
            let (rest_1, rest_2) = ((1.0 - adam.beta_1) as f32, (1.0 - adam.beta_2) as f32);
            let correction = (1.0 - adam.beta_2.powf(t as f64)).sqrt() / (1.0 - adam.beta_1.powf(t as f64));
            let (lr, epsilon) = ((adam.lr * correction) as f32, adam.epsilon as f32);
            adam_step(arch, [rest_1, rest_2, lr, epsilon], part.params, part.grads, momentum, velocity);
        }
        (Optimizer::Sgd(sgd), [velocity]) => {
            let (lr, momentum) = (sgd.lr as f32, sgd.momentum as f32);
            sgd_step(arch, lr, momentum, sgd.nesterov, part.params, part.grads, velocity);
        }
        _ => by_tensors(&step, &mut part),
    });
}

vectorised! {
    /// Adam, with 1 - beta of both means, the step size and epsilon.
    fn adam_step<'a>(
        numbers: [f32; 4],
        params: &'a mut [f32],
        grads: &'a [f32],
        momentum: &'a mut [f32],
        velocity: &'a mut [f32],
    ) {
        let [rest_1, rest_2, lr, epsilon] = numbers;
        let state = momentum.iter_mut().zip(velocity);
        for ((p, g), (m, v)) in params.iter_mut().zip(grads).zip(state) {
            *m += (g - *m) * rest_1;
            *v += (g * g - *v) * rest_2;
            *p -= lr * *m / (v.sqrt() + epsilon);
        }
    }

    /// Gradient descent with momentum.
    fn sgd_step<'a>(
        lr: f32,
        momentum: f32,
        nesterov: bool,
        params: &'a mut [f32],
        grads: &'a [f32],
        velocity: &'a mut [f32],
    ) {
        for ((p, g), v) in params.iter_mut().zip(grads).zip(velocity) {
            let step = -lr * g;
            *v = momentum * *v + step;
            *p += if nesterov { momentum * *v + step } else { *v };
        }
    }
}

/// Any other rule: its tensors see the same memory.
fn by_tensors(step: &Step, part: &mut Part<'_>) {
    let mut slots: Vec<Tensor> = part.slots.iter_mut().map(|slot| borrowed(slot)).collect();
    step.apply(&mut borrowed(part.params), &mut borrowed(part.grads), &mut slots);
}

/// A tensor over the memory of a list; it must not outlive it.
#[expect(
    unsafe_code,
    reason = "the only way to hand memory of ours to the tensor library without two copies a step"
)]
fn borrowed(list: &mut [f32]) -> Tensor {
    // SAFETY: the tensors live only within `by_tensors`, which holds the list borrowed and mutable for longer.
    unsafe {
        Tensor::from_blob(
            list.as_mut_ptr().cast::<u8>(),
            &[list.len() as i64],
            &[1],
            Kind::Float,
            Device::Cpu,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::{adam::Adam, sgd::Sgd};

    #[test]
    fn one_pass_steps_as_the_rule_does() {
        let sgd = |momentum, nesterov| Optimizer::Sgd(Sgd { lr: 0.1, momentum, nesterov });
        for optimizer in [Optimizer::Adam(Adam::default()), sgd(0.0, false), sgd(0.9, false), sgd(0.9, true)]
        {
            let n = CHUNK + 1000;
            let mut threads = Threads::new(2).expect("they start");
            let start: Vec<f32> = (0..n).map(|i| (i as f32 * 0.37).sin()).collect();
            let rule = optimizer.rule();
            let (mut ours, mut theirs) = (start.clone(), start.clone());
            let mut our_slots: Vec<Vec<f32>> = rule.slots().iter().map(|_| vec![0.0; n]).collect();
            let mut their_slots = our_slots.clone();
            for t in 1..=20 {
                let grads: Vec<f32> = (0..n).map(|i| ((i * 3 + t * 7) as f32 * 0.11).cos()).collect();
                let arch = pulp::Arch::new();
                update(
                    &mut threads,
                    arch,
                    &optimizer,
                    t as u64,
                    &mut [],
                    &mut ours,
                    &mut grads.clone(),
                    &mut our_slots,
                );
                let step = rule.begin(t as u64, 1.0, &mut []);
                let mut grads = grads.clone();
                let slots = their_slots.iter_mut().map(Vec::as_mut_slice).collect();
                by_tensors(&step, &mut Part { params: &mut theirs, grads: &mut grads, slots });
            }
            let worst = ours.iter().zip(&theirs).fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()));
            assert!(worst < 1e-5 && ours != start, "{optimizer:?} differs by {worst}");
        }
    }
}
