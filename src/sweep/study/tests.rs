//! What a study promises: edits at any time, failures that stop nothing until they are all the same, journals.

use super::super::pruner::{Median, Pruner, Verdict};
use super::super::space::{Axis, Range, Space};
use super::super::spec::Repeats;
use super::super::strategy::{Grid, Strategy};
use super::testing::{Bench, finish};
use super::*;
use crate::runs::Metrics;

fn small() -> Sweep {
    let space = Space(vec![Axis::new("train.batch_size", Range::Choice(vec![32.into(), 64.into()]))]);
    let mut sweep = Sweep { space, strategy: Strategy::Grid(Grid::default()), ..Sweep::default() };
    sweep.recipe.train.epochs = 3;
    sweep
}

fn size(trial: &Trial) -> String {
    trial.point.to_string()
}

#[test]
fn ranges_values_points_and_budgets_change_on_the_way() {
    let mut bench = finish(small(), 2, |_, _| Ok(0.5));
    assert_eq!(bench.study.trials.len(), 2);
    assert!(matches!(bench.study.next(0.0), Next::Done(_)));
    let edit = |bench: &mut Bench, edit: Edit| {
        assert_eq!(bench.study.check_edit(&edit), []);
        bench.tell(Event::Edited { at: 0.0, edit });
        bench.go_on(2);
        assert_eq!(bench.replayed(), bench.study);
    };
    let path = "train.batch_size".to_owned();
    edit(&mut bench, Edit::AddValues { path: path.clone(), values: vec![128.into()] });
    assert_eq!(size(&bench.study.trials[2]), "train.batch_size=128");
    edit(&mut bench, Edit::Range { path, range: Range::Choice(vec![32.into(), 512.into()]) });
    assert_eq!(size(&bench.study.trials[3]), "train.batch_size=512");
    edit(&mut bench, Edit::Budget { trials: 4, minutes: 0.0 });
    let lr = Axis::new("optim.lr", Range::Choice(vec![0.1.into(), 0.2.into()]));
    edit(&mut bench, Edit::AddAxis(lr));
    assert_eq!(bench.study.trials.len(), 4, "the budget is used up");
    let point = Point::default().with("train.batch_size", 32).with("optim.lr", 0.1);
    edit(&mut bench, Edit::Enqueue(point));
    assert_eq!(bench.study.trials.len(), 5, "what is asked for by hand comes on top");
    edit(&mut bench, Edit::Budget { trials: 100, minutes: 0.0 });
    // Four combinations of the new space, one of which was asked for by hand.
    assert_eq!(bench.study.trials.len(), 8);
    edit(&mut bench, Edit::RemoveAxis("optim.lr".to_owned()));
    assert_eq!(bench.study.sweep.space.0.len(), 1);
}

#[test]
fn impossible_edits_are_refused_with_the_reason() {
    let study = finish(small(), 1, |_, _| Ok(0.5)).study;
    let told =
        |edit: Edit| study.check_edit(&edit).iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let path = "train.batch_size".to_owned();
    assert!(
        told(Edit::Range { path: "optim.lr".to_owned(), range: Range::Log { min: 0.1, max: 1.0 } })
            .contains("not varied here")
    );
    let down = Range::Int { min: 9, max: 3, step: 1, log: false };
    assert!(told(Edit::Range { path: path.clone(), range: down }).contains("upside down"));
    assert!(told(Edit::AddValues { path: path.clone(), values: vec![32.into()] }).contains("named twice"));
    assert!(told(Edit::AddValues { path, values: vec![0.into()] }).contains("between 1 and 8192"));
    assert!(told(Edit::Enqueue(Point::default())).contains("does not lie in the space"));
    assert!(told(Edit::Remove(9)).contains("there is no trial 9"));
    assert!(told(Edit::Revive(1)).contains("trial 1 is complete and cannot be revived"));
    assert!(told(Edit::Budget { trials: 0, minutes: 0.0 }).contains("between 1 and"));
    assert!(told(Edit::RemoveAxis("train.batch_size".to_owned())).contains("nothing is varied"));
}

