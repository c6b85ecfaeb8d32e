//! Edits of a study: whether they are possible, and what they change.

use super::super::space::{Axis, Range};
use super::super::spec::{Repeats, Sweep};
use super::Study;
use super::event::Edit;
use super::trial::State;
use crate::knobs::Problem;

impl Study {
    /// Why an edit is not possible; empty if it is. Problems that were there before are not held against it.
    pub fn check_edit(&self, edit: &Edit) -> Vec<Problem> {
        let told = |path: &str, message: String| vec![Problem { path: path.to_owned(), message }];
        let trial = |id: u64, possible: &[State], what: &str| match self.trial(id) {
            None => told("trial", format!("there is no trial {id}")),
            Some(trial) if possible.contains(&trial.state()) => Vec::new(),
            Some(trial) => {
                let state = trial.state().label().to_lowercase();
                told("trial", format!("trial {id} is {state} and cannot be {what}"))
            }
        };
        match edit {
            Edit::Range { path, .. } | Edit::AddValues { path, .. } | Edit::RemoveAxis(path)
                if self.sweep.space.axis(path).is_none() =>
            {
                told(path, "it is not varied here".to_owned())
            }
            Edit::AddValues { path, .. }
                if !self.sweep.space.axis(path).is_some_and(|a| matches!(a.range, Range::Choice(_))) =>
            {
                told(path, "it has a range and no list of values; change the range".to_owned())
            }
            Edit::AddAxis(Axis { path, .. }) if self.sweep.space.axis(path).is_some() => {
                told(path, "it is varied already; change its range".to_owned())
            }
            Edit::Enqueue(point) if !self.sweep.space.contains(point) => {
                told("point", format!("this does not lie in the space: {point}"))
            }
            Edit::Remove(id) => {
                let all = [State::Queued, State::Running, State::Paused, State::Complete, State::Pruned];
                trial(*id, &[&all[..], &[State::Failed]].concat(), "removed")
            }
            Edit::Restore(id) => trial(*id, &[State::Removed], "restored"),
            Edit::Revive(id) => trial(*id, &[State::Pruned, State::Failed, State::Paused], "revived"),
            Edit::Prune(id) => trial(*id, &[State::Running, State::Paused, State::Queued], "given up"),
            _ => {
                let mut sweep = self.sweep.clone();
                change(&mut sweep, edit);
                let before = self.sweep.problems();
                sweep.problems().into_iter().filter(|problem| !before.contains(problem)).collect()
            }
        }
    }

    pub(super) fn apply_edit(&mut self, at: f64, edit: &Edit) {
        change(&mut self.sweep, edit);
        match edit {
            Edit::Enqueue(point) => self.queue.push_back(point.clone()),
            Edit::PauseWorker(worker) => _ = self.paused_workers.insert(*worker),
            Edit::ResumeWorker(worker) => _ = self.paused_workers.remove(worker),
            Edit::Pause(why) => self.paused = Some(why.clone()),
            Edit::Resume => {
                self.paused = None;
                self.stopped = false;
                self.failures = (String::new(), 0);
            }
            Edit::Stop => self.stopped = true,
            Edit::Remove(id) => {
                if let Some(trial) = self.trial_mut(*id) {
                    trial.removed = true;
                }
            }
            Edit::Restore(id) => {
                if let Some(trial) = self.trial_mut(*id) {
                    trial.removed = false;
                }
            }
            Edit::Revive(id) => {
                if let Some(trial) = self.trial_mut(*id) {
                    trial.at = State::Paused;
                    trial.wanted = true;
                    trial.revived = true;
                    trial.ended_at = None;
                    trial.why = Some("brought back by hand".to_owned());
                }
            }
            Edit::Prune(id) => {
                if let Some(trial) = self.trial_mut(*id)
                    && !trial.at.is_over()
                {
                    // A worker that has it says how far it came.
                    if trial.at != State::Running {
                        trial.ended_at = Some(at);
                    }
                    trial.at = State::Pruned;
                    trial.wanted = false;
                    trial.why = Some("given up by hand".to_owned());
                }
            }
            _ => {}
        }
    }
}

/// What an edit changes of the sweep itself.
fn change(sweep: &mut Sweep, edit: &Edit) {
    let axis = |sweep: &mut Sweep, path: &str, change: &dyn Fn(&mut Range)| {
        if let Some(axis) = sweep.space.0.iter_mut().find(|axis| axis.path == path) {
            change(&mut axis.range);
        }
    };
    match edit {
        Edit::Range { path, range } => axis(sweep, path, &|old| *old = range.clone()),
        Edit::AddValues { path, values } => axis(sweep, path, &|old| {
            if let Range::Choice(all) = old {
                all.extend(values.iter().cloned());
            }
        }),
        Edit::AddAxis(axis) => sweep.space.0.push(axis.clone()),
        Edit::RemoveAxis(path) => sweep.space.0.retain(|axis| axis.path != *path),
        Edit::Budget { trials, minutes } => (sweep.trials, sweep.minutes) = (*trials, *minutes),
        Edit::Repeats { best, seeds } => sweep.repeats = Repeats { best: *best, seeds: *seeds },
        Edit::Strategy(strategy) => sweep.strategy = strategy.clone(),
        Edit::Pruner(pruner) => sweep.pruner = pruner.clone(),
        Edit::Parallel(parallel) => sweep.parallel = *parallel,
        Edit::Enqueue(_)
        | Edit::PauseWorker(_)
        | Edit::ResumeWorker(_)
        | Edit::Remove(_)
        | Edit::Restore(_)
        | Edit::Revive(_)
        | Edit::Prune(_)
        | Edit::Pause(_)
        | Edit::Resume
        | Edit::Stop => {}
    }
}
