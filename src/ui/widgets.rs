//! The few building blocks that every page is made of: cards, buttons with icons, badges, bars, figures.

use super::icons::Icon;
use super::theme::{self, palette};
use egui::{
    Align2, Color32, CursorIcon, Frame, InnerResponse, Margin, Rect, Response, RichText, Sense, Stroke, Ui,
};
use egui::{FontId, Role, Vec2, WidgetInfo, pos2, vec2};

/// How much a button asks to be pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The one thing to do next.
    Primary,
    /// One of several.
    Normal,
    /// Without a frame until the pointer is over it.
    Quiet,
    /// Ends or deletes something.
    Danger,
}

/// A button with an icon, words or both; its words are its accessible name.
pub struct Action<'a> {
    icon: Option<Icon>,
    label: &'a str,
    weight: Weight,
    words: bool,
    tooltip: &'a str,
    /// Why it cannot be pressed.
    reason: Option<String>,
    width: Option<f32>,
    tall: bool,
}

impl<'a> Action<'a> {
    /// A button with an icon and words.
    pub fn new(icon: Icon, label: &'a str) -> Self {
        let (weight, tooltip) = (Weight::Normal, "");
        Self { icon: Some(icon), label, weight, words: true, tooltip, reason: None, width: None, tall: false }
    }

    /// A button with words only.
    pub fn words(label: &'a str) -> Self {
        Self { icon: None, ..Self::new(Icon::Plus, label) }
    }

    /// A button with an icon only, still named.
    pub fn icon(icon: Icon, label: &'a str) -> Self {
        Self { words: false, weight: Weight::Quiet, tooltip: label, ..Self::new(icon, label) }
    }

    /// How much it asks to be pressed.
    pub fn weight(self, weight: Weight) -> Self {
        Self { weight, ..self }
    }

    /// One line more, on hover.
    pub fn tooltip(self, tooltip: &'a str) -> Self {
        Self { tooltip, ..self }
    }

    /// Greys it out, where there is a reason to.
    pub fn reason(self, reason: Option<String>) -> Self {
        Self { reason, ..self }
    }

    /// As wide as this.
    pub fn width(self, width: f32) -> Self {
        Self { width: Some(width), ..self }
    }

    /// Taller, for the one thing to do on a page.
    pub fn tall(self) -> Self {
        Self { tall: true, ..self }
    }

    /// Draws it; true when it was pressed.
    pub fn show(self, ui: &mut Ui) -> bool {
        self.response(ui).clicked()
    }

    /// Draws it.
    pub fn response(self, ui: &mut Ui) -> Response {
        let enabled = self.reason.is_none() && ui.is_enabled();
        let p = palette(ui);
        let height = if self.tall { 34.0 } else { theme::ROW };
        let side = if self.tall { 16.0 } else { 14.0 };
        let font = if self.weight == Weight::Primary { theme::strong() } else { FontId::proportional(13.0) };
        let galley = self
            .words
            .then(|| ui.painter().layout_no_wrap(self.label.to_owned(), font, Color32::PLACEHOLDER));
        let text_width = galley.as_ref().map_or(0.0, |galley| galley.size().x);
        let padding = if self.words { 11.0 } else { (theme::ROW - side) / 2.0 };
        let icon_width = if self.icon.is_some() { side + if self.words { 7.0 } else { 0.0 } } else { 0.0 };
        let content = icon_width + text_width;
        let width = self.width.unwrap_or(content + 2.0 * padding);
        let sense = if enabled { Sense::click() } else { Sense::hover() };
        let (rect, response) = ui.allocate_exact_size(vec2(width, height), sense);
        let (label, tooltip) = (self.label, self.tooltip);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, label));
        if ui.is_rect_visible(rect) {
            let hot = enabled && (response.hovered() || response.has_focus());
            let (fill, edge, text) = match self.weight {
                Weight::Primary if !enabled => (p.hover, Color32::TRANSPARENT, p.text),
                Weight::Primary if hot => (p.accent_hover, Color32::TRANSPARENT, p.on_accent),
                Weight::Primary => (p.accent, Color32::TRANSPARENT, p.on_accent),
                Weight::Normal if hot => (p.hover, p.line, p.strong),
                Weight::Normal => (p.button, Color32::TRANSPARENT, p.text),
                Weight::Quiet if hot => (p.hover, Color32::TRANSPARENT, p.strong),
                Weight::Quiet => (Color32::TRANSPARENT, Color32::TRANSPARENT, p.dim),
                Weight::Danger if hot => (theme::tint(p.bad), p.bad, p.bad),
                Weight::Danger => (p.button, Color32::TRANSPARENT, p.bad),
            };
            let fade = |colour: Color32| if enabled { colour } else { colour.gamma_multiply(0.42) };
            let pressed = response.is_pointer_button_down_on();
            let rect = if pressed { rect.shrink(0.5) } else { rect };
            let stroke = Stroke::new(1.0, if response.has_focus() { p.accent } else { fade(edge) });
            ui.painter().rect(rect, theme::ROUND_SMALL, fade(fill), stroke, egui::StrokeKind::Inside);
            let mut x = rect.center().x - content / 2.0;
            if let Some(icon) = self.icon {
                icon.paint_at(ui.painter(), pos2(x + side / 2.0, rect.center().y), side, fade(text));
                x += icon_width;
            }
            if let Some(galley) = galley {
                let place = pos2(x, rect.center().y - galley.size().y / 2.0);
                ui.painter().galley(place, galley, fade(text));
            }
        }
        match &self.reason {
            Some(reason) => response.on_hover_text(reason),
            None if tooltip.is_empty() => response.on_hover_cursor(CursorIcon::PointingHand),
            None => response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(tooltip),
        }
    }
}

