//! What each command does, and what each report changes. Every arm is one call.

use super::command::Command;
use super::report::Report;
use super::runs::Asked;
use super::settings::{Tab, Theme};
use super::undo::Step;
use super::{App, Draft, Presets, presets};
use crate::data::{IdxFolder, ImageFolder, Source};
use crate::recipe::{Recipe, save_preset};
use crate::runs::{Control, Meta, Parent, Part, RunDir, Status, send};
use anyhow::Context as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Epochs that a run is to go on for from a checkpoint of one that has none left.
const FURTHER: u64 = 5;

impl App {
    /// Does what is asked, or tells why that cannot be.
    pub fn apply(&mut self, command: Command) {
        if let Some(reason) = self.why_not(&command) {
            self.notices.warn(reason);
            return;
        }
        match command {
            Command::Show(tab) => self.settings.tab = tab,
            Command::Open(overlay) => self.overlay = Some(overlay),
            Command::Close => self.overlay = None,
            Command::SetTheme(theme) => self.settings.theme = theme,
            Command::ToggleTheme => self.toggle_theme(),
            Command::Undo => self.step_back(),
            Command::Redo => self.step_forth(),
            Command::Dismiss(id) => self.notices.dismiss(id),
            Command::CancelJob(id) => self.jobs.cancel(id),
            Command::SetPlot(plot) => self.settings.plot = plot,
            Command::ToggleMetric(name) => self.toggle_metric(name),
            Command::Edit { recipe, gesture } => self.edit(*recipe, gesture),
            Command::UsePreset(stem) => self.use_preset(&stem),
            Command::ResetRecipe => self.edit(self.draft.baseline().clone(), None),
            Command::SavePreset(name) => self.save_preset(name),
            Command::UseRecipeOf(run) => self.use_recipe_of(&run),
            Command::BranchFrom(run) => self.branch_from(&run),
            Command::BeginWith(part) => self.begin_with_part(part),
            Command::BeginAnew => self.draft.parent = None,
            Command::Start => self.start(self.draft.recipe().clone(), self.draft.parent.clone()),
            Command::QuickStart => self.quick_start(),
            Command::Pause => self.ask(Control::Pause),
            Command::Resume => self.ask(Control::Resume),
            Command::PauseOrResume => self.pause_or_resume(),
            Command::Stop => self.ask(Control::Stop),
            Command::Discard => self.discard(),
            Command::AddEpochs(n) => self.add_epochs(n),
            Command::TakeUp => self.take_up(None),
            Command::Checkpoint => self.ask(Control::Checkpoint),
            Command::SetLive { path, value } => self.set_live(path, value),
            Command::Choose(run, how) => self.runs.choose(&run, how),
            Command::Plot(run, shown) => self.put_on_axes(run, shown),
            Command::OpenRun(run) => self.open_run(&run),
            Command::Rename(run, name) => self.rename(&run, &name),
            Command::SetMeta(run, meta) => self.set_meta(&run, *meta),
            Command::SetCompare(compare) => self.settings.compare = *compare,
            Command::Trash => self.trash(self.runs.chosen.iter().cloned().collect()),
            Command::FetchMnist => self.fetch(super::mnist()),
            Command::AddFolder(folder) => self.add_folder(folder),
            Command::UseIdxFolder(folder) => self.use_idx_folder(&folder),
            Command::UseImageFolder(folder) => self.use_image_folder(&folder),
            Command::Data(action) => self.apply_data(action),
            Command::Curate(action) => self.apply_curate(action),
            Command::Behind(action) => self.apply_behind(action),
            Command::Inspect(action) => self.apply_inspect(action),
            Command::Pictures(action) => self.apply_pictures(action),
            Command::Sweep(action) => self.apply_sweep(action),
            Command::Camera(action) => self.apply_camera(action),
            Command::Report(action) => self.apply_reporting(action),
        }
    }

    /// Takes in what a job brings back.
    pub(super) fn take(&mut self, report: Report) {
        match report {
            Report::Nothing => {}
            Report::Told(text) => self.notices.info(text),
            Report::Started(run) => self.started(&run),
            Report::TakenUp => self.nudge(),
            Report::Trashed(runs) => self.trashed(runs),
            Report::Restored(runs) => self.restored(&runs),
            Report::Versions(made) => self.take_versions(made),
            Report::Data(report) => self.take_data(*report),
            Report::Curate(report) => self.take_curate(*report),
            Report::Behind(report) => self.take_behind(report),
            Report::Examples(told) => self.take_examples(told),
            Report::Inspect(report) => self.take_inspect(report),
            Report::Pictures(report) => self.take_pictures(report),
            Report::Sweep(report) => self.take_sweep(report),
            Report::Camera(report) => self.take_camera(report),
            Report::Written(to) => self.report_written(to),
            Report::PresetSaved(stem) => self.preset_saved(&stem),
            Report::Available(known) => self.take_available(known),
            Report::Fetched(of, trouble) => self.fetched(*of, trouble),
            Report::Kept(kept) => self.kept(kept),
            Report::Folder(folder, found) => self.folder_looked_into(folder, &found),
        }
    }

