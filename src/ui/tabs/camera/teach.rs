//! Correcting a number of the frozen frame, and training on what was corrected.

use crate::app::Command;
use crate::app::camera::{Action, Grip, Teach};
use crate::ui::icons::Icon;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{self, Weight, heading, remark};
use crate::ui::words;
use crate::work::taught::OnCaptured;
use egui::{Key, RichText, Role, TextEdit, Ui, WidgetInfo};

/// Draws it.
pub fn teach_ui(ui: &mut Ui, view: &mut View<'_>) {
    let Some(teach) = view.app.camera.teach.clone() else { return };
    heading(ui, "Teach");
    remark(
        ui,
        "Write what is really there. Drag boxes and their corners; drag beside them for a new one. Page keys choose a box, arrows move it (with Shift its far corner), Delete takes it away",
    );
    let mut text = teach.text.clone();
    let field =
        TextEdit::singleline(&mut text).font(egui::FontId::proportional(24.0)).desired_width(f32::INFINITY);
    let response = ui.add(field.hint_text("Number"));
    response.widget_info(|| WidgetInfo {
        role: Role::TextInput,
        ..WidgetInfo::text_edit(true, &teach.text, &text, "Number as it is written")
    });
    if text != teach.text {
        view.ask(Command::Camera(Action::Text(text)));
    }
    let typing = response.has_focus();
    if !typing {
        box_keys(ui, view, &teach);
        type_digits(ui, view, &teach.text);
    }
    let n = teach.text.chars().count();
    let about = match teach.boxes.len() {
        0 => "No boxes: drag over each character, from left to right, or spread them".to_owned(),
        have => format!(
            "{} for {}",
            words::many(have, "box").replace("boxs", "boxes"),
            words::many(n, "character")
        ),
    };
    remark(ui, about);
    ui.horizontal_wrapped(|ui| {
        let button =
            widgets::Action::new(Icon::Check, "Keep").weight(Weight::Primary).reason(teach.why_not());
        let entered = (typing || response.lost_focus()) && ui.input(|input| input.key_pressed(Key::Enter));
        if button.tooltip("Keeps the picture, the number and its boxes to learn from (Enter)").show(ui)
            || (entered && teach.why_not().is_none())
        {
            view.ask(Command::Camera(Action::Keep));
        }
        let spread =
            "Lays boxes for all characters evenly over the same place, or in the middle of the picture";
        let none = (n == 0).then(|| "Write the number first".to_owned());
        if widgets::Action::words("Spread boxes").tooltip(spread).reason(none).show(ui) {
            view.ask(Command::Camera(Action::Boxes(teach.spread(n))));
        }
        let cancel = widgets::Action::words("Cancel").tooltip("Keeps nothing of this (Escape)").show(ui);
        if cancel || (!typing && ui.input(|input| input.key_pressed(Key::Escape))) {
            view.ask(Command::Camera(Action::EndTeach));
        }
    });
}

/// Keys for the boxes: the page keys choose one, arrows move it or its far corner, Delete takes it away.
fn box_keys(ui: &Ui, view: &mut View<'_>, teach: &Teach) {
    let pressed = |key: Key| ui.input(|input| input.key_pressed(key));
    let n = teach.boxes.len();
    for (key, by) in [(Key::PageDown, 1), (Key::PageUp, n.max(1) - 1)] {
        if n > 0 && pressed(key) {
            let next = teach.chosen.map_or(if by == 1 { 0 } else { n - 1 }, |at| (at + by) % n);
            view.ask(Command::Camera(Action::Choose(Some(next))));
        }
    }
    let Some(chosen) = teach.chosen.filter(|at| *at < n) else { return };
    let mut boxes = teach.boxes.clone();
    if pressed(Key::Delete) || pressed(Key::Backspace) {
        boxes.remove(chosen);
        return view.ask(Command::Camera(Action::Boxes(boxes)));
    }
    let arrows = [
        (Key::ArrowLeft, [-1.0, 0.0]),
        (Key::ArrowRight, [1.0, 0.0]),
        (Key::ArrowUp, [0.0, -1.0]),
        (Key::ArrowDown, [0.0, 1.0]),
    ];
    for (_, by) in arrows.into_iter().filter(|(key, _)| pressed(*key)) {
        let grip =
            if ui.input(|input| input.modifiers.shift) { Grip::Corner(true, true) } else { Grip::Inside };
        boxes[chosen] = Teach::dragged(&boxes[chosen], grip, by);
        view.ask(Command::Camera(Action::Boxes(boxes.clone())));
    }
}

