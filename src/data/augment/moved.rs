//! Where things on an image come to be when its pixels are moved: middles and boxes of characters.

use super::affine::Map;
use super::elastic;
use super::warp::padded;
use super::{Augmenter, Draws, Scratch, Shape};
use crate::data::{Area, Mark};

/// Places on the outline of a box, and on the ellipse in it; a multiple of four, so that the sides' middles are among them.
const AROUND: usize = 24;
/// Steps towards the place that a bent image shows a pixel at; each leaves a fraction of what was missing.
const STEPS: usize = 8;

/// How one image's pixels are moved.
#[derive(Debug)]
pub struct Moves<'a> {
    shape: Shape,
    map: Map,
    bent: Option<[&'a [f32]; 2]>,
}

impl Augmenter {
    /// How the pixels of the image at `position` are moved in that step; `None` where they stay.
    pub fn moves<'s>(&self, step_idx: u64, position: usize, scratch: &'s mut Scratch) -> Option<Moves<'s>> {
        let draws = |purpose| Draws::new(self.seed, step_idx, position, purpose);
        let Scratch { elastic, gauss, .. } = scratch;
        let (map, bent) = self.geometry.map(self.arch, &draws, self.shape, (elastic, gauss))?;
        Some(Moves { shape: self.shape, map, bent: bent.map(elastic::Room::lists) })
    }
}

impl Moves<'_> {
    /// Where a place of the old image is in the new one, both in pixels from the top left corner.
    pub fn at(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        // The map goes from new pixels to old ones, which are counted by their middles.
        let Map { matrix: [[a, b], [d, e]], offset } = self.map;
        let by = 1.0 / (a * e - b * d);
        let old = [x - 0.5 - offset[0], y - 0.5 - offset[1]];
        let straight = |[dx, dy]: [f32; 2]| {
            let [u, v] = [old[0] - dx, old[1] - dy];
            [(e * u - b * v) * by, (a * v - d * u) * by]
        };
        let mut new = straight([0.0, 0.0]);
        if let Some(lists) = self.bent {
            for _ in 0..STEPS {
                new = straight(lists.map(|list| self.bent_by(list, new)));
            }
        }
        [new[0] + 0.5, new[1] + 0.5]
    }

    /// The box of what fills a box: between that of the moved rectangle and that of the moved ellipse in it, since
    /// characters have round corners.
    pub fn area(&self, area: &Area) -> Area {
        let [w, h] = [area.w / 2.0, area.h / 2.0];
        let middle = [area.x + w, area.y + h];
        let extent = |outline: &dyn Fn([f32; 2]) -> [f32; 2]| {
            let mut all = [[f32::MAX, f32::MIN]; 2];
            for i in 0..AROUND {
                let (sin, cos) = (i as f32 / AROUND as f32 * std::f32::consts::TAU).sin_cos();
                let [right, down] = outline([cos, sin]);
                let moved = self.at([middle[0] + right * w, middle[1] + down * h]);
                for (extent, at) in all.iter_mut().zip(moved) {
                    *extent = [extent[0].min(at), extent[1].max(at)];
                }
            }
            all
        };
        let ellipse = extent(&|at| at);
        let rectangle = extent(&|[x, y]| {
            let most = x.abs().max(y.abs());
            [x / most, y / most]
        });
        let side = |axis: usize, end: usize| 0.5 * (ellipse[axis][end] + rectangle[axis][end]);
        let [x, y] = [side(0, 0), side(1, 0)];
        Area { x, y, w: side(0, 1) - x, h: side(1, 1) - y }
    }

    /// The same characters where they are now.
    pub fn marks(&self, marks: &[Mark]) -> Vec<Mark> {
        marks.iter().map(|mark| Mark { area: self.area(&mark.area), ..*mark }).collect()
    }

    /// What a list of one number a pixel says at a place, between pixels by straight lines.
    fn bent_by(&self, list: &[f32], [x, y]: [f32; 2]) -> f32 {
        let Shape { width, height, .. } = self.shape;
        let place = |at: f32, side: usize| {
            let at = at.clamp(0.0, side as f32 - 1.0);
            let first = (at as usize).min(side.saturating_sub(2));
            (first, at - first as f32)
        };
        let ((column, right), (row, down)) = (place(x, width), place(y, height));
        let value = |dx: usize, dy: usize| {
            let (column, row) = ((column + dx).min(width - 1), (row + dy).min(height - 1));
            list.get(row * padded(width) + column).copied().unwrap_or(0.0)
        };
        let above = value(0, 0) + (value(1, 0) - value(0, 0)) * right;
        let below = value(0, 1) + (value(1, 1) - value(0, 1)) * right;
        above + (below - above) * down
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Augment, Augmenter, Scratch, Shape};
    use super::*;
    use std::borrow::Cow;

    /// A light block on black is, after it was moved, where its box is.
    #[test]
    fn boxes_go_with_the_pixels() {
        let shape = Shape { channels: 1, height: 64, width: 80 };
        let area = Area { x: 30.0, y: 18.0, w: 16.0, h: 24.0 };
        let mut image = vec![0_u8; 64 * 80];
        for y in 18..42 {
            image[y * 80 + 30..][..16].fill(255);
        }
        let off = Augment::default;
        let cases = [
            Augment { shift: 0.2, ..off() },
            Augment { shift_pixels: 9, ..off() },
            Augment { zoom: 0.3, ..off() },
            Augment { shear: 20.0, ..off() },
            Augment { rotation: 15.0, ..off() },
            Augment { rotation: 10.0, shift: 0.1, shear: 10.0, zoom: 0.2, shift_pixels: 3, ..off() },
            Augment { elastic_alpha: 60.0, elastic_sigma: 6.0, ..off() },
            Augment { rotation: 8.0, zoom: 0.2, elastic_alpha: 40.0, elastic_sigma: 5.0, ..off() },
        ];
        for settings in cases {
            let augmenter = Augmenter::new(&settings, shape, 5).expect("it is on");
            let mut worst: f32 = 1.0;
            for position in 0..20 {
                let mut scratch = Scratch::default();
                let moved =
                    augmenter.image(7, position, 20, |_| Cow::Borrowed(&image), &mut scratch).to_vec();
                let lit = || (0..moved.len()).filter(|at| moved[*at] > 127).map(|at| [at % 80, at / 80]);
                let least = |axis: usize| lit().map(|at| at[axis]).min().expect("some is lit") as f32;
                let most = |axis: usize| lit().map(|at| at[axis]).max().expect("some is lit") as f32 + 1.0;
                let (x, y) = (least(0), least(1));
                let found = Area { x, y, w: most(0) - x, h: most(1) - y };
                let said = augmenter.moves(7, position, &mut scratch).expect("it moves").area(&area);
                worst = worst.min(said.iou(&found));
            }
            // Corners of a block are not round: of a turned one the box is a little larger.
            assert!(worst > 0.8, "{settings:?}: {worst}");
        }
        let still = Augment { noise: 0.1, ..off() };
        let augmenter = Augmenter::new(&still, shape, 5).expect("it is on");
        assert!(augmenter.moves(0, 0, &mut Scratch::default()).is_none());
    }
}
