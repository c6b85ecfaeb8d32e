//! Which model reads and how: the run, confidence, overlap, rate; and what can be adjusted on the camera.

use crate::app::Command;
use crate::app::camera::Action;
use crate::camera::{Control, Origin};
use crate::ui::theme::palette;
use crate::ui::view::View;
use crate::ui::widgets::{heading, remark, slider};
use crate::ui::words;
use crate::work::live::{CONFIDENCE, Model};
use egui::{Align, CollapsingHeader, ComboBox, Layout, Response, RichText, Role, Slider, Ui, WidgetInfo};

/// Controls that belong to what is in focus and how bright it is, which are shown first.
const FIRST: [&str; 9] =
    ["exposure", "focus", "zoom", "gain", "brightness", "contrast", "white", "sharp", "light"];
/// Values of the slider of rates; the last one is as many as can be.
const RATES: [f32; 8] = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, f32::INFINITY];

/// Draws them.
pub fn settings_ui(ui: &mut Ui, view: &mut View<'_>) {
    heading(ui, "Model");
    model_ui(ui, view);
    let remembered = view.app.settings.camera.clone();
    let tooltip = "Digits that the model is less sure of are not shown";
    // Not known before the model is open.
    let own = Some(view.app.camera.told.confidence).filter(|own| *own > 0.0).unwrap_or(CONFIDENCE);
    if let Some(value) = share_ui(ui, "Confidence", tooltip, remembered.least.unwrap_or(own), 0.05..=0.95) {
        view.ask(Command::Camera(Action::Confidence(value)));
    }
    let tooltip = "Two boxes that share more than this are the same digit";
    if let Some(value) = share_ui(ui, "Overlap", tooltip, remembered.overlap, 0.1..=0.9) {
        view.ask(Command::Camera(Action::Overlap(value)));
    }
    rate_ui(ui, view, remembered.rate);
    if matches!(remembered.origin, Some(Origin::Folder(_))) {
        let mut secs = remembered.hold_secs;
        let shown = if secs < 0.995 { format!("{secs:.2} s") } else { format!("{secs:.1} s") };
        let response = row_ui(ui, "Each picture", &shown, |ui| {
            slider(ui, 120.0, Slider::new(&mut secs, 0.03..=20.0).logarithmic(true))
        });
        named(&response, "Seconds for each picture", f64::from(secs));
        if response
            .on_hover_text("How long each picture of the folder is shown, from when it is opened again")
            .changed()
        {
            view.ask(Command::Camera(Action::Hold(secs)));
        }
    }
    let mut follows = remembered.follows;
    let toggle = ui.checkbox(&mut follows, "Follow numbers from frame to frame");
    if toggle.on_hover_text("Boxes do not jitter, and frames vote on what is written").changed() {
        view.ask(Command::Camera(Action::Follow(follows)));
    }
    controls_ui(ui, view);
}

fn model_ui(ui: &mut Ui, view: &mut View<'_>) {
    let chosen = view.app.settings.camera.model.clone();
    let runs: Vec<(Model, String)> = view
        .app
        .runs
        .list()
        .iter()
        .filter(|run| run.history.best.is_some())
        .map(|run| {
            let accuracy = run.best_accuracy().map(words::percent).unwrap_or_default();
            (Model::File(run.dir.best_model()), format!("{}  {accuracy}", run.meta.name))
        })
        .collect();
    let shipped = (Model::Shipped, "The reader that ships".to_owned());
    let all: Vec<(Model, String)> = std::iter::once(shipped).chain(runs).collect();
    let shown = all.iter().find(|(model, _)| *model == chosen).map_or_else(
        || match &chosen {
            Model::File(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            Model::Shipped => String::new(),
        },
        |(_, name)| name.clone(),
    );
    let menu = ComboBox::from_id_salt("camera model").width(ui.available_width() - 8.0).selected_text(shown);
    let menu = menu.show_ui(ui, |ui| {
        let mut asked = None;
        for (model, name) in &all {
            if ui.selectable_label(*model == chosen, name).clicked() {
                asked = Some(model.clone());
            }
        }
        asked
    });
    menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Model that reads"));
    menu.response.on_hover_text("The reader that ships, or the best model of a run");
    if let Some(model) = menu.inner.flatten() {
        view.ask(Command::Camera(Action::Model(model)));
    }
    let told = &view.app.camera.told;
    match &told.model_trouble {
        Some(trouble) => _ = ui.label(RichText::new(trouble).color(palette(ui).bad)),
        None if told.model.is_empty() && view.app.camera.seen.is_none() => {
            _ = remark(ui, "Opened with the first picture");
        }
        None if told.model.is_empty() => _ = remark(ui, "Being opened…"),
        None => _ = remark(ui, told.model.clone()),
    }
}

/// A name at the left, a value at the right, something between.
fn row_ui(ui: &mut Ui, name: &str, value: &str, contents: impl FnOnce(&mut Ui) -> Response) -> Response {
    ui.horizontal(|ui| {
        let p = palette(ui);
        ui.allocate_ui_with_layout(egui::vec2(96.0, 22.0), Layout::left_to_right(Align::Center), |ui| {
            ui.set_width(96.0);
            ui.add(egui::Label::new(RichText::new(name).color(p.text)).truncate());
        });
        let response = contents(ui);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(RichText::new(value).color(p.dim))
        });
        response
    })
    .inner
}

