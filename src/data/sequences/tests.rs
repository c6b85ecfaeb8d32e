//! What must hold for digit sequences: boxes fit pixels, lengths are as asked, drawn and kept are the same.

use super::super::marks::around;
use super::super::progress::Silent;
use super::super::testing::{empty_places, real_data, write_four};
use super::*;

/// Sequences of digits that nothing has to be downloaded for.
fn small() -> Sequences {
    Sequences { glyphs: Glyphs::Mnist, train: 300, test: 100, ..Sequences::default() }
}

/// Places with a small MNIST whose images are blots off the middle, so that ink boxes have something to find.
fn places() -> (tempfile::TempDir, Places) {
    let (folder, mut places) = empty_places();
    let data = folder.path().join("data");
    write_four(&data.join("mnist"), 200, 100, 28);
    places.folders.push(data);
    (folder, places)
}

fn load(settings: &Sequences) -> Dataset {
    let (_folder, places) = places();
    settings.load(&places, &Silent).expect("it can be drawn")
}

/// Rendered digits: their ink does not reach the rim.
fn rendered(settings: &Sequences) -> Dataset {
    let (_folder, places) = empty_places();
    let settings = Sequences { glyphs: Glyphs::Rendered, ..settings.clone() };
    settings.load(&places, &Silent).expect("it can be drawn")
}

#[test]
fn boxes_fit_the_pixels() {
    for warp in [0.0, 1.0] {
        // Frames far apart: each character's columns are its own.
        let apart = Sequences { overlap: 0, gap: 6, train: 40, test: 40, warp, ..small() };
        let dataset = rendered(&apart);
        for samples in dataset.parts() {
            for row in 0..samples.len() {
                let (image, [width, height]) = (samples.image(row), samples.size(row));
                let marks = samples.marks(row);
                assert_eq!(marks.len(), usize::from(samples.labels[row]));
                let lit = |x: usize, y: usize| image[y * width + x] > 0;
                for mark in marks {
                    let area = mark.area;
                    let [left, top] = [area.x, area.y].map(|side| side as usize);
                    let [right, bottom] = [area.right(), area.bottom()].map(|side| side as usize);
                    assert!(right <= width && bottom <= height);
                    for y in [top, bottom - 1] {
                        assert!((left..right).any(|x| lit(x, y)), "row {row}: nothing at {y}");
                    }
                    for x in [left, right - 1] {
                        assert!((top..bottom).any(|y| lit(x, y)), "row {row}: nothing at {x}");
                    }
                }
                let in_a_box = |x: usize, y: usize| {
                    let (x, y) = (x as f32 + 0.5, y as f32 + 0.5);
                    let has = |a: &super::super::Area| a.x < x && x < a.right() && a.y < y && y < a.bottom();
                    marks.iter().any(|mark| has(&mark.area))
                };
                let outside =
                    (0..width * height).find(|at| image[*at] > 0 && !in_a_box(at % width, at / width));
                assert_eq!(outside, None, "row {row} has ink outside of every box");
            }
        }
    }
}

#[test]
fn a_squeezed_picture_keeps_its_boxes() {
    let settings =
        Sequences { shape: Shape::Squeezed, overlap: 0, jitter: 0, anywhere: false, train: 60, ..small() };
    let (full, squeezed) =
        (rendered(&Sequences { shape: Shape::Full, ..settings.clone() }), rendered(&settings));
    assert_eq!((full.train.width, full.train.height), (140, 28));
    assert_eq!((squeezed.train.width, squeezed.train.height), (28, 28));
    for row in 0..60 {
        let (wide, small) = (full.train.image(row), squeezed.train.image(row));
        // Of every five columns the middle one is left.
        let expected: Vec<u8> = (0..784).map(|at| wide[at / 28 * 140 + at % 28 * 5 + 2]).collect();
        assert_eq!(small[..], expected);
        for (one, other) in full.train.marks(row).iter().zip(squeezed.train.marks(row)) {
            assert_eq!((one.class, one.area.y, one.area.h), (other.class, other.area.y, other.area.h));
            assert!((one.area.x / 5.0 - other.area.x).abs() < 1e-4);
        }
    }
}

#[test]
fn lengths_are_as_asked() {
    let count = |settings: Sequences| {
        let dataset = load(&Sequences { train: 20_000, ..settings });
        let mut counts = [0_u32; 9];
        dataset.train.labels.iter().for_each(|label| counts[usize::from(*label)] += 1);
        assert!(dataset.train.labels.iter().all(|label| usize::from(*label) < dataset.n_labels()));
        counts
    };
    let uniform = count(small());
    assert!(uniform[1..=5].iter().all(|n| (3_700..4_300).contains(n)), "{uniform:?}");
    assert_eq!(count(Sequences { shortest: 3, longest: 3, ..small() })[3], 20_000);
    let swapped = count(Sequences { shortest: 6, longest: 4, ..small() });
    assert_eq!(swapped[4..=6].iter().sum::<u32>(), 20_000, "bounds the wrong way round: {swapped:?}");
    let houses = count(Sequences { lengths: Lengths::HouseNumbers, ..small() });
    // 5137 of 33,401 have one digit and 18,130 two; a standard deviation is 52 and 70 of 20,000.
    assert!(houses[1].abs_diff(3_076) < 260 && houses[2].abs_diff(10_856) < 350, "{houses:?}");
    assert_eq!(houses[6..].iter().sum::<u32>(), 0);
}

