//! The recipe: presets, data, model with its layers, optimizer, training; and the button that starts it.

use crate::app::{Command, Overlay, data};
use crate::data::augment::Augment;
use crate::data::{Availability, Source};
use crate::knobs;
use crate::recipe::Recipe;
use crate::runs::{Parent, Part};
use crate::ui::form::{self, Look};
use crate::ui::icons::Icon;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{Action, Weight, heading, remark};
use crate::ui::words;
use egui::{
    Align, CollapsingHeader, ComboBox, Grid, Label, Layout, RichText, ScrollArea, Sense, Ui, WidgetInfo,
};

/// Draws the recipe.
pub fn show(ui: &mut Ui, view: &mut View<'_>) {
    presets_ui(ui, view);
    parent_ui(ui, view);
    ui.add_space(4.0);
    // The start button stays in sight, whatever the form is scrolled to.
    let height = ui.available_height() - 52.0;
    ScrollArea::vertical().max_height(height).auto_shrink(false).show(ui, |ui| {
        ui.set_width(ui.available_width() - 8.0);
        form_ui(ui, view);
    });
    ui.add_space(8.0);
    let width = ui.available_width();
    let listed = Command::Start.listed();
    let keys =
        listed.and_then(|listed| listed.keys).map(|keys| format!(" ({})", keys.label())).unwrap_or_default();
    let tooltip = format!("{}{keys}", listed.map_or("", |listed| listed.tooltip));
    let start = Action::new(Icon::Play, "Start training").weight(Weight::Primary).tooltip(&tooltip).tall();
    if start.width(width).reason(view.app.why_not(&Command::Start)).show(ui) {
        view.ask(Command::Start);
    }
}

fn presets_ui(ui: &mut Ui, view: &mut View<'_>) {
    let app = view.app;
    ui.horizontal(|ui| {
        heading(ui, "Recipe");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            view.icon_button(ui, Icon::Save, &Command::Open(Overlay::SavePreset));
            view.icon_button(ui, Icon::Reset, &Command::ResetRecipe);
            let name = app.draft.preset.as_deref();
            let label = app.presets.list().iter().rev().find(|preset| Some(preset.stem.as_str()) == name);
            let mut text = label.map_or_else(|| "From a run".to_owned(), |preset| preset.label().to_owned());
            if app.draft.is_changed() {
                text.push_str(" *");
            }
            let width = ui.available_width() - 4.0;
            let menu = ComboBox::from_id_salt("preset").width(width).selected_text(text).show_ui(ui, |ui| {
                for preset in app.presets.list() {
                    let label = if preset.own {
                        format!("{} (yours)", preset.label())
                    } else {
                        preset.label().into()
                    };
                    match &preset.recipe {
                        Ok(recipe) => {
                            let line = ui.selectable_label(Some(preset.stem.as_str()) == name, label);
                            let line = if recipe.about.is_empty() {
                                line
                            } else {
                                line.on_hover_text(&recipe.about)
                            };
                            if line.clicked() {
                                view.ask(Command::UsePreset(preset.stem.clone()));
                            }
                        }
                        Err(reason) => {
                            ui.add_enabled(false, egui::Button::new(label)).on_disabled_hover_text(reason);
                        }
                    }
                }
            });
            let named = menu.response.on_hover_text("The recipe to begin with; * where you changed it");
            named.widget_info(|| WidgetInfo::labeled(egui::Role::ComboBox, true, "Preset"));
        });
    });
}

fn form_ui(ui: &mut Ui, view: &mut View<'_>) {
    let app = view.app;
    let draft = &app.draft;
    let look = Look {
        defaults: draft.defaults(),
        problems: draft.problems(),
        suffix: "",
        only: None,
        narrow: false,
    };
    let mut recipe = draft.recipe().clone();
    section(ui, "Data");
    form::knobs_ui(ui, look, "data.", &mut recipe.data);
    data_ui(ui, view, &mut recipe.data);
    augment_ui(ui, look, &mut recipe.augment);
    section(ui, "Model");
    form::knobs_ui(ui, look, "model.", &mut recipe.model);
    layers_ui(ui, view);
    section(ui, "Optimizer");
    form::knobs_ui(ui, look, "optim.", &mut recipe.optim);
    form::knobs_ui(ui, look, "schedule.", &mut recipe.schedule);
    form::knobs_ui(ui, look, "loss.", &mut recipe.loss);
    section(ui, "Training");
    let basics = BASICS.map(str::to_owned);
    form::knobs_ui(ui, Look { only: Some(&basics), ..look }, "train.", &mut recipe.train);
    finer_ui(ui, look, &mut recipe);
    if recipe != *draft.recipe() {
        let gesture = form::gesture(ui);
        view.ask(Command::Edit { recipe: Box::new(recipe), gesture });
    }
}

/// The settings of the training that are always in sight.
const BASICS: [&str; 5] =
    ["train.epochs", "train.batch_size", "train.validation_share", "train.seed", "train.patience"];

/// The others, folded away.
fn finer_ui(ui: &mut Ui, look: Look<'_>, recipe: &mut Recipe) {
    // A setting that is not possible is not to be hidden.
    let is_here = |path: &str| path.starts_with("train.") || path.starts_with("ema.");
    let wrong = look.problems.iter().any(|problem| is_here(&problem.path));
    let fold = CollapsingHeader::new("Averaging, clipping, checkpoints, device").open(wrong.then_some(true));
    fold.show_unindented(ui, |ui| {
        let mut finer: Vec<String> = knobs::flat(recipe).into_iter().map(|(path, _)| path).collect();
        finer.retain(|path| !BASICS.contains(&path.as_str()));
        form::knobs_ui(ui, look, "ema.", &mut recipe.ema);
        form::knobs_ui(ui, Look { only: Some(&finer), ..look }, "train.", &mut recipe.train);
    });
}

