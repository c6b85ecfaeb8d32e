//! Files that are never half written.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

/// Writes beside and renames over, so that a reader sees the old contents or the new, and a full disk leaves the old.
pub fn write_atomically(path: &Path, contents: &[u8]) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    // The process id keeps two writers from sharing a file.
    let beside = path.with_file_name(format!(".{}.{}", name.to_string_lossy(), std::process::id()));
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(contents)?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&beside, path)).inspect_err(|_| {
        // The first error is the one to tell; a left-over file beside does no harm.
        std::fs::remove_file(&beside).ok();
    })
}
