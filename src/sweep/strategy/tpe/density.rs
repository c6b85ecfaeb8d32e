//! A density over a space: a mixture of kernels, one around each trial's point and a wide one in the middle.

use super::super::unit;
use crate::data::random::Stream;
use crate::sweep::space::{Axis, Point, Space};

/// The newest trials that all weigh the same; older ones weigh less and less.
const N_FULL_WEIGHT: usize = 25;

/// A mixture of kernels over a space.
pub(super) struct Density<'a> {
    space: &'a Space,
    axes: Vec<&'a Axis>,
    kernels: Vec<Kernel>,
}

/// One trial's share of the density: independent factors on the axes.
struct Kernel {
    /// Its share.
    weight: f64,
    /// One for each of the density's axes.
    factors: Vec<Factor>,
}

/// A kernel on one axis.
#[derive(Clone)]
enum Factor {
    /// A normal distribution cut off at the ends of the unit interval.
    Normal(Normal),
    /// Probabilities of the values of a list.
    Names(Vec<f64>),
}

impl<'a> Density<'a> {
    /// The density of points, oldest first.
    pub(super) fn new(space: &'a Space, points: impl Iterator<Item = &'a Point>) -> Self {
        let points: Vec<&Point> = points.collect();
        let axes: Vec<&Axis> = space.ordered();
        let columns: Vec<Vec<Factor>> = axes.iter().map(|axis| column(axis, &points)).collect();
        let mut weights = weights(points.len());
        // The wide kernel in the middle weighs as much as one trial.
        weights.push(1.0);
        let sum: f64 = weights.iter().sum();
        let kernels = weights
            .into_iter()
            .enumerate()
            .map(|(i, weight)| Kernel {
                weight: weight / sum,
                factors: columns.iter().map(|column| column[i].clone()).collect(),
            })
            .collect();
        Self { space, axes, kernels }
    }

    /// A point drawn from it.
    pub(super) fn draw(&self, stream: &mut Stream) -> Point {
        let mut left = unit(stream);
        let last = self.kernels.len() - 1;
        let kernel = self.kernels[..last].iter().find(|kernel| {
            left -= kernel.weight;
            left < 0.0
        });
        let factors = &kernel.unwrap_or(&self.kernels[last]).factors;
        self.space.point(|axis, _| {
            let factor = self.axes.iter().position(|a| a.path == axis.path).map(|i| &factors[i]);
            match factor {
                Some(Factor::Normal(normal)) => axis.range.decode(normal.draw(stream)),
                Some(Factor::Names(shares)) => {
                    let mut left = unit(stream);
                    let i = shares.iter().position(|share| {
                        left -= share;
                        left < 0.0
                    });
                    let i = i.unwrap_or(shares.len() - 1);
                    axis.range.decode((i as f64 + 0.5) / shares.len() as f64)
                }
                None => axis.range.decode(0.5),
            }
        })
    }

    /// Logarithm of the density at a point.
    pub(super) fn log_at(&self, point: &Point) -> f64 {
        let cells: Vec<Option<(f64, f64)>> =
            self.axes.iter().map(|axis| axis.range.cell(point.get(&axis.path)?)).collect();
        let logs: Vec<f64> = self
            .kernels
            .iter()
            .map(|kernel| {
                let factors = kernel.factors.iter().zip(&cells);
                let logs = factors.map(|(factor, cell)| cell.map_or(0.0, |cell| factor.log_at(cell)));
                kernel.weight.ln() + logs.sum::<f64>()
            })
            .collect();
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if most == f64::NEG_INFINITY {
            return most;
        }
        most + logs.iter().map(|log| (log - most).exp()).sum::<f64>().ln()
    }
}

impl Factor {
    fn log_at(&self, (low, high): (f64, f64)) -> f64 {
        match self {
            Self::Normal(normal) => normal.log_at(low, high),
            Self::Names(shares) => {
                let i = (f64::midpoint(low, high) * shares.len() as f64) as usize;
                shares[i.min(shares.len() - 1)].ln()
            }
        }
    }
}

