//! A wrong reading put right: the number written, its boxes drawn, both kept with the picture.

use super::super::App;
use super::Report;
use crate::app::Report as AnyReport;
use crate::data::Area;
use crate::data::captured::{Record, Store, alone};
use crate::work::live::Seen;
use anyhow::Context as _;
use image::ImageFormat;
use std::io::Cursor;
use std::sync::Arc;

/// Most characters of a number.
const LONGEST: usize = 12;

/// A number being put right.
#[derive(Clone, Debug)]
pub struct Teach {
    /// The frame it is on.
    pub seen: Arc<Seen>,
    /// Which of its numbers; `None` for one that was not found.
    pub number: Option<usize>,
    /// What is written, as the user has it.
    pub text: String,
    /// A box for each character, in pixels of the picture.
    pub boxes: Vec<Area>,
    /// The box that was chosen.
    pub chosen: Option<usize>,
}

/// Where a box is taken hold of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grip {
    /// Anywhere inside: it is moved.
    Inside,
    /// A corner: left or right, top or bottom.
    Corner(bool, bool),
}

impl Teach {
    /// Another text; boxes follow where the number of characters changes.
    pub fn write(&mut self, text: &str) {
        self.text = text.chars().filter(|c| c.is_ascii_alphanumeric()).take(LONGEST).collect();
        let n = self.text.chars().count();
        if n > 0 && n != self.boxes.len() && !self.boxes.is_empty() {
            self.boxes = self.spread(n);
            self.chosen = None;
        }
    }

    /// So many boxes side by side (or on each other, where they stand so) over the same place; in the middle of the
    /// picture where there are none.
    pub fn spread(&self, n: usize) -> Vec<Area> {
        let whole = self.boxes.iter().copied().reduce(|a, b| a.around(&b)).unwrap_or_else(|| {
            let (w, h) = (self.seen.picture.width() as f32, self.seen.picture.height() as f32);
            Area { x: w / 3.0, y: h / 3.0, w: w / 3.0, h: h / 3.0 }
        });
        let n = n.max(1);
        let share = |i: usize| i as f32 / n as f32;
        (0..n)
            .map(|i| match whole.h > 1.5 * whole.w && self.boxes.len() > 1 {
                true => Area { y: whole.y + whole.h * share(i), h: whole.h / n as f32, ..whole },
                false => Area { x: whole.x + whole.w * share(i), w: whole.w / n as f32, ..whole },
            })
            .collect()
    }

    /// A box after it was dragged so far by that grip; never thinner than two pixels.
    pub fn dragged(area: &Area, grip: Grip, [dx, dy]: [f32; 2]) -> Area {
        let Grip::Corner(right, bottom) = grip else {
            return Area { x: area.x + dx, y: area.y + dy, ..*area };
        };
        let span = |from: f32, to: f32, by: f32, end: bool| {
            let (from, to) = if end { (from, to + by) } else { (from + by, to) };
            if to - from < 2.0 { if end { (from, from + 2.0) } else { (to - 2.0, to) } } else { (from, to) }
        };
        let (left, right) = span(area.x, area.right(), dx, right);
        let (top, bottom) = span(area.y, area.bottom(), dy, bottom);
        Area { x: left, y: top, w: right - left, h: bottom - top }
    }

    /// Why it cannot be kept yet.
    pub fn why_not(&self) -> Option<String> {
        let n = self.text.chars().count();
        if n == 0 {
            return Some("Write the number first".to_owned());
        }
        (!self.boxes.is_empty() && self.boxes.len() != n)
            .then(|| format!("Draw a box for each of the {n} characters: there are {}", self.boxes.len()))
    }

    /// The picture and what is on it, to be kept. Where there are other numbers, they are cut away: what nobody labelled
    /// would teach that there is nothing.
    fn record(&self, camera: Option<String>, source: String) -> anyhow::Result<(Vec<u8>, Record)> {
        let mut boxes = self.boxes.clone();
        let others = self.seen.numbers.iter().enumerate().any(|(i, _)| Some(i) != self.number);
        let picture = match others && !boxes.is_empty() {
            true => alone(&self.seen.picture, &mut boxes).context("The boxes lie outside of the picture")?,
            false => self.seen.picture.as_ref().clone(),
        };
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).context("The picture cannot be packed")?;
        let record = Record { text: self.text.clone(), boxes, source, camera, ..Record::default() };
        Ok((bytes.into_inner(), record))
    }
}

impl App {
    /// Begins to correct a number of the frame shown.
    pub(super) fn begin_teaching(&mut self, number: Option<usize>) {
        let Some(seen) = self.camera.seen.clone() else { return };
        let found = number.and_then(|at| seen.numbers.get(at));
        let text = found.map(|track| track.number.text.clone()).unwrap_or_default();
        let boxes = found.map(|track| track.number.digits.iter().map(|digit| digit.area).collect());
        self.camera.teach = Some(Teach {
            number: number.filter(|_| found.is_some()),
            text,
            boxes: boxes.unwrap_or_default(),
            chosen: None,
            seen,
        });
    }

