//! Whole trainings on a few rendered digits: they end as they should, and going on is exact.

use super::{Ending, Rungs, Summary, judged, run};
use crate::data::{Places, Rendered, Source};
use crate::models::Architecture;
use crate::models::file::read_tensors;
use crate::models::mlp::{Activation, Mlp};
use crate::optim::plateau::Plateau;
use crate::optim::schedule::{Floor, Shape};
use crate::optim::sgd::Sgd;
use crate::optim::{Ema, Optimizer, Schedule};
use crate::recipe::{Keep, Recipe, Training};
use crate::runs::{Control, Event, History, Outcome, Phase, RunDir, Split, Workspace, send};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Longer than the inbox waits between two looks.
pub(super) const A_LOOK: Duration = Duration::from_millis(60);

pub(super) struct Bench {
    _folder: tempfile::TempDir,
    pub(super) workspace: Workspace,
    pub(super) places: Places,
}

impl Bench {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let workspace = Workspace::new(folder.path().to_owned());
        let places = Places { folders: Vec::new(), cache: folder.path().join("cache") };
        Self { _folder: folder, workspace, places }
    }

    pub(super) fn create(&self, recipe: &Recipe) -> RunDir {
        self.workspace.create_run(recipe).expect("the folder can be written")
    }

    /// Trains; `look` sees every event and may interrupt.
    pub(super) fn train(
        &self,
        run_dir: &RunDir,
        look: &mut dyn FnMut(&Event, &AtomicBool),
    ) -> anyhow::Result<Summary> {
        let interrupt = AtomicBool::new(false);
        run(run_dir, &self.places, &mut |event| look(event, &interrupt), &interrupt, false)
    }

    /// Trains with somebody who decides at rungs.
    pub(super) fn judged(&self, run_dir: &RunDir, rungs: Rungs<'_>) -> Summary {
        let interrupt = AtomicBool::new(false);
        judged(run_dir, &self.places, &mut |_| {}, &interrupt, false, rungs).expect("it trains")
    }

    pub(super) fn train_through(&self, run_dir: &RunDir) -> Summary {
        self.train(run_dir, &mut |_, _| {}).expect("it trains")
    }
}

/// 270 images to learn from, 9 steps an epoch, 3 epochs.
pub(super) fn small() -> Recipe {
    let mut recipe = Recipe { name: "small".to_owned(), ..Recipe::default() };
    recipe.data = Source::Rendered(Rendered { train: 300, test: 60, ..Rendered::default() });
    recipe.model = Architecture::Mlp(Mlp { dense_size: 32, ..Mlp::default() });
    (recipe.train.epochs, recipe.train.batch_size, recipe.train.threads) = (3, 32, 2);
    recipe
}

pub(super) fn history(run: &RunDir) -> History {
    run.history().expect("the events can be read").0
}

/// Weights and optimizer state of the last checkpoint, bit for bit.
pub(super) fn weights(run: &RunDir) -> Vec<(String, Vec<u32>)> {
    let (_, tensors) = read_tensors(&run.checkpoint_file()).expect("there is a checkpoint");
    let bits = |tensor: &tch::Tensor| {
        let values = Vec::<f32>::try_from(tensor.flatten(0, -1).to_kind(tch::Kind::Float)).expect("numbers");
        values.into_iter().map(f32::to_bits).collect()
    };
    let mut all: Vec<_> = tensors.iter().map(|(name, tensor)| (name.clone(), bits(tensor))).collect();
    all.sort();
    all
}

pub(super) fn step_of(event: &Event) -> Option<u64> {
    match event {
        Event::Progress(progress) => Some(progress.step),
        _ => None,
    }
}

#[test]
fn a_training_learns_and_says_so() {
    let bench = Bench::new();
    let run = bench.create(&small());
    let mut live = History::default();
    let summary = bench.train(&run, &mut |event, _| live.apply(event)).expect("it trains");
    assert_eq!((summary.ending, summary.steps), (Ending::Finished, 27));
    assert_eq!(live, history(&run), "the journal replayed is the live history");
    let losses = live.curve(Split::Train, "loss").expect("a curve").points();
    assert!(losses[losses.len() - 1].value < losses[0].value, "the loss falls");
    assert_eq!(live.curve(Split::Valid, "accuracy").map(|s| s.points().len()), Some(3));
    assert_eq!(live.last(Split::Test, "accuracy"), summary.accuracy);
    assert_eq!(live.phase, Phase::Ended(Outcome::Finished, None));
    assert!(run.best_model().exists() && run.last_model().exists());
}

