//! The Report page: which runs, the user's own words on each question, pictures, and one button that writes it.

use crate::app::reporting::Action;
use crate::app::{App, Command};
use crate::report::QUESTIONS;
use crate::ui::dialog::Dialog;
use crate::ui::icons::Icon;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{self, Weight, card, dot, heading, page_title, remark};
use crate::ui::words;
use egui::{Align, Layout, RichText, ScrollArea, TextEdit, Ui};

/// What only the drawing needs to know.
#[derive(Default)]
pub struct Memory {
    save: Dialog,
    picture: Dialog,
}

/// Draws the page.
pub fn show(ui: &mut Ui, view: &mut View<'_>) {
    page_title(ui, "Report", "Runs put together as one file to hand in, with nothing to load from elsewhere");
    ui.add_space(theme::GAP);
    let side =
        egui::Panel::right("report side").exact_size(330.0).resizable(false).show_separator_line(false);
    let frame = egui::Frame::new().inner_margin(egui::Margin { left: 12, ..egui::Margin::ZERO });
    side.frame(frame).show(ui, |ui| {
        card(ui, |ui| write_ui(ui, view));
        ui.add_space(theme::GAP);
        card(ui, |ui| runs_ui(ui, view));
        ui.add_space(theme::GAP);
        card(ui, |ui| pictures_ui(ui, view));
    });
    card(ui, |ui| {
        ui.set_height(ui.available_height());
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| words_ui(ui, view));
    });
}

fn write_ui(ui: &mut Ui, view: &mut View<'_>) {
    let reason = view.app.reported_runs().is_empty().then(|| "There is no run to report on yet".to_owned());
    let tooltip = "Chooses a file: .html for one file, .md for Markdown with a folder of pictures";
    let button = widgets::Action::new(Icon::Download, "Write report…").weight(Weight::Primary).tall();
    if button.tooltip(tooltip).reason(reason).width(ui.available_width()).show(ui) {
        view.memory.report.save.save_file(ui.ctx(), "Write report", "report.html");
    }
    if let Some(path) = view.memory.report.save.picked() {
        view.ask(Command::Report(Action::Write(path)));
    }
    let job = view.app.reporting.job();
    if let Some(shown) = view.app.jobs.shown().find(|shown| Some(shown.id) == job) {
        remark(ui, &shown.status.doing);
        widgets::progress(ui, ui.available_width(), shown.status.share(), palette(ui).accent);
    } else if let Some(written) = &view.app.reporting.written {
        remark(ui, format!("Written: {}", view.app.shown_path(written)));
    }
}

fn runs_ui(ui: &mut Ui, view: &View<'_>) {
    let p = palette(ui);
    let runs = view.app.reported_runs();
    heading(ui, &words::many(runs.len(), "run"));
    remark(ui, "Those ticked on the Compare page; the best by validation accuracy is the final one");
    let best = best(view.app);
    for run in runs.iter().take(12) {
        ui.horizontal(|ui| {
            dot(ui, p.run(run.meta.colour));
            let ink = if best == Some(run.id.as_str()) { p.strong } else { p.text };
            ui.label(RichText::new(&run.meta.name).color(ink));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(run.best_accuracy().map_or_else(|| "–".to_owned(), words::percent));
                if best == Some(run.id.as_str()) {
                    remark(ui, "final");
                }
            });
        });
    }
    if runs.len() > 12 {
        remark(ui, format!("and {} more", runs.len() - 12));
    }
}

fn best(app: &App) -> Option<&str> {
    let runs = app.reported_runs();
    let own = runs.into_iter().filter(|run| run.imported.is_none());
    let best = own.max_by(|a, b| {
        let score = |run: &crate::app::runs::Run| run.best_accuracy().unwrap_or(-1.0);
        score(a).total_cmp(&score(b)).then(a.id.cmp(&b.id))
    });
    best.map(|run| run.id.as_str())
}

fn pictures_ui(ui: &mut Ui, view: &mut View<'_>) {
    ui.horizontal(|ui| {
        heading(ui, "New pictures");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let tooltip = "Adds a picture of yours, which the final model reads in the report";
            if widgets::Action::new(Icon::Plus, "Add…").tooltip(tooltip).show(ui) {
                let endings = ["png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "webp"];
                view.memory.report.picture.pick_file(ui.ctx(), "Add picture", "Pictures", &endings);
            }
        });
    });
    if let Some(path) = view.memory.report.picture.picked() {
        view.ask(Command::Report(Action::Picture(path)));
    }
    for (at, path) in view.app.reporting.pictures.clone().iter().enumerate() {
        ui.horizontal(|ui| {
            ui.label(path.file_name().unwrap_or_default().to_string_lossy());
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if widgets::Action::icon(Icon::Close, "Remove picture").tooltip("Takes it out again").show(ui)
                {
                    view.ask(Command::Report(Action::RemovePicture(at)));
                }
            });
        });
    }
    if view.app.reporting.pictures.is_empty() {
        remark(ui, "None yet: photographs of digits or numbers, to see how the model reads them");
    }
}

/// Title, author, and a field a question.
fn words_ui(ui: &mut Ui, view: &mut View<'_>) {
    let words = view.app.reporting.words.clone();
    if let Some(trouble) = &view.app.reporting.trouble {
        ui.label(RichText::new(trouble).color(palette(ui).bad));
    }
    heading(ui, "Your own words");
    remark(ui, "Everything else comes from the runs. What you write is kept in the workspace");
    ui.add_space(theme::GAP);
    let mut line = |ui: &mut Ui, label: &str, text: &str, hint: &str, action: fn(String) -> Action| {
        let name = ui.label(RichText::new(label).font(theme::strong()));
        let mut typed = text.to_owned();
        let field = TextEdit::singleline(&mut typed).hint_text(hint).desired_width(f32::INFINITY);
        if ui.add(field).labelled_by(name.id).changed() {
            view.ask(Command::Report(action(typed)));
        }
        ui.add_space(theme::GAP);
    };
    line(ui, "Title", &words.title, "Named after the final run", Action::Title);
    line(ui, "Author", &words.author, "Who hands it in", Action::Author);
    for question in QUESTIONS {
        let name = ui.label(RichText::new(question.title).font(theme::strong()));
        let mut typed = words.answers.get(question.name).cloned().unwrap_or_default();
        let rows = if typed.is_empty() { 2 } else { 4 };
        let field = TextEdit::multiline(&mut typed).hint_text(question.hint).desired_rows(rows);
        if ui.add(field.desired_width(f32::INFINITY)).labelled_by(name.id).changed() {
            view.ask(Command::Report(Action::Answer(question.name.to_owned(), typed)));
        }
        ui.add_space(theme::GAP);
    }
}
