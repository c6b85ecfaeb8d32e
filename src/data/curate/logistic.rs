//! Multinomial logistic regression: what everybody tries first. L-BFGS is argmin's, the sums are libtorch's.
//!
//! The loss is scikit-learn's: the mean cross-entropy, and half the squared weights (not the biases) over `C n`.

use super::super::error::DataError;
use super::super::progress::{Progress, Stage, Unit};
use super::vectors::{Floats, Vectors, as_floats};
use argmin::core::{CostFunction, Error, Executor, Gradient};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use std::cell::{Cell, RefCell};
use std::sync::{Mutex, PoisonError};
use tch::{Kind, Tensor};

/// Inverse strength of the penalty on weights, scikit-learn's default.
const C: f64 = 1.0;
/// Pairs of steps and gradients that L-BFGS keeps, SciPy's default.
const MEMORY: usize = 10;
/// It stops where no partial derivative is larger, scikit-learn's default.
const TOLERANCE: f64 = 1e-4;

/// What was learned.
#[derive(Debug)]
pub(super) struct Logistic {
    /// `[classes, features]`.
    weights: Tensor,
    /// `[classes]`.
    biases: Tensor,
    /// Steps that it took.
    pub(super) iterations: u64,
}

impl Logistic {
    /// Learns to tell `n_classes` classes apart, in at most so many steps.
    pub(super) fn fit(
        images: &Vectors,
        labels: &[u8],
        n_classes: usize,
        most: u64,
        job: &dyn Progress,
    ) -> Result<Self, DataError> {
        let problem = Problem::new(images, labels, n_classes, most, job);
        let start = vec![0.0; n_classes * (images.n_features + 1)];
        // Until the line search gives up for want of precision, or the gradient is small: the best point counts.
        let run =
            LBFGS::new(MoreThuenteLineSearch::new(), MEMORY).with_tolerance_grad(1e-9).and_then(|solver| {
                Executor::new(&problem, solver).configure(|state| state.param(start).max_iters(most)).run()
            });
        if problem.job.cancelled() {
            return Err(DataError::Cancelled);
        }
        drop(run);
        let iterations = problem.steps.get();
        let best = problem.best.take().params;
        let (weights, biases) = problem.unpacked(&best);
        Ok(Self { weights, biases, iterations })
    }

    /// The probability of each class for each image, image after image.
    pub(super) fn probabilities(&self, images: &Vectors) -> Vec<f32> {
        let _no_grad = tch::no_grad_guard();
        let mut all = Vec::with_capacity(images.len() * self.biases.size()[0] as usize);
        for rows in images.floats().chunks() {
            let likely = (rows.matmul(&self.weights.tr()) + &self.biases).softmax(1, Kind::Float);
            let start = all.len();
            all.resize(start + likely.numel(), 0.0);
            likely.contiguous().view(-1).copy_data(&mut all[start..], likely.numel());
        }
        all
    }
}

/// A point with its loss and gradient.
#[derive(Clone, Default)]
struct Point {
    params: Vec<f64>,
    loss: f64,
    gradient: Vec<f64>,
}

/// The loss as argmin asks for it: loss and gradient apart, which here are worked out together and kept.
struct Problem<'a> {
    images: Floats,
    /// For each chunk of images, whether each is of each class.
    truths: Vec<Tensor>,
    n: f64,
    n_features: usize,
    n_classes: usize,
    most: u64,
    latest: RefCell<Point>,
    best: RefCell<Point>,
    steps: Cell<u64>,
    job: &'a dyn Progress,
}

impl<'a> Problem<'a> {
    fn new(images: &Vectors, labels: &[u8], n_classes: usize, most: u64, job: &'a dyn Progress) -> Self {
        let floats = images.floats();
        let labels: Vec<i64> = labels.iter().map(|label| i64::from(*label)).collect();
        let labels = Tensor::from_slice(&labels);
        let mut start = 0;
        let truths = floats.chunks().map(|rows| {
            let n = rows.size()[0];
            let truth = labels.narrow(0, start, n).onehot(n_classes as i64);
            start += n;
            truth
        });
        let truths = truths.collect();
        Self {
            images: floats,
            truths,
            n: images.len() as f64,
            n_features: images.n_features,
            n_classes,
            most,
            latest: RefCell::default(),
            best: RefCell::new(Point { loss: f64::INFINITY, ..Point::default() }),
            steps: Cell::new(0),
            job,
        }
    }

