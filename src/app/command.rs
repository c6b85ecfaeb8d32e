//! Everything that can be asked of the window. One list names, explains and binds to keys what takes no argument, so
//! that buttons, the palette and the sheet of keys agree.

use super::camera::Action;
use super::runs::Choose;
use super::settings::{PlotView, Tab, Theme};
use crate::recipe::Recipe;
use crate::runs::Part;
use std::path::PathBuf;

/// What lies over the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// The list of all commands, to type in.
    Palette,
    /// The list of all keys.
    Keys,
    /// Asks for the name of a preset.
    SavePreset,
    /// Asks for the name of a run.
    Rename(String),
    /// All notices.
    Notices,
    /// The images behind a step.
    Behind,
}

/// Something to do. The only way to change the [`super::App`].
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Shows a page.
    Show(Tab),
    /// Lays something over the window.
    Open(Overlay),
    /// Takes away what lies over the window.
    Close,
    /// Light, dark, or as the system has it.
    SetTheme(Theme),
    /// The other one of light and dark.
    ToggleTheme,
    /// Takes the last change back.
    Undo,
    /// Makes the change taken back again.
    Redo,
    /// Forgets a notice.
    Dismiss(u64),
    /// Cancels a job, by its number.
    CancelJob(u64),
    /// Changes how curves are drawn.
    SetPlot(PlotView),
    /// Shows a metric on the Compare page, or no longer.
    ToggleMetric(String),

    /// Replaces the recipe on the form; edits of one gesture are one step to undo.
    Edit {
        /// The recipe.
        recipe: Box<Recipe>,
        /// Names the gesture; `None` for an edit by itself.
        gesture: Option<u64>,
    },
    /// Begins anew with a preset, by its file's stem.
    UsePreset(String),
    /// Puts everything back to the preset that the form began with.
    ResetRecipe,
    /// Keeps the recipe on the form under a name.
    SavePreset(String),
    /// Puts a run's recipe on the form.
    UseRecipeOf(String),
    /// Puts a run's recipe on the form, for a new run that begins with that one's weights.
    BranchFrom(String),
    /// The recipe on the form begins with another part of the same run.
    BeginWith(Part),
    /// The recipe on the form begins with first weights again.
    BeginAnew,

    /// Trains the recipe on the form.
    Start,
    /// Trains the quick-start preset.
    QuickStart,
    /// The run looked at waits, with the model loaded.
    Pause,
    /// The run looked at goes on after a pause.
    Resume,
    /// The run looked at waits, or goes on.
    PauseOrResume,
    /// The run looked at ends; the best model is kept.
    Stop,
    /// The run looked at ends and goes to the trash.
    Discard,
    /// The run looked at trains for more epochs; a process is started where it has none.
    AddEpochs(u64),
    /// A new process goes on with the run looked at.
    TakeUp,
    /// The run looked at writes everything needed to go on.
    Checkpoint,
    /// Changes a setting of the run looked at while it runs.
    SetLive {
        /// The setting's path.
        path: String,
        /// The value as text.
        value: String,
    },
    /// Looks at a run, as a click does.
    Choose(String, Choose),
    /// Puts a run on the axes, or takes it off.
    Plot(String, bool),
    /// Opens a run on the Train page.
    OpenRun(String),
    /// Gives a run another name.
    Rename(String, String),
    /// Sets what the user says of a run: star, tags, note.
    SetMeta(String, Box<crate::runs::Meta>),
    /// Changes how runs are listed and drawn on the Compare page.
    SetCompare(Box<super::compare::Comparison>),
    /// Moves the chosen runs to the trash.
    Trash,

    /// Downloads MNIST.
    FetchMnist,
    /// Looks for data sets in this folder as well.
    AddFolder(PathBuf),
    /// Puts a folder of idx files on the form.
    UseIdxFolder(PathBuf),
    /// Puts a folder of pictures on the form.
    UseImageFolder(PathBuf),
    /// Something about data sets.
    Data(super::data::Action),
    /// Something about curation.
    Curate(super::curate::Action),
    /// The images behind a point of a curve.
    Behind(super::behind::Action),
    /// Something on the Inspect page.
    Inspect(super::inspect::Action),
    /// Something with the user's pictures on that page.
    Pictures(super::pictures::Action),
    /// Something on the Sweep page.
    Sweep(super::sweep::Action),
    /// Something on the Camera page.
    Camera(Action),
    /// Something on the Report page.
    Report(super::reporting::Action),
}

/// A key with Ctrl (Command on a Mac) and Shift held or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Whether Ctrl (Command on a Mac) is held.
    pub ctrl: bool,
    /// Whether Shift is held.
    pub shift: bool,
    /// The key's name, as egui has it.
    pub key: &'static str,
}

impl Keys {
    const fn plain(key: &'static str) -> Self {
        Self { ctrl: false, shift: false, key }
    }

    const fn ctrl(key: &'static str) -> Self {
        Self { ctrl: true, shift: false, key }
    }

    const fn ctrl_shift(key: &'static str) -> Self {
        Self { ctrl: true, shift: true, key }
    }

    /// As shown: "Ctrl+Shift+Z".
    pub fn label(self) -> String {
        let ctrl = if cfg!(target_os = "macos") { "⌘" } else { "Ctrl+" };
        let key = if self.key == "Questionmark" { "?" } else { self.key };
        format!("{}{}{key}", if self.ctrl { ctrl } else { "" }, if self.shift { "Shift+" } else { "" })
    }
}

