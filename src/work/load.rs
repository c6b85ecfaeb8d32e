//! Loading and downloading data sets on a thread of their own, and what there is to say of one once it is there.

use super::{Context, Status};
use crate::data::{Dataset, Places, Progress, Source, Stage, Statistics, statistics};

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
    /// The images.
    pub dataset: Dataset,
    /// Of the training images.
    pub statistics: Statistics,
}

/// Loads a data set.
pub fn load(source: &Source, places: &Places, context: &Context) -> Result<Loaded, crate::data::DataError> {
    let dataset = source.load(places, &Told(context))?;
    let statistics = statistics(&dataset.train, dataset.classes.len());
    Ok(Loaded { source: source.clone(), dataset, statistics })
}
