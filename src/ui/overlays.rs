//! What lies over the window: the palette of commands, the sheet of keys, a name to type, all notices.

use super::behind;
use super::memory::Memory;
use super::theme::{self, palette};
use super::view::View;
use super::widgets::{Action, Weight, heading, remark};
use super::{icons::Icon, toasts};
use crate::app::{Command, LISTED, Listed, Overlay};
use egui::{Align, Context, Frame, Id, Key, Layout, Margin, Modal, Role, Sense, TextEdit, Ui, WidgetInfo};
use egui::{RichText, ScrollArea, pos2, vec2};

/// Draws what lies over the window, if anything does.
pub fn show(ctx: &Context, view: &mut View<'_>) {
    let Some(overlay) = view.app.overlay.clone() else {
        *view.memory = Memory { typed: String::new(), marked: 0, fresh: true, ..std::mem::take(view.memory) };
        return;
    };
    let veil = if ctx.global_style().visuals.dark_mode { theme::DARK.veil } else { theme::LIGHT.veil };
    let frame = Frame::window(&ctx.global_style()).inner_margin(Margin::same(14));
    let modal = Modal::new(Id::unique("overlay")).backdrop_color(veil).frame(frame);
    let shown = modal.show(ctx, |ui| match &overlay {
        Overlay::Palette => palette_ui(ui, view),
        Overlay::Keys => keys_ui(ui),
        Overlay::SavePreset => {
            name_ui(ui, view, "Save as preset", "Its name in the menu", &Command::SavePreset);
        }
        Overlay::Rename(run) => {
            let command = |name| Command::Rename(run.clone(), name);
            name_ui(ui, view, "Rename run", "Its new name", &command);
        }
        Overlay::Notices => notices_ui(ui, view),
        Overlay::Behind => behind::behind_ui(ui, view),
    });
    if shown.should_close() {
        view.ask(Command::Close);
    }
}

/// The commands that fit what is typed, best first.
fn matching(typed: &str) -> Vec<&'static Listed> {
    let wanted = typed.trim().to_lowercase();
    let words: Vec<&str> = wanted.split_whitespace().collect();
    let mut found: Vec<&Listed> = LISTED
        .iter()
        .filter(|listed| {
            let text = format!("{} {}", listed.label, listed.tooltip).to_lowercase();
            words.iter().all(|word| text.contains(word))
        })
        .collect();
    found.sort_by_key(|listed| !listed.label.to_lowercase().starts_with(&wanted));
    found
}

fn palette_ui(ui: &mut Ui, view: &mut View<'_>) {
    ui.set_width(520.0);
    let field = TextEdit::singleline(&mut view.memory.typed)
        .hint_text("Type a command…")
        .desired_width(f32::INFINITY);
    let field = ui.add(field.margin(vec2(10.0, 8.0)));
    field.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Command"));
    if std::mem::take(&mut view.memory.fresh) {
        field.request_focus();
    }
    if field.changed() {
        view.memory.marked = 0;
    }
    let found = matching(&view.memory.typed);
    let (up, down, enter) =
        ui.input(|i| (i.key_pressed(Key::ArrowUp), i.key_pressed(Key::ArrowDown), i.key_pressed(Key::Enter)));
    let last = found.len().saturating_sub(1);
    let marked = match (up, down) {
        (true, _) => view.memory.marked.saturating_sub(1),
        (_, true) => view.memory.marked + 1,
        _ => view.memory.marked,
    };
    view.memory.marked = marked.min(last);
    let mut given = None;
    ui.add_space(4.0);
    ScrollArea::vertical().max_height(380.0).auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        for (i, listed) in found.iter().enumerate() {
            let marked = i == view.memory.marked;
            let reason = view.app.why_not(&listed.command);
            let response = line_ui(ui, listed, marked, reason.as_deref());
            if marked && (up || down) {
                response.scroll_to_me(None);
            }
            if reason.is_none() && (response.clicked() || (marked && enter)) {
                given = Some(listed.command.clone());
            }
        }
        if found.is_empty() {
            remark(ui, "No command fits that");
        }
    });
    if let Some(command) = given {
        view.ask(Command::Close);
        view.ask(command);
    }
}

