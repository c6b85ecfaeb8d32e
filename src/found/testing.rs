//! Digits to test with.

use super::Found;
use crate::data::Area;
use crate::data::random::Stream;

/// A digit of that confidence in a box of x, y, width and height.
pub fn found(digit: u8, confidence: f32, [x, y, w, h]: [f32; 4]) -> Found {
    let mut probabilities = [0.0; 10];
    probabilities[usize::from(digit)] = 1.0;
    Found { digit, confidence, probabilities, area: Area { x, y, w, h }, vote: None }
}

/// So many digits anywhere on a picture of 200 pixels.
pub fn scattered(stream: &mut Stream, n: usize) -> Vec<Found> {
    let mut one = |_| {
        let h = stream.between(8.0, 60.0);
        let area = [stream.between(0.0, 200.0), stream.between(0.0, 200.0), h * stream.between(0.2, 0.9), h];
        found(stream.below(10) as u8, stream.between(0.05, 1.0), area)
    };
    (0..n).map(&mut one).collect()
}

/// Digits in a row: each so wide and high, so far from centre to centre, the row turned by degrees about its first.
pub fn row(text: &str, start: [f32; 2], [w, h]: [f32; 2], pitch: f32, degrees: f32) -> Vec<Found> {
    let (sin, cos) = degrees.to_radians().sin_cos();
    text.bytes()
        .enumerate()
        .map(|(i, digit)| {
            let far = i as f32 * pitch;
            let (x, y) = (start[0] + far * cos, start[1] + far * sin);
            found(digit - b'0', 0.9, [x - w / 2.0, y - h / 2.0, w, h])
        })
        .collect()
}
