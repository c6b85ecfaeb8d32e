//! Edits what a setting may be: a slider with two handles for a range, switches for names, a line for numbers.

use crate::knobs::{Knob, Scale};
use crate::sweep::{Kind, Range, Setting, Value};
use crate::ui::theme::{self, palette};
use crate::ui::widgets::switch;
use crate::ui::words;
use egui::{Color32, ComboBox, DragValue, Rect, Response, Role, Sense, TextEdit, Ui, WidgetInfo, pos2, vec2};

/// Draws what `range` may be, and changes it as the user does. `name` names the controls.
pub fn range_ui(ui: &mut Ui, setting: Option<&Setting>, name: &str, range: &mut Range) {
    let bounds = setting.and_then(bounds);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        kind_ui(ui, bounds, name, range);
        match range {
            Range::Choice(values) if bounds.is_some() || !is_choice(setting) => list_ui(ui, name, values),
            Range::Fixed(value) => fixed_ui(ui, name, value),
            _ => {}
        }
    });
    match range {
        Range::Linear { min, max, .. } => ends_ui(ui, bounds, name, [min, max], false, false),
        Range::Log { min, max } => ends_ui(ui, bounds, name, [min, max], true, false),
        Range::Int { min, max, log, .. } => {
            let (mut low, mut high) = (*min as f64, *max as f64);
            ends_ui(ui, bounds, name, [&mut low, &mut high], *log, true);
            (*min, *max) = (low.round().max(0.0) as u64, high.round().max(0.0) as u64);
        }
        Range::Choice(values) => {
            if let Some(Kind::Choice(variants)) = setting.map(|setting| &setting.kind) {
                ui.horizontal_wrapped(|ui| {
                    ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
                    for variant in variants {
                        let value: Value = variant.name.into();
                        let place = values.iter().position(|known| known.same(&value));
                        if switch(ui, variant.label, variant.help, place.is_some()) {
                            match place {
                                Some(i) => _ = values.remove(i),
                                None => values.push(value),
                            }
                        }
                    }
                });
            }
        }
        Range::Fixed(_) => {}
    }
}

fn is_choice(setting: Option<&Setting>) -> bool {
    matches!(setting.map(|setting| &setting.kind), Some(Kind::Choice(_)))
}

/// Lowest and highest possible number, whether whole, and how a slider moves.
fn bounds(setting: &Setting) -> Option<(f64, f64, bool, Scale)> {
    match &setting.kind {
        Kind::Float(Knob { min, max, scale, .. }) => Some((*min, *max, false, *scale)),
        Kind::Int(Knob { min, max, scale, .. }) => Some((*min as f64, *max as f64, true, *scale)),
        Kind::Count(most) => Some((1.0, *most as f64, true, Scale::Linear)),
        Kind::Flag | Kind::Text | Kind::Choice(_) => None,
    }
}

/// Range, logarithmic range, list, or one value.
fn kind_ui(ui: &mut Ui, bounds: Option<(f64, f64, bool, Scale)>, name: &str, range: &mut Range) {
    let now = match range {
        Range::Linear { .. } | Range::Int { log: false, .. } => "Range",
        Range::Log { .. } | Range::Int { log: true, .. } => "Log range",
        Range::Choice(_) => "List",
        Range::Fixed(_) => "Fixed",
    };
    let mut picked = None;
    let menu = ComboBox::from_id_salt(("kind", name)).width(86.0).selected_text(now).show_ui(ui, |ui| {
        let numbers: &[(&str, &str)] = &[
            ("Range", "Any number between two ends, each as likely as another"),
            ("Log range", "Between two ends, each order of magnitude as likely as another"),
        ];
        let others =
            [("List", "One of some values"), ("Fixed", "Always this value, whatever else is chosen")];
        let numbers = if bounds.is_some() { numbers } else { &[] };
        for (kind, help) in numbers.iter().chain(&others) {
            if ui.selectable_label(*kind == now, *kind).on_hover_text(*help).clicked() && *kind != now {
                picked = Some(*kind);
            }
        }
    });
    let label = format!("{name}: kind of range");
    menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, &label));
    if let Some(kind) = picked {
        *range = changed(range, kind, bounds);
    }
}

/// The range as another kind, with the same values as far as that can be.
fn changed(range: &Range, kind: &str, bounds: Option<(f64, f64, bool, Scale)>) -> Range {
    let values = range.grid(5);
    let numbers: Vec<f64> = values.iter().filter_map(Value::number).collect();
    let (least, most, whole, _) = bounds.unwrap_or((0.0, 1.0, false, Scale::Linear));
    let min = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let max = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (min, max) = if min < max { (min, max) } else { (least, most) };
    match kind {
        "List" => Range::Choice(values),
        "Fixed" => Range::Fixed(values.first().cloned().unwrap_or(Value::Int(0))),
        "Log range" if whole => {
            Range::Int { min: min.max(1.0) as u64, max: max.max(1.0) as u64, step: 1, log: true }
        }
        "Log range" => Range::Log { min: if min > 0.0 { min } else { max * 1e-3 }, max },
        _ if whole => Range::Int { min: min.max(0.0) as u64, max: max.max(0.0) as u64, step: 1, log: false },
        _ => Range::Linear { min, max, step: 0.0 },
    }
}

fn fixed_ui(ui: &mut Ui, name: &str, value: &mut Value) {
    let label = format!("{name}: value");
    if let Some(typed) = line_ui(ui, &label, &value.to_string()) {
        *value = Value::parse(&typed);
    }
}

