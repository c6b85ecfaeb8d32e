//! Outlines made into pixels: how much of each pixel a shape covers, and what can be done with such a mask.

use super::geometry::Outline;
use ab_glyph::Point;

/// How much of each pixel is covered, 0 to 1, on a rectangle of the picture; nothing is covered outside of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Mask {
    /// Left column in the picture; may be negative.
    pub(super) x: i32,
    /// Top row.
    pub(super) y: i32,
    pub(super) w: usize,
    pub(super) h: usize,
    pub(super) cover: Vec<f32>,
}

impl Mask {
    /// The shape where it lies on a picture of that size or at most `margin` pixels beside it; `around` empty pixels
    /// are left on each side, for blurring.
    pub(super) fn fill(outline: &Outline, size: [usize; 2], margin: i32, around: i32) -> Self {
        let Some(bounds) = outline.bounds() else { return Self::default() };
        let clip = |low: f32, high: f32, side: usize| {
            let low = (low.max(-1e6).floor() as i32 - around).max(-margin);
            let high = (high.min(1e6).ceil() as i32 + around).min(side as i32 + margin);
            (low, (high - low).max(0) as usize)
        };
        let (x, w) = clip(bounds.x, bounds.right(), size[0]);
        let (y, h) = clip(bounds.y, bounds.bottom(), size[1]);
        if w == 0 || h == 0 {
            return Self::default();
        }
        // Two more in each row take what falls on the right edge.
        let stride = w + 2;
        let mut sums = vec![0.0; stride * h];
        for polygon in &outline.polygons {
            let Some(mut last) = polygon.last().copied() else { continue };
            for p in polygon {
                edge(&mut sums, w, h, shifted(last, x, y), shifted(*p, x, y));
                last = *p;
            }
        }
        let mut cover = vec![0.0; w * h];
        for (row, sums) in cover.chunks_exact_mut(w).zip(sums.chunks_exact(stride)) {
            let mut sum = 0.0;
            for (pixel, change) in row.iter_mut().zip(sums) {
                sum += change;
                *pixel = f32::abs(sum).min(1.0);
            }
        }
        Self { x, y, w, h, cover }
    }

    /// Covered square pixels.
    pub(super) fn size(&self) -> f32 {
        self.cover.iter().sum()
    }

    /// Takes away what the other one covers.
    pub(super) fn minus(&mut self, other: &Self) {
        let left = self.x.max(other.x);
        let right = (self.x + self.w as i32).min(other.x + other.w as i32);
        let top = self.y.max(other.y);
        let bottom = (self.y + self.h as i32).min(other.y + other.h as i32);
        for y in top..bottom {
            let own = (y - self.y) as usize * self.w;
            let others = (y - other.y) as usize * other.w;
            for x in left..right {
                let covered = other.cover[others + (x - other.x) as usize];
                self.cover[own + (x - self.x) as usize] *= 1.0 - covered;
            }
        }
    }

    /// The value of a pixel of the picture.
    pub(super) fn at(&self, x: i32, y: i32) -> f32 {
        let (x, y) = (x - self.x, y - self.y);
        if x < 0 || y < 0 || x >= self.w as i32 || y >= self.h as i32 {
            return 0.0;
        }
        self.cover[y as usize * self.w + x as usize]
    }

    pub(super) fn blur(&mut self, sigma: f32, scratch: &mut Vec<f32>) {
        blur(&mut self.cover, self.w, self.h, sigma, scratch);
    }
}

fn shifted(p: Point, x: i32, y: i32) -> (f32, f32) {
    (p.x - x as f32, p.y - y as f32)
}

/// Adds an edge of a polygon: the change of the covered area from each pixel to the next in its row (as in font-rs,
/// R. Levien, "Inside the fastest font renderer in the world", 2016).
fn edge(sums: &mut [f32], w: usize, h: usize, from: (f32, f32), to: (f32, f32)) {
    if from.1 == to.1 || !(from.0 + to.0 + from.1 + to.1).is_finite() {
        return;
    }
    let (sign, (x0, y0), (x1, y1)) = if from.1 < to.1 { (1.0, from, to) } else { (-1.0, to, from) };
    let slope = (x1 - x0) / (y1 - y0);
    let (top, bottom) = (y0.max(0.0), y1.min(h as f32));
    if top >= bottom {
        return;
    }
    let stride = w + 2;
    let right = w as f32;
    for row in top as usize..(bottom.ceil() as usize).min(h) {
        let (a, b) = ((row as f32).max(top), (row as f32 + 1.0).min(bottom));
        let height = (b - a) * sign;
        if height == 0.0 {
            continue;
        }
        // Beyond an edge of the mask it is as if on the edge: exact but for the one pixel that it leaves through.
        let (xa, xb) = (x0 + (a - y0) * slope, x0 + (b - y0) * slope);
        let (low, high) = if xa < xb { (xa, xb) } else { (xb, xa) };
        let (low, high) = (low.clamp(0.0, right), high.clamp(0.0, right));
        let line = &mut sums[row * stride..(row + 1) * stride];
        let first = low as usize;
        let last = high as usize;
        if first == last {
            let share = (low + high) / 2.0 - first as f32;
            line[first] += height * (1.0 - share);
            line[first + 1] += height * share;
            continue;
        }
        let per_column = height / (high - low);
        for (column, cell) in line.iter_mut().enumerate().take(last + 2).skip(first) {
            // What this column and the one before get: the covered area is a ramp between `low` and `high`.
            *cell += per_column * (ramp(column as f32 + 1.0, low, high) - ramp(column as f32, low, high))
                - per_column * (ramp(column as f32, low, high) - ramp(column as f32 - 1.0, low, high));
        }
    }
}

