//! The sheet of curation: what may be wrong with the images, side by side, and edits that put it right.

mod curve;
mod lines;
pub mod pictures;
#[cfg(test)]
mod tests;

use crate::app::Command;
use crate::app::curate::{Action, Section};
use crate::data::curate::duplicates::{Counts, Duplicates, Near, PARTS};
use crate::data::curate::{At, Change, Place};
use crate::data::{Dataset, Kind};
use crate::ui::icons::Icon;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{self, Action as Button, Weight, card, heading, remark, segments};
use crate::ui::words;
use crate::work::curate::{Wanted, at};
use crate::work::load::Loaded;
use egui::{Align, ComboBox, Layout, Panel, RichText, ScrollArea, Ui};
use lines::Line;
use std::sync::Arc;

/// Width of the column of what was found in all.
const WIDTH: f32 = 340.0;

/// Draws the sheet.
pub fn show(ui: &mut Ui, view: &mut View<'_>, loaded: &Arc<Loaded>) {
    let frame = egui::Frame::new().inner_margin(egui::Margin { left: 12, ..egui::Margin::ZERO });
    let side = Panel::right("curation").exact_size(WIDTH).resizable(false).show_separator_line(false);
    side.frame(frame).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            card(ui, |ui| edits_ui(ui, view, loaded));
            ui.add_space(theme::GAP);
            card(ui, |ui| about_ui(ui, view, loaded));
        });
    });
    card(ui, |ui| {
        ui.set_height(ui.available_height());
        let options = [
            (
                Section::Duplicates,
                "Duplicates",
                "Images that are there more than once, within and between the parts",
            ),
            (Section::Errors, "Label errors", "Labels that are likely wrong, the likeliest first"),
            (Section::Quality, "Quality", "Images that are dark, empty, blurred or unlike their class"),
            (
                Section::Baseline,
                "Baseline",
                "How well logistic regression does, and whether labels are where they were",
            ),
            (Section::Edits, "Edits", "Every image that is edited"),
        ];
        ui.horizontal(|ui| {
            if let Some(section) = segments(ui, view.app.curate.section, &options) {
                view.ask(Command::Curate(Action::Section(section)));
            }
            working_ui(ui, view);
        });
        ui.add_space(6.0);
        match view.app.curate.section {
            Section::Baseline => curve::show(ui, view),
            _ => list_ui(ui, view, loaded),
        }
    });
}

/// How far the job at work is.
fn working_ui(ui: &mut Ui, view: &mut View<'_>) {
    let Some(shown) =
        view.app.curate.working.and_then(|job| view.app.jobs.shown().find(|shown| shown.id == job))
    else {
        return;
    };
    widgets::progress(ui, 120.0, shown.status.share(), palette(ui).accent);
    let eta = shown.eta_secs.map(|secs| format!(", {} left", words::duration(secs))).unwrap_or_default();
    remark(ui, format!("{}{eta}", shown.status.doing));
    if Button::icon(Icon::Close, "Cancel search").tooltip("Stops looking").show(ui) {
        view.ask(Command::CancelJob(shown.id));
    }
}

fn is_working(view: &View<'_>) -> bool {
    view.app.curate.working.is_some_and(|job| view.app.jobs.is_at_work(job))
}

