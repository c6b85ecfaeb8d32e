//! Slices: the objective over one setting, each trial a point; and over two settings, as a map whose colour between
//! the trials is their mean weighted by nearness.

use super::axis::ink;
use super::model::{AxisView, Model, Row};
use crate::app::Command;
use crate::app::sweep::Action;
use crate::ui::icons::Icon;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{empty, remark};
use egui::{
    Align2, ComboBox, Mesh, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2,
};

/// Cells a side of the map.
const CELLS: usize = 44;
/// More trials than this are drawn as squares.
const MANY: usize = 300;
/// How far a trial is felt on the map, in parts of its side.
const REACH: f64 = 0.11;

/// Width of the names of values at the left of a field.
const NAMES: f32 = 48.0;

/// Room at both sides of a field.
const MARGIN: f32 = 10.0;

/// What the drawing remembers.
#[derive(Default)]
pub struct Memory {
    x: usize,
    y: usize,
    /// The map worked out last.
    map: Option<Map>,
}

/// The colours between trials.
struct Map {
    /// The model and the two settings that it is of.
    of: [usize; 3],
    /// Rank and weight of each cell.
    cells: Vec<(f64, f64)>,
}

/// Draws small plots for each setting, and the map of two of them.
pub fn show(ui: &mut Ui, view: &mut View<'_>, model: &Model) {
    if model.axes.is_empty() || !model.rows.iter().any(|row| row.value.is_some()) {
        empty(ui, Icon::Sweep, "Nothing was measured yet", "Points come as trials are measured");
        return;
    }
    let height = ui.available_height();
    let top = (height * 0.48).max(150.0);
    remark(ui, "Each trial is a point; fainter ones were pruned. Double click opens a trial");
    egui::ScrollArea::horizontal().id_salt("slices").max_height(top).auto_shrink(false).show(ui, |ui| {
        ui.horizontal(|ui| {
            // The values are named once, at the left: all of them count the same.
            let n = model.axes.len() as f32;
            let room = ui.available_width() - ui.spacing().item_spacing.x * (n - 1.0) - NAMES;
            let width = (room / n).clamp(124.0, 380.0);
            for (i, axis) in model.axes.iter().enumerate() {
                let names = if i == 0 { NAMES } else { 0.0 };
                slice_ui(ui, view, model, (i, axis), vec2(names + width, top - 30.0));
            }
        });
    });
    if model.axes.len() > 1 {
        map_head_ui(ui, view, model);
        let (x, y) = (view.memory.sweep.slices.x, view.memory.sweep.slices.y);
        map_ui(ui, view, model, (x, y));
    }
}

/// A field to draw in with a frame and ticks; places from 0 to 1 lie in the rectangle that is returned.
fn field(ui: &mut Ui, size: Vec2, names: f32, name: &str) -> (Rect, egui::Response) {
    let p = palette(ui);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    let inner = Rect::from_min_max(rect.min + vec2(MARGIN + names, 6.0), rect.max - vec2(MARGIN, 36.0));
    ui.painter().rect(inner, 3.0, p.well, Stroke::new(1.0, p.line), egui::StrokeKind::Outside);
    (inner, response)
}

/// Ticks of an axis below the field, thinned out until their words fit.
fn ticks_below(ui: &Ui, inner: Rect, axis: &AxisView) {
    let p = palette(ui);
    let mut right = f32::NEG_INFINITY;
    for (place, words) in &axis.ticks {
        let x = inner.left() + margin(*place) as f32 * inner.width();
        let galley = ui.painter().layout_no_wrap(words.clone(), theme::small(), p.dim);
        // Words stay below their own field: the next one's begin a little further.
        let room = [inner.left() - MARGIN, inner.right() + MARGIN - galley.size().x];
        let left = (x - galley.size().x / 2.0).min(room[1]).max(room[0]);
        ui.painter()
            .line_segment([pos2(x, inner.bottom()), pos2(x, inner.bottom() + 3.0)], Stroke::new(1.0, p.dim));
        if left > right + 4.0 {
            right = left + galley.size().x;
            ui.painter().galley(pos2(left, inner.bottom() + 4.0), galley, p.dim);
        }
    }
    let at = pos2(inner.center().x, inner.bottom() + 19.0);
    ui.painter().text(at, Align2::CENTER_TOP, &axis.label, theme::small(), p.strong);
}

