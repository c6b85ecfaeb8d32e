//! What the model of the run looked at makes of a few validation pictures, epoch after epoch: what is on them, and what
//! is found there.

use crate::app::examples::Told;
use crate::runs::{Boxed, Example};
use crate::ui::theme::{self, Palette, palette};
use crate::ui::view::View;
use crate::ui::widgets::{card, heading, remark};
use egui::{
    Align, Color32, ColorImage, Context, Layout, Painter, Rect, RichText, Role, Sense, Slider, Stroke,
    StrokeKind, TextureHandle, TextureOptions, Ui, WidgetInfo, pos2, vec2,
};
use std::sync::Arc;

/// A picture is drawn no higher than this, in points,
const HIGHEST: f32 = 96.0;
/// and no higher than this where it is pointed at.
const LARGE: f32 = 380.0;
/// Between two pictures.
const GAP: f32 = 6.0;

/// Pictures, for as long as the same are shown.
#[derive(Default)]
pub struct Memory {
    of: Option<Arc<Told>>,
    textures: Vec<Option<TextureHandle>>,
    /// Which epoch is looked at, from the first; `None` for the latest.
    epoch: Option<usize>,
}

impl Memory {
    fn follow(&mut self, ctx: &Context, told: &Arc<Told>) {
        if self.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, told)) {
            return;
        }
        if self.of.as_ref().is_none_or(|of| of.run != told.run) {
            self.epoch = None;
        }
        let texture = |picture: &image::RgbaImage| {
            let size = [picture.width() as usize, picture.height() as usize];
            let image = ColorImage::from_rgba_unmultiplied(size, picture.as_raw());
            ctx.load_texture("example", image, TextureOptions::LINEAR)
        };
        self.textures = told.pictures.iter().map(|picture| picture.as_ref().map(texture)).collect();
        self.of = Some(Arc::clone(told));
    }
}

/// Draws the pictures, where the run has some.
pub fn show(ui: &mut Ui, view: &mut View<'_>) {
    let Some(told) = view.app.examples.told.clone() else { return };
    if view.app.runs.current().is_none_or(|run| run.id != told.run) || told.epochs.is_empty() {
        return;
    }
    let memory = &mut view.memory.examples;
    memory.follow(ui.ctx(), &told);
    let last = told.epochs.len() - 1;
    let mut at = memory.epoch.unwrap_or(last).min(last);
    ui.add_space(theme::GAP);
    card(ui, |ui| {
        ui.horizontal(|ui| {
            heading(ui, "What it sees").on_hover_text(
                "A few validation pictures after each epoch: what is on them in green, what is found in blue",
            );
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                remark(ui, format!("after epoch {:.0}", told.epochs[at].epoch));
                if last > 0 {
                    let slider = Slider::new(&mut at, 0..=last).show_value(false);
                    let response =
                        ui.add(slider).on_hover_text("Epoch; at the right end the latest, as it comes");
                    response.widget_info(|| WidgetInfo::slider(true, at as f64, "Epoch of the examples"));
                    if response.changed() {
                        memory.epoch = (at < last).then_some(at);
                    }
                }
            });
        });
        let pictures = &told.epochs[at].pictures;
        let n = pictures.len().max(1) as f32;
        let side = ((ui.available_width() - GAP * (n - 1.0)) / n).max(24.0);
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = GAP;
            for (picture, texture) in pictures.iter().zip(&memory.textures) {
                picture_ui(ui, picture, texture.as_ref(), side);
            }
        });
    });
}

fn picture_ui(ui: &mut Ui, picture: &Example, texture: Option<&TextureHandle>, width: f32) {
    let p = palette(ui);
    let right = is_right(picture);
    ui.vertical(|ui| {
        ui.set_width(width);
        ui.spacing_mut().item_spacing.y = 2.0;
        let (field, response) = ui.allocate_exact_size(vec2(width, HIGHEST.min(width)), Sense::hover());
        painted(ui.painter(), field, picture, texture, p, false);
        let said = said(picture);
        response.widget_info(|| {
            WidgetInfo::labeled(Role::Image, true, format!("{}, read {said}", written(picture)))
        });
        response.on_hover_ui(|ui| {
            let [w, h] = picture.size.map(|side| side.max(1) as f32);
            let scale = (LARGE / w).min(LARGE / h);
            let (field, _) = ui.allocate_exact_size(vec2(w, h) * scale, Sense::hover());
            painted(ui.painter(), field, picture, texture, p, true);
            remark(ui, format!("There is {}; found: {said}", written(picture)));
        });
        let ink = if right { p.good } else { p.bad };
        ui.add(egui::Label::new(RichText::new(said).font(theme::small()).color(ink)).truncate());
    });
}

