//! What must hold for every network that reads whole numbers: it learns, resumes exactly, does not depend on the number
//! of threads, and says what it cannot read.

use super::super::tests::turn;
use super::super::{Engine, Forward};
use crate::data::samples::{Pixels, Sizes};
use crate::data::{Area, Mark, Marks, Samples, marks};
use crate::knobs::{Choice as _, set};
use crate::models::{Architecture, Input};
use crate::recipe::Recipe;
use std::sync::Arc;
use tch::{Device, Tensor};

const SIZE: [usize; 2] = [48, 24];
const INPUT: Input = Input { channels: 1, height: SIZE[1], width: SIZE[0], classes: 4 };

/// One to three characters, each a block that is twelve columns wide; its class says how high a bar stands in it.
fn numbers(n: usize) -> Samples {
    let [width, height] = SIZE;
    let mut pixels = vec![0_u8; n * width * height];
    let (mut marks, mut labels) = (Marks::new(), Vec::new());
    for (i, image) in pixels.chunks_mut(width * height).enumerate() {
        let length = 1 + i * 5 % 3;
        let own: Vec<Mark> = (0..length)
            .map(|place| {
                let class = ((i * 7 + place * (i / 3 + 1)) % 4) as u8;
                let x = 2 + place * 15 + i % 3;
                for y in 0..height {
                    let bar = (y / 6 == usize::from(class)) as u8;
                    image[y * width + x..][..12].fill(40 + 200 * bar);
                }
                let area = Area { x: x as f32, y: 0.0, w: 12.0, h: height as f32 };
                Mark { class, number: 0, area }
            })
            .collect();
        marks.push(&own);
        labels.push(length as u8);
    }
    let samples = Samples::new(Pixels::Owned(pixels.into()), labels.into(), [1, height, width]);
    Samples { marks: Some(Arc::new(marks)), ..samples }
}

/// Every architecture that reads numbers, small enough for a test.
fn recipes() -> Vec<(String, Recipe)> {
    let small = [
        ("filters", "8"),
        ("dense_size", "48"),
        ("hidden", "32"),
        ("convs", "1"),
        ("side", "32"),
        ("crop", "28"),
        ("width", "0.1"),
        ("dropout", "0.1"),
        ("longest", "3"),
    ];
    let names = Architecture::default().options().into_iter().map(|variant| variant.name);
    let mut all: Vec<(String, Recipe)> = names
        .filter_map(|name| {
            let mut recipe = Recipe::default();
            assert!(name == recipe.model.chosen() || recipe.model.choose(name));
            recipe.model.numbers(4)?;
            small.iter().for_each(|(knob, value)| drop(set(&mut recipe, &format!("model.{knob}"), value)));
            if name == "number_located" {
                set(&mut recipe, "model.height", "32").expect("a setting");
                set(&mut recipe, "model.width", "64").expect("a setting");
            }
            set(&mut recipe, "optim.lr", "0.004").expect("a setting");
            Some((name.to_owned(), recipe))
        })
        .collect();
    for (name, change) in [
        ("sequence", "shared=true"),
        ("sequence_recurrent", "cell=gru"),
        ("sequence", "fed=false"),
        ("number_located", "reads=false"),
    ] {
        let (_, mut recipe) = all.iter().find(|(known, _)| known == name).cloned().expect("it is listed");
        let (knob, value) = change.split_once('=').expect("a change");
        set(&mut recipe, &format!("model.{knob}"), value).expect("a setting");
        all.push((format!("{name} {change}"), recipe));
    }
    all
}

fn input(recipe: &Recipe) -> Input {
    INPUT.brought(&recipe.model)
}

fn engine(recipe: &Recipe, threads: usize) -> Engine {
    Engine::new(recipe, input(recipe), threads, Device::Cpu).expect("it builds")
}

fn step(engine: &mut Engine, samples: &Samples, step: u64, n: u32) -> f64 {
    let rows: Vec<u32> = (0..n).map(|i| (step as u32 * 17 + i * 5) % samples.len() as u32).collect();
    engine.step(samples, &rows, turn(step)).expect("it steps").loss
}

fn all(engine: &mut Engine, samples: &Samples) -> Forward {
    let rows: Vec<u32> = (0..samples.len() as u32).collect();
    engine.forward(samples, &rows).expect("it reads")
}

fn bits(engine: &Engine) -> Vec<(String, Vec<u32>)> {
    let list = |t: Tensor| Vec::<f32>::try_from(t.reshape([-1])).expect("floats");
    let bits = |t| list(t).into_iter().map(f32::to_bits).collect();
    engine.parameters().into_iter().map(|(name, t)| (name, bits(t))).collect()
}

