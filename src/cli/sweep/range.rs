//! Ranges as they are written on the command line: `1e-4..0.1`, `log:1..1024`, `32,64,128`, `0..0.5:0.1`.

use super::super::exit::BadInput;
use crate::knobs::Scale;
use crate::recipe::Recipe;
use crate::sweep::{Kind, Range, Setting, Value, settings};

/// Reads a range of the setting at a path; on which scale is the setting's own choice, where the text does not say.
pub fn parse(recipe: &Recipe, path: &str, text: &str) -> Result<Range, BadInput> {
    let known = settings(recipe).into_iter().find(|setting| setting.path == path);
    let (scale, rest) = match text.split_once(':') {
        Some(("log", rest)) => (Some(Scale::Log), rest),
        Some(("linear", rest)) => (Some(Scale::Linear), rest),
        _ => (None, text),
    };
    let Some((low, high)) = rest.split_once("..") else {
        let values: Vec<Value> = rest.split(',').map(Value::parse).collect();
        return Ok(match <[Value; 1]>::try_from(values) {
            Ok([value]) => Range::Fixed(value),
            Err(values) => Range::Choice(values),
        });
    };
    let (high, step) = match high.split_once(':') {
        Some((high, step)) => (high, Some(step)),
        None => (high, None),
    };
    let number = |text: &str| {
        let wrong = || BadInput(format!("{path}: '{text}' is not a number; write a range as 0.1..0.5"));
        text.trim().trim_start_matches('=').parse::<f64>().map_err(|_| wrong())
    };
    let (min, max, step) = (number(low)?, number(high)?, step.map(number).transpose()?);
    let (whole, own) = kind_of(known.as_ref());
    let log = scale.unwrap_or(own) == Scale::Log;
    Ok(if whole && min >= 0.0 && min.fract() == 0.0 && max.fract() == 0.0 {
        let step = step.unwrap_or(1.0).max(1.0) as u64;
        Range::Int { min: min as u64, max: max.max(0.0) as u64, step, log: log && min > 0.0 }
    } else if log && min > 0.0 && step.is_none() {
        Range::Log { min, max }
    } else {
        Range::Linear { min, max, step: step.unwrap_or(0.0) }
    })
}

/// Whether a setting is a whole number, and how its slider moves.
fn kind_of(setting: Option<&Setting>) -> (bool, Scale) {
    match setting.map(|setting| &setting.kind) {
        Some(Kind::Int(knob)) => (true, knob.scale),
        Some(Kind::Count(_)) => (true, Scale::Linear),
        Some(Kind::Float(knob)) => (false, knob.scale),
        _ => (false, Scale::Linear),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_they_are_written() {
        let read = |path: &str, text: &str| parse(&Recipe::default(), path, text).map_err(|e| e.0);
        assert_eq!(read("optim.lr", "1e-4..0.1"), Ok(Range::Log { min: 1e-4, max: 0.1 }));
        assert_eq!(read("optim.lr", "linear:0.1..0.2"), Ok(Range::Linear { min: 0.1, max: 0.2, step: 0.0 }));
        let kernel = Range::Int { min: 3, max: 13, step: 2, log: false };
        assert_eq!(read("model.conv_kernel_size", "3..13:2"), Ok(kernel));
        assert_eq!(
            read("train.batch_size", "32..1024"),
            Ok(Range::Int { min: 32, max: 1024, step: 1, log: true })
        );
        assert_eq!(read("optim.name", "sgd,adam"), Ok(Range::Choice(vec!["sgd".into(), "adam".into()])));
        assert_eq!(read("optim.lr", "0.01"), Ok(Range::Fixed(0.01.into())));
        assert!(read("optim.lr", "a..b").is_err_and(|e| e.contains("'a' is not a number")));
        for text in ["log:0.001..1", "3..13:2", "a,b", "0..0.4:0.1"] {
            let range = read("model.dropout_1", text).expect("it can be read");
            assert_eq!(range.words(), text);
        }
    }
}
