//! Runs side by side: a table of what differs, and the curves of the runs that are ticked.

use crate::app::runs::{Choose, Run};
use crate::app::{App, Command};
use crate::runs::{METRICS, Metric, Split};
use crate::ui::icons::Icon;
use crate::ui::run_list::{status_colour, tick_ui};
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{badge, empty, heading, remark};
use crate::ui::{plots_ui, words};
use egui::{Align, Frame, Label, Layout, Margin, Panel, RichText, Sense, Stroke, Ui};
use egui_extras::{Column, TableBuilder};
use std::collections::BTreeSet;

/// So many runs are drawn where none is ticked.
const NEWEST: usize = 6;

/// What the table shows, worked out before anything is drawn.
#[derive(Debug, Default, PartialEq)]
pub struct Table {
    /// The settings in which the runs differ, by path.
    pub paths: Vec<String>,
    /// One row a run, newest first.
    pub rows: Vec<Row>,
}

/// One run of the table.
#[derive(Debug, PartialEq)]
pub struct Row {
    /// The run's id.
    pub id: String,
    /// Its values of [`Table::paths`]; `None` where it has no such setting.
    pub values: Vec<Option<String>>,
    /// Validation accuracy, best and last; validation loss, best and last.
    pub figures: [Option<f64>; 4],
}

impl Table {
    /// The table of these runs.
    pub fn of(runs: &[&Run]) -> Self {
        let value = |run: &Run, path: &str| run.flat.iter().find(|(p, _)| p == path).map(|(_, v)| v.clone());
        let mut seen = BTreeSet::new();
        let mut paths = Vec::new();
        // In the order of the form, as the first run that has the setting gives it.
        for (path, _) in runs.iter().flat_map(|run| &run.flat) {
            if seen.insert(path.clone()) {
                let mut values = runs.iter().filter(|run| run.recipe.is_ok()).map(|run| value(run, path));
                let first = values.next();
                if values.any(|other| Some(&other) != first.as_ref()) {
                    paths.push(path.clone());
                }
            }
        }
        let rows = runs.iter().map(|run| Row {
            id: run.id.clone(),
            values: paths.iter().map(|path| value(run, path)).collect(),
            figures: [
                run.best_accuracy(),
                run.last_accuracy(),
                run.history.best_of(Split::Valid, "loss"),
                run.history.last(Split::Valid, "loss"),
            ],
        });
        Self { rows: rows.collect(), paths }
    }

    /// The row with the best figure of a column.
    fn best(&self, column: usize) -> Option<usize> {
        let better = |a: f64, b: f64| if column < 2 { a > b } else { a < b };
        let mut best: Option<(usize, f64)> = None;
        for (i, row) in self.rows.iter().enumerate() {
            if let Some(value) = row.figures[column].filter(|value| value.is_finite())
                && best.is_none_or(|(_, b)| better(value, b))
            {
                best = Some((i, value));
            }
        }
        best.filter(|_| self.rows.len() > 1).map(|(i, _)| i)
    }
}

/// Draws the page.
pub fn show(ui: &mut Ui, view: &mut View<'_>) {
    let p = palette(ui);
    if view.app.runs.list().is_empty() {
        empty(
            ui,
            Icon::Compare,
            "Nothing to compare yet",
            "Train twice with different settings, and see here what made the difference",
        );
        return;
    }
    let n = view.app.runs.list().len();
    let height = (n as f32 * 30.0 + 90.0).min(ui.available_height() * 0.46);
    let frame = Frame::new().fill(p.card).stroke(Stroke::new(1.0, p.line)).corner_radius(theme::ROUND);
    let frame = frame.inner_margin(Margin::same(12)).outer_margin(Margin { bottom: 10, ..Margin::ZERO });
    Panel::top("table")
        .default_size(height)
        .size_range(120.0..=900.0)
        .show_separator_line(false)
        .frame(frame)
        .show(ui, |ui| {
            heading_ui(ui, view);
            egui::ScrollArea::horizontal().auto_shrink(false).show(ui, |ui| table_ui(ui, view));
        });
    let metrics: Vec<String> = view.app.settings.metrics.clone();
    let names: Vec<&str> = metrics.iter().map(String::as_str).collect();
    egui::CentralPanel::no_frame().show(ui, |ui| {
        let columns = if names.len() > 1 && ui.available_width() > 700.0 { 2 } else { 1 };
        let runs = compared(view.app);
        plots_ui::show(ui, view, &runs, &names, columns);
    });
}