#[test]
fn every_architecture_learns() {
    let samples = numbers(90);
    for (name, recipe) in recipes().into_iter().filter(|(name, _)| name != "number_located reads=false") {
        let mut engine = engine(&recipe, 2);
        let before = all(&mut engine, &samples);
        let learned = |after: &Forward| after.loss_sum < 0.5 * before.loss_sum && after.correct >= 30;
        let mut after = before.clone();
        // Most have learned long before the last step; nothing more is asked of them then.
        for i in 0..60 {
            let _loss = step(&mut engine, &samples, i, 30);
            if i % 6 == 5 {
                after = all(&mut engine, &samples);
                if learned(&after) {
                    break;
                }
            }
        }
        assert!(after.loss_sum < 0.5 * before.loss_sum, "{name}: {} to {}", before.loss_sum, after.loss_sum);
        assert!(after.correct >= 30, "{name}: {} of 90", after.correct);
        assert_eq!(after.numbers.len(), 90);
        let right = |(row, read): (usize, &crate::models::numbers::Reading)| {
            let truth: Vec<u8> = samples.marks(row).iter().map(|mark| mark.class).collect();
            truth == read.classes
        };
        let counted = after.numbers.iter().enumerate().filter(|one| right(*one)).count();
        assert_eq!(counted as u64, after.correct, "{name}");
        for read in &after.numbers {
            assert!((0.0..=1.001).contains(&read.confidence), "{name}: {read:?}");
            assert_eq!(read.characters.len(), read.classes.len());
            assert!(read.characters.iter().all(|all| (all.iter().sum::<f32>() - 1.0).abs() < 1e-4));
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_weights_to_the_bit() {
    let samples = numbers(60);
    for (name, recipe) in recipes() {
        let run = |threads| {
            let mut engine = engine(&recipe, threads);
            // The last one has fewer pictures than there are parts.
            let losses: Vec<f64> = [21, 40, 5]
                .iter()
                .enumerate()
                .map(|(i, n)| step(&mut engine, &samples, i as u64, *n))
                .collect();
            (losses, bits(&engine), all(&mut engine, &samples))
        };
        let one = run(1);
        assert!(run(3) == one && run(4) == one, "{name}");
    }
}

#[test]
fn an_optimizer_of_matrices_steps_every_matrix_whole() {
    let samples = numbers(90);
    let (_, mut recipe) = recipes().remove(0);
    set(&mut recipe, "optim.name", "muon").expect("it is listed");
    set(&mut recipe, "optim.momentum", "0.0").expect("a setting");
    let mut engine = engine(&recipe, 2);
    let before = engine.parameters();
    step(&mut engine, &samples, 0, 30);
    let matrices = before.iter().zip(engine.parameters()).filter(|((_, was), _)| was.dim() > 1);
    for ((name, was), (_, is)) in matrices {
        let size = was.size();
        let moved = (is - was).reshape([size[0], -1]);
        let (outputs, inputs) = (size[0] as f64, (moved.numel() as i64 / size[0]) as f64);
        let (_, values, _) = moved.svd(true, true);
        // The greatest singular value is about 1 times the rate, whatever the gradient was; stretches of a flat list
        // would be stepped as what is no matrix.
        let most = values.max().double_value(&[]) / (0.02 * (outputs / inputs).max(1.0).sqrt());
        assert!((0.5..1.3).contains(&most), "{name}: {most}");
    }
}

#[test]
fn a_resumed_training_goes_on_exactly() {
    let samples = numbers(60);
    for (name, mut recipe) in recipes() {
        assert!(recipe.optim.choose("adamw"));
        set(&mut recipe, "ema.decay", "0.9").expect("a setting");
        let run = |engine: &mut Engine, steps: std::ops::Range<u64>| {
            let _losses: Vec<f64> = steps.map(|i| step(engine, &samples, i, 24)).collect();
        };
        let mut whole = engine(&recipe, 2);
        run(&mut whole, 0..5);
        let mut first = engine(&recipe, 2);
        run(&mut first, 0..2);
        let mut second = engine(&recipe, 3);
        second.load_parameters(&first.parameters()).expect("they fit");
        second.load_averages(&first.averages().expect("there is one")).expect("they fit");
        second.load_optimizer_state(first.optimizer_state()).expect("it fits");
        run(&mut second, 2..5);
        assert!(bits(&whole) == bits(&second), "{name} went on otherwise");
        assert!(all(&mut whole, &samples) == all(&mut second, &samples), "{name} averaged otherwise");
    }
}

#[test]
fn a_batch_in_parts_is_priced_as_a_whole() {
    let samples = numbers(40);
    for model in ["sequence", "sequence_ctc"] {
        let (_, mut recipe) = recipes().into_iter().find(|(name, _)| name == model).expect("it is listed");
        set(&mut recipe, "model.batch_norm", "false").expect("a setting");
        drop(set(&mut recipe, "model.dropout", "0"));
        let mut engine = engine(&recipe, 2);
        let whole = all(&mut engine, &samples).loss_sum / 40.0;
        let rows: Vec<u32> = (0..40).collect();
        let loss = engine.step(&samples, &rows, turn(0)).expect("it steps").loss;
        assert!((loss - whole).abs() < 1e-4 * whole, "{model}: {loss} and {whole}");
        let figures = engine.figures().expect("numbers are read");
        assert_eq!(figures.by_length.iter().map(|one| one.n).sum::<u64>(), 40, "{model}: {figures:?}");
    }
}

#[test]
fn what_is_not_a_number_changes_nothing_and_is_found() {
    let samples = numbers(30);
    let (_, recipe) = recipes().into_iter().find(|(name, _)| name == "sequence_ctc").expect("it is listed");
    let mut engine = engine(&recipe, 2);
    let mut parameters = engine.parameters();
    let broken = parameters.iter_mut().find(|(name, _)| name == "conv2d_2.weight");
    let _filled = broken.expect("it is there").1.fill_(f64::NAN);
    engine.load_parameters(&parameters).expect("they fit");
    let before = bits(&engine);
    let outcome = engine.step(&samples, &[0, 1, 2, 3, 4, 5, 6, 7, 8], turn(0)).expect("it tries");
    assert!(!outcome.finite && bits(&engine) == before);
    assert_eq!(engine.non_finite_layer().as_deref(), Some("Conv2D 2"));
}

#[test]
fn pictures_that_differ_in_size_are_brought_to_one() {
    let samples = numbers(40);
    let cut: Vec<[u32; 2]> = (0..40).map(|i| [SIZE[0] as u32, SIZE[1] as u32 - i % 3]).collect();
    let bytes: Vec<u8> =
        (0..40).flat_map(|row| samples.image(row)[..(cut[row][0] * cut[row][1]) as usize].to_vec()).collect();
    let varied =
        Samples { pixels: Pixels::Owned(bytes.into()), sizes: Some(Arc::new(Sizes::new(cut, 1))), ..samples };
    for (name, recipe) in recipes() {
        let mut engine = engine(&recipe, 2);
        let outcome = engine.step(&varied, &[0, 1, 2, 3], turn(0));
        let brought = recipe.model.numbers(4).is_some_and(|design| design.frame.is_some());
        assert_eq!(outcome.is_ok(), brought, "{name}");
    }
}

#[test]
fn longer_numbers_and_other_layers_are_refused() {
    let samples = numbers(20);
    let (_, mut recipe) = recipes().into_iter().find(|(name, _)| name == "sequence").expect("it is listed");
    set(&mut recipe, "model.longest", "2").expect("a setting");
    let mut engine = engine(&recipe, 1);
    let error = engine.step(&samples, &[1], turn(0)).expect_err("three characters").to_string();
    assert_eq!(error, "image 1 has 3 characters and the network reads 2 at most");
    set(&mut recipe, "model.filters", "16").expect("a setting");
    let error = engine.configure(&recipe).expect_err("other layers").to_string();
    assert!(error.starts_with("the layers of a network cannot change"), "{error}");
}

#[test]
fn boxes_are_learned_with_the_number_and_without_and_move_with_its_pixels() {
    let samples = numbers(90);
    for reads in ["true", "false"] {
        let located = recipes().into_iter().find(|(name, _)| name == "number_located");
        let (_, mut recipe) = located.expect("it is listed");
        set(&mut recipe, "model.reads", reads).expect("a setting");
        set(&mut recipe, "augment.shift", "0.1").expect("a setting");
        set(&mut recipe, "augment.zoom", "0.1").expect("a setting");
        let mut engine = engine(&recipe, 2);
        let _losses: Vec<f64> = (0..80).map(|i| step(&mut engine, &samples, i, 30)).collect();
        let figures = engine.figures().expect("boxes are found").located;
        assert!(figures.n == 30 && figures.mean() > 0.6, "{reads}: {figures:?}");
        let after = all(&mut engine, &samples);
        let overlap = |(row, read): (usize, &crate::models::numbers::Reading)| {
            let truth = marks::around(samples.marks(row)).expect("there is a number");
            let [w, h] = SIZE.map(|side| side as f32);
            let Area { x, y, w: wide, h: high } = read.place.expect("it says where");
            truth.iou(&Area { x: x * w, y: y * h, w: wide * w, h: high * h })
        };
        let mean = after.numbers.iter().enumerate().map(overlap).sum::<f32>() / 90.0;
        assert!(mean > 0.7, "{reads}: {mean}");
        assert_eq!(engine.reads(), reads == "true");
        if !engine.reads() {
            assert!(after.correct > 60 && after.numbers.iter().all(|read| read.classes.is_empty()));
        }
    }
}
