//! Loading and downloading data sets on a thread of their own, and what there is to say of one once it is there.

use super::{Context, Status};
use crate::data::{Dataset, Places, Progress, Samples, Source, Stage};

/// Lets a data set tell a job how far it is.
pub struct Told<'a>(
    /// The job.
    pub &'a Context,
);

impl Progress for Told<'_> {
    fn report(&self, stage: Stage<'_>) {
        let Stage { text, done, total, .. } = stage;
        self.0.report(Status { doing: text.to_owned(), done, total: Some(total).filter(|total| *total > 0) });
    }

    fn cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// A data set with what there is to say of it.
#[derive(Clone)]
pub struct Loaded {
    /// Its settings.
    pub source: Source,
    /// The images.
    pub dataset: Dataset,
    /// Brightness of the training images.
    pub brightness: Brightness,
}

/// Mean and standard deviation of all pixels, 0 (black) to 1 (white).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Brightness {
    /// The mean.
    pub mean: f64,
    /// The standard deviation.
    pub std: f64,
}

impl Brightness {
    /// Of all pixels of all images.
    pub fn of(samples: &Samples) -> Self {
        let mut histogram = [0_u64; 256];
        for byte in samples.pixels.iter() {
            histogram[usize::from(*byte)] += 1;
        }
        let n: u64 = histogram.iter().sum();
        if n == 0 {
            return Self::default();
        }
        let sum = |power: i32| -> f64 {
            let terms = histogram.iter().enumerate();
            terms.map(|(value, n)| (value as f64 / 255.0).powi(power) * *n as f64).sum::<f64>() / n as f64
        };
        let mean = sum(1);
        Self { mean, std: (sum(2) - mean * mean).max(0.0).sqrt() }
    }
}

/// Loads a data set.
pub fn load(source: &Source, places: &Places, context: &Context) -> Result<Loaded, crate::data::DataError> {
    let dataset = source.load(places, &Told(context))?;
    let brightness = Brightness::of(&dataset.train);
    Ok(Loaded { source: source.clone(), dataset, brightness })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::samples::Pixels;
    use std::sync::Arc;

    #[test]
    fn brightness_is_that_of_all_pixels() {
        let samples = |pixels: &[u8]| Samples {
            pixels: Pixels::Owned(Arc::from(pixels)),
            labels: Arc::from(vec![0; pixels.len() / 2]),
            channels: 1,
            height: 1,
            width: 2,
        };
        let brightness = Brightness::of(&samples(&[0, 255, 0, 255]));
        assert!((brightness.mean - 0.5).abs() < 1e-12 && (brightness.std - 0.5).abs() < 1e-12);
        assert_eq!(Brightness::of(&samples(&[])), Brightness::default());
        let grey = Brightness::of(&samples(&[51, 51]));
        assert!((grey.mean - 0.2).abs() < 1e-9 && grey.std < 1e-6);
    }
}
