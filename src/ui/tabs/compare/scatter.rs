//! A figure of each run listed over a setting or another figure.

use super::chosen;
use super::groups::shown;
use crate::app::Command;
use crate::app::compare::{FIGURES, field, figure};
use crate::app::runs::{Choose, Run};
use crate::ui::plots::{Ticks, quiet};
use crate::ui::theme::palette;
use crate::ui::view::View;
use crate::ui::widgets::remark;
use crate::ui::words;
use egui::Ui;
use egui_plot::{PlotPoint, PlotPoints, Points};

/// What is drawn to the right: numbers, or names one beside the other.
struct Axis {
    names: Vec<String>,
    /// Whether it is drawn by powers of ten.
    log: bool,
}

impl Axis {
    fn of(runs: &[&Run], over: &str) -> (Self, Vec<Option<f64>>) {
        let values: Vec<Option<String>> = runs
            .iter()
            .map(|run| match FIGURES.iter().any(|(name, _)| *name == over) {
                true => figure(run, over).map(|value| value.to_string()),
                false => field(run, over),
            })
            .collect();
        let numbers: Vec<Option<f64>> = values.iter().map(|v| v.as_ref()?.parse().ok()).collect();
        if numbers.iter().zip(&values).all(|(number, value)| number.is_some() || value.is_none()) {
            let positive = numbers.iter().flatten().copied().filter(|v| *v > 0.0);
            let (low, high) = positive.fold((f64::INFINITY, 0.0_f64), |(a, b), v| (a.min(v), b.max(v)));
            let all = numbers.iter().flatten().all(|v| *v > 0.0);
            // Settings such as learning rates go by powers.
            let log = all && high > low * 30.0;
            let at = |v: f64| if log { v.log10() } else { v };
            return (Self { names: Vec::new(), log }, numbers.into_iter().map(|v| v.map(at)).collect());
        }
        let mut names: Vec<String> = values.iter().flatten().cloned().collect();
        names.sort();
        names.dedup();
        let place = |value: &Option<String>| names.binary_search(value.as_ref()?).ok().map(|at| at as f64);
        let places = values.iter().map(place).collect();
        (Self { names, log: false }, places)
    }

    fn label(&self, value: f64) -> String {
        if self.names.is_empty() {
            return words::number(if self.log { 10_f64.powf(value) } else { value });
        }
        let whole = (value - value.round()).abs() < 1e-6;
        let name = whole.then(|| self.names.get(value.round() as usize)).flatten();
        name.cloned().unwrap_or_default()
    }
}

/// Draws a point a run; a click looks at the run.
pub fn scatter_ui(ui: &mut Ui, view: &mut View<'_>) {
    let p = palette(ui);
    let compare = view.app.settings.compare.clone();
    let runs = chosen(view.app, &view.memory.compare);
    let (axis, xs) = Axis::of(&runs, &compare.over);
    let points: Vec<(&Run, [f64; 2])> = runs
        .iter()
        .zip(xs)
        .filter_map(|(run, x)| Some((*run, [x?, figure(run, &compare.figure)?])))
        .collect();
    if points.is_empty() {
        remark(ui, "No run listed has both");
        return;
    }
    let height = ui.available_height() - 6.0;
    let (of, format) = (&axis, compare.figure.clone());
    let labels = compare.figure.clone();
    let mut hovered = None;
    let least = if axis.names.is_empty() { 0.0 } else { 1.0 };
    let x = Ticks { text: |value: f64| of.label(value), log: axis.log, least };
    let y = Ticks { text: move |value: f64| shown(&labels, value), log: false, least: 0.0 };
    let plot = quiet(("scatter", &compare.figure, &compare.over), p, x, y).height(height);
    let response = plot.show(ui, |plot| {
        for (run, point) in &points {
            let looked_at = view.app.runs.current.as_ref() == Some(&run.id);
            let radius = if looked_at { 6.0 } else { 4.0 };
            let dot = Points::new(&run.meta.name, PlotPoints::new(vec![*point]));
            plot.points(dot.radius(radius).color(p.run(run.meta.colour)));
        }
        let pointer = plot.response().hover_pos();
        let at = |point: &[f64; 2]| plot.screen_from_plot(PlotPoint::new(point[0], point[1]));
        let near = points
            .iter()
            .map(|(run, point)| (*run, *point, pointer.map_or(f32::MAX, |q| at(point).distance(q))));
        hovered = near.min_by(|a, b| a.2.total_cmp(&b.2)).filter(|near| near.2 < 14.0);
    });
    if let Some((run, point, _)) = hovered {
        let text = format!("{}: {} at {}", run.meta.name, shown(&format, point[1]), axis.label(point[0]));
        let clicked = response.response.clicked();
        response.response.on_hover_text_at_pointer(text);
        if clicked {
            view.ask(Command::Choose(run.id.clone(), Choose::Only));
        }
    }
}
