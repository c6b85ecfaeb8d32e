//! Pictures of a batch as the network reads them: of one size, changed at random while training.

use super::super::batch::Batch;
use crate::data::Samples;
use crate::data::augment::Scratch;
use crate::models::Input;
use std::borrow::Cow;
use std::ops::Range;

/// Bytes of the pictures at some places of a batch, one after another, in the size of the input.
pub fn gather(batch: Batch<'_>, places: Range<usize>, input: Input) -> Vec<u8> {
    let Input { channels, height, width, .. } = input;
    let mut bytes = Vec::with_capacity(places.len() * channels * height * width);
    let mut scratch = Scratch::default();
    let image = |place: usize| fitted(batch.samples, batch.rows[place] as usize, input);
    for place in places {
        match batch.change {
            None => bytes.extend_from_slice(&image(place)),
            Some((augmenter, step_idx)) => {
                let n = batch.rows.len();
                bytes.extend_from_slice(augmenter.image(step_idx, place, n, image, &mut scratch));
            }
        }
    }
    bytes
}

/// A picture in the size of the input.
fn fitted(samples: &Samples, row: usize, input: Input) -> Cow<'_, [u8]> {
    let (size, wanted) = (samples.size(row), [input.width, input.height]);
    let image = samples.image(row);
    if size == wanted {
        return image;
    }
    Cow::Owned(crate::models::numbers::resized(&image, size, wanted))
}
