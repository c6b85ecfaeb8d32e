//! The sheet of statistics: what the images listed add up to. A click on a bar lists the images behind it.

use super::faces::{Faces, faces_ui};
use super::filters;
use super::words_for::class_name;
use crate::app::Command;
use crate::app::data::{Action, By, Filter, Part, Sheet};
use crate::data::figures::{Figures, Histogram};
use crate::data::measures::LOOKS;
use crate::data::{Dataset, Kind};
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{self, card, heading, remark};
use crate::ui::words;
use crate::work::load::Loaded;
use egui::{
    Align, Align2, Color32, CursorIcon, Layout, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2,
};
use std::sync::Arc;

/// Height of the bars of a chart, in points.
const BARS: f32 = 104.0;
/// A chart is at least this wide, in points.
const LEAST_CHART: f32 = 300.0;

/// Draws the sheet.
pub fn show(ui: &mut Ui, view: &mut View<'_>, loaded: &Arc<Loaded>) {
    card(ui, |ui| filters::show(ui, view, &loaded.dataset));
    ui.add_space(theme::GAP);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let figures = view.app.data.figures().cloned();
        let Some(figures) = figures else {
            card(ui, |ui| on_its_way_ui(ui, view));
            return;
        };
        let mut charts: Vec<Chart> = vec![Chart::Balance, Chart::Facts, Chart::Pixels];
        charts.extend((0..figures.measures.len()).map(Chart::Measure));
        if loaded.all.sizes.is_some() {
            charts.extend([Chart::Widths, Chart::Heights]);
        }
        if loaded.all.marks.is_some() {
            charts.extend([Chart::Characters, Chart::BoxWidths, Chart::BoxHeights]);
        }
        let width = ui.available_width();
        let columns = ((width / LEAST_CHART) as usize).clamp(1, 4);
        let each = (width - theme::GAP * (columns - 1) as f32) / columns as f32;
        ui.spacing_mut().item_spacing.y = theme::GAP;
        for (i, line) in charts.chunks(columns).enumerate() {
            ui.horizontal_top(|ui| {
                for (j, chart) in line.iter().enumerate() {
                    // A card in a row has its own contents below each other all the same.
                    ui.allocate_ui_with_layout(vec2(each, 0.0), Layout::top_down(Align::Min), |ui| {
                        ui.set_width(each);
                        card(ui, |ui| {
                            ui.spacing_mut().item_spacing.y = 6.0;
                            ui.set_min_height(BARS + 51.0);
                            ui.push_id((i, j), |ui| chart.show(ui, view, &loaded.dataset, &figures));
                        });
                    });
                }
            });
        }
        for of in [Faces::Glyphs, Faces::Labels] {
            if !of.list(&figures).is_empty() {
                card(ui, |ui| faces_ui(ui, view, &loaded.dataset, &figures, of));
            }
        }
    });
}

fn on_its_way_ui(ui: &mut Ui, view: &mut View<'_>) {
    if view.app.data.gallery.rows().is_empty() {
        super::side::absent_ui(ui, view);
        return;
    }
    let job = view.app.jobs.shown().last();
    let doing = job.as_ref().map_or("", |job| job.status.doing.as_str());
    widgets::empty(ui, crate::ui::icons::Icon::Data, "The images are added up", doing);
    ui.vertical_centered(|ui| {
        let share = job.and_then(|job| job.status.share());
        widgets::progress(ui, 260.0, share, palette(ui).accent);
    });
}

#[derive(Clone, Copy)]
enum Chart {
    Balance,
    Facts,
    Pixels,
    Measure(usize),
    Widths,
    Heights,
    Characters,
    BoxWidths,
    BoxHeights,
}

