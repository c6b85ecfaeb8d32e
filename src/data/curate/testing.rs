//! Small data sets for the tests of curation.

use super::super::random::Stream;
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

/// Noisy images of 8x8 in four classes, each with a bar of light at a place of its own.
pub(crate) fn bars(n_train: usize, n_test: usize) -> Dataset {
    let part = |from: usize, n: usize| {
        let mut pixels = Vec::new();
        for i in from..from + n {
            let mut stream = Stream::new("bars", i as u64, 0, 0);
            let place = i % 4;
            for at in 0..64 {
                let lit = if place < 2 { at % 8 / 2 == place + 1 } else { at / 8 / 2 == place - 1 };
                pixels.push((stream.below(110) + if lit { 100 } else { 20 }) as u8);
            }
        }
        let labels: Vec<u8> = (from..from + n).map(|i| (i % 4) as u8).collect();
        Samples::new(Pixels::Owned(pixels.into()), labels.into(), [1, 8, 8])
    };
    Dataset { train: part(0, n_train), test: part(n_train, n_test), ..dataset(0, 0) }
}
