//! Optimizer steps over flat lists, in one pass where the rule is known here, else with the rule's own tensors; what
//! comes before (clipping) and after (the average of the weights).

use super::plan::Plan;
use super::threads::Threads;
use super::vectorised::vectorised;
use crate::optim::{Optimizer, Step};
use std::sync::Mutex;
use tch::{Device, Kind, Tensor};

/// Numbers that one thread steps at a time: few enough that gradient and state stay in its second-level cache.
const CHUNK: usize = 16 * 1024;

/// A part of parameters, gradients and state.
struct Part<'a> {
    params: &'a mut [f32],
    grads: &'a mut [f32],
    slots: Vec<&'a mut [f32]>,
}

/// The numbers of one step.
#[derive(Clone, Copy, Debug)]
pub struct Begun {
    /// Steps counted from 1.
    pub t: u64,
    /// What the learning rate is multiplied by.
    pub lr_factor: f64,
    /// What gradients are multiplied by.
    pub clip: f64,
}

/// What gradients are to be multiplied by, so that their norm is `most` at most.
pub fn clip(threads: &mut Threads, arch: pulp::Arch, grads: &[f32], most: f64) -> f64 {
    if most == 0.0 {
        return 1.0;
    }
    // Sums of chunks, added up in the chunks' order: the same for any number of threads.
    let sums = Mutex::new(vec![0.0; grads.len().div_ceil(CHUNK)]);
    threads.for_each(grads.chunks(CHUNK).collect(), |i, grads| {
        let sum = squares(arch, grads);
        sums.lock().unwrap_or_else(std::sync::PoisonError::into_inner)[i] = sum;
    });
    let sums = sums.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    crate::optim::clip(sums.iter().sum(), most)
}

/// Moves the average towards the weights, so that the share `kept` of it is left.
pub fn average(threads: &mut Threads, arch: pulp::Arch, kept: f64, params: &[f32], average: &mut [f32]) {
    let chunks = average.chunks_mut(CHUNK).zip(params.chunks(CHUNK)).collect();
    threads.for_each(chunks, |_, (average, params)| towards(arch, (1.0 - kept) as f32, average, params));
}

/// Steps everything, but for a step that wants whole parameters: that one comes back for [`step_wholes`].
#[expect(clippy::too_many_arguments, reason = "a kernel's operands; a struct for one call would hide them")]
pub fn update(
    threads: &mut Threads,
    arch: pulp::Arch,
    optimizer: &Optimizer,
    begun: Begun,
    scalars: &mut [f64],
    params: &mut [f32],
    grads: &mut [f32],
    slots: &mut [Vec<f32>],
) -> Option<Step> {
    let Begun { t, lr_factor, clip } = begun;
    let rule = optimizer.rule();
    let step = rule.step(t, lr_factor, scalars);
    if step.wants_wholes() {
        return Some(step);
    }
    let kept = rule.kept(lr_factor) as f32;
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
    let adam_numbers = |lr: f64, beta_1: f64, beta_2: f64, epsilon: f64| {
        let correction = (1.0 - beta_2.powf(t as f64)).sqrt() / (1.0 - beta_1.powf(t as f64));
        let lr = lr * lr_factor * correction;
        [(1.0 - beta_1) as f32, (1.0 - beta_2) as f32, lr as f32, epsilon as f32, kept]
    };
    threads.for_each(parts, |_, mut part| {
        if clip != 1.0 {
            scale(arch, clip as f32, part.grads);
        }
        match (optimizer, part.slots.as_mut_slice()) {
            (Optimizer::Adam(a), [momentum, velocity]) => {
                let numbers = adam_numbers(a.lr, a.beta_1, a.beta_2, a.epsilon);
                adam_step(arch, numbers, part.params, part.grads, momentum, velocity);
            }
            (Optimizer::AdamW(a), [momentum, velocity]) => {
                let numbers = adam_numbers(a.lr, a.beta_1, a.beta_2, a.epsilon);
                adam_step(arch, numbers, part.params, part.grads, momentum, velocity);
            }
            (Optimizer::Sgd(sgd), [velocity]) => {
                let numbers = [(sgd.lr * lr_factor) as f32, sgd.momentum as f32, kept];
                sgd_step(arch, numbers, sgd.nesterov, part.params, part.grads, velocity);
            }
            _ => by_tensors(&step, &mut part),
        }
    });
    None
}

/// Applies a step to each parameter in its shape, which costs a copy there and back.
pub fn step_wholes(
    plan: &Plan,
    step: &Step,
    clip: f64,
    params: &mut [f32],
    grads: &[f32],
    slots: &mut [Vec<f32>],
) -> anyhow::Result<()> {
    let mut named = plan.export(params);
    let mut grads = plan.export(grads);
    let mut states: Vec<Vec<(String, Tensor)>> = slots.iter().map(|slot| plan.export(slot)).collect();
    for (i, ((_, param), (_, grad))) in named.iter_mut().zip(&mut grads).enumerate() {
        if clip != 1.0 {
            *grad *= clip;
        }
        let mut slots: Vec<Tensor> = states.iter().map(|state| state[i].1.shallow_clone()).collect();
        step.apply(param, grad, &mut slots);
    }
    let back = |named: &[(String, Tensor)]| plan.import(&|name| super::find(named, name));
    params.copy_from_slice(&back(&named)?);
    for (slot, state) in slots.iter_mut().zip(&mut states) {
        *slot = back(state)?;
    }
    Ok(())
}

