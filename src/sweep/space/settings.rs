//! The settings of a recipe as a sweep sees them: path, kind, bounds, help and present value.

use super::{Range, Value};
use crate::knobs::{Choice, Knob, Knobs, List, Scale, Variant, Visitor, inside, inside_list};
use crate::recipe::Recipe;

/// What kind of value a setting has.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A number.
    Float(Knob<f64>),
    /// A whole number.
    Int(Knob<u64>),
    /// On or off.
    Flag,
    /// Any text.
    Text,
    /// One of a list.
    Choice(Vec<Variant>),
    /// How many there are in a list, at most this many.
    Count(u64),
}

/// A setting that can be varied.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Its path, `optim.lr`.
    pub path: String,
    /// What kind of value it has.
    pub kind: Kind,
    /// One line: what it does.
    pub help: &'static str,
    /// What the recipe has.
    pub value: Value,
}

impl Setting {
    /// A range to begin with: a decade around the present value on logarithmic settings, the whole bounds elsewhere.
    pub fn range(&self) -> Range {
        let around = |min: f64, max: f64| {
            let now = self.value.number().filter(|x| *x > 0.0).unwrap_or(max);
            ((now / 10.0).max(min), (now * 10.0).min(max))
        };
        match &self.kind {
            Kind::Float(Knob { min, max, scale: Scale::Linear, .. }) => {
                Range::Linear { min: *min, max: *max, step: 0.0 }
            }
            Kind::Float(Knob { min, max, scale: Scale::Log, .. }) => {
                let (min, max) = around(min.max(1e-9), *max);
                Range::Log { min, max }
            }
            Kind::Int(Knob { min, max, scale, .. }) => {
                let log = *scale == Scale::Log;
                let (low, high) = around((*min).max(1) as f64, *max as f64);
                let (min, max) = if log { (low as u64, high as u64) } else { (*min, *max) };
                Range::Int { min, max, step: 1, log }
            }
            Kind::Count(most) => Range::Int { min: 1, max: *most, step: 1, log: false },
            Kind::Flag => Range::Choice(vec![Value::Flag(false), Value::Flag(true)]),
            Kind::Choice(variants) => Range::Choice(variants.iter().map(|v| v.name.into()).collect()),
            Kind::Text => Range::Choice(vec![self.value.clone()]),
        }
    }

    /// Whether a value is possible; else what would be.
    pub fn refuse(&self, value: &Value) -> Option<String> {
        let number = value.number();
        match &self.kind {
            Kind::Float(knob) => match number {
                None => Some(format!("'{value}' is not a number")),
                Some(x) if x >= knob.min && x <= knob.max => None,
                Some(_) => Some(bounds(value, knob.min, knob.max)),
            },
            Kind::Int(knob) => whole(value, knob.min, knob.max),
            Kind::Count(most) => whole(value, 1, *most),
            Kind::Flag => {
                (!matches!(value, Value::Flag(_))).then(|| format!("'{value}' is not true or false"))
            }
            Kind::Choice(variants) => {
                let text = value.to_string();
                let names: Vec<&str> = variants.iter().map(|v| v.name).collect();
                (!names.contains(&text.as_str()))
                    .then(|| format!("'{text}' is not one of {}", names.join(", ")))
            }
            Kind::Text => None,
        }
    }
}

fn bounds(value: &Value, min: impl std::fmt::Display, max: impl std::fmt::Display) -> String {
    format!("{value} is not possible, it must be between {min} and {max}")
}

fn whole(value: &Value, min: u64, max: u64) -> Option<String> {
    match value.number() {
        Some(x) if x.fract() == 0.0 && x >= 0.0 => {
            let possible = x >= min as f64 && x <= max as f64;
            (!possible).then(|| bounds(value, min, max))
        }
        _ => Some(format!("'{value}' is not a whole number of zero or more")),
    }
}

/// Every setting of a recipe, in form order.
pub fn settings(recipe: &Recipe) -> Vec<Setting> {
    let mut lister = Lister { prefix: String::new(), rows: Vec::new() };
    recipe.clone().visit(&mut lister);
    lister.rows
}

/// The setting at a path.
pub(super) fn setting(recipe: &Recipe, path: &str) -> Option<Setting> {
    settings(recipe).into_iter().find(|setting| setting.path == path)
}

/// Whether setting it brings other settings with it.
pub(super) fn chooses(recipe: &Recipe, path: &str) -> bool {
    setting(recipe, path).is_some_and(|s| matches!(s.kind, Kind::Choice(_) | Kind::Count(_)))
}

struct Lister {
    prefix: String,
    rows: Vec<Setting>,
}

impl Lister {
    fn push(&mut self, name: &str, kind: Kind, help: &'static str, value: Value) {
        self.rows.push(Setting { path: format!("{}{name}", self.prefix), kind, help, value });
    }
}

impl Visitor for Lister {
    fn float(&mut self, name: &'static str, value: &mut f64, knob: Knob<f64>) {
        self.push(name, Kind::Float(knob), knob.help, Value::Float(*value));
    }

    fn int(&mut self, name: &'static str, value: &mut u64, knob: Knob<u64>) {
        self.push(name, Kind::Int(knob), knob.help, Value::Int(*value));
    }

    fn flag(&mut self, name: &'static str, value: &mut bool, help: &'static str) {
        self.push(name, Kind::Flag, help, Value::Flag(*value));
    }

    fn text(&mut self, name: &'static str, value: &mut String, help: &'static str) {
        self.push(name, Kind::Text, help, Value::Text(value.clone()));
    }

    fn choice(&mut self, name: &'static str, value: &mut dyn Choice, help: &'static str) {
        self.push(name, Kind::Choice(value.options()), help, value.chosen().into());
    }

    fn group(&mut self, name: &'static str, value: &mut dyn Knobs) {
        inside(self, |visitor| &mut visitor.prefix, name, value);
    }

    fn list(&mut self, name: &'static str, items: &mut dyn List, help: &'static str) {
        let count = Value::Int(items.count() as u64);
        self.push(name, Kind::Count(items.most() as u64), help, count);
        inside_list(self, |visitor| &mut visitor.prefix, name, items);
    }
}
