//! The run looked at: how it is, how far, how fast, how good; and what can be done with it.

use super::mends;
use crate::app::runs::Run;
use crate::app::{Command, Overlay};
use crate::runs::{Level, Split, Status};
use crate::ui::icons::Icon;
use crate::ui::run_list::{share_ui, status_colour};
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{Action, Weight, badge, card, dot, figure, remark};
use crate::ui::words;
use egui::{Align, DragValue, Label, Layout, RichText, Ui};

/// What the figures of a run say, worked out before anything is drawn.
pub struct Figures {
    /// Caption and value, in order.
    pub list: Vec<(&'static str, String)>,
}

impl Figures {
    /// The figures of a run.
    pub fn of(run: &Run) -> Self {
        let history = &run.history;
        let epochs = history.started.as_ref().map(|started| {
            // The recipe's word can have been changed while it trained: the steps know.
            let per_epoch = started.steps_per_epoch.max(1) as f64;
            (history.total_steps as f64 / per_epoch).round().max(1.0)
        });
        let of = |n: f64| format!(" / {}", words::number(n));
        let mut list = vec![
            ("Epoch", format!("{:.1}{}", history.epoch, epochs.map(of).unwrap_or_default())),
            ("Step", format!("{} / {}", words::count(history.step), words::count(history.total_steps))),
            ("Trained", words::duration(history.trained_secs)),
        ];
        if run.status() == Status::Training {
            list.push(("Left", history.eta_secs().map_or_else(|| "–".to_owned(), words::duration)));
        }
        if let Some(speed) = history.last(Split::Train, "images_per_s") {
            list.push(("Images/s", words::count(speed.max(0.0) as u64)));
        }
        let accuracy = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), words::percent);
        list.push(("Best validation", accuracy(run.best_accuracy())));
        if let Some(test) = history.last(Split::Test, "accuracy") {
            list.push(("Test", words::percent(test)));
        }
        Self { list }
    }
}

/// Draws the card of the run looked at.
pub fn show(ui: &mut Ui, view: &mut View<'_>) {
    let app = view.app;
    let Some(run) = app.runs.current() else {
        card(ui, |ui| {
            crate::ui::widgets::heading(ui, "No run yet");
            remark(ui, "Start training with the recipe at the left. Curves appear here while it runs.");
        });
        return;
    };
    card(ui, |ui| {
        let p = palette(ui);
        let status = run.status();
        ui.horizontal(|ui| {
            dot(ui, p.run(run.meta.colour));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if let Some(started) = &run.history.started {
                    let device = RichText::new(&started.device).font(theme::small()).color(p.dim);
                    ui.label(device)
                        .on_hover_text(format!("Computes on {} of {}", started.device, started.host));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    badge_after_name(ui, run, &status);
                });
            });
        });
        ui.add_space(2.0);
        share_ui(ui, run, ui.available_width());
        ui.add_space(6.0);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = egui::vec2(22.0, 6.0);
            for (caption, value) in Figures::of(run).list {
                figure(ui, caption, &value);
            }
        });
        ui.add_space(6.0);
        ui.horizontal(|ui| buttons_ui(ui, view, run, &status));
        troubles_ui(ui, view, run, &status);
    });
}

/// The name, cut off where the status would not fit behind it.
fn badge_after_name(ui: &mut Ui, run: &Run, status: &Status) {
    let p = palette(ui);
    let colour = status_colour(p, status);
    let badge_width =
        ui.painter().layout_no_wrap(status.label().to_owned(), theme::small(), colour).size().x + 24.0;
    let width = ui.available_width() - badge_width;
    ui.scope(|ui| {
        ui.set_max_width(width);
        ui.add(Label::new(RichText::new(&run.meta.name).font(theme::heading()).color(p.strong)).truncate());
    });
    badge(ui, status.label(), colour);
}

fn buttons_ui(ui: &mut Ui, view: &mut View<'_>, run: &Run, status: &Status) {
    match status {
        Status::Training | Status::Paused | Status::Loading => {
            if *status == Status::Paused {
                view.button(ui, Icon::Play, Weight::Primary, &Command::Resume);
            } else {
                view.button(ui, Icon::Pause, Weight::Normal, &Command::Pause);
            }
            view.button(ui, Icon::Stop, Weight::Normal, &Command::Stop);
            ui.add_space(theme::GAP);
            more_ui(ui, view);
        }
        Status::Interrupted | Status::Waiting | Status::Failed(_) => {
            view.button(ui, Icon::Play, Weight::Primary, &Command::TakeUp);
            copy_ui(ui, view, run);
            branch_ui(ui, view, run);
        }
        Status::Finished | Status::Stopped => {
            more_ui(ui, view);
            copy_ui(ui, view, run);
            branch_ui(ui, view, run);
        }
    }
    // What ends a run is far from what goes on with it.
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        icon_of(ui, view, Icon::Trash, "Discard", &Command::Discard);
        if Action::icon(Icon::Pen, "Rename run").show(ui) {
            view.ask(Command::Open(Overlay::Rename(run.id.clone())));
        }
    });
}

