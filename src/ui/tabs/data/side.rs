//! Beside the grid: the image looked at, how many images of each class there are, and what else there is to know.

use super::filters::label_word;
use super::picture::Picture;
use super::words_for;
use crate::app::Command;
use crate::app::data::{Action, Part, State, Trouble};
use crate::data::{Availability, Dataset, Kind, Samples};
use crate::ui::icons::Icon;
use crate::ui::tabs::inspect::bars::{bars, bars_ui};
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{self, Weight, card, heading, remark};
use crate::ui::words;
use crate::work::load::Loaded;
use crate::work::predict::Readings;
use egui::{Align2, CursorIcon, Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

/// Width of the column beside the grid.
pub const WIDTH: f32 = 320.0;

/// Draws what there is to see of the image looked at, if there is one.
pub fn selected(ui: &mut Ui, view: &mut View<'_>, loaded: &Loaded) {
    if let Some(row) = view.app.data.gallery.selected_row() {
        selected_ui(ui, view, &loaded.dataset, row);
        ui.add_space(theme::GAP);
    }
}

/// Draws what there is to say of a data set that is here.
pub fn show(ui: &mut Ui, view: &mut View<'_>, loaded: &Loaded) {
    card(ui, |ui| balance_ui(ui, view, &loaded.dataset));
    ui.add_space(theme::GAP);
    card(ui, |ui| facts_ui(ui, view, loaded));
}

fn selected_ui(ui: &mut Ui, view: &mut View<'_>, dataset: &Dataset, row: usize) {
    let p = palette(ui);
    let data = &view.app.data;
    let Some(samples) = data.samples() else { return };
    let name = words_for::describe(data, dataset, row);
    card(ui, |ui| {
        ui.horizontal(|ui| {
            let content = words_for::content(dataset, samples, row);
            let title = match dataset.kind {
                Kind::Classes => format!("Labelled {content}"),
                Kind::Numbers { .. } => format!("Shows {content}"),
            };
            heading(ui, &title);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let close = widgets::Action::icon(Icon::Close, "Close image")
                    .tooltip("Looks at no image any more (Esc)");
                if close.show(ui) {
                    view.ask(Command::Data(Action::Select(None)));
                }
                let large = widgets::Action::words("Large").weight(Weight::Quiet);
                let tooltip = "Shows the image over the whole page (Enter, or a double click on it)";
                if !data.large && large.tooltip(tooltip).show(ui) {
                    view.ask(Command::Data(Action::Large(true)));
                }
            });
        });
        if !data.large {
            let boxes = samples.marks.is_some() && !data.no_boxes;
            let picture = Picture {
                list: data.gallery.revision(),
                row,
                samples,
                classes: boxes.then_some(dataset.classes.as_slice()),
                name: &name,
            };
            let side = ui.available_width().min(224.0);
            picture.show(ui, &mut view.memory.thumbs, side);
        }
        let (part, in_file) = words_for::place(data, dataset, row);
        let of = if data.part_of(row) == Part::Test { dataset.test.len() } else { dataset.train.len() };
        let (in_file, of) = (words::count(in_file as u64), words::count(of as u64));
        remark(ui, format!("{part} split, row {in_file} of {of} in the file"));
        if !samples.name(row).is_empty() {
            remark(ui, samples.name(row));
        }
        if let Some(readings) = data.readings() {
            let right = readings.right[row];
            let sure = words::percent(f64::from(readings.confidence[row]));
            let text = format!("Read as {} with {sure}", words_for::read_as(dataset, readings, row));
            ui.label(RichText::new(text).color(if right { p.good } else { p.bad }));
            let (predicted, truth) = (readings.predicted[row].into(), usize::from(samples.labels[row]));
            let names = names_of(dataset, readings);
            bars_ui(ui, &bars(&names, readings.of(row), predicted, Some(truth)));
        }
        for measure in &data.measures {
            let value = measure.values.get(row).copied().filter(|value| !value.is_nan());
            let value = value.map_or("not measured".to_owned(), |value| format!("{value:.3}"));
            remark(ui, format!("{}: {value}", measure.name)).on_hover_text(measure.help);
        }
    });
}