/// A little room at both ends, so that points at the ends are whole.
fn margin(place: f64) -> f64 {
    0.05 + 0.9 * place
}

fn slice_ui(ui: &mut Ui, view: &mut View<'_>, model: &Model, (i, axis): (usize, &AxisView), size: Vec2) {
    let p = palette(ui);
    let names = if i == 0 { NAMES } else { 0.0 };
    let (inner, response) = field(ui, size, names, &format!("Objective over {}", axis.label));
    ticks_below(ui, inner, axis);
    let [low, high] = model.span;
    let y =
        |value: f64| inner.bottom() - margin((value - low) / (high - low).max(1e-12)) as f32 * inner.height();
    for value in (0..=4_u8).map(|k| low + f64::from(k) / 4.0 * (high - low)).filter(|_| i == 0) {
        let at = pos2(inner.left() - 4.0, y(value));
        ui.painter().text(at, Align2::RIGHT_CENTER, model.words(value), theme::small(), p.dim);
    }
    let at = |row: &Row| {
        let place = row.places[i]?;
        Some(pos2(inner.left() + margin(place) as f32 * inner.width(), y(row.value?)))
    };
    points_ui(ui, view, model, &response, &at);
}

/// Trials as points, the nearest one explained.
fn points_ui(
    ui: &Ui,
    view: &mut View<'_>,
    model: &Model,
    response: &egui::Response,
    at: &dyn Fn(&Row) -> Option<Pos2>,
) {
    let p = palette(ui);
    let marked = &view.app.sweeps.marked;
    let mut nearest: Option<(f32, &Row)> = None;
    // So many discs would take longer to draw than a frame may: small squares do as well.
    let many = model.rows.len() > MANY;
    let mut squares = Mesh::default();
    for row in &model.rows {
        let Some(place) = at(row) else { continue };
        let colour = ink(ui, row.rank.unwrap_or(0.0));
        let whole = row.state == crate::sweep::State::Complete;
        let faint = !marked.is_empty() && !marked.contains(&row.id);
        let colour =
            if faint { theme::ghost(p.dim) } else { colour.gamma_multiply(if whole { 1.0 } else { 0.45 }) };
        let radius = if whole { 3.6 } else { 2.6 };
        if many {
            squares.add_colored_rect(Rect::from_center_size(place, Vec2::splat(radius * 1.5)), colour);
        } else {
            ui.painter().circle_filled(place, radius, colour);
        }
        if model.best == Some(row.id) {
            ui.painter().circle_stroke(place, 6.0, Stroke::new(1.5, p.strong));
        }
        if let Some(pointer) = response.hover_pos() {
            let far = place.distance(pointer);
            if far < 9.0 && nearest.is_none_or(|(known, _)| far < known) {
                nearest = Some((far, row));
            }
        }
    }
    ui.painter().add(Shape::mesh(squares));
    let Some((_, row)) = nearest else { return };
    if response.double_clicked() {
        view.ask(Command::Sweep(Action::OpenTrial(row.id)));
    } else if response.clicked() {
        view.ask(Command::Sweep(Action::Mark([row.id].into())));
    }
    let cells = model.axes.iter().zip(&row.cells).map(|(axis, cell)| format!("{}: {cell}", axis.label));
    let value = row.value.map_or_else(String::new, |value| model.words(value));
    let text = format!("Trial {}: {value}\n{}", row.id, cells.collect::<Vec<_>>().join("\n"));
    response.clone().on_hover_text_at_pointer(text);
}

fn map_head_ui(ui: &mut Ui, view: &mut View<'_>, model: &Model) {
    let memory = &mut view.memory.sweep.slices;
    memory.x = memory.x.min(model.axes.len() - 1);
    memory.y = memory.y.min(model.axes.len() - 1);
    if memory.x == memory.y {
        memory.y = if memory.x == 0 { 1 } else { 0 };
    }
    ui.horizontal(|ui| {
        remark(ui, "Over two settings:");
        for (label, now) in [("Setting across", &mut memory.x), ("Setting up", &mut memory.y)] {
            let menu = ComboBox::from_id_salt(label).width(150.0).selected_text(&model.axes[*now].label);
            let menu = menu.show_ui(ui, |ui| {
                for (i, axis) in model.axes.iter().enumerate() {
                    ui.selectable_value(now, i, &axis.label);
                }
            });
            menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, label));
        }
    });
}

