//! Why a command cannot be given right now, to be read on its greyed button.

use super::camera::Action;
use super::{App, Command};
use crate::runs::Status;

impl App {
    /// Why `command` cannot be given right now; `None` when it can.
    pub fn why_not(&self, command: &Command) -> Option<String> {
        let status = self.runs.current().map(|run| run.status());
        let is = |wanted: &[Status], otherwise: &str| {
            let fits = status.as_ref().is_some_and(|status| wanted.contains(status));
            (!fits).then(|| otherwise.to_owned())
        };
        let (undo, redo) = self.can_undo_redo();
        match command {
            Command::Start => self.why_not_start(),
            Command::Pause => is(&[Status::Training], "The run looked at does not train"),
            Command::Resume => is(&[Status::Paused], "The run looked at is not paused"),
            Command::PauseOrResume => {
                is(&[Status::Training, Status::Paused], "The run looked at does not train")
            }
            Command::Stop | Command::Checkpoint => is(
                &[Status::Training, Status::Paused, Status::Loading],
                "No process trains the run looked at",
            ),
            Command::Discard => self.runs.current().is_none().then(|| "There is no run".to_owned()),
            Command::TakeUp => match self.runs.current() {
                Some(run) if run.can_resume() => None,
                _ => Some("The run looked at was not interrupted".to_owned()),
            },
            Command::AddEpochs(_) => match self.runs.current() {
                None => Some("There is no run".to_owned()),
                Some(run) => run.recipe.as_ref().err().cloned(),
            },
            Command::FetchMnist => {
                self.sources.fetching(&super::mnist()).map(|_| "It is being downloaded".to_owned())
            }
            Command::Trash => self.why_not_trash(),
            Command::Undo => (!undo).then(|| "There is nothing to undo".to_owned()),
            Command::Redo => (!redo).then(|| "There is nothing to redo".to_owned()),
            Command::ResetRecipe => {
                (!self.draft.is_changed()).then(|| "The recipe is as the preset has it".to_owned())
            }
            Command::Camera(Action::Snapshot) => {
                self.camera.seen.is_none().then(|| "There is no picture on the Camera page".to_owned())
            }
            Command::Camera(Action::ExportLog) => {
                (self.camera.log.entries().len() == 0).then(|| "No number was read yet".to_owned())
            }
            Command::Camera(Action::TrainOn | Action::Compare) => self.why_not_further(),
            _ => None,
        }
    }

    fn why_not_start(&self) -> Option<String> {
        if let Some(problem) = self.draft.problems().first() {
            return Some(format!("A setting is not possible: {problem}"));
        }
        if let Err(e) = self.layers() {
            return Some(format!("The model cannot be built: {e}"));
        }
        self.draft.recipe().misfit().or_else(|| self.why_no_data())
    }

    fn why_not_trash(&self) -> Option<String> {
        if self.runs.chosen.is_empty() {
            return Some("No run is chosen".to_owned());
        }
        let alive = self.runs.alive().find(|run| self.runs.chosen.contains(&run.id))?;
        Some(format!("'{}' still trains; stop or discard it first", alive.meta.name))
    }
}