/// The area left of `at` under the line that rises from `low` to `high` by one each column.
fn ramp(at: f32, low: f32, high: f32) -> f32 {
    let inside = at.clamp(low, high) - low;
    inside * inside / 2.0 + (at - high).max(0.0) * (high - low)
}

/// Blurs a plane of `w` x `h` as a bell of that standard deviation in pixels does; edges are continued outwards.
pub(super) fn blur(plane: &mut [f32], w: usize, h: usize, sigma: f32, scratch: &mut Vec<f32>) {
    if sigma < 0.2 || w == 0 || h == 0 {
        return;
    }
    scratch.clear();
    scratch.resize(w * h, 0.0);
    if sigma < 1.6 {
        let radius = (sigma * 2.5).ceil() as usize;
        let mut taps: Vec<f32> =
            (0..=radius).map(|i| (-(i as f32 * i as f32) / (2.0 * sigma * sigma)).exp()).collect();
        let sum = taps[0] + 2.0 * taps[1..].iter().sum::<f32>();
        taps.iter_mut().for_each(|tap| *tap /= sum);
        rows_by_taps(plane, scratch, w, &taps);
        columns_by_taps(scratch, plane, w, h, &taps);
        return;
    }
    // Three boxes one after the other are nearly a bell (Wells, "Efficient synthesis of Gaussian filters", 1986).
    let radius = (((4.0 * sigma * sigma + 1.0).sqrt() - 1.0) / 2.0).round().max(1.0) as usize;
    for _ in 0..3 {
        rows_by_box(plane, scratch, w, radius);
        columns_by_box(scratch, plane, w, h, radius);
    }
}

fn rows_by_taps(from: &[f32], to: &mut [f32], w: usize, taps: &[f32]) {
    for (from, to) in from.chunks_exact(w).zip(to.chunks_exact_mut(w)) {
        for (pixel, out) in from.iter().zip(to.iter_mut()) {
            *out = pixel * taps[0];
        }
        for (i, tap) in taps.iter().enumerate().skip(1) {
            let i = i.min(w);
            for x in 0..i {
                to[x] += from[0] * tap;
                to[w - 1 - x] += from[w - 1] * tap;
            }
            for (out, pixel) in to[i..].iter_mut().zip(from) {
                *out += pixel * tap;
            }
            for (out, pixel) in to.iter_mut().zip(&from[i..]) {
                *out += pixel * tap;
            }
        }
    }
}

fn columns_by_taps(from: &[f32], to: &mut [f32], w: usize, h: usize, taps: &[f32]) {
    for (y, out) in to.chunks_exact_mut(w).enumerate() {
        out.iter_mut().zip(&from[y * w..]).for_each(|(out, pixel)| *out = pixel * taps[0]);
        for (i, tap) in taps.iter().enumerate().skip(1) {
            let (above, below) = (y.saturating_sub(i), (y + i).min(h - 1));
            let (above, below) = (&from[above * w..][..w], &from[below * w..][..w]);
            for ((out, a), b) in out.iter_mut().zip(above).zip(below) {
                *out += (a + b) * tap;
            }
        }
    }
}

fn rows_by_box(from: &[f32], to: &mut [f32], w: usize, radius: usize) {
    let by = 1.0 / (2 * radius + 1) as f32;
    for (from, to) in from.chunks_exact(w).zip(to.chunks_exact_mut(w)) {
        let at = |x: isize| from[x.clamp(0, w as isize - 1) as usize];
        let radius = radius as isize;
        let mut sum: f32 = (-radius..=radius).map(at).sum();
        for (x, out) in to.iter_mut().enumerate() {
            *out = sum * by;
            let x = x as isize;
            sum += at(x + radius + 1) - at(x - radius);
        }
    }
}

