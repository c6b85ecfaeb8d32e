//! What the window remembers until it is opened again: `settings.ron` and the recipe on the form, `draft.ron`.

use crate::disk::write_atomically;
use crate::recipe::{self, Recipe};
use crate::runs::Workspace;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The version that is written.
const VERSION: u32 = 1;

/// The pages of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tab {
    /// What to do first.
    #[default]
    Start,
    /// Pictures to learn from.
    Data,
    /// Recipe, and the run as it goes.
    Train,
    /// Many settings side by side.
    Sweep,
    /// Runs side by side.
    Compare,
    /// What a trained model makes of single pictures.
    Inspect,
    /// Numbers read live.
    Camera,
    /// Runs put together as a document.
    Report,
}

/// Light, dark, or as the system has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Dark on bright.
    Light,
    /// Bright on dark.
    Dark,
}

/// What curves are drawn over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum XAxis {
    /// Steps done.
    #[default]
    Step,
    /// Epochs done.
    Epoch,
    /// Time spent training, without pauses.
    Relative,
    /// Time of day.
    Wall,
}

impl XAxis {
    /// All of them, in menu order.
    pub const ALL: [Self; 4] = [Self::Step, Self::Epoch, Self::Relative, Self::Wall];

    /// As shown.
    pub fn label(self) -> &'static str {
        match self {
            Self::Step => "Step",
            Self::Epoch => "Epoch",
            Self::Relative => "Training time",
            Self::Wall => "Time of day",
        }
    }
}

/// How curves are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlotView {
    /// Weight of the running average, 0 (off) to 0.999.
    pub smoothing: f64,
    /// What they are drawn over.
    pub x_axis: XAxis,
    /// Whether x is logarithmic.
    pub log_x: bool,
    /// Whether y is logarithmic.
    pub log_y: bool,
    /// Whether y is fitted to most of the values rather than to all.
    pub fit: bool,
}

impl Default for PlotView {
    fn default() -> Self {
        // TensorBoard's weight, which the field is used to.
        Self { smoothing: 0.6, x_axis: XAxis::Step, log_x: false, log_y: false, fit: true }
    }
}

/// What the window remembers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Version of the file format.
    pub version: u32,
    /// Light or dark.
    pub theme: Theme,
    /// The page shown.
    pub tab: Tab,
    /// Size of the window in points.
    pub window: [f32; 2],
    /// How curves are drawn.
    pub plot: PlotView,
    /// Metrics drawn on the Compare page.
    pub metrics: Vec<String>,
    /// How runs are listed and drawn on the Compare page.
    pub compare: super::compare::Comparison,
    /// The run looked at.
    pub current: Option<String>,
    /// The runs on the axes.
    pub shown: BTreeSet<String>,
    /// Folders that the user chose, to look for data sets in.
    pub folders: Vec<PathBuf>,
    /// Name of the preset that the form began with.
    pub preset: Option<String>,
    /// The Camera page.
    pub camera: super::camera::Remembered,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: VERSION,
            theme: Theme::System,
            tab: Tab::Start,
            window: [1280.0, 800.0],
            plot: PlotView::default(),
            metrics: vec!["accuracy".to_owned(), "loss".to_owned()],
            compare: super::compare::Comparison::default(),
            current: None,
            shown: BTreeSet::new(),
            folders: Vec::new(),
            preset: None,
            camera: super::camera::Remembered::default(),
        }
    }
}

impl Settings {
    /// Reads them; a missing file gives the defaults, and so does a damaged one, with a warning to show.
    pub fn read(workspace: &Workspace) -> (Self, Option<String>) {
        let path = workspace.root().join("settings.ron");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return (Self::default(), None),
            Err(e) => {
                let warning = format!(
                    "The window's settings cannot be read, so it starts afresh: {e}: {}",
                    path.display()
                );
                return (Self::default(), Some(warning));
            }
        };
        match ron::from_str::<Self>(&text) {
            // A newer program's settings that this one can read are fine as well.
            Ok(settings) => (Self { version: VERSION, ..settings.sane() }, None),
            Err(e) => {
                let warning = format!(
                    "The window's settings are damaged, so it starts afresh: {e}: {}",
                    path.display()
                );
                (Self::default(), Some(warning))
            }
        }
    }

    /// Writes them.
    pub fn write(&self, workspace: &Workspace) -> anyhow::Result<()> {
        std::fs::create_dir_all(workspace.root())?;
        let text = ron::ser::to_string_pretty(self, ron::ser::PrettyConfig::default())?;
        Ok(write_atomically(&workspace.root().join("settings.ron"), text.as_bytes())?)
    }

    /// A file can hold anything: what could not be drawn is put right.
    fn sane(mut self) -> Self {
        for side in &mut self.window {
            *side = if side.is_finite() { side.clamp(480.0, 8192.0) } else { 800.0 };
        }
        let smoothing = self.plot.smoothing;
        self.camera = self.camera.sane();
        self.plot.smoothing = if smoothing.is_finite() { smoothing.clamp(0.0, 0.999) } else { 0.6 };
        self
    }
}

/// The recipe that was on the form last time, if it can still be read.
pub fn read_draft(workspace: &Workspace) -> Option<Recipe> {
    recipe::read(&workspace.root().join("draft.ron")).ok()
}

/// Keeps the recipe on the form.
pub fn write_draft(workspace: &Workspace, recipe: &Recipe) -> anyhow::Result<()> {
    std::fs::create_dir_all(workspace.root())?;
    Ok(write_atomically(&workspace.root().join("draft.ron"), recipe::to_ron(recipe)?.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_and_damage_is_no_disaster() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let workspace = Workspace::new(folder.path().join("new"));
        assert_eq!(Settings::read(&workspace), (Settings::default(), None));
        let settings = Settings { tab: Tab::Compare, theme: Theme::Dark, ..Settings::default() };
        settings.write(&workspace)?;
        assert_eq!(Settings::read(&workspace), (settings, None));
        let file = workspace.root().join("settings.ron");
        std::fs::write(&file, "(version: 1, tab: train, of_tomorrow: 3, plot: (smoothing: 7.0))")?;
        let (lifted, warning) = Settings::read(&workspace);
        assert_eq!((lifted.tab, lifted.plot.smoothing, warning), (Tab::Train, 0.999, None));
        std::fs::write(&file, "(((")?;
        let (fresh, warning) = Settings::read(&workspace);
        assert_eq!(fresh, Settings::default());
        assert!(warning.is_some_and(|text| text.ends_with("settings.ron")));
        Ok(())
    }

    #[test]
    fn the_draft_comes_back() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let workspace = Workspace::new(folder.path().to_owned());
        assert_eq!(read_draft(&workspace), None);
        let recipe = Recipe { name: "Mine".to_owned(), ..Recipe::default() };
        write_draft(&workspace, &recipe)?;
        assert_eq!(read_draft(&workspace), Some(recipe));
        Ok(())
    }
}
