//! Pens, brushes and markers: strokes with width, as outlines.

use super::chance::bell;
use super::geometry::Outline;
use super::skeleton::Stroke;
use crate::data::random::Stream;
use ab_glyph::{Point, point};

/// What a stroke is drawn with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pen {
    /// Of a stroke in the middle of its range, as a share of the digit's height.
    pub(super) width: f32,
    /// How much width changes along a stroke, 0 to 1: pressure.
    pub(super) pressure: f32,
    /// Ends run out into a point, 0 to 1.
    pub(super) taper: f32,
    /// A flat nib: width depends on the direction of the stroke, by so much (0 to 0.9).
    pub(super) flat: f32,
    /// Direction of the flat nib in radians.
    pub(super) angle: f32,
    /// Ends are round.
    pub(super) round: bool,
}

impl Pen {
    /// The same width everywhere.
    pub(super) fn even(width: f32, round: bool) -> Self {
        Self { width, pressure: 0.0, taper: 0.0, flat: 0.0, angle: 0.0, round }
    }

    /// The outline of strokes that were placed where they are to be, with a digit's height of one.
    pub(super) fn draw(&self, strokes: &[Stroke], stream: &mut Stream) -> Outline {
        let mut outline = Outline::default();
        for stroke in strokes {
            self.ribbon(stroke, stream, &mut outline);
        }
        outline
    }

    fn ribbon(&self, stroke: &Stroke, stream: &mut Stream, outline: &mut Outline) {
        let n = stroke.len();
        if n < 2 {
            return;
        }
        let (mut left, mut right) = (Vec::with_capacity(2 * n), Vec::with_capacity(n));
        let mut pressure = bell(stream) * 0.5;
        let mut ends = [(stroke[0], 0.0), (stroke[n - 1], 0.0)];
        let closed = distance(stroke[0], stroke[n - 1]) < 1e-3;
        for i in 0..n {
            let (before, after) = match (i, closed) {
                (0, true) => (stroke[n - 2], stroke[1]),
                (i, true) if i == n - 1 => (stroke[n - 2], stroke[1]),
                _ => (stroke[i.saturating_sub(1)], stroke[(i + 1).min(n - 1)]),
            };
            let (dx, dy) = (after.x - before.x, after.y - before.y);
            let length = (dx * dx + dy * dy).sqrt().max(1e-6);
            let (nx, ny) = (-dy / length, dx / length);
            pressure = 0.85 * pressure + 0.3 * bell(stream);
            let share = i as f32 / (n - 1) as f32;
            let to_end = (4.0 * share.min(1.0 - share)).min(1.0);
            let across = (nx * self.angle.cos() + ny * self.angle.sin()).abs();
            let width = self.width
                * (1.0 + self.pressure * 0.5 * pressure).max(0.3)
                * (1.0 - self.taper * (1.0 - to_end))
                * (1.0 - self.flat * (1.0 - across));
            let half = width / 2.0;
            let p = stroke[i];
            left.push(point(p.x + nx * half, p.y + ny * half));
            right.push(point(p.x - nx * half, p.y - ny * half));
            if i == 0 {
                ends[0].1 = half;
            }
            if i == n - 1 {
                ends[1].1 = half;
            }
        }
        left.extend(right.into_iter().rev());
        outline.polygons.push(oriented(left));
        if self.round && !closed {
            for (center, radius) in ends {
                outline.polygons.push(oriented(circle(center, radius)));
            }
        } else if !closed {
            // Corners between strokes that meet must be filled even where ends are cut straight.
            for (center, radius) in ends {
                outline.polygons.push(oriented(circle(center, radius * 0.99)));
            }
        }
    }
}

fn circle(center: Point, radius: f32) -> Vec<Point> {
    let mut polygons = Outline::ellipse(center, radius, radius, 14).polygons;
    polygons.pop().unwrap_or_default()
}

fn distance(a: Point, b: Point) -> f32 {
    (a.x - b.x).hypot(a.y - b.y)
}

/// Polygons that overlap must run the same way round, or they would cut holes into each other.
fn oriented(mut polygon: Vec<Point>) -> Vec<Point> {
    let next = polygon.iter().cycle().skip(1);
    let area: f32 = polygon.iter().zip(next).map(|(a, b)| a.x * b.y - b.x * a.y).sum();
    if area < 0.0 {
        polygon.reverse();
    }
    polygon
}