/// Older trials weigh less: from 1/n up to 1, the newest ones all the same.
fn weights(n: usize) -> Vec<f64> {
    let n_ramp = n.saturating_sub(N_FULL_WEIGHT);
    let least = 1.0 / n.max(1) as f64;
    let ramp = |i: usize| match n_ramp {
        1 => least,
        _ => least + (1.0 - least) * i as f64 / (n_ramp - 1) as f64,
    };
    (0..n).map(|i| if i < n_ramp { ramp(i) } else { 1.0 }).collect()
}

/// The factors of one axis for all points, and last that of the wide kernel in the middle. Points that have no value
/// there, for the axis does not count in them or the range was narrowed since, know nothing: they are as wide.
fn column(axis: &Axis, points: &[&Point]) -> Vec<Factor> {
    let place = |point: &&Point| axis.range.encode(point.get(&axis.path)?);
    let places: Vec<Option<f64>> = points.iter().map(place).collect();
    let n_names = match axis.range.count() {
        Some(n) if !axis.range.is_ordered() => n as usize,
        _ => 0,
    };
    if n_names > 0 {
        let n_kernels = places.iter().flatten().count() as f64 + 1.0;
        let even = Factor::Names(vec![1.0 / n_names as f64; n_names]);
        let around = |place: f64| {
            let own = ((place * n_names as f64) as usize).min(n_names - 1);
            let share = |i: usize| 1.0 / n_kernels + f64::from(u8::from(i == own));
            let sum = n_names as f64 / n_kernels + 1.0;
            Factor::Names((0..n_names).map(|i| share(i) / sum).collect())
        };
        let mut factors: Vec<Factor> =
            places.iter().map(|place| place.map_or_else(|| even.clone(), around)).collect();
        factors.push(even);
        return factors;
    }
    let wide = Factor::Normal(Normal::new(0.5, 1.0));
    let known: Vec<f64> = places.iter().flatten().copied().collect();
    let widths = widths(&known);
    let mut widths = widths.into_iter();
    let mut factors: Vec<Factor> = places
        .iter()
        .map(|place| match (place, place.and_then(|_| widths.next())) {
            (Some(place), Some(width)) => Factor::Normal(Normal::new(*place, width)),
            _ => wide.clone(),
        })
        .collect();
    factors.push(wide);
    factors
}

/// Standard deviation of the kernel at each place: the distance to its farther neighbour, but never so narrow that
/// nothing lies between (the paper's "magic clipping").
fn widths(places: &[f64]) -> Vec<f64> {
    let n = places.len();
    let mut by: Vec<usize> = (0..n).collect();
    by.sort_by(|a, b| places[*a].total_cmp(&places[*b]));
    let narrowest = 1.0 / (2.0 + n as f64).min(100.0);
    let mut widths = vec![0.0; n];
    for (rank, i) in by.iter().enumerate() {
        let left = rank.checked_sub(1).map(|r| places[*i] - places[by[r]]);
        let right = by.get(rank + 1).map(|next| places[*next] - places[*i]);
        let width = match (left, right) {
            (Some(left), Some(right)) => left.max(right),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => places[*i].max(1.0 - places[*i]),
        };
        widths[*i] = width.clamp(narrowest, 1.0);
    }
    widths
}

/// A normal distribution cut off at 0 and 1.
#[derive(Clone)]
struct Normal {
    mean: f64,
    deviation: f64,
    /// Its share between 0 and 1 before it was cut.
    mass: f64,
}

impl Normal {
    fn new(mean: f64, deviation: f64) -> Self {
        Self { mean, deviation, mass: share(-mean / deviation, (1.0 - mean) / deviation) }
    }

    /// Logarithm of the probability of a part of the interval, or where that is a single place, of the density.
    fn log_at(&self, low: f64, high: f64) -> f64 {
        let z = |x: f64| (x - self.mean) / self.deviation;
        if low == high {
            return -0.5 * z(low).powi(2)
                - self.deviation.ln()
                - 0.5 * std::f64::consts::TAU.ln()
                - self.mass.ln();
        }
        // Far out the share is too small for a number; a part in 10^300 is as good as none.
        (share(z(low), z(high)) / self.mass).max(1e-300).ln()
    }

