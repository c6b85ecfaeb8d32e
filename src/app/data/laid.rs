//! Loading the images that the page shows, and what lies over them as they were read: edits and sizes.

use super::carry::Moved;
use super::{App, Division, Filter, Reading, Report, Sort, State, Trouble};
use crate::app::Report as AnyReport;
use crate::data::curate::Curation;
use crate::data::{Availability, DataError, Source};
use crate::recipe::Recipe;
use crate::work::load::{Loaded, load};
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

    /// Takes in images that were read or laid out anew.
    pub(super) fn data_loaded(&mut self, source: &Source, loaded: Result<Box<Loaded>, Trouble>) {
        if self.data.source.as_ref() != Some(source) {
            return;
        }
        let before = self.data.loaded().cloned();
        self.data.state = match loaded {
            Ok(loaded) => State::Ready(Arc::from(loaded)),
            Err(trouble) => State::Trouble(trouble),
        };
        if let Reading::Working(job, _) = self.data.reading {
            self.jobs.cancel(job);
        }
        let moved = before.zip(self.data.loaded()).and_then(|(old, new)| Moved::between(&old, new));
        if let Some(moved) = moved {
            self.data.carry(&moved);
        } else {
            // Filters that mean nothing for these images would only hide them.
            let mut filter = self.data.filter.clone().without_readings();
            let n_labels = self.data.loaded().map_or(0, |loaded| loaded.dataset.n_labels());
            filter.label = filter.label.filter(|label| usize::from(*label) < n_labels);
            filter.only = None;
            if self.data.listed.as_ref() != Some(source) {
                filter = Filter { part: filter.part, label: filter.label, ..Filter::default() };
                self.data.sort = Sort::default();
            }
            self.data.filter = filter;
            self.data.measures.clear();
            self.data.reading = Reading::default();
        }
        self.data.listed = Some(source.clone());
        self.data.large &= self.data.gallery.selected().is_some();
        self.data.parts = Division::default();
        self.divide_data();
    }

    /// Whether the images shown have the edits as they were written last.
    pub(in crate::app) fn edits_are_laid(&self) -> bool {
        let newest = self.data.laid.as_ref().is_some_and(|laid| laid.2 == self.data.n_edits);
        newest && !self.data.laying.is_some_and(|job| self.jobs.is_at_work(job))
    }
}
