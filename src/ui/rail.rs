//! The rail at the left: the pages, and below them what is always at hand.

use super::icons::Icon;
use super::tabs::PAGES;
use super::theme::{self, palette};
use super::view::View;
use crate::app::{Command, Overlay, Tab};
use egui::{Align, Color32, CursorIcon, Frame, Layout, Margin, Panel, Rect, Role, Sense, Ui, WidgetInfo};
use egui::{Stroke, pos2, vec2};

/// Wide enough for the longest word under an icon.
const WIDTH: f32 = 76.0;

/// Draws the rail.
pub fn show(ui: &mut Ui, view: &mut View<'_>) {
    let p = palette(ui);
    let frame = Frame::new().fill(p.rail).inner_margin(Margin::symmetric(8, 10));
    let panel =
        Panel::left("rail").exact_size(WIDTH).resizable(false).show_separator_line(false).frame(frame);
    panel.show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        logo(ui);
        ui.add_space(8.0);
        for page in PAGES {
            page_ui(ui, view, page.tab, page.icon);
        }
        ui.with_layout(Layout::bottom_up(Align::Center), |ui| {
            view.icon_button(ui, Icon::Help, &Command::Open(Overlay::Keys));
            view.icon_button(ui, Icon::Palette, &Command::Open(Overlay::Palette));
            view.icon_button(ui, Icon::Theme, &Command::ToggleTheme);
        });
    });
}

/// A small digit on squared paper: a seven of pixels.
fn logo(ui: &mut Ui) {
    const SEVEN: [&[u8; 5]; 6] = [b"#####", b"....#", b"...#.", b"..#..", b".#...", b".#..."];
    let p = palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 40.0), Sense::hover());
    let side = 5.0;
    let corner = rect.center() - vec2(2.5, 3.0) * side;
    for (row, line) in SEVEN.iter().enumerate() {
        for (column, ink) in line.iter().enumerate() {
            let at = corner + vec2(column as f32, row as f32) * side;
            let cell = Rect::from_min_size(at, theme::square(side - 1.0));
            ui.painter().rect_filled(cell, 1.0, if *ink == b'#' { p.accent } else { p.line });
        }
    }
}

fn page_ui(ui: &mut Ui, view: &mut View<'_>, tab: Tab, icon: Icon) {
    let p = palette(ui);
    let command = Command::Show(tab);
    let Some(listed) = command.listed() else { return };
    let on = view.app.settings.tab == tab;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 54.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, on, listed.label));
    let hot = response.hovered() || response.has_focus();
    let (fill, ink) = match (on, hot) {
        (true, _) => (p.chosen, p.accent),
        (false, true) => (p.hover, p.strong),
        (false, false) => (Color32::TRANSPARENT, p.dim),
    };
    let edge = if response.has_focus() { p.accent } else { Color32::TRANSPARENT };
    ui.painter().rect(rect, theme::ROUND, fill, Stroke::new(1.0, edge), egui::StrokeKind::Inside);
    icon.paint_at(ui.painter(), pos2(rect.center().x, rect.top() + 19.0), 20.0, ink);
    let word = if on { p.strong } else { ink };
    let at = pos2(rect.center().x, rect.bottom() - 12.0);
    ui.painter().text(at, egui::Align2::CENTER_CENTER, listed.label, theme::small(), word);
    let keys = listed.keys.map(|keys| format!(" ({})", keys.label())).unwrap_or_default();
    let tooltip = format!("{}{keys}", listed.tooltip);
    if response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(tooltip).clicked() {
        view.ask(command);
    }
}
