//! The part of a picture around a number, turned so that the number runs from left to right: what a model of cropped
//! numbers reads, and what it learns from.

use super::looks::inside;
use super::raster::Raster;
use crate::data::Area;
use crate::found::{Direction, Number};

/// How much around a number is cut out with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    /// Above and below, as a share of its height.
    above: f32,
    /// To its left and right, as shares of its height and of its width.
    beside: [f32; 2],
    /// Whether what would lie beyond a level number's picture is left out, and not made up.
    within: bool,
}

impl Room {
    /// A part of what stands beside the number is seen, too: models that learned from what was cut out like this.
    pub const WIDE: Self = Self { above: 0.15, beside: [0.25, 0.05], within: false };
    /// The box is 30 % larger, as Goodfellow et al., 2013, section 5.1, have it: models that learned from cropped numbers.
    pub const TIGHT: Self = Self { above: 0.15, beside: [0.0, 0.15], within: true };
}

/// Rows at most: models of cropped numbers see no more.
const ROWS: f32 = 40.0;
/// Numbers that slope less than this are cut out as they are.
const LEVEL: f32 = 2.0;

/// A number that was cut out.
#[derive(Clone, Debug, PartialEq)]
pub struct Upright {
    /// Columns and rows.
    pub size: [usize; 2],
    /// Brightness, row after row.
    pub values: Vec<u8>,
    /// The number's middle in the picture.
    centre: [f32; 2],
    direction: Direction,
    /// Pixels of the picture for each of it.
    step: f32,
}

impl Upright {
    /// Cuts a number out. `None` where its digits stand on each other, or where nothing of it is on the picture.
    pub fn of(raster: &Raster, number: &Number, room: Room) -> anyhow::Result<Option<Self>> {
        let whole = raster.area();
        let is_level = number.direction.degrees.abs() < LEVEL || number.digits.len() < 2;
        let direction = if is_level { Direction::default() } else { number.direction };
        if number.direction.is_vertical() || whole.w < 1.0 || whole.h < 1.0 {
            return Ok(None);
        }
        let (mut centre, [w, h]) = extent(number, direction);
        let Room { above, beside, within } = room;
        let (mut w, mut h) = (w + 2.0 * (beside[0] * h + beside[1] * w), h * (1.0 + 2.0 * above));
        if within && is_level {
            let area = Area { x: centre[0] - w / 2.0, y: centre[1] - h / 2.0, w, h };
            let Some(part) = inside(&area, &whole) else { return Ok(None) };
            (centre, w, h) = ([part.x + part.w / 2.0, part.y + part.h / 2.0], part.w, part.h);
        }
        let step = (h / ROWS).max(1.0);
        let size = [w, h].map(|side| (side / step).round().max(1.0) as usize);
        let mut upright = Self { size, values: Vec::new(), centre, direction, step };
        let Some(part) = upright.covers(&whole) else { return Ok(None) };
        let small = [part.w, part.h].map(|side| (side / step).round().max(1.0) as usize);
        let pixels = raster.scaled(&part, small)?;
        let scale = [small[0] as f32 / part.w, small[1] as f32 / part.h];
        let (columns, rows) = (size[0], size[1]);
        upright.values = (0..rows * columns)
            .map(|i| {
                let [x, y] = upright.outwards([(i % columns) as f32 + 0.5, (i / columns) as f32 + 0.5]);
                sample(&pixels, small, [(x - part.x) * scale[0] - 0.5, (y - part.y) * scale[1] - 0.5])
            })
            .collect();
        Ok(Some(upright))
    }

    /// Where a point of the picture comes to be.
    pub fn inwards(&self, point: [f32; 2]) -> [f32; 2] {
        let (direction, centre) = (self.direction, self.centre);
        let along = direction.along(point) - direction.along(centre);
        let beside = direction.beside(point) - direction.beside(centre);
        [along / self.step + self.size[0] as f32 / 2.0, beside / self.step + self.size[1] as f32 / 2.0]
    }

    /// Pixels of the picture for each of it.
    pub fn step(&self) -> f32 {
        self.step
    }

    fn outwards(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let along = (x - self.size[0] as f32 / 2.0) * self.step;
        let beside = (y - self.size[1] as f32 / 2.0) * self.step;
        let (sin, cos) = self.direction.degrees.to_radians().sin_cos();
        [self.centre[0] + along * cos - beside * sin, self.centre[1] + along * sin + beside * cos]
    }

    /// The part of the picture that it comes from, whole pixels inside of the picture.
    fn covers(&self, whole: &Area) -> Option<Area> {
        let [w, h] = self.size.map(|side| side as f32);
        let corners = [[0.0, 0.0], [w, 0.0], [0.0, h], [w, h]].map(|corner| self.outwards(corner));
        let [xs, ys] = [0, 1].map(|i| corners.map(|corner| corner[i]));
        let least = |all: [f32; 4]| all.into_iter().fold(f32::INFINITY, f32::min).floor();
        let most = |all: [f32; 4]| all.into_iter().fold(f32::NEG_INFINITY, f32::max).ceil();
        let (x, y) = (least(xs).max(0.0), least(ys).max(0.0));
        let (right, bottom) = (most(xs).min(whole.w), most(ys).min(whole.h));
        (right - x >= 1.0 && bottom - y >= 1.0).then_some(Area { x, y, w: right - x, h: bottom - y })
    }
}

