//! The table of runs: those that the query chooses, with the settings in which the ticked ones differ. Only the rows in
//! sight are drawn, and what all of them come to is worked out only when a run changes.

use super::compared;
use crate::app::compare::{Comparison, field};
use crate::app::runs::{Choose, Run};
use crate::app::{App, Command};
use crate::runs::{Meta, Split};
use crate::ui::icons::Icon;
use crate::ui::run_list::{origin, status_colour, tick_ui};
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::badge;
use crate::ui::words;
use egui::{Align, Label, Layout, RichText, Sense, Stroke, Ui, pos2, vec2};
use egui_extras::{Column, TableBuilder};
use std::collections::BTreeSet;

/// So many runs tell in which settings all of them differ.
const SAMPLE: usize = 300;

/// The table as it was worked out for a state of the runs.
pub struct Table {
    of: Option<(u64, Comparison)>,
    /// The runs chosen, by their places in the list; or why the query is none.
    pub listed: Result<Vec<usize>, String>,
    /// Validation accuracy, best and last, and validation loss, best and last, of each run listed.
    pub figures: Vec<[Option<f64>; 4]>,
    best: [Option<usize>; 4],
    /// The settings that the runs listed can be grouped by: path and label.
    pub settings: Vec<(String, String)>,
}

impl Default for Table {
    fn default() -> Self {
        Self { of: None, listed: Ok(Vec::new()), figures: Vec::new(), best: [None; 4], settings: Vec::new() }
    }
}

impl Table {
    /// Works it out anew where a run or what is asked for changed.
    pub fn keep(&mut self, app: &App) {
        let of = Some((app.runs.revision(), app.settings.compare.clone()));
        if self.of == of {
            return;
        }
        self.of = of;
        self.listed = app.listed();
        let list = app.runs.list();
        let rows = self.listed.as_deref().unwrap_or_default();
        self.figures = rows.iter().map(|at| figures(&list[*at])).collect();
        self.best = std::array::from_fn(|column| best(&self.figures, column));
        // Of very many runs a sample tells in what they differ.
        let each = rows.len().div_ceil(SAMPLE).max(1);
        let some: Vec<&Run> = rows.iter().step_by(each).map(|at| &list[*at]).collect();
        let mut paths = differing(&some);
        for always in ["optim.name", "model.name", "data.name", "optim.lr", "train.seed"] {
            let there = !paths.iter().any(|path| path == always);
            if there && some.iter().any(|run| field(run, always).is_some()) {
                paths.push(always.to_owned());
            }
        }
        self.settings = paths.into_iter().map(|path| (path.clone(), words::path_label(&path))).collect();
    }
}

fn figures(run: &Run) -> [Option<f64>; 4] {
    [
        run.best_accuracy(),
        run.last_accuracy(),
        run.history.best_of(Split::Valid, "loss"),
        run.history.last(Split::Valid, "loss"),
    ]
}

/// The row with the best figure of a column.
fn best(rows: &[[Option<f64>; 4]], column: usize) -> Option<usize> {
    let better = |a: f64, b: f64| if column < 2 { a > b } else { a < b };
    let mut best: Option<(usize, f64)> = None;
    for (i, row) in rows.iter().enumerate() {
        if let Some(value) = row[column].filter(|value| value.is_finite())
            && best.is_none_or(|(_, b)| better(value, b))
        {
            best = Some((i, value));
        }
    }
    best.filter(|_| rows.len() > 1).map(|(i, _)| i)
}

/// The settings in which runs differ, by path, in the order of the form.
pub fn differing(runs: &[&Run]) -> Vec<String> {
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
    paths
}

/// Draws the table.
pub fn table_ui(ui: &mut Ui, view: &mut View<'_>) {
    let app = view.app;
    view.memory.compare.keep(app);
    let table = std::mem::take(&mut view.memory.compare);
    match &table.listed {
        Err(why) => _ = ui.label(RichText::new(why).color(palette(ui).bad)),
        Ok(rows) if rows.is_empty() => _ = ui.label("No run is so"),
        Ok(rows) => rows_ui(ui, view, &table, rows),
    }
    view.memory.compare = table;
}