/// What the lines of the section are, from top to bottom; `None` while nobody has looked.
fn lines_of(view: &View<'_>, loaded: &Loaded) -> Option<Vec<Line>> {
    let curate = &view.app.curate;
    let n_train = loaded.base.train.len();
    match curate.section {
        Section::Duplicates => {
            let (found, _) = curate.duplicates.as_ref()?;
            let line = |pair: &crate::data::curate::duplicates::Pair| Line {
                images: pair.images.iter().map(|index| At::of(*index, n_train)).collect(),
                likely: None,
                why: if pair.exact {
                    "the same pixels".into()
                } else {
                    format!("differ by {:.3}", pair.difference)
                },
            };
            Some(found.pairs.iter().map(line).collect())
        }
        Section::Errors => Some(curate.errors.as_ref()?.0.iter().map(Line::of).collect()),
        Section::Quality => {
            curate.measures.as_ref()?;
            Some(curate.standing_out.iter().map(Line::of).collect())
        }
        Section::Edits => {
            let edits = curate.edits().map(|(_, edits)| edits.edits.iter());
            let line = |(at, edit): (&At, &crate::data::curate::Edit)| {
                let place = edit.place.map(|place| match place {
                    Place::Out => "left out".to_owned(),
                    place => format!("moved to {}", part_name(place)),
                });
                let label = edit.label.map(|label| format!("is {}", loaded.base.label_name(label)));
                let done: Vec<String> = [place, label].into_iter().flatten().collect();
                Line { images: vec![*at], likely: None, why: format!("{} ({})", done.join(", "), edit.why) }
            };
            Some(edits.into_iter().flatten().map(line).collect())
        }
        Section::Baseline => None,
    }
}

fn list_ui(ui: &mut Ui, view: &mut View<'_>, loaded: &Arc<Loaded>) {
    let Some(lines) = lines_of(view, loaded) else {
        nothing_yet_ui(ui, view);
        return;
    };
    tools_ui(ui, view, loaded, &lines);
    ui.add_space(4.0);
    if lines.is_empty() {
        let (title, text) = match view.app.curate.section {
            Section::Duplicates => {
                ("No image is there twice", "Count near duplicates too with the switch at the right")
            }
            Section::Edits => (
                "Nothing is edited",
                "Choose images in the other sections and leave them out or relabel them",
            ),
            _ => ("Nothing was found", "That is good news"),
        };
        widgets::empty(ui, Icon::Check, title, text);
        return;
    }
    lines::show(ui, view, loaded, &lines);
}

fn nothing_yet_ui(ui: &mut Ui, view: &mut View<'_>) {
    let (title, text, label, wanted) = match view.app.curate.section {
        Section::Duplicates => (
            "Is any image there twice?",
            "An image that is in training and in test too makes the test look too good",
            "Look for duplicates",
            Wanted::Duplicates(view.app.curate.near),
        ),
        Section::Errors => (
            "Is any label wrong?",
            "Every image is read by a model that did not learn from it; what it doubts is listed first",
            "Look for label errors",
            Wanted::Errors,
        ),
        _ => (
            "Does any image stand out?",
            "Brightness, contrast, sharpness, distance from its class, and how likely its label is",
            "Measure every image",
            Wanted::Quality,
        ),
    };
    widgets::empty(ui, Icon::Inspect, title, text);
    ui.vertical_centered(|ui| {
        ui.add_space(theme::GAP);
        let reason = is_working(view).then(|| "Something is being looked for".to_owned());
        if Button::new(Icon::Inspect, label).weight(Weight::Primary).reason(reason).tall().show(ui) {
            view.ask(Command::Curate(Action::Find(wanted)));
        }
    });
}

/// What can be done with the images chosen.
fn tools_ui(ui: &mut Ui, view: &mut View<'_>, loaded: &Loaded, lines: &[Line]) {
    let chosen = view.app.curate.chosen.len();
    let none = (chosen == 0).then(|| "No image is chosen; tick some, or choose all listed".to_owned());
    let editing = view.app.curate.section == Section::Edits;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let all =
            Button::words("Choose all").tooltip("Chooses every image listed; of pairs the second image");
        if all.show(ui) {
            let images = lines.iter().filter_map(|line| line.images.last().copied()).collect();
            view.ask(Command::Curate(Action::ChooseOnly(images)));
        }
        if Button::words("Choose none").reason(none.clone()).show(ui) {
            view.ask(Command::Curate(Action::ChooseOnly(Vec::new())));
        }
        if editing {
            let button =
                Button::new(Icon::Reset, "Revert").tooltip("Puts the images chosen back as they were read");
            if button.reason(none).show(ui) {
                view.ask(Command::Curate(Action::Change(Change::Revert)));
            }
        } else if let Some(change) =
            places_ui(ui, none.as_deref()).or(relabel_ui(ui, &loaded.base.classes, none.as_deref()))
        {
            view.ask(Command::Curate(Action::Change(change)));
        }
        let told = if chosen == 0 {
            words::many(lines.len(), "line")
        } else {
            format!("{} chosen", words::count(chosen as u64))
        };
        remark(ui, told);
    });
}

