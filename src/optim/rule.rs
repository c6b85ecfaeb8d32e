//! What an optimizer is to the training loop: flat state, a few numbers once a step, and a step for each chunk.
//!
//! All parameters lie in one flat tensor; gradients and every piece of state (a slot) are flat tensors of the same
//! length. The loop calls [`Rule::begin`] once a step and applies the returned [`Step`] to chunks of them, on as many
//! threads as it likes: rules work on each element by itself, so the result does not depend on how they are cut. Only a
//! step that wants whole parameters is applied to each of them in its shape.

use tch::{Device, Kind, Tensor};

/// A rule that turns gradients into steps. Settings may change between two steps: [`Rule::begin`] reads them anew.
///
/// A rule that must see whole matrices makes steps with [`Step::of_wholes`].
pub trait Rule: Send + Sync {
    /// Names of the state tensors, each as long as the parameters; they do not depend on the settings.
    fn slots(&self) -> &'static [&'static str];

    /// The value that every element of `slot` starts from.
    fn initial(&self, _slot: &str) -> f64 {
        0.0
    }

    /// Names and first values of the numbers carried from step to step, beside the number of steps itself.
    fn scalars(&self) -> &'static [(&'static str, f64)] {
        &[]
    }

    /// The learning rate as set, before any schedule.
    fn lr(&self) -> f64;

    /// Share of each weight, times the learning rate, that is taken off before each step, whatever its gradient:
    /// decoupled weight decay (Loshchilov and Hutter, 2017, arXiv 1711.05101), of biases too, as Keras has it.
    fn weight_decay(&self) -> f64 {
        0.0
    }

    /// Makes step number `t`, counted from 1. `lr_factor` multiplies the learning rate (a schedule's word, else 1);
    /// `scalars`, in the order of [`Rule::scalars`], are moved on by one step.
    ///
    /// Weight decay is not in it: [`Rule::step`] is the whole.
    fn begin(&self, t: u64, lr_factor: f64, scalars: &mut [f64]) -> Step;

    /// What is left of each weight before the step.
    fn kept(&self, lr_factor: f64) -> f64 {
        1.0 - self.lr() * lr_factor * self.weight_decay()
    }

    /// [`Rule::begin`] behind the weight decay.
    fn step(&self, t: u64, lr_factor: f64, scalars: &mut [f64]) -> Step {
        let (step, kept) = (self.begin(t, lr_factor, scalars), self.kept(lr_factor));
        if kept == 1.0 {
            return step;
        }
        let wholes = step.wholes;
        let apply = move |params: &mut Tensor, grads: &mut Tensor, slots: &mut [Tensor]| {
            *params *= kept;
            (step.apply)(params, grads, slots);
        };
        Step { apply: Box::new(apply), wholes }
    }
}

type Apply = dyn Fn(&mut Tensor, &mut Tensor, &mut [Tensor]) + Send + Sync;

/// One step with its numbers worked out, to be applied to every chunk once.
pub struct Step {
    apply: Box<Apply>,
    wholes: bool,
}

impl Step {
    /// A step from what it does to a chunk: parameters, gradients, slots. It runs without autograd.
    pub fn new(apply: impl Fn(&mut Tensor, &mut Tensor, &mut [Tensor]) + Send + Sync + 'static) -> Self {
        Self { apply: Box::new(apply), wholes: false }
    }

    /// A step from what it does to a whole parameter in its own shape, outputs first as PyTorch has them.
    pub fn of_wholes(
        apply: impl Fn(&mut Tensor, &mut Tensor, &mut [Tensor]) + Send + Sync + 'static,
    ) -> Self {
        Self { apply: Box::new(apply), wholes: true }
    }

    /// Whether [`Self::apply`] must be given each parameter whole and in its shape, not chunks of a flat list.
    pub fn wants_wholes(&self) -> bool {
        self.wholes
    }

    /// Moves `params` and `slots` on in place, given `grads`: all of one size, one device and one kind. `grads` is
    /// used as scratch memory and holds nothing of meaning afterwards, which saves a temporary tensor a chunk.
    pub fn apply(&self, params: &mut Tensor, grads: &mut Tensor, slots: &mut [Tensor]) {
        tch::no_grad(|| (self.apply)(params, grads, slots));
    }
}

/// The slots by name: as many as the rule lists.
pub(super) fn named<const N: usize>(slots: &mut [Tensor]) -> &mut [Tensor; N] {
    slots.try_into().expect("the caller passes as many slots as the rule lists")
}

/// What a rule carries from step to step: everything a checkpoint needs of an optimizer.
#[derive(Debug)]
pub struct State {
    /// Steps done.
    pub steps: u64,
    /// One flat tensor for each of [`Rule::slots`].
    pub slots: Vec<Tensor>,
    /// One number for each of [`Rule::scalars`].
    pub scalars: Vec<f64>,
}

impl State {
    /// The state before the first step, for `length` parameters.
    pub fn new(rule: &dyn Rule, length: i64, kind: Kind, device: Device) -> Self {
        let full = |name: &&str| Tensor::full([length], rule.initial(name), (kind, device));
        Self {
            steps: 0,
            slots: rule.slots().iter().map(full).collect(),
            scalars: rule.scalars().iter().map(|(_, first)| *first).collect(),
        }
    }

    /// Counts one step and makes it; apply it to every chunk.
    pub fn begin(&mut self, rule: &dyn Rule, lr_factor: f64) -> Step {
        self.steps += 1;
        rule.step(self.steps, lr_factor, &mut self.scalars)
    }
}
