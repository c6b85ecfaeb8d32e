//! The command line reading pictures: the promised JSON, folders, copies with boxes, and bad files among good ones.

use crate::util::Place;
use serde_json::Value;

/// A place with a trained run, a folder of pictures good and bad, and the run's id.
fn place() -> (Place, String, String) {
    let place = Place::new();
    let run = place.train_tiny();
    let folder = place.path("pictures");
    std::fs::create_dir(&folder).expect("a folder");
    let page = image::GrayImage::from_fn(60, 50, |x, _| image::Luma([if x < 30 { 20 } else { 240 }]));
    page.save(folder.join("a.png")).expect("it is written");
    image::RgbaImage::new(1, 1).save(folder.join("b.png")).expect("it is written");
    std::fs::write(folder.join("c.jpg"), "this is text").expect("it is written");
    image::GrayImage::new(30, 30).save(folder.join("d.webp")).expect("it is written");
    let folder = folder.to_str().expect("a plain path").to_owned();
    (place, run, folder)
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().map(|object| object.keys().map(String::as_str).collect()).unwrap_or_default()
}

#[test]
fn every_picture_gets_its_object_and_bad_ones_do_not_stop_the_others() {
    let (place, run, folder) = place();
    let copies = place.path("copies");
    let copies = copies.to_str().expect("a plain path");
    let answer =
        place.run(&["read", &folder, "--model", &run, "--json", "--annotate", copies]).expect_code(3);
    let answer = answer.expect_error(&["no picture of a known kind", "c.jpg"]);
    let lines = answer.lines();
    let sources: Vec<&str> = lines.iter().filter_map(|line| line["source"].as_str()).collect();
    let names: Vec<&str> = sources.iter().filter_map(|source| source.rsplit(['/', '\\']).next()).collect();
    assert_eq!(names, ["a.png", "b.png", "c.jpg", "d.webp"]);
    for line in &lines {
        if line["error"].is_string() {
            assert_eq!(keys(line), ["error", "numbers", "source"]);
            continue;
        }
        assert_eq!(keys(line), ["height", "ms", "numbers", "source", "width"]);
        assert!(line["ms"].is_number());
        for number in line["numbers"].as_array().expect("a list") {
            assert_eq!(keys(number), ["box", "confidence", "digits", "text"]);
            assert_eq!(number["box"].as_array().map(Vec::len), Some(4));
        }
    }
    // Nothing is on a black picture.
    assert_eq!(lines[3]["numbers"].as_array().map(Vec::len), Some(0));
    for name in ["a.png", "b.png", "d.png"] {
        assert!(place.path("copies").join(name).is_file(), "{name}");
    }
    assert!(!place.path("copies").join("c.png").exists());
}

#[test]
fn people_are_told_in_words() {
    let (place, run, folder) = place();
    let black = format!("{folder}/d.webp");
    let answer = place.run(&["read", &black, "--model", &run]).expect_code(0);
    assert!(answer.out.contains("d.webp: no number found"), "{}", answer.out);
    place.run(&["read", "--model", &run]).expect_code(2);
    place.run(&["read", "none.png", "--model", &run]).expect_code(3).expect_error(&["none.png"]);
    place.run(&["read", &black, "--model", "unheard-of"]).expect_code(3);
    let empty = place.path("empty");
    std::fs::create_dir(&empty).expect("a folder");
    let empty = empty.to_str().expect("a plain path");
    place.run(&["read", empty, "--model", &run]).expect_code(3).expect_error(&["no picture in this folder"]);
}
