//! Checks a space against the settings of the recipe that it varies; every message says what would be right.

use super::settings::{Kind, setting, settings};
use super::{Axis, Condition, Range, Space, Value};
use crate::knobs::{Problem, SetError, set};
use crate::recipe::Recipe;

/// More combinations of choices than this are not tried one by one.
const MOST_COMBINATIONS: usize = 256;

/// Everything that is wrong with a space over a recipe.
pub fn problems(space: &Space, recipe: &Recipe) -> Vec<Problem> {
    let mut problems = Vec::new();
    if space.varied().next().is_none() {
        problems.push(problem("space", "nothing is varied; add an axis with more than one value"));
    }
    for (i, axis) in space.0.iter().enumerate() {
        let tell = |message: String| problem(&axis.path, message);
        if space.0[..i].iter().any(|other| other.path == axis.path) {
            problems.push(tell("it is varied twice; keep one of the two".to_owned()));
            continue;
        }
        let shape = shape(&axis.range);
        problems.extend(shape.iter().cloned().map(tell));
        problems.extend(condition(space, axis).map(&tell));
        // Values are looked at only where the range makes sense at all.
        if shape.is_empty() {
            problems.extend(in_recipe(space, axis, recipe).map(&tell));
        }
    }
    problems
}

fn problem(path: &str, message: impl Into<String>) -> Problem {
    Problem { path: path.to_owned(), message: message.into() }
}

/// What is wrong with a range by itself.
fn shape(range: &Range) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut ends = |min: f64, max: f64| {
        if !min.is_finite() || !max.is_finite() {
            wrong.push(format!("the range from {min} to {max} has no end; give two numbers"));
        } else if min > max {
            wrong.push(format!(
                "the range is upside down: from {min} to {max}; the smaller number comes first"
            ));
        }
    };
    match range {
        Range::Linear { min, max, step } => {
            ends(*min, *max);
            if !(*step >= 0.0 && step.is_finite()) {
                wrong.push(format!(
                    "a step of {step} leads nowhere; it must be above zero, or 0 for any number"
                ));
            }
        }
        Range::Log { min, max } => {
            ends(*min, *max);
            if *min <= 0.0 {
                wrong.push(format!(
                    "a logarithmic range cannot begin at {min}; begin above zero, or make the range linear"
                ));
            }
        }
        Range::Int { min, max, step, log } => {
            ends(*min as f64, *max as f64);
            if *step == 0 {
                wrong.push("a step of 0 leads nowhere; it must be 1 or more".to_owned());
            }
            if *log && *min == 0 {
                wrong.push(
                    "a logarithmic range cannot begin at 0; begin at 1, or make the range linear".to_owned(),
                );
            }
        }
        Range::Choice(values) => {
            if values.is_empty() {
                wrong.push("there is no value to choose from; name one or more".to_owned());
            }
            for (i, value) in values.iter().enumerate() {
                if values[..i].iter().any(|other| other.same(value)) {
                    wrong.push(format!("{value} is named twice; name it once"));
                }
            }
        }
        Range::Fixed(_) => {}
    }
    wrong
}

/// What is wrong with an axis's condition.
fn condition(space: &Space, axis: &Axis) -> Option<String> {
    let Condition { path, is } = axis.when.as_ref()?;
    let Some(parent) = space.axis(path) else {
        return Some(format!(
            "it hangs on '{path}', which is not varied; vary that too, or take the condition away"
        ));
    };
    if is.is_empty() {
        return Some(format!("it hangs on no value of '{path}', so it would never count; name one or more"));
    }
    if let Some(value) = is.iter().find(|value| parent.range.cell(value).is_none()) {
        return Some(format!("it hangs on '{path}' being {value}, which that never is"));
    }
    // Walks up; a way longer than there are axes goes in a ring.
    let mut at = axis;
    for _ in 0..=space.0.len() {
        match at.when.as_ref().and_then(|when| space.axis(&when.path)) {
            Some(next) => at = next,
            None => return None,
        }
    }
    Some("its condition hangs on itself; take one condition of the ring away".to_owned())
}

