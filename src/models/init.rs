//! First weights: Glorot and Bengio's uniform rule (2010, "Understanding the difficulty of training deep feedforward
//! neural networks", equation 16), which is Keras's default; biases are zero.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};

/// Weights of `shape` (`[out, in]` or `[out, in, rows, columns]`), drawn uniformly within +-sqrt(6 / (fan in + fan out)).
///
/// They depend on nothing but `seed`, `name` and `shape`: neither on the order of layers nor on the number of threads.
pub fn glorot_uniform(seed: u64, name: &str, shape: &[usize]) -> Vec<f32> {
    let window: usize = shape[2..].iter().product();
    let limit = (6.0 / ((shape[0] + shape[1]) * window) as f64).sqrt();
    let mut rng = stream(seed, name);
    let n: usize = shape.iter().product();
    // 24 random bits are as many as a float can hold between 0 and 1.
    (0..n).map(|_| ((f64::from(rng.next_u32() >> 8) / f64::from(1 << 23) - 1.0) * limit) as f32).collect()
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
        let draw = |seed, name| glorot_uniform(seed, name, &[32, 4, 3, 3]);
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
