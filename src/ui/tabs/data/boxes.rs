//! Boxes around the characters of an image, drawn over its picture.

use crate::data::{Mark, marks};
use crate::ui::theme::{self, Palette};
use egui::{Align2, Color32, Painter, Rect, Stroke, StrokeKind, pos2, vec2};

/// On smaller pictures boxes would hide what is in them.
pub const LEAST_SIDE: f32 = 56.0;
/// A box narrower than this has no room for its character.
const LEAST_BOX: f32 = 9.0;

/// Draws the boxes of an image of that size whose picture is at `rect`: a colour for each number on it.
pub fn paint(painter: &Painter, rect: Rect, size: [usize; 2], all: &[Mark], classes: &[String], p: &Palette) {
    let scale = vec2(rect.width() / size[0].max(1) as f32, rect.height() / size[1].max(1) as f32);
    let painter = painter.with_clip_rect(painter.clip_rect().intersect(rect.expand(1.0)));
    for (i, number) in marks::numbers(all).enumerate() {
        let colour = p.run(if i == 0 { 4 } else { i as u32 });
        for mark in number {
            let corner = rect.min + vec2(mark.area.x, mark.area.y) * scale;
            let place = Rect::from_min_size(corner, vec2(mark.area.w, mark.area.h) * scale);
            // A dark line under the bright one is seen on every background.
            painter.rect_stroke(
                place,
                0.0,
                Stroke::new(2.5, Color32::from_black_alpha(140)),
                StrokeKind::Middle,
            );
            painter.rect_stroke(place, 0.0, Stroke::new(1.2, colour), StrokeKind::Middle);
            if place.width() < LEAST_BOX || rect.width() < 2.0 * LEAST_SIDE {
                continue;
            }
            let name = classes.get(usize::from(mark.class)).map_or("?", String::as_str);
            let galley = painter.layout_no_wrap(name.to_owned(), theme::small(), Color32::BLACK);
            let up = if place.top() - galley.size().y < rect.top() { 0.0 } else { galley.size().y };
            let label =
                Rect::from_min_size(pos2(place.left(), place.top() - up), galley.size() + vec2(4.0, 0.0));
            painter.rect_filled(label, 2.0, colour);
            painter.text(label.center(), Align2::CENTER_CENTER, name, theme::small(), Color32::BLACK);
        }
    }
}
