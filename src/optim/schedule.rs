//! Schedules: how the learning rate changes over a training. [`Schedule`] is the list; all of it is plain arithmetic.
//!
//! Everything is counted in epochs, as real numbers, so that a schedule keeps its place when the batch size or the
//! number of epochs is changed while a training runs.

use super::plateau::{Plateau, Watch};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// Which step of a training is about to be made, in epochs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Epochs done before the step: 0 before the first.
    pub done: f64,
    /// Share of an epoch that the step is: batch size over images.
    pub step: f64,
    /// Epochs of the whole training.
    pub total: f64,
}

/// How the learning rate changes, as a recipe names it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Schedule {
    /// Epochs over which it first rises in a straight line from almost nothing.
    pub warm_up: f64,
    /// What it does then.
    pub shape: Shape,
}

/// How the learning rate goes on after the warm-up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Shape {
    /// The same all the time.
    #[default]
    Constant,
    /// A fall every so many epochs.
    Step(Stairs),
    /// A steady fall by a factor an epoch.
    Exponential(Exponential),
    /// A straight line down.
    Linear(Floor),
    /// Half a cosine down.
    Cosine(Floor),
    /// Up, then far down.
    OneCycle(OneCycle),
    /// A fall whenever the validation loss stays where it is.
    Plateau(Plateau),
}

crate::choice!(Shape {
    Self::Constant => Self::Constant, "constant", "Constant", "The learning rate stays as it is";
    Self::Step(_) => Self::Step(Stairs::default()), "step", "Step", "The learning rate falls by a factor every so many epochs";
    Self::Exponential(_) => Self::Exponential(Exponential::default()), "exponential", "Exponential", "The learning rate falls steadily, by a factor an epoch";
    Self::Linear(_) => Self::Linear(Floor::default()), "linear", "Linear", "The learning rate falls in a straight line";
    Self::Cosine(_) => Self::Cosine(Floor::default()), "cosine", "Cosine", "The learning rate falls slowly, fast, then slowly again";
    Self::OneCycle(_) => Self::OneCycle(OneCycle::default()), "one_cycle", "One cycle", "The learning rate rises from little to its full value, then falls to almost nothing";
    Self::Plateau(_) => Self::Plateau(Plateau::default()), "plateau", "On a plateau", "The learning rate falls by a factor when the validation loss stays where it is";
});

/// Settings of the fall every so many epochs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stairs {
    /// Epochs between two falls.
    pub every: u64,
    /// What each fall multiplies by.
    pub factor: f64,
}

/// Settings of the steady fall.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Exponential {
    /// What each epoch multiplies by.
    pub rate: f64,
}

/// Settings of a fall over the whole training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Floor {
    /// What is left at the end, as a share.
    pub floor: f64,
}

/// Settings of the one cycle (Smith and Topin, 2017, arXiv 1708.07120), in PyTorch's form: two halves of a cosine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OneCycle {
    /// Share of the training that rises.
    pub rise: f64,
    /// Where it starts, as a share of the learning rate.
    pub start: f64,
    /// Where it ends, as a share of the learning rate.
    pub end: f64,
}

impl Default for Stairs {
    fn default() -> Self {
        Self { every: 10, factor: 0.1 }
    }
}

impl Default for Exponential {
    fn default() -> Self {
        // The fall of the tutorials that have one.
        Self { rate: 0.95 }
    }
}

impl Default for OneCycle {
    fn default() -> Self {
        // PyTorch's OneCycleLR: pct_start 0.3, div_factor 25, final_div_factor 1e4.
        Self { rise: 0.3, start: 0.04, end: 4e-6 }
    }
}

impl Knobs for Schedule {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { warm_up, shape } = self;
        visitor.choice("shape", shape, "How the learning rate changes over the training");
        match shape {
            Shape::Constant => {}
            Shape::Plateau(plateau) => plateau.visit(visitor),
            Shape::Step(Stairs { every, factor }) => {
                visitor.int(
                    "every",
                    every,
                    Knob::log(1, 1000, "Epochs between two falls").unit("epochs").live(),
                );
                visitor.float("factor", factor, Knob::log(0.001, 1.0, "What each fall multiplies by").live());
            }
            Shape::Exponential(Exponential { rate }) => {
                visitor.float("rate", rate, Knob::range(0.1, 1.0, "What each epoch multiplies by").live());
            }
            Shape::Linear(Floor { floor }) | Shape::Cosine(Floor { floor }) => {
                visitor.float(
                    "floor",
                    floor,
                    Knob::range(0.0, 1.0, "Share of the learning rate that is left at the end").live(),
                );
            }
            Shape::OneCycle(OneCycle { rise, start, end }) => {
                visitor.float("rise", rise, Knob::range(0.0, 1.0, "Share of the training that rises").live());
                let share = |help| Knob::log(1e-9, 1.0, help).live();
                visitor.float("start", start, share("Where it starts, as a share of the learning rate"));
                visitor.float("end", end, share("Where it ends, as a share of the learning rate"));
            }
        }
        visitor.float(
            "warm_up",
            warm_up,
            Knob::range(0.0, 20.0, "Time over which the learning rate first rises from almost nothing")
                .unit("epochs")
                .live(),
        );
    }
}

