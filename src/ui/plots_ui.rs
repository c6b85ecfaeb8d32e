//! Plots of several metrics with the switches above them.

use super::icons::Icon;
use super::plots::{self, Drawn};
use super::theme::{self, palette};
use super::view::View;
use super::widgets::{empty, segments, slider, switch};
use crate::app::behind::Action as Behind;
use crate::app::runs::Run;
use crate::app::{Command, XAxis};
use crate::runs::{Direction, Metric, Split, metric};
use egui::{DragValue, Layout, RichText, Sense, Slider, Ui, Vec2, vec2};

/// Width of what solid and dashed lines stand for, in points.
const KEYS: f32 = 190.0;
/// Width of the last value, with what it is of.
const FIGURE: f32 = 140.0;

/// Draws metrics of runs in so many columns, filling what room there is.
pub fn show(ui: &mut Ui, view: &mut View<'_>, runs: &[&Run], names: &[&str], columns: usize) {
    let width = ui.available_width();
    switches_ui(ui, view);
    let measured =
        |name: &str| runs.iter().any(|run| run.history.curves.keys().any(|(_, metric)| metric == name));
    if !names.iter().any(|name| measured(name)) {
        let alive = runs.iter().any(|run| run.status().is_alive());
        let (title, text) = match (runs.is_empty(), alive) {
            (true, _) => ("No curves yet", "Start a training, or tick runs in the list to see them here"),
            (_, true) => ("Waiting for the first steps", "Loss and accuracy appear here as it trains"),
            (_, false) => (
                "Nothing was measured",
                "This run ended before its first step; resume it, or look at another",
            ),
        };
        empty(ui, Icon::Train, title, text);
        return;
    }
    let metrics: Vec<&'static Metric> = names.iter().filter_map(|name| metric(name)).collect();
    let rows = metrics.len().div_ceil(columns).max(1);
    let gap = theme::GAP;
    let width = (width - gap * (columns - 1) as f32) / columns as f32;
    let height = ((ui.available_height() - gap * (rows - 1) as f32) / rows as f32).max(150.0);
    view.memory.curves.begin();
    view.memory.hover.begin();
    if let Some((run, step)) = view.memory.hover.take_clicked(ui.ctx()) {
        view.ask(Command::Behind(Behind::Step(run, step)));
    }
    for row in metrics.chunks(columns) {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            for metric in row {
                ui.allocate_ui_with_layout(vec2(width, height), Layout::top_down(egui::Align::Min), |ui| {
                    one_ui(ui, view, runs, metric, vec2(width, height));
                });
            }
        });
    }
}

fn one_ui(ui: &mut Ui, view: &mut View<'_>, runs: &[&Run], metric: &'static Metric, size: Vec2) {
    let p = palette(ui);
    let app = view.app;
    let frame =
        egui::Frame::new().fill(p.card).stroke(egui::Stroke::new(1.0, p.line)).corner_radius(theme::ROUND);
    let margin = egui::Margin { left: 8, right: 10, top: 8, bottom: 6 };
    frame.inner_margin(margin).show(ui, |ui| {
        ui.set_width(size.x - 20.0);
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.horizontal(|ui| {
            ui.label(RichText::new(metric.label).font(theme::heading()).color(p.strong));
            ui.label(RichText::new(metric.unit).font(theme::small()).color(p.dim));
            ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
                let measured = |split| runs.iter().any(|run| run.history.curve(split, metric.name).is_some());
                // A heading wider than its plot would push the plots apart.
                let room = ui.available_width();
                if room >= KEYS + FIGURE {
                    if measured(Split::Valid) {
                        key_ui(ui, "Validation", true);
                    }
                    if measured(Split::Train) {
                        key_ui(ui, "Training", false);
                    }
                }
                if let [run] = runs {
                    let last = run
                        .history
                        .last(Split::Valid, metric.name)
                        .filter(|_| metric.direction != Direction::None);
                    if let Some(last) = last.filter(|_| room >= FIGURE / 2.0) {
                        let figure = metric.format(last);
                        let text = if room >= FIGURE { format!("validation {figure}") } else { figure };
                        ui.label(RichText::new(text).font(theme::strong()).color(p.run(run.meta.colour)));
                    }
                }
            });
        });
        let height = (size.y - 46.0).max(80.0);
        let (cache, hover) = (&mut view.memory.curves, &mut view.memory.hover);
        let mut drawn = Drawn { runs, view: app.settings.plot, cache, hover };
        plots::plot_ui(ui, metric, vec2(ui.available_width(), height), &mut drawn);
    });
}

