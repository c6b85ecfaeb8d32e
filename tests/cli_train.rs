//! Training from the command line: figures, resuming after every kind of end, real digits.

use crate::util::{LIMIT, PROGRAM, Place, TINY, real_data, tensors, wait_until};
use digit_workbench::runs::{RunDir, Status};
use digit_workbench::work::{LaunchOptions, launch};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Instant;

#[test]
fn json_lines_end_with_the_figures() {
    let place = Place::new();
    let recipe = place.write("tiny.ron", TINY);
    let answer = place.run(&["train", &recipe, "--json", "--name", "My run"]).expect_code(0);
    let lines = answer.lines();
    let kinds: Vec<&str> = lines.iter().filter_map(|line| line["event"].as_str()).collect();
    for kind in ["started", "progress", "evaluated", "checkpoint", "ended"] {
        assert!(kinds.contains(&kind), "no {kind} in {kinds:?}");
    }
    let figures = answer.figures();
    assert_eq!((&figures["command"], &figures["ending"]), (&json!("train"), &json!("finished")));
    for key in ["accuracy", "loss", "images_per_s", "seconds", "steps", "valid_accuracy"] {
        assert!(figures[key].as_f64().is_some_and(f64::is_finite), "{key} in {figures}");
    }
    // 240 images less a tenth for validation, in batches of 24, twice.
    assert_eq!(figures["steps"], json!(18));
    let id = figures["run"].as_str().expect("the run's id");
    for file in ["best.safetensors", "last.safetensors", "recipe.ron", "events.jsonl"] {
        assert!(place.run_dir(id).join(file).is_file(), "{file}");
    }
    let told = std::fs::read_to_string(place.run_dir(id).join("events.jsonl")).expect("events");
    let kept: Vec<Value> = told.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!(lines[..lines.len() - 1], kept[..], "the lines are the events as they are");

    let listed = place.run(&["runs", "--json"]).expect_code(0).lines();
    assert_eq!((&listed[0]["status"], &listed[0]["name"]), (&json!("finished"), &json!("My run")));
    assert_eq!(listed[0]["accuracy"], figures["accuracy"]);

    let measured = place.run(&["evaluate", "My run", "--json"]).expect_code(0).figures();
    assert_eq!(measured["accuracy"], figures["accuracy"]);
    assert_eq!(measured["n"], json!(60));
}

#[test]
fn people_get_a_line_an_epoch() {
    let place = Place::new();
    let recipe = place.write("tiny.ron", TINY);
    let answer = place.run(&["train", &recipe]).expect_code(0);
    let epochs: Vec<&str> = answer.out.lines().filter(|line| line.starts_with("Epoch ")).collect();
    assert_eq!(epochs.len(), 2, "{answer:#?}");
    assert!(epochs[1].starts_with("Epoch 2/2: loss "), "{answer:#?}");
    assert!(answer.out.contains("test accuracy"), "{answer:#?}");
    assert!(!answer.out.contains('\x1b') && !answer.out.contains('{'), "{answer:#?}");
    assert_eq!(answer.err, "");
}

#[test]
fn presets_go_by_name_and_settings_change_them() {
    let place = Place::new();
    let answer = place
        .run(&[
            "train",
            "quick-start",
            "--set",
            "model.name=mlp",
            "--set",
            "model.dense_size=20",
            "--dry-run",
            "--json",
        ])
        .expect_code(0);
    // 784 * 20 + 20, then 20 * 10 + 10.
    assert_eq!(answer.figures()["params"], json!(15_910));
    assert!(!place.workspace().exists(), "a dry run leaves nothing behind");
    let answer = place.run(&["train", "quick-start", "--dry-run"]).expect_code(0);
    assert!(answer.out.contains("1,199,882"), "the tutorials' network has so many parameters: {answer:#?}");
}

/// Long enough to be killed in the middle, short enough to be trained twice.
const LONGER: &str = r#"(
    name: "Longer",
    data: rendered(train: 240, test: 60),
    model: mlp(dense_size: 16, dropout: 0.2),
    train: (epochs: 60, batch_size: 12, threads: 1, device: cpu),
)"#;

