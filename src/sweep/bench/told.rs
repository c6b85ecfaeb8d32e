//! What comes out, as JSON lines: regrets of every seed, and for whoever compares with others the trials themselves.

use super::super::importance::importance;
use super::super::pruner::Pruner;
use super::super::strategy::Strategy;
use super::super::study::{State, Study};
use super::{FUNCTIONS, Found, Function, median, search};
use crate::knobs::Choice;
use anyhow::bail;
use serde_json::{Value, json};

/// Searches every function asked for (all of them if none is named) with every strategy, pruner and number of workers,
/// once for each seed, and tells one line for each combination. `trials` adds those of the first seed and the importance
/// of each setting.
pub fn told(
    functions: &[String],
    strategies: &[String],
    pruners: &[String],
    workers: &[u16],
    seeds: u64,
    trials: bool,
    tell: &mut dyn FnMut(Value),
) -> anyhow::Result<()> {
    let names: Vec<&str> = FUNCTIONS.iter().map(|function| function.name).collect();
    if let Some(unknown) = functions.iter().find(|name| !names.contains(&name.as_str())) {
        bail!("there is no function '{unknown}'; there are {}", names.join(", "));
    }
    let strategies = chosen::<Strategy>(strategies, &["random", "sobol", "tpe"])?;
    let pruners = chosen::<Pruner>(pruners, &["none", "median", "halving", "asha", "hyperband"])?;
    let wanted = |function: &&Function| functions.is_empty() || functions.iter().any(|n| n == function.name);
    for function in FUNCTIONS.iter().filter(wanted) {
        for strategy in &strategies {
            // Nothing can be given up early of what is known at once.
            for pruner in pruners.iter().filter(|p| function.epochs > 1 || matches!(p, Pruner::Never(_))) {
                for workers in workers {
                    let search = |seed| search(function, strategy, pruner, usize::from(*workers), seed);
                    let found: Vec<Found> = (0..seeds).map(search).collect();
                    tell(line(function, strategy, pruner, *workers, &found, trials));
                }
            }
        }
    }
    Ok(())
}

fn line(
    function: &Function,
    strategy: &Strategy,
    pruner: &Pruner,
    workers: u16,
    found: &[Found],
    trials: bool,
) -> Value {
    let regrets: Vec<f64> = found.iter().map(|found| found.regret).collect();
    let mut line = json!({
        "bench": "sweep-functions",
        "function": function.name,
        "strategy": strategy.chosen(),
        "pruner": pruner.chosen(),
        "workers": workers,
        "budget": function.budget,
        "median_regret": median(&regrets),
        "regrets": regrets,
    });
    if let (true, Some(first), Some(fields)) = (trials, found.first(), line.as_object_mut()) {
        fields.insert("trials".to_owned(), complete(&first.study));
        let shares = importance(&first.study);
        let of = |share: &super::super::Importance| json!({ "path": share.path, "share": share.share, "low": share.low, "high": share.high });
        fields.insert("importance".to_owned(), shares.iter().map(of).collect());
    }
    line
}

fn complete(study: &Study) -> Value {
    let complete = study.trials.iter().filter(|trial| trial.state() == State::Complete);
    complete.map(|trial| json!({ "point": trial.point, "value": study.value(trial) })).collect()
}

fn chosen<T: Choice + Default>(named: &[String], all: &[&str]) -> anyhow::Result<Vec<T>> {
    let names: Vec<&str> =
        if named.is_empty() { all.to_vec() } else { named.iter().map(String::as_str).collect() };
    names
        .into_iter()
        .map(|name| {
            let mut choice = T::default();
            if !choice.choose(name) {
                bail!("there is no '{name}'; there are {}", all.join(", "));
            }
            Ok(choice)
        })
        .collect()
}
