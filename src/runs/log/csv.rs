//! Logs as tables: one line a value when written; that, or one line an epoch, when read.

use super::{Log, names};
use crate::runs::Point;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The columns that are written.
const COLUMNS: &str = "run,split,metric,step,epoch,trained_secs,at,value";

/// One line a value: `run,split,metric,step,epoch,trained_secs,at,value`. What is not a number is left empty.
pub fn write(log: &Log) -> String {
    let mut text = format!("{COLUMNS}\n");
    for ((split, metric), series) in &log.curves {
        for Point { step, epoch, trained_secs, at, value } in series.points() {
            let value = if value.is_finite() { value.to_string() } else { String::new() };
            let (run, metric) = (quoted(&log.name), quoted(metric));
            // Writing to memory cannot fail.
            writeln!(text, "{run},{},{metric},{step},{epoch},{trained_secs},{at},{value}", split.name()).ok();
        }
    }
    text
}

/// A cell that may hold commas, quotes or line ends; a formula's first character is kept from spreadsheets.
fn quoted(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@']);
    if formula || text.contains([',', '"', '\n', '\r']) {
        let kept = if formula { "'" } else { "" };
        format!("\"{kept}{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// The cells of each line; quotes are understood.
fn cells(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut inside = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if inside && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' => inside = !inside,
            ',' if !inside => row.push(std::mem::take(&mut cell)),
            '\r' if !inside => {}
            '\n' if !inside => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            letter => cell.push(letter),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows.retain(|row| row.iter().any(|cell| !cell.trim().is_empty()));
    rows
}

/// A table that this program wrote, or one with a line an epoch or a step; `None` where the header is of neither.
pub fn read(text: &str, name: &str) -> Option<Vec<Log>> {
    let rows = cells(text);
    let (header, rows) = rows.split_first()?;
    let header: Vec<String> = header.iter().map(|cell| cell.trim().to_lowercase()).collect();
    if header.join(",") == COLUMNS {
        Some(long(rows))
    } else {
        wide(&header, rows, name).map(|log| vec![log])
    }
}

fn number(cell: Option<&String>) -> Option<f64> {
    let cell = cell?.trim();
    match cell.to_lowercase().as_str() {
        "" => None,
        "nan" | "inf" | "-inf" | "infinity" | "-infinity" | "null" | "none" => Some(f64::NAN),
        text => text.parse().ok(),
    }
}

/// One line a value, of any number of runs.
fn long(rows: &[Vec<String>]) -> Vec<Log> {
    let mut logs: BTreeMap<String, Log> = BTreeMap::new();
    for row in rows {
        let [run, split, metric, step, rest @ ..] = row.as_slice() else { continue };
        let Some(split) = names::split(split) else { continue };
        let log = logs
            .entry(run.clone())
            .or_insert_with(|| Log { name: run.trim_start_matches('\'').to_owned(), ..Log::default() });
        let Some(step) = number(Some(step)).filter(|step| *step >= 0.0) else {
            log.skip("lines without a step");
            continue;
        };
        let at = |i: usize| number(rest.get(i)).unwrap_or(0.0);
        // This program leaves out what is not a number.
        let value = number(rest.get(3)).unwrap_or(f64::NAN);
        let point = Point { step: step as u64, epoch: at(0), trained_secs: at(1), at: at(2), value };
        log.curves.entry((split, metric.clone())).or_default().push(point);
    }
    logs.into_values().collect()
}

/// One line an epoch, a column a metric, as Keras's and Lightning's loggers write.
fn wide(header: &[String], rows: &[Vec<String>], name: &str) -> Option<Log> {
    let at = |wanted: &str| header.iter().position(|column| column == wanted);
    let (epoch_at, step_at) = (at("epoch"), at("step"));
    let time_at = at("time").or_else(|| at("wall_time"));
    let is_value = |i: usize| Some(i) != epoch_at && Some(i) != step_at && Some(i) != time_at;
    let values: Vec<usize> = (0..header.len()).filter(|i| is_value(*i)).collect();
    let any = rows.iter().any(|row| values.iter().any(|i| number(row.get(*i)).is_some()));
    if values.is_empty() || !any {
        return None;
    }
    let mut log = Log { name: name.to_owned(), ..Log::default() };
    // Keras and Lightning count epochs from 0: after the first one, one is done.
    let from_zero = rows.iter().any(|row| number(epoch_at.and_then(|i| row.get(i))) == Some(0.0));
    for (i, row) in rows.iter().enumerate() {
        let told = number(epoch_at.and_then(|at| row.get(at))).filter(|epoch| *epoch >= 0.0);
        let epoch = told.map_or(i as f64 + 1.0, |epoch| epoch + f64::from(from_zero));
        let step = number(step_at.and_then(|at| row.get(at))).filter(|step| *step >= 0.0).unwrap_or(epoch);
        let at = number(time_at.and_then(|at| row.get(at))).unwrap_or(0.0);
        for column in &values {
            let cell = row.get(*column);
            let Some(value) = number(cell) else {
                if cell.is_some_and(|cell| !cell.trim().is_empty()) {
                    log.skip("values that are no numbers");
                }
                continue;
            };
            let key = names::meant(&header[*column], None);
            let point = Point { step: step as u64, epoch, trained_secs: 0.0, at, value };
            log.curves.entry(key).or_default().push(point);
        }
    }
    if step_at.is_none() {
        log.warnings.push("It tells epochs and no steps: each epoch counts as one step".to_owned());
    }
    Some(log)
}
