//! The recipe at the left, the run as it goes in the middle, all runs at the right.

mod live;
mod recipe;
mod run;

use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::{plots_ui, run_list};
use egui::{Frame, Margin, Panel, Stroke, Ui};

/// Narrower, and sliders have no room.
const RECIPE: f32 = 312.0;
const RUNS: f32 = 236.0;

/// Draws the page.
pub fn show(ui: &mut Ui, view: &mut View<'_>) {
    let p = palette(ui);
    let side = Frame::new()
        .fill(p.card)
        .stroke(Stroke::new(1.0, p.line))
        .corner_radius(theme::ROUND)
        .inner_margin(Margin::same(12));
    let left =
        Panel::left("recipe").default_size(RECIPE).size_range(290.0..=480.0).show_separator_line(false);
    left.frame(side.outer_margin(Margin { right: 6, ..Margin::ZERO })).show(ui, |ui| recipe::show(ui, view));
    let right = Panel::right("runs").default_size(RUNS).size_range(200.0..=380.0).show_separator_line(false);
    right.frame(side.outer_margin(Margin { left: 6, ..Margin::ZERO })).show(ui, |ui| {
        let live = view.app.runs.current().is_some_and(|run| run.status().is_alive() && !run.live.is_empty());
        run_list::heading_ui(ui, view);
        let height = if live { ui.available_height() * 0.5 } else { ui.available_height() };
        ui.allocate_ui(egui::vec2(ui.available_width(), height), |ui| run_list::show(ui, view));
        if live {
            live::show(ui, view);
        }
    });
    let middle = Frame::new().inner_margin(Margin::symmetric(6, 0));
    egui::CentralPanel::no_frame().frame(middle).show(ui, |ui| {
        run::show(ui, view);
        ui.add_space(theme::GAP);
        let runs = view.app.runs.on_axes();
        plots_ui::show(ui, view, &runs, &["accuracy", "loss"], 1);
    });
}