    fn toggle_theme(&mut self) {
        self.settings.theme = if self.settings.theme == Theme::Dark { Theme::Light } else { Theme::Dark };
    }

    fn toggle_metric(&mut self, name: String) {
        let metrics = &mut self.settings.metrics;
        if let Some(place) = metrics.iter().position(|metric| *metric == name) {
            metrics.remove(place);
        } else {
            metrics.push(name);
        }
    }

    // The recipe on the form.

    fn edit(&mut self, mut recipe: Recipe, gesture: Option<u64>) {
        let before = self.draft.recipe();
        if recipe == *before {
            return;
        }
        // Edits are tied to one data set: another one cannot be read with them.
        let other = std::mem::discriminant(&recipe.data) != std::mem::discriminant(&before.data);
        if other && recipe.curation.overlay == before.curation.overlay {
            recipe.curation.overlay.clear();
        }
        self.undo.push(Step::Recipe(Box::new(self.draft.recipe().clone())), gesture);
        self.draft.set(recipe);
    }

    fn use_preset(&mut self, stem: &str) {
        let Some(recipe) = self.presets.recipe(stem).cloned() else {
            self.notices.error(format!("There is no preset '{stem}' that can be read"));
            return;
        };
        self.begin_with(recipe.clone(), Some(stem.to_owned()), recipe);
    }

    fn use_idx_folder(&mut self, folder: &Path) {
        let mut recipe = self.draft.recipe().clone();
        recipe.data = Source::IdxFolder(IdxFolder {
            folder: folder.to_string_lossy().into_owned(),
            ..IdxFolder::default()
        });
        self.edit(recipe, None);
    }

    fn use_image_folder(&mut self, folder: &Path) {
        let mut recipe = self.draft.recipe().clone();
        recipe.data = Source::ImageFolder(ImageFolder {
            folder: folder.to_string_lossy().into_owned(),
            ..ImageFolder::default()
        });
        self.edit(recipe, None);
    }

    fn use_recipe_of(&mut self, run: &str) {
        match self.runs.get(run).map(|run| run.recipe.clone()) {
            Some(Ok(recipe)) => {
                self.begin_with(recipe.clone(), None, recipe);
                self.settings.tab = Tab::Train;
            }
            Some(Err(e)) => self.notices.error(e),
            None => {}
        }
    }

    fn branch_from(&mut self, run: &str) {
        let before = self.draft.parent.clone();
        self.use_recipe_of(run);
        let known = self.runs.get(run).is_some_and(|run| run.recipe.is_ok());
        self.draft.parent = if known { Some(Parent::Run(run.to_owned(), Part::Best)) } else { before };
    }

    fn begin_with_part(&mut self, part: Part) {
        let Some(Parent::Run(run, begins)) = &mut self.draft.parent else { return };
        *begins = part;
        // Going on from a checkpoint goes on counting, so that there must be more epochs than are done.
        let done = self.runs.get(run).map_or(0.0, |run| run.history.epoch);
        let mut recipe = self.draft.recipe().clone();
        if part == Part::Checkpoint && done >= recipe.train.epochs as f64 {
            recipe.train.epochs = done.ceil() as u64 + FURTHER;
            self.edit(recipe, None);
        }
    }

    fn begin_with(&mut self, recipe: Recipe, preset: Option<String>, baseline: Recipe) {
        let before = self.replace_draft(recipe, preset, baseline);
        self.undo.push(before, None);
    }

    fn replace_draft(&mut self, recipe: Recipe, preset: Option<String>, baseline: Recipe) -> Step {
        let old = std::mem::replace(&mut self.draft, Draft::new(recipe, preset, baseline));
        Step::Preset(Box::new((old.recipe().clone(), old.preset.clone(), old.baseline().clone())))
    }

    fn save_preset(&mut self, name: String) {
        self.overlay = None;
        let recipe =
            Recipe { name: name.trim().to_owned(), about: String::new(), ..self.draft.recipe().clone() };
        let folder = self.workspace().presets_dir();
        self.jobs.quiet("Save preset", Arc::clone(&self.parts.waker), move |_| {
            let path = save_preset(&folder, &name, &recipe).context("The preset cannot be saved")?;
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            Ok(Report::PresetSaved(stem))
        });
    }

