//! Outlines and how they are moved: polygons, and maps from one plane to another in perspective.

use super::super::marks::Area;
use ab_glyph::{OutlineCurve, Point, point};
use std::f32::consts::TAU;

/// Closed polygons that together are one shape; holes run the other way round.
#[derive(Clone, Debug, Default)]
pub(super) struct Outline {
    pub(super) polygons: Vec<Vec<Point>>,
}

impl Outline {
    pub(super) fn polygon(points: Vec<Point>) -> Self {
        Self { polygons: vec![points] }
    }

    pub(super) fn rectangle(area: Area) -> Self {
        let Area { x, y, .. } = area;
        let (right, bottom) = (area.right(), area.bottom());
        Self::polygon(vec![point(x, y), point(right, y), point(right, bottom), point(x, bottom)])
    }

    /// A rectangle with round corners.
    pub(super) fn rounded(area: Area, radius: f32) -> Self {
        let radius = radius.min(area.w / 2.0).min(area.h / 2.0);
        if radius <= 0.0 {
            return Self::rectangle(area);
        }
        let corners = [
            (area.right() - radius, area.y + radius, -0.25),
            (area.right() - radius, area.bottom() - radius, 0.0),
            (area.x + radius, area.bottom() - radius, 0.25),
            (area.x + radius, area.y + radius, 0.5),
        ];
        let points = corners.iter().flat_map(|(x, y, from)| {
            (0..=6).map(move |step| {
                let (sin, cos) = ((from + step as f32 / 24.0) * TAU).sin_cos();
                point(x + radius * cos, y + radius * sin)
            })
        });
        Self::polygon(points.collect())
    }

    /// An ellipse; the more points, the rounder.
    pub(super) fn ellipse(center: Point, rx: f32, ry: f32, n: usize) -> Self {
        let points = (0..n).map(|step| {
            let (sin, cos) = (step as f32 / n as f32 * TAU).sin_cos();
            point(center.x + rx * cos, center.y + ry * sin)
        });
        Self::polygon(points.collect())
    }

    /// The outline of curves as a font has them, in straight pieces.
    pub(super) fn from_curves(curves: &[OutlineCurve], to: impl Fn(Point) -> Point) -> Self {
        let mut polygons: Vec<Vec<Point>> = Vec::new();
        let mut last = None;
        for curve in curves {
            let (first, end) = match *curve {
                OutlineCurve::Line(a, b) => (a, b),
                OutlineCurve::Quad(a, _, c) => (a, c),
                OutlineCurve::Cubic(a, _, _, d) => (a, d),
            };
            if last != Some(first) || polygons.is_empty() {
                polygons.push(vec![to(first)]);
            }
            last = Some(end);
            let Some(polygon) = polygons.last_mut() else { continue };
            match *curve {
                OutlineCurve::Line(_, b) => polygon.push(to(b)),
                OutlineCurve::Quad(a, b, c) => {
                    // Six pieces: a circle of eight such curves is round to a thousandth.
                    polygon.extend((1..=6).map(|i| {
                        let t = i as f32 / 6.0;
                        to(mix(mix(a, b, t), mix(b, c, t), t))
                    }));
                }
                OutlineCurve::Cubic(a, b, c, d) => polygon.extend((1..=8).map(|i| {
                    let t = i as f32 / 8.0;
                    let (ab, bc, cd) = (mix(a, b, t), mix(b, c, t), mix(c, d, t));
                    to(mix(mix(ab, bc, t), mix(bc, cd, t), t))
                })),
            }
        }
        Self { polygons }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.polygons.is_empty()
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.polygons.extend_from_slice(&other.polygons);
    }

    /// Adds the other one as a hole.
    pub(super) fn add_hole(&mut self, hole: &Self) {
        self.polygons.extend(hole.polygons.iter().map(|polygon| polygon.iter().rev().copied().collect()));
    }

    pub(super) fn moved(&self, to: impl Fn(Point) -> Point) -> Self {
        let polygons = self.polygons.iter().map(|polygon| polygon.iter().map(|p| to(*p)).collect());
        Self { polygons: polygons.collect() }
    }

    pub(super) fn shifted(&self, x: f32, y: f32) -> Self {
        self.moved(|p| point(p.x + x, p.y + y))
    }

