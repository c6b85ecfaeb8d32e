//! What COCO, YOLO and tables of boxes have in common: boxes that make sense, in reading order.

use super::super::marks::{Area, Mark};

/// More characters are on no picture that is learned from, and a label cannot count them.
pub(super) const MOST: usize = 255;

/// A box that is one, or why not.
pub(super) fn area(x: f64, y: f64, w: f64, h: f64) -> Result<Area, &'static str> {
    let all = [x, y, w, h];
    if all.iter().any(|side| !side.is_finite() || side.abs() > 1e7) {
        return Err("a side of its box is no number");
    }
    if w <= 0.0 || h <= 0.0 {
        return Err("its box is empty");
    }
    let [x, y, w, h] = all.map(|side| side as f32);
    Ok(Area { x, y, w, h })
}

/// Orders the marks of one number as they are read: from left to right, or from top to bottom where they stand on top
/// of one another.
pub(super) fn in_reading_order(marks: &mut [Mark]) {
    let spread = |middle: fn(&Area) -> f32| {
        let all = || marks.iter().map(|mark| middle(&mark.area));
        all().fold(f32::MIN, f32::max) - all().fold(f32::MAX, f32::min)
    };
    let across: fn(&Area) -> f32 = |area| area.x + area.w / 2.0;
    let down: fn(&Area) -> f32 = |area| area.y + area.h / 2.0;
    let along = if spread(down) > spread(across) { down } else { across };
    marks.sort_by(|one, other| along(&one.area).total_cmp(&along(&other.area)));
}
