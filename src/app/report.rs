//! What jobs bring back.

use super::sources::Known;
use crate::data::Source;
use crate::runs::RunDir;
use std::path::PathBuf;

/// The result of a job.
#[derive(Debug)]
pub enum Report {
    /// Nothing to tell.
    Nothing,
    /// Something to tell.
    Told(String),
    /// A run was made and its process started.
    Started(RunDir),
    /// A process was started for a run that was there already.
    TakenUp,
    /// Runs were moved to the trash.
    Trashed(Vec<String>),
    /// Runs were taken out of the trash.
    Restored(Vec<String>),
    /// A preset was saved under this name.
    PresetSaved(String),
    /// Something about data sets.
    Data(Box<super::data::Report>),
    /// Versions of an image were drawn.
    Versions(std::sync::Arc<super::augment::Made>),
    /// Something about curation.
    Curate(Box<super::curate::Report>),
    /// A report was written there.
    Written(PathBuf),
    /// The images behind a step.
    Behind(super::behind::Report),
    /// What a run's model makes of example pictures.
    Examples(Option<std::sync::Arc<super::examples::Told>>),
    /// Something for the Inspect page.
    Inspect(super::inspect::Report),
    /// Something about the user's pictures.
    Pictures(super::pictures::Report),
    /// Something about sweeps.
    Sweep(super::sweep::Report),
    /// Something for the Camera page.
    Camera(super::camera::Report),
    /// Which data sets can be loaded.
    Available(Vec<(Source, Known)>),
    /// A data set was downloaded, which files that is, or why not.
    Fetched(Box<(Source, (String, u64))>, Option<String>),
    /// A picture was kept as this, or why not.
    Kept(Result<String, String>),
    /// Somebody looked into a folder, and found these data sets in it.
    Folder(PathBuf, Vec<String>),
}
