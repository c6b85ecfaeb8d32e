//! The sheet of images: the grid with its filters, and beside it the settings of the data set and what it adds up to.

use super::grid::{Grid, zoom_ui};
use super::side;
use crate::app::Command;
use crate::app::data::{Action, Part};
use crate::ui::form;
use crate::ui::theme;
use crate::ui::view::View;
use crate::ui::widgets::{card, remark, segments};
use crate::ui::words;
use crate::work::load::Loaded;
use egui::{Align, Layout, Panel, ScrollArea, Ui};
use std::sync::Arc;

/// Draws the sheet.
pub fn show(ui: &mut Ui, view: &mut View<'_>, loaded: &Arc<Loaded>) {
    column(ui, view, |ui, view| {
        side::show(ui, view, loaded);
        ui.add_space(theme::GAP);
        super::folds_ui(ui, view, &loaded.dataset);
    });
    card(ui, |ui| {
        ui.set_height(ui.available_height());
        filters_ui(ui, view);
        ui.add_space(4.0);
        if view.app.data.gallery.rows().is_empty() {
            side::absent_ui(ui, view);
        } else {
            grid_ui(ui, view, &loaded.dataset);
        }
    });
}

/// The settings alone beside `main`, while there are no images.
pub fn without_data(ui: &mut Ui, view: &mut View<'_>, main: impl FnOnce(&mut Ui, &mut View<'_>)) {
    column(ui, view, |_, _| ());
    main(ui, view);
}

/// The column at the right: the settings of the data set, and what `below` adds.
fn column(ui: &mut Ui, view: &mut View<'_>, below: impl FnOnce(&mut Ui, &mut View<'_>)) {
    let frame = egui::Frame::new();
    let side = Panel::right("data side").exact_size(side::WIDTH).resizable(false).show_separator_line(false);
    side.frame(frame.inner_margin(egui::Margin { left: 12, ..egui::Margin::ZERO })).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            card(ui, |ui| source_ui(ui, view));
            ui.add_space(theme::GAP);
            below(ui, view);
        });
    });
}

/// Which data set, and its settings: those of the recipe on the form.
fn source_ui(ui: &mut Ui, view: &mut View<'_>) {
    let draft = &view.app.draft;
    let look = form::Look {
        defaults: draft.defaults(),
        problems: draft.problems(),
        suffix: "",
        only: None,
        narrow: false,
    };
    let mut recipe = draft.recipe().clone();
    form::knobs_ui(ui, look, "data.", &mut recipe.data);
    if recipe != *draft.recipe() {
        let gesture = form::gesture(ui);
        view.ask(Command::Edit { recipe: Box::new(recipe), gesture });
    }
}

fn filters_ui(ui: &mut Ui, view: &mut View<'_>) {
    let data = &view.app.data;
    ui.horizontal(|ui| {
        let options = Part::ALL.map(|part| (part, part.label(), help(part)));
        if let Some(part) = segments(ui, data.part, &options) {
            view.ask(Command::Data(Action::Part(part)));
        }
        let shown = words::many(data.gallery.rows().len(), "image");
        remark(
            ui,
            match data.class {
                Some(class) => format!(
                    "{shown} of {}",
                    data.loaded().map_or(String::new(), |l| side::class_name(&l.dataset, class))
                ),
                None => shown,
            },
        );
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if let Some(tile) = zoom_ui(ui, &view.app.data.gallery) {
                view.ask(Command::Data(Action::Zoom(tile)));
            }
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

fn grid_ui(ui: &mut Ui, view: &mut View<'_>, dataset: &crate::data::Dataset) {
    let data = &view.app.data;
    let Some(samples) = data.samples() else { return };
    let grid = Grid {
        gallery: &data.gallery,
        samples,
        describe: &|row| side::describe(dataset, data.part, row),
        caption: None,
    };
    let asked = grid.show(ui, &mut view.memory.thumbs);
    if let Some(position) = asked.select {
        view.ask(Command::Data(Action::Select(position)));
    }
    if let Some(tile) = asked.tile {
        view.ask(Command::Data(Action::Zoom(tile)));
    }
}
