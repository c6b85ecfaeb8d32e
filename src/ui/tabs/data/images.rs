//! The sheet of images: the grid with its filters, and beside it the settings of the data set and what it adds up to.

use super::grid::Grid;
use super::{curate, filters, large, side, words_for};
use crate::app::Command;
use crate::app::data::Action;
use crate::data::Dataset;
use crate::ui::form;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::card;
use crate::work::load::Loaded;
use egui::{Panel, ScrollArea, Ui};
use std::sync::Arc;

/// Draws the sheet.
pub fn show(ui: &mut Ui, view: &mut View<'_>, loaded: &Arc<Loaded>) {
    column(ui, view, |ui, view| {
        let n = view.app.data.gallery.n_chosen();
        // What can be done with several images comes first; with one, below what there is to see of it.
        if n > 1 {
            edit_ui(ui, view, &loaded.dataset);
        }
        side::selected(ui, view, loaded);
        if n == 1 {
            edit_ui(ui, view, &loaded.dataset);
        }
        side::show(ui, view, loaded);
        ui.add_space(theme::GAP);
        if n == 0 {
            edit_ui(ui, view, &loaded.dataset);
        }
        super::folds_ui(ui, view, &loaded.dataset);
    });
    card(ui, |ui| {
        ui.set_height(ui.available_height());
        if view.app.data.large && view.app.data.gallery.selected().is_some() {
            large::show(ui, view, loaded);
            return;
        }
        filters::show(ui, view, &loaded.dataset);
        ui.add_space(4.0);
        if view.app.data.gallery.rows().is_empty() {
            side::absent_ui(ui, view);
        } else {
            grid_ui(ui, view, &loaded.dataset);
        }
    });
}

/// What can be made of the images chosen.
fn edit_ui(ui: &mut Ui, view: &mut View<'_>, dataset: &Dataset) {
    card(ui, |ui| curate::chosen_ui(ui, view, dataset));
    ui.add_space(theme::GAP);
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
        notes: &[],
    };
    let mut recipe = draft.recipe().clone();
    form::knobs_ui(ui, look, "data.", &mut recipe.data);
    if recipe != *draft.recipe() {
        let gesture = form::gesture(ui);
        view.ask(Command::Edit { recipe: Box::new(recipe), gesture });
    }
}

fn grid_ui(ui: &mut Ui, view: &mut View<'_>, dataset: &Dataset) {
    let p = palette(ui);
    let data = &view.app.data;
    let Some(samples) = data.samples() else { return };
    let boxes = samples.marks.is_some() && !data.no_boxes;
    let grid = Grid {
        gallery: &data.gallery,
        samples,
        describe: &|row| words_for::describe(data, dataset, row),
        caption: Some(&|row| Some(words_for::caption(data, dataset, row, p))),
        classes: boxes.then_some(dataset.classes.as_slice()),
        many: true,
    };
    let asked = grid.show(ui, &mut view.memory.thumbs);
    if let Some(pick) = asked.pick {
        view.ask(Command::Data(Action::Pick(pick)));
    }
    if asked.open {
        view.ask(Command::Data(Action::Large(true)));
    }
    if let Some(tile) = asked.tile {
        view.ask(Command::Data(Action::Zoom(tile)));
    }
}
