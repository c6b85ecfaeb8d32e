//! What the model sees: the prepared picture of each digit with its probabilities, and the steps that made it.

use crate::app::Command;
use crate::app::camera::Action;
use crate::reader::Steps;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{badge, heading, remark, switch_unless};
use crate::work::live::{Glimpse, Model, Seen, Shown};
use egui::{
    Color32, ColorImage, Rect, Role, ScrollArea, Sense, TextureHandle, TextureOptions, Ui, WidgetInfo, pos2,
    vec2,
};
use std::sync::Arc;

/// Height of the strip.
pub const HEIGHT: f32 = 150.0;
/// Height of a glimpse.
const SIDE: f32 = 96.0;
/// Width of its probabilities.
const BARS: f32 = 84.0;

/// Draws the strip.
pub fn sees_ui(ui: &mut Ui, view: &mut View<'_>) {
    let camera = &view.app.camera;
    let shown = camera.teach.as_ref().map(|teach| Arc::clone(&teach.seen)).or_else(|| camera.seen.clone());
    ui.horizontal(|ui| {
        heading(ui, "What the model sees");
        let steps = view.app.camera.steps;
        let reason = why_no_steps(view);
        let all = [
            (
                "Polarity",
                "Turns dark ink on light paper into light on dark",
                steps.polarity,
                Steps { polarity: !steps.polarity, ..steps },
            ),
            (
                "Contrast",
                "Makes paper black and ink white, however faint it is",
                steps.contrast,
                Steps { contrast: !steps.contrast, ..steps },
            ),
            (
                "Centring",
                "Scales the ink alone and lays it into the middle",
                steps.centring,
                Steps { centring: !steps.centring, ..steps },
            ),
        ];
        for (label, tooltip, on, other) in all {
            if switch_unless(ui, label, tooltip, on, reason) {
                view.ask(Command::Camera(Action::Steps(other)));
            }
        }
        strangeness_ui(ui, view, shown.as_deref());
    });
    let Some(seen) = shown else {
        remark(ui, "There is no picture yet");
        return;
    };
    if seen.glimpses.is_empty() {
        remark(ui, "Nothing that may be a digit is found on this frame");
        return;
    }
    let textures = textures(ui, view, &seen);
    ScrollArea::horizontal().id_salt("glimpses").auto_shrink([false, true]).show(ui, |ui| {
        ui.horizontal(|ui| {
            for (glimpse, texture) in seen.glimpses.iter().zip(&textures) {
                glimpse_ui(ui, glimpse, texture);
                ui.add_space(theme::GAP);
            }
        });
    });
}

