//! Asking things of a training that runs.

use crate::util::{Place, Running, TINY};
use serde_json::json;

/// Long enough for every question; ended by the test.
fn endless(place: &Place) -> (Running, String) {
    let recipe = place.write("endless.ron", TINY.replace("epochs: 2", "epochs: 900"));
    let child = place.start(&["train", &recipe, "--json"]);
    let folder = place.wait_for_event(|e| e["event"] == "progress");
    (child, folder.file_name().and_then(|n| n.to_str()).expect("an id").to_owned())
}

#[test]
fn settings_change_while_it_trains() {
    let place = Place::new();
    let (child, id) = endless(&place);
    let changed = place.run(&["control", &id, "set", "optim.lr=0.0005", "--json"]).expect_code(0).figures();
    let answer = &changed["answer"];
    assert_eq!((&answer["path"], &answer["before"]), (&json!("optim.lr"), &json!("0.001")));
    assert_eq!((&answer["asked"], &answer["applied"]), (&json!("0.0005"), &json!("0.0005")));

    for (wrong, why) in [
        ("optim.lr=99", "between"),
        ("optim.lr=quick", "a number"),
        ("optim.lrr=1", "did you mean 'optim.lr'"),
        ("model.dense_size=32", "cannot be changed while it trains"),
    ] {
        place.run(&["control", &id, "set", wrong]).expect_code(3).expect_error(&[why]);
    }

    let paused = place.run(&["control", &id, "pause", "--json"]).expect_code(0).figures();
    assert_eq!(paused["answer"]["event"], json!("paused"));
    assert_eq!(place.run(&["runs", "--json"]).lines()[0]["status"], json!("paused"));
    assert!(place.run(&["control", &id, "pause"]).expect_code(0).out.contains("already"));
    place.run(&["resume", &id]).expect_error(&["another process"]);
    place.run(&["delete", &id]).expect_code(1).expect_error(&["still trains"]);
    let unpaused = place.run(&["control", &id, "resume", "--json"]).expect_code(0).figures();
    assert_eq!(unpaused["answer"]["event"], json!("unpaused"));
    let longer = place.run(&["control", &id, "add-epochs", "5", "--json"]).expect_code(0).figures();
    assert_eq!(longer["answer"]["applied"], json!("905"));
    place.run(&["control", &id, "checkpoint"]).expect_code(0);

    place.run(&["control", &id, "stop"]).expect_code(0);
    let ended = child.finish().expect_code(0).figures();
    assert_eq!(ended["ending"], json!("stopped"));
    assert!(ended["accuracy"].is_f64(), "the best model is kept and measured: {ended}");
    place.run(&["control", &id, "stop"]).expect_code(3).expect_error(&["does not train now", "stopped"]);
    assert!(place.run(&["show", &id]).expect_code(0).out.contains("optim.lr changed from 0.001 to 0.0005"));
}

#[test]
fn a_discarded_run_can_be_had_back() {
    let place = Place::new();
    let (child, id) = endless(&place);
    place.run(&["control", &id, "discard"]).expect_code(0);
    let ended = child.finish().expect_code(0).figures();
    assert_eq!(ended["ending"], json!("discarded"));
    assert_eq!(place.run(&["runs", "--json"]).figures()["runs"], json!(0));
    place.run(&["restore", &id]).expect_code(0);
    assert_eq!(place.run(&["runs", "--json"]).figures()["runs"], json!(1));
    place.run(&["delete", &id]).expect_code(0);
    place.run(&["show", &id]).expect_code(3).expect_error(&["there is no run", &id]);
    place.run(&["restore", "no-such-run"]).expect_code(3).expect_error(&["no-such-run"]);
}
