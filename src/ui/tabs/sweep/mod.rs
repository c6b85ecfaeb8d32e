//! The Sweep page: at the left a sweep put together or a study changed, at the right the study looked at.

mod axis;
mod begin;
mod board;
mod build;
mod by_hand;
mod curves;
mod export;
mod front;
mod importance;
mod model;
mod parallel;
mod progress;
mod slices;

use crate::app::Command;
use crate::app::sweep::{Action, Sheet};
use crate::sweep::{Edit, State, Study};
use crate::ui::icons::Icon;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{self, Action as Button, Weight, badge, figure, segments};
use crate::ui::words;
use crate::work::sweep::eta_secs;
use egui::{Align, ComboBox, Frame, Layout, Margin, Panel, RichText, Role, Stroke, Ui, WidgetInfo};
use model::Model;

/// A rung whose order says less than this of the order at the end prunes the wrong ones.
const LOW: f64 = 0.6;

/// What the drawing remembers of the page.
#[derive(Default)]
pub struct Memory {
    /// The left side.
    pub build: build::Memory,
    model: Option<Model>,
    parallel: parallel::Memory,
    slices: slices::Memory,
    export: export::Memory,
}

/// Draws the page.
pub fn show(ui: &mut Ui, view: &mut View<'_>) {
    let p = palette(ui);
    let frame = Frame::new().fill(p.card).stroke(Stroke::new(1.0, p.line)).corner_radius(theme::ROUND);
    let frame = frame.inner_margin(Margin::same(12)).outer_margin(Margin { right: 10, ..Margin::ZERO });
    Panel::left("sweep")
        .default_size(344.0)
        .size_range(300.0..=520.0)
        .show_separator_line(false)
        .frame(frame)
        .show(ui, |ui| build::show(ui, view));
    egui::CentralPanel::no_frame().show(ui, |ui| {
        if view.app.sweeps.looked.is_some() {
            study_ui(ui, view);
        } else {
            empty_ui(ui, view);
        }
    });
}

fn empty_ui(ui: &mut Ui, view: &mut View<'_>) {
    if let Some(why) = &view.app.sweeps.trouble {
        widgets::empty(ui, Icon::Warning, "The study cannot be read", why);
        return;
    }
    let text = "Choose what is varied at the left, and trials run side by side, one on each core";
    widgets::empty(ui, Icon::Sweep, "Nothing was swept yet", text);
    ui.vertical_centered(|ui| {
        ui.add_space(theme::GAP);
        let sweep = view.app.sweeps.draft.sweep();
        let label = format!("Start \"{}\"", sweep.name);
        let button = Button::new(Icon::Play, &label).weight(Weight::Primary).tall().tooltip(&sweep.about);
        if button.reason(view.app.why_no_sweep()).show(ui) {
            view.ask(Command::Sweep(Action::Start));
        }
    });
}

fn study_ui(ui: &mut Ui, view: &mut View<'_>) {
    let app = view.app;
    let Some(looked) = &app.sweeps.looked else { return };
    let fits = |model: &Model| model.is_of(&looked.dir, looked.revision);
    let model = view.memory.sweep.model.take().filter(fits);
    let mut model = model.unwrap_or_else(|| Model::of(&looked.dir, looked.revision, &looked.study));
    widgets::card(ui, |ui| {
        head_ui(ui, view, &looked.study);
        warning_ui(ui, &looked.study, app.sweeps.waits(), &model);
    });
    ui.add_space(8.0);
    let sheet = app.sweeps.sheet;
    ui.horizontal(|ui| {
        if let Some(sheet) = segments(ui, sheet, &Sheet::ALL) {
            view.ask(Command::Sweep(Action::Sheet(sheet)));
        }
        marked_ui(ui, view);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| export::buttons_ui(ui, view, sheet));
    });
    ui.add_space(2.0);
    let drawn = widgets::card(ui, |ui| {
        ui.set_height(ui.available_height());
        match sheet {
            Sheet::Board => board::show(ui, view, &mut model),
            Sheet::Progress => progress::show(ui, view, &model),
            Sheet::Parallel => parallel::show(ui, view, &model),
            Sheet::Importance => importance::show(ui, view, &model),
            Sheet::Slices => slices::show(ui, view, &model),
            Sheet::Curves => curves::show(ui, &model),
            Sheet::Front => front::show(ui, view, &model),
        }
    });
    export::finish(ui, view, drawn.response.rect);
    view.memory.sweep.model = Some(model);
}

