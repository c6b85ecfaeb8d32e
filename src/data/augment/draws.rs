//! Random numbers as a function of seed, step, place in the batch and purpose: cheaper than [`crate::data::random`],
//! of which one stream takes longer to set up than a small image takes to be changed.

// Rounds of Chris Wellons's `lowbias32` hash (nullprogram.com/blog/2018/07/31), found by search for the least bias.
const MIX_1: u32 = 0x7feb_352d;
const MIX_2: u32 = 0x846c_a68b;

/// A stream of a few numbers.
#[derive(Clone, Copy, Debug)]
pub struct Draws(u64);

impl Draws {
    /// The stream of one operation on one image of one step.
    pub const fn new(seed: u64, step_idx: u64, position: usize, purpose: u64) -> Self {
        Self(mix(mix(mix(mix(seed) ^ step_idx) ^ position as u64) ^ purpose))
    }

    /// Sixty-four random bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        scramble(self.0)
    }

    /// A number in `0.0..1.0`.
    pub const fn unit(&mut self) -> f64 {
        // 53 bits: as many as the number keeps.
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number between `-range` and `range`.
    pub const fn around_zero(&mut self, range: f64) -> f64 {
        (self.unit() * 2.0 - 1.0) * range
    }

    /// A whole number in `0..bound`. The products of Lemire (2019) without his second draw: with 64 bits and bounds of
    /// a few thousands no number is more likely by a share that could be seen.
    pub const fn below(&mut self, bound: usize) -> usize {
        ((self.bits() as u128 * bound as u128) >> 64) as usize
    }

    /// A stream of many numbers, any of which can be had at once.
    pub const fn field(&mut self) -> Field {
        let key = self.bits();
        Field([key as u32, (key >> 32) as u32])
    }
}

/// Random bits by place.
#[derive(Clone, Copy, Debug)]
pub struct Field([u32; 2]);

impl Field {
    /// Thirty-two random bits for the place.
    #[inline(always)]
    pub const fn bits(&self, place: u32) -> u32 {
        let mut x = place ^ self.0[0];
        x = (x ^ (x >> 16)).wrapping_mul(MIX_1);
        x = (x ^ (x >> 15)).wrapping_add(self.0[1]).wrapping_mul(MIX_2);
        x ^ (x >> 16)
    }
}

/// A number for an operation's name (FNV-1a).
pub const fn purpose(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let (mut hash, mut i) = (0xcbf2_9ce4_8422_2325_u64, 0);
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0100_0000_01b3);
        i += 1;
    }
    hash
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// One step of SplitMix64 (Steele, Lea and Flood, 2014, "Fast splittable pseudorandom number generators").
const fn mix(x: u64) -> u64 {
    scramble(x.wrapping_add(GOLDEN))
}

const fn scramble(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_never_change() {
        // A change here would change every recorded training with augmentation.
        let mut draws = Draws::new(1, 2, 3, purpose("rotation"));
        let field = draws.field();
        let drawn = [draws.below(1000), draws.below(1000), field.bits(0) as usize % 1000];
        assert_eq!(drawn, [725, 717, 263]);
    }

    #[test]
    fn every_part_of_the_key_matters_and_numbers_are_even() {
        let first = |seed, step, position, name| Draws::new(seed, step, position, purpose(name)).bits();
        let all = [
            first(1, 2, 3, "a"),
            first(2, 2, 3, "a"),
            first(1, 3, 3, "a"),
            first(1, 2, 4, "a"),
            first(1, 2, 3, "b"),
        ];
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
        // Seven thousand draws, one an image: a standard deviation of a count is 29.
        let mut counts = [0; 7];
        for position in 0..7000 {
            counts[Draws::new(9, 9, position, 9).below(7)] += 1;
        }
        assert!(counts.iter().all(|n| (850..1150).contains(n)), "{counts:?}");
        let mut draws = Draws::new(9, 9, 9, 9);
        let mean = (0..10_000).map(|_| draws.around_zero(2.0)).sum::<f64>() / 1e4;
        assert!(mean.abs() < 0.06, "{mean}");
    }
}
