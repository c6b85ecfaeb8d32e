//! Runs side by side: a table of those that a query chooses, and below it curves, groups, a scatter or two recipes.

mod difference;
pub mod groups;
mod scatter;
pub mod table;

use crate::app::compare::{Comparison, FIGURES, Panel as Part};
use crate::app::runs::Run;
use crate::app::{App, Command, Overlay};
use crate::runs::{METRICS, Meta, Metric};
use crate::ui::icons::Icon;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{self, badge, empty, heading, remark, segments};
use crate::ui::{plots_ui, words};
use egui::{Align, ComboBox, Frame, Layout, Margin, Panel, RichText, Role, Stroke, TextEdit, Ui, WidgetInfo};

/// So many runs are drawn where none is ticked.
const NEWEST: usize = 6;

/// What is typed of the run looked at: its id, tags and note.
#[derive(Default)]
pub struct Typed {
    of: Option<Meta>,
    tags: String,
    note: String,
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
    let height = (n as f32 * 30.0 + 150.0).min(ui.available_height() * 0.5);
    let frame = Frame::new().fill(p.card).stroke(Stroke::new(1.0, p.line)).corner_radius(theme::ROUND);
    let frame = frame.inner_margin(Margin::same(12)).outer_margin(Margin { bottom: 10, ..Margin::ZERO });
    Panel::top("table")
        .default_size(height)
        .size_range(160.0..=900.0)
        .show_separator_line(false)
        .frame(frame)
        .show(ui, |ui| {
            heading_ui(ui, view);
            query_ui(ui, view);
            said_ui(ui, view);
            egui::ScrollArea::horizontal().auto_shrink(false).show(ui, |ui| table::table_ui(ui, view));
        });
    egui::CentralPanel::no_frame().show(ui, |ui| {
        let runs = compared(view.app);
        panel_ui(ui, view, &runs);
        match view.app.settings.compare.panel {
            Part::Curves => {
                let metrics: Vec<String> = view.app.settings.metrics.clone();
                let names: Vec<&str> = metrics.iter().map(String::as_str).collect();
                let columns = if names.len() > 1 && ui.available_width() > 700.0 { 2 } else { 1 };
                plots_ui::show(ui, view, &runs, &names, columns);
            }
            Part::Groups => groups::groups_ui(ui, view),
            Part::Scatter => scatter::scatter_ui(ui, view),
            Part::Difference => difference::difference_ui(ui, view, &runs),
        }
    });
}

/// The runs that are ticked; the newest where none is, since one alone is nothing to compare.
pub fn compared(app: &App) -> Vec<&Run> {
    if app.runs.shown.is_empty() { app.runs.list().iter().take(NEWEST).collect() } else { app.runs.ticked() }
}

/// The runs that the query chooses.
fn chosen<'a>(app: &'a App, table: &table::Table) -> Vec<&'a Run> {
    let list = app.runs.list();
    table.listed.as_deref().unwrap_or_default().iter().filter_map(|at| list.get(*at)).collect()
}

fn heading_ui(ui: &mut Ui, view: &mut View<'_>) {
    ui.horizontal(|ui| {
        heading(ui, "Compare");
        remark(ui, "Tick the runs to draw; the columns are the settings in which those differ");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            view.icon_button(ui, Icon::Trash, &Command::Trash);
            let others: Vec<&'static Metric> =
                METRICS.iter().filter(|metric| !is_common(metric) && is_measured(view.app, metric)).collect();
            if !others.is_empty() {
                // Whole numbers have a dozen figures of their own, which no row holds beside the others.
                ui.menu_button(RichText::new("More").font(theme::small()), |ui| {
                    for metric in others {
                        metric_ui(ui, view, metric);
                    }
                });
            }
            for metric in METRICS.iter().rev().filter(|metric| is_common(metric)) {
                metric_ui(ui, view, metric);
            }
            remark(ui, "Curves of");
        });
    });
}

/// The field that chooses runs.
fn query_ui(ui: &mut Ui, view: &mut View<'_>) {
    let compare = &view.app.settings.compare;
    ui.horizontal(|ui| {
        let label = remark(ui, "Show");
        let mut typed = compare.query.clone();
        let hint = "every run, or for instance: optim = adam and lr < 0.01 and acc > 0.99";
        let field = TextEdit::singleline(&mut typed).hint_text(hint).desired_width(430.0);
        let tooltip = "Names of settings and figures with = != < <= > >= ~, joined by and, or, not and brackets; a word by itself is looked for in names and tags";
        if ui.add(field).labelled_by(label.id).on_hover_text(tooltip).changed() {
            view.ask(Command::SetCompare(Box::new(Comparison { query: typed, ..compare.clone() })));
        }
        view.memory.compare.keep(view.app);
        if let Ok(rows) = &view.memory.compare.listed {
            let n = view.app.runs.list().len();
            let text = if rows.len() == n { words::many(n, "run") } else { format!("{} of {n} runs", rows.len()) };
            remark(ui, text);
            if !compare.query.trim().is_empty() && !rows.is_empty() {
                let tooltip = "Ticks the runs listed, and no others";
                if widgets::Action::new(Icon::Check, "Tick these").tooltip(tooltip).show(ui) {
                    tick(view);
                }
            }
        }
        if learned_otherwise(view) {
            badge(ui, "Different data", palette(ui).warn).on_hover_text(
                "The runs below learned from different data or other divisions of it: their figures are not of the same images",
            );
        }
    });
}

