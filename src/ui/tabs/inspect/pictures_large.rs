//! One picture of the user's in large: boxes on it, its numbers beside it, each digit's ten probabilities, and what the
//! model sees.

use super::bars::{bars, bars_ui};
use super::pictures::{boxes, fitted, truth_ui, unit};
use crate::app::Command;
use crate::app::pictures::{Action, Entry, State};
use crate::found::Number;
use crate::reader::Milliseconds;
use crate::ui::icons::Icon;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{self, card, heading, remark};
use crate::ui::words;
use crate::work::pictures::ReadPicture;
use egui::{
    Align, ColorImage, Key, Layout, Panel, RichText, Role, ScrollArea, Sense, TextureHandle, TextureOptions,
    Ui, WidgetInfo, vec2,
};
use std::sync::Arc;

/// Width of the column beside the picture.
const SIDE: f32 = 340.0;

/// Draws the picture looked at.
pub fn large_ui(ui: &mut Ui, view: &mut View<'_>, entry: &Entry) {
    let frame = egui::Frame::new().inner_margin(egui::Margin { left: 12, ..egui::Margin::ZERO });
    let side = Panel::right("picture side").exact_size(SIDE).resizable(false).show_separator_line(false);
    side.frame(frame).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| side_ui(ui, view, entry));
    });
    card(ui, |ui| {
        ui.set_height(ui.available_height());
        head_ui(ui, view, entry);
        let p = palette(ui);
        match &entry.state {
            State::Waiting => widgets::empty(ui, Icon::Inspect, "The picture is being read", ""),
            State::Trouble(why) => widgets::empty(ui, Icon::Warning, "The picture could not be read", why),
            State::Read(read) => {
                let (field, response) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
                response.widget_info(|| {
                    WidgetInfo::labeled(Role::Image, true, "Your picture with what was read")
                });
                let (texture, _) = textures(ui, view, read);
                let rect = fitted(field, read.reading.size);
                ui.painter().image(texture.id(), rect, unit(), egui::Color32::WHITE);
                boxes(ui.painter(), rect, read, Some(view.memory.pictures.number), p);
            }
        }
    });
}

fn head_ui(ui: &mut Ui, view: &mut View<'_>, entry: &Entry) {
    let (at, n) = (view.app.pictures.selected.unwrap_or_default(), view.app.pictures.list.len());
    let (mut to, mut close) = (None, false);
    ui.horizontal(|ui| {
        let back = widgets::Action::new(Icon::Back, "All pictures");
        close = back.tooltip("Back to the sheet (Escape)").show(ui);
        heading(ui, &entry.origin.name());
        if n > 1 {
            remark(ui, format!("{} of {n}", at + 1));
            if widgets::Action::words("Previous").tooltip("The picture before (Arrow left)").show(ui) {
                to = Some((at + n - 1) % n);
            }
            if widgets::Action::words("Next").tooltip("The picture after (Arrow right)").show(ui) {
                to = Some((at + 1) % n);
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let remove = widgets::Action::icon(Icon::Close, "Put picture away");
            if remove.tooltip("Closes this picture; the file stays").show(ui) {
                view.ask(Command::Pictures(Action::Remove(at)));
            }
        });
    });
    if !ui.ctx().egui_wants_keyboard_input() && view.app.overlay.is_none() {
        let pressed = |key: Key| ui.input(|input| input.key_pressed(key) && !input.modifiers.any());
        if pressed(Key::ArrowLeft) || pressed(Key::PageUp) {
            to = at.checked_sub(1);
        } else if pressed(Key::ArrowRight) || pressed(Key::PageDown) {
            to = Some(at + 1).filter(|to| *to < n);
        }
        close |= pressed(Key::Escape);
    }
    // Enter in the field for the true number.
    if let Some(next) = view.memory.pictures.typing.filter(|next| *next != at) {
        if next >= n {
            view.memory.pictures.typing = None;
        } else {
            to = Some(next);
        }
    }
    if close {
        view.ask(Command::Pictures(Action::Select(None)));
    } else if let Some(to) = to {
        view.memory.pictures.number = 0;
        view.ask(Command::Pictures(Action::Select(Some(to))));
    }
}

