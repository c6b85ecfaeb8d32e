//! Mixup (Zhang et al., 2017, arXiv 1710.09412): two images of a batch are mixed, and so is what is to be said of them.

use super::draws::Draws;
use super::{Augment, Mix};

/// How evenly images are mixed.
pub struct Mixup {
    alpha: f64,
}

impl Mixup {
    /// `None` where nothing is mixed.
    pub fn new(settings: &Augment) -> Option<Self> {
        (settings.mixup != 0.0).then_some(Self { alpha: settings.mixup })
    }

    /// Which image is mixed in, each other one equally likely, and how much of it: the smaller of the two shares that
    /// Beta(alpha, alpha) gives, so that an image keeps its own class as its first.
    pub fn draw(&self, mut draws: Draws, position: usize, n: usize) -> Option<Mix> {
        if n < 2 {
            return None;
        }
        let other = (position + 1 + draws.below(n - 1)) % n;
        let share = beta(self.alpha, &mut draws);
        Some(Mix { other, share: share.min(1.0 - share) as f32 })
    }
}

/// A number of the Beta(alpha, alpha) distribution, for alpha up to 1 (Jöhnk, 1964): `u^(1/alpha)` over the sum of two
/// such, of those pairs whose sum is at most 1. In logarithms, since for small alpha both are below what a number can be.
fn beta(alpha: f64, draws: &mut Draws) -> f64 {
    loop {
        let [x, y] = [(); 2].map(|()| (1.0 - draws.unit()).ln() / alpha);
        if x.exp() + y.exp() <= 1.0 {
            return 1.0 / (1.0 + (y - x).exp());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_the_beta_distribution() {
        for alpha in [0.2, 1.0] {
            let n = 20_000;
            let draws = (0..n).map(|i| beta(alpha, &mut Draws::new(1, 2, i, 3)));
            let (sum, squares) = draws.fold((0.0, 0.0), |(s, q), x| (s + x, q + x * x));
            let mean = sum / n as f64;
            let variance = squares / n as f64 - mean * mean;
            let expected = 1.0 / (4.0 * (2.0 * alpha + 1.0));
            assert!((mean - 0.5).abs() < 0.01, "{alpha}: mean {mean}");
            assert!((variance / expected - 1.0).abs() < 0.03, "{alpha}: variance {variance}, not {expected}");
        }
        assert!(beta(1e-6, &mut Draws::new(1, 2, 3, 4)).is_finite());
    }

    #[test]
    fn others_are_others_and_have_the_smaller_share() {
        let mixup = Mixup { alpha: 0.4 };
        for position in 0..200 {
            let mix = mixup.draw(Draws::new(1, 1, position, 1), position % 5, 5).expect("there are others");
            assert!(mix.other < 5 && mix.other != position % 5, "{mix:?}");
            assert!((0.0..=0.5).contains(&mix.share), "{mix:?}");
        }
        assert_eq!(mixup.draw(Draws::new(1, 1, 1, 1), 0, 1), None, "one image alone is left as it is");
    }
}
