//! What a model that finds digits makes of whole pictures: digits, numbers, how well their boxes fit, and pictures with
//! boxes.

use super::trust::reliability_of;
use crate::app::Command;
use crate::app::inspect::{Action, View as Part};
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{figure, heading, remark};
use crate::ui::words;
use crate::work::localise::{Band, Boxed, Localised};
use egui::{
    Align2, Color32, ColorImage, Context, Grid, Rect, RichText, Role, ScrollArea, Sense, TextureHandle,
    TextureOptions, Ui, WidgetInfo, pos2, vec2,
};
use std::sync::Arc;

/// Bars of the distribution of overlaps.
const BARS: usize = 20;
/// Size of its drawing in points.
const DRAWN: [f32; 2] = [380.0, 190.0];
/// Longest side of a picture in points.
const SIDE: f32 = 190.0;

/// Textures of the pictures, for as long as they are shown.
#[derive(Default)]
pub struct Memory(Option<(Arc<Localised>, [Vec<TextureHandle>; 2])>);

impl Memory {
    fn textures(&mut self, ctx: &Context, found: &Arc<Localised>) -> [Vec<TextureHandle>; 2] {
        let known = self.0.take().filter(|(of, _)| Arc::ptr_eq(of, found));
        let texture = |boxed: &Boxed| {
            let size = [boxed.image.width() as usize, boxed.image.height() as usize];
            let image = ColorImage::from_rgb(size, boxed.image.as_raw());
            ctx.load_texture("boxed", image, TextureOptions::LINEAR)
        };
        let all = |pictures: &[Boxed]| pictures.iter().map(texture).collect();
        let made = || (Arc::clone(found), [all(&found.wrong), all(&found.right)]);
        self.0.insert(known.unwrap_or_else(made)).1.clone()
    }
}

/// Draws everything below each other.
pub fn found_ui(ui: &mut Ui, view: &mut View<'_>, found: &Arc<Localised>) {
    let textures = view.memory.found.textures(ui.ctx(), found);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        figures_ui(ui, found);
        ui.add_space(theme::GAP);
        ui.horizontal_top(|ui| {
            ui.vertical(|ui| {
                heading(ui, "Overlap of numbers with their true boxes");
                bars_ui(ui, &found.distribution(BARS));
                remark(ui, "Intersection over union; 0 for numbers that are not found");
            });
            ui.add_space(theme::WIDE_GAP);
            ui.vertical(|ui| reliability_of(ui, &found.answers, None));
        });
        ui.add_space(theme::GAP);
        tables_ui(ui, found);
        let shown = [
            ("Read wrongly or not found", 0, &found.wrong, &textures[0]),
            ("Read rightly", found.wrong.len(), &found.right, &textures[1]),
        ];
        for (title, first, pictures, textures) in shown {
            if pictures.is_empty() {
                continue;
            }
            ui.add_space(theme::GAP);
            heading(ui, title);
            ui.horizontal_wrapped(|ui| {
                for (i, (boxed, texture)) in pictures.iter().zip(textures).enumerate() {
                    if picture_ui(ui, boxed, texture) {
                        view.ask(Command::Inspect(Action::Place((first + i) as u32)));
                        view.ask(Command::Inspect(Action::View(Part::Inside)));
                    }
                }
            });
        }
        super::spread::spread_ui(ui, view);
    });
}

fn figures_ui(ui: &mut Ui, found: &Localised) {
    let (digits, numbers) = (&found.scores.digits, &found.scores.numbers);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = theme::WIDE_GAP;
        let tooltip = "Average precision of digits whose boxes overlap the true ones by one half or more";
        figure(ui, "mAP@0.5", &words::percent(digits.ap_50)).on_hover_text(tooltip);
        figure(ui, "mAP@0.5:0.95", &words::percent(digits.ap))
            .on_hover_text("Mean over overlaps from 0.5 to 0.95");
        figure(ui, "Numbers right", &words::percent(numbers.exact))
            .on_hover_text("Share of the numbers on the pictures that are read exactly right");
        figure(ui, "Mean IoU", &format!("{:.3}", numbers.mean_iou))
            .on_hover_text("Mean overlap of a number's box with the true one; 0 where it is not found");
        figure(ui, "Over one half", &words::percent(numbers.over_half));
        figure(ui, "98 % right of", &words::percent(numbers.coverage_98))
            .on_hover_text("Share of the numbers that can be answered with 98 % of the answers right");
        figure(ui, "False numbers", &format!("{:.3}", numbers.false_per_picture))
            .on_hover_text("Numbers found where there is none, for each picture");
        figure(ui, "A picture", &format!("{:.1} ms", found.ms));
    });
}

