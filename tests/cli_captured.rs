//! Pictures of one's own on the command line: kept with their boxes where those are found, and learned from.

use crate::util::Place;
use serde_json::{Value, json};
use std::path::Path;

/// A picture of a number that the reader which ships can read.
const PICTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pictures/number-304.png");

/// What is known of the pictures kept.
fn kept(folder: &Value) -> Vec<Value> {
    let path = Path::new(folder.as_str().expect("a folder")).join("index.jsonl");
    let text = std::fs::read_to_string(path).expect("there is a list");
    text.lines().skip(1).map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn a_number_that_is_read_is_kept_with_its_boxes() {
    let place = Place::new();
    let figures = place.run(&["data", "add", PICTURE, "--number", "304", "--json"]).expect_code(0).figures();
    assert_eq!(figures["boxes"], json!([3]));
    let record = kept(&figures["folder"]).remove(0);
    let left = |i: usize| record["boxes"][i]["x"].as_f64().expect("a number");
    assert!(record["text"] == "304" && left(0) < left(1) && left(1) < left(2), "{record}");
    // Another number than the one that is read: the user is right, and where it stands is not known.
    let answer = place.run(&["data", "add", PICTURE, "--number", "305"]).expect_code(0);
    assert!(answer.out.contains("No boxes, since 304 is read where '305' was said"), "{}", answer.out);
    let record = kept(&figures["folder"]).remove(0);
    assert!(record["text"] == "305" && record["boxes"].is_null(), "{record}");
    let answer = place.run(&["data", "add", PICTURE, "--number", "304", "--no-boxes"]).expect_code(0);
    assert!(!answer.out.contains("boxes"), "{}", answer.out);
}

#[test]
fn a_model_is_trained_further_on_what_was_kept() {
    let place = Place::new();
    let id = place.train_tiny();
    place.run(&["train", "--captured"]).expect_code(2);
    place.run(&["train", "--from", &id, "--captured"]).expect_code(3).expect_error(&["data add"]);
    let page = image::GrayImage::from_fn(40, 40, |x, _| image::Luma([if x < 20 { 20 } else { 240 }]));
    let path = place.path("seven.png");
    page.save(&path).expect("it is written");
    let path = path.to_str().expect("a plain path");
    place.run(&["data", "add", path, "--label", "7"]).expect_code(0);
    place.run(&["train", "--from", &id, "--captured", "--set", "train.epochs=1"]).expect_code(0);
    let shown = place.run(&["show", "last"]).expect_code(0).out;
    for line in ["captured.repeat = 20", "train.epochs = 1", "+ captured"] {
        assert!(shown.contains(line), "{line} in {shown}");
    }
}
