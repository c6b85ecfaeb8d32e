//! What is behind a point of a curve: the images of a step, laid over the window.

use super::report::Report as AnyReport;
use super::{App, Overlay};
use crate::work::behind::{Looked, look};
use crate::work::load::Told;
use std::sync::Arc;

/// What a job of this sheet brings back: the run and step, and the images or why there are none.
#[derive(Clone, Debug)]
pub struct Report(String, u64, Result<Arc<Looked>, String>);

/// The state of the sheet.
#[derive(Default)]
pub struct Behind {
    /// The run and the step asked for.
    pub of: Option<(String, u64)>,
    /// The images of the last step that was had; of the step asked for, unless those are still on their way.
    pub looked: Option<Arc<Looked>>,
    /// Why the images asked for cannot be had.
    pub trouble: Option<String>,
    /// Whether the images are shown as the step saw them rather than as they are.
    pub seen: bool,
    /// Whether those that the model is the least right about come first.
    pub hardest: bool,
    job: Option<u64>,
}

/// Something to do on the sheet.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Lays the images of a run's step over the window.
    Step(String, u64),
    /// Shows images as the step saw them, or as they are.
    Seen(bool),
    /// The hardest images come first, or all in the order of the batch.
    Hardest(bool),
}

impl Behind {
    /// Whether what is shown is not yet what was asked for.
    pub fn is_waiting(&self) -> bool {
        let shown = self.looked.as_ref().map(|looked| looked.behind.step);
        self.trouble.is_none() && shown != self.of.as_ref().map(|(_, step)| *step)
    }
}

impl App {
    /// Does what is asked on the sheet.
    pub(super) fn apply_behind(&mut self, action: Action) {
        match action {
            Action::Step(run, step) => self.look_behind(run, step),
            Action::Seen(seen) => self.behind.seen = seen,
            Action::Hardest(hardest) => self.behind.hardest = hardest,
        }
    }

    fn look_behind(&mut self, id: String, step: u64) {
        let Some(run) = self.runs.get(&id) else { return };
        self.overlay = Some(Overlay::Behind);
        let other = self.behind.of.as_ref().is_none_or(|(of, _)| *of != id);
        if other {
            self.behind.looked = None;
        }
        self.behind.of = Some((id, step));
        self.behind.trouble = None;
        self.ask_behind(run.dir.clone());
    }

    /// One at a time: while one step is looked up, only the latest one asked for is looked up next.
    fn ask_behind(&mut self, dir: crate::runs::RunDir) {
        if self.behind.job.is_some_and(|id| self.jobs.is_at_work(id)) {
            return;
        }
        let Some((id, step)) = self.behind.of.clone() else { return };
        let opened = self.behind.looked.as_ref().map(|looked| Arc::clone(&looked.opened));
        let places = self.parts.places.clone();
        let job = self.jobs.start("Look behind a step", Arc::clone(&self.parts.waker), move |context| {
            let looked = look(&dir, step, &places, opened, &Told(context));
            let looked = looked.map(Arc::new).map_err(|e| format!("{e:#}"));
            Ok(AnyReport::Behind(Report(id, step, looked)))
        });
        self.behind.job = Some(job);
    }

    /// Takes in what was found.
    pub(super) fn take_behind(&mut self, report: Report) {
        let Report(id, step, looked) = report;
        if self.behind.of.as_ref().is_none_or(|(of, _)| *of != id) {
            let wanted = self.behind.of.as_ref().and_then(|(of, _)| self.runs.get(of));
            if let Some(dir) = wanted.map(|run| run.dir.clone()) {
                self.ask_behind(dir);
            }
            return;
        }
        let current = self.behind.of.as_ref().is_some_and(|(_, of)| *of == step);
        match looked {
            Ok(looked) => self.behind.looked = Some(looked),
            Err(trouble) if current => self.behind.trouble = Some(trouble),
            Err(_) => {}
        }
        if !current && let Some(dir) = self.runs.get(&id).map(|run| run.dir.clone()) {
            self.ask_behind(dir);
        }
    }
}
