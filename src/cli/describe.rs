//! Every setting of a recipe described: for the `knobs` table, and for telling what differs from the defaults.

use crate::knobs::{Choice, Flat, Knob, Knobs, List, Visitor, differences, flat, inside, set};
use crate::recipe::Recipe;

/// What a setting says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// `optim.lr`.
    pub path: String,
    /// The default as text.
    pub default: String,
    /// `0 to 1`, or the names that can be chosen.
    pub range: String,
    /// Empty for a plain number.
    pub unit: &'static str,
    /// One line.
    pub help: &'static str,
    /// Whether it can be changed while a training runs.
    pub live: bool,
    /// The choices that have it, `model.name=mlp`; empty if all have.
    pub when: Vec<String>,
}

/// Every setting with its default, those that only some choices have too.
pub fn describe(base: &Recipe) -> Vec<Described> {
    let mut rows: Vec<Described> = Vec::new();
    let list = list(base);
    for row in &list.rows {
        rows.push(row.clone());
    }
    for (path, options) in &list.choices {
        let Some(group) = path.strip_suffix("name").filter(|group| !group.is_empty()) else { continue };
        rows.retain(|row| !row.path.starts_with(group) || row.path == *path);
        let mut under: Vec<Described> = Vec::new();
        for option in options {
            let mut other = base.clone();
            if set(&mut other, path, option).is_err() {
                continue;
            }
            for row in list_of(&other, group).into_iter().filter(|row| row.path != *path) {
                let when = format!("{path}={option}");
                match under
                    .iter_mut()
                    .find(|known| Described { when: row.when.clone(), ..(*known).clone() } == row)
                {
                    Some(known) => known.when.push(when),
                    None => under.push(Described { when: vec![when], ..row }),
                }
            }
        }
        for row in under.iter_mut().filter(|row| row.when.len() == options.len()) {
            row.when.clear();
        }
        let at = rows.iter().position(|row| row.path == *path).map_or(rows.len(), |i| i + 1);
        rows.splice(at..at, under);
    }
    rows
}

/// What differs from the defaults of the same data set, model and optimizer: path, value, default.
pub fn changed(recipe: &Recipe) -> Vec<(String, String, String)> {
    let mut base = Recipe::default();
    let mut rows = Vec::new();
    let values = flat(&mut recipe.clone());
    let defaults: Flat = flat(&mut base);
    let value_of = |list: &Flat, path: &str| list.iter().find(|(p, _)| p == path).map(|(_, v)| v.clone());
    for (path, _) in list(recipe).choices {
        let (Some(value), was) = (value_of(&values, &path), value_of(&defaults, &path)) else { continue };
        if path.ends_with(".name") && set(&mut base, &path, &value).is_ok() && was.as_ref() != Some(&value) {
            rows.push((path, value, was.unwrap_or_default()));
        }
    }
    for (path, value, default) in differences(&values, &flat(&mut base)) {
        rows.push((path, value.unwrap_or_default(), default.unwrap_or_default()));
    }
    rows
}

fn list_of(recipe: &Recipe, group: &str) -> Vec<Described> {
    list(recipe).rows.into_iter().filter(|row| row.path.starts_with(group)).collect()
}

fn list(recipe: &Recipe) -> Lister {
    let mut lister = Lister::default();
    recipe.clone().visit(&mut lister);
    lister
}

#[derive(Default)]
struct Lister {
    prefix: String,
    rows: Vec<Described>,
    choices: Vec<(String, Vec<&'static str>)>,
}

impl Lister {
    fn push(&mut self, name: &str, default: String, range: String, help: &'static str) -> &mut Described {
        let path = format!("{}{name}", self.prefix);
        let at = self.rows.len();
        self.rows.push(Described { path, default, range, unit: "", help, live: false, when: Vec::new() });
        &mut self.rows[at]
    }
}

impl Visitor for Lister {
    fn float(&mut self, name: &'static str, value: &mut f64, knob: Knob<f64>) {
        let range = format!("{} to {}", number(knob.min), number(knob.max));
        let row = self.push(name, number(*value), range, knob.help);
        (row.unit, row.live) = (knob.unit, knob.live);
    }

    fn int(&mut self, name: &'static str, value: &mut u64, knob: Knob<u64>) {
        let row = self.push(name, value.to_string(), format!("{} to {}", knob.min, knob.max), knob.help);
        (row.unit, row.live) = (knob.unit, knob.live);
    }

    fn flag(&mut self, name: &'static str, value: &mut bool, help: &'static str) {
        self.push(name, value.to_string(), "true, false".to_owned(), help);
    }

    fn text(&mut self, name: &'static str, value: &mut String, help: &'static str) {
        self.push(name, value.clone(), "text".to_owned(), help);
    }

    fn choice(&mut self, name: &'static str, value: &mut dyn Choice, help: &'static str) {
        let options: Vec<&'static str> = value.options().iter().map(|option| option.name).collect();
        let row = self.push(name, value.chosen().to_owned(), options.join(", "), help);
        let path = row.path.clone();
        self.choices.push((path, options));
    }

    fn group(&mut self, name: &'static str, value: &mut dyn Knobs) {
        inside(self, |visitor| &mut visitor.prefix, name, value);
    }

    fn list(&mut self, name: &'static str, items: &mut dyn List, help: &'static str) {
        // What its items have depends on their kinds, which are told where they are chosen.
        self.push(name, items.count().to_string(), format!("1 to {}", items.most()), help);
    }
}

/// Very small and large numbers in scientific notation, as `--set` takes them too.
fn number(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e7).contains(&size) { format!("{value:e}") } else { value.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_every_choice_are_described_once() {
        let rows = describe(&Recipe::default());
        let find = |path: &str| rows.iter().filter(|row| row.path == path).collect::<Vec<_>>();
        assert_eq!(find("model.name").len(), 1);
        assert_eq!(find("model.dense_layers")[0].when, ["model.name=mlp"]);
        assert_eq!(find("train.epochs")[0].default, "12");
        let lr = find("optim.lr");
        assert!(lr.iter().all(|row| row.live && row.range == "1e-6 to 10"), "{lr:?}");
        for (i, row) in rows.iter().enumerate() {
            assert!(!row.help.is_empty(), "{} has no help", row.path);
            let again = rows[i + 1..].iter().any(|other| other == row);
            assert!(!again, "{} is there twice", row.path);
        }
    }

    #[test]
    fn what_differs_is_told_against_the_same_choices() -> Result<(), crate::knobs::SetError> {
        let mut recipe = Recipe::default();
        assert_eq!(changed(&recipe), []);
        set(&mut recipe, "model.name", "mlp")?;
        set(&mut recipe, "model.dense_size", "64")?;
        let owned = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(
            changed(&recipe),
            [owned("model.name", "mlp", "cnn"), owned("model.dense_size", "64", "256")]
        );
        Ok(())
    }
}
