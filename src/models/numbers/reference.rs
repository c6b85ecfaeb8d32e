//! Losses and cells against what PyTorch computes (`tests/reference/numbers.json`, made in f64 by `make_numbers.py`).

use super::head::{Head, Scores, list};
use super::recurrent::Cell;
use super::truth::Truth;
use super::{ctc, decode, positions};
use crate::knobs::Choice as _;
use serde_json::Value;
use tch::{Kind, Tensor};

/// Worst difference, computing in f32.
const CLOSE: f64 = 2e-5;

fn reference() -> Value {
    serde_json::from_str(include_str!("../../../tests/reference/numbers.json")).expect("it is JSON")
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number")).collect()
}

fn whole(reference: &Value, name: &str) -> i64 {
    reference[name].as_i64().expect("a whole number")
}

/// The script's numbers without a pattern.
fn wave(shape: &[i64], by: f64) -> Tensor {
    let n: i64 = shape.iter().product();
    let each: Vec<f64> = (0..n).map(|i| i as f64).map(|i| by * (0.7 * i + 0.13 * i * i).sin()).collect();
    Tensor::from_slice(&each).to_kind(Kind::Float).view(shape)
}

fn truth(reference: &Value) -> Truth {
    let longest = whole(reference, "longest") as usize;
    let blank = whole(reference, "classes");
    let mut truth = Truth { longest, ..Truth::default() };
    for number in reference["numbers"].as_array().expect("a list") {
        let number: Vec<i64> = floats(number).into_iter().map(|class| class as i64).collect();
        truth.lengths.push(number.len() as i64);
        truth.classes.extend(number.iter().copied().chain(vec![blank; longest - number.len()]));
        truth.centres.extend(vec![f32::NAN; longest]);
    }
    truth
}

fn near(ours: &Tensor, theirs: &Value, what: &str) {
    let (ours, theirs) = (list(ours).expect("numbers"), floats(theirs));
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let worst = ours.iter().zip(&theirs).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
    assert!(worst < CLOSE, "{what} differs by {worst}");
}

#[test]
fn ctc_is_that_of_pytorch_and_the_search_adds_up_to_it() {
    let reference = reference();
    let truth = truth(&reference);
    let (classes, n) = (whole(&reference, "classes"), truth.len() as i64);
    let scores = wave(&[whole(&reference, "columns"), n, classes + 1], 2.0).set_requires_grad(true);
    let columns = scores.log_softmax(-1, Kind::Float);
    let losses = ctc::loss(&columns, &truth).expect("it can be said");
    near(&losses, &reference["ctc"]["losses"], "the loss");
    let gradient = Tensor::run_backward(&[losses.sum(Kind::Float)], &[&scores], false, false).remove(0);
    near(&gradient, &reference["ctc"]["gradient"], "the gradient");
    // What reading says of a number's probability is the same sum over all ways to say it.
    let each = list(&columns.exp().transpose(0, 1)).expect("numbers");
    let of_one = each.len() / truth.len();
    for (i, loss) in floats(&reference["ctc"]["losses"]).iter().enumerate() {
        let said: Vec<u8> = truth.number(i).iter().map(|class| *class as u8).collect();
        let found =
            decode::probability(&each[i * of_one..][..of_one], classes as usize + 1, classes as usize, &said);
        assert!((f64::from(found).ln() + loss).abs() < 1e-4, "number {i}: {found} and {loss}");
    }
}

#[test]
fn the_sum_of_all_positions_is_that_of_pytorch() {
    let reference = reference();
    let truth = truth(&reference);
    let (n, longest, classes) = (truth.len() as i64, truth.longest as i64, whole(&reference, "classes"));
    let (length, each) = (wave(&[n, longest + 1], 1.0), wave(&[n, longest, classes + 1], 1.5));
    for case in reference["positions"].as_array().expect("a list") {
        let smoothing = case["smoothing"].as_f64().expect("a number");
        let losses = positions::loss(&length, &each, &truth, smoothing).expect("it fits");
        near(&losses, &case["losses"], "the loss");
    }
}

#[test]
fn cells_are_those_of_pytorch() {
    let reference = reference();
    let truth = truth(&reference);
    let (n, classes) = (truth.len() as i64, whole(&reference, "classes") as usize);
    let hidden = whole(&reference, "hidden") as usize;
    let features = wave(&[n, whole(&reference, "features")], 1.0);
    for case in reference["recurrent"].as_array().expect("a list") {
        let mut cell = Cell::default();
        assert!(cell.choose(case["cell"].as_str().expect("a name")));
        let head = Head::Recurrent { cell, hidden };
        let parts = head.parts(&[features.size()[1] as usize], classes, truth.longest).expect("it fits");
        let by = |prefix: &str| if prefix == "cell" { 0.5 } else { 1.0 };
        let params: Vec<Tensor> = parts
            .iter()
            .flat_map(|part| part.params.iter().map(|param| (by(part.prefix), &param.shape)))
            .map(|(by, shape)| wave(&shape.iter().map(|side| *side as i64).collect::<Vec<_>>(), by))
            .collect();
        let params: Vec<&Tensor> = params.iter().collect();
        let scores = head.scores(&features, &params, truth.longest, Some(&truth)).expect("it fits");
        let losses = head.loss(&scores, &truth, 0.0).expect("it fits");
        let Scores::Steps { classes, .. } = scores else { panic!("steps") };
        near(&classes, &case["scores"], "what is said");
        near(&losses, &case["losses"], "the loss");
    }
}
