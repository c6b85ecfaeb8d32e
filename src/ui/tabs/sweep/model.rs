//! What the page shows of a study, worked out once for each thing that happens in it and then only drawn: a row for
//! each trial, its place on every axis, ranks and best-so-far.

use crate::app::sweep::Sort;
use crate::sweep::{Goal, Range, State, Study, StudyDir, Trial, Value};
use crate::ui::words;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts models.
static SERIAL: AtomicU64 = AtomicU64::new(1);

/// A setting that is varied, as an axis to draw on.
pub struct AxisView {
    /// Its path.
    pub path: String,
    /// As shown.
    pub label: String,
    /// Places from 0 to 1 with their words.
    pub ticks: Vec<(f64, String)>,
}

/// One trial.
pub struct Row {
    /// Its number.
    pub id: u64,
    /// What it is doing.
    pub state: State,
    /// The first objective.
    pub value: Option<f64>,
    /// Place among all values, 0 for the worst to 1 for the best; for colours.
    pub rank: Option<f32>,
    /// Its place on each axis.
    pub places: Vec<Option<f64>>,
    /// Its value on each axis, as text.
    pub cells: Vec<String>,
    /// The objective after each report: epoch and value.
    pub curve: Vec<[f64; 2]>,
    /// Epochs done, and those it is to have.
    pub epochs: (f64, f64),
    /// Seconds spent.
    pub secs: f64,
    /// Seconds until it is done, while it runs.
    pub eta: Option<f64>,
    /// The worker that has it.
    pub worker: Option<u32>,
    /// Why it is as it is.
    pub why: String,
    /// When it ended; seconds since 1970.
    pub ended_at: Option<f64>,
}

/// What the page shows of a study.
pub struct Model {
    key: (StudyDir, u64),
    serial: u64,
    /// The settings that are varied.
    pub axes: Vec<AxisView>,
    /// Every trial that counts, by number.
    pub rows: Vec<Row>,
    /// The best trial that is complete.
    pub best: Option<u64>,
    /// The name of the objective, and whether it is a share.
    pub objective: (String, bool),
    /// Whether more is better.
    pub up: bool,
    /// The lowest and highest value of trials that are complete or under way.
    pub span: [f64; 2],
    /// Things measured at ends of trials, besides the objective.
    pub metrics: Vec<String>,
    /// Rung in epochs, rank correlation with the end, and trials that it is of.
    pub rungs: Vec<(f64, f64, usize)>,
    /// The rungs that the pruner goes by.
    pub pruned_at: Vec<f64>,
    order: Option<((Sort, bool), Vec<usize>)>,
}

impl Model {
    /// A number that no other model has, for what is worked out from this one.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// Whether it shows this already.
    pub fn is_of(&self, dir: &StudyDir, revision: u64) -> bool {
        self.key.0 == *dir && self.key.1 == revision
    }

