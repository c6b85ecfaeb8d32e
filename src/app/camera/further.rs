//! The model that reads trained further on what was kept, and what came of it: before and after, on the pictures kept and
//! on the old validation pictures.

use super::super::App;
use super::Report;
use crate::app::Report as AnyReport;
use crate::app::runs::Run;
use crate::data::captured::Store;
use crate::models::file::read_meta;
use crate::reader::shipped;
use crate::recipe::{self, Recipe};
use crate::runs::{Parent, Part};
use crate::work::further::further;
use crate::work::live::Model;
use crate::work::taught::{OnCaptured, on_captured, on_validation};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A model beside another one.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// What its run is called.
    pub name: String,
    /// Its file.
    pub model: PathBuf,
    /// How it reads captured pictures.
    pub captured: OnCaptured,
    /// Its validation accuracy, on pictures that neither learned from.
    pub valid: Option<f64>,
}

impl App {
    /// The file of the model that reads, and the run that made it, if one did.
    fn taught(&self) -> Result<(PathBuf, Option<&Run>), String> {
        match &self.settings.camera.model {
            Model::File(path) => {
                Ok((path.clone(), self.runs.list().iter().find(|run| run.dir.best_model() == *path)))
            }
            Model::Shipped => match shipped() {
                Some(path) => Ok((path, None)),
                None => Err(
                    "The reader that comes with the program is missing; choose a run as the model that reads"
                        .to_owned(),
                ),
            },
        }
    }

    /// Why the model that reads cannot be trained further on the pictures kept; `None` where it can.
    pub fn why_not_further(&self) -> Option<String> {
        if self.camera.n_kept == Some(0) {
            return Some("No picture was kept to learn from yet".to_owned());
        }
        self.taught().err()
    }

    /// Trains the model that reads further, on what was kept beside what it learned from: a short run with small steps.
    pub(super) fn train_on_captured(&mut self) {
        let base = self.why_not_further().map_or_else(|| self.to_go_on_from(), Err);
        match base {
            Ok((recipe, parent, name)) => {
                let recipe = further(recipe, &name, &self.parts.places);
                self.start(recipe, Some(parent));
            }
            Err(why) => self.notices.warn(why),
        }
    }

    /// Recipe, origin and name of the model that reads.
    fn to_go_on_from(&self) -> Result<(Recipe, Parent, String), String> {
        let (path, run) = self.taught()?;
        if let Some(run) = run {
            let recipe = run.recipe.as_ref().map_err(Clone::clone)?.clone();
            return Ok((recipe, Parent::Run(run.id.clone(), Part::Best), run.meta.name.clone()));
        }
        let meta = read_meta(&path).map_err(|e| e.to_string())?;
        let recipe = recipe::parse(&meta.recipe, &path).map_err(|e| e.to_string())?;
        let name = if recipe.name.is_empty() { file_name(&path) } else { recipe.name.clone() };
        Ok((recipe, Parent::File(path), name))
    }

