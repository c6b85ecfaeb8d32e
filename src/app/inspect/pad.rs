//! A pad to draw a digit on, and what the model makes of it while it is drawn.

use super::{App, Report, View};
use crate::app::report::Report as AnyReport;
use crate::reader::Prediction;
use crate::work::inside::read_drawing;
use std::path::PathBuf;
use std::sync::Arc;

/// Side of the drawing in pixels.
pub const SIDE: usize = 280;

/// Something done with the pen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pen {
    /// Drawn from one place to another, 0 to 1 from left to right and from top to bottom.
    Line([f32; 2], [f32; 2]),
    /// Lifted.
    Up,
    /// Takes the last stroke back.
    Undo,
    /// Wipes the pad.
    Clear,
    /// Another thickness, as a share of the pad's side.
    Width(f32),
}

/// The pad.
#[derive(Clone)]
pub struct Pad {
    /// Strokes, each a list of places.
    pub strokes: Vec<Vec<[f32; 2]>>,
    /// Thickness of the pen as a share of the side.
    pub width: f32,
    /// What the model makes of it.
    pub read: Option<Arc<Prediction>>,
    /// Why it makes nothing of it.
    pub trouble: Option<String>,
    down: bool,
    revision: u64,
    asked: Option<(u64, PathBuf)>,
    waiting: bool,
}

impl Default for Pad {
    fn default() -> Self {
        Self {
            strokes: Vec::new(),
            // About as thick as MNIST's strokes are for their digits' size.
            width: 0.085,
            read: None,
            trouble: None,
            down: false,
            revision: 0,
            asked: None,
            waiting: false,
        }
    }
}

impl Pad {
    /// Whether nothing is drawn.
    pub fn is_empty(&self) -> bool {
        self.strokes.is_empty()
    }

    pub(super) fn apply(&mut self, pen: Pen) {
        match pen {
            Pen::Line(from, to) => {
                if !self.down {
                    self.strokes.push(vec![from]);
                    self.down = true;
                }
                if let Some(stroke) = self.strokes.last_mut() {
                    stroke.push(to);
                }
            }
            Pen::Up => {
                self.down = false;
                return;
            }
            Pen::Undo => drop(self.strokes.pop()),
            Pen::Clear => self.strokes.clear(),
            Pen::Width(width) => self.width = width.clamp(0.02, 0.25),
        }
        self.revision += 1;
        if self.strokes.is_empty() {
            self.read = None;
        }
    }

    pub(super) fn take(&mut self, revision: u64, read: Result<Box<Prediction>, String>) {
        self.waiting = false;
        if self.strokes.is_empty() || self.asked.as_ref().is_none_or(|(asked, _)| *asked != revision) {
            return;
        }
        match read {
            Ok(read) => (self.read, self.trouble) = (Some(Arc::new(*read)), None),
            Err(trouble) => self.trouble = Some(trouble),
        }
    }

    /// What is drawn as a grey picture, white on black, row after row.
    pub fn picture(&self) -> Vec<u8> {
        let mut pixels = vec![0.0_f32; SIDE * SIDE];
        let side = SIDE as f32;
        let radius = self.width * side / 2.0;
        for stroke in &self.strokes {
            for pair in stroke.windows(2) {
                let [from, to] = [pair[0], pair[1]].map(|[x, y]| [x * side, y * side]);
                ink(&mut pixels, from, to, radius);
            }
        }
        pixels.into_iter().map(|share| (share * 255.0).round() as u8).collect()
    }
}

/// Draws a line with round ends; each pixel is as dark as the most of any line over it.
fn ink(pixels: &mut [f32], from: [f32; 2], to: [f32; 2], radius: f32) {
    let along = [to[0] - from[0], to[1] - from[1]];
    let squared = (along[0].powi(2) + along[1].powi(2)).max(1e-6);
    let range = |a: f32, b: f32| {
        let low = (a.min(b) - radius - 1.0).floor().max(0.0) as usize;
        let high = (a.max(b) + radius + 1.0).ceil().clamp(0.0, SIDE as f32) as usize;
        low..high
    };
    for y in range(from[1], to[1]) {
        for x in range(from[0], to[0]) {
            let at = [x as f32 + 0.5 - from[0], y as f32 + 0.5 - from[1]];
            let share = ((at[0] * along[0] + at[1] * along[1]) / squared).clamp(0.0, 1.0);
            let away = (at[0] - share * along[0]).hypot(at[1] - share * along[1]);
            let dark = (radius + 0.5 - away).clamp(0.0, 1.0);
            let pixel = &mut pixels[y * SIDE + x];
            *pixel = pixel.max(dark);
        }
    }
}

impl App {
    /// Has what is drawn read; while one reading is under way the next waits, and only the newest is read.
    pub(super) fn follow_pad(&mut self) {
        if self.inspect.view != View::Draw || self.inspect.pad.is_empty() || self.inspect.pad.waiting {
            return;
        }
        let Some(model) = self.inspect.model.clone() else { return };
        let pad = &mut self.inspect.pad;
        let asked = Some((pad.revision, model.clone()));
        if pad.asked == asked {
            return;
        }
        (pad.asked, pad.waiting) = (asked, true);
        let (revision, pixels) = (pad.revision, pad.picture());
        self.jobs.quiet("Read drawing", Arc::clone(&self.parts.waker), move |_| {
            let read = read_drawing(&model, &pixels, SIDE).map(Box::new).map_err(|e| format!("{e:#}"));
            Ok(AnyReport::Inspect(Report::Drawn(revision, read)))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_as_thick_as_the_pen_and_can_be_taken_back() {
        let mut pad = Pad { width: 0.1, ..Pad::default() };
        pad.apply(Pen::Line([0.5, 0.1], [0.5, 0.9]));
        pad.apply(Pen::Up);
        pad.apply(Pen::Line([0.0, 0.0], [0.0, 0.0]));
        let picture = pad.picture();
        let across = (0..SIDE).filter(|x| picture[140 * SIDE + x] > 127).count();
        assert!((27..=29).contains(&across), "{across} of 28 pixels");
        assert_eq!(picture[140 * SIDE + 140], 255);
        assert!(picture[0] > 0, "a dot is ink too");
        pad.apply(Pen::Undo);
        assert_eq!((pad.strokes.len(), pad.picture()[0]), (1, 0));
        pad.apply(Pen::Clear);
        assert!(pad.is_empty() && pad.picture().iter().all(|pixel| *pixel == 0));
    }
}
