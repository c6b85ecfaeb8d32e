//! Dropout whose every draw is a function of seed, step, layer and position: no generator whose state would have to be
//! saved, the same on every device and for any number of threads.

use tch::{Kind, Tensor};

// Rounds of Chris Wellons's `lowbias32` hash (nullprogram.com/blog/2018/07/31), found by search for the least bias.
const MIX_1: u32 = 0x7feb_352d;
const MIX_2: u32 = 0x846c_a68b;

/// The draws of one dropout layer in one step.
#[derive(Clone, Copy, Debug)]
pub struct Dropout {
    key: [u32; 2],
    /// Kept are draws (24 bits) from here on.
    threshold: u32,
    /// What the kept ones are multiplied by, so that the mean stays: 1 / (1 - rate).
    pub scale: f32,
}

impl Dropout {
    /// `layer` tells the network's dropout layers apart; `rate` is the share silenced, 0 to below 1.
    pub fn new(seed: u64, step_idx: u64, layer: usize, rate: f64) -> Self {
        let key = splitmix(splitmix(splitmix(seed) ^ step_idx) ^ layer as u64);
        Self {
            key: [key as u32, (key >> 32) as u32],
            threshold: (rate * f64::from(1 << 24)).round() as u32,
            scale: (1.0 / (1.0 - rate)) as f32,
        }
    }

    /// Whether the feature at `position` is kept. The position of feature f of the b-th image of the batch is
    /// `b * features + f`, features counted by channel, row, column.
    #[inline(always)]
    pub const fn keeps(&self, position: u32) -> bool {
        let mut x = position ^ self.key[0];
        x = (x ^ (x >> 16)).wrapping_mul(MIX_1);
        x = (x ^ (x >> 15)).wrapping_add(self.key[1]).wrapping_mul(MIX_2);
        ((x ^ (x >> 16)) >> 8) >= self.threshold
    }

    /// The same draws as a tensor like `features` `[n, ...]`: 0 for silenced, [`Self::scale`] for kept.
    pub fn mask(&self, features: &Tensor) -> Tensor {
        const LOW: i64 = 0xffff_ffff;
        // Integers of 64 bits, cut to 32 after each product: tensors have no unsigned ones to count on.
        let mut x = Tensor::arange(features.numel() as i64, (Kind::Int64, features.device()))
            .bitwise_xor(i64::from(self.key[0]));
        let mixed = |x: Tensor, by: i64| x.bitwise_xor_tensor(&x.bitwise_right_shift_tensor_scalar(by));
        x = (mixed(x, 16) * i64::from(MIX_1)).bitwise_and(LOW);
        x = ((mixed(x, 15) + i64::from(self.key[1])).bitwise_and(LOW) * i64::from(MIX_2)).bitwise_and(LOW);
        let draw = mixed(x, 16).bitwise_right_shift_tensor_scalar(8);
        let kept = draw.ge(i64::from(self.threshold)).to_kind(features.kind());
        (kept * f64::from(self.scale)).view_as(features)
    }
}

/// One step of SplitMix64 (Steele, Lea and Flood, 2014, "Fast splittable pseudorandom number generators").
const fn splitmix(x: u64) -> u64 {
    let mut z = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn tensor_and_loop_draw_the_same() {
        let dropout = Dropout::new(7, 123, 2, 0.25);
        let mask = dropout.mask(&Tensor::zeros([50, 4, 10, 10], (Kind::Float, Device::Cpu)));
        let mask = Vec::<f32>::try_from(mask.reshape([-1])).expect("it is a list of floats");
        let looped: Vec<f32> =
            (0..20_000).map(|i| if dropout.keeps(i) { dropout.scale } else { 0.0 }).collect();
        assert_eq!(mask, looped);
        // 20,000 draws: a standard deviation is 0.003.
        let silenced = looped.iter().filter(|m| **m == 0.0).count() as f64 / 20_000.0;
        assert!((silenced - 0.25).abs() < 0.012, "{silenced}");
    }

    #[test]
    fn steps_layers_and_seeds_draw_anew() {
        let draws = |seed, step, layer| -> Vec<bool> {
            let dropout = Dropout::new(seed, step, layer, 0.5);
            (0..1000).map(|i| dropout.keeps(i)).collect()
        };
        let first = draws(1, 0, 0);
        for other in [draws(1, 1, 0), draws(1, 0, 1), draws(2, 0, 0)] {
            let same = first.iter().zip(&other).filter(|(a, b)| a == b).count();
            assert!((400..600).contains(&same), "{same} of 1000 the same");
        }
    }
}
