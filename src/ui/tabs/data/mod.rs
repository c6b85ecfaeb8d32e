//! The Data page: the pictures that the recipe on the form learns from, on several sheets; `SHEETS` is their list, and
//! `FOLDS` lists what can be opened beside the images.

pub mod augment;
pub mod boxes;
mod by_model;
pub mod curate;
mod export;
mod faces;
mod filters;
pub mod grid;
mod images;
mod large;
mod map;
pub mod picture;
mod sets;
mod side;
mod statistics;
pub mod thumbs;
mod words_for;

use crate::app::Command;
use crate::app::data::{Action, Sheet};
use crate::data::Dataset;
use crate::ui::theme;
use crate::ui::view::View;
use crate::ui::widgets::{card, page_title, segments};
use crate::work::load::Loaded;
use egui::{Align, Layout, Ui};
use std::sync::Arc;

/// One sheet of the page.
struct SheetEntry {
    /// Which one it is.
    sheet: Sheet,
    /// On the strip.
    label: &'static str,
    /// One line more.
    tooltip: &'static str,
    /// Draws it, for a data set that is here.
    show: fn(&mut Ui, &mut View<'_>, &Arc<Loaded>),
}

/// All sheets, from left to right.
const SHEETS: &[SheetEntry] = &[
    SheetEntry {
        sheet: Sheet::Images,
        label: "Images",
        tooltip: "Every image: filter, sort, look closer",
        show: images::show,
    },
    SheetEntry {
        sheet: Sheet::Map,
        label: "Map",
        tooltip: "Each image as a point, alike ones beside each other",
        show: map::show,
    },
    SheetEntry {
        sheet: Sheet::Statistics,
        label: "Statistics",
        tooltip: "What the images listed add up to: balance, brightness, mean images",
        show: statistics::show,
    },
    SheetEntry {
        sheet: Sheet::Augment,
        label: "Augmentation",
        tooltip: "How a training varies an image each time it sees it",
        show: augment::show,
    },
    SheetEntry {
        sheet: Sheet::Curate,
        label: "Curation",
        tooltip: "Duplicates, wrong labels and bad images, and edits that put them right",
        show: curate::show,
    },
];

/// Something that can be opened in the column beside the images.
struct Fold {
    /// Its heading.
    label: &'static str,
    /// One line more.
    tooltip: &'static str,
    /// Draws it; the dataset is the one whose images are shown.
    show: fn(&mut Ui, &mut View<'_>, &Dataset),
}

/// All of them, from top to bottom.
const FOLDS: &[Fold] = &[Fold {
    label: "Export",
    tooltip: "Write images as PNG folders, idx, COCO, YOLO or CSV",
    show: export::fold,
}];

/// Draws the page.
pub fn show(ui: &mut Ui, view: &mut View<'_>) {
    let loaded = view.app.data.loaded().cloned();
    ui.horizontal(|ui| {
        page_title(ui, "Data", "The pictures that the recipe on the form learns from");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            strip_ui(ui, view, loaded.is_some());
        });
    });
    ui.add_space(theme::GAP);
    if view.app.data.sheet == Sheet::Sets {
        sets::show(ui, view);
        return;
    }
    let Some(loaded) = loaded else {
        images::without_data(ui, view, |ui, view| {
            card(ui, |ui| {
                ui.set_height(ui.available_height());
                side::absent_ui(ui, view);
            });
        });
        return;
    };
    let open = view.app.data.sheet;
    let entry = SHEETS.iter().find(|entry| entry.sheet == open).unwrap_or(&SHEETS[0]);
    (entry.show)(ui, view, &loaded);
}

/// The names of the sheets; without images there are only those that need none.
fn strip_ui(ui: &mut Ui, view: &mut View<'_>, loaded: bool) {
    let sets = (Sheet::Sets, "Data sets", "What there is to learn from, whether it is here, and getting it");
    let mut options: Vec<(Sheet, &str, &str)> = vec![sets];
    let with_images = SHEETS.iter().filter(|entry| loaded || entry.sheet == Sheet::Images);
    options.extend(with_images.map(|entry| (entry.sheet, entry.label, entry.tooltip)));
    if let Some(sheet) = segments(ui, view.app.data.sheet, &options) {
        view.ask(Command::Data(Action::Sheet(sheet)));
    }
}

/// Draws what can be opened beside the images.
fn folds_ui(ui: &mut Ui, view: &mut View<'_>, dataset: &Dataset) {
    for fold in FOLDS {
        card(ui, |ui| {
            let header = egui::CollapsingHeader::new(fold.label).id_salt(("fold", fold.label));
            let response = header.show(ui, |ui| (fold.show)(ui, view, dataset));
            response.header_response.on_hover_text(fold.tooltip);
        });
        ui.add_space(theme::GAP);
    }
}
