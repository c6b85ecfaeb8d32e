//! Random streams that are the same on every machine and in every version: ChaCha8, keyed by what they are for.
//!
//! The numbers are drawn from the stream here and not by `rand`'s distributions, which may change between versions.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// A stream of random numbers for one purpose: streams of different keys have nothing to do with each other.
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of a purpose ("order", "split", ...; only the first eight bytes count) and three numbers.
    pub fn new(purpose: &str, a: u64, b: u64, c: u64) -> Self {
        let mut key = [0; 32];
        for (to, from) in key.iter_mut().zip(purpose.bytes().take(8)) {
            *to = from;
        }
        for (to, from) in key[8..].chunks_exact_mut(8).zip([a, b, c]) {
            to.copy_from_slice(&from.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A whole number in `0..bound`, each equally likely; `bound` must not be zero.
    pub fn below(&mut self, bound: u32) -> u32 {
        assert!(bound > 0, "there is no number below zero");
        // Lemire, "Fast random integer generation in an interval", 2019: the products that fall into the first
        // 2^32 mod bound of their interval are drawn again.
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let product = u64::from(self.0.next_u32()) * u64::from(bound);
            if product as u32 >= threshold {
                return (product >> 32) as u32;
            }
        }
    }

    /// A number in `0.0..1.0`.
    pub fn unit(&mut self) -> f32 {
        // 24 bits: as many as the number keeps.
        (self.0.next_u32() >> 8) as f32 / (1 << 24) as f32
    }

    /// A number between the two.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// True in that share of all cases.
    pub fn chance(&mut self, share: f32) -> bool {
        self.unit() < share
    }

    /// Sixty-four random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Brings the items into a random order, each order equally likely (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u32 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_never_changes() {
        // A change here would change every split and every order of every recorded run.
        let mut stream = Stream::new("order", 1, 2, 3);
        let drawn: Vec<u32> = (0..6).map(|_| stream.below(1000)).collect();
        assert_eq!(drawn, [146, 416, 251, 271, 553, 407]);
    }

    #[test]
    fn keys_matter() {
        let first = |purpose, a, b, c| Stream::new(purpose, a, b, c).bits();
        let all = [
            first("order", 1, 2, 3),
            first("split", 1, 2, 3),
            first("order", 2, 2, 3),
            first("order", 1, 3, 3),
            first("order", 1, 2, 4),
        ];
        let different: std::collections::BTreeSet<_> = all.into_iter().collect();
        assert_eq!(different.len(), all.len());
    }

    #[test]
    fn below_is_even_and_within() {
        let mut counts = [0_u32; 7];
        let mut stream = Stream::new("test", 0, 0, 0);
        for _ in 0..70_000 {
            counts[stream.below(7) as usize] += 1;
        }
        assert!(counts.iter().all(|&n| (9_500..10_500).contains(&n)), "{counts:?}");
    }
}