impl Chart {
    fn show(self, ui: &mut Ui, view: &mut View<'_>, dataset: &Dataset, figures: &Figures) {
        match self {
            Self::Balance => balance_ui(ui, view, dataset),
            Self::Facts => facts_ui(ui, view, dataset, figures),
            Self::Pixels => pixels_ui(ui, figures),
            Self::Measure(i) => {
                let (name, bars) = &figures.measures[i];
                let help = LOOKS.iter().find(|(of, _)| of == name).map_or("", |(_, help)| *help);
                histogram_ui(ui, view, name, help, bars, Some(By::Measure(name)));
            }
            Self::Widths => {
                histogram_ui(
                    ui,
                    view,
                    "Image widths",
                    "Columns of each image",
                    &figures.widths,
                    Some(By::Width),
                );
            }
            Self::Heights => {
                histogram_ui(
                    ui,
                    view,
                    "Image heights",
                    "Rows of each image",
                    &figures.heights,
                    Some(By::Height),
                );
            }
            Self::Characters => characters_ui(ui, view, dataset, figures),
            Self::BoxWidths => {
                histogram_ui(
                    ui,
                    view,
                    "Box widths",
                    "Columns of the box around each character",
                    &figures.box_widths,
                    None,
                );
            }
            Self::BoxHeights => {
                histogram_ui(
                    ui,
                    view,
                    "Box heights",
                    "Rows of the box around each character",
                    &figures.box_heights,
                    None,
                );
            }
        }
    }
}

/// One bar of a chart.
struct Bar {
    /// 0 to 1.
    height: f32,
    colour: Color32,
    name: String,
    on: bool,
}

/// Draws bars beside each other; the one that was clicked.
fn bars_ui(ui: &mut Ui, bars: &[Bar], clickable: bool) -> Option<usize> {
    let p = palette(ui);
    let (field, _) = ui.allocate_exact_size(vec2(ui.available_width(), BARS), Sense::hover());
    ui.painter().rect_filled(field, 3.0, p.well);
    let pitch = field.width() / bars.len().max(1) as f32;
    let mut clicked = None;
    for (i, bar) in bars.iter().enumerate() {
        let left = field.left() + pitch * i as f32;
        let slot = Rect::from_min_size(pos2(left, field.top()), vec2(pitch, field.height()));
        let id = ui.scope_id().with(("bar", i));
        let sense = if clickable { Sense::click() } else { Sense::hover() };
        let response = ui.interact(slot, id, sense);
        let role = if clickable { Role::Button } else { Role::Label };
        response.widget_info(|| WidgetInfo::selected(role, true, bar.on, &bar.name));
        if response.hovered() || response.has_focus() {
            ui.painter().rect_filled(slot, 0.0, p.hover);
        }
        let least = if bar.height > 0.0 { 1.5 } else { 0.0 };
        let height = (bar.height * (field.height() - 4.0)).max(least);
        let shape = Rect::from_min_max(
            pos2(slot.left() + (pitch * 0.12).min(2.0), slot.bottom() - height),
            pos2(slot.right() - (pitch * 0.12).min(2.0), slot.bottom()),
        );
        ui.painter().rect_filled(shape, 1.0, if bar.on { p.strong } else { bar.colour });
        let response = response.on_hover_text(&bar.name);
        if clickable && response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
            clicked = Some(i);
        }
    }
    clicked
}

/// Words below the ends of a chart.
fn ends_ui(ui: &mut Ui, left: &str, right: &str) {
    let p = palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 14.0), Sense::hover());
    ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, left, theme::small(), p.dim);
    widgets::text_at_right(ui, rect, right, theme::small(), p.dim);
}

fn histogram_ui(ui: &mut Ui, view: &mut View<'_>, title: &str, help: &str, of: &Histogram, by: Option<By>) {
    let p = palette(ui);
    ui.push_id(title, |ui| {
        let tallest = of.counts.iter().copied().max().unwrap_or(0);
        heading_ui(ui, title, help, &format!("tallest bar {}", words::count(tallest.into())));
        if of.counts.is_empty() {
            remark(ui, "Nothing was measured");
            return;
        }
        let most = of.counts.iter().copied().max().unwrap_or(1).max(1);
        let range = by.and_then(|by| view.app.data.filter.range(by));
        let number = |value: f32| words::number((f64::from(value) * 1e3).round() / 1e3);
        let bars: Vec<Bar> = (0..of.counts.len())
            .map(|i| {
                let [from, to] = of.bounds(i);
                let name = format!(
                    "{title} {} to {}: {}",
                    number(from),
                    number(to),
                    words::count(of.counts[i].into())
                );
                Bar {
                    height: of.counts[i] as f32 / most as f32,
                    colour: p.accent,
                    name,
                    on: range == Some([from, to]),
                }
            })
            .collect();
        if let (Some(bar), Some(by)) = (bars_ui(ui, &bars, by.is_some()), by) {
            let mut filter = view.app.data.filter.clone();
            filter.set_range(by, (!bars[bar].on).then(|| of.bounds(bar)));
            show_images(view, filter);
        }
        ends_ui(ui, &number(of.least), &number(of.most));
    });
}

