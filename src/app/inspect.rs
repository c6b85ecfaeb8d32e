//! The Inspect page: what a run's model makes of every test image, and of pictures of the user's own.

use super::App;
use super::gallery::Gallery;
use super::report::Report as AnyReport;
use crate::runs::RunDir;
use crate::work::predict::{Examined, OwnPicture, examine, read_picture, written};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// Between two looks at whether a model was written meanwhile.
const LOOK: Duration = Duration::from_secs(1);

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

/// What a job of this page brings back.
#[derive(Clone)]
pub enum Report {
    /// A model's reading of a test split, or why there is none.
    Examined(PathBuf, Result<Arc<Examined>, Option<String>>),
    /// A model's reading of a picture, or why there is none.
    Picture(Box<Result<OwnPicture, (PathBuf, String)>>),
}

impl std::fmt::Debug for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Examined(model, _) => f.debug_tuple("Examined").field(model).finish_non_exhaustive(),
            Self::Picture(read) => f.debug_tuple("Picture").field(&read.is_ok()).finish(),
        }
    }
}

/// Where the reading of the test images is.
#[derive(Clone, Default)]
pub enum State {
    /// There is no run, or the run has no model yet.
    #[default]
    NoModel,
    /// A job reads.
    Working(u64),
    /// It could not be done, and why.
    Trouble(String),
    /// The user cancelled.
    Cancelled,
    /// It is here.
    Ready(Arc<Examined>),
}

/// A picture of the user's.
#[derive(Clone, Debug)]
pub enum Own {
    /// A job reads it.
    Reading(PathBuf),
    /// It was read.
    Read(Arc<OwnPicture>),
    /// It could not be read, and why.
    Trouble(PathBuf, String),
}

/// The state of the Inspect page.
#[derive(Default)]
pub struct Inspect {
    /// The run inspected; `None` for the one looked at.
    pub run: Option<String>,
    /// Which of its models.
    pub which: Which,
    /// Where the reading is.
    pub state: State,
    /// Whether the model was written anew since it was read.
    pub outdated: bool,
    /// Whether only mistakes are listed.
    pub mistakes: bool,
    /// Only images of this true class.
    pub truth: Option<u8>,
    /// Only images of this cell of the confusion matrix.
    pub cell: Option<Cell>,
    /// The images shown.
    pub gallery: Gallery,
    /// A picture of the user's.
    pub own: Option<Own>,
    /// A test image to look at as soon as it is listed.
    opening: Option<u32>,
    model: Option<PathBuf>,
    looked_at: Option<Instant>,
    started: Option<SystemTime>,
}

impl Inspect {
    /// What the model made of the test images, once that is known.
    pub fn examined(&self) -> Option<&Arc<Examined>> {
        if let State::Ready(examined) = &self.state { Some(examined) } else { None }
    }

    fn list(&mut self) {
        let State::Ready(examined) = &self.state else { return };
        let examined = Arc::clone(examined);
        self.gallery.show(listed(&examined, self.mistakes, self.truth, self.cell));
        if let Some(row) = self.opening.take() {
            self.gallery.select(self.gallery.rows().iter().position(|listed| *listed == row));
        }
    }

    fn forget(&mut self) {
        self.state = State::NoModel;
        self.outdated = false;
        self.gallery.show(Vec::new());
    }
}

/// The images to show: all of them in the data set's order, or the mistakes alone, the surest first.
fn listed(examined: &Examined, mistakes: bool, truth: Option<u8>, cell: Option<Cell>) -> Vec<u32> {
    let fits = |row: &u32| {
        let (label, predicted) = (examined.samples.labels[*row as usize], examined.predicted[*row as usize]);
        truth.is_none_or(|truth| label == truth)
            && cell.is_none_or(|cell| label == cell.truth && predicted == cell.predicted)
    };
    let wrong_cell = cell.is_some_and(|cell| cell.truth != cell.predicted);
    if mistakes || wrong_cell {
        return examined.mistakes.iter().filter(|row| fits(row)).copied().collect();
    }
    (0..examined.samples.len() as u32).filter(fits).collect()
}

impl App {
    /// The run that the Inspect page shows.
    pub fn inspected_run(&self) -> Option<&super::runs::Run> {
        match &self.inspect.run {
            Some(id) => self.runs.get(id).or_else(|| self.runs.current()),
            None => self.runs.current(),
        }
    }