impl Schedule {
    /// What the learning rate is multiplied by for the step at `place`: 0 to 1. Past the end of the training it stays
    /// as it was at the end.
    ///
    /// Falls every so many epochs count from the start of the training, those over the whole of it from the end of the
    /// warm-up. `watch` is what [`Self::see`] made of the validation losses so far.
    pub fn factor(&self, place: Place, watch: &Watch) -> f64 {
        let Place { done, step, total } = place;
        // The first step is already worth something: a step of size zero would be wasted.
        let warmth = if done + step < self.warm_up { (done + step) / self.warm_up } else { 1.0 };
        // The share of what follows the warm-up that is over.
        let passed = |end: f64| {
            let length = end - self.warm_up;
            if length > 0.0 { ((done - self.warm_up) / length).clamp(0.0, 1.0) } else { 1.0 }
        };
        warmth
            * match &self.shape {
                Shape::Constant => 1.0,
                Shape::Plateau(_) => watch.factor,
                Shape::Step(Stairs { every, factor }) => factor.powf((done / (*every).max(1) as f64).floor()),
                Shape::Exponential(Exponential { rate }) => rate.powf(done),
                Shape::Linear(Floor { floor }) => between(1.0, *floor, passed(total)),
                Shape::Cosine(Floor { floor }) => eased(1.0, *floor, passed(total)),
                // As PyTorch counts: both ends of the cycle are steps of the training.
                Shape::OneCycle(cycle) => cycle.factor(passed(total - step), step / (total - self.warm_up)),
            }
    }
}

impl Schedule {
    /// Takes in the validation loss after an epoch.
    pub fn see(&self, loss: f64, watch: &mut Watch) {
        if let Shape::Plateau(plateau) = &self.shape {
            plateau.see(loss, watch);
        }
    }
}

impl OneCycle {
    /// `passed` of the cycle is over, of which one step is the share `step`.
    fn factor(&self, passed: f64, step: f64) -> f64 {
        let Self { rise, start, end } = *self;
        // The share that rises is one of all steps, and the cycle is one step shorter than they are.
        let top = if step < 1.0 { ((rise - step) / (1.0 - step)).clamp(0.0, 1.0) } else { 0.0 };
        if passed < top {
            eased(start, 1.0, passed / top)
        } else {
            eased(1.0, end, (passed - top) / (1.0 - top).max(1e-9))
        }
    }
}

/// From `a` to `b` in a straight line.
fn between(a: f64, b: f64, share: f64) -> f64 {
    a + (b - a) * share.clamp(0.0, 1.0)
}

/// From `a` to `b` along half a cosine.
fn eased(a: f64, b: f64, share: f64) -> f64 {
    between(a, b, 0.5 - 0.5 * (PI * share.clamp(0.0, 1.0)).cos())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knobs::Choice as _;

    /// Every shape with its defaults, with and without a warm-up of one epoch.
    fn all() -> Vec<Schedule> {
        let mut schedules = Vec::new();
        for option in Shape::default().options() {
            let mut shape = Shape::default();
            assert!(shape.choose(option.name));
            schedules.push(Schedule { warm_up: 0.0, shape: shape.clone() });
            schedules.push(Schedule { warm_up: 1.0, shape });
        }
        schedules
    }

    /// Factors of every step of 4 epochs of 5 steps.
    fn factors(schedule: &Schedule) -> Vec<f64> {
        let place = |i: i32| Place { done: f64::from(i) / 5.0, step: 0.2, total: 4.0 };
        (0..20).map(|i| schedule.factor(place(i), &Watch::default())).collect()
    }

    #[test]
    fn factors_are_shares_that_never_vanish_and_reach_all() {
        for schedule in all() {
            let factors = factors(&schedule);
            assert!(factors.iter().all(|f| *f > 0.0 && *f <= 1.0), "{schedule:?}: {factors:?}");
            let most = factors.iter().copied().fold(0.0, f64::max);
            assert!(most > 0.9, "{schedule:?}: {factors:?}");
        }
    }

    #[test]
    fn a_training_of_one_step_or_beyond_its_end_is_no_trouble() {
        for schedule in all() {
            for place in [
                Place { done: 0.0, step: 1.0, total: 1.0 },
                Place { done: 0.0, step: 3.0, total: 1.0 },
                Place { done: 7.0, step: 0.2, total: 4.0 },
                Place { done: 0.0, step: 0.2, total: 0.0 },
            ] {
                let factor = schedule.factor(place, &Watch::default());
                assert!((0.0..=1.0).contains(&factor), "{schedule:?} at {place:?}: {factor}");
            }
        }
    }

    #[test]
    fn the_warm_up_rises_in_a_straight_line() {
        let factors = factors(&Schedule { warm_up: 1.0, shape: Shape::Constant });
        for (i, expected) in [0.2, 0.4, 0.6, 0.8, 1.0, 1.0].into_iter().enumerate() {
            assert!((factors[i] - expected).abs() < 1e-12, "{factors:?}");
        }
    }

    #[test]
    fn a_line_goes_down_to_its_floor() {
        let schedule = Schedule { warm_up: 0.0, shape: Shape::Linear(Floor { floor: 0.5 }) };
        let factors = factors(&schedule);
        assert_eq!((factors[0], factors[10]), (1.0, 0.75));
        assert_eq!(schedule.factor(Place { done: 4.0, step: 0.2, total: 4.0 }, &Watch::default()), 0.5);
    }

    #[test]
    fn a_bigger_batch_does_not_move_it() {
        for shape in [Shape::Cosine(Floor::default()), Shape::Step(Stairs::default())] {
            let schedule = Schedule { warm_up: 0.5, shape };
            let at = |step| schedule.factor(Place { done: 2.0, step, total: 4.0 }, &Watch::default());
            assert_eq!(at(0.1), at(0.4));
        }
    }

    #[test]
    fn it_reads_as_a_recipe_writes_it() {
        let options = ron::Options::default()
            .with_default_extension(ron::extensions::Extensions::UNWRAP_VARIANT_NEWTYPES);
        let read: Schedule =
            options.from_str("(warm_up: 1, shape: cosine(floor: 0.1))").expect("it is valid");
        assert_eq!(read, Schedule { warm_up: 1.0, shape: Shape::Cosine(Floor { floor: 0.1 }) });
    }
}