fn line_ui(ui: &mut Ui, listed: &Listed, marked: bool, reason: Option<&str>) -> egui::Response {
    let p = palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 40.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::MenuItem, reason.is_none(), listed.label));
    if marked || response.hovered() {
        ui.painter().rect_filled(rect, theme::ROUND_SMALL, if marked { p.chosen } else { p.hover });
    }
    let ink = if reason.is_some() { p.dim } else { p.strong };
    let left = rect.left() + 10.0;
    let painter = ui.painter();
    let align = egui::Align2::LEFT_CENTER;
    painter.text(pos2(left, rect.top() + 13.0), align, listed.label, egui::FontId::proportional(13.0), ink);
    painter.text(
        pos2(left, rect.top() + 28.0),
        align,
        reason.unwrap_or(listed.tooltip),
        theme::small(),
        p.dim,
    );
    if let Some(keys) = listed.keys {
        let at = pos2(rect.right() - 10.0, rect.center().y);
        painter.text(at, egui::Align2::RIGHT_CENTER, keys.label(), theme::small(), p.dim);
    }
    response
}

fn keys_ui(ui: &mut Ui) {
    let p = palette(ui);
    ui.set_width(420.0);
    heading(ui, "Keys");
    ui.add_space(4.0);
    for listed in LISTED {
        let Some(keys) = listed.keys else { continue };
        key_ui(ui, &keys.label(), listed.label, p);
    }
    ui.add_space(6.0);
    heading(ui, "On plots");
    ui.add_space(4.0);
    for (keys, what) in [
        ("Drag", "Zoom into a box"),
        ("Click", "Show the images behind that step of a training"),
        ("Double click", "Show everything again"),
        ("Alt+wheel", "Zoom around the pointer"),
        ("Right drag", "Move along"),
    ] {
        key_ui(ui, keys, what, p);
    }
}

fn key_ui(ui: &mut Ui, keys: &str, what: &str, p: &theme::Palette) {
    ui.horizontal(|ui| {
        ui.allocate_ui_with_layout(vec2(130.0, 20.0), Layout::left_to_right(Align::Center), |ui| {
            ui.set_width(130.0);
            ui.label(RichText::new(keys).font(theme::strong()).color(p.accent));
        });
        ui.label(RichText::new(what).color(p.text));
    });
}

fn name_ui(ui: &mut Ui, view: &mut View<'_>, title: &str, hint: &str, command: &dyn Fn(String) -> Command) {
    ui.set_width(360.0);
    heading(ui, title);
    ui.add_space(4.0);
    if view.memory.fresh && view.memory.typed.is_empty() {
        view.memory.typed = match &view.app.overlay {
            Some(Overlay::Rename(run)) => view.app.runs.get(run).map(|run| run.meta.name.clone()),
            _ => Some(view.app.draft.recipe().name.clone()),
        }
        .unwrap_or_default();
    }
    let field = TextEdit::singleline(&mut view.memory.typed).hint_text(hint).desired_width(f32::INFINITY);
    let field = ui.add(field.margin(vec2(10.0, 7.0)));
    field.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Name"));
    if std::mem::take(&mut view.memory.fresh) {
        field.request_focus();
    }
    ui.add_space(8.0);
    let enter = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
    let empty = !view.memory.typed.chars().any(char::is_alphanumeric);
    let reason = empty.then(|| "A name needs a letter or a digit".to_owned());
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let save = Action::new(Icon::Check, "Save").weight(Weight::Primary).reason(reason).show(ui);
        if (save || enter) && !empty {
            view.ask(command(view.memory.typed.trim().to_owned()));
        }
        if Action::words("Cancel").show(ui) {
            view.ask(Command::Close);
        }
    });
}

fn notices_ui(ui: &mut Ui, view: &mut View<'_>) {
    ui.set_width(460.0);
    heading(ui, "Notices");
    ui.add_space(4.0);
    let app = view.app;
    if app.notices.list().is_empty() {
        remark(ui, "Nothing was told yet");
    }
    ScrollArea::vertical().max_height(420.0).show(ui, |ui| {
        for notice in app.notices.list().iter().rev() {
            toasts::toast_ui(ui, view, notice);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_palette_finds_by_words_in_any_order() {
        let labels: Vec<_> = matching("train start").iter().map(|listed| listed.label).collect();
        assert_eq!(labels.first(), Some(&"Start training"));
        assert_eq!(matching("").len(), LISTED.len());
        assert!(matching("zebra").is_empty());
        assert_eq!(matching("und")[0].command, Command::Undo);
    }
}
