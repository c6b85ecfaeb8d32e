//! What must hold for the detector: it learns, resumes exactly, does not depend on the number of threads, its boxes are
//! priced as in PyTorch, and it says what it cannot learn from.

use super::super::Engine;
use super::super::tests::turn;
use super::*;
use crate::data::samples::Pixels;
use crate::data::{Marks, Samples};
use crate::knobs::{Choice as _, set};
use std::sync::Arc;

const SIDE: usize = 96;
const INPUT: Input = Input { channels: 1, height: SIDE, width: SIDE, classes: 10 };

/// One or two numbers of blocks on grey; a block's class says how high a bar stands in it. Every fifth picture is empty.
fn scenes(n: usize) -> Samples {
    let mut pixels = vec![90_u8; n * SIDE * SIDE];
    let mut marks = Marks::new();
    let mut labels = Vec::new();
    for (i, image) in pixels.chunks_mut(SIDE * SIDE).enumerate() {
        let mut own = Vec::new();
        for place in 0..if i % 5 == 4 { 0 } else { 1 + i % 2 } {
            for digit in 0..1 + (i / 2) % 3 {
                let class = ((i * 7 + digit * 5 + place) % 10) as u8;
                let (x, y) = (6 + digit * 22 + i % 9, 8 + place * 46 + i % 5);
                for row in 0..30 {
                    let bar = row / 3 == usize::from(class);
                    image[(y + row) * SIDE + x..][..16].fill(if bar { 250 } else { 20 });
                }
                let area = Area { x: x as f32, y: y as f32, w: 16.0, h: 30.0 };
                own.push(Mark { class, number: place as u8, area });
            }
        }
        marks.push(&own);
        labels.push(own.len() as u8);
    }
    let samples = Samples::new(Pixels::Owned(pixels.into()), labels.into(), [1, SIDE, SIDE]);
    Samples { marks: Some(Arc::new(marks)), ..samples }
}

fn recipe() -> Recipe {
    let mut recipe = Recipe::default();
    assert!(recipe.model.choose("detector") && recipe.optim.choose("adamw"));
    let settings = [
        ("model.filters", "4"),
        ("model.neck", "16"),
        ("model.convs", "1"),
        ("model.head_convs", "1"),
        ("model.side", "96"),
        ("model.first_side", "64"),
        ("model.mosaic", "0.3"),
        ("augment.rotation", "6"),
        ("augment.noise", "0.03"),
        ("augment.blur", "1"),
        ("augment.contrast", "0.2"),
        ("optim.lr", "0.004"),
        ("ema.decay", "0.9"),
        ("train.clip_norm", "10"),
    ];
    settings.iter().for_each(|(path, value)| set(&mut recipe, path, value).expect("a setting"));
    recipe
}

fn engine(recipe: &Recipe, threads: usize) -> Engine {
    Engine::new(recipe, INPUT, threads, Device::Cpu).expect("it builds")
}

fn step(engine: &mut Engine, samples: &Samples, step: u64, of: u64, n: u32) -> f64 {
    let rows: Vec<u32> = (0..n).map(|i| (step as u32 * 17 + i * 5) % samples.len() as u32).collect();
    let turn = super::super::Turn { done: step as f64 / of as f64, ..turn(step) };
    engine.step(samples, &rows, turn).expect("it steps").loss
}

fn bits(engine: &Engine) -> Vec<(String, Vec<u32>)> {
    let bits = |t: Tensor| list(&t).expect("floats").into_iter().map(f32::to_bits).collect();
    engine.parameters().into_iter().map(|(name, t)| (name, bits(t))).collect()
}

#[test]
fn it_learns_to_find_digits() {
    let samples = scenes(60);
    let all: Vec<u32> = (0..60).collect();
    let mut engine = engine(&recipe(), 2);
    let before = engine.forward(&samples, &all).expect("it reads");
    let losses: Vec<f64> = (0..120).map(|i| step(&mut engine, &samples, i, 120, 16)).collect();
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let (first, last) = (mean(&losses[..15]), mean(&losses[105..]));
    assert!(last < 0.8 * first, "{first} to {last}");
    let after = engine.forward(&samples, &all).expect("it reads");
    assert!(after.loss_sum < before.loss_sum, "{} to {}", before.loss_sum, after.loss_sum);
    assert_eq!(after.found.len(), 60);
    // Where digits are is soon learned.
    let mut tally = found::score::Tally::default();
    let mut on_place = 0;
    for (row, found) in after.found.iter().enumerate() {
        let near = |mark: &Mark| found.iter().any(|one| one.area.iou(&mark.area) > 0.5);
        on_place += samples.marks(row).iter().filter(|mark| near(mark)).count();
        tally.add(found, &[], samples.marks(row));
    }
    let n = tally.scores().digits.n as usize;
    assert!(on_place * 2 > n, "{on_place} of {n}");
}

#[test]
fn any_number_of_threads_gives_the_same_weights_to_the_bit() {
    let samples = scenes(40);
    let run = |threads| {
        let mut engine = engine(&recipe(), threads);
        let losses: Vec<f64> = [19, 16, 3]
            .iter()
            .enumerate()
            .map(|(i, n)| step(&mut engine, &samples, i as u64, 6, *n))
            .collect();
        (losses, bits(&engine))
    };
    let one = run(1);
    assert!(run(3) == one);
}

