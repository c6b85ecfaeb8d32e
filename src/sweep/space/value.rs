//! Values of swept settings, and points: which setting gets which value.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A value of a setting; its text is what `--set` takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// On or off.
    Flag(bool),
    /// A whole number.
    Int(u64),
    /// A number.
    Float(f64),
    /// The name of a choice, or any text.
    Text(String),
}

impl Value {
    /// The number it is, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Int(n) => Some(*n as f64),
            Self::Float(x) => Some(*x),
            Self::Flag(_) | Self::Text(_) => None,
        }
    }

    /// Reads text as a person writes it: `true`, `32`, `0.01`, and whatever else is text.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        match (text, text.parse::<u64>(), text.parse::<f64>()) {
            ("true", ..) => Self::Flag(true),
            ("false", ..) => Self::Flag(false),
            (_, Ok(n), _) => Self::Int(n),
            (_, _, Ok(x)) if x.is_finite() => Self::Float(x),
            _ => Self::Text(text.to_owned()),
        }
    }

    /// Whether they stand for the same: `1` and `1.0` do.
    pub fn same(&self, other: &Self) -> bool {
        self == other || self.number().is_some_and(|x| other.number() == Some(x))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => flag.fmt(f),
            Self::Int(n) => n.fmt(f),
            Self::Float(x) => x.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<u64> for Value {
    fn from(n: u64) -> Self {
        Self::Int(n)
    }
}

impl From<f64> for Value {
    fn from(x: f64) -> Self {
        Self::Float(x)
    }
}

/// Which setting gets which value; settings that are not asked for in this combination are missing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Point(pub BTreeMap<String, Value>);

impl Point {
    /// The value of the setting at a path.
    pub fn get(&self, path: &str) -> Option<&Value> {
        self.0.get(path)
    }

    /// The same point with another value at a path.
    pub fn with(mut self, path: &str, value: impl Into<Value>) -> Self {
        self.0.insert(path.to_owned(), value.into());
        self
    }

    /// Whether both stand for the same.
    pub fn same(&self, other: &Self) -> bool {
        self.key() == other.key()
    }

    /// Text that is equal for two points exactly where they stand for the same.
    pub fn key(&self) -> String {
        use fmt::Write as _;
        let mut key = String::new();
        for (path, value) in &self.0 {
            // Writing to a string cannot fail; `1.0` is written as `1`.
            _ = write!(key, "{path}={value};");
        }
        key
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for (path, value) in &self.0 {
            write!(f, "{}{path}={value}", if first { "" } else { " " })?;
            first = false;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_files_give_back_the_same_values() -> Result<(), Box<dyn std::error::Error>> {
        let point = Point::default()
            .with("optim.lr", 0.01)
            .with("optim.name", "adam")
            .with("train.batch_size", 32)
            .with("z", Value::Flag(true));
        assert_eq!(point.to_string(), "optim.lr=0.01 optim.name=adam train.batch_size=32 z=true");
        assert_eq!(serde_json::from_str::<Point>(&serde_json::to_string(&point)?)?, point);
        assert_eq!(ron::from_str::<Point>(&ron::to_string(&point)?)?, point);
        for value in point.0.values() {
            assert_eq!(&Value::parse(&value.to_string()), value);
        }
        let (int, float) = (Point::default().with("a", 1), Point::default().with("a", 1.0));
        assert!(int.same(&float) && int != float);
        assert!(!int.same(&Point::default().with("a", 2)));
        Ok(())
    }
}
