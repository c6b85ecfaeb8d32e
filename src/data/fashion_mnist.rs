//! Fashion-MNIST: 60,000 training and 10,000 test images of clothes, 28x28, in MNIST's files (Xiao, Rasul and Vollgraf,
//! 2017, <https://github.com/zalandoresearch/fashion-mnist>).

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

/// Settings of Fashion-MNIST.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FashionMnist {
    /// Use only the first so many training images; 0 for all.
    pub limit: u64,
}

impl Knobs for FashionMnist {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { limit } = self;
        visitor.int(
            "limit",
            limit,
            Knob::range(0, 60_000, "Use only the first so many training images; 0 for all"),
        );
    }
}

/// The four files. Sizes and SHA-256s as TensorFlow's data sets name them, MD5s as the authors do.
const FILES: [Published; 4] = [
    Published {
        name: "t10k-labels-idx1-ubyte.gz",
        bytes: 5_148,
        sha256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        md5: "bb300cfdad3c16e7a12a480ee83cd310",
    },
    Published {
        name: "train-labels-idx1-ubyte.gz",
        bytes: 29_515,
        sha256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        md5: "25c81989df183df01b3e8a0aad5dffbe",
    },
    Published {
        name: "t10k-images-idx3-ubyte.gz",
        bytes: 4_422_102,
        sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        md5: "bef4ecab320f06d8554ea6380940ec79",
    },
    Published {
        name: "train-images-idx3-ubyte.gz",
        bytes: 26_421_880,
        sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        md5: "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    },
];

/// Where the files may be had, tried in this order; the file's name follows.
const MIRRORS: [&str; 2] = [
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
];

const SET: Set = Set {
    title: "Fashion-MNIST",
    name: "fashion_mnist",
    files: [
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
    ],
    published: &FILES,
    inside: &[
        "fashion-mnist",
        "fashion_mnist",
        "FashionMNIST/raw",
        "FashionMNIST",
        "Fashion-MNIST",
        "fashion-mnist/data/fashion",
        "data/fashion",
        "fashion",
    ],
    word: "fashion",
    classes: [
        "T-shirt",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ],
};

impl DataSet for FashionMnist {
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
mod tests {
    use super::super::progress::Silent;
    use super::super::testing::{empty_places, write_four};
    use super::*;

    #[test]
    fn it_is_told_apart_from_mnist_of_the_same_names() {
        let (folder, mut places) = empty_places();
        places.folders = vec![folder.path().join("data")];
        let missing = FashionMnist::default().available(&places);
        assert_eq!(missing, Availability::NeedsDownload { bytes: 30_878_645 });
        write_four(&folder.path().join("data"), 20, 10, 28);
        assert_eq!(FashionMnist::default().available(&places), missing, "those are MNIST's");
        write_four(&folder.path().join("data/fashion-mnist"), 30, 10, 28);
        let dataset = FashionMnist { limit: 25 }.load(&places, &Silent).expect("it is there");
        assert_eq!((dataset.train.len(), dataset.classes[9].as_str()), (25, "Ankle boot"));
        assert_eq!(super::super::Mnist::default().load(&places, &Silent).expect("both").train.len(), 20);
        // The folder itself, as somebody chooses it in a dialog.
        places.folders = vec![folder.path().join("data/fashion-mnist")];
        assert_eq!(FashionMnist::default().available(&places), Availability::Ready);
        assert_ne!(super::super::Mnist::default().available(&places), Availability::Ready);
    }
}
