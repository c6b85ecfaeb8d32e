//! The list of runs: colour, name, how it is, how good it got; ticks put runs on the axes.

use super::icons::Icon;
use super::theme::{self, Palette, palette};
use super::view::View;
use super::widgets::{Action, progress};
use super::words;
use crate::app::runs::{Choose, Run};
use crate::app::{App, Command, Overlay};
use crate::runs::{Parent, Status};
use egui::{Align2, Color32, FontId, Rect, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

/// Height of a row.
const ROW: f32 = 44.0;

/// The colour of a status.
pub fn status_colour(p: &Palette, status: &Status) -> Color32 {
    match status {
        Status::Training | Status::Loading => p.accent,
        Status::Finished => p.good,
        Status::Paused | Status::Interrupted => p.warn,
        Status::Failed(_) => p.bad,
        Status::Waiting | Status::Stopped => p.dim,
    }
}

/// Draws the list in what height there is.
pub fn show(ui: &mut Ui, view: &mut View<'_>) {
    let app = view.app;
    if app.runs.list().is_empty() {
        let text = if app.runs.complete {
            "No runs yet. Start one: it shows up here"
        } else {
            "Looking for runs…"
        };
        super::widgets::remark(ui, text);
        return;
    }
    ScrollArea::vertical().auto_shrink([false, true]).show_rows(
        ui,
        ROW,
        app.runs.list().len(),
        |ui, rows| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for run in &app.runs.list()[rows] {
                row_ui(ui, view, run);
            }
        },
    );
}

fn row_ui(ui: &mut Ui, view: &mut View<'_>, run: &Run) {
    let p = palette(ui);
    let app = view.app;
    let current = app.runs.current.as_deref() == Some(&run.id);
    let chosen = app.runs.chosen.contains(&run.id);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, current, &run.meta.name));
    let inner = rect.shrink2(vec2(0.0, 1.0));
    if current || chosen {
        ui.painter().rect_filled(inner, theme::ROUND_SMALL, if current { p.chosen } else { p.button });
    } else if response.hovered() {
        ui.painter().rect_filled(inner, theme::ROUND_SMALL, p.button);
    }
    tick_ui(ui, view, run, Rect::from_min_size(inner.min, vec2(30.0, inner.height())));
    words_ui(ui, run, inner, p, (app.now(), origin(app, run)));
    let response = response.on_hover_ui(|ui| hover_ui(ui, app, run));
    if response.clicked() {
        let modifiers = ui.input(|input| input.modifiers);
        let how = match (modifiers.command, modifiers.shift) {
            (true, _) => Choose::Toggle,
            (_, true) => Choose::Range,
            _ => Choose::Only,
        };
        view.ask(Command::Choose(run.id.clone(), how));
    }
    if response.double_clicked() {
        view.ask(Command::Open(Overlay::Rename(run.id.clone())));
    }
    response.context_menu(|ui| menu_ui(ui, view, run));
}

/// The tick that puts a run on the axes, in its colour.
pub fn tick_ui(ui: &mut Ui, view: &mut View<'_>, run: &Run, rect: Rect) {
    let p = palette(ui);
    let shown = view.app.runs.shown.contains(&run.id);
    let colour = p.run(run.meta.colour);
    let response = ui.interact(rect, ui.scope_id().with(("tick", &run.id)), Sense::click());
    let label = format!("Show {} on the axes", run.meta.name);
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, shown, &label));
    let square = Rect::from_center_size(rect.center(), theme::square(14.0));
    let hot = response.hovered() || response.has_focus();
    let fill = if shown { colour } else { Color32::TRANSPARENT };
    let edge = if hot { p.strong } else { colour };
    ui.painter().rect(square, 4.0, fill, Stroke::new(1.5, edge), egui::StrokeKind::Inside);
    if shown {
        Icon::Check.paint(ui.painter(), square.shrink(2.0), p.card);
    }
    if response.on_hover_text(label).clicked() {
        view.ask(Command::Plot(run.id.clone(), !shown));
    }
}

/// What a run began with, in words, if not with first weights: "best model of CNN".
pub fn origin(app: &App, run: &Run) -> Option<String> {
    Some(match run.meta.parent.as_ref()? {
        Parent::Run(id, part) => {
            let name = app.runs.get(id).map_or(id.as_str(), |parent| parent.meta.name.as_str());
            format!("{} of {name}", part.label())
        }
        Parent::File(path) => path.display().to_string(),
    })
}

