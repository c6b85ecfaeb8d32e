//! The average of the weights over the last steps (Polyak and Juditsky, 1992; exponential, as the networks that hold
//! records have it): measured, kept and read with in place of the weights, it stands still where they jitter.

use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// How weights are averaged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ema {
    /// Share of the average that each step leaves; 0 for no average.
    pub decay: f64,
    /// Whether the memory is short at first, so that the first weights are soon forgotten.
    pub ramp: bool,
}

impl Default for Ema {
    fn default() -> Self {
        Self { decay: 0.0, ramp: true }
    }
}

impl Knobs for Ema {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { decay, ramp } = self;
        visitor.float(
            "decay",
            decay,
            Knob::range(
                0.0,
                0.9999,
                "Measures and keeps a running mean of the weights, of which each step leaves this share; 0 for the weights themselves",
            )
            .live(),
        );
        visitor.flag(
            "ramp",
            ramp,
            "Begins with a short memory, so that the first weights are soon forgotten",
        );
    }
}

impl Ema {
    /// The share of the average that is left when it takes in the weights after step `t` (from 1); `None` if there is
    /// to be no average.
    ///
    /// With `ramp` it is at most (1 + t) / (10 + t), as in TensorFlow's `ExponentialMovingAverage` with `num_updates`.
    pub fn kept(&self, t: u64) -> Option<f64> {
        let t = t as f64;
        let most = if self.ramp { (1.0 + t) / (10.0 + t) } else { 1.0 };
        (self.decay > 0.0).then(|| self.decay.min(most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_grows_to_its_length() {
        let ema = Ema { decay: 0.99, ramp: true };
        assert_eq!(ema.kept(1), Some(2.0 / 11.0));
        assert_eq!(ema.kept(5000), Some(0.99));
        assert_eq!(Ema { ramp: false, ..ema }.kept(1), Some(0.99));
        assert_eq!(Ema::default().kept(1), None);
    }
}