/// What was kept, and training on it.
pub fn kept_ui(ui: &mut Ui, view: &mut View<'_>) {
    let kept = view.app.camera.n_kept.unwrap_or(0);
    heading(ui, "Learn from corrections");
    alike_ui(ui, view);
    if kept == 0 {
        remark(ui, "Click a number in the picture, or press Teach, to put a wrong reading right and keep it");
        return;
    }
    ui.horizontal_wrapped(|ui| {
        let reason = view.app.why_not_further();
        let tooltip =
            "Trains the model that reads further, with the pictures kept mixed into what it learned from";
        if widgets::Action::new(Icon::Train, "Train on these too").tooltip(tooltip).reason(reason).show(ui) {
            view.ask(Command::Camera(Action::TrainOn));
        }
        let tooltip = "Reads the pictures kept with the model before and after it was trained on them";
        if widgets::Action::words("Before and after").tooltip(tooltip).show(ui) {
            view.ask(Command::Camera(Action::Compare));
        }
    });
    remark(ui, format!("{} kept", words::many(kept, "picture")));
    compared_ui(ui, view);
}

/// The model before and after, beside each other.
fn compared_ui(ui: &mut Ui, view: &mut View<'_>) {
    let sides = view.app.camera.compared.clone();
    let [before, after] = sides.as_slice() else { return };
    let p = palette(ui);
    ui.add_space(4.0);
    egui::Grid::new("before and after").num_columns(4).spacing([14.0, 4.0]).show(ui, |ui| {
        let head = |ui: &mut Ui, text: &str| ui.label(RichText::new(text).font(theme::small()).color(p.dim));
        head(ui, "");
        head(ui, "Pictures kept")
            .on_hover_text("Numbers read rightly of those kept, which the model after has learned from");
        head(ui, "Others").on_hover_text("Numbers read on the pictures kept that nobody wrote");
        head(ui, "Validation")
            .on_hover_text("Read rightly of the old validation pictures, which neither learned from");
        ui.end_row();
        for (when, side) in [("Before", before), ("After", after)] {
            let OnCaptured { n_right, n, n_else } = side.captured;
            ui.label(when).on_hover_text(&side.name);
            ui.label(if n > 0 { format!("{n_right} of {n}") } else { "none has boxes".to_owned() });
            ui.label(format!("+{n_else}"));
            ui.label(side.valid.map_or_else(|| "–".to_owned(), words::percent));
            ui.end_row();
        }
    });
    let reads = crate::work::live::Model::File(after.model.clone());
    if view.app.settings.camera.model != reads {
        let tooltip = format!("Reads with '{}' from now on", after.name);
        if widgets::Action::words("Read with the model after").tooltip(&tooltip).show(ui) {
            view.ask(Command::Camera(Action::Model(reads)));
        }
    }
}

/// Scenes that look as if this camera had taken them.
fn alike_ui(ui: &mut Ui, view: &mut View<'_>) {
    let none = view.app.camera.seen.is_none().then(|| "There is no picture yet".to_owned());
    let tooltip =
        "Takes noise, sharpness, contrast and tint of the pictures into the house-number scenes on the form";
    let button = widgets::Action::words("Make the scenes look like my camera").tooltip(tooltip).reason(none);
    if button.show(ui) {
        view.ask(Command::Camera(Action::DrawAlike));
    }
}

/// Digits typed anywhere replace the number: a wrong reading is put right without a click.
fn type_digits(ui: &Ui, view: &mut View<'_>, before: &str) {
    let typed: String = ui.input(|input| {
        let texts = input.events.iter().filter_map(|event| match event {
            egui::Event::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.flat_map(str::chars).filter(char::is_ascii_digit).collect()
    });
    if typed.is_empty() || ui.ctx().memory(|memory| memory.focused().is_some()) {
        return;
    }
    let id = ui.scope_id().with("typed");
    let since = ui.input(|input| input.time);
    // Keys that follow each other within a moment are one number.
    let last = ui.data(|data| data.get_temp::<f64>(id)).unwrap_or(f64::NEG_INFINITY);
    ui.data_mut(|data| data.insert_temp(id, since));
    let text = if since - last < 1.5 { format!("{before}{typed}") } else { typed };
    view.ask(Command::Camera(Action::Text(text)));
}