    /// The smallest upright rectangle around all points.
    pub(super) fn bounds(&self) -> Option<Area> {
        let mut points = self.polygons.iter().flatten();
        let first = points.next()?;
        let (mut min, mut max) = (*first, *first);
        for p in points {
            min = point(min.x.min(p.x), min.y.min(p.y));
            max = point(max.x.max(p.x), max.y.max(p.y));
        }
        Some(Area { x: min.x, y: min.y, w: max.x - min.x, h: max.y - min.y })
    }

    /// Whether a point lies inside.
    pub(super) fn contains(&self, p: Point) -> bool {
        let mut winding = 0;
        for polygon in &self.polygons {
            let next = polygon.iter().cycle().skip(1);
            for (a, b) in polygon.iter().zip(next) {
                if (a.y <= p.y) != (b.y <= p.y) {
                    let x = a.x + (p.y - a.y) / (b.y - a.y) * (b.x - a.x);
                    if x > p.x {
                        winding += if b.y > a.y { 1 } else { -1 };
                    }
                }
            }
        }
        winding != 0
    }

    /// Bolder (or, for a negative distance, thinner): every edge moved outwards.
    pub(super) fn grown(&self, by: f32) -> Self {
        // Holes run against the rest, so that one direction is outwards for both.
        let area: f32 = self.polygons.iter().map(|polygon| signed_area(polygon)).sum();
        let by = if area < 0.0 { -by } else { by };
        let polygons = self.polygons.iter().map(|polygon| {
            let mut points: Vec<Point> = polygon.clone();
            points.dedup_by(|a, b| (a.x - b.x).abs() + (a.y - b.y).abs() < 1e-6);
            if points.len() > 1 && points.first() == points.last() {
                points.pop();
            }
            let n = points.len();
            (0..n)
                .map(|i| {
                    let (before, here, after) = (points[(i + n - 1) % n], points[i], points[(i + 1) % n]);
                    let (one, other) = (outwards(before, here), outwards(here, after));
                    let sum = one + other;
                    // Sharp corners would fly off without a bound.
                    let stretch = (2.0 / (sum.x * sum.x + sum.y * sum.y).max(0.5)).min(2.0);
                    point(here.x + sum.x * stretch * by, here.y + sum.y * stretch * by)
                })
                .collect()
        });
        Self { polygons: polygons.collect() }
    }
}

/// Between two points.
pub(super) fn mix(a: Point, b: Point, t: f32) -> Point {
    point(a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t)
}

fn signed_area(polygon: &[Point]) -> f32 {
    let next = polygon.iter().cycle().skip(1);
    polygon.iter().zip(next).map(|(a, b)| a.x * b.y - b.x * a.y).sum::<f32>() / 2.0
}

/// The direction to the outside of an edge of a polygon of positive area, of length one.
fn outwards(a: Point, b: Point) -> Point {
    let (x, y) = (b.x - a.x, b.y - a.y);
    let length = (x * x + y * y).sqrt().max(1e-9);
    point(y / length, -x / length)
}

/// A map from plane to plane that keeps straight lines straight.
#[derive(Clone, Copy, Debug)]
pub(super) struct Map {
    /// Row after row of a 3 x 3 matrix for (x, y, 1).
    pub(super) m: [f32; 9],
}

