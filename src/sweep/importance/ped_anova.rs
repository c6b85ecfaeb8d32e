//! The divergence that PED-ANOVA measures, on one setting: densities on a grid, with Scott's bandwidths, as Optuna has
//! them (version 5, `importance/_ped_anova`).

use super::super::space::{Axis, Range};
use super::super::study::Trial;

/// Most places of the grid.
const MOST_PLACES: usize = 50;

/// How much the distribution of an axis among the first `n_best` of the drawn trials differs from that among all of
/// them: Pearson's divergence, times the squared share of the best that have the setting over the share of all.
pub(super) fn divergence(axis: &Axis, ranked: &[&Trial], drawn: &[usize], n_best: usize) -> f64 {
    let grid = Grid::of(axis);
    let places: Vec<Option<usize>> = drawn.iter().map(|at| grid.place(axis, ranked[*at])).collect();
    let (all, best) = (grid.counts(&places), grid.counts(&places[..n_best]));
    let sum = |counts: &[f64]| counts.iter().sum::<f64>();
    // With less than two there is no distribution.
    if grid.n < 2 || sum(&all) < 2.0 || sum(&best) == 0.0 {
        return 0.0;
    }
    let (of_best, of_all) = (sum(&best) / n_best as f64, sum(&all) / drawn.len() as f64);
    let pearson: f64 = grid
        .density(&best)
        .into_iter()
        .zip(grid.density(&all))
        .map(|(best, all)| ((best + 1e-12) / (all + 1e-12) - 1.0).powi(2) * (all + 1e-12))
        .sum();
    of_best * of_best / of_all * pearson
}

/// The grid of an axis.
struct Grid {
    n: usize,
    named: bool,
}

impl Grid {
    fn of(axis: &Axis) -> Self {
        let counted = axis.range.count().map_or(MOST_PLACES, |n| (n as usize).min(MOST_PLACES));
        match &axis.range {
            Range::Choice(values) => Self { n: values.len(), named: true },
            Range::Int { min, max, log: true, .. } => {
                let doublings = ((max - min + 1) as f64).log2().ceil() as usize + 1;
                Self { n: doublings.min(MOST_PLACES), named: false }
            }
            _ => Self { n: counted, named: false },
        }
    }

    /// The place of a trial's value; `None` where it has none, or one outside of the range as it is now.
    fn place(&self, axis: &Axis, trial: &Trial) -> Option<usize> {
        let value = trial.point.get(&axis.path)?;
        let at = axis.range.encode(value)?;
        if self.named {
            return Some(((at * self.n as f64) as usize).min(self.n - 1));
        }
        let x = value.number()?;
        // Ends of the range lie in the middle of the first and the last place.
        let at = match &axis.range {
            Range::Int { min, max, log: true, .. } => {
                (x / *min as f64).ln() / (*max as f64 / *min as f64).ln()
            }
            Range::Int { min, max, .. } => (x - *min as f64) / (max - min).max(1) as f64,
            Range::Linear { min, max, .. } => (x - min) / (max - min),
            _ => at,
        };
        Some(((at * (self.n - 1) as f64 - 0.5).ceil().max(0.0) as usize).min(self.n - 1))
    }

    fn counts(&self, places: &[Option<usize>]) -> Vec<f64> {
        let mut counts = vec![0.0; self.n];
        for place in places.iter().flatten() {
            counts[*place] += 1.0;
        }
        counts
    }

    /// The density on the grid: a kernel at every place that has trials, weighted with how many, and a wide one that
    /// weighs as much as one trial.
    fn density(&self, counts: &[f64]) -> Vec<f64> {
        let seen: Vec<usize> = (0..self.n).filter(|place| counts[*place] > 0.0).collect();
        let sum: f64 = counts.iter().sum();
        let mut density = vec![0.0; self.n];
        if self.named {
            let smoothing = 1.0 / (seen.len() as f64 + 1.0);
            let whole = 1.0 + self.n as f64 * smoothing;
            for (place, total) in density.iter_mut().enumerate() {
                let own = |at: &usize| f64::from(u8::from(*at == place));
                let kernels = seen.iter().map(|at| counts[*at] * (own(at) + smoothing) / whole);
                *total = (kernels.sum::<f64>() + 1.0 / self.n as f64) / (sum + 1.0);
            }
            return density;
        }
        let width = scott(&seen, counts, sum);
        let last = (self.n - 1) as f64;
        let kernels = seen.iter().map(|at| (counts[*at], *at as f64, width));
        for (weight, mean, width) in kernels.chain([(1.0, last / 2.0, last + 1.0)]) {
            let share = |low: f64, high: f64| {
                let root = std::f64::consts::SQRT_2 * width;
                0.5 * (libm::erf((high - mean) / root) - libm::erf((low - mean) / root))
            };
            let whole = share(-0.5, last + 0.5);
            for (place, total) in density.iter_mut().enumerate() {
                *total += weight / (sum + 1.0) * share(place as f64 - 0.5, place as f64 + 0.5) / whole;
            }
        }
        density
    }
}

/// Scott's bandwidth (Multivariate Density Estimation, 1992) of counts on a grid, in places of the grid.
fn scott(seen: &[usize], counts: &[f64], sum: f64) -> f64 {
    let mean = seen.iter().map(|at| *at as f64 * counts[*at]).sum::<f64>() / sum;
    let squares: f64 = seen.iter().map(|at| (*at as f64 - mean).powi(2) * counts[*at]).sum();
    let deviation = (squares / (sum - 1.0).max(1.0)).sqrt();
    // Quartiles: the first place that as many lie up to, and the first that more lie up to.
    let quartile = |share: f64, more: bool| {
        let mut so_far = 0.0;
        let reached = seen.iter().find(|at| {
            so_far += counts[**at];
            if more { so_far > share } else { so_far >= share }
        });
        *reached.or(seen.last()).unwrap_or(&0) as f64
    };
    let apart = quartile((sum * 3.0 / 4.0).floor(), true) - quartile((sum / 4.0).floor(), false);
    let width = 1.059 * (apart / 1.34).min(deviation) * sum.powf(-0.2);
    // Nine tenths of a kernel fall into its own place at least: 1.64 deviations to either side.
    width.max(0.5 / 1.64)
}