    fn preset_saved(&mut self, stem: &str) {
        self.presets = Presets::read(&self.parts.workspace);
        if let Some(baseline) = self.presets.recipe(stem).cloned() {
            let recipe = self.draft.recipe().clone();
            self.draft =
                Draft::new(Recipe { name: baseline.name.clone(), ..recipe }, Some(stem.to_owned()), baseline);
        }
        self.notices.info(format!("Saved as preset '{stem}'"));
    }

    // Undo.

    fn step_back(&mut self) {
        if let Some(step) = self.undo.pop_back()
            && let Some(forth) = self.put_back(step)
        {
            self.undo.push_forth(forth);
        }
    }

    fn step_forth(&mut self) {
        if let Some(step) = self.undo.pop_forth()
            && let Some(back) = self.put_back(step)
        {
            self.undo.push_back(back);
        }
    }

    /// Puts back what a step remembers; returns the step that undoes this.
    fn put_back(&mut self, step: Step) -> Option<Step> {
        match step {
            Step::Recipe(recipe) => {
                let before = self.draft.recipe().clone();
                self.draft.set(*recipe);
                Some(Step::Recipe(Box::new(before)))
            }
            Step::Preset(parts) => {
                let (recipe, preset, baseline) = *parts;
                Some(self.replace_draft(recipe, preset, baseline))
            }
            Step::Name { run, name } => {
                let before = self.set_name(&run, &name)?;
                Some(Step::Name { run, name: before })
            }
            Step::Said { run, meta } => {
                let before = self.put_meta(&run, *meta)?;
                Some(Step::Said { run, meta: Box::new(before) })
            }
            Step::Edits(name, images, division) => self.put_edits_back(name, images, division),
            Step::Trashed(runs) => {
                self.restore(runs.clone());
                Some(Step::Restored(runs))
            }
            Step::Restored(runs) => {
                self.move_to_trash(runs.clone());
                Some(Step::Trashed(runs))
            }
        }
    }

    // Trainings.

    fn quick_start(&mut self) {
        match self.presets.recipe(presets::QUICK_START).cloned() {
            Some(recipe) => {
                self.use_preset(presets::QUICK_START);
                self.start(recipe, None);
            }
            None => self.notices.error("The quick-start preset is missing"),
        }
    }

    pub(super) fn start(&mut self, recipe: Recipe, parent: Option<Parent>) {
        self.settings.tab = Tab::Train;
        let workspace = self.parts.workspace.clone();
        let (launcher, places) = (Arc::clone(&self.parts.launcher), self.parts.places.clone());
        self.jobs.quiet("Start training", Arc::clone(&self.parts.waker), move |_| {
            let run = match parent {
                Some(parent) => workspace.branch(&recipe, &parent)?,
                None => workspace.create_run(&recipe)?,
            };
            launcher(&run, &places)?;
            Ok(Report::Started(run))
        });
    }

    fn started(&mut self, run: &RunDir) {
        let recipe = Box::new(run.recipe().map_err(|e| e.to_string()));
        // Known at once, rather than when the watcher comes by.
        self.runs.take(crate::work::watch::Sight::Found { run: run.clone(), recipe, meta: run.meta() });
        let id = run.id();
        self.runs.look_at(&id);
        if let Some(run) = self.runs.get_mut(&id) {
            run.launched = Some(Instant::now());
        }
        self.nudge();
    }

    fn nudge(&self) {
        if let Some(watch) = &self.watch {
            watch.nudge();
        }
    }

    /// Asks something of the process that has the run looked at.
    fn ask(&mut self, control: Control) {
        let Some(dir) = self.runs.current().map(|run| run.dir.clone()) else { return };
        if let Err(e) = send(&dir, control) {
            self.notices
                .error(format!("The training cannot be asked: {e}: {}", dir.control_file().display()));
        }
        self.nudge();
    }

    fn pause_or_resume(&mut self) {
        let paused = self.runs.current().is_some_and(|run| run.status() == Status::Paused);
        self.ask(if paused { Control::Resume } else { Control::Pause });
    }

    fn set_live(&mut self, path: String, value: String) {
        let Some(id) = self.runs.current.clone() else { return };
        let Some(run) = self.runs.get_mut(&id) else { return };
        match send(&run.dir, Control::Set { path: path.clone(), value: value.clone() }) {
            Ok(request) => _ = run.asked.insert(path, Asked { request, value }),
            Err(e) => {
                let file = run.dir.control_file();
                self.notices.error(format!("The training cannot be asked: {e}: {}", file.display()));
            }
        }
        self.nudge();
    }

