//! A frame that was read: the picture, the numbers on it, and how long everything took.

use super::reads::Glimpse;
use crate::found::track::Track;
use image::RgbImage;
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long each stage took, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Times {
    /// The source's bytes into a picture.
    pub decode: f32,
    /// The picture into what the model takes.
    pub prepare: f32,
    /// The model itself.
    pub model: f32,
    /// Digits into numbers, and these followed.
    pub group: f32,
}

impl Times {
    /// All of them together.
    pub fn total(&self) -> f32 {
        self.decode + self.prepare + self.model + self.group
    }
}

/// Milliseconds.
pub fn ms(duration: Duration) -> f32 {
    duration.as_secs_f32() * 1000.0
}

/// How fast it goes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    /// Frames a second that the source gives.
    pub source: f32,
    /// Frames a second that are read.
    pub read: f32,
    /// Milliseconds from the frame to its boxes: the middle one and the 99th of a hundred of the last frames.
    pub latency: [f32; 2],
    /// Frames that were not read, since newer ones came.
    pub n_lost: u64,
}

/// A frame that was read.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Counts the source's frames.
    pub frame: u64,
    /// Its file, where each frame has one.
    pub name: String,
    /// The picture.
    pub picture: Arc<RgbImage>,
    /// The same, small enough to be shown.
    pub shown: Arc<RgbImage>,
    /// The numbers, in pixels of the picture.
    pub numbers: Vec<Track>,
    /// What the model saw of each digit or number.
    pub glimpses: Vec<Glimpse>,
    /// How long each stage took.
    pub times: Times,
    /// How fast it goes.
    pub rates: Rates,
    /// Milliseconds from the frame to its boxes.
    pub latency: f32,
    /// When the frame was taken.
    pub taken: Instant,
    /// Whether it was read again, with other settings.
    pub is_again: bool,
}
