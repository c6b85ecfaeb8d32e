//! The characters that sequences are made of: their ink's box, and each turned, slanted and stretched a little.

use super::super::random::Stream;

/// Turns, slants and stretches; strength 1 is what reads MNIST best when single digits are learned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Warp {
    /// From a place in the new picture to one in the old, both from the middle: rows of a matrix.
    matrix: [f32; 4],
}

impl Warp {
    /// Draws one: turned by 10 degrees, slanted by 0.15 and stretched by a tenth at most, times `strength`.
    pub fn draw(stream: &mut Stream, strength: f32) -> Self {
        let mut within = |most: f32| stream.between(-most, most) * strength;
        let (sin, cos) = within(10.0_f32.to_radians()).sin_cos();
        let (slant, wide, high) = (within(0.15), 1.0 + within(0.1), 1.0 + within(0.1));
        Self { matrix: [cos / wide, (sin + slant) / wide, -sin / high, cos / high] }
    }

    /// A square picture so changed, about its middle, between pixels by straight lines; what comes from outside is black.
    pub fn apply(self, from: &[u8], side: usize, to: &mut Vec<u8>) {
        let [xx, xy, yx, yy] = self.matrix;
        let middle = (side as f32 - 1.0) / 2.0;
        let at = |x: i32, y: i32| {
            let inside = (0..side as i32).contains(&x) && (0..side as i32).contains(&y);
            if inside { f32::from(from[y as usize * side + x as usize]) } else { 0.0 }
        };
        to.clear();
        for row in 0..side {
            for column in 0..side {
                let (dx, dy) = (column as f32 - middle, row as f32 - middle);
                let (x, y) = (xx * dx + xy * dy + middle, yx * dx + yy * dy + middle);
                let (left, top) = (x.floor(), y.floor());
                let (right_share, low_share) = (x - left, y - top);
                let (left, top) = (left as i32, top as i32);
                let upper = at(left, top) * (1.0 - right_share) + at(left + 1, top) * right_share;
                let lower = at(left, top + 1) * (1.0 - right_share) + at(left + 1, top + 1) * right_share;
                to.push((upper * (1.0 - low_share) + lower * low_share).round() as u8);
            }
        }
    }
}

/// Left, top, right and bottom (both exclusive) of what is not black; all zero for a black picture.
pub fn ink(pixels: &[u8], width: usize) -> [u8; 4] {
    let (mut left, mut right, mut top, mut bottom) = (width, 0, usize::MAX, 0);
    for (y, row) in pixels.chunks_exact(width.max(1)).enumerate() {
        let Some(first) = row.iter().position(|pixel| *pixel > 0) else { continue };
        let last = row.iter().rposition(|pixel| *pixel > 0).unwrap_or(first);
        (left, right) = (left.min(first), right.max(last + 1));
        (top, bottom) = (top.min(y), y + 1);
    }
    if bottom == 0 { [0; 4] } else { [left, top, right, bottom].map(|side| side as u8) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ink_is_found_and_black_has_none() {
        let pixels = [0, 0, 0, 0, 0, 7, 1, 0, 0, 9, 0, 0];
        assert_eq!(ink(&pixels, 4), [1, 1, 3, 3]);
        assert_eq!(ink(&[0; 12], 4), [0; 4]);
    }

    #[test]
    fn no_strength_changes_nothing_and_some_keeps_the_ink() {
        let from: Vec<u8> = (0..784_u32).map(|i| if (i % 28).abs_diff(14) < 3 { 200 } else { 0 }).collect();
        let mut to = Vec::new();
        Warp::draw(&mut Stream::new("test", 1, 2, 3), 0.0).apply(&from, 28, &mut to);
        assert_eq!(to, from);
        let sum = |pixels: &[u8]| pixels.iter().map(|pixel| f64::from(*pixel)).sum::<f64>();
        for i in 0..20 {
            Warp::draw(&mut Stream::new("test", 1, 2, i), 1.0).apply(&from, 28, &mut to);
            assert!(to != from && (0.75..1.25).contains(&(sum(&to) / sum(&from))), "{i}");
        }
    }
}
