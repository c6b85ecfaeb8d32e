//! What must hold for every way of changing images.

use super::affine::Affine;
use super::*;
use crate::knobs::{flat, set};
use serde_json::Value;

const SHAPE: Shape = Shape { channels: 1, height: 28, width: 28 };

/// One of every kind of setting, strong enough to be seen.
const ALL: &[(&str, &str)] = &[
    ("rotation", "30"),
    ("shift", "0.2"),
    ("shift_pixels", "3"),
    ("shear", "30"),
    ("zoom", "0.4"),
    ("elastic_alpha", "34"),
    ("blur", "3"),
    ("contrast", "0.8"),
    ("brightness", "0.5"),
    ("invert", "0.5"),
    ("noise", "0.1"),
    ("cutout", "0.4"),
    ("mixup", "0.8"),
];

fn with(changes: &[(&str, &str)]) -> Augment {
    let mut settings = Augment::default();
    for (path, value) in changes {
        set(&mut settings, path, value).expect("there is such a setting");
    }
    settings
}

/// A ring with a bright bar in it, a little other for every number; channels are of different brightness.
fn picture(shape: Shape, number: usize) -> Vec<u8> {
    let Shape { channels, height, width } = shape;
    let pixel = |channel: usize, y: usize, x: usize| {
        let [u, v] = [x as f64 / width as f64 - 0.5, y as f64 / height as f64 - 0.5];
        let ring = (-(u.hypot(v) - 0.28).powi(2) * 90.0).exp();
        let bar = if x * 5 / width == number % 5 { 0.4 } else { 0.0 };
        (ring + bar).min(1.0) * (200 - 40 * channel) as f64
    };
    let pixels = (0..channels).flat_map(|c| (0..height * width).map(move |i| (c, i / width, i % width)));
    pixels.map(|(c, y, x)| pixel(c, y, x) as u8).collect()
}

/// The images of a batch as a step sees them.
fn changed(settings: &Augment, shape: Shape, step_idx: u64, n: usize) -> Vec<Vec<u8>> {
    let images: Vec<Vec<u8>> = (0..n).map(|i| picture(shape, i)).collect();
    let Some(augmenter) = Augmenter::new(settings, shape, 7) else { return images };
    let mut scratch = Scratch::default();
    (0..n)
        .map(|i| augmenter.image(step_idx, i, n, |i| Cow::Borrowed(&images[i][..]), &mut scratch).to_vec())
        .collect()
}

#[test]
fn off_is_nothing_at_all() {
    assert!(Augmenter::new(&Augment::default(), SHAPE, 1).is_none());
    let neutral = with(&[("fill", "zero"), ("elastic_sigma", "2")]);
    assert!(neutral.is_off() && Augmenter::new(&neutral, SHAPE, 1).is_none());
    assert!(Augmenter::new(&with(ALL), Shape { width: 0, ..SHAPE }, 1).is_none());
}

#[test]
fn every_setting_is_tried() {
    let names: Vec<&str> = ALL.iter().map(|(name, _)| *name).collect();
    for (path, _) in flat(&mut Augment::default()) {
        let neutral = ["fill", "elastic_sigma"].contains(&path.as_str());
        assert!(neutral || names.contains(&path.as_str()), "{path} has no test");
    }
}

#[test]
fn every_operation_changes_the_picture_anew_and_the_same_again() {
    let shapes =
        [SHAPE, Shape { channels: 3, height: 19, width: 45 }, Shape { channels: 2, height: 3, width: 2 }];
    for shape in shapes {
        for fill in ["edge", "zero"] {
            for (name, value) in ALL {
                let settings = with(&[(name, value), ("fill", fill)]);
                let plain = changed(&Augment::default(), shape, 0, 20);
                let first = changed(&settings, shape, 0, 20);
                assert_eq!(
                    first,
                    changed(&settings, shape, 0, 20),
                    "{name}: the same draw, the same picture"
                );
                let moved = plain.iter().zip(&first).filter(|(a, b)| a != b).count();
                assert!(moved >= 5, "{name} changed {moved} of 20 pictures of {shape:?}");
                let second = changed(&settings, shape, 1, 20);
                let differing = first.iter().zip(&second).filter(|(a, b)| a != b).count();
                assert!(differing >= 5, "{name}: another step draws anew in {shape:?}");
            }
        }
    }
}

