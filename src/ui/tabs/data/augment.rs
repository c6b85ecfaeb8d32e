//! The sheet of augmentation: one image as a training would see it again and again, and the sliders of the recipe that
//! decide it.

use super::boxes;
use super::side;
use super::thumbs::colours;
use super::words_for;
use crate::app::Command;
use crate::app::augment::Made;
use crate::app::data::Action;
use crate::data::Dataset;
use crate::data::augment::Augment;
use crate::ui::form::{self, Look};
use crate::ui::icons::Icon;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{self, Weight, card, heading, remark};
use crate::work::load::Loaded;
use egui::{Align, Align2, Color32, ColorImage, Layout, Panel, Rect, Role, ScrollArea, Sense, Stroke};
use egui::{StrokeKind, TextureHandle, TextureOptions, Ui, WidgetInfo, pos2, vec2};
use std::sync::Arc;

/// Between two pictures, in points.
const GAP: f32 = 8.0;
/// For the words under a picture, in points.
const CAPTION: f32 = 18.0;

/// The pictures as textures, for as long as they are shown.
#[derive(Default)]
pub struct Memory(Option<(Arc<Made>, Vec<TextureHandle>)>);

impl Memory {
    /// The textures of what was drawn last.
    fn textures(&mut self, ctx: &egui::Context, made: &Arc<Made>) -> &[TextureHandle] {
        let known = self.0.take().filter(|(known, _)| Arc::ptr_eq(known, made));
        let (_, textures) = self.0.insert(known.unwrap_or_else(|| {
            let n = made.size[0] * made.size[1];
            let texture = |pixels: &[u8]| {
                let image = ColorImage::new(made.size, colours(pixels, n).collect());
                ctx.load_texture("augmented", image, TextureOptions::NEAREST)
            };
            (Arc::clone(made), made.pictures.iter().map(|picture| texture(&picture.pixels)).collect())
        }));
        textures
    }
}

/// Draws the sheet.
pub fn show(ui: &mut Ui, view: &mut View<'_>, loaded: &Arc<Loaded>) {
    let frame = egui::Frame::new().inner_margin(egui::Margin { left: 12, ..egui::Margin::ZERO });
    let side = Panel::right("augment side").exact_size(side::WIDTH).resizable(false);
    side.show_separator_line(false).frame(frame).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| card(ui, |ui| settings_ui(ui, view)));
    });
    card(ui, |ui| {
        ui.set_height(ui.available_height());
        match view.app.augmented_row() {
            Some(row) => {
                head_ui(ui, view, &loaded.dataset, row);
                ui.add_space(theme::GAP);
                pictures_ui(ui, view, &loaded.dataset);
            }
            None => {
                widgets::empty(ui, Icon::Data, "No image fits", "Choose another split or class on Images");
            }
        }
    });
}

/// The sliders of the recipe's augmentation.
fn settings_ui(ui: &mut Ui, view: &mut View<'_>) {
    let draft = &view.app.draft;
    let look = Look {
        defaults: draft.defaults(),
        problems: draft.problems(),
        suffix: "",
        only: None,
        narrow: false,
        notes: &[],
    };
    let mut recipe = draft.recipe().clone();
    ui.horizontal(|ui| {
        heading(ui, "Changes while training");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let reason = recipe.augment.is_off().then(|| "Nothing is on".to_owned());
            let off = widgets::Action::words("All off").tooltip("Images are learned from as they are");
            if off.reason(reason).show(ui) {
                recipe.augment = Augment::default();
            }
        });
    });
    remark(ui, "These are the recipe's own settings, as on the Train page");
    ui.add_space(2.0);
    form::knobs_ui(ui, look, "augment.", &mut recipe.augment);
    if recipe != *draft.recipe() {
        let gesture = form::gesture(ui);
        view.ask(Command::Edit { recipe: Box::new(recipe), gesture });
    }
}

