//! The space of a sweep: which settings of a recipe are varied, over what, under what condition.

mod check;
mod offers;
mod range;
mod settings;
mod value;

pub use check::problems;
pub use offers::{Offer, offers};
pub use range::Range;
pub use settings::{Kind, Setting, settings};
pub use value::{Point, Value};

use crate::knobs::{SetError, flat, set};
use crate::recipe::Recipe;
use serde::{Deserialize, Serialize};

/// When an axis counts: only where another one has one of some values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Path of the other axis.
    pub path: String,
    /// The values for which this axis counts.
    pub is: Vec<Value>,
}

/// A setting that is varied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// The setting's path, `optim.lr`.
    pub path: String,
    /// What it may be.
    pub range: Range,
    /// When it counts; always, if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
}

impl Axis {
    /// An axis that always counts.
    pub fn new(path: &str, range: Range) -> Self {
        Self { path: path.to_owned(), range, when: None }
    }

    /// The same, only where the axis at `path` has one of the values.
    pub fn when(self, path: &str, is: &[&str]) -> Self {
        let is = is.iter().map(|name| Value::from(*name)).collect();
        Self { when: Some(Condition { path: path.to_owned(), is }), ..self }
    }

    /// The path's last part, except where that says nothing by itself: `lr`, `batch_size`, `optimizer`, `loss`.
    pub fn short(&self) -> &str {
        match self.path.as_str() {
            "optim.name" => "optimizer",
            "loss.name" => "loss",
            "model.name" => "model",
            "data.name" => "data",
            "schedule.shape" => "schedule",
            path => path.rsplit('.').next().unwrap_or(path),
        }
    }
}

/// Everything that is varied, in the order in which it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Space(pub Vec<Axis>);

impl Space {
    /// The axis of a path.
    pub fn axis(&self, path: &str) -> Option<&Axis> {
        self.0.iter().find(|axis| axis.path == path)
    }

    /// The axes that have more than one value.
    pub fn varied(&self) -> impl Iterator<Item = &Axis> {
        self.0.iter().filter(|axis| !matches!(axis.range, Range::Fixed(_)))
    }

    /// Whether an axis counts in a point.
    pub fn counts(&self, axis: &Axis, point: &Point) -> bool {
        let Some(Condition { path, is }) = &axis.when else { return true };
        // An axis that does not count itself has no value, so that whatever hangs on it does not count either.
        point.get(path).is_some_and(|value| is.iter().any(|v| v.same(value)))
    }

    /// Axes in an order in which each comes after the one that its condition names.
    pub fn ordered(&self) -> Vec<&Axis> {
        let mut ordered: Vec<&Axis> = Vec::new();
        let mut left: Vec<&Axis> = self.0.iter().collect();
        while !left.is_empty() {
            let ready = |axis: &Axis, done: &[&Axis]| {
                axis.when.as_ref().is_none_or(|c| done.iter().any(|d| d.path == c.path))
            };
            let Some(at) = left.iter().position(|axis| ready(axis, &ordered)) else {
                // Conditions in a ring: `problems` tells of them.
                ordered.extend(left);
                break;
            };
            ordered.push(left.remove(at));
        }
        ordered
    }

    /// The point that takes its values from `value`, asked only for axes that count.
    pub fn point(&self, mut value: impl FnMut(&Axis, &Point) -> Value) -> Point {
        let mut point = Point::default();
        for axis in self.ordered() {
            if self.counts(axis, &point) {
                let value = value(axis, &point);
                point.0.insert(axis.path.clone(), value);
            }
        }
        point
    }

    /// The point at places in the unit cube, one a varied axis, in their order.
    pub fn decode(&self, places: &[f64]) -> Point {
        let place = |axis: &Axis| {
            let i = self.varied().position(|a| a.path == axis.path);
            i.and_then(|i| places.get(i)).copied().unwrap_or(0.5)
        };
        self.point(|axis, _| axis.range.decode(place(axis)))
    }

    /// The place of a point on each varied axis; `None` where the axis does not count or the value lies outside.
    pub fn encode(&self, point: &Point) -> Vec<Option<f64>> {
        self.varied().map(|axis| point.get(&axis.path).and_then(|value| axis.range.encode(value))).collect()
    }

    /// Whether every axis that counts has a value of its range.
    pub fn contains(&self, point: &Point) -> bool {
        self.0
            .iter()
            .filter(|axis| self.counts(axis, point))
            .all(|axis| point.get(&axis.path).is_some_and(|value| axis.range.cell(value).is_some()))
    }

    /// What a recipe has where the space varies it: the point to begin with.
    pub fn base(&self, recipe: &Recipe) -> Point {
        let rows = flat(&mut recipe.clone());
        self.point(|axis, _| match (&axis.range, rows.iter().find(|(path, _)| *path == axis.path)) {
            (Range::Fixed(value), _) => value.clone(),
            (_, Some((_, value))) => Value::parse(value),
            // A setting of another choice than the recipe's: there is no better guess than the middle.
            (range, None) => range.decode(0.5),
        })
    }

    /// A recipe with the values of a point: first what chooses (an optimizer comes with its own settings), then the
    /// rest in the order of the space. What the point does not name stays as the recipe has it.
    pub fn apply(&self, point: &Point, recipe: &Recipe) -> Result<Recipe, SetError> {
        let mut made = recipe.clone();
        let rank = |path: &str| self.0.iter().position(|axis| axis.path == path);
        let mut values: Vec<(&String, &Value)> = point.0.iter().collect();
        values.sort_by_key(|(path, _)| rank(path));
        for only_choices in [true, false] {
            for (path, value) in &values {
                if only_choices && !settings::chooses(&made, path) {
                    continue;
                }
                let text = value.to_string();
                // Choosing anew what is chosen already would lose the recipe's own settings of it.
                if !flat(&mut made).iter().any(|(p, v)| p == *path && *v == text) {
                    set(&mut made, path, &text)?;
                }
            }
        }
        Ok(made)
    }

    /// How many points a grid over it has with `n` values where there are infinitely many; `None` where that is more
    /// than can be counted.
    pub fn grid_size(&self, n: u64) -> Option<u64> {
        self.varied().try_fold(1_u64, |all, axis| all.checked_mul(axis.range.grid(n).len() as u64))
    }
}

#[cfg(test)]
mod tests;
