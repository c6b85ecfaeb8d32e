//! A frame that was read, to test with.

use super::{Rates, Seen, Times};
use crate::data::Area;
use crate::found::track::Track;
use crate::found::{Found, Number, Thresholds};
use image::RgbImage;
use std::sync::Arc;
use std::time::Instant;

/// Frame 7 of a source of 160 x 120 with one number.
pub(crate) fn seen(text: &str, track: u64, stability: f32, name: &str) -> Seen {
    let picture = Arc::new(RgbImage::from_pixel(160, 120, image::Rgb([90, 100, 110])));
    let digits: Vec<Found> = text
        .bytes()
        .enumerate()
        .map(|(i, digit)| {
            let mut scores = [0.0; 10];
            scores[usize::from(digit - b'0')] = 0.96;
            Found::new(scores, Area { x: 20.0 + 14.0 * i as f32, y: 40.0, w: 12.0, h: 24.0 }, None)
        })
        .collect();
    let number =
        Number::of(digits, 0.0, &Thresholds::default()).map(|number| Number { confidence: 0.9, ..number });
    let track = number.map(|number| Track { id: track, number, stability, n_frames: 9, is_seen: true });
    Seen {
        frame: 7,
        name: name.to_owned(),
        shown: Arc::clone(&picture),
        picture,
        numbers: track.into_iter().collect(),
        glimpses: Vec::new(),
        times: Times::default(),
        rates: Rates::default(),
        latency: 12.5,
        taken: Instant::now(),
        is_again: false,
    }
}
