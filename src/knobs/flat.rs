//! Lists settings as `path = value`, for comparing recipes and for tables.

use super::{Choice, Knob, Knobs, List, Visitor, inside, inside_list};

/// One setting: its path and its value as text, as [`super::set()`] would take them.
pub type Flat = Vec<(String, String)>;

/// Every setting with its value, in form order.
pub fn flat(knobs: &mut dyn Knobs) -> Flat {
    let mut lister = Lister { prefix: String::new(), rows: Vec::new() };
    knobs.visit(&mut lister);
    lister.rows.into_iter().map(|(path, value, _)| (path, value)).collect()
}

/// The paths of the settings that can be changed while a training runs.
pub fn live_paths(knobs: &mut dyn Knobs) -> Vec<String> {
    let mut lister = Lister { prefix: String::new(), rows: Vec::new() };
    knobs.visit(&mut lister);
    lister.rows.into_iter().filter(|(_, _, live)| *live).map(|(path, _, _)| path).collect()
}

/// The settings that differ: path, value of `a`, value of `b`; a missing one is `None`.
pub fn differences(a: &Flat, b: &Flat) -> Vec<(String, Option<String>, Option<String>)> {
    let find = |list: &Flat, path: &str| list.iter().find(|(p, _)| p == path).map(|(_, v)| v.clone());
    let mut rows = Vec::new();
    for (path, value) in a {
        let other = find(b, path);
        if other.as_ref() != Some(value) {
            rows.push((path.clone(), Some(value.clone()), other));
        }
    }
    for (path, value) in b {
        if find(a, path).is_none() {
            rows.push((path.clone(), None, Some(value.clone())));
        }
    }
    rows
}

struct Lister {
    prefix: String,
    rows: Vec<(String, String, bool)>,
}

impl Lister {
    fn push(&mut self, name: &str, value: String, live: bool) {
        self.rows.push((format!("{}{name}", self.prefix), value, live));
    }
}

impl Visitor for Lister {
    fn float(&mut self, name: &'static str, value: &mut f64, knob: Knob<f64>) {
        self.push(name, value.to_string(), knob.live);
    }

    fn int(&mut self, name: &'static str, value: &mut u64, knob: Knob<u64>) {
        self.push(name, value.to_string(), knob.live);
    }

    fn flag(&mut self, name: &'static str, value: &mut bool, _: &'static str) {
        self.push(name, value.to_string(), false);
    }

    fn text(&mut self, name: &'static str, value: &mut String, _: &'static str) {
        self.push(name, value.clone(), false);
    }

    fn choice(&mut self, name: &'static str, value: &mut dyn Choice, _: &'static str) {
        self.push(name, value.chosen().to_owned(), false);
    }

    fn group(&mut self, name: &'static str, value: &mut dyn Knobs) {
        inside(self, |visitor| &mut visitor.prefix, name, value);
    }

    fn list(&mut self, name: &'static str, items: &mut dyn List, _: &'static str) {
        self.push(name, items.count().to_string(), false);
        inside_list(self, |visitor| &mut visitor.prefix, name, items);
    }
}
