//! A scene while it is laid out: what is in it so far, and where there is room.

use super::chance::{bell, log_between};
use super::geometry::{Map, Outline};
use super::layer::{Colour, Filling, Layer, Material, Shadow};
use super::layout::Word;
use super::noise::SIDE;
use super::palette;
use super::raster::Mask;
use super::studio::Studio;
use super::texture::Kind;
use crate::data::random::Stream;
use crate::data::{Area, Mark};
use ab_glyph::{Point, point};

/// Digits lower than this are not marked: nobody could read them.
const LOWEST: f32 = 7.0;
/// A digit of which less than this share is to be seen would not be marked; so no more is hidden.
pub(super) const LEAST_VISIBLE: f32 = 0.62;

/// A scene that is being laid out.
pub(super) struct Build<'a> {
    pub(super) studio: &'a Studio,
    pub(super) test: bool,
    /// From 0 (clean) to 1 (difficult), this scene's own.
    pub(super) hard: f32,
    /// Width and height in pixels.
    pub(super) size: [usize; 2],
    /// From the wall, its middle at (0, 0), to the picture.
    pub(super) view: Map,
    /// Where light comes from, of length one, and how long shadows are as a share of what stands out.
    pub(super) sun: [f32; 2],
    pub(super) stream: Stream,
    pub(super) layers: Vec<Layer>,
    pub(super) marks: Vec<Mark>,
    /// The ink of each mark, for what may hide it.
    pub(super) inks: Vec<Outline>,
    /// Where something is already.
    pub(super) taken: Vec<Area>,
    pub(super) n_numbers: u8,
    /// Whether the glyphs at work have one outline each, and not several that overlap.
    pub(super) one_piece: bool,
    /// The colour of the sheet or board that the whole picture shows, if it does.
    pub(super) sheet: Option<Colour>,
}

