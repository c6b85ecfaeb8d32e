//! What users and disks do wrong: each is a clear message and its own exit code, and nothing else is lost.

use crate::util::{Answer, Place, TINY};
use serde_json::json;
use std::process::Stdio;

#[test]
fn wrong_usage_exits_2() {
    let place = Place::new();
    for args in [&["fly"][..], &["train", "--set", "no-equals-sign"], &["evaluate"], &["runs", "--fly"]] {
        let answer = place.run(args).expect_code(2);
        assert!(answer.err.contains("error: ") && answer.out.is_empty(), "{answer:#?}");
    }
    let answer = place.run(&["evaluate", "--json"]).expect_code(2);
    assert_eq!(answer.figures()["code"], json!(2));
}

#[test]
fn recipes_that_cannot_be_read_name_key_line_and_file() {
    let place = Place::new();
    let unknown = place.write("unknown.ron", "(\n    name: \"x\",\n    modle: cnn(),\n)");
    place.run(&["train", &unknown]).expect_code(3).expect_error(&["modle", "line 3", "unknown.ron"]);
    let torn = place.write("torn.ron", &TINY[..60]);
    place.run(&["train", &torn]).expect_code(3).expect_error(&["torn.ron", "line"]);
    let garbage = place.write("garbage.ron", [0xff, 0xfe, 0, 1]);
    place.run(&["train", &garbage]).expect_code(3).expect_error(&["garbage.ron"]);
    place.run(&["train", "missing.ron"]).expect_code(3).expect_error(&["missing.ron"]);
    place.run(&["train", "mnist-cmn"]).expect_code(3).expect_error(&["mnist-cmn", "mnist-cnn"]);
    place.run(&["train", "elsewhere/mnist-cnn.ron"]).expect_code(3).expect_error(&["preset 'mnist-cnn'"]);
    assert!(!place.workspace().exists(), "nothing was made");
}

#[test]
fn impossible_settings_are_refused_before_anything_is_made() {
    let place = Place::new();
    let tiny = place.write("tiny.ron", TINY);
    for (setting, mentioned) in [
        ("optim.lr=1000", &["optim.lr", "between"][..]),
        ("train.epochs=0", &["train.epochs"]),
        ("optim.lrr=0.1", &["optim.lrr", "did you mean 'optim.lr'"]),
        ("optim.name=adamm", &["adamm", "sgd, "]),
        ("train.epochs=many", &["'many'", "whole number"]),
    ] {
        place.run(&["train", &tiny, "--set", setting]).expect_code(3).expect_error(mentioned);
    }
    let answer =
        place.run(&["train", "mnist-cnn", "--set", "model.conv_kernel_size=15", "--json"]).expect_code(3);
    let error = answer.figures();
    assert_eq!(error["code"], json!(3));
    let text = error["error"].as_str().expect("the error");
    assert!(text.contains("Conv2D 2") && text.contains("15x15"), "the layer and why: {text}");
    assert!(answer.err.contains(text), "told to people too: {answer:#?}");
    assert!(!place.workspace().exists(), "nothing was made");
}

