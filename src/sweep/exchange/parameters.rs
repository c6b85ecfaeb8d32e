//! Tables of points, one a row, a setting a column: the tutorial's `parameter.csv`.

use super::super::space::{Axis, Point, Range, Space, Value};
use super::super::spec::Sweep;
use super::super::strategy::{Listed, Strategy};
use super::names;
use crate::recipe::Recipe;
use std::io::Read;

/// Why a table cannot be read, with the place.
#[derive(Debug, thiserror::Error)]
pub enum ColumnError {
    /// It is no table.
    #[error("the table cannot be read: {0}")]
    Csv(#[from] csv::Error),
    /// There is nothing in it.
    #[error("the table has no {0}; its first line names the settings, each further line is a trial")]
    Empty(&'static str),
    /// A column that is no setting.
    #[error(
        "line 1, column {column} '{name}': no setting is called that; use names such as kernel_size, batch_size, optimizer, loss, epochs, lr, or paths such as optim.lr"
    )]
    Unknown {
        /// Its number, from 1.
        column: usize,
        /// What it is called.
        name: String,
    },
    /// Two columns for one setting.
    #[error("line 1, column {column} '{name}': this setting has a column already; keep one of the two")]
    Twice {
        /// Its number, from 1.
        column: usize,
        /// What it is called.
        name: String,
    },
    /// A line that is too short or too long.
    #[error("line {line}: it has {found} of {expected} columns{}", missing.as_ref().map(|name| format!("; '{name}' is missing")).unwrap_or_default())]
    Columns {
        /// The line, from 1.
        line: u64,
        /// Columns that it has.
        found: usize,
        /// Columns of the first line.
        expected: usize,
        /// The first one that is missing.
        missing: Option<String>,
    },
    /// A value that is not possible.
    #[error("line {line}, column '{column}': {message}")]
    Value {
        /// The line, from 1.
        line: u64,
        /// The column.
        column: String,
        /// What is wrong, and what would be right.
        message: String,
    },
}

/// The sweep that tries the points of a table, line by line, over a recipe; what the table does not name stays as the
/// recipe has it.
pub fn from_csv(table: impl Read, recipe: &Recipe) -> Result<Sweep, ColumnError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(table);
    let header = reader.headers()?.clone();
    if header.iter().all(str::is_empty) {
        return Err(ColumnError::Empty("columns"));
    }
    let titles: Vec<&str> = header.iter().map(|name| name.trim_start_matches('\u{feff}')).collect();
    let recipe = names::with_model_for(&titles, recipe);
    let mut columns: Vec<(String, String)> = Vec::new();
    for (i, name) in titles.iter().enumerate() {
        let (column, name) = (i + 1, (*name).to_owned());
        let Some(path) = names::path(&name, &recipe) else {
            return Err(ColumnError::Unknown { column, name });
        };
        if columns.iter().any(|(known, _)| *known == path) {
            return Err(ColumnError::Twice { column, name });
        }
        columns.push((path, name));
    }
    let mut rows: Vec<(u64, Vec<Value>)> = Vec::new();
    for row in reader.records() {
        let row = row?;
        let line = row.position().map_or(0, csv::Position::line);
        if row.len() != columns.len() {
            let missing = columns.get(row.len()).map(|(_, name)| name.clone());
            return Err(ColumnError::Columns { line, found: row.len(), expected: columns.len(), missing });
        }
        let values = row.iter().zip(&columns);
        rows.push((
            line,
            values.map(|(text, (path, _))| names::value(path, Value::parse(text), &recipe)).collect(),
        ));
    }
    if rows.is_empty() {
        return Err(ColumnError::Empty("trials"));
    }
    let space = names::with_conditions(space(&columns, &rows), &recipe);
    let mut queue = Vec::new();
    for (line, values) in &rows {
        queue.push(point(&space, &columns, *line, values)?);
    }
    let sweep = Sweep {
        name: format!("Table of {} trials", rows.len()),
        about: "Every line of a table, in its order".to_owned(),
        recipe,
        space,
        strategy: Strategy::Listed(Listed::default()),
        queue,
        trials: rows.len() as u64,
        ..Sweep::default()
    };
    // What is wrong with a value is told where it stands.
    for problem in sweep.problems() {
        let Some(i) = columns.iter().position(|(path, _)| *path == problem.path) else { continue };
        let wrong = |value: &Value| {
            let quoted = problem.message.starts_with(&format!("'{value}' "));
            quoted || problem.message.starts_with(&format!("{value} "))
        };
        let line = rows.iter().find(|(_, values)| wrong(&values[i])).map_or(rows[0].0, |(line, _)| *line);
        return Err(ColumnError::Value { line, column: columns[i].1.clone(), message: problem.message });
    }
    Ok(sweep)
}

