//! The skeletons of the digits: strokes without width in a square from (0, 0), top left, to (1, 1), in several
//! variants each, drawn with rulers and curves or by a hand.

use super::chance::{bell, pick};
use crate::data::random::Stream;
use ab_glyph::{Point, point};

/// A line without corners that a pen draws in one go.
pub(super) type Stroke = Vec<Point>;

/// How round and how wide a design is, the same for all its digits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Design {
    /// Exponent of ellipses: 2 is round, more is squarer.
    pub(super) square: f32,
    /// Height of the middle of 3, 5 and 8, as a share from the top.
    pub(super) waist: f32,
    /// Which variant of each digit.
    pub(super) variants: [u8; 10],
}

impl Design {
    pub(super) fn some(stream: &mut Stream) -> Self {
        Self {
            square: *pick(stream, &[2.0, 2.0, 2.2, 2.5, 3.0, 4.0]),
            waist: stream.between(0.42, 0.52),
            variants: std::array::from_fn(|digit| {
                // The usual form more often than the others.
                let n = N_VARIANTS[digit];
                if stream.chance(0.35) { 0 } else { stream.below(u32::from(n)) as u8 }
            }),
        }
    }
}

/// Variants of each digit.
const N_VARIANTS: [u8; 10] = [3, 4, 4, 4, 5, 3, 4, 5, 4, 5];

/// Draws lines and arcs one after the other.
struct Path {
    strokes: Vec<Stroke>,
    square: f32,
}

impl Path {
    fn new(square: f32) -> Self {
        Self { strokes: Vec::new(), square }
    }

    /// Straight lines with corners between them.
    fn lines(mut self, points: &[(f32, f32)]) -> Self {
        for pair in points.windows(2) {
            self.strokes.push(pair.iter().map(|(x, y)| point(*x, *y)).collect());
        }
        self
    }

    /// A part of an ellipse around a point, from one angle to another in degrees: 0 is right, 90 is down.
    fn arc(mut self, center: (f32, f32), radius: (f32, f32), from: f32, to: f32) -> Self {
        let points = arc(self.square, center, radius, from, to);
        self.strokes.push(points);
        self
    }

    /// A smooth line through points.
    fn curve(mut self, points: &[(f32, f32)]) -> Self {
        self.strokes.push(spline(points));
        self
    }

    /// An arc that goes on as a smooth line, or the other way round: joins the last two strokes into one.
    fn joined(mut self) -> Self {
        if let (Some(last), Some(before)) = (self.strokes.pop(), self.strokes.last_mut()) {
            before.extend(last.into_iter().skip(1));
        }
        self
    }
}

fn arc(square: f32, center: (f32, f32), radius: (f32, f32), from: f32, to: f32) -> Stroke {
    let n = ((to - from).abs() / 12.0).ceil().max(2.0) as usize;
    let power = 2.0 / square;
    (0..=n)
        .map(|i| {
            let (sin, cos) = (from + (to - from) * i as f32 / n as f32).to_radians().sin_cos();
            let bent = |v: f32| v.abs().powf(power) * v.signum();
            point(center.0 + radius.0 * bent(cos), center.1 + radius.1 * bent(sin))
        })
        .collect()
}

/// A smooth line through all points (Catmull and Rom, 1974).
pub(super) fn spline(points: &[(f32, f32)]) -> Stroke {
    let n = points.len();
    let at = |i: usize| point(points[i].0, points[i].1);
    let mut line = vec![at(0)];
    for i in 0..n - 1 {
        let (a, b, c, d) = (at(i.saturating_sub(1)), at(i), at(i + 1), at((i + 2).min(n - 1)));
        for step in 1..=6 {
            let t = step as f32 / 6.0;
            let blend = |a: f32, b: f32, c: f32, d: f32| {
                0.5 * (2.0 * b
                    + (c - a) * t
                    + (2.0 * a - 5.0 * b + 4.0 * c - d) * t * t
                    + (3.0 * b - a - 3.0 * c + d) * t * t * t)
            };
            line.push(point(blend(a.x, b.x, c.x, d.x), blend(a.y, b.y, c.y, d.y)));
        }
    }
    line
}

/// The strokes of a digit; a variant beyond the last is the last.
pub(super) fn digit(digit: u8, design: &Design) -> Vec<Stroke> {
    let variant = design.variants[usize::from(digit)];
    let path = Path::new(design.square);
    let path = match digit {
        0 => zero(path, variant),
        1 => one(path, variant),
        2 => two(path, variant),
        3 => three(path, variant, design.waist),
        4 => four(path, variant),
        5 => five(path, variant, design.waist),
        6 => six(path, variant),
        7 => seven(path, variant),
        8 => eight(path, variant, design.waist),
        _ => nine(path, variant),
    };
    path.strokes
}

