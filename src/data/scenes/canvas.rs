//! The picture while it is painted: three planes of real numbers, and how a layer gets on them.

use super::layer::{Colour, Glow, Layer, Relief, Shadow, Sides};
use super::noise::SIDE;
use super::raster::Mask;

/// Red, green and blue planes, 0 to 1 and, where something shines, above.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) planes: [Vec<f32>; 3],
    /// Memory for blurring, kept from picture to picture.
    pub(super) scratch: Vec<f32>,
    run: Vec<Colour>,
}

impl Canvas {
    /// An empty picture of that size.
    pub(super) fn clear(&mut self, [width, height]: [usize; 2]) {
        (self.width, self.height) = (width, height);
        for plane in &mut self.planes {
            plane.clear();
            plane.resize(width * height, 0.0);
        }
    }

    /// Paints a layer; `noise` (of the side of textures) tells where paint comes off.
    pub(super) fn paint(&mut self, layer: &Layer, noise: &[f32]) {
        let size = [self.width, self.height];
        let Some(ink) = &layer.ink else {
            let all = Mask { x: 0, y: 0, w: size[0], h: size[1], cover: vec![1.0; size[0] * size[1]] };
            return self.cover(&all, layer, None);
        };
        let mask = |around: f32| {
            let around = around.ceil() as i32 + 1;
            let mut mask = Mask::fill(ink, size, around, around);
            if !layer.cut.is_empty() {
                mask.minus(&Mask::fill(&layer.cut, size, around, 0));
            }
            mask
        };
        if let Some(shadow) = layer.shadow {
            let reach = 3.0 * shadow.blur + shadow.dx.abs().max(shadow.dy.abs());
            self.shade(mask(reach), shadow);
        }
        if let Some(glow) = layer.glow {
            self.shine(mask(3.0 * glow.blur), glow);
        }
        let mut own = mask(3.0 * layer.soft);
        if let Some(sides) = layer.sides {
            self.side(&mask(sides.dx.abs().max(sides.dy.abs())), sides);
        }
        if layer.soft > 0.0 {
            own.blur(layer.soft, &mut self.scratch);
        }
        if layer.wear > 0.0 {
            wear(&mut own, layer.wear, noise);
        }
        let relief = layer.relief.map(|relief| {
            let mut heights = mask(3.0 * relief.size);
            heights.blur(relief.size, &mut self.scratch);
            (heights, relief)
        });
        self.cover(&own, layer, relief.as_ref());
    }

    /// The layer's own colours where the mask is.
    fn cover(&mut self, mask: &Mask, layer: &Layer, relief: Option<&(Mask, Relief)>) {
        let Some((left, right, top, bottom)) = self.inside(mask, 0, 0) else { return };
        let middle = ((left + right) as f32 / 2.0, (top + bottom) as f32 / 2.0);
        let level = layer.material.level(middle.0, middle.1);
        let mut run = std::mem::take(&mut self.run);
        for y in top..bottom {
            let cover = &mask.cover[(y - mask.y) as usize * mask.w..][..mask.w];
            let cover = &cover[(left - mask.x) as usize..(right - mask.x) as usize];
            let Some(first) = cover.iter().position(|c| *c > 0.002) else { continue };
            let last = cover.iter().rposition(|c| *c > 0.002).unwrap_or(first);
            let cover = &cover[first..=last];
            let x = left + first as i32;
            run.resize(cover.len(), [0.0; 3]);
            layer.material.row(level, x, y, &mut run);
            if let Some((heights, relief)) = relief {
                slopes(heights, relief, x, y, &mut run);
            }
            let at = y as usize * self.width + x as usize;
            for (c, plane) in self.planes.iter_mut().enumerate() {
                for ((pixel, colour), cover) in plane[at..][..cover.len()].iter_mut().zip(&run).zip(cover) {
                    *pixel += (colour[c] - *pixel) * cover * layer.opacity;
                }
            }
        }
        self.run = run;
    }