/// The middle of a number, and how long and how high it is along its direction.
fn extent(number: &Number, direction: Direction) -> ([f32; 2], [f32; 2]) {
    let boxes: Vec<Area> = match number.digits.is_empty() {
        true => vec![number.area],
        false => number.digits.iter().map(|digit| digit.area).collect(),
    };
    let (mut along, mut beside) = ([f32::INFINITY, f32::NEG_INFINITY], [f32::INFINITY, f32::NEG_INFINITY]);
    let widen = |range: &mut [f32; 2], middle: f32, half: f32| {
        *range = [range[0].min(middle - half), range[1].max(middle + half)];
    };
    for area in boxes {
        let middle = [area.x + area.w / 2.0, area.y + area.h / 2.0];
        widen(&mut along, direction.along(middle), area.w / 2.0);
        widen(&mut beside, direction.beside(middle), area.h / 2.0);
    }
    let (a, b) = ((along[0] + along[1]) / 2.0, (beside[0] + beside[1]) / 2.0);
    let (sin, cos) = direction.degrees.to_radians().sin_cos();
    ([a * cos - b * sin, a * sin + b * cos], [along[1] - along[0], beside[1] - beside[0]])
}

/// What is at a place between pixels, in straight lines; beyond the rim is the rim.
fn sample(pixels: &[u8], [width, height]: [usize; 2], [x, y]: [f32; 2]) -> u8 {
    let (x, y) = (x.clamp(0.0, (width - 1) as f32), y.clamp(0.0, (height - 1) as f32));
    let (left, top) = (x as usize, y as usize);
    let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
    let (across, down) = (x - left as f32, y - top as f32);
    let at = |x: usize, y: usize| f32::from(pixels[y * width + x]);
    let upper = at(left, top) * (1.0 - across) + at(right, top) * across;
    let lower = at(left, bottom) * (1.0 - across) + at(right, bottom) * across;
    (upper * (1.0 - down) + lower * down).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::found::{Found, Thresholds};

    /// Two light squares of 20 pixels whose middles are on a line that slopes, on dark.
    fn sloping(degrees: f32, scale: f32) -> (Raster, Number) {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let middles = [-15.0, 15.0].map(|along: f32| [100.0 + along * cos, 80.0 + along * sin]);
        let size = [200.0 * scale, 160.0 * scale].map(|side| side as usize);
        let values = (0..size[0] * size[1]).map(|i| {
            let at = [(i % size[0]) as f32 / scale, (i / size[0]) as f32 / scale];
            let inside = |middle: &[f32; 2]| (at[0] - middle[0]).abs().max((at[1] - middle[1]).abs()) < 10.0;
            if middles.iter().any(inside) { 220 } else { 20 }
        });
        let digits = middles.map(|[x, y]| {
            let area = Area { x: x - 10.0, y: y - 10.0, w: 20.0, h: 20.0 };
            let [x, y, w, h] = [area.x, area.y, area.w, area.h].map(|side| side * scale);
            Found::new([0.9, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], Area { x, y, w, h }, None)
        });
        let number = Number::of(digits.to_vec(), 0.0, &Thresholds::default()).expect("two digits");
        (Raster { size, values: values.collect() }, number)
    }

    #[test]
    fn sloping_numbers_are_turned_level() -> anyhow::Result<()> {
        for (degrees, scale) in [(0.0, 1.0), (25.0, 1.0), (-30.0, 1.0), (20.0, 6.0)] {
            let (raster, number) = sloping(degrees, scale);
            let upright = Upright::of(&raster, &number, Room::WIDE)?.expect("it is there");
            let [w, h] = upright.size.map(|side| side as f32);
            assert!(h <= ROWS + 1.0 && (w / h - 62.5 / 26.0).abs() < 0.1, "{degrees}: {w}x{h}");
            // Both middles are as high as the cut's, and as far from it.
            let middles = number.digits.iter().map(|digit| upright.inwards(digit.centre()));
            for ([x, y], side) in middles.zip([-1.0, 1.0]) {
                let far = 15.0 * scale / upright.step();
                assert!((y - h / 2.0).abs() < 0.1 && (x - w / 2.0 - side * far).abs() < 0.2, "{x} {y}");
                let there = upright.values[y as usize * upright.size[0] + x as usize];
                assert!(there > 200, "{there}");
            }
            assert!(upright.values[upright.size[1] / 2 * upright.size[0] + upright.size[0] / 2] < 60);
        }
        Ok(())
    }

    #[test]
    fn what_is_beyond_the_rim_is_the_rim() -> anyhow::Result<()> {
        let raster = Raster { size: [6, 5], values: vec![77; 30] };
        let digit = Found::new([1.0; 10], Area { x: -3.0, y: -4.0, w: 12.0, h: 12.0 }, None);
        let number = Number::of(vec![digit], 0.0, &Thresholds::default()).expect("a digit");
        let upright = Upright::of(&raster, &number, Room::WIDE)?.expect("a part is there");
        assert!(upright.values.len() == upright.size[0] * upright.size[1]);
        assert!(upright.values.iter().all(|value| *value == 77));
        let tight = Upright::of(&raster, &number, Room::TIGHT)?.expect("a part is there");
        assert_eq!((tight.size, tight.inwards([6.0, 5.0])), ([6, 5], [6.0, 5.0]));
        let away = Number { area: Area { x: 90.0, ..number.area }, digits: Vec::new(), ..number };
        assert_eq!(Upright::of(&raster, &away, Room::WIDE)?, None);
        let upwards = Number { direction: Direction { degrees: 80.0 }, ..away };
        assert_eq!(Upright::of(&raster, &upwards, Room::WIDE)?, None);
        Ok(())
    }
}
