//! Loading the images that the page shows, and what lies over them as they were read: edits and sizes.

use super::{App, Report, State, Trouble};
use crate::app::Report as AnyReport;
use crate::data::curate::Curation;
use crate::data::{Availability, DataError};
use crate::recipe::Recipe;
use crate::work::load::load;
use std::sync::Arc;

/// What lies over the images as they were read: edits and sizes, the division where those depend on it, and the state
/// of the edits.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Laid(Curation, Option<(u64, f64)>, u64);

impl Laid {
    pub(super) fn of(recipe: &Recipe, n_edits: u64) -> Self {
        let division = (recipe.train.seed, recipe.train.validation_share);
        let curation = &recipe.curation;
        Self(curation.clone(), (!curation.is_nothing()).then_some(division), n_edits)
    }
}

impl App {
    pub(super) fn look_at_data(&mut self) {
        if let State::Loading(job) = self.data.state {
            self.jobs.cancel(job);
        }
        if let Some(job) = self.data.laying.take() {
            self.jobs.cancel(job);
        }
        let recipe = self.draft.recipe().clone();
        let source = recipe.data.clone();
        let places = self.parts.places.clone();
        let overlays = self.parts.workspace.overlays_dir();
        // What was read before is only laid out anew.
        let base = self.data.loaded().filter(|loaded| loaded.source == source).map(|l| l.base.clone());
        let base = base.filter(|_| self.data.laid != Some(Laid::of(&recipe, self.data.n_edits)));
        self.data.source = Some(source.clone());
        self.data.laid = Some(Laid::of(&recipe, self.data.n_edits));
        self.data.changed = None;
        let only_laid = base.is_some();
        if !only_laid {
            self.data.gallery.show(Vec::new());
        }
        let job = self.jobs.start("Load images", Arc::clone(&self.parts.waker), move |context| {
            let loaded = match source.available(&places) {
                Availability::Ready => {
                    load(&recipe, base, &places, &overlays, context).map(Box::new).map_err(|e| match e {
                        DataError::Cancelled => Trouble::Cancelled,
                        e => Trouble::Unreadable(e.to_string()),
                    })
                }
                absent => Err(Trouble::Absent(absent)),
            };
            Ok(AnyReport::Data(Box::new(Report::Loaded(Box::new(source), loaded))))
        });
        if only_laid {
            self.data.laying = Some(job);
        } else {
            self.data.state = State::Loading(job);
        }
    }

    /// Whether the images shown have the edits as they were written last.
    pub(in crate::app) fn edits_are_laid(&self) -> bool {
        let newest = self.data.laid.as_ref().is_some_and(|laid| laid.2 == self.data.n_edits);
        newest && !self.data.laying.is_some_and(|job| self.jobs.is_at_work(job))
    }
}
