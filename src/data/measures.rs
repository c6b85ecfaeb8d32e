//! Numbers that say something of each image, to sort, filter and draw by: brightness, contrast, sharpness.

use super::error::DataError;
use super::parallel::in_portions;
use super::progress::Progress;
use super::samples::Samples;
use std::sync::Arc;

/// A number for each image of a set.
#[derive(Clone, Debug)]
pub struct Measure {
    /// As shown, and what it is known by: "Brightness".
    pub name: &'static str,
    /// One line more.
    pub help: &'static str,
    /// One for each row; NaN where it is not known.
    pub values: Arc<[f32]>,
}

/// Brightness, contrast and sharpness by name, with what they mean.
pub const LOOKS: [(&str, &str); 3] = [
    ("Brightness", "Mean of all pixels: 0 is black, 1 white"),
    ("Contrast", "Standard deviation of all pixels: 0 where every pixel is the same"),
    ("Sharpness", "Mean step from a pixel to the next, against the contrast: low where an image is blurred"),
];

/// Measures the looks of the images in `rows`; all others stay NaN.
///
/// # Errors
/// [`DataError::Cancelled`] where the job was cancelled.
pub fn looks(samples: &Samples, rows: &[u32], job: &dyn Progress) -> Result<Vec<Measure>, DataError> {
    let portions = in_portions(rows.len(), 256, "Measuring images", job, |range| {
        let each = rows[range].iter().map(|row| *row as usize);
        each.map(|row| look(&samples.image(row), samples.size(row))).collect::<Vec<_>>()
    })?;
    let mut columns = [(); 3].map(|()| vec![f32::NAN; samples.len()]);
    for (row, look) in rows.iter().zip(portions.into_iter().flatten()) {
        columns.iter_mut().zip(look).for_each(|(column, value)| column[*row as usize] = value);
    }
    let named = LOOKS.iter().zip(columns);
    Ok(named.map(|((name, help), values)| Measure { name, help, values: values.into() }).collect())
}

/// Brightness, contrast and sharpness of one image of bytes, channel after channel.
fn look(pixels: &[u8], [width, height]: [usize; 2]) -> [f32; 3] {
    let n = pixels.len().max(1) as f64;
    let (mut sum, mut squares) = (0_u64, 0_u64);
    for pixel in pixels {
        let pixel = u64::from(*pixel);
        sum += pixel;
        squares += pixel * pixel;
    }
    let mean = sum as f64 / n;
    let std = (squares as f64 / n - mean * mean).max(0.0).sqrt();
    let steps: u64 = pixels
        .chunks_exact((width * height).max(1))
        .flat_map(|plane| plane.chunks_exact(width.max(1)))
        .flat_map(|line| line.windows(2))
        .map(|pair| u64::from(pair[0].abs_diff(pair[1])))
        .sum();
    let sharpness = if std > 0.0 { steps as f64 / n / std } else { 0.0 };
    [(mean / 255.0) as f32, (std / 255.0) as f32, sharpness as f32]
}

#[cfg(test)]
mod tests {
    use super::super::progress::Silent;
    use super::super::samples::Pixels;
    use super::*;

    #[test]
    fn looks_are_those_of_pencil_and_paper() {
        let pixels = Pixels::Owned([0, 255, 0, 255, 100, 100, 100, 100, 0, 0, 255, 255].into());
        let samples = Samples::new(pixels, [0, 0, 0].into(), [1, 1, 4]);
        let measures = looks(&samples, &[0, 1], &Silent).expect("nobody stops it");
        let of = |row: usize| -> Vec<f32> { measures.iter().map(|measure| measure.values[row]).collect() };
        assert_eq!(of(0)[..2], [0.5, 0.5]);
        assert_eq!(of(1)[1..], [0.0, 0.0]);
        assert!(of(2).iter().all(|value| value.is_nan()), "this row was not asked for");
        // The same pixels with one edge instead of three are less sharp.
        let all = looks(&samples, &[0, 1, 2], &Silent).expect("nobody stops it");
        assert!(all[2].values[2] < all[2].values[0] && all[1].values[2] == all[1].values[0]);
    }
}
