//! Which trials count as better ones.

use crate::sweep::study::{State, Study, Trial};

/// The better trials and the others, each in the order in which they were asked for. Of those that have a value 15 %
/// are better, at most 25: Watanabe (section 5) finds that share better than the usual tenth, and so do the functions of
/// `bench`. Trials that run or failed are among the others.
pub(super) fn split(study: &Study) -> (Vec<&Trial>, Vec<&Trial>) {
    let mut better = study.ranking();
    let n_better = (better.len() * 3).div_ceil(20).min(25);
    let without_value = |trial: &&Trial| {
        let open = matches!(trial.state(), State::Queued | State::Running | State::Failed);
        open || (trial.state() != State::Removed && study.value(trial).is_none())
    };
    let mut others: Vec<&Trial> = study.trials.iter().filter(without_value).collect();
    others.extend(better.split_off(n_better));
    better.sort_by_key(|trial| trial.id);
    others.sort_by_key(|trial| trial.id);
    (better, others)
}