/// An axis for each column, with the values that stand in it.
fn space(columns: &[(String, String)], rows: &[(u64, Vec<Value>)]) -> Space {
    let axis = |(i, (path, _)): (usize, &(String, String))| {
        let mut values: Vec<Value> = Vec::new();
        for (_, row) in rows {
            let empty = row[i] == Value::Text(String::new());
            if !empty && !values.iter().any(|value| value.same(&row[i])) {
                values.push(row[i].clone());
            }
        }
        Axis::new(path, Range::Choice(values))
    };
    Space(columns.iter().enumerate().map(axis).collect())
}

fn point(
    space: &Space,
    columns: &[(String, String)],
    line: u64,
    values: &[Value],
) -> Result<Point, ColumnError> {
    let mut empty = None;
    let point = space.point(|axis, _| {
        let i = columns.iter().position(|(path, _)| *path == axis.path).unwrap_or_default();
        if values[i] == Value::Text(String::new()) {
            empty.get_or_insert(columns[i].1.clone());
        }
        values[i].clone()
    });
    match empty {
        Some(column) => Err(ColumnError::Value { line, column, message: "there is no value".to_owned() }),
        None => Ok(point),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Sweep, ColumnError> {
        from_csv(text.as_bytes(), &Recipe::default())
    }

    #[test]
    fn the_tutorials_tables_are_read() -> Result<(), ColumnError> {
        let sweep = read(
            "kernel_size,batch_size,optimizer,loss,epochs\n3,32,Adam,categorical_crossentropy,4\n5, 64 ,RMSprop,poisson,4\n",
        )?;
        assert_eq!(sweep.problems(), []);
        let points: Vec<String> = sweep.queue.iter().map(ToString::to_string).collect();
        assert_eq!(
            points[0],
            "loss.name=cross_entropy model.conv_kernel_size=3 optim.name=adam train.batch_size=32 train.epochs=4"
        );
        assert!(points[1].contains("optim.name=rmsprop"));
        // The dense network is meant, though nobody says so.
        let sweep = read("dense_layers,dense_size,dropout,epochs\n1,64,0.2,3\n2,128,0.4,3\n")?;
        assert_eq!(sweep.problems(), []);
        assert_eq!(
            sweep.queue[1].to_string(),
            "model.dense_layers=2 model.dense_size=128 model.dropout=0.4 train.epochs=3"
        );
        assert!(sweep.space.apply(&sweep.queue[1], &sweep.recipe).is_ok());
        Ok(())
    }

    #[test]
    fn a_setting_that_only_some_have_may_be_left_empty() -> Result<(), ColumnError> {
        let sweep = read("optimizer,momentum\nadam,\nsgd,0.9\n")?;
        assert_eq!(sweep.problems(), []);
        assert_eq!(sweep.queue[0].to_string(), "optim.name=adam");
        assert_eq!(sweep.queue[1].to_string(), "optim.momentum=0.9 optim.name=sgd");
        let error = read("optimizer,momentum\nadam,\nsgd,\n").expect_err("a momentum is missing").to_string();
        assert_eq!(error, "line 3, column 'momentum': there is no value");
        Ok(())
    }

    #[test]
    fn what_is_wrong_is_told_with_line_and_column() {
        let error = |text: &str| read(text).expect_err("it is wrong").to_string();
        assert!(error("").contains("no columns"), "{}", error(""));
        assert!(error("batch_size\n").contains("no trials"));
        assert!(error("batch_size,colour\n32,red\n").starts_with("line 1, column 2 'colour': no setting"));
        assert!(error("lr,learning_rate\n1,1\n").contains("has a column already"));
        assert_eq!(
            error("batch_size,epochs,lr\n32,4,0.1\n64,4\n"),
            "line 3: it has 2 of 3 columns; 'lr' is missing"
        );
        assert_eq!(error("batch_size\n32\n64,1\n"), "line 3: it has 2 of 1 columns");
        assert_eq!(
            error("batch_size\n32\nmany\n"),
            "line 3, column 'batch_size': 'many' is not a whole number of zero or more"
        );
        assert_eq!(
            error("optimizer\nadam\nadm\n").split(" is not one of").next(),
            Some("line 3, column 'optimizer': 'adm'")
        );
        assert!(error("batch_size\n32\n0\n").starts_with("line 3, column 'batch_size': 0 is not possible"));
    }
}
