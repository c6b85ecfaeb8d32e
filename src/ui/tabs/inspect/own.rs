//! A picture of the user's own: opened or dropped, what the model sees of it, what it makes of it.

use super::bars::{bars, bars_ui, class_label};
use crate::app::Command;
use crate::app::inspect::{Action, Own};
use crate::data::Samples;
use crate::data::samples::Pixels;
use crate::ui::dialog::Dialog;
use crate::ui::icons::Icon;
use crate::ui::tabs::data::picture::Picture;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{self, card, heading, remark};
use crate::ui::words;
use crate::work::predict::OwnPicture;
use egui::{
    ColorImage, Rect, RichText, Role, Sense, TextEdit, TextureHandle, TextureOptions, Ui, WidgetInfo, vec2,
};
use std::path::Path;
use std::sync::Arc;

/// Endings that the dialog shows; what the file really is decides when it is opened.
const ENDINGS: [&str; 10] = ["png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "webp", "pgm", "ppm"];

/// What only the drawing of the user's picture needs to know.
#[derive(Default)]
pub struct Memory {
    dialog: Dialog,
    /// What is on the picture, as typed, and which picture that is.
    typed: Option<(Arc<OwnPicture>, String)>,
    texture: Option<(Arc<OwnPicture>, TextureHandle)>,
}

/// The button that opens a picture; also takes pictures dropped on the window.
pub fn open_ui(ui: &mut Ui, view: &mut View<'_>) {
    let reason =
        view.app.inspected_run().is_none().then(|| "There is no model to read it with yet".to_owned());
    let tooltip =
        "Reads a picture of yours: a photograph or a drawing of one digit. Or drop it on the window";
    let button = widgets::Action::new(Icon::Folder, "Open picture…").tooltip(tooltip).reason(reason);
    if button.show(ui) {
        view.memory.own.dialog.pick_file(ui.ctx(), "Open picture", "Pictures", &ENDINGS);
    }
    if let Some(path) = view.memory.own.dialog.picked() {
        view.ask(Command::Inspect(Action::Picture(path)));
    }
    let dropped = ui.input(|input| input.raw.dropped_files.first().map(|file| file.path().to_owned()));
    if let Some(path) = dropped {
        view.ask(Command::Inspect(Action::Picture(path)));
    }
}

/// Draws what there is of the picture.
pub fn own_ui(ui: &mut Ui, view: &mut View<'_>, own: &Own) {
    card(ui, |ui| match own {
        Own::Reading(path) => {
            title_ui(ui, view, path);
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label("Reading the picture");
            });
        }
        Own::Trouble(path, why) => {
            title_ui(ui, view, path);
            ui.label(RichText::new(why).color(palette(ui).bad));
        }
        Own::Read(own) => {
            title_ui(ui, view, &own.path);
            read_ui(ui, view, own);
            keep_ui(ui, view, own);
        }
    });
}

fn title_ui(ui: &mut Ui, view: &mut View<'_>, path: &Path) {
    ui.horizontal(|ui| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        heading(ui, &name).on_hover_text(path.display().to_string());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if widgets::Action::icon(Icon::Close, "Close picture").tooltip("Puts the picture away").show(ui) {
                view.ask(Command::Inspect(Action::ClosePicture));
            }
        });
    });
}