fn bars_ui(ui: &mut Ui, shares: &[f64]) {
    let p = palette(ui);
    let (all, response) = ui.allocate_exact_size(vec2(DRAWN[0], DRAWN[1]), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Distribution of overlaps"));
    let rect = Rect::from_min_max(all.min + vec2(40.0, 6.0), all.max - vec2(6.0, 20.0));
    ui.painter().rect_filled(rect, 2.0, p.well);
    let most = shares.iter().copied().fold(1e-9, f64::max);
    let wide = rect.width() / shares.len().max(1) as f32;
    for (i, share) in shares.iter().enumerate() {
        let left = rect.left() + i as f32 * wide;
        let top = rect.bottom() - (share / most) as f32 * (rect.height() - 6.0);
        let bar = Rect::from_min_max(pos2(left + 1.0, top), pos2(left + wide - 1.0, rect.bottom()));
        ui.painter().rect_filled(bar, 1.0, p.accent.gamma_multiply(0.85));
        let place = Rect::from_min_max(pos2(left, rect.top()), pos2(left + wide, rect.bottom()));
        let here = ui.interact(place, ui.scope_id().with(("overlap", i)), Sense::hover());
        let n = shares.len() as f64;
        let (from, to) = (i as f64 / n, (i + 1) as f64 / n);
        here.on_hover_text(format!("{from:.2} to {to:.2}: {} of the numbers", words::percent(*share)));
    }
    let text = |at, align, text: String| ui.painter().text(at, align, text, theme::small(), p.dim);
    text(pos2(rect.left() - 5.0, rect.top() + 6.0), Align2::RIGHT_CENTER, words::percent(most));
    text(pos2(rect.left() - 5.0, rect.bottom()), Align2::RIGHT_CENTER, "0 %".to_owned());
    for i in 0..=4 {
        let share = i as f32 / 4.0;
        let at = pos2(rect.left() + share * rect.width(), rect.bottom() + 4.0);
        text(at, Align2::CENTER_TOP, format!("{share}"));
    }
}

fn tables_ui(ui: &mut Ui, found: &Localised) {
    let share = |right: u64, n: u64| {
        if n > 0 { words::percent(right as f64 / n as f64) } else { "–".to_owned() }
    };
    ui.horizontal_top(|ui| {
        ui.vertical(|ui| {
            heading(ui, "What the place does to what is read");
            Grid::new("bands").striped(true).spacing([28.0, 5.0]).show(ui, |ui| {
                head(ui, &["Overlap", "Numbers", "Read exactly right"]);
                for Band { name, n, right } in found.bands() {
                    ui.label(RichText::new(name).font(theme::strong()));
                    ui.label(words::count(n));
                    ui.label(share(right, n));
                    ui.end_row();
                }
            });
        });
        ui.add_space(theme::WIDE_GAP);
        ui.vertical(|ui| {
            heading(ui, "By length");
            Grid::new("found lengths").striped(true).spacing([28.0, 5.0]).show(ui, |ui| {
                head(ui, &["Digits", "Numbers", "Read exactly right"]);
                for one in &found.scores.numbers.by_length {
                    ui.label(RichText::new(one.length.to_string()).font(theme::strong()));
                    ui.label(words::count(one.n));
                    ui.label(share(one.right, one.n));
                    ui.end_row();
                }
            });
        });
        ui.add_space(theme::WIDE_GAP);
        ui.vertical(|ui| {
            heading(ui, "By digit");
            Grid::new("found digits").striped(true).spacing([28.0, 5.0]).show(ui, |ui| {
                head(ui, &["Digit", "mAP@0.5"]);
                for (digit, ap) in found.scores.digits.ap_50_of.iter().enumerate() {
                    ui.label(RichText::new(digit.to_string()).font(theme::strong()));
                    ui.label(ap.map_or_else(|| "–".to_owned(), words::percent));
                    ui.end_row();
                }
            });
        });
    });
}

fn head(ui: &mut Ui, captions: &[&str]) {
    for caption in captions {
        ui.label(RichText::new(*caption).font(theme::small()).color(palette(ui).dim));
    }
    ui.end_row();
}

/// A picture with what is said of it; whether it was clicked.
fn picture_ui(ui: &mut Ui, boxed: &Boxed, texture: &TextureHandle) -> bool {
    let size = texture.size_vec2();
    let size = size * (SIDE / size.x.max(size.y).max(1.0));
    let picture = ui.allocate_ui(vec2(SIDE, SIDE + 36.0), |ui| {
        let picture = ui.vertical(|ui| {
            ui.set_width(SIDE);
            let (field, response) = ui.allocate_exact_size(vec2(SIDE, SIDE), Sense::click());
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &boxed.told));
            let rect = Rect::from_center_size(field.center(), size);
            let uv = Rect::from_min_max(egui::Pos2::ZERO, pos2(1.0, 1.0));
            ui.painter().image(texture.id(), rect, uv, Color32::WHITE);
            ui.add(egui::Label::new(RichText::new(&boxed.told).font(theme::small())).truncate());
            response.on_hover_text(format!("{}\nClick: what goes on inside", boxed.told)).clicked()
        });
        picture.inner
    });
    picture.inner
}
