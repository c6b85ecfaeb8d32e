//! The Compare page: which runs are listed in which order, how they are grouped, what is drawn of them.

mod fields;
mod query;
#[cfg(test)]
mod tests;

pub use fields::{FIGURES, field, figure, setting};
pub use query::{Op, Query};

use super::App;
use super::runs::Run;
use super::undo::Step;
use crate::runs::Meta;
use crate::score::{Group, Versus, group, versus};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is drawn below the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Panel {
    /// Curves over the training.
    #[default]
    Curves,
    /// Runs that have a setting in common, with mean and spread.
    Groups,
    /// A figure of each run over a setting or another figure.
    Scatter,
    /// What differs between two recipes.
    Difference,
}

/// What a spread shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// The standard deviation.
    #[default]
    Deviation,
    /// The standard error of the mean.
    Error,
    /// Where the mean lies in 95 of 100 cases.
    Interval,
}

impl Band {
    /// Half its width; 0 for a single value.
    pub fn half(self, group: &Group) -> f64 {
        match self {
            Self::Deviation => group.deviation,
            Self::Error => group.error(),
            Self::Interval => group.interval().unwrap_or(0.0),
        }
    }
}

/// How runs are listed and drawn; remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Comparison {
    /// Which runs, as typed.
    pub query: String,
    /// The column sorted by, and whether the greatest comes first; by time where there is none.
    pub sort: Option<(String, bool)>,
    /// What is drawn.
    pub panel: Panel,
    /// The setting that groups have in common.
    pub group: String,
    /// The spread of groups.
    pub band: Band,
    /// The figure drawn upwards.
    pub figure: String,
    /// The setting or figure drawn to the right.
    pub over: String,
}

impl Default for Comparison {
    fn default() -> Self {
        Self {
            query: String::new(),
            sort: None,
            panel: Panel::default(),
            group: "optim.name".to_owned(),
            band: Band::default(),
            figure: "accuracy".to_owned(),
            over: "optim.lr".to_owned(),
        }
    }
}

/// Runs with the same value of a setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Grouped {
    /// The value.
    pub value: String,
    /// The runs' ids.
    pub runs: Vec<String>,
    /// Their figures; `None` where none has one.
    pub group: Option<Group>,
    /// Against the best group; `None` for that one.
    pub against: Option<Versus>,
}

impl App {
    /// The runs that the query chooses, in the order asked for, by their places in the list; or why it is no query.
    pub fn listed(&self) -> Result<Vec<usize>, String> {
        let comparison = &self.settings.compare;
        let query = Query::parse(&comparison.query)?;
        let list = self.runs.list();
        let mut rows: Vec<usize> = (0..list.len()).filter(|at| query.fits(&list[*at])).collect();
        if let Some((by, down)) = &comparison.sort {
            let key = |at: &usize| {
                let run = &list[*at];
                let number = figure(run, by);
                let text = if number.is_none() { field(run, by) } else { None };
                (number.or_else(|| text.as_ref()?.parse().ok()), text)
            };
            let mut keyed: Vec<_> = rows.iter().map(|at| (key(at), *at)).collect();
            keyed.sort_by(|((a, a_text), _), ((b, b_text), _)| {
                let order = match (a, b) {
                    (Some(a), Some(b)) => a.total_cmp(b),
                    _ => a_text.cmp(b_text),
                };
                let order = if *down { order.reverse() } else { order };
                // What has no value comes last either way.
                let absent = |number: &Option<f64>, text: &Option<String>| number.is_none() && text.is_none();
                absent(a, a_text).cmp(&absent(b, b_text)).then(order)
            });
            rows = keyed.into_iter().map(|(_, at)| at).collect();
        }
        Ok(rows)
    }

    /// Sets what the user says of a run, to be undone.
    pub(super) fn set_meta(&mut self, run: &str, meta: Meta) {
        if let Some(before) = self.put_meta(run, meta) {
            self.undo.push(Step::Said { run: run.to_owned(), meta: Box::new(before) }, None);
        }
    }
}

/// Runs by the value of a setting, the best figure's mean first; `up` says whether more is better.
pub fn grouped(runs: &[&Run], by: &str, of: &str, up: bool) -> Vec<Grouped> {
    let mut groups: BTreeMap<String, Vec<&Run>> = BTreeMap::new();
    for run in runs {
        let value = field(run, by).unwrap_or_else(|| "–".to_owned());
        groups.entry(value).or_default().push(run);
    }
    let mut all: Vec<Grouped> = groups
        .into_iter()
        .map(|(value, runs)| Grouped {
            value,
            group: group(runs.iter().filter_map(|run| figure(run, of))),
            runs: runs.iter().map(|run| run.id.clone()).collect(),
            against: None,
        })
        .collect();
    let worth = |one: &Grouped| {
        let mean = one.group.map_or(f64::NEG_INFINITY, |g| if up { g.mean } else { -g.mean });
        if mean.is_nan() { f64::NEG_INFINITY } else { mean }
    };
    all.sort_by(|a, b| worth(b).total_cmp(&worth(a)));
    if let Some(best) = all.first().and_then(|one| one.group) {
        for one in all.iter_mut().skip(1) {
            one.against = one.group.map(|own| versus(own, best));
        }
    }
    all
}
