//! Which trials count as better ones.

use crate::sweep::study::{State, Study, Trial, dominates};

/// The better trials and the others, each in the order in which they were asked for. Of those that have a value 15 %
/// are better, at most 25: Watanabe (section 5) finds that share better than the usual tenth, and so do the functions of
/// `bench`.
pub(super) fn split(study: &Study) -> (Vec<&Trial>, Vec<&Trial>) {
    let mut complete = Vec::new();
    let mut given_up = Vec::new();
    let mut others: Vec<&Trial> = Vec::new();
    let objective = study.sweep.objective();
    for trial in &study.trials {
        match trial.state() {
            State::Removed => {}
            State::Complete if study.costs(trial).is_some() => complete.push(trial),
            // One that waits at a rung was measured as those that were given up there.
            State::Pruned | State::Paused if study.value(trial).is_some() => given_up.push(trial),
            _ => others.push(trial),
        }
    }
    let n = complete.len() + given_up.len();
    let n_better = (n * 3).div_ceil(20).min(25);
    order(study, &mut complete);
    // Whoever came further is better; at the same epoch the value decides.
    let cost = |trial: &Trial| study.value(trial).map_or(f64::INFINITY, |value| objective.cost(value));
    given_up.sort_by(|a, b| b.epoch().total_cmp(&a.epoch()).then(cost(a).total_cmp(&cost(b))));
    let mut ranked = complete;
    ranked.extend(given_up);
    let mut better = ranked;
    others.extend(better.split_off(n_better.min(better.len())));
    better.sort_by_key(|trial| trial.id);
    others.sort_by_key(|trial| trial.id);
    (better, others)
}

/// Best first. With several objectives: by how many fronts lie before, and within a front those with more room around
/// them first (Deb et al., "NSGA-II", 2002, section III).
fn order(study: &Study, trials: &mut Vec<&Trial>) {
    let costs = |trial: &Trial| study.costs(trial).unwrap_or_default();
    if study.sweep.objectives.len() < 2 {
        trials.sort_by(|a, b| costs(a)[0].total_cmp(&costs(b)[0]));
        return;
    }
    let mut left: Vec<(&Trial, Vec<f64>)> = trials.iter().map(|trial| (*trial, costs(trial))).collect();
    trials.clear();
    while !left.is_empty() {
        let beaten: Vec<bool> =
            left.iter().map(|(_, costs)| left.iter().any(|(_, other)| dominates(other, costs))).collect();
        let mut beaten = beaten.into_iter();
        let (rest, front): (Vec<_>, Vec<_>) = left.into_iter().partition(|_| beaten.next().unwrap_or(false));
        let room = crowding(&front);
        let mut front: Vec<(f64, &Trial)> = room.into_iter().zip(front.iter().map(|(t, _)| *t)).collect();
        front.sort_by(|a, b| b.0.total_cmp(&a.0));
        trials.extend(front.into_iter().map(|(_, trial)| trial));
        left = rest;
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
