//! The tutorial's figures: for each setting, the objective after each epoch as a line for each of its values.

use super::model::{Model, Row};
use crate::ui::icons::Icon;
use crate::ui::theme::{self, palette};
use crate::ui::widgets::{empty, remark};
use crate::ui::words;
use egui::{RichText, Ui, vec2};
use egui_plot::{Legend, Line, Plot, PlotPoints, Points};
use std::collections::BTreeMap;

/// More lines than this cannot be told apart.
const MOST: usize = 7;

/// One figure: a setting with a line for each of its values.
#[derive(Debug, PartialEq)]
struct Figure {
    label: String,
    /// Value as text, and its points: epoch and objective.
    lines: Vec<(String, Vec<[f64; 2]>)>,
}

/// Draws a figure for each setting.
pub fn show(ui: &mut Ui, model: &Model) {
    let figures = figures(model);
    if figures.is_empty() {
        empty(
            ui,
            Icon::Sweep,
            "Nothing was measured yet",
            "A line an epoch comes for each value as trials run",
        );
        return;
    }
    remark(
        ui,
        "For each value of a setting the trial that tells it apart best: the others as in the best trial where there is one",
    );
    let columns = if figures.len() == 1 || ui.available_width() < 560.0 { 1 } else { 2 };
    let rows = figures.len().div_ceil(columns);
    let spacing = ui.spacing().item_spacing;
    let width = (ui.available_width() - spacing.x * (columns - 1) as f32 - 8.0) / columns as f32;
    let height = ((ui.available_height() - 8.0) / rows.min(2) as f32 - spacing.y - 24.0).max(150.0);
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        for pair in figures.chunks(columns) {
            ui.horizontal(|ui| {
                for figure in pair {
                    ui.allocate_ui(vec2(width, height + 22.0), |ui| {
                        ui.vertical(|ui| figure_ui(ui, model, figure, vec2(width, height)));
                    });
                }
            });
        }
    });
}

fn figure_ui(ui: &mut Ui, model: &Model, figure: &Figure, size: egui::Vec2) {
    let p = palette(ui);
    let title = format!("{} by {}", words::label(&model.objective.0), figure.label.to_lowercase());
    ui.label(RichText::new(title).font(theme::strong()).color(p.strong));
    let plot = Plot::new(("curves", &figure.label))
        .width(size.x)
        .height(size.y)
        .allow_scroll(false)
        .legend(
            Legend::default()
                .position(egui_plot::Corner::RightBottom)
                .text_style(egui::TextStyle::Small)
                .background_alpha(0.6),
        )
        .x_axis_label("Epoch")
        .y_axis_label(model.objective_label())
        .label_formatter(|_| None)
        .grid_color(p.line);
    plot.show(ui, |plot| {
        for (i, (name, points)) in figure.lines.iter().enumerate() {
            let colour = p.run(i as u32);
            let line = Line::new(name, PlotPoints::from(points.clone())).color(colour).width(1.8);
            plot.line(if i >= 8 { line.style(egui_plot::LineStyle::dashed_dense()) } else { line });
            plot.points(Points::new(name, PlotPoints::from(points.clone())).color(colour).radius(2.6));
        }
    });
}

/// A figure for each setting of which two values were measured.
fn figures(model: &Model) -> Vec<Figure> {
    let best = model.best.and_then(|id| model.rows.iter().find(|row| row.id == id));
    let one = |i: usize| {
        let mut by_value: BTreeMap<usize, (String, &Row, usize)> = BTreeMap::new();
        let mut seen: Vec<&str> = Vec::new();
        // One without a value has not got the setting: momentum without SGD.
        for row in model.rows.iter().filter(|row| !row.curve.is_empty() && !row.cells[i].is_empty()) {
            let value = row.cells[i].as_str();
            let place = seen.iter().position(|known| *known == value).unwrap_or_else(|| {
                seen.push(value);
                seen.len() - 1
            });
            // As many other settings as possible as in the best trial; of equal ones the first.
            let same = best.map_or(0, |best| {
                (0..row.cells.len()).filter(|k| *k != i && row.cells[*k] == best.cells[*k]).count()
            });
            let better = by_value.get(&place).is_none_or(|(_, known, most)| {
                same > *most || (same == *most && row.curve.len() > known.curve.len())
            });
            if better {
                by_value.insert(place, (value.to_owned(), row, same));
            }
        }
        let mut lines: Vec<(Option<f64>, String, Vec<[f64; 2]>)> = by_value
            .into_values()
            .map(|(value, row, _)| {
                let points = row.curve.iter().map(|[epoch, v]| [*epoch, model.drawn(*v)]).collect();
                (row.places[i], value, points)
            })
            .collect();
        // Of too many those are kept that came furthest, and of them the best.
        let end = |line: &[[f64; 2]]| line.last().copied().unwrap_or_default();
        lines.sort_by(|a, b| {
            let ([x, a], [y, b]) = (end(&a.2), end(&b.2));
            y.total_cmp(&x).then(if model.up { b.total_cmp(&a) } else { a.total_cmp(&b) })
        });
        lines.truncate(MOST);
        lines.sort_by(|a, b| a.0.unwrap_or(2.0).total_cmp(&b.0.unwrap_or(2.0)));
        let lines = lines.into_iter().map(|(_, name, points)| (name, points)).collect();
        Figure { label: model.axes[i].label.clone(), lines }
    };
    (0..model.axes.len()).map(one).filter(|figure| figure.lines.len() > 1).collect()
}
