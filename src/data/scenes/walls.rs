//! What is behind the numbers: walls, doors, frames, hedges, photos.

use super::build::Build;
use super::chance::{log_between, pick, weighted};
use super::geometry::{Map, Outline};
use super::layer::{Filling, Layer, Material};
use super::palette;
use super::texture::Kind;
use crate::data::Area;

/// How often walls are of each kind.
const WALLS: [(Kind, f32); 16] = [
    (Kind::Plaster, 5.0),
    (Kind::Stucco, 3.0),
    (Kind::Brick, 5.0),
    (Kind::Blocks, 2.0),
    (Kind::Rubble, 1.5),
    (Kind::Planks, 3.0),
    (Kind::Wood, 2.0),
    (Kind::Tiles, 1.5),
    (Kind::Concrete, 2.5),
    (Kind::Corrugated, 0.7),
    (Kind::Leaves, 1.0),
    (Kind::Peeling, 1.0),
    (Kind::Dirty, 2.0),
    (Kind::Granite, 2.0),
    (Kind::Mosaic, 1.0),
    (Kind::Shingles, 1.0),
];

impl Build<'_> {
    /// A kind of wall; those of tests only in tests.
    fn wall_kind(&mut self) -> Kind {
        let weights =
            WALLS.map(|(kind, weight)| if kind.only_in_test() && !self.test { 0.0 } else { weight });
        WALLS[weighted(&mut self.stream, &weights)].0
    }

    /// Covers the picture; `unit` is the height of digits that may come.
    pub(super) fn background(&mut self, unit: f32) {
        let photos = &self.studio.photos[usize::from(self.test)];
        if !photos.is_empty() && self.stream.chance(0.5) {
            let photo = std::sync::Arc::clone(pick(&mut self.stream, photos));
            let fits = photo.width.min(photo.height) as f32 / self.size[0].max(self.size[1]) as f32;
            let scale = log_between(&mut self.stream, 0.4, 1.0) * fits;
            let place =
                Map::shift(self.stream.unit() * photo.width as f32, self.stream.unit() * photo.height as f32)
                    .after(&Map::scale(scale, scale));
            let material = Material { filling: Filling::Picture(photo), place, ..Material::plain([0.0; 3]) };
            let material = Material { colours: [[0.0; 3], [1.0; 3], [1.0; 3]], ..material };
            return self.layers.push(Layer::new(None, material));
        }
        let material = if self.stream.chance(0.08) {
            // Out of focus or far away: only light and colour.
            let light = self.uneven(0.35);
            Material { light, ..Material::plain(palette::any(&mut self.stream)) }
        } else {
            let kind = self.wall_kind();
            self.surface(kind, unit)
        };
        self.layers.push(Layer::new(None, material));
        for _ in 0..weighted(&mut self.stream, &[4.0, 4.0, 2.0, 1.0]) {
            self.structure(unit);
        }
    }

    /// A door, a frame, a beam or the edge of another wall.
    fn structure(&mut self, unit: f32) {
        let [w, h] = self.size.map(|side| side as f32);
        let far = 3.0 * (w + h);
        let at = (self.stream.unit() - 0.5) * w * 1.2;
        let down = (self.stream.unit() - 0.5) * h * 1.2;
        let wide = log_between(&mut self.stream, 0.03, 0.6) * w;
        let area = match self.stream.below(5) {
            // To the edge of the picture, left or right.
            0 => Area { x: at, y: -far, w: far, h: 2.0 * far },
            1 => Area { x: at - far, y: -far, w: far, h: 2.0 * far },
            2 => Area { x: at, y: -far, w: wide, h: 2.0 * far },
            3 => Area { x: -far, y: down, w: 2.0 * far, h: wide },
            _ => Area { x: at, y: down, w: wide * 1.5, h: log_between(&mut self.stream, 0.1, 0.8) * h },
        };
        let shape = Outline::rectangle(area);
        let view = self.view;
        let material = match weighted(&mut self.stream, &[5.0, 3.0, 1.0]) {
            0 => {
                let kind = self.wall_kind();
                self.surface(kind, unit)
            }
            1 => Material { light: self.uneven(0.2), ..Material::plain(palette::any(&mut self.stream)) },
            _ => self.glass(),
        };
        let raised = self.stream.between(0.0, 0.06) * unit.max(20.0);
        let mut layer = Layer::new(Some(shape.moved(|p| view.at(p))), material);
        if self.stream.chance(0.7) {
            layer.shadow = Some(self.shadow(raised.max(1.0)));
        }
        self.layers.push(layer);
    }

    /// A window: dark, with light of the sky on it.
    pub(super) fn glass(&mut self) -> Material {
        let dark = palette::hsv(
            0.55 + 0.1 * self.stream.unit(),
            self.stream.between(0.05, 0.35),
            self.stream.between(0.08, 0.5),
        );
        let sky = palette::varied([0.75, 0.8, 0.88], 0.08, &mut self.stream);
        let [w, h] = self.size.map(|side| side as f32);
        let back = Map::shift(-w / 2.0, -h / 2.0);
        let spread = log_between(&mut self.stream, 0.3, 1.5);
        let mut glass = self.material(Kind::Plaster, [dark, sky, dark], spread, 0.0, &back);
        glass.contrast = 0.1;
        glass.place = glass.place.after(&Map::turn(self.stream.between(-0.5, 0.5)));
        glass.light = self.uneven(0.4);
        glass
    }
}
