//! What is in pictures beside numbers: words, shapes that are no digits, and things in front of everything.

use super::build::{Build, box_of, padded};
use super::chance::{bell, log_between, pick, weighted};
use super::drawn::restyled;
use super::geometry::{Map, Outline};
use super::layer::{Layer, Material, Relief};
use super::layout::{Arrangement, Word, word};
use super::mount::Mount;
use super::palette;
use super::pen::Pen;
use super::skeleton::spline;
use super::typeface::{Glyph, Typeface};
use crate::data::Area;
use ab_glyph::point;

/// Words of signs near house numbers; none of one letter, and none that is all O, I or l.
const WORDS: [&str; 48] = [
    "Street",
    "STREET",
    "Road",
    "Avenue",
    "AVE",
    "Lane",
    "LANE",
    "Rue",
    "RUE",
    "Place",
    "Strasse",
    "Weg",
    "Platz",
    "Calle",
    "Via",
    "VIA ROMA",
    "Piazza",
    "Hill",
    "House",
    "Cottage",
    "VILLA",
    "Park",
    "PARKING",
    "PRIVATE",
    "No",
    "Nr",
    "Flat",
    "Apt",
    "Unit",
    "Suite",
    "Floor",
    "EXIT",
    "OPEN",
    "Push",
    "PULL",
    "Dr. Meyer",
    "Smith",
    "Garcia",
    "Rossi",
    "ENTRANCE",
    "Post",
    "Letters",
    "WELCOME",
    "Slow",
    "FOR SALE",
    "Bell",
    "Solis",
    "BOZZO",
];