/// What a run of the recipe begins with, if not with first weights.
fn parent_ui(ui: &mut Ui, view: &mut View<'_>) {
    let Some(parent) = view.app.draft.parent.clone() else { return };
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let clear = Action::icon(Icon::Reset, "Begin with first weights");
            if clear.tooltip("Begin with first weights instead").show(ui) {
                view.ask(Command::BeginAnew);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                remark(ui, "Begins with");
                let name = match &parent {
                    Parent::Run(id, part) => {
                        part_ui(ui, view, *part);
                        format!("of {}", view.app.runs.get(id).map_or(id.as_str(), |run| &run.meta.name))
                    }
                    Parent::File(path) => path.display().to_string(),
                };
                let text = RichText::new(name).font(theme::small());
                ui.add(Label::new(text).truncate()).on_hover_text(parent.to_string());
            });
        });
    });
}

/// Which part of the other run it is.
fn part_ui(ui: &mut Ui, view: &mut View<'_>, part: Part) {
    let menu = ComboBox::from_id_salt("part").width(112.0).selected_text(part.label()).show_ui(ui, |ui| {
        for other in Part::ALL {
            let tooltip = match other {
                Part::Best => "The weights of the model that it kept",
                Part::Last => "The weights after its last epoch",
                Part::Checkpoint => "Weights, optimizer and counters: it goes on as that run would have",
            };
            if ui.selectable_label(other == part, other.label()).on_hover_text(tooltip).clicked() {
                view.ask(Command::BeginWith(other));
            }
        }
    });
    let named = menu.response.on_hover_text("What of that run it begins with");
    named.widget_info(|| WidgetInfo::labeled(egui::Role::ComboBox, true, "Begins with"));
}

/// How training images are changed, folded away where they are not.
fn augment_ui(ui: &mut Ui, look: Look<'_>, augment: &mut Augment) {
    let fold = CollapsingHeader::new("Augmentation").default_open(!augment.is_off());
    fold.show_unindented(ui, |ui| form::knobs_ui(ui, look, "augment.", augment));
}

fn section(ui: &mut Ui, title: &str) {
    let p = palette(ui);
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        ui.label(RichText::new(title).font(theme::strong()).color(p.strong));
        let rect = ui.available_rect_before_wrap();
        ui.painter().hline(rect.x_range(), rect.center().y, egui::Stroke::new(1.0, p.line));
    });
}

/// Whether the data is there, and how to get it where it is not.
fn data_ui(ui: &mut Ui, view: &mut View<'_>, source: &mut Source) {
    let p = palette(ui);
    let app = view.app;
    if let Source::IdxFolder(_) = source
        && Action::new(Icon::Folder, "Choose folder…").show(ui)
    {
        view.memory.choose_folder(ui.ctx(), "Folder of idx files", Command::UseIdxFolder);
    }
    match app.sources.availability(source) {
        None => {
            remark(ui, "Looking for it…");
        }
        Some(Availability::Ready) if app.draft.recipe().misfit().is_some() => {
            let why = app.draft.recipe().misfit().unwrap_or_default();
            ui.label(RichText::new(why).font(theme::small()).color(p.warn));
        }
        Some(Availability::Ready) => {
            ui.horizontal(|ui| {
                let (rect, _) = ui.allocate_exact_size(theme::square(12.0), Sense::hover());
                Icon::Check.paint(ui.painter(), rect, p.good);
                remark(ui, "Ready to train on");
            });
        }
        Some(Availability::NeedsDownload { bytes }) => {
            let label = format!("Download ({})", words::bytes(*bytes));
            if app.sources.fetching(source).is_some() {
                remark(ui, "It is being downloaded; see the bar below");
            } else if Action::new(Icon::Download, &label).tooltip("Downloads it from its mirrors").show(ui) {
                view.ask(Command::Data(data::Action::Fetch(Box::new(source.clone()))));
            }
        }
        Some(Availability::Missing { what_to_do }) => {
            ui.label(RichText::new(what_to_do).font(theme::small()).color(p.warn));
        }
    }
}

/// The table of layers; the one that cannot work in red, with the reason.
fn layers_ui(ui: &mut Ui, view: &View<'_>) {
    let p = palette(ui);
    let small = |text: String, ink| Label::new(RichText::new(text).font(theme::small()).color(ink));
    ui.add_space(2.0);
    let summary = match view.app.layers() {
        Ok(summary) => summary,
        Err(e) => {
            let frame = egui::Frame::new().fill(theme::tint(p.bad)).corner_radius(theme::ROUND_SMALL);
            frame.inner_margin(egui::Margin::same(8)).show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.label(RichText::new(&e.layer).font(theme::strong()).color(p.bad));
                ui.add(small(e.message, p.text).wrap());
            });
            return;
        }
    };
    let frame = egui::Frame::new().fill(p.well).corner_radius(theme::ROUND_SMALL);
    frame.inner_margin(egui::Margin::symmetric(8, 6)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        let columns = (ui.available_width() - 12.0) / 3.0;
        Grid::new("layers").num_columns(3).min_col_width(columns).spacing(egui::vec2(6.0, 0.0)).show(
            ui,
            |ui| {
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
                        response.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, &label));
                    };
                    ui.add(small(row.name.clone(), p.text)).on_hover_text(&row.kind);
                    let shape = row.output.iter().map(ToString::to_string).collect::<Vec<_>>().join("×");
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
            },
        );
    });
}
