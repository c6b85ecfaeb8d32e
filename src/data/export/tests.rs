//! What is exported and read again is the same.

use super::super::marks::{Area, Mark, Marks};
use super::super::progress::{Silent, Stage};
use super::super::samples::{Pixels, Sizes};
use super::super::testing::empty_places;
use super::super::{DataSet as _, IdxFolder, ImageFolder};
use super::*;
use crate::data::image_folder::Colour;
use crate::knobs::Choice as _;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Grey squares of three classes, with names that would do harm.
fn classes() -> Dataset {
    let part = |n: usize, from: u8| Samples {
        names: Some((0..n).map(|i| format!("../a/b {}.png", i / 2)).collect()),
        ..Samples::new(
            Pixels::Owned((0..n * 12).map(|i| (i as u8).wrapping_mul(37).wrapping_add(from)).collect()),
            (0..n).map(|i| (i % 3) as u8).collect(),
            [1, 3, 4],
        )
    };
    Dataset {
        name: "Squares".to_owned(),
        classes: ["0", "1", "2"].map(str::to_owned).into(),
        kind: Kind::Classes,
        train: part(9, 0),
        test: part(6, 200),
        fingerprint: String::new(),
        curated: None,
        warnings: Vec::new(),
    }
}

/// Coloured pictures of two sizes with characters; nothing on the third.
fn numbers() -> Dataset {
    let sizes = vec![[20, 10], [8, 16], [5, 5]];
    let all: usize = sizes.iter().map(|[w, h]| (w * h * 3) as usize).sum();
    let mark = |class, x, y| Mark { class, number: 0, area: Area { x, y, w: 2.5, h: 4.0 } };
    let mut marks = Marks::new();
    marks.push(&[mark(1, 1.0, 2.0), mark(0, 4.25, 3.0), mark(1, 9.0, 2.0)]);
    marks.push(&[mark(0, 1.0, 1.5), mark(1, 1.0, 9.0)]);
    marks.push(&[]);
    let samples = Samples {
        pixels: Pixels::Owned((0..all).map(|i| (i * i / 7) as u8).collect()),
        labels: [3, 2, 0].into(),
        channels: 3,
        height: 16,
        width: 20,
        sizes: Some(Arc::new(Sizes::new(sizes, 3))),
        marks: Some(Arc::new(marks)),
        names: None,
    };
    Dataset {
        kind: Kind::Numbers { longest: 3 },
        classes: ["3", "7"].map(str::to_owned).into(),
        test: samples.first(2),
        train: samples,
        ..classes()
    }
}

type Seen = (Vec<u8>, [usize; 2], String, Vec<(String, u8, [i32; 4])>);

/// Everything about the images of a part, in an order of their own.
fn seen(dataset: &Dataset, samples: &Samples) -> Vec<Seen> {
    let name = |class: u8| dataset.classes[usize::from(class)].clone();
    let hundredth = |side: f32| (side * 100.0).round() as i32;
    let mut all: Vec<Seen> = (0..samples.len())
        .map(|row| {
            let marks = samples.marks(row).iter().map(|mark| {
                let Area { x, y, w, h } = mark.area;
                (name(mark.class), mark.number, [x, y, w, h].map(hundredth))
            });
            let label = dataset.label_name(samples.labels[row]);
            (samples.image(row).into_owned(), samples.size(row), label, marks.collect())
        })
        .collect();
    all.sort();
    all
}

fn read_again(format: Format, folder: &Path, colour: Colour) -> Dataset {
    let (_kept, places) = empty_places();
    let folder = folder.display().to_string();
    match format {
        Format::Idx => IdxFolder { folder, limit: 0 }.load(&places, &Silent),
        _ => ImageFolder { folder, side: 0, colour, ..ImageFolder::default() }.load(&places, &Silent),
    }
    .expect("it was just written")
}

fn formats() -> Vec<Format> {
    let mut format = Format::default();
    let names: Vec<&str> = format.options().iter().map(|option| option.name).collect();
    names
        .into_iter()
        .map(|name| {
            assert!(format.choose(name));
            format
        })
        .collect()
}

