//! The best value so far over time and over seconds of training, with every trial as a point.

use super::axis::ink;
use super::model::{Model, Row};
use crate::sweep::State;
use crate::ui::icons::Icon;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{empty, remark};
use crate::ui::words;
use egui::{Ui, vec2};
use egui_plot::{Line, Plot, PlotPoints, Points};

/// Draws both.
pub fn show(ui: &mut Ui, view: &View<'_>, model: &Model) {
    let Some(looked) = &view.app.sweeps.looked else { return };
    if model.best.is_none() {
        empty(ui, Icon::Sweep, "No trial is complete yet", "The best so far is drawn as trials end");
        return;
    }
    let began = looked.study.began_at.unwrap_or_default();
    let mut computed = vec![0.0; model.rows.len() + 1];
    let mut order: Vec<&Row> = model.rows.iter().filter(|row| row.ended_at.is_some()).collect();
    order.sort_by(|a, b| a.ended_at.unwrap_or_default().total_cmp(&b.ended_at.unwrap_or_default()));
    let mut sum = 0.0;
    for row in order {
        sum += row.secs;
        computed[row.id as usize] = sum;
    }
    let height = (ui.available_height() - 44.0) / 2.0;
    let wall = |row: &Row| row.ended_at.unwrap_or(began) - began;
    remark(ui, "Over time");
    plot_ui(ui, "best over time", model, height, &wall);
    remark(ui, "Over seconds of training, all trials together");
    plot_ui(ui, "best over training", model, height, &|row| computed[row.id as usize]);
}

fn plot_ui(ui: &mut Ui, id: &str, model: &Model, height: f32, x: &dyn Fn(&Row) -> f64) {
    let p = palette(ui);
    let plot = Plot::new(id)
        .height(height)
        .allow_scroll(false)
        .y_axis_label(model.objective_label())
        .x_axis_formatter(|mark, _| words::duration(mark.value.max(0.0)))
        .label_formatter(|_| None)
        .grid_color(p.line)
        .set_margin_fraction(vec2(0.03, 0.08));
    let dots: Vec<(bool, [f64; 2], egui::Color32)> = model
        .rows
        .iter()
        .filter(|row| row.ended_at.is_some())
        .filter_map(|row| {
            let at = [x(row), model.drawn(row.value?)];
            Some((row.state == State::Complete, at, ink(ui, row.rank.unwrap_or(0.0))))
        })
        .collect();
    plot.show(ui, |plot| {
        let steps = model.best_so_far(x);
        plot.line(Line::new("Best so far", PlotPoints::from(steps)).color(p.accent).width(2.0));
        for (complete, at, colour) in dots {
            let points = Points::new("", PlotPoints::from(vec![at])).radius(if complete { 3.5 } else { 2.0 });
            plot.points(points.color(if complete { colour } else { theme::ghost(p.dim) }));
        }
    });
}
