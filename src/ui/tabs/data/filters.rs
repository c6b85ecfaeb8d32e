//! Above the grid: which images are listed and in which order, and what each filter in force hides.

use super::by_model::{model_row, read_label, run_ui};
use super::grid::zoom_ui;
use super::words_for::class_name;
use crate::app::Command;
use crate::app::data::{Action, By, Data, Filter, Part, Sheet, Sort};
use crate::data::measures::LOOKS;
use crate::data::{Dataset, Kind};
use crate::ui::icons::Icon;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{self, remark, segments};
use crate::ui::words;
use egui::{Align, ComboBox, Layout, Role, Sense, TextEdit, Ui, WidgetInfo, vec2};

/// Width of order and zoom, at the end of the first row, in points.
const AT_END: f32 = 290.0;

/// Draws the rows of controls.
pub fn show(ui: &mut Ui, view: &mut View<'_>, dataset: &Dataset) {
    first_row(ui, view, dataset);
    second_row(ui, view, dataset);
    if view.app.data.run.is_some() {
        model_row(ui, view, dataset);
    }
}

/// Lists what fits once the filter is changed so.
pub fn filter(view: &mut View<'_>, change: impl FnOnce(&mut Filter)) {
    let mut filter = view.app.data.filter.clone();
    change(&mut filter);
    view.ask(Command::Data(Action::Filter(Box::new(filter))));
}

fn first_row(ui: &mut Ui, view: &mut View<'_>, dataset: &Dataset) {
    ui.horizontal(|ui| {
        let options = [
            (None, "All", "Every image"),
            (Some(Part::Train), Part::Train.label(), help(Part::Train)),
            (Some(Part::Valid), Part::Valid.label(), help(Part::Valid)),
            (Some(Part::Test), Part::Test.label(), help(Part::Test)),
        ];
        if let Some(part) = segments(ui, view.app.data.filter.part, &options) {
            view.ask(Command::Data(Action::Part(part)));
        }
        label_ui(ui, view, dataset);
        if matches!(dataset.kind, Kind::Numbers { .. }) {
            character_ui(ui, view, dataset);
        }
        let named = view.app.data.samples().is_some_and(|samples| samples.names.is_some());
        if named || matches!(dataset.kind, Kind::Numbers { .. }) {
            search_ui(ui, view, dataset, named);
        }
        if view.app.data.sheet != Sheet::Images {
            // Elsewhere nothing is in an order.
            return;
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if let Some(tile) = zoom_ui(ui, &view.app.data.gallery) {
                view.ask(Command::Data(Action::Zoom(tile)));
            }
            sort_ui(ui, view);
        });
    });
}

fn help(part: Part) -> &'static str {
    match part {
        Part::Train => "Images to learn from",
        Part::Valid => "Images set aside from the training images by the recipe's seed and share",
        Part::Test => "Images to be measured on, never learned from",
    }
}

/// What a label says, in a word.
pub fn label_word(dataset: &Dataset) -> &'static str {
    match dataset.kind {
        Kind::Classes => "class",
        Kind::Numbers { .. } => "length",
    }
}

fn label_ui(ui: &mut Ui, view: &mut View<'_>, dataset: &Dataset) {
    let data = &view.app.data;
    let counts = data.parts.counts_of(data.filter.part);
    let (all, tooltip) = match dataset.kind {
        Kind::Classes => ("All classes", "Shows only images of this class"),
        Kind::Numbers { .. } => ("All lengths", "Shows only images with so many characters"),
    };
    let lines = counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(label, count)| {
        let text = long_label(dataset, label as u8);
        (label as u8, format!("{text}  ({})", words::count(u64::from(*count))))
    });
    let shown = data.filter.label.map(|label| long_label(dataset, label));
    let asked = menu(ui, "label", all, shown, tooltip, data.filter.label, lines);
    if let Some(label) = asked {
        view.ask(Command::Data(Action::Class(label)));
    }
}

