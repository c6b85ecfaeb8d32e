//! Runs listed that have a setting in common: each group's mean and spread, its curve with a band, and whether groups
//! differ by more than chance.

use super::{chosen, table};
use crate::app::compare::{Band, Comparison, FIGURES, Grouped, grouped};
use crate::app::runs::Run;
use crate::app::{App, Command};
use crate::runs::{Direction, Split, metric};
use crate::ui::plots::{Ticks, quiet};
use crate::ui::theme::{self, Palette, palette};
use crate::ui::view::View;
use crate::ui::widgets::{badge, remark, segments};
use crate::ui::words;
use egui::{Grid, RichText, ScrollArea, Ui, vec2};
use egui_plot::{FilledArea, Legend, Line, PlotPoints};
use std::collections::BTreeMap;

/// Groups drawn as curves.
const MOST_CURVES: usize = 8;

/// The groups as they were worked out for a state of the runs.
#[derive(Default)]
pub struct Groups {
    of: Option<(u64, Comparison)>,
    groups: Vec<Grouped>,
    curves: Vec<Mean>,
}

/// A group's mean curve with its band: epochs, means, lower and upper ends.
struct Mean {
    name: String,
    x: Vec<f64>,
    mean: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
}

impl Groups {
    fn keep(&mut self, app: &App, table: &table::Table) {
        let of = Some((app.runs.revision(), app.settings.compare.clone()));
        if self.of == of {
            return;
        }
        self.of = of;
        let compare = &app.settings.compare;
        let runs = chosen(app, table);
        let name = compare.figure.trim_start_matches("last_").trim_start_matches("test_");
        let up = metric(name).is_none_or(|metric| metric.direction != Direction::Down);
        self.groups = grouped(&runs, &compare.group, &compare.figure, up);
        let curve_of = if metric(name).is_some() { name } else { "accuracy" };
        self.curves = self
            .groups
            .iter()
            .take(MOST_CURVES)
            .map(|group| {
                let of: Vec<&Run> = group.runs.iter().filter_map(|id| app.runs.get(id)).collect();
                mean(&group.value, &of, curve_of, compare.band)
            })
            .collect();
    }
}

/// The mean over runs after each epoch that was validated.
fn mean(name: &str, runs: &[&Run], metric: &str, band: Band) -> Mean {
    let mut at: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for run in runs {
        for point in run.history.curve(Split::Valid, metric).into_iter().flat_map(|s| s.points()) {
            // Epochs in hundredths, so that runs of the same epochs meet.
            at.entry((point.epoch * 100.0).round() as u64).or_default().push(point.value);
        }
    }
    let mut curve =
        Mean { name: name.to_owned(), x: Vec::new(), mean: Vec::new(), low: Vec::new(), high: Vec::new() };
    for (epoch, values) in at {
        if let Some(group) = crate::score::group(values) {
            let half = band.half(&group);
            curve.x.push(epoch as f64 / 100.0);
            curve.mean.push(group.mean);
            curve.low.push(group.mean - half);
            curve.high.push(group.mean + half);
        }
    }
    curve
}

/// Draws table and curves side by side.
pub fn groups_ui(ui: &mut Ui, view: &mut View<'_>) {
    let p = palette(ui);
    view.memory.groups.keep(view.app, &view.memory.compare);
    let compare = &view.app.settings.compare;
    let mut band = None;
    ui.horizontal(|ui| {
        remark(ui, "Spread");
        let bands = [
            (Band::Deviation, "Deviation", "The standard deviation of the runs"),
            (Band::Error, "Error", "The standard error of the mean"),
            (Band::Interval, "95 %", "Where the mean lies in 95 of 100 cases (Student's t)"),
        ];
        band = segments(ui, compare.band, &bands);
    });
    if let Some(band) = band {
        view.ask(Command::SetCompare(Box::new(Comparison { band, ..compare.clone() })));
    }
    let memory = &view.memory.groups;
    if memory.groups.is_empty() {
        remark(ui, "No run is listed");
        return;
    }
    let height = ui.available_height();
    ui.horizontal_top(|ui| {
        let width = (ui.available_width() * 0.48).max(320.0);
        ui.allocate_ui(vec2(width, height), |ui| {
            ScrollArea::both().id_salt("groups").auto_shrink(false).show(ui, |ui| {
                table_ui(ui, &memory.groups, compare, p);
            });
        });
        let figure = compare.figure.clone();
        let x = Ticks { text: |epoch: f64| words::number(epoch), log: false, least: 0.0 };
        let y = Ticks { text: move |value: f64| shown(&figure, value), log: false, least: 0.0 };
        let plot = quiet("group curves", p, x, y).legend(Legend::default()).height(height - 6.0);
        plot.show(ui, |plot| {
            for (i, curve) in memory.curves.iter().enumerate().filter(|(_, curve)| !curve.x.is_empty()) {
                let colour = p.run(i as u32);
                let area = FilledArea::new(&curve.name, &curve.x, &curve.low, &curve.high);
                plot.add(area.fill_color(colour.gamma_multiply(0.18)));
                let points: Vec<[f64; 2]> = curve.x.iter().zip(&curve.mean).map(|(x, y)| [*x, *y]).collect();
                plot.line(Line::new(&curve.name, PlotPoints::new(points)).color(colour).width(1.8));
            }
        });
    });
}

/// A figure in its own unit.
pub fn shown(name: &str, value: f64) -> String {
    match name {
        name if name.ends_with("accuracy") => words::percent(value),
        "params" | "images_per_s" => words::count(value.max(0.0) as u64),
        "seconds" => words::duration(value),
        _ => format!("{value:.4}"),
    }
}

fn table_ui(ui: &mut Ui, groups: &[Grouped], compare: &Comparison, p: &Palette) {
    let label = FIGURES.iter().find(|(name, _)| *name == compare.figure).map_or("", |(_, label)| label);
    Grid::new("groups").striped(true).spacing([22.0, 6.0]).show(ui, |ui| {
        for caption in [words::path_label(&compare.group).as_str(), "Runs", label, "±", "Against the best"] {
            ui.label(RichText::new(caption).font(theme::small()).color(p.dim));
        }
        ui.end_row();
        for (i, one) in groups.iter().enumerate() {
            ui.label(RichText::new(&one.value).font(theme::strong()).color(p.run(i as u32)));
            ui.label(one.runs.len().to_string());
            let group = one.group.as_ref();
            ui.label(group.map_or_else(|| "–".to_owned(), |group| shown(&compare.figure, group.mean)));
            let half = group.filter(|group| group.n > 1).map(|group| compare.band.half(group));
            ui.label(half.map_or_else(|| "–".to_owned(), |half| shown(&compare.figure, half)));
            match one.against {
                None if i == 0 => _ = badge(ui, "Best", p.good),
                None => _ = ui.label("–"),
                Some(versus) => match versus.p_value {
                    Some(p_value) if p_value < 0.05 => {
                        badge(ui, &format!("Worse, p = {p_value:.3}"), p.bad).on_hover_text(TEST);
                    }
                    Some(p_value) => {
                        badge(ui, &format!("Noise, p = {p_value:.2}"), p.warn).on_hover_text(TEST);
                    }
                    None => _ = remark(ui, "too few seeds"),
                },
            }
            ui.end_row();
        }
    });
    if groups.iter().all(|one| one.runs.len() < 2) {
        remark(ui, "Train the same settings with several seeds, and chance can be told from difference");
    }
}

const TEST: &str =
    "Welch's test over the runs of both groups: how often chance alone would set them so far apart";
