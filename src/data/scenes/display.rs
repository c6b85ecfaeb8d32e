//! Digits of displays: seven segments, and dots.

use super::chance::pick;
use super::geometry::Outline;
use super::typeface::Glyph;
use crate::data::Area;
use crate::data::random::Stream;
use ab_glyph::{Point, point};

/// Segments of each digit: top, upper right, lower right, bottom, lower left, upper left, middle from the lowest bit.
const SEGMENTS: [u8; 10] = [0x3f, 0x06, 0x5b, 0x4f, 0x66, 0x6d, 0x7d, 0x07, 0x7f, 0x6f];

/// The rows of each digit, 5 dots wide; the leftmost dot is the highest bit.
const DOTS: [[u8; 7]; 10] = [
    [14, 17, 17, 17, 17, 17, 14],
    [4, 12, 4, 4, 4, 4, 14],
    [14, 17, 1, 2, 4, 8, 31],
    [31, 2, 4, 2, 1, 17, 14],
    [2, 6, 10, 18, 31, 2, 2],
    [31, 16, 30, 1, 1, 17, 14],
    [6, 8, 16, 30, 17, 17, 14],
    [31, 1, 2, 4, 8, 8, 8],
    [14, 17, 17, 14, 17, 17, 14],
    [14, 17, 17, 15, 1, 2, 12],
];

/// The ten digits in seven segments, and what the segments that are dark look like.
pub(super) fn seven_segments(stream: &mut Stream) -> ([Glyph; 10], Glyph) {
    let width = stream.between(0.45, 0.62);
    let thick = stream.between(0.09, 0.17);
    let gap = stream.between(0.005, 0.03);
    let lean = if stream.chance(0.6) { stream.between(0.05, 0.16) } else { 0.0 };
    let blunt = stream.chance(0.3);
    // The tails of 6, 9 and the hook of 7 are a matter of taste.
    let mut segments = SEGMENTS;
    if stream.chance(0.2) {
        segments[6] &= !0x01;
        segments[9] &= !0x08;
    }
    if stream.chance(0.25) {
        segments[7] |= 0x20;
    }
    let half = thick / 2.0;
    let corner =
        |column: f32, row: f32| point(half + column * (width - thick), half + row * (1.0 - thick) / 2.0);
    let ends = [
        (corner(0.0, 0.0), corner(1.0, 0.0)),
        (corner(1.0, 0.0), corner(1.0, 1.0)),
        (corner(1.0, 1.0), corner(1.0, 2.0)),
        (corner(0.0, 2.0), corner(1.0, 2.0)),
        (corner(0.0, 1.0), corner(0.0, 2.0)),
        (corner(0.0, 0.0), corner(0.0, 1.0)),
        (corner(0.0, 1.0), corner(1.0, 1.0)),
    ];
    let some = |which: u8| {
        let mut ink = Outline::default();
        for (_, (a, b)) in ends.iter().enumerate().filter(|(i, _)| which >> i & 1 == 1) {
            ink.polygons.push(segment(*a, *b, half, gap, blunt));
        }
        Glyph {
            ink: ink.moved(|p| point(p.x - lean * (p.y - 1.0), p.y - 1.0)),
            advance: width + thick * 1.6,
            ..Glyph::default()
        }
    };
    (segments.map(some), some(0x7f))
}

fn segment(a: Point, b: Point, half: f32, gap: f32, blunt: bool) -> Vec<Point> {
    let across = a.y == b.y;
    let tip = if blunt { half * 0.35 } else { half };
    let (along, side) = if across { ((1.0, 0.0), (0.0, 1.0)) } else { ((0.0, 1.0), (1.0, 0.0)) };
    let at = |p: Point, far: f32, off: f32| {
        point(p.x + along.0 * far + side.0 * off * half, p.y + along.1 * far + side.1 * off * half)
    };
    let mut points = vec![
        at(a, gap, 0.0),
        at(a, gap + tip, -1.0),
        at(b, -gap - tip, -1.0),
        at(b, -gap, 0.0),
        at(b, -gap - tip, 1.0),
        at(a, gap + tip, 1.0),
    ];
    if !across {
        points.reverse();
    }
    points
}

/// The ten digits as dots; tests have square ones.
pub(super) fn dots(square: bool, stream: &mut Stream) -> [Glyph; 10] {
    let fill = *pick(stream, &[0.36, 0.42, 0.46, 0.5]);
    let width = stream.between(0.85, 1.1);
    DOTS.map(|rows| {
        let mut ink = Outline::default();
        for (y, row) in rows.iter().enumerate() {
            for x in (0..5).filter(|x| row >> (4 - x) & 1 == 1) {
                let center = point((x as f32 + 0.5) / 7.0 * width, (y as f32 + 0.5) / 7.0 - 1.0);
                let radius = fill / 7.0;
                let dot = if square {
                    Outline::rectangle(Area {
                        x: center.x - radius * width,
                        y: center.y - radius,
                        w: 2.0 * radius * width,
                        h: 2.0 * radius,
                    })
                } else {
                    Outline::ellipse(center, radius * width, radius, 10)
                };
                ink.add(&dot);
            }
        }
        Glyph { ink, advance: width * 6.0 / 7.0, ..Glyph::default() }
    })
}

#[cfg(test)]
mod tests {
    use super::super::raster::Mask;
    use super::*;

    #[test]
    fn digits_are_as_large_as_they_say() {
        let mut stream = Stream::new("test", 0, 0, 0);
        let (lit, all) = seven_segments(&mut stream);
        let size = |glyph: &Glyph| {
            let ink = glyph.ink.moved(|p| point(p.x * 100.0 + 50.0, p.y * 100.0 + 150.0));
            Mask::fill(&ink, [300, 300], 0, 0).size()
        };
        assert!((size(&lit[8]) - size(&all)).abs() < 1.0);
        assert!(size(&lit[1]) < size(&lit[7]) + 1.0 && size(&lit[7]) < size(&lit[0]));
        for glyph in lit.iter().chain(&dots(false, &mut stream)) {
            let area = glyph.ink.bounds().expect("it has points");
            assert!(area.y >= -1.01 && area.bottom() <= 0.01 && area.h > 0.6, "{area:?}");
        }
    }
}
