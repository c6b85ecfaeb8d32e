//! The cells of the three grids, and boxes as a cell says them: the logarithms of its distances to the four sides.

use crate::data::Area;

/// Grids.
pub const LEVELS: usize = 3;
/// Pixels from cell to cell of each grid.
pub const STRIDES: [usize; LEVELS] = [8, 16, 32];
/// Pictures are filled up to a multiple of this.
pub const STRIDE_OF_ALL: usize = STRIDES[LEVELS - 1];
/// What is said of each cell: ten digits, four distances to the sides of the digit, four to those of its number.
pub const OUTPUTS: usize = 18;
/// Logarithms of distances in strides are kept within this range, so that no box is without end or size.
pub const LOG_RANGE: (f32, f32) = (-5.0, 5.0);

/// One cell of a grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Its middle, in pixels.
    pub x: f32,
    /// Its middle, in pixels.
    pub y: f32,
    /// Pixels to its neighbour.
    pub stride: f32,
}

/// Logarithms of the distances from a cell's middle to the left, upper, right and lower side of a box, in strides.
pub type Distances = [f32; 4];

/// All cells of a picture whose sides are multiples of [`STRIDE_OF_ALL`], as outputs lie: the finest grid first, row
/// after row.
pub fn cells([width, height]: [usize; 2]) -> Vec<Cell> {
    let mut all = Vec::new();
    for stride in STRIDES {
        let side = stride as f32;
        for row in 0..height / stride {
            for column in 0..width / stride {
                all.push(Cell {
                    x: (column as f32 + 0.5) * side,
                    y: (row as f32 + 0.5) * side,
                    stride: side,
                });
            }
        }
    }
    all
}

/// The box that a cell says.
pub fn decoded(cell: Cell, said: Distances) -> Area {
    let [left, top, right, bottom] = said.map(|log| log.clamp(LOG_RANGE.0, LOG_RANGE.1).exp() * cell.stride);
    Area { x: cell.x - left, y: cell.y - top, w: left + right, h: top + bottom }
}

/// What a cell must say for a box that its middle lies in; a side that is not beyond the middle is put just there.
pub fn encoded(cell: Cell, area: &Area) -> Distances {
    let sides = [cell.x - area.x, cell.y - area.y, area.right() - cell.x, area.bottom() - cell.y];
    sides.map(|side| (side / cell.stride).max(f32::MIN_POSITIVE).ln().clamp(LOG_RANGE.0, LOG_RANGE.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded_again() {
        let cells = cells([96, 64]);
        assert_eq!(cells.len(), 12 * 8 + 6 * 4 + 3 * 2);
        assert_eq!(cells[13], Cell { x: 12.0, y: 12.0, stride: 8.0 });
        assert_eq!(cells[12 * 8], Cell { x: 8.0, y: 8.0, stride: 16.0 });
        let area = Area { x: 10.0, y: 5.5, w: 40.25, h: 31.0 };
        let mut inside = 0;
        for cell in cells {
            let (dx, dy) = (cell.x - area.x, cell.y - area.y);
            if dx <= 0.3 || dy <= 0.3 || dx >= area.w - 0.3 || dy >= area.h - 0.3 {
                continue;
            }
            inside += 1;
            let back = decoded(cell, encoded(cell, &area));
            assert!(back.iou(&area) > 0.999_9, "{cell:?}: {back:?}");
        }
        assert!(inside > 20);
    }

    #[test]
    fn boxes_have_an_end_and_a_size() {
        let cell = Cell { x: 4.0, y: 4.0, stride: 8.0 };
        let huge = decoded(cell, [90.0, f32::INFINITY, 3.0, 1e9]);
        assert!(huge.w.is_finite() && huge.h.is_finite());
        let outside = encoded(cell, &Area { x: 40.0, y: 40.0, w: 8.0, h: 8.0 });
        assert!(outside.iter().all(|log| log.is_finite()));
        assert!(decoded(cell, outside).w > 0.0);
    }
}
