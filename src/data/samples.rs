//! How a data set lies in memory: bytes and class numbers, cheap to share between threads.

use std::ops::Deref;
use std::sync::Arc;

/// Bytes that are either owned or mapped from a cache file.
#[derive(Clone)]
pub enum Pixels {
    /// In memory.
    Owned(Arc<[u8]>),
    /// A part of a mapped file: the map, the first byte, the length.
    Mapped(Arc<memmap2::Mmap>, usize, usize),
}

impl Deref for Pixels {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Owned(bytes) => bytes,
            Self::Mapped(map, start, length) => &map[*start..start + length],
        }
    }
}

/// Images of one size with a class each.
#[derive(Clone)]
pub struct Samples {
    /// `n * channels * height * width` bytes, image after image, channel after channel, row after row; 0 is black.
    pub pixels: Pixels,
    /// The class of each image, `0..n_classes`.
    pub labels: Arc<[u8]>,
    /// Colour channels: 1 for grey.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Samples {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Bytes of one image.
    pub fn image_len(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// The pixels of one image; `row` must be less than [`Self::len`].
    pub fn image(&self, row: usize) -> &[u8] {
        let n = self.image_len();
        &self.pixels[row * n..(row + 1) * n]
    }
}

/// A data set as it is trained on.
#[derive(Clone)]
pub struct Dataset {
    /// As shown: "MNIST".
    pub name: String,
    /// What each class is called: "0" to "9", or "A" to "J".
    pub classes: Vec<String>,
    /// To learn from (validation is cut from it by the recipe's seed and share).
    pub train: Samples,
    /// To be measured on, never to choose by.
    pub test: Samples,
    /// SHA-256 (hex) over contents and settings: tells whether a run saw the same data.
    pub fingerprint: String,
    /// What was wrong but could be got over: shown once, kept with the run.
    pub warnings: Vec<String>,
}
