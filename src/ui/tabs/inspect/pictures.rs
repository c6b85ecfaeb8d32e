//! The user's pictures: a contact sheet with what was read on each, and the true numbers typed under them.

use super::choose::has_model;
use super::pictures_large::large_ui;
use crate::app::Command;
use crate::app::pictures::{Action, Entry, Model, State};
use crate::ui::dialog::Dialog;
use crate::ui::icons::Icon;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{self, Weight, card, figure, segments};
use crate::ui::words;
use crate::work::pictures::ReadPicture;
use egui::{
    Align, Align2, ColorImage, ComboBox, Event, Key, Layout, Painter, Pos2, Rect, Role, ScrollArea, Sense,
    Stroke, StrokeKind, TextEdit, TextureHandle, TextureOptions, Ui, WidgetInfo, pos2, vec2,
};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Endings that the dialog shows; what the file really is decides when it is opened.
const ENDINGS: [&str; 10] = ["png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "webp", "pgm", "ppm"];
/// Width of a tile of the sheet, and height of its picture, in points.
const TILE: [f32; 2] = [208.0, 150.0];
/// Below the picture: its name, what was read, and the field for what it is.
const BELOW: f32 = 72.0;
/// Longest side of a tile's picture in pixels: twice its points, for fine screens.
const TILE_PIXELS: u32 = 400;

/// What only the drawing of pictures needs to know.
#[derive(Default)]
pub struct Memory {
    file: Dialog,
    folder: Dialog,
    tiles: HashMap<u64, (Arc<ReadPicture>, TextureHandle)>,
    /// The large picture and each of its numbers as the model sees it.
    pub(super) large: Option<(Arc<ReadPicture>, TextureHandle, Vec<TextureHandle>)>,
    /// The number looked at on the large picture.
    pub(super) number: usize,
    /// The picture whose true number is to be typed next.
    pub(super) typing: Option<usize>,
}

/// Chooses between test images and the user's own pictures.
pub fn switch_ui(ui: &mut Ui, view: &mut View<'_>) {
    let options = [
        (false, "Test images", "What a run's model makes of every test image"),
        (true, "Your pictures", "Photographs of numbers: opened, dropped on the window or pasted"),
    ];
    if let Some(shown) = segments(ui, view.app.pictures.shown, &options) {
        view.ask(Command::Pictures(Action::Show(shown)));
    }
}

/// Draws the page.
pub fn show(ui: &mut Ui, view: &mut View<'_>) {
    take_pictures(ui, view);
    head_ui(ui, view);
    ui.add_space(theme::GAP);
    let app = view.app;
    match app.pictures.current() {
        Some(entry) => large_ui(ui, view, entry),
        None if app.pictures.list.is_empty() => card(ui, |ui| {
            ui.set_height(ui.available_height());
            let text = "Open pictures of house numbers, plates or handwriting, drop them here, or paste one (Ctrl+V)";
            widgets::empty(ui, Icon::Inspect, "No pictures yet", text);
        })
        .inner,
        None => card(ui, |ui| sheet_ui(ui, view)).inner,
    }
}

/// What was chosen, dropped or pasted.
fn take_pictures(ui: &Ui, view: &mut View<'_>) {
    let chosen =
        view.memory.pictures.file.picked_all().into_iter().chain(view.memory.pictures.folder.picked());
    let mut paths: Vec<PathBuf> = chosen.collect();
    let mut pasted = Vec::new();
    ui.input(|input| {
        paths.extend(input.raw.dropped_files.iter().map(|file| file.path().to_owned()));
        pasted.extend(input.events.iter().filter_map(|event| match event {
            Event::PasteImage(image) => Some(Arc::clone(image)),
            _ => None,
        }));
    });
    if !paths.is_empty() {
        view.ask(Command::Pictures(Action::Open(paths)));
    }
    for image in pasted {
        let bytes = image.pixels.iter().flat_map(|pixel| pixel.to_srgba_unmultiplied()).collect();
        let [width, height] = image.size.map(|side| side as u32);
        if let Some(image) = image::RgbaImage::from_raw(width, height, bytes) {
            view.ask(Command::Pictures(Action::Paste(Arc::new(image))));
        }
    }
}

fn head_ui(ui: &mut Ui, view: &mut View<'_>) {
    let pictures = &view.app.pictures;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = theme::WIDE_GAP;
        switch_ui(ui, view);
        model_ui(ui, view);
        if !pictures.list.is_empty() {
            figure(ui, "Pictures", &words::count(pictures.list.len() as u64));
        }
        let [right, known] = pictures.right();
        if known > 0 {
            let share = words::percent(right as f64 / known as f64);
            figure(ui, "Read rightly", &format!("{right} of {known}, {share}"));
        }
        if pictures.waiting() > 0 {
            ui.spinner();
            figure(ui, "To read", &words::count(pictures.waiting() as u64));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = theme::GAP;
            let tooltip = "Reads photographs. Or drop them on the window, or paste one (Ctrl+V)";
            let open = widgets::Action::new(Icon::Inspect, "Open pictures…").weight(Weight::Primary);
            if open.tooltip(tooltip).show(ui) {
                view.memory.pictures.file.pick_files(ui.ctx(), "Open pictures", "Pictures", &ENDINGS);
            }
            let tooltip =
                "Reads every picture in a folder. A file called 304.jpg or 304_2.jpg says what is on it";
            if widgets::Action::new(Icon::Folder, "Open folder…").tooltip(tooltip).show(ui) {
                view.memory.pictures.folder.pick_folder(ui.ctx(), "Open folder of pictures");
            }
            if pictures.list.is_empty() {
                return;
            }
            let tooltip = "Keeps every picture whose number is known, to train on and to test with";
            if widgets::Action::new(Icon::Plus, "Add to captured").tooltip(tooltip).show(ui) {
                view.ask(Command::Pictures(Action::KeepAll));
            }
            let close = widgets::Action::icon(Icon::Close, "Put pictures away");
            if close.tooltip("Closes all of them; the files stay").show(ui) {
                view.ask(Command::Pictures(Action::Clear));
            }
        });
    });
}

