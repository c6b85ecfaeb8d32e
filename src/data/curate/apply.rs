//! A data set as it is trained on: edits laid over it, so many images of each part, in their order.

use super::super::cache::hex;
use super::super::error::DataError;
use super::super::joined::joined;
use super::super::random::Stream;
use super::super::samples::{Dataset, Samples};
use super::super::split::split;
use super::Curation;
use super::overlay::{At, Division, Overlay, Place};
use super::subset::choose;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// Where the images of a curated data set come from. Indices count the training images as read first, the test images
/// after them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Training images as read.
    pub n_train: usize,
    /// For each training image (validation among them) its index as read.
    pub train: Vec<u32>,
    /// For each test image its index as read.
    pub test: Vec<u32>,
    /// Rows of the training images that validate, ascending.
    pub valid: Vec<u32>,
}

impl Rows {
    /// Where a training image (validation among them) comes from.
    pub fn train_at(&self, row: usize) -> Option<At> {
        self.train.get(row).map(|index| At::of(*index, self.n_train))
    }

    /// Where a test image comes from.
    pub fn test_at(&self, row: usize) -> Option<At> {
        self.test.get(row).map(|index| At::of(*index, self.n_train))
    }
}

/// Where each image of a data set as it was read is now, by its index; `division` (share, seed) cuts validation where
/// curation does not.
pub fn places(base: &Dataset, dataset: &Dataset, (share, seed): (f64, u64)) -> Vec<Place> {
    let n_train = base.train.len();
    let Some(rows) = &dataset.curated else { return Parts::as_divided(base, share, seed).places };
    let mut places = vec![Place::Out; n_train + base.test.len()];
    let mut put = |index: &u32, place| places[*index as usize] = place;
    rows.train.iter().for_each(|index| put(index, Place::Train));
    rows.valid.iter().for_each(|row| put(&rows.train[*row as usize], Place::Valid));
    rows.test.iter().for_each(|index| put(index, Place::Test));
    places
}

/// Applies edits, sizes and order to a data set as it was read.
pub fn apply(
    dataset: Dataset,
    curation: &Curation,
    overlay: Option<&Overlay>,
    (share, seed): (f64, u64),
) -> Result<Dataset, DataError> {
    if let Some(overlay) = overlay {
        overlay.check(&dataset)?;
    }
    let n_train = dataset.train.len();
    let pinned = overlay.and_then(|overlay| overlay.division);
    let Division { seed, share } = pinned.unwrap_or(Division { seed, share });
    let all = joined(&dataset.train, &dataset.test);
    let mut labels = all.labels.to_vec();
    let mut parts = Parts::as_divided(&dataset, share, seed);
    for (at, edit) in overlay.iter().flat_map(|overlay| &overlay.edits) {
        let index = at.index(n_train);
        if let Some(label) = edit.label {
            labels[index as usize] = label;
        }
        if let Some(place) = edit.place {
            parts.put(index, place);
        }
    }
    let mut dataset = dataset;
    let [train, valid, test] = parts.taken(curation, &labels, pinned.is_some(), &mut dataset);
    let mut rows = [train, valid.clone()].concat();
    rows.sort_unstable();
    let mut tested = test;
    if curation.shuffle {
        Stream::new("curation", curation.seed, 0, 0).shuffle(&mut rows);
        Stream::new("curation", curation.seed, 1, 0).shuffle(&mut tested);
    }
    let mut validates = vec![false; labels.len()];
    valid.iter().for_each(|index| validates[*index as usize] = true);
    let positions = (0..rows.len() as u32).filter(|row| validates[rows[*row as usize] as usize]);
    let rows = Rows { n_train, valid: positions.collect(), train: rows, test: tested };
    let part = |rows: &[u32]| Samples {
        labels: rows.iter().map(|index| labels[*index as usize]).collect(),
        ..all.select(rows)
    };
    let (train, test) = (part(&rows.train), part(&rows.test));
    let fingerprint = fingerprint(&dataset.fingerprint, &rows, [&train.labels, &test.labels]);
    Ok(Dataset { train, test, fingerprint, curated: Some(Arc::new(rows)), ..dataset })
}

/// Where each image is, by its index.
struct Parts {
    places: Vec<Place>,
    /// Whether somebody put it there.
    by_hand: Vec<bool>,
}

impl Parts {
    fn as_divided(dataset: &Dataset, share: f64, seed: u64) -> Self {
        let mut places = vec![Place::Train; dataset.train.len()];
        places.extend(vec![Place::Test; dataset.test.len()]);
        let (_, valid) = split(&dataset.train.labels, share, seed);
        valid.iter().for_each(|row| places[*row as usize] = Place::Valid);
        Self { by_hand: vec![false; places.len()], places }
    }

