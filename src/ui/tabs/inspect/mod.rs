//! The Inspect page: what a trained model makes of single pictures.

pub mod bars;
pub mod choose;
mod figures;
pub mod found;
pub mod inside;
mod matrix;
pub mod own;
mod pad;
pub mod pictures;
mod pictures_large;
pub mod spread;
mod trust;

use crate::app::Command;
use crate::app::gallery::Pick;
use crate::app::inspect::{Action, State, View as Part, Which};
use crate::runs::Split;
use crate::ui::icons::Icon;
use crate::ui::tabs::data::grid::{Caption, Grid, zoom_ui};
use crate::ui::tabs::data::picture::Picture;
use crate::ui::theme::{self, Palette, palette};
use crate::ui::view::View;
use crate::ui::widgets::{self, Weight, badge, card, figure, heading, page_title, remark, segments};
use crate::ui::words;
use crate::work::predict::Examined;
use bars::{bars, bars_ui};
use egui::{Align, ComboBox, Layout, Panel, RichText, ScrollArea, Ui};
use std::sync::Arc;

/// Width of the column beside the grid.
const SIDE: f32 = 380.0;

/// Draws the page.
pub fn show(ui: &mut Ui, view: &mut View<'_>) {
    page_title(ui, "Inspect", "What a trained model makes of single pictures");
    ui.add_space(theme::GAP);
    if view.app.pictures.shown {
        return pictures::show(ui, view);
    }
    head_ui(ui, view);
    ui.add_space(4.0);
    choose::choose_ui(ui, view);
    ui.add_space(theme::GAP);
    let part = view.app.inspect.view;
    let examined = view.app.inspect.examined().cloned();
    let own = view.app.inspect.own.clone();
    if (examined.is_some() || own.is_some()) && matches!(part, Part::Images | Part::Figures) {
        let frame = egui::Frame::new().inner_margin(egui::Margin { left: 12, ..egui::Margin::ZERO });
        let side = Panel::right("inspect side").exact_size(SIDE).resizable(false).show_separator_line(false);
        side.frame(frame).show(ui, |ui| {
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                if let Some(own) = &own {
                    own::own_ui(ui, view, own);
                    ui.add_space(theme::GAP);
                }
                if let Some(examined) = &examined {
                    side_ui(ui, view, examined);
                }
            });
        });
    }
    card(ui, |ui| {
        ui.set_height(ui.available_height());
        match &examined {
            _ if part == Part::Draw => pad::pad_ui(ui, view),
            Some(examined) if part == Part::Figures => figures::figures_ui(ui, view, examined),
            Some(examined) if part == Part::Inside => inside::inside_ui(ui, view, examined),
            Some(examined) => {
                figures::beside_ui(ui, view, examined);
                filters_ui(ui, view, examined);
                ui.add_space(4.0);
                if view.app.inspect.gallery.rows().is_empty() {
                    nothing_ui(ui, view);
                } else {
                    grid_ui(ui, view, examined);
                }
            }
            None => match view.app.inspect.state.clone() {
                State::Found(found) if part == Part::Inside => inside::places_ui(ui, view, &found),
                State::Found(found) => found::found_ui(ui, view, &found),
                _ => absent_ui(ui, view),
            },
        }
    });
}

/// Which model, and how well it reads.
fn head_ui(ui: &mut Ui, view: &mut View<'_>) {
    let p = palette(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = theme::WIDE_GAP;
        pictures::switch_ui(ui, view);
        let run = view.app.inspected_run();
        let shown = run.map_or("No run yet", |run| run.meta.name.as_str());
        let current = run.map(|run| run.id.clone());
        let menu =
            ComboBox::from_id_salt("inspected run").width(220.0).selected_text(shown).show_ui(ui, |ui| {
                for run in view.app.runs.list() {
                    let accuracy =
                        run.best_accuracy().map(|a| format!("  {}", words::percent(a))).unwrap_or_default();
                    let line = ui.selectable_label(
                        Some(&run.id) == current.as_ref(),
                        format!("{}{accuracy}", run.meta.name),
                    );
                    if line.on_hover_text(&run.id).clicked() {
                        return Some(run.id.clone());
                    }
                }
                None
            });
        menu.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Run to inspect"));
        menu.response.on_hover_text("The run whose model reads");
        if let Some(id) = menu.inner.flatten() {
            view.ask(Command::Inspect(Action::Run(id)));
        }
        let options = [
            (Which::Best, Which::Best.label(), "The best model by validation accuracy"),
            (Which::Last, Which::Last.label(), "The model after the last epoch, or where it was stopped"),
        ];
        if let Some(which) = segments(ui, view.app.inspect.which, &options) {
            view.ask(Command::Inspect(Action::Model(which)));
        }
        if let Some(examined) = view.app.inspect.examined() {
            let of = match examined.part {
                Split::Train => "Training",
                Split::Valid => "Validation",
                Split::Test => "Test",
            };
            figure(ui, &format!("{of} accuracy"), &words::percent(examined.accuracy));
            figure(ui, &format!("{of} loss"), &format!("{:.4}", examined.loss));
            figure(
                ui,
                "Read wrongly",
                &format!(
                    "{} of {}",
                    words::count(examined.mistakes.len() as u64),
                    words::count(examined.samples.len() as u64)
                ),
            );
            figure(ui, "After epoch", &words::number((examined.epoch * 100.0).round() / 100.0));
            for warning in &examined.warnings {
                badge(ui, "Note", p.warn).on_hover_text(warning);
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            own::open_ui(ui, view);
            if view.app.inspect.outdated {
                let tooltip = "The model was written anew since its test images were read";
                if widgets::Action::new(Icon::Reset, "Read again").tooltip(tooltip).show(ui) {
                    view.ask(Command::Inspect(Action::Look));
                }
            }
        });
    });
}

