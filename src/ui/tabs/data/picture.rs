//! One image, large: its pixels as squares, and the value of the one under the pointer.

use super::thumbs::{Thumbs, pixel_at, pixel_rect};
use crate::ui::theme::{self, palette};
use egui::{Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

/// An image to be drawn large.
pub struct Picture<'a> {
    /// Tells it from every other image: the drawing is kept for as long as this stays.
    pub key: (u64, usize),
    /// Columns and rows.
    pub size: [usize; 2],
    /// Its bytes, channel after channel.
    pub pixels: &'a [u8],
    /// What it is, in words.
    pub name: &'a str,
}

impl Picture<'_> {
    /// Draws it as large as `side` points allow.
    pub fn show(&self, ui: &mut Ui, thumbs: &mut Thumbs, side: f32) {
        let p = palette(ui);
        let [columns, rows] = self.size.map(|n| n as f32);
        let scale = side / columns.max(rows);
        // Whole points for a pixel, where there are that many, draw every pixel equally large.
        let scale = if scale >= 2.0 { scale.floor() } else { scale };
        let size = vec2(columns, rows) * scale;
        let (field, response) = ui.allocate_exact_size(vec2(side, size.y), Sense::hover());
        let rect = Rect::from_center_size(field.center().round(), size);
        let texture = thumbs.single(ui.ctx(), self.key, self.size, self.pixels);
        let uv = Rect::from_min_max(egui::Pos2::ZERO, egui::pos2(1.0, 1.0));
        ui.painter().image(texture.id(), rect, uv, egui::Color32::WHITE);
        ui.painter().rect_stroke(rect, 0.0, Stroke::new(1.0, p.line), StrokeKind::Outside);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, self.name));
        let pixel = response.hover_pos().and_then(|point| pixel_at(rect, self.size, point));
        let text = match pixel {
            Some([column, row]) => {
                let place = pixel_rect(rect, self.size, [column, row]);
                ui.painter().rect_stroke(place, 0.0, Stroke::new(1.5, p.accent), StrokeKind::Outside);
                let n = self.size[0] * self.size[1];
                let values: Vec<String> = (0..self.pixels.len() / n.max(1))
                    .map(|channel| self.pixels[channel * n + row * self.size[0] + column].to_string())
                    .collect();
                format!("Column {column}, row {row}: {}", values.join(", "))
            }
            None => format!("{} × {} pixels; point at one for its value", self.size[0], self.size[1]),
        };
        ui.label(egui::RichText::new(text).font(theme::small()).color(p.dim));
    }
}
