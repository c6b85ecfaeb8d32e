//! Everything that moves pixels, as one map that is read once.

use super::affine::{Affine, Map, Ranges};
use super::draws::{Draws, purpose};
use super::elastic::{self, Elastic};
use super::{Augment, Fill, Shape, gauss, warp};
use std::iter::zip;

/// What moves pixels, as the settings have it.
pub struct Geometry {
    affine: Option<Ranges>,
    pixels: usize,
    elastic: Option<Elastic>,
    fill: Fill,
}

impl Geometry {
    /// As the settings have it.
    pub fn new(settings: &Augment) -> Self {
        Self {
            affine: Ranges::new(settings),
            pixels: settings.shift_pixels as usize,
            elastic: Elastic::new(settings),
            fill: settings.fill,
        }
    }

    /// Columns to the left and rows up, in whole pixels.
    fn whole_pixels(&self, draws: &dyn Fn(u64) -> Draws) -> [isize; 2] {
        if self.pixels == 0 {
            return [0, 0];
        }
        let mut draws = draws(const { purpose("shift_pixels") });
        [(); 2].map(|()| draws.below(2 * self.pixels + 1) as isize - self.pixels as isize)
    }

    /// Copies the image, shifted, where nothing else moves pixels; false (and nothing done) where something does.
    pub fn shift_whole_pixels(
        &self,
        draws: &dyn Fn(u64) -> Draws,
        shape: Shape,
        image: &[u8],
        out: &mut [u8],
    ) -> bool {
        if self.affine.is_some() || self.elastic.is_some() {
            return false;
        }
        match self.whole_pixels(draws) {
            [0, 0] => out.copy_from_slice(image),
            shift => warp::copy_shifted(shape, image, shift, self.fill, out),
        }
        true
    }

    /// Where the new image's pixels are read in the old one, and how that is bent; `None` where they stay.
    pub fn map<'b>(
        &self,
        arch: pulp::Arch,
        draws: &dyn Fn(u64) -> Draws,
        shape: Shape,
        (bent, smooth): (&'b mut elastic::Room, &mut gauss::Room),
    ) -> Option<(Map, Option<&'b elastic::Room>)> {
        let shift = self.whole_pixels(draws);
        if self.affine.is_none() && self.elastic.is_none() && shift == [0, 0] {
            return None;
        }
        let mut map = self.affine.map_or_else(Affine::default, |ranges| ranges.draw(draws, shape)).map(shape);
        zip(&mut map.offset, shift).for_each(|(offset, shift)| *offset += shift as f32);
        let field = self.elastic.as_ref().map(|elastic| {
            let draws = draws(const { purpose("elastic") });
            elastic.draw(arch, draws, shape, bent, smooth);
            &*bent
        });
        Some((map, field))
    }

    /// The image with its pixels moved, as numbers.
    pub fn apply(
        &self,
        arch: pulp::Arch,
        draws: &dyn Fn(u64) -> Draws,
        shape: Shape,
        image: &[u8],
        out: &mut [f32],
        (room, bent, smooth): (&mut warp::Room, &mut elastic::Room, &mut gauss::Room),
    ) {
        let Some((map, field)) = self.map(arch, draws, shape, (bent, smooth)) else {
            zip(out, image).for_each(|(to, from)| *to = f32::from(*from));
            return;
        };
        let lists = field.map(elastic::Room::lists);
        warp::prepare(arch, shape, image, self.fill, room);
        warp::read(arch, shape, map, self.fill, lists, room, out);
    }
}