#[test]
fn ten_equal_failures_pause_the_study_and_others_do_not() {
    let mut sweep = small();
    sweep.space = Space(vec![Axis::new("train.seed", Range::Int { min: 1, max: 30, step: 1, log: false })]);
    let mut bench = finish(sweep, 1, |_, _| Err("out of memory".to_owned()));
    assert_eq!(bench.study.trials.len(), 10);
    let Next::Halted(why) = bench.study.next(0.0) else { panic!("it goes on") };
    assert_eq!(why, "10 trials in a row failed in the same way: out of memory");
    assert_eq!(bench.replayed().paused, bench.study.paused);
    bench.curve = |point, _| Err(format!("{point} does not fit"));
    bench.tell(Event::Edited { at: 0.0, edit: Edit::Resume });
    bench.go_on(1);
    assert_eq!(bench.study.trials.len(), 30, "failures that differ are the points' own");
    assert_eq!(bench.study.paused, None);
}

#[test]
fn a_pruned_trial_is_brought_back_and_stays() {
    let mut sweep = small();
    let seeds = Range::Int { min: 1, max: 12, step: 1, log: false };
    sweep.space = Space(vec![Axis::new("train.seed", seeds)]);
    sweep.pruner = Pruner::Median(Median { startup: 1, ..Median::default() });
    let worse =
        |point: &Point, _: f64| Ok(-point.get("train.seed").and_then(|v| v.number()).expect("a seed"));
    let mut bench = finish(sweep, 1, worse);
    assert_eq!(bench.study.count(State::Pruned), 11);
    let edit = Edit::Revive(5);
    assert_eq!(bench.study.check_edit(&edit), []);
    bench.tell(Event::Edited { at: 0.0, edit });
    assert_eq!(bench.study.next(0.0), Next::Run(5));
    bench.go_on(1);
    let trial = bench.study.trial(5).expect("it is there");
    assert_eq!((trial.state(), trial.epoch(), trial.revived), (State::Complete, 3.0, true));
    assert_eq!(bench.replayed(), bench.study);
}

#[test]
fn the_best_are_repeated_before_one_is_named() {
    let mut sweep = small();
    sweep.repeats = Repeats { best: 1, seeds: 2 };
    let bench = finish(sweep, 2, |point, _| {
        Ok(point.get("train.batch_size").and_then(|v| v.number()).expect("a size"))
    });
    let repeats: Vec<_> = bench.study.trials.iter().skip(2).map(|t| (t.origin, t.seed, size(t))).collect();
    let expected = |seed| (Origin::Repeat(2), Some(seed), "train.batch_size=64".to_owned());
    assert_eq!(repeats, [expected(2), expected(3)]);
    let recipe = bench.study.recipe(&bench.study.trials[3]).expect("a recipe");
    assert_eq!((recipe.train.seed, recipe.train.batch_size), (3, 64));
    let winner = bench.study.winner().expect("a winner");
    assert_eq!((winner.trials, winner.mean, winner.deviation), (vec![2, 3, 4], 64.0, 0.0));
}

#[test]
fn removed_trials_count_for_nothing_and_what_hangs_on_them_follows() {
    let mut bench = finish(small(), 2, |point, _| {
        Ok(point.get("train.batch_size").and_then(|v| v.number()).expect("a size"))
    });
    assert_eq!(bench.study.best().map(|t| t.id), Some(2));
    bench.tell(Event::Edited { at: 0.0, edit: Edit::Remove(2) });
    assert_eq!(bench.study.best().map(|t| t.id), Some(1));
    assert_eq!(bench.study.trials[1].state(), State::Removed);
    assert!(matches!(bench.study.next(0.0), Next::Done(_)), "a removed point is not tried again");
    bench.tell(Event::Edited { at: 0.0, edit: Edit::Restore(2) });
    assert_eq!(bench.study.best().map(|t| t.id), Some(2));
}

