//! What can be asked of the Inspect page.

use super::Pen;
use crate::runs::RunDir;
use crate::score::Beside;
use crate::work::predict::On;
use std::path::PathBuf;
use std::sync::Arc;

/// Something to do on the Inspect page.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Inspects this run instead of the one looked at.
    Run(String),
    /// Takes the best model, or the last.
    Model(Which),
    /// Reads the test images again, with the model as it is now.
    Look,
    /// Lists only the images read wrongly, or all.
    Mistakes(bool),
    /// Shows only images of one true class, or of all.
    Truth(Option<u8>),
    /// Shows only images of one true class that were read as another one: a cell of the confusion matrix.
    Cell(Option<Cell>),
    /// Looks at the image at a position of the grid, or at none.
    Select(Option<usize>),
    /// Sets the side of a tile in points.
    Zoom(f32),
    /// Reads a picture of the user's.
    Picture(PathBuf),
    /// Puts the picture away.
    ClosePicture,
    /// Keeps the picture with what is on it, to learn from.
    Keep(String),
    /// Looks at a test image of the data set that this run learned from.
    Open(String, u32),
    /// Shows another part of the page.
    View(View),
    /// Reads another data set, or another part of it.
    On(On),
    /// Reads with this model file instead of a run's, or with a run's again.
    File(Option<PathBuf>),
    /// Sets another run's model beside this one, or none.
    Beside(Option<String>),
    /// Shows only images that the two models read so, or all.
    Only(Option<Beside>),
    /// Answers only with at least this confidence.
    Threshold(f32),
    /// Shows shares of each class rather than counts in the matrix.
    Shares(bool),
    /// Shows the validation's matrix after the measurement at a position, or that of the model again.
    Epoch(Option<usize>),
    /// Looks into a model that finds digits with another of the pictures kept.
    Place(u32),
    /// Shows gradients while it learned rather than weights.
    Gradients(bool),
    /// Something on the drawing pad.
    Pad(Pen),
    /// Writes text to a file: a table or a drawing of what is shown.
    Save(PathBuf, Arc<str>),
}

/// A part of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Single images, and the confusion matrix beside them.
    #[default]
    Images,
    /// How good it is: by class, by confidence, by length.
    Figures,
    /// What goes on inside of it.
    Inside,
    /// A pad to draw on.
    Draw,
}

/// Which of a run's models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// The best by validation accuracy.
    #[default]
    Best,
    /// The one after the last epoch.
    Last,
}

impl Which {
    /// All of them, in menu order.
    pub const ALL: [Self; 2] = [Self::Best, Self::Last];

    /// As shown.
    pub fn label(self) -> &'static str {
        match self {
            Self::Best => "Best model",
            Self::Last => "Last model",
        }
    }

    /// Its file.
    pub fn file(self, run: &RunDir) -> PathBuf {
        match self {
            Self::Best => run.best_model(),
            Self::Last => run.last_model(),
        }
    }
}

/// A cell of the confusion matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The true class.
    pub truth: u8,
    /// The class it was read as.
    pub predicted: u8,
}
