//! One image, larger than life: its pixels as squares, its boxes, and the value of the pixel under the pointer.

use super::boxes;
use super::thumbs::{Thumbs, pixel_at, pixel_rect};
use crate::data::Samples;
use crate::ui::theme::{self, palette};
use egui::{Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

/// An image to be drawn large.
pub struct Picture<'a> {
    /// The number of the list that it is in: with the row it tells the image from every other one.
    pub list: u64,
    /// Which image.
    pub row: usize,
    /// The images.
    pub samples: &'a Samples,
    /// The names of the classes, to draw boxes with; none for no boxes.
    pub classes: Option<&'a [String]>,
    /// What it is, in words.
    pub name: &'a str,
}

impl Picture<'_> {
    /// Draws it as large as `side` points allow.
    pub fn show(&self, ui: &mut Ui, thumbs: &mut Thumbs, side: f32) {
        let p = palette(ui);
        let size = self.samples.size(self.row);
        let [columns, rows] = size.map(|n| n.max(1) as f32);
        let scale = side / columns.max(rows);
        // Whole points for a pixel, where there are that many, draw every pixel equally large.
        let scale = if scale >= 2.0 { scale.floor() } else { scale };
        let extent = vec2(columns, rows) * scale;
        let (field, response) = ui.allocate_exact_size(vec2(side, extent.y), Sense::hover());
        let rect = Rect::from_center_size(field.center().round(), extent);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, self.name));
        let Some(large) = thumbs.large(ui.ctx(), (self.list, self.row), self.samples) else {
            ui.painter().rect_filled(rect, 0.0, p.hover);
            return;
        };
        let uv = Rect::from_min_max(egui::Pos2::ZERO, egui::pos2(1.0, 1.0));
        ui.painter().image(large.texture.id(), rect, uv, egui::Color32::WHITE);
        ui.painter().rect_stroke(rect, 0.0, Stroke::new(1.0, p.line), StrokeKind::Outside);
        if let Some(classes) = self.classes {
            boxes::paint(ui.painter(), rect, size, self.samples.marks(self.row), classes, p);
        }
        let pixel = response.hover_pos().and_then(|point| pixel_at(rect, size, point));
        let text = match pixel {
            Some([column, row]) => {
                let place = pixel_rect(rect, size, [column, row]);
                ui.painter().rect_stroke(place, 0.0, Stroke::new(1.5, p.accent), StrokeKind::Outside);
                format!("Column {column}, row {row}: {}", value(&large.pixels, size, [column, row]))
            }
            None => format!("{} × {} pixels; point at one for its value", size[0], size[1]),
        };
        ui.label(egui::RichText::new(text).font(theme::small()).color(p.dim));
    }
}

/// The value of a pixel in every channel, as text.
pub fn value(pixels: &[u8], size: [usize; 2], [column, row]: [usize; 2]) -> String {
    let n = size[0] * size[1];
    let values = pixels.chunks_exact(n.max(1)).map(|plane| plane[row * size[0] + column].to_string());
    values.collect::<Vec<_>>().join(", ")
}
