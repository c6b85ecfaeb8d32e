//! Small data sets for the tests of curation.

use super::super::samples::{Dataset, Kind, Pixels, Samples};

/// Images of 2x2 in four classes; the first pixel of each is its index (training images first), its class that modulo 4.
pub(crate) fn dataset(n_train: usize, n_test: usize) -> Dataset {
    let part = |from: usize, n: usize| {
        let pixels: Vec<u8> = (from..from + n).flat_map(|i| [i as u8, (i / 256) as u8, 7, 9]).collect();
        let labels: Vec<u8> = (from..from + n).map(|i| (i % 4) as u8).collect();
        Samples::new(Pixels::Owned(pixels.into()), labels.into(), [1, 2, 2])
    };
    Dataset {
        name: "Small".to_owned(),
        classes: ["a", "b", "c", "d"].map(str::to_owned).to_vec(),
        kind: Kind::Classes,
        train: part(0, n_train),
        test: part(n_train, n_test),
        fingerprint: format!("{:064}", n_train * 1000 + n_test),
        curated: None,
        warnings: Vec::new(),
    }
}
