//! Training processes that stay: one run after another, judged on the way, and what happens when one is killed or
//! nobody listens any more.

use crate::util::{LIMIT, PROGRAM, Place, TINY, wait_until};
use digit_workbench::recipe::parse;
use digit_workbench::runs::{Answer, Errand, Order, Outcome, Phase, Ran, RunDir, Split, Status, Workspace};
use digit_workbench::work::LaunchOptions;
use digit_workbench::work::crew::{Crew, Place as Where, Said};
use std::path::Path;

fn crew(place: &Place) -> Crew {
    let options = LaunchOptions {
        program: Some(PROGRAM.into()),
        workspace: Some(place.workspace()),
        ..LaunchOptions::default()
    };
    Crew::new(options, place.workspace(), Where::Here)
}

fn tiny(place: &Place, epochs: u64) -> RunDir {
    let mut recipe = parse(TINY, Path::new("tiny")).expect("a recipe");
    recipe.train.epochs = epochs;
    Workspace::new(place.workspace()).create_run(&recipe).expect("a folder")
}

fn hear(crew: &mut Crew) -> (usize, Said) {
    crew.hear(LIMIT).expect("they answer")
}

fn errand(run: &RunDir, rungs: &[f64]) -> Order {
    Order::Train(Errand { run: run.path().to_owned(), rungs: rungs.to_vec(), part: Split::Valid })
}

#[test]
fn a_process_that_stays_trains_run_after_run_and_is_judged() {
    let place = Place::new();
    std::fs::create_dir_all(place.workspace()).expect("a folder");
    let mut crew = crew(&place);
    let worker = crew.hire(1).expect("it starts")[0];
    let (who, said) = hear(&mut crew);
    let pid = crew.pid(worker).expect("it lives");
    assert_eq!((who, said), (worker, Said::Answer(Answer::Ready { pid })));

    let run = tiny(&place, 2);
    crew.order(worker, &errand(&run, &[1.0])).expect("it lives");
    let (_, said) = hear(&mut crew);
    let Said::Answer(Answer::Rung(rung)) = said else { panic!("{said:?}") };
    assert_eq!((rung.step, rung.epoch), (9, 1.0));
    crew.order(worker, &Order::Prune).expect("it lives");
    let (_, said) = hear(&mut crew);
    let Said::Answer(Answer::Returned(returned)) = said else { panic!("{said:?}") };
    assert_eq!((returned.ran, returned.test_accuracy), (Ran::Pruned, None));

    // The same process, another run with a setting that cannot be; then the first one goes on.
    let impossible = tiny(&place, 1);
    let mut recipe = impossible.recipe().expect("it was written");
    recipe.train.validation_share = 0.0;
    recipe.train.patience = 3;
    impossible.write_recipe(&recipe).expect("it can be written");
    crew.order(worker, &errand(&impossible, &[])).expect("it lives");
    let (_, said) = hear(&mut crew);
    let Said::Answer(Answer::Returned(returned)) = said else { panic!("{said:?}") };
    let Ran::Failed(why) = &returned.ran else { panic!("{returned:?}") };
    assert!(why.contains("train.patience"), "{why}");
    crew.order(worker, &errand(&run, &[])).expect("it lives");
    let (_, said) = hear(&mut crew);
    let Said::Answer(Answer::Returned(returned)) = said else { panic!("{said:?}") };
    assert_eq!((returned.ran, returned.epochs), (Ran::Finished, 2.0));
    assert!(returned.test_accuracy.is_some_and(f64::is_finite) && returned.params > 0);
    assert_eq!(crew.pid(worker), Some(pid));
    if cfg!(target_os = "linux") {
        assert!(crew.most_held() > 1 << 20);
    }
    crew.dismiss(worker);
    assert_eq!(hear(&mut crew), (worker, Said::Lost("its process ended".to_owned())));
    assert!(crew.is_empty());
}

#[test]
fn a_killed_process_is_told_and_one_that_nobody_has_ends_with_a_checkpoint() {
    let place = Place::new();
    std::fs::create_dir_all(place.workspace()).expect("a folder");
    let mut crew = crew(&place);
    let run = tiny(&place, 1000);
    let worker = crew.hire(1).expect("it starts")[0];
    crew.order(worker, &errand(&run, &[])).expect("it lives");
    wait_until(|| run.checkpoint_file().exists().then_some(()));
    crew.kill(worker);
    let lost = loop {
        if let (_, Said::Lost(why)) = hear(&mut crew) {
            break why;
        }
    };
    assert!(cfg!(not(unix)) || lost.contains("memory"), "{lost}");
    assert_eq!(run.status(&run.history().expect("it told").0), Status::Interrupted);

    let other = tiny(&place, 1000);
    let worker = crew.hire(1).expect("it starts")[0];
    crew.order(worker, &errand(&other, &[])).expect("it lives");
    wait_until(|| other.history().is_ok_and(|(h, _)| h.step > 5).then_some(()));
    drop(crew);
    wait_until(|| (!other.is_alive()).then_some(()));
    let (history, _) = other.history().expect("it told");
    assert!(!matches!(history.phase, Phase::Ended(Outcome::Failed, _)), "{:?}", history.phase);
    assert_eq!(history.checkpoint, Some(history.step), "nothing is lost");
}
