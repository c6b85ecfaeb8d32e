//! The model on the form: its settings, the layers of a network of one's own as a list or as text, and the table of layers
//! with shapes and counts.

use super::recipe::section;
use crate::models::custom::{Custom, Shapes};
use crate::models::pieces::Piece;
use crate::models::{Architecture, Summary};
use crate::recipe::{Recipe, parse_layers};
use crate::ui::form::{self, Look, Note};
use crate::ui::theme::{self, Palette, palette};
use crate::ui::view::View;
use crate::ui::widgets::{remark, segments};
use crate::ui::words;
use egui::text::{LayoutJob, TextFormat};
use egui::{
    Align, CollapsingHeader, Color32, FontId, Galley, Grid, Label, Layout, RichText, Role, ScrollArea,
    TextBuffer, TextEdit, Ui, WidgetInfo,
};
use std::sync::Arc;

/// A table of more layers is folded away until somebody wants it.
const LONG: usize = 24;

/// The layers of a network of one's own as text.
#[derive(Default)]
pub struct Memory {
    /// Whether they are shown as text.
    as_text: bool,
    text: String,
    /// What the text stands for: where the recipe has other layers, they were changed elsewhere.
    of: Vec<Piece>,
    /// Line and column, and what is wrong there.
    wrong: Option<(usize, usize, String)>,
    /// Which time the field was gone into; all that is typed in one go is one step to undo.
    visit: u64,
    typed: bool,
}

/// Names what is being typed into the layers right now, as one step to undo.
pub fn gesture(memory: &crate::ui::memory::Memory) -> Option<u64> {
    // No press of the pointer has such a small time.
    memory.layers.typed.then_some(memory.layers.visit)
}

/// Draws the settings of the model and the table of its layers.
pub fn model_ui(ui: &mut Ui, view: &mut View<'_>, look: Look<'_>, recipe: &mut Recipe) {
    view.memory.layers.typed = false;
    section(ui, "Model");
    let Architecture::Custom(custom) = &recipe.model else {
        form::knobs_ui(ui, look, "model.", &mut recipe.model);
        return table_ui(ui, view);
    };
    let shapes = custom.shapes(view.app.input());
    let notes = notes(custom, &shapes);
    let above = ["model.name", "model.init"].map(str::to_owned);
    form::knobs_ui(ui, Look { only: Some(&above), ..look }, "model.", &mut recipe.model);
    // Another architecture may have been chosen just now.
    let Architecture::Custom(custom) = &mut recipe.model else { return };
    ui.horizontal(|ui| {
        let p = palette(ui);
        ui.label(RichText::new(words::many(custom.layers.len(), "layer")).color(p.dim))
            .on_hover_text("First to last; the dense layer that gives the classes comes by itself");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let options = [
                (false, "Form", "Layers to fold out, move, copy and take away"),
                (true, "Text", "The same as text, to type, copy and paste"),
            ];
            if let Some(as_text) = segments(ui, view.memory.layers.as_text, &options) {
                view.memory.layers.as_text = as_text;
            }
        });
    });
    if view.memory.layers.as_text {
        text_ui(ui, &mut view.memory.layers, custom);
    } else {
        let list = ["model.layers".to_owned()];
        form::knobs_ui(ui, Look { only: Some(&list), notes: &notes, ..look }, "model.", custom);
    }
    table_ui(ui, view);
}

/// What each layer of the list is and makes.
fn notes(custom: &Custom, shapes: &Shapes) -> Vec<Note> {
    use crate::knobs::Choice as _;
    let note = |(i, piece): (usize, &Piece)| {
        let chosen = piece.chosen();
        let kind = piece.options().into_iter().find(|kind| kind.name == chosen);
        let (output, about) = shapes.outputs.get(i).cloned().unwrap_or_default();
        Note {
            title: kind.map_or(chosen, |kind| kind.label).to_owned(),
            makes: shape(&output),
            about,
            wrong: shapes.wrong.as_ref().filter(|(at, _)| *at == i).map(|(_, why)| words::sentence(why)),
        }
    };
    custom.layers.iter().enumerate().map(note).collect()
}

/// "16×28×28".
fn shape(output: &[usize]) -> String {
    output.iter().map(ToString::to_string).collect::<Vec<_>>().join("×")
}