/// A command that needs no argument, with its words and keys.
#[derive(Debug)]
pub struct Listed {
    /// What it does.
    pub command: Command,
    /// On buttons and in the palette.
    pub label: &'static str,
    /// One line more.
    pub tooltip: &'static str,
    /// The keys that do the same.
    pub keys: Option<Keys>,
}

const fn listed(command: Command, label: &'static str, tooltip: &'static str, keys: Option<Keys>) -> Listed {
    Listed { command, label, tooltip, keys }
}

/// All of them, in the palette's order.
pub const LISTED: &[Listed] = &[
    listed(
        Command::Start,
        "Start training",
        "Trains the recipe on the form, in a process of its own",
        Some(Keys::ctrl("Enter")),
    ),
    listed(
        Command::QuickStart,
        "Quick start",
        "Trains a small network on rendered digits: no download, about a minute",
        None,
    ),
    listed(Command::FetchMnist, "Get MNIST", "Downloads the 70,000 handwritten digits, 11.6 MB", None),
    listed(
        Command::PauseOrResume,
        "Pause or resume",
        "The run looked at waits with its model loaded, or goes on",
        Some(Keys::plain("P")),
    ),
    listed(Command::Pause, "Pause", "Waits after this step, with the model loaded", None),
    listed(Command::Resume, "Resume", "Goes on where it waits", None),
    listed(Command::Stop, "Stop", "Ends after this step and keeps the best model", None),
    listed(Command::Discard, "Discard", "Ends the run and moves it to the trash; undo brings it back", None),
    listed(Command::TakeUp, "Resume run", "Goes on exactly where the last checkpoint was written", None),
    listed(
        Command::AddEpochs(5),
        "Train 5 more epochs",
        "Goes on from the last step for five epochs more",
        None,
    ),
    listed(
        Command::Checkpoint,
        "Write a checkpoint",
        "Writes everything needed to go on from this step",
        None,
    ),
    listed(
        Command::Trash,
        "Move to trash",
        "Moves the chosen runs to the trash; undo brings them back",
        Some(Keys::plain("Delete")),
    ),
    listed(
        Command::Open(Overlay::SavePreset),
        "Save as preset…",
        "Keeps the recipe on the form under a name",
        Some(Keys::ctrl("S")),
    ),
    listed(Command::ResetRecipe, "Reset recipe", "Puts every setting back to the preset's", None),
    listed(
        Command::Undo,
        "Undo",
        "Takes the last change of the recipe, a name or the trash back",
        Some(Keys::ctrl("Z")),
    ),
    listed(Command::Redo, "Redo", "Makes the change taken back again", Some(Keys::ctrl_shift("Z"))),
    listed(Command::Show(Tab::Start), "Start", "What to do first", Some(Keys::ctrl("1"))),
    listed(Command::Show(Tab::Data), "Data", "The pictures to learn from", Some(Keys::ctrl("2"))),
    listed(Command::Show(Tab::Train), "Train", "The recipe, and the run as it goes", Some(Keys::ctrl("3"))),
    listed(Command::Show(Tab::Sweep), "Sweep", "Many settings tried side by side", Some(Keys::ctrl("4"))),
    listed(Command::Show(Tab::Compare), "Compare", "Runs side by side", Some(Keys::ctrl("5"))),
    listed(
        Command::Show(Tab::Inspect),
        "Inspect",
        "What a trained model makes of single pictures",
        Some(Keys::ctrl("6")),
    ),
    listed(
        Command::Show(Tab::Camera),
        "Camera",
        "Numbers read live: from a webcam, pictures, a video or the screen",
        Some(Keys::ctrl("7")),
    ),
    listed(
        Command::Show(Tab::Report),
        "Report",
        "Runs put together as one file to hand in",
        Some(Keys::ctrl("8")),
    ),
    listed(
        Command::Camera(Action::Snapshot),
        "Snapshot of the camera",
        "Keeps the frame shown on the Camera page, and once more with its boxes",
        None,
    ),
    listed(
        Command::Camera(Action::ExportLog),
        "Export numbers read",
        "Writes the Camera page's list of numbers as a table (CSV)",
        None,
    ),
    listed(
        Command::Camera(Action::TrainOn),
        "Train on captured pictures too",
        "Trains the Camera page's model further, with the pictures kept mixed in",
        None,
    ),
    listed(
        Command::Camera(Action::Compare),
        "Before and after captured pictures",
        "Reads the pictures kept with the model before and after it was trained on them",
        None,
    ),
    listed(
        Command::ToggleTheme,
        "Light or dark",
        "Changes between the light and the dark theme",
        Some(Keys::ctrl("T")),
    ),
    listed(
        Command::SetTheme(Theme::System),
        "Theme of the system",
        "Light or dark as the system has it",
        None,
    ),
    listed(Command::Open(Overlay::Palette), "All commands", "Type to find a command", Some(Keys::ctrl("P"))),
    listed(Command::Open(Overlay::Keys), "Keys", "Lists every key", Some(Keys::plain("Questionmark"))),
    listed(Command::Open(Overlay::Notices), "Notices", "Lists what was told", None),
];

impl Command {
    /// Its words and keys, for one without argument.
    pub fn listed(&self) -> Option<&'static Listed> {
        LISTED.iter().find(|listed| listed.command == *self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_and_label_means_one_thing() {
        for (i, a) in LISTED.iter().enumerate() {
            for b in &LISTED[i + 1..] {
                assert_ne!(a.label, b.label);
                assert!(a.keys.is_none() || a.keys != b.keys, "{} and {} share keys", a.label, b.label);
            }
            assert!(!a.tooltip.ends_with('.'), "{}", a.tooltip);
        }
    }
}
