//! Commands whose files go to other programs and people: export, import, report, and what evaluate measures.

use crate::util::Place;
use serde_json::Value;

#[test]
fn models_and_figures_are_exported_and_figures_imported_again() {
    let place = Place::new();
    let id = place.train_tiny();
    for (to, file) in [("onnx", "m.onnx"), ("torchscript", "m.pt"), ("safetensors", "m.safetensors")] {
        let figures = place.run(&["export", &id, "--to", to, "-o", file, "--json"]).expect_code(0).figures();
        assert_eq!(figures["exported"][0]["files"][0], file);
        assert!(std::fs::metadata(place.path(file)).is_ok_and(|about| about.len() > 10_000), "{to}");
    }
    let check = place.run(&["export", &id, "--to", "onnx", "-o", "c.onnx", "--check", "20", "--json"]);
    assert_eq!(check.expect_code(0).figures()["exported"][0]["files"][1], "c.check.safetensors");
    // The exported model reads by itself.
    place.run(&["evaluate", "m.safetensors"]).expect_code(0);
    for (to, file) in [("csv", "f.csv"), ("json", "f.json"), ("tensorboard", "logs/one")] {
        place.run(&["export", &id, "--to", to, "-o", file]).expect_code(0);
        let from = if to == "tensorboard" { "logs" } else { file };
        let figures = place.run(&["import", from, "--name", to, "--json"]).expect_code(0).figures();
        assert_eq!(figures["imported"].as_array().map(Vec::len), Some(1), "{to}: {figures}");
        assert!(figures["imported"][0]["values"].as_u64() > Some(4), "{to}: {figures}");
    }
    let listed = place.run(&["runs", "--json"]).expect_code(0).lines();
    let imported: Vec<&Value> = listed.iter().filter(|line| line["status"] == "imported").collect();
    assert_eq!(imported.len(), 3, "{listed:?}");
    let own = listed.iter().find(|line| line["run"] == id.as_str()).expect("the run");
    for line in imported {
        assert_eq!(line["valid_accuracy"], own["valid_accuracy"], "{line}");
    }
    place.run(&["resume", "csv"]).expect_code(3).expect_error(&["imported"]);
    place.run(&["export", &id, "--to", "csv", "--check", "3"]).expect_code(3).expect_error(&["--check"]);
    place.run(&["import", "m.onnx"]).expect_code(3).expect_error(&["no log", "m.onnx"]);
}

#[test]
fn an_evaluation_tells_how_far_it_can_be_trusted_and_against_what() {
    let place = Place::new();
    let id = place.train_tiny();
    let figures = place.run(&["evaluate", &id, "--against", &id, "--json"]).expect_code(0).figures();
    for key in
        ["precision", "recall", "f1", "calibration_error", "temperature", "coverage_98", "threshold_98"]
    {
        assert!(figures[key].is_number(), "{key}: {figures}");
    }
    assert!(figures["by_class"][0]["f1"].is_number());
    assert_eq!(
        (figures["against"]["p_value"].as_f64(), figures["against"]["first_only"].as_u64()),
        (Some(1.0), Some(0))
    );
    let other =
        ["evaluate", &id, "--on", "rendered", "--set", "data.test=30", "--set", "data.train=30", "--json"];
    assert_eq!(place.run(&other).expect_code(0).figures()["n"], 30);
    let said = place.run(&["evaluate", &id]).expect_code(0).out;
    assert!(
        said.contains("F1") && said.contains("Calibration error") && said.contains("At 98 % accuracy"),
        "{said}"
    );
}

#[test]
fn a_report_is_one_file_and_keeps_what_was_said() {
    let place = Place::new();
    let id = place.train_tiny();
    let answer = "approach=By <hand> & with care";
    let args = ["report", &id, "-o", "r.html", "--title", "T <1>", "--answer", answer, "--json"];
    let figures = place.run(&args).expect_code(0).figures();
    assert!(figures["accuracy"].is_number() && figures["final"] == id.as_str(), "{figures}");
    let html = std::fs::read_to_string(place.path("r.html")).expect("the report");
    assert!(html.contains("T &lt;1&gt;") && html.contains("By &lt;hand&gt; &amp; with care"));
    assert!(html.contains("<svg") && html.contains("data:image/png;base64,") && !html.contains("https://"));
    // The second one has the same words, and is Markdown.
    place.run(&["report", &id, "-o", "r.md"]).expect_code(0);
    let text = std::fs::read_to_string(place.path("r.md")).expect("the report");
    assert!(text.contains("By \\<hand\\>") && place.path("r-files/001.png").is_file(), "{text}");
    place
        .run(&["report", &id, "--answer", "nonsense=x"])
        .expect_code(3)
        .expect_error(&["nonsense", "approach"]);
    place.run(&["report", "nobody"]).expect_code(3).expect_error(&["nobody"]);
}