/// Columns that can be sorted by before those of the settings: what to sort by, and the caption.
const SORTED: [(&str, &str); 6] = [
    ("name", "Run"),
    ("status", "Status"),
    ("accuracy", "Best accuracy"),
    ("last_accuracy", "Last accuracy"),
    ("loss", "Best loss"),
    ("last_loss", "Last loss"),
];

fn rows_ui(ui: &mut Ui, view: &mut View<'_>, table: &Table, rows: &[usize]) {
    let app = view.app;
    let list = app.runs.list();
    // Columns by what is ticked, so that an old run of another kind does not fill the table.
    let paths = differing(&compared(app));
    let mut builder = TableBuilder::new(ui)
        .striped(false)
        .sense(Sense::click())
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(Column::exact(26.0))
        .column(Column::exact(22.0))
        .column(Column::initial(180.0).at_least(110.0).clip(true))
        .column(Column::initial(86.0).at_least(70.0))
        .column(Column::exact(64.0));
    for _ in 0..4 {
        builder = builder.column(Column::initial(90.0).at_least(64.0));
    }
    for _ in &paths {
        builder = builder.column(Column::auto_with_initial_suggestion(96.0).at_least(56.0).clip(true));
    }
    builder
        .column(Column::remainder())
        .header(24.0, |mut header| {
            header.col(|_| {});
            header.col(|_| {});
            for (i, (by, caption)) in SORTED.iter().enumerate() {
                header.col(|ui| sort_ui(ui, view, by, caption, caption));
                if i == 1 {
                    header.col(|ui| _ = caption_ui(ui, "Curve"));
                }
            }
            for path in &paths {
                header.col(|ui| sort_ui(ui, view, path, &words::path_label(path), path));
            }
            header.col(|_| {});
        })
        .body(|body| {
            body.rows(28.0, rows.len(), |mut row| {
                let i = row.index();
                let Some(run) = list.get(rows[i]) else { return };
                row.set_selected(app.runs.chosen.contains(&run.id));
                row.col(|ui| tick_ui(ui, view, run, ui.max_rect()));
                row.col(|ui| star_ui(ui, view, run));
                row.col(|ui| name_ui(ui, app, run));
                row.col(|ui| {
                    let status = run.status();
                    let label = if run.imported.is_some() { "Imported" } else { status.label() };
                    badge(ui, label, status_colour(palette(ui), &status));
                });
                row.col(|ui| spark_ui(ui, run));
                for (column, best) in table.best.iter().enumerate() {
                    let value = table.figures[i][column];
                    row.col(|ui| figure_ui(ui, value, column < 2, *best == Some(i)));
                }
                for path in &paths {
                    let value = run.flat.iter().find(|(p, _)| p == path).map(|(_, v)| v.as_str());
                    row.col(|ui| value_ui(ui, value));
                }
                row.col(|ui| {
                    for tag in &run.meta.tags {
                        badge(ui, tag, palette(ui).dim);
                    }
                });
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

/// A caption that sorts: the greatest first, then the least first, then by time again.
fn sort_ui(ui: &mut Ui, view: &mut View<'_>, by: &str, caption: &str, tooltip: &str) {
    let p = palette(ui);
    let compare = &view.app.settings.compare;
    let sorted = compare.sort.as_ref().filter(|(column, _)| column == by).map(|(_, down)| *down);
    let mark = match sorted {
        Some(true) => " ▾",
        Some(false) => " ▴",
        None => "",
    };
    let ink = if sorted.is_some() { p.accent } else { p.dim };
    let text = RichText::new(format!("{caption}{mark}")).font(theme::small()).color(ink);
    let label = ui.add(Label::new(text).truncate().sense(Sense::click()));
    if label.on_hover_text(format!("{tooltip}; a click sorts by it")).clicked() {
        let sort = match sorted {
            None => Some((by.to_owned(), true)),
            Some(true) => Some((by.to_owned(), false)),
            Some(false) => None,
        };
        view.ask(Command::SetCompare(Box::new(Comparison { sort, ..compare.clone() })));
    }
}

/// A star that marks the run, or no longer.
fn star_ui(ui: &mut Ui, view: &mut View<'_>, run: &Run) {
    let p = palette(ui);
    let on = run.meta.starred;
    let ink = if on { p.warn } else { p.dim.gamma_multiply(0.5) };
    let label = if on { format!("Unmark {}", run.meta.name) } else { format!("Mark {}", run.meta.name) };
    let (square, star) = ui.allocate_exact_size(egui::Vec2::splat(16.0), Sense::click());
    Icon::Star.paint(ui.painter(), square, ink);
    star.widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, on, &label));
    if star.on_hover_text("Marks the run; find marked ones with: starred = true").clicked() {
        let meta = Meta { starred: !on, ..run.meta.clone() };
        view.ask(Command::SetMeta(run.id.clone(), Box::new(meta)));
    }
}

/// The validation accuracy in a line; the training loss where nothing was validated.
fn spark_ui(ui: &mut Ui, run: &Run) {
    let p = palette(ui);
    // Rows are looked at side by side, so a curve that falls as it gets better is the last resort.
    let curves = [
        (Split::Valid, "accuracy", "Validation accuracy after each epoch"),
        (Split::Train, "accuracy", "Training accuracy"),
        (Split::Train, "loss", "Training loss"),
    ];
    let found = curves.into_iter().find_map(|(split, metric, of)| {
        Some((run.history.curve(split, metric)?.points(), of)).filter(|(points, _)| points.len() > 1)
    });
    let Some((points, of)) = found else { return };
    let (rect, response) = ui.allocate_exact_size(vec2(56.0, 18.0), Sense::hover());
    response.on_hover_text(of);
    let each = points.len().div_ceil(56).max(1);
    let finite: Vec<f64> = points.iter().step_by(each).map(|p| p.value).filter(|v| v.is_finite()).collect();
    let low = finite.iter().copied().fold(f64::INFINITY, f64::min);
    let high = finite.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if finite.len() < 2 {
        return;
    }
    let line = finite.iter().enumerate().map(|(i, value)| {
        let x = rect.left() + i as f32 / (finite.len() - 1) as f32 * rect.width();
        let share = ((value - low) / (high - low).max(1e-12)) as f32;
        pos2(x, rect.bottom() - 1.0 - share * (rect.height() - 2.0))
    });
    ui.painter().line(line.collect(), Stroke::new(1.4, p.run(run.meta.colour)));
}

fn caption_ui(ui: &mut Ui, text: &str) -> egui::Response {
    let p = palette(ui);
    ui.add(Label::new(RichText::new(text).font(theme::small()).color(p.dim)).truncate())
}

fn name_ui(ui: &mut Ui, app: &App, run: &Run) {
    let p = palette(ui);
    let ink = if run.is_damaged() { p.bad } else { p.strong };
    let name = ui.add(Label::new(RichText::new(&run.meta.name).color(ink)).truncate().sense(Sense::hover()));
    let trouble = run.recipe.as_ref().err().or(run.trouble.as_ref());
    let known = match origin(app, run) {
        Some(origin) => format!("{}\nBegan with the {origin}", run.id),
        None => run.id.clone(),
    };
    name.on_hover_text(trouble.unwrap_or(&known));
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
    use crate::runs::{Evaluated, Event, Metrics, RunDir};
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
            confusion: Vec::new(),
        });
        runs.take(Sight::Events(run, vec![evaluated]));
    }

    #[test]
    fn only_what_differs_has_a_column_and_the_best_is_marked() {
        let mut runs = Runs::default();
        add(&mut runs, "a", &[("optim.lr", "0.01")], 0.9);
        add(&mut runs, "b", &[("model.name", "mlp")], 0.8);
        let all: Vec<&Run> = runs.list().iter().collect();
        let paths = differing(&all);
        assert!(paths.contains(&"optim.lr".to_owned()) && paths.contains(&"model.dropout".to_owned()));
        assert!(!paths.contains(&"train.epochs".to_owned()));
        let rows: Vec<_> = all.iter().map(|run| figures(run)).collect();
        assert_eq!((all[0].id.as_str(), best(&rows, 0), best(&rows, 2)), ("b", Some(1), None));
        assert_eq!((differing(&all[..1]).len(), best(&rows[..1], 0)), (0, None));
    }
}