/// The runs that are ticked; the newest where none is, since one alone is nothing to compare.
fn compared(app: &App) -> Vec<&Run> {
    if app.runs.shown.is_empty() { app.runs.list().iter().take(NEWEST).collect() } else { app.runs.ticked() }
}

fn heading_ui(ui: &mut Ui, view: &mut View<'_>) {
    ui.horizontal(|ui| {
        heading(ui, "Compare");
        remark(ui, "Tick the runs to draw; the columns are the settings in which those differ");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            view.icon_button(ui, Icon::Trash, &Command::Trash);
            for metric in METRICS.iter().rev().filter(|metric| is_measured(view.app, metric)) {
                metric_ui(ui, view, metric);
            }
            remark(ui, "Curves");
        });
    });
    ui.add_space(4.0);
}

/// Whether any run has curves of it; most runs read no whole numbers.
fn is_measured(app: &App, metric: &Metric) -> bool {
    let always = ["accuracy", "loss", "lr", "images_per_s"];
    let has = |run: &Run| run.history.curves.keys().any(|(_, name)| name == metric.name);
    always.contains(&metric.name) || app.runs.list().iter().any(has)
}

fn metric_ui(ui: &mut Ui, view: &mut View<'_>, metric: &'static Metric) {
    let p = palette(ui);
    let on = view.app.settings.metrics.iter().any(|name| name == metric.name);
    let label = RichText::new(metric.label).font(theme::small()).color(if on { p.strong } else { p.dim });
    let button = egui::Button::selectable(on, label);
    if ui.add(button).on_hover_text("Draws this metric's curves, or not").clicked() {
        view.ask(Command::ToggleMetric(metric.name.to_owned()));
    }
}

fn table_ui(ui: &mut Ui, view: &mut View<'_>) {
    let app = view.app;
    let ticked = compared(app);
    let all: Vec<&Run> = app.runs.list().iter().collect();
    // Columns by what is ticked, so that an old run of another kind does not fill the table.
    let paths = Table::of(&ticked).paths;
    let table = Table { paths: paths.clone(), ..Table::of(&all) };
    let best: [Option<usize>; 4] = std::array::from_fn(|column| table.best(column));
    let mut builder = TableBuilder::new(ui)
        .striped(false)
        .sense(Sense::click())
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(Column::exact(26.0))
        .column(Column::initial(190.0).at_least(110.0).clip(true))
        .column(Column::initial(92.0).at_least(70.0));
    for _ in 0..4 {
        builder = builder.column(Column::initial(84.0).at_least(64.0));
    }
    for _ in &paths {
        builder = builder.column(Column::auto_with_initial_suggestion(96.0).at_least(56.0).clip(true));
    }
    let captions = ["Best accuracy", "Last accuracy", "Best loss", "Last loss"];
    builder
        .column(Column::remainder())
        .header(24.0, |mut header| {
            header.col(|_| {});
            for caption in ["Run", "Status"].iter().chain(&captions) {
                header.col(|ui| _ = caption_ui(ui, caption));
            }
            for path in &paths {
                header.col(|ui| _ = caption_ui(ui, &words::path_label(path)).on_hover_text(path));
            }
            header.col(|_| {});
        })
        .body(|body| {
            body.rows(28.0, all.len(), |mut row| {
                let i = row.index();
                let run = all[i];
                row.set_selected(app.runs.chosen.contains(&run.id));
                row.col(|ui| tick_ui(ui, view, run, ui.max_rect()));
                row.col(|ui| name_ui(ui, run));
                row.col(|ui| {
                    let status = run.status();
                    badge(ui, status.label(), status_colour(palette(ui), &status));
                });
                for (column, best) in best.iter().enumerate() {
                    let value = table.rows[i].figures[column];
                    row.col(|ui| figure_ui(ui, value, column < 2, *best == Some(i)));
                }
                for path in &paths {
                    let value = run.flat.iter().find(|(p, _)| p == path).map(|(_, v)| v.as_str());
                    row.col(|ui| value_ui(ui, value));
                }
                row.col(|_| {});
                let response = row.response();
                if response.clicked() {
                    let modifiers = response.ctx.input(|input| input.modifiers);
                    let how = match (modifiers.command, modifiers.shift) {
                        (true, _) => Choose::Toggle,
                        (_, true) => Choose::Range,
                        _ => Choose::Only,
                    };
                    view.ask(Command::Choose(run.id.clone(), how));
                }
                if response.double_clicked() {
                    view.ask(Command::OpenRun(run.id.clone()));
                }
            });
        });
}

