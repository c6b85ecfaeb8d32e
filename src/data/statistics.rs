//! What a data set looks like in numbers: for the Data tab and `data stats`.

use super::samples::Samples;
use serde::{Deserialize, Serialize};

/// Numbers of one split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Images.
    pub n_images: u64,
    /// Images of each class.
    pub class_counts: Vec<u64>,
    /// Mean of each channel's pixels, 0 for black to 1 for white.
    pub mean: Vec<f64>,
    /// Their standard deviation, in the same unit.
    pub std: Vec<f64>,
}

/// Measures every pixel of a split; `n_classes` as the data set has them.
pub fn statistics(samples: &Samples, n_classes: usize) -> Statistics {
    let mut class_counts = vec![0; n_classes];
    for &label in samples.labels.iter() {
        if let Some(count) = class_counts.get_mut(usize::from(label)) {
            *count += 1;
        }
    }
    // Bytes have 256 values: counting them gives sums without rounding.
    let mut histograms = vec![[0_u64; 256]; samples.channels];
    for row in 0..samples.len() {
        let [width, height] = samples.size(row);
        for (plane, histogram) in
            samples.image(row).chunks_exact((width * height).max(1)).zip(&mut histograms)
        {
            plane.iter().for_each(|&pixel| histogram[usize::from(pixel)] += 1);
        }
    }
    let (mean, std) = histograms.iter().map(mean_and_std).unzip();
    Statistics { n_images: samples.len() as u64, class_counts, mean, std }
}

fn mean_and_std(histogram: &[u64; 256]) -> (f64, f64) {
    let n = histogram.iter().sum::<u64>().max(1) as f64;
    let values = || histogram.iter().enumerate().map(|(value, &count)| (value as f64 / 255.0, count as f64));
    let mean = values().map(|(value, count)| value * count).sum::<f64>() / n;
    let variance = values().map(|(value, count)| (value - mean).powi(2) * count).sum::<f64>() / n;
    (mean, variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::super::samples::Pixels;
    use super::*;

    #[test]
    fn numbers_are_those_of_pencil_and_paper() {
        let pixels = Pixels::Owned([0, 255, 51, 51, 255, 0, 51, 51].into());
        let samples = Samples::new(pixels, [2, 0].into(), [2, 1, 2]);
        let Statistics { n_images, class_counts, mean, std } = statistics(&samples, 3);
        assert_eq!((n_images, class_counts), (2, vec![1, 0, 1]));
        assert!((mean[0] - 0.5).abs() < 1e-12 && (std[0] - 0.5).abs() < 1e-12);
        assert!((mean[1] - 0.2).abs() < 1e-12 && std[1].abs() < 1e-12);
    }

    #[test]
    fn nothing_is_no_division_by_zero() {
        let none = Samples::new(Pixels::Owned([].into()), [].into(), [1, 2, 2]);
        let statistics = statistics(&none, 2);
        assert_eq!((statistics.mean, statistics.std), (vec![0.0], vec![0.0]));
    }
}