    fn unpacked(&self, params: &[f64]) -> (Tensor, Tensor) {
        let (k, f) = (self.n_classes as i64, self.n_features as i64);
        let all = Tensor::from_slice(params).to_kind(Kind::Float);
        (all.narrow(0, 0, k * f).view([k, f]), all.narrow(0, k * f, k))
    }

    fn at(&self, params: &[f64]) -> Result<Point, Error> {
        if self.latest.borrow().params == params {
            return Ok(self.latest.borrow().clone());
        }
        if self.job.cancelled() {
            return Err(DataError::Cancelled.into());
        }
        // Each step of L-BFGS asks for one point or two.
        self.steps.set(self.steps.get() + 1);
        let done = self.steps.get().min(self.most);
        let text = "Learning by logistic regression";
        self.job.report(Stage { text, done, total: self.most, unit: Unit::Steps });
        let (weights, biases) = self.unpacked(params);
        let (mut loss, mut by_weights, mut by_biases) = (0.0, weights.zeros_like(), biases.zeros_like());
        for sums in self.summed(&weights, &biases) {
            loss += sums.loss;
            by_weights += sums.by_weights;
            by_biases += sums.by_biases;
        }
        let n_weights = self.n_classes * self.n_features;
        let penalty: f64 = params[..n_weights].iter().map(|weight| weight * weight).sum();
        let summed = Tensor::cat(&[by_weights.view(-1), by_biases], 0).to_kind(Kind::Double);
        let mut gradient = vec![0.0; params.len()];
        summed.copy_data(&mut gradient, params.len());
        gradient.iter_mut().for_each(|slope| *slope /= self.n);
        for (slope, weight) in gradient[..n_weights].iter_mut().zip(params) {
            *slope += weight / (C * self.n);
        }
        let loss = loss / self.n + penalty / (2.0 * C * self.n);
        if gradient.iter().all(|slope| slope.abs() <= TOLERANCE) {
            // argmin looks at the norm alone, scikit-learn at the largest: no slope at all tells it to stop.
            gradient.fill(0.0);
        }
        let point = Point { params: params.to_vec(), loss, gradient };
        if point.loss < self.best.borrow().loss {
            self.best.replace(point.clone());
        }
        self.latest.replace(point.clone());
        Ok(point)
    }
}

/// What a chunk of images adds to the loss and its slopes.
struct Sums {
    loss: f64,
    by_weights: Tensor,
    by_biases: Tensor,
}

impl Sums {
    fn of(rows: &Tensor, truth: &Tensor, weights: &Tensor, biases: &Tensor) -> Self {
        let rows = as_floats(rows);
        let log = (rows.matmul(&weights.tr()) + biases).log_softmax(1, Kind::Float);
        let loss = -(&log * truth).sum(Kind::Double).double_value(&[]);
        let off = log.exp() - truth;
        let by_biases = off.sum_dim_intlist([0_i64].as_slice(), false, Kind::Float);
        Self { loss, by_weights: off.tr().matmul(&rows), by_biases }
    }
}

impl Problem<'_> {
    /// The sums of every chunk, in their order, whichever thread worked them out. Each thread takes one chunk after the
    /// other: libtorch's own threads would wait for each other at every sum, which on a busy machine takes far longer
    /// than the sums.
    fn summed(&self, weights: &Tensor, biases: &Tensor) -> Vec<Sums> {
        let before = tch::get_num_threads();
        let truths = self.truths.iter().map(Tensor::shallow_clone);
        let chunks = Mutex::new(self.images.kept().zip(truths).enumerate().collect::<Vec<_>>().into_iter());
        let done = Mutex::new(Vec::with_capacity(self.truths.len()));
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(self.truths.len());
        let work = |weights: &Tensor, biases: &Tensor| {
            tch::set_num_threads(1);
            let _no_grad = tch::no_grad_guard();
            loop {
                let next = chunks.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((i, (rows, truth))) = next else { return };
                let sums = Sums::of(&rows, &truth, weights, biases);
                done.lock().unwrap_or_else(PoisonError::into_inner).push((i, sums));
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..threads {
                let (weights, biases) = (weights.shallow_clone(), biases.shallow_clone());
                let work = &work;
                scope.spawn(move || work(&weights, &biases));
            }
        });
        // What one thread sets holds for those that begin later.
        tch::set_num_threads(before);
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(i, _)| *i);
        done.into_iter().map(|(_, sums)| sums).collect()
    }
}

impl CostFunction for &Problem<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, params: &Vec<f64>) -> Result<f64, Error> {
        Ok(self.at(params)?.loss)
    }
}

impl Gradient for &Problem<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, params: &Vec<f64>) -> Result<Vec<f64>, Error> {
        Ok(self.at(params)?.gradient)
    }
}
