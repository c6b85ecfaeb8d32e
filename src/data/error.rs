//! What can go wrong with a data set, in cases that a caller may tell apart; every message says what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Why a data set could not be had. Messages: the problem, what to do, the path last.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file or folder is not where it was looked for.
    #[error("{what}. {remedy}")]
    NotFound {
        /// What was looked for, and where.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// A file is there but does not hold what it should.
    #[error("{what}. {remedy}: {}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// The system refused to read or write.
    #[error("{what} ({cause}). {remedy}: {}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What to do.
        remedy: &'static str,
        /// What the system said.
        cause: io::Error,
    },
    /// A downloaded file is not the one that was asked for.
    #[error("{what}. {remedy}")]
    Checksum {
        /// Which file, and how it differs.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// No server gave the file.
    #[error("{what}. {remedy}")]
    Network {
        /// Which file, and what each server said.
        what: String,
        /// What to do, by hand too.
        remedy: String,
    },
    /// The caller asked to stop.
    #[error("stopped before the data was there")]
    Cancelled,
}

impl DataError {
    /// A file or folder that could not be read.
    pub fn reading(path: &Path, cause: io::Error) -> Self {
        Self::Io { what: "this could not be read", path: path.to_owned(), remedy: remedy(&cause), cause }
    }

    /// A file or folder that could not be written.
    pub fn writing(path: &Path, cause: io::Error) -> Self {
        Self::Io { what: "this could not be written", path: path.to_owned(), remedy: remedy(&cause), cause }
    }

    /// A file with wrong contents.
    pub(super) fn corrupt(path: &Path, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Corrupt { path: path.to_owned(), what: what.into(), remedy: remedy.into() }
    }
}

fn remedy(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::NotADirectory => {
            "A part of this path is a file where a folder should be: use another folder"
        }
        io::ErrorKind::NotFound => {
            "The file or its folder has gone: connect the drive again, or name another folder"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "Give yourself the right to it, or use another folder"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "Free some space on that disk",
        io::ErrorKind::IsADirectory => "A file is needed, this is a folder",
        _ => "Look whether the disk is well, and try again",
    }
}
