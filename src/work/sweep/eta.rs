//! How long a study will take, by how long it took so far.

use crate::sweep::{State, Study};

/// Seconds until a study is done at its present speed; `None` while nothing is known. `now` in seconds since 1970.
///
/// Trials that were given up early count as much as others: with a pruner most of those to come will be given up, too.
pub fn eta_secs(study: &Study, now: f64) -> Option<f64> {
    let over = study.trials.iter().filter(|trial| trial.state().is_over()).count();
    if over == 0 {
        return None;
    }
    // Half a trial each for those under way.
    let running = study.trials.iter().filter(|trial| matches!(trial.state(), State::Running | State::Paused));
    let done = over as f64 + 0.5 * running.count() as f64;
    let repeats = study.sweep.repeats.best * study.sweep.repeats.seeds;
    let all = (study.sweep.trials.max(study.trials.len() as u64) + repeats) as f64;
    Some(study.active_secs(now) / done * (all - done).max(0.0))
}
