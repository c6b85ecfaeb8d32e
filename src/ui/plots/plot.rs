//! Draws the curves of a metric: training solid, validation dashed, raw values as a ghost behind; marks of what was
//! changed; one crosshair through all plots; the nearest values in a tooltip.

use super::axes;
use super::curves::{Cache, Curve, Detail, POINTS, POINTS_OF_MANY};
use super::items::{Frameless, corners};
use crate::app::runs::Run;
use crate::app::{PlotView, XAxis};
use crate::runs::{Marker, MarkerKind, Metric, Split};
use crate::ui::theme::{self, Palette, palette};
use crate::ui::widgets::dot;
use crate::ui::words;
use egui::{Color32, Id, PointerButton, Rect, RichText, Stroke, Tooltip, Ui, pos2, vec2};
use egui_plot::{AxisHints, Line, LineStyle, Plot, PlotPoint, PlotPoints, PlotResponse, PlotTransform};
use std::collections::HashMap;
use std::rc::Rc;

/// At most so many runs in the tooltip, the nearest first.
const MOST: usize = 6;
/// With so many runs a ghost behind each only hides the others, and fewer pixels tell as much.
const MANY: usize = 24;
/// Points that all curves of a plot are thinned to: what is made of them has to be drawn 60 times a second.
const MOST_POINTS: usize = 24_000;
/// At least so many columns, however many curves there are.
const LEAST_COLUMNS: usize = 64;
/// The pointer is at a mark when it is so near, in points.
const NEAR: f32 = 5.0;
/// A click means a value that is so near, in points.
const CLICKED: f32 = 60.0;

/// What plots that belong together know of each other.
#[derive(Default)]
pub struct Hover {
    /// Where the pointer is on x, and in which frame it was there.
    x: Option<(f64, u64)>,
    frame: u64,
    /// When and at which step of which run a plot was clicked: a second click soon after means something else.
    clicked: Option<(f64, String, u64)>,
    /// The part of x that each plot showed last, where it was zoomed.
    windows: HashMap<&'static str, [f64; 2]>,
}

impl Hover {
    /// A frame begins.
    pub fn begin(&mut self) {
        self.frame += 1;
    }

    /// The run and step that were clicked, once it is sure that it was no double click.
    pub fn take_clicked(&mut self, ctx: &egui::Context) -> Option<(String, u64)> {
        let delay = ctx.options(|options| options.input_options.max_double_click_delay);
        let now = ctx.input(|input| input.time);
        let since = now - self.clicked.as_ref()?.0;
        if since <= delay {
            ctx.request_repaint_after(std::time::Duration::from_secs_f64(delay - since + 0.02));
            return None;
        }
        self.clicked.take().map(|(_, run, step)| (run, step))
    }

    fn x(&self) -> Option<f64> {
        // The plot that the pointer is in may be drawn after this one: its word of the last frame counts.
        self.x.filter(|(_, frame)| frame + 1 >= self.frame).map(|(x, _)| x)
    }
}

/// Where the plots draw from.
pub struct Drawn<'a> {
    /// The runs on the axes.
    pub runs: &'a [&'a Run],
    /// How they are drawn.
    pub view: PlotView,
    /// The curves worked out before.
    pub cache: &'a mut Cache,
    /// What the other plots know.
    pub hover: &'a mut Hover,
}

struct Drawing<'a> {
    run: &'a Run,
    split: Split,
    colour: Color32,
    curve: Rc<Curve>,
}

