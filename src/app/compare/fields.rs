//! What a run can be chosen, sorted, grouped and drawn by: its settings, its figures, what the user says of it.

use crate::app::runs::Run;
use crate::runs::Split;

/// Figures that every run may have: name and label.
pub const FIGURES: &[(&str, &str)] = &[
    ("accuracy", "Best accuracy"),
    ("last_accuracy", "Last accuracy"),
    ("loss", "Best loss"),
    ("last_loss", "Last loss"),
    ("test_accuracy", "Test accuracy"),
    ("seconds", "Seconds of training"),
    ("epochs", "Epochs"),
    ("params", "Parameters"),
    ("images_per_s", "Images a second"),
];

/// A figure of a run by its name.
pub fn figure(run: &Run, name: &str) -> Option<f64> {
    let history = &run.history;
    let value = match name {
        "accuracy" => run.best_accuracy(),
        "last_accuracy" => run.last_accuracy(),
        "loss" => history.best_of(Split::Valid, "loss"),
        "last_loss" => history.last(Split::Valid, "loss"),
        "test_accuracy" => history.last(Split::Test, "accuracy"),
        "seconds" => Some(history.trained_secs).filter(|secs| *secs > 0.0),
        "epochs" => Some(history.epoch).filter(|epoch| *epoch > 0.0),
        "params" => history.started.as_ref().map(|s| s.params as f64).filter(|n| *n > 0.0),
        "images_per_s" => history.last(Split::Train, "images_per_s"),
        _ => None,
    };
    value.filter(|value| value.is_finite())
}

/// Anything of a run by a name as people write it: `lr`, `optim.lr`, `acc`, `status`, `tag`.
pub fn field(run: &Run, name: &str) -> Option<String> {
    match name {
        "name" => return Some(run.meta.name.clone()),
        "id" | "run" => return Some(run.id.clone()),
        "note" => return Some(run.meta.note.clone()),
        "tag" | "tags" => return Some(run.meta.tags.join(" ")),
        "starred" | "star" => return Some(run.meta.starred.to_string()),
        "status" => return Some(run.status().label().to_lowercase()),
        _ => {}
    }
    if let Some(value) = setting(run, name) {
        return Some(value);
    }
    let figure_name = match name {
        "acc" | "best" | "valid_accuracy" => "accuracy",
        "test" => "test_accuracy",
        "secs" | "time" => "seconds",
        other => other,
    };
    figure(run, figure_name).map(|value| value.to_string())
}

/// A setting by its path, by the end of its path (`lr`), or by its group for what was chosen there (`optim`).
pub fn setting(run: &Run, name: &str) -> Option<String> {
    let group = match name {
        "optimizer" => "optim",
        other => other,
    };
    let exact = |path: &str| path == name || path.strip_suffix(".name").is_some_and(|of| of == group);
    let ends = |path: &str| path.strip_suffix(name).is_some_and(|before| before.ends_with('.'));
    let find = |fits: &dyn Fn(&str) -> bool| run.flat.iter().find(|(path, _)| fits(path));
    let (path, value) = find(&exact).or_else(|| find(&ends).filter(|_| name != "name"))?;
    // What was changed while it ran counts.
    Some(run.value(path).unwrap_or(value).to_owned())
}
