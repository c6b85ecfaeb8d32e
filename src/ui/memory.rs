//! What only the drawing needs to know from frame to frame. Nothing here is ever saved or decides anything.

use super::dialog::Dialog;
use super::frames::Frames;
use super::plots;
use crate::app::Command;
use crate::recipe::Recipe;
use std::path::PathBuf;

/// Memory of the drawing itself.
#[derive(Default)]
pub struct Memory {
    /// What is typed into the palette or into a name's field.
    pub typed: String,
    /// The line marked in the palette.
    pub marked: usize,
    /// Whether the field that just appeared still has to be given the keyboard.
    pub fresh: bool,
    /// Small pictures of images.
    pub thumbs: super::tabs::data::thumbs::Thumbs,
    /// Pictures of augmented versions.
    pub augment: super::tabs::data::augment::Memory,
    /// Pictures of the list of curation.
    pub curated: super::tabs::data::curate::pictures::Pictures,
    /// Example pictures of the run looked at.
    pub examples: super::tabs::train::examples::Memory,
    /// Layers typed as text.
    pub layers: super::tabs::train::layers::Memory,
    /// Pictures of the images behind a step.
    pub behind: super::behind::Memory,
    /// The Sweep page.
    pub sweep: super::tabs::sweep::Memory,
    /// The drawing of the user's own picture.
    pub own: super::tabs::inspect::own::Memory,
    /// The Camera page.
    pub camera: super::tabs::camera::Memory,
    /// Files opened and written on the Inspect page.
    pub inspect: super::tabs::inspect::choose::Memory,
    /// Pictures of what goes on inside of a model.
    pub inside: super::tabs::inspect::inside::Memory,
    /// Pictures with the boxes that a model found.
    pub found: super::tabs::inspect::found::Memory,
    /// Maps of weights while a run learned.
    pub spread: super::tabs::inspect::spread::Memory,
    /// The table of the Compare page.
    pub compare: super::tabs::compare::table::Table,
    /// Groups of runs on the Compare page.
    pub groups: super::tabs::compare::groups::Groups,
    /// What is typed of a run on the Compare page.
    pub said: super::tabs::compare::Typed,
    /// Files chosen on the Report page.
    pub report: super::tabs::report::Memory,
    /// The drawing of the user's pictures.
    pub pictures: super::tabs::inspect::pictures::Memory,
    /// Epochs to train more, as typed.
    pub more_epochs: Option<u64>,
    /// Settings of a running training while a slider is dragged: the run's id and the recipe as it would be.
    pub live: Option<(String, Recipe)>,
    /// Curves worked out before.
    pub curves: plots::Cache,
    /// What plots know of each other.
    pub hover: plots::Hover,
    /// A folder being chosen.
    pub folder: Dialog,
    /// What to ask for with the folder that is chosen.
    pub then: Option<fn(PathBuf) -> Command>,
    /// How long frames took.
    pub frames: Frames,
}

impl Memory {
    /// Lets the user choose a folder.
    pub fn choose_folder(&mut self, ctx: &egui::Context, title: &str, then: fn(PathBuf) -> Command) {
        self.then = Some(then);
        self.folder.pick_folder(ctx, title);
    }

    /// Lets the user choose a file with one of these endings.
    pub fn choose_file(
        &mut self,
        ctx: &egui::Context,
        title: &str,
        endings: &[&str],
        then: fn(PathBuf) -> Command,
    ) {
        self.then = Some(then);
        self.folder.pick_file(ctx, title, "Data", endings);
    }

    /// What to ask for with the folder or file that was chosen, once.
    pub fn folder_chosen(&mut self) -> Option<Command> {
        let path = self.folder.picked()?;
        Some(self.then?(path))
    }
}
