//! The list of what was found: pictures side by side, what is said of them, a tick to choose each; only the lines on
//! the screen are drawn.

use super::pictures::picture;
use crate::app::Command;
use crate::app::curate::{Action, Section};
use crate::data::curate::{At, Change, Edit, Place};
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::work::curate::Suspected;
use crate::work::load::Loaded;
use egui::{Key, RichText, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

/// Side of a picture in points.
const SIDE: f32 = 56.0;
/// Width of a picture with its words.
const CELL: f32 = 210.0;

/// One line of the list.
pub struct Line {
    /// The images, side by side.
    pub images: Vec<At>,
    /// The class that the last one likely is of.
    pub likely: Option<u8>,
    /// What is said of them.
    pub why: String,
}

impl Line {
    /// Of one image that was found.
    pub fn of(found: &Suspected) -> Self {
        Self { images: vec![found.at], likely: found.likely, why: found.why.clone() }
    }
}

/// Draws the list into what is left.
pub fn show(ui: &mut Ui, view: &mut View<'_>, loaded: &Loaded, lines: &[Line]) {
    keys(ui, view, loaded, lines);
    let at_line = view.app.curate.line.min(lines.len().saturating_sub(1));
    let height = SIDE + 10.0;
    let id = ui.scope_id().with("line looked at");
    let before: usize = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    let mut area = ScrollArea::vertical().id_salt("found").auto_shrink(false).animated(false);
    if before != at_line {
        ui.data_mut(|data| data.insert_temp(id, at_line));
        let room = ui.available_height();
        area = area.vertical_scroll_offset((at_line as f32 * (height + 3.0) - room / 2.0).max(0.0));
    }
    ui.spacing_mut().item_spacing.y = 3.0;
    area.show_rows(ui, height, lines.len(), |ui, range| {
        for number in range {
            line_ui(ui, view, loaded, &lines[number], number, number == at_line);
        }
    });
}

fn line_ui(ui: &mut Ui, view: &mut View<'_>, loaded: &Loaded, line: &Line, number: usize, looked_at: bool) {
    let p = palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), SIDE + 10.0), Sense::click());
    let names: Vec<String> = line.images.iter().map(|at| described(loaded, *at)).collect();
    let told = format!("{}: {}", names.join(" and "), line.why);
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, &told));
    if response.clicked() {
        view.ask(Command::Curate(Action::Line(number)));
    }
    let fill = if looked_at {
        p.chosen
    } else if response.hovered() {
        p.hover
    } else {
        p.well
    };
    ui.painter().rect_filled(rect, theme::ROUND_SMALL, fill);
    let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(rect.shrink2(vec2(8.0, 5.0))));
    inner.horizontal_centered(|ui| {
        for (at, name) in line.images.iter().zip(&names) {
            image_ui(ui, view, loaded, *at, name);
        }
        ui.vertical(|ui| {
            ui.add_space(8.0);
            ui.label(RichText::new(&line.why).color(p.text));
            let suggestion = line.likely.filter(|likely| label(loaded, line.images[0]) != *likely);
            if let (Some(likely), Some(at)) = (suggestion, line.images.first()) {
                let words = format!("Relabel {}", loaded.base.label_name(likely));
                if ui
                    .small_button(words)
                    .on_hover_text("Gives this image the label that it likely has")
                    .clicked()
                {
                    view.ask(Command::Curate(Action::ChangeThese(vec![*at], Change::Label(likely))));
                }
            }
        });
    });
}