#[test]
fn all_at_once_on_any_size() {
    for (channels, height, width) in [(1, 1, 1), (1, 1, 40), (3, 40, 1), (3, 2, 2), (1, 28, 28), (4, 33, 64)]
    {
        let shape = Shape { channels, height, width };
        for image in changed(&with(ALL), shape, 3, 10) {
            assert_eq!(image.len(), shape.len());
        }
    }
}

#[test]
fn what_an_image_becomes_depends_on_its_place_alone() {
    let settings = with(ALL);
    let augmenter = Augmenter::new(&settings, SHAPE, 7).expect("it is on");
    let images: Vec<Vec<u8>> = (0..12).map(|i| picture(SHAPE, i)).collect();
    let expected = changed(&settings, SHAPE, 5, 12);
    // Backwards, in memory that other images have used, of other sizes too.
    let mut scratch = Scratch::default();
    let large = Shape { channels: 3, height: 50, width: 50 };
    let other = Augmenter::new(&settings, large, 1).expect("it is on");
    let filled = picture(large, 1);
    for i in (0..12).rev() {
        other.image(1, i, 1, |_| Cow::Borrowed(&filled), &mut scratch);
        let found = augmenter.image(5, i, 12, |i| Cow::Borrowed(&images[i][..]), &mut scratch);
        assert!(found == expected[i], "image {i}");
    }
}

#[test]
fn the_draws_of_one_setting_are_left_alone_by_others() {
    let alone = changed(&with(&[("shift_pixels", "3")]), SHAPE, 0, 10);
    let beside = changed(&with(&[("shift_pixels", "3"), ("invert", "1")]), SHAPE, 0, 10);
    for (a, b) in alone.iter().zip(&beside) {
        assert!(a.iter().zip(b).all(|(a, b)| 255 - a == *b), "the same shift, inverted");
    }
}

#[test]
fn maps_that_move_nothing_change_nothing() {
    let image = picture(SHAPE, 1);
    let map = Affine::default().map(SHAPE);
    for fill in [Fill::Edge, Fill::Zero] {
        let mut out = vec![0.0; SHAPE.len()];
        let (arch, mut room) = (pulp::Arch::new(), warp::Room::default());
        warp::prepare(arch, SHAPE, &image, fill, &mut room);
        warp::read(arch, SHAPE, map, fill, None, &mut room, &mut out);
        assert!(out.iter().zip(&image).all(|(a, b)| *a == f32::from(*b)), "{fill:?}");
    }
}

#[test]
fn whole_pixels_are_copied_as_the_map_reads_them() {
    let shape = Shape { channels: 2, height: 5, width: 7 };
    let image: Vec<u8> = (0..70).map(|i| i * 3 + 1).collect();
    for fill in [Fill::Edge, Fill::Zero] {
        for (left, up) in (-9..=9).flat_map(|left| (-9..=9).map(move |up| (left, up))) {
            let mut copied = vec![0; 70];
            warp::copy_shifted(shape, &image, [left, up], fill, &mut copied);
            let map = Affine { shift: [left as f64, up as f64], ..Affine::default() }.map(shape);
            let mut read = vec![0.0; 70];
            let (arch, mut room) = (pulp::Arch::new(), warp::Room::default());
            warp::prepare(arch, shape, &image, fill, &mut room);
            warp::read(arch, shape, map, fill, None, &mut room, &mut read);
            let same = copied.iter().zip(&read).all(|(a, b)| (f32::from(*a) - b).abs() < 0.01);
            assert!(same, "{fill:?} {left} {up}: {copied:?} {read:?}");
        }
    }
}