/// A chart's heading, and what its tallest bar stands for.
fn heading_ui(ui: &mut Ui, title: &str, help: &str, tallest: &str) {
    ui.horizontal(|ui| {
        heading(ui, title).on_hover_text(help);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| remark(ui, tallest));
    });
}

/// Lists what fits, and shows it.
pub fn show_images(view: &mut View<'_>, filter: Filter) {
    view.ask(Command::Data(Action::Filter(Box::new(filter))));
    view.ask(Command::Data(Action::Sheet(Sheet::Images)));
}

/// For each label a bar a part: its share of the part.
fn balance_ui(ui: &mut Ui, view: &mut View<'_>, dataset: &Dataset) {
    let p = palette(ui);
    let counts = &view.app.data.parts.counts;
    let totals: Vec<f32> = counts.iter().map(|counts| counts.iter().sum::<u32>().max(1) as f32).collect();
    let share = |part: Part, label: usize| counts[part as usize][label] as f32 / totals[part as usize];
    let labels: Vec<usize> =
        (0..counts[0].len()).filter(|label| counts.iter().any(|counts| counts[*label] > 0)).collect();
    let most = labels.iter().flat_map(|label| Part::ALL.map(|part| share(part, *label))).fold(1e-6, f32::max);
    let colours = [p.run(0), p.run(1), p.run(2)];
    ui.horizontal(|ui| {
        heading(ui, &format!("Share of each {}", filters::label_word(dataset)));
        for (part, colour) in Part::ALL.iter().zip(colours) {
            widgets::dot(ui, colour);
            remark(ui, part.label());
        }
    });
    let mut bars = Vec::new();
    for label in &labels {
        for (part, colour) in Part::ALL.into_iter().zip(colours) {
            let count = words::count(counts[part as usize][*label].into());
            let percent = words::percent(f64::from(share(part, *label)));
            let name = filters::long_label(dataset, *label as u8);
            let name = format!("{name}, {}: {count} images, {percent}", part.label().to_lowercase());
            let filter = &view.app.data.filter;
            let on = filter.label == Some(*label as u8) && filter.part == Some(part);
            bars.push(Bar { height: share(part, *label) / most, colour, name, on });
        }
    }
    if let Some(bar) = bars_ui(ui, &bars, true) {
        let (label, part) = (labels[bar / 3] as u8, Part::ALL[bar % 3]);
        let filter = view.app.data.filter.clone();
        show_images(view, Filter { label: Some(label), part: Some(part), ..filter });
    }
    names_ui(ui, labels.iter().map(|label| dataset.label_name(*label as u8)));
}

/// A name under each group of bars, as far as there is room.
fn names_ui(ui: &mut Ui, names: impl ExactSizeIterator<Item = String>) {
    let p = palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 14.0), Sense::hover());
    let pitch = rect.width() / names.len().max(1) as f32;
    let most = ((pitch / 7.0) as usize).max(1);
    for (i, name) in names.enumerate() {
        let name: String = name.chars().take(most).collect();
        let at = pos2(rect.left() + pitch * (i as f32 + 0.5), rect.center().y);
        ui.painter().text(at, Align2::CENTER_CENTER, name, theme::small(), p.dim);
    }
}

