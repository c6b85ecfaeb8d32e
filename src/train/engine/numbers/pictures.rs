//! Pictures of a batch as the network reads them: of one size, changed at random while training.

use super::super::batch::Batch;
use crate::data::Samples;
use crate::data::augment::Scratch;
use crate::models::Input;
use crate::models::numbers::NumberNetwork;
use std::borrow::Cow;
use std::ops::Range;

/// Bytes of the pictures at some places of a batch, one after another, as the network wants them.
pub fn gather(batch: Batch<'_>, places: Range<usize>, network: &NumberNetwork) -> Vec<u8> {
    let Input { channels, height, width, .. } = network.input;
    let mut bytes = Vec::with_capacity(places.len() * channels * height * width);
    let mut scratch = Scratch::default();
    let image = |place: usize| fitted(batch.samples, batch.rows[place] as usize, network);
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
fn fitted<'a>(samples: &'a Samples, row: usize, network: &NumberNetwork) -> Cow<'a, [u8]> {
    let (image, size) = (samples.image(row), samples.size(row));
    match network.design.frame {
        Some(frame) if size != [frame.width, frame.height] => Cow::Owned(frame.bring(&image, size)),
        _ => image,
    }
}