vectorised! {
    /// Adam, with 1 - beta of both means, the step size, epsilon and what weight decay leaves.
    fn adam_step<'a>(
        numbers: [f32; 5],
        params: &'a mut [f32],
        grads: &'a [f32],
        momentum: &'a mut [f32],
        velocity: &'a mut [f32],
    ) {
        let [rest_1, rest_2, lr, epsilon, kept] = numbers;
        let state = momentum.iter_mut().zip(velocity);
        for ((p, g), (m, v)) in params.iter_mut().zip(grads).zip(state) {
            *m += (g - *m) * rest_1;
            *v += (g * g - *v) * rest_2;
            *p = *p * kept - lr * *m / (v.sqrt() + epsilon);
        }
    }

    /// Gradient descent with momentum: the step size, the share carried over, and what weight decay leaves.
    fn sgd_step<'a>(
        numbers: [f32; 3],
        nesterov: bool,
        params: &'a mut [f32],
        grads: &'a [f32],
        velocity: &'a mut [f32],
    ) {
        let [lr, momentum, kept] = numbers;
        for ((p, g), v) in params.iter_mut().zip(grads).zip(velocity) {
            let step = -lr * g;
            *v = momentum * *v + step;
            *p = *p * kept + if nesterov { momentum * *v + step } else { *v };
        }
    }

    /// `average += (params - average) * share`.
    fn towards<'a>(share: f32, average: &'a mut [f32], params: &'a [f32]) {
        average.iter_mut().zip(params).for_each(|(a, p)| *a += (p - *a) * share);
    }

    /// `numbers *= by`.
    fn scale<'a>(by: f32, numbers: &'a mut [f32]) {
        numbers.iter_mut().for_each(|n| *n *= by);
    }

    /// The sum of the squares.
    fn squares<'a>(numbers: &'a [f32]) -> f64 {
        // Eight sums, so that vectors can hold them.
        let mut sums = [0.0_f64; 8];
        for eight in numbers.chunks(8) {
            sums.iter_mut().zip(eight).for_each(|(sum, n)| *sum += f64::from(*n) * f64::from(*n));
        }
        sums.iter().sum()
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
    use crate::optim::{adam::Adam, adamw::AdamW, sgd::Sgd};

    #[test]
    fn one_pass_steps_as_the_rule_does() {
        let sgd =
            |momentum, nesterov| Optimizer::Sgd(Sgd { lr: 0.1, momentum, nesterov, weight_decay: 0.01 });
        let (adam, adamw) = (Optimizer::Adam(Adam::default()), Optimizer::AdamW(AdamW::default()));
        for optimizer in [adam, adamw, sgd(0.0, false), sgd(0.9, false), sgd(0.9, true)] {
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
                    Begun { t: t as u64, lr_factor: 0.7, clip: 0.5 },
                    &mut [],
                    &mut ours,
                    &mut grads.clone(),
                    &mut our_slots,
                );
                let step = rule.step(t as u64, 0.7, &mut []);
                let mut grads: Vec<f32> = grads.iter().map(|g| g * 0.5).collect();
                let slots = their_slots.iter_mut().map(Vec::as_mut_slice).collect();
                by_tensors(&step, &mut Part { params: &mut theirs, grads: &mut grads, slots });
            }
            let worst = ours.iter().zip(&theirs).fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()));
            assert!(worst < 1e-5 && ours != start, "{optimizer:?} differs by {worst}");
        }
    }

    #[test]
    fn norms_and_averages_are_the_same_for_any_number_of_threads() {
        let n = 3 * CHUNK + 77;
        let grads: Vec<f32> = (0..n).map(|i| (i as f32 * 0.37).sin()).collect();
        let arch = pulp::Arch::new();
        let run = |n_threads| {
            let mut threads = Threads::new(n_threads).expect("they start");
            let factor = clip(&mut threads, arch, &grads, 2.0);
            let mut moved = vec![1.0; n];
            average(&mut threads, arch, 0.75, &grads, &mut moved);
            (factor.to_bits(), moved)
        };
        let (bits, moved) = run(1);
        assert!(run(3) == (bits, moved.clone()));
        let norm = grads.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
        assert!((f64::from_bits(bits) - 2.0 / norm).abs() < 1e-12);
        assert!(moved.iter().zip(&grads).all(|(m, g)| (m - (0.75 + 0.25 * g)).abs() < 1e-6));
    }
}