/// Where images can be put; greyed out where there is a reason to.
fn places_ui(ui: &mut Ui, reason: Option<&str>) -> Option<Change> {
    let mut asked = None;
    let mut offer = |ui: &mut Ui, button: Button<'_>, place: Place| {
        if button.reason(reason.map(str::to_owned)).show(ui) {
            asked = Some(Change::Place(place));
        }
    };
    let button = Button::new(Icon::Trash, "Leave out")
        .tooltip("The images chosen are not used any more (X in a list)");
    offer(ui, button, Place::Out);
    for (place, label) in
        [(Place::Train, "To training"), (Place::Valid, "To validation"), (Place::Test, "To test")]
    {
        offer(ui, Button::words(label).tooltip("Moves the images chosen to this part"), place);
    }
    asked
}

/// Which labels images can be given; greyed out where there is a reason to.
fn relabel_ui(ui: &mut Ui, classes: &[String], reason: Option<&str>) -> Option<Change> {
    let mut asked = None;
    ui.add_enabled_ui(reason.is_none(), |ui| {
        let menu = ComboBox::from_id_salt("relabel").width(90.0).selected_text("Relabel").show_ui(ui, |ui| {
            for (class, name) in classes.iter().enumerate() {
                if ui.selectable_label(false, name).clicked() {
                    asked = Some(Change::Label(class as u8));
                }
            }
        });
        menu.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Relabel"));
        menu.response.on_hover_text(
            "Gives the images chosen another label (its letter or digit on the keyboard in a list)",
        );
    });
    asked
}

/// Beside the grid: what can be made of the images chosen in it.
pub fn chosen_ui(ui: &mut Ui, view: &mut View<'_>, dataset: &Dataset) {
    let gallery = &view.app.data.gallery;
    let n = gallery.n_chosen();
    heading(ui, "Edit chosen images");
    if n == 0 {
        let told = "Choose images in the grid first: drag a frame around them, or click with Shift or Ctrl";
        remark(ui, told).on_hover_text("Leaves out, moves or relabels them; the originals are never touched");
        return;
    }
    remark(ui, format!("{} chosen", words::many(n, "image")));
    let mut changed = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        changed = places_ui(ui, None);
    });
    // Menus do not begin a row of their own where they do not fit.
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        if dataset.kind == Kind::Classes {
            changed = changed.take().or(relabel_ui(ui, &dataset.classes, None));
        }
        let button =
            Button::new(Icon::Reset, "Revert").tooltip("Puts the images chosen back as they were read");
        if button.show(ui) {
            changed = Some(Change::Revert);
        }
    });
    if let Some(change) = changed {
        let images = gallery.chosen().map(|row| at(dataset, row as usize)).collect();
        view.ask(Command::Curate(Action::ChangeThese(images, change)));
    }
}

