//! The table of trials: only the rows in sight are drawn, so that a thousand of them cost no more than twenty.

use super::axis::ink;
use super::build::Edited;
use super::model::{Model, Row};
use crate::app::Command;
use crate::app::sweep::{Action, Sort};
use crate::sweep::{Edit, State};
use crate::ui::icons::Icon;
use crate::ui::theme::{self, Palette, palette};
use crate::ui::view::View;
use crate::ui::widgets::{Action as Button, badge};
use crate::ui::words;
use egui::{
    Align, Color32, Label, Layout, Response, RichText, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};
use egui_extras::{Column, TableBuilder};
use std::collections::BTreeSet;

/// Height of a row.
const ROW: f32 = 27.0;

/// Draws the table.
pub fn show(ui: &mut Ui, view: &mut View<'_>, model: &mut Model) {
    let Some(looked) = &view.app.sweeps.looked else { return };
    let order: Vec<usize> = model.sorted(&looked.study, &view.app.sweeps.sort).to_vec();
    egui::ScrollArea::horizontal().auto_shrink(false).show(ui, |ui| table_ui(ui, view, model, &order));
}

fn table_ui(ui: &mut Ui, view: &mut View<'_>, model: &Model, order: &[usize]) {
    let rungs = if model.pruned_at.is_empty() { 0.0 } else { 40.0 };
    let times = if model.rows.iter().any(|row| row.eta.is_some()) { 108.0 } else { 68.0 };
    // What is tried stands beside how it does; what is looked at less often may be scrolled to.
    ui.spacing_mut().item_spacing.x = 5.0;
    let mut builder = TableBuilder::new(ui)
        .striped(false)
        .sense(Sense::click())
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(Column::exact(42.0))
        .column(Column::exact(82.0))
        .column(Column::exact(82.0))
        .column(Column::exact(84.0));
    for i in 0..model.axes.len() {
        builder = builder.column(Column::initial(width_of(model, i)).at_least(48.0).clip(true));
    }
    builder = builder
        .column(Column::exact(58.0))
        .column(Column::exact(rungs))
        .column(Column::exact(times))
        .column(Column::exact(66.0));
    for _ in &model.metrics {
        builder = builder.column(Column::initial(84.0).at_least(60.0).clip(true));
    }
    builder
        .column(Column::remainder().at_least(80.0).clip(true))
        .header(24.0, |mut header| {
            let heads: [(&str, Option<Sort>, &str); 4] = [
                ("Trial", Some(Sort::Number), "Its number"),
                ("State", Some(Sort::State), "What it is doing"),
                ("Objective", Some(Sort::Value), "At its end; before, at its last report"),
                ("On its way", None, "The objective after each report"),
            ];
            for (title, sort, help) in heads {
                header.col(|ui| head_ui(ui, view, title, sort, help));
            }
            for axis in &model.axes {
                let sort = Some(Sort::Setting(axis.path.clone()));
                header.col(|ui| head_ui(ui, view, &axis.label, sort, &axis.path));
            }
            let rung = if model.pruned_at.is_empty() { "" } else { "Rung" };
            let heads: [(&str, Option<Sort>, &str); 3] = [
                ("Epochs", Some(Sort::Epochs), "Done, of those it is to have"),
                (rung, None, "The pruner's rungs that it came to, of all"),
                ("Time", Some(Sort::Seconds), "Seconds of training; for a running trial also what is left"),
            ];
            for (title, sort, help) in heads {
                header.col(|ui| head_ui(ui, view, title, sort, help));
            }
            header.col(|_| {});
            for name in &model.metrics {
                let sort = Some(Sort::Metric(name.clone()));
                header.col(|ui| head_ui(ui, view, &words::label(name), sort, "Measured at its end"));
            }
            header.col(|ui| head_ui(ui, view, "Why", None, "Why it is as it is"));
        })
        .body(|body| {
            body.rows(ROW, order.len(), |mut line| {
                let row = &model.rows[order[line.index()]];
                line.set_selected(view.app.sweeps.marked.contains(&row.id));
                line.col(|ui| number_ui(ui, row, model.best == Some(row.id)));
                line.col(|ui| {
                    let label = row.state.label();
                    badge(ui, label, colour(palette(ui), row.state)).on_hover_text(worker_words(row));
                });
                line.col(|ui| value_ui(ui, model, row));
                line.col(|ui| sparkline(ui, model, row));
                for cell in &row.cells {
                    line.col(|ui| _ = text_ui(ui, cell.clone()).on_hover_text(cell));
                }
                line.col(|ui| _ = text_ui(ui, epochs_words(row)));
                line.col(|ui| _ = text_ui(ui, rung_words(model, row)));
                line.col(|ui| {
                    let left =
                        row.eta.map_or_else(String::new, |eta| format!(", {} left", words::duration(eta)));
                    _ = text_ui(ui, format!("{}{left}", words::duration(row.secs)));
                });
                line.col(|ui| buttons_ui(ui, view, row));
                for name in &model.metrics {
                    line.col(|ui| _ = text_ui(ui, metric_words(view, row, name)));
                }
                line.col(|ui| _ = text_ui(ui, row.why.clone()).on_hover_text(&row.why));
                let response = line.response();
                named(&response, model, row);
                if response.clicked() {
                    mark(view, &response, row.id);
                }
                if response.double_clicked() {
                    view.ask(Command::Sweep(Action::OpenTrial(row.id)));
                }
                response.context_menu(|ui| menu_ui(ui, view, row));
            });
        });
}

