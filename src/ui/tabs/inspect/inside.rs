//! What goes on inside of the model for the image looked at: the pixels that count, each layer's maps, filters, weights.

use crate::app::Command;
use crate::app::inspect::Action;
use crate::reader::inside::{Maps, Plane, Spread};
use crate::ui::theme::{self, Palette, palette};
use crate::ui::view::View;
use crate::ui::widgets::{heading, remark};
use crate::ui::words;
use crate::work::inside::Looked;
use crate::work::localise::Localised;
use crate::work::predict::Examined;
use egui::{
    Align, Color32, ColorImage, ComboBox, Context, Layout, Rect, RichText, Role, ScrollArea, Sense,
    TextureHandle, TextureOptions, Ui, WidgetInfo, pos2, vec2,
};
use std::sync::Arc;

/// Side of the large maps.
const LARGE: f32 = 168.0;
/// Least side of a small map.
const SMALL: f32 = 40.0;

/// Pictures made of the maps, kept as long as the same image is looked at.
#[derive(Clone, Default)]
pub struct Memory {
    looked: Option<Arc<Looked>>,
    /// The card's colour that the pictures were painted for.
    ground: Color32,
    large: Vec<TextureHandle>,
    layers: Vec<Vec<TextureHandle>>,
    filters: Vec<Vec<TextureHandle>>,
}

impl Memory {
    fn keep(&mut self, ctx: &Context, own: impl FnOnce() -> ColorImage, looked: &Arc<Looked>, p: &Palette) {
        if self.ground == p.well && self.looked.as_ref().is_some_and(|of| Arc::ptr_eq(of, looked)) {
            return;
        }
        let texture = |image: ColorImage| ctx.load_texture("inside", image, TextureOptions::NEAREST);
        let inside = &looked.inside;
        self.large =
            vec![texture(own()), texture(signed(&inside.saliency, p)), texture(signed(&inside.occlusion, p))];
        let all = |maps: &[Maps], paint: fn(&Plane, &Palette) -> ColorImage| -> Vec<Vec<TextureHandle>> {
            maps.iter()
                .map(|maps| maps.planes.iter().map(|plane| texture(paint(plane, p))).collect())
                .collect()
        };
        self.layers = all(&inside.activations, bright);
        self.filters = all(&inside.filters, signed);
        (self.looked, self.ground) = (Some(Arc::clone(looked)), p.well);
    }
}

/// What speaks for it in the accent's colour, what speaks against it in red, nothing in the card's.
fn signed(plane: &Plane, p: &Palette) -> ColorImage {
    let most = plane.values.iter().filter(|v| v.is_finite()).fold(1e-12_f32, |most, v| most.max(v.abs()));
    let paint = |value: &f32| {
        let share = if value.is_finite() { (value / most).clamp(-1.0, 1.0) } else { 0.0 };
        mix(p.well, if share >= 0.0 { p.accent } else { p.bad }, share.abs())
    };
    ColorImage::new([plane.width, plane.height], plane.values.iter().map(paint).collect())
}

/// From the least value in black to the greatest in white.
fn bright(plane: &Plane, p: &Palette) -> ColorImage {
    let finite = || plane.values.iter().copied().filter(|v| v.is_finite());
    let (low, high) = (finite().fold(f32::INFINITY, f32::min), finite().fold(f32::NEG_INFINITY, f32::max));
    let paint = |value: &f32| match value.is_finite() {
        true => Color32::from_gray(((value - low) / (high - low).max(1e-12) * 255.0) as u8),
        false => p.card,
    };
    ColorImage::new([plane.width, plane.height], plane.values.iter().map(paint).collect())
}

fn mix(from: Color32, to: Color32, share: f32) -> Color32 {
    let each = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * share).round() as u8;
    Color32::from_rgb(each(from.r(), to.r()), each(from.g(), to.g()), each(from.b(), to.b()))
}

