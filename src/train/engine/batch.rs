//! A batch is a list of rows; here its bytes and labels are gathered.

use crate::data::Samples;
use crate::models::Input;
use anyhow::ensure;

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

/// Bytes of the images, one after another.
pub fn gather(samples: &Samples, rows: &[u32]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(rows.len() * samples.image_len());
    for &row in rows {
        bytes.extend_from_slice(&samples.image(row as usize));
    }
    bytes
}

/// Class numbers of the images.
pub fn labels(samples: &Samples, rows: &[u32]) -> Vec<i64> {
    rows.iter().map(|&row| i64::from(samples.labels[row as usize])).collect()
}