/// "Class 7", "3 characters".
pub fn long_label(dataset: &Dataset, label: u8) -> String {
    match dataset.kind {
        Kind::Classes => {
            let name = class_name(dataset, label);
            if name.chars().count() < 3 { format!("Class {name}") } else { name }
        }
        Kind::Numbers { .. } => words::many(label.into(), "character"),
    }
}

fn character_ui(ui: &mut Ui, view: &mut View<'_>, dataset: &Dataset) {
    let chosen = view.app.data.filter.character;
    let lines = (0..dataset.classes.len() as u8).map(|class| (class, class_name(dataset, class)));
    let shown = chosen.map(|class| format!("With {}", class_name(dataset, class)));
    let tooltip = "Shows only images with this character on them";
    if let Some(class) = menu(ui, "character", "Any character", shown, tooltip, chosen, lines) {
        filter(view, |filter| filter.character = class);
    }
}

/// A menu of one value or none; what was picked.
pub fn menu(
    ui: &mut Ui,
    id: &str,
    none: &str,
    shown: Option<String>,
    tooltip: &str,
    chosen: Option<u8>,
    lines: impl Iterator<Item = (u8, String)>,
) -> Option<Option<u8>> {
    let shown = shown.unwrap_or_else(|| none.to_owned());
    let menu = ComboBox::from_id_salt(id).selected_text(shown).height(420.0).show_ui(ui, |ui| {
        let mut asked = None;
        if ui.selectable_label(chosen.is_none(), none).clicked() {
            asked = Some(None);
        }
        for (value, text) in lines {
            if ui.selectable_label(chosen == Some(value), text).clicked() {
                asked = Some(Some(value));
            }
        }
        asked
    });
    menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, tooltip));
    menu.response.on_hover_text(tooltip);
    menu.inner.flatten()
}

fn search_ui(ui: &mut Ui, view: &mut View<'_>, dataset: &Dataset, named: bool) {
    let known = view.app.data.filter.text.clone();
    let words = match (dataset.kind, named) {
        (Kind::Classes, _) => {
            ["File name", "Search file names", "Shows only images whose file name contains this"]
        }
        (Kind::Numbers { .. }, true) => [
            "Number",
            "Search numbers and file names",
            "Shows only images that have this in a number on them, or in their file name",
        ],
        (Kind::Numbers { .. }, false) => {
            ["Number", "Search numbers", "Shows only images that have this in a number on them"]
        }
    };
    if let Some(typed) = search(ui, "search", &known, words) {
        filter(view, |filter| filter.text = typed);
    }
}

/// A field for a part of a text, with its hint, name and tooltip; what was typed, when that changes.
pub fn search(ui: &mut Ui, id: &str, known: &str, [hint, name, tooltip]: [&str; 3]) -> Option<String> {
    let id = ui.scope_id().with(id);
    let mut typed = ui.data_mut(|data| data.get_temp::<String>(id)).unwrap_or_else(|| known.to_owned());
    // In a narrow window it gives way to what stands at the row's end.
    let width = (ui.available_width() - AT_END).clamp(40.0, 110.0);
    let field = TextEdit::singleline(&mut typed).desired_width(width).hint_text(hint);
    let response = ui.add(field);
    response.widget_info(|| WidgetInfo::text_edit(true, known, &typed, name));
    if response.has_focus() {
        ui.data_mut(|data| data.insert_temp(id, typed.clone()));
    } else {
        ui.data_mut(|data| data.remove::<String>(id));
    }
    let changed = response.changed();
    response.on_hover_text(tooltip);
    (changed && typed != known).then_some(typed)
}

