//! Logs as JSON: everything of a run in one object when written; that, or a Keras `History`, when read.

use super::{Log, LogError, names};
use crate::runs::{Point, Split};
use serde_json::{Map, Value, json};
use std::path::Path;

/// What `format` says in every file.
const FORMAT: &str = "digit-workbench-log";
/// The version that is written.
const VERSION: u64 = 1;

/// The whole log as one object. JSON has no NaN: `null` stands for it.
pub fn write(log: &Log) -> Value {
    let settings: Map<String, Value> =
        log.settings.iter().map(|(path, value)| (path.clone(), json!(value))).collect();
    let curves: Vec<Value> = log
        .curves
        .iter()
        .map(|((split, metric), series)| {
            let list = |get: fn(&Point) -> Value| series.points().iter().map(get).collect::<Vec<_>>();
            json!({
                "split": split.name(), "metric": metric,
                "step": list(|p| json!(p.step)), "epoch": list(|p| json!(p.epoch)),
                "trained_secs": list(|p| json!(p.trained_secs)), "at": list(|p| json!(p.at)),
                "value": list(|p| json!(p.value)),
            })
        })
        .collect();
    json!({
        "format": FORMAT, "version": VERSION, "name": log.name, "ended": log.ended, "settings": settings,
        "curves": curves,
    })
}

/// Reads a file of this program, or a `History`: an object of lists by metric, bare or under "history".
pub fn read(text: &str, name: &str, path: &Path) -> Result<Log, LogError> {
    let unknown = |why: String| LogError::Unknown { path: path.to_owned(), why };
    let value: Value =
        serde_json::from_str(&without_nan(text)).map_err(|e| unknown(format!("no JSON: {e}")))?;
    if value["format"] == FORMAT {
        let version = value["version"].as_u64().unwrap_or(0);
        if version > VERSION {
            return Err(LogError::Newer { path: path.to_owned(), version, known: VERSION });
        }
        return own(&value).ok_or_else(|| unknown("parts of it are missing".to_owned()));
    }
    let history = value.get("history").unwrap_or(&value);
    history.as_object().and_then(|history| keras(history, name)).ok_or_else(|| {
        unknown("neither a list of values for each metric nor a log of this program".to_owned())
    })
}

/// Python writes NaN and infinities as bare words, which JSON has not: outside of texts they become `null`.
fn without_nan(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut inside, mut escaped) = (false, false);
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let word =
            ["-Infinity", "Infinity", "NaN"].into_iter().find(|word| !inside && rest.starts_with(word));
        if let Some(word) = word {
            out.push_str("null");
            rest = &rest[word.len()..];
            continue;
        }
        if letter == '"' && !escaped {
            inside = !inside;
        }
        escaped = letter == '\\' && !escaped;
        out.push(letter);
        rest = &rest[letter.len_utf8()..];
    }
    out
}

fn own(value: &Value) -> Option<Log> {
    let mut log = Log {
        name: value["name"].as_str()?.to_owned(),
        ended: value["ended"].as_str().unwrap_or_default().to_owned(),
        ..Log::default()
    };
    for (path, setting) in value["settings"].as_object()? {
        log.settings.push((path.clone(), setting.as_str().map_or(setting.to_string(), str::to_owned)));
    }
    for curve in value["curves"].as_array()? {
        let split: Split = serde_json::from_value(curve["split"].clone()).ok()?;
        let steps = curve["step"].as_array()?;
        let series = log.curves.entry((split, curve["metric"].as_str()?.to_owned())).or_default();
        for (i, step) in steps.iter().enumerate() {
            let at = |key: &str| curve[key].get(i).and_then(Value::as_f64);
            series.push(Point {
                step: step.as_u64()?,
                epoch: at("epoch").unwrap_or(0.0),
                trained_secs: at("trained_secs").unwrap_or(0.0),
                at: at("at").unwrap_or(0.0),
                value: at("value").unwrap_or(f64::NAN),
            });
        }
    }
    Some(log)
}

fn keras(history: &Map<String, Value>, name: &str) -> Option<Log> {
    let mut log = Log { name: name.to_owned(), ..Log::default() };
    for (metric, values) in history {
        // Older ones number their lists: {"loss": {"0": 1.2, "1": 0.9}}, as pandas writes a table.
        let values: Vec<&Value> = match values {
            Value::Array(values) => values.iter().collect(),
            Value::Object(values) => values.values().collect(),
            _ => continue,
        };
        if metric == "epoch" || !values.iter().any(|value| value.is_number()) {
            continue;
        }
        let series = log.curves.entry(names::meant(metric, None)).or_default();
        for (i, value) in values.into_iter().enumerate() {
            let value = value.as_f64().unwrap_or(f64::NAN);
            series.push(Point {
                step: i as u64 + 1,
                epoch: i as f64 + 1.0,
                trained_secs: 0.0,
                at: 0.0,
                value,
            });
        }
    }
    log.warnings.push("It tells epochs and no steps: each epoch counts as one step".to_owned());
    (!log.curves.is_empty()).then_some(log)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_nan_is_null_and_text_stays() {
        assert_eq!(
            without_nan(r#"{"a":[NaN,-Infinity,1],"NaN \" NaN":"é"}"#),
            r#"{"a":[null,null,1],"NaN \" NaN":"é"}"#
        );
    }
}