#[test]
fn going_on_after_an_interrupt_at_any_step_is_exact() {
    let bench = Bench::new();
    let unbroken = bench.create(&small());
    bench.train_through(&unbroken);
    for at in [1, 9, 14, 26] {
        let broken = bench.create(&small());
        let summary = bench
            .train(&broken, &mut |event, interrupt| {
                if step_of(event) == Some(at) {
                    interrupt.store(true, Ordering::Relaxed);
                }
            })
            .expect("it trains");
        assert_eq!((summary.ending, summary.steps), (Ending::Interrupted, at));
        bench.train_through(&broken);
        assert_eq!(weights(&broken), weights(&unbroken), "interrupted at step {at}");
        let curves = |run: &RunDir| {
            let curve = history(run).curve(Split::Train, "loss").cloned().unwrap_or_default();
            curve.points().iter().map(|p| (p.step, p.value.to_bits())).collect::<Vec<_>>()
        };
        assert_eq!(curves(&broken), curves(&unbroken), "interrupted at step {at}");
    }
}

/// Everything around the step at once.
fn controlled() -> Recipe {
    let mut recipe = small();
    recipe.schedule = Schedule { warm_up: 0.5, shape: Shape::Cosine(Floor { floor: 0.1 }) };
    recipe.ema = Ema { decay: 0.9, ramp: true };
    (recipe.train.clip_norm, recipe.train.keep) = (0.5, Keep::Last);
    recipe
}

#[test]
fn schedule_clipping_and_average_go_on_exactly_and_the_average_is_what_is_kept() {
    let bench = Bench::new();
    let unbroken = bench.create(&controlled());
    let summary = bench.train_through(&unbroken);
    assert!(weights(&unbroken) != weights_of(&bench, &small()), "the settings do something");
    for at in [4, 20] {
        let broken = bench.create(&controlled());
        let mut stop_at = |event: &Event, interrupt: &AtomicBool| {
            interrupt.store(step_of(event) == Some(at), Ordering::Relaxed);
        };
        assert_eq!(bench.train(&broken, &mut stop_at).expect("it trains").steps, at);
        bench.train_through(&broken);
        assert_eq!(weights(&broken), weights(&unbroken), "interrupted at step {at}");
    }
    let rates = history(&unbroken).curve(Split::Train, "lr").cloned().unwrap_or_default();
    let rates: Vec<f64> = rates.points().iter().map(|p| p.value).collect();
    assert!(rates[0] < rates[5] && rates[26] < rates[5] / 5.0, "{rates:?}");
    // What is kept and measured is the average after the last step, which the checkpoint has beside the weights.
    let all = weights(&unbroken);
    let find = |name: &str| all.iter().find(|(n, _)| n == name).map(|(_, bits)| bits.clone());
    let (_, kept) = read_tensors(&unbroken.best_model()).expect("it is kept");
    for (name, tensor) in &kept {
        let bits: Vec<u32> = Vec::<f32>::try_from(tensor.reshape([-1]))
            .expect("numbers")
            .into_iter()
            .map(f32::to_bits)
            .collect();
        assert_eq!(Some(&bits), find(&format!("average/{name}")).as_ref());
        assert_ne!(Some(bits), find(&format!("param/{name}")));
    }
    assert_eq!(summary.best_epoch, Some(3.0));
}

fn weights_of(bench: &Bench, recipe: &Recipe) -> Vec<(String, Vec<u32>)> {
    let run = bench.create(recipe);
    bench.train_through(&run);
    weights(&run)
}

#[test]
fn a_plateau_lowers_the_rate_and_is_remembered() {
    let bench = Bench::new();
    let mut recipe = small();
    // No loss is ever so much lower, so the rate falls after every epoch from the second on.
    let plateau = Plateau { factor: 0.5, patience: 1, least: 1.0, floor: 0.0 };
    recipe.schedule.shape = Shape::Plateau(plateau);
    let unbroken = bench.create(&recipe);
    bench.train_through(&unbroken);
    let rates = history(&unbroken).curve(Split::Train, "lr").cloned().unwrap_or_default();
    let rates: Vec<f64> = rates.points().iter().map(|p| p.value).collect();
    assert_eq!((rates[0], rates[17], rates[18]), (0.001, 0.001, 0.0005));
    let broken = bench.create(&recipe);
    let mut stop_at = |event: &Event, interrupt: &AtomicBool| {
        interrupt.store(step_of(event) == Some(20), Ordering::Relaxed);
    };
    bench.train(&broken, &mut stop_at).expect("it trains");
    bench.train_through(&broken);
    assert_eq!(weights(&broken), weights(&unbroken));
}

