//! Where and how closely a picture is looked at: the whole first, then what deserves a closer look.

use crate::data::Area;
use crate::found::Number;

/// How much work a picture is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effort {
    /// One look: for frames of a camera, of which the next one comes soon.
    Live,
    /// Two sizes, and a closer look at small digits, or at everything where nothing is found.
    #[default]
    Still,
}

/// A look at a part of a picture, at a size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// The part, in pixels of the picture, inside of it.
    pub part: Area,
    /// Columns and rows that the detector sees of it.
    pub size: [usize; 2],
}

/// The longer side of the first look at a frame.
const LIVE_SIDE: f32 = 320.0;
/// And at a picture.
const STILL_SIDE: f32 = 640.0;
/// Digits that fill the picture are seen better when it is small.
const FAR_SIDE: f32 = 320.0;
/// Pictures whose longer side is smaller are enlarged, but not to more than so many times their size. Of the first 320
/// tight validation numbers with all of each digit on them, most were read rightly at 64: 83 %, and 76 % at 128 or more,
/// where their few pixels are only blur.
const LEAST_SIDE: f32 = 64.0;
const MOST_ENLARGED: f32 = 4.0;
/// Small pictures, and numbers that are looked at again, are looked at in these sizes beside each other.
const SIZES: [f32; 3] = [0.75, 1.0, 1.25];
/// Pictures whose longer side is no longer than this are small.
const SMALL: f32 = 320.0;
/// The longer side of the look at a large picture on which nothing was found.
const CLOSE_SIDE: f32 = 1280.0;
/// Digits lower than this in the first look are looked at again,
const LOW: f32 = 26.0;
/// so large that they are as high as this,
const GOOD: f32 = 44.0;
/// in no more columns or rows than this.
const MOST_CLOSE: f32 = 384.0;
/// Digits so many times as high as that are looked at in a smaller size.
const LARGE: f32 = 1.4;
/// Numbers that fill less of the picture than this, with room around them, are looked at by themselves.
const SMALL_PART: f32 = 0.5;
/// At most so many numbers are looked at again.
const MOST_AGAIN: usize = 6;

impl Look {
    /// A look whose longer side has about so many pixels.
    fn with_side(part: Area, side: f32) -> Self {
        let scale = side / part.w.max(part.h).max(1.0);
        let size = [part.w, part.h].map(|n| ((n * scale).round() as usize).max(1));
        Self { part, size }
    }

    /// Pixels seen for each pixel of the picture.
    pub fn scale(&self) -> [f32; 2] {
        [self.size[0] as f32 / self.part.w, self.size[1] as f32 / self.part.h]
    }

    /// A box seen in this look, in pixels of the picture.
    pub fn outwards(&self, area: &Area) -> Area {
        let [x, y] = self.scale();
        Area { x: self.part.x + area.x / x, y: self.part.y + area.y / y, w: area.w / x, h: area.h / y }
    }
}

/// The looks to begin with; those of a list are one look in several sizes.
pub fn first(whole: Area, effort: Effort) -> Vec<Vec<Look>> {
    let long = whole.w.max(whole.h);
    let side = match effort {
        Effort::Live => long.min(LIVE_SIDE),
        Effort::Still => long.min(STILL_SIDE),
    };
    let side = side.max(LEAST_SIDE.min(long * MOST_ENLARGED));
    if effort == Effort::Still && side <= SMALL {
        return vec![in_sizes(whole, side)];
    }
    let mut looks = vec![vec![Look::with_side(whole, side)]];
    if effort == Effort::Still && side > 1.25 * FAR_SIDE {
        looks.push(vec![Look::with_side(whole, FAR_SIDE)]);
    }
    looks
}

/// The same part in several sizes, the middle one first.
fn in_sizes(part: Area, side: f32) -> Vec<Look> {
    let mut looks: Vec<Look> = SIZES.iter().map(|size| Look::with_side(part, side * size)).collect();
    looks.swap(0, 1);
    looks
}

/// The looks at a picture on which nothing was found: none if there is no more to be seen of it.
pub fn closer(whole: Area, effort: Effort) -> Vec<Vec<Look>> {
    let long = whole.w.max(whole.h);
    let is_small = long < 1.3 * STILL_SIDE;
    if effort == Effort::Live || is_small {
        Vec::new()
    } else {
        vec![vec![Look::with_side(whole, long.min(CLOSE_SIDE))]]
    }
}

