//! Whether a data set is still good after edits, sizes and shuffling: every image still with its label, classes balanced.

use super::super::error::DataError;
use super::super::joined::joined;
use super::super::progress::Progress;
use super::super::samples::{Dataset, Samples};
use super::each::each;
use super::overlay::Overlay;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// Classes count as balanced where the largest has at most so many times the images of the smallest.
const BALANCED: f64 = 1.25;

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// Images of the data set as it is trained on.
    pub images: u64,
    /// Those that, pixels and label, are images as read, each of these counted once.
    pub unchanged: u64,
    /// Those that are not.
    pub strangers: u64,
    /// Labels that the edits change on purpose.
    pub relabelled: u64,
    /// Images as read that are not used.
    pub left_out: u64,
    /// Images of each class: to learn from, to validate on, to test on.
    pub counts: [Vec<u64>; 3],
}

impl Check {
    /// Whether every image is one that was read, with its own label or the one that the edits give it.
    pub fn is_good(&self) -> bool {
        self.strangers == self.relabelled
    }

    /// For each part, the largest class's images by the smallest's; `None` where a class has none.
    pub fn imbalance(&self) -> [Option<f64>; 3] {
        self.counts.each_ref().map(|counts| {
            let (least, most) = (counts.iter().min()?, counts.iter().max()?);
            (*least > 0).then(|| *most as f64 / *least as f64)
        })
    }

    /// For each part that has images, whether its classes are balanced.
    pub fn is_balanced(&self) -> [bool; 3] {
        let imbalance = self.imbalance();
        std::array::from_fn(|part| {
            self.counts[part].iter().all(|count| *count == 0)
                || imbalance[part].is_some_and(|imbalance| imbalance <= BALANCED)
        })
    }
}

/// Compares the images with their labels before and after, as two bags: order does not count, each pair does.
pub fn check(
    base: &Dataset,
    dataset: &Dataset,
    overlay: Option<&Overlay>,
    (share, seed): (f64, u64),
    job: &dyn Progress,
) -> Result<Check, DataError> {
    let before = bag(&joined(&base.train, &base.test), job)?;
    let after = bag(&joined(&dataset.train, &dataset.test), job)?;
    let (mut i, mut unchanged) = (0, 0);
    for pair in &after {
        while before.get(i).is_some_and(|known| known < pair) {
            i += 1;
        }
        if before.get(i) == Some(pair) {
            unchanged += 1;
            i += 1;
        }
    }
    let images = after.len() as u64;
    let relabelled = dataset.curated.as_ref().zip(overlay).map_or(0, |(rows, overlay)| {
        let used = (0..rows.train.len()).filter_map(|row| rows.train_at(row));
        let used = used.chain((0..rows.test.len()).filter_map(|row| rows.test_at(row)));
        let label_of = |at: super::At| {
            let part = if at.file == super::File::Train { &base.train } else { &base.test };
            part.labels[at.row as usize]
        };
        used.filter(|at| {
            overlay.edits.get(at).and_then(|edit| edit.label).is_some_and(|l| l != label_of(*at))
        })
        .count() as u64
    });
    let (train, valid) = dataset.divide(share, seed);
    let test: Vec<u32> = (0..dataset.test.len() as u32).collect();
    let count = |samples: &Samples, rows: &[u32]| {
        let mut counts = vec![0; dataset.n_labels()];
        rows.iter().for_each(|row| counts[usize::from(samples.labels[*row as usize])] += 1);
        counts
    };
    Ok(Check {
        images,
        unchanged,
        strangers: images - unchanged,
        relabelled,
        left_out: (before.len() as u64).saturating_sub(images),
        counts: [count(&dataset.train, &train), count(&dataset.train, &valid), count(&dataset.test, &test)],
    })
}

/// A number for each image with its label, ascending.
fn bag(samples: &Samples, job: &dyn Progress) -> Result<Vec<u128>, DataError> {
    let mut bag = each(samples.len(), "Comparing images and labels", job, |row| {
        let mut digest = Sha256::new();
        digest.update([samples.labels[row]]);
        digest.update(&samples.image(row)[..]);
        digest.finalize().iter().take(16).fold(0, |bits: u128, byte| bits << 8 | u128::from(*byte))
    })?;
    bag.sort_unstable();
    Ok(bag)
}

#[cfg(test)]
mod tests {
    use super::super::super::progress::Silent;
    use super::super::overlay::{At, Change, File, Place};
    use super::super::testing::dataset;
    use super::super::{Curation, apply};
    use super::*;

    #[test]
    fn shuffling_keeps_every_label_and_a_swapped_pair_is_caught() {
        let base = dataset(200, 40);
        let curation = Curation { shuffle: true, train: 100, ..Curation::default() };
        let shuffled = apply(base.clone(), &curation, None, (0.1, 1)).expect("it fits");
        let good = check(&base, &shuffled, None, (0.1, 1), &Silent).expect("nobody stops it");
        assert!(good.is_good() && good.unchanged == 160 && good.left_out == 80, "{good:?}");
        assert_eq!((good.counts[0].clone(), good.is_balanced()), (vec![25; 4], [true; 3]));
        let mut swapped = shuffled;
        let mut labels = swapped.train.labels.to_vec();
        let other = labels.iter().position(|label| *label != labels[0]).expect("there are four classes");
        labels.swap(0, other);
        swapped.train.labels = labels.into();
        let bad = check(&base, &swapped, None, (0.1, 1), &Silent).expect("nobody stops it");
        assert!(!bad.is_good() && bad.strangers == 2, "{bad:?}");
    }

    #[test]
    fn what_edits_change_is_no_fault() {
        let base = dataset(200, 40);
        let mut overlay = Overlay::of(&base);
        let at = |row| At { file: File::Train, row };
        overlay.change([at(4), at(8)], Change::Label(3), "");
        // A label that is what it was before changes nothing.
        overlay.change([at(12)], Change::Label(0), "");
        overlay.change([at(1)], Change::Place(Place::Out), "");
        let edited = apply(base.clone(), &Curation::default(), Some(&overlay), (0.1, 1)).expect("it fits");
        let checked = check(&base, &edited, Some(&overlay), (0.1, 1), &Silent).expect("nobody stops it");
        assert!(checked.is_good(), "{checked:?}");
        assert_eq!((checked.strangers, checked.relabelled, checked.left_out), (2, 2, 1));
    }
}