impl Build<'_> {
    /// A typeface of a font; letters and all.
    pub(super) fn font(&mut self, characters: &str) -> Typeface {
        let families = &self.studio.families.parts[usize::from(self.test)];
        let family = pick(&mut self.stream, families);
        let face = pick(&mut self.stream, family);
        restyled(face, characters, &mut self.stream)
    }

    /// The glyphs of a text in a typeface; characters that it does not have are left out, blanks are room.
    pub(super) fn set(face: &Typeface, text: &str) -> Vec<(char, Glyph)> {
        let glyph = |character: char| {
            if character == ' ' {
                return Some((character, Glyph { advance: 0.35, ..Glyph::default() }));
            }
            face.glyph(character).map(|glyph| (character, glyph.clone()))
        };
        text.chars().filter_map(glyph).collect()
    }

    /// A line of digits that are no house number: a phone number, a date, a price; they are marked like any other.
    pub(super) fn phone(&mut self, unit: f32) {
        let mut digits =
            |n: u32| -> String { (0..n).map(|_| char::from(b'0' + self.stream.below(10) as u8)).collect() };
        let parts = [digits(4), digits(5), digits(3), digits(2), digits(2), digits(4)];
        let text = match self.stream.below(6) {
            0 => format!("Tel. {} {}", parts[0], parts[1]),
            1 => format!("{} {}", parts[1], parts[2]),
            2 => format!("{}-{}", parts[2], parts[0]),
            3 => format!("{}.{}.{}", parts[3], parts[4], parts[5]),
            4 => format!("{} - {}", parts[3], parts[4]),
            _ => format!("{} {} {}", parts[2], parts[3], parts[4]),
        };
        let face = self.font(&text);
        let line = word(&Self::set(&face, &text), Arrangement::Row, 0.0, 0.0, &mut self.stream);
        let height = (log_between(&mut self.stream, 0.2, 0.7) * unit).max(9.0);
        let angle = bell(&mut self.stream) * 0.04;
        let to = self.place(line.bounds, height, angle, 0.3, |stream, [w, h]| {
            point(stream.unit() * w, stream.unit() * h)
        });
        let Some(to) = to else { return };
        let height = to.scale_at(point(0.0, 0.0));
        let mount = *pick(&mut self.stream, &[Mount::Plate, Mount::Plate, Mount::Painted]);
        let first = self.layers.len();
        self.put_up(mount, &line, &to, height);
        if self.keeps_others(first) {
            self.mark(&line, &to);
        }
    }

    /// Letters that are no word, three or more, so that they are not taken for digits.
    fn letters(&mut self) -> String {
        let first = if self.stream.chance(0.6) { b'A' } else { b'a' };
        let n = 3 + self.stream.below(6);
        (0..n).map(|_| char::from(first + self.stream.below(26) as u8)).collect()
    }

    /// A line of letters somewhere, without any digit.
    pub(super) fn sign(&mut self, unit: f32) {
        let mut text = (*pick(&mut self.stream, &WORDS)).to_owned();
        if self.stream.chance(0.3) {
            text = format!("{text} {}", pick(&mut self.stream, &WORDS));
        } else if self.stream.chance(0.35) {
            text = self.letters();
        }
        let face = self.font(&text);
        let glyphs = Self::set(&face, &text);
        let space = if self.stream.chance(0.3) { self.stream.between(0.0, 0.2) } else { 0.0 };
        let line = word(&glyphs, Arrangement::Row, space, 0.0, &mut self.stream);
        if line.placed.is_empty() {
            return;
        }
        let height = (log_between(&mut self.stream, 0.2, 1.1) * unit).max(5.0);
        let angle = bell(&mut self.stream) * 0.04;
        let to = self.place(line.bounds, height, angle, 0.3, |stream, [w, h]| {
            point(stream.unit() * w, stream.unit() * h)
        });
        let Some(to) = to else { return };
        let mount = *pick(
            &mut self.stream,
            &[Mount::Plate, Mount::Painted, Mount::Painted, Mount::Numerals, Mount::Written],
        );
        let first = self.layers.len();
        self.put_up(mount, &line, &to, height);
        self.keeps_others(first);
    }

    /// A round or straight thing that is no digit: a bell, a handle, a keyhole, a pipe, a slot.
    pub(super) fn thing(&mut self, unit: f32) {
        let size = log_between(&mut self.stream, 0.1, 1.2);
        let kind = weighted(&mut self.stream, &[3.0, 2.0, 1.5, 1.5, 1.0]);
        let shape = match kind {
            0 => Outline::ellipse(point(0.0, 0.0), size * 0.5, size * 0.5, 30),
            1 => {
                let wide = size * self.stream.between(0.08, 0.2);
                Outline::rounded(Area { x: -wide / 2.0, y: -size / 2.0, w: wide, h: size }, wide / 2.0)
            }
            2 => {
                Outline::rounded(Area { x: -size, y: -size * 0.15, w: 2.0 * size, h: size * 0.3 }, size * 0.1)
            }
            3 => {
                let mut ring = Outline::ellipse(point(0.0, 0.0), size * 0.5, size * 0.5, 30);
                let inner = size * self.stream.between(0.3, 0.44);
                ring.add_hole(&Outline::ellipse(point(0.0, 0.0), inner, inner, 30));
                ring
            }
            _ => {
                let mut keyhole = Outline::ellipse(point(0.0, -size * 0.2), size * 0.15, size * 0.15, 20);
                keyhole.add(&Outline::polygon(vec![
                    point(size * 0.05, -size * 0.2),
                    point(size * 0.12, size * 0.3),
                    point(-size * 0.12, size * 0.3),
                    point(-size * 0.05, -size * 0.2),
                ]));
                keyhole
            }
        };
        let bounds = shape.bounds().unwrap_or_default();
        let angle = if self.stream.chance(0.2) { self.stream.between(-0.5, 0.5) } else { 0.0 };
        let to = self
            .place(bounds, unit, angle, 0.2, |stream, [w, h]| point(stream.unit() * w, stream.unit() * h));
        let Some(to) = to else { return };
        let colour = if self.stream.chance(0.6) {
            palette::metal(&mut self.stream)
        } else {
            palette::any(&mut self.stream)
        };
        let mut layer = Layer::new(
            Some(shape.moved(|p| to.at(p))),
            Material { light: self.uneven(0.2), ..Material::plain(colour) },
        );
        let thick = 0.06 * unit;
        layer.shadow = self.stream.chance(0.7).then(|| self.shadow(thick));
        let (strength, gloss) = (self.stream.between(0.1, 0.6), self.stream.unit());
        layer.relief = Some(Relief { size: thick.max(0.6), strength, from: self.sun, gloss });
        let first = self.layers.len();
        self.layers.push(layer);
        self.keeps_others(first);
    }

    /// Something in front of the scene: a twig, a pole, a wire, the edge of something near. It hides no digit.
    pub(super) fn in_front(&mut self, unit: f32) {
        let [w, h] = self.size.map(|side| side as f32);
        let side = w.max(h);
        let mut shape = Outline::default();
        let kind = self.stream.below(4);
        match kind {
            0 => {
                let wide = log_between(&mut self.stream, 0.04, 0.3) * unit;
                shape.add(&Outline::rectangle(Area {
                    x: -wide / 2.0,
                    y: -2.0 * side,
                    w: wide,
                    h: 4.0 * side,
                }));
            }
            1 => {
                let pen = Pen {
                    pressure: 0.5,
                    taper: 0.8,
                    ..Pen::even(log_between(&mut self.stream, 0.02, 0.1) * unit, true)
                };
                let mut x = -0.5 * side;
                let mut line = Vec::new();
                while x < 0.5 * side {
                    line.push((x, bell(&mut self.stream) * 0.05 * side));
                    x += 0.12 * side;
                }
                let twig = spline(&line);
                for p in twig.iter().step_by(3) {
                    let (rx, ry) =
                        (self.stream.between(0.1, 0.25) * unit, self.stream.between(0.05, 0.1) * unit);
                    let center = point(p.x, p.y + bell(&mut self.stream) * 0.1 * unit);
                    let leaf = Outline::ellipse(center, rx, ry, 10);
                    if self.stream.chance(0.6) {
                        shape.add(&super::light::turned_about(&leaf, center, self.stream.between(0.0, 3.0)));
                    }
                }
                shape.add(&pen.draw(&[twig], &mut self.stream));
            }
            2 => {
                shape.add(&Outline::rectangle(Area { x: 0.0, y: -2.0 * side, w: 2.0 * side, h: 4.0 * side }));
            }
            _ => {
                for _ in 0..2 + self.stream.below(6) {
                    let center =
                        point(bell(&mut self.stream) * 0.6 * unit, bell(&mut self.stream) * 0.6 * unit);
                    let (rx, ry) =
                        (self.stream.between(0.15, 0.5) * unit, self.stream.between(0.08, 0.2) * unit);
                    let leaf = Outline::ellipse(center, rx, ry, 12);
                    shape.add(&super::light::turned_about(&leaf, center, self.stream.between(0.0, 3.0)));
                }
            }
        }
        let colour = match kind {
            0 | 2 => palette::any(&mut self.stream),
            _ => palette::hsv(
                0.2 + 0.15 * self.stream.unit(),
                self.stream.between(0.3, 0.7),
                self.stream.between(0.1, 0.6),
            ),
        };
        let soft = self.stream.unit().powi(2) * 0.06 * unit;
        for _ in 0..4 {
            let angle = if kind == 0 || kind == 2 {
                bell(&mut self.stream) * 0.2
            } else {
                self.stream.between(-3.2, 3.2)
            };
            let x = if kind == 2 { self.stream.between(0.55, 0.95) } else { self.stream.unit() };
            let to = Map::shift(x * w, self.stream.unit() * h).after(&Map::turn(angle));
            let moved = shape.moved(|p| to.at(p));
            if self.leaves_visible(&moved) {
                let material = Material { light: self.uneven(0.3), ..Material::plain(colour) };
                let mut layer = Layer::new(Some(moved), material);
                layer.soft = soft;
                self.layers.push(layer);
                return;
            }
        }
    }

    /// A line of letters above or below a word that was placed, as streets' names on plates are.
    pub(super) fn caption(&mut self, of: &Word, to: &Map, unit: f32, ink: super::layer::Colour) {
        let text = *pick(&mut self.stream, &WORDS);
        let face = self.font(text);
        let line = word(&Self::set(&face, text), Arrangement::Row, 0.02, 0.0, &mut self.stream);
        let scale = (of.bounds.w / line.bounds.w.max(0.1)).min(0.35) * self.stream.between(0.7, 1.0);
        if line.placed.is_empty() || scale * unit < 4.0 {
            return;
        }
        let above = self.stream.chance(0.5);
        let far = 0.12 + line.bounds.h * scale / 2.0;
        let y = if above { of.bounds.y - far } else { of.bounds.bottom() + far };
        let there = to.after(&Map::shift(0.0, y)).after(&Map::scale(scale, scale));
        self.taken.push(box_of(&there, padded(line.bounds, 0.0, 0.0), 0.0));
        let (shape, cut) = Self::ink(&line, &there);
        let mut layer = Layer::new(Some(shape), Material::plain(ink));
        layer.cut = cut;
        self.layers.push(layer);
    }
}
