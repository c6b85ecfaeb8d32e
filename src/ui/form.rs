//! Draws any settings as a form: a slider and a field for a number, a menu for a choice, each with its help, marked
//! where it was changed or is not possible.

mod list;

pub use list::Note;

use super::icons::Icon;
use super::theme::{self, palette};
use super::widgets::{self, Action};
use super::words;
use crate::knobs::{Choice, Flat, Knob, Knobs, List, Problem, Scale, Visitor, inside, inside_list};
use egui::{
    Align, Checkbox, Color32, ComboBox, DragValue, Label, Layout, Response, RichText, Sense, Slider, Ui,
};
use egui::{Role, SliderClamping, TextEdit, WidgetInfo, vec2};

/// Width of the labels.
const LABEL: f32 = 124.0;
/// Width of a number's field, with its unit.
const FIELD: f32 = 70.0;
/// Width of the button that resets a setting.
const RESET: f32 = 20.0;
/// A slider over more whole numbers than this hits none of them: a field is better, as for a seed.
const TOO_MANY: u64 = 100_000;

/// What the form knows of the settings besides their values.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// The values that count as unchanged.
    pub defaults: &'a Flat,
    /// The settings that are not possible.
    pub problems: &'a [Problem],
    /// Put behind every accessible name, where a form is shown twice.
    pub suffix: &'a str,
    /// Draws only these settings, by their paths.
    pub only: Option<&'a [String]>,
    /// Draws labels above what they name, for a narrow place.
    pub narrow: bool,
    /// What is known of the items of a list, in their order.
    pub notes: &'a [Note],
}

/// Draws the settings below `prefix` (`optim.`, or nothing for the root); changes them as the user does.
pub fn knobs_ui(ui: &mut Ui, look: Look<'_>, prefix: &str, settings: &mut dyn Knobs) {
    settings.visit(&mut Form::new(ui, look, prefix));
}

/// Names the drag or the key press that changes something right now: all its changes are one step to undo.
pub fn gesture(ui: &Ui) -> Option<u64> {
    let id = egui::Id::unique("the last gesture");
    let (down, released) = ui.input(|i| (i.pointer.press_start_time(), i.pointer.any_released()));
    match down.map(f64::to_bits) {
        Some(gesture) => {
            ui.ctx().data_mut(|data| data.insert_temp(id, gesture));
            Some(gesture)
        }
        // The frame in which the button is let go still belongs to the drag.
        None if released => ui.ctx().data(|data| data.get_temp(id)),
        None => None,
    }
}

/// A form being drawn: shows every setting that it visits.
pub struct Form<'a> {
    ui: &'a mut Ui,
    look: Look<'a>,
    prefix: String,
}

impl<'a> Form<'a> {
    /// A form for the settings below `prefix`.
    pub fn new(ui: &'a mut Ui, look: Look<'a>, prefix: &str) -> Self {
        Self { ui, look, prefix: prefix.to_owned() }
    }

    fn path(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// One row: label, what `add` draws in the width it is given, and a button to reset it. `add` returns whatever can
    /// be operated; each is named by the label.
    fn row(
        &mut self,
        name: &str,
        value: &str,
        help: &str,
        add: impl FnOnce(&mut Ui, f32) -> Vec<Response>,
    ) -> Option<String> {
        let path = self.path(name);
        if self.look.only.is_some_and(|only| !only.contains(&path)) {
            return None;
        }
        let default = self.look.defaults.iter().find(|(p, _)| *p == path).map(|(_, v)| v.as_str());
        let changed = default.is_some_and(|default| default != value);
        let problem = self.look.problems.iter().find(|problem| problem.path == path);
        let label = words::path_label(&path);
        let full = format!("{label}{}", self.look.suffix);
        let mut reset = None;
        let p = palette(self.ui);
        let ink = match (problem, changed) {
            (Some(_), _) => p.bad,
            (None, true) => p.strong,
            (None, false) => p.dim,
        };
        let label = Label::new(RichText::new(label).color(ink)).truncate().sense(Sense::hover());
        let tooltip = match problem {
            Some(problem) => format!("{}\n\n{help}\n{path}", problem.message),
            None => format!("{help}\n{path}"),
        };
        let controls = |ui: &mut Ui, id| {
            let width = ui.available_width() - RESET - 6.0;
            for response in add(ui, width) {
                response.labelled_by(id).on_hover_text(&tooltip);
            }
            let tooltip = format!("Back to {}", default.unwrap_or_default());
            let button = Action::icon(Icon::Reset, "Reset").tooltip(&tooltip).width(RESET);
            if changed && button.show(ui) {
                reset = default.map(str::to_owned);
            }
        };
        if self.look.narrow {
            let named = self.ui.add(label).on_hover_text(&tooltip);
            named.widget_info(|| WidgetInfo::labeled(Role::Label, true, &full));
            self.ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                controls(ui, named.id);
            });
        } else {
            self.ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                let cell = Layout::left_to_right(Align::Center);
                let named = ui.allocate_ui_with_layout(vec2(LABEL, theme::ROW), cell, |ui| {
                    ui.set_width(LABEL);
                    ui.add(label)
                });
                let named = named.inner.on_hover_text(&tooltip);
                named.widget_info(|| WidgetInfo::labeled(Role::Label, true, &full));
                controls(ui, named.id);
            });
        }
        if let Some(problem) = problem {
            let text = RichText::new(&problem.message).font(theme::small()).color(p.bad);
            self.ui.horizontal_wrapped(|ui| {
                ui.add_space(if self.look.narrow { 0.0 } else { LABEL + 6.0 });
                ui.label(text);
            });
        }
        reset
    }

    fn ink(&self, name: &str) -> Option<Color32> {
        let path = self.path(name);
        let bad = self.look.problems.iter().any(|problem| problem.path == path);
        bad.then(|| palette(self.ui).bad)
    }
}

