//! What is inspected: the part of the page, the data set and its part, a model beside, a model file.

use super::figures::save_matrix_ui;
use crate::app::inspect::{Action, State, View as Part};
use crate::app::{App, Command};
use crate::data::Source;
use crate::knobs::Choice as _;
use crate::runs::Split;
use crate::ui::dialog::Dialog;
use crate::ui::icons::Icon;
use crate::ui::theme;
use crate::ui::view::View;
use crate::ui::widgets::{self, remark, segments};
use crate::ui::words;
use crate::work::predict::On;
use egui::{Align, ComboBox, Layout, Role, Ui, WidgetInfo};
use std::path::PathBuf;
use std::sync::Arc;

/// What only the drawing needs to know.
#[derive(Default)]
pub struct Memory {
    model: Dialog,
    save: Dialog,
    text: Option<Arc<str>>,
}

impl Memory {
    /// Asks where to write a text, and then has it written.
    pub fn save(&mut self, ctx: &egui::Context, title: &str, name: &str, text: String) {
        self.text = Some(text.into());
        self.save.save_file(ctx, title, name);
    }
}

/// One row of choices below the run's.
pub fn choose_ui(ui: &mut Ui, view: &mut View<'_>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = theme::GAP;
        let parts = [
            (Part::Images, "Images", "Single images and the confusion matrix"),
            (Part::Figures, "Figures", "Precision, recall, calibration, coverage, lengths"),
            (Part::Inside, "Inside", "Filters, activations, the pixels that count, weights"),
            (Part::Draw, "Draw", "Draw a digit with the mouse and watch the probabilities"),
        ];
        if let Some(part) = segments(ui, view.app.inspect.view, &parts) {
            view.ask(Command::Inspect(Action::View(part)));
        }
        if view.app.inspect.view == Part::Draw {
            return;
        }
        source_ui(ui, view);
        let on = &view.app.inspect.on;
        let splits = [
            (Split::Test, "Test", "The images set aside to be measured on"),
            (Split::Valid, "Validation", "The images set aside to choose by"),
            (Split::Train, "Training", "The images learned from"),
        ];
        if let Some(part) = segments(ui, on.part, &splits) {
            view.ask(Command::Inspect(Action::On(On { part, ..on.clone() })));
        }
        // Two models side by side are told apart on images that each reads as a whole.
        if !matches!(view.app.inspect.state, State::Found(_)) {
            beside_ui(ui, view);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            model_ui(ui, view);
            save_matrix_ui(ui, view);
        });
    });
    let memory = &mut view.memory.inspect;
    if let (Some(path), Some(text)) = (memory.save.picked(), memory.text.clone()) {
        view.ask(Command::Inspect(Action::Save(path, text)));
    }
}

/// The data set that is read.
fn source_ui(ui: &mut Ui, view: &mut View<'_>) {
    let on = &view.app.inspect.on;
    let own = "Its own data".to_owned();
    let label = |source: &Source| {
        let chosen = source.chosen();
        source.options().iter().find(|option| option.name == chosen).map_or(chosen, |option| option.label)
    };
    let shown = on.source.as_ref().map_or(own.clone(), |source| label(source).to_owned());
    let menu = ComboBox::from_id_salt("data to inspect").selected_text(shown).width(130.0);
    let menu = menu.show_ui(ui, |ui| {
        let mut asked = None;
        if ui.selectable_label(on.source.is_none(), own).clicked() {
            asked = Some(None);
        }
        // As on the form, where somebody chose a folder for instance.
        let draft = &view.app.draft.recipe().data;
        for option in Source::default().options() {
            let mut source = Source::default();
            source.choose(option.name);
            if draft.chosen() == option.name {
                source.clone_from(draft);
            }
            let line = ui.selectable_label(on.source.as_ref() == Some(&source), option.label);
            if line.on_hover_text(option.help).clicked() {
                asked = Some(Some(source));
            }
        }
        asked
    });
    menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Data to inspect"));
    menu.response.on_hover_text("The images that the model reads; those on the form keep their settings");
    if let Some(source) = menu.inner.flatten() {
        view.ask(Command::Inspect(Action::On(On { source, part: on.part })));
    }
}

/// Another run's model on the same images.
fn beside_ui(ui: &mut Ui, view: &mut View<'_>) {
    let app = view.app;
    let chosen = app.inspect.beside.run.as_deref().and_then(|id| app.runs.get(id));
    let shown = chosen.map_or("Compare with…", |run| run.meta.name.as_str());
    let menu = ComboBox::from_id_salt("run beside").selected_text(shown).width(130.0).show_ui(ui, |ui| {
        let mut asked = None;
        if ui.selectable_label(chosen.is_none(), "No other model").clicked() {
            asked = Some(None);
        }
        let own = app.inspected_run().map(|run| run.id.as_str());
        for run in app.runs.list().iter().filter(|run| Some(run.id.as_str()) != own && has_model(run)) {
            let accuracy =
                run.best_accuracy().map(|a| format!("  {}", words::percent(a))).unwrap_or_default();
            let on = chosen.is_some_and(|chosen| chosen.id == run.id);
            let line = ui.selectable_label(on, format!("{}{accuracy}", run.meta.name));
            if line.on_hover_text(&run.id).clicked() {
                asked = Some(Some(run.id.clone()));
            }
        }
        asked
    });
    menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Compare with"));
    menu.response.on_hover_text(
        "Another run's best model on the same images: what does it read that this one does not?",
    );
    if let Some(run) = menu.inner.flatten() {
        view.ask(Command::Inspect(Action::Beside(run)));
    }
}

/// Runs that were validated have a model; asking the disk in every frame would hold it up.
pub fn has_model(run: &crate::app::runs::Run) -> bool {
    run.imported.is_none() && run.best_accuracy().is_some()
}

fn model_ui(ui: &mut Ui, view: &mut View<'_>) {
    let file = view.app.inspect.file.clone();
    if let Some(file) = &file {
        if widgets::Action::icon(Icon::Close, "Close model file").tooltip("Inspects runs again").show(ui) {
            view.ask(Command::Inspect(Action::File(None)));
        }
        remark(ui, file.file_name().unwrap_or_default().to_string_lossy())
            .on_hover_text(file.display().to_string());
    }
    let tooltip = "Inspects a model file by itself: it holds everything needed to read";
    if widgets::Action::new(Icon::Folder, "Model file…").tooltip(tooltip).show(ui) {
        view.memory.inspect.model.pick_file(ui.ctx(), "Open model", "Models", &["safetensors"]);
    }
    if let Some(path) = view.memory.inspect.model.picked() {
        view.ask(Command::Inspect(Action::File(Some(path))));
    }
}

/// A name for a file of what is inspected.
pub fn file_name(app: &App, what: &str) -> String {
    let of = app.inspect.file.as_ref().and_then(|file| file.file_stem()).map(PathBuf::from);
    let id = app.inspected_run().map(|run| run.id.clone()).unwrap_or_default();
    format!("{}-{what}", of.map_or(id, |stem| stem.display().to_string()))
}
