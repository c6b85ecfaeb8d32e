//! The live picture: frames with boxes drawn on them, and what can be done to them with buttons and by dragging.

use super::place::Place;
use crate::app::Command;
use crate::app::camera::{Action, Grip, Teach};
use crate::data::Area;
use crate::found::track::Track;
use crate::ui::icons::Icon;
use crate::ui::theme::{self, Palette, palette};
use crate::ui::view::View;
use crate::ui::widgets::{self, Weight, switch};
use crate::ui::words;
use crate::work::live::{Part, Seen, State};
use egui::{
    Align2, Color32, ColorImage, CursorIcon, Painter, Pos2, Rect, Response, Role, Sense, Stroke, StrokeKind,
};
use egui::{TextureOptions, Ui, WidgetInfo, pos2, vec2};
use std::sync::Arc;

/// So near to a corner it is taken hold of.
const NEAR: f32 = 9.0;

/// Said until the model can read.
const OPENING_MODEL: &str = "The model is being opened…";

/// A drag that goes on.
#[derive(Clone, Copy, Debug)]
pub enum Drag {
    /// The part that is read, from its first corner in pixels of the frame.
    Part([f32; 2]),
    /// A box being moved, as it was and from where.
    Move(usize, Grip, Area, [f32; 2]),
    /// A new box, from its first corner.
    New([f32; 2]),
}

/// The buttons above the picture.
pub fn tools_ui(ui: &mut Ui, view: &mut View<'_>) {
    let camera = &view.app.camera;
    let (frozen, has_frame) = (camera.is_frozen || camera.teach.is_some(), camera.seen.is_some());
    let nothing = || (!has_frame).then(|| "There is no picture yet".to_owned());
    let is_live = camera.told.about.is_live;
    let n_frames = camera.told.about.n_frames.unwrap_or(0);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let (icon, label) = if frozen { (Icon::Play, "Go on") } else { (Icon::Pause, "Freeze") };
        let tooltip = "Keeps the frame shown, to look at it or to correct it (Space)";
        let pressed = widgets::Action::new(icon, label).tooltip(tooltip).reason(nothing()).show(ui);
        let typing = ui.ctx().memory(|memory| memory.focused().is_some());
        if pressed || (!typing && has_frame && ui.input(|input| input.key_pressed(egui::Key::Space))) {
            view.ask(Command::Camera(Action::Freeze(!frozen)));
        }
        if !is_live && n_frames > 1 {
            for (by, label) in [(-1, "Previous"), (1, "Next")] {
                if widgets::Action::words(label).tooltip("Shows another picture of the folder").show(ui) {
                    view.ask(Command::Camera(Action::Step(by)));
                }
            }
        }
        let mirror = view.app.settings.camera.mirror;
        if switch(ui, "Mirror", "Shows the picture mirrored, as a looking-glass; it is read as it is", mirror)
        {
            view.ask(Command::Camera(Action::Mirror(!mirror)));
        }
        part_ui(ui, view);
        let tooltip = "Keeps the frame as a picture, and once more with its boxes";
        if widgets::Action::new(Icon::Save, "Snapshot").tooltip(tooltip).reason(nothing()).show(ui) {
            view.ask(Command::Camera(Action::Snapshot));
        }
        record_ui(ui, view, nothing());
        let tooltip = "Freezes the frame to write a number that was not found, and to draw its boxes";
        if widgets::Action::new(Icon::Pen, "Teach").tooltip(tooltip).reason(nothing()).show(ui) {
            let first = view.app.camera.seen.as_ref().is_some_and(|seen| !seen.numbers.is_empty());
            view.ask(Command::Camera(Action::Teach(first.then_some(0))));
        }
    });
}

fn part_ui(ui: &mut Ui, view: &mut View<'_>) {
    let has_part = view.app.camera.part.is_some();
    if has_part {
        if widgets::Action::new(Icon::Close, "Read all of it")
            .tooltip("Reads the whole picture again")
            .show(ui)
        {
            view.memory.camera.choosing_part = false;
            view.ask(Command::Camera(Action::Part(None)));
        }
        return;
    }
    let choosing = view.memory.camera.choosing_part;
    if switch(ui, "Read a part", "Drag over the picture: only what is inside is read", choosing) {
        view.memory.camera.choosing_part = !choosing;
    }
}

