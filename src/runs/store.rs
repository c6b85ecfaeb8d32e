//! Where runs lie: the workspace, the folder of each run, its lock, its trash.

use super::branch::Parent;
use super::event::Event;
use super::history::{History, Phase, Status};
use super::journal::{Tail, TailError};
use crate::disk::write_atomically;
use crate::recipe::{self, Recipe, RecipeError};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Why a run could not be opened or made.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// There is no such run.
    #[error("there is no run '{0}'; `digit-workbench runs` lists them")]
    Unknown(String),
    /// There is nothing to begin with under that name.
    #[error(
        "'{0}' has no weights to begin with yet; train it for an epoch, or choose another part of it: @best, @last or @checkpoint"
    )]
    NoParent(String),
    /// Its recipe cannot be read.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// Its events cannot be read.
    #[error(transparent)]
    Events(#[from] TailError),
    /// It was trained by another program.
    #[error("this run was imported, so there is no recipe to train it by: {0}")]
    Imported(String),
    /// Another process has it.
    #[error("another process trains this run already: {}", .0.display())]
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

/// The folder that holds everything of a user: runs, presets, trash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The workspace in that folder, which is made when something is written.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The user's own presets.
    pub fn presets_dir(&self) -> PathBuf {
        self.root.join("presets")
    }

    /// The user's edits of data sets.
    pub fn overlays_dir(&self) -> PathBuf {
        self.root.join("overlays")
    }

    /// All run folders.
    pub fn runs_dir(&self) -> PathBuf {
        self.root.join("runs")
    }

    /// Every run, oldest first; folders without a recipe are none.
    pub fn runs(&self) -> Vec<RunDir> {
        let mut runs: Vec<RunDir> = std::fs::read_dir(self.runs_dir())
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(RunDir::new(entry.ok()?.path())))
            .filter(RunDir::is_run)
            .collect();
        runs.sort_by(|a, b| a.path.cmp(&b.path));
        runs
    }

    /// A run by its id, by the path of its folder, or `last`.
    pub fn run(&self, id: &str) -> Result<RunDir, RunError> {
        let unknown = || RunError::Unknown(id.to_owned());
        if id == "last" {
            return self.runs().pop().ok_or_else(unknown);
        }
        let candidates = [self.runs_dir().join(id), PathBuf::from(id)];
        candidates
            .into_iter()
            .map(RunDir::new)
            .find(RunDir::is_run)
            .or_else(|| self.runs().into_iter().find(|run| run.meta().name == id))
            .ok_or_else(unknown)
    }

    /// Makes a run folder for a recipe, named after the time and the recipe.
    pub fn create_run(&self, recipe: &Recipe) -> Result<RunDir, RunError> {
        let run = self.make_folder(&recipe.name)?;
        run.keep_overlay(recipe, &self.overlays_dir())?;
        // Last, because a folder counts as a run as soon as it has a recipe.
        run.write_recipe(recipe)?;
        Ok(run)
    }

    /// Makes a folder in which a run can be put, named after the time and `name`, with name and colour in it.
    pub(super) fn make_folder(&self, name: &str) -> Result<RunDir, RunError> {
        let runs = self.runs_dir();
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| RunError::Io {
                what: "no run can be made in the workspace; choose another one with --workspace",
                path,
                source,
            }
        };
        std::fs::create_dir_all(&runs).map_err(io(&runs))?;
        let name = if name.trim().is_empty() { "run" } else { name.trim() };
        let slug: String =
            name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let stem = format!("{}-{}", timestamp(super::event::now()), slug.trim_matches('-'));
        let colour = self.next_colour();
        for attempt in 1_u32.. {
            let id = if attempt == 1 { stem.clone() } else { format!("{stem}-{attempt}") };
            let run = RunDir::new(runs.join(id));
            match std::fs::create_dir(&run.path) {
                Ok(()) => {
                    run.write_meta(&Meta { name: name.to_owned(), colour, ..Meta::default() })?;
                    return Ok(run);
                }
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(io(&run.path)(e)),
            }
        }
        unreachable!("one of four thousand million names is free")
    }

    /// Moves a run to the trash and returns where it lies now.
    pub fn trash(&self, run: &RunDir) -> Result<PathBuf, RunError> {
        let trash = self.root.join("trash");
        let to = trash.join(run.id());
        let moved = std::fs::create_dir_all(&trash).and_then(|()| std::fs::rename(&run.path, &to));
        moved.map_err(|source| RunError::Io {
            what: "the run cannot be moved to the trash",
            path: run.path.clone(),
            source,
        })?;
        Ok(to)
    }

    /// Takes a run out of the trash again.
    pub fn restore(&self, id: &str) -> Result<RunDir, RunError> {
        let from = self.root.join("trash").join(id);
        let run = RunDir::new(self.runs_dir().join(id));
        std::fs::rename(&from, &run.path).map_err(|source| RunError::Io {
            what: "the run cannot be taken out of the trash",
            path: from,
            source,
        })?;
        Ok(run)
    }

    /// The colour after that of the newest run, so that neighbours differ.
    fn next_colour(&self) -> u32 {
        self.runs().last().map_or(0, |run| run.meta().colour.wrapping_add(1))
    }
}

