//! Mean images on the sheet of statistics: of each label, and of each character cut out by its box.

use super::filters;
use super::statistics::show_images;
use super::words_for::class_name;
use crate::app::data::Filter;
use crate::data::figures::{Face, Figures, GLYPH};
use crate::data::{Dataset, Kind};
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{heading, remark};
use crate::ui::words;
use egui::{
    Align2, Color32, ColorImage, CursorIcon, Rect, Role, Sense, TextureHandle, TextureOptions, Ui,
    WidgetInfo, pos2, vec2,
};
use std::sync::Arc;

/// What there are mean images of.
#[derive(Clone, Copy, Debug)]
pub enum Faces {
    /// Whole images with one label.
    Labels,
    /// Characters, cut out by their boxes.
    Glyphs,
}

impl Faces {
    /// Those of the images listed.
    pub fn list(self, figures: &Figures) -> &[Face] {
        match self {
            Self::Labels => &figures.faces,
            Self::Glyphs => &figures.glyphs,
        }
    }

    fn size(self, figures: &Figures) -> [usize; 2] {
        match self {
            Self::Labels => figures.face,
            Self::Glyphs => GLYPH,
        }
    }

    fn title(self, dataset: &Dataset) -> &'static str {
        match (self, dataset.kind) {
            (Self::Glyphs, _) => "Mean image of each character, cut out by its box",
            (Self::Labels, Kind::Classes) => "Mean image of each class",
            (Self::Labels, Kind::Numbers { .. }) => "Mean image of each length",
        }
    }

    /// As shown below an image, and in a sentence.
    fn names(self, dataset: &Dataset, face: &Face) -> [String; 2] {
        match self {
            Self::Labels => [dataset.label_name(face.label), filters::long_label(dataset, face.label)],
            Self::Glyphs => [(); 2].map(|()| class_name(dataset, face.label)),
        }
    }

    fn filter(self, label: u8, filter: Filter) -> Filter {
        match self {
            Self::Labels => Filter { label: Some(label), ..filter },
            Self::Glyphs => Filter { character: Some(label), ..filter },
        }
    }
}

/// The mean images, and below each where its images differ.
pub fn faces_ui(ui: &mut Ui, view: &mut View<'_>, dataset: &Dataset, figures: &Arc<Figures>, of: Faces) {
    let p = palette(ui);
    heading(ui, of.title(dataset));
    remark(
        ui,
        "The greys are stretched alike in all of them. Below each the standard deviation: bright where images differ",
    );
    let Some(texture) = faces_texture(ui, figures, of) else { return };
    let faces = of.list(figures);
    let n = faces.len().max(1);
    let [w, h] = of.size(figures).map(|side| side as f32);
    let gap = 6.0;
    // A little less than there is: what does not fit by a hair would begin a row of its own.
    let room = (ui.available_width() - 2.0) / n as f32 - gap;
    let scale = (room.clamp(24.0, 132.0) / w).min(132.0 / h);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(gap, gap);
        for (i, face) in faces.iter().enumerate() {
            let size = vec2(w, h) * scale;
            let whole = vec2(size.x, 2.0 * size.y + 20.0);
            let (rect, response) = ui.allocate_exact_size(whole, Sense::click());
            let [label, name] = of.names(dataset, face);
            let said = format!("Mean of {}: {name}", words::many(face.n as usize, "image"));
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &said));
            for (j, top) in [0.0, size.y + 2.0].into_iter().enumerate() {
                let place = Rect::from_min_size(rect.min + vec2(0.0, top), size);
                let cell = vec2(1.0 / n as f32, 0.5);
                let corner = pos2(cell.x * i as f32, cell.y * j as f32);
                ui.painter().image(texture.id(), place, Rect::from_min_size(corner, cell), Color32::WHITE);
            }
            let ink = if response.hovered() || response.has_focus() { p.strong } else { p.dim };
            let below = pos2(rect.center().x, rect.bottom());
            ui.painter().text(below, Align2::CENTER_BOTTOM, label, theme::small(), ink);
            let response = response.on_hover_cursor(CursorIcon::PointingHand);
            if response.on_hover_text(format!("{said}; a click lists them")).clicked() {
                show_images(view, of.filter(face.label, view.app.data.filter.clone()));
            }
        }
    });
}

/// All mean images beside each other, the deviations below; kept for as long as the figures stay.
fn faces_texture(ui: &Ui, figures: &Arc<Figures>, of: Faces) -> Option<TextureHandle> {
    let id = egui::Id::unique(("mean images", of as usize));
    let kept: Option<(usize, TextureHandle)> = ui.data(|data| data.get_temp(id));
    let key = Arc::as_ptr(figures) as usize;
    if let Some((_, texture)) = kept.filter(|(of, _)| *of == key) {
        return Some(texture);
    }
    let ([w, h], faces) = (of.size(figures), of.list(figures));
    let n = faces.len();
    if n == 0 {
        return None;
    }
    let mut pixels = vec![Color32::BLACK; w * n * h * 2];
    let extremes = |values: &mut dyn Iterator<Item = f32>| {
        values.fold((255.0_f32, 0.0_f32), |(least, most), value| (least.min(value), most.max(value)))
    };
    // Means of photographs are all nearly the same grey.
    let (least, most) = extremes(&mut faces.iter().flat_map(|face| face.mean.iter().copied()));
    let (_, widest) = extremes(&mut faces.iter().flat_map(|face| face.std.iter().copied()));
    let ways = [(least, 255.0 / (most - least).max(1.0)), (0.0, 255.0 / widest.max(1.0))];
    for (i, face) in faces.iter().enumerate() {
        for (j, (plane, (black, gain))) in [&face.mean, &face.std].into_iter().zip(ways).enumerate() {
            let bytes: Vec<u8> =
                plane.iter().map(|value| ((value - black) * gain).round().clamp(0.0, 255.0) as u8).collect();
            for (at, colour) in super::thumbs::colours(&bytes, w * h).enumerate() {
                pixels[(j * h + at / w) * w * n + i * w + at % w] = colour;
            }
        }
    }
    let image = ColorImage::new([w * n, 2 * h], pixels);
    let texture = ui.ctx().load_texture("mean images", image, TextureOptions::NEAREST);
    ui.data_mut(|data| data.insert_temp(id, (key, texture.clone())));
    Some(texture)
}
