//! Smoothing by a Gaussian, one direction after the other.

use super::warp::LANES;
use crate::vectorised::vectorised;
use std::iter::zip;

/// What is taken to lie beyond the rim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rim {
    /// Zeros.
    Zero,
    /// The nearest pixel of the rim.
    Edge,
}

/// Weights of the neighbours, nearest last and first: `2 radius + 1` of them, with a sum of 1.
pub struct Kernel(Vec<f32>);

impl Kernel {
    /// Of that standard deviation in pixels, cut off at three times as much.
    pub fn new(sigma: f32) -> Self {
        let radius = (3.0 * sigma).ceil().max(1.0) as i32;
        let mut weights: Vec<f32> =
            (-radius..=radius).map(|x| (-0.5 * (x as f32 / sigma).powi(2)).exp()).collect();
        let sum: f32 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= sum);
        Self(weights)
    }

    fn radius(&self) -> usize {
        self.0.len() / 2
    }
}

/// How numbers lie in a list.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Rows.
    pub height: usize,
    /// Numbers to a row.
    pub width: usize,
    /// Numbers from one row to the next.
    pub pitch: usize,
}

/// Memory to smooth with.
#[derive(Default)]
pub struct Room {
    line: Vec<f32>,
    rows: Vec<f32>,
    acc: Vec<f32>,
}

vectorised! {
    /// Smooths a list; what lies between its rows is left as it is.
    fn smooth<'a>(kernel: &'a Kernel, rim: Rim, size: Size, list: &'a mut [f32], room: &'a mut Room) {
        let Size { height, width, pitch } = size;
        let (weights, radius) = (kernel.0.as_slice(), kernel.radius());
        let wide = width.next_multiple_of(LANES);
        let Room { line, rows, acc } = room;
        line.clear();
        line.resize(wide + 2 * radius, 0.0);
        // With the rows beyond the rim, so that all rows are summed alike.
        rows.resize((height + 2 * radius) * wide, 0.0);
        acc.resize(wide, 0.0);
        for (y, row) in list.chunks(pitch).take(height).enumerate() {
            let row = &row[..width];
            if rim == Rim::Edge {
                line[..radius].fill(row[0]);
                line[radius + width..].fill(row[width - 1]);
            }
            line[radius..][..width].copy_from_slice(row);
            sums(weights, |k| &line[k..][..wide], &mut rows[(radius + y) * wide..][..wide]);
        }
        let (first, last) = (radius * wide, (radius + height - 1) * wide);
        for y in (0..radius).chain(radius + height..height + 2 * radius) {
            let nearest = if y < radius { first } else { last };
            match rim {
                Rim::Zero => rows[y * wide..][..wide].fill(0.0),
                Rim::Edge => rows.copy_within(nearest..nearest + wide, y * wide),
            }
        }
        for (y, row) in list.chunks_mut(pitch).take(height).enumerate() {
            sums(weights, |k| &rows[(y + k) * wide..][..wide], acc);
            row[..width].copy_from_slice(&acc[..width]);
        }
    }
}

/// `out = sum of weight k * from(k)`, in whole vectors.
#[inline(always)]
fn sums<'a>(weights: &[f32], from: impl Fn(usize) -> &'a [f32], out: &mut [f32]) {
    for (i, out) in out.chunks_exact_mut(LANES).enumerate() {
        let mut sum = [0.0_f32; LANES];
        for (k, weight) in weights.iter().enumerate() {
            let numbers = &from(k)[i * LANES..][..LANES];
            zip(&mut sum, numbers).for_each(|(sum, number)| *sum += weight * number);
        }
        out.copy_from_slice(&sum);
    }
}