/// A field for a number.
fn field<'a>(value: &'a mut f64, min: f64, max: f64, unit: &'a str, speed: f64) -> DragValue<'a> {
    let suffix = if unit.is_empty() { String::new() } else { format!(" {unit}") };
    DragValue::new(value)
        .range(min..=max)
        .clamp_existing_to_range(false)
        .speed(speed)
        .suffix(suffix)
        .update_while_editing(false)
        .custom_formatter(|value, _| words::number(value))
        .custom_parser(|text| text.trim().replace(['_', ','], "").parse().ok())
}

fn number_ui(
    ui: &mut Ui,
    width: f32,
    value: &mut f64,
    knob: Knob<f64>,
    whole: bool,
    ink: Option<Color32>,
) -> Vec<Response> {
    let log = knob.scale == Scale::Log;
    let speed =
        if log { (value.abs() * 0.01).max(knob.min.abs() * 0.01) } else { (knob.max - knob.min) / 400.0 };
    if let Some(ink) = ink {
        ui.visuals_mut().override_text_color = Some(ink);
    }
    if whole && !log && knob.max - knob.min > TOO_MANY as f64 {
        let field = field(value, knob.min, knob.max, knob.unit, 0.2).max_decimals(0);
        return vec![ui.add_sized(vec2(width, theme::ROW), field)];
    }
    let mut slider = Slider::new(value, knob.min..=knob.max).logarithmic(log).clamping(SliderClamping::Edits);
    if whole {
        slider = slider.integer();
    }
    let slider = widgets::slider(ui, width - FIELD - 6.0, slider);
    let field = field(value, knob.min, knob.max, knob.unit, if whole { speed.max(0.05) } else { speed });
    let field = if whole { field.max_decimals(0) } else { field };
    // Room for "100 images" and the like.
    ui.spacing_mut().button_padding.x = 2.0;
    let field = ui.add_sized(vec2(FIELD, theme::ROW), field);
    vec![slider, field]
}

fn help(help: &str, live: bool) -> String {
    if live { format!("{help} (can be changed while it trains)") } else { help.to_owned() }
}