/// An image of a data set as the model gets it.
fn image_of(examined: &Examined, row: usize) -> ColorImage {
    let [width, height] = examined.samples.size(row);
    let pixels = examined.samples.image(row);
    let plane = width * height;
    let n = (pixels.len() / plane.max(1)).max(1);
    let at = |at: usize| {
        let channel = |c: usize| pixels.get((c % n) * plane + at).copied().unwrap_or(0);
        Color32::from_rgb(channel(0), channel(1 % n), channel(2 % n))
    };
    ColorImage::new([width, height], (0..plane).map(at).collect())
}

/// Draws what goes on inside for the image chosen.
pub fn inside_ui(ui: &mut Ui, view: &mut View<'_>, examined: &Examined) {
    let Some(looked) = looked_ui(ui, view) else { return };
    let row = looked.row as usize;
    let [is, read] = examined.words(row);
    let title = format!("Image {row}: {is} read as {read}");
    all_ui(
        ui,
        view,
        &looked,
        &title,
        || image_of(examined, row),
        |ui, _| {
            remark(ui, "Choose another image under Images");
        },
    );
}

/// The same for a model that finds digits, and the picture of those kept that is chosen.
pub fn places_ui(ui: &mut Ui, view: &mut View<'_>, found: &Localised) {
    if found.pictures().next().is_none() {
        remark(ui, "There is no picture with a number on it to look into it with");
        return;
    }
    let Some(looked) = looked_ui(ui, view) else { return };
    let row = looked.row as usize;
    let Some(boxed) = found.pictures().nth(row) else { return };
    let image = || {
        let size = [boxed.plain.width() as usize, boxed.plain.height() as usize];
        ColorImage::from_rgb(size, boxed.plain.as_raw())
    };
    let title = format!("Picture {}: {}", row + 1, boxed.told);
    all_ui(ui, view, &looked, &title, image, |ui, view| {
        let menu = ComboBox::from_id_salt("picture inside").width(260.0).selected_text(&boxed.told);
        let menu = menu.show_ui(ui, |ui| {
            for (i, one) in found.pictures().enumerate() {
                if ui.selectable_label(i == row, format!("{}: {}", i + 1, one.told)).clicked() {
                    view.ask(Command::Inspect(Action::Place(i as u32)));
                }
            }
        });
        menu.response
            .widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Picture to look into it with"));
        menu.response.on_hover_text("The pictures shown under Images, those read wrongly first");
    });
}

/// What was looked into, once it is there; says why it is not.
fn looked_ui(ui: &mut Ui, view: &mut View<'_>) -> Option<Arc<Looked>> {
    let inside = &view.app.inspect.inside;
    if let Some(trouble) = inside.trouble.clone() {
        ui.label(RichText::new(trouble).color(palette(ui).bad));
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| super::spread::spread_ui(ui, view));
        return None;
    }
    let looked = inside.looked.clone();
    if looked.is_none() {
        ui.horizontal(|ui| {
            ui.spinner();
            remark(ui, "Looking inside");
        });
    }
    looked
}

/// Draws everything below each other.
fn all_ui(
    ui: &mut Ui,
    view: &mut View<'_>,
    looked: &Arc<Looked>,
    title: &str,
    image: impl FnOnce() -> ColorImage,
    choose: impl FnOnce(&mut Ui, &mut View<'_>),
) {
    let p = palette(ui);
    view.memory.inside.keep(ui.ctx(), image, looked, p);
    let Memory { large, layers, filters, .. } = view.memory.inside.clone();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        heading(ui, title);
        choose(ui, view);
        ui.add_space(4.0);
        ui.horizontal_top(|ui| {
            let captions = [
                ("The image", "As the model gets it"),
                ("Pixels that count", "Integrated gradients: blue speaks for what is read, red against it"),
                ("Parts that count", "How much less sure the model is with a black patch at each place"),
            ];
            for (texture, (caption, tooltip)) in large.iter().zip(captions) {
                ui.vertical(|ui| {
                    remark(ui, caption);
                    map_ui(ui, texture, LARGE, caption, tooltip);
                });
            }
        });
        ui.add_space(theme::GAP);
        for (maps, textures) in looked.inside.activations.iter().zip(&layers) {
            layer_ui(ui, maps, textures, "Activations");
        }
        ui.add_space(theme::GAP);
        for (maps, textures) in looked.inside.filters.iter().zip(&filters) {
            layer_ui(ui, maps, textures, "Filters");
        }
        ui.add_space(theme::GAP);
        heading(ui, "Weights");
        remark(ui, "Line: as the seed drew them. Bars: now");
        ui.horizontal_wrapped(|ui| {
            for spread in &looked.inside.weights {
                spread_ui(ui, spread);
            }
        });
        super::spread::spread_ui(ui, view);
    });
}

