//! How numbers are put up: on plates and tiles, as single numerals, painted, written, or shining.

use super::build::{Build, padded};
use super::chance::{bell, log_between, pick, weighted};
use super::geometry::{Map, Outline};
use super::layer::{Colour, Glow, Layer, Material, Relief, Sides};
use super::layout::Word;
use super::palette;
use super::texture::Kind;
use crate::data::Area;
use ab_glyph::point;

/// How a number is put up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mount {
    Plate,
    Tiles,
    Numerals,
    Painted,
    Written,
    Display,
}

impl Build<'_> {
    /// Draws a word that was placed; `unit` is the height of a digit in pixels.
    pub(super) fn put_up(&mut self, mount: Mount, word: &Word, to: &Map, unit: f32) {
        match mount {
            Mount::Plate => self.on_plate(word, to, unit),
            Mount::Tiles => self.on_tiles(word, to, unit),
            // What cannot be told from what is behind it gets a plate.
            Mount::Numerals => match self.ink_on_wall(word, to) {
                Some(ink) => self.numerals(word, to, unit, ink),
                None => self.on_plate(word, to, unit),
            },
            Mount::Painted => match self.ink_on_wall(word, to) {
                Some(ink) => self.painted(word, to, unit, ink),
                None => self.on_plate(word, to, unit),
            },
            Mount::Written => self.written(word, to, unit),
            Mount::Display => self.display(word, to, unit),
        }
    }

    /// The least difference of lightness between digits and their ground.
    fn contrast(&mut self) -> f32 {
        0.5 - 0.34 * self.hard * self.stream.unit()
    }

    /// A colour that stands out from everything behind a word, if one is found.
    fn ink_on_wall(&mut self, word: &Word, to: &Map) -> Option<Colour> {
        let grounds = self.grounds(word, to);
        let contrast = self.contrast();
        for _ in 0..8 {
            let ink = match self.stream.below(6) {
                0 | 1 => palette::greyish(0.02, 0.2, &mut self.stream),
                2 => palette::greyish(0.8, 0.97, &mut self.stream),
                3 => palette::any(&mut self.stream),
                _ => palette::metal(&mut self.stream),
            };
            let light = palette::lightness(ink);
            if grounds.iter().all(|ground| (ground - light).abs() > contrast) {
                return Some(ink);
            }
        }
        None
    }

    /// The material of a plate in a colour.
    fn plate_material(&mut self, ground: Colour, to: &Map, unit: f32) -> Material {
        let kinds = [
            (Kind::Paper, 6.0),
            (Kind::Brushed, 2.5),
            (Kind::Wood, 1.5),
            (Kind::Concrete, 1.0),
            (Kind::Dirty, 2.0),
            (Kind::Plaster, 1.0),
            (Kind::Hammered, if self.test { 1.0 } else { 0.0 }),
            (Kind::Granite, if self.test { 1.0 } else { 0.0 }),
        ];
        let kind = kinds[weighted(&mut self.stream, &kinds.map(|(_, weight)| weight))].0;
        let colours = [
            ground,
            palette::varied(ground, 0.05, &mut self.stream),
            palette::varied(ground, 0.12, &mut self.stream),
        ];
        let turn = if self.stream.chance(0.5) { std::f32::consts::FRAC_PI_2 } else { 0.0 };
        // In the word's own measure a digit is 1 high.
        let per_unit = 256.0 / log_between(&mut self.stream, 1.0, 4.0);
        let mut material = self.material(kind, colours, per_unit, turn, &to.back());
        let by = self.stream.between(0.0, 0.25);
        let [_, x, y] = self.uneven(by);
        let middle = to.at(point(0.0, 0.0));
        // Gloss changes over the plate, not over the whole picture.
        let closer = (self.size[0] as f32 / (3.0 * unit)).clamp(1.0, 6.0);
        material.light = [1.0 - (x * middle.x + y * middle.y) * closer, x * closer, y * closer];
        material
    }

    fn plate_shape(&mut self, area: Area) -> Outline {
        let least = area.w.min(area.h);
        match weighted(&mut self.stream, &[5.0, 5.0, 1.5, 0.8]) {
            0 => Outline::rectangle(area),
            1 => Outline::rounded(area, log_between(&mut self.stream, 0.04, 0.5) * least),
            2 => {
                let middle = super::build::middle(area);
                Outline::ellipse(middle, area.w * 0.64, area.h * 0.66, 40)
            }
            // An arched top.
            _ => {
                let mut points = vec![point(area.right(), area.bottom()), point(area.x, area.bottom())];
                points.extend((0..=16).map(|i| {
                    let (sin, cos) = (i as f32 / 16.0 * std::f32::consts::PI).sin_cos();
                    let middle = area.x + area.w / 2.0;
                    point(middle - cos * area.w / 2.0, area.y - sin * area.h * 0.22)
                }));
                Outline::polygon(points)
            }
        }
    }

    fn on_plate(&mut self, word: &Word, to: &Map, unit: f32) {
        let contrast = self.contrast();
        let [ground, ink] = palette::of_plate(contrast, &mut self.stream);
        let (px, py) = (self.stream.between(0.12, 0.6), self.stream.between(0.1, 0.45));
        let area = padded(word.bounds, px, py);
        let shape = self.plate_shape(area);
        let material = self.plate_material(ground, to, unit);
        let mut plate = Layer::new(Some(shape.moved(|p| to.at(p))), material);
        let thick = self.stream.between(0.01, 0.09) * unit;
        plate.shadow = self.stream.chance(0.75).then(|| self.shadow(thick));
        if self.stream.chance(0.5) {
            plate.relief = Some(Relief {
                size: (thick * 0.5).max(0.6),
                strength: self.stream.between(0.1, 0.4),
                from: self.sun,
                gloss: self.stream.unit() * 0.4,
            });
        }
        self.layers.push(plate);
        if self.stream.chance(0.4) {
            self.border(&shape, ink, to);
        }
        if self.stream.chance(0.35) {
            self.screws(area, to, unit);
        }
        if self.stream.chance(0.15) {
            self.caption(word, to, unit, ink);
        }
        let hollow = if self.one_piece { 0.6 } else { 0.0 };
        match weighted(&mut self.stream, &[6.0, 1.5, 1.5, hollow]) {
            0 => self.flat(word, to, unit, ink),
            1 => self.numerals(word, to, unit, ink),
            2 => self.engraved(word, to, unit, ground),
            _ => self.hollow(word, to, unit, ink),
        }
    }

    /// A line inside of a plate's edge.
    fn border(&mut self, shape: &Outline, ink: Colour, to: &Map) {
        let (inset, width) = (self.stream.between(0.02, 0.1), self.stream.between(0.015, 0.05));
        let mut ring = shape.grown(-inset);
        ring.add_hole(&shape.grown(-inset - width));
        self.layers.push(Layer::new(Some(ring.moved(|p| to.at(p))), Material::plain(ink)));
    }

    /// Screws or nails at two or four places of an area.
    fn screws(&mut self, area: Area, to: &Map, unit: f32) {
        let inset = self.stream.between(0.06, 0.14);
        let radius = self.stream.between(0.02, 0.055);
        let (left, right) = (area.x + inset, area.right() - inset);
        let (top, bottom) = (area.y + inset, area.bottom() - inset);
        let places = match self.stream.below(3) {
            0 => vec![(left, top), (right, top), (left, bottom), (right, bottom)],
            1 => vec![(left, (top + bottom) / 2.0), (right, (top + bottom) / 2.0)],
            _ => vec![((left + right) / 2.0, top), ((left + right) / 2.0, bottom)],
        };
        let colour = palette::metal(&mut self.stream);
        let gloss = self.stream.unit();
        for (x, y) in places {
            let head = Outline::ellipse(point(x, y), radius, radius, 14).moved(|p| to.at(p));
            let mut layer = Layer::new(Some(head), Material::plain(colour));
            let size = (radius * unit * 0.6).max(0.5);
            layer.relief = Some(Relief { size, strength: 0.5, from: self.sun, gloss });
            layer.shadow = Some(self.shadow(radius * unit * 0.4));
            self.layers.push(layer);
        }
    }

    /// Paint, print or foil without any depth.
    fn flat(&mut self, word: &Word, to: &Map, unit: f32, ink: Colour) {
        let (shape, cut) = Self::ink(word, to);
        let mut layer =
            Layer::new(Some(shape), Material { light: self.uneven(0.05), ..Material::plain(ink) });
        layer.cut = cut;
        if self.stream.chance(0.2 * self.hard) {
            layer.wear = self.stream.between(0.1, 0.4) * (unit / 50.0).min(1.0);
        }
        layer.opacity = if self.stream.chance(0.3) { self.stream.between(0.8, 1.0) } else { 1.0 };
        if self.stream.chance(0.1) {
            layer.relief =
                Some(Relief { size: (0.02 * unit).max(0.6), strength: 0.25, from: self.sun, gloss: 0.2 });
        }
        self.layers.push(layer);
    }

    /// Cut into the ground, left as it is or filled with paint.
    fn engraved(&mut self, word: &Word, to: &Map, unit: f32, ground: Colour) {
        let (shape, cut) = Self::ink(word, to);
        let by = if self.stream.chance(0.6) {
            self.stream.between(0.25, 0.6)
        } else {
            self.stream.between(1.5, 2.2)
        };
        let mut fill = ground.map(|c| (c * by).min(0.97));
        if (palette::lightness(fill) - palette::lightness(ground)).abs() < 0.16 {
            fill = palette::against(ground, 0.3, &mut self.stream);
        }
        let mut layer = Layer::new(Some(shape), Material::plain(fill));
        layer.cut = cut;
        let size = (self.stream.between(0.02, 0.06) * unit).max(0.6);
        layer.relief =
            Some(Relief { size, strength: -self.stream.between(0.3, 0.8), from: self.sun, gloss: 0.0 });
        self.layers.push(layer);
    }

    /// Only the outlines of the digits.
    fn hollow(&mut self, word: &Word, to: &Map, unit: f32, ink: Colour) {
        let width = self.stream.between(0.025, 0.05).max(1.2 / unit);
        let mut shape = Outline::default();
        for placed in &word.placed {
            let mut ring = placed.ink.clone();
            ring.add_hole(&placed.ink.grown(-width));
            shape.add(&ring.moved(|p| to.at(p)));
        }
        self.layers.push(Layer::new(Some(shape), Material::plain(ink)));
    }

    /// Numerals of metal or plastic, each a thing of its own.
    fn numerals(&mut self, word: &Word, to: &Map, unit: f32, colour: Colour) {
        let (shape, cut) = Self::ink(word, to);
        let colours = [
            colour,
            palette::varied(colour, 0.06, &mut self.stream),
            palette::varied(colour, 0.1, &mut self.stream),
        ];
        let kind = *pick(&mut self.stream, &[Kind::Brushed, Kind::Paper, Kind::Dirty]);
        let per_unit = 256.0 / log_between(&mut self.stream, 1.0, 3.0);
        let turn = self.stream.between(0.0, 3.0);
        let mut material = self.material(kind, colours, per_unit, turn, &to.back());
        material.contrast *= 0.6;
        let mut layer = Layer::new(Some(shape), material);
        layer.cut = cut;
        let thick = log_between(&mut self.stream, 0.02, 0.16) * unit;
        layer.shadow = self.stream.chance(0.85).then(|| self.shadow(thick));
        if self.stream.chance(0.4) {
            // Seen from the side, its thickness shows.
            let lean = self.view.at(point(0.0, 0.0));
            let to_side = (lean.x - self.size[0] as f32 / 2.0).signum() * self.stream.unit();
            let dark = self.stream.between(0.3, 0.8);
            layer.sides = Some(Sides {
                dx: (to_side + bell(&mut self.stream) * 0.4) * thick,
                dy: bell(&mut self.stream).abs() * 0.5 * thick,
                colour: colour.map(|c| c * dark),
            });
        }
        if self.stream.chance(0.7) {
            let size = (self.stream.between(0.012, 0.06) * unit).max(0.6);
            let (strength, gloss) = (self.stream.between(0.15, 0.6), self.stream.unit().powi(2));
            layer.relief = Some(Relief { size, strength, from: self.sun, gloss });
        }
        self.layers.push(layer);
    }

    /// Painted, sprayed or stuck right on the wall.
    fn painted(&mut self, word: &Word, to: &Map, unit: f32, ink: Colour) {
        let (shape, cut) = Self::ink(word, to);
        if self.stream.chance(0.3) {
            // A patch that was painted first.
            let contrast = self.contrast();
            let ground = palette::against(ink, contrast, &mut self.stream);
            let (px, py) = (self.stream.between(0.1, 0.5), self.stream.between(0.1, 0.4));
            let patch = Outline::rounded(padded(word.bounds, px, py), self.stream.between(0.0, 0.1));
            let mut layer = Layer::new(
                Some(patch.moved(|p| to.at(p))),
                Material { light: self.uneven(0.1), ..Material::plain(ground) },
            );
            layer.opacity = self.stream.between(0.75, 1.0);
            layer.wear = if self.stream.chance(0.4) { self.stream.between(0.0, 0.3) } else { 0.0 };
            self.layers.push(layer);
        }
        let mut layer = Layer::new(Some(shape), Material { light: self.uneven(0.1), ..Material::plain(ink) });
        layer.cut = cut;
        layer.opacity = self.stream.between(0.7, 1.0);
        layer.wear = if self.stream.chance(0.4) {
            self.stream.between(0.0, 0.42) * self.hard * (unit / 50.0).min(1.0)
        } else {
            0.0
        };
        layer.soft = if self.stream.chance(0.2) { self.stream.between(0.01, 0.04) * unit } else { 0.0 };
        self.layers.push(layer);
    }

    /// Each digit on a tile of its own.
    fn on_tiles(&mut self, word: &Word, to: &Map, unit: f32) {
        let contrast = self.contrast();
        let [ground, ink] = palette::of_plate(contrast, &mut self.stream);
        let pad = (self.stream.between(0.08, 0.25), self.stream.between(0.1, 0.3));
        let radius = if self.stream.chance(0.4) { self.stream.between(0.02, 0.15) } else { 0.0 };
        for placed in &word.placed {
            let Some(bounds) = placed.ink.bounds() else { continue };
            let area = padded(bounds, pad.0, pad.1);
            let shape = Outline::rounded(area, radius).moved(|p| to.at(p));
            let own = palette::varied(ground, 0.02, &mut self.stream);
            let material = self.plate_material(own, to, unit);
            let mut tile = Layer::new(Some(shape), material);
            let thick = 0.03 * unit;
            tile.shadow = Some(self.shadow(thick));
            tile.relief = Some(Relief { size: thick.max(0.6), strength: 0.3, from: self.sun, gloss: 0.3 });
            self.layers.push(tile);
        }
        self.flat(word, to, unit, ink);
    }

    /// On paper, cardboard, a board or whatever is at hand.
    fn written(&mut self, word: &Word, to: &Map, unit: f32) {
        let (ground, chalk) = match self.sheet {
            Some(ground) => (ground, palette::lightness(ground) < 0.3),
            None => {
                let (kind, ground) = self.paper();
                let area = padded(word.bounds, self.stream.between(0.2, 1.2), self.stream.between(0.15, 0.9));
                let material = self.paper_material(kind, ground, 1.0, &to.back());
                let mut sheet = Layer::new(Some(Outline::rectangle(area).moved(|p| to.at(p))), material);
                sheet.shadow = self.stream.chance(0.6).then(|| self.shadow(0.04 * unit));
                self.layers.push(sheet);
                if self.stream.chance(0.2) && kind == Kind::Paper {
                    self.ruled_paper(area, to, 1.0);
                }
                (ground, kind == Kind::Dirty)
            }
        };
        let inks =
            [[0.05, 0.05, 0.08], [0.08, 0.12, 0.5], [0.65, 0.06, 0.08], [0.06, 0.35, 0.15], [0.3, 0.3, 0.33]];
        let mut ink = if chalk {
            palette::greyish(0.8, 0.97, &mut self.stream)
        } else {
            palette::varied(*pick(&mut self.stream, &inks), 0.03, &mut self.stream)
        };
        if (palette::lightness(ink) - palette::lightness(ground)).abs() < 0.25 {
            ink = palette::against(ground, 0.3, &mut self.stream);
        }
        let (shape, cut) = Self::ink(word, to);
        let mut layer = Layer::new(Some(shape), Material::plain(ink));
        layer.cut = cut;
        layer.opacity = self.stream.between(0.75, 1.0);
        layer.wear = if chalk { self.stream.between(0.15, 0.42) } else { self.stream.unit().powi(3) * 0.35 }
            * (unit / 50.0).min(1.0);
        layer.soft = if self.stream.chance(0.3) { 0.012 * unit } else { 0.0 };
        self.layers.push(layer);
    }

    /// What one writes on, and its colour.
    fn paper(&mut self) -> (Kind, Colour) {
        match weighted(&mut self.stream, &[5.0, 2.0, 1.0, 1.0, 1.0]) {
            0 => (Kind::Paper, palette::greyish(0.72, 0.98, &mut self.stream)),
            1 => {
                let (saturation, value) = (self.stream.between(0.25, 0.5), self.stream.between(0.5, 0.8));
                (Kind::Cardboard, palette::hsv(0.085, saturation, value))
            }
            2 => {
                let boards = [[0.12, 0.13, 0.13], [0.12, 0.22, 0.17]];
                (Kind::Dirty, palette::varied(*pick(&mut self.stream, &boards), 0.03, &mut self.stream))
            }
            3 => (Kind::Paper, palette::hsv(self.stream.unit(), self.stream.between(0.2, 0.55), 0.93)),
            _ => (Kind::Plaster, palette::any(&mut self.stream)),
        }
    }

    fn paper_material(&mut self, kind: Kind, ground: Colour, unit: f32, back: &Map) -> Material {
        let colours = [
            ground,
            palette::varied(ground, 0.04, &mut self.stream),
            palette::varied(ground, 0.07, &mut self.stream),
        ];
        let per_unit = 256.0 / (log_between(&mut self.stream, 1.0, 4.0) * unit);
        self.material(kind, colours, per_unit, 0.0, back)
    }

    /// A sheet or a board that fills the picture, for numbers that are written on it.
    pub(super) fn whole_sheet(&mut self, unit: f32) {
        let (kind, ground) = self.paper();
        let back = self.view.back();
        let mut material = self.paper_material(kind, ground, unit, &back);
        material.light = self.uneven(0.25);
        self.layers.push(Layer::new(None, material));
        self.sheet = Some(ground);
        if kind == Kind::Paper && self.stream.chance(0.4) {
            let far = 1.5 * (self.size[0] + self.size[1]) as f32;
            let view = self.view;
            self.ruled_paper(Area { x: -far, y: -far, w: 2.0 * far, h: 2.0 * far }, &view, unit);
        }
    }

    /// Lines or squares that are printed on paper; a digit is `unit` high.
    fn ruled_paper(&mut self, area: Area, to: &Map, unit: f32) {
        let step = self.stream.between(0.2, 0.8) * unit;
        let thick = 0.012 * unit;
        let mut lines = Outline::default();
        let n = ((area.h / step) as i32).min(200);
        for i in 1..=n {
            lines.add(&Outline::rectangle(Area {
                x: area.x,
                y: area.y + i as f32 * step,
                w: area.w,
                h: thick,
            }));
        }
        if self.stream.chance(0.5) {
            // Squares: lines of the other direction must not cut holes where they cross, so they are a layer of theirs.
            let mut other = Outline::default();
            for i in 1..=((area.w / step) as i32).min(200) {
                other.add(&Outline::rectangle(Area {
                    x: area.x + i as f32 * step,
                    y: area.y,
                    w: thick,
                    h: area.h,
                }));
            }
            self.print(&other, to);
        }
        self.print(&lines, to);
    }

    fn print(&mut self, lines: &Outline, to: &Map) {
        let colour = palette::varied([0.5, 0.6, 0.8], 0.08, &mut self.stream);
        let mut layer = Layer::new(Some(lines.moved(|p| to.at(p))), Material::plain(colour));
        layer.opacity = self.stream.between(0.3, 0.8);
        self.layers.push(layer);
    }

    /// Digits that shine, or stand before a light.
    fn display(&mut self, word: &Word, to: &Map, unit: f32) {
        let lights = [
            [1.0, 0.12, 0.08],
            [1.0, 0.55, 0.1],
            [0.2, 1.0, 0.3],
            [0.3, 0.7, 1.0],
            [1.0, 0.95, 0.85],
            [1.0, 0.3, 0.8],
        ];
        let light = palette::varied(*pick(&mut self.stream, &lights), 0.02, &mut self.stream);
        let (shape, cut) = Self::ink(word, to);
        let bright = self.grounds(word, to).into_iter().fold(0.0, f32::max) > 0.3;
        if bright || self.stream.chance(0.6) {
            let dark = palette::greyish(0.02, 0.16, &mut self.stream);
            let pad = (self.stream.between(0.1, 0.5), self.stream.between(0.1, 0.4));
            let panel = Outline::rounded(padded(word.bounds, pad.0, pad.1), 0.05);
            let material = Material { light: self.uneven(0.1), ..Material::plain(dark) };
            self.layers.push(Layer::new(Some(panel.moved(|p| to.at(p))), material));
        }
        let backlit = self.stream.chance(0.15);
        let colour = if backlit {
            palette::greyish(0.02, 0.15, &mut self.stream)
        } else {
            light.map(|c| c * 0.7 + 0.35)
        };
        let mut layer = Layer::new(Some(shape), Material::plain(colour));
        layer.cut = cut;
        let blur = (self.stream.between(0.04, 0.25) * unit).max(0.8);
        layer.glow = Some(Glow { colour: light, blur, strength: self.stream.between(0.3, 1.0) });
        self.layers.push(layer);
    }
}