/// The list as text: what is right counts at once; of what is not the line is marked, and the last list that was right stays.
fn text_ui(ui: &mut Ui, memory: &mut Memory, custom: &mut Custom) {
    let p = palette(ui);
    if memory.of != custom.layers || memory.text.is_empty() {
        memory.text = custom.text();
        memory.of.clone_from(&custom.layers);
        memory.wrong = None;
    }
    let marked = memory.wrong.as_ref().map(|(line, ..)| *line);
    let mut layouter = |ui: &Ui, text: &dyn TextBuffer, _: f32| coloured(ui, text.as_str(), marked, p);
    let frame = egui::Frame::new().fill(p.well).corner_radius(theme::ROUND_SMALL);
    let field = frame.inner_margin(egui::Margin::same(4)).show(ui, |ui| {
        ScrollArea::horizontal().id_salt("layers as text").show(ui, |ui| {
            let field =
                TextEdit::multiline(&mut memory.text).id_salt("typed layers").frame(egui::Frame::NONE);
            let field = field.desired_width(f32::INFINITY).desired_rows(6).layouter(&mut layouter);
            ui.add(field)
        })
    });
    let field = field.inner.inner;
    field.widget_info(|| WidgetInfo::labeled(Role::MultilineTextInput, true, "Layers as text"));
    if field.gained_focus() {
        memory.visit += 1;
    }
    if field.changed() {
        match parse_layers(&memory.text) {
            Ok(layers) => {
                memory.wrong = None;
                memory.typed = layers != custom.layers;
                memory.of.clone_from(&layers);
                custom.layers = layers;
            }
            Err(wrong) => memory.wrong = Some(wrong),
        }
    }
    if let Some((line, column, why)) = &memory.wrong {
        let text = format!("Line {line}, column {column}: {why}. The layers are as they were before");
        ui.label(RichText::new(text).font(theme::small()).color(p.bad));
    } else {
        remark(ui, "Settings that are not named are as usual. // begins a remark, which is not kept");
    }
}

/// Text without line breaks of its own, one line of it marked.
fn coloured(ui: &Ui, text: &str, marked: Option<usize>, p: &Palette) -> Arc<Galley> {
    let mut job = LayoutJob::default();
    job.wrap.max_width = f32::INFINITY;
    for (i, line) in text.split_inclusive('\n').enumerate() {
        let wrong = marked == Some(i + 1);
        let background = if wrong { theme::tint(p.bad) } else { Color32::TRANSPARENT };
        let code = line.find("//").unwrap_or(line.len());
        for (part, color) in [(&line[..code], if wrong { p.bad } else { p.text }), (&line[code..], p.dim)] {
            let font_id = FontId::monospace(11.5);
            job.append(part, 0.0, TextFormat { font_id, color, background, ..TextFormat::default() });
        }
    }
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// The table of layers; the one that cannot work in red, with the reason.
fn table_ui(ui: &mut Ui, view: &View<'_>) {
    let p = palette(ui);
    ui.add_space(2.0);
    let summary = match view.app.layers() {
        Ok(summary) => summary,
        Err(e) => {
            let frame = egui::Frame::new().fill(theme::tint(p.bad)).corner_radius(theme::ROUND_SMALL);
            frame.inner_margin(egui::Margin::same(8)).show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.label(RichText::new(&e.layer).font(theme::strong()).color(p.bad));
                ui.add(small(words::sentence(&e.message), p.text).wrap());
            });
            return;
        }
    };
    let params = words::count(summary.params as u64);
    let title = format!("{}, {params} parameters", words::many(summary.rows.len(), "layer"));
    let fold = CollapsingHeader::new(RichText::new(title).color(p.text)).id_salt("layers");
    let fold = fold.default_open(summary.rows.len() <= LONG);
    let fold = fold.show_unindented(ui, |ui| rows_ui(ui, &summary));
    fold.header_response.on_hover_text("What goes out of each layer, and how many numbers it learns");
}

fn small(text: String, ink: Color32) -> Label {
    Label::new(RichText::new(text).font(theme::small()).color(ink))
}

fn rows_ui(ui: &mut Ui, summary: &Summary) {
    let p = palette(ui);
    let frame = egui::Frame::new().fill(p.well).corner_radius(theme::ROUND_SMALL);
    frame.inner_margin(egui::Margin::symmetric(8, 6)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        let columns = (ui.available_width() - 12.0) / 3.0;
        Grid::new("layers")
            .num_columns(3)
            .min_row_height(17.0)
            .min_col_width(columns)
            .spacing(egui::vec2(6.0, 0.0))
            .show(ui, |ui| {
                ui.spacing_mut().interact_size.y = 17.0;
                let right = Layout::right_to_left(Align::Center);
                ui.add(small("Layer".to_owned(), p.dim));
                ui.with_layout(right, |ui| ui.add(small("Output".to_owned(), p.dim)));
                ui.with_layout(right, |ui| ui.add(small("Parameters".to_owned(), p.dim)));
                ui.end_row();
                for row in &summary.rows {
                    // Many layers have the same shape: to a screen reader each cell says whose it is.
                    let named = |response: egui::Response, what: &str, value: &str| {
                        let label = format!("{}, {what} {value}", row.name);
                        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
                    };
                    let name = words::sentence(&row.name.replace('_', " "));
                    ui.add(small(name, p.text)).on_hover_text(&row.kind);
                    let shape = shape(&row.output);
                    ui.with_layout(right, |ui| named(ui.add(small(shape.clone(), p.text)), "output", &shape));
                    let params =
                        if row.params == 0 { "–".to_owned() } else { words::count(row.params as u64) };
                    ui.with_layout(right, |ui| {
                        named(ui.add(small(params.clone(), p.text)), "parameters", &params);
                    });
                    ui.end_row();
                }
                ui.add(small("Total".to_owned(), p.strong));
                ui.label("");
                let total =
                    RichText::new(words::count(summary.params as u64)).font(theme::small()).color(p.strong);
                ui.with_layout(right, |ui| ui.label(total));
                ui.end_row();
            });
    });
}
