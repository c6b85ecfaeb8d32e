//! Trainings that are judged on their way: what they measure, that a pruned one can go on, that being judged changes
//! nothing of what is learned.

use super::tests::{Bench, history, small, weights};
use super::{Ending, Rungs, Verdict};
use crate::runs::{Rung, Split, Status};
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn a_pruned_training_goes_on_exactly_and_rungs_may_lie_within_an_epoch() {
    let bench = Bench::new();
    let unbroken = bench.create(&small());
    bench.train_through(&unbroken);
    let run = bench.create(&small());
    let mut seen: Vec<Rung> = Vec::new();
    let mut judge = |rung: &Rung| {
        seen.push(*rung);
        if rung.step >= 18 { Verdict::Prune } else { Verdict::GoOn }
    };
    let summary = bench.judged(&run, Rungs::new(vec![0.3, 1.0, 2.0], Split::Valid, &mut judge));
    assert_eq!((summary.ending, summary.steps, summary.accuracy), (Ending::Pruned, 18, None));
    // 9 steps an epoch of 270 images: 0.3 epochs are reached with the third batch of 32.
    assert_eq!(seen.iter().map(|rung| rung.step).collect::<Vec<_>>(), [3, 9, 18]);
    let told = history(&run);
    let curve = told.curve(Split::Valid, "accuracy").expect("it was measured").points();
    assert_eq!(curve.len(), 3, "after whole epochs nothing is measured twice");
    assert_eq!(
        curve.iter().map(|p| p.value).collect::<Vec<_>>(),
        seen.iter().map(|r| r.accuracy).collect::<Vec<_>>()
    );
    assert_eq!(run.status(&told), Status::Stopped);
    assert!(run.best_model().exists());
    // Revived: nothing is asked any more.
    let summary = bench.train_through(&run);
    assert_eq!((summary.ending, summary.steps), (Ending::Finished, 27));
    assert_eq!(weights(&run), weights(&unbroken));
}

#[test]
fn test_images_can_be_judged_by_and_an_interrupt_at_a_rung_asks_again() {
    let bench = Bench::new();
    let mut recipe = small();
    (recipe.train.validation_share, recipe.train.epochs) = (0.0, 2);
    let run = bench.create(&recipe);
    let mut first = None;
    let mut judge = |rung: &Rung| {
        first = Some(rung.accuracy);
        Verdict::Interrupt
    };
    let summary = bench.judged(&run, Rungs::new(vec![1.0], Split::Test, &mut judge));
    assert_eq!(summary.ending, Ending::Interrupted);
    let mut again = None;
    let mut judge = |rung: &Rung| {
        again = Some(rung.accuracy);
        Verdict::GoOn
    };
    let summary = bench.judged(&run, Rungs::new(vec![1.0], Split::Test, &mut judge));
    assert_eq!(summary.ending, Ending::Finished);
    assert!(first.is_some() && first == again, "{first:?} {again:?}");
}

#[test]
fn more_threads_on_the_way_change_nothing() {
    let bench = Bench::new();
    let unbroken = bench.create(&small());
    bench.train_through(&unbroken);
    let run = bench.create(&small());
    let threads = AtomicUsize::new(0);
    let mut judge = |rung: &Rung| {
        threads.store(if rung.step < 9 { 3 } else { 2 }, Ordering::Relaxed);
        Verdict::GoOn
    };
    let rungs = Rungs::new(vec![0.3, 1.0], Split::Valid, &mut judge).with_threads(&threads);
    assert_eq!(bench.judged(&run, rungs).ending, Ending::Finished);
    assert_eq!(threads.load(Ordering::Relaxed), 2);
    assert_eq!(weights(&run), weights(&unbroken));
}