fn image_ui(ui: &mut Ui, view: &mut View<'_>, loaded: &Loaded, at: At, name: &str) {
    let p = palette(ui);
    ui.allocate_ui_with_layout(vec2(CELL, SIDE), egui::Layout::left_to_right(egui::Align::Center), |ui| {
        ui.set_width(CELL);
        // An empty box would hardly be seen on a line.
        ui.visuals_mut().widgets.inactive.bg_stroke = Stroke::new(1.0, p.dim);
        let mut chosen = view.app.curate.chosen.contains(&at);
        let tick = ui.checkbox(&mut chosen, "");
        tick.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, chosen, format!("Choose {name}")));
        if tick.changed() {
            view.ask(Command::Curate(Action::Choose(at, chosen)));
        }
        let texture = picture(ui.ctx(), &mut view.memory.curated, loaded, at);
        let (rect, response) = ui.allocate_exact_size(theme::square(SIDE), Sense::hover());
        let size = texture.size_vec2();
        let fitted = size * (SIDE / size.x.max(size.y).max(1.0));
        let place = egui::Rect::from_center_size(rect.center(), fitted);
        let whole = egui::Rect::from_min_max(egui::Pos2::ZERO, egui::pos2(1.0, 1.0));
        ui.painter().image(texture.id(), place, whole, egui::Color32::WHITE);
        ui.painter().rect_stroke(place, 0.0, Stroke::new(1.0, p.line), StrokeKind::Outside);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
        response.on_hover_text(name);
        ui.vertical(|ui| {
            ui.add_space(6.0);
            ui.spacing_mut().item_spacing.y = 1.0;
            let edits = view.app.curate.edits();
            let edit = edits.and_then(|(_, edits)| edits.edits.get(&at)).map(|edit| edited(loaded, edit));
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                let name = loaded.base.label_name(label(loaded, at));
                ui.label(RichText::new(name).font(theme::strong()).color(p.strong));
                if let Some(edit) = edit {
                    ui.label(RichText::new(edit).font(theme::small()).color(p.warn));
                }
            });
            let place = view.app.curate.places.get(at.index(loaded.base.train.len()) as usize);
            let place = place.map(|place| format!(", {}", super::part_name(*place))).unwrap_or_default();
            ui.label(RichText::new(format!("{at}{place}")).font(theme::small()).color(p.dim));
        });
    });
}

/// What an edit made of an image, in a few words.
fn edited(loaded: &Loaded, edit: &Edit) -> String {
    match (edit.place, edit.label) {
        (Some(Place::Out), _) => "left out".to_owned(),
        (_, Some(label)) => format!("now {}", loaded.base.label_name(label)),
        (Some(place), None) => format!("in {}", place.name()),
        (None, None) => String::new(),
    }
}

/// The label that an image was read with.
fn label(loaded: &Loaded, at: At) -> u8 {
    let index = at.index(0) as usize;
    let part =
        if at.file == crate::data::curate::File::Train { &loaded.base.train } else { &loaded.base.test };
    part.labels.get(index).copied().unwrap_or_default()
}

fn described(loaded: &Loaded, at: At) -> String {
    format!("{at}, labelled {}", loaded.base.label_name(label(loaded, at)))
}

/// Arrows, Space, X and class names, while nothing is typed into.
fn keys(ui: &Ui, view: &mut View<'_>, loaded: &Loaded, lines: &[Line]) {
    if ui.ctx().egui_wants_keyboard_input() || view.app.overlay.is_some() || lines.is_empty() {
        return;
    }
    let line = view.app.curate.line.min(lines.len() - 1);
    let pressed = |key| ui.input(|input| input.key_pressed(key) && input.modifiers.is_none());
    let step = [(Key::ArrowUp, -1), (Key::ArrowDown, 1), (Key::PageUp, -10), (Key::PageDown, 10)];
    for (key, by) in step {
        if pressed(key) {
            let to = line.saturating_add_signed(by).min(lines.len() - 1);
            view.ask(Command::Curate(Action::Line(to)));
        }
    }
    // Of a pair the second one: the first is the one to keep.
    let Some(at) = lines[line].images.last().copied() else { return };
    if pressed(Key::Space) {
        let chosen = view.app.curate.chosen.contains(&at);
        view.ask(Command::Curate(Action::Choose(at, !chosen)));
    }
    let images = || {
        if view.app.curate.chosen.is_empty() {
            vec![at]
        } else {
            view.app.curate.chosen.iter().copied().collect()
        }
    };
    let next = Action::Line((line + 1).min(lines.len() - 1));
    let editing = view.app.curate.section == Section::Edits;
    let mut change =
        pressed(Key::X).then_some(if editing { Change::Revert } else { Change::Place(Place::Out) });
    let typed: Vec<String> = ui.input(|input| {
        let texts = input.events.iter().filter_map(|event| match event {
            egui::Event::Text(text) => Some(text.to_lowercase()),
            _ => None,
        });
        texts.collect()
    });
    let class = loaded.base.classes.iter().position(|name| typed.contains(&name.to_lowercase()));
    if let Some(class) = class.filter(|_| !editing) {
        change = Some(Change::Label(class as u8));
    }
    if let Some(change) = change {
        let images = images();
        view.ask(Command::Curate(Action::ChangeThese(images, change)));
        view.ask(Command::Curate(Action::ChooseOnly(Vec::new())));
        view.ask(Command::Curate(next));
    }
}