/// Which edits are in force, and what can be done with them.
fn edits_ui(ui: &mut Ui, view: &mut View<'_>, loaded: &Loaded) {
    heading(ui, "Clean-up");
    let name = view.app.draft.recipe().curation.overlay.clone();
    let shown = if name.is_empty() { "None: as read" } else { &name };
    let menu = ComboBox::from_id_salt("edits").width(WIDTH - 60.0).selected_text(shown).show_ui(ui, |ui| {
        let others = loaded.overlays.iter().map(|known| known.name.clone());
        for other in std::iter::once(String::new()).chain(others) {
            let label = if other.is_empty() { "None: as read" } else { &other };
            if ui.selectable_label(other == name, label).clicked() {
                view.ask(Command::Curate(Action::Use(other.clone())));
            }
        }
    });
    menu.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Edits in force"));
    let told = match view.app.curate.edits() {
        Some((_, edits)) => format!(
            "{} changed; written at once, the originals are never touched",
            words::many(edits.edits.len(), "image")
        ),
        None => "The first edit makes a file of its own; the originals are never touched".to_owned(),
    };
    remark(ui, told);
    if let Some(division) = view.app.curate.edits().and_then(|(_, edits)| edits.division) {
        let share = words::percent(division.share);
        remark(
            ui,
            format!("Validation is held fast: seed {}, {share} of the training images", division.seed),
        );
    }
    let as_read = name.is_empty().then(|| "No edits are chosen".to_owned());
    ui.horizontal_wrapped(|ui| {
        let reason = as_read.clone().or_else(|| view.app.why_not(&Command::Start));
        let both = Button::new(Icon::Play, "Train with and without")
            .tooltip("Starts two trainings of the recipe on the form that differ in the edits alone");
        if both.reason(reason).show(ui) {
            view.ask(Command::Curate(Action::TrainBoth));
        }
        let reason =
            as_read.or_else(|| view.app.runs.current().is_none().then(|| "There is no run".to_owned()));
        let measure = Button::new(Icon::Inspect, "Measure run on both")
            .tooltip("Accuracy of the run looked at on the test images as read and as edited");
        if measure.reason(reason).show(ui) {
            view.ask(Command::Curate(Action::Measured));
        }
    });
    if let Some((run, [as_read, edited])) = &view.app.curate.both {
        let text =
            format!("{run}: {} as read, {} as edited", words::percent(*as_read), words::percent(*edited));
        ui.label(RichText::new(text).color(palette(ui).strong));
    }
}

/// What was found in all.
fn about_ui(ui: &mut Ui, view: &mut View<'_>, loaded: &Loaded) {
    match view.app.curate.section {
        Section::Duplicates => duplicates_ui(ui, view),
        Section::Errors => {
            heading(ui, "Label errors");
            match &view.app.curate.errors {
                Some((_, told)) => _ = ui.label(told),
                None => {
                    _ = remark(
                        ui,
                        "Confident learning: five models, each image read by the one that has not seen it",
                    );
                }
            }
            again_ui(ui, view, Wanted::Errors, view.app.curate.errors.is_some());
        }
        Section::Quality => quality_ui(ui, view),
        Section::Baseline => curve::about(ui, view, loaded),
        Section::Edits => {
            heading(ui, "Keys");
            remark(
                ui,
                "Arrows move along the list, Space chooses, X leaves out, a class's digit or letter relabels, Ctrl+Z takes back",
            );
        }
    }
}

fn again_ui(ui: &mut Ui, view: &mut View<'_>, wanted: Wanted, there: bool) {
    let label = if there { "Look again" } else { "Look now" };
    let reason = is_working(view).then(|| "Something is being looked for".to_owned());
    if Button::new(Icon::Reset, label)
        .tooltip("Looks through the images as they are edited now")
        .reason(reason)
        .show(ui)
    {
        view.ask(Command::Curate(Action::Find(wanted)));
    }
}

fn quality_ui(ui: &mut Ui, view: &mut View<'_>) {
    heading(ui, "Quality");
    if let Some((measures, _)) = &view.app.curate.measures {
        for column in &measures.columns {
            let label = words::label(column.name);
            if ui.radio(view.app.curate.by == column.name, label).on_hover_text(column.help).clicked() {
                view.ask(Command::Curate(Action::Measure(column.name)));
            }
        }
        remark(ui, "The images that stand out most come first");
    }
    again_ui(ui, view, Wanted::Quality, view.app.curate.measures.is_some());
}