fn filters_ui(ui: &mut Ui, view: &mut View<'_>, examined: &Examined) {
    ui.horizontal(|ui| {
        let inspect = &view.app.inspect;
        let mistakes = format!("Show mistakes ({})", words::count(examined.mistakes.len() as u64));
        let mut only = inspect.mistakes;
        let toggle = ui.checkbox(&mut only, mistakes);
        if toggle
            .on_hover_text("Lists only the images read wrongly, the surest first; 5›8 is a 5 read as 8")
            .changed()
        {
            view.ask(Command::Inspect(Action::Mistakes(only)));
        }
        let chosen =
            inspect.truth.map_or("All classes".to_owned(), |class| bars::class_label(&name(examined, class)));
        let menu = ComboBox::from_id_salt("true class").selected_text(chosen).show_ui(ui, |ui| {
            let mut asked = None;
            if ui.selectable_label(inspect.truth.is_none(), "All classes").clicked() {
                asked = Some(None);
            }
            for class in 0..examined.classes.len() as u8 {
                let line = ui.selectable_label(
                    inspect.truth == Some(class),
                    bars::class_label(&name(examined, class)),
                );
                if line.clicked() {
                    asked = Some(Some(class));
                }
            }
            asked
        });
        menu.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "True class"));
        menu.response.on_hover_text("Shows only images of this true class");
        if let Some(truth) = menu.inner.flatten() {
            view.ask(Command::Inspect(Action::Truth(truth)));
        }
        if let Some(cell) = inspect.cell {
            let text = format!("{} read as {}", name(examined, cell.truth), name(examined, cell.predicted));
            badge(ui, &text, palette(ui).accent);
            let clear =
                widgets::Action::icon(Icon::Close, "Show all cells").tooltip("Shows all images again");
            if clear.show(ui) {
                view.ask(Command::Inspect(Action::Cell(None)));
            }
        }
        remark(ui, words::many(inspect.gallery.rows().len(), "image"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if let Some(tile) = zoom_ui(ui, &view.app.inspect.gallery) {
                view.ask(Command::Inspect(Action::Zoom(tile)));
            }
        });
    });
}

fn grid_ui(ui: &mut Ui, view: &mut View<'_>, examined: &Examined) {
    let p = palette(ui);
    let edges = !view.app.inspect.mistakes && view.app.inspect.cell.is_none();
    let grid = Grid {
        gallery: &view.app.inspect.gallery,
        samples: &examined.samples,
        describe: &|row| describe(examined, row),
        caption: Some(&|row| Some(caption(examined, row, edges, p))),
        classes: None,
        many: false,
    };
    let asked = grid.show(ui, &mut view.memory.thumbs);
    if let Some(Pick::Only(position)) = asked.pick {
        view.ask(Command::Inspect(Action::Select(position)));
    }
    if let Some(tile) = asked.tile {
        view.ask(Command::Inspect(Action::Zoom(tile)));
    }
}

/// Under a tile: its class, and behind a mark what it was read as when that differs. In a list of nothing but mistakes
/// an edge around each would say nothing.
fn caption(examined: &Examined, row: usize, edges: bool, p: &Palette) -> Caption {
    // A number has more characters than the name of a class.
    let most = if examined.numbers.is_some() { 8 } else { 3 };
    let [truth, read] = examined.words(row).map(|words| words.chars().take(most).collect::<String>());
    if examined.is_right(row) {
        Caption { text: read, colour: p.dim, edge: false }
    } else {
        Caption { text: format!("{truth}›{read}"), colour: p.bad, edge: edges }
    }
}

fn name(examined: &Examined, class: u8) -> String {
    examined.classes.get(usize::from(class)).cloned().unwrap_or_else(|| format!("class {class}"))
}

/// What the model made of an image, in words.
fn describe(examined: &Examined, row: usize) -> String {
    let [truth, read] = examined.words(row);
    let sure = words::percent(f64::from(examined.confidence[row]));
    let read = format!("Test image {row}: read as {read} with {sure}");
    if examined.is_right(row) { format!("{read}, rightly") } else { format!("{read}, is {truth}") }
}

