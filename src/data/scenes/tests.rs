//! Scenes as a whole: boxes against ink, the same on every thread, statistics, parts that share nothing.

use super::super::progress::{Silent, Stage};
use super::super::testing::empty_places;
use super::compose::plan;
use super::layer::Picture;
use super::raster::Mask;
use super::{FontChoice, Painter, Scenes, Style, tables};
use crate::data::marks::numbers;
use crate::data::{Area, DataError, DataSet as _, Mark, Progress};

fn settings() -> Scenes {
    Scenes { train: 24, test: 12, size: 96, fonts: FontChoice::BuiltIn, ..Scenes::default() }
}

fn open(settings: &Scenes) -> Painter {
    let (_folder, places) = empty_places();
    Painter::open(settings, &places, &Silent).expect("scenes need nothing")
}

#[test]
fn every_box_is_tight_around_its_ink() {
    let settings = Scenes { size: 200, negatives: 0.0, ..settings() };
    let painter = open(&settings);
    let mut n = 0;
    for index in 0..60 {
        let plan = plan(&painter.studio, &settings, index % 2 == 1, index);
        assert_eq!(plan.marks.len(), plan.inks.len());
        let by = 200.0 / plan.native[0] as f32;
        for (mark, ink) in plan.marks.iter().zip(&plan.inks) {
            let mask = Mask::fill(ink, plan.native, 0, 0);
            assert!(mask.size() > 4.0, "scene {index} has a digit without ink");
            let touched = |x: usize, y: usize| mask.cover[y * mask.w + x] > 0.25;
            let columns = (0..mask.w).filter(|x| (0..mask.h).any(|y| touched(*x, y)));
            let rows = (0..mask.h).filter(|y| (0..mask.w).any(|x| touched(x, *y)));
            let ends = |inked: Vec<usize>| [*inked.first().expect("ink"), *inked.last().expect("ink") + 1];
            let ([left, right], [top, bottom]) = (ends(columns.collect()), ends(rows.collect()));
            let area = mark.area;
            let sides = [
                (area.x, left as f32 + mask.x as f32),
                (area.right(), right as f32 + mask.x as f32),
                (area.y, top as f32 + mask.y as f32),
                (area.bottom(), bottom as f32 + mask.y as f32),
            ];
            for (side, seen) in sides {
                // A thin end may cover too little of its pixel to be seen.
                assert!((side / by - seen).abs() < 1.6, "scene {index}: {area:?} {sides:?}");
            }
            assert!(area.x >= 0.0 && area.y >= 0.0 && area.right() <= 200.01 && area.bottom() <= 200.01);
            n += 1;
        }
    }
    assert!(n > 100, "{n} digits");
}

#[test]
fn a_scene_is_the_same_on_every_thread_and_in_every_order() {
    let painter = open(&settings());
    let alone: Vec<_> = (0..8).map(|index| painter.scene(false, index)).collect();
    let other = open(&settings());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for index in (0..8).rev() {
                    assert!(other.scene(false, index) == alone[index as usize], "scene {index}");
                }
            });
        }
    });
    assert!(alone.iter().enumerate().all(|(index, scene)| painter.marks(false, index as u64) == scene.marks));
    assert!(painter.scene(true, 0) != alone[0], "parts differ");
    assert!(alone.iter().all(|scene| scene.pixels.len() == 3 * 96 * 96));
    let grey = open(&Scenes { grey: true, ..settings() }).scene(false, 0);
    assert_eq!((grey.pixels.len(), &grey.marks), (96 * 96, &alone[0].marks));
}

#[test]
fn pictures_are_neither_empty_nor_all_alike() {
    let painter = open(&settings());
    for index in 0..30 {
        let pixels = painter.scene(index % 3 == 0, index).pixels;
        let (low, high) = (pixels.iter().min(), pixels.iter().max());
        let range = high.zip(low).map_or(0, |(high, low)| high - low);
        assert!(range > 12, "scene {index} has a range of {range}");
    }
}

#[test]
fn numbers_are_like_those_of_streets() {
    let settings = Scenes { size: 256, style: Style::Svhn, negatives: 0.1, ..settings() };
    let painter = open(&settings);
    let all: Vec<_> = (0..1500).map(|index| painter.marks(false, index)).collect();
    let empty = all.iter().filter(|marks| marks.is_empty()).count();
    assert!((100..230).contains(&empty), "{empty} scenes without digits");
    let lengths: Vec<usize> = all.iter().flat_map(|marks| numbers(marks).map(<[_]>::len)).collect();
    let share =
        |n: usize| lengths.iter().filter(|length| **length == n).count() as f32 / lengths.len() as f32;
    let total: f32 = tables::LENGTHS.iter().sum();
    for n in 1..=4 {
        assert!((share(n) - tables::LENGTHS[n - 1] / total).abs() < 0.06, "{n} digits: {}", share(n));
    }
    let mut heights: Vec<f32> = all
        .iter()
        .filter(|marks| !marks.is_empty())
        .map(|marks| marks.iter().map(|mark| mark.area.h).sum::<f32>() / marks.len() as f32 / 256.0)
        .collect();
    heights.sort_by(f32::total_cmp);
    for (at, level) in tables::LEVELS.iter().enumerate().filter(|(_, level)| (0.1..=0.9).contains(*level)) {
        let (drawn, real) = (heights[(level * heights.len() as f32) as usize], tables::HEIGHT_BY_WIDTH[at]);
        assert!((drawn / real - 1.0).abs() < 0.3, "{level}: {drawn} {real}");
    }
}