/// Draws one metric into a space of that size.
pub fn plot_ui(ui: &mut Ui, metric: &'static Metric, size: egui::Vec2, drawn: &mut Drawn<'_>) {
    let p = palette(ui);
    let view = drawn.view;
    let window = drawn.hover.windows.get(metric.name).copied();
    let n_runs = drawn.runs.len();
    // In steps, so that a window being resized does not work everything out anew in every frame.
    let pixels = (size.x * ui.ctx().pixels_per_point()) as usize;
    let many = n_runs >= MANY;
    let each = n_runs.max(1) * if many { POINTS_OF_MANY } else { POINTS };
    let most = (MOST_POINTS / each).max(LEAST_COLUMNS);
    let detail = Detail { view, columns: pixels.next_multiple_of(64).min(most), many, window };
    let mut curves = Vec::new();
    for run in drawn.runs.iter().rev() {
        for split in [Split::Train, Split::Valid] {
            let curve = drawn.cache.curve(run, split, metric, detail);
            if !curve.line.is_empty() {
                curves.push(Drawing { run, split, colour: p.run(run.meta.colour), curve });
            }
        }
    }
    let fitted = if view.fit {
        drawn.cache.fit(metric, curves.iter().map(|drawing| (&drawing.curve, drawing.curve.line.as_slice())))
    } else {
        None
    };
    let shown = frame(metric, size, view, p).show(ui, |plot| {
        if let Some(y) = fitted {
            let reaches = || curves.iter().filter_map(|drawing| drawing.curve.reach());
            let first = reaches().map(|[first, _]| first).fold(f64::INFINITY, f64::min);
            let last = reaches().map(|[_, last]| last).fold(f64::NEG_INFINITY, f64::max);
            plot.add(corners([first, y[0]], [last, y[1]]));
        }
        for drawing in &curves {
            lines(plot, drawing, fitted.is_some(), many);
        }
        if plot.response().hovered() && plot.ctx().input(|input| input.modifiers.alt) {
            let turned =
                plot.ctx().input(|input| input.smooth_scroll_delta().y + input.smooth_scroll_delta().x);
            if turned != 0.0 {
                plot.zoom_bounds_around_hovered(egui::Vec2::splat((turned / 200.0).exp()));
            }
        }
        plot.auto_bounds()
    });
    let bounds = shown.transform.bounds();
    if shown.inner.x {
        drawn.hover.windows.remove(metric.name);
    } else {
        drawn.hover.windows.insert(metric.name, [bounds.min()[0], bounds.max()[0]]);
    }
    crosshair(ui, &shown, drawn.hover, p);
    let marked = markers(ui, &shown, drawn, p);
    if let Some(pointer) = shown.response.hover_pos()
        && !shown.response.dragged()
    {
        tooltip(&shown, pointer, &curves, metric, view, &marked);
    }
    if shown.response.double_clicked() {
        drawn.hover.clicked = None;
    } else if shown.response.clicked()
        && let Some(pointer) = shown.response.interact_pointer_pos()
    {
        let time = ui.input(|input| input.time);
        let found = step_at(&shown.transform, pointer, &curves, metric, view);
        drawn.hover.clicked = found.map(|(run, step)| (time, run, step));
    }
    if fitted.is_some() && shown.inner.y {
        beyond_ui(ui, &curves, &shown.transform, p);
    }
    let left_out: usize = curves.iter().map(|drawing| drawing.curve.n_left_out()).sum();
    if left_out > 0 {
        let text = format!(
            "{} without a place on these axes (NaN, infinite or ≤ 0)",
            words::many(left_out, "value")
        );
        let at = shown.transform.frame().right_top() + vec2(-8.0, 20.0);
        ui.painter().text(at, egui::Align2::RIGHT_TOP, text, theme::small(), p.warn);
    }
}

