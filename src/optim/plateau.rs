//! The learning rate falls when the validation loss stays where it is: the one schedule that looks at what was learned,
//! so that it has a state to save.

use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};

/// Settings of the fall when nothing is gained, as Keras's `ReduceLROnPlateau` has them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plateau {
    /// What each fall multiplies by.
    pub factor: f64,
    /// Epochs without a better validation loss before a fall.
    pub patience: u64,
    /// How much lower a loss must be to count as better.
    pub least: f64,
    /// Where it ends, as a share of the learning rate.
    pub floor: f64,
}

impl Default for Plateau {
    fn default() -> Self {
        // Keras's defaults but for the patience of 10 epochs, which is as long as many a training here.
        Self { factor: 0.1, patience: 3, least: 1e-4, floor: 0.0 }
    }
}

/// What a training has to remember of its validation losses.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// The lowest loss so far.
    pub best: Option<f64>,
    /// Epochs since.
    pub waited: u64,
    /// What the falls so far multiply the learning rate by.
    pub factor: f64,
}

impl Default for Watch {
    fn default() -> Self {
        Self { best: None, waited: 0, factor: 1.0 }
    }
}

impl Knobs for Plateau {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { factor, patience, least, floor } = self;
        visitor.float("factor", factor, Knob::log(0.001, 1.0, "What each fall multiplies by").live());
        visitor.int(
            "patience",
            patience,
            Knob::range(1, 100, "Epochs without a better validation loss before a fall")
                .unit("epochs")
                .live(),
        );
        visitor.float(
            "least",
            least,
            Knob::log(0.0, 1.0, "How much lower a validation loss must be to count as better").live(),
        );
        visitor.float(
            "floor",
            floor,
            Knob::range(0.0, 1.0, "Share of the learning rate that is left at the end").live(),
        );
    }
}

impl Plateau {
    /// Takes in the validation loss after an epoch.
    pub fn see(&self, loss: f64, watch: &mut Watch) {
        // A loss that is no number is never better.
        if watch.best.is_none_or(|best| loss < best - self.least) {
            (watch.best, watch.waited) = (Some(loss), 0);
            return;
        }
        watch.waited += 1;
        if watch.waited >= self.patience {
            watch.factor = (watch.factor * self.factor).max(self.floor);
            watch.waited = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_falls_after_its_patience_and_not_below_its_floor() {
        let plateau = Plateau { factor: 0.5, patience: 2, least: 0.01, floor: 0.2 };
        let mut watch = Watch::default();
        let factors: Vec<f64> = [1.0, 0.9, 0.895, 0.95, 0.8, 0.8, f64::NAN, 0.8, 0.8, 0.1]
            .into_iter()
            .map(|loss| {
                plateau.see(loss, &mut watch);
                watch.factor
            })
            .collect();
        assert_eq!(factors, [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2]);
    }
}
