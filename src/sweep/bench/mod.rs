//! Holds strategies and pruners to functions whose best value is known: how far from it a search with a given budget
//! ends.

mod functions;
mod told;

pub use functions::{FUNCTIONS, Function};
pub use told::told;

use super::pruner::{Pruner, Verdict};
use super::spec::{Goal, Objective, Sweep};
use super::strategy::Strategy;
use super::study::{End, Event, Next, State, Study, Trial};
use crate::data::random::Stream;
use crate::runs::Metrics;

/// How one search ended.
#[derive(Clone, Debug)]
pub struct Found {
    /// What is known of it.
    pub study: Study,
    /// How far its best trial's true value is from the least that there is.
    pub regret: f64,
    /// Epochs spent.
    pub epochs: u64,
}

/// Searches a function's space with as many trials side by side as there are workers, until its budget is spent.
pub fn search(function: &Function, strategy: &Strategy, pruner: &Pruner, workers: usize, seed: u64) -> Found {
    let mut sweep = Sweep {
        space: (function.space)(),
        strategy: strategy.clone(),
        pruner: pruner.clone(),
        objectives: vec![Objective {
            goal: Goal::Minimise,
            ..Objective::new("loss", crate::runs::Split::Valid)
        }],
        trials: trials(function, pruner),
        seed,
        ..Sweep::default()
    };
    sweep.recipe.train.epochs = function.epochs;
    let mut study = Study::new(sweep);
    let mut running: Vec<u64> = Vec::new();
    let mut spent = 0;
    while spent < function.budget {
        start(&mut study, &mut running, workers);
        if running.is_empty() {
            break;
        }
        running.retain(|trial| {
            spent += 1;
            epoch(&mut study, function, *trial, seed)
        });
    }
    // What is measured is noisy; the trial that is chosen by it counts with what it truly is.
    let truth = |trial: &Trial| (function.truth)(&trial.point, function.epochs as f64);
    let regret = study.best().map_or(f64::INFINITY, |trial| truth(trial) - function.least);
    Found { regret, epochs: spent, study }
}

/// Trials to ask for: without end, but where all of them wait for each other, as many as the budget can bring to the
/// end of the last rung.
fn trials(function: &Function, pruner: &Pruner) -> u64 {
    let Pruner::Halving(halving) = pruner else { return function.budget };
    // From rung to rung one in `factor` goes on for `factor - 1` times the epochs so far.
    let n_rungs = pruner.prune().rungs(function.epochs as f64).len() as f64;
    let epochs_a_trial = 1.0 + n_rungs * (1.0 - 1.0 / halving.factor as f64);
    (function.budget as f64 / epochs_a_trial) as u64
}

fn start(study: &mut Study, running: &mut Vec<u64>, workers: usize) {
    let at = 0.0;
    while running.len() < workers {
        match study.next(at) {
            Next::Run(trial) => {
                study.apply(&Event::Started { at, trial, worker: 0, run: String::new() });
                running.push(trial);
            }
            Next::Start { point, origin, seed } => {
                let trial = study.trials.len() as u64 + 1;
                study.apply(&Event::Asked { at, trial, point, origin, seed });
            }
            Next::Settle(settled) => {
                for (trial, why) in settled.pruned {
                    study.apply(&ended(trial, End::Pruned, None, Some(why)));
                }
                for (trial, why) in settled.promoted {
                    study.apply(&Event::Promoted { at, trial, why });
                }
            }
            Next::Wait(_) | Next::Halted(_) | Next::Done(_) => return,
        }
    }
}

fn ended(trial: u64, end: End, metrics: Option<Metrics>, why: Option<String>) -> Event {
    Event::Ended { at: 0.0, trial, end, secs: None, epochs: None, metrics, why }
}

/// One epoch of a trial; false when it runs no more.
fn epoch(study: &mut Study, function: &Function, id: u64, seed: u64) -> bool {
    let Some(trial) = study.trial(id).filter(|trial| trial.state() == State::Running) else { return false };
    let epoch = trial.epoch() + 1.0;
    let mut stream = Stream::new("noise", seed, id, epoch as u64);
    let radius = (-2.0 * (1.0 - f64::from(stream.unit())).ln()).sqrt();
    let noise = radius * (std::f64::consts::TAU * f64::from(stream.unit())).cos();
    let value = (function.truth)(&trial.point, epoch) + (function.noise)(epoch) * noise;
    let metrics = Metrics::from([("loss", value)]);
    study.apply(&Event::Reported { at: 0.0, trial: id, epoch, secs: epoch, metrics: metrics.clone() });
    if epoch >= function.epochs as f64 {
        study.apply(&ended(id, End::Complete, Some(metrics), None));
        return false;
    }
    match study.judge(id) {
        Verdict::GoOn => return true,
        Verdict::Wait(why) => study.apply(&Event::Paused { at: 0.0, trial: id, wanted: false, why }),
        Verdict::Prune(why) => study.apply(&ended(id, End::Pruned, None, Some(why))),
    }
    false
}

/// Median of several searches' regrets.
pub fn median(regrets: &[f64]) -> f64 {
    let mut sorted = regrets.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n => f64::midpoint(sorted[(n - 1) / 2], sorted[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knobs::Choice as _;

    fn chosen(name: &str) -> Strategy {
        let mut strategy = Strategy::default();
        assert!(strategy.choose(name), "{name}");
        strategy
    }

    #[test]
    fn learning_from_trials_beats_drawing_them() {
        for function in FUNCTIONS {
            let regret = |name: &str, workers: usize| {
                let found = |seed| search(function, &chosen(name), &Pruner::default(), workers, seed).regret;
                median(&(0..7).map(found).collect::<Vec<_>>())
            };
            let random = regret("random", 1);
            for workers in [1, 4] {
                let tpe = regret("tpe", workers);
                assert!(tpe < random, "{} with {workers} workers: {tpe} against {random}", function.name);
            }
        }
    }

    #[test]
    fn giving_up_early_makes_room_for_more_trials() {
        let function = &FUNCTIONS[2];
        for name in ["asha", "hyperband", "median", "halving"] {
            let mut pruner = Pruner::default();
            assert!(pruner.choose(name));
            let found = search(function, &chosen("random"), &pruner, 4, 1);
            assert!(found.study.trials.len() > 35, "{name}: {}", found.study.trials.len());
            assert!(found.epochs <= function.budget + 4, "{name}");
        }
    }
}