    fn shade(&mut self, mut mask: Mask, shadow: Shadow) {
        mask.blur(shadow.blur, &mut self.scratch);
        // What the sun does not reach is lit by the sky: a little bluer.
        let tint = [1.0, 0.97, 0.92].map(|t| t * shadow.strength);
        self.each(&mask, shadow.dx.round() as i32, shadow.dy.round() as i32, |pixel, cover, c| {
            *pixel *= 1.0 - cover * tint[c];
        });
    }

    fn shine(&mut self, mut mask: Mask, glow: Glow) {
        mask.blur(glow.blur, &mut self.scratch);
        self.each(&mask, 0, 0, |pixel, cover, c| *pixel += cover * glow.colour[c] * glow.strength);
    }

    fn side(&mut self, mask: &Mask, sides: Sides) {
        let steps = sides.dx.abs().max(sides.dy.abs()).ceil().clamp(1.0, 40.0);
        for step in (1..=steps as i32).rev() {
            let share = step as f32 / steps;
            let shift = (sides.dx * share, sides.dy * share);
            self.each(mask, shift.0.round() as i32, shift.1.round() as i32, |pixel, cover, c| {
                *pixel += (sides.colour[c] - *pixel) * cover;
            });
        }
    }

    /// Calls `f` with each pixel that the mask covers after a shift, how much of it, and the channel.
    fn each(&mut self, mask: &Mask, dx: i32, dy: i32, f: impl Fn(&mut f32, f32, usize)) {
        let Some((left, right, top, bottom)) = self.inside(mask, dx, dy) else { return };
        let n = (right - left) as usize;
        for y in top..bottom {
            let cover =
                &mask.cover[(y - dy - mask.y) as usize * mask.w..][(left - dx - mask.x) as usize..][..n];
            let at = y as usize * self.width + left as usize;
            for (c, plane) in self.planes.iter_mut().enumerate() {
                plane[at..][..n].iter_mut().zip(cover).for_each(|(pixel, cover)| f(pixel, *cover, c));
            }
        }
    }

    /// The part of a shifted mask that lies on the picture: left, right, top and bottom.
    fn inside(&self, mask: &Mask, dx: i32, dy: i32) -> Option<(i32, i32, i32, i32)> {
        let (left, top) = ((mask.x + dx).max(0), (mask.y + dy).max(0));
        let right = (mask.x + dx + mask.w as i32).min(self.width as i32);
        let bottom = (mask.y + dy + mask.h as i32).min(self.height as i32);
        (left < right && top < bottom).then_some((left, right, top, bottom))
    }
}

/// Lightens slopes that face the light and darkens the others.
fn slopes(heights: &Mask, relief: &Relief, x: i32, y: i32, run: &mut [Colour]) {
    let by = relief.size * 2.5;
    for (i, colour) in run.iter_mut().enumerate() {
        let x = x + i as i32;
        let across = heights.at(x + 1, y) - heights.at(x - 1, y);
        let down = heights.at(x, y + 1) - heights.at(x, y - 1);
        // Heights rise inwards, so that a slope faces the way it falls.
        let facing = -(across * relief.from[0] + down * relief.from[1]) * by;
        let shade = facing * relief.strength;
        let shine = relief.gloss * (shade * 1.6).clamp(0.0, 1.0).powi(2) * 0.7;
        *colour = colour.map(|c| (c * (1.0 + shade).clamp(0.2, 2.2) + shine).max(0.0));
    }
}

/// Takes away spots, more of them the more worn it is.
fn wear(mask: &mut Mask, share: f32, noise: &[f32]) {
    // Noise of several octaves is seldom below 0.25 or above 0.75.
    let level = 0.25 + 0.5 * share;
    for (row, cover) in mask.cover.chunks_exact_mut(mask.w.max(1)).enumerate() {
        let y = (mask.y + row as i32).rem_euclid(SIDE as i32) as usize;
        for (i, cover) in cover.iter_mut().enumerate() {
            let x = (mask.x + i as i32).rem_euclid(SIDE as i32) as usize;
            let left = (noise[y * SIDE + x] - level) * 12.0 + 0.5;
            *cover *= left.clamp(0.0, 1.0);
        }
    }
}