/// The picture in the middle of a field, with its boxes.
fn painted(
    painter: &Painter,
    field: Rect,
    picture: &Example,
    texture: Option<&TextureHandle>,
    p: &Palette,
    large: bool,
) {
    painter.rect_filled(field, 2.0, p.well);
    let size = picture.size.map(|side| side.max(1) as f32);
    let scale = (field.width() / size[0]).min(field.height() / size[1]);
    let rect = Rect::from_center_size(field.center(), vec2(size[0], size[1]) * scale);
    if let Some(texture) = texture {
        let all = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        painter.image(texture.id(), rect, all, Color32::WHITE);
    }
    let painter = painter.with_clip_rect(rect.expand(1.0).intersect(painter.clip_rect()));
    let stroke = |boxes: &[Boxed], wide: f32, colour: Color32| {
        for one in boxes {
            let [x, y, w, h] = one.area;
            let place = Rect::from_min_size(rect.min + vec2(x, y) * scale, vec2(w, h) * scale);
            painter.rect_stroke(place, 0.0, Stroke::new(wide, colour), StrokeKind::Outside);
        }
    };
    let colour = p.runs[0];
    if large {
        stroke(&picture.truth.digits, 1.0, p.good);
        stroke(&picture.found.digits, 1.0, colour);
    }
    stroke(&picture.truth.numbers, if large { 2.0 } else { 1.0 }, p.good);
    stroke(&picture.found.numbers, if large { 2.0 } else { 1.5 }, colour);
}

fn written(picture: &Example) -> String {
    picture.truth.numbers.iter().map(|one| one.text.as_str()).collect::<Vec<_>>().join(", ")
}

/// The surest number, in words.
fn said(picture: &Example) -> String {
    match picture.found.numbers.first() {
        None => "nothing".to_owned(),
        Some(one) if one.text.is_empty() => format!("{:.0} % overlap", 100.0 * overlap(picture)),
        Some(one) => format!("{}  {:.0} %", one.text, 100.0 * one.confidence),
    }
}

/// Whether the surest number is one that is there; of one without text whether more than half of the boxes is shared.
fn is_right(picture: &Example) -> bool {
    let Some(one) = picture.found.numbers.first() else { return false };
    if one.text.is_empty() {
        return overlap(picture) > 0.5;
    }
    picture.truth.numbers.iter().any(|truth| truth.text == one.text)
}

/// The share of their union that the surest number's box and the true one have in common.
fn overlap(picture: &Example) -> f64 {
    let rect = |one: &Boxed| {
        let [x, y, w, h] = one.area;
        Rect::from_min_size(pos2(x, y), vec2(w, h))
    };
    let (Some(found), Some(truth)) = (picture.found.numbers.first(), picture.truth.numbers.first()) else {
        return 0.0;
    };
    let (found, truth) = (rect(found), rect(truth));
    let both = found.intersect(truth);
    let shared = if both.is_positive() { both.area() } else { 0.0 };
    f64::from(shared / (found.area() + truth.area() - shared).max(f32::MIN_POSITIVE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::Boxes;

    fn boxed(text: &str, area: [f32; 4]) -> Boxed {
        Boxed { text: text.to_owned(), confidence: 0.75, area }
    }

    fn example(found: &[Boxed]) -> Example {
        Example {
            file: String::new(),
            size: [64, 64],
            truth: Boxes { numbers: vec![boxed("304", [10.0, 10.0, 20.0, 10.0])], digits: Vec::new() },
            found: Boxes { numbers: found.to_vec(), digits: Vec::new() },
        }
    }

    #[test]
    fn the_surest_reading_counts_and_a_place_by_its_overlap() {
        assert!(!is_right(&example(&[])) && said(&example(&[])) == "nothing");
        let anywhere = [0.0, 0.0, 4.0, 4.0];
        assert!(is_right(&example(&[boxed("304", anywhere), boxed("1", anywhere)])));
        assert!(!is_right(&example(&[boxed("1", anywhere), boxed("304", anywhere)])));
        assert_eq!(said(&example(&[boxed("304", anywhere)])), "304  75 %");
        // Half of one and half of the other: a third of both.
        let third = example(&[boxed("", [20.0, 10.0, 20.0, 10.0])]);
        assert!((overlap(&third) - 1.0 / 3.0).abs() < 1e-6 && !is_right(&third));
        assert!(is_right(&example(&[boxed("", [11.0, 10.0, 20.0, 10.0])])));
        assert_eq!(overlap(&example(&[boxed("", [50.0, 50.0, 5.0, 5.0])])), 0.0);
    }
}
