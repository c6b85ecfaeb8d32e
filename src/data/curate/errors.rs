//! Labels that are likely wrong, by confident learning (Northcutt, Jiang and Chuang, "Confident Learning: Estimating
//! Uncertainty in Dataset Labels", JAIR 70, 2021): every image is read by a model that did not learn from it.

use super::super::error::DataError;
use super::super::joined::joined;
use super::super::progress::Progress;
use super::super::random::Stream;
use super::super::samples::Dataset;
use super::baseline::refuse;
use super::logistic::Logistic;
use super::vectors::Vectors;

/// Parts that the images are dealt into; each is read by a model of the others.
const FOLDS: usize = 5;
/// Steps at most that each model learns.
const MOST_STEPS: u64 = 60;

/// An image whose label is likely wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suspect {
    /// Its row: training images first, test images after them.
    pub row: u32,
    /// Its label.
    pub label: u8,
    /// What it likely is.
    pub likely: u8,
    /// The probability of its label.
    pub own: f32,
    /// The probability of what it likely is.
    pub other: f32,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabelErrors {
    /// The likeliest errors first.
    pub suspects: Vec<Suspect>,
    /// For each image the probability of its own label.
    pub own: Vec<f32>,
    /// Share of all labels that is likely wrong.
    pub share: f64,
    /// Share of images that the models read as they are labelled.
    pub accuracy: f64,
}

/// Reads every image by a model of others, and lists the labels that are likely wrong.
pub fn label_errors(dataset: &Dataset, seed: u64, job: &dyn Progress) -> Result<LabelErrors, DataError> {
    let all = joined(&dataset.train, &dataset.test);
    refuse(dataset, all.len())?;
    let images = Vectors::of(&all, job)?;
    let n_classes = dataset.classes.len();
    let mut rows: Vec<u32> = (0..all.len() as u32).collect();
    Stream::new("folds", seed, 0, 0).shuffle(&mut rows);
    let mut probabilities = vec![0.0; all.len() * n_classes];
    for fold in 0..FOLDS.min(all.len()) {
        let numbered = || rows.iter().enumerate();
        let inside: Vec<u32> = numbered().filter(|(i, _)| i % FOLDS == fold).map(|(_, row)| *row).collect();
        let others: Vec<u32> = numbered().filter(|(i, _)| i % FOLDS != fold).map(|(_, row)| *row).collect();
        let labels: Vec<u8> = others.iter().map(|row| all.labels[*row as usize]).collect();
        let model = Logistic::fit(&images.select(&others), &labels, n_classes, MOST_STEPS, job)?;
        let read = model.probabilities(&images.select(&inside));
        for (row, read) in inside.iter().zip(read.chunks_exact(n_classes)) {
            probabilities[*row as usize * n_classes..][..n_classes].copy_from_slice(read);
        }
    }
    Ok(confident(&probabilities, &all.labels, n_classes))
}

/// Confident learning from probabilities (image after image, from models that did not learn from it) and labels.
pub fn confident(probabilities: &[f32], labels: &[u8], n_classes: usize) -> LabelErrors {
    let each = || probabilities.chunks_exact(n_classes).zip(labels.iter().copied());
    // An image counts as of a class where it looks as likely as the class's own images do on average.
    let mut sums = vec![(0.0_f64, 0_u32); n_classes];
    for (read, label) in each() {
        let (sum, n) = &mut sums[usize::from(label)];
        *sum += f64::from(read[usize::from(label)]);
        *n += 1;
    }
    let least: Vec<f32> =
        sums.iter().map(|(sum, n)| if *n == 0 { 2.0 } else { (sum / f64::from(*n)) as f32 }).collect();
    let (mut suspects, mut confident, mut right) = (Vec::new(), 0_u32, 0_u32);
    for (row, (read, label)) in each().enumerate() {
        let likeliest = |classes: &mut dyn Iterator<Item = usize>| {
            classes.fold(None, |best: Option<usize>, class| match best {
                Some(best) if read[best] >= read[class] => Some(best),
                _ => Some(class),
            })
        };
        right += u32::from(likeliest(&mut (0..n_classes)) == Some(usize::from(label)));
        let Some(likely) = likeliest(&mut (0..n_classes).filter(|class| read[*class] >= least[*class]))
        else {
            continue;
        };
        confident += 1;
        if likely != usize::from(label) {
            let (own, other) = (read[usize::from(label)], read[likely]);
            suspects.push(Suspect { row: row as u32, label, likely: likely as u8, own, other });
        }
    }
    // The margin ranks: "normalized margin" of the paper's section 4.2.
    suspects.sort_by(|a, b| (a.own - a.other).total_cmp(&(b.own - b.other)).then(a.row.cmp(&b.row)));
    let n = labels.len().max(1) as f64;
    LabelErrors {
        share: suspects.len() as f64 / f64::from(confident.max(1)),
        own: each().map(|(read, label)| read[usize::from(label)]).collect(),
        accuracy: f64::from(right) / n,
        suspects,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::progress::Silent;
    use super::super::testing::bars;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn wrong_labels_are_found_among_right_ones() {
        let mut data = bars(400, 100);
        let mut labels = data.train.labels.to_vec();
        let wrong: BTreeSet<u32> = (0..400).step_by(20).collect();
        wrong.iter().for_each(|row| labels[*row as usize] = (labels[*row as usize] + 1) % 4);
        data.train.labels = labels.into();
        let found = label_errors(&data, 1, &Silent).expect("nobody stops it");
        let first: BTreeSet<u32> = found.suspects.iter().map(|suspect| suspect.row).collect();
        // Those that it names are wrong, and it names most of them.
        assert!(first.is_subset(&wrong) && first.len() >= 8, "{:?}", found.suspects);
        for suspect in &found.suspects[..8] {
            assert_eq!((suspect.likely + 1) % 4, suspect.label);
            assert!(suspect.own < suspect.other);
        }
        assert!((found.share - 0.04).abs() < 0.04, "{}", found.share);
    }

    #[test]
    fn thresholds_are_those_of_each_class() {
        // Images of class 0 look sure (0.9), those of class 1 hardly (0.55 on average).
        let probabilities = [0.9, 0.1, 0.9, 0.1, 0.45, 0.55, 0.4, 0.6, 0.5, 0.5, 0.95, 0.05];
        let found = confident(&probabilities, &[0, 0, 1, 1, 1, 1], 2);
        // The fifth is unsure for both classes; the sixth looks more like 0 than 0's own do.
        assert_eq!(found.suspects.iter().map(|suspect| suspect.row).collect::<Vec<_>>(), [5]);
        assert_eq!(found.own[5], 0.05);
        let none = confident(&[], &[], 2);
        assert!(none.suspects.is_empty() && none.share == 0.0);
    }
}
