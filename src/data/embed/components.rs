//! The directions in which vectors differ most, and where vectors lie along them.

use anyhow::Context as _;
use tch::{Kind, Tensor};

/// The first principal components of some vectors.
pub(super) struct Components {
    mean: Tensor,
    /// `[width, n]`, the one that shows most first.
    axes: Tensor,
    width: usize,
    /// Directions.
    pub(super) n: usize,
    /// The share of all variance that each of the first two shows, 0 to 1.
    pub(super) explained: [f64; 2],
}

impl Components {
    /// Of vectors of `width` numbers, one after the other: the eigenvectors of their covariance, `most` at most.
    pub(super) fn of(vectors: &[f32], width: usize, most: usize) -> anyhow::Result<Self> {
        let rows = Tensor::f_from_slice(vectors)?.f_view([-1, width as i64])?;
        let mean = rows.f_mean_dim([0_i64].as_slice(), false, Kind::Float)?;
        let centred = rows.f_sub(&mean)?;
        let covariance = centred.f_transpose(0, 1)?.f_matmul(&centred)?;
        let (values, directions) =
            covariance.f_linalg_eigh("L").context("the eigenvectors cannot be found")?;
        let values = Vec::<f32>::try_from(values)?;
        let total = values.iter().map(|value| f64::from(value.max(0.0))).sum::<f64>().max(f64::MIN_POSITIVE);
        // Ascending: the last ones show most.
        let share = |back: usize| {
            let value = values.len().checked_sub(back).map_or(0.0, |at| values[at].max(0.0));
            f64::from(value) / total
        };
        let n = most.min(width);
        let axes = directions.f_flip([1])?.f_narrow(1, 0, n as i64)?;
        // Of the two directions of an axis, the one with more light: the same on every machine.
        let light = axes.f_sum_dim_intlist([0_i64].as_slice(), true, Kind::Float)?;
        let sign = light.f_ge(0.0)?.f_to_kind(Kind::Float)?.f_mul_scalar(2.0)?.f_sub_scalar(1.0)?;
        let axes = axes.f_mul(&sign)?.f_contiguous()?;
        Ok(Self { mean, axes, width, n, explained: [share(1), share(2)] })
    }

    /// Where vectors lie along the directions: `n` numbers for each.
    pub(super) fn along(&self, vectors: &[f32]) -> anyhow::Result<Vec<f32>> {
        let rows = Tensor::f_from_slice(vectors)?.f_view([-1, self.width as i64])?;
        let along = rows.f_sub(&self.mean)?.f_matmul(&self.axes)?;
        Ok(Vec::<f32>::try_from(along.f_reshape([-1])?)?)
    }
}