    fn put(&mut self, index: u32, place: Place) {
        self.places[index as usize] = place;
        self.by_hand[index as usize] = true;
    }

    fn of(&self, place: Place) -> Vec<u32> {
        (0..self.places.len() as u32).filter(|index| self.places[*index as usize] == place).collect()
    }

    /// The images of each part that are used, ascending; classes that have too few become warnings.
    fn taken(
        &self,
        curation: &Curation,
        labels: &[u8],
        pinned: bool,
        dataset: &mut Dataset,
    ) -> [Vec<u32>; 3] {
        let Curation { balanced, seed, .. } = *curation;
        let stream = |part| Stream::new("subset", seed, part, 0);
        let mut warn = |part: &str, wanted: u64, found: usize, missing: &[(u8, usize)]| {
            if (found as u64) < wanted {
                let short: Vec<String> = missing
                    .iter()
                    .map(|(class, n)| format!("{n} of {}", dataset.label_name(*class)))
                    .collect();
                let lacking = if short.is_empty() {
                    String::new()
                } else {
                    format!("; missing are {}", short.join(", "))
                };
                dataset
                    .warnings
                    .push(format!("the {part} part was to have {wanted} images and has {found}{lacking}"));
            }
        };
        let (mut train, mut valid) = (self.of(Place::Train), self.of(Place::Valid));
        if curation.valid > 0 && !pinned {
            // Validation is cut to size from all that may be learned from, but for what somebody put in its place.
            let free = |rows: &[u32]| -> (Vec<u32>, Vec<u32>) {
                rows.iter().partition(|index| !self.by_hand[**index as usize])
            };
            let ((pool, fixed), (more, set)) = (free(&train), free(&valid));
            let n = (curation.valid as usize).saturating_sub(set.len());
            let subset = choose(&[pool, more].concat(), labels, n, balanced, &mut stream(0));
            warn("validation", curation.valid, subset.chosen.len() + set.len(), &subset.missing);
            valid = [subset.chosen, set].concat();
            train = [subset.left, fixed].concat();
        } else if curation.valid > 0 {
            let subset = choose(&valid, labels, curation.valid as usize, balanced, &mut stream(0));
            warn("validation", curation.valid, subset.chosen.len(), &subset.missing);
            valid = subset.chosen;
        }
        let mut cut = |part: &str, rows: Vec<u32>, wanted: u64, number| {
            if wanted == 0 {
                return rows;
            }
            let subset = choose(&rows, labels, wanted as usize, balanced, &mut stream(number));
            warn(part, wanted, subset.chosen.len(), &subset.missing);
            subset.chosen
        };
        train = cut("training", train, curation.train, 1);
        let test = cut("test", self.of(Place::Test), curation.test, 2);
        [train, valid, test]
    }
}

