//! Which source is read, and in which format.

use super::absent::{FILE, FOLDER, SCREEN};
use crate::app::Command;
use crate::app::camera::Action;
use crate::camera::{Format, Origin, Wish};
use crate::ui::icons::Icon;
use crate::ui::view::View;
use crate::ui::widgets;
use egui::{ComboBox, Context, Role, Ui, WidgetInfo};
use std::path::Path;

/// Endings that the dialog shows; what a file really is decides when it is opened.
const ENDINGS: [&str; 20] = [
    "png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "webp", "pgm", "ppm", "mp4", "mov", "avi", "mkv",
    "webm", "m4v", "mpg", "mpeg", "ogv", "ts",
];

/// Lets the user choose a picture or video.
pub fn open_file(ctx: &Context, view: &mut View<'_>) {
    view.memory.camera.file.pick_file(ctx, "Open picture or video", "Pictures and videos", &ENDINGS);
}

/// Lets the user choose a folder.
pub fn open_folder(ctx: &Context, view: &mut View<'_>) {
    view.memory.camera.folder.pick_folder(ctx, "Open folder of pictures");
}

/// Draws the menus, from the right.
pub fn chooser_ui(ui: &mut Ui, view: &mut View<'_>) {
    let Some(origin) = view.app.settings.camera.origin.clone() else { return };
    if widgets::Action::icon(Icon::Close, "Close source").tooltip("Reads nothing any more").show(ui) {
        view.ask(Command::Camera(Action::Close));
    }
    let again = widgets::Action::icon(Icon::Reset, "Open again");
    if again.tooltip("Opens the source once more, from its beginning").show(ui) {
        view.ask(Command::Camera(Action::Reopen));
    }
    if origin.camera().is_some() {
        formats_ui(ui, view, &origin);
    }
    source_ui(ui, view, &origin);
}

fn source_ui(ui: &mut Ui, view: &mut View<'_>, origin: &Origin) {
    let shown = name(view, origin);
    let menu =
        ComboBox::from_id_salt("source").width(230.0).selected_text(cut(&shown, 34)).show_ui(ui, |ui| {
            let mut asked = None;
            for camera in view.app.camera.cameras.iter().flatten() {
                let is_this = origin.camera() == Some(camera.index);
                let label = format!("{} (camera {})", camera.name, camera.index);
                if ui.selectable_label(is_this, label).clicked() {
                    asked = Some(Action::Open(Origin::Camera { index: camera.index, wish: None }));
                }
            }
            if ui.selectable_label(false, "Look for cameras again").clicked() {
                asked = Some(Action::Look);
            }
            ui.separator();
            if ui.selectable_label(false, "Open picture or video…").on_hover_text(FILE).clicked() {
                open_file(ui.ctx(), view);
            }
            if ui.selectable_label(false, "Open folder of pictures…").on_hover_text(FOLDER).clicked() {
                open_folder(ui.ctx(), view);
            }
            let is_screen = matches!(origin, Origin::Screen(_));
            if ui.selectable_label(is_screen, "Read the screen").on_hover_text(SCREEN).clicked() {
                asked = Some(Action::Open(Origin::Screen(None)));
            }
            asked
        });
    menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Source"));
    menu.response.on_hover_text(format!("Where pictures come from: {shown}"));
    if let Some(action) = menu.inner.flatten() {
        view.ask(Command::Camera(action));
    }
}

fn formats_ui(ui: &mut Ui, view: &mut View<'_>, origin: &Origin) {
    let wish = match origin {
        Origin::Camera { wish, .. } => *wish,
        _ => None,
    };
    let about = &view.app.camera.told.about.format;
    let shown = if about.is_empty() { "Format".to_owned() } else { about.clone() };
    let formats = view.app.camera.formats.clone();
    let menu =
        ComboBox::from_id_salt("format").width(210.0).height(420.0).selected_text(shown).show_ui(ui, |ui| {
            let mut asked = None;
            if ui.selectable_label(wish.is_none(), "What suits").clicked() {
                asked = Some(None);
            }
            for format in sorted(&formats) {
                let one = Wish::from(format);
                if ui.selectable_label(wish == Some(one), format.to_string()).clicked() {
                    asked = Some(Some(one));
                }
            }
            if formats.is_empty() {
                ui.weak("The camera lists no formats");
            }
            asked
        });
    menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Format"));
    menu.response.on_hover_text("Size, rate and pixels that the camera sends");
    if let Some(wish) = menu.inner.flatten() {
        view.ask(Command::Camera(Action::Format(wish)));
    }
}

/// The largest first, and of a size the fastest.
fn sorted(formats: &[Format]) -> Vec<Format> {
    let mut all = formats.to_vec();
    all.sort_by_key(|f| std::cmp::Reverse((f.width * f.height, f.rate, std::cmp::Reverse(f.pixels))));
    all
}

/// What the source is called.
fn name(view: &View<'_>, origin: &Origin) -> String {
    match origin {
        Origin::Camera { index, .. } => {
            let known = view.app.camera.cameras.iter().flatten().find(|camera| camera.index == *index);
            known.map_or_else(|| format!("Camera {index}"), |camera| camera.name.clone())
        }
        Origin::Picture(path) | Origin::Folder(path) => file_name(path),
        Origin::Video(name) if !name.contains("://") => file_name(Path::new(name)),
        Origin::Video(name) => name.clone(),
        Origin::Screen(_) => "The screen".to_owned(),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// The beginning of a long name.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::Pixels;

    #[test]
    fn formats_are_listed_the_largest_first() {
        let format = |width, rate, pixels| Format { width, height: 480, rate, pixels };
        let all = [
            format(320, 30, Pixels::Yuyv),
            format(640, 5, Pixels::Yuyv),
            format(640, 30, Pixels::Mjpeg),
            format(640, 30, Pixels::Yuyv),
        ];
        assert_eq!(sorted(&all), [all[3], all[2], all[1], all[0]]);
        assert_eq!((cut("abc", 3), cut("abcd", 3)), ("abc".to_owned(), "ab…".to_owned()));
    }
}
