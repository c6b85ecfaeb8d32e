//! Where data is looked for and kept on this machine.

use std::path::{Path, PathBuf};

/// The environment variable that names folders to look in, separated as in `PATH`.
pub const DATA_VARIABLE: &str = "DIGIT_WORKBENCH_DATA";

/// Folders of the user's to look in, and the program's own folder to download and cache into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// Folders to look in, first one first; a data set may lie in them directly or in a folder of its name.
    pub folders: Vec<PathBuf>,
    /// The program's own: downloads and decoded images; may be deleted at any time.
    pub cache: PathBuf,
}

impl Places {
    /// The named folders first (`--data`), then those of [`DATA_VARIABLE`].
    pub fn new(mut folders: Vec<PathBuf>, cache: PathBuf) -> Self {
        if let Some(listed) = std::env::var_os(DATA_VARIABLE) {
            folders.extend(std::env::split_paths(&listed).filter(|folder| !folder.as_os_str().is_empty()));
        }
        Self { folders, cache }
    }

    /// The platform's cache folder for this program, or one in the temporary folder where there is no home.
    pub fn default_cache() -> PathBuf {
        directories::ProjectDirs::from("", "", "digit-workbench")
            .map_or_else(|| std::env::temp_dir().join("digit-workbench"), |dirs| dirs.cache_dir().to_owned())
    }

    /// Where the downloads of the data set of this name go.
    pub fn downloads(&self, name: &str) -> PathBuf {
        self.cache.join(name)
    }

    /// Where pictures of the user's own are kept: with the runs, since a cache may be deleted at any time.
    pub fn captured(&self) -> PathBuf {
        let own = directories::ProjectDirs::from("", "", "digit-workbench");
        match own.filter(|own| own.cache_dir() == self.cache) {
            Some(own) => own.data_dir().join("captured"),
            None => self.cache.with_file_name("captured"),
        }
    }

    /// Where decoded images are kept.
    pub(super) fn decoded(&self) -> PathBuf {
        self.cache.join("decoded")
    }

    /// The folders as shown in a message, with what is wrong with those that cannot be looked into.
    pub(super) fn listed(&self, also: &Path) -> String {
        let shown: Vec<_> = self
            .folders
            .iter()
            .map(|folder| match std::fs::read_dir(folder) {
                Ok(_) => folder.display().to_string(),
                Err(cause) => format!("{} ({cause})", folder.display()),
            })
            .chain([also.display().to_string()])
            .collect();
        shown.join(", ")
    }
}

/// Whether a data set can be loaded now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Availability {
    /// It can be loaded.
    Ready,
    /// It can be downloaded.
    NeedsDownload {
        /// How much is still to be downloaded.
        bytes: u64,
    },
    /// It is not there and cannot be downloaded.
    Missing {
        /// What is missing and what to do, in a sentence or two.
        what_to_do: String,
    },
}