/// Which model reads.
fn model_ui(ui: &mut Ui, view: &mut View<'_>) {
    const SHIPPED: &str = "The program's reader";
    let chosen = match &view.app.pictures.model {
        Model::Shipped => SHIPPED,
        Model::Run(id) => view.app.runs.get(id).map_or("A run that is gone", |run| run.meta.name.as_str()),
    };
    let menu = ComboBox::from_id_salt("reading model").width(200.0).selected_text(chosen).show_ui(ui, |ui| {
        let mut asked = None;
        if ui.selectable_label(view.app.pictures.model == Model::Shipped, SHIPPED).clicked() {
            asked = Some(Model::Shipped);
        }
        for run in view.app.runs.list().iter().filter(|run| has_model(run)) {
            let model = Model::Run(run.id.clone());
            let line = ui.selectable_label(view.app.pictures.model == model, run.meta.name.as_str());
            if line.on_hover_text(&run.id).clicked() {
                asked = Some(model);
            }
        }
        asked
    });
    menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Model that reads"));
    menu.response.on_hover_text(
        "A detector reads by itself; models of single digits and of cropped numbers read what the program's reader finds",
    );
    if let Some(model) = menu.inner.flatten() {
        view.ask(Command::Pictures(Action::Model(model)));
    }
}

fn sheet_ui(ui: &mut Ui, view: &mut View<'_>) {
    ui.set_min_height(ui.available_height());
    let app = view.app;
    let columns = ((ui.available_width() + theme::GAP) / (TILE[0] + theme::GAP)).floor().max(1.0) as usize;
    let rows = app.pictures.list.len().div_ceil(columns);
    let height = TILE[1] + BELOW;
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, height, rows, |ui, shown| {
        for row in shown {
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = theme::GAP;
                let entries = app.pictures.list.iter().enumerate().skip(row * columns).take(columns);
                for (at, entry) in entries {
                    tile_ui(ui, view, at, entry);
                }
            });
        }
    });
}

