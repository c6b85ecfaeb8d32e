//! The off-the-shelf baseline: how well logistic regression reads the images, learned from few of them and from many.

use super::super::error::DataError;
use super::super::joined::joined;
use super::super::progress::Progress;
use super::super::random::Stream;
use super::super::samples::{Dataset, Kind};
use super::logistic::Logistic;
use super::vectors::Vectors;
use serde::Serialize;
use std::time::Instant;

/// Training images that it is learned from, one after the other; all of them come last.
pub const SIZES: [usize; 5] = [50, 100, 1000, 5000, 20_000];
/// Steps at most, scikit-learn's default.
const MOST_STEPS: u64 = 100;

/// How well it went with so many images.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Images learned from.
    pub n: usize,
    /// Share of those read rightly.
    pub train: f64,
    /// Share of the validation images read rightly.
    pub valid: Option<f64>,
    /// Share of the test images read rightly.
    pub test: Option<f64>,
    /// Points at which the loss was worked out.
    pub iterations: u64,
    /// Seconds that learning took.
    pub seconds: f64,
}

/// Learns from each number of images and measures. `seed` chooses them: those of a smaller number are among those of a
/// larger one.
pub fn baseline(
    dataset: &Dataset,
    division: (f64, u64),
    sizes: &[usize],
    job: &dyn Progress,
    see: &mut dyn FnMut(&Point),
) -> Result<Vec<Point>, DataError> {
    let (rows, valid) = order(dataset, division);
    refuse(dataset, rows.len())?;
    let all = joined(&dataset.train, &dataset.test);
    let images = Vectors::of(&all, job)?;
    let n_classes = dataset.classes.len();
    let labels = |rows: &[u32]| -> Vec<u8> { rows.iter().map(|row| all.labels[*row as usize]).collect() };
    let test: Vec<u32> = (dataset.train.len() as u32..all.len() as u32).collect();
    let part = |rows: &[u32]| (images.select(rows), labels(rows));
    let (valid, test) = (part(&valid), part(&test));
    let mut points = Vec::new();
    let mut sizes: Vec<usize> = sizes.iter().copied().filter(|n| (1..rows.len()).contains(n)).collect();
    sizes.push(rows.len());
    for n in sizes {
        let learned = part(&rows[..n]);
        let began = Instant::now();
        let model = Logistic::fit(&learned.0, &learned.1, n_classes, MOST_STEPS, job)?;
        let seconds = began.elapsed().as_secs_f64();
        let score = |(images, labels): &(Vectors, Vec<u8>)| {
            (!labels.is_empty()).then(|| accuracy(&model.probabilities(images), labels, n_classes))
        };
        let point = Point {
            n,
            train: score(&learned).unwrap_or_default(),
            valid: score(&valid),
            test: score(&test),
            iterations: model.iterations,
            seconds,
        };
        see(&point);
        points.push(point);
    }
    Ok(points)
}

/// The rows learned from in their order, of which the first so many are taken, and those validated on.
pub fn order(dataset: &Dataset, (share, seed): (f64, u64)) -> (Vec<u32>, Vec<u32>) {
    let (mut rows, valid) = dataset.divide(share, seed);
    Stream::new("baseline", seed, 0, 0).shuffle(&mut rows);
    (rows, valid)
}

/// Refuses what logistic regression cannot learn.
pub(super) fn refuse(dataset: &Dataset, n: usize) -> Result<(), DataError> {
    let what = if dataset.kind != Kind::Classes {
        format!("{} has several characters on an image, and logistic regression reads one", dataset.name)
    } else if n == 0 {
        format!("{} has no image to learn from", dataset.name)
    } else {
        return Ok(());
    };
    Err(DataError::NotFound { what, remedy: "Choose another data set".to_owned() })
}

/// Share of images whose likeliest class is theirs.
fn accuracy(probabilities: &[f32], labels: &[u8], n_classes: usize) -> f64 {
    let likeliest = |probabilities: &[f32]| {
        let all = probabilities.iter().enumerate();
        all.fold((0, f32::MIN), |best, (class, p)| if *p > best.1 { (class, *p) } else { best }).0
    };
    let right = probabilities.chunks_exact(n_classes).zip(labels);
    right.filter(|(p, label)| likeliest(p) == usize::from(**label)).count() as f64
        / labels.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::super::super::progress::{Silent, Stage};
    use super::super::super::samples::Samples;
    use super::super::testing::bars;
    use super::*;

    #[test]
    fn it_learns_the_more_the_more_it_sees_and_always_the_same() {
        let data = bars(600, 300);
        let mut seen = 0;
        let points = baseline(&data, (0.1, 1), &[20, 100], &Silent, &mut |_| seen += 1).expect("it learns");
        assert_eq!((points.iter().map(|point| point.n).collect::<Vec<_>>(), seen), (vec![20, 100, 540], 3));
        let test = |i: usize| points[i].test.expect("there are test images");
        assert!(test(2) > 0.9 && test(2) >= test(0), "{points:?}");
        assert!(points[2].valid.is_some_and(|share| share > 0.85), "{points:?}");
        // Labels that mean nothing cannot be learned.
        let mut labels = data.test.labels.to_vec();
        labels.rotate_left(1);
        let shifted =
            Dataset { test: Samples { labels: labels.into(), ..data.test.clone() }, ..data.clone() };
        let points_shifted = baseline(&shifted, (0.1, 1), &[], &Silent, &mut |_| ()).expect("it learns");
        assert!(points_shifted[0].test.is_some_and(|share| share < 0.1), "{points_shifted:?}");
        let again = baseline(&data, (0.1, 1), &[20, 100], &Silent, &mut |_| ()).expect("it learns");
        for (one, other) in points.iter().zip(&again) {
            assert_eq!(Point { seconds: 0.0, ..one.clone() }, Point { seconds: 0.0, ..other.clone() });
        }
        assert_ne!(order(&data, (0.1, 2)), order(&data, (0.1, 1)));
    }

    #[test]
    fn it_stops_when_asked_and_refuses_numbers() {
        struct Stop;
        impl Progress for Stop {
            fn report(&self, _: Stage<'_>) {}
            fn cancelled(&self) -> bool {
                true
            }
        }
        let data = bars(50, 10);
        assert!(matches!(baseline(&data, (0.1, 1), &[], &Stop, &mut |_| ()), Err(DataError::Cancelled)));
        let numbers = Dataset { kind: Kind::Numbers { longest: 2 }, ..data };
        let message = baseline(&numbers, (0.1, 1), &[], &Silent, &mut |_| ()).expect_err("no").to_string();
        assert!(message.contains("several characters"), "{message}");
    }
}
