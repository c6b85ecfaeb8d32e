//! The recipe: presets, data, model, optimizer, training; and the button that starts it.

use super::{layers, mends};
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
use egui::{Align, CollapsingHeader, ComboBox, Label, Layout, RichText, ScrollArea, Sense, Ui, WidgetInfo};

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
        notes: &[],
    };
    let mut recipe = draft.recipe().clone();
    section(ui, "Data");
    form::knobs_ui(ui, look, "data.", &mut recipe.data);
    data_ui(ui, view, &mut recipe.data);
    if !recipe.curation.is_nothing() {
        remark(ui, "Edited, shortened or shuffled on the Data page").on_hover_text(curated(&recipe));
    }
    augment_ui(ui, look, &mut recipe.augment);
    let fold = CollapsingHeader::new("Captured pictures").default_open(recipe.captured.repeat > 0);
    fold.show_unindented(ui, |ui| form::knobs_ui(ui, look, "captured.", &mut recipe.captured));
    layers::model_ui(ui, view, look, &mut recipe);
    section(ui, "Optimizer");
    form::knobs_ui(ui, look, "optim.", &mut recipe.optim);
    form::knobs_ui(ui, look, "schedule.", &mut recipe.schedule);
    form::knobs_ui(ui, look, "loss.", &mut recipe.loss);
    section(ui, "Training");
    let basics = BASICS.map(str::to_owned);
    form::knobs_ui(ui, Look { only: Some(&basics), ..look }, "train.", &mut recipe.train);
    finer_ui(ui, look, &mut recipe);
    if recipe != *draft.recipe() {
        let gesture = form::gesture(ui).or(layers::gesture(view.memory));
        view.ask(Command::Edit { recipe: Box::new(recipe), gesture });
    }
}

/// The settings that say which images are used, as the command line has them.
fn curated(recipe: &Recipe) -> String {
    let settings = knobs::flat(&mut recipe.curation.clone()).into_iter();
    let usual = knobs::flat(&mut Recipe::default().curation);
    let changed = settings.filter(|setting| !usual.contains(setting));
    let lines: Vec<String> = changed.map(|(name, value)| format!("curation.{name}={value}")).collect();
    lines.join("\n")
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

pub(super) fn section(ui: &mut Ui, title: &str) {
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
            mends::told_ui(ui, view, &why, app.draft.recipe(), p.warn);
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
