//! A second opinion on the command line: what the reader finds is cut out, learned from, and weighed.

use crate::util::Place;

const SCENES: [&str; 8] =
    ["--set", "data.train=24", "--set", "data.test=10", "--set", "data.crops=", "--set", "data.handwriting="];

#[test]
fn what_is_found_is_learned_from_and_weighed() {
    let place = Place::new();
    let mined = place.path("mined");
    let mined = mined.to_str().expect("a plain path");
    let mine = ["data", "mine", "reader", "-o", mined, "--json"];
    let figures = place.run(&[&mine[..], &SCENES].concat()).expect_code(0).figures();
    let n = |name: &str| figures[name].as_u64().expect("a number");
    assert!(n("images") >= 12 && n("without_digits") < n("images"), "{figures}");
    place.run(&[&mine[..], &SCENES].concat()).expect_code(3).expect_error(&["mined"]);
    place.run(&["data", "mine", "rendered", "-o", "none"]).expect_code(3).expect_error(&["no boxes"]);

    let folder = format!("data.folder={mined}");
    let small = [
        "model.filters=4",
        "model.hidden=16",
        "model.blocks=1",
        "train.epochs=1",
        "data.test_share=0",
        "train.batch_size=8",
    ];
    let mut train = vec!["train", "reader-number", "--set", &folder];
    small.iter().for_each(|set| train.extend(["--set", set]));
    place.run(&train).expect_code(0);

    let evaluate =
        ["evaluate", "shipped", "--second", "last", "--json", "--on", "reader", "--split", "train"];
    let tuned = place.run(&[&evaluate[..], &SCENES, &["--tune"]].concat()).expect_code(0).figures();
    let again = place.run(&[&evaluate[..], &SCENES].concat()).expect_code(0).figures();
    assert!(tuned["numbers"]["exact"].as_f64().is_some_and(|exact| exact > 0.2), "{tuned}");
    // What was found out lies in the second model's file, and is what it is read with from then on.
    assert_eq!(tuned["numbers"], again["numbers"]);
    // What the reader says without one is something else, and is asked for by name.
    let alone = ["evaluate", "shipped", "--second", "none", "--json", "--on", "reader", "--split", "train"];
    let alone = place.run(&[&alone[..], &SCENES].concat()).expect_code(0).figures();
    assert_eq!(alone["numbers"]["n"], again["numbers"]["n"]);
}
