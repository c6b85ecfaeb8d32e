//! Which cells learn which digit, and how sure they shall be of it.

use crate::data::Area;
use crate::models::detector::{Cell, OUTPUTS, STRIDES, decoded};

/// A digit as cells learn it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Digit {
    /// 0 to 9.
    pub class: u8,
    /// Where it is, in pixels of the view.
    pub area: Area,
    /// Where the number is that it belongs to.
    pub number: Area,
}

/// A cell that learns a digit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Assigned {
    /// Which cell.
    pub cell: usize,
    /// Which of the digits.
    pub digit: usize,
    /// How sure it shall be, 0 to 1.
    pub target: f32,
}

/// Cells closer to a digit's middle than this, in strides, learn it (FCOS's centre sampling, version 4 of arXiv 1904.01355).
const RADIUS: f32 = 1.5;
/// A grid learns digits that are higher than this, in strides, and lower than that; the finest also all lower ones, the
/// coarsest all higher ones.
const HEIGHTS: (f32, f32) = (2.0, 7.0);
/// Cells that learn a digit at most (TOOD's).
const MOST: usize = 10;
/// Overlap counts so much more than class (TOOD's beta, with alpha 1).
const OVERLAP_POWER: i32 = 6;
/// What the cell nearest to a digit shall be sure of it when no cell sees it yet.
const AT_LEAST: f32 = 0.3;

/// Cells near the middles of digits, of the grid that suits their size; a cell that is near two learns the smaller one.
pub fn by_centres(cells: &[Cell], digits: &[Digit]) -> Vec<Assigned> {
    let mut taken: Vec<Option<usize>> = vec![None; cells.len()];
    for (i, digit) in digits.iter().enumerate() {
        let area = &digit.area;
        for (cell, taken) in cells.iter().zip(&mut taken) {
            let smaller = |other: &usize| digits[*other].area.size() <= area.size();
            if is_near(cell, area) && suits(cell, area) && !taken.as_ref().is_some_and(smaller) {
                *taken = Some(i);
            }
        }
    }
    let mut all: Vec<Assigned> = taken
        .iter()
        .enumerate()
        .filter_map(|(cell, digit)| digit.map(|digit| Assigned { cell, digit, target: 1.0 }))
        .collect();
    every_digit_once(cells, digits, &mut all, 1.0);
    all
}

/// The cells in a digit that see it best already, by class and by box, as sure of it as their box fits (Feng et al.,
/// 2021, "TOOD", arXiv 2108.07755, section 3.2): `raw` is what the network says, 18 numbers a cell.
pub fn by_fit(cells: &[Cell], digits: &[Digit], raw: &[f32]) -> Vec<Assigned> {
    // Of each cell: the digit, the fit, and the overlap by which it was won.
    let mut taken: Vec<Option<(usize, f32, f32)>> = vec![None; cells.len()];
    for (i, digit) in digits.iter().enumerate() {
        let mut fits: Vec<(usize, f32, f32)> = Vec::new();
        for (at, cell) in cells.iter().enumerate().filter(|(_, cell)| is_inside(cell, &digit.area)) {
            let said = &raw[at * OUTPUTS..][..OUTPUTS];
            let overlap = decoded(*cell, std::array::from_fn(|k| said[10 + k])).iou(&digit.area);
            let score = 1.0 / (1.0 + (-said[usize::from(digit.class)]).exp());
            let fit = score * overlap.powi(OVERLAP_POWER);
            if fit > 1e-9 {
                fits.push((at, fit, overlap));
            }
        }
        fits.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        for (at, fit, overlap) in fits.into_iter().take(MOST) {
            if taken[at].is_none_or(|(.., other)| overlap > other) {
                taken[at] = Some((i, fit, overlap));
            }
        }
    }
    // The best fit of a digit shall be as sure as the best overlap.
    let mut best = vec![(0.0_f32, 0.0_f32); digits.len()];
    for (digit, fit, overlap) in taken.iter().flatten() {
        let (most_fit, most_overlap) = &mut best[*digit];
        (*most_fit, *most_overlap) = (most_fit.max(*fit), most_overlap.max(*overlap));
    }
    let mut all: Vec<Assigned> = taken
        .iter()
        .enumerate()
        .filter_map(|(cell, one)| {
            let (digit, fit, _) = (*one)?;
            let (most_fit, most_overlap) = best[digit];
            Some(Assigned { cell, digit, target: fit / most_fit.max(1e-9) * most_overlap })
        })
        .collect();
    for one in &mut all {
        // A digit that nothing fits well yet is learned all the same.
        let (most_fit, most_overlap) = best[one.digit];
        if most_overlap < AT_LEAST {
            one.target *= AT_LEAST / most_overlap.max(1e-6);
            one.target = one.target.min(AT_LEAST);
        }
        debug_assert!(most_fit > 0.0);
    }
    every_digit_once(cells, digits, &mut all, AT_LEAST);
    all
}