#[test]
fn checkpoints_are_written_every_so_many_steps() {
    let bench = Bench::new();
    let mut recipe = small();
    recipe.train.checkpoint_steps = 4;
    let run = bench.create(&recipe);
    let mut steps = Vec::new();
    bench
        .train(&run, &mut |event, _| {
            if let Event::Checkpoint { step, .. } = event {
                steps.push(*step);
            }
        })
        .expect("it trains");
    assert_eq!(steps, [4, 8, 9, 12, 16, 18, 20, 24, 27]);
}

#[test]
fn going_on_is_exact_with_every_augmentation() {
    use crate::knobs::{flat, set};
    let bench = Bench::new();
    let plain = bench.create(&Recipe { train: Training { epochs: 2, ..small().train }, ..small() });
    bench.train_through(&plain);
    for (path, value) in flat(&mut small().augment) {
        if value.parse() != Ok(0.0) {
            // What the others are done with; without them it changes nothing.
            continue;
        }
        let mut recipe = small();
        recipe.train.epochs = 2;
        let value = if path == "shift_pixels" { "2" } else { "0.5" };
        set(&mut recipe.augment, &path, value).expect("it is listed");
        let unbroken = bench.create(&recipe);
        bench.train_through(&unbroken);
        assert_ne!(weights(&unbroken), weights(&plain), "{path} changes what is learned");
        let broken = bench.create(&recipe);
        bench
            .train(&broken, &mut |event, interrupt| {
                if step_of(event) == Some(13) {
                    interrupt.store(true, Ordering::Relaxed);
                }
            })
            .expect("it trains");
        bench.train_through(&broken);
        assert_eq!(weights(&broken), weights(&unbroken), "{path}");
    }
}

#[test]
fn a_change_is_applied_told_and_made_again_after_a_kill() {
    let bench = Bench::new();
    let run = bench.create(&small());
    // The second copy is taken right after the change, as a kill -9 would leave it.
    let killed = bench.workspace.root().join("runs/killed");
    let mut changed_at = None;
    bench
        .train(&run, &mut |event, _| match event {
            Event::Progress(p) if p.step == 5 => {
                let set =
                    |path: &str, value: &str| Control::Set { path: path.to_owned(), value: value.to_owned() };
                send(&run, set("optim.lr", "0.01")).expect("it can be asked");
                send(&run, set("model.dense_size", "64")).expect("it can be asked");
                send(&run, set("train.batch_size", "16")).expect("it can be asked");
                std::thread::sleep(A_LOOK);
            }
            Event::Changed(change) if change.path == "train.batch_size" => {
                changed_at = Some(change.step);
                assert_eq!((change.before.as_str(), change.applied.as_str()), ("32", "16"));
            }
            Event::Changed(change) if change.path == "model.dense_size" => {
                assert_eq!((change.asked.as_str(), change.applied.as_str()), ("64", "32"));
                assert!(change.reason.as_deref().is_some_and(|r| r.contains("while training")));
            }
            Event::Progress(p) if changed_at.is_some_and(|at| p.step == at + 2) && !killed.exists() => {
                std::fs::create_dir(&killed).expect("it can be made");
                for file in std::fs::read_dir(run.path()).expect("it can be read").flatten() {
                    std::fs::copy(file.path(), killed.join(file.file_name())).expect("it can be copied");
                }
            }
            _ => {}
        })
        .expect("it trains");
    assert_eq!(changed_at, Some(5));
    let killed = RunDir::new(killed);
    let resumed = bench.train_through(&killed);
    assert_eq!(weights(&killed), weights(&run));
    // 40 images were left of... 270 - 5 * 32 = 110 at 16 a step, then two epochs at 16 a step.
    assert_eq!(resumed.steps, 5 + 7 + 2 * 17);
}

