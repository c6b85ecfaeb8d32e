//! What a scene is made of: layers, each a shape of some material with what makes it look solid.

use super::geometry::{Map, Outline};
use super::noise::SIDE;
use super::texture::Tile;
use ab_glyph::point;
use std::sync::Arc;

/// Red, green and blue, 0 to 1, as a screen shows them.
pub(super) type Colour = [f32; 3];

/// A colour picture in memory.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Row after row.
    pub(super) pixels: Vec<[u8; 3]>,
}

/// What covers a surface.
#[derive(Clone, Debug)]
pub(super) enum Filling {
    /// The first colour only.
    Plain,
    /// A repeating texture in the three colours.
    Tile(Arc<Tile>),
    /// A picture whose black and white become the first two colours; mirrored beyond its edges.
    Picture(Arc<Picture>),
}

/// What something is made of, and how it is lit on its own.
#[derive(Clone, Debug)]
pub(super) struct Material {
    pub(super) filling: Filling,
    pub(super) colours: [Colour; 3],
    /// Pixels of the filling from pixels of the picture.
    pub(super) place: Map,
    /// How strongly the texture's lightness shows; 1 is as it is.
    pub(super) contrast: f32,
    /// Lightness at the picture's top left corner, and its change with each pixel to the right and down.
    pub(super) light: [f32; 3],
}

/// A shadow that a layer throws on what is below it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shadow {
    pub(super) dx: f32,
    pub(super) dy: f32,
    pub(super) blur: f32,
    pub(super) strength: f32,
}

/// Rounded or bevelled edges, or engraved ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Relief {
    /// Width of the slope in pixels.
    pub(super) size: f32,
    /// How much lighter and darker slopes are; negative for something that is cut in.
    pub(super) strength: f32,
    /// Where light comes from, of length one.
    pub(super) from: [f32; 2],
    /// Highlights besides: 0 for matt things, 1 for polished ones.
    pub(super) gloss: f32,
}

/// The sides of something thick that is seen at an angle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sides {
    pub(super) dx: f32,
    pub(super) dy: f32,
    pub(super) colour: Colour,
}

/// Light that something gives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glow {
    pub(super) colour: Colour,
    pub(super) blur: f32,
    pub(super) strength: f32,
}

/// One shape in the picture.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    /// In pixels of the picture; the whole picture where there is none.
    pub(super) ink: Option<Outline>,
    /// What is cut out of it.
    pub(super) cut: Outline,
    pub(super) material: Material,
    pub(super) opacity: f32,
    pub(super) shadow: Option<Shadow>,
    pub(super) relief: Option<Relief>,
    pub(super) sides: Option<Sides>,
    pub(super) glow: Option<Glow>,
    /// Share that has come off, 0 to 1.
    pub(super) wear: f32,
    /// Edges are soft over so many pixels.
    pub(super) soft: f32,
}

impl Layer {
    /// A plain shape.
    pub(super) fn new(ink: Option<Outline>, material: Material) -> Self {
        Self {
            ink,
            cut: Outline::default(),
            material,
            opacity: 1.0,
            shadow: None,
            relief: None,
            sides: None,
            glow: None,
            wear: 0.0,
            soft: 0.0,
        }
    }
}

impl Material {
    pub(super) fn plain(colour: Colour) -> Self {
        Self {
            filling: Filling::Plain,
            colours: [colour; 3],
            place: Map::SAME,
            contrast: 1.0,
            light: [1.0, 0.0, 0.0],
        }
    }

    /// The level of a texture whose pixels are about as large as the picture's near (x, y).
    pub(super) fn level(&self, x: f32, y: f32) -> usize {
        let Filling::Tile(tile) = &self.filling else { return 0 };
        let per_pixel = self.place.scale_at(point(x, y));
        (per_pixel.max(1.0).log2().round() as usize).min(tile.levels.len() - 1)
    }

    /// The level that shows no pattern any more.
    pub(super) fn coarsest(&self) -> usize {
        let Filling::Tile(tile) = &self.filling else { return 0 };
        tile.levels.len() - 1
    }