fn record_ui(ui: &mut Ui, view: &mut View<'_>, reason: Option<String>) {
    let recorded = view.app.camera.recorded();
    let (icon, label, weight) = match recorded {
        Some((secs, _)) => (Icon::Stop, format!("Stop {}", words::duration(secs)), Weight::Danger),
        None => (Icon::Record, "Record".to_owned(), Weight::Normal),
    };
    let tooltip = "Keeps what is seen as a video, and the numbers of each frame beside it";
    let reason = reason.filter(|_| recorded.is_none());
    if widgets::Action::new(icon, &label).weight(weight).tooltip(tooltip).reason(reason).show(ui) {
        view.ask(Command::Camera(Action::Record(recorded.is_none())));
    }
}

/// The picture, so high.
pub fn picture_ui(ui: &mut Ui, view: &mut View<'_>, height: f32) {
    let p = palette(ui);
    let (room, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click_and_drag());
    ui.painter().rect_filled(room, theme::ROUND_SMALL, p.well);
    let camera = &view.app.camera;
    let shown = camera.teach.as_ref().map(|teach| Arc::clone(&teach.seen)).or_else(|| camera.seen.clone());
    let since = view.app.now();
    let label = describe(shown.as_deref());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
    let Some(seen) = shown else {
        waiting_ui(ui, view, room);
        return;
    };
    let place = Place::fit(room, seen.picture.dimensions(), view.app.settings.camera.mirror);
    paint_frame(ui, view, &seen, &place);
    let painter = ui.painter().with_clip_rect(room);
    if let Some(part) = view.app.camera.part {
        paint_part(&painter, &place, part, p);
    }
    if view.app.camera.teach.is_none() {
        for (i, track) in seen.numbers.iter().enumerate() {
            paint_number(&painter, &place, track, colour(p, i));
        }
    }
    drag_ui(ui, view, &response, &place, &painter);
    remark_ui(ui, view, room);
    // A clock that was put back took no time.
    let took = ((view.app.now() - since) * 1000.0).max(0.0) as f32;
    let memory = &mut view.memory.camera.drawing;
    *memory += (took - *memory) * 0.1;
}

/// The colour of a number of a frame, bright on any picture.
pub fn colour(p: &Palette, number: usize) -> Color32 {
    const ORDER: [u32; 6] = [4, 5, 1, 2, 3, 6];
    p.run(ORDER[number % ORDER.len()])
}

/// What there is to see, in words.
fn describe(seen: Option<&Seen>) -> String {
    let Some(seen) = seen else { return "Live picture: nothing yet".to_owned() };
    let texts: Vec<String> = seen.numbers.iter().map(|track| track.number.text.clone()).collect();
    if texts.is_empty() {
        "Live picture: no number".to_owned()
    } else {
        format!("Live picture: {}", texts.join(", "))
    }
}

fn waiting_ui(ui: &Ui, view: &View<'_>, room: Rect) {
    let p = palette(ui);
    let told = &view.app.camera.told;
    let (text, colour) = match &told.state {
        State::Opening => ("Opening…".to_owned(), p.dim),
        State::Running | State::Ended if told.model.is_empty() && told.model_trouble.is_none() => {
            (OPENING_MODEL.to_owned(), p.dim)
        }
        State::Running => ("Waiting for the first picture…".to_owned(), p.dim),
        State::Ended => ("There is no picture in it".to_owned(), p.dim),
        State::Trouble { why, .. } => (why.clone(), p.bad),
    };
    let galley = ui.painter().layout(text, egui::FontId::proportional(14.0), colour, room.width() * 0.7);
    ui.painter().galley(room.center() - galley.size() / 2.0, galley, colour);
}