fn list_ui(ui: &mut Ui, name: &str, values: &mut Vec<Value>) {
    let label = format!("{name}: values");
    let text = values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if let Some(typed) = line_ui(ui, &label, &text) {
        let parts = typed.split(',').map(str::trim).filter(|part| !part.is_empty());
        *values = parts.map(Value::parse).collect();
    }
}

/// A line of text; what was typed comes when the user is done.
pub fn line_ui(ui: &mut Ui, label: &str, text: &str) -> Option<String> {
    let id = ui.scope_id().with(label);
    let mut typed = ui.data_mut(|data| data.get_temp::<String>(id)).unwrap_or_else(|| text.to_owned());
    let width = ui.available_width() - 16.0;
    let field = ui.add(TextEdit::singleline(&mut typed).desired_width(width));
    field.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, label));
    if field.has_focus() {
        ui.data_mut(|data| data.insert_temp(id, typed.clone()));
    } else {
        ui.data_mut(|data| data.remove::<String>(id));
    }
    (field.lost_focus() && typed != text).then_some(typed)
}

/// Two handles on a rail, and a field for each end.
fn ends_ui(
    ui: &mut Ui,
    bounds: Option<(f64, f64, bool, Scale)>,
    name: &str,
    [low, high]: [&mut f64; 2],
    log: bool,
    whole: bool,
) {
    let (least, most, ..) = bounds.unwrap_or((*low, *high, whole, Scale::Linear));
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let field = |ui: &mut Ui, end: &mut f64, what: &str| {
            let speed = if log { end.abs() * 0.01 } else { (most - least) / 400.0 };
            let drag = DragValue::new(end)
                .range(least..=most)
                .speed(if whole { speed.max(0.05) } else { speed })
                .update_while_editing(false)
                .custom_formatter(|value, _| words::number(value))
                .custom_parser(|text| text.trim().replace(['_', ','], "").parse().ok());
            let drag = if whole { drag.max_decimals(0) } else { drag };
            let field = ui.add_sized(vec2(62.0, theme::ROW), drag);
            let label = format!("{name} {what}");
            field.widget_info(|| WidgetInfo::labeled(Role::SpinButton, true, &label));
        };
        field(ui, low, "from");
        let width = ui.available_width() - 62.0 - 6.0 - 14.0;
        handles(ui, width, [&mut *low, &mut *high], [least, most], log);
        field(ui, high, "to");
    });
}

/// The rail: dragging moves the handle that is nearer.
fn handles(ui: &mut Ui, width: f32, [low, high]: [&mut f64; 2], bounds: [f64; 2], log: bool) -> Response {
    let p = palette(ui);
    let (rect, mut response) =
        ui.allocate_exact_size(vec2(width.max(40.0), theme::ROW), Sense::click_and_drag());
    let rail = Rect::from_center_size(rect.center(), vec2(rect.width() - 14.0, 4.0));
    // A logarithmic rail cannot begin at zero: six orders of magnitude below its end are as good.
    let floor = if log { bounds[0].max(bounds[1] * 1e-6) } else { bounds[0] };
    let share = |value: f64| {
        let share = if log {
            (value.max(floor) / floor).ln() / (bounds[1] / floor).ln()
        } else {
            (value - floor) / (bounds[1] - floor)
        };
        (share as f32).clamp(0.0, 1.0)
    };
    let value = |share: f32| {
        let share = f64::from(share.clamp(0.0, 1.0));
        let value =
            if log { floor * (bounds[1] / floor).powf(share) } else { floor + share * (bounds[1] - floor) };
        // Three digits are what a hand can set.
        format!("{value:.2e}").parse().unwrap_or(value)
    };
    let x = |share: f32| rail.left() + share * rail.width();
    let (a, b) = (x(share(*low)), x(share(*high)));
    let id = response.id;
    if response.is_pointer_button_down_on()
        && let Some(pointer) = response.interact_pointer_pos()
    {
        let held: Option<bool> = ui.data(|data| data.get_temp(id));
        let upper = held.unwrap_or_else(|| (pointer.x - b).abs() < (pointer.x - a).abs() || pointer.x > b);
        ui.data_mut(|data| data.insert_temp(id, upper));
        let wanted = value((pointer.x - rail.left()) / rail.width());
        let old = (*low, *high);
        if upper {
            *high = wanted.max(*low);
        } else {
            *low = wanted.min(*high);
        }
        if (*low, *high) != old {
            response.mark_changed();
        }
    } else {
        ui.data_mut(|data| data.remove::<bool>(id));
    }
    let painter = ui.painter();
    painter.rect_filled(rail, 2.0, p.hover);
    painter.rect_filled(
        Rect::from_min_max(pos2(a, rail.top()), pos2(b, rail.bottom())),
        2.0,
        p.accent.gamma_multiply(0.75),
    );
    for at in [a, b] {
        let hot = response.hovered() || response.dragged();
        painter.circle(pos2(at, rail.center().y), 6.0, if hot { p.hover } else { p.button }, (1.0, p.accent));
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Slider, true, "Both ends of the range"));
    response.on_hover_text("Drag a handle, or type the ends in the fields")
}

/// The colour of a value by its rank: dark for the worst, bright for the best, as viridis has it.
pub fn ink(ui: &Ui, rank: f32) -> Color32 {
    theme::scale(rank, ui.visuals().dark_mode)
}