#[test]
fn the_front_holds_what_nothing_beats() {
    let mut sweep = small();
    sweep.objectives.push(super::super::spec::Objective::new("params", crate::runs::Split::Valid));
    let mut bench = Bench::new(sweep);
    let cases = [(0.9, 100.0), (0.8, 50.0), (0.85, 120.0), (0.7, 50.0)];
    for (i, (accuracy, params)) in cases.into_iter().enumerate() {
        let trial = i as u64 + 1;
        let point = Point::default().with("train.batch_size", trial);
        bench.tell(Event::Asked { at: 0.0, trial, point, origin: Origin::Hand, seed: None });
        let metrics = Some(Metrics::from([("accuracy", accuracy), ("params", params)]));
        bench.tell(Event::Ended {
            at: 0.0,
            trial,
            end: End::Complete,
            secs: None,
            epochs: None,
            metrics,
            why: None,
        });
    }
    let front: Vec<u64> = bench.study.pareto().iter().map(|t| t.id).collect();
    assert_eq!(front, [1, 2]);
}

#[test]
fn how_far_trials_came_is_known_without_reports() {
    let mut bench = Bench::new(small());
    let ended = |trial, end, secs, epochs| Event::Ended {
        at: 9.0,
        trial,
        end,
        secs,
        epochs,
        metrics: None,
        why: None,
    };
    for trial in 1..=4 {
        let point = Point::default().with("train.batch_size", 32);
        bench.tell(Event::Asked { at: 0.0, trial, point, origin: Origin::Hand, seed: None });
        bench.tell(Event::Started { at: 0.0, trial, worker: 1, run: format!("r{trial}") });
    }
    bench.tell(ended(1, End::Complete, None, None));
    bench.tell(ended(2, End::Complete, Some(4.0), Some(2.0)));
    bench.tell(ended(3, End::Failed, Some(1.0), Some(0.4)));
    // Its process leaves it only after it was given up by hand.
    bench.tell(Event::Edited { at: 5.0, edit: Edit::Prune(4) });
    assert_eq!(bench.study.trials[3].ended_at, None);
    bench.tell(ended(4, End::Pruned, Some(2.0), Some(1.25)));
    bench.tell(ended(4, End::Failed, Some(99.0), Some(99.0)));
    let trials = || bench.study.trials.iter();
    let epochs: Vec<f64> = trials().map(|trial| bench.study.epochs(trial)).collect();
    assert_eq!(epochs, [3.0, 2.0, 0.4, 1.25], "an old journal tells no epochs of complete trials");
    assert_eq!(trials().map(|trial| trial.secs).collect::<Vec<_>>(), [0.0, 4.0, 1.0, 2.0]);
    assert_eq!(
        trials().last().map(|trial| (trial.state(), trial.ended_at)),
        Some((State::Pruned, Some(9.0)))
    );
    // What goes on is at its checkpoint, which nobody has told of yet.
    bench.tell(Event::Edited { at: 10.0, edit: Edit::Revive(3) });
    bench.tell(Event::Started { at: 11.0, trial: 3, worker: 1, run: "r3".to_owned() });
    assert_eq!(bench.study.epochs(&bench.study.trials[2]), 0.0);
    assert_eq!(bench.replayed(), bench.study);
}

fn clock() -> f64 {
    1000.0
}