    /// The colours of a run of pixels of the picture.
    pub(super) fn row(&self, level: usize, x: i32, y: i32, out: &mut [Colour]) {
        let [base, gx, gy] = self.light;
        let light = base + gy * y as f32 + gx * x as f32;
        match &self.filling {
            Filling::Plain => {
                for (i, out) in out.iter_mut().enumerate() {
                    let light = light + gx * i as f32;
                    *out = self.colours[0].map(|c| c * light);
                }
            }
            Filling::Tile(tile) => {
                let texels = &tile.levels[level];
                let side = SIDE >> level;
                let scale = 1.0 / (1 << level) as f32;
                let [first, second, third] = self.colours;
                let contrast = self.contrast / 128.0;
                self.each_place(x, y, out, |out, i, u, v| {
                    let [s, t, l] = bilinear(texels, side, u * scale - 0.5, v * scale - 0.5);
                    let light = (light + gx * i) * (1.0 + (l - 128.0) * contrast);
                    let (s, t) = (s * (1.0 / 255.0), t * (1.0 / 255.0));
                    for c in 0..3 {
                        let two = first[c] + (second[c] - first[c]) * s;
                        out[c] = (two + (third[c] - two) * t) * light;
                    }
                });
            }
            Filling::Picture(picture) => {
                let [black, white, _] = self.colours;
                self.each_place(x, y, out, |out, i, u, v| {
                    let light = light + gx * i;
                    let seen = picture.at(u - 0.5, v - 0.5);
                    for c in 0..3 {
                        out[c] = (black[c] + (white[c] - black[c]) * seen[c] * (1.0 / 255.0)) * light;
                    }
                });
            }
        }
    }

    /// Calls `f` with each pixel's place on the filling.
    fn each_place(&self, x: i32, y: i32, out: &mut [Colour], f: impl Fn(&mut Colour, f32, f32, f32)) {
        let m = &self.place.m;
        let (x, y) = (x as f32 + 0.5, y as f32 + 0.5);
        let start = [0, 3, 6].map(|row| m[row] * x + m[row + 1] * y + m[row + 2]);
        for (i, out) in out.iter_mut().enumerate() {
            let i = i as f32;
            let by = 1.0 / (start[2] + m[6] * i);
            f(out, i, (start[0] + m[0] * i) * by, (start[1] + m[3] * i) * by);
        }
    }
}

/// A texture between its pixels; `side` is a power of two.
fn bilinear(texels: &[[u8; 4]], side: usize, u: f32, v: f32) -> [f32; 3] {
    let (fu, fv) = (u.floor(), v.floor());
    let (tu, tv) = (u - fu, v - fv);
    let mask = side - 1;
    let (x, y) = (fu as i32 as usize & mask, fv as i32 as usize & mask);
    let (right, below) = ((x + 1) & mask, (y + 1) & mask);
    let (a, b) = (texels[y * side + x], texels[y * side + right]);
    let (c, d) = (texels[below * side + x], texels[below * side + right]);
    std::array::from_fn(|i| {
        let [a, b, c, d] = [a[i], b[i], c[i], d[i]].map(f32::from);
        let (upper, lower) = (a + (b - a) * tu, c + (d - c) * tu);
        upper + (lower - upper) * tv
    })
}

impl Picture {
    /// The picture between its pixels, 0 to 255.
    fn at(&self, u: f32, v: f32) -> [f32; 3] {
        let (fu, fv) = (u.floor(), v.floor());
        let (tu, tv) = (u - fu, v - fv);
        let (x, right) = (mirrored(fu as i32, self.width), mirrored(fu as i32 + 1, self.width));
        let (y, below) = (mirrored(fv as i32, self.height), mirrored(fv as i32 + 1, self.height));
        let pixel = |x: usize, y: usize| self.pixels[y * self.width + x];
        let (a, b, c, d) = (pixel(x, y), pixel(right, y), pixel(x, below), pixel(right, below));
        std::array::from_fn(|i| {
            let [a, b, c, d] = [a[i], b[i], c[i], d[i]].map(f32::from);
            let (upper, lower) = (a + (b - a) * tu, c + (d - c) * tu);
            upper + (lower - upper) * tv
        })
    }
}

fn mirrored(at: i32, n: usize) -> usize {
    let n = n as i32;
    let at = at.rem_euclid(2 * n);
    (if at < n { at } else { 2 * n - 1 - at }) as usize
}
