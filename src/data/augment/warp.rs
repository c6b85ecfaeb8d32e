//! Reads an image through a map, between its pixels by the bilinear rule: what `scipy.ndimage` does with `order=1` and
//! mode `nearest` (for [`Fill::Edge`]) or `grid-constant` (for [`Fill::Zero`]).
//!
//! Four neighbours are packed into one word first, so that a pixel costs one read from a place known only then; all
//! else runs in vectors.

use super::affine::Map;
use super::{Fill, Shape, whole};
use crate::vectorised::vectorised;
use std::iter::zip;

/// Numbers to a vector; rows of the new image are worked out in whole ones.
pub const LANES: usize = 16;

/// Memory to read an image with.
#[derive(Default)]
pub struct Room {
    /// One channel with a rim of one pixel before and two after.
    framed: Vec<u8>,
    /// By channel and place in the frame: the pixel there, and those to the right, below, and both.
    quads: Vec<u32>,
    /// A row of the new image: where in the frame each pixel is read, and how far towards the next column and row.
    at: Vec<u32>,
    right: Vec<f32>,
    down: Vec<f32>,
    row: Vec<u32>,
    out: Vec<f32>,
}

/// Quads from one row of a frame to the next.
const fn pitch(shape: Shape) -> usize {
    (shape.width + 2).next_multiple_of(LANES)
}

/// Places in a row of the new image, in whole vectors.
pub const fn padded(width: usize) -> usize {
    width.next_multiple_of(LANES)
}

/// Copies the image shifted by whole pixels: (columns to the left, rows up).
pub fn copy_shifted(shape: Shape, image: &[u8], [left, up]: [isize; 2], fill: Fill, out: &mut [u8]) {
    let Shape { height, width, .. } = shape;
    // Columns of the new image before and after those that the old one has.
    let before = (-left).clamp(0, width as isize) as usize;
    let after = left.clamp(0, width as isize) as usize;
    for (from, to) in zip(image.chunks_exact(shape.plane()), out.chunks_exact_mut(shape.plane())) {
        for (row, to) in to.chunks_exact_mut(width).enumerate() {
            let wanted = row as isize + up;
            let inside = wanted.clamp(0, height as isize - 1);
            if fill == Fill::Zero && inside != wanted {
                to.fill(0);
                continue;
            }
            let from = &from[inside as usize * width..][..width];
            let (first, last) = match fill {
                Fill::Zero => (0, 0),
                Fill::Edge => (from[0], from[width - 1]),
            };
            to[..before].fill(first);
            to[width - after..].fill(last);
            to[before..width - after].copy_from_slice(&from[after..width - before]);
        }
    }
}