fn characters_ui(ui: &mut Ui, view: &mut View<'_>, dataset: &Dataset, figures: &Figures) {
    let p = palette(ui);
    let tallest = figures.characters.iter().copied().max().unwrap_or(0);
    let tallest = format!("tallest bar {}", words::count(tallest.into()));
    heading_ui(ui, "Characters", "How often each character is marked on the images", &tallest);
    let most = figures.characters.iter().copied().max().unwrap_or(1).max(1);
    let bars: Vec<Bar> = figures
        .characters
        .iter()
        .enumerate()
        .map(|(class, count)| Bar {
            height: *count as f32 / most as f32,
            colour: p.accent,
            name: format!("{}: {} times", class_name(dataset, class as u8), words::count((*count).into())),
            on: view.app.data.filter.character == Some(class as u8),
        })
        .collect();
    if let Some(class) = bars_ui(ui, &bars, true) {
        let filter = view.app.data.filter.clone();
        show_images(view, Filter { character: Some(class as u8), ..filter });
    }
    names_ui(ui, (0..dataset.classes.len()).map(|class| class_name(dataset, class as u8)));
}

fn pixels_ui(ui: &mut Ui, figures: &Figures) {
    let p = palette(ui);
    heading_ui(ui, "Pixel values", "How many pixels have each value", "logarithmic");
    // Four values a bar, all channels together; a logarithm, since black or white mostly outnumbers all others.
    let mut counts = vec![0_u64; 64];
    for (value, count) in figures.pixels.iter().flat_map(|channel| channel.iter().enumerate()) {
        counts[value / 4] += count;
    }
    let most = (counts.iter().copied().max().unwrap_or(1).max(1) as f32).ln_1p();
    let bars: Vec<Bar> = counts
        .iter()
        .enumerate()
        .map(|(i, count)| Bar {
            height: (*count as f32).ln_1p() / most,
            colour: p.accent,
            name: format!("Pixel values {} to {}: {}", i * 4, i * 4 + 3, words::count(*count)),
            on: false,
        })
        .collect();
    bars_ui(ui, &bars, false);
    ends_ui(ui, "0", "255");
}

fn facts_ui(ui: &mut Ui, view: &View<'_>, dataset: &Dataset, figures: &Figures) {
    let p = palette(ui);
    heading(ui, &dataset.name);
    let n_listed = view.app.data.gallery.rows().len();
    let each =
        |values: &[f64]| values.iter().map(|value| format!("{value:.4}")).collect::<Vec<_>>().join(", ");
    let data = &view.app.data;
    let labels = data.parts.counts_of(None);
    let there = || labels.iter().copied().filter(|count| *count > 0);
    let balance = match (there().min(), there().max()) {
        (Some(least), Some(most)) if least < most => {
            format!("{} to {} images", words::count(least.into()), words::count(most.into()))
        }
        (least, _) => words::many(least.unwrap_or(0) as usize, "image"),
    };
    let of_each = match dataset.kind {
        Kind::Classes => "Each class",
        Kind::Numbers { .. } => "Each length",
    };
    let mut facts = vec![
        ("Images listed", words::count(n_listed as u64), "Images that fit every filter"),
        (of_each, balance, "In all splits together, whatever is listed"),
        ("Mean", each(&figures.mean), "Mean of all their pixels, 0 is black and 1 white"),
        ("Std", each(&figures.std), "Standard deviation of all their pixels"),
    ];
    if figures.n < n_listed {
        facts.insert(
            1,
            (
                "Added up",
                words::count(figures.n as u64),
                "Images at even distances, as making all takes long",
            ),
        );
    }
    if let Kind::Numbers { longest } = dataset.kind {
        let n = figures.characters.iter().map(|count| u64::from(*count)).sum();
        facts.push(("Characters", words::count(n), "Characters marked on the images that were added up"));
        facts.push(("Longest number", words::many(longest, "character"), "As the data set says"));
    }
    ui.spacing_mut().interact_size.y = 16.0;
    egui::Grid::new("figures").num_columns(2).spacing([theme::WIDE_GAP, 3.0]).show(ui, |ui| {
        for (name, value, help) in facts {
            ui.label(egui::RichText::new(name).color(p.dim)).on_hover_text(help);
            ui.label(value).on_hover_text(help);
            ui.end_row();
        }
    });
}