fn side_ui(ui: &mut Ui, view: &mut View<'_>, examined: &Arc<Examined>) {
    if view.app.inspect.own.is_none()
        && let Some(row) = view.app.inspect.gallery.selected_row()
    {
        card(ui, |ui| image_ui(ui, view, examined, row));
        ui.add_space(theme::GAP);
    }
    card(ui, |ui| matrix::matrix_ui(ui, view, examined));
}

fn image_ui(ui: &mut Ui, view: &mut View<'_>, examined: &Examined, row: usize) {
    let p = palette(ui);
    let (truth, predicted) = (examined.samples.labels[row], examined.predicted[row]);
    let (right, [is, read]) = (examined.is_right(row), examined.words(row));
    ui.horizontal(|ui| {
        heading(ui, &format!("Test image {}", words::count(row as u64)));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let close =
                widgets::Action::icon(Icon::Close, "Close image").tooltip("Puts the large view away (Esc)");
            if close.show(ui) {
                view.ask(Command::Inspect(Action::Select(None)));
            }
        });
    });
    ui.horizontal_top(|ui| {
        ui.vertical(|ui| {
            let name = describe(examined, row);
            let picture = Picture {
                list: view.app.inspect.gallery.revision(),
                row,
                samples: &examined.samples,
                classes: None,
                name: &name,
            };
            picture.show(ui, &mut view.memory.thumbs, 170.0);
        });
        ui.vertical(|ui| {
            let colour = if right { p.good } else { p.bad };
            remark(ui, "Predicted");
            big(ui, &read, colour);
            remark(ui, "True");
            big(ui, &is, p.strong);
            badge(ui, if right { "Right" } else { "Wrong" }, colour);
        });
    });
    ui.add_space(4.0);
    let truth = usize::from(truth);
    bars_ui(ui, &bars(&examined.classes, examined.of(row), usize::from(predicted), Some(truth)));
}

fn big(ui: &mut Ui, text: &str, colour: egui::Color32) {
    ui.label(RichText::new(text).font(theme::huge()).color(colour));
}

/// What the model says, to be seen from afar, with the words for it on hover.
fn verdict_ui(ui: &mut Ui, text: &str, tooltip: &str, colour: egui::Color32) {
    ui.label(RichText::new(text).font(theme::figure()).color(colour)).on_hover_text(tooltip);
}

fn nothing_ui(ui: &mut Ui, view: &mut View<'_>) {
    let inspect = &view.app.inspect;
    if inspect.mistakes && inspect.truth.is_none() && inspect.cell.is_none() {
        widgets::empty(ui, Icon::Check, "No mistakes", "The model reads every test image rightly");
        return;
    }
    widgets::empty(ui, Icon::Inspect, "No image fits", "Choose another class or cell");
}

/// What stands in place of the grid while nothing was read.
fn absent_ui(ui: &mut Ui, view: &mut View<'_>) {
    let offer = |ui: &mut Ui, view: &mut View<'_>, icon, label: &str, command: Command| {
        ui.vertical_centered(|ui| {
            ui.add_space(theme::GAP);
            if widgets::Action::new(icon, label).weight(Weight::Primary).tall().show(ui) {
                view.ask(command);
            }
        });
    };
    match view.app.inspect.state.clone() {
        State::NoModel if view.app.inspected_run().is_none() => {
            widgets::empty(
                ui,
                Icon::Inspect,
                "There is no model yet",
                "Train one: the quick start takes about a minute",
            );
            offer(ui, view, Icon::Quick, "Quick start", Command::QuickStart);
        }
        State::NoModel => {
            let text = "It is written when the first epoch has been validated, and shows here by itself";
            widgets::empty(ui, Icon::Inspect, "This run has no such model yet", text);
        }
        State::Working(job) => {
            let shown = view.app.jobs.shown().find(|shown| shown.id == job);
            let doing = shown.as_ref().map_or(String::new(), |shown| shown.status.doing.clone());
            widgets::empty(ui, Icon::Inspect, "The model reads its test images", &doing);
            ui.vertical_centered(|ui| {
                let share = shown.and_then(|shown| shown.status.share());
                widgets::progress(ui, 260.0, share, palette(ui).accent);
            });
        }
        State::Trouble(why) => {
            widgets::empty(ui, Icon::Warning, "The test images could not be read", &why);
            offer(ui, view, Icon::Reset, "Try again", Command::Inspect(Action::Look));
        }
        State::Cancelled => {
            widgets::empty(ui, Icon::Inspect, "Nothing was read", "Reading the test images was cancelled");
            offer(ui, view, Icon::Reset, "Read test images", Command::Inspect(Action::Look));
        }
        State::Ready(_) | State::Found(_) => {}
    }
}