vectorised! {
    /// Frames and packs the channels of an image.
    fn prepare<'a>(shape: Shape, image: &'a [u8], fill: Fill, room: &'a mut Room) {
        let Shape { channels, height, width } = shape;
        let pitch = pitch(shape);
        // One more than the quads, for the neighbour to the right of the last one.
        let frame_pitch = pitch + LANES;
        let Room { framed, quads, .. } = room;
        framed.resize((height + 3) * frame_pitch, 0);
        quads.resize(channels * (height + 2) * pitch, 0);
        let planes = zip(image.chunks_exact(height * width), quads.chunks_exact_mut((height + 2) * pitch));
        for (plane, quads) in planes {
            for (y, row) in framed.chunks_exact_mut(frame_pitch).enumerate() {
                let inside = y.clamp(1, height);
                let from = &plane[(inside - 1) * width..][..width];
                let (first, last) = match fill {
                    Fill::Edge => (from[0], from[width - 1]),
                    Fill::Zero => (0, 0),
                };
                if fill == Fill::Zero && inside != y {
                    row.fill(0);
                    continue;
                }
                row[0] = first;
                row[1..=width].copy_from_slice(from);
                row[width + 1..].fill(last);
            }
            for (y, quads) in quads.chunks_exact_mut(pitch).enumerate() {
                let (above, below) = framed[y * frame_pitch..][..2 * frame_pitch].split_at(frame_pitch);
                let (a, b, c, d) = (&above[..pitch], &above[1..=pitch], &below[..pitch], &below[1..=pitch]);
                for ((((quad, a), b), c), d) in zip(zip(zip(zip(quads, a), b), c), d) {
                    *quad = u32::from(*a) | u32::from(*b) << 8 | u32::from(*c) << 16 | u32::from(*d) << 24;
                }
            }
        }
    }

    /// The image that [`prepare`] packed, read through the map. `bent` are columns and rows to add to what the map
    /// says, `height` rows of [`padded`] numbers each.
    fn read<'a>(
        shape: Shape,
        map: Map,
        fill: Fill,
        bent: Option<[&'a [f32]; 2]>,
        room: &'a mut Room,
        out: &'a mut [f32],
    ) {
        let Shape { height, width, .. } = shape;
        let (pitch, padded) = (pitch(shape), padded(width));
        let Room { quads, at, right, down, row, out: new, .. } = room;
        at.resize(padded, 0);
        right.resize(padded, 0.0);
        down.resize(padded, 0.0);
        row.resize(padded, 0);
        new.resize(padded, 0.0);
        // Places in the frame, whose first pixel is one before the image's.
        let [least, most_x, most_y] = match fill {
            Fill::Edge => [1.0, width as f32, height as f32],
            Fill::Zero => [0.0, (width + 1) as f32, (height + 1) as f32],
        };
        let [[xx, xy], [yx, yy]] = map.matrix;
        for y in 0..height {
            let (x_0, y_0) = (map.offset[0] + 1.0 + xy * y as f32, map.offset[1] + 1.0 + yy * y as f32);
            let place = |i: usize, (dx, dy): (f32, f32)| {
                let (u, v) = (x_0 + xx * i as f32 + dx, y_0 + yx * i as f32 + dy);
                let (u, v) = (between(u, least, most_x), between(v, least, most_y));
                // At a whole number this may be the one before: all of the way to the next is the same place.
                let ((column, left), (line, above)) = (whole(u - 0.5), whole(v - 0.5));
                (line.wrapping_mul(pitch as u32).wrapping_add(column), u - left, v - above)
            };
            let places = zip(&mut *at, zip(&mut *right, &mut *down)).enumerate();
            match bent {
                None => {
                    for (i, (at, (right, down))) in places {
                        (*at, *right, *down) = place(i, (0.0, 0.0));
                    }
                }
                Some([columns, rows]) => {
                    let bent = zip(&columns[y * padded..][..padded], &rows[y * padded..][..padded]);
                    for ((i, (at, (right, down))), (dx, dy)) in zip(places, bent) {
                        (*at, *right, *down) = place(i, (*dx, *dy));
                    }
                }
            }
            for (channel, quads) in quads.chunks_exact((height + 2) * pitch).enumerate() {
                for (quad, at) in zip(&mut *row, &*at) {
                    *quad = quads[*at as usize];
                }
                let ways = zip(&*right, &*down);
                for ((to, quad), (right, down)) in zip(zip(&mut *new, &*row), ways) {
                    let pixel = |shift: u32| ((quad >> shift) & 255) as i32 as f32;
                    let (a, b, c, d) = (pixel(0), pixel(8), pixel(16), pixel(24));
                    let (above, below) = (a + (b - a) * right, c + (d - c) * right);
                    *to = above + (below - above) * down;
                }
                out[(channel * height + y) * width..][..width].copy_from_slice(&new[..width]);
            }
        }
    }
}

/// Kept between the two; what is not a number becomes the least.
#[inline(always)]
fn between(x: f32, least: f32, most: f32) -> f32 {
    let x = if x > least { x } else { least };
    if x < most { x } else { most }
}
