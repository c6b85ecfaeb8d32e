//! The page without a source: what there is to read.

use super::chooser::{open_file, open_folder};
use crate::app::Command;
use crate::app::camera::Action;
use crate::camera::Origin;
use crate::ui::icons::Icon;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{self, Weight};
use egui::{RichText, Sense, Ui};

/// Width of the column of buttons.
const WIDE: f32 = 360.0;

/// Draws it.
pub fn absent_ui(ui: &mut Ui, view: &mut View<'_>) {
    let p = palette(ui);
    let cameras = view.app.camera.cameras.clone();
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.2).clamp(12.0, 160.0));
        let (rect, _) = ui.allocate_exact_size(theme::square(44.0), Sense::hover());
        Icon::Camera.paint(ui.painter(), rect, p.dim.gamma_multiply(0.7));
        ui.add_space(8.0);
        let title = match cameras.as_deref() {
            None => "Looking for cameras…",
            Some([]) => "No camera was found",
            Some(_) => "Point a camera at a house number",
        };
        ui.label(RichText::new(title).font(theme::heading()).color(p.strong));
        let text = match (&view.app.camera.trouble, cameras.as_deref()) {
            (Some(why), _) => why.clone(),
            (None, Some([])) => {
                "Plug one in and look again; or read pictures, a video or the screen, which works just as well".to_owned()
            }
            _ => "What it sees stays on this machine. Pictures, videos and the screen can be read as well".to_owned(),
        };
        ui.label(RichText::new(text).color(p.dim));
        ui.add_space(theme::WIDE_GAP);
        for camera in cameras.iter().flatten() {
            let label = format!("Read {}", camera.name);
            let button = widgets::Action::new(Icon::Camera, &label).weight(Weight::Primary).tall().width(WIDE);
            if button.tooltip("Turns the camera on; it goes off when you leave this page").show(ui) {
                let origin = Origin::Camera { index: camera.index, wish: None };
                view.ask(Command::Camera(Action::Open(origin)));
            }
            ui.add_space(4.0);
        }
        if cameras.as_ref().is_some_and(Vec::is_empty) {
            let again = widgets::Action::new(Icon::Reset, "Look again").tall().width(WIDE);
            if again.tooltip("Looks for cameras once more").show(ui) {
                view.ask(Command::Camera(Action::Look));
            }
            ui.add_space(4.0);
        }
        if widgets::Action::new(Icon::Inspect, "Open picture or video…").tall().width(WIDE).tooltip(FILE).show(ui) {
            open_file(ui.ctx(), view);
        }
        ui.add_space(4.0);
        if widgets::Action::new(Icon::Folder, "Open folder of pictures…").tall().width(WIDE).tooltip(FOLDER).show(ui) {
            open_folder(ui.ctx(), view);
        }
        ui.add_space(4.0);
        if widgets::Action::new(Icon::Copy, "Read the screen").tall().width(WIDE).tooltip(SCREEN).show(ui) {
            view.ask(Command::Camera(Action::Open(Origin::Screen(None))));
        }
    });
}

/// What can be opened.
pub const FILE: &str = "A picture, an animation (GIF, WebP), or a video, which an installed ffmpeg unpacks; or drop it on the window, or paste it";
/// The same of folders.
pub const FOLDER: &str = "Shows the pictures of a folder one after the other";
/// And of the screen.
pub const SCREEN: &str = "Reads what is on the screen, through an installed ffmpeg";
