//! The nearest neighbours of each of many vectors, found by comparing each with every other one: exact, and with a
//! matrix product for all of the work fast enough for tens of thousands.

use super::super::parallel::in_portions;
use super::super::progress::Progress;
use std::ops::Range;
use tch::Tensor;

/// Distances that each thread has in memory at a time: 16 MB.
const MOST_DISTANCES: usize = 4 << 20;

/// Neighbours of each vector, nearest first; each is its own first neighbour.
pub(super) struct Neighbours {
    /// Neighbours of each.
    pub(super) k: usize,
    /// `k` for each vector.
    pub(super) which: Vec<u32>,
    /// How far away each is.
    pub(super) distances: Vec<f32>,
}

/// The `most` nearest ones of vectors of `width` numbers, one after the other.
pub(super) fn nearest(
    vectors: &[f32],
    width: usize,
    most: usize,
    job: &dyn Progress,
) -> anyhow::Result<Neighbours> {
    let n = vectors.len() / width.max(1);
    let k = most.min(n);
    let squares: Vec<f32> = vectors.chunks_exact(width).map(|one| one.iter().map(|x| x * x).sum()).collect();
    let portion = (MOST_DISTANCES / n.max(1)).clamp(1, 1024);
    let found =
        in_portions(n, portion, "Finding neighbours", job, |range| some(vectors, &squares, width, k, range))?;
    let (mut which, mut distances) = (Vec::with_capacity(n * k), Vec::with_capacity(n * k));
    for found in found {
        let (some, far) = found?;
        which.extend(some);
        distances.extend(far);
    }
    Ok(Neighbours { k, which, distances })
}

/// The neighbours of a range of the vectors, and how far away they are.
fn some(
    vectors: &[f32],
    squares: &[f32],
    width: usize,
    k: usize,
    range: Range<usize>,
) -> anyhow::Result<(Vec<u32>, Vec<f32>)> {
    let all = Tensor::f_from_slice(vectors)?.f_view([-1, width as i64])?;
    let squares = Tensor::f_from_slice(squares)?;
    let (from, length) = (range.start as i64, range.len() as i64);
    let own = all.f_narrow(0, from, length)?;
    let mut far = own.f_matmul(&all.f_transpose(0, 1)?)?.f_mul_scalar(-2.0)?;
    let _added = far.f_add_(&squares)?;
    let _added = far.f_add_(&squares.f_narrow(0, from, length)?.f_unsqueeze(1)?)?;
    // Each is nearest to itself, even where another one is the same.
    let _own = far.f_diagonal(from, 0, 1)?.f_fill_(-1.0)?;
    let (values, indices) = far.f_topk(k as i64, 1, false, true)?;
    let distances = Vec::<f32>::try_from(values.f_clamp_min(0.0)?.f_sqrt()?.f_reshape([-1])?)?;
    let indices = Vec::<i64>::try_from(indices.f_reshape([-1])?)?;
    Ok((indices.into_iter().map(|index| index as u32).collect(), distances))
}

#[cfg(test)]
mod tests {
    use super::super::super::progress::Silent;
    use super::*;

    #[test]
    fn they_are_those_that_a_search_through_all_finds() {
        let (n, width) = (300_usize, 3);
        let vectors: Vec<f32> = (0..n * width).map(|i| ((i * 7919) % 1009) as f32 / 100.0).collect();
        let found = nearest(&vectors, width, 5, &Silent).expect("they are found");
        let of = |i: usize| &vectors[i * width..(i + 1) * width];
        let far = |i: usize, j: usize| -> f32 {
            of(i).iter().zip(of(j)).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
        };
        for i in 0..n {
            assert_eq!(found.which[i * 5] as usize, i, "itself first");
            let mut all: Vec<f32> = (0..n).map(|j| far(i, j)).collect();
            all.sort_by(f32::total_cmp);
            for (k, expected) in all.into_iter().take(5).enumerate() {
                let said = found.distances[i * 5 + k];
                assert!((said - expected).abs() < 0.02, "{i} {k}: {said} {expected}");
            }
        }
        assert_eq!(nearest(&vectors[..6], width, 5, &Silent).expect("two").k, 2);
    }
}
