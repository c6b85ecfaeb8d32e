//! Sweeps from the command line: trials side by side, pruned and revived ones, what is wrong, and every kind of end.

use crate::util::{Place, wait_until};
use serde_json::{Value, json};

/// Four small trials in a few seconds.
const SMALL: &str = r#"Sweep(
    name: "Small",
    recipe: (
        data: rendered(train: 240, test: 60),
        model: mlp(dense_size: 16, dropout: 0.2),
        train: (epochs: 2, batch_size: 24, validation_share: 0.1, device: cpu),
    ),
    space: [
        (path: "optim.name", range: choice(["adam", "sgd"])),
        (path: "optim.lr", range: choice([0.001, 0.02])),
    ],
    strategy: grid(),
    trials: 4,
)"#;

fn count(figures: &Value, state: &str) -> u64 {
    figures["counts"][state].as_u64().expect("a count")
}

fn study(place: &Place) -> std::path::PathBuf {
    let studies = std::fs::read_dir(place.workspace().join("studies")).expect("a study was made");
    studies.filter_map(|entry| Some(entry.ok()?.path())).max().expect("a study")
}

fn journal(place: &Place) -> Vec<Value> {
    let text = std::fs::read_to_string(study(place).join("journal.jsonl")).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[test]
fn a_grid_is_swept_and_its_winner_trained() {
    let place = Place::new();
    let sweep = place.write("small.ron", SMALL);
    let plan = place.run(&["sweep", &sweep, "--dry-run", "--json"]).expect_code(0).figures();
    assert_eq!(plan["trials"], json!(4));
    let figures = place.run(&["sweep", &sweep, "--jobs", "2", "--json"]).expect_code(0).figures();
    assert_eq!((count(&figures, "complete"), &figures["ending"]), (4, &json!("done")));
    let best = figures["best"]["value"].as_f64().expect("the best accuracy");
    assert!(best > 0.2 && figures["best"]["metrics"]["ms"].as_f64().is_some_and(|ms| ms > 0.0), "{figures}");
    // A line an epoch: each trial was measured after its first epoch, too.
    let measured = journal(&place).iter().filter(|line| line["event"] == "reported").count();
    assert_eq!(measured, 4);
    let results = place.path("results.csv").display().to_string();
    place.run(&["sweep", "export", "last", "--csv", &results]).expect_code(0);
    let table = std::fs::read_to_string(&results).expect("a table");
    let mut lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let column = lines.next().and_then(|titles| titles.iter().position(|t| *t == "epochs_done"));
    let done: Vec<&str> = lines.map(|cells| cells[column.expect("the column")]).collect();
    assert_eq!(done, ["2"; 4], "the last epoch counts, though nobody is asked after it");
    // Two processes trained all four.
    let workers: std::collections::BTreeSet<u64> =
        journal(&place).iter().filter_map(|line| line["worker"].as_u64()).collect();
    assert!(workers.len() <= 2, "{workers:?}");

    let status = place.run(&["sweep", "status", "last", "--json"]).expect_code(0).figures();
    assert_eq!(status["list"].as_array().map(Vec::len), Some(4));
    let values: Vec<f64> =
        status["list"].as_array().into_iter().flatten().filter_map(|trial| trial["value"].as_f64()).collect();
    assert!(values.is_sorted_by(|a, b| a >= b), "the best first: {values:?}");
    let run = figures["best"]["run"].as_str().expect("a run");
    let folder = study(&place).join("trials").join(run);
    assert!(folder.join("best.safetensors").is_file());
    place.run(&["sweep", "best", "last"]).expect_code(0);
    let trained = place.run(&["sweep", "best", "last", "--train", "--json"]).expect_code(0).figures();
    // Same recipe, same seed: the same result, in a process of its own with other threads.
    assert_eq!(trained["valid_accuracy"], figures["best"]["value"]);
}

#[test]
fn trials_that_waited_at_a_rung_go_on_beside_each_other() {
    let place = Place::new();
    // Large enough that a process is still writing its checkpoint when the study has decided about all trials.
    let halved = SMALL
        .replace("dense_size: 16", "dense_size: 1024")
        .replace("choice([0.001, 0.02])", "choice([0.0005, 0.001, 0.002, 0.02])")
        .replace("trials: 4", "pruner: halving(min_epochs: 0.5, factor: 2), trials: 8");
    let figures = place
        .run(&["sweep", &place.write("h.ron", halved), "--jobs", "4", "--json"])
        .expect_code(0)
        .figures();
    assert_eq!((count(&figures, "failed"), count(&figures, "complete")), (0, 2), "{figures}");
    assert_eq!(count(&figures, "pruned"), 6);
}

#[test]
fn what_fails_fails_alone_and_equal_failures_pause_the_study() {
    let place = Place::new();
    let mixed = SMALL
        .replace("model: mlp(dense_size: 16, dropout: 0.2)", "model: cnn()")
        .replace("train: 240", "train: 60")
        .replace(
            r#"(path: "optim.lr", range: choice([0.001, 0.02]))"#,
            r#"(path: "model.conv_kernel_size", range: choice([3, 15]))"#,
        );
    let figures = place
        .run(&["sweep", &place.write("mixed.ron", mixed), "--jobs", "2", "--json"])
        .expect_code(0)
        .figures();
    assert_eq!((count(&figures, "complete"), count(&figures, "failed")), (2, 2), "{figures}");
    let why = journal(&place)
        .iter()
        .find(|l| l["end"] == "failed")
        .map(|l| l["why"].to_string())
        .expect("a reason");
    assert!(why.contains("15"), "{why}");

    let vary = "train.seed=1..1000";
    let recipe = place
        .write("wrong.ron", SMALL.replace("validation_share: 0.1", "validation_share: 0.0, patience: 3"));
    let answer =
        place.run(&["sweep", &recipe, "--vary", vary, "--set", "trials=40", "--jobs", "2"]).expect_code(1);
    assert!(answer.err.contains("in a row failed in the same way"), "{answer:#?}");
    assert!(journal(&place).iter().filter(|line| line["end"] == "failed").count() < 20);
}

#[test]
fn an_interrupted_sweep_goes_on_and_so_does_one_that_was_killed() {
    let place = Place::new();
    let long = place.write("long.ron", SMALL.replace("epochs: 2", "epochs: 60"));
    for signal in ["INT", "KILL"] {
        let running = place.start(&["sweep", &long, "--jobs", "2"]);
        wait_until(|| {
            let folder = std::fs::read_dir(place.workspace().join("studies")).ok()?.count();
            (folder > 0 && journal(&place).iter().any(|line| line["event"] == "reported")).then_some(())
        });
        running.signal(signal);
        let answer = running.finish();
        if signal == "INT" {
            assert_eq!(answer.code, Some(130), "{answer:#?}");
            assert!(answer.out.contains("sweep resume"), "{answer:#?}");
        }
        let before = journal(&place).iter().filter(|line| line["end"] == "complete").count();
        let status = place.run(&["sweep", "status", "last", "--json"]).expect_code(0).figures();
        assert_eq!(count(&status, "complete") as usize, before);
        let figures = place.run(&["sweep", "resume", "last", "--json"]).expect_code(0).figures();
        assert_eq!((count(&figures, "complete"), figures["trials"].as_u64()), (4, Some(4)), "{figures}");
        // None began anew: its steps go on from a checkpoint.
        let runs = study(&place).join("trials");
        let events = std::fs::read_dir(runs)
            .expect("trials")
            .filter_map(|run| std::fs::read_to_string(run.ok()?.path().join("events.jsonl")).ok());
        let resumed = events.filter(|text| {
            text.lines()
                .filter_map(|l| serde_json::from_str::<Value>(l).ok())
                .any(|event| event["from_step"].as_u64() > Some(0))
        });
        assert!(resumed.count() >= 1, "after {signal}");
        std::fs::remove_dir_all(place.workspace().join("studies")).expect("it can be removed");
    }
}

#[test]
fn a_study_is_changed_while_it_runs() {
    let place = Place::new();
    let long = place.write("long.ron", SMALL.replace("epochs: 2", "epochs: 400"));
    let running = place.start(&["sweep", &long, "--jobs", "2"]);
    wait_until(|| {
        let there = place.workspace().join("studies").exists();
        (there && journal(&place).iter().filter(|line| line["event"] == "started").count() >= 2).then_some(())
    });
    let edit = |words: &[&str]| place.run(&[&["sweep", "edit", "last"], words].concat());
    edit(&["range", "optim.lr=1e-4..0.1"]).expect_code(0);
    edit(&["range", "optim.lr=0.1..1e-4"]).expect_code(3);
    edit(&["range", "optim.lrr=0.1..1"]).expect_code(3);
    edit(&["strategy", "random"]).expect_code(0);
    edit(&["budget", "--trials", "3"]).expect_code(0);
    edit(&["prune", "1"]).expect_code(0);
    wait_until(|| {
        let line = |line: &Value| line["event"] == "started" && line["trial"] == json!(3);
        journal(&place).iter().any(line).then_some(())
    });
    edit(&["stop"]).expect_code(0);
    let answer = running.finish();
    assert_eq!(answer.code, Some(0), "{answer:#?}");
    let edits = journal(&place).iter().filter(|line| line["event"] == "edited").count();
    assert_eq!(edits, 5, "each edit is an event");
    let study = std::fs::read_dir(place.workspace().join("studies")).expect("it is there").flatten().next();
    let began = std::fs::read_to_string(study.expect("there is one").path().join("study.ron"));
    assert!(began.expect("it can be read").contains("parallel: 2"), "--jobs is the study's own number");
    edit(&["revive", "1"]).expect_code(0);
    let status = place.run(&["sweep", "status", "last", "--json"]).expect_code(0).figures();
    let first =
        status["list"].as_array().and_then(|list| list.iter().find(|trial| trial["trial"] == 1).cloned());
    assert_eq!(first.expect("trial 1")["state"], json!("paused"), "it waits to go on");
}

#[test]
fn bad_input_is_told_with_what_to_do() {
    let place = Place::new();
    place.run(&["sweep"]).expect_code(3).expect_error(&["tutorial-cnn"]);
    place.run(&["sweep", "tutorial-cn"]).expect_code(3).expect_error(&["tutorial-cn", "presets are"]);
    place
        .run(&["sweep", "quick-start", "--vary", "optim.lr=1..0.1"])
        .expect_code(3)
        .expect_error(&["optim.lr"]);
    place
        .run(&["sweep", "quick-start", "--vary", "optim.lrr=0.1..1"])
        .expect_code(3)
        .expect_error(&["optim.lrr"]);
    let empty = place.write("empty.ron", "Sweep(space: [])");
    place.run(&["sweep", &empty]).expect_code(3).expect_error(&["space"]);
    let broken = place.write("broken.ron", "Sweep(\n  trails: 3,\n)");
    place.run(&["sweep", &broken]).expect_code(3).expect_error(&["line 2"]);
    place.run(&["sweep", "status", "nothing"]).expect_code(3).expect_error(&["nothing"]);
}
