//! One curve: the values of a metric over a training.

/// One value of a curve, with every x axis it can be drawn over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Steps done.
    pub step: u64,
    /// Epochs done, with fraction.
    pub epoch: f64,
    /// Seconds spent training, without pauses.
    pub trained_secs: f64,
    /// Seconds since 1970.
    pub at: f64,
    /// The value, which may be NaN.
    pub value: f64,
}

/// The values of a metric over a training, by step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    points: Vec<Point>,
}

impl Series {
    /// All of them, as they were measured.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// The latest.
    pub fn last(&self) -> Option<&Point> {
        self.points.last()
    }

    pub(super) fn push(&mut self, point: Point) {
        self.points.push(point);
    }

    /// Forgets what was measured after `step`.
    pub(super) fn truncate_after(&mut self, step: u64) {
        self.points.retain(|p| p.step <= step);
    }
}