fn zero(path: Path, variant: u8) -> Path {
    match variant {
        0 => path.arc((0.5, 0.5), (0.5, 0.5), -90.0, 270.0),
        1 => path.arc((0.5, 0.5), (0.42, 0.5), -120.0, 240.0),
        // Not quite closed, or overlapping, as hands do it.
        _ => path.curve(&[
            (0.6, 0.02),
            (0.25, 0.08),
            (0.02, 0.5),
            (0.3, 0.97),
            (0.75, 0.93),
            (0.98, 0.5),
            (0.75, 0.08),
            (0.42, 0.0),
        ]),
    }
}

fn one(path: Path, variant: u8) -> Path {
    match variant {
        0 => path.lines(&[(0.12, 0.28), (0.6, 0.0), (0.6, 1.0)]),
        1 => path.lines(&[(0.5, 0.0), (0.5, 1.0)]),
        2 => path.lines(&[(0.15, 0.24), (0.52, 0.0), (0.52, 1.0)]).lines(&[(0.12, 1.0), (0.92, 1.0)]),
        // The long upstroke that some countries write.
        _ => path.lines(&[(0.0, 0.5), (0.62, 0.0), (0.58, 1.0)]),
    }
}

fn two(path: Path, variant: u8) -> Path {
    match variant {
        0 => path
            .arc((0.49, 0.28), (0.47, 0.28), 190.0, 380.0)
            .curve(&[(0.93, 0.37), (0.7, 0.62), (0.02, 1.0)])
            .joined()
            .lines(&[(0.02, 1.0), (1.0, 1.0)]),
        1 => path
            .curve(&[(0.05, 0.25), (0.3, 0.0), (0.78, 0.06), (0.9, 0.32), (0.6, 0.65), (0.05, 1.0)])
            .curve(&[(0.05, 1.0), (0.4, 0.93), (0.7, 1.0), (1.0, 0.95)]),
        // With a loop at the foot.
        2 => path.curve(&[
            (0.08, 0.22),
            (0.35, 0.0),
            (0.8, 0.08),
            (0.86, 0.33),
            (0.6, 0.66),
            (0.25, 0.95),
            (0.05, 0.92),
            (0.15, 0.78),
            (0.45, 0.88),
            (0.75, 1.0),
            (1.0, 0.9),
        ]),
        _ => path
            .lines(&[(0.05, 0.12), (0.35, 0.0)])
            .curve(&[(0.35, 0.0), (0.85, 0.05), (0.85, 0.35), (0.0, 1.0)])
            .lines(&[(0.0, 1.0), (0.98, 1.0)]),
    }
}

fn three(path: Path, variant: u8, waist: f32) -> Path {
    let (upper, lower) = (waist / 2.0, (1.0 - waist) / 2.0);
    match variant {
        0 => path.arc((0.46, upper), (0.42, upper), 205.0, 450.0).arc(
            (0.46, waist + lower),
            (0.5, lower),
            270.0,
            515.0,
        ),
        // With a flat top.
        1 => path.lines(&[(0.05, 0.0), (0.92, 0.0), (0.42, 0.4)]).arc((0.42, 0.7), (0.54, 0.3), 270.0, 515.0),
        2 => path.curve(&[(0.08, 0.12), (0.45, 0.0), (0.85, 0.18), (0.7, 0.4), (0.35, 0.48)]).curve(&[
            (0.35, 0.48),
            (0.8, 0.55),
            (0.95, 0.78),
            (0.55, 1.0),
            (0.05, 0.9),
        ]),
        _ => path.curve(&[
            (0.1, 0.08),
            (0.6, 0.0),
            (0.85, 0.2),
            (0.5, 0.44),
            (0.42, 0.49),
            (0.55, 0.5),
            (0.95, 0.72),
            (0.6, 1.0),
            (0.0, 0.95),
        ]),
    }
}

fn four(path: Path, variant: u8) -> Path {
    match variant {
        0 => path.lines(&[(0.74, 1.0), (0.74, 0.0), (0.0, 0.7), (1.0, 0.7)]),
        // Open on top.
        1 => path.lines(&[(0.3, 0.0), (0.02, 0.62), (1.0, 0.62)]).lines(&[(0.72, 0.3), (0.72, 1.0)]),
        2 => path.lines(&[(0.12, 0.0), (0.08, 0.52), (0.88, 0.52)]).lines(&[(0.88, 0.0), (0.84, 1.0)]),
        3 => path.lines(&[(0.45, 0.0), (0.0, 0.66), (0.98, 0.64)]).lines(&[(0.7, 0.4), (0.6, 1.0)]),
        _ => path
            .curve(&[(0.2, 0.02), (0.1, 0.4), (0.3, 0.56), (0.85, 0.48)])
            .lines(&[(0.9, 0.05), (0.72, 1.0)]),
    }
}