/// What the user says of a run. Not what it is: that is the recipe and the events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Meta {
    /// Version of the file format.
    pub version: u32,
    /// As shown.
    pub name: String,
    /// Free text.
    pub note: String,
    /// Number of its colour, the same in every view.
    pub colour: u32,
    /// Marked by the user.
    pub starred: bool,
    /// Words to find it by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What it began with, if not with nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
}

impl Default for Meta {
    fn default() -> Self {
        let (name, note, tags) = (String::new(), String::new(), Vec::new());
        Self { version: 1, name, note, colour: 0, starred: false, tags, parent: None }
    }
}

/// One run's folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunDir {
    path: PathBuf,
}

impl RunDir {
    /// The run in that folder; nothing is looked at.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder's name.
    pub fn id(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// What to do.
    pub fn recipe_file(&self) -> PathBuf {
        self.path.join("recipe.ron")
    }

    /// What happened.
    pub fn events_file(&self) -> PathBuf {
        self.path.join("events.jsonl")
    }

    /// What was asked.
    pub fn control_file(&self) -> PathBuf {
        self.path.join("control.jsonl")
    }

    /// What the process printed.
    pub fn log_file(&self) -> PathBuf {
        self.path.join("log.txt")
    }

    /// The model that the run is read with: the best by validation accuracy, or the last where its recipe says so.
    pub fn best_model(&self) -> PathBuf {
        self.path.join("best.safetensors")
    }

    /// The model after the last epoch or at the end.
    pub fn last_model(&self) -> PathBuf {
        self.path.join("last.safetensors")
    }

    /// Everything needed to go on.
    pub fn checkpoint_file(&self) -> PathBuf {
        self.path.join("checkpoint.safetensors")
    }

    /// The edits of its data set, as they were when the run was made.
    pub fn overlays_dir(&self) -> PathBuf {
        self.path.join("overlays")
    }

    /// Copies the edits that the recipe names from their folder, so that the run stays what it was when they change.
    pub fn keep_overlay(&self, recipe: &Recipe, overlays: &Path) -> Result<(), RunError> {
        let (Some(from), Some(to)) =
            (recipe.overlay_file(overlays), recipe.overlay_file(&self.overlays_dir()))
        else {
            return Ok(());
        };
        let copied = std::fs::create_dir_all(self.overlays_dir())
            .and_then(|()| write_atomically(&to, &std::fs::read(&from)?));
        copied.map_err(|source| RunError::Io {
            what: "the edits of the data set that the recipe names cannot be copied to the run",
            path: from,
            source,
        })
    }

    fn meta_file(&self) -> PathBuf {
        self.path.join("meta.ron")
    }

    fn lock_file(&self) -> PathBuf {
        self.path.join("lock")
    }

    /// The recipe.
    pub fn recipe(&self) -> Result<Recipe, RunError> {
        if let Some(imported) = self.imported() {
            return Err(RunError::Imported(imported.from));
        }
        Ok(recipe::read(&self.recipe_file())?)
    }

    /// Replaces the recipe.
    pub fn write_recipe(&self, recipe: &Recipe) -> Result<(), RunError> {
        let path = self.recipe_file();
        let text = recipe::to_ron(recipe).map_err(|e| RunError::Io {
            what: "the recipe cannot be written",
            path: path.clone(),
            source: io::Error::other(e),
        })?;
        write_atomically(&path, text.as_bytes()).map_err(|source| RunError::Io {
            what: "the recipe cannot be written",
            path,
            source,
        })
    }

    /// What the user says of it; a missing or damaged file reads as nothing said.
    pub fn meta(&self) -> Meta {
        let text = std::fs::read_to_string(self.meta_file()).unwrap_or_default();
        let mut meta: Meta = ron::from_str(&text).unwrap_or_default();
        if meta.name.is_empty() {
            meta.name = self.id();
        }
        meta
    }

    /// Replaces what the user says of it.
    pub fn write_meta(&self, meta: &Meta) -> Result<(), RunError> {
        let path = self.meta_file();
        let io = |source| RunError::Io {
            what: "the run's name and note cannot be written",
            path: path.clone(),
            source,
        };
        let text = ron::ser::to_string_pretty(meta, ron::ser::PrettyConfig::default())
            .map_err(|e| io(io::Error::other(e)))?;
        write_atomically(&path, text.as_bytes()).map_err(io)
    }

    /// The whole history, and a tail that goes on from there.
    pub fn history(&self) -> Result<(History, Tail), TailError> {
        let mut tail = Tail::new(self.events_file());
        let mut history = History::default();
        for event in tail.read::<Event>()? {
            history.apply(&event);
        }
        Ok((history, tail))
    }

    /// What it is doing.
    pub fn status(&self, history: &History) -> Status {
        let alive = self.is_alive();
        match history.status(alive) {
            // A process that died before its first event, while it loaded, leaves only its lock file.
            Status::Waiting if history.phase == Phase::Silent && self.lock_file().exists() => {
                Status::Interrupted
            }
            status => status,
        }
    }

    /// Whether a process holds its lock.
    pub fn is_alive(&self) -> bool {
        let Ok(file) = File::open(self.lock_file()) else { return false };
        // A shared lock, so that two onlookers do not take each other for the process.
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    /// Takes the run for this process, until the lock is dropped or the process dies.
    pub fn lock(&self) -> Result<RunLock, RunError> {
        let path = self.lock_file();
        let io = |source| RunError::Io {
            what: "the run cannot be locked; is its folder writable?",
            path: path.clone(),
            source,
        };
        let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(io)?;
        let since = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                // An onlooker holds it for microseconds.
                Err(TryLockError::WouldBlock) if since.elapsed() < Duration::from_millis(500) => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(TryLockError::WouldBlock) => return Err(RunError::Locked(self.path.clone())),
                Err(TryLockError::Error(e)) => return Err(io(e)),
            }
        }
        file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(io)?;
        Ok(RunLock { _file: file })
    }