    /// Reads the captured pictures with the model that reads before and after it was trained further: with the newest
    /// run that goes on from it, or else with the one that it goes on from itself.
    pub(super) fn compare_taught(&mut self) {
        let (path, run) = match self.taught() {
            Ok(taught) => taught,
            Err(why) => return self.notices.warn(why),
        };
        let goes_on = |other: &&Run| match &other.meta.parent {
            Some(Parent::Run(id, _)) => run.is_some_and(|run| run.id == *id),
            Some(Parent::File(file)) => *file == path,
            None => false,
        };
        let mut children = self.runs.list().iter().filter(goes_on).peekable();
        let is_training = children.peek().is_some();
        let child = children.find(|run| run.best_accuracy().is_some() && run.dir.best_model().is_file());
        let Some(child) = child.or_else(|| run.filter(|run| run.meta.parent.is_some())) else {
            let why = match is_training {
                true => {
                    "The run that goes on from this model has not come to the end of an epoch yet".to_owned()
                }
                false => "No run goes on from this model yet: press 'Train on these too' first".to_owned(),
            };
            return self.notices.warn(why);
        };
        let (parent, recipe) = match (&child.meta.parent, &child.recipe) {
            (Some(parent), Ok(recipe)) => (parent.clone(), recipe.clone()),
            (_, Err(why)) => return self.notices.error(why.clone()),
            (None, _) => return,
        };
        let (name, old, valid) = match &parent {
            Parent::Run(id, _) => {
                let old = self.runs.get(id);
                let name = old.map_or_else(|| id.clone(), |old| old.meta.name.clone());
                (name, old.map(|old| old.dir.best_model()), old.and_then(Run::best_accuracy))
            }
            Parent::File(file) if shipped().as_ref() == Some(file) => {
                ("The reader that ships".to_owned(), Some(file.clone()), None)
            }
            Parent::File(file) => (file_name(file), Some(file.clone()), None),
        };
        // Its own copy of what it began with is there even where the other run was deleted.
        let before = Some(child.dir.start_file()).filter(|file| file.is_file()).or(old).unwrap_or_default();
        let side = |name, model, valid| Side { name, model, captured: OnCaptured::default(), valid };
        let mut sides = vec![
            side(name, before, valid),
            side(child.meta.name.clone(), child.dir.best_model(), child.best_accuracy()),
        ];
        let (store, places) = (Store::new(self.parts.places.captured()), self.parts.places.clone());
        let overlays = child.dir.overlays_dir();
        self.jobs.start("Read captured pictures", Arc::clone(&self.parts.waker), move |context| {
            for side in &mut sides {
                side.captured = on_captured(&side.model, &store, context)?;
            }
            // What a run measured while it trained is only comparable where both measured the same.
            if recipe.model.detector().is_some() || sides.iter().any(|side| side.valid.is_none()) {
                let models: Vec<&Path> = sides.iter().map(|side| side.model.as_path()).collect();
                let valid = on_validation(&models, &recipe, &places, &overlays, context)?;
                sides.iter_mut().zip(valid).for_each(|(side, valid)| side.valid = valid);
            }
            Ok(AnyReport::Camera(Report::Compared(sides)))
        });
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::camera::Action;
    use crate::app::camera::testing::reading;
    use crate::app::testing::until;
    use crate::app::{Command, Tab};
    use crate::data::captured::Record;
    use crate::work::further::PICTURES;
    use image::{ImageFormat, RgbImage};
    use std::io::Cursor;

    /// The reader that ships, trained further: what is started, and from what.
    #[test]
    fn the_reader_that_ships_goes_on_from_its_file() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let mut app = reading(folder.path());
        app.apply(Command::Show(Tab::Camera));
        until(&mut app, |app| app.camera.n_kept == Some(0) && app.jobs.is_empty());
        app.apply(Command::Camera(Action::TrainOn));
        assert!(app.notices.last().is_some_and(|notice| notice.text.contains("No picture was kept")));
        let mut bytes = Cursor::new(Vec::new());
        RgbImage::from_pixel(64, 64, image::Rgb([90; 3])).write_to(&mut bytes, ImageFormat::Png)?;
        let store = Store::new(app.places().captured());
        store.add(&bytes.into_inner(), Record { text: "7".to_owned(), ..Record::default() })?;
        app.take(AnyReport::Camera(Report::Kept(1)));
        let Some(own) = shipped() else { return Ok(()) };
        app.apply(Command::Camera(Action::Compare));
        assert!(app.notices.last().is_some_and(|notice| notice.text.contains("Train on these too")));
        app.apply(Command::Camera(Action::TrainOn));
        until(&mut app, |app| !app.runs.list().is_empty());
        let run = &app.runs.list()[0];
        assert_eq!(run.meta.parent, Some(Parent::File(own)));
        assert!(run.dir.start_file().is_file() && run.meta.name.ends_with("+ captured"));
        let recipe = run.recipe.as_ref().map_err(|why| anyhow::anyhow!(why.clone()))?;
        assert!(recipe.problems().is_empty() && recipe.curation.train == PICTURES);
        app.apply(Command::Camera(Action::Compare));
        let told = app.notices.last().map(|notice| notice.text.clone()).unwrap_or_default();
        assert!(told.contains("end of an epoch"), "{told}");
        Ok(())
    }
}
