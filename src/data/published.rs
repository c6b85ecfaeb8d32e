//! What data sets of four idx files have in common that somebody has published: finding a copy of the user's,
//! downloading what is missing, reading it.

use super::cache::{self, Decoded};
use super::error::DataError;
use super::fetch::{self, Fetched, Published};
use super::four_files::{self, FourFiles};
use super::places::{Availability, Places};
use super::progress::{Progress, Stage};
use super::samples::Dataset;
use std::path::{Path, PathBuf};

/// Four idx files as they were published.
pub(super) struct Set {
    /// What it is called.
    pub(super) title: &'static str,
    /// The same in a recipe and as a folder of downloads.
    pub(super) name: &'static str,
    /// The four files without ".gz": training images and labels, test images and labels.
    pub(super) files: [&'static str; 4],
    /// What is downloaded.
    pub(super) published: &'static [Published],
    /// Folders inside a named folder where other programs put the files; a named folder itself counts too where its
    /// path has the word in it.
    pub(super) inside: &'static [&'static str],
    /// A word by which paths of other sets with the same file names are told apart.
    pub(super) word: &'static str,
    /// What the classes are called.
    pub(super) classes: [&'static str; 10],
}

impl Set {
    /// Every folder where a copy may lie, the program's own last.
    pub(super) fn candidates(&self, places: &Places) -> Vec<PathBuf> {
        let named = |folder: &PathBuf| {
            let inside: Vec<PathBuf> = self.inside.iter().map(|inside| folder.join(inside)).collect();
            let path = folder.to_string_lossy().to_lowercase();
            inside.into_iter().chain(path.contains(self.word).then(|| folder.clone())).collect::<Vec<_>>()
        };
        places.folders.iter().flat_map(named).chain([places.downloads(self.name)]).collect()
    }

    /// The four files in the first folder that has all of them.
    pub(super) fn find(&self, places: &Places) -> Option<FourFiles> {
        self.candidates(places).iter().find_map(|folder| four_files::exactly(folder, self.files))
    }

    /// Where it is, or how much is to be downloaded.
    pub(super) fn available(&self, places: &Places) -> Availability {
        if self.find(places).is_some() {
            return Availability::Ready;
        }
        let folder = places.downloads(self.name);
        let bytes = self.published.iter().map(|file| fetch::missing_bytes(file, &folder)).sum();
        Availability::NeedsDownload { bytes }
    }

    /// Reads the four files, or the cache of them; `turned` says whether rows and columns have changed places.
    pub(super) fn load(
        &self,
        places: &Places,
        turned: bool,
        limit: u64,
        job: &dyn Progress,
    ) -> Result<Dataset, DataError> {
        let files = self.find(places).ok_or_else(|| self.missing(places))?;
        let stamp = cache::stamp_of(&files.all())?;
        let identity = files.train_images.display().to_string();
        let dataset = cache::through(places, self.name, &identity, &stamp, || {
            let classes = self.classes.map(str::to_owned).to_vec();
            let mut decoded = files
                .decode(self.title, Some(classes), job)
                .map_err(|error| own_remedy(error, &places.downloads(self.name), self.name))?;
            if turned {
                turn(&mut decoded);
            }
            Ok(decoded)
        })?;
        Ok(cache::limited(dataset, limit))
    }

    /// What to say where it is not.
    pub(super) fn missing(&self, places: &Places) -> DataError {
        let downloads = places.downloads(self.name);
        DataError::NotFound {
            what: format!("{} is not here; looked in {}", self.title, places.listed(&downloads)),
            remedy: format!(
                "Download it on the Data tab or with `digit-workbench data fetch {}`, or name the folder that holds {} \
                 and its companions with --data or DIGIT_WORKBENCH_DATA",
                self.name, self.files[0]
            ),
        }
    }

    /// Downloads what is missing from where it was published; a copy of the user's is left as it is.
    pub(super) fn fetch(
        &self,
        mirrors: &[impl AsRef<str>],
        places: &Places,
        job: &dyn Progress,
    ) -> Result<Fetched, DataError> {
        let downloads = places.downloads(self.name);
        if let Some(folder) =
            self.find(places).and_then(|files| Some(files.train_images.parent()?.to_owned()))
            && folder != downloads
        {
            return Ok(Fetched { folder, ..Fetched::default() });
        }
        fetch_all(self.published, mirrors, &downloads, job)
    }
}

/// Downloads files into a folder, with one progress for all.
pub(super) fn fetch_all(
    files: &[Published],
    mirrors: &[impl AsRef<str>],
    folder: &Path,
    job: &dyn Progress,
) -> Result<Fetched, DataError> {
    let mut fetched = Fetched { folder: folder.to_owned(), ..Fetched::default() };
    let total = files.iter().map(|file| file.bytes).sum();
    let mut before = 0;
    for file in files {
        fetch::file(file, mirrors, folder, &mut fetched, &OneOfMany { job, before, total })?;
        before += file.bytes;
    }
    Ok(fetched)
}

/// Makes the progress of one file that of all.
struct OneOfMany<'a> {
    job: &'a dyn Progress,
    before: u64,
    total: u64,
}

impl Progress for OneOfMany<'_> {
    fn report(&self, stage: Stage<'_>) {
        self.job.report(Stage { done: self.before + stage.done, total: self.total, ..stage });
    }

    fn cancelled(&self) -> bool {
        self.job.cancelled()
    }
}

/// A damaged file that the program itself has downloaded can be had again with one click.
pub(super) fn own_remedy(error: DataError, downloads: &Path, name: &str) -> DataError {
    match error {
        DataError::Corrupt { path, what, .. } if path.starts_with(downloads) => {
            let remedy =
                format!("Download it again on the Data tab or with `digit-workbench data fetch {name}`");
            DataError::Corrupt { path, what, remedy }
        }
        other => other,
    }
}

/// Rows become columns.
fn turn(decoded: &mut Decoded) {
    let (height, width) = (decoded.height, decoded.width);
    for part in [&mut decoded.train, &mut decoded.test] {
        for image in part.pixels.chunks_exact_mut((height * width).max(1)) {
            let turned: Vec<u8> =
                (0..height * width).map(|at| image[at % height * width + at / height]).collect();
            image.copy_from_slice(&turned);
        }
    }
    (decoded.height, decoded.width) = (width, height);
}
