//! The image looked at over the whole sheet: zoom and pan, the value in every pixel that is large enough, boxes, and the
//! way to the next one.

use super::boxes;
use super::picture::value;
use super::thumbs::{colours, pixel_at, pixel_rect};
use super::words_for;
use crate::app::data::{Action, Sheet};
use crate::app::gallery::Pick;
use crate::app::{Command, inspect};
use crate::ui::icons::Icon;
use crate::ui::theme::palette;
use crate::ui::view::View;
use crate::ui::widgets::{self, heading, remark};
use crate::ui::words;
use crate::work::load::Loaded;
use egui::{
    Align, Align2, Color32, ColorImage, EventFilter, FontId, Key, Layout, Rect, Role, Sense, Stroke,
    StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};

/// A pixel larger than this has room for its value, in points.
const VALUE_SIDE: f32 = 22.0;
/// A pixel is drawn at most this large, in points.
const MOST_SCALE: f32 = 96.0;

/// How the image lies in its field.
#[derive(Clone, Copy, Default)]
struct Lens {
    image: Option<(u64, usize)>,
    /// Points a pixel; 0 for as large as fits.
    scale: f32,
    /// From the field's centre to the image's.
    offset: Vec2,
}

/// Draws it.
pub fn show(ui: &mut Ui, view: &mut View<'_>, loaded: &Loaded) {
    let data = &view.app.data;
    let (Some(position), Some(row)) = (data.gallery.selected(), data.gallery.selected_row()) else { return };
    let id = ui.scope_id().with("lens");
    let key = (data.gallery.revision(), row);
    let mut lens: Lens = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    let size = loaded.all.size(row);
    if lens.image != Some(key) {
        // The next image is seen as this one was, unless it has another size.
        let same = lens
            .image
            .is_some_and(|(_, before)| before < loaded.all.len() && loaded.all.size(before) == size);
        lens = if same {
            Lens { image: Some(key), ..lens }
        } else {
            Lens { image: Some(key), ..Lens::default() }
        };
    }
    head_ui(ui, view, loaded, position, row, &mut lens);
    ui.add_space(4.0);
    let room = ui.available_size() - vec2(0.0, 22.0);
    let (field, response) = ui.allocate_exact_size(room, Sense::click_and_drag());
    let name = words_for::describe(&view.app.data, &loaded.dataset, row);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Large view of {name}")));
    if ui.memory(|memory| memory.focused().is_none()) {
        response.request_focus();
    }
    keys(ui, view, &response, position);
    move_lens(ui, &mut lens, field, size, &response);
    let scale = effective(lens.scale, field, size);
    let extent = vec2(size[0] as f32, size[1] as f32) * scale;
    let rect = Rect::from_center_size((field.center() + lens.offset).round(), extent);
    let said = paint(ui, view, loaded, row, key, rect, field, response.hover_pos());
    ui.data_mut(|data| data.insert_temp(id, lens));
    remark(ui, said);
}

fn effective(scale: f32, field: Rect, size: [usize; 2]) -> f32 {
    if scale > 0.0 {
        return scale;
    }
    let fits = (field.width() / size[0].max(1) as f32).min(field.height() / size[1].max(1) as f32);
    if fits >= 2.0 { fits.floor().min(MOST_SCALE) } else { fits }
}

