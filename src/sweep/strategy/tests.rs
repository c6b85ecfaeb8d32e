//! What every strategy promises, in a loop over the list; and what single ones do.

use super::super::pruner::Pruner;
use super::super::space::{Axis, Range, Value};
use super::super::spec::Sweep;
use super::super::study::testing::{Bench, complete, finish};
use super::super::study::{Event, Next, Origin, State};
use super::*;
use crate::knobs::Choice as _;

/// Conditional, logarithmic, whole and named axes.
pub(crate) fn mixed() -> Space {
    Space(vec![
        Axis::new("optim.lr", Range::Log { min: 1e-4, max: 1.0 }),
        Axis::new("optim.name", Range::Choice(vec!["adam".into(), "sgd".into(), "adamax".into()])),
        Axis::new("optim.momentum", Range::Linear { min: 0.0, max: 0.9, step: 0.0 })
            .when("optim.name", &["sgd"]),
        Axis::new("train.batch_size", Range::Int { min: 16, max: 256, step: 1, log: true }),
        Axis::new("optim.weight_decay", Range::Fixed(0.01.into())).when("optim.name", &["sgd"]),
    ])
}

fn counted() -> Space {
    Space(vec![
        Axis::new("optim.name", Range::Choice(vec!["adam".into(), "sgd".into()])),
        Axis::new("optim.momentum", Range::Linear { min: 0.0, max: 0.9, step: 0.3 })
            .when("optim.name", &["sgd"]),
        Axis::new("train.batch_size", Range::Choice(vec![32.into(), 64.into(), 128.into()])),
    ])
}

/// All that propose something of their own.
fn all() -> Vec<Strategy> {
    Strategy::default()
        .options()
        .into_iter()
        .map(|option| {
            let mut strategy = Strategy::default();
            assert!(strategy.choose(option.name), "{}", option.name);
            strategy
        })
        .filter(|strategy| !matches!(strategy, Strategy::Listed(_)))
        .collect()
}

#[test]
fn a_list_is_gone_through_and_nothing_else() {
    let queue = vec![counted().decode(&[0.0, 0.0, 0.0]), counted().decode(&[1.0, 1.0, 1.0])];
    let strategy = Strategy::Listed(Listed::default());
    let sweep = Sweep { queue: queue.clone(), ..sweep(counted(), strategy, Pruner::default(), 100) };
    let bench = finish(sweep, 2, |_, _| Ok(0.5));
    let tried: Vec<Point> = bench.study.trials.iter().map(|t| t.point.clone()).collect();
    assert_eq!(tried, queue);
    assert!(bench.study.trials.iter().all(|t| t.origin == Origin::Hand && t.state() == State::Complete));
}

fn pruners() -> Vec<Pruner> {
    let chosen = |name| {
        let mut pruner = Pruner::default();
        assert!(pruner.choose(name), "{name}");
        pruner
    };
    Pruner::default().options().into_iter().map(|option| chosen(option.name)).collect()
}

fn sweep(space: Space, strategy: Strategy, pruner: Pruner, trials: u64) -> Sweep {
    let mut sweep = Sweep { space, strategy, pruner, trials, ..Sweep::default() };
    sweep.recipe.train.epochs = 9;
    sweep
}

#[test]
fn every_strategy_under_every_pruner_carries_a_study_to_its_end() {
    for strategy in all() {
        for pruner in pruners() {
            let name = format!("{} {}", strategy.chosen(), pruner.chosen());
            let sweep = sweep(mixed(), strategy.clone(), pruner, 30);
            assert_eq!(sweep.problems(), [], "{name}");
            let bench = finish(sweep.clone(), 4, |point, epoch| {
                let lr = point.get("optim.lr").and_then(Value::number).expect("a rate");
                match point.get("optim.name").map(ToString::to_string).as_deref() {
                    // Some fail, some tell no number: the study goes on.
                    Some("adamax") if lr > 0.3 => Err(format!("it fails at {lr}")),
                    Some("adamax") => Ok(f64::NAN),
                    _ => Ok(1.0 - (lr.log10() + 2.0).abs() / 4.0 - 0.3 / epoch),
                }
            });
            let study = &bench.study;
            let n = study.trials.iter().filter(|t| t.origin == Origin::Strategy).count();
            assert!(n == 30 || (n < 30 && matches!(strategy, Strategy::OneAtATime(_))), "{name}: {n}");
            for trial in &study.trials {
                assert!(trial.state().is_over(), "{name}: {trial:?}");
                assert!(study.sweep.space.contains(&trial.point), "{name}: {}", trial.point);
                assert!(study.recipe(trial).is_ok(), "{name}: {}", trial.point);
            }
            assert!(study.count(State::Complete) > 0, "{name}");
            let again = finish(sweep, 4, bench.curve);
            assert_eq!(again.events, bench.events, "{name}: the same seed gives the same study");
            assert_eq!(&bench.replayed(), study, "{name}: a replayed journal is the study");
        }
    }
}

