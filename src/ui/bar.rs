//! The bar at the bottom: what is being done, with progress and an end in sight, and what was told last.

use super::icons::Icon;
use super::theme::{self, palette};
use super::view::View;
use super::widgets::{Action, dot, progress};
use super::words;
use crate::app::{Command, Overlay, Tab};
use crate::runs::{Level, Status};
use crate::sweep::Study;
use crate::work::sweep::eta_secs;
use egui::{Align, Frame, Label, Layout, Margin, Panel, RichText, Sense, Ui};

/// More than so many things at once are counted rather than listed.
const MOST: usize = 4;

/// Draws the bar.
pub fn show(ui: &mut Ui, view: &mut View<'_>) {
    let p = palette(ui);
    let frame = Frame::new().fill(p.rail).inner_margin(Margin::symmetric(12, 3));
    let panel =
        Panel::bottom("bar").exact_size(34.0).resizable(false).show_separator_line(false).frame(frame);
    panel.show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            let n = jobs_ui(ui, view) + sweeps_ui(ui, view) + trainings_ui(ui, view);
            if n == 0 {
                let n_runs = view.app.runs.list().len();
                let text =
                    if view.app.runs.complete { words::many(n_runs, "run") } else { "Looking…".to_owned() };
                ui.label(
                    RichText::new(format!("Nothing is training · {text}")).font(theme::small()).color(p.dim),
                );
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| notice_ui(ui, view));
        });
    });
}

fn jobs_ui(ui: &mut Ui, view: &mut View<'_>) -> usize {
    let p = palette(ui);
    let jobs: Vec<_> = view.app.jobs.shown().collect();
    for job in jobs.iter().take(MOST) {
        let doing =
            if job.status.doing.is_empty() { String::new() } else { format!(" · {}", job.status.doing) };
        ui.label(RichText::new(format!("{}{doing}", job.name)).font(theme::small()).color(p.text));
        progress(ui, 90.0, job.status.share(), p.accent);
        if let Some(eta) = job.eta_secs {
            ui.label(
                RichText::new(format!("{} left", words::duration(eta))).font(theme::small()).color(p.dim),
            );
        }
        if Action::icon(Icon::Close, "Cancel").show(ui) {
            view.ask(Command::CancelJob(job.id));
        }
        ui.add_space(theme::GAP);
    }
    jobs.len()
}

/// Sweeps that a process carries out; how far is known of the one looked at.
fn sweeps_ui(ui: &mut Ui, view: &mut View<'_>) -> usize {
    let p = palette(ui);
    let sweeps = &view.app.sweeps;
    let alive: Vec<_> = sweeps.list.iter().filter(|known| known.alive).collect();
    for known in alive.iter().take(MOST) {
        let study =
            sweeps.looked.as_ref().filter(|looked| looked.dir == known.dir).map(|looked| &looked.study);
        let row = ui.scope(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            ui.label(RichText::new(&known.name).font(theme::small()).color(p.text));
            progress(ui, 90.0, study.map(Study::share_done), p.accent);
            let remark = match (&known.waits, study) {
                (Some(_), _) => "waits".to_owned(),
                (None, Some(study)) => {
                    let left = eta_secs(study, view.app.now());
                    let left = left.map(|secs| format!(", {} left", words::duration(secs)));
                    format!("{} of {}{}", study.n_over(), study.n_planned(), left.unwrap_or_default())
                }
                (None, None) => "sweep".to_owned(),
            };
            let ink = if known.waits.is_some() { p.warn } else { p.dim };
            ui.label(RichText::new(remark).font(theme::small()).color(ink));
        });
        let why = known.waits.clone().unwrap_or_else(|| "Click to look at it".to_owned());
        let hover = format!("Sweep {}: {why}", known.name);
        if row.response.interact(Sense::click()).on_hover_text(hover).clicked() {
            view.ask(Command::Show(Tab::Sweep));
            view.ask(Command::Sweep(crate::app::sweep::Action::Open(known.dir.clone())));
        }
        ui.add_space(theme::GAP);
    }
    alive.len()
}

fn trainings_ui(ui: &mut Ui, view: &mut View<'_>) -> usize {
    let p = palette(ui);
    let app = view.app;
    let alive: Vec<_> = app.runs.alive().collect();
    for run in alive.iter().take(MOST) {
        let colour = p.run(run.meta.colour);
        let status = run.status();
        let row = ui.scope(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            dot(ui, colour);
            ui.label(RichText::new(&run.meta.name).font(theme::small()).color(p.text));
            let share = (status != Status::Loading).then(|| run.share_done());
            progress(ui, 90.0, share, colour);
            let remark = match (&status, run.history.eta_secs()) {
                (Status::Training, Some(eta)) => format!("{} left", words::duration(eta)),
                _ => status.label().to_owned(),
            };
            ui.label(RichText::new(remark).font(theme::small()).color(p.dim));
        });
        let hover = format!("{}: {}. Click to look at it", run.meta.name, status.label().to_lowercase());
        if row.response.interact(Sense::click()).on_hover_text(hover).clicked() {
            view.ask(Command::OpenRun(run.id.clone()));
        }
        ui.add_space(theme::GAP);
    }
    if alive.len() > MOST {
        let more = format!("and {} more", alive.len() - MOST);
        ui.label(RichText::new(more).font(theme::small()).color(p.dim));
    }
    alive.len()
}

fn notice_ui(ui: &mut Ui, view: &mut View<'_>) {
    let p = palette(ui);
    view.icon_button(ui, Icon::Bell, &Command::Open(Overlay::Notices));
    let Some(notice) = view.app.notices.last() else { return };
    let colour = match notice.level {
        Level::Info => p.dim,
        Level::Warning => p.warn,
        Level::Error => p.bad,
    };
    let text =
        RichText::new(notice.text.lines().next().unwrap_or_default()).font(theme::small()).color(colour);
    let room = egui::vec2(ui.available_width().min(460.0), ui.available_height());
    ui.allocate_ui_with_layout(room, Layout::right_to_left(Align::Center), |ui| {
        ui.add(Label::new(text).truncate().sense(Sense::hover())).on_hover_text(&notice.text);
    });
}