fn words_ui(ui: &mut Ui, run: &Run, rect: Rect, p: &Palette, (now, origin): (f64, Option<String>)) {
    let status = run.status();
    let left = rect.left() + 32.0;
    let right = rect.right() - 8.0;
    let accuracy = run.best_accuracy().map_or_else(|| "–".to_owned(), words::percent);
    let figures = ui.painter().text(
        pos2(right, rect.top() + 13.0),
        Align2::RIGHT_CENTER,
        accuracy,
        theme::strong(),
        p.strong,
    );
    let ink = if run.is_damaged() { p.bad } else { p.text };
    let name = elided(ui, &run.meta.name, FontId::proportional(13.0), figures.left() - left - 8.0, ink);
    ui.painter().galley(pos2(left, rect.top() + 13.0 - name.size().y / 2.0), name, ink);
    let colour = status_colour(p, &status);
    let label = match (run.is_damaged(), &run.imported) {
        (true, _) => "Damaged",
        (_, Some(_)) => "Imported",
        _ => status.label(),
    };
    let word = ui.painter().text(
        pos2(left, rect.top() + 30.0),
        Align2::LEFT_CENTER,
        label,
        theme::small(),
        if label == "Damaged" { p.bad } else { colour },
    );
    let remark = if status.is_alive() {
        let bar =
            Rect::from_min_max(pos2(word.right() + 10.0, rect.top() + 27.5), pos2(right, rect.top() + 32.5));
        ui.painter().rect_filled(bar, 2.5, p.hover);
        let done = Rect::from_min_size(bar.min, vec2(bar.width() * run.share_done(), bar.height()));
        ui.painter().rect_filled(done, 2.5, p.run(run.meta.colour));
        return;
    } else if run.history.last_at > 0.0 {
        words::ago(now - run.history.last_at)
    } else {
        String::new()
    };
    let at = pos2(right, rect.top() + 30.0);
    let age = ui.painter().text(at, Align2::RIGHT_CENTER, remark, theme::small(), p.dim);
    if let Some(origin) = origin {
        let left = word.right() + 8.0;
        let text = elided(ui, &format!("from {origin}"), theme::small(), age.left() - left - 8.0, p.dim);
        ui.painter().galley(pos2(left, at.y - text.size().y / 2.0), text, p.dim);
    }
}

/// A line of text that ends in "…" where it would be wider.
fn elided(ui: &Ui, text: &str, font: FontId, width: f32, colour: Color32) -> std::sync::Arc<egui::Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(20.0));
    ui.painter().layout_job(job)
}

fn hover_ui(ui: &mut Ui, app: &App, run: &Run) {
    let p = palette(ui);
    ui.label(egui::RichText::new(&run.meta.name).font(theme::strong()).color(p.strong));
    super::widgets::remark(ui, &run.id);
    if let Some(origin) = origin(app, run) {
        super::widgets::remark(ui, format!("Began with the {origin}"));
    }
    if let Status::Failed(reason) = run.status() {
        ui.label(egui::RichText::new(reason).color(p.bad));
    }
    if let Err(reason) = &run.recipe {
        ui.label(egui::RichText::new(reason).color(p.bad));
    }
    if let Some(trouble) = &run.trouble {
        ui.label(egui::RichText::new(trouble).color(p.bad));
    }
    super::widgets::remark(ui, "Click looks at it, Ctrl and Shift choose several, double click renames");
}

fn menu_ui(ui: &mut Ui, view: &mut View<'_>, run: &Run) {
    if ui.button("Rename…").clicked() {
        view.ask(Command::Open(Overlay::Rename(run.id.clone())));
    }
    if ui.button("Use its recipe").clicked() {
        view.ask(Command::UseRecipeOf(run.id.clone()));
    }
    if ui.button("Move to trash").clicked() {
        if !view.app.runs.chosen.contains(&run.id) {
            view.ask(Command::Choose(run.id.clone(), Choose::Only));
        }
        view.ask(Command::Trash);
    }
}

/// The heading above the list, with what can be done to the chosen runs.
pub fn heading_ui(ui: &mut Ui, view: &mut View<'_>) {
    ui.horizontal(|ui| {
        super::widgets::heading(ui, "Runs");
        let n = view.app.runs.list().len();
        super::widgets::remark(ui, if n == 0 { String::new() } else { words::count(n as u64) });
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            view.icon_button(ui, Icon::Trash, &Command::Trash);
            if let Some(run) = view.app.runs.current() {
                let rename =
                    Action::icon(Icon::Pen, "Rename").tooltip("Gives the run looked at another name");
                if rename.show(ui) {
                    view.ask(Command::Open(Overlay::Rename(run.id.clone())));
                }
                let copy =
                    Action::icon(Icon::Copy, "Use its recipe").tooltip("Puts this run's recipe on the form");
                if copy.reason(run.recipe.as_ref().err().cloned()).show(ui) {
                    view.ask(Command::UseRecipeOf(run.id.clone()));
                }
            }
        });
    });
}

/// A thin bar of how far a run is, in its colour.
pub fn share_ui(ui: &mut Ui, run: &Run, width: f32) {
    let p = palette(ui);
    let share = (run.status() != Status::Loading).then(|| run.share_done());
    progress(ui, width, share, p.run(run.meta.colour));
}