fn side_ui(ui: &mut Ui, view: &mut View<'_>, entry: &Entry) {
    let at = view.app.pictures.selected.unwrap_or_default();
    card(ui, |ui| {
        heading(ui, "What is it?");
        truth_ui(ui, view, at, entry, SIDE - 40.0);
        ui.horizontal(|ui| {
            if let (Some(right), p) = (entry.is_right(), palette(ui)) {
                let (word, colour) = if right { ("Right", p.good) } else { ("Wrong", p.bad) };
                widgets::badge(ui, word, colour);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let reason = if entry.kept {
                    Some("It is kept already".to_owned())
                } else {
                    entry.truth.is_empty().then(|| "Type the number that is on it first".to_owned())
                };
                let keep = widgets::Action::new(Icon::Plus, "Add to captured").reason(reason);
                if keep.tooltip("Keeps it among the captured pictures, to train on and to test with").show(ui)
                {
                    view.ask(Command::Pictures(Action::Keep(at)));
                }
            });
        });
    });
    let State::Read(read) = &entry.state else { return };
    ui.add_space(theme::GAP);
    card(ui, |ui| {
        heading(ui, "Numbers");
        if read.reading.numbers.is_empty() {
            remark(ui, "None was found");
        }
        for (i, number) in read.reading.numbers.iter().enumerate() {
            let on = view.memory.pictures.number == i;
            let text = format!("{}   {}", number.text, words::percent(f64::from(number.confidence)));
            if ui.selectable_label(on, RichText::new(text).font(theme::strong())).clicked() {
                view.memory.pictures.number = i;
            }
        }
        let Milliseconds { prepare, model, group, second } = read.reading.ms;
        let total = read.reading.ms.total();
        let stages = format!(
            "Prepare {prepare:.1}, detector {model:.1}, group {group:.1}, second model {second:.1} ms"
        );
        let [width, height] = read.reading.size;
        remark(ui, format!("{width} × {height} pixels, read in {total:.0} ms")).on_hover_text(stages);
    });
    let chosen = view.memory.pictures.number.min(read.reading.numbers.len().saturating_sub(1));
    if let Some(number) = read.reading.numbers.get(chosen) {
        ui.add_space(theme::GAP);
        card(ui, |ui| number_ui(ui, view, read, chosen, number));
    }
}

fn number_ui(ui: &mut Ui, view: &mut View<'_>, read: &Arc<ReadPicture>, which: usize, number: &Number) {
    heading(ui, "What the model sees");
    let (_, seen) = textures(ui, view, read);
    if let (Some(texture), Some((size, _))) = (seen.get(which), read.seen.get(which)) {
        let (field, response) = ui.allocate_exact_size(vec2(ui.available_width(), 110.0), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "The number as the model sees it"));
        ui.painter().image(texture.id(), fitted(field, *size), unit(), egui::Color32::WHITE);
        response.on_hover_text(format!("{} × {} pixels, brightness alone", size[0], size[1]));
    }
    let names: Vec<String> = (0..10).map(|digit| digit.to_string()).collect();
    for (i, digit) in number.digits.iter().enumerate() {
        ui.add_space(4.0);
        let sure = words::percent(f64::from(digit.confidence));
        remark(ui, format!("Digit {}: {} with {sure}", i + 1, digit.digit)).on_hover_text(
            "How likely this digit is there. The bars are what the model takes it for, and share out 1",
        );
        let likeliest = usize::from(digit.digit);
        bars_ui(ui, &bars(&names, &digit.probabilities, likeliest, None));
    }
}

/// The picture's texture, and one for each number as the model sees it.
fn textures(ui: &Ui, view: &mut View<'_>, read: &Arc<ReadPicture>) -> (TextureHandle, Vec<TextureHandle>) {
    let memory = &mut view.memory.pictures;
    if let Some((_, texture, seen)) = memory.large.as_ref().filter(|(of, ..)| Arc::ptr_eq(of, read)) {
        return (texture.clone(), seen.clone());
    }
    let size = [read.shown.width() as usize, read.shown.height() as usize];
    let image = ColorImage::from_rgb(size, read.shown.as_raw());
    let texture = ui.ctx().load_texture("large picture", image, TextureOptions::LINEAR);
    let load = |(size, grey): &([usize; 2], Vec<u8>)| {
        let image = ColorImage::from_gray(*size, grey);
        ui.ctx().load_texture("number as seen", image, TextureOptions::NEAREST)
    };
    let seen: Vec<TextureHandle> = read.seen.iter().map(load).collect();
    memory.large = Some((Arc::clone(read), texture.clone(), seen.clone()));
    (texture, seen)
}