impl Build<'_> {
    /// A surface of that kind on the wall, whose pattern is as large as it is beside digits of `unit` pixels.
    pub(super) fn surface(&mut self, kind: Kind, unit: f32) -> Material {
        let colours = palette::of_surface(kind, &mut self.stream);
        // How many digit heights a texture is high: bricks are 7 cm, house numbers 8 to 20 cm.
        let span = match kind {
            Kind::Brick => log_between(&mut self.stream, 2.5, 7.0),
            Kind::Blocks | Kind::Rubble => log_between(&mut self.stream, 4.0, 10.0),
            Kind::Granite | Kind::Mosaic => log_between(&mut self.stream, 1.5, 4.0),
            _ => log_between(&mut self.stream, 2.0, 8.0),
        };
        let turn = match kind {
            Kind::Planks | Kind::Wood | Kind::Brushed | Kind::Corrugated | Kind::Cardboard
                if self.stream.chance(0.5) =>
            {
                std::f32::consts::FRAC_PI_2
            }
            Kind::Leaves | Kind::Plaster | Kind::Stucco => self.stream.between(0.0, 6.0),
            _ => 0.0,
        };
        let back = self.view.back();
        self.material(kind, colours, SIDE as f32 / (span * unit), turn, &back)
    }

    /// A material of a kind in given colours: `per_pixel` of its pixels on one of the plane that `back` leads to.
    pub(super) fn material(
        &mut self,
        kind: Kind,
        colours: [Colour; 3],
        per_pixel: f32,
        turn: f32,
        back: &Map,
    ) -> Material {
        let tile = self.studio.tiles.some(kind, self.test, &mut self.stream);
        let offset = SIDE as f32;
        let place = Map::shift(self.stream.unit() * offset, self.stream.unit() * offset)
            .after(&Map::turn(turn))
            .after(&Map::scale(per_pixel, per_pixel))
            .after(back);
        let contrast = self.stream.between(0.5, 1.3);
        Material { filling: Filling::Tile(tile), colours, place, contrast, light: self.uneven(0.15) }
    }

    /// Light that changes over the picture by about `by`.
    pub(super) fn uneven(&mut self, by: f32) -> [f32; 3] {
        let [w, h] = self.size.map(|side| side as f32);
        let (x, y) = (bell(&mut self.stream) * by, bell(&mut self.stream) * by);
        [1.0 - (x + y) / 2.0, x / w, y / h]
    }

    /// The shadow of something that stands out by `height` pixels.
    pub(super) fn shadow(&mut self, height: f32) -> Shadow {
        let long = self.stream.between(0.5, 2.0) * height;
        Shadow {
            dx: -self.sun[0] * long,
            dy: -self.sun[1] * long,
            blur: (long * self.stream.between(0.15, 0.8)).max(0.5),
            strength: self.stream.between(0.25, 0.75),
        }
    }

    /// Finds a place for a word: from the word's own measure to the picture. `middles` gives places on the picture to
    /// try, `height` is that of a digit there; `pad` of it stays free on all sides.
    pub(super) fn place(
        &mut self,
        bounds: Area,
        mut height: f32,
        angle: f32,
        pad: f32,
        mut middle: impl FnMut(&mut Stream, [f32; 2]) -> Point,
    ) -> Option<Map> {
        let [w, h] = self.size.map(|side| side as f32);
        let back = self.view.back();
        for _ in 0..12 {
            let wanted = middle(&mut self.stream, [w, h]);
            let on_wall = back.at(wanted);
            let scale = height / self.view.scale_at(on_wall).max(0.1);
            let to = self
                .view
                .after(&Map::shift(on_wall.x, on_wall.y))
                .after(&Map::turn(angle))
                .after(&Map::scale(scale, scale));
            let ink = box_of(&to, bounds, 0.02);
            // A place near the edge is moved inwards.
            let (mx, my) = (missing(ink.x, ink.right(), w), missing(ink.y, ink.bottom(), h));
            if mx.is_none() || my.is_none() {
                height *= 0.85;
                continue;
            }
            let (mx, my) = (mx.unwrap_or(0.0), my.unwrap_or(0.0));
            let to = Map::shift(mx, my).after(&to);
            let all = box_of(&to, bounds, pad);
            if self.taken.iter().any(|other| other.overlap(&all) > 0.0) {
                height *= 0.93;
                continue;
            }
            self.taken.push(all);
            return Some(to);
        }
        None
    }

    /// Marks the digits of a word; those that are too small to be read are not marked. Anything but a digit ends a
    /// number.
    pub(super) fn mark(&mut self, word: &Word, to: &Map) {
        let [w, h] = self.size.map(|side| side as f32);
        let frame = Area { x: 0.0, y: 0.0, w, h };
        let mut open = false;
        for placed in &word.placed {
            let Some(class) = placed.character.to_digit(10) else {
                self.n_numbers += u8::from(std::mem::take(&mut open));
                continue;
            };
            let ink = placed.ink.moved(|p| to.at(p));
            let Some(area) = ink.bounds().map(|area| cut(area, frame)) else { continue };
            if area.h.max(area.w) < LOWEST {
                continue;
            }
            open = true;
            self.marks.push(Mark { class: class as u8, number: self.n_numbers, area });
            self.inks.push(ink);
        }
        self.n_numbers += u8::from(open);
    }

    /// Whether a shape on top of everything would leave enough of every digit to be seen.
    pub(super) fn leaves_visible(&self, shape: &Outline) -> bool {
        let Some(bounds) = shape.bounds() else { return true };
        let touched = self.marks.iter().zip(&self.inks).filter(|(mark, _)| mark.area.overlap(&bounds) > 0.0);
        let mut hiding = None;
        for (_, ink) in touched {
            let hiding = hiding.get_or_insert_with(|| Mask::fill(shape, self.size, 0, 0));
            let mut seen = Mask::fill(ink, self.size, 0, 0);
            let all = seen.size();
            seen.minus(hiding);
            if seen.size() < LEAST_VISIBLE * all {
                return false;
            }
        }
        true
    }

    /// Whether the layers from `first` on leave enough of every marked digit to be seen; if not, they are taken away.
    pub(super) fn keeps_others(&mut self, first: usize) -> bool {
        let fine = self.layers[first..]
            .iter()
            .filter_map(|layer| layer.ink.as_ref())
            .all(|ink| self.leaves_visible(ink));
        if !fine {
            self.layers.truncate(first);
        }
        fine
    }

    /// How light the picture is behind each character of a word, near its middle and its corners.
    pub(super) fn grounds(&self, word: &Word, to: &Map) -> Vec<f32> {
        let mut all = Vec::new();
        for area in word.placed.iter().filter_map(|placed| placed.ink.bounds()) {
            let center = middle(area);
            for (x, y) in [(0.0, 0.0), (-0.4, -0.4), (0.4, -0.4), (-0.4, 0.4), (0.4, 0.4)] {
                all.push(palette::lightness(
                    self.ground_at(to.at(point(center.x + x * area.w, center.y + y * area.h))),
                ));
            }
        }
        all
    }

    /// The colour of what is in the picture at a place so far, without its finer pattern.
    fn ground_at(&self, p: Point) -> Colour {
        let here =
            |layer: &&Layer| layer.opacity > 0.5 && layer.ink.as_ref().is_none_or(|ink| ink.contains(p));
        let Some(layer) = self.layers.iter().rev().find(here) else { return [0.0; 3] };
        let mut colour = [[0.0; 3]];
        layer.material.row(layer.material.coarsest(), p.x as i32, p.y as i32, &mut colour);
        colour[0]
    }

    /// All ink of a word on the picture, and what is cut out of it.
    pub(super) fn ink(word: &Word, to: &Map) -> (Outline, Outline) {
        let (mut ink, mut cut) = (Outline::default(), Outline::default());
        for placed in &word.placed {
            ink.add(&placed.ink.moved(|p| to.at(p)));
            cut.add(&placed.cut.moved(|p| to.at(p)));
        }
        (ink, cut)
    }
}

/// The upright box around an area that was moved, with `pad` more on each side before.
pub(super) fn box_of(to: &Map, area: Area, pad: f32) -> Area {
    let area = padded(area, pad, pad);
    let corners = Outline::rectangle(area).moved(|p| to.at(p));
    corners.bounds().unwrap_or_default()
}

/// The area with more on all sides.
pub(super) fn padded(area: Area, x: f32, y: f32) -> Area {
    Area { x: area.x - x, y: area.y - y, w: area.w + 2.0 * x, h: area.h + 2.0 * y }
}

/// The middle of an area.
pub(super) fn middle(area: Area) -> Point {
    point(area.x + area.w / 2.0, area.y + area.h / 2.0)
}

/// The part of an area that lies in a frame.
fn cut(area: Area, frame: Area) -> Area {
    let (x, y) = (area.x.max(frame.x), area.y.max(frame.y));
    let (right, bottom) = (area.right().min(frame.right()), area.bottom().min(frame.bottom()));
    Area { x, y, w: (right - x).max(0.0), h: (bottom - y).max(0.0) }
}

/// How far a range must move to lie within 1 to `side` - 1; `None` if it is too long.
fn missing(low: f32, high: f32, side: f32) -> Option<f32> {
    if high - low > side - 2.0 || !(high - low).is_finite() {
        return None;
    }
    Some((1.0 - low).max(0.0) - (high - side + 1.0).max(0.0))
}