/// Whether the runs that are compared below the table are of different data.
fn learned_otherwise(view: &View<'_>) -> bool {
    let runs = match view.app.settings.compare.panel {
        Part::Curves | Part::Difference => compared(view.app),
        Part::Groups | Part::Scatter => chosen(view.app, &view.memory.compare),
    };
    let data = runs.iter().filter_map(|run| run.history.started.as_ref()).map(|s| s.data.as_str());
    let mut known = data.filter(|data| !data.is_empty());
    known.next().is_some_and(|first| known.any(|other| other != first))
}

/// Ticks the runs listed, at most as many as can be told apart.
fn tick(view: &mut View<'_>) {
    let app = view.app;
    let wanted: Vec<String> =
        chosen(app, &view.memory.compare).iter().take(200).map(|run| run.id.clone()).collect();
    for id in app.runs.shown.iter().filter(|id| !wanted.contains(id)) {
        view.ask(Command::Plot(id.clone(), false));
    }
    for id in wanted {
        view.ask(Command::Plot(id, true));
    }
}

/// Name, tags and note of the run looked at.
fn said_ui(ui: &mut Ui, view: &mut View<'_>) {
    let Some(run) = view.app.runs.current() else { return };
    let typed = &mut view.memory.said;
    if typed.of.as_ref() != Some(&run.meta) {
        *typed =
            Typed { of: Some(run.meta.clone()), tags: run.meta.tags.join(", "), note: run.meta.note.clone() };
    }
    let mut said = None;
    let mut rename = false;
    ui.horizontal(|ui| {
        let p = palette(ui);
        widgets::dot(ui, p.run(run.meta.colour));
        ui.label(RichText::new(&run.meta.name).font(theme::strong()).color(p.strong));
        rename =
            widgets::Action::icon(Icon::Pen, "Rename run").tooltip("Gives the run another name").show(ui);
        let label = remark(ui, "Tags");
        let field =
            TextEdit::singleline(&mut typed.tags).hint_text("good, for the report").desired_width(160.0);
        let tags =
            ui.add(field).labelled_by(label.id).on_hover_text("Words to find it by, with commas between");
        let label = remark(ui, "Note");
        let field =
            TextEdit::singleline(&mut typed.note).desired_width((ui.available_width() - 8.0).max(80.0));
        let note = ui.add(field).labelled_by(label.id).on_hover_text("Whatever is to be remembered of it");
        if tags.lost_focus() || note.lost_focus() {
            let tags = typed.tags.split(',').map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty());
            said =
                Some(Meta { tags: tags.collect(), note: typed.note.trim().to_owned(), ..run.meta.clone() });
        }
    });
    if rename {
        view.ask(Command::Open(Overlay::Rename(run.id.clone())));
    }
    if let Some(meta) = said.filter(|meta| *meta != run.meta) {
        view.ask(Command::SetMeta(run.id.clone(), Box::new(meta)));
    }
}

/// What is drawn below the table.
fn panel_ui(ui: &mut Ui, view: &mut View<'_>, runs: &[&Run]) {
    let compare = view.app.settings.compare.clone();
    let mut next = compare.clone();
    ui.horizontal(|ui| {
        let parts = [
            (Part::Curves, "Curves", "Curves of the runs ticked"),
            (
                Part::Groups,
                "Groups",
                "Runs listed that have a setting in common: mean, spread, and whether they differ",
            ),
            (Part::Scatter, "Scatter", "A figure of each run listed over a setting or another figure"),
            (Part::Difference, "Recipes", "What differs between the recipes of two runs"),
        ];
        if let Some(part) = segments(ui, compare.panel, &parts) {
            next.panel = part;
        }
        let figures: Vec<(String, String)> =
            FIGURES.iter().map(|(n, l)| ((*n).to_owned(), (*l).to_owned())).collect();
        let settings: Vec<(String, String)> = view.memory.compare.settings.clone();
        match compare.panel {
            Part::Curves | Part::Difference => {}
            Part::Groups => {
                pick(ui, "Group by", &mut next.group, &settings);
                pick(ui, "Figure", &mut next.figure, &figures);
            }
            Part::Scatter => {
                pick(ui, "Upwards", &mut next.figure, &figures);
                let mut all = figures.clone();
                all.extend(settings);
                pick(ui, "To the right", &mut next.over, &all);
            }
        }
        if compare.panel == Part::Difference && runs.len() < 2 {
            remark(ui, "Tick two runs");
        }
    });
    if next != compare {
        view.ask(Command::SetCompare(Box::new(next)));
    }
    ui.add_space(4.0);
}

fn pick(ui: &mut Ui, label: &str, chosen: &mut String, options: &[(String, String)]) {
    remark(ui, label);
    let shown = options.iter().find(|(name, _)| name == chosen).map_or(chosen.as_str(), |(_, label)| label);
    let menu = ComboBox::from_id_salt(label).selected_text(shown).width(150.0).show_ui(ui, |ui| {
        for (name, label) in options {
            if ui.selectable_label(name == chosen, label).on_hover_text(name).clicked() {
                chosen.clone_from(name);
            }
        }
    });
    menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, label));
}

/// Whether every run has curves of it.
fn is_common(metric: &Metric) -> bool {
    ["accuracy", "loss", "lr", "images_per_s"].contains(&metric.name)
}

/// Whether any run has curves of it; most runs read no whole numbers.
fn is_measured(app: &App, metric: &Metric) -> bool {
    let has = |run: &Run| run.history.curves.keys().any(|(_, name)| name == metric.name);
    app.runs.list().iter().take(200).any(has)
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
