//! A list of settings on a form: each item a line that folds out, with buttons to move it, to copy it, to take it away.

use super::Form;
use crate::knobs::{List, inside};
use crate::ui::icons::Icon;
use crate::ui::theme::{self, palette};
use crate::ui::widgets::Action;
use crate::ui::words;
use egui::collapsing_header::paint_default_icon;
use egui::text::{LayoutJob, TextWrapping};
use egui::{
    Align, Align2, Id, Layout, Rect, Response, RichText, Role, Sense, TextStyle, Ui, WidgetInfo, pos2, vec2,
};

/// Width of a button.
const BUTTON: f32 = 20.0;
/// Width of the arrow that says whether an item is folded out.
const ARROW: f32 = 14.0;

/// What is known of an item of a list besides its settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Note {
    /// What it is, in place of "Layer".
    pub title: String,
    /// What it makes, shown behind it.
    pub makes: String,
    /// More of it, on hover.
    pub about: String,
    /// Why it cannot work.
    pub wrong: Option<String>,
}

/// What is to be done to a list.
#[derive(Clone, Copy)]
enum Change {
    Insert(usize),
    Duplicate(usize),
    Remove(usize),
    Swap(usize, usize),
}

impl Change {
    fn made(self, items: &mut dyn List) {
        match self {
            Self::Insert(idx) => items.insert(idx),
            Self::Duplicate(idx) => items.duplicate(idx),
            Self::Remove(idx) => items.remove(idx),
            Self::Swap(a, b) => items.swap(a, b),
        }
    }

    /// The same for which items are folded out; a new one is.
    fn followed(self, open: &mut Vec<bool>) {
        match self {
            Self::Insert(idx) => open.insert(idx, true),
            Self::Duplicate(idx) => open.insert(idx + 1, true),
            Self::Remove(idx) => {
                open.remove(idx);
            }
            Self::Swap(a, b) => open.swap(a, b),
        }
    }
}

impl Form<'_> {
    /// Every item with its settings, and what the user does with them.
    pub(super) fn list_ui(&mut self, name: &str, items: &mut dyn List, help: &str) {
        let id = Id::unique(("folded out", self.path(name)));
        let mut open: Vec<bool> = self.ui.data(|data| data.get_temp(id)).unwrap_or_default();
        open.resize(items.count(), false);
        let mut change = None;
        for (idx, is_open) in open.iter_mut().enumerate() {
            let group = format!("{name}.{}", idx + 1);
            let path = format!("{}.", self.path(&group));
            // What is not possible is not to be hidden.
            let wrong = self.look.problems.iter().any(|problem| problem.path.starts_with(&path));
            *is_open |= wrong;
            let (pressed, wanted) = self.head_ui(items, idx, help, *is_open);
            change = change.or(wanted);
            let note = self.look.notes.get(idx);
            if let Some(why) = note.and_then(|note| note.wrong.as_ref()) {
                let text = RichText::new(why).font(theme::small()).color(palette(self.ui).bad);
                self.ui.label(text);
            }
            if *is_open {
                inside(self, |visitor| &mut visitor.prefix, &group, items.item(idx));
                self.ui.add_space(6.0);
            }
            *is_open ^= pressed;
        }
        if let Some(change) = change {
            change.made(items);
            change.followed(&mut open);
        }
        self.ui.data_mut(|data| data.insert_temp(id, open));
    }

    /// The head of one item: what it is, and its buttons. Says whether it was pressed, and what is to be done.
    fn head_ui(&mut self, items: &dyn List, idx: usize, help: &str, open: bool) -> (bool, Option<Change>) {
        let (noun, number, count) = (items.noun(), idx + 1, items.count());
        let (suffix, note) = (self.look.suffix, self.look.notes.get(idx));
        let mut change = None;
        let mut pressed = false;
        self.ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let mut press = |icon, what: &str, reason: Option<&str>, to: Change| {
                    let label = format!("{what} {noun} {number}{suffix}");
                    let reason = reason.map(str::to_owned);
                    if Action::icon(icon, &label).tooltip(&label).reason(reason).width(BUTTON).show(ui) {
                        change = Some(to);
                    }
                };
                let only = (count <= 1).then_some("The last one cannot be taken away");
                let full = (count >= items.most()).then_some("There cannot be more of them");
                let (first, last) = (idx == 0, number == count);
                press(Icon::Trash, "Remove", only, Change::Remove(idx));
                press(Icon::Plus, "Insert behind", full, Change::Insert(number));
                press(Icon::Copy, "Duplicate", full, Change::Duplicate(idx));
                let end = last.then_some("It is the last one");
                press(Icon::Down, "Move down", end, Change::Swap(idx, number));
                let above = idx.saturating_sub(1);
                let top = first.then_some("It is the first one");
                press(Icon::Up, "Move up", top, Change::Swap(idx, above));
                let label = format!("{} {number}{suffix}", words::label(noun));
                pressed = title_ui(ui, &label, number, note, open)
                    .on_hover_ui(|ui| {
                        if let Some(note) = note.filter(|note| !note.about.is_empty()) {
                            ui.label(&note.about);
                        }
                        ui.label(help);
                    })
                    .clicked();
            });
        });
        (pressed, change)
    }
}

/// What an item is and makes, over what the buttons leave of the line; folds it out and in.
fn title_ui(ui: &mut Ui, label: &str, number: usize, note: Option<&Note>, open: bool) -> Response {
    let p = palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), theme::ROW), Sense::click());
    response.widget_info(|| {
        let more = note.map(|note| format!(": {}, {}", note.title, note.makes)).unwrap_or_default();
        WidgetInfo::selected(Role::DisclosureTriangle, ui.is_enabled(), open, format!("{label}{more}"))
    });
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, theme::ROUND_SMALL, p.hover);
    }
    let arrow = Rect::from_min_size(rect.min, vec2(ARROW, rect.height()));
    let icon = response.clone().with_new_rect(arrow.shrink2(vec2(2.0, 8.0)));
    paint_default_icon(ui, if open { 1.0 } else { 0.0 }, &icon);
    let wrong = note.is_some_and(|note| note.wrong.is_some());
    let ink = if wrong { p.bad } else { p.strong };
    let title = note.map_or_else(|| label.to_owned(), |note| format!("{number}  {}", note.title));
    // Painted, because to a screen reader the line itself says all of it.
    let right = pos2(rect.right() - 4.0, rect.center().y);
    let makes = note.map_or("", |note| note.makes.as_str());
    let makes = ui.painter().text(right, Align2::RIGHT_CENTER, makes, theme::small(), p.dim);
    let left = rect.left() + ARROW + 4.0;
    let mut job = LayoutJob::simple_singleline(title, TextStyle::Body.resolve(ui.style()), ink);
    job.wrap = TextWrapping::truncate_at_width((makes.left() - 6.0 - left).max(0.0));
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    ui.painter().galley(pos2(left, rect.center().y - galley.size().y / 2.0), galley, ink);
    response
}