/// What is wrong with an axis on the recipe: in whatever combination of choices it counts, the setting must be there
/// and take its values.
fn in_recipe(space: &Space, axis: &Axis, recipe: &Recipe) -> Option<String> {
    for made in combinations(space, axis, recipe) {
        let made = match made {
            Ok(made) => made,
            // The choice itself is impossible: that axis tells of it.
            Err(_) => continue,
        };
        let Some(setting) = setting(&made.recipe, &axis.path) else {
            return Some(missing(axis, &made, recipe));
        };
        if let Some(message) = ends(&axis.range).iter().find_map(|value| setting.refuse(value)) {
            return Some(message);
        }
        let numbers = matches!(setting.kind, Kind::Float(_) | Kind::Int(_) | Kind::Count(_));
        if !numbers && !matches!(axis.range, Range::Choice(_) | Range::Fixed(_)) {
            return Some("it is not a number; name its values: choice([...])".to_owned());
        }
        if matches!(setting.kind, Kind::Int(_) | Kind::Count(_))
            && matches!(axis.range, Range::Linear { .. } | Range::Log { .. })
        {
            return Some("it is a whole number; make the range int(min: ..., max: ...)".to_owned());
        }
    }
    None
}

/// The values that decide whether all of a range is possible.
fn ends(range: &Range) -> Vec<Value> {
    match range {
        Range::Linear { min, max, .. } | Range::Log { min, max } => vec![(*min).into(), (*max).into()],
        Range::Int { min, max, .. } => vec![(*min).into(), (*max).into()],
        Range::Choice(values) => values.clone(),
        Range::Fixed(value) => vec![value.clone()],
    }
}

/// A recipe in which some choices were made.
struct Made {
    recipe: Recipe,
    choices: Vec<(String, Value)>,
}

/// The recipe under every combination of the choices that an axis's setting can hang on: those in the groups that it
/// lies in, where they and the axis count.
fn combinations(space: &Space, axis: &Axis, recipe: &Recipe) -> Vec<Result<Made, SetError>> {
    let mut all = vec![Ok(Made { recipe: recipe.clone(), choices: Vec::new() })];
    for parent in space.ordered() {
        let Range::Choice(values) = &parent.range else { continue };
        let group = parent.path.rsplit_once('.').map_or("", |(group, _)| group);
        if parent.path == axis.path || !axis.path.starts_with(&format!("{group}.")) {
            continue;
        }
        let allowed: Vec<&Value> = match &axis.when {
            Some(when) if when.path == parent.path => {
                values.iter().filter(|v| when.is.iter().any(|is| is.same(v))).collect()
            }
            _ => values.iter().collect(),
        };
        if all.len() * allowed.len() > MOST_COMBINATIONS {
            break;
        }
        all = all
            .into_iter()
            .flatten()
            .flat_map(|made| {
                allowed.iter().map(move |value| {
                    let mut recipe = made.recipe.clone();
                    set(&mut recipe, &parent.path, &value.to_string())?;
                    let mut choices = made.choices.clone();
                    choices.push((parent.path.clone(), (*value).clone()));
                    Ok(Made { recipe, choices })
                })
            })
            .collect();
    }
    all
}

fn missing(axis: &Axis, made: &Made, recipe: &Recipe) -> String {
    if let Some((path, value)) = made.choices.last() {
        let there = settings(recipe).iter().any(|s| s.path == axis.path) || axis.when.is_none();
        let advice = if there {
            format!("; add a condition: when: (path: \"{path}\", is: [...])")
        } else {
            String::new()
        };
        return format!("there is no such setting where {path} is {value}{advice}");
    }
    // The message of `set` knows names that are near.
    match set(&mut made.recipe.clone(), &axis.path, "") {
        Err(error @ SetError::Unknown { .. }) => error.to_string(),
        _ => "there is no such setting".to_owned(),
    }
}