/// Its recipe once more, to be changed.
fn copy_ui(ui: &mut Ui, view: &mut View<'_>, run: &Run) {
    let copy = Action::new(Icon::Copy, "Use its recipe").tooltip("Puts this run's recipe on the form");
    if copy.reason(run.recipe.as_ref().err().cloned()).show(ui) {
        view.ask(Command::UseRecipeOf(run.id.clone()));
    }
}

/// A new run that begins with what this one learned.
fn branch_ui(ui: &mut Ui, view: &mut View<'_>, run: &Run) {
    // The first model is written with the first epoch's checkpoint.
    let trained = run.history.checkpoint.is_some();
    let reason = run.recipe.as_ref().err().cloned();
    let reason = reason.or_else(|| (!trained).then(|| "It has no model yet".to_owned()));
    let tooltip = "Puts its recipe on the form, for a new run that begins with its best model's weights";
    if Action::new(Icon::Plus, "New from here").tooltip(tooltip).reason(reason).show(ui) {
        view.ask(Command::BranchFrom(run.id.clone()));
    }
}

fn icon_of(ui: &mut Ui, view: &mut View<'_>, icon: Icon, label: &str, command: &Command) {
    let tooltip = command.listed().map_or("", |listed| listed.tooltip);
    if Action::icon(icon, label).tooltip(tooltip).reason(view.app.why_not(command)).show(ui) {
        view.ask(command.clone());
    }
}

/// "Train more [5 epochs]".
fn more_ui(ui: &mut Ui, view: &mut View<'_>) {
    let mut n = view.memory.more_epochs.unwrap_or(5);
    let command = Command::AddEpochs(n);
    let tooltip = "Goes on from the last step for so many epochs more";
    let button = Action::new(Icon::Plus, "Train more").tooltip(tooltip).reason(view.app.why_not(&command));
    let pressed = button.show(ui);
    let unit = if n == 1 { " epoch" } else { " epochs" };
    let field = DragValue::new(&mut n).range(1..=1000).speed(0.1).suffix(unit);
    let field = ui.add_sized(egui::vec2(70.0, theme::ROW), field).on_hover_text("Epochs to train more");
    field.widget_info(|| {
        let mut info = egui::WidgetInfo::drag_value(true, n as f64);
        info.label = Some("Epochs more".to_owned());
        info
    });
    view.memory.more_epochs = Some(n);
    if pressed {
        view.ask(Command::AddEpochs(n));
    }
}

/// What went wrong, and the latest thing that the process told.
fn troubles_ui(ui: &mut Ui, view: &mut View<'_>, run: &Run, status: &Status) {
    let p = palette(ui);
    let mut lines: Vec<(String, egui::Color32)> = Vec::new();
    match (status, &run.recipe) {
        (Status::Failed(reason), Ok(recipe)) => mends::told_ui(ui, view, reason, recipe, p.bad),
        (Status::Failed(reason), Err(_)) => lines.push((reason.clone(), p.bad)),
        (Status::Interrupted, _) => lines.push((
            "It lost its process. Resume goes on exactly where the last checkpoint was written".to_owned(),
            p.warn,
        )),
        (Status::Loading, _) => lines.push(("Loading data and building the model…".to_owned(), p.dim)),
        _ => {}
    }
    lines.extend(run.recipe.as_ref().err().map(|e| (e.clone(), p.bad)));
    lines.extend(run.trouble.as_ref().map(|e| (e.clone(), p.bad)));
    if let Some((_, level, text)) = run.history.notes.last() {
        let ink = match level {
            Level::Info => p.dim,
            Level::Warning => p.warn,
            Level::Error => p.bad,
        };
        let told = matches!(status, Status::Failed(reason) if reason == text);
        if !told && !lines.iter().any(|(line, _)| line == text) {
            lines.push((text.clone(), ink));
        }
    }
    for (text, ink) in lines {
        ui.label(RichText::new(text).font(theme::small()).color(ink));
    }
}
