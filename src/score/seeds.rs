//! The same training from several seeds: mean, spread, and whether two settings differ by more than that.

use statrs::distribution::{ContinuousCDF as _, StudentsT};

/// Values of one setting over seeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Group {
    /// How many.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, with n - 1; 0 for one.
    pub deviation: f64,
}

impl Group {
    /// The standard error of the mean.
    pub fn error(&self) -> f64 {
        self.deviation / (self.n as f64).sqrt()
    }

    /// Half the width of the interval that holds the true mean in 95 of 100 cases (Student's t); `None` for one value.
    pub fn interval(&self) -> Option<f64> {
        let freedom = self.n.checked_sub(1).filter(|n| *n > 0)? as f64;
        let t = StudentsT::new(0.0, 1.0, freedom).ok()?;
        Some(t.inverse_cdf(0.975) * self.error())
    }
}

/// Mean and spread of the values that are numbers; `None` where none is.
pub fn group(values: impl IntoIterator<Item = f64>) -> Option<Group> {
    let values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
    let n = values.len();
    if n == 0 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some(Group { n, mean, deviation: (squares / (n.max(2) - 1) as f64).sqrt() })
}

/// Two settings over seeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Versus {
    /// The first mean less the second.
    pub difference: f64,
    /// How often chance alone would set them at least so far apart; `None` with fewer than two seeds each.
    pub p_value: Option<f64>,
}

/// Welch's test (1947): whether two means differ, the spreads of which need not be the same.
pub fn versus(a: Group, b: Group) -> Versus {
    let difference = a.mean - b.mean;
    let [of_a, of_b] = [a, b].map(|group| group.error().powi(2));
    let error = (of_a + of_b).sqrt();
    let p_value = (a.n > 1 && b.n > 1).then(|| {
        if error == 0.0 {
            return if difference == 0.0 { 1.0 } else { 0.0 };
        }
        let freedom =
            (of_a + of_b).powi(2) / (of_a.powi(2) / (a.n - 1) as f64 + of_b.powi(2) / (b.n - 1) as f64);
        StudentsT::new(0.0, 1.0, freedom).map_or(1.0, |t| 2.0 * t.cdf(-(difference / error).abs()))
    });
    Versus { difference, p_value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_and_intervals_are_those_of_tables() {
        let all = group([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0, f64::NAN]).expect("there are some");
        assert_eq!((all.n, all.mean), (8, 5.0));
        assert!((all.deviation - (32.0_f64 / 7.0).sqrt()).abs() < 1e-12);
        // t of 7 degrees of freedom at 0.975 is 2.3646 in every table.
        assert!((all.interval().unwrap_or(0.0) / all.error() - 2.3646).abs() < 1e-4);
        let one = group([3.0]).expect("one");
        assert_eq!((one.deviation, one.interval()), (0.0, None));
        assert_eq!(group([f64::NAN]), None);
    }

    #[test]
    fn seeds_tell_chance_from_difference() {
        let a = group([99.31, 99.25, 99.36, 99.29, 99.33]).expect("five");
        let b = group([99.28, 99.35, 99.24, 99.32, 99.27]).expect("five");
        let c = group([98.9, 98.95, 98.86, 98.93, 98.91]).expect("five");
        assert!(versus(a, b).p_value.is_some_and(|p| p > 0.4), "{:?}", versus(a, b));
        assert!(versus(a, c).p_value.is_some_and(|p| p < 1e-4), "{:?}", versus(a, c));
        // Checked with scipy.stats.ttest_ind(..., equal_var=False).
        let p =
            versus(group([1.0, 2.0, 3.0]).expect("three"), group([2.0, 4.0, 6.0]).expect("three")).p_value;
        assert!(p.is_some_and(|p| (p - 0.220_880_84).abs() < 1e-6), "{p:?}");
        let one = group([1.0]).expect("one");
        assert_eq!(versus(one, a).p_value, None);
        assert_eq!(
            versus(group([1.0, 1.0]).expect("two"), group([1.0, 1.0]).expect("two")).p_value,
            Some(1.0)
        );
    }
}
