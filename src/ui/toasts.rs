//! What was just told, floating at the lower right for a while; errors stay until dismissed.

use super::icons::Icon;
use super::theme::{self, palette};
use super::view::View;
use super::widgets::Action;
use crate::app::{Command, Notice};
use crate::runs::Level;
use egui::{Align2, Area, Context, Frame, Id, Margin, Order, RichText, Sense, Stroke, vec2};

/// At most so many at once: the latest.
const MOST: usize = 3;
const WIDTH: f32 = 360.0;

/// Draws them.
pub fn show(ctx: &Context, view: &mut View<'_>) {
    let app = view.app;
    let floating: Vec<&Notice> = app.notices.list().iter().filter(|notice| notice.is_floating()).collect();
    let latest = &floating[floating.len().saturating_sub(MOST)..];
    if latest.is_empty() {
        return;
    }
    let area = Area::new(Id::unique("toasts"))
        .order(Order::Foreground)
        .anchor(Align2::RIGHT_BOTTOM, vec2(-16.0, -46.0));
    area.show(ctx, |ui| {
        ui.set_width(WIDTH);
        for notice in latest {
            toast_ui(ui, view, notice);
        }
    });
}

/// One notice, with a button to dismiss it.
pub fn toast_ui(ui: &mut egui::Ui, view: &mut View<'_>, notice: &Notice) {
    let p = palette(ui);
    let (icon, colour) = match notice.level {
        Level::Info => (Icon::Check, p.good),
        Level::Warning => (Icon::Warning, p.warn),
        Level::Error => (Icon::Warning, p.bad),
    };
    let frame = Frame::popup(ui.style()).inner_margin(Margin::same(10)).stroke(Stroke::new(1.0, p.line));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_top(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(18.0, 18.0), Sense::hover());
            icon.paint(ui.painter(), rect.shrink(1.0), colour);
            ui.vertical(|ui| {
                ui.set_width(ui.available_width() - theme::ROW - theme::GAP);
                let times = if notice.times > 1 { format!(" (×{})", notice.times) } else { String::new() };
                ui.label(RichText::new(format!("{}{times}", notice.text)).color(p.text));
            });
            if Action::icon(Icon::Close, "Dismiss").show(ui) {
                view.ask(Command::Dismiss(notice.id));
            }
        });
    });
    ui.add_space(2.0);
}