    /// Keeps the Inspect page in step with the run it shows. Called between frames while the page is shown.
    pub(super) fn follow_inspect(&mut self) {
        let model = self.inspected_run().map(|run| self.inspect.which.file(&run.dir));
        let other = self.inspect.model != model;
        if !other && self.inspect.looked_at.is_some_and(|at| at.elapsed() < LOOK) {
            return;
        }
        self.inspect.looked_at = Some(Instant::now());
        if other {
            self.cancel_examination();
            self.inspect.model.clone_from(&model);
            self.inspect.forget();
        }
        let now = model.as_deref().and_then(written);
        match &self.inspect.state {
            State::NoModel if now.is_some() => self.examine(),
            State::Ready(examined) => self.inspect.outdated = now.is_some() && examined.written != now,
            State::Trouble(_) if now != self.inspect.started => self.examine(),
            State::NoModel | State::Working(_) | State::Trouble(_) | State::Cancelled => {}
        }
    }

    /// Does what is asked on the Inspect page.
    pub(super) fn apply_inspect(&mut self, action: Action) {
        let inspect = &mut self.inspect;
        match action {
            Action::Run(id) => {
                inspect.run = Some(id);
                self.reread_picture();
            }
            Action::Model(which) => {
                inspect.which = which;
                self.reread_picture();
            }
            Action::Look => {
                self.examine();
                self.reread_picture();
            }
            Action::Mistakes(only) => {
                inspect.mistakes = only;
                if only && inspect.cell.is_some_and(|cell| cell.truth == cell.predicted) {
                    // A cell of the diagonal holds no mistakes.
                    inspect.cell = None;
                }
                inspect.list();
            }
            Action::Truth(truth) => {
                inspect.truth = truth;
                inspect.cell = None;
                inspect.list();
            }
            Action::Cell(cell) => {
                inspect.cell = cell;
                inspect.truth = None;
                if cell.is_some_and(|cell| cell.truth == cell.predicted) {
                    inspect.mistakes = false;
                }
                inspect.list();
            }
            Action::Select(position) => {
                inspect.gallery.select(position);
                if position.is_some() {
                    inspect.own = None;
                }
            }
            Action::Zoom(tile) => inspect.gallery.zoom(tile),
            Action::Picture(path) => self.read_picture(path),
            Action::ClosePicture => inspect.own = None,
            Action::Keep(text) => {
                if let Some(Own::Read(own)) = &inspect.own {
                    let path = own.path.clone();
                    self.keep_picture(path, text);
                }
            }
            Action::Open(run, row) => {
                inspect.run = Some(run);
                inspect.own = None;
                inspect.opening = Some(row);
                (inspect.mistakes, inspect.truth, inspect.cell) = (false, None, None);
                inspect.list();
                self.settings.tab = super::Tab::Inspect;
            }
        }
    }

    /// Takes in what a job of this page brings back; what is no longer asked for is dropped.
    pub(super) fn take_inspect(&mut self, report: Report) {
        match report {
            Report::Examined(model, examined) => {
                if self.inspect.model.as_ref() != Some(&model) {
                    return;
                }
                self.inspect.outdated = false;
                self.inspect.state = match examined {
                    Ok(examined) => State::Ready(examined),
                    Err(Some(trouble)) => State::Trouble(trouble),
                    Err(None) => State::Cancelled,
                };
                let n = self.inspect.examined().map_or(0, |examined| examined.classes.len());
                let known = |class: u8| usize::from(class) < n;
                self.inspect.truth = self.inspect.truth.filter(|truth| known(*truth));
                self.inspect.cell =
                    self.inspect.cell.filter(|cell| known(cell.truth) && known(cell.predicted));
                self.inspect.list();
            }
            Report::Picture(read) => {
                let Some(Own::Reading(wanted)) = &self.inspect.own else { return };
                match *read {
                    Ok(read) if read.path == *wanted => self.inspect.own = Some(Own::Read(Arc::new(read))),
                    Err((path, trouble)) if path == *wanted => {
                        self.inspect.own = Some(Own::Trouble(path, trouble));
                    }
                    _ => {}
                }
            }
        }
    }

    fn cancel_examination(&self) {
        if let State::Working(job) = self.inspect.state {
            self.jobs.cancel(job);
        }
    }

    fn examine(&mut self) {
        self.cancel_examination();
        let Some(model) = self.inspect.model.clone() else { return };
        self.inspect.started = written(&model);
        let places = self.parts.places.clone();
        let job = self.jobs.start("Read test images", Arc::clone(&self.parts.waker), move |context| {
            let examined = examine(&model, &places, context).map(Arc::new);
            let cancelled = context.is_cancelled();
            let examined = examined.map_err(|e| (!cancelled).then(|| format!("{e:#}")));
            Ok(AnyReport::Inspect(Report::Examined(model, examined)))
        });
        self.inspect.state = State::Working(job);
    }