fn tile_ui(ui: &mut Ui, view: &mut View<'_>, at: usize, entry: &Entry) {
    let p = palette(ui);
    ui.allocate_ui(vec2(TILE[0], TILE[1] + BELOW), |ui| {
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 3.0;
            let (rect, response) = ui.allocate_exact_size(vec2(TILE[0], TILE[1]), Sense::click());
            let name = entry.origin.name();
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Picture {name}")));
            ui.painter().rect_filled(rect, 4.0, p.well);
            let (told, colour) = match &entry.state {
                State::Waiting => ("…".to_owned(), p.dim),
                State::Trouble(why) => {
                    why_ui(ui, rect, why, p);
                    ("Could not be read".to_owned(), p.bad)
                }
                State::Read(read) => {
                    let texture = tile(ui, &mut view.memory.pictures, entry.id, read);
                    let field = fitted(rect, read.reading.size);
                    ui.painter().image(texture.id(), field, unit(), egui::Color32::WHITE);
                    boxes(ui.painter(), field, read, None, p);
                    told(entry, read, p)
                }
            };
            if let Some(right) = entry.is_right() {
                let edge = Stroke::new(2.0, if right { p.good } else { p.bad });
                ui.painter().rect_stroke(rect, 4.0, edge, StrokeKind::Inside);
            }
            let hover = match &entry.state {
                State::Trouble(why) => format!("{name}: {why}"),
                _ => format!("{name}: {told}"),
            };
            if response.on_hover_text(hover).clicked() {
                view.ask(Command::Pictures(Action::Select(Some(at))));
            }
            ui.spacing_mut().interact_size.y = 14.0;
            let line = if entry.kept { format!("{name} · captured") } else { name };
            widgets::cut(ui, TILE[0], egui::RichText::new(line).font(theme::small()).color(p.dim));
            ui.spacing_mut().interact_size.y = 18.0;
            widgets::cut(ui, TILE[0], egui::RichText::new(told).font(theme::strong()).color(colour));
            truth_ui(ui, view, at, entry, TILE[0]);
        });
    });
}

/// Why there is no picture, in its place; without the path, whose end is the picture's name.
fn why_ui(ui: &Ui, rect: Rect, why: &str, p: &theme::Palette) {
    let why = why.rsplit_once(": ").map_or(why, |(why, _)| why);
    let room = rect.shrink(10.0);
    let galley = ui.painter().layout(words::sentence(why), theme::small(), p.dim, room.width());
    ui.painter().with_clip_rect(room).galley(room.min, galley, p.dim);
}

/// What was read on a picture, in words, and their colour.
fn told(entry: &Entry, read: &ReadPicture, p: &theme::Palette) -> (String, egui::Color32) {
    let Some(number) = read.reading.numbers.first() else { return ("No number found".to_owned(), p.dim) };
    let more = match read.reading.numbers.len() {
        1 => String::new(),
        n => format!(" and {} more", n - 1),
    };
    let sure = words::percent(f64::from(number.confidence));
    let colour = match entry.is_right() {
        Some(true) => p.good,
        Some(false) => p.bad,
        None => p.strong,
    };
    (format!("{}, {sure}{more}", number.text), colour)
}

/// The field for what is written on a picture.
pub(super) fn truth_ui(ui: &mut Ui, view: &mut View<'_>, at: usize, entry: &Entry, width: f32) {
    let mut text = entry.truth.clone();
    let field = TextEdit::singleline(&mut text)
        .id_salt(("true number", entry.id))
        .hint_text("True number")
        .desired_width(width - 12.0)
        .char_limit(12);
    let response = ui.add(field);
    // The next one can be typed at once.
    let memory = &mut view.memory.pictures;
    if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
        memory.typing = Some(at + 1);
    } else if memory.typing == Some(at) {
        response.request_focus();
        response.scroll_to_me(None);
        memory.typing = None;
    }
    let name = format!("True number of {}", entry.origin.name());
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, name.as_str()));
    let kept = if entry.kept { ". Kept among the captured pictures" } else { "" };
    let tooltip = format!("What is written on it; Enter goes on to the next picture{kept}");
    if response.on_hover_text(tooltip).changed() {
        text.retain(|c| !c.is_whitespace());
        view.ask(Command::Pictures(Action::Truth(at, text)));
    }
}

