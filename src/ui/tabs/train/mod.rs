//! The recipe at the left, the run as it goes in the middle, all runs at the right.

pub mod examples;
pub mod layers;
mod live;
mod mends;
mod recipe;
mod run;
#[cfg(test)]
mod tests;

use crate::app::runs::Run;
use crate::runs::{METRICS, Metric};
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::{plots_ui, run_list};
use egui::{Frame, Margin, Panel, Stroke, Ui};

/// Narrower, and sliders have no room.
const RECIPE: f32 = 364.0;
const RUNS: f32 = 236.0;

/// Accuracy and loss, for runs that read whole numbers how lengths, characters and positions are read, and for those that
/// look for them how they are found.
fn metrics_of(runs: &[&Run]) -> Vec<&'static str> {
    let measured = |metric: &Metric| {
        runs.iter().any(|run| run.history.curves.keys().any(|(_, name)| name == metric.name))
    };
    let parts =
        ["length_accuracy", "character_accuracy", "map_50", "number_exact", "number_iou", "number_over_half"];
    let of_numbers = |metric: &&Metric| parts.contains(&metric.name) || metric.name.starts_with("position_");
    let numbers = METRICS.iter().filter(of_numbers).filter(|metric| measured(metric));
    ["accuracy", "loss"].into_iter().chain(numbers.map(|metric| metric.name)).collect()
}

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
        examples::show(ui, view);
        ui.add_space(theme::GAP);
        let runs = view.app.runs.on_axes();
        let names = metrics_of(&runs);
        if names.len() <= 2 {
            plots_ui::show(ui, view, &runs, &names, 1);
            return;
        }
        // What is measured of whole numbers: more than fits at once.
        let columns = if ui.available_width() > 900.0 { 3 } else { 2 };
        let scroll = egui::ScrollArea::vertical().id_salt("curves").auto_shrink(false);
        scroll.show(ui, |ui| plots_ui::show(ui, view, &runs, &names, columns));
    });
}
