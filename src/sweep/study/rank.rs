//! The order of all trials of a study that have a value, those given up early among them.

use super::Study;
use super::result::dominates;
use super::trial::{State, Trial};

impl Study {
    /// Trials that have a value, the best first: those trained to their end by their value, then those that were given
    /// up or wait at a rung: whoever came further is better, and at the same epoch the value decides. With several
    /// objectives those trained to their end are ordered by how many fronts lie before, and within a front by how much
    /// room there is around them (Deb et al., "NSGA-II", 2002, section III).
    pub fn ranking(&self) -> Vec<&Trial> {
        let (mut complete, mut given_up) = (Vec::new(), Vec::new());
        let objective = self.sweep.objective();
        for trial in &self.trials {
            match trial.state() {
                State::Complete if self.rank_costs(trial).is_some() => complete.push(trial),
                State::Pruned | State::Paused if self.value(trial).is_some() => given_up.push(trial),
                _ => {}
            }
        }
        let cost = |trial: &Trial| self.value(trial).map_or(f64::INFINITY, |value| objective.cost(value));
        given_up.sort_by(|a, b| b.epoch().total_cmp(&a.epoch()).then(cost(a).total_cmp(&cost(b))));
        let mut ranked = self.by_fronts(complete);
        ranked.extend(given_up);
        ranked
    }

    /// Costs to rank by: with a single objective, the last report stands in for a missing final value.
    fn rank_costs(&self, trial: &Trial) -> Option<Vec<f64>> {
        match self.sweep.objectives.len() {
            0 | 1 => Some(vec![self.sweep.objective().cost(self.value(trial)?)]),
            _ => self.costs(trial),
        }
    }

    fn by_fronts<'a>(&self, mut trials: Vec<&'a Trial>) -> Vec<&'a Trial> {
        let costs = |trial: &Trial| self.rank_costs(trial).unwrap_or_default();
        if self.sweep.objectives.len() < 2 {
            trials.sort_by(|a, b| costs(a)[0].total_cmp(&costs(b)[0]));
            return trials;
        }
        let mut left: Vec<(&Trial, Vec<f64>)> = trials.iter().map(|trial| (*trial, costs(trial))).collect();
        let mut ranked = Vec::new();
        while !left.is_empty() {
            let beaten: Vec<bool> =
                left.iter().map(|(_, costs)| left.iter().any(|(_, other)| dominates(other, costs))).collect();
            let mut beaten = beaten.into_iter();
            let (rest, front): (Vec<_>, Vec<_>) =
                left.into_iter().partition(|_| beaten.next().unwrap_or(false));
            let mut with_room: Vec<(f64, &Trial)> =
                crowding(&front).into_iter().zip(front.iter().map(|(trial, _)| *trial)).collect();
            with_room.sort_by(|a, b| b.0.total_cmp(&a.0));
            ranked.extend(with_room.into_iter().map(|(_, trial)| trial));
            left = rest;
        }
        ranked
    }
}

/// Of each trial of a front, how far its neighbours lie apart, summed over the objectives; the ends have all room.
fn crowding(front: &[(&Trial, Vec<f64>)]) -> Vec<f64> {
    let mut room = vec![0.0; front.len()];
    for i in 0..front.first().map_or(0, |(_, costs)| costs.len()) {
        let mut by: Vec<usize> = (0..front.len()).collect();
        by.sort_by(|a, b| front[*a].1[i].total_cmp(&front[*b].1[i]));
        let cost = |place: usize| front[by[place]].1[i];
        let last = by.len() - 1;
        let width = cost(last) - cost(0);
        for place in 0..by.len() {
            let apart = match place {
                _ if place == 0 || place == last => f64::INFINITY,
                _ if width > 0.0 => (cost(place + 1) - cost(place - 1)) / width,
                _ => 0.0,
            };
            room[by[place]] += apart;
        }
    }
    room
}
