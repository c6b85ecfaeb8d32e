//! What came of a study: values, ranks, the winner over seeds, the Pareto front.

use super::super::space::Point;
use super::Study;
use super::trial::{Origin, State, Trial};

/// One point with all trials of it: the first and its repeats with other seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// What was tried.
    pub point: Point,
    /// Its trials that were trained to their end.
    pub trials: Vec<u64>,
    /// Mean of the first objective over them.
    pub mean: f64,
    /// Standard deviation over them, of the sample; 0 for a single one.
    pub deviation: f64,
}

impl Study {
    /// The first objective's value of a trial: at its end, or for one that did not come there, the last on its way.
    pub fn value(&self, trial: &Trial) -> Option<f64> {
        let objective = self.sweep.objective();
        match trial.state() {
            State::Failed | State::Removed | State::Queued => None,
            State::Complete => {
                let last = trial.reports.last().map(|report| &report.metrics);
                trial.metrics.as_ref().and_then(|m| objective.of(m)).or_else(|| objective.of(last?))
            }
            _ => objective.of(&trial.reports.last()?.metrics),
        }
    }

    /// How many trials have ended, one way or another.
    pub fn n_over(&self) -> usize {
        self.trials.iter().filter(|trial| trial.state().is_over()).count()
    }

    /// How many trials there will be, as it is now.
    pub fn n_planned(&self) -> u64 {
        let own = self.sweep.strategy.propose().trials(&self.sweep.space);
        let repeats = self.sweep.repeats.best * self.sweep.repeats.seeds;
        let planned = own.map_or(self.sweep.trials, |own| own.min(self.sweep.trials)) + repeats;
        planned.max(self.trials.len() as u64)
    }

    /// The share of those that have ended, 0 to 1.
    pub fn share_done(&self) -> f32 {
        self.n_over() as f32 / self.n_planned().max(1) as f32
    }

    /// Epochs that a trial has done, with fraction: those told, and of a complete one of which nothing was told, all.
    pub fn epochs(&self, trial: &Trial) -> f64 {
        let untold = trial.state() == State::Complete && trial.epochs.is_none();
        if untold { self.max_epochs(trial) } else { trial.epoch() }
    }

    /// The first objective's value at the first report at or after an epoch.
    pub fn value_at(&self, trial: &Trial, epoch: f64) -> Option<f64> {
        let report = trial.reports.iter().find(|report| report.epoch >= epoch - 1e-9)?;
        self.sweep.objective().of(&report.metrics)
    }

    /// The best value of the first objective on its way so far.
    pub fn best_on_the_way(&self, trial: &Trial) -> Option<f64> {
        let objective = self.sweep.objective();
        let values = trial.reports.iter().filter_map(|report| objective.of(&report.metrics));
        values.min_by(|a, b| objective.cost(*a).total_cmp(&objective.cost(*b)))
    }

    /// The trial that was trained to its end with the very same settings and seed, for one that has not begun:
    /// training it would give the same once more.
    pub fn twin(&self, trial: &Trial) -> Option<&Trial> {
        let same = |other: &&Trial| {
            other.state() == State::Complete
                && other.metrics.is_some()
                && other.seed == trial.seed
                && other.point.same(&trial.point)
        };
        (trial.run.is_none()).then(|| self.trials.iter().find(same))?
    }

    /// All objectives' values of a trial that was trained to its end; `None` where one is missing.
    pub fn values(&self, trial: &Trial) -> Option<Vec<f64>> {
        if trial.state() != State::Complete {
            return None;
        }
        let metrics = trial.metrics.as_ref()?;
        self.sweep.objectives.iter().map(|objective| objective.of(metrics)).collect()
    }

    /// The same as costs: of each less is better.
    pub fn costs(&self, trial: &Trial) -> Option<Vec<f64>> {
        let values = self.values(trial)?;
        Some(
            self.sweep
                .objectives
                .iter()
                .zip(values)
                .map(|(objective, value)| objective.cost(value))
                .collect(),
        )
    }

    /// Trials that were trained to their end and have a value, the best first; of equal ones the earlier.
    pub fn ranked(&self) -> Vec<&Trial> {
        let objective = self.sweep.objective();
        let mut ranked: Vec<(f64, &Trial)> = self
            .trials
            .iter()
            .filter(|trial| trial.state() == State::Complete)
            .filter_map(|trial| Some((objective.cost(self.value(trial)?), trial)))
            .collect();
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
        ranked.into_iter().map(|(_, trial)| trial).collect()
    }

    /// The best single trial.
    pub fn best(&self) -> Option<&Trial> {
        self.ranked().into_iter().next()
    }

    /// Points by their mean over seeds, the best first. Where the best are repeated, those with all their repeats come
    /// before those that were lucky once.
    pub fn standings(&self) -> Vec<Standing> {
        let objective = self.sweep.objective();
        let mut groups: Vec<(String, Standing, Vec<f64>)> = Vec::new();
        for trial in self.ranked() {
            let (Some(value), key) = (self.value(trial), trial.point.key()) else { continue };
            let at = groups.iter().position(|(known, ..)| *known == key).unwrap_or_else(|| {
                let standing =
                    Standing { point: trial.point.clone(), trials: Vec::new(), mean: 0.0, deviation: 0.0 };
                groups.push((key, standing, Vec::new()));
                groups.len() - 1
            });
            // Trained twice with the same seed it is the same once more, and says nothing of other seeds.
            let seeds = groups[at].1.trials.iter().filter_map(|id| self.trial(*id)).map(|known| known.seed);
            if !seeds.clone().any(|seed| seed == trial.seed) {
                groups[at].1.trials.push(trial.id);
                groups[at].2.push(value);
            }
        }
        let mut standings: Vec<Standing> = groups
            .into_iter()
            .map(|(_, mut standing, values)| {
                (standing.mean, standing.deviation) = mean_and_deviation(&values);
                standing.trials.sort_unstable();
                standing
            })
            .collect();
        let most = standings.iter().map(|s| s.trials.len()).max().unwrap_or(1);
        let repeated = self.trials.iter().any(|t| matches!(t.origin, Origin::Repeat(_)));
        standings.sort_by(|a, b| {
            let lucky = |s: &Standing| repeated && s.trials.len() < most.min(2);
            lucky(a).cmp(&lucky(b)).then(objective.cost(a.mean).total_cmp(&objective.cost(b.mean)))
        });
        standings
    }

    /// The winner: the best mean over seeds.
    pub fn winner(&self) -> Option<Standing> {
        self.standings().into_iter().next()
    }

    /// Trials that no other one beats in every objective, by the first objective, best first.
    pub fn pareto(&self) -> Vec<&Trial> {
        let all: Vec<(&Trial, Vec<f64>)> =
            self.ranked().into_iter().filter_map(|trial| Some((trial, self.costs(trial)?))).collect();
        let beaten = |costs: &[f64]| all.iter().any(|(_, other)| dominates(other, costs));
        all.iter().filter(|(_, costs)| !beaten(costs)).map(|(trial, _)| *trial).collect()
    }
}

/// Whether costs `a` are nowhere worse than `b` and somewhere better.
pub(super) fn dominates(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| a <= b) && a.iter().zip(b).any(|(a, b)| a < b)
}

/// Mean, and standard deviation of the sample.
fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n.max(1.0);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, if values.len() > 1 { (squares / (n - 1.0)).sqrt() } else { 0.0 })
}