fn named(response: &Response, label: &str, value: f64) {
    response.widget_info(|| {
        let mut info = WidgetInfo::slider(true, value, label);
        info.role = Role::Slider;
        info
    });
}

fn share_ui(
    ui: &mut Ui,
    name: &str,
    tooltip: &str,
    value: f32,
    range: std::ops::RangeInclusive<f32>,
) -> Option<f32> {
    let mut chosen = value;
    let response = row_ui(ui, name, &format!("{:.0} %", value * 100.0), |ui| {
        slider(ui, 130.0, Slider::new(&mut chosen, range))
    });
    named(&response, name, f64::from(value));
    response.on_hover_text(tooltip).changed().then_some(chosen)
}

fn rate_ui(ui: &mut Ui, view: &mut View<'_>, rate: Option<f32>) {
    let rate = rate.unwrap_or(f32::INFINITY);
    let mut at = RATES.iter().position(|one| *one >= rate).unwrap_or(RATES.len() - 1);
    let shown = if rate.is_finite() { format!("{rate:.0} /s") } else { "all".to_owned() };
    let response =
        row_ui(ui, "At most", &shown, |ui| slider(ui, 130.0, Slider::new(&mut at, 0..=RATES.len() - 1)));
    named(&response, "Frames read in a second at most", at as f64);
    if response
        .on_hover_text("Frames read in a second at most: fewer leave the processor to a training")
        .changed()
    {
        let rate = RATES.get(at).copied().filter(|rate| rate.is_finite());
        view.ask(Command::Camera(Action::Rate(rate)));
    }
}

fn controls_ui(ui: &mut Ui, view: &mut View<'_>) {
    let mut controls = view.app.camera.told.controls.clone();
    if controls.is_empty() {
        return;
    }
    let place = |control: &Control| {
        let name = control.name.to_lowercase();
        FIRST.iter().position(|first| name.contains(first)).unwrap_or(FIRST.len())
    };
    controls.sort_by_key(place);
    let header = CollapsingHeader::new("Camera controls").show(ui, |ui| {
        for control in &controls {
            control_ui(ui, view, control);
        }
    });
    header.header_response.on_hover_text("What the camera lets be adjusted: exposure, focus, zoom");
}

fn control_ui(ui: &mut Ui, view: &mut View<'_>, control: &Control) {
    let adjust = |value: i64| Command::Camera(Action::Adjust(control.id, value));
    if control.is_switch {
        let mut on = control.value != 0;
        if ui.checkbox(&mut on, &control.name).changed() {
            view.ask(adjust(i64::from(on)));
        }
        return;
    }
    let mut value = control.value;
    let range = control.least..=control.most;
    let response = row_ui(ui, &control.name, &control.value.to_string(), |ui| {
        slider(ui, 110.0, Slider::new(&mut value, range).step_by(control.step as f64))
    });
    named(&response, &control.name, value as f64);
    let usual = format!("{}; usually {}", control.name, control.usual);
    let response = response.on_hover_text(usual);
    if response.double_clicked() {
        view.ask(adjust(control.usual));
    } else if response.changed() {
        view.ask(adjust(value));
    }
}