/// What is wrong or waited for, over the last picture there was.
fn remark_ui(ui: &Ui, view: &View<'_>, room: Rect) {
    let p = palette(ui);
    let told = &view.app.camera.told;
    let trouble = match &told.state {
        State::Trouble { why, .. } => Some(why),
        _ => told.model_trouble.as_ref(),
    };
    let (text, colour) = match trouble {
        Some(why) => (why.as_str(), p.bad),
        None if told.model.is_empty() && view.app.camera.origin().is_some() => (OPENING_MODEL, p.dim),
        None => return,
    };
    let galley = ui.painter().layout(text.to_owned(), theme::small(), colour, room.width() - 40.0);
    let back = Rect::from_min_size(room.left_top() + vec2(10.0, 10.0), galley.size() + vec2(16.0, 10.0));
    ui.painter().rect_filled(back, theme::ROUND_SMALL, p.card);
    ui.painter().rect_stroke(back, theme::ROUND_SMALL, Stroke::new(1.0, colour), StrokeKind::Inside);
    ui.painter().galley(back.min + vec2(8.0, 5.0), galley, colour);
}

fn paint_frame(ui: &Ui, view: &mut View<'_>, seen: &Arc<Seen>, place: &Place) {
    let memory = &mut view.memory.camera;
    let size = [seen.shown.width() as usize, seen.shown.height() as usize];
    let image = || ColorImage::from_rgb(size, seen.shown.as_raw());
    match &mut memory.frame {
        Some((of, _)) if Arc::ptr_eq(&of.shown, &seen.shown) => {}
        // The same texture takes the next frame: making another one for each would fill the card's memory.
        Some((of, texture)) => {
            texture.set(image(), TextureOptions::LINEAR);
            of.clone_from(seen);
        }
        none => {
            *none =
                Some((Arc::clone(seen), ui.ctx().load_texture("camera", image(), TextureOptions::LINEAR)));
        }
    }
    let Some((_, texture)) = &memory.frame else { return };
    let (left, right) = if place.mirror { (1.0, 0.0) } else { (0.0, 1.0) };
    let uv = Rect { min: pos2(left, 0.0), max: pos2(right, 1.0) };
    ui.painter().image(texture.id(), place.rect, uv, Color32::WHITE);
}

/// Dims everything that is not read.
fn paint_part(painter: &Painter, place: &Place, part: Part, p: &Palette) {
    let [w, h] = place.size;
    let area = Area { x: part.x * w, y: part.y * h, w: part.w * w, h: part.h * h };
    let (inner, outer) = (place.area(&area), place.rect);
    let dim = Color32::from_black_alpha(120);
    for rect in [
        Rect::from_min_max(outer.min, pos2(outer.right(), inner.top())),
        Rect::from_min_max(pos2(outer.left(), inner.bottom()), outer.max),
        Rect::from_min_max(pos2(outer.left(), inner.top()), pos2(inner.left(), inner.bottom())),
        Rect::from_min_max(pos2(inner.right(), inner.top()), pos2(outer.right(), inner.bottom())),
    ] {
        painter.rect_filled(rect, 0.0, dim);
    }
    painter.rect_stroke(inner, 0.0, Stroke::new(1.5, p.accent), StrokeKind::Outside);
}

/// A rectangle that is seen on any background.
fn outline(painter: &Painter, rect: Rect, width: f32, colour: Color32) {
    painter.rect_stroke(
        rect,
        2.0,
        Stroke::new(width + 2.0, Color32::from_black_alpha(150)),
        StrokeKind::Middle,
    );
    painter.rect_stroke(rect, 2.0, Stroke::new(width, colour), StrokeKind::Middle);
}

