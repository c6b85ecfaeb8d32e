//! How good the model is in figures: by class, by how sure it is, by length and position, against another model.

use super::choose::file_name;
use super::trust::{coverage_ui, reliability_ui};
use crate::app::inspect::{Action, View as Part};
use crate::app::{App, Command};
use crate::score::{Beside, ClassFigures, Figures, Means, by_class, means};
use crate::ui::icons::Icon;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{self, badge, figure, heading, remark};
use crate::ui::words;
use crate::work::predict::Examined;
use egui::{Grid, RichText, ScrollArea, Ui};
use std::fmt::Write as _;

/// Bins of the reliability diagram and its error: as many as in Guo et al., 2017.
pub const BINS: usize = 15;

/// Draws everything below each other.
pub fn figures_ui(ui: &mut Ui, view: &mut View<'_>, examined: &Examined) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        beside_ui(ui, view, examined);
        let (classes, means) = scores(examined);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = theme::WIDE_GAP;
            if examined.figures.is_none() {
                figure(ui, "Precision", &words::percent(means.precision));
                figure(ui, "Recall", &words::percent(means.recall));
                figure(ui, "F1", &words::percent(means.f1));
            }
            if let Some(top_2) = examined.top_2 {
                figure(ui, "Top-2 accuracy", &words::percent(top_2));
            }
            let ece = examined.answers.calibration_error(BINS);
            figure(ui, "Calibration error", &words::percent(ece))
                .on_hover_text("How far confidence and accuracy lie apart, over 15 bins (ECE)");
            if let Some((temperature, answers)) = &examined.tempered {
                figure(ui, "Temperature", &format!("{temperature:.3}"))
                    .on_hover_text("What scores would have to be divided by to be honest on the validation images; over 1 for a model that is too sure");
                figure(ui, "Error with it", &words::percent(answers.calibration_error(BINS)));
            }
        });
        ui.add_space(theme::GAP);
        ui.horizontal_top(|ui| {
            ui.vertical(|ui| reliability_ui(ui, examined));
            ui.add_space(theme::WIDE_GAP);
            ui.vertical(|ui| coverage_ui(ui, view, examined));
        });
        ui.add_space(theme::GAP);
        match &examined.figures {
            Some(figures) => numbers_ui(ui, figures),
            None => classes_ui(ui, &examined.classes, &classes),
        }
    });
}

/// Each class by itself, and the means over them.
fn scores(examined: &Examined) -> (Vec<ClassFigures>, Means) {
    let counts: Vec<u64> = examined.confusion.iter().map(|count| u64::from(*count)).collect();
    let classes = by_class(&counts, examined.classes.len());
    let means = means(&classes);
    (classes, means)
}

fn head(ui: &mut Ui, captions: &[&str]) {
    for caption in captions {
        ui.label(RichText::new(*caption).font(theme::small()).color(palette(ui).dim));
    }
    ui.end_row();
}

fn share_ui(ui: &mut Ui, share: Option<f64>) {
    ui.label(share.map_or_else(|| "–".to_owned(), words::percent));
}

fn classes_ui(ui: &mut Ui, names: &[String], classes: &[ClassFigures]) {
    heading(ui, "By class");
    Grid::new("classes").striped(true).spacing([28.0, 5.0]).show(ui, |ui| {
        head(ui, &["Class", "Images", "Read as it", "Recall", "Precision", "F1"]);
        for (name, class) in names.iter().zip(classes) {
            ui.label(RichText::new(name).font(theme::strong()));
            ui.label(words::count(class.n));
            ui.label(words::count(class.read));
            share_ui(ui, class.recall());
            share_ui(ui, class.precision());
            share_ui(ui, class.f1());
            ui.end_row();
        }
    });
}

fn numbers_ui(ui: &mut Ui, figures: &Figures) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = theme::WIDE_GAP;
        figure(ui, "Right length", &words::percent(figures.length_accuracy()));
        figure(ui, "Right characters", &words::percent(figures.character_accuracy()));
        figure(ui, "98 % right of", &words::percent(figures.coverage(0.98)));
        if figures.located.n > 0 {
            figure(ui, "Overlap of boxes", &words::percent(figures.located.mean()));
            figure(ui, "Located", &words::percent(figures.located.located()));
        }
    });
    ui.add_space(theme::GAP);
    let share = |of: u64, n: u64| (n > 0).then(|| of as f64 / n as f64);
    ui.horizontal_top(|ui| {
        ui.vertical(|ui| {
            heading(ui, "By length");
            Grid::new("lengths").striped(true).spacing([28.0, 5.0]).show(ui, |ui| {
                head(ui, &["Characters", "Numbers", "All right", "Right length"]);
                for one in &figures.by_length {
                    ui.label(RichText::new(one.length.to_string()).font(theme::strong()));
                    ui.label(words::count(one.n));
                    share_ui(ui, share(one.correct, one.n));
                    share_ui(ui, share(one.length_correct, one.n));
                    ui.end_row();
                }
            });
        });
        ui.add_space(theme::WIDE_GAP);
        ui.vertical(|ui| {
            heading(ui, "By position");
            Grid::new("positions").striped(true).spacing([28.0, 5.0]).show(ui, |ui| {
                head(ui, &["Position", "Characters", "Right"]);
                for (i, [n, right]) in figures.positions.iter().enumerate() {
                    ui.label(RichText::new((i + 1).to_string()).font(theme::strong()));
                    ui.label(words::count(*n));
                    share_ui(ui, share(*right, *n));
                    ui.end_row();
                }
            });
        });
    });
}

