//! Two models on the same images: who is right where, and whether the difference is more than chance.

use statrs::distribution::{Binomial, DiscreteCDF as _};

/// How two answers to one image stand beside each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Both are right.
    Both,
    /// Only the first is right.
    First,
    /// Only the second is right.
    Second,
    /// Neither is right.
    Neither,
}

/// Two models on the same images, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Paired {
    /// Images that both read rightly.
    pub both: u64,
    /// Images that only the first reads rightly.
    pub first: u64,
    /// Images that only the second reads rightly.
    pub second: u64,
    /// Images that neither reads rightly.
    pub neither: u64,
}

/// How two answers stand beside each other.
impl Beside {
    /// Of whether the first and the second are right.
    pub fn of(first: bool, second: bool) -> Self {
        match (first, second) {
            (true, true) => Self::Both,
            (true, false) => Self::First,
            (false, true) => Self::Second,
            (false, false) => Self::Neither,
        }
    }
}

/// Counts pairs of whether the first and the second are right.
pub fn paired(answers: impl IntoIterator<Item = (bool, bool)>) -> Paired {
    let mut counts = Paired::default();
    for (first, second) in answers {
        match Beside::of(first, second) {
            Beside::Both => counts.both += 1,
            Beside::First => counts.first += 1,
            Beside::Second => counts.second += 1,
            Beside::Neither => counts.neither += 1,
        }
    }
    counts
}

impl Paired {
    /// Images in all.
    pub fn n(&self) -> u64 {
        self.both + self.first + self.second + self.neither
    }

    /// Accuracy of the first and of the second.
    pub fn accuracies(&self) -> [f64; 2] {
        let n = self.n().max(1) as f64;
        [self.first, self.second].map(|own| (self.both + own) as f64 / n)
    }

    /// How often chance alone would set them at least so far apart: McNemar's test (1947), exact and two-sided. Of the
    /// images that one of them alone reads, each would fall to either like a coin.
    pub fn p_value(&self) -> f64 {
        let n = self.first + self.second;
        match Binomial::new(0.5, n) {
            Ok(coin) if n > 0 => (2.0 * coin.cdf(self.first.min(self.second))).min(1.0),
            _ => 1.0,
        }
    }

    /// Whether the difference is more than chance, by the usual one in twenty.
    pub fn differ(&self) -> bool {
        self.p_value() < 0.05
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_images_are_noise_and_many_are_not() {
        let of = |first, second| Paired { both: 9900, first, second, neither: 50 };
        // Binomial tails: 2 * (1 + 10 + 45) / 1024, and one for equals.
        assert!((of(8, 2).p_value() - 112.0 / 1024.0).abs() < 1e-9);
        assert_eq!((of(5, 5).p_value(), of(0, 0).p_value()), (1.0, 1.0));
        // 99.31 % against 99.28 % of 10,000 images, thirty and twenty-seven of which one alone reads.
        assert!(!of(30, 27).differ() && of(40, 12).differ());
        assert!((of(40, 12).p_value() - 0.000_13).abs() < 0.000_02, "{}", of(40, 12).p_value());
        let counted = paired([(true, true), (true, false), (false, false), (true, false)]);
        assert_eq!(counted, Paired { both: 1, first: 2, second: 0, neither: 1 });
        assert_eq!(counted.accuracies(), [0.75, 0.25]);
    }
}
