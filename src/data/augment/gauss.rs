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
    framed: Vec<f32>,
    rows: Vec<f32>,
    acc: Vec<f32>,
}

vectorised! {
    /// Smooths a list of `height` times `pitch` numbers; what lies between its rows may become anything.
    fn smooth<'a>(kernel: &'a Kernel, rim: Rim, size: Size, list: &'a mut [f32], room: &'a mut Room) {
        let Size { height, width, pitch } = size;
        let (weights, radius) = (kernel.0.as_slice(), kernel.radius());
        let wide = width.next_multiple_of(LANES);
        let Room { framed, rows, acc } = room;
        let frame = wide + 2 * radius;
        framed.resize(height * frame, 0.0);
        // With the rows beyond the rim, so that all rows are summed alike.
        rows.resize((height + 2 * radius) * wide, 0.0);
        acc.resize(wide, 0.0);
        // All rows before the first is summed: what was just written is slow to read across the border of two writes.
        for (line, row) in zip(framed.chunks_exact_mut(frame), list.chunks_exact(pitch)) {
            let row = &row[..width];
            let (first, last) = match rim {
                Rim::Zero => (0.0, 0.0),
                Rim::Edge => (row[0], row[width - 1]),
            };
            line[..radius].fill(first);
            line[radius..][..width].copy_from_slice(row);
            line[radius + width..].fill(last);
        }
        for (line, row) in zip(framed.chunks_exact(frame), rows[radius * wide..].chunks_exact_mut(wide)) {
            sums(weights, line, 1, row);
        }
        let (first, last) = (radius * wide, (radius + height - 1) * wide);
        for y in (0..radius).chain(radius + height..height + 2 * radius) {
            let nearest = if y < radius { first } else { last };
            match rim {
                Rim::Zero => rows[y * wide..][..wide].fill(0.0),
                Rim::Edge => rows.copy_within(nearest..nearest + wide, y * wide),
            }
        }
        for (y, row) in list.chunks_exact_mut(pitch).take(height).enumerate() {
            let from = &rows[y * wide..];
            if let Some(row) = row.get_mut(..wide) {
                sums(weights, from, wide, row);
            } else {
                sums(weights, from, wide, acc);
                row.copy_from_slice(&acc[..width]);
            }
        }
    }
}

/// `out = sum of weight k * from[k * step..]`, in whole vectors. Weights are the same from both ends: what they weigh is
/// added up first, in two sums, so that no addition waits for the one before.
#[inline(always)]
fn sums(weights: &[f32], from: &[f32], step: usize, out: &mut [f32]) {
    let last = weights.len() - 1;
    let middle = last / 2;
    let (pairs, single) = weights[..middle].as_chunks::<2>();
    for (i, out) in out.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let from = &from[i * LANES..];
        let (mut first, mut second) = ([0.0; LANES], [0.0; LANES]);
        for (out, number) in zip(&mut first, vector(from, middle * step)) {
            *out = number * weights[middle];
        }
        for (pair, [even, odd]) in pairs.iter().enumerate() {
            let (before, after) = (2 * pair * step, (last - 2 * pair) * step);
            weigh(&mut first, *even, vector(from, before), vector(from, after));
            weigh(&mut second, *odd, vector(from, before + step), vector(from, after - step));
        }
        if let [weight] = single {
            let (before, after) = ((middle - 1) * step, (middle + 1) * step);
            weigh(&mut second, *weight, vector(from, before), vector(from, after));
        }
        for (out, (a, b)) in zip(out, zip(first, second)) {
            *out = a + b;
        }
    }
}

#[inline(always)]
fn weigh(sum: &mut [f32; LANES], weight: f32, a: &[f32; LANES], b: &[f32; LANES]) {
    for (sum, (a, b)) in zip(sum, zip(a, b)) {
        *sum += weight * (a + b);
    }
}

/// The vector that begins at a place; it must be there.
#[inline(always)]
fn vector(from: &[f32], at: usize) -> &[f32; LANES] {
    const NONE: &[f32; LANES] = &[0.0; LANES];
    from[at..].first_chunk().unwrap_or(NONE)
}