/// The two models against each other, with a button for the images of each kind.
pub fn beside_ui(ui: &mut Ui, view: &mut View<'_>, examined: &Examined) {
    let p = palette(ui);
    let app = view.app;
    let beside = &app.inspect.beside;
    let Some(run) = beside.run.as_deref().and_then(|id| app.runs.get(id)) else { return };
    if let Some(trouble) = &beside.trouble {
        ui.label(RichText::new(format!("{} cannot be set beside it: {trouble}", run.meta.name)).color(p.bad));
        return;
    }
    let Some(counts) = beside.paired(examined) else {
        ui.horizontal(|ui| {
            ui.spinner();
            remark(ui, format!("{} reads the same images", run.meta.name));
        });
        return;
    };
    let [own, other] = counts.accuracies().map(words::percent);
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(format!("{own} against {other} of {}", run.meta.name)).font(theme::strong()));
        let p_value = counts.p_value();
        let (text, colour) = match counts.differ() {
            true => (format!("More than chance (p = {p_value:.3})"), p.good),
            false => (format!("No more than chance (p = {p_value:.2})"), p.warn),
        };
        badge(ui, &text, colour).on_hover_text(
            "McNemar's exact test: how often a coin would part the images that one model alone reads at least so unevenly",
        );
    });
    ui.horizontal_wrapped(|ui| {
        let kinds = [
            (None, "All images".to_owned()),
            (Some(Beside::First), format!("Only this model ({})", words::count(counts.first))),
            (Some(Beside::Second), format!("Only the other ({})", words::count(counts.second))),
            (Some(Beside::Neither), format!("Neither ({})", words::count(counts.neither))),
        ];
        for (only, label) in kinds {
            let on = app.inspect.only == only;
            let button = egui::Button::selectable(on, RichText::new(label).font(theme::small()));
            if ui.add(button).on_hover_text("Lists the images that are read rightly so").clicked() {
                view.ask(Command::Inspect(Action::Only(only)));
                view.ask(Command::Inspect(Action::View(Part::Images)));
            }
        }
    });
    ui.add_space(4.0);
}

/// Buttons that write the matrix to a file.
pub fn save_matrix_ui(ui: &mut Ui, view: &mut View<'_>) {
    let Some(examined) = view.app.inspect.examined().cloned() else { return };
    let ctx = ui.ctx().clone();
    let button = |label: &str, tooltip: &str, ui: &mut Ui| {
        widgets::Action::new(Icon::Download, label).tooltip(tooltip).show(ui)
    };
    if button("CSV", "Writes the confusion matrix as a table", ui) {
        let name = file_name(view.app, "confusion.csv");
        view.memory.inspect.save(&ctx, "Save confusion matrix", &name, matrix_csv(&examined));
    }
    if button("SVG", "Writes the confusion matrix as a drawing", ui) {
        let name = file_name(view.app, "confusion.svg");
        let text = matrix_svg(view.app, &examined);
        view.memory.inspect.save(&ctx, "Save confusion matrix", &name, text);
    }
}

/// A line a true class, a column a class read.
fn matrix_csv(examined: &Examined) -> String {
    let quoted = |name: &String| format!("\"{}\"", name.replace('"', "\"\""));
    let names: Vec<String> = examined.classes.iter().map(quoted).collect();
    let mut text = format!("true,{}\n", names.join(","));
    for (name, row) in names.iter().zip(examined.confusion.chunks(examined.classes.len().max(1))) {
        let row: Vec<String> = row.iter().map(u32::to_string).collect();
        // Writing to memory cannot fail.
        writeln!(text, "{name},{}", row.join(",")).ok();
    }
    text
}

fn matrix_svg(app: &App, examined: &Examined) -> String {
    let counts: Vec<u64> = examined.confusion.iter().map(|count| u64::from(*count)).collect();
    crate::report::confusion_svg(&examined.classes, &counts, app.inspect.shares)
}
