//! Buttons that write what is shown to a file: a plot as SVG or PNG, the table as CSV.

use crate::app::Command;
use crate::app::sweep::{Action, Sheet};
use crate::ui::dialog::Dialog;
use crate::ui::icons::Icon;
use crate::ui::svg;
use crate::ui::theme::palette;
use crate::ui::view::View;
use crate::ui::widgets::Action as Button;
use crossbeam_channel::{Receiver, bounded};
use egui::{ColorImage, Rect, Ui};
use std::path::PathBuf;
use std::sync::Arc;

/// What is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Svg,
    Png,
    Csv,
}

/// An export under way.
#[derive(Default)]
pub struct Memory {
    dialog: Dialog,
    kind: Option<Kind>,
    /// A picture of the window was asked for, of which this part goes to that file.
    shot: Option<(PathBuf, Rect, Receiver<Arc<ColorImage>>)>,
}

/// Draws the buttons.
pub fn buttons_ui(ui: &mut Ui, view: &mut View<'_>, sheet: Sheet) {
    let name = sheet_name(sheet);
    let mut ask = |ui: &mut Ui, label: &str, tooltip: &str, kind: Kind, ending: &str| {
        if Button::new(Icon::Save, label).tooltip(tooltip).show(ui) {
            let file = format!("{name}.{ending}");
            view.memory.sweep.export.kind = Some(kind);
            view.memory.sweep.export.dialog.save_file(ui.ctx(), "Export", &file, ending);
        }
    };
    ask(ui, "CSV…", "Writes the table of all trials", Kind::Csv, "csv");
    if sheet != Sheet::Board {
        ask(ui, "PNG…", "Writes what is drawn below as a picture", Kind::Png, "png");
        ask(ui, "SVG…", "Writes what is drawn below as lines and words", Kind::Svg, "svg");
    }
}

fn sheet_name(sheet: Sheet) -> &'static str {
    match sheet {
        Sheet::Board => "trials",
        Sheet::Progress => "progress",
        Sheet::Parallel => "parallel",
        Sheet::Importance => "importance",
        Sheet::Slices => "slices",
        Sheet::Curves => "curves",
        Sheet::Front => "trade-off",
    }
}

/// Goes on with an export, after everything in `part` was drawn.
pub fn finish(ui: &mut Ui, view: &mut View<'_>, part: Rect) {
    let picked = view.memory.sweep.export.dialog.picked();
    if let (Some(path), Some(kind)) = (picked, view.memory.sweep.export.kind.take()) {
        match kind {
            Kind::Csv => view.ask(Command::Sweep(Action::ExportTable(path))),
            Kind::Svg => {
                let text = svg::of(ui.ctx(), ui.layer_id(), part, palette(ui).card);
                view.ask(Command::Sweep(Action::ExportPicture(path, Arc::new(text.into_bytes()))));
            }
            Kind::Png => {
                let (sender, shot) = bounded(1);
                let ctx = ui.ctx().clone();
                ui.ctx().request_screenshot(move |image| {
                    // Nobody waits for it any more when the window closes.
                    sender.send(image).ok();
                    ctx.request_repaint();
                });
                view.memory.sweep.export.shot = Some((path, part, shot));
            }
        }
    }
    let came = view.memory.sweep.export.shot.as_ref().and_then(|(.., shot)| shot.try_recv().ok());
    let Some(image) = came else { return };
    let Some((path, part, _)) = view.memory.sweep.export.shot.take() else { return };
    match png(&image.region(&part, Some(ui.pixels_per_point()))) {
        Ok(bytes) => view.ask(Command::Sweep(Action::ExportPicture(path, Arc::new(bytes)))),
        Err(error) => {
            view.ask(Command::Sweep(Action::Complain(format!("The picture cannot be made: {error}"))));
        }
    }
}

fn png(image: &ColorImage) -> image::ImageResult<Vec<u8>> {
    let [w, h] = image.size;
    let pixels: Vec<u8> = image.pixels.iter().flat_map(|pixel| pixel.to_srgba_unmultiplied()).collect();
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::write_buffer_with_format(
        &mut bytes,
        &pixels,
        w as u32,
        h as u32,
        image::ExtendedColorType::Rgba8,
        image::ImageFormat::Png,
    )?;
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_can_be_read_again() -> image::ImageResult<()> {
        let picture = ColorImage::filled([5, 3], egui::Color32::from_rgb(1, 2, 3));
        let read = image::load_from_memory(&png(&picture)?)?.to_rgba8();
        assert_eq!((read.dimensions(), read.get_pixel(4, 2).0), ((5, 3), [1, 2, 3, 255]));
        Ok(())
    }
}
