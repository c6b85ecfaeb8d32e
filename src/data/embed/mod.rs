//! Images as points of a plane, alike ones beside each other: what each image is compared by, and the ways to lay the
//! points out.

mod components;
mod neighbours;
mod tsne;

use super::parallel::in_portions;
use super::progress::{Progress, Stage, Unit};
use super::samples::Samples;
use components::Components;
use std::sync::OnceLock;

/// Longest side of the grey pictures that are compared, in pixels: MNIST's.
const SIDE: usize = 28;
/// Images that axes are found from; more move them by less than a point on the screen.
const FITTED: usize = 5000;
/// Directions that neighbours are looked for in: the others hold little but noise, and 50 is what is usual.
const KEPT: usize = 50;
/// Images that are turned into points at a time.
const PORTION: usize = 4096;

/// How the points are laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// Along the two directions in which the images differ most (principal component analysis; Hotelling 1933).
    #[default]
    Principal,
    /// Neighbours beside each other (t-SNE; van der Maaten and Hinton 2008).
    Neighbours,
}

/// Images as points.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Points {
    /// Which images.
    pub rows: Vec<u32>,
    /// Where each lies, around the origin.
    pub at: Vec<[f32; 2]>,
    /// The share of all variance that each axis shows, 0 to 1; of principal components only.
    pub explained: Option<[f64; 2]>,
}

/// What images are compared by.
pub enum Vectors<'a> {
    /// Grey values of a small copy.
    Pixels(&'a Samples),
    /// So many numbers of each image of the rows, one image after the other: what a model's last layer is told.
    Features(&'a [f32], usize),
}

impl Vectors<'_> {
    /// Columns and rows of the small copies.
    fn grid(samples: &Samples) -> [usize; 2] {
        let side = samples.width.max(samples.height).max(1);
        let shrunk = |n: usize| if side > SIDE { (n * SIDE / side).max(1) } else { n.max(1) };
        if samples.sizes.is_some() { [SIDE; 2] } else { [samples.width, samples.height].map(shrunk) }
    }

    /// Numbers of one image.
    fn width(&self) -> usize {
        match self {
            Self::Pixels(samples) => Self::grid(samples).iter().product(),
            Self::Features(_, width) => *width,
        }
    }

    /// Those of the images at these places of `rows`.
    fn of(&self, rows: &[u32], places: &[usize], job: &dyn Progress) -> anyhow::Result<Vec<f32>> {
        match self {
            Self::Pixels(samples) => {
                let grid = Self::grid(samples);
                let vectors = in_portions(places.len(), 256, "Comparing images", job, |range| {
                    let each = places[range].iter().map(|place| grey(samples, rows[*place] as usize, grid));
                    each.collect::<Vec<_>>().concat()
                })?;
                Ok(vectors.concat())
            }
            Self::Features(features, width) => {
                let each = places.iter().map(|place| &features[place * width..(place + 1) * width]);
                Ok(each.collect::<Vec<_>>().concat())
            }
        }
    }
}

/// Lays the images in `rows` out.
///
/// # Errors
/// Where it was cancelled, there are fewer than three images, or libtorch cannot find eigenvectors.
pub fn lay_out(
    vectors: &Vectors<'_>,
    rows: &[u32],
    method: Method,
    job: &dyn Progress,
) -> anyhow::Result<Points> {
    anyhow::ensure!(rows.len() > 2, "At least three images are needed to lay out");
    let _alone = Alone::begin();
    let places: Vec<usize> = (0..rows.len()).collect();
    let some: Vec<usize> = places.iter().copied().step_by(rows.len().div_ceil(FITTED)).collect();
    let n_kept = match method {
        Method::Principal => 2,
        Method::Neighbours => KEPT,
    };
    // Only some are looked at, which is quick: this stage has no progress of its own.
    let fitted = vectors.of(rows, &some, &super::progress::Quiet(job))?;
    let components = Components::of(&fitted, vectors.width(), n_kept)?;
    let mut along = Vec::with_capacity(rows.len() * components.n);
    for portion in places.chunks(PORTION) {
        if job.cancelled() {
            anyhow::bail!(super::DataError::Cancelled);
        }
        along.extend(components.along(&vectors.of(rows, portion, &super::progress::Quiet(job))?)?);
        let done = (along.len() / components.n) as u64;
        let total = rows.len() as u64;
        job.report(Stage { text: "Comparing images", done, total, unit: Unit::Images });
    }
    let first = |row: &[f32]| [row[0], row.get(1).copied().unwrap_or(0.0)];
    let at: Vec<[f32; 2]> = along.chunks_exact(components.n).map(first).collect();
    let (at, explained) = match method {
        Method::Principal => (at, Some(components.explained)),
        Method::Neighbours => (tsne::lay_out(&along, components.n, &at, job)?, None),
    };
    Ok(Points { rows: rows.to_vec(), at, explained })
}