/// Why leaving out steps of the preparing would change nothing, with the model that reads.
fn why_no_steps(view: &View<'_>) -> Option<&'static str> {
    let told = &view.app.camera.told;
    match told.shown {
        _ if told.model.is_empty() => Some("No model is open"),
        Shown::Frame => Some(
            "This model is shown the whole picture as it is; these steps prepare single digits for models of those",
        ),
        Shown::Numbers => Some(
            "This model is shown whole numbers, cut out in one way only; these steps prepare single digits for models of those",
        ),
        Shown::Digits => None,
    }
}

/// How far what is seen is from what was learned.
fn strangeness_ui(ui: &mut Ui, view: &mut View<'_>, seen: Option<&Seen>) {
    let p = palette(ui);
    let known = view.app.camera.known.clone();
    let on = known.is_some() || view.app.camera.knowing.is_some();
    let tooltip = "Compares what the model sees with the characters that it learned from";
    let is_shipped = view.app.settings.camera.model == Model::Shipped;
    let reason = is_shipped.then_some(
        "Choose a run as the model that reads: what the reader that ships learned from is not here",
    );
    if switch_unless(ui, "Distance from training", tooltip, on, reason) {
        view.ask(Command::Camera(Action::Strangeness(!on)));
    }
    let (Some(known), Some(seen)) = (known, seen) else { return };
    let all: Vec<f32> = seen.glimpses.iter().filter_map(|glimpse| known.strangeness(glimpse)).collect();
    if all.is_empty() {
        return;
    }
    let mean = all.iter().sum::<f32>() / all.len() as f32;
    let (text, colour) = match mean {
        m if m > 0.97 => ("unlike what it learned from", p.bad),
        m if m > 0.85 => ("at the edge of what it learned from", p.warn),
        _ => ("like what it learned from", p.good),
    };
    let badge = badge(ui, &format!("{:.0} %: {text}", mean * 100.0), colour);
    badge.on_hover_text(
        "So many of the characters that it learned from lie nearer to another one than these lie to any",
    );
}

fn textures(ui: &Ui, view: &mut View<'_>, seen: &Arc<Seen>) -> Vec<TextureHandle> {
    let memory = &mut view.memory.camera;
    if !memory.glimpsed.as_ref().is_some_and(|of| Arc::ptr_eq(of, seen)) {
        memory.glimpsed = Some(Arc::clone(seen));
        for (i, glimpse) in seen.glimpses.iter().enumerate() {
            let image = image_of(glimpse);
            match memory.glimpses.get_mut(i) {
                Some(texture) => texture.set(image, TextureOptions::NEAREST),
                None => {
                    let texture =
                        ui.ctx().load_texture(format!("glimpse {i}"), image, TextureOptions::NEAREST);
                    memory.glimpses.push(texture);
                }
            }
        }
    }
    memory.glimpses.iter().take(seen.glimpses.len()).cloned().collect()
}

/// Its pixels; black where there are fewer than there should be.
fn image_of(glimpse: &Glimpse) -> ColorImage {
    let n = glimpse.size[0] * glimpse.size[1];
    match glimpse.pixels.len() {
        have if have == n => ColorImage::from_gray(glimpse.size, &glimpse.pixels),
        have if have == 3 * n => ColorImage::from_rgb(glimpse.size, &glimpse.pixels),
        _ => ColorImage::filled(glimpse.size, Color32::BLACK),
    }
}

fn glimpse_ui(ui: &mut Ui, glimpse: &Glimpse, texture: &TextureHandle) {
    let p = palette(ui);
    let [w, h] = glimpse.size.map(|side| side.max(1) as f32);
    let wide = (SIDE * w / h).clamp(20.0, 320.0);
    let each: Vec<&[f32]> = glimpse.probabilities.chunks(10).collect();
    let bars = BARS * each.len() as f32;
    let (rect, response) = ui.allocate_exact_size(vec2(wide + bars + 4.0, SIDE), Sense::hover());
    // A number is no surer than the least sure of its characters.
    let best = |shares: &&[f32]| shares.iter().copied().fold(0.0, f32::max);
    let sure = each.iter().map(best).fold(1.0, f32::min);
    let label = match bars > 0.0 {
        true => format!("Seen as {} with {:.0} %", glimpse.text, sure * 100.0),
        false => format!("Seen as {}", glimpse.text),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
    let picture = Rect::from_min_size(rect.min, vec2(wide, SIDE));
    let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    ui.painter().image(texture.id(), picture, uv, Color32::WHITE);
    ui.painter().rect_stroke(picture, 0.0, egui::Stroke::new(1.0, p.line), egui::StrokeKind::Outside);
    for (i, shares) in each.iter().enumerate() {
        bars_ui(ui, pos2(picture.right() + 6.0 + BARS * i as f32, rect.top()), shares, best(shares));
    }
    let turned = if glimpse.inverted { "; dark ink was turned into light" } else { "" };
    response.on_hover_text(format!("{label}{turned}"));
}

/// How likely each digit is, one below the other.
fn bars_ui(ui: &Ui, corner: egui::Pos2, shares: &[f32], best: f32) {
    let p = palette(ui);
    let row = SIDE / 10.0;
    for (digit, share) in shares.iter().enumerate() {
        let ink = if *share >= best { p.accent } else { p.dim };
        let at = corner + vec2(0.0, row * (digit as f32 + 0.5));
        let font = egui::FontId::proportional(9.0);
        ui.painter().text(at, egui::Align2::LEFT_CENTER, digit.to_string(), font, ink);
        let bar = Rect::from_min_size(
            at + vec2(8.0, 1.0 - row / 2.0),
            vec2((BARS - 18.0) * share.clamp(0.0, 1.0), row - 2.0),
        );
        ui.painter().rect_filled(bar, 1.0, ink);
    }
}
