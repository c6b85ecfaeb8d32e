//! The numbers of the frame, with how stable they are, and the list of all that were read.

use super::Memory;
use super::picture::colour;
use crate::app::Command;
use crate::app::camera::{Action, Entry};
use crate::found::track::Track;
use crate::ui::icons::Icon;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{self, dot, heading, progress, remark};
use crate::ui::words;
use egui::{Align, ColorImage, Layout, RichText, ScrollArea, Sense, TextureOptions, Ui, vec2};
use std::collections::HashSet;

/// Entries drawn; the rest is in the exported table.
const MOST: usize = 60;

/// Numbers of a frame that are seen without scrolling, and the height of one.
const ROWS: f32 = 3.0;
const ROW: f32 = 33.0;

/// The numbers of the frame shown.
pub fn now_ui(ui: &mut Ui, view: &mut View<'_>) {
    heading(ui, "Numbers seen");
    let seen = view.app.camera.seen.clone();
    let numbers = seen.as_ref().map(|seen| seen.numbers.as_slice()).unwrap_or_default();
    // As high with one as with three: sliders below would run away from the pointer as numbers come and go.
    let area = ScrollArea::vertical().id_salt("numbers seen").min_scrolled_height(ROWS * ROW);
    area.max_height(ROWS * ROW).auto_shrink(false).show(ui, |ui| {
        if numbers.is_empty() {
            remark(ui, "None on this frame");
        }
        for (i, track) in numbers.iter().enumerate() {
            number_ui(ui, view, i, track);
        }
    });
}

fn number_ui(ui: &mut Ui, view: &mut View<'_>, i: usize, track: &Track) {
    let p = palette(ui);
    ui.horizontal(|ui| {
        dot(ui, colour(p, i));
        let text = RichText::new(&track.number.text).size(22.0).strong().color(p.strong);
        let number = ui.label(text);
        number.on_hover_text(format!("Found in {}", words::many(track.n_frames as usize, "frame")));
        ui.label(RichText::new(words::percent(f64::from(track.number.confidence))).color(p.dim));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let tooltip = "Corrects this number and keeps it to learn from";
            if widgets::Action::icon(Icon::Pen, &format!("Correct {}", track.number.text))
                .tooltip(tooltip)
                .show(ui)
            {
                view.ask(Command::Camera(Action::Teach(Some(i))));
            }
            let full = if track.stability > 0.75 { p.good } else { p.warn };
            let bar = progress(ui, 64.0, Some(track.stability), full);
            bar.on_hover_text(format!("{:.0} % of the frames' votes agree", track.stability * 100.0));
        });
    });
}

/// All numbers that were read.
pub fn log_ui(ui: &mut Ui, view: &mut View<'_>) {
    let n = view.app.camera.log.entries().len();
    ui.horizontal(|ui| {
        heading(ui, "Read so far");
        remark(ui, words::many(n, "number"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let none = || (n == 0).then(|| "Nothing was read yet".to_owned());
            let clear = widgets::Action::icon(Icon::Trash, "Empty the list").reason(none());
            if clear.show(ui) {
                view.ask(Command::Camera(Action::ClearLog));
            }
            let tooltip = "Writes the list as a table: time, number, confidence, source, frame";
            if widgets::Action::words("Export CSV").tooltip(tooltip).reason(none()).show(ui) {
                view.ask(Command::Camera(Action::ExportLog));
            }
        });
    });
    if n == 0 {
        remark(ui, "A number is listed when the frames agree on it");
    }
    let entries: Vec<Entry> = view.app.camera.log.entries().take(MOST).cloned().collect();
    let now = view.app.now();
    for entry in &entries {
        entry_ui(ui, &mut view.memory.camera, entry, now);
    }
    // Pictures of entries that are no longer drawn are let go.
    let drawn: HashSet<u64> = entries.iter().map(|entry| entry.id).collect();
    view.memory.camera.thumbs.retain(|id, _| drawn.contains(id));
}

fn entry_ui(ui: &mut Ui, memory: &mut Memory, entry: &Entry, now: f64) {
    let p = palette(ui);
    let texture = memory.thumbs.entry(entry.id).or_insert_with(|| {
        let size = [entry.thumb.width() as usize, entry.thumb.height() as usize];
        let image = ColorImage::from_rgb(size, entry.thumb.as_raw());
        ui.ctx().load_texture("number", image, TextureOptions::LINEAR)
    });
    ui.horizontal(|ui| {
        let size = texture.size_vec2();
        let scale = (28.0 / size.y).min(84.0 / size.x);
        let (room, _) = ui.allocate_exact_size(vec2(84.0, 30.0), Sense::hover());
        let rect = egui::Rect::from_center_size(room.center(), size * scale);
        let uv = egui::Rect::from_min_max(egui::Pos2::ZERO, egui::pos2(1.0, 1.0));
        ui.painter().image(texture.id(), rect, uv, egui::Color32::WHITE);
        let text = ui.label(RichText::new(&entry.text).font(theme::strong()).color(p.strong));
        text.on_hover_text(&entry.source);
        ui.label(
            RichText::new(words::percent(f64::from(entry.confidence))).font(theme::small()).color(p.dim),
        );
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let label = format!("Copy {}", entry.text);
            if widgets::Action::icon(Icon::Copy, &label).tooltip("Copies the number").show(ui) {
                ui.ctx().copy_text(entry.text.clone());
            }
            remark(ui, words::ago(now - entry.secs));
        });
    });
}