/// Gives digits that no cell learns the nearest free cell of the grid that suits them.
fn every_digit_once(cells: &[Cell], digits: &[Digit], all: &mut Vec<Assigned>, target: f32) {
    for (digit, Digit { area, .. }) in digits.iter().enumerate() {
        if all.iter().any(|one| one.digit == digit) {
            continue;
        }
        let middle = (area.x + area.w / 2.0, area.y + area.h / 2.0);
        let far = |cell: &Cell| ((cell.x - middle.0).abs().max((cell.y - middle.1).abs())) / cell.stride;
        let free = |at: usize| all.iter().all(|one| one.cell != at);
        let near =
            cells.iter().enumerate().filter(|(at, cell)| suits(cell, area) && far(cell) <= 1.0 && free(*at));
        let nearest = near.min_by(|(_, a), (_, b)| far(a).total_cmp(&far(b)));
        all.extend(nearest.map(|(cell, _)| Assigned { cell, digit, target }));
    }
}

/// Whether the size of a digit is one for the cell's grid.
fn suits(cell: &Cell, area: &Area) -> bool {
    let height = area.h.max(area.w) / cell.stride;
    let (finest, coarsest) = (STRIDES[0] as f32, STRIDES[STRIDES.len() - 1] as f32);
    (height >= HEIGHTS.0 || cell.stride == finest) && (height <= HEIGHTS.1 || cell.stride == coarsest)
}

/// Half the sides of a digit for a cell: a one may be narrower than a cell, and must still have one.
fn halves(cell: &Cell, area: &Area) -> (f32, f32) {
    (area.w.max(cell.stride) / 2.0, area.h.max(cell.stride) / 2.0)
}

fn is_inside(cell: &Cell, area: &Area) -> bool {
    let (half_w, half_h) = halves(cell, area);
    (cell.x - area.x - area.w / 2.0).abs() < half_w && (cell.y - area.y - area.h / 2.0).abs() < half_h
}

fn is_near(cell: &Cell, area: &Area) -> bool {
    let (dx, dy) = (cell.x - area.x - area.w / 2.0, cell.y - area.y - area.h / 2.0);
    let reach = RADIUS * cell.stride;
    is_inside(cell, area) && dx.abs() < reach && dy.abs() < reach
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::detector::{cells, encoded};

    fn digit(class: u8, area: [f32; 4]) -> Digit {
        let [x, y, w, h] = area;
        let area = Area { x, y, w, h };
        Digit { class, area, number: area }
    }

    #[test]
    fn every_digit_has_cells_of_its_size() {
        let cells = cells([192, 192]);
        let digits = [
            digit(1, [21.0, 33.0, 3.0, 14.0]),
            digit(8, [60.0, 60.0, 40.0, 70.0]),
            digit(0, [2.0, 2.0, 180.0, 185.0]),
            digit(7, [150.0, 150.0, 12.0, 20.0]),
        ];
        let all = by_centres(&cells, &digits);
        for (i, digit) in digits.iter().enumerate() {
            let mine: Vec<&Assigned> = all.iter().filter(|one| one.digit == i).collect();
            assert!((1..=30).contains(&mine.len()), "{i}: {}", mine.len());
            assert!(mine.iter().all(|one| suits(&cells[one.cell], &digit.area)));
        }
        // Nothing learns two.
        let mut places: Vec<usize> = all.iter().map(|one| one.cell).collect();
        places.dedup();
        assert_eq!(places.len(), all.len());
    }

    #[test]
    fn those_that_see_it_best_learn_it_as_sure_as_they_fit() {
        let cells = cells([96, 96]);
        let digits = [digit(4, [20.0, 20.0, 30.0, 50.0])];
        let mut raw = vec![-4.0; cells.len() * OUTPUTS];
        // Three cells see it: one exactly, one a little off, one exactly but as another digit.
        let at =
            |x: f32, y: f32| cells.iter().position(|c| (c.x, c.y, c.stride) == (x, y, 16.0)).expect("a cell");
        let off = Area { x: 22.0, y: 20.0, w: 30.0, h: 50.0 };
        for (place, area, class) in [
            (at(40.0, 40.0), digits[0].area, 4),
            (at(24.0, 40.0), off, 4),
            (at(40.0, 56.0), digits[0].area, 9),
        ] {
            let said = &mut raw[place * OUTPUTS..][..OUTPUTS];
            said[class] = 3.0;
            said[10..14].copy_from_slice(&encoded(cells[place], &area));
        }
        let all = by_fit(&cells, &digits, &raw);
        assert!(all.len() <= MOST);
        let target = |place| all.iter().find(|one| one.cell == place).map_or(0.0, |one| one.target);
        assert!((target(at(40.0, 40.0)) - 1.0).abs() < 1e-3);
        let less = target(at(24.0, 40.0));
        assert!(less > 0.3 && less < 0.7, "{less}");
        assert!(target(at(40.0, 56.0)) < 0.05);
    }

    #[test]
    fn a_digit_that_nothing_sees_is_learned_all_the_same() {
        let cells = cells([64, 64]);
        let digits = [digit(1, [30.2, 30.2, 1.5, 9.0])];
        let raw = vec![-5.0; cells.len() * OUTPUTS];
        let all = by_fit(&cells, &digits, &raw);
        assert!(!all.is_empty() && all.iter().all(|one| one.target > 0.0), "{all:?}");
        assert!(by_fit(&cells, &[], &raw).is_empty() && by_centres(&cells, &[]).is_empty());
    }
}
