//! The Camera page: the live picture with what is read on it, and beside it the model, the numbers, and teaching.

mod absent;
mod chooser;
mod figures;
mod numbers;
mod picture;
mod place;
mod sees;
mod settings;
mod teach;
#[cfg(test)]
mod tests;

use crate::app::Command;
use crate::app::camera::Action;
use crate::camera::Origin;
use crate::ui::dialog::Dialog;
use crate::ui::theme;
use crate::ui::view::View;
use crate::ui::widgets::{card, page_title};
use crate::work::live::Seen;
use egui::{Align, Layout, Panel, ScrollArea, TextureHandle, Ui};
use std::collections::HashMap;
use std::sync::Arc;

/// Width of the column beside the picture.
const SIDE: f32 = 348.0;

/// What only the drawing of this page needs to know.
#[derive(Default)]
pub struct Memory {
    file: Dialog,
    folder: Dialog,
    /// The frame on the texture.
    frame: Option<(Arc<Seen>, TextureHandle)>,
    /// Small pictures of the numbers read, by their number in the list.
    thumbs: HashMap<u64, TextureHandle>,
    /// What the model saw.
    glimpses: Vec<TextureHandle>,
    glimpsed: Option<Arc<Seen>>,
    /// A drag on the picture.
    drag: Option<picture::Drag>,
    /// Whether a drag chooses the part that is read.
    choosing_part: bool,
    /// Milliseconds that drawing the picture took, averaged.
    drawing: f32,
}

/// Draws the page.
pub fn show(ui: &mut Ui, view: &mut View<'_>) {
    ui.horizontal(|ui| {
        page_title(ui, "Camera", "Numbers read as they are seen");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| chooser::chooser_ui(ui, view));
    });
    take_in_files(ui, view);
    ui.add_space(theme::GAP);
    let has_source = view.app.settings.camera.origin.is_some();
    if has_source {
        let frame = egui::Frame::new().inner_margin(egui::Margin { left: 12, ..egui::Margin::ZERO });
        let side = Panel::right("camera side").exact_size(SIDE).resizable(false).show_separator_line(false);
        side.frame(frame).show(ui, |ui| {
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                if view.app.camera.teach.is_some() {
                    card(ui, |ui| teach::teach_ui(ui, view));
                    ui.add_space(theme::GAP);
                }
                card(ui, |ui| numbers::now_ui(ui, view));
                ui.add_space(theme::GAP);
                card(ui, |ui| settings::settings_ui(ui, view));
                ui.add_space(theme::GAP);
                // Above the list, which grows and would push it out of sight.
                card(ui, |ui| teach::kept_ui(ui, view));
                ui.add_space(theme::GAP);
                card(ui, |ui| numbers::log_ui(ui, view));
            });
        });
    }
    card(ui, |ui| {
        ui.set_height(ui.available_height());
        if !has_source {
            absent::absent_ui(ui, view);
            return;
        }
        picture::tools_ui(ui, view);
        ui.add_space(4.0);
        let below = sees::HEIGHT + figures::HEIGHT + 2.0 * theme::GAP;
        picture::picture_ui(ui, view, (ui.available_height() - below).max(120.0));
        figures::figures_ui(ui, view);
        sees::sees_ui(ui, view);
    });
}

/// Files chosen, or dropped on the window; pictures pasted.
fn take_in_files(ui: &Ui, view: &mut View<'_>) {
    let pasted = ui.input(|input| {
        input.events.iter().find_map(|event| match event {
            egui::Event::PasteImage(picture) => Some(Arc::clone(picture)),
            _ => None,
        })
    });
    if let Some(picture) = pasted {
        let size = picture.size.map(|side| side as u32);
        let pixels = picture.pixels.iter().flat_map(|pixel| [pixel.r(), pixel.g(), pixel.b()]).collect();
        view.ask(Command::Camera(Action::Paste(size, pixels)));
    }
    let dropped = ui.input(|input| input.raw.dropped_files.first().map(|file| file.path().to_owned()));
    let memory = &mut view.memory.camera;
    let path = memory.file.picked().or_else(|| memory.folder.picked()).or(dropped);
    if let Some(path) = path {
        view.ask(Command::Camera(Action::Open(Origin::of(&path))));
    }
}