/// As wide as the words in the column of a setting, within reason.
fn width_of(model: &Model, i: usize) -> f32 {
    let letters = model.rows.iter().take(100).map(|row| row.cells[i].chars().count()).max().unwrap_or(0);
    let letters = letters.max(model.axes[i].label.chars().count());
    (letters as f32 * 7.4 + 10.0).clamp(52.0, 130.0)
}

/// Epochs done, of those it is to have.
fn epochs_words(row: &Row) -> String {
    let short = |epochs: f64| words::number((epochs * 100.0).round() / 100.0);
    format!("{}/{}", short(row.epochs.0), short(row.epochs.1))
}

/// Rungs that a trial came to, of those that it can come to.
fn rung_words(model: &Model, row: &Row) -> String {
    let all = model.pruned_at.iter().filter(|rung| **rung < row.epochs.1 - 1e-9);
    let (n, came) =
        all.fold((0, 0), |(n, came), rung| (n + 1, came + u32::from(row.epochs.0 >= rung - 1e-9)));
    if n == 0 { String::new() } else { format!("{came}/{n}") }
}

fn named(response: &Response, model: &Model, row: &Row) {
    let value = row.value.map_or_else(|| "no value".to_owned(), |value| model.words(value));
    let label = format!("Trial {}: {}, {value}", row.id, row.state.label().to_lowercase());
    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, &label));
}

fn mark(view: &mut View<'_>, response: &Response, id: u64) {
    let add = response.ctx.input(|input| input.modifiers.command);
    let mut marked = if add { view.app.sweeps.marked.clone() } else { BTreeSet::new() };
    let was_alone = view.app.sweeps.marked.len() == 1 && view.app.sweeps.marked.contains(&id);
    let was_marked = marked.remove(&id) || was_alone;
    if !was_marked {
        marked.insert(id);
    }
    view.ask(Command::Sweep(Action::Mark(marked)));
}

fn head_ui(ui: &mut Ui, view: &mut View<'_>, title: &str, sort: Option<Sort>, help: &str) {
    let p = palette(ui);
    let (now, turned) = &view.app.sweeps.sort;
    let on = sort.as_ref() == Some(now);
    let arrow = match (on, turned) {
        (true, false) => " ↓",
        (true, true) => " ↑",
        _ => "",
    };
    let ink = if on { p.strong } else { p.dim };
    let label =
        Label::new(RichText::new(format!("{title}{arrow}")).font(theme::small()).color(ink)).truncate();
    let Some(sort) = sort else {
        ui.add(label).on_hover_text(help);
        return;
    };
    let response = ui.add(label.sense(Sense::click())).on_hover_text(format!("{help}; click to sort"));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Sort by {title}")));
    if response.clicked() {
        view.ask(Command::Sweep(Action::Sort(sort)));
    }
}

fn text_ui(ui: &mut Ui, text: String) -> Response {
    let p = palette(ui);
    ui.add(Label::new(RichText::new(text).color(p.text)).truncate().selectable(false))
}

fn number_ui(ui: &mut Ui, row: &Row, best: bool) {
    let p = palette(ui);
    let text = RichText::new(format!("{}", row.id)).color(if best { p.good } else { p.dim });
    let label = ui.label(if best { text.font(theme::strong()) } else { text });
    if best {
        label.on_hover_text("The best so far");
    }
}

fn value_ui(ui: &mut Ui, model: &Model, row: &Row) {
    let p = palette(ui);
    let Some(value) = row.value else {
        ui.label(RichText::new("–").color(p.dim));
        return;
    };
    if let Some(rank) = row.rank {
        let (rect, _) = ui.allocate_exact_size(theme::square(9.0), Sense::hover());
        ui.painter().rect_filled(rect, 2.0, ink(ui, rank));
    }
    let best = model.best == Some(row.id);
    let text = RichText::new(model.words(value)).color(if best { p.good } else { p.text });
    ui.label(if best { text.font(theme::strong()) } else { text });
}