impl Map {
    pub(super) const SAME: Self = Self { m: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0] };

    pub(super) fn shift(x: f32, y: f32) -> Self {
        Self { m: [1.0, 0.0, x, 0.0, 1.0, y, 0.0, 0.0, 1.0] }
    }

    pub(super) fn scale(x: f32, y: f32) -> Self {
        Self { m: [x, 0.0, 0.0, 0.0, y, 0.0, 0.0, 0.0, 1.0] }
    }

    /// Turned by an angle in radians, clockwise as seen.
    pub(super) fn turn(angle: f32) -> Self {
        let (sin, cos) = angle.sin_cos();
        Self { m: [cos, -sin, 0.0, sin, cos, 0.0, 0.0, 0.0, 1.0] }
    }

    /// The top leans to the right by so much of its height.
    pub(super) fn shear(by: f32) -> Self {
        Self { m: [1.0, -by, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0] }
    }

    /// How a wall is seen by a camera before its middle: turned to the side (`yaw`), up or down (`pitch`) and in
    /// itself (`roll`), all in radians, from `distance` pixels away. The middle stays where it is, in its size.
    pub(super) fn seen(yaw: f32, pitch: f32, roll: f32, distance: f32) -> Self {
        let ((sy, cy), (sp, cp)) = (yaw.sin_cos(), pitch.sin_cos());
        // The wall's axes in space after yaw and pitch; the camera divides by the depth.
        let turned = Self { m: [cy, 0.0, 0.0, sp * sy, cp, 0.0, -cp * sy / distance, sp / distance, 1.0] };
        turned.after(&Self::turn(roll))
    }

    /// First `first`, then this one.
    pub(super) fn after(&self, first: &Self) -> Self {
        let (a, b) = (&self.m, &first.m);
        let m = std::array::from_fn(|at| {
            let (row, column) = (at / 3 * 3, at % 3);
            a[row] * b[column] + a[row + 1] * b[3 + column] + a[row + 2] * b[6 + column]
        });
        Self { m }
    }

    pub(super) fn at(&self, p: Point) -> Point {
        let m = &self.m;
        let depth = (m[6] * p.x + m[7] * p.y + m[8]).max(1e-3);
        point((m[0] * p.x + m[1] * p.y + m[2]) / depth, (m[3] * p.x + m[4] * p.y + m[5]) / depth)
    }

    /// The way back; of a map that flattens everything, some map.
    pub(super) fn back(&self) -> Self {
        let m = &self.m;
        let minor = |a: usize, b: usize, c: usize, d: usize| m[a] * m[d] - m[b] * m[c];
        let all = [
            minor(4, 5, 7, 8),
            minor(2, 1, 8, 7),
            minor(1, 2, 4, 5),
            minor(5, 3, 8, 6),
            minor(0, 2, 6, 8),
            minor(2, 0, 5, 3),
            minor(3, 4, 6, 7),
            minor(1, 0, 7, 6),
            minor(0, 1, 3, 4),
        ];
        let determinant = m[0] * all[0] + m[1] * all[3] + m[2] * all[6];
        let by = if determinant.abs() > 1e-12 { 1.0 / determinant } else { 1.0 };
        Self { m: all.map(|minor| minor * by) }
    }

    /// How long a pixel of the source is near a point, the geometric mean over both directions.
    pub(super) fn scale_at(&self, p: Point) -> f32 {
        let (here, x, y) = (self.at(p), self.at(point(p.x + 1.0, p.y)), self.at(point(p.x, p.y + 1.0)));
        let (a, b) = (x - here, y - here);
        (a.x * b.y - a.y * b.x).abs().sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: Point, b: Point) -> bool {
        (a.x - b.x).abs() < 1e-2 && (a.y - b.y).abs() < 1e-2
    }

    #[test]
    fn there_and_back_is_the_same() {
        let map = Map::shift(160.0, 100.0)
            .after(&Map::seen(0.5, -0.3, 0.2, 500.0))
            .after(&Map::scale(30.0, 40.0))
            .after(&Map::shear(0.2));
        for p in [point(0.0, 0.0), point(1.5, -2.0), point(-3.0, 1.0)] {
            assert!(near(map.back().at(map.at(p)), p), "{:?} {p:?}", map.back().at(map.at(p)));
        }
        // The middle stays, and what is on the side that is turned away is smaller.
        let seen = Map::seen(0.5, 0.0, 0.0, 300.0);
        assert!(near(seen.at(point(0.0, 0.0)), point(0.0, 0.0)));
        let (near_side, far_side) = (seen.scale_at(point(100.0, 0.0)), seen.scale_at(point(-100.0, 0.0)));
        assert!(near_side > far_side, "{near_side} {far_side}");
    }

    #[test]
    fn growing_moves_edges_and_not_middles() {
        let square = Outline::rectangle(Area { x: 0.0, y: 0.0, w: 10.0, h: 10.0 });
        let mut ring = square;
        ring.add_hole(&Outline::rectangle(Area { x: 3.0, y: 3.0, w: 4.0, h: 4.0 }));
        let grown = ring.grown(0.5);
        assert_eq!(grown.bounds(), Some(Area { x: -0.5, y: -0.5, w: 11.0, h: 11.0 }));
        let hole = Outline::polygon(grown.polygons[1].clone()).bounds().expect("it has points");
        assert!((hole.w - 3.0).abs() < 1e-5, "holes shrink: {hole:?}");
        assert!(
            ring.contains(point(1.0, 5.0))
                && !ring.contains(point(5.0, 5.0))
                && !ring.contains(point(11.0, 5.0))
        );
    }
}
