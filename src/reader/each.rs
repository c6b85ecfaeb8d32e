//! Walks through pictures of a data set, with progress and cancel.

use crate::data::{Progress, Samples, Stage, Unit};
use image::DynamicImage;

/// Shows `work` each picture in `rows` that there is, and its row; `false` if it was cancelled. `text` says what is done.
///
/// # Errors
/// The first of `work`'s, after which no picture follows.
pub fn each_picture(
    samples: &Samples,
    rows: &[u32],
    text: &'static str,
    progress: &dyn Progress,
    work: &mut dyn FnMut(usize, DynamicImage) -> anyhow::Result<()>,
) -> anyhow::Result<bool> {
    for (done, row) in rows.iter().map(|row| *row as usize).enumerate() {
        if progress.cancelled() {
            return Ok(false);
        }
        progress.report(Stage { text, done: done as u64, total: rows.len() as u64, unit: Unit::Images });
        if let Some(picture) = samples.picture(row) {
            work(row, picture)?;
        }
    }
    Ok(true)
}
