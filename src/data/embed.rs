//! Images as points of a plane, alike ones beside each other: principal components of their pixels.

use super::parallel::in_portions;
use super::progress::Progress;
use super::samples::Samples;
use anyhow::Context as _;
use tch::{Kind, Tensor};

/// Longest side of the grey pictures that are compared, in pixels: MNIST's.
const SIDE: usize = 28;
/// Images that the axes are found from; more move them by less than a point on the screen.
const FITTED: usize = 5000;

/// Images as points.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Points {
    /// Which images.
    pub rows: Vec<u32>,
    /// Where each lies; about as far across as down, around the origin.
    pub at: Vec<[f32; 2]>,
    /// The share of all variance that each axis shows, 0 to 1.
    pub explained: [f64; 2],
}

/// Lays the images in `rows` out along the two directions in which their pixels differ most (principal component
/// analysis; Hotelling 1933). The axes come from the eigenvectors of the covariance of some of them.
///
/// # Errors
/// Where it was cancelled, or libtorch cannot find eigenvectors.
pub fn principal(samples: &Samples, rows: &[u32], job: &dyn Progress) -> anyhow::Result<Points> {
    anyhow::ensure!(rows.len() > 2, "At least three images are needed to lay out");
    let side = samples.width.max(samples.height).max(1);
    let shrunk = |n: usize| if side > SIDE { (n * SIDE / side).max(1) } else { n.max(1) };
    let grid = if samples.sizes.is_some() { [SIDE; 2] } else { [samples.width, samples.height].map(shrunk) };
    let some: Vec<u32> = rows.iter().copied().step_by(rows.len().div_ceil(FITTED)).collect();
    let vectors = in_portions(some.len(), 256, "Comparing images", job, |range| {
        some[range].iter().flat_map(|row| vector(samples, *row as usize, grid)).collect::<Vec<f32>>()
    })?
    .concat();
    let n = grid[0] * grid[1];
    let (mean, axes, explained) = axes(&vectors, n)?;
    let at = in_portions(rows.len(), 1024, "Laying images out", job, |range| {
        let place = |row: &u32| {
            let vector = vector(samples, *row as usize, grid);
            let along = |axis: &[f32]| -> f32 {
                vector.iter().zip(&mean).zip(axis).map(|((value, mean), axis)| (value - mean) * axis).sum()
            };
            [along(&axes[..n]), along(&axes[n..])]
        };
        rows[range].iter().map(place).collect::<Vec<_>>()
    })?;
    Ok(Points { rows: rows.to_vec(), at: at.concat(), explained })
}

/// The mean of all vectors of length `n`, the two axes one after the other, and the share of variance of each.
fn axes(vectors: &[f32], n: usize) -> anyhow::Result<(Vec<f32>, Vec<f32>, [f64; 2])> {
    let rows = Tensor::f_from_slice(vectors)?.f_view([-1, n as i64])?;
    let mean = rows.f_mean_dim([0_i64].as_slice(), false, Kind::Float)?;
    let centred = rows.f_sub(&mean)?;
    let covariance = centred.f_transpose(0, 1)?.f_matmul(&centred)?;
    let (values, directions) = covariance.f_linalg_eigh("L").context("the eigenvectors cannot be found")?;
    let values = Vec::<f32>::try_from(values)?;
    let total = values.iter().map(|value| f64::from(value.max(0.0))).sum::<f64>().max(f64::MIN_POSITIVE);
    // Ascending: the last two show most.
    let axis = |back: i64| -> anyhow::Result<Vec<f32>> {
        let column = (n as i64 - back).max(0);
        let axis = Vec::<f32>::try_from(directions.f_select(1, column)?.f_contiguous()?)?;
        // Of the two directions of an axis, the one with more light: the same on every machine.
        let sign = if axis.iter().sum::<f32>() < 0.0 { -1.0 } else { 1.0 };
        Ok(axis.into_iter().map(|value| value * sign).collect())
    };
    let share = |back: usize| {
        values.get(values.len().saturating_sub(back)).map_or(0.0, |value| f64::from(value.max(0.0)) / total)
    };
    Ok((Vec::<f32>::try_from(mean)?, [axis(1)?, axis(2)?].concat(), [share(1), share(2)]))
}

/// An image as grey values between 0 and 1 on a grid of that width and height.
fn vector(samples: &Samples, row: usize, [width, height]: [usize; 2]) -> Vec<f32> {
    let size = samples.size(row);
    let image = samples.image(row);
    let n = (size[0] * size[1]).max(1);
    let planes = (image.len() / n).max(1);
    let mut vector = Vec::with_capacity(width * height);
    for y in 0..height {
        let line = (2 * y + 1) * size[1] / (2 * height) * size[0];
        for x in 0..width {
            let at = line + (2 * x + 1) * size[0] / (2 * width);
            let pixel = |plane: usize| u32::from(image.get(plane * n + at).copied().unwrap_or(0));
            let sum: u32 = (0..planes).map(pixel).sum();
            vector.push(sum as f32 / (255 * planes) as f32);
        }
    }
    vector
}

#[cfg(test)]
mod tests {
    use super::super::progress::Silent;
    use super::super::samples::Pixels;
    use super::*;

    #[test]
    fn the_first_axis_is_where_images_differ_most() {
        // The first pixel differs much, the second a little, the third not at all.
        let pixels: Vec<u8> =
            (0..60_u8).flat_map(|i| [i * 4, if i % 2 == 0 { 90 } else { 110 }, 70]).collect();
        let samples = Samples::new(Pixels::Owned(pixels.into()), vec![0; 60].into(), [1, 1, 3]);
        let rows: Vec<u32> = (0..60).collect();
        let points = principal(&samples, &rows, &Silent).expect("it can be laid out");
        assert_eq!(points.rows, rows);
        assert!(points.explained[0] > 0.9 && points.explained[1] < 0.1, "{:?}", points.explained);
        assert!(points.at.windows(2).all(|pair| pair[0][0] < pair[1][0]), "in the order of the first pixel");
        assert!(points.at[0][1] < points.at[1][1] - 0.05, "even and odd ones lie apart");
        let mean: f32 = points.at.iter().map(|at| at[0]).sum::<f32>() / 60.0;
        assert!(mean.abs() < 1e-4);
        assert!(principal(&samples, &[1, 2], &Silent).is_err());
    }
}