fn head_ui(ui: &mut Ui, view: &mut View<'_>, loaded: &Loaded, position: usize, row: usize, lens: &mut Lens) {
    let data = &view.app.data;
    let n = data.gallery.rows().len();
    ui.horizontal(|ui| {
        let back = widgets::Action::new(Icon::Data, "Grid").tooltip("Back to the grid (Esc)");
        if back.show(ui) {
            view.ask(Command::Data(Action::Large(false)));
        }
        let step = |to: Option<usize>| Command::Data(Action::Pick(Pick::Only(to)));
        let none = "There is no other image on this side".to_owned();
        let before = widgets::Action::words("◀").tooltip("Previous image (←)");
        if before.reason((position == 0).then(|| none.clone())).show(ui) {
            view.ask(step(Some(position - 1)));
        }
        let after = widgets::Action::words("▶").tooltip("Next image (→)");
        if after.reason((position + 1 >= n).then_some(none)).show(ui) {
            view.ask(step(Some(position + 1)));
        }
        let data = &view.app.data;
        heading(ui, &words_for::content(&loaded.dataset, &loaded.all, row));
        let place = format!("{} of {}", words::count(position as u64 + 1), words::count(n as u64));
        let (part, _) = words_for::place(data, &loaded.dataset, row);
        remark(ui, format!("{place}, {}", part.to_lowercase()));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let copy = widgets::Action::icon(Icon::Copy, "Copy image");
            if copy.tooltip("Copies the image, a pixel a pixel (Ctrl+C)").show(ui) {
                copy_image(ui, loaded, row);
            }
            let versions = widgets::Action::words("Augmented");
            if versions.tooltip("Shows how a training would vary this image").show(ui) {
                view.ask(Command::Data(Action::Sheet(Sheet::Augment)));
            }
            inspect_ui(ui, view, loaded, row);
            let fit = widgets::Action::words("Fit").tooltip("As large as fits (double click)");
            if fit.show(ui) {
                (lens.scale, lens.offset) = (0.0, Vec2::ZERO);
            }
            if loaded.all.marks.is_some() {
                let on = !view.app.data.no_boxes;
                if widgets::switch(ui, "Boxes", "Draws a box around each character (B)", on) {
                    view.ask(Command::Data(Action::Boxes(!on)));
                }
            }
        });
    });
}

/// The way to what a run's model makes of the image.
fn inspect_ui(ui: &mut Ui, view: &mut View<'_>, loaded: &Loaded, row: usize) {
    let app = view.app;
    let run = app.data.run.as_ref().and_then(|run| app.runs.get(run)).or_else(|| app.runs.current());
    let learned = run.and_then(|run| run.recipe.as_ref().ok()).is_some_and(|r| r.data == loaded.source);
    let test = row.checked_sub(loaded.dataset.train.len());
    let reason = match (run, test) {
        (None, _) => Some("There is no run yet whose model could read it".to_owned()),
        (Some(run), _) if !learned => Some(format!("'{}' learned from other data", run.meta.name)),
        (Some(_), None) => Some("Inspect shows test images; this one is learned from".to_owned()),
        (Some(_), Some(_)) => None,
    };
    let open = widgets::Action::words("Inspect").tooltip("Shows what the model makes of this image");
    if open.reason(reason).show(ui)
        && let (Some(run), Some(test)) = (run, test)
    {
        view.ask(Command::Inspect(inspect::Action::Open(run.id.clone(), test as u32)));
    }
}

fn copy_image(ui: &Ui, loaded: &Loaded, row: usize) {
    let [width, height] = loaded.all.size(row);
    let pixels = loaded.all.image(row);
    let image = ColorImage::new([width, height], colours(&pixels, width * height).collect());
    ui.ctx().copy_image(image);
}

fn keys(ui: &Ui, view: &mut View<'_>, response: &egui::Response, position: usize) {
    if !response.has_focus() {
        return;
    }
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, escape: true, tab: false };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    let pressed = |key: Key| ui.input(|input| input.key_pressed(key));
    let last = view.app.data.gallery.rows().len().saturating_sub(1);
    let to = if pressed(Key::ArrowLeft) || pressed(Key::ArrowUp) || pressed(Key::PageUp) {
        Some(position.saturating_sub(1))
    } else if pressed(Key::ArrowRight) || pressed(Key::ArrowDown) || pressed(Key::PageDown) {
        Some((position + 1).min(last))
    } else if pressed(Key::Home) {
        Some(0)
    } else {
        pressed(Key::End).then_some(last)
    };
    if to.is_some() {
        view.ask(Command::Data(Action::Pick(Pick::Only(to))));
    }
    if pressed(Key::Escape) || pressed(Key::Enter) {
        view.ask(Command::Data(Action::Large(false)));
    }
    if pressed(Key::B) && !ui.input(|input| input.modifiers.any()) {
        view.ask(Command::Data(Action::Boxes(view.app.data.no_boxes)));
    }
    let copied = ui.input(|input| input.events.iter().any(|event| matches!(event, egui::Event::Copy)));
    if let (true, Some(loaded), Some(row)) =
        (copied, view.app.data.loaded(), view.app.data.gallery.selected_row())
    {
        copy_image(ui, loaded, row);
    }
}