/// The training whose curve is at the pointer, and the step whose value is the nearest to it: the spike, where one is
/// pointed at.
fn step_at(
    transform: &PlotTransform,
    pointer: egui::Pos2,
    curves: &[Drawing<'_>],
    metric: &'static Metric,
    view: PlotView,
) -> Option<(String, u64)> {
    let mut best: Option<(f32, &Drawing<'_>, u64)> = None;
    for drawing in curves.iter().filter(|drawing| drawing.split == Split::Train) {
        let points = drawing.run.history.curve(Split::Train, metric.name).map_or(&[][..], |s| s.points());
        for point in points {
            let Some(x) = axes::x_of(point, view) else { continue };
            // A value without a place on the axis is told apart by its step alone.
            let at_x = transform.position_from_point_x(x);
            let at_y = axes::y_of(point.value, metric, view)
                .map_or(pointer.y, |y| transform.position_from_point_y(y));
            let far = (pos2(at_x, at_y) - pointer).length_sq();
            if best.as_ref().is_none_or(|(nearest, _, _)| far < *nearest) {
                best = Some((far, drawing, point.step));
            }
        }
    }
    best.filter(|(far, _, _)| *far < CLICKED * CLICKED)
        .map(|(_, drawing, step)| (drawing.run.id.clone(), step))
}

/// Says at the edges how many of the drawn points lie beyond them.
fn beyond_ui(ui: &Ui, curves: &[Drawing<'_>], transform: &PlotTransform, p: &Palette) {
    let y = transform.bounds().range_y();
    let (mut above, mut below) = (0, 0);
    for point in curves.iter().flat_map(|drawing| &drawing.curve.line) {
        above += usize::from(point.y > *y.end());
        below += usize::from(point.y < *y.start());
    }
    let rect = transform.frame();
    let (top, bottom) = (rect.right_top() + vec2(-8.0, 5.0), rect.right_bottom() + vec2(-8.0, -5.0));
    let says = [
        (above, "above", top, egui::Align2::RIGHT_TOP),
        (below, "below", bottom, egui::Align2::RIGHT_BOTTOM),
    ];
    for (n, word, at, align) in says {
        if n > 0 {
            let text = format!("{} {word} this range", words::many(n, "value"));
            ui.painter().text(at, align, text, theme::small(), p.dim);
        }
    }
}

fn frame<'a>(metric: &'static Metric, size: egui::Vec2, view: PlotView, p: &Palette) -> Plot<'a> {
    let x = AxisHints::new_x()
        .formatter(move |mark, _| axes::x_tick(mark, view))
        .label_spacing(30.0..=50.0)
        .tick_label_font(theme::small())
        .tick_label_color(p.dim);
    let y = AxisHints::new_y()
        .formatter(move |mark, _| axes::y_tick(mark, view))
        .min_thickness(44.0)
        .tick_label_font(theme::small())
        .tick_label_color(p.dim);
    let mut plot = Plot::new(metric.name)
        .width(size.x)
        .height(size.y)
        .custom_x_axes(vec![x])
        .custom_y_axes(vec![y])
        .link_axis(Id::unique("training curves"), [true, false])
        .boxed_zoom_pointer_button(PointerButton::Primary)
        .pan_pointer_button(PointerButton::Secondary)
        .allow_scroll(false)
        .show_crosshair(false)
        .show_x(false)
        .show_y(false)
        .label_formatter(|_| None)
        .grid_color(p.line)
        .grid_spacing(axes::BASE as f32..=90.0)
        .set_margin_fraction(vec2(0.02, 0.08));
    let marks = |log: bool, points: f64, least: f64| {
        move |input: egui_plot::GridInput| {
            if log { axes::log_marks(&input) } else { axes::marks(&input, points, least) }
        }
    };
    // There is no half step.
    let least = if view.x_axis == XAxis::Step { 1.0 } else { 0.0 };
    plot = plot.x_grid_spacer(marks(view.log_x, 66.0, least)).y_grid_spacer(marks(view.log_y, 40.0, 0.0));
    plot
}

/// Adds the lines of a curve; with `fitted`, what lies far off does not widen the axis.
fn lines<'a>(plot: &mut egui_plot::PlotUi<'a>, drawing: &'a Drawing<'_>, fitted: bool, many: bool) {
    let Drawing { run, split, colour, curve } = drawing;
    let name = |what: &str| format!("{} {} {what}", run.id, split.name());
    let mut add = |line: Line<'a>| {
        // Bands, which dense lines would be drawn as, are as thin as a hair where they are steep.
        let line = line.allow_hover(false).allow_band(false);
        if fitted { plot.add(Frameless(line)) } else { plot.line(line) }
    };
    let dashed = *split != Split::Train;
    if !curve.ghost.is_empty() {
        let ghost = Line::new(name("raw"), PlotPoints::Borrowed(&curve.ghost));
        add(ghost.color(theme::ghost(*colour)).width(1.0));
    }
    // Every dash is a line of its own to draw; a line of one pixel is drawn with fewer triangles than a wider one.
    let (length, width) = if many { (20.0, 1.0) } else { (7.0, 1.8) };
    let style = if dashed { LineStyle::Dashed { length } } else { LineStyle::Solid };
    let points = &curve.line;
    add(Line::new(name("line"), PlotPoints::Borrowed(points)).color(*colour).width(width).style(style));
    if dashed && points.len() <= 60 {
        let dots = egui_plot::Points::new(name("dots"), PlotPoints::Borrowed(points));
        let dots = dots.color(*colour).radius(2.6).allow_hover(false);
        if fitted { plot.add(Frameless(dots)) } else { plot.points(dots) }
    }
}

