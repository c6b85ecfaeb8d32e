//! What the detector makes small: how wrong cells are of digits, and how badly the boxes of digits and numbers fit.

use super::assign::{Assigned, Digit};
use crate::data::Area;
use crate::models::detector::{Cell, LOG_RANGE, OUTPUTS};
use tch::{Device, Kind, Tensor};

/// Share of the loss of a cell that sees a digit where there is none, and the power of its sureness that it is weighted
/// by: nearly all cells see nothing, and must not drown the others (Zhang et al., 2020, "VarifocalNet", arXiv
/// 2008.13367, equation 2).
const ALPHA: f32 = 0.75;

/// What a view has to teach.
#[derive(Clone, Debug, Default)]
pub struct Lesson {
    /// Its digits.
    pub digits: Vec<Digit>,
    /// Where nothing is learned: digits that are cut off, or too small to be read.
    pub ignored: Vec<Area>,
    /// Which cells learn what.
    pub assigned: Vec<Assigned>,
}

/// What boxes and votes count beside classes.
#[derive(Clone, Copy, Debug)]
pub struct Weights {
    /// Boxes of digits.
    pub boxes: f64,
    /// Boxes of numbers.
    pub votes: f64,
}

/// The loss of a part of a batch.
pub struct Priced {
    /// Something whose gradient is the loss's: of classes it is worked out by hand.
    pub surrogate: Tensor,
    /// The loss itself.
    pub value: f64,
}

/// Prices what the network says, `raw` `[n, cells, 18]` and the same numbers as `said`, for each digit learned.
pub fn price(
    raw: &Tensor,
    said: &[f32],
    cells: &[Cell],
    lessons: &[Lesson],
    weights: Weights,
) -> anyhow::Result<Priced> {
    let total: f32 = lessons.iter().flat_map(|lesson| &lesson.assigned).map(|one| one.target).sum();
    // A part without digits counts as if it had one a picture.
    let norm = f64::from(total.max(lessons.len() as f32));
    let (slope, classes) = of_classes(said, cells, lessons, norm);
    let device = raw.device();
    let slope = Tensor::from_slice(&slope).view(raw.size().as_slice()).to_device(device);
    let mut surrogate = raw.f_mul(&slope)?.f_sum(Kind::Float)?;
    let mut value = classes;
    if total > 0.0 {
        let boxes = of_boxes(raw, cells, lessons, weights)?.f_div_scalar(norm)?;
        value += boxes.detach().f_double_value(&[])?;
        surrogate = surrogate.f_add(&boxes)?;
    }
    Ok(Priced { surrogate, value })
}

/// The slope of the loss with respect to every score (zero for boxes), and its value.
fn of_classes(said: &[f32], cells: &[Cell], lessons: &[Lesson], norm: f64) -> (Vec<f32>, f64) {
    let mut slope = vec![0.0_f32; said.len()];
    let mut value = 0.0_f64;
    let per_norm = 1.0 / norm as f32;
    for ((said, slope), lesson) in
        said.chunks(cells.len() * OUTPUTS).zip(slope.chunks_mut(cells.len() * OUTPUTS)).zip(lessons)
    {
        let mut wanted: Vec<Option<(u8, f32)>> = vec![None; cells.len()];
        for one in &lesson.assigned {
            wanted[one.cell] = Some((lesson.digits[one.digit].class, one.target));
        }
        let each = said.chunks(OUTPUTS).zip(slope.chunks_mut(OUTPUTS)).zip(cells).zip(wanted);
        for (((said, slope), cell), wanted) in each {
            if wanted.is_none() && lesson.ignored.iter().any(|area| contains(area, cell)) {
                continue;
            }
            for digit in 0..10 {
                let z = said[digit];
                let p = 1.0 / (1.0 + (-z).exp());
                let target = match wanted {
                    Some((class, target)) if usize::from(class) == digit => target,
                    _ => 0.0,
                };
                let weight = if target > 0.0 { target } else { ALPHA * p * p };
                // Binary cross-entropy of a score: max(z, 0) - z t + ln(1 + exp(-|z|)).
                let entropy = z.max(0.0) - z * target + (-z.abs()).exp().ln_1p();
                value += f64::from(weight * entropy);
                slope[digit] = weight * (p - target) * per_norm;
            }
        }
    }
    (slope, value / norm)
}

fn contains(area: &Area, cell: &Cell) -> bool {
    cell.x > area.x && cell.y > area.y && cell.x < area.right() && cell.y < area.bottom()
}

