//! Views: what the detector learns from. A picture, or four of them, brought to a size at which digits are as high as a
//! draw says, turned and shorn a little, with the boxes moved along.

use super::assign::Digit;
use super::tone::Tone;
use super::warp::{Affine, Ground, Source};
use crate::data::augment::{Augment, Fill};
use crate::data::random::Stream;
use crate::data::{Area, Mark, Samples, marks};
use crate::models::detector::Detector;
use std::borrow::Cow;

/// A digit of which less is seen is not to be read.
const SEEN_ENOUGH: f32 = 0.75;
/// Nor is one of so few rows.
const LOWEST: f32 = 5.0;
/// Share of views of one number with little around it, as pictures are that were cut around one.
const CLOSE: f32 = 0.2;
/// No picture is made larger than this, or smaller.
const SCALES: (f32, f32) = (0.2, 2.5);

/// A view: grey bytes, row after row, and what is on it.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// `side * side` of them.
    pub pixels: Vec<u8>,
    /// What is to be found.
    pub digits: Vec<Digit>,
    /// Where nothing is to be learned.
    pub ignored: Vec<Area>,
}

/// How views are made.
#[derive(Clone, Debug)]
pub struct Views {
    /// Settings of their sizes.
    pub detector: Detector,
    /// Settings of changes that have nothing to do with boxes, and of turns.
    pub augment: Augment,
}

impl Views {
    /// Side of a view when this share of the training is done: it grows over the first four fifths.
    pub fn side(&self, done: f64) -> usize {
        let (first, last) = (self.detector.first_side as f64, self.detector.side as f64);
        let at = first + (last - first) * (done / 0.8).clamp(0.0, 1.0);
        ((at / 32.0).round() as usize).max(2) * 32
    }

    /// The view of the picture at `place` of a batch. `draw` decides everything.
    pub fn view(&self, samples: &Samples, rows: &[u32], place: usize, done: f64, draw: &mut Stream) -> View {
        let side = self.side(done);
        let mut view = View { pixels: vec![0; side * side], ..View::default() };
        let mosaic = done < 1.0 - self.detector.whole_at_end && draw.chance(self.detector.mosaic as f32);
        if !mosaic {
            let whole = [0, 0, side, side];
            self.tile(samples, rows[place] as usize, whole, &mut view, draw);
            return view;
        }
        let mut cut = || (draw.between(0.3, 0.7) * side as f32).round() as usize;
        let (x, y) = (cut(), cut());
        let tiles = [[0, 0, x, y], [x, 0, side - x, y], [0, y, x, side - y], [x, y, side - x, side - y]];
        for (i, tile) in tiles.into_iter().enumerate() {
            let row = if i == 0 { rows[place] } else { rows[draw.below(rows.len() as u32) as usize] };
            self.tile(samples, row as usize, tile, &mut view, draw);
        }
        view
    }

    /// Fills a rectangle (left, top, columns, rows) of a view with a picture.
    fn tile(&self, samples: &Samples, row: usize, tile: [usize; 4], view: &mut View, draw: &mut Stream) {
        let [width, height] = samples.size(row);
        let pixels = grey(samples, row);
        let marks = samples.marks(row);
        let frame = Area { x: 0.0, y: 0.0, w: width as f32, h: height as f32 };
        let numbers: Vec<&[Mark]> = marks::numbers(marks).collect();
        let focus = (!numbers.is_empty()).then(|| numbers[draw.below(numbers.len() as u32) as usize]);
        let seen = match focus.and_then(marks::around) {
            Some(number) if draw.chance(CLOSE) => around(&number, &frame, draw),
            _ => frame,
        };
        let [_, _, w, h] = tile.map(|n| n as f32);
        let map = self.placed(focus, &seen, [w, h], draw);
        let ground = match self.augment.fill {
            _ if draw.chance(0.5) => Ground::Grey(draw.between(0.0, 255.0)),
            Fill::Edge => Ground::Edge,
            Fill::Zero => Ground::Grey(0.0),
        };
        let tone = Tone::some(&self.augment, draw);
        let source = Source { pixels: &pixels, size: [width, height], seen };
        let side = (view.pixels.len() as f64).sqrt() as usize;
        source.paint(&map, ground, &tone, draw, &mut view.pixels, side, tile);
        let frame = Area { x: 0.0, y: 0.0, w, h };
        for number in numbers {
            place(number, &seen, &map, &frame, [tile[0] as f32, tile[1] as f32], view);
        }
    }

