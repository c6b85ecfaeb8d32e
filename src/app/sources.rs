//! Which data sets can be trained on right now, looked at beside the window; and getting those that cannot.

use super::App;
use super::report::Report;
use crate::data::{Availability, DataError, Mnist, Places, Source};
use crate::models::{Input, ShapeError, Summary, summary};
use crate::work::load::Told;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A folder can vanish, and files can be copied into one, while the window is open.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// What is known of data sets.
#[derive(Debug, Default)]
pub struct Sources {
    known: Vec<(Source, Availability)>,
    asked: Vec<Source>,
    looking: bool,
    looked_at: Option<Instant>,
    /// The job that fetches MNIST.
    pub fetching: Option<u64>,
    /// Why MNIST could not be fetched the last time.
    pub trouble: Option<String>,
}

/// MNIST as a whole: what the Start page offers.
pub fn mnist() -> Source {
    Source::Mnist(Mnist::default())
}

impl Sources {
    /// Whether a data set can be loaded; `None` until somebody has looked.
    pub fn availability(&self, source: &Source) -> Option<&Availability> {
        self.known.iter().find(|(known, _)| known == source).map(|(_, availability)| availability)
    }
}

impl App {
    /// Looks at what is there, where that is not known or long ago.
    pub(super) fn follow_sources(&mut self) {
        let wanted = vec![self.draft.recipe().data.clone(), mnist()];
        let old = self.sources.looked_at.is_none_or(|at| at.elapsed() >= LOOK_AGAIN);
        if self.sources.looking || !(old || self.sources.asked != wanted) {
            return;
        }
        self.sources.looking = true;
        self.sources.looked_at = Some(Instant::now());
        self.sources.asked.clone_from(&wanted);
        let places = self.parts.places.clone();
        self.jobs.quiet("Look for data", Arc::clone(&self.parts.waker), move |_| {
            let known = wanted.into_iter().map(|source| {
                let availability = source.available(&places);
                (source, availability)
            });
            Ok(Report::Available(known.collect()))
        });
    }

    /// Takes in what was found.
    pub(super) fn take_available(&mut self, known: Vec<(Source, Availability)>) {
        self.sources.looking = false;
        self.sources.known = known;
    }

    /// Downloads MNIST.
    pub(super) fn fetch_mnist(&mut self) {
        self.sources.trouble = None;
        let places = self.parts.places.clone();
        let job = self.jobs.start("Download MNIST", Arc::clone(&self.parts.waker), move |context| {
            let trouble = match mnist().fetch(&places, &Told(context)) {
                Ok(_) | Err(DataError::Cancelled) => None,
                Err(e) => Some(e.to_string()),
            };
            Ok(Report::Fetched(trouble))
        });
        self.sources.fetching = Some(job);
    }

    /// The download is over.
    pub(super) fn fetched(&mut self, trouble: Option<String>) {
        self.sources.fetching = None;
        self.sources.looked_at = None;
        if let Some(trouble) = &trouble {
            self.notices.error(format!("MNIST could not be downloaded: {trouble}"));
        }
        self.sources.trouble = trouble;
    }

    /// Looks for data sets in one more folder from now on, where there is one in it.
    pub(super) fn add_folder(&mut self, folder: PathBuf) {
        let places = Places { folders: vec![folder.clone()], cache: self.parts.places.cache.join("none") };
        self.jobs.quiet("Look into folder", Arc::clone(&self.parts.waker), move |_| {
            let found = mnist().available(&places) == Availability::Ready;
            Ok(Report::Folder(folder, found))
        });
    }

    /// Somebody looked into a folder that the user chose.
    pub(super) fn folder_looked_into(&mut self, folder: PathBuf, found: bool) {
        if !found {
            self.notices.error(format!(
                "There is no MNIST in this folder. It needs train-images-idx3-ubyte and its three companions, plain \
                 or .gz: {}",
                folder.display()
            ));
            return;
        }
        self.notices.info(format!("Found MNIST in {}", folder.display()));
        if !self.settings.folders.contains(&folder) {
            self.settings.folders.push(folder);
        }
        self.parts.places.folders = self.all_folders();
        self.sources.looked_at = None;
    }

    fn all_folders(&self) -> Vec<PathBuf> {
        let mut folders = self.parts.places.folders.clone();
        for folder in &self.settings.folders {
            if !folders.contains(folder) {
                folders.push(folder.clone());
            }
        }
        folders
    }

    /// The layers of the model on the form with shapes and counts, or the one that cannot work.
    pub fn layers(&self) -> Result<Summary, ShapeError> {
        summary(&self.draft.recipe().model, self.input())
    }

    /// What goes into the model on the form: as its settings say, unless the Data page knows better.
    pub fn input(&self) -> Input {
        let known = self.data.loaded().filter(|loaded| loaded.source == self.draft.recipe().data);
        let recipe = self.draft.recipe();
        let [channels, height, width] = recipe.data.shape().unwrap_or([1, 28, 28]);
        let guessed = Input { channels, height, width, classes: 10 }.brought(&recipe.model);
        known.map_or(guessed, |loaded| Input::of(&recipe.model, &loaded.dataset))
    }

    /// Why the data on the form cannot be trained on, in a sentence; `None` where it can, or nobody knows yet.
    pub fn why_no_data(&self) -> Option<String> {
        match self.sources.availability(&self.draft.recipe().data)? {
            Availability::Ready => None,
            Availability::NeedsDownload { .. } => {
                Some("The data set is not on this machine yet; download it first".to_owned())
            }
            Availability::Missing { what_to_do } => Some(what_to_do.clone()),
        }
    }
}
