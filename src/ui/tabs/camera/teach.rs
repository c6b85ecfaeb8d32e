//! Correcting a number of the frozen frame, and training on what was corrected.

use crate::app::Command;
use crate::app::camera::Action;
use crate::ui::icons::Icon;
use crate::ui::view::View;
use crate::ui::widgets::{self, Weight, heading, remark};
use crate::ui::words;
use crate::work::taught::OnCaptured;
use egui::{Key, Role, TextEdit, Ui, WidgetInfo};

/// Draws it.
pub fn teach_ui(ui: &mut Ui, view: &mut View<'_>) {
    let Some(teach) = view.app.camera.teach.clone() else { return };
    heading(ui, "Teach");
    remark(
        ui,
        "Write what is really there. Drag boxes and their corners; drag beside them for a new one, Delete takes the chosen one away",
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
    if let (false, Some(chosen)) = (typing, teach.chosen)
        && ui.input(|input| input.key_pressed(Key::Delete) || input.key_pressed(Key::Backspace))
    {
        let mut boxes = teach.boxes.clone();
        boxes.remove(chosen);
        view.ask(Command::Camera(Action::Boxes(boxes)));
    }
    if !typing {
        type_digits(ui, view, &teach.text);
    }
    let n = teach.text.chars().count();
    let about = match teach.boxes.len() {
        0 => "No boxes: drag over each character, from left to right".to_owned(),
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
        let spread = "Lays boxes for all characters evenly over the same place";
        let none = (teach.boxes.is_empty() || n == 0).then(|| "There is nothing to spread".to_owned());
        if widgets::Action::words("Spread boxes").tooltip(spread).reason(none).show(ui) {
            view.ask(Command::Camera(Action::Boxes(teach.spread(n))));
        }
        if widgets::Action::words("Cancel").tooltip("Keeps nothing of this").show(ui) {
            view.ask(Command::Camera(Action::EndTeach));
        }
    });
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
        let reason =
            view.app.taught_run().is_none().then(|| "There is no run to train further yet".to_owned());
        let tooltip =
            "Trains the chosen run's model further, with the pictures kept mixed into what it learned from";
        if widgets::Action::new(Icon::Train, "Train on these too").tooltip(tooltip).reason(reason).show(ui) {
            view.ask(Command::Camera(Action::TrainOn));
        }
        let tooltip = "Reads the pictures kept with the model before and after it was trained on them";
        if widgets::Action::words("Before and after").tooltip(tooltip).show(ui) {
            view.ask(Command::Camera(Action::Compare));
        }
        remark(ui, format!("{} kept", words::many(kept, "picture")));
    });
    for (when, side) in ["Before", "After"].iter().zip(&view.app.camera.compared) {
        let OnCaptured { n_right, n } = side.captured;
        let valid = side.valid.map(words::percent).unwrap_or_default();
        let label = ui.label(format!("{when}: {n_right} of {n} kept, {valid} of validation"));
        label.on_hover_text(&side.name);
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
