//! Commands that look: presets, settings, runs, data, pictures.

use crate::util::{Place, TINY};
use serde_json::json;

#[test]
fn help_tells_every_command() {
    let place = Place::new();
    let help = place.run(&["--help"]).expect_code(0).out;
    for command in [
        "train", "resume", "control", "runs", "show", "evaluate", "predict", "report", "export", "import",
        "presets", "data", "knobs",
    ] {
        assert!(help.contains(&format!("\n  {command} ")), "{command} in {help}");
        let own = place.run(&[command, "--help"]).expect_code(0).out;
        assert!(own.contains("Usage: digit-workbench"), "{own}");
    }
    assert!(help.contains("Exit codes: 0 done"), "{help}");
}

#[test]
fn every_preset_that_ships_can_be_trained() {
    let place = Place::new();
    let lines = place.run(&["presets", "--json"]).expect_code(0).lines();
    let stems: Vec<&str> = lines.iter().filter_map(|line| line["preset"].as_str()).collect();
    assert!(stems.contains(&"quick-start") && stems.contains(&"mnist-cnn"), "{stems:?}");
    for stem in stems {
        let answer = place.run(&["train", stem, "--dry-run", "--json"]);
        if stem.starts_with("svhn") {
            // How large its pictures are only they themselves tell.
            answer.expect_code(3).expect_error(&["data fetch"]);
            continue;
        }
        if stem == "reader-number" {
            // It learns from what `data mine` cuts out.
            answer.expect_code(3).expect_error(&["no such folder", "mined"]);
            continue;
        }
        let plan = answer.expect_code(0).figures();
        assert!(plan["params"].as_u64() > Some(0), "{stem}: {plan}");
    }
}

#[test]
fn the_users_own_presets_come_with_the_others() {
    let place = Place::new();
    let presets = place.workspace().join("presets");
    std::fs::create_dir_all(&presets).expect("a folder");
    std::fs::write(presets.join("mine.ron"), TINY).expect("it is written");
    std::fs::write(presets.join("broken.ron"), "(nonsense: 1)").expect("it is written");
    let plan = place.run(&["train", "mine", "--dry-run", "--json"]).expect_code(0).figures();
    assert_eq!(plan["params"], json!(784 * 16 + 16 + 16 * 10 + 10));
    let listed = place.run(&["presets"]).expect_code(0).out;
    assert!(listed.contains("mine") && listed.contains("cannot be read"), "{listed}");
    place.run(&["train", "broken"]).expect_code(3).expect_error(&["nonsense", "broken.ron"]);
}

#[test]
fn settings_are_listed_for_people_machines_and_the_readme() {
    let place = Place::new();
    let lines = place.run(&["knobs", "--json"]).expect_code(0).lines();
    let lr = lines.iter().find(|line| line["path"] == "optim.lr").expect("the learning rate");
    assert_eq!(lr["live"], json!(true));
    let markdown = place.run(&["knobs", "--markdown"]).expect_code(0).out;
    let pipes = |line: &str| line.replace("\\|", "").matches('|').count();
    assert!(markdown.lines().count() > 20 && markdown.lines().all(|line| pipes(line) == 7), "{markdown}");
    assert!(place.run(&["knobs"]).expect_code(0).out.contains("train.batch_size"));
}

#[test]
fn an_empty_workspace_says_what_to_do_first() {
    let place = Place::new();
    assert!(place.run(&["runs"]).expect_code(0).out.contains("digit-workbench train quick-start"));
    place.run(&["show", "last"]).expect_code(3).expect_error(&["last"]);
    assert!(!place.workspace().exists(), "looking makes nothing");
}

#[test]
fn a_run_shows_what_differs() {
    let place = Place::new();
    let id = place.train_tiny();
    let shown = place.run(&["show", &id]).expect_code(0).out;
    for line in ["Finished", "model.name = mlp  (default cnn)", "model.dense_size = 16  (default 256)"] {
        assert!(shown.contains(line), "{line} in {shown}");
    }
    let figures = place.run(&["show", &id, "--json"]).expect_code(0).figures();
    assert_eq!(figures["differs"]["train.epochs"], json!("2"));
    assert_eq!(figures["steps"], json!(18));
}

#[test]
fn data_sets_are_listed_and_counted() {
    let place = Place::new();
    let lines = place.run(&["data", "list", "--json"]).expect_code(0).lines();
    let find = |name: &str| lines.iter().find(|line| line["data"] == name).expect("it is listed").clone();
    assert_eq!(find("rendered")["available"], json!("ready"));
    assert_eq!(find("mnist")["available"], json!("needs_download"));
    for (name, word) in
        [("mnist", "data fetch mnist"), ("captured", "data add"), ("image_folder", "data.folder")]
    {
        let way = find(name)["what_to_do"].as_str().unwrap_or_default().to_owned();
        assert!(way.contains(word), "{name}: {way}");
    }
    let large = lines
        .iter()
        .find(|line| line["set"] == json!(["data.variant=large"]))
        .expect("notMNIST has a large part");
    assert!(
        large["what_to_do"]
            .as_str()
            .is_some_and(|way| way.contains("fetch notmnist --set data.variant=large"))
    );
    let shown = place.run(&["data", "list"]).expect_code(0).out;
    assert_eq!(shown.matches("name a folder").count(), 2, "captured pictures need no folder: {shown}");
    let fetched = place.run(&["data", "fetch", "rendered", "--json"]).expect_code(0).figures();
    assert_eq!(fetched["downloaded_bytes"], json!(0));
    place.run(&["data", "fetch", "imagenet"]).expect_code(3).expect_error(&["imagenet", "mnist"]);
    let tiny = place.write("tiny.ron", TINY);
    let stats = place.run(&["data", "stats", &tiny, "--json"]).expect_code(0).figures();
    assert_eq!((&stats["train"]["n"], &stats["test"]["n"]), (&json!(240), &json!(60)));
    let args = ["data", "stats", "scenes", "--set", "data.train=12", "--set", "data.test=10", "--json"];
    let drawn = place.run(&args).expect_code(0).figures();
    let sum = |name: &str| {
        drawn["train"][name]
            .as_array()
            .expect("counts")
            .iter()
            .filter_map(serde_json::Value::as_u64)
            .sum::<u64>()
    };
    assert_eq!(sum("per_length"), 12, "{drawn}");
    assert!(sum("per_class") >= 12, "each character counts: {drawn}");
    let per_class = stats["train"]["per_class"].as_array().expect("counts");
    assert_eq!(per_class.iter().filter_map(|n| n.as_u64()).sum::<u64>(), 240);
}

