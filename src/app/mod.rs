//! The state of the window, and the only two ways that it changes: a [`Command`] applied, a worker's report drained.
//!
//! Nothing here draws and nothing here waits: whatever touches a disk, a network or a process is a job on a thread of
//! its own, whose [`Report`] comes back through [`App::drain`].

mod act;
pub mod augment;
pub mod behind;
pub mod camera;
mod command;
pub mod compare;
pub mod curate;
pub mod data;
mod draft;
pub mod examples;
pub mod gallery;
pub mod inspect;
mod jobs;
mod keep;
mod notices;
pub mod pictures;
mod presets;
mod report;
pub mod reporting;
pub mod runs;
mod settings;
mod sources;
pub mod sweep;
mod undo;
mod why_not;

pub use command::{Command, Keys, LISTED, Listed, Overlay};
pub use draft::Draft;
pub use jobs::{Jobs, Shown};
pub use notices::{Notice, Notices};
pub use presets::{Named, Presets};
pub use report::Report;
pub use settings::{PlotView, Settings, Tab, Theme, XAxis};
pub use sources::{Known, Sources, catalogue, mnist, title};

use crate::data::Places;
use crate::recipe::Recipe;
use crate::runs::{RunDir, Workspace};
use crate::sweep::StudyDir;
use crate::work::Waker;
use crate::work::watch::Watch;
use runs::Runs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use undo::Undo;

/// Starts a training process for a run that looks for data in those places, or says why it cannot.
pub type Launcher = Arc<dyn Fn(&RunDir, &Places) -> anyhow::Result<()> + Send + Sync>;

/// Starts a process that carries a study out and looks for data in those places, or says why it cannot.
pub type Sweeper = Arc<dyn Fn(&StudyDir, &Places) -> anyhow::Result<()> + Send + Sync>;

/// What an [`App`] is made of.
#[derive(Clone)]
pub struct Parts {
    /// Where everything of the user lies.
    pub workspace: Workspace,
    /// Where data sets lie.
    pub places: Places,
    /// How training processes are started.
    pub launcher: Launcher,
    /// How processes are started that carry studies out.
    pub sweeper: Sweeper,
    /// Called by workers that have something to show.
    pub waker: Waker,
    /// The user's home, to shorten paths that are shown.
    pub home: Option<PathBuf>,
    /// Seconds since 1970: the time of day, except in pictures that are to look the same tomorrow.
    pub clock: fn() -> f64,
}

/// The state of the window. Views read it; only [`App::apply`] and [`App::drain`] change it.
pub struct App {
    parts: Parts,
    /// What is remembered until next time.
    pub settings: Settings,
    /// What lies over the window.
    pub overlay: Option<Overlay>,
    /// The recipe on the form.
    pub draft: Draft,
    /// The recipes to begin with.
    pub presets: Presets,
    /// Every run.
    pub runs: Runs,
    /// Which data sets can be trained on.
    pub sources: Sources,
    /// What is being done.
    pub jobs: Jobs,
    /// What was told.
    pub notices: Notices,
    /// The Data page.
    pub data: data::Data,
    /// Versions of an image, for the Data page.
    pub versions: augment::Versions,
    /// Curation on the Data page.
    pub curate: curate::Curate,
    /// What is behind a point of a curve.
    pub behind: behind::Behind,
    /// What the model of the run looked at makes of example pictures.
    pub examples: examples::Seen,
    /// The Inspect page.
    pub inspect: inspect::Inspect,
    /// The user's pictures on that page.
    pub pictures: pictures::Pictures,
    /// The Sweep page.
    pub sweeps: sweep::Sweeps,
    /// The Camera page.
    pub camera: camera::Camera,
    /// The Report page.
    pub reporting: reporting::Reporting,
    undo: Undo,
    watch: Option<Watch>,
    written: Settings,
    written_draft: Recipe,
    written_at: Instant,
}

/// Between two looks at whether something is to be remembered.
const REMEMBER: Duration = Duration::from_secs(2);