impl Visitor for Form<'_> {
    fn float(&mut self, name: &'static str, value: &mut f64, knob: Knob<f64>) {
        let ink = self.ink(name);
        let shown = value.to_string();
        let help = help(knob.help, knob.live);
        let reset = self.row(name, &shown, &help, |ui, width| number_ui(ui, width, value, knob, false, ink));
        if let Some(default) = reset.and_then(|text| text.parse().ok()) {
            *value = default;
        }
    }

    fn int(&mut self, name: &'static str, value: &mut u64, knob: Knob<u64>) {
        let ink = self.ink(name);
        let shown = value.to_string();
        let help = help(knob.help, knob.live);
        let mut real = *value as f64;
        let as_real = Knob {
            min: knob.min as f64,
            max: knob.max as f64,
            scale: knob.scale,
            unit: knob.unit,
            help: knob.help,
            live: knob.live,
        };
        let reset =
            self.row(name, &shown, &help, |ui, width| number_ui(ui, width, &mut real, as_real, true, ink));
        if real != *value as f64 {
            *value = real.round().max(0.0) as u64;
        }
        if let Some(default) = reset.and_then(|text| text.parse().ok()) {
            *value = default;
        }
    }

    fn flag(&mut self, name: &'static str, value: &mut bool, help: &'static str) {
        let shown = value.to_string();
        let reset = self.row(name, &shown, help, |ui, _| vec![ui.add(Checkbox::without_text(value))]);
        if let Some(default) = reset.and_then(|text| text.parse().ok()) {
            *value = default;
        }
    }

    fn text(&mut self, name: &'static str, value: &mut String, help: &'static str) {
        let shown = value.clone();
        let reset = self.row(name, &shown, help, |ui, width| {
            // The setting changes when the user is done, so that no half path is looked for.
            let id = ui.scope_id().with(name);
            let mut typed = ui.data_mut(|data| data.get_temp::<String>(id)).unwrap_or_else(|| value.clone());
            let field = ui.add(TextEdit::singleline(&mut typed).desired_width(width - 16.0));
            if field.lost_focus() {
                value.clone_from(&typed);
            }
            if field.has_focus() {
                ui.data_mut(|data| data.insert_temp(id, typed));
            } else {
                ui.data_mut(|data| data.remove::<String>(id));
            }
            vec![field]
        });
        if let Some(default) = reset {
            *value = default;
        }
    }

    fn choice(&mut self, name: &'static str, value: &mut dyn Choice, help: &'static str) {
        let shown = value.chosen();
        let options = value.options();
        let about = options.iter().find(|option| option.name == shown);
        let tooltip =
            about.map_or_else(|| help.to_owned(), |about| format!("{help}\n{}: {}", about.label, about.help));
        let label = about.map_or(shown, |about| about.label);
        let id = self.path(name);
        let mut picked = None;
        let reset = self.row(name, shown, &tooltip, |ui, width| {
            let menu = ComboBox::from_id_salt(&id).width(width).truncate().selected_text(label);
            // What stands behind it has its place, however long the label is.
            let menu = ui.scope(|ui| {
                ui.set_max_width(width);
                menu.show_ui(ui, |ui| {
                    for option in &options {
                        let line = ui.selectable_label(option.name == shown, option.label);
                        if line.on_hover_text(option.help).clicked() {
                            picked = Some(option.name);
                        }
                    }
                })
            });
            vec![menu.inner.response]
        });
        if let Some(name) = picked {
            value.choose(name);
        } else if let Some(default) = reset {
            value.choose(&default);
        }
    }

    fn group(&mut self, name: &'static str, value: &mut dyn Knobs) {
        inside(self, |visitor| &mut visitor.prefix, name, value);
    }

    fn list(&mut self, name: &'static str, items: &mut dyn List, help: &'static str) {
        // In a choice of settings (those that can change while training) the list itself is none,
        // but where it is asked for by its own name.
        let path = self.path(name);
        match self.look.only {
            Some(only) if !only.contains(&path) => {
                return inside_list(self, |visitor| &mut visitor.prefix, name, items);
            }
            only => {
                self.look.only = None;
                self.list_ui(name, items, help);
                self.look.only = only;
            }
        }
        if let Some(problem) = self.look.problems.iter().find(|p| p.path == self.path(name)) {
            let ink = palette(self.ui).bad;
            self.ui.label(RichText::new(&problem.message).font(theme::small()).color(ink));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knobs::flat;
    use crate::models::custom::Custom;
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    #[test]
    fn a_list_grows_shrinks_and_is_reordered() {
        fn kinds(custom: &mut Custom) -> Vec<String> {
            flat(custom)
                .into_iter()
                .filter(|(path, _)| path.ends_with(".name"))
                .map(|(_, kind)| kind)
                .collect()
        }
        let mut harness = Harness::builder().with_size([400.0, 1600.0]).build_ui_state(
            |ui, custom: &mut Custom| {
                // Fonts are there from the frame after the one that installs them.
                let installed = egui::Id::unique("fonts are installed");
                if ui.data(|data| data.get_temp::<bool>(installed)).is_none() {
                    theme::install(ui.ctx());
                    ui.data_mut(|data| data.insert_temp(installed, true));
                    return;
                }
                let look = Look {
                    defaults: &Flat::new(),
                    problems: &[],
                    suffix: "",
                    only: None,
                    narrow: false,
                    notes: &[],
                };
                knobs_ui(ui, look, "model.", custom);
            },
            Custom::default(),
        );
        harness.run_steps(3);
        let before = kinds(harness.state_mut());
        assert_eq!(&before[..3], ["conv", "max_pool", "batch_norm"]);
        for (button, first, count) in [
            ("Move down layer 1", "max_pool", before.len()),
            ("Remove layer 1", "conv", before.len() - 1),
            ("Insert behind layer 1", "conv", before.len()),
            ("Duplicate layer 1", "conv", before.len() + 1),
        ] {
            harness.get_by_label(button).click();
            harness.run_steps(3);
            let now = kinds(harness.state_mut());
            assert_eq!((now[0].as_str(), now.len()), (first, count), "after {button}: {now:?}");
        }
        assert_eq!(kinds(harness.state_mut())[..4], ["conv", "conv", "conv", "batch_norm"]);
        // New layers are open, the others fold out when they are clicked, and all stay as they are where they are moved to.
        let mut shown = |clicked: &[&str]| {
            for label in clicked {
                harness.get_by_label(label).click();
                harness.run_steps(3);
            }
            harness.query_all_by_label("Filters").count()
        };
        let two = shown(&[]);
        assert_eq!((shown(&["Layer 1"]), shown(&["Layer 1", "Layer 2"])), (two / 2 * 3, two / 2));
        assert_eq!(shown(&["Move down layer 2", "Layer 2"]), 0);
    }
}