#[test]
fn pause_stop_discard_and_more_epochs() {
    let bench = Bench::new();
    let run = bench.create(&small());
    let ask = |run: &RunDir, control: Control| {
        send(run, control).expect("it can be asked");
        std::thread::sleep(A_LOOK);
    };
    let mut paused_at = None;
    let summary = bench
        .train(&run, &mut |event, _| match event {
            Event::Progress(p) if p.step == 3 => ask(&run, Control::Pause),
            Event::Paused { step, .. } => {
                paused_at = Some(*step);
                ask(&run, Control::Resume);
            }
            Event::Progress(p) if p.step == 12 => ask(&run, Control::Stop),
            _ => {}
        })
        .expect("it trains");
    assert_eq!((paused_at, summary.ending, summary.steps), (Some(3), Ending::Stopped, 12));
    assert!(summary.accuracy.is_some(), "the best model is measured");
    // A stopped run can go on, and for longer than was planned; what was asked while no process had it counts.
    send(&run, Control::AddEpochs(2)).expect("it can be asked");
    assert_eq!(bench.train_through(&run).steps, 5 * 9);
    send(&run, Control::AddEpochs(1)).expect("it can be asked");
    let summary = bench.train_through(&run);
    assert_eq!((summary.ending, summary.steps), (Ending::Finished, 6 * 9));

    let unwanted = bench.create(&small());
    let summary = bench
        .train(&unwanted, &mut |event, _| {
            if step_of(event) == Some(2) {
                ask(&unwanted, Control::Discard);
            }
        })
        .expect("it trains");
    assert_eq!((summary.ending, summary.steps), (Ending::Discarded, 2));
}

#[test]
fn a_loss_that_is_no_number_ends_it_and_keeps_the_checkpoint() {
    let bench = Bench::new();
    let mut recipe = small();
    // Without bound above and without momentum's brake, such steps leave the range of f32 within an epoch.
    recipe.model = Architecture::Mlp(Mlp {
        dense_layers: 4,
        dense_size: 64,
        activation: Activation::Relu,
        dropout: 0.0,
    });
    recipe.optim = Optimizer::Sgd(Sgd { lr: 0.01, ..Sgd::default() });
    recipe.ema.decay = 0.9;
    let run = bench.create(&recipe);
    let result = bench.train(&run, &mut |event, _| {
        if let Event::Evaluated(_) = event {
            let set =
                |path: &str, value: &str| Control::Set { path: path.to_owned(), value: value.to_owned() };
            send(&run, set("optim.lr", "10")).expect("it can be asked");
            std::thread::sleep(A_LOOK);
        }
    });
    let error = format!("{:#}", result.expect_err("it explodes"));
    assert!(error.contains("no longer a number") && error.contains("the checkpoint of step"), "{error}");
    assert_eq!(history(&run).phase, Phase::Ended(Outcome::Failed, Some(error)));
    assert!(run.checkpoint_file().exists());
}

#[test]
fn what_cannot_be_written_is_waited_for() {
    let bench = Bench::new();
    let unbroken = bench.create(&small());
    bench.train_through(&unbroken);
    let run = bench.create(&small());
    let in_the_way = run.checkpoint_file();
    let (mut waited, mut steps_meanwhile) = (false, 0);
    let summary = bench
        .train(&run, &mut |event, _| match event {
            Event::Progress(p) if p.step == 8 => {
                // A folder of that name cannot be replaced by a file, as if there were no room.
                std::fs::create_dir(&in_the_way).expect("it is not there yet");
                std::fs::write(in_the_way.join("x"), "").expect("the folder is new");
            }
            Event::Progress(_) if in_the_way.is_dir() => steps_meanwhile += 1,
            Event::Note { text, .. } if text.starts_with("Training waits") => {
                waited = true;
                std::fs::remove_dir_all(&in_the_way).expect("it can be removed");
            }
            _ => {}
        })
        .expect("it trains");
    assert!(waited, "it says why it waits");
    assert_eq!((summary.ending, steps_meanwhile), (Ending::Finished, 1), "only the epoch's last step");
    assert_eq!(weights(&run), weights(&unbroken), "nothing is lost");
}

#[test]
fn another_data_set_than_before_is_refused() {
    let bench = Bench::new();
    let run = bench.create(&small());
    bench
        .train(&run, &mut |event, interrupt| {
            if step_of(event) == Some(4) {
                interrupt.store(true, Ordering::Relaxed);
            }
        })
        .expect("it trains");
    let (mut metadata, tensors) = read_tensors(&run.checkpoint_file()).expect("there is a checkpoint");
    let state = metadata.get_mut("state").expect("it has counters");
    *state = state.replace("\"data\":\"", "\"data\":\"00");
    crate::models::file::write_tensors(&run.checkpoint_file(), &metadata, &tensors)
        .expect("it can be written");
    let error = bench.train(&run, &mut |_, _| {}).expect_err("it is refused");
    assert!(format!("{error:#}").contains("the data set is not the one"), "{error:#}");
    let mut told = Vec::new();
    let mut look = |event: &Event| told.push(format!("{event:?}"));
    let interrupt = AtomicBool::new(false);
    let forced = super::run(&run, &bench.places, &mut look, &interrupt, true).expect("it is forced");
    assert_eq!(forced.steps, 27);
    assert!(told.iter().any(|event| event.contains("because that was forced")), "{told:?}");
}