/// Which image it is, and buttons for other draws and other images.
fn head_ui(ui: &mut Ui, view: &mut View<'_>, dataset: &Dataset, row: usize) {
    let data = &view.app.data;
    let at = data.gallery.selected().unwrap_or(0);
    let last = data.gallery.rows().len().saturating_sub(1);
    ui.horizontal(|ui| {
        heading(ui, "Augmented versions");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let again = widgets::Action::new(Icon::Reset, "Draw again").weight(Weight::Normal);
            if again.tooltip("Other versions of the same image").show(ui) {
                view.ask(Command::Data(Action::DrawAgain));
            }
            if view.app.data.samples().is_some_and(|samples| samples.marks.is_some()) {
                let tooltip = "Draws a box around each character, where the changes move it to";
                if widgets::switch(ui, "Boxes", tooltip, !view.app.data.no_boxes) {
                    view.ask(Command::Data(Action::Boxes(view.app.data.no_boxes)));
                }
            }
            let end = |at_end: bool| at_end.then(|| "There is no further image".to_owned());
            let next = widgets::Action::words("Next image").reason(end(at >= last));
            if next.tooltip("The next one on the sheet of images").show(ui) {
                view.ask(Command::Data(Action::Select(Some(at + 1))));
            }
            let back = widgets::Action::words("Previous image").reason(end(at == 0));
            if back.tooltip("The one before on the sheet of images").show(ui) {
                view.ask(Command::Data(Action::Select(Some(at.saturating_sub(1)))));
            }
        });
    });
    let name = words_for::describe(data, dataset, row);
    let off = view.app.draft.recipe().augment.is_off();
    remark(ui, if off { format!("{name}. Nothing is on: move a slider") } else { name });
}

/// Columns, and the size of one picture, with which `n` pictures of a shape fill a field best.
fn fitting(n: usize, [columns, rows]: [usize; 2], field: egui::Vec2) -> (usize, egui::Vec2) {
    let shape = vec2(columns.max(1) as f32, rows.max(1) as f32);
    let scale = |columns: usize| {
        let rows = n.div_ceil(columns) as f32;
        let wide = (field.x + GAP) / columns as f32 - GAP;
        let high = (field.y + GAP) / rows - GAP - CAPTION;
        (wide / shape.x).min(high / shape.y).max(0.01)
    };
    let best = (1..=n.max(1)).max_by(|a, b| scale(*a).total_cmp(&scale(*b))).unwrap_or(1);
    (best, shape * scale(best))
}

fn pictures_ui(ui: &mut Ui, view: &mut View<'_>, dataset: &Dataset) {
    let Some(made) = view.app.versions.made.clone() else { return };
    let p = palette(ui);
    let ctx = ui.ctx().clone();
    let textures = view.memory.augment.textures(&ctx, &made);
    let (columns, size) = fitting(textures.len(), made.size, ui.available_size());
    let (field, _) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    let pitch = size + vec2(GAP, GAP + CAPTION);
    let used = columns as f32 * pitch.x - GAP;
    let left = field.left() + ((field.width() - used) / 2.0).max(0.0);
    let uv = Rect::from_min_max(egui::Pos2::ZERO, pos2(1.0, 1.0));
    for (i, (texture, picture)) in textures.iter().zip(&made.pictures).enumerate() {
        let corner =
            pos2(left + (i % columns) as f32 * pitch.x, field.top() + (i / columns) as f32 * pitch.y);
        let rect = Rect::from_min_size(corner, size);
        let name = match (i, picture.mixed) {
            (0, _) => "As it is".to_owned(),
            (_, Some((other, share))) if share >= 0.005 => {
                format!("Version {i}, {:.0} % {}", share * 100.0, words_for::class_name(dataset, other))
            }
            _ => format!("Version {i}"),
        };
        let response = ui.interact(rect, ui.scope_id().with(("version", i)), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
        ui.painter().image(texture.id(), rect, uv, Color32::WHITE);
        if !view.app.data.no_boxes && rect.width() >= boxes::LEAST_SIDE {
            boxes::paint(ui.painter(), rect, made.size, &picture.marks, &dataset.classes, p);
        }
        let stroke = if i == 0 { Stroke::new(2.0, p.accent) } else { Stroke::new(1.0, p.line) };
        ui.painter().rect_stroke(rect, 0.0, stroke, StrokeKind::Outside);
        let ink = if i == 0 { p.text } else { p.dim };
        let under = pos2(rect.center().x, rect.bottom() + 3.0);
        ui.painter().text(under, Align2::CENTER_TOP, &name, theme::small(), ink);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_fill_the_field_and_stay_in_it() {
        for shape in [[28, 28], [140, 28], [20, 300], [1, 1]] {
            for field in [vec2(800.0, 600.0), vec2(300.0, 900.0), vec2(60.0, 40.0)] {
                let (columns, size) = fitting(13, shape, field);
                let rows = 13_usize.div_ceil(columns) as f32;
                let used =
                    vec2(columns as f32 * (size.x + GAP), rows * (size.y + GAP + CAPTION)) - vec2(GAP, GAP);
                let fits = used.x <= field.x + 1.0 && used.y <= field.y + 1.0;
                assert!(fits || field.x < 100.0, "{shape:?} in {field}: {columns} columns of {size}");
            }
        }
        assert_eq!(fitting(15, [28, 28], vec2(800.0, 600.0)).0, 5);
    }
}
