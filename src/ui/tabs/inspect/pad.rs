//! A pad to draw on with the mouse, and what the model makes of it while one draws.

use super::bars::{bars, bars_ui, class_label};
use crate::app::Command;
use crate::app::inspect::{Action, Pen};
use crate::data::Samples;
use crate::data::samples::Pixels;
use crate::ui::icons::Icon;
use crate::ui::tabs::data::picture::Picture;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{self, heading, remark, slider};
use crate::ui::words;
use egui::{Color32, RichText, Role, Sense, Slider, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

/// Draws pad and answer side by side.
pub fn pad_ui(ui: &mut Ui, view: &mut View<'_>) {
    let side = (ui.available_height() - 70.0).min(ui.available_width() * 0.5).clamp(180.0, 460.0);
    ui.horizontal_top(|ui| {
        ui.vertical(|ui| {
            ui.set_width(side);
            drawing_ui(ui, view, side);
            tools_ui(ui, view);
        });
        ui.add_space(theme::WIDE_GAP);
        ui.vertical(|ui| answer_ui(ui, view));
    });
}

fn drawing_ui(ui: &mut Ui, view: &mut View<'_>, side: f32) {
    let p = palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Drawing pad"));
    ui.painter().rect(rect, 4.0, Color32::BLACK, Stroke::new(1.0, p.line), StrokeKind::Outside);
    let pad = &view.app.inspect.pad;
    let painter = ui.painter().with_clip_rect(rect);
    let width = pad.width * side;
    for stroke in &pad.strokes {
        let points: Vec<_> = stroke.iter().map(|[x, y]| rect.min + vec2(*x, *y) * side).collect();
        for point in &points {
            painter.circle_filled(*point, width / 2.0, Color32::WHITE);
        }
        painter.line(points, Stroke::new(width, Color32::WHITE));
    }
    if pad.is_empty() {
        let text = "Draw a digit here";
        painter.text(
            rect.center(),
            egui::Align2::CENTER_CENTER,
            text,
            theme::heading(),
            Color32::from_gray(120),
        );
    }
    let place = |at: egui::Pos2| [(at.x - rect.left()) / side, (at.y - rect.top()) / side];
    if response.dragged() || response.clicked() {
        if let Some(at) = response.interact_pointer_pos() {
            let from = at - response.drag_delta();
            view.ask(Command::Inspect(Action::Pad(Pen::Line(place(from), place(at)))));
        }
        // A click is a dot and ends at once.
        if response.clicked() {
            view.ask(Command::Inspect(Action::Pad(Pen::Up)));
        }
    }
    if response.drag_stopped() {
        view.ask(Command::Inspect(Action::Pad(Pen::Up)));
    }
}

fn tools_ui(ui: &mut Ui, view: &mut View<'_>) {
    ui.horizontal(|ui| {
        let empty = view.app.inspect.pad.is_empty().then(|| "Nothing is drawn".to_owned());
        let undo = widgets::Action::new(Icon::Reset, "Take back").tooltip("Takes the last stroke back");
        if undo.reason(empty.clone()).show(ui) {
            view.ask(Command::Inspect(Action::Pad(Pen::Undo)));
        }
        if widgets::Action::new(Icon::Close, "Clear").tooltip("Wipes the pad").reason(empty).show(ui) {
            view.ask(Command::Inspect(Action::Pad(Pen::Clear)));
        }
        let label = remark(ui, "Pen");
        let mut width = view.app.inspect.pad.width;
        let moved = slider(ui, 80.0, Slider::new(&mut width, 0.03..=0.2)).labelled_by(label.id);
        if moved.on_hover_text("Thickness of the pen").changed() {
            view.ask(Command::Inspect(Action::Pad(Pen::Width(width))));
        }
    });
}

fn answer_ui(ui: &mut Ui, view: &mut View<'_>) {
    let p = palette(ui);
    let app = view.app;
    if app.inspect.model().is_none_or(|model| app.inspect.examined().is_none() && !model.is_file()) {
        widgets::empty(
            ui,
            Icon::Inspect,
            "There is no model to read it with yet",
            "Train one, or open a model file",
        );
        return;
    }
    let pad = &app.inspect.pad;
    if let Some(trouble) = &pad.trouble {
        ui.label(RichText::new(trouble).color(p.bad));
    }
    let Some(read) = pad.read.clone() else {
        remark(ui, "The probabilities show here while you draw");
        return;
    };
    let classes = app.inspect.examined().map(|examined| examined.classes.clone()).unwrap_or_default();
    let digits: Vec<String> = (0..read.probabilities.len()).map(|n| n.to_string()).collect();
    let names = if classes.len() == read.probabilities.len() { classes } else { digits };
    let name = names.get(read.class).cloned().unwrap_or_default();
    let (text, label) = match &read.number {
        Some(number) if number.classes.is_empty() => ("nothing".to_owned(), "No number".to_owned()),
        Some(number) => (number.text(&names), format!("Number {}", number.text(&names))),
        None => (name.clone(), class_label(&name)),
    };
    let sure = words::percent(f64::from(read.confidence));
    super::verdict_ui(ui, &format!("Read as {text}"), &format!("{label} with {sure}"), p.accent);
    remark(ui, format!("with {sure}"));
    ui.add_space(theme::GAP);
    if read.number.is_none() {
        ui.set_max_width(340.0);
        bars_ui(ui, &bars(&names, &read.probabilities, read.class, None));
    }
    ui.add_space(theme::GAP);
    heading(ui, "What the model sees");
    let n = read.prepared.input.len();
    let side = (n as f64).sqrt() as usize;
    if side * side == n {
        let picture = Picture {
            // The same drawing has the same list: its memory's place.
            list: std::sync::Arc::as_ptr(&read) as u64,
            row: 0,
            samples: &Samples::new(
                Pixels::Owned(read.prepared.input.as_slice().into()),
                [0].into(),
                [1, side, side],
            ),
            classes: None,
            name: "What the model sees of the drawing",
        };
        picture.show(ui, &mut view.memory.thumbs, 140.0);
    }
}