/// What the model's probabilities are of: classes, or how many characters there are.
fn names_of(dataset: &Dataset, readings: &Readings) -> Vec<String> {
    match readings.texts {
        None => dataset.classes.clone(),
        Some(_) => (0..readings.n_classes).map(|n| format!("{n} long")).collect(),
    }
}

/// One bar a label for the part shown; a click shows only that one.
fn balance_ui(ui: &mut Ui, view: &mut View<'_>, dataset: &Dataset) {
    let p = palette(ui);
    heading(ui, &format!("Images of each {}", label_word(dataset)));
    let data = &view.app.data;
    let counts = data.parts.counts_of(data.filter.part);
    let part = data.filter.part.map_or_else(String::new, |part| format!("{} ", part.label().to_lowercase()));
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let all: u32 = counts.iter().sum();
    ui.spacing_mut().item_spacing.y = 2.0;
    let names: Vec<String> = (0..counts.len()).map(|label| dataset.label_name(label as u8)).collect();
    let label_width =
        names.iter().map(|name| name.chars().count()).max().unwrap_or(1).min(12) as f32 * 7.0 + 10.0;
    for (class, (count, name)) in counts.iter().zip(&names).enumerate() {
        let class = class as u8;
        let on = data.filter.label == Some(class);
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::click());
        let label = format!("{name}: {count} {part}images");
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, &label));
        let hot = response.hovered() || response.has_focus();
        if on || hot {
            ui.painter().rect_filled(rect, 4.0, if on { p.chosen } else { p.hover });
        }
        let ink = if on { p.strong } else { p.text };
        let middle = rect.center().y;
        ui.painter().text(pos2(rect.left() + 6.0, middle), Align2::LEFT_CENTER, name, theme::strong(), ink);
        let number = words::count(u64::from(*count));
        widgets::text_at_right(ui, rect.shrink2(vec2(6.0, 0.0)), &number, theme::small(), p.dim);
        let room = Rect::from_min_max(
            pos2(rect.left() + label_width, middle - 5.0),
            pos2((rect.right() - 54.0).max(rect.left() + label_width + 1.0), middle + 5.0),
        );
        ui.painter().rect_filled(room, 2.0, p.well);
        let width = room.width() * *count as f32 / most as f32;
        let bar = Rect::from_min_size(room.min, vec2(width, room.height()));
        ui.painter().rect_filled(bar, 2.0, p.accent);
        let share = f64::from(*count) / f64::from(all.max(1));
        let action = if on { "shows all again" } else { "shows only these" };
        let tooltip = format!("{label}, {}; a click {action}", words::percent(share));
        if response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(tooltip).clicked() {
            view.ask(Command::Data(Action::Class((!on).then_some(class))));
        }
    }
}

fn facts_ui(ui: &mut Ui, view: &View<'_>, loaded: &Loaded) {
    let p = palette(ui);
    let Loaded { dataset, statistics, .. } = loaded;
    let division = &view.app.data.parts;
    heading(ui, &dataset.name);
    let bytes = dataset.train.n_bytes() + dataset.test.n_bytes();
    let counts =
        [division.train.len(), division.valid.len(), dataset.test.len()].map(|n| words::count(n as u64));
    let [train, valid, test] = counts;
    let size = size(&loaded.all);
    let facts = [
        ("To learn from", train, "Training images"),
        ("To validate on", valid, "Set aside from the training images by the recipe's seed and share"),
        ("To test on", test, "Images to be measured on, never learned from"),
        ("Image size", size, "Columns and rows of each image"),
        ("As bytes", words::bytes(bytes), "One byte for each pixel and channel"),
        ("Mean", each(&statistics.mean), "Mean of all training pixels, 0 is black and 1 white"),
        ("Std", each(&statistics.std), "Standard deviation of all training pixels"),
    ];
    egui::Grid::new("facts").num_columns(2).spacing([theme::WIDE_GAP, 4.0]).show(ui, |ui| {
        for (name, value, help) in facts {
            ui.label(RichText::new(name).color(p.dim)).on_hover_text(help);
            ui.label(RichText::new(value).color(p.text)).on_hover_text(help);
            ui.end_row();
        }
        ui.label(RichText::new("Fingerprint").color(p.dim));
        let short: String = dataset.fingerprint.chars().take(12).collect();
        ui.label(RichText::new(short).monospace()).on_hover_text(format!(
            "SHA-256 of contents and settings, kept with each run:\n{}",
            dataset.fingerprint
        ));
        ui.end_row();
    });
    for warning in &dataset.warnings {
        ui.label(RichText::new(warning).color(p.warn));
    }
}