/// Contents, edits and division in one number.
fn fingerprint(base: &str, rows: &Rows, labels: [&[u8]; 2]) -> String {
    let mut digest = Sha256::new();
    digest.update(format!(
        "curated 1 {base} {} {} {}\n",
        rows.train.len(),
        rows.test.len(),
        rows.valid.len()
    ));
    for numbers in [&rows.train, &rows.test, &rows.valid] {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        digest.update(&bytes);
    }
    labels.iter().for_each(|labels| digest.update(labels));
    hex(&digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::super::overlay::{Change, File};
    use super::super::testing::dataset;
    use super::*;

    fn train(row: u32) -> At {
        At { file: File::Train, row }
    }

    fn test(row: u32) -> At {
        At { file: File::Test, row }
    }

    /// The first pixel of each image: its index as read.
    fn indices(samples: &Samples) -> Vec<u8> {
        (0..samples.len()).map(|row| samples.image(row)[0]).collect()
    }

    #[test]
    fn edits_change_what_they_name_and_nothing_else() {
        let base = dataset(40, 10);
        let mut overlay = Overlay::of(&base);
        overlay.change([train(5)], Change::Label(2), "");
        overlay.change([train(6), test(1)], Change::Place(Place::Out), "");
        overlay.change([train(7)], Change::Place(Place::Test), "");
        overlay.change([test(0)], Change::Place(Place::Valid), "");
        let edited = apply(base.clone(), &Curation::default(), Some(&overlay), (0.25, 3)).expect("it fits");
        let (before, after) = (base.divide(0.25, 3), edited.divide(0.25, 3));
        let rows = edited.curated.as_ref().expect("it is curated");
        assert_eq!((edited.train.len(), edited.test.len()), (39, 9));
        assert_eq!(indices(&edited.train)[..7], [0, 1, 2, 3, 4, 5, 8]);
        assert_eq!(indices(&edited.test), [7, 42, 43, 44, 45, 46, 47, 48, 49]);
        assert_eq!((edited.train.labels[5], base.train.labels[5]), (2, 1));
        assert_eq!((rows.train_at(6), rows.test_at(1)), (Some(train(8)), Some(test(2))));
        // Validation is what it was, but for what was moved.
        let as_read = |rows: &[u32]| -> Vec<u32> {
            rows.iter().map(|row| edited.curated.as_ref().expect("it is").train[*row as usize]).collect()
        };
        let mut expected: Vec<u32> = before.1.iter().copied().filter(|row| ![6, 7].contains(row)).collect();
        expected.push(40);
        assert_eq!(as_read(&after.1), expected);
        assert_ne!(edited.fingerprint, base.fingerprint);
        // Another seed of the recipe divides anew, unless the edits hold the division fast.
        let other = apply(base.clone(), &Curation::default(), Some(&overlay), (0.25, 4)).expect("it fits");
        assert_ne!(other.fingerprint, edited.fingerprint);
        overlay.division = Some(Division { seed: 3, share: 0.25 });
        let pinned = apply(base, &Curation::default(), Some(&overlay), (0.1, 9)).expect("it fits");
        assert_eq!(pinned.fingerprint, edited.fingerprint);
    }

    #[test]
    fn parts_have_the_sizes_asked_for_with_classes_balanced() {
        let base = dataset(120, 60);
        let curation = Curation { train: 60, valid: 20, test: 30, shuffle: true, ..Curation::default() };
        let cut = apply(base.clone(), &curation, None, (0.1, 1)).expect("it fits");
        let (learn, valid) = cut.divide(0.9, 77);
        assert_eq!((learn.len(), valid.len(), cut.test.len()), (60, 20, 30));
        let count = |rows: &[u32], samples: &Samples| {
            let mut counts = [0; 4];
            rows.iter().for_each(|row| counts[usize::from(samples.labels[*row as usize])] += 1);
            counts
        };
        assert_eq!((count(&learn, &cut.train), count(&valid, &cut.train)), ([15; 4], [5; 4]));
        // Shuffled, and every image still has its label: that of its index.
        let order = indices(&cut.train);
        assert!(!order.is_sorted());
        assert!(order.iter().zip(cut.train.labels.iter()).all(|(index, label)| index % 4 == *label));
        let again = apply(base.clone(), &curation, None, (0.1, 1)).expect("it fits");
        assert_eq!((&again.fingerprint, indices(&again.train)), (&cut.fingerprint, order));
        let other = apply(base.clone(), &Curation { seed: 2, ..curation }, None, (0.1, 1)).expect("it fits");
        assert_ne!(other.fingerprint, cut.fingerprint);
        let much = Curation { train: 500, ..Curation::default() };
        let warned = apply(base, &much, None, (0.1, 1)).expect("it fits");
        assert!(warned.warnings[0].contains("was to have 500 images and has 108"), "{:?}", warned.warnings);
    }

    #[test]
    fn edits_of_other_data_are_refused() {
        let base = dataset(20, 5);
        let message = |overlay: &Overlay| {
            let applied = apply(base.clone(), &Curation::default(), Some(overlay), (0.1, 1));
            applied.err().expect("it does not fit").to_string()
        };
        let mut overlay = Overlay { base: "0".repeat(64), data: "Others".to_owned(), ..Overlay::default() };
        let text = message(&overlay);
        assert!(text.contains("made for Others") && text.contains(&base.fingerprint[..12]), "{text}");
        overlay = Overlay::of(&base);
        overlay.change([test(5)], Change::Place(Place::Out), "");
        assert!(message(&overlay).contains("test:5, and there are 5"), "{}", message(&overlay));
        overlay = Overlay::of(&base);
        overlay.change([train(u32::MAX)], Change::Label(1), "");
        assert!(message(&overlay).contains("train:4294967295, and there are 20"));
        overlay = Overlay::of(&base);
        overlay.change([train(0)], Change::Label(4), "");
        assert!(message(&overlay).contains("the label 4, and there are 4 classes"));
    }

    #[test]
    fn nothing_asked_is_nothing_done() {
        let base = dataset(20, 5);
        let folder = tempfile::tempdir().expect("a folder");
        let same =
            Curation::default().apply(base.clone(), folder.path(), (0.1, 1)).expect("nothing is wrong");
        assert!(same.curated.is_none());
        assert_eq!(same.fingerprint, base.fingerprint);
        let named = Curation { overlay: "none".to_owned(), ..Curation::default() };
        assert!(named.apply(base, folder.path(), (0.1, 1)).is_err());
    }
}