#[test]
fn a_study_goes_on_from_its_journal() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let studies = Studies::new(folder.path());
    assert!(matches!(studies.create(&Sweep::default()), Err(StudyError::Problems(_))));
    let dir = studies.create(&Sweep { name: "A Study".to_owned(), ..small() })?;
    assert!(dir.id().ends_with("-a-study"));
    let mut live = LiveStudy::open(&dir, clock)?;
    assert!(dir.is_alive() && matches!(LiveStudy::open(&dir, clock), Err(StudyError::Locked(_))));
    assert_eq!(live.next_job()?, Job::Run(1));
    live.started(1, 0, "run-1")?;
    assert_eq!(live.next_job()?, Job::Run(2));
    let metrics = Metrics::from([("accuracy", 0.5)]);
    assert_eq!(live.report(1, 1.0, 2.0, metrics.clone())?, Verdict::GoOn);
    // The process dies in the middle of a line.
    let known = live.study().clone();
    drop(live);
    let mut text = std::fs::read(dir.journal_file())?;
    text.extend(b"{\"event\":\"repor");
    std::fs::write(dir.journal_file(), text)?;
    assert_eq!(dir.read()?.0, known);
    dir.edit(Edit::Parallel(3))?;
    let mut live = LiveStudy::open(&dir, clock)?;
    assert_eq!(live.study().sweep.parallel, 3);
    assert_eq!(live.next_job()?, Job::Run(1), "what was lost goes on first");
    assert_eq!(live.study().trial(1).and_then(|t| t.run.as_deref()), Some("run-1"));
    live.started(1, 0, "run-1")?;
    live.complete(1, Spent::new(6.0, 2.0), metrics.clone())?;
    assert_eq!(live.next_job()?, Job::Run(2));
    live.started(2, 0, "run-2")?;
    live.complete(2, Spent::new(6.0, 2.0), Metrics::from([("accuracy", f64::NAN)]))?;
    assert_eq!(live.study().trials[1].state(), State::Failed);
    // Somebody else asks while this process has it.
    dir.edit(Edit::Enqueue(Point::default().with("train.batch_size", 32)))?;
    assert!(matches!(dir.edit(Edit::Remove(7)), Err(StudyError::Problems(_))));
    assert_eq!(live.requests()?.len(), 1);
    assert_eq!(live.next_job()?, Job::Run(3));
    live.started(3, 1, "run-3")?;
    live.complete(3, Spent::new(6.0, 2.0), metrics)?;
    assert!(matches!(live.next_job()?, Job::Done(_)));
    // The first point once more, by hand, is known already.
    live.edit(Edit::Enqueue(Point::default().with("train.batch_size", 32)))?.expect("it lies in the space");
    assert_eq!(live.next_job()?, Job::Run(4));
    let trial = &live.study().trials[3];
    assert_eq!(live.study().twin(trial).map(|twin| twin.id), Some(1));
    assert_eq!(live.study().twin(&live.study().trials[1]), None, "it failed, and may do better now");
    live.as_twin(4, 1)?;
    let (first, fourth) = (&live.study().trials[0], &live.study().trials[3]);
    assert_eq!((fourth.state(), fourth.secs, live.study().epochs(fourth)), (State::Complete, 0.0, 2.0));
    assert_eq!((&fourth.run, &fourth.metrics), (&first.run, &first.metrics));
    assert_eq!(dir.read()?.0, *live.study());
    assert_eq!(studies.list(), std::slice::from_ref(&dir));
    assert_eq!(studies.open("A Study")?, dir);
    assert!(matches!(studies.open("B"), Err(StudyError::Unknown(_))));
    Ok(())
}

#[test]
fn time_runs_only_while_somebody_carries_it_out() {
    let mut bench = Bench::new(Sweep { minutes: 2.0, ..small() });
    let opened = |at| Event::Opened { at, format: FORMAT, program: String::new(), pid: 1 };
    bench.tell(opened(100.0));
    bench.tell(Event::Edited { at: 160.0, edit: Edit::Resume });
    bench.tell(opened(10_000.0));
    assert_eq!(bench.study.active_secs(10_030.0), 90.0);
    assert!(matches!(bench.study.next(10_030.0), Next::Start { .. }));
    assert!(matches!(bench.study.next(10_061.0), Next::Done(_)));
}