fn size(samples: &Samples) -> String {
    let Samples { width, height, channels: n, .. } = samples;
    let up_to = if samples.sizes.is_some() { "up to " } else { "" };
    format!("{up_to}{width} × {height}, {}", channels(*n))
}

fn channels(n: usize) -> String {
    match n {
        1 => "grey".to_owned(),
        3 => "colour".to_owned(),
        n => format!("{n} channels"),
    }
}

/// One value a channel, in four places.
fn each(values: &[f64]) -> String {
    values.iter().map(|value| format!("{value:.4}")).collect::<Vec<_>>().join(", ")
}

/// What stands in place of the grid while there are no images.
pub fn absent_ui(ui: &mut Ui, view: &mut View<'_>) {
    match view.app.data.state.clone() {
        State::Unknown => {}
        State::Loading(job) => on_its_way_ui(ui, view, "The images are on their way", job),
        State::Trouble(Trouble::Absent(Availability::NeedsDownload { bytes })) => {
            let source = view.app.draft.recipe().data.clone();
            if let Some(job) = view.app.sources.fetching(&source) {
                on_its_way_ui(ui, view, "The images are being downloaded", job);
                return;
            }
            let text =
                format!("They are downloaded once, {}, and kept on this computer", words::bytes(bytes));
            widgets::empty(ui, Icon::Download, "These images are not here yet", &text);
            let name = format!("Download {}", words::bytes(bytes));
            offer(ui, view, Icon::Download, &name, Action::Download);
            if let Some(trouble) = view.app.sources.trouble(&source) {
                let text = RichText::new(trouble).color(palette(ui).bad);
                ui.vertical_centered(|ui| ui.label(text));
            }
        }
        State::Trouble(Trouble::Absent(Availability::Missing { what_to_do })) => {
            widgets::empty(ui, Icon::Folder, "These images are not here", &words::sentence(&what_to_do));
            offer(ui, view, Icon::Reset, "Look again", Action::Look);
        }
        // It came to be there between two looks.
        State::Trouble(Trouble::Absent(Availability::Ready) | Trouble::Cancelled) => {
            widgets::empty(ui, Icon::Data, "The images were not loaded", "Loading was cancelled");
            offer(ui, view, Icon::Reset, "Load images", Action::Look);
        }
        State::Trouble(Trouble::Unreadable(why)) => {
            widgets::empty(ui, Icon::Warning, "These images cannot be read", &words::sentence(&why));
            offer(ui, view, Icon::Reset, "Try again", Action::Look);
            if !view.app.draft.recipe().curation.overlay.is_empty() {
                ui.vertical_centered(|ui| {
                    let without = widgets::Action::words("Show them without edits").weight(Weight::Quiet);
                    let tooltip = "The edits stay in their file; the recipe on the form no longer uses them";
                    if without.tooltip(tooltip).show(ui) {
                        view.ask(Command::Curate(crate::app::curate::Action::Use(String::new())));
                    }
                });
            }
        }
        State::Ready(_) => {
            widgets::empty(ui, Icon::Data, "No image fits", "Every filter must hold: take one away");
            offer(ui, view, Icon::Reset, "Show every image", Action::Filter(Box::default()));
        }
    }
}

fn on_its_way_ui(ui: &mut Ui, view: &View<'_>, title: &str, job: u64) {
    let shown = view.app.jobs.shown().find(|shown| shown.id == job);
    let doing = shown.as_ref().map_or(String::new(), |shown| shown.status.doing.clone());
    widgets::empty(ui, Icon::Data, title, &doing);
    ui.vertical_centered(|ui| {
        let share = shown.and_then(|shown| shown.status.share());
        widgets::progress(ui, 260.0, share, palette(ui).accent);
    });
}

fn offer(ui: &mut Ui, view: &mut View<'_>, icon: Icon, label: &str, action: Action) {
    ui.vertical_centered(|ui| {
        ui.add_space(theme::GAP);
        if widgets::Action::new(icon, label).weight(Weight::Primary).tall().show(ui) {
            view.ask(Command::Data(action));
        }
    });
}
