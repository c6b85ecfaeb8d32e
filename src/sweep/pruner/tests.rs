//! Who is given up, when, and with what words.

use super::super::space::{Axis, Point, Range, Space};
use super::super::spec::Sweep;
use super::super::strategy::{Grid, Strategy};
use super::super::study::testing::finish;
use super::*;

fn sweep(pruner: Pruner, n: u64) -> Sweep {
    let seeds = Range::Int { min: 1, max: n, step: 1, log: false };
    let space = Space(vec![Axis::new("train.seed", seeds)]);
    let mut sweep = Sweep { space, pruner, strategy: Strategy::Grid(Grid::default()), ..Sweep::default() };
    sweep.recipe.train.epochs = 9;
    sweep
}

/// The seed is how good it is.
fn seed(point: &Point, _: f64) -> Result<f64, String> {
    Ok(point.get("train.seed").and_then(|v| v.number()).expect("a seed"))
}

fn worse(point: &Point, epoch: f64) -> Result<f64, String> {
    seed(point, epoch).map(|x| -x)
}

#[test]
fn halving_waits_for_all_and_lets_the_best_third_go_on() {
    let study = finish(sweep(Pruner::Halving(Halving::default()), 9), 2, seed).study;
    let epochs: Vec<f64> = study.trials.iter().map(Trial::epoch).collect();
    assert_eq!(epochs, [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 3.0, 3.0, 9.0]);
    assert_eq!(study.best().map(|t| t.id), Some(9));
    assert_eq!(study.trials[0].why.as_deref(), Some("not among the best 3 of 9 at epoch 1"));
    assert_eq!(study.count(State::Pruned), 8);
}

#[test]
fn asha_waits_for_nobody() {
    let study = finish(sweep(Pruner::Asha(Asha::default()), 9), 1, worse).study;
    // The first is the best: all others stop at the first rung until a third of those there may go on.
    let epochs: Vec<f64> = study.trials.iter().map(Trial::epoch).collect();
    assert_eq!(epochs, [9.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
    assert_eq!(study.trials[1].why.as_deref(), Some("2nd of 2 at epoch 1"));
    // The best comes last: each is the best so far.
    let study = finish(sweep(Pruner::Asha(Asha::default()), 9), 1, seed).study;
    assert_eq!(study.count(State::Complete), 9);
}

#[test]
fn the_median_needs_trials_to_compare_with() {
    let study = finish(sweep(Pruner::Median(Median::default()), 9), 1, worse).study;
    let epochs: Vec<f64> = study.trials.iter().map(Trial::epoch).collect();
    assert_eq!(epochs, [9.0, 9.0, 9.0, 9.0, 9.0, 1.0, 1.0, 1.0, 1.0]);
    assert_eq!(study.trials[5].why.as_deref(), Some("worse than the median of 5 trials at epoch 1"));
}

#[test]
fn rungs_lie_below_the_last_epoch() {
    let pruner = |epochs| Asha { min_epochs: 0.25, factor: 3 }.rungs(epochs);
    assert_eq!(pruner(2.25), [0.25, 0.75]);
    assert_eq!(pruner(0.2), Vec::<f64>::new());
    assert_eq!(Asha::default().rungs(9.0), [1.0, 3.0]);
    assert_eq!(Median::default().rungs(3.0), [1.0, 2.0]);
}

#[test]
fn those_that_wait_go_on_when_the_pruner_is_changed() {
    use super::super::study::{Edit, Event};
    let mut bench =
        finish(sweep(Pruner::Halving(Halving { min_epochs: 3.0, factor: 3 }), 2), 1, |_, epoch| {
            if epoch > 3.0 { Ok(1.0) } else { Ok(0.5) }
        });
    assert_eq!(bench.study.count(State::Complete), 1);
    bench.tell(Event::Edited { at: 0.0, edit: Edit::Pruner(Pruner::default()) });
    bench.tell(Event::Paused { at: 0.0, trial: 2, wanted: false, why: "waits".to_owned() });
    bench.go_on(1);
    assert_eq!(bench.study.trials[1].state(), State::Complete);
}
