//! What to do first.

use crate::app::Command;
use crate::ui::icons::Icon;
use crate::ui::view::View;
use crate::ui::widgets::{Weight, card, heading, page_title};
use egui::Ui;

/// Draws the page.
pub fn show(ui: &mut Ui, view: &mut View<'_>) {
    page_title(ui, "Digit Workbench", "Train digit recognisers, see what they learn");
    ui.add_space(8.0);
    card(ui, |ui| {
        heading(ui, "Train on rendered digits now");
        view.button(ui, Icon::Quick, Weight::Primary, &Command::QuickStart);
    });
}
