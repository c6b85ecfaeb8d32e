//! Where a data set comes from and where it lies: what a list of data sets shows beside its name.

use super::fetch::Published;
use std::path::PathBuf;

/// Where a data set comes from and where it lies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The address that it is downloaded from first; empty where it is not downloaded.
    pub address: String,
    /// What is downloaded, in bytes; 0 where nothing is.
    pub bytes: u64,
    /// A file or folder of it on this machine.
    pub found: Option<PathBuf>,
    /// Whether this program draws it, so that nothing of it lies anywhere.
    pub drawn: bool,
}

impl Origin {
    /// Of images that this program draws itself.
    pub fn drawn() -> Self {
        Self { drawn: true, ..Self::default() }
    }

    /// Of the user's own files, where they are.
    pub fn own(found: Option<PathBuf>) -> Self {
        Self { found, ..Self::default() }
    }

    /// The server's name in the address.
    pub fn host(&self) -> &str {
        self.address.split('/').nth(2).unwrap_or_default()
    }
}

/// Of files that somebody published.
pub(super) fn origin(mirrors: &[impl AsRef<str>], files: &[Published], found: Option<PathBuf>) -> Origin {
    let address = mirrors.first().map_or_else(String::new, |mirror| mirror.as_ref().to_owned());
    Origin { address, bytes: files.iter().map(|file| file.bytes).sum(), found, drawn: false }
}