fn sort_ui(ui: &mut Ui, view: &mut View<'_>) {
    let data = &view.app.data;
    let sort = data.sort;
    let (tooltip, label) =
        if sort.descending { ("Largest first", "Descending") } else { ("Smallest first", "Ascending") };
    let arrow = if sort.descending { "↓" } else { "↑" };
    let button = ui.add(egui::Button::new(arrow).min_size(vec2(26.0, theme::ROW)));
    button.widget_info(|| WidgetInfo::selected(Role::Button, true, sort.descending, label));
    if button.on_hover_text(format!("{tooltip}; a click turns the order around")).clicked() {
        view.ask(Command::Data(Action::Sort(Sort { descending: !sort.descending, ..sort })));
    }
    let shown = format!("By {}", sort.by.label().to_lowercase());
    let menu = ComboBox::from_id_salt("sort").width(112.0).truncate().selected_text(shown).height(420.0);
    let menu = menu.show_ui(ui, |ui| {
        let mut asked = None;
        for (by, tooltip) in orders(data) {
            let line = ui.selectable_label(sort.by == by, by.label());
            if line.on_hover_text(tooltip).clicked() {
                asked = Some(by);
            }
        }
        asked
    });
    menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Order"));
    menu.response.on_hover_text("What the images are sorted by");
    if let Some(by) = menu.inner.flatten() {
        // The hardest ones are what one looks for when sorting by what a model says.
        let descending = by == By::Loss;
        view.ask(Command::Data(Action::Sort(Sort { by, descending })));
    }
}

/// What the images can be sorted by, and what that is.
fn orders(data: &Data) -> Vec<(By, &'static str)> {
    let mut all =
        vec![(By::Row, "As in the files, the training images first"), (By::Label, "By what is on them")];
    let samples = data.samples();
    if samples.is_some_and(|samples| samples.names.is_some()) {
        all.push((By::Name, "Numbers in names count as numbers"));
    }
    if samples.is_some_and(|samples| samples.sizes.is_some()) {
        all.extend([(By::Width, "Columns of the image"), (By::Height, "Rows of the image")]);
    }
    if data.readings().is_some() {
        all.push((By::Confidence, "How sure the model is of its reading"));
        all.push((By::Loss, "How far the model is from the label: cross-entropy"));
    }
    all.extend(LOOKS.iter().map(|(name, help)| (By::Measure(name), *help)));
    let others = data.measures.iter().filter(|measure| LOOKS.iter().all(|(name, _)| *name != measure.name));
    all.extend(others.map(|measure| (By::Measure(measure.name), measure.help)));
    all
}

fn second_row(ui: &mut Ui, view: &mut View<'_>, dataset: &Dataset) {
    ui.horizontal_wrapped(|ui| {
        ui.set_min_height(theme::ROW);
        let data = &view.app.data;
        let (n, all) = (data.gallery.rows().len(), data.samples().map_or(0, crate::data::Samples::len));
        let text = if data.filter.is_plain() {
            words::many(n, "image")
        } else {
            format!("{} of {}", words::count(n as u64), words::many(all, "image"))
        };
        remark(ui, text);
        if data.gallery.n_chosen() > 1 {
            remark(ui, format!("{} chosen", words::count(data.gallery.n_chosen() as u64)));
        }
        for (text, without) in chips(&data.filter, dataset) {
            if chip(ui, &text) {
                view.ask(Command::Data(Action::Filter(Box::new(without))));
            }
        }
        if !view.app.data.filter.is_plain() {
            let clear = widgets::Action::words("Clear").weight(widgets::Weight::Quiet);
            if clear.tooltip("Takes every filter but the split away").show(ui) {
                filter(view, |filter| *filter = Filter { part: filter.part, ..Filter::default() });
            }
        }
        if view.app.data.measuring().is_some() {
            ui.spinner().on_hover_text("Every image is measured; progress is at the bottom");
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            run_ui(ui, view);
            let data = &view.app.data;
            if data.samples().is_some_and(|samples| samples.marks.is_some()) {
                let tooltip = "Draws a box around each character where the images are large enough";
                if widgets::switch(ui, "Boxes", tooltip, !data.no_boxes) {
                    view.ask(Command::Data(Action::Boxes(data.no_boxes)));
                }
            }
        });
    });
}

