//! What settings and their values are called elsewhere: in tutorials, Keras, W&B's examples.

use super::super::space::{Axis, Condition, Kind, Point, Range, Setting, Space, Value, settings};
use crate::knobs::{Choice as _, set};
use crate::recipe::Recipe;

/// Names of settings elsewhere, the one that tables are written with first.
const SETTINGS: &[(&str, &[&str])] = &[
    ("model.conv_kernel_size", &["kernel_size", "conv_kernel_size", "kernel"]),
    ("model.dense_layers", &["dense_layers", "num_dense_layers", "n_layers", "num_layers", "layers"]),
    ("model.dense_size", &["dense_size", "dense_units", "units", "hidden_size", "layer_size", "nodes"]),
    ("model.dropout", &["dropout", "dropout_rate"]),
    ("train.batch_size", &["batch_size", "batch"]),
    ("train.epochs", &["epochs", "num_epochs", "epoch"]),
    ("train.seed", &["seed"]),
    ("optim.name", &["optimizer"]),
    ("optim.lr", &["lr", "learning_rate"]),
    ("optim.momentum", &["momentum"]),
    ("optim.weight_decay", &["weight_decay"]),
    ("loss.name", &["loss", "loss_function"]),
    ("loss.label_smoothing", &["label_smoothing"]),
    ("model.name", &["model", "architecture"]),
    ("data.name", &["dataset", "data"]),
];

/// Names of values elsewhere, beside other spellings of our own.
const VALUES: &[(&str, &str)] = &[
    ("categorical_crossentropy", "cross_entropy"),
    ("sparse_categorical_crossentropy", "cross_entropy"),
    ("crossentropy", "cross_entropy"),
    ("binary_crossentropy", "binary_cross_entropy"),
    ("mse", "mean_squared_error"),
    ("mae", "mean_absolute_error"),
];

/// The setting that a name means: a path, a known name, or the last part of exactly one path.
pub(super) fn path(name: &str, recipe: &Recipe) -> Option<String> {
    let name = name.trim();
    let all = everywhere(recipe);
    let has = |path: &str| all.iter().any(|setting| setting.path == path);
    if has(name) {
        return Some(name.to_owned());
    }
    let lower = name.to_lowercase().replace([' ', '-'], "_");
    let known = SETTINGS.iter().find(|(path, names)| names.contains(&lower.as_str()) && has(path));
    if let Some((path, _)) = known {
        return Some((*path).to_owned());
    }
    let mut ends = all.iter().filter(|setting| setting.path.rsplit('.').next() == Some(lower.as_str()));
    match (ends.next(), ends.next()) {
        (Some(one), None) => Some(one.path.clone()),
        _ => None,
    }
}

/// What tables call an axis.
pub(super) fn column(axis: &Axis) -> String {
    let known = SETTINGS.iter().find(|(path, _)| *path == axis.path);
    known.map_or_else(|| axis.short().to_owned(), |(_, names)| names[0].to_owned())
}

/// The value that a text means for a setting: names of choices are found however they are spelled.
pub(super) fn value(path: &str, value: Value, recipe: &Recipe) -> Value {
    let Value::Text(text) = &value else { return value };
    let spelled = |text: &str| text.to_lowercase().replace([' ', '-', '_'], "");
    let ours = VALUES.iter().find(|(theirs, _)| spelled(theirs) == spelled(text)).map(|(_, ours)| *ours);
    let wanted = spelled(ours.unwrap_or(text));
    for setting in everywhere(recipe).iter().filter(|setting| setting.path == path) {
        if let Kind::Choice(variants) = &setting.kind
            && let Some(variant) = variants.iter().find(|variant| spelled(variant.name) == wanted)
        {
            return variant.name.into();
        }
    }
    value
}

/// The recipe, or where only the dense network has all the settings, that with the dense network: tables of the
/// tutorial's second part do not say which network they are about.
pub(super) fn with_model_for(names: &[&str], recipe: &Recipe) -> Recipe {
    let has_all = |recipe: &Recipe| {
        let all = settings(recipe);
        names
            .iter()
            .filter_map(|name| path(name, recipe))
            .filter(|path| path.starts_with("model."))
            .all(|path| all.iter().any(|setting| setting.path == path))
    };
    let mut mlp = recipe.clone();
    if !has_all(recipe) && set(&mut mlp, "model.name", "mlp").is_ok() && has_all(&mlp) {
        return mlp;
    }
    recipe.clone()
}

/// The space with a condition on every axis whose setting is there only for some values of another axis.
pub(super) fn with_conditions(mut space: Space, recipe: &Recipe) -> Space {
    let choices: Vec<(String, Vec<Value>)> = space
        .0
        .iter()
        .filter_map(|axis| match &axis.range {
            Range::Choice(values) => Some((axis.path.clone(), values.clone())),
            _ => None,
        })
        .collect();
    for axis in space.0.iter_mut().filter(|axis| axis.when.is_none()) {
        let group =
            |path: &str| path.rsplit_once('.').map_or(String::new(), |(group, _)| format!("{group}."));
        let parents =
            choices.iter().filter(|(path, _)| *path != axis.path && axis.path.starts_with(&group(path)));
        for (path, values) in parents {
            let is_there = |value: &&Value| {
                let mut made = recipe.clone();
                let chosen = set(&mut made, path, &value.to_string()).is_ok();
                chosen && settings(&made).iter().any(|setting| setting.path == axis.path)
            };
            let is: Vec<Value> = values.iter().filter(is_there).cloned().collect();
            if !is.is_empty() && is.len() < values.len() {
                axis.when = Some(Condition { path: path.clone(), is });
                break;
            }
        }
    }
    space
}

/// The settings of a recipe under every value of its choices of model, optimizer and loss.
fn everywhere(recipe: &Recipe) -> Vec<Setting> {
    let mut all = settings(recipe);
    let groups: [(&str, Vec<&str>); 3] = [
        ("model.name", recipe.model.options().iter().map(|v| v.name).collect()),
        ("optim.name", recipe.optim.options().iter().map(|v| v.name).collect()),
        ("loss.name", recipe.loss.options().iter().map(|v| v.name).collect()),
    ];
    for (path, names) in groups {
        for name in names {
            let mut made = recipe.clone();
            if set(&mut made, path, name).is_err() {
                continue;
            }
            let new = settings(&made).into_iter().filter(|s| !all.iter().any(|known| known.path == s.path));
            let new: Vec<Setting> = new.collect();
            all.extend(new);
        }
    }
    all
}

/// The points' values of an axis that count, in the order of the space.
pub(super) fn cell(axis: &Axis, point: &Point) -> String {
    point.get(&axis.path).map(ToString::to_string).unwrap_or_default()
}
