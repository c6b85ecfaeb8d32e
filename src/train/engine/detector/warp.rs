//! A picture painted into a rectangle of a view through an affine map, with the pixels of a smaller copy where it is made
//! much smaller.

use super::tone::Tone;
use crate::data::Area;
use crate::data::random::Stream;

/// An affine map of the plane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// `x' = a x + b y + c`.
    x: [f32; 3],
    /// `y' = d x + e y + f`.
    y: [f32; 3],
}

impl Affine {
    /// Puts `middle` at `to`, scaled, then shorn, then turned around it.
    pub fn about(middle: [f32; 2], to: [f32; 2], angle: f32, lean: f32, [sx, sy]: [f32; 2]) -> Self {
        let ((sin, cos), lean) = (angle.sin_cos(), lean.tan());
        let (a, b) = (cos * sx, (cos * lean - sin) * sy);
        let (d, e) = (sin * sx, (sin * lean + cos) * sy);
        Self {
            x: [a, b, to[0] - a * middle[0] - b * middle[1]],
            y: [d, e, to[1] - d * middle[0] - e * middle[1]],
        }
    }

    /// Where a point comes to.
    pub fn at(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        [self.x[0] * x + self.x[1] * y + self.x[2], self.y[0] * x + self.y[1] * y + self.y[2]]
    }

    /// The way back.
    pub fn inverse(&self) -> Self {
        let ([a, b, c], [d, e, f]) = (self.x, self.y);
        let by = 1.0 / (a * e - b * d);
        let (a, b, d, e) = (e * by, -b * by, -d * by, a * by);
        Self { x: [a, b, -(a * c + b * f)], y: [d, e, -(d * c + e * f)] }
    }

    /// How much larger things become.
    pub fn scale(&self) -> f32 {
        (self.x[0] * self.y[1] - self.x[1] * self.y[0]).abs().sqrt()
    }

    /// The box of what fills a box: between that of the turned rectangle and that of the turned ellipse in it, since
    /// digits have round corners.
    pub fn moved(&self, area: &Area) -> Area {
        let [x, y] = self.at([area.x + area.w / 2.0, area.y + area.h / 2.0]);
        let half = |[along, across, _]: [f32; 3]| {
            let (along, across) = (along * area.w / 2.0, across * area.h / 2.0);
            0.5 * (along.abs() + across.abs()) + 0.5 * along.hypot(across)
        };
        let (w, h) = (half(self.x), half(self.y));
        Area { x: x - w, y: y - h, w: 2.0 * w, h: 2.0 * h }
    }
}

/// What is beside a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ground {
    /// Its rim goes on.
    Edge,
    /// One grey.
    Grey(f32),
}

/// A grey picture of which a part is seen.
pub struct Source<'a> {
    /// Row after row.
    pub pixels: &'a [u8],
    /// Columns and rows.
    pub size: [usize; 2],
    /// What is seen of it.
    pub seen: Area,
}

impl Source<'_> {
    /// Paints a rectangle (left, top, columns, rows) of a view of so many columns.
    #[expect(clippy::too_many_arguments, reason = "where from, how, and where to are three things each")]
    pub fn paint(
        &self,
        map: &Affine,
        ground: Ground,
        tone: &Tone,
        draw: &mut Stream,
        out: &mut [u8],
        side: usize,
        [left, top, columns, rows]: [usize; 4],
    ) {
        let (small, size, halvings) = self.smaller(map.scale());
        let by = 1.0 / (1 << halvings) as f32;
        let back = map.inverse();
        let frame = {
            let Area { x, y, .. } = self.seen;
            let most = |n: usize| n as f32 - 1.0;
            let low = [x * by, y * by];
            let high = [self.seen.right() * by - 1.0, self.seen.bottom() * by - 1.0];
            [
                (low[0].min(most(size[0])), high[0].clamp(low[0].min(most(size[0])), most(size[0]))),
                (low[1].min(most(size[1])), high[1].clamp(low[1].min(most(size[1])), most(size[1]))),
            ]
        };
        let mut tile = vec![0.0_f32; columns * rows];
        for (row, line) in tile.chunks_exact_mut(columns).enumerate() {
            let y = row as f32 + 0.5;
            for (column, pixel) in line.iter_mut().enumerate() {
                let [x, y] = back.at([column as f32 + 0.5, y]);
                let (x, y) = (x * by - 0.5, y * by - 0.5);
                let beside = x < frame[0].0 - 0.5
                    || y < frame[1].0 - 0.5
                    || x > frame[0].1 + 0.5
                    || y > frame[1].1 + 0.5;
                *pixel = match ground {
                    Ground::Grey(grey) if beside => grey,
                    _ => between(
                        &small,
                        size,
                        x.clamp(frame[0].0, frame[0].1),
                        y.clamp(frame[1].0, frame[1].1),
                    ),
                };
            }
        }
        tone.apply(&mut tile, [columns, rows], draw);
        for (line, row) in tile.chunks_exact(columns).zip(top..) {
            let to = &mut out[row * side + left..][..columns];
            to.iter_mut().zip(line).for_each(|(to, from)| *to = (from + 0.5).clamp(0.0, 255.0) as u8);
        }
    }

    /// The picture halved until a step of a view's pixel is less than two of its own.
    fn smaller(&self, scale: f32) -> (Vec<f32>, [usize; 2], u32) {
        let mut pixels: Vec<f32> = self.pixels.iter().map(|pixel| f32::from(*pixel)).collect();
        let (mut size, mut scale, mut halvings) = (self.size, scale, 0);
        while scale < 0.7 && size[0] > 3 && size[1] > 3 {
            let [w, h] = [size[0] / 2, size[1] / 2];
            let mut half = Vec::with_capacity(w * h);
            for y in 0..h {
                let upper = &pixels[2 * y * size[0]..][..size[0]];
                let lower = &pixels[(2 * y + 1) * size[0]..][..size[0]];
                let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
                half.extend(pairs.map(|(a, b)| 0.25 * (a[0] + a[1] + b[0] + b[1])));
            }
            (pixels, size, scale, halvings) = (half, [w, h], scale * 2.0, halvings + 1);
        }
        (pixels, size, halvings)
    }
}

