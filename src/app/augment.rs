//! The Data page's sheet of augmentation: versions of the image looked at, as the recipe on the form would have a
//! training see it. They are drawn beside the window, and drawn anew when the image or a setting changes.

use super::App;
use super::data::{Part, Sheet};
use super::report::Report as AnyReport;
use super::settings::Tab;
use crate::data::augment::{Augment, Version, versions};
use crate::data::{Area, Mark, Samples};
use std::sync::Arc;

/// How many versions are shown.
pub const SHOWN: usize = 14;

/// Longest side of the pictures that are shown: larger ones would only be slower.
const SIDE: usize = 512;

/// What versions are of.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Fingerprint of the data set.
    pub data: String,
    /// The part of it that is shown; `None` for all.
    pub part: Option<Part>,
    /// The image.
    pub row: usize,
    /// How it is changed.
    pub settings: Augment,
    /// The recipe's seed, and how often versions were drawn again.
    pub seed: [u64; 2],
}

/// Versions of an image.
#[derive(Clone, PartialEq)]
pub struct Made {
    /// What they are of.
    pub wanted: Wanted,
    /// Columns and rows of each.
    pub size: [usize; 2],
    /// The image as it is, then [`SHOWN`] versions.
    pub pictures: Vec<Version>,
}

impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Nobody wants to read pixels.
        f.debug_struct("Made").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

/// The state of the sheet.
#[derive(Default)]
pub struct Versions {
    /// The versions to show; those of before while new ones are on their way.
    pub made: Option<Arc<Made>>,
    asked: Option<Wanted>,
    job: Option<u64>,
    draw: u64,
}

/// The image with its versions, made small enough to be shown.
fn make(wanted: Wanted, samples: &Samples) -> Made {
    let Wanted { row, seed: [seed, draw], .. } = wanted;
    let original = Version::plain(samples, row);
    let versions = versions(&wanted.settings, samples, row, seed, draw, SHOWN);
    let [width, height] = samples.size(row);
    let step = width.max(height).div_ceil(SIDE).max(1);
    let size = [width.div_ceil(step), height.div_ceil(step)];
    let small = |Version { pixels, mixed, marks }: Version| {
        let pixels = match step {
            1 => pixels,
            _ => pixels
                .chunks_exact(width * height)
                .flat_map(|plane| plane.chunks_exact(width).step_by(step))
                .flat_map(|row| row.iter().step_by(step).copied())
                .collect(),
        };
        let by = 1.0 / step as f32;
        let smaller = |Area { x, y, w, h }: Area| Area { x: x * by, y: y * by, w: w * by, h: h * by };
        let marks = marks.into_iter().map(|mark| Mark { area: smaller(mark.area), ..mark }).collect();
        Version { pixels, mixed, marks }
    };
    let pictures = std::iter::once(original).chain(versions).map(small).collect();
    Made { wanted, size, pictures }
}

impl App {
    /// The row of the image that the sheet shows: the one looked at, else the first.
    pub fn augmented_row(&self) -> Option<usize> {
        let gallery = &self.data.gallery;
        gallery.selected_row().or_else(|| gallery.rows().first().map(|row| *row as usize))
    }

    fn wanted_versions(&self) -> Option<Wanted> {
        if self.settings.tab != Tab::Data || self.data.sheet != Sheet::Augment {
            return None;
        }
        let recipe = self.draft.recipe();
        Some(Wanted {
            data: self.data.loaded()?.dataset.fingerprint.clone(),
            part: self.data.filter.part,
            row: self.augmented_row().filter(|row| self.data.samples().is_some_and(|s| *row < s.len()))?,
            // What is not possible is told beside its slider; it would draw nonsense.
            settings: recipe.augment.clone(),
            seed: [recipe.train.seed, self.versions.draw],
        })
        .filter(|wanted| crate::knobs::check(&mut wanted.settings.clone()).is_empty())
    }

    /// Whether versions are about to be drawn, so that frames should go on.
    pub(super) fn versions_wait(&self) -> bool {
        self.wanted_versions().is_some_and(|wanted| self.versions.asked.as_ref() != Some(&wanted))
    }

