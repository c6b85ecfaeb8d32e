//! Figures of each image that bad ones stand out by: how light, how much contrast, how sharp, how unlike its class.

use super::super::error::DataError;
use super::super::progress::Progress;
use super::super::samples::Samples;
use super::each::each;
use super::prints::grey;
use super::vectors::Vectors;
use std::sync::Arc;
use tch::{Kind, Tensor};

/// Directions that an image's place among all others is measured along.
const DIRECTIONS: i64 = 40;

/// One figure of every image.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// As shown and as written.
    pub name: &'static str,
    /// One line: what it says.
    pub help: &'static str,
    /// Whether images stand out by a low value; else by a high one.
    pub low_is_bad: bool,
    /// For each image, in the order of the images measured.
    pub values: Arc<[f32]>,
}

/// Figures of every image, in columns to sort by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measures {
    /// All of them, in menu order.
    pub columns: Vec<Column>,
}

impl Measures {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The images, those that stand out most first.
    pub fn ranked(&self, name: &str) -> Vec<u32> {
        let Some(column) = self.column(name) else { return Vec::new() };
        let mut rows: Vec<u32> = (0..column.values.len() as u32).collect();
        let value = |row: &u32| {
            if column.low_is_bad { column.values[*row as usize] } else { -column.values[*row as usize] }
        };
        rows.sort_by(|a, b| value(a).total_cmp(&value(b)));
        rows
    }

    /// Adds a column, or replaces the one of its name.
    pub fn put(&mut self, column: Column) {
        self.columns.retain(|known| known.name != column.name);
        self.columns.push(column);
    }
}

/// The column of how likely each image's own label is.
pub fn own_label(values: Vec<f32>) -> Column {
    Column {
        name: "own_label",
        help: "Probability of the image's own label by a model that did not learn from it",
        low_is_bad: true,
        values: values.into(),
    }
}

/// Measures every image.
pub fn measures(samples: &Samples, job: &dyn Progress) -> Result<Measures, DataError> {
    let figures = each(samples.len(), "Measuring every image", job, |row| {
        let [width, height] = samples.size(row);
        let grey = grey(&samples.image(row), width * height, samples.channels);
        let (brightness, contrast) = brightness_and_contrast(&grey);
        [brightness, contrast, sharpness(&grey, [width, height])]
    })?;
    let column = |name, help, at: usize| Column {
        name,
        help,
        low_is_bad: true,
        values: figures.iter().map(|figures| figures[at]).collect(),
    };
    let mut measures = Measures {
        columns: vec![
            column("brightness", "Mean of all pixels, 0 for black to 1 for white", 0),
            column("contrast", "Standard deviation of all pixels, 0 for an empty image to 0.5", 1),
            column(
                "sharpness",
                "Variance of the Laplacian of the image as 0 to 1: low where it is blurred",
                2,
            ),
        ],
    };
    measures.put(Column {
        name: "outlier",
        help: "Distance from the middle of its class along the main directions of all images, 1 for a usual one",
        low_is_bad: false,
        values: outliers(samples, job)?.into(),
    });
    Ok(measures)
}

fn brightness_and_contrast(grey: &[f32]) -> (f32, f32) {
    let n = grey.len().max(1) as f32;
    let mean = grey.iter().sum::<f32>() / n;
    let variance = grey.iter().map(|pixel| (pixel - mean).powi(2)).sum::<f32>() / n;
    (mean / 255.0, variance.sqrt() / 255.0)
}

/// Variance of the Laplacian (Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", 2000, section 3).
fn sharpness(grey: &[f32], [width, height]: [usize; 2]) -> f32 {
    if width < 3 || height < 3 {
        return 0.0;
    }
    let (mut sum, mut squares) = (0.0_f64, 0.0_f64);
    for y in 1..height - 1 {
        for x in 1..width - 1 {
            let at = y * width + x;
            let around = grey[at - 1] + grey[at + 1] + grey[at - width] + grey[at + width];
            let bend = f64::from((around - 4.0 * grey[at]) / 255.0);
            sum += bend;
            squares += bend * bend;
        }
    }
    let n = ((width - 2) * (height - 2)) as f64;
    (squares / n - (sum / n).powi(2)) as f32
}