/// Between four pixels; the place lies within the picture.
fn between(pixels: &[f32], [width, height]: [usize; 2], x: f32, y: f32) -> f32 {
    let (column, row) = ((x as usize).min(width - 1), (y as usize).min(height - 1));
    let (right, below) = ((column + 1).min(width - 1), (row + 1).min(height - 1));
    let (fx, fy) = (x - column as f32, y - row as f32);
    let upper = pixels[row * width + column] * (1.0 - fx) + pixels[row * width + right] * fx;
    let lower = pixels[below * width + column] * (1.0 - fx) + pixels[below * width + right] * fx;
    upper * (1.0 - fy) + lower * fy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_is_where_one_was() {
        let map = Affine::about([10.0, 20.0], [50.0, 40.0], 0.3, 0.1, [1.5, 0.8]);
        let [x, y] = map.at([10.0, 20.0]);
        assert!((x - 50.0).abs() < 1e-4 && (y - 40.0).abs() < 1e-4);
        let back = map.inverse().at(map.at([3.0, 4.0]));
        assert!((back[0] - 3.0).abs() < 1e-3 && (back[1] - 4.0).abs() < 1e-3);
        assert!((map.scale() - 1.2_f32.sqrt()).abs() < 1e-4);
    }

    #[test]
    fn boxes_go_with_the_pixels() {
        // A light block on black, painted at half size and elsewhere, is where its box is.
        let mut pixels = vec![0_u8; 64 * 64];
        let area = Area { x: 20.0, y: 12.0, w: 16.0, h: 24.0 };
        for y in 12..36 {
            pixels[y * 64 + 20..][..16].fill(255);
        }
        for (scale, angle) in [(0.5, 0.0), (1.25, 0.0), (0.25, 0.0), (1.0, std::f32::consts::FRAC_PI_2)] {
            let map = Affine::about([28.0, 24.0], [30.0, 26.0], angle, 0.0, [scale, scale]);
            let seen = Area { x: 0.0, y: 0.0, w: 64.0, h: 64.0 };
            let source = Source { pixels: &pixels, size: [64, 64], seen };
            let mut out = vec![0; 64 * 64];
            let draw = &mut Stream::new("test", 0, 0, 0);
            source.paint(&map, Ground::Grey(0.0), &Tone::default(), draw, &mut out, 64, [0, 0, 64, 64]);
            let lit: Vec<(f32, f32)> = (0..64 * 64)
                .filter(|at| out[*at] > 127)
                .map(|at| ((at % 64) as f32, (at / 64) as f32))
                .collect();
            let least = |of: &dyn Fn(&(f32, f32)) -> f32| lit.iter().map(of).fold(f32::MAX, f32::min);
            let most = |of: &dyn Fn(&(f32, f32)) -> f32| lit.iter().map(of).fold(f32::MIN, f32::max) + 1.0;
            let (x, y) = (least(&|p| p.0), least(&|p| p.1));
            let found = Area { x, y, w: most(&|p| p.0) - x, h: most(&|p| p.1) - y };
            let moved = map.moved(&area);
            assert!(moved.iou(&found) > 0.85, "{scale} {angle}: {moved:?} {found:?}");
        }
    }
}
