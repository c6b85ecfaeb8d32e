//! Images as lists of numbers for arithmetic over all of them: pixels as they are, or a small grey copy of large ones.

use super::super::error::DataError;
use super::super::progress::Progress;
use super::super::samples::Samples;
use super::each::each;
use super::prints::{Shrink, grey};
use tch::{Kind, Tensor};

/// Images with more bytes than this are shrunk first.
const MOST_BYTES: usize = 4096;
/// Rows and columns of a shrunk image.
const SIDE: usize = 32;
/// Rows that are turned into floats at a time, where all together would take too much memory.
const CHUNK: i64 = 2048;
/// Floats that may lie in memory: 512 MB.
const MOST_FLOATS: i64 = 128 << 20;

/// The images of a data set, one a row.
pub(super) struct Vectors {
    /// Bytes, `[images, features]`.
    bytes: Tensor,
    /// Numbers of one image.
    pub(super) n_features: usize,
}

impl Vectors {
    /// Reads every image.
    pub(super) fn of(samples: &Samples, job: &dyn Progress) -> Result<Self, DataError> {
        let as_is = samples.sizes.is_none() && samples.image_len() <= MOST_BYTES;
        let n_features = if as_is { samples.image_len() } else { SIDE * SIDE };
        let rows: Vec<Vec<u8>> = each(samples.len(), "Reading every image", job, |row| {
            let pixels = samples.image(row);
            if as_is {
                return pixels.into_owned();
            }
            let size = samples.size(row);
            let grey = grey(&pixels, size[0] * size[1], samples.channels);
            Shrink::new(size, SIDE).shrink(&grey).iter().map(|pixel| pixel.round() as u8).collect()
        })?;
        let bytes = Tensor::from_slice(&rows.concat()).view([samples.len() as i64, n_features as i64]);
        Ok(Self { bytes, n_features })
    }

    /// Only these rows, in that order.
    pub(super) fn select(&self, rows: &[u32]) -> Self {
        let rows: Vec<i64> = rows.iter().map(|row| i64::from(*row)).collect();
        Self { bytes: self.bytes.index_select(0, &Tensor::from_slice(&rows)), n_features: self.n_features }
    }

    /// Images.
    pub(super) fn len(&self) -> usize {
        self.bytes.size()[0] as usize
    }

    /// The rows as floats from 0 to 1, so many at a time: kept if they fit into memory, else made anew at each pass.
    pub(super) fn floats(&self) -> Floats {
        let starts = (0..self.len() as i64).step_by(CHUNK as usize);
        let chunks: Vec<Tensor> =
            starts.map(|start| self.bytes.narrow(0, start, CHUNK.min(self.len() as i64 - start))).collect();
        let fits = self.len() as i64 * self.n_features as i64 <= MOST_FLOATS;
        Floats { chunks: if fits { chunks.iter().map(as_floats).collect() } else { chunks } }
    }
}

/// Rows, in chunks.
pub(super) struct Floats {
    chunks: Vec<Tensor>,
}

impl Floats {
    /// One chunk after the other, `[rows, features]`.
    pub(super) fn chunks(&self) -> impl Iterator<Item = Tensor> + '_ {
        self.chunks.iter().map(as_floats)
    }

    /// The chunks as they are kept, to be given to [`as_floats`] where they are used.
    pub(super) fn kept(&self) -> impl Iterator<Item = Tensor> + '_ {
        self.chunks.iter().map(Tensor::shallow_clone)
    }
}

/// A chunk as floats from 0 to 1; bytes are turned into them.
pub(super) fn as_floats(chunk: &Tensor) -> Tensor {
    if chunk.kind() == Kind::Uint8 { chunk.to_kind(Kind::Float) / 255.0 } else { chunk.shallow_clone() }
}
