//! How frames are read: with which model, how sure it must be, which part of the picture, how often.

use crate::reader::Steps;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// Which model reads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// The one that comes with the program.
    #[default]
    Shipped,
    /// A model file.
    File(PathBuf),
}

/// A part of the picture as shares of its sides, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Columns.
    pub w: f32,
    /// Rows.
    pub h: f32,
}

impl Part {
    /// Between two corners in any order, inside of the picture; `None` for next to nothing.
    pub fn between(a: [f32; 2], b: [f32; 2]) -> Option<Self> {
        let span = |a: f32, b: f32| (a.min(b).clamp(0.0, 1.0), a.max(b).clamp(0.0, 1.0));
        let ((left, right), (top, bottom)) = (span(a[0], b[0]), span(a[1], b[1]));
        let part = Self { x: left, y: top, w: right - left, h: bottom - top };
        (part.w > 0.02 && part.h > 0.02).then_some(part)
    }

    /// Whole pixels of it on a picture: x, y, width and height, at least one each.
    pub fn pixels(&self, width: u32, height: u32) -> [u32; 4] {
        let span = |from: f32, share: f32, side: u32| {
            let side = side.max(1) as f32;
            // A file may say anything.
            let (from, share) = if (from + share).is_finite() { (from, share) } else { (0.0, 1.0) };
            let first = (from.clamp(0.0, 1.0) * side).floor().min(side - 1.0);
            let last = ((from + share).clamp(0.0, 1.0) * side).ceil().clamp(first + 1.0, side);
            (first as u32, (last - first) as u32)
        };
        let ((x, w), (y, h)) = (span(self.x, self.w, width), span(self.y, self.h, height));
        [x, y, w, h]
    }
}

/// How frames are read.
#[derive(Clone, Debug, PartialEq)]
pub struct How {
    /// Which model reads.
    pub model: Model,
    /// Least confidence of a digit, 0 to 1; `None` for what was chosen for the model.
    pub confidence: Option<f32>,
    /// Two boxes that share more of their union than this are the same digit, 0 to 1.
    pub overlap: f32,
    /// Only this part is read.
    pub part: Option<Part>,
    /// At most so many frames a second; `None` for as many as can be.
    pub rate: Option<f32>,
    /// How a picture of a digit is prepared.
    pub steps: Steps,
    /// How long each picture of a folder is shown.
    pub hold: Duration,
    /// Whether numbers are followed from frame to frame.
    pub follows: bool,
    /// Whether the frame shown stays.
    pub is_frozen: bool,
}

impl How {
    /// Whether the same is read of a frame, whenever it comes and however long it stays.
    pub fn reads_as(&self, other: &Self) -> bool {
        let Self { rate, hold, is_frozen, .. } = *other;
        Self { rate, hold, is_frozen, ..self.clone() } == *other
    }
}

impl Default for How {
    fn default() -> Self {
        Self {
            model: Model::default(),
            confidence: None,
            overlap: 0.45,
            part: None,
            rate: None,
            steps: Steps::default(),
            hold: Duration::from_secs(3),
            follows: true,
            is_frozen: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_that_is_kept_is_not_read_anew() {
        let how = How::default();
        assert!(how.reads_as(&How { is_frozen: true, rate: Some(3.0), hold: Duration::ZERO, ..how.clone() }));
        assert!(!how.reads_as(&How { overlap: 0.9, ..how.clone() }));
        assert!(!how.reads_as(&How { model: Model::File("a".into()), is_frozen: true, ..how.clone() }));
    }

    #[test]
    fn parts_lie_inside_of_the_picture() {
        let part = Part::between([0.75, 1.5], [0.25, 0.5]).expect("it is large");
        assert_eq!(part, Part { x: 0.25, y: 0.5, w: 0.5, h: 0.5 });
        assert_eq!(part.pixels(640, 480), [160, 240, 320, 240]);
        assert_eq!(part.pixels(1, 1), [0, 0, 1, 1]);
        assert_eq!(part.pixels(0, 3), [0, 1, 1, 2]);
        assert_eq!(Part::between([0.5, 0.5], [0.51, 0.9]), None);
        let damaged = Part { x: 3.0, y: f32::NAN, w: 9.0, h: -1.0 };
        let [x, y, w, h] = damaged.pixels(10, 10);
        assert!(x + w <= 10 && y + h <= 10 && w > 0 && h > 0);
    }
}
