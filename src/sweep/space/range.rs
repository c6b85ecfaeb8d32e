//! What a setting may be: a range on some scale, or a list of values; and its places in the unit interval.

use super::Value;
use serde::{Deserialize, Serialize};

/// What a setting may be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Range {
    /// Numbers between the two ends, each equally likely; with a step only the minimum plus a multiple of it.
    Linear {
        /// Smallest value.
        min: f64,
        /// Largest value.
        max: f64,
        /// Distance of two neighbours; 0 for any number.
        #[serde(default)]
        step: f64,
    },
    /// Numbers between the two ends, each order of magnitude equally likely.
    Log {
        /// Smallest value, above zero.
        min: f64,
        /// Largest value.
        max: f64,
    },
    /// Whole numbers between the two ends.
    Int {
        /// Smallest value.
        min: u64,
        /// Largest value.
        max: u64,
        /// Distance of two neighbours.
        #[serde(default = "one")]
        step: u64,
        /// Whether each order of magnitude is equally likely, not each number.
        #[serde(default)]
        log: bool,
    },
    /// Any of these.
    Choice(Vec<Value>),
    /// Always this: set after the choices, so that it holds whichever of them is taken.
    Fixed(Value),
}

const fn one() -> u64 {
    1
}

impl Range {
    /// The range as it is written on the command line: `log:0.0001..0.1`, `32,64,128`, `0..0.5:0.1`.
    pub fn words(&self) -> String {
        match self {
            Self::Linear { min, max, step } if *step > 0.0 => format!("{min}..{max}:{step}"),
            Self::Linear { min, max, .. } => format!("{min}..{max}"),
            Self::Log { min, max } => format!("log:{min}..{max}"),
            Self::Int { min, max, step, log } => {
                let step = if *step > 1 { format!(":{step}") } else { String::new() };
                format!("{}{min}..{max}{step}", if *log { "log:" } else { "" })
            }
            Self::Choice(values) => values.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
            Self::Fixed(value) => value.to_string(),
        }
    }

    /// How many values there are, where they can be counted.
    pub fn count(&self) -> Option<u64> {
        match self {
            Self::Linear { min, max, step } if *step > 0.0 => Some(steps(*min, *max, *step)),
            Self::Linear { min, max, .. } | Self::Log { min, max } => (min == max).then_some(1),
            Self::Int { min, max, step, .. } => Some((max.saturating_sub(*min)) / (*step).max(1) + 1),
            Self::Choice(values) => Some(values.len() as u64),
            Self::Fixed(_) => Some(1),
        }
    }

    /// Whether its values have an order: numbers have, names have not.
    pub fn is_ordered(&self) -> bool {
        match self {
            Self::Linear { .. } | Self::Log { .. } | Self::Int { .. } => true,
            Self::Choice(values) => {
                let numbers: Vec<f64> = values.iter().filter_map(Value::number).collect();
                numbers.len() == values.len() && (numbers.is_sorted() || numbers.iter().rev().is_sorted())
            }
            Self::Fixed(_) => false,
        }
    }

    /// The value at a place in `0.0..=1.0`; equal parts of the interval are equally likely values.
    pub fn decode(&self, place: f64) -> Value {
        let place = place.clamp(0.0, 1.0);
        let nth = |n: u64| ((place * n as f64) as u64).min(n - 1);
        match self {
            Self::Linear { min, step, .. } if *step > 0.0 => {
                Value::Float(rounded(min + nth(self.count().unwrap_or(1)) as f64 * step))
            }
            Self::Linear { min, max, .. } => {
                Value::Float(rounded(min + place * (max - min)).clamp(*min, *max))
            }
            Self::Log { min, max } => {
                let value = (min.ln() + place * (max.ln() - min.ln())).exp();
                Value::Float(rounded(value).clamp(*min, *max))
            }
            Self::Int { min, max, step, log: true } => {
                let (low, high) = log_ends(*min, *max);
                let value = (low + place * (high - low)).exp().round() as u64;
                let steps = (value.clamp(*min, *max) - min).div_euclid((*step).max(1));
                Value::Int(min + steps * (*step).max(1))
            }
            Self::Int { min, step, .. } => Value::Int(min + nth(self.count().unwrap_or(1)) * (*step).max(1)),
            Self::Choice(values) => values[nth(values.len() as u64) as usize].clone(),
            Self::Fixed(value) => value.clone(),
        }
    }

    /// The part of the unit interval whose places decode to a value: two equal ends for a number that is one of
    /// infinitely many; `None` for a value that is not in the range.
    pub fn cell(&self, value: &Value) -> Option<(f64, f64)> {
        let part = |i: f64, n: u64| (i / n as f64, (i + 1.0) / n as f64);
        if let Self::Choice(values) = self {
            let i = values.iter().position(|v| v.same(value))?;
            return Some(part(i as f64, values.len() as u64));
        }
        if let Self::Fixed(fixed) = self {
            return fixed.same(value).then_some((0.0, 1.0));
        }
        let x = value.number()?;
        match self {
            Self::Linear { min, max, step } if *step > 0.0 => {
                let i = ((x - min) / step).round();
                let near = (min + i * step - x).abs() <= step * 1e-6;
                (near && x >= *min && x <= max + step * 1e-6).then(|| part(i, steps(*min, *max, *step)))
            }
            Self::Linear { min, max, .. } => {
                let at = if max > min { (x - min) / (max - min) } else { 0.5 };
                (x >= *min && x <= *max).then_some((at, at))
            }
            Self::Log { min, max } => {
                let at = if max > min { (x / min).ln() / (max / min).ln() } else { 0.5 };
                (x >= *min && x <= *max).then_some((at, at))
            }
            Self::Int { min, max, step, log } => {
                let (lowest, highest, step) = (*min as f64, *max as f64, (*step).max(1) as f64);
                let i = (x - lowest) / step;
                if x < lowest || x > highest || i.fract() != 0.0 {
                    return None;
                }
                if *log {
                    let (low, high) = log_ends(*min, *max);
                    let place = |x: f64| (((x.max(0.5)).ln() - low) / (high - low)).clamp(0.0, 1.0);
                    // With a step, all numbers up to the next one belong to this one.
                    return Some((place(x - 0.5), place(x + step - 0.5)));
                }
                Some(part(i, self.count()?))
            }
            Self::Choice(_) | Self::Fixed(_) => None,
        }
    }