fn crosshair<R>(ui: &Ui, shown: &PlotResponse<R>, hover: &mut Hover, p: &Palette) {
    if let Some(pointer) = shown.response.hover_pos() {
        hover.x = Some((shown.transform.value_from_position(pointer).x, hover.frame));
    }
    let Some(x) = hover.x() else { return };
    let rect = *shown.transform.frame();
    let at = shown.transform.position_from_point_x(x);
    if rect.x_range().contains(at) {
        ui.painter().vline(at, rect.y_range(), Stroke::new(1.0, p.dim.gamma_multiply(0.6)));
    }
}

/// Draws what was changed, paused and resumed; returns the marks that the pointer is at.
fn markers<'a, R>(
    ui: &Ui,
    shown: &PlotResponse<R>,
    drawn: &Drawn<'a>,
    p: &Palette,
) -> Vec<(&'a Run, &'a Marker)> {
    let rect = *shown.transform.frame();
    let painter = ui.painter().with_clip_rect(rect.expand(1.0));
    let pointer = shown.response.hover_pos();
    let mut at_pointer = Vec::new();
    for run in drawn.runs {
        for marker in &run.history.markers {
            let Some(x) = marker_x(&shown.transform, marker, run, drawn.view) else { continue };
            if !rect.x_range().contains(x) {
                continue;
            }
            let colour = match marker.kind {
                MarkerKind::Changed(_) => p.run(run.meta.colour),
                MarkerKind::Paused | MarkerKind::Resumed => p.dim,
            };
            let dashes = egui::Shape::dashed_line(
                &[pos2(x, rect.top()), pos2(x, rect.bottom() - 7.0)],
                Stroke::new(1.0, colour.gamma_multiply(0.55)),
                2.0,
                4.0,
            );
            painter.extend(dashes);
            mark(&painter, pos2(x, rect.bottom() - 5.0), &marker.kind, colour);
            if pointer.is_some_and(|pointer| (pointer.x - x).abs() <= NEAR) {
                at_pointer.push((*run, marker));
            }
        }
    }
    at_pointer
}

fn marker_x(transform: &PlotTransform, marker: &Marker, run: &Run, view: PlotView) -> Option<f32> {
    // A marker has no training time of its own: that of the curve at its step is near enough.
    let loss = run.history.curve(Split::Train, "loss").map_or(&[][..], |series| series.points());
    let before = loss.partition_point(|point| point.step <= marker.step);
    let trained_secs = before.checked_sub(1).map_or(0.0, |i| loss[i].trained_secs);
    let point = crate::runs::Point {
        step: marker.step,
        epoch: marker.epoch,
        trained_secs,
        at: marker.at,
        value: 0.0,
    };
    axes::x_of(&point, view).map(|x| transform.position_from_point_x(x))
}

