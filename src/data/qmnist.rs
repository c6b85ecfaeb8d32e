//! QMNIST: MNIST's training digits made anew from their sources, and all 60,000 of its test digits where MNIST kept
//! 10,000 (Yadav and Bottou, 2019, <https://github.com/facebookresearch/qmnist>). The first 10,000 are MNIST's.

use super::DataSet;
use super::error::DataError;
use super::fetch::{Fetched, Published};
use super::places::{Availability, Places};
use super::progress::Progress;
use super::published::Set;
use super::samples::Dataset;
use super::{Origin, origin};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of QMNIST.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Qmnist {
    /// Use only the first so many training images; 0 for all.
    pub limit: u64,
}

impl Knobs for Qmnist {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { limit } = self;
        visitor.int(
            "limit",
            limit,
            Knob::range(0, 60_000, "Use only the first so many training images; 0 for all"),
        );
    }
}

/// The four files. Sizes and SHA-256s as TensorFlow's data sets name them, MD5s as torchvision does.
const FILES: [Published; 4] = [
    Published {
        name: "qmnist-test-labels-idx2-int.gz",
        bytes: 526_800,
        sha256: "9fbcbe594c3766fdf4f0b15c5165dc0d1e57ac604e01422608bb72c906030d06",
        md5: "5b5b05890a5e13444e108efe57b788aa",
    },
    Published {
        name: "qmnist-train-labels-idx2-int.gz",
        bytes: 463_024,
        sha256: "2c05dc77f6b916b38e455e97ab129a42a444f3dbef09b278a366f82904e0dd9f",
        md5: "0058f8dd561b90ffdd0f734c6a30e5e4",
    },
    Published {
        name: "qmnist-test-images-idx3-ubyte.gz",
        bytes: 9_742_279,
        sha256: "43fc22bf7498b8fc98de98369d72f752d0deabc280a43a7bcc364ab19e57b375",
        md5: "1394631089c404de565df7b7aeaf9412",
    },
    Published {
        name: "qmnist-train-images-idx3-ubyte.gz",
        bytes: 9_704_059,
        sha256: "9e26a7bf1683614e065d7b76460ccd52807165b3f22561fb782bd9f38c52b51d",
        md5: "ed72d4157d28c017586c42bc6afe6370",
    },
];

/// Where the files may be had; the file's name follows.
const MIRRORS: [&str; 2] = [
    "https://raw.githubusercontent.com/facebookresearch/qmnist/master/",
    "https://github.com/facebookresearch/qmnist/raw/master/",
];

const SET: Set = Set {
    title: "QMNIST",
    name: "qmnist",
    files: [
        "qmnist-train-images-idx3-ubyte",
        "qmnist-train-labels-idx2-int",
        "qmnist-test-images-idx3-ubyte",
        "qmnist-test-labels-idx2-int",
    ],
    published: &FILES,
    // The files have names of their own: any folder will do.
    inside: &["qmnist", "QMNIST", "QMNIST/raw", ""],
    word: "qmnist",
    classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
};

impl DataSet for Qmnist {
    fn load(&self, places: &Places, job: &dyn Progress) -> Result<Dataset, DataError> {
        SET.load(places, false, self.limit, job)
    }

    fn fetch(&self, places: &Places, job: &dyn Progress) -> Result<Fetched, DataError> {
        SET.fetch(&MIRRORS, places, job)
    }

    fn available(&self, places: &Places) -> Availability {
        SET.available(places)
    }

    fn origin(&self, places: &Places) -> Origin {
        origin(&MIRRORS, &FILES, SET.find(places).map(|files| files.train_images))
    }

    fn shape(&self) -> Option<[usize; 3]> {
        Some([1, 28, 28])
    }
}

#[cfg(test)]
pub(super) fn write_small(folder: &std::path::Path) {
    super::testing::write_four(folder, 30, 10, 28);
    let parts = [("train", "train"), ("t10k", "test")];
    for (from, to) in parts {
        let renamed = [
            (format!("{from}-images-idx3-ubyte.gz"), format!("qmnist-{to}-images-idx3-ubyte.gz")),
            (format!("{from}-labels-idx1-ubyte"), format!("qmnist-{to}-labels-idx2-int")),
        ];
        for (from, to) in renamed {
            std::fs::rename(folder.join(from), folder.join(to)).expect("it was just written");
        }
    }
}