/// Every filter in force but the part, in words, with what is left without it.
pub fn chips(filter: &Filter, dataset: &Dataset) -> Vec<(String, Filter)> {
    let mut chips = Vec::new();
    let mut add = |text: String, change: &dyn Fn(&mut Filter)| {
        let mut without = filter.clone();
        change(&mut without);
        chips.push((text, without));
    };
    if let Some(label) = filter.label {
        add(long_label(dataset, label), &|filter| filter.label = None);
    }
    if let Some(class) = filter.character {
        add(format!("With {}", class_name(dataset, class)), &|filter| filter.character = None);
    }
    if let Some(class) = filter.predicted {
        add(format!("Read as {}", read_label(dataset, class)), &|filter| filter.predicted = None);
    }
    if !filter.read.is_empty() {
        add(format!("Number read has “{}”", filter.read), &|filter| filter.read.clear());
    }
    if let Some(right) = filter.right {
        let text = if right { "Read rightly" } else { "Read wrongly" };
        add(text.to_owned(), &|filter| filter.right = None);
    }
    for (by, [least, most]) in &filter.ranges {
        let number = |value: f32| words::number(f64::from((value * 1e4).round() / 1e4));
        let text = format!("{} {} to {}", by.label(), number(*least), number(*most));
        add(text, &|filter| filter.set_range(*by, None));
    }
    if !filter.text.is_empty() {
        let what = if dataset.kind == Kind::Classes { "Name" } else { "Number or name" };
        add(format!("{what} has “{}”", filter.text), &|filter| filter.text.clear());
    }
    if let Some((name, rows)) = &filter.only {
        add(format!("{name} ({})", words::count(rows.len() as u64)), &|filter| filter.only = None);
    }
    chips
}

/// A filter in force; true when its cross is clicked.
fn chip(ui: &mut Ui, text: &str) -> bool {
    let p = palette(ui);
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::small(), p.accent);
    let (rect, response) =
        ui.allocate_exact_size(vec2(galley.size().x + 30.0, theme::ROW - 3.0), Sense::click());
    let name = format!("Remove filter: {text}");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    let fill = if response.hovered() || response.has_focus() { p.hover } else { p.chosen };
    ui.painter().rect_filled(rect, rect.height() / 2.0, fill);
    let place = egui::pos2(rect.left() + 9.0, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(place, galley, p.accent);
    Icon::Close.paint_at(ui.painter(), egui::pos2(rect.right() - 12.0, rect.center().y), 10.0, p.accent);
    response.on_hover_cursor(egui::CursorIcon::PointingHand).on_hover_text("Takes this filter away").clicked()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::samples::{Pixels, Samples};
    use std::sync::Arc;

    #[test]
    fn each_chip_takes_its_own_filter_away() {
        let none = Samples::new(Pixels::Owned([].into()), [].into(), [1, 1, 1]);
        let dataset = Dataset {
            name: String::new(),
            classes: vec!["0".to_owned(), "trouser".to_owned()],
            kind: Kind::Classes,
            train: none.clone(),
            test: none,
            fingerprint: String::new(),
            warnings: Vec::new(),
            curated: None,
        };
        let filter = Filter {
            part: Some(Part::Test),
            label: Some(0),
            character: None,
            predicted: Some(1),
            read: String::new(),
            right: Some(false),
            ranges: vec![(By::Confidence, [0.25, 1.0])],
            text: "a".to_owned(),
            only: Some(("On the map".to_owned(), Arc::from([1_u32, 2]))),
        };
        let chips = chips(&filter, &dataset);
        let texts: Vec<&str> = chips.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "Class 0",
                "Read as trouser",
                "Read wrongly",
                "Confidence 0.25 to 1",
                "Name has “a”",
                "On the map (2)"
            ]
        );
        assert_eq!(chips[2].1, Filter { right: None, ..filter.clone() });
        assert_eq!(chips[3].1, Filter { ranges: Vec::new(), ..filter });
    }
}