    fn draw(&self, stream: &mut Stream) -> f64 {
        // The mean lies inside and the deviation is at most 1: one draw in three is kept even in the worst case.
        for _ in 0..1000 {
            // Box and Muller, 1958.
            let radius = (-2.0 * (1.0 - unit(stream)).ln()).sqrt();
            let x = self.mean + self.deviation * radius * (std::f64::consts::TAU * unit(stream)).cos();
            if (0.0..=1.0).contains(&x) {
                return x;
            }
        }
        self.mean
    }
}

/// Share of a standard normal distribution between two places.
fn share(low: f64, high: f64) -> f64 {
    let root = std::f64::consts::FRAC_1_SQRT_2;
    // On whichever side of the middle both lie, so that nothing is lost to rounding.
    if low > 0.0 {
        0.5 * (libm::erfc(low * root) - libm::erfc(high * root))
    } else if high < 0.0 {
        0.5 * (libm::erfc(-high * root) - libm::erfc(-low * root))
    } else {
        0.5 * (libm::erf(high * root) - libm::erf(low * root))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::mixed;
    use super::*;
    use crate::sweep::space::{Range, Value};

    #[test]
    fn densities_sum_to_one_and_draws_follow_them() {
        let space = mixed();
        let points: Vec<Point> = [0.1, 0.4, 0.5, 0.9]
            .into_iter()
            .enumerate()
            .map(|(i, x)| space.decode(&[x, [0.1, 0.5, 0.9, 0.5][i], x, 1.0 - x]))
            .collect();
        let density = Density::new(&space, points.iter());
        // Importance sampling from even points: the mean of density over even density is 1.
        let mut stream = Stream::new("test", 1, 2, 3);
        let even = Density::new(&space, std::iter::empty());
        let n = 20_000;
        let mut total = 0.0;
        for _ in 0..n {
            let point = even.draw(&mut stream);
            total += (density.log_at(&point) - even.log_at(&point)).exp();
        }
        let mean = total / f64::from(n);
        assert!((mean - 1.0).abs() < 0.05, "{mean}");
    }

    #[test]
    fn numbers_between_neighbours_are_likelier_than_far_ones() {
        let space = Space(vec![Axis::new("x", Range::Linear { min: 0.0, max: 10.0, step: 0.0 })]);
        let points: Vec<Point> = [2.0, 2.5, 3.0].map(|x| Point::default().with("x", x)).into();
        let density = Density::new(&space, points.iter());
        let at = |x: f64| density.log_at(&Point::default().with("x", x));
        assert!(at(2.4) > at(6.0) && at(6.0) > at(9.9));
        assert_eq!(at(20.0), at(-1.0), "outside nothing is known");
    }

    #[test]
    fn names_and_old_trials() {
        let names = ["a", "b", "c"].map(Value::from).to_vec();
        let space = Space(vec![Axis::new("x", Range::Choice(names))]);
        let points = [Point::default().with("x", "b")];
        let density = Density::new(&space, points.iter());
        let at = |x: &str| density.log_at(&Point::default().with("x", x)).exp();
        // One kernel at b with a third of smoothing, one even kernel: (1.5/2.5 + 1/3) / 2.
        assert!((at("b") - 0.466_67).abs() < 1e-4 && (at("a") - 0.266_67).abs() < 1e-4, "{}", at("b"));
        let weights = weights(27);
        assert_eq!((weights[0], weights[1], weights[26]), (1.0 / 27.0, 1.0, 1.0));
        assert_eq!(weights.len(), 27);
    }

    #[test]
    fn shares_are_those_of_the_normal_distribution() {
        assert!((share(-1.0, 1.0) - 0.682_689_492_137).abs() < 1e-10);
        assert!((share(8.0, 9.0) / 6.219_831e-16 - 1.0).abs() < 1e-3, "{}", share(8.0, 9.0));
        assert_eq!(share(-9.0, -8.0), share(8.0, 9.0));
    }
}
