//! Noise that repeats without a seam: value noise in octaves, and cells around random points (Worley).

use super::super::random::Stream;

/// Rows and columns of every noise and every texture; a power of two.
pub(super) const SIDE: usize = 256;

/// Value noise between 0 and 1 with `cells` bumps across and down, and finer octaves of `gain` the strength each.
pub(super) fn clouds(stream: &mut Stream, cells: [usize; 2], octaves: u32, gain: f32) -> Vec<f32> {
    let mut sum = vec![0.0; SIDE * SIDE];
    let (mut strength, mut total) = (1.0, 0.0);
    for octave in 0..octaves {
        let [nx, ny] = cells.map(|n| (n << octave).min(SIDE));
        let lattice: Vec<f32> = (0..nx * ny).map(|_| stream.unit()).collect();
        for (y, row) in sum.chunks_exact_mut(SIDE).enumerate() {
            let (y0, ty) = cell(y, ny);
            let (above, below) = (y0 % ny * nx, (y0 + 1) % ny * nx);
            for (x, out) in row.iter_mut().enumerate() {
                let (x0, tx) = cell(x, nx);
                let (left, right) = (x0 % nx, (x0 + 1) % nx);
                let upper = lattice[above + left] + (lattice[above + right] - lattice[above + left]) * tx;
                let lower = lattice[below + left] + (lattice[below + right] - lattice[below + left]) * tx;
                *out += strength * (upper + (lower - upper) * ty);
            }
        }
        total += strength;
        strength *= gain;
    }
    sum.iter_mut().for_each(|v| *v /= total);
    sum
}

/// The lattice cell of a pixel, and how far into it on a smooth step.
fn cell(at: usize, n: usize) -> (usize, f32) {
    let position = at as f32 * n as f32 / SIDE as f32;
    let cell = position as usize;
    let t = position - cell as f32;
    (cell, t * t * (3.0 - 2.0 * t))
}

/// One pixel of cell noise.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cell {
    /// Distance to the nearest point, in mean distances between points.
    pub(super) nearest: f32,
    /// Distance to the second nearest.
    pub(super) second: f32,
    /// A number from 0 to 1 for each point.
    pub(super) value: f32,
}

/// Cells around random points, `n` across and down; `order` from 0 (any place in its cell) to 1 (the middle).
pub(super) fn cells(stream: &mut Stream, n: usize, order: f32) -> Vec<Cell> {
    let points: Vec<[f32; 3]> = (0..n * n)
        .map(|_| {
            let mut place = || 0.5 + (stream.unit() - 0.5) * (1.0 - order);
            let (x, y) = (place(), place());
            [x, y, stream.unit()]
        })
        .collect();
    let mut all = Vec::with_capacity(SIDE * SIDE);
    for y in 0..SIDE {
        let py = y as f32 * n as f32 / SIDE as f32;
        for x in 0..SIDE {
            let px = x as f32 * n as f32 / SIDE as f32;
            let (cx, cy) = (px as usize, py as usize);
            let mut cell = Cell { nearest: 9.0, second: 9.0, value: 0.0 };
            for dy in 0..3 {
                for dx in 0..3 {
                    let (gx, gy) = (cx + dx, cy + dy);
                    let [ox, oy, value] = points[(gy + n - 1) % n * n + (gx + n - 1) % n];
                    let (vx, vy) = (gx as f32 - 1.0 + ox - px, gy as f32 - 1.0 + oy - py);
                    let distance = vx * vx + vy * vy;
                    if distance < cell.nearest {
                        cell = Cell { nearest: distance, second: cell.nearest, value };
                    } else if distance < cell.second {
                        cell.second = distance;
                    }
                }
            }
            all.push(Cell { nearest: cell.nearest.sqrt(), second: cell.second.sqrt(), ..cell });
        }
    }
    all
}

/// How a relief of these heights is lit from the top left: about -1 to 1.
pub(super) fn lit(heights: &[f32], strength: f32) -> Vec<f32> {
    (0..SIDE * SIDE)
        .map(|at| {
            let (x, y) = (at % SIDE, at / SIDE);
            let before = heights[(y + SIDE - 1) % SIDE * SIDE + (x + SIDE - 1) % SIDE];
            ((heights[at] - before) * strength).clamp(-1.0, 1.0)
        })
        .collect()
}

/// From 0 below `low` to 1 above `high`, smoothly.
pub(super) fn step(low: f32, high: f32, at: f32) -> f32 {
    let t = ((at - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_repeats_without_a_seam() {
        let mut stream = Stream::new("test", 0, 0, 0);
        let noise = clouds(&mut stream, [4, 4], 3, 0.5);
        assert!(noise.iter().all(|v| (0.0..=1.0).contains(v)));
        let jump = |a: usize, b: usize| (noise[a] - noise[b]).abs();
        let inside = (0..SIDE * (SIDE - 1)).map(|at| jump(at, at + SIDE)).fold(0.0, f32::max);
        let seam = (0..SIDE).map(|x| jump(x, (SIDE - 1) * SIDE + x)).fold(0.0, f32::max);
        assert!(seam <= 1.5 * inside, "{seam} {inside}");

        let cells = cells(&mut stream, 8, 0.2);
        assert!(cells.iter().all(|cell| cell.nearest <= cell.second && cell.nearest < 1.5));
        let seam = (0..SIDE).map(|x| (cells[x].nearest - cells[(SIDE - 1) * SIDE + x].nearest).abs());
        assert!(seam.fold(0.0, f32::max) < 0.1);
    }
}