/// Looks at the surest numbers by themselves, with their digits in the size that is read best: at those that are low or
/// high in the first look, and at those with much else around them.
pub fn again(whole: Area, first: &Look, numbers: &[Number], effort: Effort) -> Vec<Vec<Look>> {
    if effort == Effort::Live {
        return Vec::new();
    }
    let [scale, _] = first.scale();
    let looks = |number: &Number| {
        let n = number.digits.len() as f32;
        let height = number.digits.iter().map(|digit| digit.area.h).sum::<f32>() / n;
        // Enlarging beyond the picture's own pixels shows nothing new, but a little of it still helps.
        let wanted = (GOOD / height).min(1.5);
        let part = inside(&wider(&number.area, height), &whole)?;
        let side = (part.w.max(part.h) * wanted).min(MOST_CLOSE);
        let sees_more = height * scale < LOW && Look::with_side(part, side).scale()[0] > 1.2 * scale;
        let is_small_part = part.size() < SMALL_PART * whole.size();
        let is_large = height * scale > LARGE * GOOD;
        (sees_more || is_small_part || is_large).then(|| in_sizes(part, side))
    };
    numbers.iter().take(MOST_AGAIN).filter_map(looks).collect()
}

/// A number's box with room for a digit that was overlooked on either side.
fn wider(area: &Area, height: f32) -> Area {
    let (x, y) = (1.2 * height, 0.6 * height);
    Area { x: area.x - x, y: area.y - y, w: area.w + 2.0 * x, h: area.h + 2.0 * y }
}

/// What of a box lies in another; `None` for less than a pixel.
pub fn inside(area: &Area, whole: &Area) -> Option<Area> {
    let (x, y) = (area.x.max(whole.x), area.y.max(whole.y));
    let (w, h) = (area.right().min(whole.right()) - x, area.bottom().min(whole.bottom()) - y);
    (w >= 1.0 && h >= 1.0).then_some(Area { x, y, w, h })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::found::{Found, Thresholds};

    fn whole(w: f32, h: f32) -> Area {
        Area { x: 0.0, y: 0.0, w, h }
    }

    fn number(area: Area) -> Number {
        let digit = Found::new([0.5; 10], area, None);
        Number::of(vec![digit], 0.0, &Thresholds::default()).expect("a digit")
    }

    #[test]
    fn pictures_of_any_size_are_brought_to_one_that_digits_are_seen_in() {
        let sizes = |w, h, effort| {
            first(whole(w, h), effort).concat().iter().map(|look| look.size).collect::<Vec<_>>()
        };
        assert_eq!(sizes(320.0, 240.0, Effort::Still), [[320, 240], [240, 180], [400, 300]]);
        assert_eq!(first(whole(320.0, 240.0), Effort::Still).len(), 1);
        assert_eq!(sizes(640.0, 480.0, Effort::Live), [[320, 240]]);
        assert_eq!(sizes(640.0, 480.0, Effort::Still), [[640, 480], [320, 240]]);
        assert_eq!(sizes(3264.0, 2448.0, Effort::Still), [[640, 480], [320, 240]]);
        assert_eq!(sizes(40.0, 20.0, Effort::Live), [[64, 32]]);
        assert_eq!(sizes(1.0, 1.0, Effort::Still), [[4, 4], [3, 3], [5, 5]]);
        assert_eq!(sizes(3000.0, 1.0, Effort::Still), [[640, 1], [320, 1]]);
    }

    #[test]
    fn small_digits_and_empty_large_pictures_are_looked_at_again() {
        let picture = whole(3264.0, 2448.0);
        let first = first(picture, Effort::Still)[0][0];
        let low = number(Area { x: 10.0, y: 1000.0, w: 40.0, h: 80.0 });
        let looks = again(picture, &first, std::slice::from_ref(&low), Effort::Still).concat();
        let [look, smaller, larger] = looks[..] else { panic!("one look in three sizes") };
        assert!(smaller.size[0] < look.size[0] && look.size[0] < larger.size[0]);
        assert!(look.part.x == 0.0 && look.part.overlap(&low.area) == low.area.size());
        assert!((look.scale()[1] * 80.0 - GOOD).abs() < 1.0, "{look:?}");
        let back = look.outwards(&Area { x: 0.0, y: 0.0, w: look.size[0] as f32, h: look.size[1] as f32 });
        assert!(back.iou(&look.part) > 0.999);
        // High digits are looked at in a smaller size, and not those of a picture that has it already.
        let high = number(Area { x: 10.0, y: 1000.0, w: 400.0, h: 800.0 });
        let look = again(picture, &first, &[high], Effort::Still).concat()[0];
        assert!((look.scale()[1] * 800.0 - GOOD).abs() < 1.0, "{look:?}");
        let small = whole(60.0, 56.0);
        let first = super::first(small, Effort::Still)[0][0];
        let all = number(Area { x: 10.0, y: 4.0, w: 30.0, h: 45.0 });
        assert!(again(small, &first, &[all], Effort::Still).is_empty());
        assert!(again(picture, &first, &[low], Effort::Live).is_empty());
        assert_eq!(closer(picture, Effort::Still)[0][0].size, [1280, 960]);
        assert!(
            closer(picture, Effort::Live).is_empty() && closer(whole(640.0, 480.0), Effort::Still).is_empty()
        );
    }
}