fn head_ui(ui: &mut Ui, view: &mut View<'_>, study: &Study) {
    let p = palette(ui);
    let alive = view.app.sweeps.is_alive();
    ui.horizontal(|ui| {
        studies_ui(ui, view, study);
        let (word, colour) = match (alive, &study.paused) {
            _ if study.stopped => ("Stopped", p.dim),
            (_, Some(_)) => ("Paused", p.warn),
            (true, None) => ("Running", p.accent),
            (false, None) if is_done(study) => ("Done", p.good),
            (false, None) => ("Not running", p.warn),
        };
        badge(ui, word, colour).on_hover_text(study.paused.clone().unwrap_or_default());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| buttons_ui(ui, view, study, alive));
    });
    ui.add_space(2.0);
    widgets::progress(ui, ui.available_width(), Some(study.share_done()), p.accent);
    ui.add_space(6.0);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(22.0, 6.0);
        figure(ui, "Trials", &format!("{} of {}", study.n_over(), words::count(study.n_planned())));
        for state in [State::Running, State::Paused, State::Complete, State::Pruned, State::Failed] {
            let n = study.count(state);
            if n > 0 {
                figure(ui, state.label(), &words::count(n as u64));
            }
        }
        if let Some(winner) = study.winner() {
            let share = study.sweep.objective().metric.contains("accuracy");
            let value = if share { words::percent(winner.mean) } else { words::number(winner.mean) };
            let spread = match winner.trials.len() {
                0 | 1 => String::new(),
                n => format!(" ± {:.3} ({n} seeds)", winner.deviation * if share { 100.0 } else { 1.0 }),
            };
            figure(ui, "Best", &format!("{value}{spread}")).on_hover_text(winner.point.to_string());
        }
        let now = if alive { view.app.now() } else { study.last_at };
        figure(ui, "Time", &words::duration(study.active_secs(now)));
        figure(ui, "Training", &words::duration(study.computed_secs()))
            .on_hover_text("Seconds of training, all trials together");
        if alive && let Some(eta) = eta_secs(study, now) {
            figure(ui, "Left", &format!("about {}", words::duration(eta)));
        }
    });
}

fn is_done(study: &Study) -> bool {
    !study.trials.is_empty() && study.trials.iter().all(|trial| trial.state().is_over())
}

fn studies_ui(ui: &mut Ui, view: &mut View<'_>, study: &Study) {
    let app = view.app;
    let now = app.sweeps.looked.as_ref().map(|looked| &looked.dir);
    let name = if study.sweep.name.is_empty() { "Sweep" } else { &study.sweep.name };
    let menu = ComboBox::from_id_salt("study").width(220.0).selected_text(name).show_ui(ui, |ui| {
        for known in &app.sweeps.list {
            let running = if known.alive { ", running" } else { "" };
            let label = format!("{} ({}{running})", known.name, known.dir.id().get(..15).unwrap_or_default());
            if ui.selectable_label(Some(&known.dir) == now, label).clicked() {
                view.ask(Command::Sweep(Action::Open(known.dir.clone())));
            }
        }
    });
    let named = menu.response.on_hover_text("The study looked at");
    named.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Study"));
}

fn buttons_ui(ui: &mut Ui, view: &mut View<'_>, study: &Study, alive: bool) {
    let ask = |view: &mut View<'_>, edit: Edit| view.ask(Command::Sweep(Action::Ask(edit)));
    let winner = study.best().is_none().then(|| "No trial is complete yet".to_owned());
    let train =
        Button::new(Icon::Train, "Train winner").tooltip("Trains the winner's recipe as a run of its own");
    if train.reason(winner).show(ui) {
        view.ask(Command::Sweep(Action::TrainWinner));
    }
    let copy =
        Button::new(Icon::Copy, "Use again").tooltip("Puts this study's sweep on the form at the left");
    if copy.show(ui) {
        view.ask(Command::Sweep(Action::UseSweepOf));
    }
    if alive && study.paused.is_none() && !study.stopped {
        let stop = "Ends the study; what runs is kept with its checkpoint";
        if Button::new(Icon::Stop, "Stop").tooltip(stop).show(ui) {
            ask(view, Edit::Stop);
        }
        let pause = "Nothing new starts, and running trials wait with their checkpoints";
        if Button::new(Icon::Pause, "Pause").tooltip(pause).show(ui) {
            ask(view, Edit::Pause("by hand".to_owned()));
        }
    } else if !alive {
        let resume = "Goes on where it was, with every trial's checkpoint";
        let reason = view.app.why_no_resume();
        let weight = if is_done(study) { Weight::Normal } else { Weight::Primary };
        if Button::new(Icon::Play, "Resume").weight(weight).tooltip(resume).reason(reason).show(ui) {
            view.ask(Command::Sweep(Action::Resume));
        }
    }
}

/// Why it pauses, and whether the rungs tell the wrong ones apart.
fn warning_ui(ui: &mut Ui, study: &Study, waits: Option<&str>, model: &Model) {
    let p = palette(ui);
    if let Some(why) = &study.paused {
        ui.label(RichText::new(format!("Paused: {why}")).color(p.warn));
    } else if let Some(why) = waits {
        ui.label(RichText::new(format!("Waits: {why}")).color(p.warn));
    }
    let low = model.rungs.iter().filter(|(rung, correlation, _)| {
        *correlation < LOW && model.pruned_at.iter().any(|at| (at - rung).abs() < 1e-9)
    });
    for (rung, correlation, n) in low.take(1) {
        let text = format!(
            "Pruning at epoch {} goes by an order that says little of the end: rank correlation {correlation:.2} over {n} trials",
            words::number(*rung)
        );
        ui.label(RichText::new(text).color(p.warn))
            .on_hover_text("Begin to prune later, or not at all, under This study at the left");
    }
}

fn marked_ui(ui: &mut Ui, view: &mut View<'_>) {
    let n = view.app.sweeps.marked.len();
    if n == 0 {
        return;
    }
    let label = format!("{} marked", words::count(n as u64));
    if Button::new(Icon::Close, &label).tooltip("Marks none").show(ui) {
        view.ask(Command::Sweep(Action::Mark(std::collections::BTreeSet::new())));
    }
}