    /// Keeps the versions in step with image and settings. Called between frames.
    pub(super) fn follow_versions(&mut self) {
        // One at a time: while one job draws, settings go on changing, and only the latest are drawn next.
        if self.versions.job.is_some_and(|id| self.jobs.is_at_work(id)) {
            return;
        }
        let Some(wanted) = self.wanted_versions() else { return };
        let Some(samples) = self.data.samples().cloned() else { return };
        if self.versions.asked.as_ref() == Some(&wanted) {
            return;
        }
        self.versions.asked = Some(wanted.clone());
        let job = self.jobs.quiet("Draw augmented versions", Arc::clone(&self.parts.waker), move |_| {
            Ok(AnyReport::Versions(Arc::new(make(wanted, &samples))))
        });
        self.versions.job = Some(job);
    }

    /// Takes in what was drawn.
    pub(super) fn take_versions(&mut self, made: Arc<Made>) {
        self.versions.made = Some(made);
        self.follow_versions();
    }

    /// Draws other versions.
    pub(super) fn draw_again(&mut self) {
        self.versions.draw += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::data::Action;
    use crate::app::testing::{app, idx_folder, until};
    use crate::app::{App, Command};
    use crate::data::samples::Pixels;
    use crate::recipe::Recipe;

    fn edit(app: &mut App, change: impl FnOnce(&mut Recipe)) {
        let mut recipe = Box::new(app.draft.recipe().clone());
        change(&mut recipe);
        app.apply(Command::Edit { recipe, gesture: None });
    }

    fn current(app: &App) -> Option<&Made> {
        let wanted = app.wanted_versions()?;
        app.versions.made.as_deref().filter(|made| made.wanted == wanted)
    }

    #[test]
    fn versions_follow_image_settings_and_draws() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let mut app = app(folder.path());
        let source = idx_folder(folder.path(), 90, 30)?;
        edit(&mut app, |recipe| recipe.data = source);
        app.apply(Command::Show(Tab::Data));
        app.apply(Command::Data(Action::Sheet(Sheet::Augment)));
        until(&mut app, |app| current(app).is_some());
        let plain = app.versions.made.clone().expect("just seen");
        assert_eq!((plain.pictures.len(), plain.size), (SHOWN + 1, [28, 28]));
        assert!(plain.pictures.iter().all(|picture| *picture == plain.pictures[0]), "nothing is on");
        edit(&mut app, |recipe| recipe.augment.rotation = 30.0);
        assert!(app.versions_wait());
        until(&mut app, |app| current(app).is_some_and(|made| made.pictures[1] != made.pictures[0]));
        assert!(!app.versions_wait());
        let rotated = app.versions.made.clone().expect("just seen");
        app.apply(Command::Data(Action::DrawAgain));
        until(&mut app, |app| current(app).is_some_and(|made| made.pictures[1..] != rotated.pictures[1..]));
        app.apply(Command::Data(Action::Select(Some(5))));
        until(&mut app, |app| current(app).is_some_and(|made| made.wanted.row != rotated.wanted.row));
        // What cannot be is not drawn.
        edit(&mut app, |recipe| recipe.augment.rotation = 400.0);
        assert!(!app.versions_wait() && current(&app).is_none());
        Ok(())
    }

    #[test]
    fn large_images_are_shown_smaller() {
        let [channels, height, width] = [2, 700, 1100];
        let pixels = Pixels::Owned(vec![7; channels * height * width].into());
        let samples = Samples::new(pixels, Arc::from([0]), [channels, height, width]);
        let settings = Augment { shift_pixels: 2, ..Augment::default() };
        let wanted = Wanted { data: String::new(), part: None, row: 0, settings, seed: [1, 0] };
        let made = make(wanted, &samples);
        assert_eq!(made.size, [367, 234]);
        assert!(made.pictures.iter().all(|picture| picture.pixels == vec![7; 2 * 367 * 234]));
    }
}
