//! Parallel coordinates: every trial is a line through all settings to its value. Dragging along an axis keeps only the
//! lines that pass there; several axes narrow down together.

use super::axis::ink;
use super::model::{Model, Row};
use crate::app::Command;
use crate::app::sweep::Action;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::remark;
use crate::ui::words;
use egui::{Align2, Color32, Mesh, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};
use std::collections::{BTreeMap, BTreeSet};

/// The brushes: axis, and the part of it that is kept, from 0 to 1. The last axis is the objective's.
#[derive(Default)]
pub struct Memory {
    brushes: BTreeMap<usize, [f32; 2]>,
    from: Option<(usize, f32)>,
}

/// Space above the axes for their names, and below for the hint.
const HEAD: f32 = 40.0;
/// A line is under the pointer when it is so near, in points.
const NEAR: f32 = 6.0;

/// Draws the plot.
pub fn show(ui: &mut Ui, view: &mut View<'_>, model: &Model) {
    remark(
        ui,
        "Drag along an axis to keep the lines that pass there; click an axis to keep all again. Brighter is better",
    );
    let (field, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
    let name = format!("Parallel coordinates of {} trials", model.rows.len());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    let inner = Rect::from_min_max(field.min + vec2(56.0, HEAD), field.max - vec2(70.0, 14.0));
    let n = model.axes.len() + 1;
    let x = |i: usize| inner.left() + inner.width() * i as f32 / (n - 1).max(1) as f32;
    let y = |place: f32| inner.bottom() - place * inner.height();
    brush(view, &response, inner, n, &x);
    let brushes = view.memory.sweep.parallel.brushes.clone();
    let lines: Vec<(&Row, Vec<Option<f32>>)> =
        model.rows.iter().filter_map(|row| Some((row, places(model, row)?))).collect();
    let kept = |places: &[Option<f32>]| {
        brushes.iter().all(|(i, [low, high])| {
            places.get(*i).copied().flatten().is_some_and(|place| place >= *low && place <= *high)
        })
    };
    let marked = &view.app.sweeps.marked;
    let mut mesh = Mesh::default();
    let mut lit = Vec::new();
    for (row, places) in &lines {
        let on = kept(places) && (marked.is_empty() || marked.contains(&row.id));
        if on {
            lit.push((*row, places));
        } else {
            let colour = palette(ui).dim.gamma_multiply(0.10);
            polyline(&mut mesh, places, &x, &y, 1.0, colour);
        }
    }
    // The best on top.
    lit.sort_by(|a, b| a.0.rank.unwrap_or(0.0).total_cmp(&b.0.rank.unwrap_or(0.0)));
    let width = if lit.len() > 200 { 1.2 } else { 1.8 };
    for (row, places) in &lit {
        let colour = ink(ui, row.rank.unwrap_or(0.0));
        polyline(&mut mesh, places, &x, &y, width, colour.gamma_multiply(0.9));
    }
    ui.painter().add(Shape::mesh(mesh));
    axes_ui(ui, model, inner, &x, &y, &brushes);
    hover_ui(ui, view, &response, &lit, model, &x, &y);
}

/// Places on every axis and on the objective's; `None` for a trial without a value.
fn places(model: &Model, row: &Row) -> Option<Vec<Option<f32>>> {
    let [low, high] = model.span;
    let share = ((row.value? - low) / (high - low).max(1e-12)) as f32;
    let mut places: Vec<Option<f32>> =
        row.places.iter().map(|place| place.map(|place| place as f32)).collect();
    places.push(Some(share));
    Some(places)
}

/// A line as two triangles a piece, so that a thousand trials are one shape.
fn polyline(
    mesh: &mut Mesh,
    places: &[Option<f32>],
    x: &dyn Fn(usize) -> f32,
    y: &dyn Fn(f32) -> f32,
    width: f32,
    colour: Color32,
) {
    let mut last: Option<Pos2> = None;
    for (i, place) in places.iter().enumerate() {
        // A setting that does not count for this trial is passed over.
        let Some(place) = place else { continue };
        let at = pos2(x(i), y(*place));
        if let Some(from) = last {
            let across = (at - from).rot90().normalized() * (width / 2.0);
            let first = mesh.vertices.len() as u32;
            for corner in [from + across, from - across, at - across, at + across] {
                mesh.colored_vertex(corner, colour);
            }
            mesh.add_triangle(first, first + 1, first + 2);
            mesh.add_triangle(first, first + 2, first + 3);
        }
        last = Some(at);
    }
}

fn brush(view: &mut View<'_>, response: &egui::Response, inner: Rect, n: usize, x: &dyn Fn(usize) -> f32) {
    let memory = &mut view.memory.sweep.parallel;
    let Some(pointer) = response.interact_pointer_pos() else {
        memory.from = None;
        return;
    };
    let place = ((inner.bottom() - pointer.y) / inner.height()).clamp(0.0, 1.0);
    let nearest = (0..n).min_by(|a, b| (x(*a) - pointer.x).abs().total_cmp(&(x(*b) - pointer.x).abs()));
    let Some(axis) = nearest.filter(|axis| (x(*axis) - pointer.x).abs() < 40.0 || memory.from.is_some())
    else {
        return;
    };
    if response.clicked() {
        memory.brushes.remove(&axis);
        memory.from = None;
    } else if response.drag_started() {
        memory.from = Some((axis, place));
    } else if let Some((axis, from)) = memory.from.filter(|_| response.dragged()) {
        memory.brushes.insert(axis, [from.min(place), from.max(place)]);
    }
}

fn axes_ui(
    ui: &Ui,
    model: &Model,
    inner: Rect,
    x: &dyn Fn(usize) -> f32,
    y: &dyn Fn(f32) -> f32,
    brushes: &BTreeMap<usize, [f32; 2]>,
) {
    let p = palette(ui);
    let painter = ui.painter();
    let n = model.axes.len() + 1;
    for i in 0..n {
        let at = x(i);
        painter.line_segment([pos2(at, inner.top()), pos2(at, inner.bottom())], Stroke::new(1.0, p.dim));
        let objective = model.objective_label();
        let (label, ticks): (&str, Vec<(f32, String)>) = match model.axes.get(i) {
            Some(axis) => (
                &axis.label,
                axis.ticks.iter().map(|(place, words)| (*place as f32, words.clone())).collect(),
            ),
            None => {
                let [low, high] = model.span;
                let tick = |k: u8| {
                    let share = f64::from(k) / 4.0;
                    (share as f32, model.words(low + share * (high - low)))
                };
                (&objective, (0..=4).map(tick).collect())
            }
        };
        // Names of neighbours on two lines, so that they do not meet.
        let up = if i % 2 == 0 { 8.0 } else { 22.0 };
        let place = pos2(at, inner.top() - up);
        painter.text(place, Align2::CENTER_BOTTOM, label, theme::strong(), p.strong);
        for (place, words) in ticks {
            let (from, to) = (pos2(at - 3.0, y(place)), pos2(at + 3.0, y(place)));
            painter.line_segment([from, to], Stroke::new(1.0, p.dim));
            let galley = painter.layout_no_wrap(words, theme::small(), p.text);
            let corner = pos2(at + 6.0, y(place) - galley.size().y / 2.0);
            painter.rect_filled(Rect::from_min_size(corner, galley.size()), 2.0, p.card.gamma_multiply(0.75));
            painter.galley(corner, galley, p.text);
        }
        if let Some([low, high]) = brushes.get(&i) {
            let kept = Rect::from_min_max(pos2(at - 7.0, y(*high)), pos2(at + 7.0, y(*low)));
            painter.rect(
                kept,
                3.0,
                p.accent.gamma_multiply(0.25),
                Stroke::new(1.0, p.accent),
                egui::StrokeKind::Inside,
            );
        }
    }
}

fn hover_ui(
    ui: &Ui,
    view: &mut View<'_>,
    response: &egui::Response,
    lit: &[(&Row, &Vec<Option<f32>>)],
    model: &Model,
    x: &dyn Fn(usize) -> f32,
    y: &dyn Fn(f32) -> f32,
) {
    let Some(pointer) = response.hover_pos().filter(|_| !response.dragged()) else { return };
    let distance = |places: &[Option<f32>]| {
        let points: Vec<Pos2> =
            places.iter().enumerate().filter_map(|(i, place)| Some(pos2(x(i), y((*place)?)))).collect();
        points.windows(2).map(|pair| to_segment(pointer, pair[0], pair[1])).fold(f32::INFINITY, f32::min)
    };
    let nearest = lit.iter().map(|(row, places)| (distance(places), row, places));
    let Some((_, row, places)) = nearest.filter(|(d, ..)| *d < NEAR).min_by(|a, b| a.0.total_cmp(&b.0))
    else {
        return;
    };
    let p = palette(ui);
    let mut mesh = Mesh::default();
    polyline(&mut mesh, places, x, y, 3.0, p.strong);
    ui.painter().add(Shape::mesh(mesh));
    let settings = model.axes.iter().zip(&row.cells).map(|(axis, cell)| format!("{}: {cell}", axis.label));
    let value = row.value.map_or_else(String::new, |value| model.words(value));
    let text = format!(
        "Trial {} ({}): {value}\n{}\nafter {} epochs; double click opens its run",
        row.id,
        row.state.label().to_lowercase(),
        settings.collect::<Vec<_>>().join("\n"),
        words::number(row.epochs.0)
    );
    if response.double_clicked() {
        view.ask(Command::Sweep(Action::OpenTrial(row.id)));
    } else if response.secondary_clicked() {
        view.ask(Command::Sweep(Action::Mark(BTreeSet::from([row.id]))));
    }
    response.clone().on_hover_text_at_pointer(text);
}

fn to_segment(point: Pos2, a: Pos2, b: Pos2) -> f32 {
    let (line, to) = (b - a, point - a);
    let share = (to.dot(line) / line.length_sq().max(1e-6)).clamp(0.0, 1.0);
    (a + line * share).distance(point)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_skips_what_does_not_count() {
        let mut mesh = Mesh::default();
        let x = |i: usize| i as f32;
        polyline(&mut mesh, &[Some(0.0), None, Some(1.0), Some(0.5)], &x, &|y| y, 1.0, Color32::WHITE);
        assert_eq!((mesh.vertices.len(), mesh.indices.len()), (8, 12), "two pieces");
        assert_eq!(to_segment(pos2(0.5, 2.0), pos2(0.0, 0.0), pos2(1.0, 0.0)), 2.0);
        assert_eq!(to_segment(pos2(3.0, 0.0), pos2(0.0, 0.0), pos2(1.0, 0.0)), 2.0);
    }
}
