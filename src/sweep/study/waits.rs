//! Why a study that is carried out gets no further for now, told to everybody who looks: in a file of a fixed length
//! that is written over in place, so that a full disk, which may be the reason, takes it as well.

use super::store::StudyDir;
use crate::disk::has_room;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};

/// Bytes of the file: a sentence, and a path.
const LENGTH: usize = 1024;

/// The file, as the process that carries a study out holds it.
pub struct Waits {
    file: Option<File>,
}

impl Waits {
    /// Makes room for a reason and gives none. Where there is no room for that either, onlookers see that themselves.
    pub fn new(dir: &StudyDir) -> Self {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(dir.waits_file());
        let mut waits = Self { file: file.ok() };
        waits.say(None);
        waits
    }

    /// Gives a reason, or none any more.
    pub fn say(&mut self, why: Option<&str>) {
        let why = why.unwrap_or_default();
        let mut end = why.len().min(LENGTH - 1);
        while !why.is_char_boundary(end) {
            end -= 1;
        }
        let mut line = format!("{:LENGTH$}", "").into_bytes();
        line[..end].copy_from_slice(&why.as_bytes()[..end]);
        line[LENGTH - 1] = b'\n';
        let write = |file: &mut File| -> io::Result<()> {
            file.seek(SeekFrom::Start(0))?;
            file.write_all(&line)
        };
        // A reason that cannot be given is no reason to end the study.
        self.file.as_mut().and_then(|file| write(file).ok());
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.say(None);
    }
}

impl StudyDir {
    /// Why it gets no further for now, as the process that carries it out has told; `None` where it does, or nobody
    /// carries it out.
    pub fn waits(&self) -> Option<String> {
        if !self.is_alive() {
            return None;
        }
        match std::fs::read_to_string(self.waits_file()) {
            Ok(text) if text.len() == LENGTH => Some(text.trim().to_owned()).filter(|why| !why.is_empty()),
            // It could not even be told.
            _ => (!has_room(self.path())).then(|| "the disk is full".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{Axis, Range, Space, Studies, Sweep};
    use super::*;

    #[test]
    fn a_reason_is_seen_while_somebody_carries_the_study_out() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let space = Space(vec![Axis::new("optim.lr", Range::Log { min: 0.001, max: 0.1 })]);
        let dir = Studies::new(folder.path()).create(&Sweep { space, ..Sweep::default() })?;
        let mut waits = Waits::new(&dir);
        waits.say(Some("no room"));
        assert_eq!(dir.waits(), None, "nobody is at it");
        let lock = dir.lock()?;
        assert_eq!(dir.waits().as_deref(), Some("no room"));
        waits.say(Some("a shorter one"));
        waits.say(Some("é"));
        assert_eq!(dir.waits().as_deref(), Some("é"), "nothing of the longer one is left");
        waits.say(Some(&"é".repeat(LENGTH)));
        assert_eq!(dir.waits().map(|why| why.chars().count()), Some((LENGTH - 1) / 2));
        drop(waits);
        assert_eq!(dir.waits(), None);
        drop(lock);
        Ok(())
    }
}