fn columns_by_box(from: &[f32], to: &mut [f32], w: usize, h: usize, radius: usize) {
    let by = 1.0 / (2 * radius + 1) as f32;
    let row = |y: isize| &from[y.clamp(0, h as isize - 1) as usize * w..][..w];
    let mut sums = vec![0.0; w];
    let radius = radius as isize;
    for y in -radius..=radius {
        sums.iter_mut().zip(row(y)).for_each(|(sum, pixel)| *sum += pixel);
    }
    for (y, out) in to.chunks_exact_mut(w).enumerate() {
        let y = y as isize;
        for (((out, sum), enters), leaves) in
            out.iter_mut().zip(&mut sums).zip(row(y + radius + 1)).zip(row(y - radius))
        {
            *out = *sum * by;
            *sum += enters - leaves;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::marks::Area;
    use super::*;
    use ab_glyph::point;

    #[test]
    fn coverage_is_the_area() {
        let shape = Outline::rectangle(Area { x: 1.25, y: 2.5, w: 4.5, h: 3.0 });
        let mask = Mask::fill(&shape, [20, 20], 0, 1);
        assert!((mask.size() - 13.5).abs() < 1e-4, "{}", mask.size());
        assert!((mask.at(1, 3) - 0.75).abs() < 1e-5 && (mask.at(2, 2) - 0.5).abs() < 1e-5);
        assert_eq!((mask.at(0, 3), mask.at(6, 3), mask.at(-5, 50)), (0.0, 0.0, 0.0));

        let slanted = Outline::polygon(vec![point(2.0, 1.0), point(15.3, 4.0), point(9.0, 17.7)]);
        let area = 0.5_f32 * ((15.3 - 2.0) * (17.7 - 1.0) - (9.0 - 2.0) * (4.0 - 1.0));
        assert!((Mask::fill(&slanted, [20, 20], 0, 0).size() - area).abs() < 0.01);

        let circle = Outline::ellipse(point(10.0, 10.0), 6.0, 6.0, 90);
        let mut ring = circle;
        ring.add_hole(&Outline::ellipse(point(10.0, 10.0), 3.0, 3.0, 90));
        let size = Mask::fill(&ring, [20, 20], 0, 0).size();
        assert!((size - std::f32::consts::PI * 27.0).abs() < 0.3, "{size}");
    }

    #[test]
    fn what_is_outside_is_cut_off() {
        let shape = Outline::rectangle(Area { x: -5.0, y: -5.0, w: 100.0, h: 8.0 });
        let mask = Mask::fill(&shape, [10, 10], 0, 0);
        assert!((mask.size() - 30.0).abs() < 1e-4);
        let with_margin = Mask::fill(&shape, [10, 10], 3, 0);
        assert!((with_margin.size() - 16.0 * 6.0).abs() < 1e-3);
        assert_eq!(Mask::fill(&shape.shifted(0.0, 50.0), [10, 10], 0, 0).size(), 0.0);
        let triangle = Outline::polygon(vec![point(-4.0, 2.0), point(6.0, 2.0), point(-4.0, 12.0)]);
        // Left of the picture it counts as on its edge, and is not seen.
        assert!((Mask::fill(&triangle, [10, 10], 0, 0).size() - 18.0).abs() < 0.6);
    }

    #[test]
    fn blurring_keeps_the_sum() {
        let mut scratch = Vec::new();
        for sigma in [0.5, 1.0, 1.5, 3.0, 5.0] {
            let mut plane = vec![0.0; 61 * 61];
            plane[30 * 61 + 30] = 1.0;
            blur(&mut plane, 61, 61, sigma, &mut scratch);
            let sum: f32 = plane.iter().sum();
            assert!((sum - 1.0).abs() < 1e-3, "{sigma}: {sum}");
            let spread: f32 =
                plane.iter().enumerate().map(|(at, v)| v * ((at % 61) as f32 - 30.0).powi(2)).sum();
            assert!((spread.sqrt() - sigma).abs() < 0.25 * sigma, "{sigma}: {}", spread.sqrt());
        }
        let mut flat = vec![0.7; 5 * 4];
        blur(&mut flat, 5, 4, 4.0, &mut scratch);
        assert!(flat.iter().all(|v| (v - 0.7).abs() < 1e-4));
    }

    #[test]
    fn taking_away_leaves_the_rest() {
        let whole = Outline::rectangle(Area { x: 0.0, y: 0.0, w: 8.0, h: 8.0 });
        let bar = Outline::rectangle(Area { x: 3.0, y: -2.0, w: 2.0, h: 20.0 });
        let mut mask = Mask::fill(&whole, [10, 10], 0, 0);
        mask.minus(&Mask::fill(&bar, [10, 10], 0, 0));
        assert!((mask.size() - 48.0).abs() < 1e-4);
    }
}
