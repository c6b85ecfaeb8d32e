//! Which data sets can be trained on right now, looked at beside the window; and getting those that cannot.

use super::App;
use super::data::Sheet;
use super::report::Report;
use super::settings::Tab;
use crate::data::{
    Availability, DataError, Mnist, NotMnist, Origin, Places, Source, SvhnCropped, SvhnStreets, notmnist,
};
use crate::knobs::Choice as _;
use crate::models::{Input, ShapeError, Summary, summary};
use crate::work::load::Told;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A folder can vanish, and files can be copied into one, while the window is open.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// What is known of one data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Whether it can be loaded.
    pub availability: Availability,
    /// Where it comes from and lies.
    pub origin: Origin,
}

/// Which files a download is of: a data set's name and how many bytes they have. Settings like a limit change neither.
type Files = (String, u64);

/// What is known of data sets.
#[derive(Debug, Default)]
pub struct Sources {
    known: Vec<(Source, Known)>,
    asked: Vec<Source>,
    looking: bool,
    looked_at: Option<Instant>,
    fetching: Vec<(Files, u64)>,
    troubles: Vec<(Files, String)>,
}

/// MNIST as a whole: what the Start page offers.
pub fn mnist() -> Source {
    Source::Mnist(Mnist::default())
}

/// Every data set that there is, and the larger ones of those that have two sizes.
pub fn catalogue() -> Vec<Source> {
    let mut all = Vec::new();
    for option in Source::default().options() {
        let mut source = Source::default();
        source.choose(option.name);
        let larger = match &source {
            Source::NotMnist(settings) => {
                Some(Source::NotMnist(NotMnist { variant: notmnist::Variant::Large, ..settings.clone() }))
            }
            Source::SvhnCropped(settings) => {
                Some(Source::SvhnCropped(SvhnCropped { extra: true, ..settings.clone() }))
            }
            Source::SvhnStreets(settings) => {
                Some(Source::SvhnStreets(SvhnStreets { extra: true, ..settings.clone() }))
            }
            _ => None,
        };
        all.push(source);
        all.extend(larger);
    }
    all
}

/// What a data set is called, its larger size too.
pub fn title(source: &Source) -> String {
    let name = source.chosen();
    let label = source.options().into_iter().find(|option| option.name == name).map_or("", |o| o.label);
    match source {
        Source::NotMnist(settings) if settings.variant == notmnist::Variant::Large => {
            format!("{label}, large part")
        }
        Source::SvhnCropped(SvhnCropped { extra: true, .. })
        | Source::SvhnStreets(SvhnStreets { extra: true, .. }) => format!("{label}, with the extra ones"),
        _ => label.to_owned(),
    }
}

impl Sources {
    /// What is known of a data set; `None` until somebody has looked.
    pub fn known(&self, source: &Source) -> Option<&Known> {
        self.known.iter().find(|(known, _)| known == source).map(|(_, known)| known)
    }

    /// Whether a data set can be loaded; `None` until somebody has looked.
    pub fn availability(&self, source: &Source) -> Option<&Availability> {
        self.known(source).map(|known| &known.availability)
    }

    /// The job that downloads a data set.
    pub fn fetching(&self, source: &Source) -> Option<u64> {
        let files = self.files(source)?;
        self.fetching.iter().find(|(of, _)| *of == files).map(|(_, job)| *job)
    }

    /// Why a data set could not be downloaded the last time.
    pub fn trouble(&self, source: &Source) -> Option<&str> {
        let files = self.files(source)?;
        self.troubles.iter().find(|(of, _)| *of == files).map(|(_, why)| why.as_str())
    }

    /// Something has changed about what is there.
    pub(super) fn look_again(&mut self) {
        self.looked_at = None;
    }

    fn files(&self, source: &Source) -> Option<Files> {
        Some((source.chosen().to_owned(), self.known(source)?.origin.bytes))
    }
}

impl App {
    /// Looks at what is there, where that is not known or long ago.
    pub(super) fn follow_sources(&mut self) {
        let mut wanted = vec![self.draft.recipe().data.clone(), mnist()];
        if self.settings.tab == Tab::Data && self.data.sheet == Sheet::Sets {
            wanted.extend(catalogue());
        }
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
                let (availability, origin) = (source.available(&places), source.origin(&places));
                (source, Known { availability, origin })
            });
            Ok(Report::Available(known.collect()))
        });
    }

    /// Takes in what was found.
    pub(super) fn take_available(&mut self, known: Vec<(Source, Known)>) {
        self.sources.looking = false;
        self.sources.known = known;
    }

    /// Downloads what is missing of a data set, unless that is being done.
    pub(super) fn fetch(&mut self, source: Source) {
        let places = self.parts.places.clone();
        let files = (source.chosen().to_owned(), source.origin(&places).bytes);
        if self.sources.fetching.iter().any(|(of, _)| *of == files) {
            return;
        }
        self.sources.troubles.retain(|(of, _)| *of != files);
        let name = format!("Download {}", title(&source));
        let of = files.clone();
        let job = self.jobs.start(&name, Arc::clone(&self.parts.waker), move |context| {
            let trouble = match source.fetch(&places, &Told(context)) {
                Ok(_) | Err(DataError::Cancelled) => None,
                Err(e) => Some(e.to_string()),
            };
            Ok(Report::Fetched(Box::new((source, of)), trouble))
        });
        self.sources.fetching.push((files, job));
    }

    /// The download is over.
    pub(super) fn fetched(&mut self, (source, files): (Source, Files), trouble: Option<String>) {
        self.sources.fetching.retain(|(of, _)| *of != files);
        self.sources.looked_at = None;
        if let Some(trouble) = trouble {
            self.notices.error(format!("{} could not be downloaded: {trouble}", title(&source)));
            self.sources.troubles.push((files, trouble));
        }
    }

    /// Looks for data sets in one more folder from now on, where there is one in it.
    pub(super) fn add_folder(&mut self, folder: PathBuf) {
        let places = Places { folders: vec![folder.clone()], cache: self.parts.places.cache.join("none") };
        self.jobs.quiet("Look into folder", Arc::clone(&self.parts.waker), move |_| {
            let published = catalogue().into_iter().filter(|source| source.origin(&places).bytes > 0);
            let found = published.filter(|source| source.available(&places) == Availability::Ready);
            Ok(Report::Folder(folder, found.map(|source| title(&source)).collect()))
        });
    }

    /// Somebody looked into a folder that the user chose, and found these data sets.
    pub(super) fn folder_looked_into(&mut self, folder: PathBuf, found: &[String]) {
        if found.is_empty() {
            self.notices.error(format!(
                "There is none of the known data sets in this folder. They are known by the names of their files as \
                 published: train-images-idx3-ubyte and its three companions, plain or .gz; notMNIST_small.tar.gz; \
                 train_32x32.mat; train.tar.gz; gzip.zip: {}",
                folder.display()
            ));
            return;
        }
        self.notices.info(format!("Found {} in {}", found.join(", "), folder.display()));
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