fn caption_ui(ui: &mut Ui, text: &str) -> egui::Response {
    let p = palette(ui);
    ui.add(Label::new(RichText::new(text).font(theme::small()).color(p.dim)).truncate())
}

fn name_ui(ui: &mut Ui, run: &Run) {
    let p = palette(ui);
    let ink = if run.recipe.is_err() { p.bad } else { p.strong };
    let name = ui.add(Label::new(RichText::new(&run.meta.name).color(ink)).truncate().sense(Sense::hover()));
    let trouble = run.recipe.as_ref().err().or(run.trouble.as_ref());
    name.on_hover_text(trouble.unwrap_or(&run.id));
}

fn figure_ui(ui: &mut Ui, value: Option<f64>, share: bool, best: bool) {
    let p = palette(ui);
    let text = match value {
        Some(value) if share => words::percent(value),
        Some(value) => format!("{value:.4}"),
        None => "–".to_owned(),
    };
    let text = RichText::new(text).color(if best { p.good } else { p.text });
    ui.label(if best { text.font(theme::strong()) } else { text });
}

fn value_ui(ui: &mut Ui, value: Option<&str>) {
    let p = palette(ui);
    let shown = match value {
        Some(value) => value.parse::<f64>().map_or_else(|_| value.to_owned(), words::number),
        None => "–".to_owned(),
    };
    let ink = if value.is_some() { p.text } else { p.dim };
    ui.add(Label::new(RichText::new(shown).color(ink)).truncate());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::runs::Runs;
    use crate::knobs;
    use crate::recipe::Recipe;
    use crate::runs::{Evaluated, Event, Meta, Metrics, RunDir};
    use crate::work::watch::Sight;
    use std::path::PathBuf;

    fn add(runs: &mut Runs, id: &str, settings: &[(&str, &str)], accuracy: f64) {
        let mut recipe = Recipe::default();
        for (path, value) in settings {
            knobs::set(&mut recipe, path, value).expect("the test names a setting there is");
        }
        let run = RunDir::new(PathBuf::from(id));
        runs.take(Sight::Found { run: run.clone(), recipe: Box::new(Ok(recipe)), meta: Meta::default() });
        let evaluated = Event::Evaluated(Evaluated {
            at: 1.0,
            step: 1,
            epoch: 1.0,
            trained_secs: 1.0,
            split: Split::Valid,
            best: true,
            metrics: Metrics::from([("accuracy", accuracy), ("loss", f64::NAN)]),
        });
        runs.take(Sight::Events(run, vec![evaluated]));
    }

    #[test]
    fn only_what_differs_has_a_column_and_the_best_is_marked() {
        let mut runs = Runs::default();
        add(&mut runs, "a", &[("optim.lr", "0.01")], 0.9);
        add(&mut runs, "b", &[("model.name", "mlp")], 0.8);
        let table = Table::of(&runs.list().iter().collect::<Vec<_>>());
        assert!(
            table.paths.contains(&"optim.lr".to_owned()) && table.paths.contains(&"model.dropout".to_owned())
        );
        assert!(!table.paths.contains(&"train.epochs".to_owned()));
        assert_eq!((table.rows[0].id.as_str(), table.best(0), table.best(2)), ("b", Some(1), None));
        let one = Table::of(&runs.list()[..1].iter().collect::<Vec<_>>());
        assert_eq!((one.paths.len(), one.best(0)), (0, None));
    }
}