#[test]
fn maps_read_what_keras_and_scipy_read() {
    let reference = include_str!("../../../tests/reference/warp.json");
    let reference: Value = serde_json::from_str(reference).expect("it is JSON");
    let numbers = |value: &Value| -> Vec<f64> {
        value.as_array().expect("a list").iter().map(|v| v.as_f64().expect("a number")).collect()
    };
    let side = reference["side"].as_u64().expect("a number") as usize;
    let shape = Shape { channels: 1, height: side, width: side };
    let image: Vec<u8> = numbers(&reference["picture"]).iter().map(|v| *v as u8).collect();
    let cases = reference["cases"].as_array().expect("a list");
    assert!(cases.len() >= 12);
    for case in cases {
        let number = |name: &str| case[name].as_f64().expect("a number");
        let pair = |name: &str| [numbers(&case[name])[0], numbers(&case[name])[1]];
        let affine = Affine {
            rotation: number("rotation"),
            shift: pair("shift"),
            shear: number("shear"),
            zoom: pair("zoom"),
        };
        let fill = if case["fill"] == "edge" { Fill::Edge } else { Fill::Zero };
        let mut out = vec![0.0; shape.len()];
        let (arch, mut room) = (pulp::Arch::new(), warp::Room::default());
        warp::prepare(arch, shape, &image, fill, &mut room);
        warp::read(arch, shape, affine.map(shape), fill, None, &mut room, &mut out);
        for (i, (found, expected)) in out.iter().zip(numbers(&case["values"])).enumerate() {
            // Places are worked out in f32; pixels next to each other differ by up to 255.
            let off = (f64::from(*found) - expected).abs();
            assert!(off < 2e-3, "{affine:?} {fill:?} pixel {i}: {found} and not {expected}");
        }
    }
}

#[test]
fn ranges_are_kept_and_used() {
    let settings = with(&[("rotation", "9"), ("shift", "0.1"), ("shear", "0.22"), ("zoom", "0.15")]);
    let ranges = affine::Ranges::new(&settings).expect("they are on");
    let drawn: Vec<Affine> =
        (0..2000).map(|i| ranges.draw(&|purpose| Draws::new(1, 2, i, purpose), SHAPE)).collect();
    let check = |name: &str, limit: f64, values: Vec<f64>| {
        let (least, most) = values.iter().fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(*x), b.max(*x)));
        assert!(-limit <= least && least < -0.95 * limit, "{name}: {least} of {limit}");
        assert!(0.95 * limit < most && most <= limit, "{name}: {most} of {limit}");
    };
    check("rotation", 9.0, drawn.iter().map(|a| a.rotation).collect());
    check("shear", 0.22, drawn.iter().map(|a| a.shear).collect());
    for i in 0..2 {
        check("shift", 2.8, drawn.iter().map(|a| a.shift[i]).collect());
        check("zoom", 0.15, drawn.iter().map(|a| a.zoom[i] - 1.0).collect());
    }
}

#[test]
fn elastic_bending_is_smooth_and_as_strong_as_its_formula_says() {
    let settings = with(&[("elastic_alpha", "34")]);
    let elastic = elastic::Elastic::new(&settings).expect("it is on");
    let (mut room, mut smooth) = (elastic::Room::default(), gauss::Room::default());
    let (mut sum, mut n, mut jump) = (0.0_f64, 0.0, 0.0_f32);
    for i in 0..50 {
        elastic.draw(pulp::Arch::new(), Draws::new(1, 2, i, 3), SHAPE, &mut room, &mut smooth);
        for list in room.lists() {
            // The middle, where no zeros from beyond the rim are in the sums.
            for row in list.chunks_exact(32).skip(12).take(4) {
                sum += row[12..16].iter().map(|x| f64::from(x * x)).sum::<f64>();
                n += 4.0;
                jump = row[..28].windows(2).fold(jump, |jump, pair| jump.max((pair[1] - pair[0]).abs()));
            }
        }
    }
    // Independent numbers of variance 1/3 under a Gaussian of sigma s keep 1/(4 pi s^2) of it.
    let expected = 34.0 * (1.0 / 3.0 / (4.0 * std::f64::consts::PI * 16.0)).sqrt();
    let found = (sum / n).sqrt();
    assert!((found / expected - 1.0).abs() < 0.15, "{found} and not {expected}");
    assert!(jump < 1.0, "neighbours are {jump} pixels apart");
}