impl App {
    /// Opens a workspace. Reads the settings, which is quick; everything else arrives through [`Self::drain`].
    pub fn open(mut parts: Parts) -> Self {
        let mut notices = Notices::default();
        let (settings, warning) = Settings::read(&parts.workspace);
        if let Some(warning) = warning {
            notices.warn(warning);
        }
        parts.places.folders.extend(settings.folders.iter().cloned());
        let presets = Presets::read(&parts.workspace);
        let draft = presets.draft(settings.preset.as_deref(), settings::read_draft(&parts.workspace));
        let watch = match Watch::start(parts.workspace.clone(), Arc::clone(&parts.waker)) {
            Ok(watch) => Some(watch),
            Err(e) => {
                notices.error(format!("Runs cannot be watched: {e:#}"));
                None
            }
        };
        let runs = Runs::remembered(settings.current.clone(), settings.shown.clone());
        Self {
            written: settings.clone(),
            written_draft: draft.recipe().clone(),
            written_at: Instant::now(),
            settings,
            overlay: None,
            draft,
            presets,
            runs,
            sources: Sources::default(),
            jobs: Jobs::default(),
            notices,
            data: data::Data::default(),
            versions: augment::Versions::default(),
            curate: curate::Curate::default(),
            behind: behind::Behind::default(),
            examples: examples::Seen::default(),
            inspect: inspect::Inspect::default(),
            pictures: pictures::Pictures::default(),
            sweeps: sweep::Sweeps::default(),
            camera: camera::Camera::default(),
            reporting: reporting::Reporting::default(),
            undo: Undo::default(),
            watch,
            parts,
        }
    }

    /// Where everything of the user lies.
    pub fn workspace(&self) -> &Workspace {
        &self.parts.workspace
    }

    /// Where data sets lie.
    pub fn places(&self) -> &Places {
        &self.parts.places
    }

    /// Seconds since 1970.
    pub fn now(&self) -> f64 {
        (self.parts.clock)()
    }

    /// A path as shown: `~` stands for the user's home.
    pub fn shown_path(&self, path: &Path) -> String {
        match self.parts.home.as_ref().and_then(|home| path.strip_prefix(home).ok()) {
            Some(inside) => Path::new("~").join(inside).display().to_string(),
            None => path.display().to_string(),
        }
    }

    /// Whether there is something to undo, and something to redo.
    pub fn can_undo_redo(&self) -> (bool, bool) {
        self.undo.possible()
    }

    /// Takes in what workers report, for at most `budget`; true when there is more.
    pub fn drain(&mut self, budget: Duration) -> bool {
        let since = Instant::now();
        for report in self.jobs.poll(&mut self.notices) {
            self.take(report);
        }
        while let Some(sight) = self.watch.as_ref().and_then(Watch::next) {
            self.runs.take(sight);
            if since.elapsed() >= budget {
                return true;
            }
        }
        match self.settings.tab {
            Tab::Data => {
                self.follow_data();
                self.follow_versions();
                self.follow_edits();
            }
            Tab::Train => self.follow_examples(),
            Tab::Inspect => self.follow_inspect(),
            Tab::Sweep => self.follow_sweeps(),
            Tab::Report => self.follow_reporting(),
            _ => {}
        }
        self.follow_camera(self.settings.tab == Tab::Camera);
        self.follow_sources();
        if self.written_at.elapsed() >= REMEMBER {
            self.remember();
        }
        false
    }

    /// Whether something moves by itself, so that the window should be drawn about ten times a second.
    pub fn is_busy(&self) -> bool {
        self.jobs.shown().next().is_some()
            || self.runs.alive().next().is_some()
            || self.data_waits()
            || self.versions_wait()
            || self.sweep_moves()
            || self.camera_works()
            || self.notices.list().iter().any(Notice::is_passing)
    }

    /// Writes settings and draft now, as when the window closes. Never fatal: there is nobody left to tell.
    pub fn close(&mut self) {
        self.gather_settings();
        self.close_edits();
        self.close_camera();
        self.keep_words();
        self.settings.write(&self.parts.workspace).ok();
        settings::write_draft(&self.parts.workspace, self.draft.recipe()).ok();
    }

    /// Remembers the size of the window.
    pub fn set_window_size(&mut self, size: [f32; 2]) {
        self.settings.window = size;
    }

    fn gather_settings(&mut self) {
        self.settings.current.clone_from(&self.runs.current);
        self.settings.shown.clone_from(&self.runs.shown);
        self.settings.preset.clone_from(&self.draft.preset);
    }

    /// Writes what changed, beside the window.
    fn remember(&mut self) {
        self.written_at = Instant::now();
        if !self.runs.complete {
            return;
        }
        self.gather_settings();
        if self.settings == self.written && *self.draft.recipe() == self.written_draft {
            return;
        }
        self.written = self.settings.clone();
        self.written_draft = self.draft.recipe().clone();
        let (settings, draft) = (self.written.clone(), self.written_draft.clone());
        let workspace = self.parts.workspace.clone();
        self.jobs.quiet("Remember settings", Arc::clone(&self.parts.waker), move |_| {
            settings.write(&workspace)?;
            settings::write_draft(&workspace, &draft)?;
            Ok(Report::Nothing)
        });
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
