//! Where studies lie: `studies/ID/{study.ron, journal.jsonl, control.jsonl, lock}`.

use super::super::spec::{Sweep, SweepError, read, to_ron};
use super::Study;
use super::event::{Edit, Event};
use crate::disk::write_atomically;
use crate::knobs::Problem;
use crate::runs::{Journal, Tail, TailError, now, timestamp};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Why a study could not be opened, made or changed.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// There is no such study.
    #[error("there is no study '{0}'")]
    Unknown(String),
    /// The sweep cannot be carried out.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Problems(Vec<Problem>),
    /// Its file cannot be read.
    #[error(transparent)]
    Sweep(#[from] SweepError),
    /// Its journal cannot be read.
    #[error(transparent)]
    Journal(#[from] TailError),
    /// Another process carries it out.
    #[error("another process carries this study out already: {}", .0.display())]
    Locked(PathBuf),
    /// The file system refuses.
    #[error("{what}: {source}: {}", path.display())]
    Io {
        /// What could not be done, and what to do.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl StudyError {
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }
}

/// All studies of a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Studies {
    folder: PathBuf,
}

impl Studies {
    /// The studies below a workspace's folder, which is made when something is written.
    pub fn new(workspace: &Path) -> Self {
        Self { folder: workspace.join("studies") }
    }

    /// Every study, oldest first; folders without a sweep are none.
    pub fn list(&self) -> Vec<StudyDir> {
        let mut all: Vec<StudyDir> = std::fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(StudyDir { path: entry.ok()?.path() }))
            .filter(|study| study.sweep_file().is_file())
            .collect();
        all.sort();
        all
    }

    /// A study by its id, by the path of its folder, by its name (the newest of that name), or `last`.
    pub fn open(&self, id: &str) -> Result<StudyDir, StudyError> {
        let unknown = || StudyError::Unknown(id.to_owned());
        if id == "last" {
            return self.list().pop().ok_or_else(unknown);
        }
        let named = |study: &StudyDir| study.sweep().is_ok_and(|sweep| sweep.name == id);
        [self.folder.join(id), PathBuf::from(id)]
            .into_iter()
            .map(|path| StudyDir { path })
            .find(|study| study.sweep_file().is_file())
            .or_else(|| self.list().into_iter().rev().find(named))
            .ok_or_else(unknown)
    }

    /// Makes the folder of a study, named after the time and the sweep; a sweep that has problems is refused.
    pub fn create(&self, sweep: &Sweep) -> Result<StudyDir, StudyError> {
        let problems = sweep.problems();
        if !problems.is_empty() {
            return Err(StudyError::Problems(problems));
        }
        const WHAT: &str = "no study can be made in the workspace; choose another one with --workspace";
        std::fs::create_dir_all(&self.folder).map_err(StudyError::io(WHAT, &self.folder))?;
        let name = if sweep.name.trim().is_empty() { "sweep" } else { sweep.name.trim() };
        let slug: String =
            name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let stem = format!("{}-{}", timestamp(now()), slug.trim_matches('-'));
        let mut attempt = 1_u32;
        loop {
            let id = if attempt == 1 { stem.clone() } else { format!("{stem}-{attempt}") };
            let study = StudyDir { path: self.folder.join(id) };
            match std::fs::create_dir(&study.path) {
                Ok(()) => {
                    let file = study.sweep_file();
                    let text = to_ron(sweep).map_err(io::Error::other);
                    text.and_then(|text| write_atomically(&file, text.as_bytes()))
                        .map_err(StudyError::io(WHAT, &file))?;
                    return Ok(study);
                }
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => attempt += 1,
                Err(e) => return Err(StudyError::io(WHAT, &study.path)(e)),
            }
        }
    }
}

/// Something asked of whoever carries the study out: a line of `control.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Request {
    /// Seconds since 1970.
    pub at: f64,
    /// What is asked.
    pub edit: Edit,
}

/// One study's folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StudyDir {
    path: PathBuf,
}

impl StudyDir {
    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder's name.
    pub fn id(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// What was to be done at first.
    pub fn sweep_file(&self) -> PathBuf {
        self.path.join("study.ron")
    }

    /// What happened.
    pub fn journal_file(&self) -> PathBuf {
        self.path.join("journal.jsonl")
    }

    /// What was asked.
    pub fn control_file(&self) -> PathBuf {
        self.path.join("control.jsonl")
    }

    /// Why it gets no further for now.
    pub(super) fn waits_file(&self) -> PathBuf {
        self.path.join("waits.txt")
    }

    /// What was to be done at first.
    pub fn sweep(&self) -> Result<Sweep, SweepError> {
        read(&self.sweep_file())
    }

    /// Everything known of it, and a tail that goes on from there.
    pub fn read(&self) -> Result<(Study, Tail), StudyError> {
        let mut study = Study::new(self.sweep()?);
        let mut tail = Tail::new(self.journal_file());
        for event in tail.read::<Event>()? {
            study.apply(&event);
        }
        Ok((study, tail))
    }

    /// Whether a process carries it out.
    pub fn is_alive(&self) -> bool {
        let Ok(file) = File::open(self.lock_file()) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    /// Changes a study: asks the process that carries it out, which answers in the journal; where there is none, writes
    /// the journal itself. An edit that is not possible is refused.
    pub fn edit(&self, edit: Edit) -> Result<(), StudyError> {
        let (study, _) = self.read()?;
        let problems = study.check_edit(&edit);
        if !problems.is_empty() {
            return Err(StudyError::Problems(problems));
        }
        let at = now();
        let (path, appended) = match self.lock() {
            Ok(_lock) => {
                let path = self.journal_file();
                let appended = Journal::open(&path).and_then(|mut j| j.append(&Event::Edited { at, edit }));
                (path, appended)
            }
            Err(StudyError::Locked(_)) => {
                let path = self.control_file();
                let appended = Journal::open(&path).and_then(|mut j| j.append(&Request { at, edit }));
                (path, appended)
            }
            Err(error) => return Err(error),
        };
        appended.map_err(StudyError::io("the study cannot be changed", &path))
    }

    fn lock_file(&self) -> PathBuf {
        self.path.join("lock")
    }

    /// Takes the study for this process, until the lock is dropped or the process dies.
    pub(super) fn lock(&self) -> Result<File, StudyError> {
        let path = self.lock_file();
        let io = StudyError::io("the study cannot be locked; is its folder writable?", &path);
        let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = match opened {
            Ok(file) => file,
            Err(e) => return Err(io(e)),
        };
        let since = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                // An onlooker holds it for microseconds.
                Err(TryLockError::WouldBlock) if since.elapsed() < Duration::from_millis(300) => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(TryLockError::WouldBlock) => return Err(StudyError::Locked(self.path.clone())),
                Err(TryLockError::Error(e)) => return Err(io(e)),
            }
        }
    }
}