    /// The middle of its part of the unit interval.
    pub fn encode(&self, value: &Value) -> Option<f64> {
        self.cell(value).map(|(low, high)| f64::midpoint(low, high))
    }

    /// All its values, or where there are infinitely many, `n` spread evenly over it, both ends among them.
    pub fn grid(&self, n: u64) -> Vec<Value> {
        match (self.count(), self) {
            (Some(_), Self::Choice(values)) => values.clone(),
            (Some(_), Self::Int { min, max, log: true, .. }) if n > 1 && max - min >= n => {
                // Every number of a logarithmic range would mostly be large ones.
                let mut values: Vec<Value> = (0..n).map(|i| self.decode(i as f64 / (n - 1) as f64)).collect();
                values.dedup();
                values
            }
            (Some(count), _) => (0..count).map(|i| self.decode((i as f64 + 0.5) / count as f64)).collect(),
            (None, _) if n <= 1 => vec![self.decode(0.5)],
            (None, _) => (0..n).map(|i| self.decode(i as f64 / (n - 1) as f64)).collect(),
        }
    }
}

fn steps(min: f64, max: f64, step: f64) -> u64 {
    // A hair more, so that 0.1 + 0.1 + 0.1 still reaches 0.3.
    ((max - min) / step + 1e-6) as u64 + 1
}

/// Ends of a logarithmic range of whole numbers: half a number beyond, so that the ends are as likely as others.
fn log_ends(min: u64, max: u64) -> (f64, f64) {
    ((min as f64 - 0.5).max(0.5).ln(), (max as f64 + 0.5).ln())
}

/// Six significant digits: more only make tables and file names longer.
fn rounded(x: f64) -> f64 {
    format!("{x:.5e}").parse().unwrap_or(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges() -> Vec<Range> {
        vec![
            Range::Linear { min: -1.0, max: 3.0, step: 0.0 },
            Range::Linear { min: 0.0, max: 0.4, step: 0.1 },
            Range::Linear { min: 0.2, max: 0.2, step: 0.0 },
            Range::Log { min: 1e-4, max: 1.0 },
            Range::Int { min: 3, max: 13, step: 2, log: false },
            Range::Int { min: 1, max: 1, step: 1, log: true },
            Range::Int { min: 1, max: 1024, step: 1, log: true },
            Range::Int { min: 16, max: 100, step: 16, log: true },
            Range::Choice(vec![32.into(), 64.into(), "x".into()]),
            Range::Fixed(0.01.into()),
        ]
    }

    #[test]
    fn every_place_is_a_value_whose_cell_holds_it() {
        for range in ranges() {
            for i in 0..=1000 {
                let place = f64::from(i) / 1000.0;
                let value = range.decode(place);
                let (low, high) = range.cell(&value).expect("a value of the range");
                assert!((0.0..=1.0).contains(&low) && low <= high && high <= 1.0, "{range:?} {value}");
                if range.count() != Some(1) {
                    assert!(
                        low - 1e-4 <= place && place <= high + 1e-4,
                        "{range:?}: {place} in {low}..{high}"
                    );
                }
                let middle = range.encode(&value).expect("a value of the range");
                let again = range.encode(&range.decode(middle)).expect("a value of the range");
                assert!((middle - again).abs() < 1e-4, "{range:?} {value}");
            }
        }
    }

    #[test]
    fn cells_of_counted_values_fill_the_interval() {
        for range in ranges().into_iter().filter(|r| r.count().is_some_and(|n| n > 1)) {
            let mut at = 0.0;
            let mut values: Vec<Value> =
                (0..=20_000).map(|i| range.decode(f64::from(i) / 20_000.0)).collect();
            values.dedup();
            assert_eq!(values.len() as u64, range.count().expect("counted"), "{range:?}");
            for value in values {
                let (low, high) = range.cell(&value).expect("a value");
                assert!((low - at).abs() < 1e-9, "{range:?} {value}: {low} after {at}");
                at = high;
            }
            assert!((at - 1.0).abs() < 1e-9, "{range:?} ends at {at}");
        }
    }

    #[test]
    fn grids_and_strangers() {
        let text =
            |range: &Range, n| range.grid(n).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let [.., int, _, log_int, _, choice, fixed] = &ranges()[..] else { unreachable!("ten ranges") };
        assert_eq!(text(int, 3), "3 5 7 9 11 13");
        assert_eq!(text(log_int, 3), "1 23 1024");
        assert_eq!(text(choice, 2), "32 64 x");
        assert_eq!(text(fixed, 2), "0.01");
        assert_eq!(text(&ranges()[1], 2), "0 0.1 0.2 0.3 0.4");
        assert_eq!(text(&ranges()[3], 5), "0.0001 0.001 0.01 0.1 1");
        assert_eq!(int.cell(&4.into()), None);
        assert_eq!(int.cell(&15.into()), None);
        assert_eq!(choice.cell(&"y".into()), None);
        assert_eq!(ranges()[0].cell(&4.0.into()), None);
        assert!(int.is_ordered() && !choice.is_ordered());
    }
}