#[test]
fn runs_with_missing_or_damaged_files() {
    let place = Place::new();
    let id = place.train_tiny();
    let folder = place.run_dir(&id);

    // A half-written last line, and a damaged one in the middle.
    let events = folder.join("events.jsonl");
    let text = std::fs::read_to_string(&events).expect("events");
    let torn = text.replacen("{\"event\":\"progress\"", "{\"event\":\"prog", 1) + "{\"event\":\"prog";
    std::fs::write(&events, torn).expect("it is written");
    assert_eq!(place.run(&["runs", "--json"]).expect_code(0).lines()[0]["status"], json!("finished"));
    assert_eq!(place.run(&["show", &id, "--json"]).expect_code(0).figures()["damaged_lines"], json!(1));

    std::fs::write(folder.join("best.safetensors"), b"not a model").expect("it is written");
    place.run(&["evaluate", &id]).expect_code(3).expect_error(&["best.safetensors"]);
    place.run(&["evaluate", &id, "--which", "last"]).expect_code(0);
    std::fs::remove_file(folder.join("best.safetensors")).expect("it is removed");
    place.run(&["evaluate", &id]).expect_code(3).expect_error(&["best.safetensors"]);

    // A model whose recipe says another width than its tensors have.
    let last = folder.join("last.safetensors");
    let mut bytes = std::fs::read(&last).expect("a model");
    let at = bytes.windows(14).position(|w| w == b"dense_size: 16").or_else(|| {
        // As JSON, should the recipe be kept so.
        bytes.windows(15).position(|w| w == b"dense_size\\\":16")
    });
    let at = at.expect("the recipe is in the file");
    let six = at + bytes[at..].iter().position(|b| *b == b'6').expect("16");
    bytes[six] = b'7';
    std::fs::write(&last, bytes).expect("it is written");
    place.run(&["evaluate", &id, "--which", "last"]).expect_code(3).expect_error(&["last.safetensors"]);

    std::fs::write(folder.join("checkpoint.safetensors"), b"half a checkp").expect("it is written");
    place.run(&["resume", &id, "--add-epochs", "1"]).expect_code(3).expect_error(&["checkpoint.safetensors"]);

    std::fs::remove_file(folder.join("recipe.ron")).expect("it is removed");
    place.run(&["show", &id]).expect_code(3).expect_error(&[&id]);
    let path = folder.to_str().expect("a plain path");
    place.run(&["train", "--run", path]).expect_code(3).expect_error(&["recipe.ron"]);
    assert_eq!(place.run(&["runs", "--json"]).expect_code(0).figures()["runs"], json!(0));
}

#[test]
fn data_that_is_not_there() {
    let place = Place::new();
    let elsewhere = place.path("no-such-folder");
    let setting = format!("data.folder={}", elsewhere.display());
    let args = ["train", "mnist-mlp", "--set", "data.name=idx_folder", "--set", &setting];
    place.run(&args).expect_code(3).expect_error(&["no-such-folder"]);
    place.run(&["train", "mnist-mlp"]).expect_code(3).expect_error(&["digit-workbench data fetch mnist"]);
    assert!(!place.workspace().join("runs").exists(), "no run was made");

    let id = place.train_tiny();
    let folder = place.run_dir(&id);
    let recipe = std::fs::read_to_string(folder.join("recipe.ron")).expect("a recipe");
    let start = recipe.find("data: ").expect("data");
    let end = start + recipe[start..].find("model: ").expect("model");
    let gone = format!("{}data: idx_folder(folder: {:?}), {}", &recipe[..start], elsewhere, &recipe[end..]);
    std::fs::write(folder.join("recipe.ron"), gone).expect("it is written");
    std::fs::remove_file(folder.join("checkpoint.safetensors")).expect("it is removed");
    place.run(&["resume", &id]).expect_code(3).expect_error(&["no-such-folder"]);
    let listed = place.run(&["runs", "--json"]).expect_code(0).lines();
    assert_eq!(listed[0]["status"], json!("failed"));
}

#[test]
fn a_workspace_that_cannot_be_written() {
    let place = Place::new();
    let tiny = place.write("tiny.ron", TINY);
    let file = place.write("a-file", "no folder");
    let answer = place.run(&["train", &tiny, "--workspace", &file]).expect_code(1);
    answer.expect_error(&["--workspace", "a-file"]);
    // Reading there finds nothing, which is no error.
    assert_eq!(
        place.run(&["runs", "--json", "--workspace", &file]).expect_code(0).figures()["runs"],
        json!(0)
    );
    let own = place.run_dir("x");
    std::fs::create_dir_all(own.join("events.jsonl")).expect("a folder where a file should be");
    std::fs::write(own.join("recipe.ron"), TINY).expect("it is written");
    place
        .run(&["train", "--run", own.to_str().expect("plain")])
        .expect_code(1)
        .expect_error(&["events.jsonl"]);
    let listed = place.run(&["runs", "--json"]).expect_code(0).lines();
    assert_eq!(listed[0]["status"], json!("unreadable"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::new();
    for args in [&["knobs"][..], &["knobs", "--json"], &["--help"]] {
        let mut command = place.command(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        drop(child.stdout.take());
        let answer = Answer::from(child.wait_with_output().expect("it ends")).expect_code(0);
        assert_eq!(answer.err, "");
    }
}