fn five(path: Path, variant: u8, waist: f32) -> Path {
    match variant {
        0 => path.lines(&[(0.9, 0.0), (0.16, 0.0), (0.09, waist)]).arc(
            (0.45, 0.69),
            (0.53, 0.31),
            225.0,
            512.0,
        ),
        1 => path.lines(&[(0.95, 0.02), (0.3, 0.0)]).curve(&[
            (0.3, 0.0),
            (0.18, 0.42),
            (0.6, 0.4),
            (0.95, 0.68),
            (0.6, 0.98),
            (0.02, 0.93),
        ]),
        // In one go.
        _ => path.curve(&[
            (0.98, 0.0),
            (0.6, 0.05),
            (0.28, 0.05),
            (0.2, 0.25),
            (0.3, 0.42),
            (0.75, 0.5),
            (0.92, 0.75),
            (0.5, 1.0),
            (0.0, 0.92),
        ]),
    }
}

fn six(path: Path, variant: u8) -> Path {
    match variant {
        0 => path
            .curve(&[(0.86, 0.05), (0.45, 0.03), (0.06, 0.4), (0.02, 0.68)])
            .arc((0.5, 0.68), (0.48, 0.32), 180.0, -180.0)
            .joined(),
        1 => path
            .curve(&[(0.7, 0.0), (0.3, 0.35), (0.04, 0.66)])
            .arc((0.5, 0.69), (0.47, 0.31), 190.0, -170.0)
            .joined(),
        2 => path.curve(&[
            (0.65, 0.0),
            (0.2, 0.35),
            (0.03, 0.7),
            (0.35, 1.0),
            (0.8, 0.88),
            (0.85, 0.6),
            (0.5, 0.5),
            (0.15, 0.68),
            (0.12, 0.8),
        ]),
        _ => path.curve(&[
            (0.9, 0.12),
            (0.55, 0.0),
            (0.15, 0.2),
            (0.02, 0.62),
            (0.25, 0.97),
            (0.75, 0.97),
            (0.97, 0.68),
            (0.7, 0.42),
            (0.3, 0.45),
            (0.06, 0.65),
        ]),
    }
}

fn seven(path: Path, variant: u8) -> Path {
    match variant {
        0 => path.lines(&[(0.0, 0.0), (1.0, 0.0), (0.35, 1.0)]),
        1 => path.lines(&[(0.02, 0.0), (0.98, 0.0)]).curve(&[(0.98, 0.0), (0.6, 0.42), (0.4, 1.0)]),
        // Crossed.
        2 => path.lines(&[(0.0, 0.03), (0.95, 0.0), (0.35, 1.0)]).lines(&[(0.22, 0.5), (0.9, 0.47)]),
        3 => path.lines(&[(0.02, 0.16), (0.02, 0.0), (0.98, 0.0), (0.4, 1.0)]),
        _ => path
            .curve(&[(0.02, 0.14), (0.15, 0.02), (0.5, 0.08), (0.98, 0.0)])
            .curve(&[(0.98, 0.0), (0.6, 0.45), (0.45, 1.0)])
            .lines(&[(0.3, 0.52), (0.85, 0.5)]),
    }
}

fn eight(path: Path, variant: u8, waist: f32) -> Path {
    let (upper, lower) = (waist / 2.0, (1.0 - waist) / 2.0);
    match variant {
        0 => path.arc((0.5, upper), (0.42, upper), 90.0, 450.0).arc(
            (0.5, waist + lower),
            (0.5, lower),
            -90.0,
            270.0,
        ),
        // In one go.
        1 => path.curve(&[
            (0.85, 0.14),
            (0.5, 0.0),
            (0.13, 0.2),
            (0.5, 0.47),
            (0.92, 0.74),
            (0.5, 1.0),
            (0.08, 0.76),
            (0.5, 0.47),
            (0.86, 0.22),
            (0.8, 0.08),
        ]),
        2 => path.curve(&[
            (0.5, 0.02),
            (0.15, 0.2),
            (0.45, 0.45),
            (0.9, 0.75),
            (0.45, 1.0),
            (0.1, 0.75),
            (0.55, 0.42),
            (0.82, 0.18),
            (0.55, 0.02),
        ]),
        _ => path.arc((0.5, 0.25), (0.5, 0.25), 80.0, 440.0).arc((0.5, 0.75), (0.5, 0.25), -90.0, 270.0),
    }
}