#[test]
fn killed_and_resumed_equals_never_interrupted() {
    let place = Place::new();
    let recipe = place.write("longer.ron", LONGER);
    let child = place.start(&["train", &recipe, "--json"]);
    let folder = place.wait_for_event(|e| e["event"] == "checkpoint" && e["step"].as_u64() >= Some(36));
    child.signal("KILL");
    assert_eq!(child.finish().code, None, "it was killed");
    let listed = place.run(&["runs", "--json"]).expect_code(0).lines();
    assert_eq!(listed[0]["status"], json!("interrupted"), "{listed:?}");

    let resumed = place.run(&["resume", "last", "--json"]).expect_code(0);
    let from = resumed.lines()[0]["from_step"].as_u64().expect("where it went on");
    assert!(from >= 36, "it went on from {from}");
    assert_eq!(resumed.figures()["ending"], json!("finished"));

    let other = place.run(&["train", &recipe, "--json"]).expect_code(0).figures();
    assert_eq!(other["accuracy"], resumed.figures()["accuracy"]);
    let whole = place.run_dir(other["run"].as_str().expect("an id"));
    for file in ["last.safetensors", "best.safetensors"] {
        assert!(tensors(&folder.join(file)) == tensors(&whole.join(file)), "{file} differs");
    }
}

#[test]
#[cfg(unix)]
fn ctrl_c_keeps_a_checkpoint_and_says_how_to_go_on() {
    let place = Place::new();
    let recipe = place.write("longer.ron", LONGER.replace("epochs: 60", "epochs: 1000"));
    let child = place.start(&["train", &recipe]);
    let folder = place.wait_for_event(|e| e["event"] == "progress");
    child.signal("INT");
    let answer = child.finish().expect_code(130);
    let id = folder.file_name().and_then(|n| n.to_str()).expect("an id");
    assert!(answer.out.contains(&format!("digit-workbench resume {id}")), "{answer:#?}");
    assert!(folder.join("checkpoint.safetensors").is_file());
    let listed = place.run(&["runs", "--json"]).lines();
    assert_eq!(listed[0]["status"], json!("interrupted"));
}

#[test]
fn a_finished_run_learns_for_longer() {
    let place = Place::new();
    place.train_tiny();
    let longer = place.run(&["resume", "last", "--add-epochs", "1", "--json"]).expect_code(0).figures();
    assert_eq!((&longer["epochs"], &longer["steps"]), (&json!(3.0), &json!(27)));
}

#[test]
fn a_launched_training_has_its_own_process_group_and_log() {
    let place = Place::new();
    let folder = place.path("elsewhere");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("recipe.ron"), TINY).expect("a recipe");
    let run = RunDir::new(folder);
    let options = LaunchOptions {
        program: Some(PROGRAM.into()),
        workspace: Some(place.workspace()),
        ..LaunchOptions::default()
    };
    let launched = launch(&run, &options).expect("it starts");
    if cfg!(target_os = "linux")
        && let Ok(stat) = std::fs::read_to_string(format!("/proc/{}/stat", launched.pid))
    {
        // After the name in brackets: state, parent, process group.
        let group = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(2));
        assert_eq!(group, Some(launched.pid.to_string().as_str()));
    }
    wait_until(|| {
        let (history, _) = run.history().ok()?;
        (run.status(&history) == Status::Finished && !run.is_alive()).then_some(())
    });
    let log = std::fs::read_to_string(run.log_file()).expect("a log");
    assert!(log.contains("Epoch 2/2"), "{log}");
    // Nobody waits for it here, and still it leaves the process table.
    let since = Instant::now();
    while cfg!(target_os = "linux") && Path::new(&format!("/proc/{}", launched.pid)).exists() {
        assert!(since.elapsed() < LIMIT, "it stays as a zombie");
        std::thread::yield_now();
    }
}

#[test]
fn a_part_of_mnist_is_learned_in_one_epoch() {
    let Some(data) = real_data() else { return };
    let place = Place::new();
    let data = data.to_str().expect("a plain path").to_owned();
    let recipe = r#"(
        data: mnist(limit: 5000),
        model: lenet5(),
        optim: adam(lr: 0.002),
        train: (epochs: 1, batch_size: 16),
    )"#;
    let recipe = place.write("part.ron", recipe);
    let answer = place.run(&["train", &recipe, "--json", "--data", &data]).expect_code(0);
    let accuracy = answer.figures()["accuracy"].as_f64().expect("an accuracy");
    assert!(accuracy > 0.9, "{accuracy}");
}
