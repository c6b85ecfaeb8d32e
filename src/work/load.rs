//! Loading and downloading data sets on a thread of their own, and what there is to say of one once it is there.

use super::{Context, Status};
use crate::data::curate::{Named, Overlay, list};
use crate::data::{
    DataError, Dataset, Places, Progress, Samples, Source, Stage, Statistics, joined, statistics,
};
use crate::recipe::Recipe;
use std::path::Path;

/// Lets a data set tell a job how far it is.
pub struct Told<'a>(
    /// The job.
    pub &'a Context,
);

impl Progress for Told<'_> {
    fn report(&self, stage: Stage<'_>) {
        let Stage { text, done, total, .. } = stage;
        self.0.report(Status { doing: text.to_owned(), done, total: Some(total).filter(|total| *total > 0) });
    }

    fn cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// A data set with what there is to say of it.
#[derive(Clone)]
pub struct Loaded {
    /// Its settings.
    pub source: Source,
    /// The images, with the recipe's edits and sizes.
    pub dataset: Dataset,
    /// The images as they were read.
    pub base: Dataset,
    /// All of them, the training images first: what rows count in wherever they are looked through.
    pub all: Samples,
    /// The edits laid over it, and their name.
    pub overlay: Option<Overlay>,
    /// Their name; empty for none.
    pub overlay_name: String,
    /// All edits there are.
    pub overlays: Vec<Named>,
    /// Of the training images.
    pub statistics: Statistics,
}

/// Loads what a recipe learns from; `overlays` is the folder of edits. `base` is the same as read, where somebody has it.
pub fn load(
    recipe: &Recipe,
    base: Option<Dataset>,
    places: &Places,
    overlays: &Path,
    context: &Context,
) -> Result<Loaded, DataError> {
    let base = base.map_or_else(|| recipe.data.load(places, &Told(context)), Ok)?;
    let dataset = recipe.curated(base.clone(), overlays)?;
    let statistics = statistics(&dataset.train, dataset.classes.len());
    let all = joined(&dataset.train, &dataset.test);
    Ok(Loaded {
        source: recipe.data.clone(),
        dataset,
        base,
        all,
        overlay: recipe.curation.edits(overlays)?,
        overlay_name: recipe.curation.overlay.clone(),
        overlays: list(overlays),
        statistics,
    })
}