/// A panel with rounded corners.
pub fn card<R>(ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
    let p = palette(ui);
    Frame::new()
        .fill(p.card)
        .stroke(Stroke::new(1.0, p.line))
        .corner_radius(theme::ROUND)
        .inner_margin(Margin::same(14))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            contents(ui)
        })
}

/// The heading of a page with a remark behind it.
pub fn page_title(ui: &mut Ui, title: &str, remark: &str) {
    let p = palette(ui);
    ui.horizontal(|ui| {
        ui.label(RichText::new(title).font(theme::title()).color(p.strong));
        ui.add_space(4.0);
        ui.label(RichText::new(remark).color(p.dim));
    });
}

/// The heading of a card or a section.
pub fn heading(ui: &mut Ui, text: &str) -> Response {
    let p = palette(ui);
    ui.label(RichText::new(text).font(theme::heading()).color(p.strong))
}

/// A remark: small and dim, wrapping.
pub fn remark(ui: &mut Ui, text: impl Into<String>) -> Response {
    let p = palette(ui);
    ui.label(RichText::new(text).font(theme::small()).color(p.dim))
}

/// A word on a tint of its colour.
pub fn badge(ui: &mut Ui, text: &str, colour: Color32) -> Response {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::small(), colour);
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(14.0, 4.0), Sense::hover());
    ui.painter().rect_filled(rect, rect.height() / 2.0, theme::tint(colour));
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, colour);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    response
}

/// A disc of a run's colour.
pub fn dot(ui: &mut Ui, colour: Color32) {
    let (rect, _) = ui.allocate_exact_size(theme::square(12.0), Sense::hover());
    ui.painter().circle_filled(rect.center(), 4.5, colour);
}

/// A thin bar filled to `share`; where that is unknown, a piece of it wanders.
pub fn progress(ui: &mut Ui, width: f32, share: Option<f32>, colour: Color32) -> Response {
    let p = palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(width, 5.0), Sense::hover());
    let round = rect.height() / 2.0;
    ui.painter().rect_filled(rect, round, p.hover);
    let part = match share {
        Some(share) => {
            Rect::from_min_size(rect.min, vec2(rect.width() * share.clamp(0.0, 1.0), rect.height()))
        }
        None => {
            let time = ui.input(|i| i.time) as f32;
            let middle = rect.left() + rect.width() * (0.5 + 0.4 * (time * 1.8).sin());
            Rect::from_center_size(pos2(middle, rect.center().y), vec2(rect.width() * 0.2, rect.height()))
        }
    };
    ui.painter().rect_filled(part, round, colour);
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, "Progress");
        info.value = share.map(f64::from);
        info
    });
    response
}

/// A figure with a small caption above it.
pub fn figure(ui: &mut Ui, caption: &str, value: &str) -> Response {
    let p = palette(ui);
    let above = ui.painter().layout_no_wrap(caption.to_owned(), theme::small(), p.dim);
    let below = ui.painter().layout_no_wrap(value.to_owned(), theme::strong(), p.strong);
    let size = vec2(above.size().x.max(below.size().x), above.size().y + below.size().y + 1.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{caption} {value}")));
    let under = rect.min + vec2(0.0, above.size().y + 1.0);
    ui.painter().galley(rect.min, above, p.dim);
    ui.painter().galley(under, below, p.strong);
    response
}

/// What stands where there is nothing yet: an icon, a line, and a remark on what to do.
pub fn empty(ui: &mut Ui, icon: Icon, title: &str, text: &str) {
    let p = palette(ui);
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.28).clamp(12.0, 180.0));
        let (rect, _) = ui.allocate_exact_size(theme::square(40.0), Sense::hover());
        icon.paint(ui.painter(), rect, p.dim.gamma_multiply(0.7));
        ui.add_space(6.0);
        ui.label(RichText::new(title).font(theme::heading()).color(p.strong));
        ui.label(RichText::new(text).color(p.dim));
    });
}