/// For as long as it lives, libtorch works with one thread wherever it is called from. Finding eigenvectors is many small
/// pieces of work, after each of which libtorch's threads wait for each other: on a busy machine for minutes. What can
/// be shared out over the cores is shared out here instead.
struct Alone;

/// How many threads libtorch has by itself.
static THREADS: OnceLock<i32> = OnceLock::new();

impl Alone {
    fn begin() -> Self {
        THREADS.get_or_init(tch::get_num_threads);
        tch::set_num_threads(1);
        Self
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        tch::set_num_threads(*THREADS.get_or_init(tch::get_num_threads));
    }
}

/// An image as grey values between 0 and 1 on a grid of that width and height.
fn grey(samples: &Samples, row: usize, [width, height]: [usize; 2]) -> Vec<f32> {
    let size = samples.size(row);
    let image = samples.image(row);
    let n = (size[0] * size[1]).max(1);
    let planes = (image.len() / n).max(1);
    let scale = 1.0 / (255 * planes) as f32;
    if size == [width, height] && planes == 1 {
        return image.iter().map(|pixel| f32::from(*pixel) * scale).collect();
    }
    let mut vector = Vec::with_capacity(width * height);
    for y in 0..height {
        let line = (2 * y + 1) * size[1] / (2 * height) * size[0];
        for x in 0..width {
            let at = line + (2 * x + 1) * size[0] / (2 * width);
            let pixel = |plane: usize| u32::from(image.get(plane * n + at).copied().unwrap_or(0));
            let sum: u32 = (0..planes).map(pixel).sum();
            vector.push(sum as f32 * scale);
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
        let vectors = Vectors::Pixels(&samples);
        let points = lay_out(&vectors, &rows, Method::Principal, &Silent).expect("it can be laid out");
        assert_eq!(points.rows, rows);
        let explained = points.explained.expect("shares");
        assert!(explained[0] > 0.9 && explained[1] < 0.1, "{explained:?}");
        assert!(points.at.windows(2).all(|pair| pair[0][0] < pair[1][0]), "in the order of the first pixel");
        assert!(points.at[0][1] < points.at[1][1] - 0.05, "even and odd ones lie apart");
        let mean: f32 = points.at.iter().map(|at| at[0]).sum::<f32>() / 60.0;
        assert!(mean.abs() < 1e-4);
        assert!(lay_out(&vectors, &[1, 2], Method::Principal, &Silent).is_err());
    }

    #[test]
    fn neighbours_lie_beside_each_other() {
        // Three heaps of features far from each other; the heaps' members differ a little.
        let n = 240;
        let features: Vec<f32> = (0..n)
            .flat_map(|i| {
                let heap = i % 3;
                (0..8).map(move |j| {
                    let noise = ((i * 7919 + j * 104_729) % 1009) as f32 / 1009.0;
                    if j == heap { 10.0 + noise } else { noise }
                })
            })
            .collect();
        let rows: Vec<u32> = (0..n as u32).collect();
        let points = lay_out(&Vectors::Features(&features, 8), &rows, Method::Neighbours, &Silent);
        let points = points.expect("it can be laid out");
        assert!(points.explained.is_none() && points.at.iter().flatten().all(|at| at.is_finite()));
        let square = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2);
        let alike = (0..n).filter(|i| {
            let others = (0..n).filter(|j| j != i);
            let near = others.min_by(|a, b| {
                square(points.at[*a], points.at[*i]).total_cmp(&square(points.at[*b], points.at[*i]))
            });
            near.is_some_and(|near| near % 3 == i % 3)
        });
        let alike = alike.count();
        assert!(alike > n * 95 / 100, "{alike} of {n}");
    }

    #[test]
    fn it_stops_when_asked() {
        struct Stop;
        impl Progress for Stop {
            fn report(&self, _: Stage<'_>) {}
            fn cancelled(&self) -> bool {
                true
            }
        }
        let features: Vec<f32> = (0..400).map(|i| (i % 37) as f32).collect();
        let rows: Vec<u32> = (0..100).collect();
        for method in [Method::Principal, Method::Neighbours] {
            assert!(lay_out(&Vectors::Features(&features, 4), &rows, method, &Stop).is_err());
        }
    }
}
