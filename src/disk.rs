//! Files that are never half written.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

/// Writes beside and renames over, so that a reader sees the old contents or the new, and a full disk leaves the old.
pub fn write_atomically(path: &Path, contents: &[u8]) -> io::Result<()> {
    write_with(path, |file| file.write_all(contents))
}

/// The same for contents that `write` puts into the file piece by piece.
pub fn write_with<E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<(), E>,
) -> Result<(), E> {
    let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    // The process id keeps two writers from sharing a file.
    let beside = path.with_file_name(format!(".{}.{}", name.to_string_lossy(), std::process::id()));
    let written = File::create(&beside).map_err(E::from).and_then(|mut file| {
        write(&mut file)?;
        file.sync_all()?;
        Ok(std::fs::rename(&beside, path)?)
    });
    written.inspect_err(|_| {
        // The first error is the one to tell; a left-over file beside does no harm.
        std::fs::remove_file(&beside).ok();
    })
}

/// Whether a folder takes a few more bytes; false only where the file system says that it is full.
pub fn has_room(folder: &Path) -> bool {
    let path = folder.join(format!(".room.{}", std::process::id()));
    let written = std::fs::write(&path, [0; 1 << 14]);
    std::fs::remove_file(&path).ok();
    let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];
    !written.is_err_and(|error| full.contains(&error.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_written_leaves_the_old_file_and_nothing_beside() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a.ron");
        write_atomically(&path, b"old")?;
        let full = write_with(&path, |file| {
            file.write_all(b"ne")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        });
        assert_eq!(full.map_err(|e| e.kind()), Err(io::ErrorKind::StorageFull));
        assert_eq!(std::fs::read(&path)?, b"old");
        write_atomically(&path, b"new")?;
        assert_eq!(std::fs::read(&path)?, b"new");
        assert!(has_room(folder.path()));
        assert_eq!(std::fs::read_dir(folder.path())?.count(), 1);
        Ok(())
    }
}
