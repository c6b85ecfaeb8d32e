//! W&B's sweep files (YAML: method, metric, parameters, early_terminate, run_cap) both ways. No server is involved.

use super::super::pruner::{Asha, Hyperband, Pruner};
use super::super::space::{Axis, Range, Space, Value};
use super::super::spec::{Goal, Objective, Sweep};
use super::super::strategy::{Grid, Random, Strategy, Tpe};
use super::names;
use crate::knobs::Choice as _;
use crate::recipe::Recipe;
use crate::runs::Split;
use yaml_serde::{Mapping, Value as Yaml};

/// Why a sweep file cannot be read, with the place.
#[derive(Debug, thiserror::Error)]
pub enum WandbError {
    /// It is no YAML.
    #[error("the file is no YAML: {0}")]
    Yaml(#[from] yaml_serde::Error),
    /// Something that a sweep needs is missing or is not what it must be.
    #[error("{place}: {message}")]
    Wrong {
        /// Where: `parameters.lr.min`.
        place: String,
        /// What is wrong, and what would be right.
        message: String,
    },
}

fn wrong(place: impl Into<String>, message: impl Into<String>) -> WandbError {
    WandbError::Wrong { place: place.into(), message: message.into() }
}

/// The sweep of a file, over a recipe. `grid`, `random` and `bayes` become grid, random and TPE; Hyperband of
/// `early_terminate` ours. Conditions, which such files have none of, are added where a setting needs one.
pub fn from_wandb(text: &str, recipe: &Recipe) -> Result<Sweep, WandbError> {
    let file: Yaml = yaml_serde::from_str(text)?;
    let Some(file) = file.as_mapping() else {
        return Err(wrong("the file", "there is nothing in it; a sweep has method and parameters"));
    };
    let strategy = match file.get("method").and_then(Yaml::as_str) {
        Some("grid") => Strategy::Grid(Grid::default()),
        Some("random") => Strategy::Random(Random::default()),
        Some("bayes") => Strategy::Tpe(Tpe::default()),
        Some(other) => return Err(wrong("method", format!("'{other}' is not one of grid, random, bayes"))),
        None => return Err(wrong("method", "it is missing; it must be grid, random or bayes")),
    };
    let Some(parameters) = file.get("parameters").and_then(Yaml::as_mapping) else {
        return Err(wrong("parameters", "they are missing; name what is varied, with values or min and max"));
    };
    let mut found = Vec::new();
    walk("parameters", "", parameters, &mut found)?;
    let titles: Vec<&str> = found.iter().map(|(_, name, _)| name.as_str()).collect();
    let recipe = names::with_model_for(&titles, recipe);
    let mut axes = Vec::new();
    for (place, name, range) in found {
        let Some(path) = names::path(&name, &recipe) else {
            return Err(wrong(place, "no setting is called that; use a path such as optim.lr"));
        };
        axes.push(Axis { range: renamed(&path, range, &recipe), path, when: None });
    }
    let objective = objective(file.get("metric"))?;
    let space = names::with_conditions(Space(axes), &recipe);
    let own = strategy.propose().trials(&space);
    let trials = file.get("run_cap").and_then(Yaml::as_u64).or(own).unwrap_or(Sweep::default().trials);
    let name = file.get("name").and_then(Yaml::as_str).unwrap_or("Imported sweep").to_owned();
    let about = file.get("description").and_then(Yaml::as_str).unwrap_or("From a W&B sweep file").to_owned();
    let pruner = pruner(file.get("early_terminate"))?;
    Ok(Sweep {
        name,
        about,
        recipe,
        space,
        strategy,
        pruner,
        objectives: vec![objective],
        trials: trials.max(1),
        ..Sweep::default()
    })
}

/// Gathers parameters; one that holds `parameters` itself is a group, whose name goes before theirs.
fn walk(
    place: &str,
    prefix: &str,
    parameters: &Mapping,
    found: &mut Vec<(String, String, Range)>,
) -> Result<(), WandbError> {
    for (name, parameter) in parameters {
        let Some(name) = name.as_str() else { return Err(wrong(place, "a name is no text")) };
        let (place, name) = (format!("{place}.{name}"), format!("{prefix}{name}"));
        let Some(parameter) = parameter.as_mapping() else {
            return Err(wrong(place, "it must have value, values, or min and max"));
        };
        match parameter.get("parameters").and_then(Yaml::as_mapping) {
            Some(inner) => walk(&format!("{place}.parameters"), &format!("{name}."), inner, found)?,
            None => {
                let range = range(&place, parameter)?;
                found.push((place, name, range));
            }
        }
    }
    Ok(())
}

fn range(place: &str, parameter: &Mapping) -> Result<Range, WandbError> {
    if let Some(value) = parameter.get("value") {
        return Ok(Range::Fixed(scalar(&format!("{place}.value"), value)?));
    }
    if let Some(values) = parameter.get("values") {
        let Some(values) = values.as_sequence() else {
            return Err(wrong(format!("{place}.values"), "it is no list"));
        };
        let values = values.iter().map(|value| scalar(&format!("{place}.values"), value));
        return Ok(Range::Choice(values.collect::<Result<_, _>>()?));
    }
    let end = |name: &str| {
        let at = format!("{place}.{name}");
        let Some(end) = parameter.get(name) else {
            return Err(wrong(
                place,
                format!("it has no {name}; it must have value, values, or min and max"),
            ));
        };
        end.as_f64().map(|x| (x, end.is_u64())).ok_or_else(|| wrong(at, "it is no number"))
    };
    let ((min, min_whole), (max, max_whole)) = (end("min")?, end("max")?);
    let whole = min_whole && max_whole;
    let step = parameter.get("q").and_then(Yaml::as_f64);
    // Without a name of a distribution, two whole ends mean whole numbers.
    let kind = parameter.get("distribution").and_then(Yaml::as_str).unwrap_or(if whole {
        "int_uniform"
    } else {
        "uniform"
    });
    let int = |step: f64, log: bool| Range::Int {
        min: min as u64,
        max: max as u64,
        step: (step as u64).max(1),
        log,
    };
    Ok(match kind {
        "int_uniform" if min >= 0.0 => int(1.0, false),
        "uniform" => Range::Linear { min, max, step: 0.0 },
        "q_uniform" => match step.unwrap_or(1.0) {
            step if whole && step.fract() == 0.0 => int(step, false),
            step => Range::Linear { min, max, step },
        },
        "log_uniform_values" => Range::Log { min, max },
        // Ends are exponents of e.
        "log_uniform" => Range::Log { min: min.exp(), max: max.exp() },
        "q_log_uniform_values" if whole && step.unwrap_or(1.0).fract() == 0.0 => {
            int(step.unwrap_or(1.0), true)
        }
        other => {
            return Err(wrong(
                format!("{place}.distribution"),
                format!(
                    "'{other}' is not known here; use constant, categorical, int_uniform, uniform, q_uniform, log_uniform or log_uniform_values"
                ),
            ));
        }
    })
}

fn scalar(place: &str, value: &Yaml) -> Result<Value, WandbError> {
    match value {
        Yaml::Bool(flag) => Ok(Value::Flag(*flag)),
        Yaml::String(text) => Ok(Value::Text(text.clone())),
        Yaml::Number(number) => match (number.as_u64(), number.as_f64()) {
            (Some(n), _) => Ok(Value::Int(n)),
            (_, Some(x)) => Ok(Value::Float(x)),
            _ => Err(wrong(place, "it is no number")),
        },
        _ => Err(wrong(place, "it must be a number, a text, true or false")),
    }
}

fn renamed(path: &str, range: Range, recipe: &Recipe) -> Range {
    match range {
        Range::Choice(values) => {
            Range::Choice(values.into_iter().map(|value| names::value(path, value, recipe)).collect())
        }
        Range::Fixed(value) => Range::Fixed(names::value(path, value, recipe)),
        range => range,
    }
}

fn objective(metric: Option<&Yaml>) -> Result<Objective, WandbError> {
    let Some(metric) = metric.and_then(Yaml::as_mapping) else { return Ok(Objective::default()) };
    let name = metric.get("name").and_then(Yaml::as_str).unwrap_or("val_accuracy");
    let lower = name.to_lowercase().replace(['/', '.'], "_");
    let split = if lower.contains("test") { Split::Test } else { Split::Valid };
    let plain = if lower.contains("loss") {
        "loss"
    } else if lower.contains("acc") {
        "accuracy"
    } else {
        lower.as_str()
    };
    let goal = match metric.get("goal").and_then(Yaml::as_str) {
        None => Objective::new(plain, split).goal,
        Some("maximize") => Goal::Maximise,
        Some("minimize") => Goal::Minimise,
        Some(other) => {
            return Err(wrong("metric.goal", format!("'{other}' is not one of maximize, minimize")));
        }
    };
    Ok(Objective { metric: plain.to_owned(), split, goal })
}

fn pruner(stop: Option<&Yaml>) -> Result<Pruner, WandbError> {
    let Some(stop) = stop.and_then(Yaml::as_mapping) else { return Ok(Pruner::default()) };
    match stop.get("type").and_then(Yaml::as_str) {
        Some("hyperband") | None => {
            let number = |name: &str| stop.get(name).and_then(Yaml::as_f64);
            let factor = number("eta").map_or(3, |eta| eta.round().max(2.0) as u64);
            Ok(Pruner::Hyperband(Hyperband { min_epochs: number("min_iter").unwrap_or(1.0), factor }))
        }
        Some(other) => {
            Err(wrong("early_terminate.type", format!("'{other}' is not known here; use hyperband")))
        }
    }
}

/// A sweep as such a file, and what of it the file cannot say. Settings are named by their paths.
pub fn to_wandb(sweep: &Sweep) -> Result<(String, Vec<String>), yaml_serde::Error> {
    let mut lost = Vec::new();
    let mut file = Mapping::new();
    if !sweep.name.is_empty() {
        file.insert("name".into(), sweep.name.as_str().into());
    }
    if !sweep.about.is_empty() {
        file.insert("description".into(), sweep.about.as_str().into());
    }
    let method = match &sweep.strategy {
        Strategy::Grid(_) => "grid",
        Strategy::Random(_) => "random",
        Strategy::Tpe(_) => "bayes",
        other => {
            lost.push(format!("the strategy '{}' is written as random", other.chosen()));
            "random"
        }
    };
    file.insert("method".into(), method.into());
    let objective = sweep.objective();
    let goal = match objective.goal {
        Goal::Maximise => "maximize",
        Goal::Minimise => "minimize",
    };
    let mut metric = Mapping::new();
    metric.insert("name".into(), format!("{}_{}", objective.split.name(), objective.metric).into());
    metric.insert("goal".into(), goal.into());
    file.insert("metric".into(), metric.into());
    if sweep.objectives.len() > 1 {
        lost.push(format!("only the first of {} objectives is written", sweep.objectives.len()));
    }
    let mut parameters = Mapping::new();
    for axis in &sweep.space.0 {
        parameters.insert(axis.path.as_str().into(), parameter(&axis.range).into());
        if let Some(when) = &axis.when {
            lost.push(format!("{} is written without its condition on {}", axis.path, when.path));
        }
    }
    file.insert("parameters".into(), parameters.into());
    match &sweep.pruner {
        Pruner::Hyperband(Hyperband { min_epochs, factor }) | Pruner::Asha(Asha { min_epochs, factor }) => {
            let mut stop = Mapping::new();
            stop.insert("type".into(), "hyperband".into());
            stop.insert("min_iter".into(), (min_epochs.ceil() as u64).max(1).into());
            stop.insert("eta".into(), (*factor).into());
            file.insert("early_terminate".into(), stop.into());
        }
        Pruner::Never(_) => {}
        other => lost.push(format!("the pruner '{}' is not written", other.chosen())),
    }
    file.insert("run_cap".into(), sweep.trials.into());
    Ok((yaml_serde::to_string(&file)?, lost))
}

fn parameter(range: &Range) -> Mapping {
    let mut parameter = Mapping::new();
    let mut ends = |kind: &str, min: Yaml, max: Yaml, step: Option<Yaml>| {
        parameter.insert("distribution".into(), kind.into());
        parameter.insert("min".into(), min);
        parameter.insert("max".into(), max);
        if let Some(step) = step {
            parameter.insert("q".into(), step);
        }
    };
    match range {
        Range::Linear { min, max, step } if *step > 0.0 => {
            ends("q_uniform", (*min).into(), (*max).into(), Some((*step).into()));
        }
        Range::Linear { min, max, .. } => ends("uniform", (*min).into(), (*max).into(), None),
        Range::Log { min, max } => ends("log_uniform_values", (*min).into(), (*max).into(), None),
        Range::Int { min, max, step, log: true } => {
            ends("q_log_uniform_values", (*min).into(), (*max).into(), Some((*step).into()));
        }
        Range::Int { min, max, step: 1, .. } => ends("int_uniform", (*min).into(), (*max).into(), None),
        Range::Int { min, max, step, .. } => {
            ends("q_uniform", (*min).into(), (*max).into(), Some((*step).into()));
        }
        Range::Choice(values) => {
            parameter.insert("values".into(), Yaml::Sequence(values.iter().map(yaml).collect()));
        }
        Range::Fixed(value) => {
            parameter.insert("value".into(), yaml(value));
        }
    }
    parameter
}

fn yaml(value: &Value) -> Yaml {
    match value {
        Value::Flag(flag) => (*flag).into(),
        Value::Int(n) => (*n).into(),
        Value::Float(x) => (*x).into(),
        Value::Text(text) => text.as_str().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::strategy::tests::mixed;
    use super::*;

    const EXAMPLE: &str = "
program: train.py
method: bayes
metric:
  name: val_loss
  goal: minimize
parameters:
  learning_rate: {distribution: log_uniform_values, min: 1e-4, max: 0.1}
  batch_size: {values: [32, 64, 128]}
  optimizer: {values: [Adam, SGD]}
  momentum: {min: 0.0, max: 0.9}
  epochs: {value: 5}
  model:
    parameters:
      conv_kernel_size: {min: 3, max: 7}
early_terminate: {type: hyperband, min_iter: 2, eta: 4}
run_cap: 40
";

    #[test]
    fn files_of_others_are_read() -> Result<(), WandbError> {
        let sweep = from_wandb(EXAMPLE, &Recipe::default())?;
        assert_eq!(sweep.problems(), []);
        assert_eq!(sweep.space.axis("optim.lr").map(|a| &a.range), Some(&Range::Log { min: 1e-4, max: 0.1 }));
        let momentum = sweep.space.axis("optim.momentum").and_then(|a| a.when.clone());
        assert_eq!(
            momentum.map(|when| when.is),
            Some(vec!["sgd".into()]),
            "needs a condition, so it gets one"
        );
        assert_eq!(sweep.space.axis("train.epochs").map(|a| &a.range), Some(&Range::Fixed(5.into())));
        let kernel = Range::Int { min: 3, max: 7, step: 1, log: false };
        assert_eq!(sweep.space.axis("model.conv_kernel_size").map(|a| &a.range), Some(&kernel));
        assert_eq!((sweep.objective().metric.as_str(), sweep.objective().goal), ("loss", Goal::Minimise));
        assert_eq!(sweep.pruner, Pruner::Hyperband(Hyperband { min_epochs: 2.0, factor: 4 }));
        assert_eq!((sweep.trials, sweep.strategy.chosen()), (40, "tpe"));
        Ok(())
    }

    #[test]
    fn a_sweep_comes_back_as_it_was_written() -> Result<(), WandbError> {
        let sweep = Sweep { name: "Mixed".to_owned(), space: mixed(), trials: 7, ..Sweep::default() };
        let (text, lost) = to_wandb(&sweep)?;
        assert_eq!(lost.len(), 2, "{lost:?}");
        let again = from_wandb(&text, &sweep.recipe)?;
        for (axis, was) in again.space.0.iter().zip(&sweep.space.0) {
            assert_eq!((&axis.path, &axis.range), (&was.path, &was.range));
        }
        assert_eq!(again.space.axis("optim.momentum"), sweep.space.axis("optim.momentum"));
        assert_eq!((again.name, again.trials, again.strategy), (sweep.name, sweep.trials, sweep.strategy));
        Ok(())
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let error = |text: &str| from_wandb(text, &Recipe::default()).expect_err("it is wrong").to_string();
        assert!(error("a: [").starts_with("the file is no YAML"));
        assert!(error("3").starts_with("the file: there is nothing in it"));
        assert!(error("parameters: {}").starts_with("method: it is missing"));
        assert!(error("method: best").contains("'best' is not one of grid, random, bayes"));
        assert!(error("method: grid").starts_with("parameters: they are missing"));
        assert!(
            error("{method: grid, parameters: {colour: {value: 3}}}")
                .starts_with("parameters.colour: no setting")
        );
        assert!(error("{method: grid, parameters: {lr: {min: 3}}}").contains("parameters.lr: it has no max"));
        assert!(
            error("{method: grid, parameters: {lr: {min: a, max: 1}}}")
                .starts_with("parameters.lr.min: it is no number")
        );
        assert!(
            error("{method: grid, parameters: {lr: {distribution: beta, min: 0, max: 1}}}")
                .contains("'beta' is not known")
        );
        assert!(error("{method: grid, parameters: {lr: 3}}").contains("must have value, values"));
    }
}
