//! Filters by what a run's model makes of the images, and which run's that is.

use super::filters::{filter, menu, search};
use super::words_for::class_name;
use crate::app::Command;
use crate::app::data::{Action, By, Reading};
use crate::data::{Dataset, Kind};
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{self, remark, segments};
use crate::ui::words;
use egui::{ComboBox, DragValue, Role, Ui, WidgetInfo};

/// Which run's model reads the images.
pub fn run_ui(ui: &mut Ui, view: &mut View<'_>) {
    let app = view.app;
    let chosen = app.data.run.as_ref();
    let name = chosen.and_then(|run| app.runs.get(run)).map(|run| run.meta.name.clone());
    let shown = name.map_or_else(|| "Read by no model".to_owned(), |name| format!("Read by {name}"));
    let reason = "Train a model first";
    let any = !app.runs.list().is_empty();
    let menu = ui.add_enabled_ui(any, |ui| {
        let menu = ComboBox::from_id_salt("reading run").width(150.0).truncate().selected_text(shown);
        menu.show_ui(ui, |ui| {
            let mut asked = None;
            if ui.selectable_label(chosen.is_none(), "No model").clicked() {
                asked = Some(None);
            }
            for run in app.runs.list() {
                let accuracy =
                    run.best_accuracy().map(|a| format!("  {}", words::percent(a))).unwrap_or_default();
                let line =
                    ui.selectable_label(chosen == Some(&run.id), format!("{}{accuracy}", run.meta.name));
                if line.on_hover_text(&run.id).clicked() {
                    asked = Some(Some(run.id.clone()));
                }
            }
            asked
        })
    });
    let menu = menu.inner;
    menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, any, "Model that reads the images"));
    let tooltip = "Has a run's best model read every image, to filter and sort by what it makes of them";
    menu.response.on_hover_text(tooltip).on_disabled_hover_text(reason);
    if let Some(run) = menu.inner.flatten() {
        view.ask(Command::Data(Action::Run(run)));
    }
}

/// Filters by what the model makes of the images.
pub fn model_row(ui: &mut Ui, view: &mut View<'_>, dataset: &Dataset) {
    let p = palette(ui);
    ui.horizontal_wrapped(|ui| match &view.app.data.reading {
        Reading::None => {}
        Reading::NoModel => _ = remark(ui, "This run has no model yet; it is written after the first epoch"),
        Reading::Working(job, _) => {
            let job = *job;
            let shown = view.app.jobs.shown().find(|shown| shown.id == job);
            remark(ui, "The model reads every image");
            let share = shown.and_then(|shown| shown.status.share());
            widgets::progress(ui, 160.0, share, p.accent);
            if widgets::Action::words("Cancel").weight(widgets::Weight::Quiet).show(ui) {
                view.ask(Command::CancelJob(job));
            }
        }
        Reading::Trouble(_, why) => {
            let text = egui::RichText::new(format!("The model cannot read these images: {why}"));
            ui.label(text.font(theme::small()).color(p.bad));
        }
        Reading::Ready(readings) => {
            let right = view.app.data.filter.right;
            let n_wrong = readings.right.iter().filter(|right| !**right).count();
            let wrong = format!("Wrong ({})", words::count(n_wrong as u64));
            let options = [
                (None, "Right or wrong", "Every image"),
                (Some(true), "Right", "Only images that the model reads as what is on them"),
                (Some(false), wrong.as_str(), "Only images that the model reads as something else"),
            ];
            if let Some(right) = segments(ui, right, &options) {
                filter(view, |filter| filter.right = right);
            }
            let numbers = readings.texts.is_some();
            predicted_ui(ui, view, dataset);
            if numbers {
                read_ui(ui, view);
            }
            confidence_ui(ui, view);
        }
    });
}

fn predicted_ui(ui: &mut Ui, view: &mut View<'_>, dataset: &Dataset) {
    let data = &view.app.data;
    let chosen = data.filter.predicted;
    // Only what the model reads at all: of lengths, nobody knows beforehand how long they get.
    let mut known = [false; 256];
    let readings = data.readings();
    readings.iter().for_each(|r| r.predicted.iter().for_each(|class| known[usize::from(*class)] = true));
    let lines = (0..=u8::MAX).filter(|class| known[usize::from(*class)]);
    let lines = lines.map(|class| (class, read_label(dataset, class)));
    let shown = chosen.map(|class| format!("Read as {}", read_label(dataset, class)));
    let tooltip = match dataset.kind {
        Kind::Classes => "Shows only images that the model reads as this class",
        Kind::Numbers { .. } => "Shows only images on which the model reads so many characters",
    };
    if let Some(class) = menu(ui, "predicted", "Read as anything", shown, tooltip, chosen, lines) {
        filter(view, |filter| filter.predicted = class);
    }
}

/// "7", "3 characters".
pub fn read_label(dataset: &Dataset, predicted: u8) -> String {
    match dataset.kind {
        Kind::Classes => class_name(dataset, predicted),
        Kind::Numbers { .. } => words::many(predicted.into(), "character"),
    }
}

/// A part of the number that the model reads.
fn read_ui(ui: &mut Ui, view: &mut View<'_>) {
    let known = view.app.data.filter.read.clone();
    let words = [
        "Number read",
        "Search numbers read",
        "Shows only images on which the model reads a number with this in it",
    ];
    if let Some(typed) = search(ui, "read", &known, words) {
        filter(view, |filter| filter.read = typed);
    }
}

fn confidence_ui(ui: &mut Ui, view: &mut View<'_>) {
    let range = view.app.data.filter.range(By::Confidence).unwrap_or([0.0, 1.0]);
    let mut bounds = range.map(|bound| f64::from(bound) * 100.0);
    remark(ui, "Sure from");
    let names = ["Least confidence", "Most confidence"];
    let limits = [0.0..=bounds[1], bounds[0]..=100.0];
    for (i, (name, limits)) in names.into_iter().zip(limits).enumerate() {
        if i == 1 {
            remark(ui, "to");
        }
        let field = DragValue::new(&mut bounds[i]).range(limits).speed(0.5).max_decimals(1).suffix(" %");
        let response = ui.add(field);
        response.widget_info(|| WidgetInfo::labeled(Role::SpinButton, true, name));
        response.on_hover_text("How sure the model is of its reading: drag or type");
    }
    let new = bounds.map(|bound| (bound / 100.0) as f32);
    if new != range {
        let all = new[0] <= 0.0 && new[1] >= 1.0;
        filter(view, |filter| filter.set_range(By::Confidence, (!all).then_some(new)));
    }
}