#[test]
fn a_picture_is_read() {
    let place = Place::new();
    let id = place.train_tiny();
    let mut picture = image::GrayImage::from_pixel(60, 80, image::Luma([255]));
    for y in 15..65 {
        for x in 27..33 {
            picture.put_pixel(x, y, image::Luma([10]));
        }
    }
    let file = place.path("one.png");
    picture.save(&file).expect("it is saved");
    let file = file.to_str().expect("plain");
    let lines = place.run(&["predict", &id, file, "--json"]).expect_code(0).lines();
    let probabilities = lines[0]["probabilities"].as_array().expect("probabilities");
    assert_eq!(probabilities.len(), 10);
    let sum: f64 = probabilities.iter().filter_map(|p| p.as_f64()).sum();
    assert!((sum - 1.0).abs() < 1e-3, "{sum}");
    assert!(lines[0]["class"].is_string(), "{lines:?}");

    let garbage = place.write("garbage.png", "no picture");
    let answer = place.run(&["predict", &id, &garbage, file]).expect_code(3).expect_error(&["garbage.png"]);
    assert!(answer.out.contains("one.png"), "the other picture is read all the same: {answer:#?}");
    place.run(&["predict", &id, "missing.png"]).expect_code(3).expect_error(&["missing.png"]);
}

#[test]
fn speed_is_told_in_json_lines() {
    let place = Place::new();
    let args = ["bench", "train", "--threads", "1", "--batch", "8", "--images", "16"];
    let lines = place.run(&[&args[..], &["--model", "lenet"]].concat()).expect_code(0).lines();
    assert_eq!((lines.len(), &lines[0]["model"], &lines[0]["threads"]), (2, &json!("lenet5"), &json!(1)));
    assert!(lines[0]["images_per_s"].as_f64() > Some(0.0), "{lines:?}");
    assert!(lines[1]["evaluation_images_per_s"].as_f64() > Some(0.0), "{lines:?}");
    place.run(&[&args[..], &["--model", "vgg"]].concat()).expect_code(3).expect_error(&["vgg", "lenet5"]);
}

#[test]
fn versions_of_an_image_are_written_as_a_sheet() {
    let place = Place::new();
    let tiny = place.write("tiny.ron", TINY);
    let sheet = |name: &str, more: &[&str]| {
        let file = place.path(name);
        let args = ["data", "augment", &tiny, "--row", "3", "-o", file.to_str().expect("plain"), "--json"];
        let figures = place.run(&[&args[..], more].concat()).expect_code(0).figures();
        let picture = image::open(&file).expect("it is written").into_rgb8();
        assert_eq!(
            (&figures["width"], &figures["height"]),
            (&json!(picture.width()), &json!(picture.height()))
        );
        (figures, picture)
    };
    let rotated = ["--set", "augment.rotation=40", "--count", "7"];
    let (figures, first) = sheet("a.png", &rotated);
    assert_eq!(figures["count"], json!(7));
    assert_eq!(sheet("b.png", &rotated).1, first, "the same draws, the same sheet");
    assert_ne!(sheet("c.png", &[&rotated[..], &["--draw", "1"]].concat()).1, first);
    let (mixed, _) = sheet("d.png", &["--set", "augment.mixup=0.5"]);
    assert_eq!(mixed["mixed"].as_array().map(Vec::len), Some(12));
    let refused = |args: &[&str], words: &[&str]| {
        place.run(&[&["data", "augment"], args].concat()).expect_code(3).expect_error(words);
    };
    refused(&[&tiny, "--row", "240"], &["no image 240", "240 training images"]);
    refused(&[&tiny, "--set", "augment.rotation=400"], &["augment.rotation", "between 0 and 180"]);
    refused(&[&tiny, "--set", "augment.rotate=4"], &["augment.rotation"]);
    let nowhere = place.path("none").join("sheet.png");
    refused(&[&tiny, "-o", nowhere.to_str().expect("plain")], &["cannot be written", "sheet.png"]);
    let lines = place.run(&["bench", "augment", "--case", "affine", "--images", "50"]).expect_code(0).lines();
    assert!(lines[0]["images_per_s"].as_f64() > Some(0.0), "{lines:?}");
    place.run(&["bench", "augment", "--case", "flip"]).expect_code(3).expect_error(&["flip", "elastic"]);
}