#[test]
fn training_sequences_are_filled_and_test_sequences_stay_as_they_are() {
    let plain = load(&small());
    let filled = load(&Sequences { train: 5_000, filled: 0.7, ..small() });
    let longest = filled.train.labels.iter().filter(|label| **label == 5).count();
    // 0.7 of all, and a fifth of the rest.
    assert!((3_650..3_950).contains(&longest), "{longest}");
    assert!((1..5).all(|length| filled.train.labels.contains(&length)));
    assert_eq!(filled.test.labels, plain.test.labels);
    assert_ne!(filled.fingerprint, plain.fingerprint);
}

#[test]
fn settings_that_do_nothing_leave_older_pictures_known() {
    let identity = small().identity();
    assert!(!identity.contains("filled"), "{identity}");
    assert!(Sequences { filled: 0.5, ..small() }.identity().contains("filled: 0.5"));
}

#[test]
fn kept_and_drawn_are_the_same() {
    let (_folder, places) = places();
    for shape in [Shape::Full, Shape::Squeezed] {
        let drawn = Sequences { shape, warp: 1.0, polarity: Polarity::Random, ..small() };
        let kept = Sequences { keep: true, ..drawn.clone() };
        let [drawn, kept] =
            [drawn, kept].map(|settings| settings.load(&places, &Silent).expect("it is drawn"));
        assert!(drawn.train.pixels.bytes().is_none() && kept.train.pixels.bytes().is_some());
        for (one, other) in drawn.parts().into_iter().zip(kept.parts()) {
            assert_eq!((one.len(), &one.labels), (other.len(), &other.labels));
            for row in 0..one.len() {
                assert_eq!(one.image(row), other.image(row), "row {row}");
                assert_eq!(one.marks(row), other.marks(row), "row {row}");
            }
        }
        assert_eq!(drawn.kind, kept.kind);
    }
}

#[test]
fn a_sequence_depends_on_its_row_alone() {
    let few = load(&small());
    let many = load(&Sequences { train: 9_000, test: 400, ..small() });
    for row in 0..100 {
        assert_eq!(few.train.image(row), many.train.image(row));
        assert_eq!(few.test.marks(row), many.test.marks(row));
    }
    assert_ne!(few.fingerprint, many.fingerprint);
    let other = load(&Sequences { seed: 2, ..small() });
    assert!((0..100).any(|row| few.train.image(row) != other.train.image(row)));
    // Draws of the parts have nothing to do with each other.
    let alike = (0..100).filter(|row| few.train.labels[*row] == few.test.labels[*row]).count();
    assert!(alike < 45, "{alike} of 100 are as long in both parts");
}

#[test]
fn polarity_turns_ink_and_paper() {
    let light = load(&small());
    let dark = load(&Sequences { polarity: Polarity::DarkOnLight, ..small() });
    let turned: Vec<u8> = light.train.image(7).iter().map(|pixel| 255 - pixel).collect();
    assert_eq!(dark.train.image(7)[..], turned);
    let random = load(&Sequences { polarity: Polarity::Random, ..small() });
    let n = (0..300).filter(|row| random.train.image(*row) == light.train.image(*row)).count();
    assert!((110..190).contains(&n), "{n} of 300 are light on dark");
}

#[test]
fn a_wish_to_stop_is_heard() {
    struct Stop;
    impl Progress for Stop {
        fn report(&self, _: Stage<'_>) {}
        fn cancelled(&self) -> bool {
            true
        }
    }
    let (_folder, places) = places();
    // The source is in the cache, so that only the sequences are left to be made.
    small().load(&places, &Silent).expect("it can be drawn");
    for keep in [false, true] {
        let outcome = Sequences { keep, ..small() }.load(&places, &Stop);
        assert!(matches!(outcome, Err(DataError::Cancelled)), "keep: {keep}");
    }
}

#[test]
fn real_digits_come_from_their_own_part() {
    let folders = real_data();
    if folders.is_empty() {
        return;
    }
    let (_folder, mut places) = empty_places();
    places.folders = folders;
    let settings = Sequences { longest: 1, jitter: 0, train: 50, test: 50, ..Sequences::default() };
    let Ok(mnist) = Glyphs::Mnist.source(1).load(&places, &Silent) else { return };
    let dataset = settings.load(&places, &Silent).expect("MNIST is there");
    for (samples, own) in dataset.parts().into_iter().zip(mnist.parts()) {
        for row in 0..samples.len() {
            let image = samples.image(row);
            let found = (0..own.len()).find(|i| own.image(*i) == image).expect("it is of this part");
            assert_eq!(samples.marks(row)[0].class, own.labels[found]);
            assert!(around(samples.marks(row)).is_some());
        }
    }
}