    /// From a picture to a rectangle of a view: a number of it at a height and a place by chance.
    fn placed(&self, focus: Option<&[Mark]>, seen: &Area, [w, h]: [f32; 2], draw: &mut Stream) -> Affine {
        let Augment { rotation, shear, zoom, .. } = self.augment;
        let mut within =
            |most: f64| if draw.chance(0.5) { draw.between(-1.0, 1.0) * most as f32 } else { 0.0 };
        let (angle, lean, stretch) =
            (within(rotation).to_radians(), within(shear).to_radians(), within(zoom));
        let stretch = (1.0 + stretch).max(0.3).sqrt();
        let log = |draw: &mut Stream, low: f32, high: f32| low * (high / low).max(1.0).powf(draw.unit());
        let around = focus.and_then(|number| Some((marks::around(number)?, number)));
        let (scale, middle, room) = match around {
            Some((area, number)) => {
                let height = number.iter().map(|mark| mark.area.h).sum::<f32>() / number.len() as f32;
                let low = self.detector.lowest as f32;
                let wanted = log(draw, low, (self.detector.highest as f32 * h).max(low));
                let mut scale = wanted / height.max(1.0);
                // Nearly always all of the number is seen.
                if draw.chance(0.93) {
                    scale = scale.min(0.97 * w / area.w.max(1.0)).min(0.97 * h / area.h.max(1.0));
                }
                let scale = scale.clamp(SCALES.0, SCALES.1);
                let middle = [area.x + area.w / 2.0, area.y + area.h / 2.0];
                (scale, middle, [area.w * scale / 2.0, area.h * scale / 2.0])
            }
            None => {
                let scale = log(draw, 0.5, 1.6);
                let middle = [seen.x + seen.w * draw.unit(), seen.y + seen.h * draw.unit()];
                (scale, middle, [0.0, 0.0])
            }
        };
        let mut spot = |side: f32, room: f32| {
            if side > 2.0 * room { draw.between(room, side - room) } else { side / 2.0 }
        };
        let mut to = [spot(w, room[0]), spot(h, room[1])];
        // Rather more of the picture than what is beside it.
        for (i, (start, length, side)) in [(seen.x, seen.w, w), (seen.y, seen.h, h)].into_iter().enumerate() {
            let (before, after) = ((middle[i] - start) * scale, (start + length - middle[i]) * scale);
            if before + after >= side {
                to[i] = to[i].min(before).max(side - after);
            } else {
                to[i] = to[i].max(before).min(side - after);
            }
        }
        Affine::about(middle, to, angle, lean, [scale * stretch, scale / stretch])
    }
}

/// A number with a little around it, within the picture.
fn around(number: &Area, frame: &Area, draw: &mut Stream) -> Area {
    let mut margin = |side: f32| side * draw.unit().powi(2) * 0.6;
    let (left, right) = (margin(number.h), margin(number.h));
    let (top, bottom) = (margin(number.h), margin(number.h));
    let x = (number.x - left).max(frame.x).floor();
    let y = (number.y - top).max(frame.y).floor();
    let right = (number.right() + right).min(frame.right()).ceil();
    let bottom = (number.bottom() + bottom).min(frame.bottom()).ceil();
    Area { x, y, w: (right - x).max(1.0), h: (bottom - y).max(1.0) }
}

/// Puts the digits of a number where they have come to, those that are cut off among what is ignored.
fn place(number: &[Mark], seen: &Area, map: &Affine, frame: &Area, at: [f32; 2], view: &mut View) {
    let mut kept: Vec<(u8, Area)> = Vec::new();
    for mark in number.iter().filter(|mark| mark.class < 10) {
        let there = map.moved(&mark.area);
        let visible = cut(&there, frame);
        let whole = there.size().max(f32::MIN_POSITIVE);
        let share =
            (visible.size() / whole).min(mark.area.overlap(seen) / mark.area.size().max(f32::MIN_POSITIVE));
        let here = Area { x: visible.x + at[0], y: visible.y + at[1], ..visible };
        if share >= SEEN_ENOUGH && visible.h >= LOWEST {
            kept.push((mark.class, here));
        } else if visible.size() > 0.0 {
            view.ignored.push(here);
        }
    }
    let Some(whole) = kept.iter().map(|(_, area)| *area).reduce(|a, b| a.around(&b)) else { return };
    view.digits.extend(kept.into_iter().map(|(class, area)| Digit { class, area, number: whole }));
}

/// The part of an area that lies in a frame.
fn cut(area: &Area, frame: &Area) -> Area {
    let (x, y) = (area.x.max(frame.x), area.y.max(frame.y));
    let (right, bottom) = (area.right().min(frame.right()), area.bottom().min(frame.bottom()));
    Area { x, y, w: (right - x).max(0.0), h: (bottom - y).max(0.0) }
}

/// The brightness of a picture.
pub fn grey(samples: &Samples, row: usize) -> Cow<'_, [u8]> {
    let pixels = samples.image(row);
    if samples.channels != 3 {
        return pixels;
    }
    let n = pixels.len() / 3;
    let luma = |i: usize| {
        let [r, g, b] = [pixels[i], pixels[n + i], pixels[2 * n + i]].map(u32::from);
        // ITU-R BT.601, as `image` has it for pictures to be read.
        ((2126 * r + 7152 * g + 722 * b + 5000) / 10_000) as u8
    };
    Cow::Owned((0..n).map(luma).collect())
}
