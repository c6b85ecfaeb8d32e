//! The part of a file that has arrived so far: `NAME.part`, one process's at a time.

use super::cache::hex;
use super::error::DataError;
use super::fetch::Published;
use super::http::{self, Piece};
use super::progress::{Progress, Stage, Unit};
use sha2::{Digest as _, Sha256};
use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

/// How long a wish to stop may go unnoticed.
const GLANCE: Duration = Duration::from_millis(100);

/// What has arrived so far, held by one process at a time.
pub(super) struct Part {
    path: PathBuf,
    file: File,
    /// Its size.
    pub(super) bytes: u64,
    /// Bytes that came over the network since it was opened.
    pub(super) arrived: u64,
}

impl Part {
    /// Opens or makes the file; waits while another process downloads into it.
    pub(super) fn open(path: &Path, job: &dyn Progress) -> Result<Self, DataError> {
        let fail = |cause| DataError::writing(path, cause);
        loop {
            let file = File::options().read(true).append(true).create(true).open(path).map_err(fail)?;
            match file.try_lock() {
                // Some network drives know no locks: then the checksum must do.
                Ok(()) | Err(TryLockError::Error(_)) => {
                    let bytes = file.metadata().map_err(fail)?.len();
                    // Whoever held the lock before may have finished: then this file has another name by now.
                    if path.exists() {
                        return Ok(Self { path: path.to_owned(), file, bytes, arrived: 0 });
                    }
                }
                Err(TryLockError::WouldBlock) => {
                    job.report(Stage {
                        text: "Waiting for another download of the same file",
                        done: 0,
                        total: 0,
                        unit: Unit::Bytes,
                    });
                }
            }
            if job.cancelled() {
                return Err(DataError::Cancelled);
            }
            std::thread::sleep(GLANCE);
        }
    }

    /// Receives what is missing from one server; the inner error is what that server did wrong.
    pub(super) fn receive(
        &mut self,
        wanted: &Published,
        address: &str,
        job: &dyn Progress,
    ) -> Result<Result<(), String>, DataError> {
        if self.bytes > wanted.bytes {
            self.clear()?;
        }
        if self.bytes == wanted.bytes {
            return Ok(Ok(()));
        }
        let text = format!("Downloading {}", wanted.name);
        let pieces = http::get(address, self.bytes);
        loop {
            if job.cancelled() {
                return Err(DataError::Cancelled);
            }
            match pieces.recv_timeout(GLANCE) {
                Ok(Ok(Piece::Began { status, first, total })) => {
                    match status {
                        206 if first == self.bytes => {}
                        // The server does not know how to go on, and begins again.
                        200 => self.clear()?,
                        _ => {
                            // 416 and a wrong place: what is here is not a part of what is there.
                            if matches!(status, 206 | 416) {
                                self.clear()?;
                            }
                            return Ok(Err(status_text(status)));
                        }
                    }
                    if let Some(total) = total.filter(|&total| total != wanted.bytes) {
                        return Ok(Err(format!("its file has {total} bytes instead of {}", wanted.bytes)));
                    }
                }
                Ok(Ok(Piece::Bytes(bytes))) => {
                    if self.bytes + bytes.len() as u64 > wanted.bytes {
                        self.clear()?;
                        return Ok(Err(format!("it sent more than the {} bytes of the file", wanted.bytes)));
                    }
                    self.file.write_all(&bytes).map_err(|cause| DataError::writing(&self.path, cause))?;
                    self.bytes += bytes.len() as u64;
                    self.arrived += bytes.len() as u64;
                    job.report(Stage {
                        text: &text,
                        done: self.bytes,
                        total: wanted.bytes,
                        unit: Unit::Bytes,
                    });
                }
                Ok(Err(problem)) => return Ok(Err(problem)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) if self.bytes == wanted.bytes => return Ok(Ok(())),
                Err(RecvTimeoutError::Disconnected) => {
                    return Ok(Err(format!("it ended after {} of {} bytes", self.bytes, wanted.bytes)));
                }
            }
        }
    }

    /// Whether what has arrived is what was published.
    pub(super) fn matches(&mut self, wanted: &Published, job: &dyn Progress) -> Result<bool, DataError> {
        matches(wanted, &mut self.file, &self.path, job)
    }

    /// Begins again.
    pub(super) fn clear(&mut self) -> Result<(), DataError> {
        if self.bytes == 0 {
            return Ok(());
        }
        self.file.set_len(0).map_err(|cause| DataError::writing(&self.path, cause))?;
        self.bytes = 0;
        Ok(())
    }

    /// Gives the file its name.
    pub(super) fn finish(&self, target: &Path) -> Result<(), DataError> {
        let done = self.file.sync_all().and_then(|()| fs::rename(&self.path, target));
        done.map_err(|cause| DataError::writing(target, cause))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if self.bytes == 0 {
            // An empty file beside the others would only puzzle; if it stays, it does no harm.
            drop(fs::remove_file(&self.path));
        }
    }
}

fn status_text(status: u16) -> String {
    match status {
        206 | 416 => "it cannot go on where the download was cut".to_owned(),
        403 => "it refuses the file (403)".to_owned(),
        404 | 410 => format!("it does not have the file ({status})"),
        500.. => format!("it is out of order ({status})"),
        _ => format!("it answered with status {status}"),
    }
}

/// Whether a file is the one that was published: by its SHA-256, or where none is known by its size and, if it is
/// packed, by the checksum of what is in it.
pub(super) fn matches(
    wanted: &Published,
    file: &mut File,
    path: &Path,
    job: &dyn Progress,
) -> Result<bool, DataError> {
    if !wanted.sha256.is_empty() {
        return Ok(sha256(file, path, job)? == wanted.sha256);
    }
    let fail = |cause| DataError::reading(path, cause);
    if file.metadata().map_err(fail)?.len() != wanted.bytes {
        return Ok(false);
    }
    if !wanted.name.ends_with(".gz") {
        return Ok(true);
    }
    file.rewind().map_err(fail)?;
    let mut unpacked = flate2::read::MultiGzDecoder::new(std::io::BufReader::new(file));
    let mut portion = vec![0; 1 << 20];
    loop {
        if job.cancelled() {
            return Err(DataError::Cancelled);
        }
        match unpacked.read(&mut portion) {
            Ok(0) => return Ok(true),
            Ok(_) => {}
            Err(_) => return Ok(false),
        }
    }
}

/// SHA-256 (hex) of a file from its beginning.
fn sha256(file: &mut File, path: &Path, job: &dyn Progress) -> Result<String, DataError> {
    let fail = |cause| DataError::reading(path, cause);
    file.rewind().map_err(fail)?;
    let mut digest = Sha256::new();
    let mut portion = vec![0; 1 << 20];
    loop {
        if job.cancelled() {
            return Err(DataError::Cancelled);
        }
        match file.read(&mut portion).map_err(fail)? {
            0 => return Ok(hex(&digest.finalize())),
            n => digest.update(&portion[..n]),
        }
    }
}