fn map_ui(ui: &mut Ui, texture: &TextureHandle, side: f32, label: &str, tooltip: &str) {
    let size = texture.size_vec2();
    let scale = side / size.x.max(size.y).max(1.0);
    let (rect, response) = ui.allocate_exact_size(size * scale, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, label));
    let uv = Rect::from_min_max(egui::Pos2::ZERO, pos2(1.0, 1.0));
    ui.painter().image(texture.id(), rect, uv, Color32::WHITE);
    response.on_hover_text(tooltip);
}

fn layer_ui(ui: &mut Ui, maps: &Maps, textures: &[TextureHandle], what: &str) {
    let shown = match textures.len() < maps.n {
        true => format!(", the first {} of {}", textures.len(), maps.n),
        false => String::new(),
    };
    let title = format!("{what} of {}: {}{shown}", maps.name, maps.kind);
    let open = maps.planes.first().is_some_and(|plane| plane.width > 1);
    egui::CollapsingHeader::new(title).default_open(open && what == "Activations").show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(3.0, 3.0);
            for (i, (texture, plane)) in textures.iter().zip(&maps.planes).enumerate() {
                let one = textures.len() == 1;
                let side = if one { LARGE } else { SMALL.max(plane.width.max(plane.height) as f32) };
                map_ui(ui, texture, side, &format!("{} {i}", maps.name), &range(plane, i));
            }
        });
    });
}

fn range(plane: &Plane, number: usize) -> String {
    let finite = || plane.values.iter().copied().filter(|v| v.is_finite());
    let (low, high) = (finite().fold(f32::INFINITY, f32::min), finite().fold(f32::NEG_INFINITY, f32::max));
    format!("Number {number}: from {low:.3} to {high:.3}")
}

fn spread_ui(ui: &mut Ui, spread: &Spread) {
    let p = palette(ui);
    // A size known before tells where the line has to end.
    let size = vec2(190.0, 104.0);
    ui.allocate_ui_with_layout(size, Layout::top_down(Align::Min), |ui| {
        ui.set_width(size.x);
        remark(ui, &spread.name);
        let (rect, response) = ui.allocate_exact_size(vec2(180.0, 60.0), Sense::hover());
        response
            .widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Weights of {}", spread.name)));
        ui.painter().rect_filled(rect, 2.0, p.well);
        let most = spread.now.iter().chain(&spread.first).fold(1e-6_f32, |a, b| a.max(*b));
        let width = rect.width() / spread.now.len().max(1) as f32;
        for (i, share) in spread.now.iter().enumerate() {
            let left = rect.left() + i as f32 * width;
            let top = rect.bottom() - share / most * (rect.height() - 4.0);
            let bar = Rect::from_min_max(pos2(left, top), pos2(left + width - 0.5, rect.bottom()));
            ui.painter().rect_filled(bar, 0.0, p.accent.gamma_multiply(0.8));
        }
        let line: Vec<_> = spread
            .first
            .iter()
            .enumerate()
            .map(|(i, share)| {
                let x = rect.left() + (i as f32 + 0.5) * width;
                pos2(x, rect.bottom() - share / most * (rect.height() - 4.0))
            })
            .collect();
        ui.painter().line(line, egui::Stroke::new(1.2, p.warn));
        let [low, high] = spread.range;
        let [mean, deviation] = spread.mean_deviation;
        remark(ui, format!("{low:.3} to {high:.3}"));
        response.on_hover_text(format!(
            "Mean {}, standard deviation {}",
            words::number(f64::from(mean)),
            words::number(f64::from(deviation))
        ));
    });
}
