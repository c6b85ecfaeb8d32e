//! Trainings with everything around the step: each way of stepping goes on exactly, branches begin where they say, and
//! what cannot work is told with what to do.

use super::tests::{Bench, small, step_of, weights};
use super::{BadInput, recipe_of};
use crate::data::{ImageFolder, Rendered, Source};
use crate::knobs::{Choice as _, set};
use crate::models::Architecture;
use crate::models::file::read_tensors;
use crate::models::mlp::Mlp;
use crate::optim::{Ema, Loss, Optimizer, schedule::Shape};
use crate::recipe::{Keep, Recipe};
use crate::runs::{Control, Event, Parent, Part, RunDir, send};
use std::sync::atomic::{AtomicBool, Ordering};

/// 54 images to learn from, 4 steps an epoch, 2 epochs.
fn tiny() -> Recipe {
    let mut recipe = small();
    recipe.data = Source::Rendered(Rendered { train: 60, test: 10, ..Rendered::default() });
    recipe.model = Architecture::Mlp(Mlp { dense_size: 16, ..Mlp::default() });
    (recipe.train.epochs, recipe.train.batch_size, recipe.train.threads) = (2, 16, 1);
    recipe
}

/// The `i`-th of the names that can be chosen, over and over.
fn pick<T: crate::knobs::Choice>(choice: &mut T, i: usize) {
    let options = choice.options();
    assert!(choice.choose(options[i % options.len()].name));
}

/// As a kill -9 leaves a run: a copy of its folder in the middle of things.
fn copy_of(run: &RunDir, to: &str) -> RunDir {
    let copy = run.path().with_file_name(to);
    std::fs::create_dir(&copy).expect("it can be made");
    for file in std::fs::read_dir(run.path()).expect("it can be read").flatten() {
        if file.file_type().is_ok_and(|kind| kind.is_file()) {
            std::fs::copy(file.path(), copy.join(file.file_name())).expect("it can be copied");
        }
    }
    RunDir::new(copy)
}

#[test]
fn every_way_of_stepping_goes_on_exactly() {
    let bench = Bench::new();
    let n_optimizers = Optimizer::default().options().len();
    let n_losses = Loss::default().options().len();
    let n_shapes = Shape::default().options().len();
    for i in 0..n_optimizers.max(n_losses).max(n_shapes) {
        let mut recipe = tiny();
        pick(&mut recipe.optim, i);
        pick(&mut recipe.loss, i);
        pick(&mut recipe.schedule.shape, i);
        recipe.schedule.warm_up = [0.0, 0.5][i % 2];
        recipe.ema = Ema { decay: [0.9, 0.0, 0.99][i % 3], ramp: i % 2 == 0 };
        recipe.train.clip_norm = [0.0, 0.1][i / 2 % 2];
        recipe.train.keep = [Keep::Best, Keep::Last][i % 2];
        recipe.train.checkpoint_steps = 3;
        if i % 2 == 1 {
            set(&mut recipe, "augment.rotation", "10").expect("images can be turned");
        }
        let what =
            format!("{} {} {}", recipe.optim.chosen(), recipe.loss.chosen(), recipe.schedule.shape.chosen());
        // A setting is changed, then the process is killed after some step, and the one that goes on is interrupted.
        let (changed, killed, interrupted) = (2, 3 + i as u64 * 5 % 3, 6 + i as u64 % 2);
        let unbroken = bench.create(&recipe);
        let mut copy = None;
        let mut look = |event: &Event, _: &AtomicBool| {
            if step_of(event) == Some(changed) {
                let control = Control::Set { path: "optim.lr".to_owned(), value: "0.003".to_owned() };
                send(&unbroken, control).expect("it can be asked");
                std::thread::sleep(super::tests::A_LOOK);
            }
            if step_of(event) == Some(killed) {
                copy = Some(copy_of(&unbroken, &format!("killed-{i}")));
            }
        };
        bench.train(&unbroken, &mut look).unwrap_or_else(|e| panic!("{what}: {e:#}"));
        let broken = copy.expect("every step is told");
        let mut stop = |event: &Event, interrupt: &AtomicBool| {
            interrupt.fetch_or(step_of(event) == Some(interrupted), Ordering::Relaxed);
        };
        let summary = bench.train(&broken, &mut stop).unwrap_or_else(|e| panic!("{what}: {e:#}"));
        assert_eq!(summary.steps, interrupted);
        bench.train_through(&broken);
        assert_eq!(
            weights(&broken),
            weights(&unbroken),
            "{what}, killed after {killed}, interrupted after {interrupted}"
        );
        let told = std::fs::read_to_string(unbroken.events_file()).expect("it told");
        assert!(told.contains("\"applied\":\"0.003\""), "{what}: the setting was not changed");
    }
}