#[test]
fn images_and_labels_come_back() {
    let (folder, dataset) = (tempfile::tempdir().expect("a temporary folder"), classes());
    for format in formats() {
        let target = folder.path().join(format.chosen());
        let done = export(&dataset, &Chosen::default(), format, &target, &Silent).expect("it can be written");
        assert_eq!((done.images, &done.folder), ([9, 6], &target));
        let again = read_again(format, &target, Colour::Grey);
        assert_eq!(again.warnings, [""; 0], "{format:?}");
        assert_eq!(again.classes, dataset.classes, "{format:?}");
        for (before, after) in dataset.parts().into_iter().zip(again.parts()) {
            let pictures = |seen: Vec<Seen>| seen.into_iter().map(|one| (one.0, one.1)).collect::<Vec<_>>();
            assert_eq!(pictures(seen(&dataset, before)), pictures(seen(&again, after)), "{format:?}");
            if again.kind == Kind::Classes {
                assert_eq!(seen(&dataset, before), seen(&again, after), "{format:?}");
            } else {
                // Boxes around all of the picture.
                let label = |row: usize| (after.image(row).into_owned(), after.marks(row)[0].class);
                let labels: BTreeMap<_, _> = (0..after.len()).map(label).collect();
                for row in 0..before.len() {
                    assert_eq!(labels[&before.image(row).into_owned()], before.labels[row], "{format:?}");
                }
            }
        }
    }
}

#[test]
fn marks_come_back() {
    let (folder, dataset) = (tempfile::tempdir().expect("a temporary folder"), numbers());
    for format in formats() {
        let target = folder.path().join(format.chosen());
        let done = export(&dataset, &Chosen::default(), format, &target, &Silent);
        if matches!(format, Format::PngFolder | Format::Idx) {
            let message = done.expect_err("several characters").to_string();
            assert!(message.contains("Export them as COCO"), "{message}");
            continue;
        }
        done.expect("it can be written");
        let again = read_again(format, &target, Colour::Rgb);
        assert_eq!((again.kind, &again.classes), (dataset.kind, &dataset.classes), "{format:?}");
        for (before, after) in dataset.parts().into_iter().zip(again.parts()) {
            assert_eq!(seen(&dataset, before), seen(&again, after), "{format:?}");
        }
    }
    assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 3, "nothing is left beside them");
}

#[test]
fn only_what_is_chosen_is_written() {
    let (folder, dataset) = (tempfile::tempdir().expect("a temporary folder"), classes());
    let target = folder.path().join("some");
    let chosen = Chosen { train: Some(vec![4, 1]), test: Some(Vec::new()) };
    let done = export(&dataset, &chosen, Format::Csv, &target, &Silent).expect("it can be written");
    assert_eq!(done.images, [2, 0]);
    let text = fs::read_to_string(target.join("labels.csv")).expect("it is there");
    assert_eq!(text, "file,split,label\nimages/train/b_2.png,train,1\nimages/train/b_0.png,train,1\n");
}

struct Stopped;

impl Progress for Stopped {
    fn report(&self, _: Stage<'_>) {}
    fn cancelled(&self) -> bool {
        true
    }
}

#[test]
fn nothing_is_overwritten_and_what_is_broken_off_leaves_nothing() {
    let (folder, dataset) = (tempfile::tempdir().expect("a temporary folder"), classes());
    let target = folder.path().join("new");
    for format in formats() {
        let stopped = export(&dataset, &Chosen::default(), format, &target, &Stopped);
        assert!(matches!(stopped, Err(DataError::Cancelled)), "{format:?}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 0);
    fs::create_dir_all(&target).expect("it can be made");
    export(&dataset, &Chosen::default(), Format::Idx, &target, &Silent)
        .expect("an empty folder is as good as none");
    let message =
        export(&dataset, &Chosen::default(), Format::Csv, &target, &Silent).expect_err("it is full");
    assert!(message.to_string().contains("nothing is overwritten"), "{message}");
    let none = Chosen { train: Some(Vec::new()), test: Some(Vec::new()) };
    assert!(export(&dataset, &none, Format::Csv, &folder.path().join("none"), &Silent).is_err());
}