fn read_ui(ui: &mut Ui, view: &mut View<'_>, own: &Arc<OwnPicture>) {
    let prediction = &own.prediction;
    let name = own.classes.get(prediction.class).cloned().unwrap_or_default();
    let (text, label) = match &prediction.number {
        Some(number) if number.classes.is_empty() => ("nothing".to_owned(), "No number".to_owned()),
        Some(number) => (number.text(&own.classes), format!("Number {}", number.text(&own.classes))),
        None => (name.clone(), class_label(&name)),
    };
    let sure = words::percent(f64::from(prediction.confidence));
    super::verdict_ui(ui, &format!("Read as {text}"), &format!("{label} with {sure}"), palette(ui).accent);
    let side = ((ui.available_width() - theme::GAP) / 2.0).min(170.0);
    ui.horizontal_top(|ui| {
        ui.vertical(|ui| {
            remark(ui, format!("Your picture, {} × {}", own.size.0, own.size.1));
            picture_ui(ui, view, own, side);
        });
        ui.vertical(|ui| {
            remark(ui, "What the model sees");
            let (width, height) = own.input;
            let pixels = Pixels::Owned(prediction.prepared.input.as_slice().into());
            let picture = Picture {
                list: Arc::as_ptr(own) as u64,
                row: 0,
                samples: &Samples::new(pixels, [0].into(), [1, height, width]),
                classes: None,
                name: "What the model sees",
            };
            picture.show(ui, &mut view.memory.thumbs, side);
        });
    });
    let mut notes: Vec<&str> = prediction.prepared.note.into_iter().collect();
    if prediction.prepared.inverted {
        notes.push("Dark on light: it was turned into light on dark, as the model learned");
    }
    for note in notes {
        remark(ui, note);
    }
    ui.add_space(4.0);
    let Some(number) = &prediction.number else {
        bars_ui(ui, &bars(&own.classes, &prediction.probabilities, prediction.class, None));
        return;
    };
    for (class, all) in number.classes.iter().zip(&number.characters) {
        let class = usize::from(*class);
        let name = own.classes.get(class).map_or("?", String::as_str);
        let sure = words::percent(f64::from(all.get(class).copied().unwrap_or(0.0)));
        remark(ui, format!("{} with {sure}", class_label(name)));
    }
}

/// What is really on the picture, to be learned from.
fn keep_ui(ui: &mut Ui, view: &mut View<'_>, own: &Arc<OwnPicture>) {
    let prediction = &own.prediction;
    let read = match &prediction.number {
        Some(number) => number.text(&own.classes),
        None => own.classes.get(prediction.class).cloned().unwrap_or_default(),
    };
    let kept = view.memory.own.typed.take().filter(|(of, _)| Arc::ptr_eq(of, own));
    let mut typed = kept.map_or(read, |(_, typed)| typed);
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        ui.label("On it is");
        let field = ui.add(TextEdit::singleline(&mut typed).desired_width(72.0).char_limit(64));
        field.widget_info(|| WidgetInfo::text_edit(true, "", &typed, "What is on the picture"));
        let reason = typed.trim().is_empty().then(|| "Type what is on the picture first".to_owned());
        let keep = widgets::Action::words("Keep with this label").reason(reason);
        let tooltip = "Keeps the picture in the data set Captured, to learn from";
        if keep.tooltip(tooltip).show(ui) {
            view.ask(Command::Inspect(Action::Keep(typed.trim().to_owned())));
        }
    });
    view.memory.own.typed = Some((Arc::clone(own), typed));
}

fn picture_ui(ui: &mut Ui, view: &mut View<'_>, own: &Arc<OwnPicture>, side: f32) {
    let size = [own.shown.width() as usize, own.shown.height() as usize];
    let kept = view.memory.own.texture.take().filter(|(of, _)| Arc::ptr_eq(of, own));
    let (_, texture) = kept.unwrap_or_else(|| {
        let image = ColorImage::from_rgba_unmultiplied(size, own.shown.as_raw());
        (Arc::clone(own), ui.ctx().load_texture("own picture", image, TextureOptions::LINEAR))
    });
    let scale = side / size[0].max(size[1]) as f32;
    let (rect, response) =
        ui.allocate_exact_size(vec2(size[0] as f32, size[1] as f32) * scale, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Your picture"));
    // Transparent means white paper.
    ui.painter().rect_filled(rect, 0.0, egui::Color32::WHITE);
    let uv = Rect::from_min_max(egui::Pos2::ZERO, egui::pos2(1.0, 1.0));
    ui.painter().image(texture.id(), rect, uv, egui::Color32::WHITE);
    if let Some(ink) = own.prediction.prepared.ink {
        let scale = rect.size() / vec2(own.size.0 as f32, own.size.1 as f32);
        let corner = rect.min + vec2(ink.x as f32, ink.y as f32) * scale;
        let frame = Rect::from_min_size(corner, vec2(ink.width as f32, ink.height as f32) * scale);
        let stroke = egui::Stroke::new(1.5, palette(ui).accent);
        ui.painter().rect_stroke(frame, 0.0, stroke, egui::StrokeKind::Outside);
        response.on_hover_text("The frame shows where the ink was found");
    }
    view.memory.own.texture = Some((Arc::clone(own), texture));
}
