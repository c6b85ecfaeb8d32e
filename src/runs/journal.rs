//! Append-only files of JSON lines: written whole line by whole line, read as they grow.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// Appends lines. A line that the disk does not take waits in memory and is tried again with the next one.
pub struct Journal {
    file: File,
    waiting: VecDeque<Vec<u8>>,
}

impl Journal {
    /// Opens or makes the file. A torn last line, left by a killed process, is closed off so that it harms no other.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new().create(true).append(true).read(true).open(path)?;
        let length = file.seek(SeekFrom::End(0))?;
        if length > 0 {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                file.write_all(b"\n")?;
            }
        }
        Ok(Self { file, waiting: VecDeque::new() })
    }

    /// Appends one line; on an error it is kept and tried again with the next one or by [`Self::flush`].
    pub fn append<T: Serialize>(&mut self, line: &T) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        self.waiting.push_back(bytes);
        self.flush()
    }

    /// Writes what waits.
    pub fn flush(&mut self) -> io::Result<()> {
        while let Some(line) = self.waiting.front_mut() {
            match self.file.write(line) {
                Ok(n) if n == line.len() => _ = self.waiting.pop_front(),
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                // A disk that fills up takes a part of a line: the rest follows when there is room.
                Ok(n) => _ = line.drain(..n),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }
}

/// Why a journal could not be read on.
#[derive(Debug, thiserror::Error)]
#[error("the journal cannot be read: {source}: {}", path.display())]
pub struct TailError {
    path: PathBuf,
    source: io::Error,
}

/// Reads a journal as it grows.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    offset: u64,
    torn: Vec<u8>,
    /// Lines that are no such JSON: damaged, or of a newer program.
    pub n_skipped: usize,
}

impl Tail {
    /// Reads from the start; the file need not exist yet.
    pub fn new(path: PathBuf) -> Self {
        Self { path, offset: 0, torn: Vec::new(), n_skipped: 0 }
    }

    /// The lines that came since the last call; a last line without its end waits for the next call.
    pub fn read<T: DeserializeOwned>(&mut self) -> Result<Vec<T>, TailError> {
        self.read_bytes().map_err(|source| TailError { path: self.path.clone(), source })?;
        let mut lines = Vec::new();
        let Some(end) = self.torn.iter().rposition(|b| *b == b'\n') else { return Ok(lines) };
        let rest = self.torn.split_off(end + 1);
        for line in std::mem::replace(&mut self.torn, rest).split(|b| *b == b'\n') {
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            match serde_json::from_slice(line) {
                Ok(event) => lines.push(event),
                Err(_) => self.n_skipped += 1,
            }
        }
        Ok(lines)
    }

    fn read_bytes(&mut self) -> io::Result<()> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(e),
        };
        if file.metadata()?.len() <= self.offset {
            return Ok(());
        }
        file.seek(SeekFrom::Start(self.offset))?;
        self.offset += file.read_to_end(&mut self.torn)? as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn torn_and_damaged_lines_harm_no_other() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("j.jsonl");
        let mut tail = Tail::new(path.clone());
        assert_eq!(tail.read::<u32>()?, Vec::<u32>::new());
        std::fs::write(&path, "1\nnot json\n2\n3")?;
        assert_eq!(tail.read::<u32>()?, [1, 2]);
        assert_eq!(tail.n_skipped, 1);
        // A new process closes the torn line off; here it happens to be a whole number.
        Journal::open(&path)?.append(&4)?;
        assert_eq!(tail.read::<u32>()?, [3, 4]);
        assert_eq!(tail.read::<u32>()?, Vec::<u32>::new());
        Ok(())
    }
}
