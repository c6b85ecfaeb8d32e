//! Laying points out by UMAP (McInnes, Healy and Melville 2018): neighbours among the vectors become neighbours on the
//! plane. The graph of neighbours and the descent are umap-rs's; its settings are those of the reference (umap-learn).

use super::super::error::DataError;
use super::super::progress::{Progress, Stage, Unit};
use super::super::random::Stream;
use super::neighbours::nearest;
use anyhow::Context as _;
use ndarray::ArrayView2;
use umap_rs::{EuclideanMetric, MetricType, Optimizer, Umap, UmapConfig};

/// Neighbours of each point, itself among them.
const NEIGHBOURS: usize = 15;
/// Up to so many points are moved more often.
const FEW: usize = 10_000;
/// Times that few points are moved.
const EPOCHS_OF_FEW: usize = 500;
/// Times that many points are moved.
const EPOCHS_OF_MANY: usize = 200;
/// Times between two looks at progress and cancel.
const STEP: usize = 5;

/// The places of vectors of `width` numbers, one after the other, that begin at `first`; around the origin. Threads
/// move points at the same time, so that no two layouts are the same to the last bit.
pub(super) fn lay_out(
    vectors: &[f32],
    width: usize,
    first: &[[f32; 2]],
    job: &dyn Progress,
) -> anyhow::Result<Vec<[f32; 2]>> {
    let n = first.len();
    // Points on one spot would stay together for ever: what moves them is the way from one to the other.
    let most = first.iter().flatten().fold(f32::MIN_POSITIVE, |most, at| most.max(at.abs()));
    let mut chance = Stream::new("umap", 1, 0, 0);
    let begin: Vec<[f32; 2]> =
        first.iter().map(|at| at.map(|at| at + most * 1e-3 * chance.unit() as f32)).collect();
    let neighbours = nearest(vectors, width, NEIGHBOURS, job)?;
    let mut config = UmapConfig::default();
    config.graph.n_neighbors = neighbours.k;
    let umap = Umap::new(config.clone());
    let manifold = umap.learn_manifold(
        ArrayView2::from_shape((n, width), vectors).context("a row of numbers for each")?,
        ArrayView2::from_shape((n, neighbours.k), &neighbours.which).context("neighbours for each")?,
        ArrayView2::from_shape((n, neighbours.k), &neighbours.distances).context("distances for each")?,
    );
    let begin = ArrayView2::from_shape((n, 2), begin.as_flattened()).context("a place for each")?;
    let epochs = if n <= FEW { EPOCHS_OF_FEW } else { EPOCHS_OF_MANY };
    let mut optimizer = Optimizer::new(manifold, begin.to_owned(), epochs, &config, MetricType::Euclidean);
    while optimizer.remaining_epochs() > 0 {
        if job.cancelled() {
            anyhow::bail!(DataError::Cancelled);
        }
        optimizer.step_epochs(STEP.min(optimizer.remaining_epochs()), &EuclideanMetric);
        let (done, total) = (optimizer.current_epoch() as u64, epochs as u64);
        job.report(Stage { text: "Moving neighbours together", done, total, unit: Unit::Steps });
    }
    let places = optimizer.embedding();
    let middle = |axis: usize| places.column(axis).iter().sum::<f32>() / n as f32;
    let middle = [middle(0), middle(1)];
    Ok(places.rows().into_iter().map(|row| [row[0] - middle[0], row[1] - middle[1]]).collect())
}
