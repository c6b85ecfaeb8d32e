//! First weights, drawn uniformly: Glorot and Bengio's rule (2010, "Understanding the difficulty of training deep
//! feedforward neural networks", equation 16), which is Keras's default; He et al.'s (2015, arXiv 1502.01852, equation
//! 10); and the one of PyTorch's layers (Kaiming's with a slope of sqrt(5), biases drawn too).

use super::summary::{First, Param};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// How first weights are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Init {
    /// Within +-sqrt(6 / (fan in + fan out)), biases zero.
    #[default]
    Glorot,
    /// Within +-sqrt(6 / fan in), biases zero.
    He,
    /// Within +-1 / sqrt(fan in), biases too.
    Pytorch,
}

crate::choice!(Init {
    Self::Glorot => Self::Glorot, "glorot", "Glorot", "Within +-sqrt(6 / (fan in + fan out)), biases zero: Keras's default";
    Self::He => Self::He, "he", "He", "Within +-sqrt(6 / fan in), biases zero: made for ReLU";
    Self::Pytorch => Self::Pytorch, "pytorch", "PyTorch", "Within +-1 / sqrt(fan in), biases too: PyTorch's default";
});

impl Init {
    /// The first numbers of a parameter that the network calls `name`.
    ///
    /// They depend on nothing but `seed`, `name` and `param`: neither on the order of layers nor on the number of threads.
    pub fn draw(self, seed: u64, name: &str, param: &Param) -> Vec<f32> {
        let limit = match param.first {
            First::Ones => return vec![1.0; param.len()],
            First::Weight => self.limit(&param.shape),
            First::Bias { fan_in } if self == Self::Pytorch => 1.0 / (fan_in as f64).sqrt(),
            First::Bias { .. } | First::Zeros => 0.0,
        };
        if limit == 0.0 {
            return vec![0.0; param.len()];
        }
        let mut rng = stream(seed, name);
        // 24 random bits are as many as a float can hold between 0 and 1.
        (0..param.len())
            .map(|_| ((f64::from(rng.next_u32() >> 8) / f64::from(1 << 23) - 1.0) * limit) as f32)
            .collect()
    }

    /// The largest weight of `shape` (`[out, in]` or `[out, in, rows, columns]`).
    fn limit(self, shape: &[usize]) -> f64 {
        let window: usize = shape[2..].iter().product();
        let (fan_in, fan_out) = ((shape[1] * window) as f64, (shape[0] * window) as f64);
        match self {
            Self::Glorot => (6.0 / (fan_in + fan_out)).sqrt(),
            Self::He => (6.0 / fan_in).sqrt(),
            Self::Pytorch => 1.0 / fan_in.sqrt(),
        }
    }
}

/// The stream of random numbers that belongs to a seed and a name.
fn stream(seed: u64, name: &str) -> ChaCha8Rng {
    let digest = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(name).finalize();
    ChaCha8Rng::from_seed(digest.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_fill_the_range_and_follow_seed_and_name() {
        let param = Param { name: "weight", shape: vec![32, 4, 3, 3], first: First::Weight };
        let draw = |seed, name| Init::Glorot.draw(seed, name, &param);
        let weights = draw(1, "conv2d_1.weight");
        let limit = (6.0_f32 / (36.0 * 9.0)).sqrt();
        let largest = weights.iter().fold(0.0_f32, |m, w| m.max(w.abs()));
        assert!(largest <= limit && largest > 0.98 * limit, "{largest} of {limit}");
        let mean = weights.iter().sum::<f32>() / weights.len() as f32;
        assert!(mean.abs() < 0.1 * limit, "{mean}");
        assert_eq!(weights, draw(1, "conv2d_1.weight"));
        assert_ne!(weights, draw(2, "conv2d_1.weight"));
        assert_ne!(weights, draw(1, "conv2d_2.weight"));
    }
}