#[test]
fn noise_blur_contrast_and_cutout_do_what_they_say() {
    let grey = vec![100_u8; 784];
    let run = |settings: &Augment, image: &[u8], position| {
        let augmenter = Augmenter::new(settings, SHAPE, 3).expect("it is on");
        augmenter.image(0, position, 1, |_| Cow::Borrowed(image), &mut Scratch::default()).to_vec()
    };
    let noisy: Vec<f64> =
        (0..20).flat_map(|i| run(&with(&[("noise", "0.1")]), &grey, i)).map(f64::from).collect();
    let mean = noisy.iter().sum::<f64>() / noisy.len() as f64;
    let deviation = (noisy.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / noisy.len() as f64).sqrt();
    assert!((mean - 100.0).abs() < 1.0 && (deviation - 25.5).abs() < 0.5, "{mean} {deviation}");

    let covered = run(&with(&[("cutout", "0.5")]), &picture(SHAPE, 2), 4);
    let most_common = (0..=255).map(|v| covered.iter().filter(|p| **p == v).count()).max();
    assert!(most_common.is_some_and(|n| n >= 49), "a quarter of the square is always inside");

    for setting in ["blur", "contrast", "brightness", "cutout"] {
        let sums: Vec<u64> = (0..10)
            .map(|i| run(&with(&[(setting, "0.9")]), &grey, i).iter().map(|p| u64::from(*p)).sum())
            .collect();
        let even = sums.iter().all(|sum| *sum == 78_400);
        assert_eq!(even, setting != "brightness", "{setting} of an even grey: {sums:?}");
    }
}

#[test]
fn versions_of_an_image_are_drawn_again_and_keep_their_draws_while_settings_change() {
    use crate::data::Samples;
    use crate::data::samples::Pixels;
    let pixels: Vec<u8> = (0..40).flat_map(|i| picture(SHAPE, i)).collect();
    let labels: Vec<u8> = (0..40).map(|i| i % 5).collect();
    let samples = Samples::new(Pixels::Owned(pixels.into()), labels.into(), [1, 28, 28]);
    let off = versions(&Augment::default(), &samples, 3, 1, 0, 6);
    assert!(off.iter().all(|version| version.pixels == samples.image(3)[..] && version.mixed.is_none()));
    let settings = with(&[("shift_pixels", "3"), ("mixup", "0.5")]);
    let first = versions(&settings, &samples, 3, 1, 0, 6);
    assert_eq!(first, versions(&settings, &samples, 3, 1, 0, 6));
    assert_ne!(first, versions(&settings, &samples, 3, 1, 1, 6));
    assert!(
        first.iter().all(|version| version.mixed.is_some_and(|(label, share)| label < 5 && share <= 0.5))
    );
    // Inverted as well: each is the negative of what it was.
    let negative = versions(&with(&[("shift_pixels", "3"), ("invert", "1")]), &samples, 3, 1, 0, 6);
    let shifted = versions(&with(&[("shift_pixels", "3")]), &samples, 3, 1, 0, 6);
    for (a, b) in shifted.iter().zip(&negative) {
        assert!(a.pixels.iter().zip(&b.pixels).all(|(a, b)| 255 - a == *b));
    }
}
