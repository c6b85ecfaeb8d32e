//! Laying points out by t-SNE (van der Maaten and Hinton 2008): neighbours among the vectors become neighbours on the
//! plane. The descent is bhtsne's, with forces interpolated on a grid (Linderman et al. 2019), so that its time grows
//! with the number of points and not with its square.

use super::super::error::DataError;
use super::super::progress::{Progress, Stage, Unit};
use super::neighbours::nearest;
use anyhow::Context as _;
use bhtsne::{Neighbor, tSNE};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// How many neighbours count for each point, about; what is usual.
const PERPLEXITY: usize = 30;
/// Times that every point is moved.
const EPOCHS: usize = 750;
/// Points that keep a thread busy: each move ends with all threads waiting for each other, and with fewer points they
/// would do little else, above all on a machine that is busy otherwise.
const POINTS_OF_THREAD: usize = 5000;
/// Points begin so close to each other that they can pass each other: the standard deviation across.
const BEGIN: f32 = 1e-4;

/// Unwinds out of the descent when the job is to end.
struct Cancelled;

/// The places of vectors of `width` numbers, one after the other, that begin as `first` lies; around the origin.
pub(super) fn lay_out(
    vectors: &[f32],
    width: usize,
    first: &[[f32; 2]],
    job: &dyn Progress,
) -> anyhow::Result<Vec<[f32; 2]>> {
    let n = first.len();
    let perplexity = PERPLEXITY.min((n - 1) / 3);
    if perplexity == 0 {
        return Ok(first.to_vec());
    }
    // Each is its own first neighbour, which does not count.
    let found = nearest(vectors, width, 3 * perplexity + 1, job)?;
    let row = |i: usize| {
        let of = |k: &usize| {
            let at = i * found.k + *k;
            Neighbor { index: found.which[at] as usize, distance: found.distances[at] }
        };
        (1..found.k).collect::<Vec<_>>().iter().map(of).collect::<Vec<_>>()
    };
    let neighbours: Vec<Vec<Neighbor<f32>>> = (0..n).map(row).collect();
    let across = first.iter().map(|at| at[0] * at[0]).sum::<f32>() / n as f32;
    let scale = BEGIN / across.sqrt().max(f32::MIN_POSITIVE);
    let begin: Vec<f32> = first.iter().flatten().map(|at| at * scale).collect();
    let points: Vec<usize> = (0..n).collect();
    let descend = || {
        let mut tsne: tSNE<'_, f32, usize> = tSNE::new(&points);
        tsne.perplexity(perplexity as f32).epochs(EPOCHS).initial_embedding(begin);
        tsne.epoch_callback(|epoch, _| {
            let (done, total) = (epoch as u64 + 1, EPOCHS as u64);
            job.report(Stage { text: "Moving neighbours together", done, total, unit: Unit::Steps });
            if job.cancelled() {
                // The only way out of it, as it asks nobody whether to go on. Not a panic: nothing is printed.
                resume_unwind(Box::new(Cancelled));
            }
        });
        tsne.fit_sne_with_neighbors(&neighbours);
        tsne.embedding()
    };
    let most = std::thread::available_parallelism().map_or(1, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads((n / POINTS_OF_THREAD).clamp(1, most));
    let pool = pool.build().context("there are no more threads")?;
    // What was worked on is let go with it.
    match catch_unwind(AssertUnwindSafe(|| pool.install(descend))) {
        Ok(places) => Ok(places.chunks_exact(2).map(|at| [at[0], at[1]]).collect()),
        Err(ended) if ended.is::<Cancelled>() => anyhow::bail!(DataError::Cancelled),
        Err(panic) => resume_unwind(panic),
    }
}
