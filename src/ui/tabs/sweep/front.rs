//! The trade-off: the objective against size or time, and the trials that no other one beats in both.

use super::axis::ink;
use super::model::Model;
use super::progress::steps;
use crate::app::Command;
use crate::app::sweep::Action;
use crate::sweep::State;
use crate::ui::icons::Icon;
use crate::ui::theme::palette;
use crate::ui::view::View;
use crate::ui::widgets::{empty, remark, segments};
use crate::ui::words;
use egui::{Color32, Ui};
use egui_plot::{Line, Plot, PlotPoint, PlotPoints, Points};

/// What the objective is drawn against.
const AGAINST: [(&str, &str, &str); 3] = [
    ("params", "Parameters", "Numbers that the model learned"),
    ("ms", "Milliseconds", "For one test image"),
    ("seconds", "Training time", "Seconds of training"),
];

struct Dot {
    id: u64,
    cost: f64,
    value: f64,
    colour: Color32,
    on_front: bool,
}

/// Draws the plot.
pub fn show(ui: &mut Ui, view: &mut View<'_>, model: &Model) {
    let Some(looked) = &view.app.sweeps.looked else { return };
    let id = ui.scope_id().with("against");
    let mut against: usize = ui.data(|data| data.get_temp(id)).unwrap_or(0);
    ui.horizontal(|ui| {
        remark(ui, "Against");
        let options =
            AGAINST.iter().enumerate().map(|(i, (_, label, help))| (i, *label, *help)).collect::<Vec<_>>();
        against = segments(ui, against, &options).unwrap_or(against);
        remark(ui, "Nobody beats the trials on the line in both; double click opens a trial");
    });
    ui.data_mut(|data| data.insert_temp(id, against));
    let (name, label, _) = AGAINST[against];
    let mut dots: Vec<Dot> = model
        .rows
        .iter()
        .filter(|row| row.state == State::Complete)
        .filter_map(|row| {
            let trial = looked.study.trial(row.id)?;
            let cost = if name == "seconds" { row.secs } else { trial.metrics.as_ref()?.get(name)? };
            let colour = ink(ui, row.rank.unwrap_or(0.0));
            Some(Dot { id: row.id, cost, value: row.value?, colour, on_front: false })
        })
        .collect();
    if dots.is_empty() {
        empty(
            ui,
            Icon::Sweep,
            "No trial is complete yet",
            "A point comes for each trial that is trained to its end",
        );
        return;
    }
    let front = front(&mut dots, |a, b| model.better(a, b));
    let p = palette(ui);
    // Orders of magnitude on a scale of their own; what lies close together as it is.
    let costs = || dots.iter().map(|dot| dot.cost.max(1e-9));
    let wide = costs().fold(0.0, f64::max) > 8.0 * costs().fold(f64::INFINITY, f64::min);
    let log = |cost: f64| if wide { cost.max(1e-9).log10() } else { cost };
    let unlog = |place: f64| if wide { 10_f64.powf(place) } else { place };
    let plot = Plot::new(("front", name))
        .allow_scroll(false)
        .x_axis_label(label)
        .y_axis_label(model.objective_label())
        .x_axis_formatter(|mark, _| {
            match format!("{:.2e}", unlog(mark.value)).parse::<f64>().unwrap_or(0.0) {
                cost if name == "params" => words::count(cost.max(0.0) as u64),
                cost => words::number(cost),
            }
        })
        .label_formatter(|_| None)
        .grid_color(p.line);
    let shown = plot.show(ui, |plot| {
        let line: Vec<[f64; 2]> =
            front.iter().map(|[cost, value]| [log(*cost), model.drawn(*value)]).collect();
        for step in steps(&line) {
            plot.line(Line::new("front", PlotPoints::from(step)).color(p.accent).width(1.6));
        }
        for dot in &dots {
            let at = vec![[log(dot.cost), model.drawn(dot.value)]];
            let colour = if dot.on_front { dot.colour } else { dot.colour.gamma_multiply(0.5) };
            plot.points(Points::new("", PlotPoints::from(at)).color(colour).radius(if dot.on_front {
                4.5
            } else {
                3.0
            }));
        }
    });
    let Some(pointer) = shown.response.hover_pos() else { return };
    let at = |dot: &Dot| {
        shown.transform.position_from_point(&PlotPoint::new(log(dot.cost), model.drawn(dot.value)))
    };
    let near = dots.iter().map(|dot| (at(dot).distance(pointer), dot)).filter(|(far, _)| *far < 10.0);
    if let Some((_, dot)) = near.min_by(|a, b| a.0.total_cmp(&b.0)) {
        ui.painter().circle_stroke(at(dot), 7.0, egui::Stroke::new(1.5, p.strong));
        let point = looked.study.trial(dot.id).map(|trial| trial.point.to_string()).unwrap_or_default();
        let text = format!(
            "Trial {}: {}, {} {label}\n{point}",
            dot.id,
            model.words(dot.value),
            words::number(dot.cost)
        );
        if shown.response.double_clicked() {
            view.ask(Command::Sweep(Action::OpenTrial(dot.id)));
        }
        shown.response.on_hover_text_at_pointer(text);
    }
}

/// Marks what nobody beats in both, and returns it as a staircase from the cheapest on.
fn front(dots: &mut [Dot], better: impl Fn(f64, f64) -> bool) -> Vec<[f64; 2]> {
    // Of several at the same cost the best comes first, and is the only one that nobody beats.
    dots.sort_by(|a, b| {
        a.cost.total_cmp(&b.cost).then_with(|| better(b.value, a.value).cmp(&better(a.value, b.value)))
    });
    let mut steps: Vec<[f64; 2]> = Vec::new();
    for dot in dots {
        let before = steps.last().copied();
        if before.is_none_or(|[_, value]| better(dot.value, value)) {
            dot.on_front = true;
            if let Some([_, value]) = before {
                steps.push([dot.cost, value]);
            }
            steps.push([dot.cost, dot.value]);
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_beats_is_on_the_front() {
        let dot = |id, cost, value| Dot { id, cost, value, colour: Color32::WHITE, on_front: false };
        let mut dots = vec![
            dot(1, 10.0, 0.9),
            dot(5, 5.0, 0.75),
            dot(2, 5.0, 0.8),
            dot(3, 7.0, 0.7),
            dot(4, 20.0, 0.95),
        ];
        let steps = front(&mut dots, |a, b| a > b);
        let on: Vec<u64> = dots.iter().filter(|dot| dot.on_front).map(|dot| dot.id).collect();
        assert_eq!(on, [2, 1, 4]);
        assert_eq!(steps.len(), 5);
    }
}