    /// Works everything out.
    pub fn of(dir: &StudyDir, revision: u64, study: &Study) -> Self {
        let objective = study.sweep.objective();
        let up = objective.goal == Goal::Maximise;
        let axes: Vec<AxisView> = study
            .sweep
            .space
            .varied()
            .map(|axis| AxisView {
                path: axis.path.clone(),
                label: words::path_label(&axis.path),
                ticks: ticks(&axis.range),
            })
            .collect();
        let counting = || study.trials.iter();
        let mut values: Vec<f64> =
            counting().filter_map(|trial| study.value(trial)).filter(|v| v.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        let rank = |value: f64| {
            let below = values.partition_point(|v| *v < value) as f32;
            let share = below / (values.len().saturating_sub(1)).max(1) as f32;
            if up { share.min(1.0) } else { 1.0 - share.min(1.0) }
        };
        let rows: Vec<Row> = counting()
            .map(|trial| {
                let value = study.value(trial);
                row(study, trial, value, value.map(rank))
            })
            .collect();
        let metrics: BTreeSet<String> =
            counting().filter_map(|trial| trial.metrics.as_ref()).flat_map(|m| m.0.keys().cloned()).collect();
        let span = [values.first().copied().unwrap_or(0.0), values.last().copied().unwrap_or(1.0)];
        let share = objective.metric.contains("accuracy");
        Self {
            key: (dir.clone(), revision),
            serial: SERIAL.fetch_add(1, Ordering::Relaxed),
            axes,
            rows,
            best: study.best().map(|trial| trial.id),
            objective: (objective.metric.clone(), share),
            up,
            span,
            metrics: metrics.into_iter().filter(|name| *name != objective.metric).collect(),
            rungs: correlations(study),
            pruned_at: study.sweep.pruner.prune().rungs(study.sweep.recipe.train.epochs as f64),
            order: None,
        }
    }

    /// The rows in the order of the table.
    pub fn sorted(&mut self, study: &Study, sort: &(Sort, bool)) -> &[usize] {
        if self.order.as_ref().is_none_or(|(known, _)| known != sort) {
            let mut order: Vec<usize> = (0..self.rows.len()).collect();
            order.sort_by(|a, b| self.compare(study, &sort.0, *a, *b));
            if sort.1 {
                order.reverse();
            }
            self.order = Some((sort.clone(), order));
        }
        self.order.as_ref().map_or(&[], |(_, order)| order)
    }

    fn compare(&self, study: &Study, sort: &Sort, a: usize, b: usize) -> std::cmp::Ordering {
        let (x, y) = (&self.rows[a], &self.rows[b]);
        let number = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            // What has no value comes last.
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        let known = match sort {
            Sort::Value => match (x.value, y.value) {
                (Some(a), Some(b)) if self.up => b.total_cmp(&a),
                (a, b) => number(a, b),
            },
            Sort::Number => std::cmp::Ordering::Equal,
            Sort::State => place(x.state).cmp(&place(y.state)),
            Sort::Epochs => y.epochs.0.total_cmp(&x.epochs.0),
            Sort::Seconds => y.secs.total_cmp(&x.secs),
            Sort::Setting(path) => match self.axes.iter().position(|axis| axis.path == *path) {
                Some(i) => number(x.places[i], y.places[i]).then_with(|| x.cells[i].cmp(&y.cells[i])),
                None => std::cmp::Ordering::Equal,
            },
            Sort::Metric(name) => {
                let of = |row: &Row| study.trial(row.id)?.metrics.as_ref()?.get(name);
                number(of(x), of(y))
            }
        };
        known.then(x.id.cmp(&y.id))
    }

    /// A value of the objective as people read it.
    pub fn words(&self, value: f64) -> String {
        if self.objective.1 { words::percent(value) } else { words::number(value) }
    }

    /// What a number of the objective is drawn as: percent where it is a share.
    pub fn drawn(&self, value: f64) -> f64 {
        if self.objective.1 { value * 100.0 } else { value }
    }

    /// Whether one value is better than another.
    pub fn better(&self, a: f64, b: f64) -> bool {
        if self.up { a > b } else { a < b }
    }

    /// The words of an axis over the objective.
    pub fn objective_label(&self) -> String {
        let label = words::label(&self.objective.0);
        if self.objective.1 { format!("{label}, %") } else { label }
    }

    /// The best value so far after each trial that is complete, over `x` of it: points of a staircase.
    pub fn best_so_far(&self, x: impl Fn(&Row) -> f64) -> Vec<[f64; 2]> {
        let mut done: Vec<&Row> =
            self.rows.iter().filter(|r| r.state == State::Complete && r.value.is_some()).collect();
        done.sort_by(|a, b| x(a).total_cmp(&x(b)));
        let (mut steps, mut best): (Vec<[f64; 2]>, Option<f64>) = (Vec::new(), None);
        for row in done {
            let Some(value) = row.value else { continue };
            let at = x(row);
            if let Some(before) = best {
                steps.push([at, self.drawn(before)]);
            }
            if best.is_none_or(|before| self.better(value, before)) {
                best = Some(value);
            }
            steps.push([at, self.drawn(best.unwrap_or(value))]);
        }
        steps
    }
}

/// The order of states in the table: what moves first.
fn place(state: State) -> usize {
    let order = [State::Running, State::Paused, State::Queued, State::Complete, State::Pruned, State::Failed];
    order.iter().position(|s| *s == state).unwrap_or(order.len())
}

/// A number with three digits, which tell trials apart; whole ones as they are.
fn short(x: f64) -> String {
    let rounded = if x.fract() == 0.0 { x } else { format!("{x:.2e}").parse().unwrap_or(x) };
    words::number(rounded)
}

fn row(study: &Study, trial: &Trial, value: Option<f64>, rank: Option<f32>) -> Row {
    let objective = study.sweep.objective();
    let places = study.sweep.space.encode(&trial.point);
    let text = |path: &str| {
        trial
            .point
            .get(path)
            .map_or_else(String::new, |value| value.number().map_or_else(|| value.to_string(), short))
    };
    let curve =
        trial.reports.iter().filter_map(|report| Some([report.epoch, objective.of(&report.metrics)?]));
    let mut curve: Vec<[f64; 2]> = curve.collect();
    let most = study.max_epochs(trial);
    if trial.state() == State::Complete
        && let Some(value) = value
    {
        curve.push([most, value]);
    }
    let (epoch, secs) = (study.epochs(trial), trial.secs);
    let eta =
        (trial.state() == State::Running && epoch > 0.0).then(|| secs / epoch * (most - epoch).max(0.0));
    Row {
        id: trial.id,
        state: trial.state(),
        value,
        rank,
        places,
        cells: study.sweep.space.varied().map(|axis| text(&axis.path)).collect(),
        curve,
        epochs: (epoch, most),
        secs,
        eta,
        worker: trial.worker,
        why: trial.why.clone().unwrap_or_default(),
        ended_at: trial.ended_at,
    }
}

/// Places with words on an axis: every value of a list, else up to six.
fn ticks(range: &Range) -> Vec<(f64, String)> {
    // Of values in between two digits tell the place.
    let short = |x: f64| if range.count().is_some() { x } else { format!("{x:.1e}").parse().unwrap_or(x) };
    let words = |value: &Value| value.number().map_or_else(|| value.to_string(), |x| words::number(short(x)));
    let all = range.grid(6);
    let thin = all.len().div_ceil(14).max(1);
    let shown = all.iter().enumerate().filter(|(i, _)| i % thin == 0 || i + 1 == all.len());
    shown.filter_map(|(_, value)| Some((range.encode(value)?, words(value)))).collect()
}

/// How well the order at each rung tells the order at the end: Spearman's correlation over trials that are complete.
fn correlations(study: &Study) -> Vec<(f64, f64, usize)> {
    let most = study.sweep.recipe.train.epochs as f64;
    let done: Vec<&Trial> = study.ranked();
    let mut rungs = study.sweep.pruner.prune().rungs(most);
    rungs.extend((1..most as u64).map(|epoch| epoch as f64));
    rungs.sort_by(f64::total_cmp);
    rungs.dedup();
    rungs
        .into_iter()
        .filter_map(|rung| {
            let pairs: Vec<(f64, f64)> = done
                .iter()
                .filter_map(|trial| Some((study.value_at(trial, rung)?, study.value(trial)?)))
                .collect();
            let n = pairs.len();
            // Fewer say nothing.
            (n >= 5).then(|| (rung, spearman(&pairs), n))
        })
        .collect()
}

/// Spearman's rank correlation, equal values sharing their ranks.
fn spearman(pairs: &[(f64, f64)]) -> f64 {
    let ranks = |values: Vec<f64>| -> Vec<f64> {
        let of = |x: f64| {
            let below = values.iter().filter(|v| **v < x).count() as f64;
            let equal = values.iter().filter(|v| **v == x).count() as f64;
            below + (equal - 1.0) / 2.0
        };
        values.iter().map(|x| of(*x)).collect()
    };
    let (a, b) = (ranks(pairs.iter().map(|p| p.0).collect()), ranks(pairs.iter().map(|p| p.1).collect()));
    let mean = (pairs.len() as f64 - 1.0) / 2.0;
    let product: f64 = a.iter().zip(&b).map(|(a, b)| (a - mean) * (b - mean)).sum();
    let spread = |ranks: &[f64]| ranks.iter().map(|r| (r - mean).powi(2)).sum::<f64>().sqrt();
    let both = spread(&a) * spread(&b);
    if both > 0.0 { product / both } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::Metrics;
    use crate::sweep::study::{End, Event};
    use crate::sweep::{Axis, Origin, Point, Space, Studies, Sweep};

    /// Trials over a learning rate whose accuracies are given; none for one that runs.
    fn study(values: &[Option<f64>]) -> Study {
        let space = Space(vec![Axis::new("optim.lr", Range::Log { min: 1e-3, max: 1.0 })]);
        let mut sweep = Sweep { space, ..Sweep::default() };
        sweep.recipe.train.epochs = 2;
        let mut study = Study::new(sweep);
        for (i, value) in values.iter().enumerate() {
            let (trial, at) = (i as u64 + 1, i as f64);
            let point = Point::default().with("optim.lr", 1e-3 * 10_f64.powi(i as i32 % 4));
            study.apply(&Event::Asked { at, trial, point, origin: Origin::Strategy, seed: None });
            study.apply(&Event::Started { at, trial, worker: 1, run: format!("r{trial}") });
            let metrics = Metrics::from([("accuracy", value.unwrap_or(0.1) / 2.0)]);
            study.apply(&Event::Reported { at, trial, epoch: 1.0, secs: 3.0, metrics });
            if let Some(value) = value {
                let metrics = Some(Metrics::from([("accuracy", *value), ("params", 9.0)]));
                study.apply(&Event::Ended {
                    at,
                    trial,
                    end: End::Complete,
                    secs: Some(6.0),
                    epochs: None,
                    metrics,
                    why: None,
                });
            }
        }
        study
    }

    #[test]
    fn rows_ranks_and_best_so_far() {
        let study = study(&[Some(0.5), Some(0.9), Some(0.7), None, Some(0.8), Some(0.6)]);
        let dir = Studies::new(std::path::Path::new("/nowhere"));
        let folder = tempfile::tempdir().expect("a folder");
        let studies = Studies::new(folder.path());
        assert!(dir.list().is_empty());
        let dir = studies.create(&study.sweep).expect("it can be made");
        let mut model = Model::of(&dir, 3, &study);
        assert!(model.is_of(&dir, 3) && !model.is_of(&dir, 4));
        assert_eq!((model.best, model.metrics.as_slice()), (Some(2), &["params".to_owned()][..]));
        assert_eq!(model.rows[1].rank, Some(1.0));
        assert_eq!(model.rows[3].eta, Some(3.0), "half of its two epochs took three seconds");
        assert_eq!(model.rows[0].places, [Some(0.0)]);
        let steps = model.best_so_far(|row| row.id as f64);
        assert_eq!(steps.first(), Some(&[1.0, 50.0]));
        assert_eq!(steps.last(), Some(&[6.0, 90.0]));
        let order: Vec<usize> = model.sorted(&study, &(Sort::Value, false)).to_vec();
        assert_eq!(order, [1, 4, 2, 5, 0, 3]);
        assert_eq!(model.sorted(&study, &(Sort::State, false))[0], 3);
        let (rung, correlation, n) = model.rungs[0];
        assert_eq!((rung, n), (1.0, 5));
        assert!((correlation - 1.0).abs() < 1e-9);
        assert_eq!(model.axes[0].ticks.len(), 6);
    }

    #[test]
    fn rank_correlation_of_turned_and_of_equal_values() {
        assert!((spearman(&[(1.0, 3.0), (2.0, 2.0), (3.0, 1.0)]) + 1.0).abs() < 1e-12);
        assert_eq!(spearman(&[(1.0, 3.0), (1.0, 2.0)]), 0.0);
    }
}