    /// A living process trains on at once; a run without one gets one that does.
    fn add_epochs(&mut self, n: u64) {
        let alive = self.runs.current().is_some_and(|run| run.status().is_alive());
        if alive { self.ask(Control::AddEpochs(n)) } else { self.take_up(Some(Control::AddEpochs(n))) }
    }

    fn take_up(&mut self, first: Option<Control>) {
        let Some(id) = self.runs.current.clone() else { return };
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.launched = Some(Instant::now());
        let (dir, launcher) = (run.dir.clone(), Arc::clone(&self.parts.launcher));
        let places = self.parts.places.clone();
        self.jobs.quiet("Resume training", Arc::clone(&self.parts.waker), move |_| {
            if let Some(control) = first {
                send(&dir, control)?;
            }
            launcher(&dir, &places)?;
            Ok(Report::TakenUp)
        });
    }

    /// A process that has the run ends it and moves it to the trash itself; without one it is moved from here.
    fn discard(&mut self) {
        let Some(run) = self.runs.current() else { return };
        let id = run.id.clone();
        if run.status().is_alive() {
            self.ask(Control::Discard);
            self.undo.push(Step::Trashed(vec![id]), None);
        } else {
            self.trash(vec![id]);
        }
    }

    // The list of runs.

    fn put_on_axes(&mut self, run: String, shown: bool) {
        if shown {
            self.runs.shown.insert(run);
        } else {
            self.runs.shown.remove(&run);
        }
    }

    fn open_run(&mut self, run: &str) {
        self.runs.look_at(run);
        self.settings.tab = Tab::Train;
    }

    fn rename(&mut self, run: &str, name: &str) {
        self.overlay = None;
        let name = name.trim();
        if name.is_empty() {
            return;
        }
        if let Some(before) = self.set_name(run, name) {
            self.undo.push(Step::Name { run: run.to_owned(), name: before }, None);
        }
    }

    /// Gives a run a name and returns the one it had.
    fn set_name(&mut self, run: &str, name: &str) -> Option<String> {
        let run = self.runs.get_mut(run)?;
        let before = std::mem::replace(&mut run.meta.name, name.to_owned());
        let (dir, meta) = (run.dir.clone(), run.meta.clone());
        self.jobs.quiet("Rename run", Arc::clone(&self.parts.waker), move |_| {
            dir.write_meta(&meta)?;
            Ok(Report::Nothing)
        });
        Some(before)
    }

    /// Sets what the user says of a run and returns what was said before.
    pub(super) fn put_meta(&mut self, run: &str, meta: Meta) -> Option<Meta> {
        let run = self.runs.get_mut(run)?;
        if run.meta == meta {
            return None;
        }
        let before = std::mem::replace(&mut run.meta, meta.clone());
        let dir = run.dir.clone();
        self.jobs.quiet("Keep what is said of a run", Arc::clone(&self.parts.waker), move |_| {
            dir.write_meta(&meta)?;
            Ok(Report::Nothing)
        });
        Some(before)
    }

    fn trash(&mut self, runs: Vec<String>) {
        self.undo.push(Step::Trashed(runs.clone()), None);
        self.move_to_trash(runs);
    }

    fn move_to_trash(&mut self, runs: Vec<String>) {
        let workspace = self.parts.workspace.clone();
        self.jobs.quiet("Move to trash", Arc::clone(&self.parts.waker), move |_| {
            for id in &runs {
                workspace.trash(&workspace.run(id)?)?;
            }
            Ok(Report::Trashed(runs))
        });
    }

    fn trashed(&mut self, runs: Vec<String>) {
        let names: Vec<String> = runs
            .iter()
            .map(|id| self.runs.get(id).map_or_else(|| id.clone(), |run| run.meta.name.clone()))
            .collect();
        for id in runs {
            self.runs.forget(&id);
        }
        let what =
            if let [name] = names.as_slice() { format!("'{name}'") } else { format!("{} runs", names.len()) };
        self.notices.info(format!("Moved {what} to the trash; undo brings it back"));
        self.nudge();
    }

    fn restore(&mut self, runs: Vec<String>) {
        let workspace = self.parts.workspace.clone();
        self.jobs.quiet("Take out of the trash", Arc::clone(&self.parts.waker), move |_| {
            for id in &runs {
                workspace.restore(id)?;
            }
            Ok(Report::Restored(runs))
        });
    }

    fn restored(&mut self, runs: &[String]) {
        if let Some(id) = runs.last() {
            self.runs.current = Some(id.clone());
        }
        // Brought back before the watcher missed them, they would be no news to it.
        if let Some(watch) = &self.watch {
            runs.iter().filter_map(|id| self.parts.workspace.run(id).ok()).for_each(|run| watch.anew(run));
        }
        self.nudge();
    }
}