/// The texture of a tile.
fn tile(ui: &Ui, memory: &mut Memory, id: u64, read: &Arc<ReadPicture>) -> TextureHandle {
    if let Some((_, texture)) = memory.tiles.get(&id).filter(|(of, _)| Arc::ptr_eq(of, read)) {
        return texture.clone();
    }
    // Pictures that were put away are let go.
    if memory.tiles.len() > 600 {
        memory.tiles.clear();
    }
    let [w, h] = [read.shown.width(), read.shown.height()];
    let by = (f64::from(TILE_PIXELS) / f64::from(w.max(h))).min(1.0);
    let side = |n: u32| ((f64::from(n) * by) as u32).max(1);
    let small = image::imageops::thumbnail(&read.shown, side(w), side(h));
    let size = [small.width() as usize, small.height() as usize];
    let image = ColorImage::from_rgb(size, small.as_raw());
    let texture = ui.ctx().load_texture("picture tile", image, TextureOptions::LINEAR);
    memory.tiles.insert(id, (Arc::clone(read), texture.clone()));
    texture
}

/// Where a picture of that size lies in a field, as large as it can, in the middle.
pub(super) fn fitted(field: Rect, [width, height]: [usize; 2]) -> Rect {
    let size = vec2(width.max(1) as f32, height.max(1) as f32);
    let scale = (field.width() / size.x).min(field.height() / size.y);
    Rect::from_center_size(field.center(), size * scale)
}

/// All of a texture.
pub(super) fn unit() -> Rect {
    Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0))
}

/// Boxes of numbers, with the digits of one of them if it is looked at.
pub(super) fn boxes(
    painter: &Painter,
    field: Rect,
    read: &ReadPicture,
    looked_at: Option<usize>,
    p: &theme::Palette,
) {
    let [width, height] = read.reading.size;
    let scale = field.size() / vec2(width.max(1) as f32, height.max(1) as f32);
    let place = |area: &crate::data::Area| {
        Rect::from_min_size(field.min + vec2(area.x, area.y) * scale, vec2(area.w, area.h) * scale)
    };
    for (i, number) in read.reading.numbers.iter().enumerate() {
        let colour = p.runs[i % p.runs.len()];
        if looked_at.is_some() {
            for digit in &number.digits {
                painter.rect_stroke(place(&digit.area), 0.0, Stroke::new(1.0, colour), StrokeKind::Inside);
            }
        }
        let wide = if looked_at == Some(i) { 3.0 } else { 1.5 };
        let rect = place(&number.area).expand(1.0);
        painter.rect_stroke(rect, 2.0, Stroke::new(wide, colour), StrokeKind::Outside);
        if looked_at.is_some() {
            let text = format!("{}  {}", number.text, words::percent(f64::from(number.confidence)));
            let galley = painter.layout_no_wrap(text, theme::strong(), p.card);
            let corner = pos2(rect.left(), (rect.top() - galley.size().y - 4.0).max(field.top()));
            painter.rect_filled(Rect::from_min_size(corner, galley.size() + vec2(8.0, 2.0)), 3.0, colour);
            painter.galley(corner + vec2(4.0, 1.0), galley, p.card);
        }
    }
    if read.reading.numbers.is_empty() && looked_at.is_some() {
        // On a ground of its own: the picture can have any colour.
        let galley = painter.layout_no_wrap("No number found".to_owned(), theme::strong(), p.warn);
        let ground = galley.size() + vec2(16.0, 6.0);
        let ground = Align2::CENTER_TOP.anchor_size(field.center_top() + vec2(0.0, 8.0), ground);
        painter.rect_filled(ground, theme::ROUND_SMALL, p.card);
        painter.galley(ground.min + vec2(8.0, 3.0), galley, p.warn);
    }
}