/// A number: a box around it with its text, and for each digit a box with how sure it is.
fn paint_number(painter: &Painter, place: &Place, track: &Track, colour: Color32) {
    let colour = if track.is_seen { colour } else { colour.gamma_multiply(0.45) };
    let number = &track.number;
    let around = place.area(&number.area).expand(5.0);
    outline(painter, around, 2.0, colour);
    // How much the frames agree.
    let bar = Rect::from_min_size(around.left_bottom() + vec2(0.0, 3.0), vec2(around.width(), 4.0));
    painter.rect_filled(bar, 2.0, Color32::from_black_alpha(130));
    let full = vec2(bar.width() * track.stability.clamp(0.0, 1.0), bar.height());
    painter.rect_filled(Rect::from_min_size(bar.min, full), 2.0, colour);
    for digit in &number.digits {
        let rect = place.area(&digit.area);
        outline(painter, rect, 1.2, colour);
        if rect.width() > 22.0 {
            let text = format!("{} {:.0}", digit.digit, digit.confidence * 100.0);
            label(painter, pos2(rect.left(), rect.bottom()), &text, theme::small(), colour, true);
        }
    }
    let text = format!("{}, {:.0} %", number.text, number.confidence * 100.0);
    let font = egui::FontId::proportional((around.height() * 0.22).clamp(13.0, 22.0));
    label(painter, around.left_top(), &text, font, colour, true);
}

/// A text on its colour, above or below the point, inside of what is painted on.
fn label(painter: &Painter, at: Pos2, text: &str, font: egui::FontId, colour: Color32, above: bool) {
    let galley = painter.layout_no_wrap(text.to_owned(), font, Color32::BLACK);
    let size = galley.size() + vec2(8.0, 2.0);
    let top = if above { at.y - size.y } else { at.y };
    let clip = painter.clip_rect();
    let left = at.x.min(clip.right() - size.x).max(clip.left());
    let back = Rect::from_min_size(pos2(left, top.max(clip.top())), size);
    painter.rect_filled(back, 2.0, colour);
    painter.text(
        back.left_center() + vec2(4.0, 0.0),
        Align2::LEFT_CENTER,
        text,
        galley.job.sections[0].format.font_id.clone(),
        Color32::BLACK,
    );
}

/// What dragging does: chooses a part, moves boxes, draws them; a click on a number corrects it.
fn drag_ui(ui: &Ui, view: &mut View<'_>, response: &Response, place: &Place, painter: &Painter) {
    let teach = view.app.camera.teach.clone();
    if let Some(teach) = &teach {
        paint_teach(painter, place, teach, palette(ui));
    }
    let pointer = response.interact_pointer_pos().or_else(|| response.hover_pos());
    let Some(at) = pointer.map(|at| place.back(at)) else { return };
    if response.drag_started() {
        let from = ui.input(|input| input.pointer.press_origin()).map_or(at, |from| place.back(from));
        view.memory.camera.drag = begin(view, teach.as_ref(), place, from);
    }
    if let Some(drag) = view.memory.camera.drag {
        go_on(ui, view, drag, at, teach.as_ref(), place, painter);
        if response.drag_stopped() {
            end(view, drag, at, teach, place);
        }
        return;
    }
    if response.clicked() {
        click(view, at, teach.as_ref());
    }
    let over_number = teach.is_none() && number_at(view, at).is_some();
    if over_number {
        ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
    } else if view.memory.camera.choosing_part || teach.is_some() {
        ui.ctx().set_cursor_icon(CursorIcon::Crosshair);
    }
}

fn begin(view: &View<'_>, teach: Option<&Teach>, place: &Place, at: [f32; 2]) -> Option<Drag> {
    let Some(teach) = teach else {
        return view.memory.camera.choosing_part.then_some(Drag::Part(at));
    };
    let near = NEAR / place.scale();
    let corner = |area: &Area| {
        [(false, false), (true, false), (false, true), (true, true)].into_iter().find(|(right, bottom)| {
            let x = if *right { area.right() } else { area.x };
            let y = if *bottom { area.bottom() } else { area.y };
            (at[0] - x).abs() < near && (at[1] - y).abs() < near
        })
    };
    let held = teach.boxes.iter().enumerate().find_map(|(i, area)| {
        let (right, bottom) = corner(area)?;
        Some(Drag::Move(i, Grip::Corner(right, bottom), *area, at))
    });
    let inside = || {
        teach
            .boxes
            .iter()
            .enumerate()
            .find(|(_, area)| contains(area, at))
            .map(|(i, area)| Drag::Move(i, Grip::Inside, *area, at))
    };
    held.or_else(inside).or(Some(Drag::New(at)))
}