fn map_ui(ui: &mut Ui, view: &mut View<'_>, model: &Model, (x, y): (usize, usize)) {
    let p = palette(ui);
    let (across, up) = (&model.axes[x], &model.axes[y]);
    let size = vec2(ui.available_width(), ui.available_height().max(140.0));
    let (inner, response) =
        field(ui, size, NAMES, &format!("Objective over {} and {}", across.label, up.label));
    let cells = cells(&mut view.memory.sweep.slices, model, (x, y));
    let mut mesh = Mesh::default();
    let step = inner.size() / CELLS as f32;
    for (cell, (mean, weight)) in cells.iter().enumerate() {
        // Far from any trial nothing is known.
        let sure = (weight * 1.6).clamp(0.0, 1.0) as f32;
        if sure > 0.02 {
            let (i, j) = (cell % CELLS, cell / CELLS);
            let corner = pos2(inner.left() + i as f32 * step.x, inner.bottom() - (j + 1) as f32 * step.y);
            let colour = ink(ui, *mean as f32).gamma_multiply(0.75 * sure);
            mesh.add_colored_rect(Rect::from_min_size(corner, step), colour);
        }
    }
    ui.painter().add(Shape::mesh(mesh));
    ticks_below(ui, inner, across);
    let mut above = f32::INFINITY;
    for (place, words) in &up.ticks {
        let at = pos2(inner.left() - 5.0, inner.bottom() - margin(*place) as f32 * inner.height());
        if at.y < above - 12.0 {
            above = at.y;
            let galley = ui.painter().layout_no_wrap(words.clone(), theme::small(), p.dim);
            ui.painter().galley(pos2(at.x - galley.size().x, at.y - galley.size().y / 2.0), galley, p.dim);
        }
    }
    ui.painter().text(
        inner.left_top() + vec2(6.0, 4.0),
        Align2::LEFT_TOP,
        &up.label,
        theme::small(),
        p.strong,
    );
    let at = |row: &Row| {
        row.value?;
        let (a, b) = (margin(row.places[x]?) as f32, margin(row.places[y]?) as f32);
        Some(pos2(inner.left() + a * inner.width(), inner.bottom() - b * inner.height()))
    };
    points_ui(ui, view, model, &response, &at);
}

/// The cells of the map, worked out when something happened or other settings are looked at.
fn cells<'a>(memory: &'a mut Memory, model: &Model, (x, y): (usize, usize)) -> &'a [(f64, f64)] {
    let key = [model.serial() as usize, x, y];
    if memory.map.as_ref().is_none_or(|map| map.of != key) {
        let places =
            |row: &Row| Some(([margin(row.places[x]?), margin(row.places[y]?)], f64::from(row.rank?)));
        let trials: Vec<([f64; 2], f64)> = model.rows.iter().filter_map(places).collect();
        let middle = |i: usize| (i as f64 + 0.5) / CELLS as f64;
        let cell = |cell: usize| nearby(&trials, [middle(cell % CELLS), middle(cell / CELLS)]);
        memory.map = Some(Map { of: key, cells: (0..CELLS * CELLS).map(cell).collect() });
    }
    memory.map.as_ref().map_or(&[], |map| &map.cells)
}

/// Mean of the trials' ranks around a place, weighted by nearness, and the greatest weight there.
fn nearby(trials: &[([f64; 2], f64)], at: [f64; 2]) -> (f64, f64) {
    let (mut sum, mut weights, mut most) = (0.0, 0.0, 0.0_f64);
    for (place, rank) in trials {
        let far = ((place[0] - at[0]).powi(2) + (place[1] - at[1]).powi(2)) / (REACH * REACH);
        let weight = (-far).exp();
        sum += weight * rank;
        weights += weight;
        most = most.max(weight);
    }
    (if weights > 0.0 { sum / weights } else { 0.0 }, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_is_a_mean_of_what_is_near() {
        let trials = [([0.2, 0.2], 1.0), ([0.8, 0.8], 0.0)];
        let (mean, weight) = nearby(&trials, [0.2, 0.2]);
        assert!(mean > 0.99 && weight > 0.99);
        let (mean, _) = nearby(&trials, [0.5, 0.5]);
        assert!((mean - 0.5).abs() < 1e-9);
        assert!(nearby(&trials, [0.0, 1.0]).1 < 1e-6, "nothing is known there");
        assert_eq!(nearby(&[], [0.0, 0.0]), (0.0, 0.0));
    }
}