/// Root mean square of an image's distance from the mean of its class, in the directions of most variance (principal
/// components), each in units of its standard deviation within classes.
fn outliers(samples: &Samples, job: &dyn Progress) -> Result<Vec<f32>, DataError> {
    if samples.len() < 2 {
        return Ok(vec![0.0; samples.len()]);
    }
    let images = Vectors::of(samples, job)?;
    let _no_grad = tch::no_grad_guard();
    let (n, f) = (images.len() as f64, images.n_features as i64);
    let floats = images.floats();
    let (mut sum, mut products) = (
        Tensor::zeros([f], (Kind::Double, tch::Device::Cpu)),
        Tensor::zeros([f, f], (Kind::Double, tch::Device::Cpu)),
    );
    for rows in floats.chunks() {
        if job.cancelled() {
            return Err(DataError::Cancelled);
        }
        sum += rows.sum_dim_intlist([0_i64].as_slice(), false, Kind::Double);
        products += rows.tr().matmul(&rows).to_kind(Kind::Double);
    }
    let mean = sum / n;
    let covariance = products / n - mean.outer(&mean);
    let (_, directions) = covariance.linalg_eigh("L");
    let k = DIRECTIONS.min(f);
    // Ascending: the last ones are those of most variance.
    let directions = directions.narrow(1, f - k, k).to_kind(Kind::Float);
    let mean = mean.to_kind(Kind::Float);
    let placed: Vec<Tensor> = floats.chunks().map(|rows| (rows - &mean).matmul(&directions)).collect();
    let placed = Tensor::cat(&placed, 0);
    let labels: Vec<i64> = samples.labels.iter().map(|label| i64::from(*label)).collect();
    let labels = Tensor::from_slice(&labels);
    let classes = i64::from(samples.labels.iter().copied().max().unwrap_or(0)) + 1;
    let options = (Kind::Float, tch::Device::Cpu);
    let counts =
        Tensor::zeros([classes], options).index_add(0, &labels, &Tensor::ones([labels.size()[0]], options));
    let middles = Tensor::zeros([classes, k], options).index_add(0, &labels, &placed)
        / counts.clamp_min(1.0).unsqueeze(1);
    let apart = placed - middles.index_select(0, &labels);
    let spread = apart.square().mean_dim([0_i64].as_slice(), false, Kind::Float).clamp_min(1e-6);
    let distances = (apart.square() / spread).mean_dim([1_i64].as_slice(), false, Kind::Float).sqrt();
    let mut values = vec![0.0; samples.len()];
    distances.copy_data(&mut values, samples.len());
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::super::super::progress::Silent;
    use super::super::super::samples::Pixels;
    use super::super::testing::bars;
    use super::*;

    #[test]
    fn what_is_wrong_with_an_image_ranks_it_first() {
        let data = bars(200, 0);
        let area = data.train.image_len();
        let mut pixels: Vec<u8> = (0..200).flat_map(|row| data.train.image(row).into_owned()).collect();
        let mut put =
            |row: usize, image: Vec<u8>| pixels[row * area..(row + 1) * area].copy_from_slice(&image);
        put(17, vec![0; area]);
        // A slope of light is as blurred as can be; noise is like no class.
        put(30, (0..area).map(|i| (i * 255 / area) as u8).collect());
        put(44, (0..area).map(|i| if (i * 7919) % 13 < 6 { 255 } else { 40 }).collect());
        let samples = Samples::new(Pixels::Owned(pixels.into()), data.train.labels, [1, 8, 8]);
        let measures = measures(&samples, &Silent).expect("nobody stops it");
        assert_eq!(measures.ranked("brightness")[0], 17);
        assert_eq!(measures.ranked("contrast")[0], 17);
        assert_eq!(measures.ranked("sharpness")[..2], [17, 30]);
        assert!(measures.ranked("outlier")[..3].contains(&44), "{:?}", &measures.ranked("outlier")[..5]);
        let usual = measures.column("outlier").expect("it is there").values[100];
        assert!((0.2..2.5).contains(&usual), "{usual}");
        assert!(measures.ranked("none").is_empty());
    }

    #[test]
    fn figures_are_those_of_pencil_and_paper() {
        assert_eq!(brightness_and_contrast(&[0.0, 255.0]), (0.5, 0.5));
        let dot = [0.0, 0.0, 0.0, 0.0, 255.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        // Two inner pixels: -4 at the dot, 1 below it.
        assert!((sharpness(&dot, [3, 4]) - 6.25).abs() < 1e-5);
        assert_eq!(sharpness(&[1.0; 4], [2, 2]), 0.0);
    }
}