#[test]
fn a_branch_goes_on_from_a_checkpoint_or_begins_with_weights() {
    let bench = Bench::new();
    let run = bench.create(&tiny());
    bench.train_through(&run);
    let mut longer = tiny();
    longer.train.epochs = 3;
    // With the same settings it does what the run itself would have done with one epoch more.
    let branch =
        bench.workspace.branch(&longer, &Parent::Run(run.id(), Part::Checkpoint)).expect("it trained");
    let summary = bench.train_through(&branch);
    assert_eq!((summary.steps, summary.epochs), (12, 3.0));
    assert!(branch.best_model().exists());
    let unbroken = bench.create(&longer);
    bench.train_through(&unbroken);
    assert_eq!(weights(&branch), weights(&unbroken));
    let events = std::fs::read_to_string(branch.events_file()).expect("it told");
    assert!(events.contains(&format!("{}@checkpoint", run.id())), "{events}");
    // Weights alone: counters begin anew, any optimizer will do.
    let mut other = tiny();
    assert!(other.optim.choose("sgd"));
    set(&mut other, "optim.lr", "0.000001").expect("it has a rate");
    let fine = bench.workspace.branch(&other, &Parent::Run(run.id(), Part::Last)).expect("it trained");
    assert_eq!(bench.train_through(&fine).steps, 8);
    let read = |run: &RunDir| read_tensors(&run.last_model()).expect("a model").1;
    for ((name, a), (_, b)) in read(&fine).iter().zip(&read(&run)) {
        assert!(a.allclose(b, 1e-3, 1e-4, false), "{name} is not what it began with");
    }
    assert_eq!(recipe_of(&fine.last_model()).expect("it is in the file"), other);
}

/// The message of a training that cannot begin.
fn refused(bench: &Bench, run: &RunDir) -> String {
    let error = bench.train(run, &mut |_, _| {}).expect_err("it is refused");
    assert!(error.chain().any(|cause| cause.is::<BadInput>()), "{error:#}");
    format!("{error:#}")
}

/// A folder with pictures of one class.
fn pictures_of_a(bench: &Bench) -> String {
    let folder = bench.places.cache.with_file_name("pictures");
    std::fs::create_dir_all(folder.join("a")).expect("it can be made");
    for i in 0..80_u8 {
        let picture = image::GrayImage::from_fn(9, 9, |x, y| image::Luma([i + (x * y) as u8]));
        picture.save(folder.join(format!("a/{i}.png"))).expect("it can be written");
    }
    folder.display().to_string()
}

#[test]
fn what_cannot_work_is_told_with_what_to_do() {
    let bench = Bench::new();
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("train.batch_size", "55")], "set train.batch_size=54 or less"),
        (&[("train.validation_share", "0.001")], "raise train.validation_share"),
        (
            &[("train.validation_share", "0"), ("train.patience", "2")],
            "train.patience needs validation images",
        ),
        (&[("train.validation_share", "0"), ("schedule.shape", "plateau")], "schedule.shape=plateau needs"),
    ];
    for (settings, expected) in cases {
        let mut recipe = tiny();
        for (path, value) in *settings {
            set(&mut recipe, path, value).expect("it can be set");
        }
        let message = refused(&bench, &bench.create(&recipe));
        assert!(message.contains(expected), "{settings:?}: {message}");
    }
    let mut alone = tiny();
    alone.data = Source::ImageFolder(ImageFolder { folder: pictures_of_a(&bench), ..ImageFolder::default() });
    let message = refused(&bench, &bench.create(&alone));
    assert!(message.contains("of one class ('a')") && message.contains("two classes"), "{message}");
    let run = bench.create(&tiny());
    bench.train_through(&run);
    let branch = |recipe: &Recipe, part: Part| {
        bench.workspace.branch(recipe, &Parent::Run(run.id(), part)).expect("it trained")
    };
    let mut wider = tiny();
    set(&mut wider, "model.dense_size", "32").expect("it can be set");
    let message = refused(&bench, &branch(&wider, Part::Best));
    assert!(message.contains("do not fit this recipe and its data"), "{message}");
    let mut other = tiny();
    other.train.epochs = 5;
    assert!(other.optim.choose("sgd"));
    let message = refused(&bench, &branch(&other, Part::Checkpoint));
    assert!(message.contains("another optimizer") && message.contains("@last"), "{message}");
    let message = refused(&bench, &branch(&tiny(), Part::Checkpoint));
    assert!(message.contains("set train.epochs to more"), "{message}");
}

#[test]
fn a_summary_scores_every_class_and_best_and_last() {
    let bench = Bench::new();
    let summary = bench.train_through(&bench.create(&small()));
    assert_eq!(summary.classes.len(), 10);
    assert_eq!(summary.classes.iter().map(|class| class.n).sum::<u64>(), 60);
    assert!(summary.top_2 >= summary.accuracy && summary.top_2 <= Some(1.0));
    assert!(summary.last_valid_accuracy.is_some() && summary.last_valid_accuracy <= summary.valid_accuracy);
}

#[test]
fn a_checkpoint_of_version_1_goes_on() {
    let bench = Bench::new();
    let run = bench.create(&tiny());
    let mut stop = |event: &Event, interrupt: &AtomicBool| {
        interrupt.fetch_or(step_of(event) == Some(5), Ordering::Relaxed);
    };
    bench.train(&run, &mut stop).expect("it trains");
    let (mut metadata, tensors) = read_tensors(&run.checkpoint_file()).expect("there is a checkpoint");
    let state = metadata.get_mut("state").expect("it has counters");
    let mut old: serde_json::Value = serde_json::from_str(state).expect("JSON");
    old["version"] = 1.into();
    let fields = old.as_object_mut().expect("an object");
    for newer in ["kept", "last", "watch"] {
        assert!(fields.remove(newer).is_some(), "{newer}");
    }
    for newer in ["schedule", "ema"] {
        fields["recipe"].as_object_mut().expect("an object").remove(newer);
    }
    *state = old.to_string();
    crate::models::file::write_tensors(&run.checkpoint_file(), &metadata, &tensors)
        .expect("it can be written");
    assert_eq!(bench.train_through(&run).steps, 8);
    let unbroken = bench.create(&tiny());
    bench.train_through(&unbroken);
    assert_eq!(weights(&run), weights(&unbroken));
}