fn contains(area: &Area, [x, y]: [f32; 2]) -> bool {
    (area.x..area.right()).contains(&x) && (area.y..area.bottom()).contains(&y)
}

/// The box between two corners in any order.
fn between(a: [f32; 2], b: [f32; 2]) -> Area {
    Area { x: a[0].min(b[0]), y: a[1].min(b[1]), w: (a[0] - b[0]).abs(), h: (a[1] - b[1]).abs() }
}

fn go_on(
    ui: &Ui,
    view: &mut View<'_>,
    drag: Drag,
    at: [f32; 2],
    teach: Option<&Teach>,
    place: &Place,
    painter: &Painter,
) {
    let p = palette(ui);
    match drag {
        Drag::Part(from) | Drag::New(from) => outline(painter, place.area(&between(from, at)), 1.5, p.accent),
        Drag::Move(i, grip, area, from) => {
            let Some(teach) = teach.filter(|teach| i < teach.boxes.len()) else { return };
            let mut boxes = teach.boxes.clone();
            boxes[i] = Teach::dragged(&area, grip, [at[0] - from[0], at[1] - from[1]]);
            if boxes != teach.boxes {
                view.ask(Command::Camera(Action::Boxes(boxes)));
                view.ask(Command::Camera(Action::Choose(Some(i))));
            }
        }
    }
}

fn end(view: &mut View<'_>, drag: Drag, at: [f32; 2], teach: Option<Teach>, place: &Place) {
    view.memory.camera.drag = None;
    match drag {
        Drag::Part(from) => {
            let share = |point: [f32; 2]| [point[0] / place.size[0], point[1] / place.size[1]];
            if let Some(part) = Part::between(share(from), share(at)) {
                view.memory.camera.choosing_part = false;
                view.ask(Command::Camera(Action::Part(Some(part))));
            }
        }
        Drag::New(from) => {
            let (area, Some(teach)) = (between(from, at), teach) else { return };
            if area.w > 2.0 && area.h > 2.0 {
                let mut boxes = teach.boxes;
                boxes.push(area);
                // Characters are written from left to right, or downwards where they stand on each other.
                let whole = boxes.iter().copied().reduce(|a, b| a.around(&b)).unwrap_or_default();
                let along = |area: &Area| if whole.h > 1.5 * whole.w { area.y } else { area.x };
                boxes.sort_by(|a, b| along(a).total_cmp(&along(b)));
                view.ask(Command::Camera(Action::Boxes(boxes)));
            }
        }
        Drag::Move(..) => {}
    }
}

fn number_at(view: &View<'_>, at: [f32; 2]) -> Option<usize> {
    let seen = view.app.camera.seen.as_ref()?;
    seen.numbers.iter().position(|track| contains(&track.number.area, at))
}

fn click(view: &mut View<'_>, at: [f32; 2], teach: Option<&Teach>) {
    match teach {
        Some(teach) => {
            let chosen = teach.boxes.iter().position(|area| contains(area, at));
            view.ask(Command::Camera(Action::Choose(chosen)));
        }
        None => {
            if let Some(number) = number_at(view, at) {
                view.ask(Command::Camera(Action::Teach(Some(number))));
            }
        }
    }
}

fn paint_teach(painter: &Painter, place: &Place, teach: &Teach, p: &Palette) {
    for (i, area) in teach.boxes.iter().enumerate() {
        let rect = place.area(area);
        let colour = if teach.chosen == Some(i) { p.accent } else { colour(p, 0) };
        outline(painter, rect, 2.0, colour);
        for corner in [rect.left_top(), rect.right_top(), rect.left_bottom(), rect.right_bottom()] {
            painter.rect_filled(Rect::from_center_size(corner, vec2(7.0, 7.0)), 1.0, colour);
        }
        if let Some(c) = teach.text.chars().nth(i) {
            label(painter, rect.left_top(), &c.to_string(), egui::FontId::proportional(15.0), colour, true);
        }
    }
}
