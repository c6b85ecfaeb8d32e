//! The recipe, and the run as it goes.

use crate::app::Command;
use crate::ui::form;
use crate::ui::icons::Icon;
use crate::ui::view::View;
use crate::ui::widgets::{Weight, card, page_title};
use egui::{ScrollArea, Ui};

/// Draws the page.
pub fn show(ui: &mut Ui, view: &mut View<'_>) {
    page_title(ui, "Train", "");
    card(ui, |ui| {
        view.button(ui, Icon::Play, Weight::Primary, &Command::Start);
        ScrollArea::vertical().show(ui, |ui| recipe_ui(ui, view));
    });
}

fn recipe_ui(ui: &mut Ui, view: &mut View<'_>) {
    let draft = &view.app.draft;
    let look = form::Look { defaults: draft.defaults(), problems: draft.problems(), suffix: "" };
    let mut recipe = draft.recipe().clone();
    form::knobs_ui(ui, look, "", &mut recipe);
    if recipe != *draft.recipe() {
        let gesture = form::gesture(ui);
        view.ask(Command::Edit { recipe: Box::new(recipe), gesture });
    }
}