fn mark(painter: &egui::Painter, at: egui::Pos2, kind: &MarkerKind, colour: Color32) {
    match kind {
        MarkerKind::Changed(_) => {
            let diamond = [vec2(0.0, -4.5), vec2(4.5, 0.0), vec2(0.0, 4.5), vec2(-4.5, 0.0)];
            let points = diamond.iter().map(|d| at + *d).collect();
            painter.add(egui::Shape::convex_polygon(points, colour, Stroke::NONE));
        }
        MarkerKind::Paused => {
            for dx in [-2.0, 2.0] {
                painter.rect_filled(Rect::from_center_size(at + vec2(dx, 0.0), vec2(2.0, 8.0)), 0.0, colour);
            }
        }
        MarkerKind::Resumed => {
            let points = vec![at + vec2(-3.0, -4.5), at + vec2(4.5, 0.0), at + vec2(-3.0, 4.5)];
            painter.add(egui::Shape::convex_polygon(points, colour, Stroke::NONE));
        }
    }
}

/// What a mark stands for, in words.
pub fn marker_words(kind: &MarkerKind) -> String {
    match kind {
        MarkerKind::Changed(changed) => {
            let label = words::path_label(&changed.path);
            let change = format!("{label} {} → {}", changed.before, changed.applied);
            match &changed.reason {
                Some(reason) => {
                    format!("{label}: {} asked, {} applied: {reason}", changed.asked, changed.applied)
                }
                None => change,
            }
        }
        MarkerKind::Paused => "Paused".to_owned(),
        MarkerKind::Resumed => "Taken up by a new process".to_owned(),
    }
}

fn tooltip<R>(
    shown: &PlotResponse<R>,
    pointer: egui::Pos2,
    curves: &[Drawing<'_>],
    metric: &'static Metric,
    view: PlotView,
    marked: &[(&Run, &Marker)],
) {
    let at = shown.transform.value_from_position(pointer);
    let mut rows: Vec<(f32, &Drawing<'_>, PlotPoint, PlotPoint)> = curves
        .iter()
        .filter_map(|drawing| {
            let (line, raw) = drawing.curve.nearest(at.x)?;
            let y = shown.transform.position_from_point_y(line.y);
            Some(((y - pointer.y).abs(), drawing, line, raw))
        })
        .collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    if rows.is_empty() {
        return;
    }
    Tooltip::for_widget(&shown.response).at_pointer().gap(14.0).show(|ui| {
        let p = palette(ui);
        ui.label(RichText::new(axes::x_words(at.x, view)).font(theme::small()).color(p.dim));
        ui.spacing_mut().interact_size = vec2(10.0, 18.0);
        egui::Grid::new("nearest").num_columns(4).spacing(vec2(8.0, 1.0)).show(ui, |ui| {
            for (_, drawing, line, raw) in rows.iter().take(MOST) {
                dot(ui, drawing.colour);
                let what = if drawing.split == Split::Train { "training" } else { "validation" };
                ui.label(RichText::new(format!("{} · {what}", drawing.run.meta.name)).color(p.text));
                let text = axes::y_words(line.y, metric, view);
                ui.label(RichText::new(text).font(theme::strong()).color(p.strong));
                let raw = if drawing.curve.is_smoothed() {
                    format!("raw {}", axes::y_words(raw.y, metric, view))
                } else {
                    String::new()
                };
                ui.label(RichText::new(raw).font(theme::small()).color(p.dim));
                ui.end_row();
            }
        });
        if rows.len() > MOST {
            ui.label(
                RichText::new(format!("and {} more", rows.len() - MOST)).font(theme::small()).color(p.dim),
            );
        }
        if rows.iter().any(|(_, drawing, _, _)| drawing.split == Split::Train) {
            ui.label(RichText::new("Click: the images behind this step").font(theme::small()).color(p.dim));
        }
        for (run, marker) in marked {
            let text = format!("{}: {}", run.meta.name, marker_words(&marker.kind));
            ui.label(RichText::new(text).color(p.accent));
        }
    });
}
