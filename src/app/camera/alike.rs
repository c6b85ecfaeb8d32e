//! Scenes that look as if the camera had taken them: what its pictures look like, put on the form.

use super::super::{App, Command, Tab};
use super::Report;
use crate::app::Report as AnyReport;
use crate::data::scenes::Like;
use crate::data::{Scenes, Source};
use crate::recipe::Recipe;
use crate::work::live::Look;
use anyhow::Context as _;
use std::sync::Arc;

/// How much scenes become like the camera: some variety is left, since tomorrow's light is another one.
const STRENGTH: f64 = 0.7;

impl App {
    /// Measures the last pictures.
    pub(super) fn look_at_pictures(&mut self) {
        let pictures: Vec<_> = self.camera.recent.iter().map(|(_, picture)| Arc::clone(picture)).collect();
        self.jobs.quiet("Look at the camera's pictures", Arc::clone(&self.parts.waker), move |_| {
            let looks: Vec<Look> = pictures.iter().filter_map(|picture| Look::of(picture)).collect();
            let look = Look::mean(&looks).context("There is no picture to look at yet")?;
            Ok(AnyReport::Camera(Report::Look(look)))
        });
    }

    /// Puts scenes of that look on the form; undo takes them off again.
    pub(super) fn draw_alike(&mut self, look: &Look) {
        let mut scenes = match &self.draft.recipe().data {
            Source::Scenes(scenes) => scenes.clone(),
            _ => Scenes::default(),
        };
        scenes.camera = like(look);
        let recipe = Box::new(Recipe { data: Source::Scenes(scenes), ..self.draft.recipe().clone() });
        self.apply(Command::Edit { recipe, gesture: None });
        self.apply(Command::Show(Tab::Data));
        self.notices.info(format!(
            "The scenes on the form look like the camera now: noise {:.1} %, edges over {:.1} pixels, contrast {:.0} %",
            look.noise * 100.0,
            look.blur,
            look.contrast * 100.0
        ));
    }
}

/// A look as scenes take it.
fn like(look: &Look) -> Like {
    Like {
        strength: STRENGTH,
        noise: f64::from(look.noise).clamp(0.0, 0.2),
        blur: f64::from(look.blur).clamp(1.0, 12.0),
        contrast: f64::from(look.contrast).clamp(0.05, 1.0),
        red: f64::from(look.tint[0]).clamp(0.5, 1.5),
        blue: f64::from(look.tint[2]).clamp(0.5, 1.5),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::camera::Action;
    use crate::app::camera::testing::{picture, reading};
    use crate::app::testing::until;

    #[test]
    fn scenes_take_the_look_of_the_camera() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let mut app = reading(folder.path());
        app.apply(Command::Show(Tab::Camera));
        app.apply(Command::Camera(Action::Open(picture(folder.path(), "door.png")?)));
        until(&mut app, |app| app.camera.seen.is_some());
        app.apply(Command::Camera(Action::DrawAlike));
        until(&mut app, |app| matches!(app.draft.recipe().data, Source::Scenes(_)));
        let Source::Scenes(scenes) = &app.draft.recipe().data else { anyhow::bail!("just seen") };
        // The picture is plain and somewhat red.
        assert!(scenes.camera.strength > 0.0 && scenes.camera.red > 1.05 && scenes.camera.blue < 0.95);
        assert!((scenes.camera.contrast - 0.05).abs() < 1e-6);
        assert!(app.draft.problems().is_empty());
        app.apply(Command::Undo);
        assert!(!matches!(app.draft.recipe().data, Source::Scenes(_)));
        Ok(())
    }
}
