//! The best value so far over time and over seconds of training, with every trial as a point.

use super::axis::ink;
use super::model::{Model, Row};
use crate::sweep::State;
use crate::ui::icons::Icon;
use crate::ui::plots::axes;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{empty, remark};
use crate::ui::words;
use egui::{Ui, vec2};
use egui_plot::{Line, Plot, PlotPoints, Points};
use std::collections::BTreeMap;

/// Shades that points are told apart by.
const SHADES: u8 = 8;

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
        .grid_spacing(axes::BASE as f32..=90.0)
        .x_grid_spacer(|input| axes::second_marks(&input, 80.0))
        .y_grid_spacer(|input| axes::marks(&input, 28.0, 0.0))
        .label_formatter(|_| None)
        .grid_color(p.line)
        .set_margin_fraction(vec2(0.03, 0.08));
    // A few groups of one colour each, since a thousand single points would each be an item of their own.
    let mut groups: BTreeMap<Option<u8>, Vec<[f64; 2]>> = BTreeMap::new();
    for row in model.rows.iter().filter(|row| row.ended_at.is_some()) {
        let Some(value) = row.value else { continue };
        let complete = row.state == State::Complete;
        let group = complete.then(|| (row.rank.unwrap_or(0.0) * f32::from(SHADES)) as u8);
        groups.entry(group).or_default().push([x(row), model.drawn(value)]);
    }
    let shade = |group: u8| ink(ui, f32::from(group) / f32::from(SHADES));
    let dots: Vec<_> = groups
        .into_iter()
        .map(|(group, points)| (group.is_some(), points, group.map_or(theme::ghost(p.dim), shade)))
        .collect();
    plot.show(ui, |plot| {
        let mut corners = model.best_so_far(x);
        // It holds until the last trial ended, whatever that one came to.
        let last = model.rows.iter().filter(|row| row.ended_at.is_some()).map(x).fold(f64::NAN, f64::max);
        corners.extend(corners.last().map(|[_, best]| [last, *best]));
        for step in steps(&corners) {
            plot.line(Line::new("Best so far", PlotPoints::from(step)).color(p.accent).width(2.0));
        }
        for (complete, at, colour) in dots {
            let points = Points::new("", PlotPoints::from(at)).radius(if complete { 3.5 } else { 2.0 });
            plot.points(points.color(colour));
        }
    });
}

/// The sides of a staircase, each a line of its own: as one line its corners would be drawn to points.
pub fn steps(corners: &[[f64; 2]]) -> Vec<Vec<[f64; 2]>> {
    let mut sides: Vec<Vec<[f64; 2]>> = Vec::new();
    for pair in corners.windows(2).filter(|pair| pair[0] != pair[1]) {
        // Level stretches are one, however many trials changed nothing.
        let level = pair[0][1] == pair[1][1];
        match sides.last_mut().filter(|side| level && side[0][1] == side[1][1]) {
            Some(side) => side[1] = pair[1],
            None => sides.push(pair.to_vec()),
        }
    }
    sides
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_stretches_are_one_side() {
        let corners = [[0.0, 1.0], [1.0, 1.0], [1.0, 1.0], [2.0, 1.0], [2.0, 3.0], [4.0, 3.0]];
        let sides = steps(&corners);
        assert_eq!(
            sides,
            [vec![[0.0, 1.0], [2.0, 1.0]], vec![[2.0, 1.0], [2.0, 3.0]], vec![[2.0, 3.0], [4.0, 3.0]],]
        );
    }
}