/// Wheel zooms where the pointer is, a drag moves, a double click fits.
fn move_lens(ui: &Ui, lens: &mut Lens, field: Rect, size: [usize; 2], response: &egui::Response) {
    if response.double_clicked() {
        (lens.scale, lens.offset) = (0.0, Vec2::ZERO);
        return;
    }
    if response.clicked() {
        response.request_focus();
    }
    lens.offset += response.drag_delta();
    let Some(pointer) = response.hover_pos() else { return };
    let wheel = ui.input(|input| input.smooth_scroll_delta().y);
    let factor = ui.input(egui::InputState::zoom_delta) * (wheel / 240.0).exp();
    if factor == 1.0 {
        return;
    }
    let fits = effective(0.0, field, size);
    let old = effective(lens.scale, field, size);
    let new = (old * factor).clamp(fits.min(1.0) * 0.5, MOST_SCALE.max(fits));
    // What is under the pointer stays there.
    let from_centre = pointer - field.center() - lens.offset;
    lens.offset += from_centre * (1.0 - new / old);
    lens.scale = new;
}

#[expect(clippy::too_many_arguments, reason = "the geometry of one frame")]
fn paint(
    ui: &Ui,
    view: &mut View<'_>,
    loaded: &Loaded,
    row: usize,
    key: (u64, usize),
    rect: Rect,
    field: Rect,
    pointer: Option<egui::Pos2>,
) -> String {
    let p = palette(ui);
    let size = loaded.all.size(row);
    let painter = ui.painter().with_clip_rect(field.intersect(ui.clip_rect()));
    painter.rect_filled(field, 4.0, p.well);
    let Some(large) = view.memory.thumbs.large(ui.ctx(), key, &loaded.all) else {
        return "The image is on its way".to_owned();
    };
    let uv = Rect::from_min_max(egui::Pos2::ZERO, pos2(1.0, 1.0));
    painter.image(large.texture.id(), rect, uv, Color32::WHITE);
    painter.rect_stroke(rect, 0.0, Stroke::new(1.0, p.line), StrokeKind::Outside);
    let scale = rect.width() / size[0].max(1) as f32;
    if scale >= VALUE_SIDE {
        values(&painter, rect, field, size, &large.pixels, scale);
    }
    if !view.app.data.no_boxes {
        boxes::paint(&painter, rect, size, loaded.all.marks(row), &loaded.dataset.classes, p);
    }
    let pixel = pointer.filter(|at| field.contains(*at)).and_then(|at| pixel_at(rect, size, at));
    match pixel {
        Some([column, row]) => {
            let place = pixel_rect(rect, size, [column, row]);
            painter.rect_stroke(place, 0.0, Stroke::new(1.5, p.accent), StrokeKind::Outside);
            format!("Column {column}, row {row}: {}", value(&large.pixels, size, [column, row]))
        }
        None => format!(
            "{} × {} pixels at {} %; the wheel zooms, a drag moves, arrow keys lead to other images",
            size[0],
            size[1],
            words::count((f64::from(scale) * 100.0).round() as u64)
        ),
    }
}

/// Writes the value of each pixel into it.
fn values(painter: &egui::Painter, rect: Rect, field: Rect, size: [usize; 2], pixels: &[u8], scale: f32) {
    let n = size[0] * size[1];
    let seen = rect.intersect(field);
    let range = |from: f32, to: f32, start: f32, n: usize| {
        let first = ((from - start) / scale).floor().max(0.0) as usize;
        first..(((to - start) / scale).ceil().max(0.0) as usize).min(n)
    };
    let colourful = pixels.len() >= 3 * n;
    // Three values need three lines.
    let font = FontId::monospace((scale * if colourful { 0.26 } else { 0.36 }).clamp(7.0, 22.0));
    for y in range(seen.top(), seen.bottom(), rect.top(), size[1]) {
        for x in range(seen.left(), seen.right(), rect.left(), size[0]) {
            let at = y * size[0] + x;
            let (text, light) = if colourful {
                let [r, g, b] = [0, 1, 2].map(|channel| pixels[channel * n + at]);
                let light = (u32::from(r) * 3 + u32::from(g) * 6 + u32::from(b)) / 10;
                (format!("{r}\n{g}\n{b}"), light)
            } else {
                (pixels[at].to_string(), u32::from(pixels[at]))
            };
            let ink = if light > 127 { Color32::from_gray(30) } else { Color32::from_gray(215) };
            let centre = pixel_rect(rect, size, [x, y]).center();
            painter.text(centre, Align2::CENTER_CENTER, text, font.clone(), ink);
        }
    }
}