/// One of a row of choices that touch each other, as for an axis; returns the one pressed.
pub fn segments<T: Copy + PartialEq>(ui: &mut Ui, chosen: T, options: &[(T, &str, &str)]) -> Option<T> {
    let p = palette(ui);
    let mut pressed = None;
    // At the right end of a row things are placed from the right; they are still read from the left.
    let mut options: Vec<&(T, &str, &str)> = options.iter().collect();
    if ui.layout().prefer_right_to_left() {
        options.reverse();
    }
    Frame::new().fill(p.button).corner_radius(theme::ROUND_SMALL).inner_margin(Margin::same(2)).show(
        ui,
        |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            ui.horizontal(|ui| {
                for (value, label, tooltip) in options {
                    let on = *value == chosen;
                    let colour = if on { p.strong } else { p.dim };
                    let galley = ui.painter().layout_no_wrap((*label).to_owned(), theme::small(), colour);
                    let size = vec2(galley.size().x + 14.0, theme::ROW - 6.0);
                    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
                    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, on, *label));
                    let fill = if on {
                        p.card
                    } else if response.hovered() {
                        p.hover
                    } else {
                        Color32::TRANSPARENT
                    };
                    let edge = if response.has_focus() { p.accent } else { Color32::TRANSPARENT };
                    let stroke = Stroke::new(1.0, edge);
                    ui.painter().rect(rect, 4.0, fill, stroke, egui::StrokeKind::Inside);
                    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, colour);
                    if response.on_hover_text(*tooltip).clicked() {
                        pressed = Some(*value);
                    }
                }
            });
        },
    );
    pressed
}

/// A slider of that width, without a value beside it.
pub fn slider(ui: &mut Ui, width: f32, slider: egui::Slider<'_>) -> Response {
    let p = palette(ui);
    ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = theme::SLIDER;
        ui.spacing_mut().slider_width = width;
        // egui fills the rail with the colour of selections, which here is a quiet one.
        ui.visuals_mut().selection.bg_fill = p.accent.gamma_multiply(0.75);
        ui.add(slider.show_value(false))
    })
    .inner
}

/// A small button that stays pressed while something is on.
pub fn switch(ui: &mut Ui, label: &str, tooltip: &str, on: bool) -> bool {
    switch_unless(ui, label, tooltip, on, None)
}

/// The same, greyed where there is a reason that it has no effect; the reason then is what is told on hover.
pub fn switch_unless(ui: &mut Ui, label: &str, tooltip: &str, on: bool, reason: Option<&str>) -> bool {
    let p = palette(ui);
    let enabled = reason.is_none() && ui.is_enabled();
    let galley = ui.painter().layout_no_wrap(label.to_owned(), theme::small(), Color32::PLACEHOLDER);
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 14.0, theme::ROW - 1.0), sense);
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, enabled, on && enabled, label));
    let (fill, ink) = match (enabled, on, response.hovered()) {
        (false, ..) => (p.button.gamma_multiply(0.42), p.dim.gamma_multiply(0.42)),
        (true, true, _) => (p.chosen, p.accent),
        (true, false, true) => (p.hover, p.strong),
        (true, false, false) => (p.button, p.dim),
    };
    let edge = if response.has_focus() { p.accent } else { Color32::TRANSPARENT };
    ui.painter().rect(rect, theme::ROUND_SMALL, fill, Stroke::new(1.0, edge), egui::StrokeKind::Inside);
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, ink);
    match reason {
        Some(reason) => response.on_hover_text(reason).clicked(),
        None => response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(tooltip).clicked(),
    }
}

/// Text cut off at a width, with the whole on hover where something is missing.
pub fn cut(ui: &mut Ui, width: f32, text: RichText) -> Response {
    ui.allocate_ui_with_layout(
        vec2(width, ui.spacing().interact_size.y),
        egui::Layout::left_to_right(egui::Align::Center),
        |ui| {
            ui.set_width(width);
            ui.add(egui::Label::new(text).truncate())
        },
    )
    .inner
}

/// A small text painted at the right end of a row.
pub fn text_at_right(ui: &Ui, rect: Rect, text: &str, font: FontId, colour: Color32) {
    ui.painter().text(pos2(rect.right(), rect.center().y), Align2::RIGHT_CENTER, text, font, colour);
}

/// An empty stretch.
pub fn space(ui: &mut Ui, size: Vec2) {
    ui.allocate_exact_size(size, Sense::hover());
}