#[test]
fn wide_scenes_have_small_and_large_digits() {
    let settings = Scenes { size: 320, ..settings() };
    let painter = open(&settings);
    let mut heights: Vec<f32> =
        (0..600).flat_map(|index| painter.marks(false, index)).map(|mark| mark.area.h).collect();
    heights.sort_by(f32::total_cmp);
    let at = |share: f32| heights[(share * heights.len() as f32) as usize];
    assert!(at(0.05) < 18.0 && at(0.95) > 90.0, "{} {}", at(0.05), at(0.95));
    assert!(heights[0] >= 5.0);
    let none = open(&Scenes { negatives: 1.0, ..settings });
    assert!((0..40).all(|index| none.marks(false, index).is_empty()), "letters and things are not marked");
}

#[test]
fn fonts_of_tests_are_not_those_of_training() {
    let families = &open(&Scenes::default()).studio.families;
    let [train, test] = &families.parts;
    let first = |face: &super::typeface::Typeface| {
        let outline = &face.glyph('3').expect("digits are always there").ink;
        outline.polygons.iter().flatten().map(|p| (p.x.to_bits(), p.y.to_bits())).collect::<Vec<_>>()
    };
    let learned: std::collections::BTreeSet<_> = train.iter().flatten().map(first).collect();
    assert!(test.iter().flatten().map(first).all(|outline| !learned.contains(&outline)));
}

#[test]
fn laying_out_stops_when_asked() {
    struct Stop;
    impl Progress for Stop {
        fn report(&self, _: Stage<'_>) {}
        fn cancelled(&self) -> bool {
            true
        }
    }
    let (_folder, places) = empty_places();
    assert!(matches!(settings().load(&places, &Stop), Err(DataError::Cancelled)));
    let dataset = settings().load(&places, &Silent).expect("it needs nothing");
    assert_eq!((dataset.train.len(), dataset.test.len()), (24, 12));
    assert_eq!(usize::from(dataset.train.labels[3]), dataset.train.marks(3).len());
}

#[test]
fn folders_that_are_not_there_are_told() {
    let painter = open(&Scenes { photos: "/nowhere/at/all".to_owned(), ..settings() });
    assert!(painter.warnings()[0].contains("cannot be read"), "{:?}", painter.warnings());
    assert!(!painter.scene(false, 0).pixels.is_empty());
}

#[test]
fn real_numbers_are_pasted_with_their_boxes() {
    let (_folder, places) = empty_places();
    let crops = Scenes { crops: "sequences".to_owned(), crop_share: 1.0, ..settings() };
    let nothing = Scenes { crops: "nothing".to_owned(), ..settings() };
    let warned = Painter::open(&nothing, &places, &Silent).expect("a wrong name is only a warning");
    assert!(warned.warnings()[0].contains("'nothing'"), "{:?}", warned.warnings());

    let mut studio = super::studio::Studio::open(&nothing, &places, &Silent).expect("scenes need nothing");
    let mark = |class, x| Mark { class, number: 0, area: Area { x, y: 2.0, w: 8.0, h: 12.0 } };
    let one = || {
        // Digits are white where their boxes are, so that a box is found again in the scene.
        let pixels = (0..24 * 16).map(|at| {
            let (x, y) = (at % 24, at / 24);
            let inside = (2..14).contains(&y) && ((2..10).contains(&x) || (13..21).contains(&x));
            [if inside { 255 } else { 0 }; 3]
        });
        let picture = Picture { width: 24, height: 16, pixels: pixels.collect() };
        vec![super::crops::of_one(picture, vec![mark(4, 2.0), mark(7, 13.0)])]
    };
    studio.crops = [one(), one()];
    let mut n = 0;
    for index in 0..30 {
        let plan = plan(&studio, &crops, false, index);
        for pair in plan.marks.chunks_exact(2).filter(|pair| pair[0].class == 4 && pair[1].class == 7) {
            let (left, right) = (pair[0].area, pair[1].area);
            let (wide, high) = (left.w / 8.0, left.h / 12.0);
            assert!((right.x - left.x - 11.0 * wide).abs() < 0.1 && (right.y - left.y).abs() < 0.1);
            assert!(left.x >= 0.0 && right.right() <= 96.0 && left.bottom() <= 96.0 && high > 0.4);
            n += 1;
        }
    }
    assert!(n > 15, "{n} were pasted");
}
