//! Cutout (DeVries and Taylor, 2017, arXiv 1708.04552): a square about a random pixel is covered; what of it lies
//! beyond the rim is lost. It is covered with the image's mean, which is what the paper's zeros are after
//! normalisation.

use super::draws::Draws;
use super::{Augment, Operation, Picture};

struct Cutout(f64);

pub fn make(settings: &Augment) -> Option<Box<dyn Operation>> {
    (settings.cutout != 0.0).then(|| Box::new(Cutout(settings.cutout)) as Box<dyn Operation>)
}

impl Operation for Cutout {
    fn apply(&self, mut draws: Draws, picture: &mut Picture<'_>) {
        let mut span = |side: usize| {
            let length = ((self.0 * side as f64).round() as usize).max(1);
            let (centre, before) = (draws.below(side), length / 2);
            centre.saturating_sub(before)..(centre + length - before).min(side)
        };
        let (rows, columns) = (span(picture.shape.height), span(picture.shape.width));
        let width = picture.shape.width;
        for plane in picture.values.chunks_exact_mut(picture.shape.plane()) {
            let mean = super::mean(picture.arch, plane);
            for row in plane.chunks_exact_mut(width).take(rows.end).skip(rows.start) {
                row[columns.clone()].fill(mean);
            }
        }
    }
}
