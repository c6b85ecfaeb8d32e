//! What the tests of this room and of others need: small idx files, and the real ones where they are.

use super::places::{DATA_VARIABLE, Places};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// An images file.
pub(crate) fn idx_images(pixels: &[u8], height: u32, width: u32) -> Vec<u8> {
    let count = pixels.len() as u32 / (height * width);
    let mut bytes = vec![0, 0, 8, 3];
    for size in [count, height, width] {
        bytes.extend(size.to_be_bytes());
    }
    bytes.extend(pixels);
    bytes
}

/// A labels file.
pub(crate) fn idx_labels(labels: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 1];
    bytes.extend((labels.len() as u32).to_be_bytes());
    bytes.extend(labels);
    bytes
}

/// The same, packed.
pub(crate) fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).expect("memory can be written");
    packer.finish().expect("memory can be written")
}

/// Four idx files under the names of MNIST's: so many training and test images of `size` by `size`, ten classes.
pub(crate) fn write_four(folder: &Path, n_train: usize, n_test: usize, size: u32) {
    std::fs::create_dir_all(folder).expect("the folder can be made");
    for (part, n, shift) in [("train", n_train, 0), ("t10k", n_test, 7)] {
        let pixels: Vec<u8> = (0..n * (size * size) as usize).map(|i| (i * 31 + shift) as u8).collect();
        let labels: Vec<u8> = (0..n).map(|i| ((i + shift) % 10) as u8).collect();
        let write = |name: String, bytes: Vec<u8>| {
            std::fs::write(folder.join(name), bytes).expect("the file can be written");
        };
        write(format!("{part}-images-idx3-ubyte.gz"), gz(&idx_images(&pixels, size, size)));
        write(format!("{part}-labels-idx1-ubyte"), idx_labels(&labels));
    }
}

/// Places with no folders and a cache of their own.
pub(crate) fn empty_places() -> (tempfile::TempDir, Places) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let places = Places { folders: Vec::new(), cache: folder.path().join("cache") };
    (folder, places)
}

/// Where real data is, if it is: the variable, or a folder `shared/data` beside the repository.
pub(crate) fn real_data() -> Vec<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let listed = std::env::var_os(DATA_VARIABLE);
    let named = listed.iter().flat_map(std::env::split_paths);
    named.chain([beside]).filter(|folder| folder.is_dir()).collect()
}