    /// Keeps what is being corrected to learn from.
    pub(super) fn keep(&mut self) {
        let Some(teach) = self.camera.teach.clone() else { return };
        if let Some(why) = teach.why_not() {
            self.notices.warn(why);
            return;
        }
        let camera = self.camera.told.about.is_live.then(|| self.camera.told.about.name.clone());
        let source = match (&camera, teach.seen.name.is_empty()) {
            (Some(_), _) => "camera".to_owned(),
            (None, false) => teach.seen.name.clone(),
            (None, true) => self.camera.told.about.name.clone(),
        };
        self.camera.teach = None;
        let store = Store::new(self.parts.places.captured());
        self.jobs.quiet("Keep the picture", Arc::clone(&self.parts.waker), move |_| {
            let (bytes, record) = teach.record(camera, source)?;
            store.add(&bytes, record)?;
            Ok(AnyReport::Camera(Report::Kept(store.records()?.0.len())))
        });
        self.notices.info("Kept to learn from; Data › Captured lists it");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::live::testing::seen;

    fn teach(n: usize) -> Teach {
        let area = |i: usize| Area { x: 10.0 + 12.0 * i as f32, y: 20.0, w: 10.0, h: 20.0 };
        let boxes = (0..n).map(area).collect();
        Teach {
            seen: Arc::new(seen("304", 1, 0.9, "")),
            number: Some(0),
            text: "304".to_owned(),
            boxes,
            chosen: None,
        }
    }

    #[test]
    fn boxes_follow_the_text() {
        let mut one = teach(3);
        one.write("31 4!");
        assert_eq!((one.text.as_str(), one.boxes.len(), one.why_not()), ("314", 3, None));
        one.write("42");
        assert_eq!(one.boxes.len(), 2);
        assert_eq!(one.boxes[1], Area { x: 27.0, y: 20.0, w: 17.0, h: 20.0 });
        one.write("");
        assert!(one.why_not().is_some_and(|why| why.contains("Write")));
        one.write("5");
        one.boxes.push(Area::default());
        assert!(one.why_not().is_some_and(|why| why.contains("each of the 1")));
        let none = Teach { boxes: Vec::new(), ..teach(2) };
        let whole = none.spread(3).into_iter().reduce(|a, b| a.around(&b)).expect("three");
        assert!(whole.x > 50.0 && whole.right() < 110.0 && none.spread(3).len() == 3);
        let mut upright = teach(2);
        upright.boxes =
            vec![Area { x: 0.0, y: 0.0, w: 10.0, h: 20.0 }, Area { x: 0.0, y: 25.0, w: 10.0, h: 20.0 }];
        assert_eq!(upright.spread(3)[1].y, 15.0);
    }

    #[test]
    fn boxes_are_dragged_by_corners_and_never_vanish() {
        let area = Area { x: 10.0, y: 10.0, w: 10.0, h: 10.0 };
        assert_eq!(Teach::dragged(&area, Grip::Inside, [3.0, -4.0]), Area { x: 13.0, y: 6.0, ..area });
        let by = |right, bottom, by| Teach::dragged(&area, Grip::Corner(right, bottom), by);
        assert_eq!(by(true, true, [5.0, 2.0]), Area { w: 15.0, h: 12.0, ..area });
        assert_eq!(by(false, false, [5.0, 2.0]), Area { x: 15.0, y: 12.0, w: 5.0, h: 8.0 });
        assert_eq!(by(true, true, [-50.0, -50.0]), Area { w: 2.0, h: 2.0, ..area });
        assert_eq!(by(false, false, [50.0, 50.0]), Area { x: 18.0, y: 18.0, w: 2.0, h: 2.0 });
    }

    #[test]
    fn what_is_kept_can_be_read_back_and_leaves_other_numbers_out() -> anyhow::Result<()> {
        let mut one = teach(3);
        let (bytes, record) = one.record(Some("Cam".to_owned()), "camera".to_owned())?;
        assert_eq!(image::load_from_memory(&bytes)?.width(), one.seen.picture.width());
        assert_eq!(
            (record.text.as_str(), record.boxes.len(), record.camera.as_deref()),
            ("304", 3, Some("Cam"))
        );
        // It is another number than the one found: that one is cut away.
        one.number = None;
        one.boxes = vec![Area { x: 60.0, y: 40.0, w: 10.0, h: 10.0 }];
        one.text = "1".to_owned();
        let (bytes, record) = one.record(None, "a.png".to_owned())?;
        assert_eq!(image::load_from_memory(&bytes)?.width(), 30);
        assert_eq!((record.boxes[0].x, record.boxes[0].y), (10.0, 10.0));
        Ok(())
    }
}
