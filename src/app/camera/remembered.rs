//! What the Camera page remembers until it is opened again.

use crate::camera::Origin;
use crate::work::live::Model;
use serde::{Deserialize, Serialize};

/// What is remembered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Remembered {
    /// The source that was read last.
    pub origin: Option<Origin>,
    /// The model that reads.
    pub model: Model,
    /// Least confidence of a digit; `None` for what was chosen for the model. Not called `confidence`, under which older
    /// programs wrote what nobody had chosen.
    pub least: Option<f32>,
    /// Most that boxes of two digits may share.
    pub overlap: f32,
    /// At most so many frames a second.
    pub rate: Option<f32>,
    /// How long each picture of a folder is shown, in seconds.
    pub hold_secs: f32,
    /// Whether the picture is shown mirrored.
    pub mirror: bool,
    /// Whether numbers are followed from frame to frame.
    pub follows: bool,
}

impl Default for Remembered {
    fn default() -> Self {
        Self {
            origin: None,
            model: Model::default(),
            least: None,
            overlap: 0.45,
            rate: None,
            hold_secs: 3.0,
            mirror: false,
            follows: true,
        }
    }
}

impl Remembered {
    /// A file can hold anything: what could not be used is put right.
    pub fn sane(mut self) -> Self {
        let within = |value: f32, least: f32, most: f32, usual: f32| {
            if value.is_finite() { value.clamp(least, most) } else { usual }
        };
        self.least = self.least.filter(|least| least.is_finite()).map(|least| least.clamp(0.01, 0.99));
        self.overlap = within(self.overlap, 0.05, 0.95, 0.45);
        self.hold_secs = within(self.hold_secs, 0.016, 60.0, 3.0);
        self.rate = self.rate.map(|rate| within(rate, 0.2, 120.0, 30.0));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_damaged_file_says_is_put_right() {
        let odd =
            Remembered { hold_secs: f32::NAN, rate: Some(-1.0), least: Some(7.0), ..Remembered::default() };
        let sane = odd.sane();
        assert_eq!((sane.hold_secs, sane.rate, sane.least), (3.0, Some(0.2), Some(0.99)));
    }
}
