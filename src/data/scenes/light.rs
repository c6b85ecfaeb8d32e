//! Light on the whole scene: from one side, less at the corners, shadows of what stands around, and glare.

use super::canvas::Canvas;
use super::chance::{bell, log_between};
use super::geometry::{Map, Outline};
use super::layer::Colour;
use super::raster::Mask;
use crate::data::random::Stream;
use ab_glyph::point;

/// How a scene is lit.
#[derive(Clone, Debug)]
pub(super) struct Light {
    /// At the middle, and its change from the middle to the right and the lower edge.
    level: [f32; 3],
    /// Of the light itself.
    colour: Colour,
    /// Share that is lost in the corners.
    vignette: f32,
    shadow: Option<(Outline, f32, f32)>,
    /// Shape, blur and strength of each bright spot.
    glare: Vec<(Outline, f32, f32)>,
}

impl Light {
    /// Some light for a picture of that size; `hard` from 0 (even) to 1 (difficult).
    pub(super) fn some(size: [usize; 2], hard: f32, night: bool, stream: &mut Stream) -> Self {
        let uneven = 0.22 * hard;
        let level = [1.0, bell(stream) * uneven, bell(stream) * uneven];
        let warm = bell(stream) * if night { 0.12 } else { 0.05 };
        let colour = [1.0 + warm, 1.0 + 0.02 * bell(stream), 1.0 - warm - if night { 0.1 } else { 0.0 }];
        let vignette = if stream.chance(0.4) { stream.between(0.0, 0.35) } else { 0.0 };
        let shadow = stream.chance(0.3 * hard).then(|| {
            let strength = stream.between(0.2, 0.6);
            let blur = log_between(stream, 0.5, 8.0) * size[0] as f32 / 320.0;
            (cast(size, stream), blur, strength)
        });
        let mut glare = Vec::new();
        if stream.chance(0.15 * hard) {
            for _ in 0..=stream.below(2) {
                let side = size[0].min(size[1]) as f32;
                let center = point(stream.unit() * size[0] as f32, stream.unit() * size[1] as f32);
                let (rx, ry) = (log_between(stream, 0.02, 0.2) * side, log_between(stream, 0.02, 0.2) * side);
                let shape = Outline::ellipse(center, rx, ry, 20);
                let turned = turned_about(&shape, center, stream.between(-1.0, 1.0));
                glare.push((turned, stream.between(0.3, 1.2) * rx.min(ry), stream.between(0.2, 0.8)));
            }
        }
        Self { level, colour, vignette, shadow, glare }
    }

    /// Lights the painted scene.
    pub(super) fn shine(&self, canvas: &mut Canvas) {
        let size = [canvas.width, canvas.height];
        let shadow = self.shadow.as_ref().map(|(shape, blur, strength)| {
            let reach = (3.0 * blur).ceil() as i32;
            let mut mask = Mask::fill(shape, size, reach, reach);
            mask.blur(*blur, &mut canvas.scratch);
            (mask, *strength)
        });
        let (cx, cy) = (size[0] as f32 / 2.0, size[1] as f32 / 2.0);
        let far = 1.0 / (cx * cx + cy * cy);
        let [level, right, down] = self.level;
        for y in 0..size[1] {
            let dy = y as f32 + 0.5 - cy;
            for (c, plane) in canvas.planes.iter_mut().enumerate() {
                let row = &mut plane[y * size[0]..][..size[0]];
                let base = level + down * dy / cy;
                for (x, pixel) in row.iter_mut().enumerate() {
                    let dx = x as f32 + 0.5 - cx;
                    let lost = self.vignette * (dx * dx + dy * dy) * far;
                    *pixel *= ((base + right * dx / cx) * (1.0 - lost)).max(0.15) * self.colour[c];
                }
                let Some((mask, strength)) = &shadow else { continue };
                let tint = [1.0, 0.96, 0.88][c] * strength;
                let line = y as i32 - mask.y;
                if line < 0 || line >= mask.h as i32 {
                    continue;
                }
                let cover = &mask.cover[line as usize * mask.w..][..mask.w];
                let left = mask.x.max(0);
                // A shadow may lie beside the picture.
                let seen = (row.get_mut(left as usize..), cover.get((left - mask.x) as usize..));
                let (Some(row), Some(covered)) = seen else { continue };
                for (pixel, covered) in row.iter_mut().zip(covered) {
                    *pixel *= 1.0 - covered * tint;
                }
            }
        }
        for (shape, blur, strength) in &self.glare {
            let reach = (3.0 * blur).ceil() as i32;
            let mut mask = Mask::fill(shape, size, reach, reach);
            mask.blur(*blur, &mut canvas.scratch);
            for plane in &mut canvas.planes {
                for y in mask.y.max(0)..(mask.y + mask.h as i32).min(size[1] as i32) {
                    for x in mask.x.max(0)..(mask.x + mask.w as i32).min(size[0] as i32) {
                        let pixel = &mut plane[y as usize * size[0] + x as usize];
                        *pixel += mask.at(x, y) * strength * (1.1 - *pixel).max(0.0);
                    }
                }
            }
        }
    }
}

/// The shadow of a roof, of bars, or of twigs with leaves.
fn cast(size: [usize; 2], stream: &mut Stream) -> Outline {
    let side = size[0].max(size[1]) as f32;
    let mut shape = Outline::default();
    match stream.below(3) {
        0 => {
            let height = stream.between(-0.3, 0.4) * side;
            let area = crate::data::Area { x: -side, y: -2.0 * side, w: 2.0 * side, h: 2.0 * side + height };
            shape.add(&Outline::rectangle(area));
        }
        1 => {
            let (step, width) = (stream.between(0.08, 0.3) * side, stream.between(0.2, 0.6));
            let n = (2.0 * side / step) as i32;
            for i in -n..n {
                let x = i as f32 * step;
                let area = crate::data::Area { x, y: -2.0 * side, w: width * step, h: 4.0 * side };
                shape.add(&Outline::rectangle(area));
            }
        }
        _ => {
            let leaf = stream.between(0.01, 0.05) * side;
            let spread = stream.between(0.2, 0.7) * side;
            for _ in 0..30 + stream.below(60) {
                let center = point(bell(stream) * spread, bell(stream) * spread);
                let ellipse = Outline::ellipse(center, leaf * stream.between(0.8, 2.5), leaf, 8);
                shape.add(&turned_about(&ellipse, center, stream.between(0.0, 3.0)));
            }
        }
    }
    let to = Map::shift(stream.unit() * size[0] as f32, stream.unit() * size[1] as f32)
        .after(&Map::turn(stream.between(-1.6, 1.6)));
    shape.moved(|p| to.at(p))
}

/// The shape turned about a point.
pub(super) fn turned_about(shape: &Outline, center: ab_glyph::Point, angle: f32) -> Outline {
    let to = Map::shift(center.x, center.y).after(&Map::turn(angle)).after(&Map::shift(-center.x, -center.y));
    shape.moved(|p| to.at(p))
}
