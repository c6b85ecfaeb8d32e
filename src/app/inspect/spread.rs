//! How the weights and gradients of the run inspected were spread while it learned: read when the page shows it, and
//! again after every further epoch.

use super::{App, Report, View};
use crate::app::report::Report as AnyReport;
use crate::runs::Histograms;
use std::sync::Arc;

/// What was told.
#[derive(Clone, Default)]
pub struct Spread {
    /// After each epoch, the earliest first; empty where nothing was recorded.
    pub told: Arc<Vec<Histograms>>,
    /// Whether gradients are shown rather than weights.
    pub gradients: bool,
    /// The run and its epochs when it was asked for.
    asked: Option<(String, u64)>,
}

impl Spread {
    pub(super) fn take(&mut self, run: &str, told: Vec<Histograms>) {
        if self.asked.as_ref().is_some_and(|(asked, _)| asked == run) {
            self.told = Arc::new(told);
        }
    }
}

impl App {
    /// Reads what the run inspected told, where that is shown.
    pub(super) fn follow_spread(&mut self) {
        if self.inspect.view != View::Inside {
            return;
        }
        let run = self.inspected_run().filter(|_| self.inspect.file.is_none());
        let now = run.map(|run| (run.id.clone(), run.epochs_told()));
        if self.inspect.spread.asked == now {
            return;
        }
        let dir = run.map(|run| run.dir.clone());
        let other = self.inspect.spread.asked.as_ref().map(|(id, _)| id) != now.as_ref().map(|(id, _)| id);
        if other {
            self.inspect.spread.told = Arc::default();
        }
        self.inspect.spread.asked.clone_from(&now);
        let (Some(dir), Some((id, _))) = (dir, now) else { return };
        self.jobs.quiet("Read histograms", Arc::clone(&self.parts.waker), move |_| {
            Ok(AnyReport::Inspect(Report::Spread(id, dir.histograms()?)))
        });
    }
}