/// The loss of boxes and votes, weighted by how sure each cell shall be.
fn of_boxes(raw: &Tensor, cells: &[Cell], lessons: &[Lesson], weights: Weights) -> anyhow::Result<Tensor> {
    let (mut rows, mut sure, mut boxes, mut votes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (i, lesson) in lessons.iter().enumerate() {
        for one in &lesson.assigned {
            let (cell, digit) = (&cells[one.cell], &lesson.digits[one.digit]);
            rows.push((i * cells.len() + one.cell) as i64);
            sure.push(one.target);
            boxes.extend(distances(cell, &digit.area));
            votes.extend(distances(cell, &digit.number));
        }
    }
    let device = raw.device();
    let said =
        raw.f_view([-1, OUTPUTS as i64])?.f_index_select(0, &Tensor::from_slice(&rows).to_device(device))?;
    let sure = Tensor::from_slice(&sure).to_device(device);
    let loss = |first: i64, wanted: &[f32], weight: f64| -> anyhow::Result<Tensor> {
        let logs = said.f_narrow(1, first, 4)?.f_clamp(f64::from(LOG_RANGE.0), f64::from(LOG_RANGE.1))?;
        let wanted = Tensor::from_slice(wanted).view([-1, 4]).to_device(device);
        let misfit = ciou_loss(&logs.f_exp()?, &wanted)?;
        Ok(misfit.f_mul(&sure)?.f_sum(Kind::Float)?.f_mul_scalar(weight)?)
    };
    Ok(loss(10, &boxes, weights.boxes)?.f_add(&loss(14, &votes, weights.votes)?)?)
}

/// From a cell's middle to the four sides, in strides; negative for a side that is not beyond it.
fn distances(cell: &Cell, area: &Area) -> [f32; 4] {
    [cell.x - area.x, cell.y - area.y, area.right() - cell.x, area.bottom() - cell.y]
        .map(|side| side / cell.stride)
}

/// 1 - complete IoU (Zheng et al., 2019, arXiv 1911.08287, equations 10 to 12) of boxes as distances from one point to
/// the left, upper, right and lower side, `[n, 4]` each: overlap, distance of the middles over the diagonal of what
/// holds both, and difference of the aspect.
pub fn ciou_loss(said: &Tensor, wanted: &Tensor) -> anyhow::Result<Tensor> {
    const EPSILON: f64 = 1e-7;
    let side = |of: &Tensor, i: i64| of.f_select(1, i);
    let both = |f: &dyn Fn(&Tensor, &Tensor) -> Result<Tensor, tch::TchError>, i: i64| {
        f(&side(said, i)?, &side(wanted, i)?)
    };
    let sum = |a: Tensor, b: Tensor| a.f_add(&b);
    let least = |a: &Tensor, b: &Tensor| a.f_minimum(b);
    let most = |a: &Tensor, b: &Tensor| a.f_maximum(b);
    let size = |of: &Tensor| -> Result<(Tensor, Tensor), tch::TchError> {
        Ok((sum(side(of, 0)?, side(of, 2)?)?, sum(side(of, 1)?, side(of, 3)?)?))
    };
    let (w, h) = size(said)?;
    let (wanted_w, wanted_h) = size(wanted)?;
    let shared_w = sum(both(&least, 0)?, both(&least, 2)?)?.f_clamp_min(0.0)?;
    let shared_h = sum(both(&least, 1)?, both(&least, 3)?)?.f_clamp_min(0.0)?;
    let shared = shared_w.f_mul(&shared_h)?;
    let union = w.f_mul(&h)?.f_add(&wanted_w.f_mul(&wanted_h)?)?.f_sub(&shared)?.f_add_scalar(EPSILON)?;
    let iou = shared.f_div(&union)?;
    let whole_w = sum(both(&most, 0)?, both(&most, 2)?)?;
    let whole_h = sum(both(&most, 1)?, both(&most, 3)?)?;
    let diagonal = whole_w.f_square()?.f_add(&whole_h.f_square()?)?.f_add_scalar(EPSILON)?;
    // Middles are half the difference of right and left away from the point.
    let middle = |of: &Tensor, far: i64, near: i64| side(of, far)?.f_sub(&side(of, near)?);
    let dx = middle(said, 2, 0)?.f_sub(&middle(wanted, 2, 0)?)?;
    let dy = middle(said, 3, 1)?.f_sub(&middle(wanted, 3, 1)?)?;
    let apart = dx.f_square()?.f_add(&dy.f_square()?)?.f_mul_scalar(0.25)?;
    let angle = |w: &Tensor, h: &Tensor| w.f_div(&h.f_add_scalar(EPSILON)?)?.f_atan();
    let turned = angle(&wanted_w, &wanted_h)?.f_sub(&angle(&w, &h)?)?;
    let aspect = turned.f_square()?.f_mul_scalar(4.0 / std::f64::consts::PI.powi(2))?;
    let share = tch::no_grad(|| -> Result<Tensor, tch::TchError> {
        let beside = aspect.f_sub(&iou)?.f_add_scalar(1.0 + EPSILON)?;
        aspect.f_div(&beside)
    })?;
    let penalty = apart.f_div(&diagonal)?.f_add(&aspect.f_mul(&share)?)?;
    Ok(penalty.f_sub(&iou)?.f_add_scalar(1.0)?)
}

/// Numbers of a tensor, row after row, on the processor.
pub fn list(tensor: &Tensor) -> anyhow::Result<Vec<f32>> {
    Ok(Vec::<f32>::try_from(tensor.detach().to_device(Device::Cpu).contiguous().view([-1]))?)
}