fn nine(path: Path, variant: u8) -> Path {
    match variant {
        0 => path
            .arc((0.5, 0.32), (0.48, 0.32), 0.0, -360.0)
            .curve(&[(0.98, 0.32), (0.93, 0.62), (0.55, 0.97), (0.14, 0.95)])
            .joined(),
        1 => path.arc((0.48, 0.29), (0.45, 0.29), 0.0, -360.0).lines(&[(0.94, 0.05), (0.9, 1.0)]),
        2 => path
            .arc((0.5, 0.31), (0.47, 0.31), 10.0, -350.0)
            .curve(&[(0.96, 0.36), (0.7, 0.68), (0.32, 1.0)])
            .joined(),
        3 => path.curve(&[
            (0.85, 0.2),
            (0.5, 0.0),
            (0.1, 0.22),
            (0.35, 0.5),
            (0.8, 0.35),
            (0.88, 0.1),
            (0.85, 0.5),
            (0.78, 1.0),
        ]),
        _ => path.curve(&[
            (0.92, 0.12),
            (0.4, 0.0),
            (0.05, 0.28),
            (0.4, 0.52),
            (0.88, 0.3),
            (0.92, 0.12),
            (0.92, 0.6),
            (0.7, 0.95),
            (0.2, 0.9),
        ]),
    }
}

/// How far hands stray from a skeleton.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hand {
    /// Of whole digits: stretched, leaning, turned.
    pub(super) loose: f32,
    /// Along a stroke, as a share of the digit's height.
    pub(super) tremble: f32,
}

/// The strokes as a hand draws them: never the same twice.
pub(super) fn by_hand(strokes: &[Stroke], hand: Hand, stream: &mut Stream) -> Vec<Stroke> {
    let Hand { loose, tremble } = hand;
    let lean = bell(stream) * 0.12 * loose;
    let turn = bell(stream) * 0.06 * loose;
    let (wide, high) = (1.0 + bell(stream) * 0.10 * loose, 1.0 + bell(stream) * 0.06 * loose);
    // Two slow waves over the digit bend all strokes alike.
    let mut wave = || {
        let turns = stream.between(0.5, 1.6) * std::f32::consts::TAU;
        let (sin, cos) = stream.between(0.0, std::f32::consts::TAU).sin_cos();
        (bell(stream) * 0.05 * loose, turns * cos, turns * sin, stream.between(0.0, 6.0))
    };
    let (wave_x, wave_y) = (wave(), wave());
    let bent = |(strength, x, y, phase): (f32, f32, f32, f32), p: Point| {
        strength * (x * p.x + y * p.y + phase).sin()
    };
    strokes
        .iter()
        .map(|stroke| {
            // Ends miss their mark a little.
            let mut off = || point(bell(stream) * 0.025 * loose, bell(stream) * 0.02 * loose);
            let (first, last) = (off(), off());
            let n = (stroke.len() - 1).max(1) as f32;
            // Long straight lines are bent too, so they need points in between.
            let fine = if stroke.len() == 2 {
                spline(&[(stroke[0].x, stroke[0].y), (stroke[1].x, stroke[1].y)])
            } else {
                stroke.clone()
            };
            let (mut drift_x, mut drift_y) = (0.0, 0.0);
            let n_fine = (fine.len() - 1).max(1) as f32;
            fine.iter()
                .enumerate()
                .map(|(i, p)| {
                    let share = i as f32 / n_fine.max(n);
                    drift_x = 0.8 * drift_x + bell(stream) * tremble;
                    drift_y = 0.8 * drift_y + bell(stream) * tremble;
                    let x = (p.x - 0.5) * wide + bent(wave_x, *p) + first.x * (1.0 - share) + last.x * share;
                    let y = (p.y - 0.5) * high + bent(wave_y, *p) + first.y * (1.0 - share) + last.y * share;
                    point(x - lean * y - turn * y + 0.5 + drift_x, y + turn * x + 0.5 + drift_y)
                })
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variant_fills_its_square() {
        let mut stream = Stream::new("test", 0, 0, 0);
        for which in 0..10_u8 {
            for variant in 0..N_VARIANTS[usize::from(which)] {
                let design = Design { square: 2.0, waist: 0.46, variants: [variant; 10] };
                let strokes = digit(which, &design);
                let points: Vec<Point> = strokes.iter().flatten().copied().collect();
                let y = |f: fn(f32, f32) -> f32, start| points.iter().map(|p| p.y).fold(start, f);
                assert!((-0.06..0.06).contains(&y(f32::min, 9.0)), "{which} {variant}");
                assert!((0.94..1.06).contains(&y(f32::max, -9.0)), "{which} {variant}");
                assert!(points.iter().all(|p| (-0.1..1.1).contains(&p.x)), "{which} {variant}");
                let drawn = by_hand(&strokes, Hand { loose: 1.0, tremble: 0.004 }, &mut stream);
                assert_eq!(drawn.len(), strokes.len());
                assert!(
                    drawn.iter().flatten().all(|p| (-0.6..1.6).contains(&p.x) && (-0.6..1.6).contains(&p.y))
                );
            }
        }
    }
}