/// The objective after each report, on the scale of all trials.
fn sparkline(ui: &mut Ui, model: &Model, row: &Row) {
    let p = palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(78.0, 18.0), Sense::hover());
    if row.curve.is_empty() {
        return;
    }
    let [low, high] = model.span;
    let height = (high - low).max(1e-9);
    let place = |[epoch, value]: [f64; 2]| {
        let x = (epoch / row.epochs.1.max(1e-9)) as f32;
        let y = ((value - low) / height).clamp(0.0, 1.0) as f32;
        pos2(rect.left() + x * rect.width(), rect.bottom() - y * rect.height())
    };
    let line: Vec<_> = row.curve.iter().map(|point| place(*point)).collect();
    let colour = row.rank.map_or(p.dim, |rank| ink(ui, rank));
    if let [only] = line.as_slice() {
        ui.painter().circle_filled(*only, 2.0, colour);
    } else {
        let last = line.last().copied();
        ui.painter().add(Shape::line(line, Stroke::new(1.5, colour)));
        if let Some(last) = last {
            ui.painter().circle_filled(last, 2.0, colour);
        }
    }
}

fn metric_words(view: &View<'_>, row: &Row, name: &str) -> String {
    let trial = view.app.sweeps.looked.as_ref().and_then(|looked| looked.study.trial(row.id));
    let value = trial.and_then(|trial| trial.metrics.as_ref()?.get(name));
    match value {
        None => String::new(),
        Some(value) if name.contains("accuracy") => words::percent(value),
        Some(value) if name == "params" => words::count(value as u64),
        Some(value) => format!("{value:.4}"),
    }
}

fn buttons_ui(ui: &mut Ui, view: &mut View<'_>, row: &Row) {
    ui.spacing_mut().item_spacing.x = 0.0;
    let open = format!("Open trial {}", row.id);
    if Button::icon(Icon::Train, &open).tooltip("Opens its run on the Train page").width(20.0).show(ui) {
        view.ask(Command::Sweep(Action::OpenTrial(row.id)));
    }
    for (icon, label, tooltip, edit) in possible(row) {
        let label = format!("{label} trial {}", row.id);
        if Button::icon(icon, &label).tooltip(tooltip).width(20.0).show(ui) {
            view.ask(Command::Sweep(Action::Ask(edit)));
        }
    }
}

/// What can be done to a trial in its state: icon, word, what comes of it.
fn possible(row: &Row) -> Vec<(Icon, &'static str, &'static str, Edit)> {
    let id = row.id;
    let prune = (Icon::Stop, "Prune", "Gives it up now; it can be brought back", Edit::Prune(id));
    let revive =
        (Icon::Play, "Revive", "Goes on from its checkpoint, and is not pruned again", Edit::Revive(id));
    let remove = (Icon::Trash, "Remove", "Counts for nothing any more; can be restored", Edit::Remove(id));
    match row.state {
        State::Running | State::Queued => vec![prune, remove],
        State::Pruned | State::Failed | State::Paused => vec![revive, remove],
        State::Removed => vec![(Icon::Back, "Restore", "Counts again", Edit::Restore(id))],
        State::Complete => vec![remove],
    }
}

fn menu_ui(ui: &mut Ui, view: &mut View<'_>, row: &Row) {
    if ui.button("Open its run").clicked() {
        view.ask(Command::Sweep(Action::OpenTrial(row.id)));
    }
    if ui
        .button("Change it and try again")
        .on_hover_text("Puts its settings on the form at the left")
        .clicked()
    {
        let point = view.app.sweeps.looked.as_ref().and_then(|looked| looked.study.trial(row.id));
        if let Some(trial) = point {
            view.memory.sweep.build.by_hand.begin_with(&trial.point);
            view.memory.sweep.build.edited = Edited::Study;
        }
    }
    for (_, label, tooltip, edit) in possible(row) {
        if ui.button(label).on_hover_text(tooltip).clicked() {
            view.ask(Command::Sweep(Action::Ask(edit)));
            ui.close();
        }
    }
}

fn worker_words(row: &Row) -> String {
    let worker = row.worker.map_or_else(String::new, |worker| format!("Worker {worker}"));
    match (row.why.is_empty(), worker.is_empty()) {
        (true, _) => worker,
        (false, true) => row.why.clone(),
        (false, false) => format!("{worker}: {}", row.why),
    }
}

/// The colour of a state.
pub fn colour(p: &Palette, state: State) -> Color32 {
    match state {
        State::Running => p.accent,
        State::Complete => p.good,
        State::Failed => p.bad,
        State::Paused => p.warn,
        State::Queued | State::Pruned | State::Removed => p.dim,
    }
}
