//! Curation on the command line: what is wrong with a data set, edits that put it right, runs that keep them.

use crate::util::{Place, TINY};
use serde_json::json;

/// Few drawn digits.
const FEW: [&str; 4] = ["--set", "data.train=300", "--set", "data.test=100"];

fn with_few<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [args, &FEW, &["--json"]].concat()
}

#[test]
fn edits_are_made_shown_trained_with_and_kept_with_the_run() {
    let place = Place::new();
    let recipe = place.write("tiny.ron", TINY);
    let edit = |args: &[&str]| place.run(&[&["data", "overlay"], args, &["--json"]].concat());
    let made =
        edit(&["exclude", &recipe, "train:0-9", "test:3", "--overlay", "mine"]).expect_code(0).figures();
    assert_eq!((&made["changed"], &made["edits"]), (&json!(11), &json!(11)));
    edit(&["relabel", &recipe, "7", "train:20", "--overlay", "mine"]).expect_code(0);
    edit(&["move", &recipe, "valid", "train:21", "--overlay", "mine"]).expect_code(0);
    edit(&["revert", &recipe, "train:9", "--overlay", "mine"]).expect_code(0);
    let shown = edit(&["show", "mine"]).expect_code(0).lines();
    assert_eq!(shown.len(), 13);
    assert_eq!(shown[9], json!({ "image": "train:20", "label": 7, "part": null, "why": "by hand" }));
    assert_eq!(edit(&["list"]).expect_code(0).lines()[0]["edits"], json!(12));
    let set = ["--set", "curation.overlay=mine"];
    let stats =
        place.run(&[&["data", "stats", &recipe, "--json"][..], &set].concat()).expect_code(0).figures();
    assert_eq!((&stats["train"]["n"], &stats["test"]["n"]), (&json!(231), &json!(59)));
    let trained = place.run(&[&["train", &recipe, "--json"][..], &set].concat()).expect_code(0).figures();
    let run = trained["run"].as_str().expect("a run");
    // The run stays what it was when the edits change.
    edit(&["exclude", &recipe, "test:0-29", "--overlay", "mine"]).expect_code(0);
    let measured = |more: &[&str]| {
        let figures = place.run(&[&["evaluate", run, "--json"], more].concat()).expect_code(0).figures();
        figures["n"].as_u64().expect("a number")
    };
    assert_eq!(measured(&[]), 59);
    assert_eq!(measured(&["--overlay", "mine"]), 30);
    assert_eq!(measured(&["--overlay", "none"]), 60);
    edit(&["delete", "mine"]).expect_code(0);
    assert_eq!(measured(&[]), 59);
    let told = edit(&["show", "mine"]).expect_code(3).err;
    assert!(told.contains("there are no edits called 'mine'"), "{told}");
}

#[test]
fn hostile_edits_and_wrong_names_are_bad_input() {
    let place = Place::new();
    let recipe = place.write("tiny.ron", TINY);
    let folder = place.workspace().join("overlays");
    std::fs::create_dir_all(&folder).expect("a folder");
    let put = |text: &str| std::fs::write(folder.join("bad.ron"), text).expect("it is written");
    let train = || place.run(&["train", &recipe, "--set", "curation.overlay=bad"]).expect_code(3).err;
    put("(version: 1, base: \"0000\", data: \"Others\")");
    assert!(train().contains("made for Others"), "{}", train());
    put("(version: 1, base: \"00");
    assert!(train().contains("damaged at line 1"), "{}", train());
    put("(version: 99, base: \"\")");
    assert!(train().contains("newer program"), "{}", train());
    for (args, told) in [
        (vec!["exclude", &recipe, "train:240", "--overlay", "new"], "train:240, and there are 240"),
        (vec!["exclude", &recipe, "nonsense", "--overlay", "new"], "names no images"),
        (vec!["exclude", &recipe, "train:1"], "--overlay NAME"),
        (vec!["exclude", &recipe, "train:1", "--overlay", "../out"], "cannot be called"),
        (vec!["relabel", &recipe, "eleven", "train:1", "--overlay", "new"], "no class is called 'eleven'"),
        (vec!["delete", "../../etc/passwd"], "cannot be called"),
    ] {
        let answer = place.run(&[&["data", "overlay"], &args[..]].concat()).expect_code(3);
        assert!(answer.err.contains(told), "{args:?}: {}", answer.err);
    }
    assert!(!folder.join("new.ron").exists());
}

#[test]
fn every_search_answers_in_figures() {
    let place = Place::new();
    let found = place.run(&with_few(&["data", "duplicates", "rendered", "--near"])).expect_code(0).figures();
    assert_eq!(found["images"], json!([270, 30, 100]));
    let sanitised = place
        .run(&with_few(&["data", "sanitise", "rendered", "--overlay", "clean"]))
        .expect_code(0)
        .figures();
    assert_eq!(sanitised["after"]["across"], json!(0));
    let checked = place
        .run(&with_few(&[
            "data",
            "check",
            "rendered",
            "--overlay",
            "clean",
            "--set",
            "curation.shuffle=true",
        ]))
        .expect_code(0)
        .figures();
    assert_eq!((&checked["good"], &checked["check"]["strangers"]), (&json!(true), &json!(0)));
    let learned = place
        .run(&with_few(&["data", "baseline", "rendered", "--sizes", "50", "--rows", "rows.json"]))
        .expect_code(0)
        .figures();
    assert!(learned["points"][1]["test"].as_f64() > learned["points"][0]["test"].as_f64(), "{learned}");
    assert!(place.path("rows.json").is_file());
    let errors = place.run(&with_few(&["data", "errors", "rendered", "--list", "3"])).expect_code(0).lines();
    assert!(errors.last().is_some_and(|figures| figures["accuracy"].as_f64() > Some(0.5)), "{errors:?}");
    let dark = place.run(&with_few(&["data", "errors", "rendered", "--by", "brightness", "--list", "2"]));
    assert_eq!(dark.expect_code(0).lines().len(), 3);
}

#[test]
fn one_command_trains_without_edits_and_with_them() {
    let place = Place::new();
    let recipe = place.write("tiny.ron", TINY);
    place.run(&["data", "overlay", "exclude", &recipe, "test:0-9", "--overlay", "less"]).expect_code(0);
    let compared =
        place.run(&["data", "compare", &recipe, "--overlay", "less", "--json"]).expect_code(0).figures();
    assert_eq!(compared["runs"].as_array().map(Vec::len), Some(2), "{compared}");
    assert_eq!(
        (&compared["runs"][1]["n_as_read"], &compared["runs"][1]["n_edited"]),
        (&json!(60), &json!(50))
    );
    // Only test images were left out: both runs learned the same.
    assert_eq!(compared["runs"][0]["as_read"], compared["runs"][1]["as_read"]);
}