    /// The process that holds the lock, as it wrote it there.
    pub fn pid(&self) -> Option<u32> {
        std::fs::read_to_string(self.lock_file()).ok()?.trim().parse().ok()
    }
}

/// Where the edits lie that the data set of a run's model is trained with.
pub fn overlays_beside(model: &Path) -> PathBuf {
    RunDir::new(model.parent().unwrap_or(Path::new("")).to_owned()).overlays_dir()
}

/// Held by the process that trains a run; the system lets go of it when the process dies, however it dies.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

/// `20261121-014530` in UTC, from seconds since 1970.
pub fn timestamp(at: f64) -> String {
    let secs = at as i64;
    let (days, of_day) = (secs.div_euclid(86_400), secs.rem_euclid(86_400));
    // Howard Hinnant's civil_from_days (chrono-compatible low-level date algorithms), for days since 1970-01-01.
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    format!("{year:04}{month:02}{day:02}-{:02}{:02}{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_utc_dates() {
        assert_eq!(timestamp(0.0), "19700101-000000");
        assert_eq!(timestamp(1_709_210_096.9), "20240229-123456");
        assert_eq!(timestamp(1_795_225_530.0), "20261121-014530");
    }

    #[test]
    fn a_lock_tells_who_lives() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let workspace = Workspace::new(folder.path().to_owned());
        let run = workspace.create_run(&Recipe { name: "A Run!".to_owned(), ..Recipe::default() })?;
        assert!(run.id().ends_with("-a-run"));
        assert!(!run.is_alive());
        let lock = run.lock()?;
        assert!(run.is_alive());
        assert!(matches!(run.lock(), Err(RunError::Locked(_))));
        assert_eq!(run.pid(), Some(std::process::id()));
        drop(lock);
        assert!(!run.is_alive());
        assert_eq!(run.status(&History::default()), Status::Interrupted);
        let trashed = workspace.trash(&run)?;
        assert!(trashed.is_dir() && workspace.runs().is_empty());
        assert_eq!(workspace.restore(&run.id())?, run);
        assert_eq!(workspace.run("A Run!")?, run);
        let next = workspace.create_run(&Recipe { name: "B".to_owned(), ..Recipe::default() })?;
        assert_eq!(next.meta().colour, run.meta().colour + 1, "neighbours differ");
        Ok(())
    }
}