#[test]
fn a_resumed_training_goes_on_exactly() {
    let samples = scenes(40);
    let recipe = recipe();
    let run = |engine: &mut Engine, steps: Range<u64>| {
        let _losses: Vec<f64> = steps.map(|i| step(engine, &samples, i, 6, 16)).collect();
    };
    let mut whole = engine(&recipe, 2);
    run(&mut whole, 0..6);
    let mut first = engine(&recipe, 2);
    run(&mut first, 0..3);
    let mut second = engine(&recipe, 3);
    second.load_parameters(&first.parameters()).expect("they fit");
    second.load_averages(&first.averages().expect("there is one")).expect("they fit");
    second.load_optimizer_state(first.optimizer_state()).expect("it fits");
    run(&mut second, 3..6);
    assert!(bits(&whole) == bits(&second));
    let rows: Vec<u32> = (0..40).collect();
    let read = |engine: &mut Engine| engine.forward(&samples, &rows).expect("it reads");
    assert!(read(&mut whole) == read(&mut second));
}

#[test]
fn what_is_not_a_number_changes_nothing_and_is_found() {
    let samples = scenes(20);
    let mut engine = engine(&recipe(), 2);
    let mut parameters = engine.parameters();
    let broken = parameters.iter_mut().find(|(name, _)| name == "body_3_1.weight");
    let _filled = broken.expect("it is there").1.fill_(f64::NAN);
    engine.load_parameters(&parameters).expect("they fit");
    let before = bits(&engine);
    let outcome = engine.step(&samples, &[0, 1, 2, 3], turn(0)).expect("it tries");
    assert!(!outcome.finite && bits(&engine) == before);
    assert_eq!(engine.non_finite_layer().as_deref(), Some("body_3_1"));
}

#[test]
fn views_hold_what_they_say() {
    let samples = scenes(30);
    let mut recipe = recipe();
    ["augment.noise", "augment.blur", "augment.contrast"]
        .iter()
        .for_each(|path| set(&mut recipe, path, "0").expect("a setting"));
    let detector = recipe.model.detector().cloned().expect("a detector");
    let views = Views { detector, augment: recipe.augment };
    assert_eq!((views.side(0.0), views.side(1.0)), (64, 96));
    let rows: Vec<u32> = (0..30).collect();
    let (mut digits, mut dark) = (0, 0);
    for place in 0..30 {
        for done in [0.1, 0.9] {
            let mut draw = Stream::new("view", 1, place as u64, 0);
            let view = views.view(&samples, &rows, place, done, &mut draw);
            let side = views.side(done);
            assert_eq!(view.pixels.len(), side * side);
            for Digit { area, number, .. } in &view.digits {
                assert!(area.x >= -0.01 && area.right() <= side as f32 + 0.01 && area.h >= 5.0, "{area:?}");
                assert!(number.around(area).size() <= number.size() * 1.0001);
                // Blocks are darker than what is around them.
                let (x, y) = (area.x + area.w / 2.0, area.y + area.h / 2.0);
                let band = (-3..4).map(|dy| {
                    view.pixels[(y as i32 + dy).clamp(0, side as i32 - 1) as usize * side + x as usize]
                });
                digits += 1;
                dark += usize::from(band.into_iter().min().is_some_and(|least| least < 60));
            }
            let again =
                views.view(&samples, &rows, place, done, &mut Stream::new("view", 1, place as u64, 0));
            assert_eq!((again.pixels, again.digits), (view.pixels, view.digits));
        }
    }
    assert!(digits > 60 && dark * 10 > digits * 9, "{dark} of {digits}");
}

#[test]
fn other_layers_are_refused() {
    let mut recipe = recipe();
    let mut engine = engine(&recipe, 1);
    set(&mut recipe, "model.box_weight", "1").expect("a setting");
    engine.configure(&recipe).expect("weights may change");
    set(&mut recipe, "model.filters", "8").expect("a setting");
    let error = engine.configure(&recipe).expect_err("other layers").to_string();
    assert!(error.starts_with("the layers of a network cannot change"), "{error}");
}

/// Boxes, their complete IoU losses and gradients as PyTorch has them.
#[derive(serde::Deserialize)]
struct Reference {
    said: Vec<[f32; 4]>,
    wanted: Vec<[f32; 4]>,
    losses: Vec<f32>,
    gradients: Vec<[f32; 4]>,
}

#[test]
fn boxes_are_priced_as_in_pytorch() {
    // Written by make_complete_iou.py.
    let text = include_str!("../../../../tests/reference/complete_iou.json");
    let reference: Reference = serde_json::from_str(text).expect("as the script wrote it");
    let tensor = |rows: &[[f32; 4]]| Tensor::from_slice(&rows.concat()).view([-1, 4]);
    let said = tensor(&reference.said).set_requires_grad(true);
    let losses = ciou_loss(&said, &tensor(&reference.wanted)).expect("it prices");
    let gradients = Tensor::run_backward(&[losses.sum(Kind::Float)], &[&said], false, false);
    let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4 * (1.0 + b.abs()));
    let losses = list(&losses).expect("floats");
    assert!(close(&losses, &reference.losses), "{losses:?} {:?}", reference.losses);
    let gradients = list(&gradients[0]).expect("floats");
    assert!(close(&gradients, &reference.gradients.concat()), "{gradients:?} {:?}", reference.gradients);
}
