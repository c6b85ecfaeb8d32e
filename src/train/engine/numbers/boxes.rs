//! How wrong a box is: smooth L1 on its middle and its sides, which points the way from anywhere, and what complete IoU
//! misses, which is what boxes are measured by.

use super::super::detector::ciou_loss;
use crate::data::Area;
use crate::models::numbers::Truth;
use tch::{Kind, Reduction, Tensor};

/// From here on smooth L1 is straight (Ren et al., 2015, "Faster R-CNN", arXiv 1506.01497, as its authors' code has it).
const BETA: f64 = 1.0 / 9.0;
/// A box is never learned smaller than this share of the picture.
const LEAST: f32 = 1e-3;

/// The loss of each box, `[n]`, from middles and sides `[n, 4]`; none for pictures on which there is no number.
pub fn loss(said: &Tensor, truth: &Truth) -> anyhow::Result<Tensor> {
    let device = said.device();
    let (mut wanted, mut counts) = (Vec::with_capacity(4 * truth.len()), Vec::with_capacity(truth.len()));
    for place in &truth.places {
        let seen = place.and_then(|place| seen(&place));
        counts.push(if seen.is_some() { 1.0_f32 } else { 0.0 });
        let Area { x, y, w, h } = seen.unwrap_or(Area { x: 0.0, y: 0.0, w: 1.0, h: 1.0 });
        wanted.extend([x + w / 2.0, y + h / 2.0, w, h]);
    }
    let wanted = Tensor::from_slice(&wanted).view([-1, 4]).to_device(device);
    let counts = Tensor::from_slice(&counts).to_device(device);
    let apart = said.f_smooth_l1_loss(&wanted, Reduction::None, BETA)?;
    let apart = apart.f_sum_dim_intlist([1_i64].as_slice(), false, Kind::Float)?;
    let misfit = ciou_loss(&from_corner(said)?, &from_corner(&wanted)?)?;
    Ok(apart.f_add(&misfit)?.f_mul(&counts)?)
}

/// What of a box lies on the picture; `None` for next to nothing.
fn seen(place: &Area) -> Option<Area> {
    let (x, y) = (place.x.clamp(0.0, 1.0), place.y.clamp(0.0, 1.0));
    let (w, h) = (place.right().clamp(0.0, 1.0) - x, place.bottom().clamp(0.0, 1.0) - y);
    (w > LEAST && h > LEAST).then_some(Area { x, y, w, h })
}

/// Middles and sides as distances from the picture's upper left corner to the left, upper, right and lower side.
fn from_corner(boxes: &Tensor) -> anyhow::Result<Tensor> {
    let (middle, half) = (boxes.f_narrow(1, 0, 2)?, boxes.f_narrow(1, 2, 2)?.f_mul_scalar(0.5)?);
    Ok(Tensor::f_cat(&[half.f_sub(&middle)?, middle.f_add(&half)?], 1)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Mark, Marks, Samples, samples::Pixels};
    use std::sync::Arc;

    /// Truth of pictures of 100 by 100 with one digit each; none where there is no box.
    fn truth(places: &[Option<Area>]) -> Truth {
        let mut marks = Marks::new();
        for place in places {
            let mark = place.map(|area| Mark { class: 1, number: 0, area });
            marks.push(mark.as_slice());
        }
        let n = places.len();
        let samples =
            Samples::new(Pixels::Owned(vec![0; n * 10_000].into()), vec![1; n].into(), [1, 100, 100]);
        let samples = Samples { marks: Some(Arc::new(marks)), ..samples };
        let rows: Vec<u32> = (0..n as u32).collect();
        Truth::of(&samples, &rows, 1, 10, None).expect("it fits")
    }

    #[test]
    fn a_box_that_fits_costs_nothing_and_others_what_they_miss() {
        let wanted = Area { x: 20.0, y: 30.0, w: 40.0, h: 20.0 };
        let truth = truth(&[Some(wanted), Some(wanted), None]);
        let said = Tensor::from_slice(&[0.4_f32, 0.4, 0.4, 0.2, 0.5, 0.4, 0.4, 0.2, 0.1, 0.1, 0.1, 0.1]);
        let said = said.view([3, 4]).set_requires_grad(true);
        let losses = loss(&said, &truth).expect("it prices");
        let each = Vec::<f32>::try_from(losses.detach()).expect("numbers");
        // A quarter of the width aside: IoU 0.3 / 0.5, middles 0.1 apart in a box of 0.5 x 0.2, 0.1 beyond L1's bend no more.
        let second = 0.5 * 0.01 * 9.0 + 1.0 - 0.6 + 0.01 / (0.25 + 0.04);
        assert!(each[0].abs() < 1e-5 && (each[1] - second).abs() < 1e-4 && each[2] == 0.0, "{each:?}");
        let slope = Tensor::run_backward(&[losses.sum(Kind::Float)], &[&said], false, false).remove(0);
        let slope = Vec::<f32>::try_from(slope.view([-1])).expect("numbers");
        assert!(slope[4] > 0.0 && slope[8..].iter().all(|s| *s == 0.0), "{slope:?}");
    }

    #[test]
    fn what_is_beyond_the_rim_is_not_asked_for() {
        let place = Area { x: -0.5, y: 0.5, w: 1.0, h: 0.25 };
        assert_eq!(seen(&place), Some(Area { x: 0.0, y: 0.5, w: 0.5, h: 0.25 }));
        assert_eq!(seen(&Area { x: 1.2, ..place }), None);
    }
}