    fn read_picture(&mut self, path: PathBuf) {
        let Some(model) = self.inspected_run().map(|run| self.inspect.which.file(&run.dir)) else {
            self.notices.warn("There is no model to read a picture with yet; train one first");
            return;
        };
        self.inspect.own = Some(Own::Reading(path.clone()));
        self.jobs.quiet("Read picture", Arc::clone(&self.parts.waker), move |_| {
            let read = read_picture(&model, &path).map_err(|e| (path, format!("{e:#}")));
            Ok(AnyReport::Inspect(Report::Picture(Box::new(read))))
        });
    }

    /// Another model may read the picture otherwise.
    fn reread_picture(&mut self) {
        let path = match &self.inspect.own {
            Some(Own::Read(own)) => own.path.clone(),
            Some(Own::Trouble(path, _) | Own::Reading(path)) => path.clone(),
            None => return,
        };
        self.read_picture(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::{app, run_with_model, until};
    use crate::app::{Command, Tab};

    #[test]
    fn a_run_is_read_when_the_page_is_looked_at_and_filtered_by_the_matrix() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let mut app = app(folder.path());
        run_with_model(&app, folder.path())?;
        app.apply(Command::Show(Tab::Inspect));
        until(&mut app, |app| app.inspect.examined().is_some());
        let examined = Arc::clone(app.inspect.examined().expect("it is there"));
        assert_eq!(examined.samples.len(), 30);
        // The file names other data than the folder holds.
        assert!(examined.warnings.iter().any(|warning| warning.contains("learned from other data")));
        // All images of a class look the same, so each class is read as one other.
        let read_as = examined.predicted[0];
        let cell = Cell { truth: 0, predicted: read_as };
        app.apply(Command::Inspect(Action::Cell(Some(cell))));
        assert_eq!(app.inspect.gallery.rows().len(), 10);
        app.apply(Command::Inspect(Action::Cell(Some(Cell { predicted: (read_as + 1) % 3, ..cell }))));
        assert!(app.inspect.gallery.rows().is_empty());
        app.apply(Command::Inspect(Action::Cell(None)));
        app.apply(Command::Inspect(Action::Mistakes(true)));
        assert_eq!(app.inspect.gallery.rows(), examined.mistakes);
        app.apply(Command::Inspect(Action::Truth(Some(1))));
        assert!(app.inspect.gallery.rows().iter().all(|row| examined.samples.labels[*row as usize] == 1));
        // There is no last model.
        app.apply(Command::Inspect(Action::Model(Which::Last)));
        until(&mut app, |app| matches!(app.inspect.state, State::NoModel));
        assert!(app.inspect.gallery.rows().is_empty());
        Ok(())
    }

    #[test]
    fn pictures_are_read_and_bad_ones_told() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let mut app = app(folder.path());
        app.apply(Command::Inspect(Action::Picture(folder.path().join("x.png"))));
        assert!(app.inspect.own.is_none() && app.notices.last().is_some());
        run_with_model(&app, folder.path())?;
        app.apply(Command::Show(Tab::Inspect));
        until(&mut app, |app| app.runs.current().is_some());
        let bad = folder.path().join("bad.png");
        std::fs::write(&bad, "no picture")?;
        app.apply(Command::Inspect(Action::Picture(bad)));
        until(&mut app, |app| matches!(app.inspect.own, Some(Own::Trouble(..))));
        let good = folder.path().join("good.png");
        image::GrayImage::from_fn(700, 600, |x, _| image::Luma([if x < 300 { 20 } else { 240 }]))
            .save(&good)?;
        app.apply(Command::Inspect(Action::Picture(good)));
        until(&mut app, |app| matches!(app.inspect.own, Some(Own::Read(_))));
        let Some(Own::Read(own)) = &app.inspect.own else { anyhow::bail!("just looked") };
        assert_eq!((own.size, own.shown.width(), own.prediction.probabilities.len()), ((700, 600), 512, 3));
        app.apply(Command::Inspect(Action::ClosePicture));
        assert!(app.inspect.own.is_none());
        Ok(())
    }

    #[test]
    fn a_damaged_model_is_told_and_read_once_it_is_whole() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let mut app = app(folder.path());
        let run = run_with_model(&app, folder.path())?;
        let whole = std::fs::read(run.best_model())?;
        std::fs::write(run.best_model(), &whole[..whole.len() / 2])?;
        app.apply(Command::Show(Tab::Inspect));
        until(&mut app, |app| matches!(&app.inspect.state, State::Trouble(text) if text.contains("cut off")));
        std::fs::write(run.best_model(), whole)?;
        app.apply(Command::Inspect(Action::Look));
        until(&mut app, |app| app.inspect.examined().is_some());
        Ok(())
    }
}