fn duplicates_ui(ui: &mut Ui, view: &mut View<'_>) {
    heading(ui, "Duplicates");
    let near = view.app.curate.near;
    let nearly = near.is_some();
    let mut on = nearly;
    ui.checkbox(&mut on, "Nearly the same too")
        .on_hover_text("Compares what images look like, not only their pixels");
    if on != nearly {
        view.ask(Command::Curate(Action::Nearly(on.then(Near::default))));
    }
    if let Some(limits) = near {
        let mut new = limits;
        let slider = egui::Slider::new(&mut new.bits, 0..=14);
        limit_ui(ui, "Looks differ by", "Bits of 64 in which the looks may differ", slider);
        let slider = egui::Slider::new(&mut new.difference, 0.0..=0.3);
        limit_ui(
            ui,
            "Pictures differ by",
            "How much grey copies may differ, against the light and dark in them",
            slider,
        );
        if new != limits {
            view.ask(Command::Curate(Action::Nearly(Some(new))));
        }
    }
    let Some((found, shared)) = view.app.curate.duplicates.clone() else {
        remark(ui, "Counted in both directions: how many images of each part another part has too");
        return;
    };
    let told = format!(
        "{} repeat an earlier image's pixels; in {} sets the labels differ",
        words::count(u64::from(found.repeats)),
        words::count(u64::from(found.contradictions))
    );
    ui.label(told);
    counts_ui(ui, "The same pixels", &found.exact);
    if nearly {
        counts_ui(ui, "The same or nearly", &found.any);
    }
    sanitise_ui(ui, view, &found, &shared);
    again_ui(ui, view, Wanted::Duplicates(near), true);
}

fn limit_ui(ui: &mut Ui, label: &str, help: &str, slider: egui::Slider<'_>) {
    ui.horizontal(|ui| {
        let named = ui.label(label).id;
        ui.add(slider).labelled_by(named).on_hover_text(help);
    });
}

fn sanitise_ui(ui: &mut Ui, view: &mut View<'_>, found: &Duplicates, shared: &[At]) {
    let reason = (found.across() == 0).then(|| "No part shares an image with another one".to_owned());
    let label = if shared.is_empty() {
        "Sanitised".to_owned()
    } else {
        format!("Sanitise: leave out {}", words::count(shared.len() as u64))
    };
    let button = Button::new(Icon::Check, &label).weight(Weight::Primary).tooltip(
        "Leaves out validation images that training has, and test images that training or validation has",
    );
    if button.reason(reason).show(ui) {
        view.ask(Command::Curate(Action::Sanitise));
    }
}

fn counts_ui(ui: &mut Ui, title: &str, counts: &Counts) {
    let p = palette(ui);
    ui.add_space(4.0);
    ui.label(RichText::new(title).font(theme::strong()).color(p.strong));
    egui::Grid::new(title).num_columns(4).spacing([theme::WIDE_GAP, 3.0]).show(ui, |ui| {
        ui.label(RichText::new("of / in").color(p.dim))
            .on_hover_text("Images of the row's part that the column's part has too");
        let cell = |ui: &mut Ui, text: RichText| {
            let right = Layout::right_to_left(Align::Center);
            ui.allocate_ui_with_layout(egui::vec2(58.0, 18.0), right, |ui| ui.label(text));
        };
        for part in PARTS {
            cell(ui, RichText::new(part_name(part)).color(p.dim));
        }
        ui.end_row();
        for (row, part) in PARTS.iter().enumerate() {
            ui.label(RichText::new(part_name(*part)).color(p.dim));
            for (column, n) in counts[row].iter().enumerate() {
                let ink = if row != column && *n > 0 { p.warn } else { p.text };
                cell(ui, RichText::new(words::count(u64::from(*n))).color(ink));
            }
            ui.end_row();
        }
    });
}

/// A part as shown.
pub fn part_name(place: Place) -> &'static str {
    match place {
        Place::Train => "training",
        Place::Valid => "validation",
        Place::Test => "test",
        Place::Out => "left out",
    }
}