#[test]
fn seeds_matter_where_something_is_drawn() {
    for strategy in all() {
        let points = |seed| {
            let sweep = Sweep { seed, ..sweep(mixed(), strategy.clone(), Pruner::default(), 12) };
            let bench = finish(sweep, 1, |point, _| Ok(point.key().len() as f64));
            bench.study.trials.iter().map(|t| t.point.key()).collect::<Vec<_>>()
        };
        let draws = !matches!(strategy, Strategy::Grid(_) | Strategy::OneAtATime(_));
        assert_eq!(points(1) != points(2), draws, "{}", strategy.chosen());
    }
}

#[test]
fn no_strategy_tries_a_counted_space_twice_or_leaves_any_of_it() {
    for strategy in all() {
        let name = strategy.chosen();
        let bench = finish(sweep(counted(), strategy.clone(), Pruner::default(), 100), 3, |_, _| Ok(0.5));
        let mut keys: Vec<String> = bench.study.trials.iter().map(|t| t.point.key()).collect();
        let n = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), n, "{name} tries a point twice");
        // Three batch sizes with adam, and with sgd for each of four momenta.
        if !matches!(strategy, Strategy::OneAtATime(_)) {
            assert_eq!(n, 15, "{name}");
        }
        if let Some(expected) = strategy.propose().trials(&counted()) {
            assert!(n as u64 <= expected, "{name}: {n} of {expected}");
        }
    }
}

#[test]
fn pending_points_are_not_proposed_again() {
    for strategy in all() {
        let mut bench = Bench::new(sweep(counted(), strategy.clone(), Pruner::default(), 100));
        let mut keys = HashSet::new();
        // Nothing ever ends: everything is pending.
        while let Next::Start { point, origin, seed } = bench.study.next(0.0) {
            assert!(keys.insert(point.key()), "{}: {point}", strategy.chosen());
            let trial = bench.study.trials.len() as u64 + 1;
            bench.tell(Event::Asked { at: 0.0, trial, point, origin, seed });
            bench.tell(Event::Started { at: 0.0, trial, worker: 0, run: String::new() });
        }
        assert!(matches!(bench.study.next(0.0), Next::Wait(_)), "{}", strategy.chosen());
        assert!(keys.len() >= 2, "{}", strategy.chosen());
    }
}

#[test]
fn one_at_a_time_keeps_the_best_of_each() {
    let space = Space(vec![
        Axis::new("model.conv_kernel_size", Range::Int { min: 3, max: 7, step: 2, log: false }),
        Axis::new("train.batch_size", Range::Choice(vec![32.into(), 128.into()])),
    ]);
    let score = |point: &Point, _: f64| {
        let number = |path: &str| point.get(path).and_then(Value::number).expect("a number");
        Ok(-(number("model.conv_kernel_size") - 5.0).abs()
            - (number("train.batch_size") - 32.0).abs() / 1000.0)
    };
    for (skip_known, expected) in
        [(false, "3 128, 5 128, 7 128, 5 32, 5 128"), (true, "3 128, 5 128, 7 128, 5 32")]
    {
        let strategy = Strategy::OneAtATime(OneAtATime { skip_known, ..OneAtATime::default() });
        assert_eq!(strategy.propose().trials(&space), Some(if skip_known { 4 } else { 5 }));
        let bench = finish(sweep(space.clone(), strategy, Pruner::default(), 25), 4, score);
        let tried: Vec<String> = bench
            .study
            .trials
            .iter()
            .map(|t| t.point.0.values().map(ToString::to_string).collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(tried.join(", "), expected);
        assert_eq!(bench.study.best().map(complete), Some("5 32".to_owned()));
    }
}
