//! A batch is a list of rows; here its images are had, changed at random where the recipe wants it, and its labels.

use super::cpu::threads::Threads;
use crate::data::Samples;
use crate::data::augment::{Augmenter, Scratch};
use crate::models::Input;
use anyhow::ensure;
use std::borrow::Cow;

/// Images that one thread gathers at a time.
const GATHERED: usize = 32;

/// The images of a batch.
#[derive(Clone, Copy)]
pub struct Batch<'a> {
    /// Where they are.
    pub samples: &'a Samples,
    /// All of the batch.
    pub rows: &'a [u32],
    /// While training: what changes them, and the step that draws are made for.
    pub change: Option<(&'a Augmenter, u64)>,
}

/// The class of another image, and its share of what is to be said of this one.
pub type Mixed = (u8, f32);

impl<'a> Batch<'a> {
    /// Images as they are.
    pub const fn plain(samples: &'a Samples, rows: &'a [u32]) -> Self {
        Self { samples, rows, change: None }
    }

    /// The pixels of the image at a position of the batch.
    pub fn image<'s>(&self, position: usize, scratch: &'s mut Scratch) -> Cow<'s, [u8]>
    where
        'a: 's,
    {
        let image = |position: usize| self.samples.image(self.rows[position] as usize);
        match self.change {
            None => image(position),
            Some((augmenter, step_idx)) => {
                Cow::Borrowed(augmenter.image(step_idx, position, self.rows.len(), image, scratch))
            }
        }
    }

    /// The class of the image at a position.
    pub fn label(&self, position: usize) -> u8 {
        self.samples.labels[self.rows[position] as usize]
    }

    /// What is mixed into the truth at a position, where images are mixed.
    pub fn mixed(&self, position: usize) -> Option<Mixed> {
        let (augmenter, step_idx) = self.change?;
        let mix = augmenter.mix(step_idx, position, self.rows.len())?;
        Some((self.label(mix.other), mix.share))
    }

    /// Bytes of the images, one after another.
    pub fn gather(&self, threads: &mut Threads) -> Vec<u8> {
        let length = self.samples.image_len();
        let mut bytes = Vec::with_capacity(self.rows.len() * length);
        if self.change.is_none() {
            for &row in self.rows {
                bytes.extend_from_slice(&self.samples.image(row as usize));
            }
            return bytes;
        }
        bytes.resize(self.rows.len() * length, 0);
        threads.for_each(bytes.chunks_mut(GATHERED * length).collect(), |part, bytes| {
            let mut scratch = Scratch::default();
            for (i, to) in bytes.chunks_exact_mut(length).enumerate() {
                to.copy_from_slice(&self.image(part * GATHERED + i, &mut scratch));
            }
        });
        bytes
    }
}

/// Whether images are such as the network was built for: of its size, unless it brings them to it.
pub fn check_sizes(samples: &Samples, rows: &[u32], input: Input, brought: bool) -> anyhow::Result<()> {
    let Input { channels, height, width, .. } = input;
    ensure!(
        samples.channels == channels
            && (brought || (samples.height, samples.width, samples.sizes.is_none()) == (height, width, true)),
        "the images are {}x{}x{} and the network was built for {channels}x{height}x{width}",
        samples.channels,
        samples.height,
        samples.width,
    );
    check_rows(samples, rows)
}

/// Whether there are images at these rows.
pub fn check_rows(samples: &Samples, rows: &[u32]) -> anyhow::Result<()> {
    let beyond = rows.iter().find(|row| **row as usize >= samples.len());
    ensure!(
        beyond.is_none(),
        "there is no image {}: the data set has {}",
        beyond.unwrap_or(&0),
        samples.len()
    );
    Ok(())
}

/// Whether images and labels are such as the network was built for.
pub fn check(samples: &Samples, rows: &[u32], input: Input) -> anyhow::Result<()> {
    let Input { channels, height, width, classes } = input;
    ensure!(
        (samples.channels, samples.height, samples.width) == (channels, height, width),
        "the images are {}x{}x{} and the network was built for {channels}x{height}x{width}",
        samples.channels,
        samples.height,
        samples.width,
    );
    for &row in rows {
        let label = samples.labels.get(row as usize);
        ensure!(label.is_some(), "there is no image {row}: the data set has {}", samples.len());
        ensure!(
            label.is_some_and(|l| usize::from(*l) < classes),
            "image {row} is of class {} and the network tells only {classes} apart",
            samples.labels[row as usize]
        );
    }
    Ok(())
}