/// What a solid and what a dashed line stands for.
fn key_ui(ui: &mut Ui, text: &str, dashed: bool) {
    let p = palette(ui);
    ui.label(RichText::new(text).font(theme::small()).color(p.dim));
    let (rect, _) = ui.allocate_exact_size(vec2(20.0, 10.0), Sense::hover());
    let stroke = egui::Stroke::new(1.8, p.dim);
    let ends = [rect.left_center(), rect.right_center()];
    if dashed {
        ui.painter().extend(egui::Shape::dashed_line(&ends, stroke, 5.0, 3.0));
    } else {
        ui.painter().line_segment(ends, stroke);
    }
}

/// The switches that hold for all plots.
fn switches_ui(ui: &mut Ui, view: &mut View<'_>) {
    let p = palette(ui);
    let before = view.app.settings.plot;
    let mut plot = before;
    ui.horizontal(|ui| {
        let axes = [
            (XAxis::Step, "Step", "Draw over steps"),
            (XAxis::Epoch, "Epoch", "Draw over epochs"),
            (XAxis::Relative, "Time", "Draw over time spent training, without pauses"),
            (XAxis::Wall, "Clock", "Draw over the time of day (UTC)"),
        ];
        if let Some(axis) = segments(ui, plot.x_axis, &axes) {
            plot.x_axis = axis;
        }
        ui.add_space(theme::GAP);
        let label = ui.label(RichText::new("Smoothing").font(theme::small()).color(p.dim));
        let tooltip = "Weight of the running average of training curves; 0 shows them as measured";
        // The range is stretched towards 1, where the difference between 0.9 and 0.99 is the whole picture.
        let mut stretched = stretch(plot.smoothing);
        let slider = slider(ui, 66.0, Slider::new(&mut stretched, 0.0..=stretch(0.999)));
        if slider.changed() {
            plot.smoothing = (unstretch(stretched) * 1000.0).round() / 1000.0;
        }
        slider.labelled_by(label.id).on_hover_text(tooltip);
        let field = DragValue::new(&mut plot.smoothing).range(0.0..=0.999).speed(0.005).max_decimals(3);
        ui.add_sized(vec2(46.0, theme::ROW), field).labelled_by(label.id).on_hover_text(tooltip);
        ui.add_space(theme::GAP);
        ui.spacing_mut().item_spacing.x = 4.0;
        plot.log_x ^= switch(ui, "Log x", "Draws x logarithmically", plot.log_x);
        plot.log_y ^= switch(ui, "Log y", "Draws y logarithmically", plot.log_y);
        let tooltip = "Fits the axis to most of the values; those beyond are counted at the edge";
        plot.fit ^= switch(ui, "Fit", tooltip, plot.fit);
    });
    if plot != before {
        view.ask(Command::SetPlot(plot));
    }
}

fn stretch(weight: f64) -> f64 {
    -(1.0 - weight.clamp(0.0, 0.9995)).log10()
}

fn unstretch(place: f64) -> f64 {
    (1.0 - 10_f64.powf(-place)).clamp(0.0, 0.999)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::PlotView;

    #[test]
    fn the_smoothing_slider_gives_back_what_it_was_set_to() {
        for weight in [0.0, 0.3, PlotView::default().smoothing, 0.9, 0.99, 0.999] {
            assert!((unstretch(stretch(weight)) - weight).abs() < 1e-9, "{weight}");
        }
    }
}
