//! The Inspect page: what a run's model makes of every test image, and of pictures of the user's own.

mod action;
mod beside;
mod inside;
mod pad;
mod spread;

pub use action::{Action, Cell, View, Which};
pub use beside::BesideState;
pub use inside::Inside;
pub use pad::{Pad, Pen};
pub use spread::Spread;

use super::App;
use super::gallery::Gallery;
use super::report::Report as AnyReport;
use crate::runs::Split;
use crate::score::Beside;
use crate::work::inside::Looked;
use crate::work::localise::{Localised, examine_places};
use crate::work::predict::{Examined, On, OwnPicture, examine, read_picture, written};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// Between two looks at whether a model was written meanwhile.
const LOOK: Duration = Duration::from_secs(1);
/// The accuracy that the threshold aims at first: that of people on house numbers (Goodfellow et al., 2013).
const SURE: f64 = 0.98;

/// What a job of this page brings back.
#[derive(Clone)]
pub enum Report {
    /// A model's reading of a test split, or why there is none.
    Examined(PathBuf, Result<Arc<Examined>, Option<String>>),
    /// What a model that finds digits makes of whole pictures.
    Found(PathBuf, Arc<Localised>),
    /// A model's reading of a picture, or why there is none.
    Picture(Box<Result<OwnPicture, (PathBuf, String)>>),
    /// The reading of the model beside it, or why there is none.
    Beside(PathBuf, Result<Arc<Examined>, String>),
    /// What goes on inside of a model, or why that cannot be looked at.
    Inside(Box<Result<Looked, String>>),
    /// How weights of a run were spread while it learned.
    Spread(String, Vec<crate::runs::Histograms>),
    /// What a model makes of what was drawn.
    Drawn(u64, Result<Box<crate::reader::Prediction>, String>),
}

impl std::fmt::Debug for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Examined(model, _) => f.debug_tuple("Examined").field(model).finish_non_exhaustive(),
            Self::Found(model, _) => f.debug_tuple("Found").field(model).finish_non_exhaustive(),
            Self::Picture(read) => f.debug_tuple("Picture").field(&read.is_ok()).finish(),
            Self::Beside(model, _) => f.debug_tuple("Beside").field(model).finish_non_exhaustive(),
            Self::Inside(looked) => f.debug_tuple("Inside").field(&looked.is_ok()).finish(),
            Self::Spread(run, _) => f.debug_tuple("Spread").field(run).finish_non_exhaustive(),
            Self::Drawn(revision, _) => f.debug_tuple("Drawn").field(revision).finish_non_exhaustive(),
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
    /// The model finds digits on whole pictures; this is how.
    Found(Arc<Localised>),
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
    /// The part of the page shown.
    pub view: View,
    /// What is read.
    pub on: On,
    /// A model file that reads instead of a run's.
    pub file: Option<PathBuf>,
    /// Another run's model on the same images.
    pub beside: BesideState,
    /// Only images that the two models read so.
    pub only: Option<Beside>,
    /// The least confidence that is answered with.
    pub threshold: f32,
    /// Whether the matrix shows shares of each class.
    pub shares: bool,
    /// The measurement whose matrix is shown, by its position in the run's history.
    pub epoch: Option<usize>,
    /// What goes on inside.
    pub inside: Inside,
    /// Of a model that finds digits: the picture that is looked into, of those kept.
    pub place: u32,
    /// How weights were spread while the run learned.
    pub spread: Spread,
    /// What was drawn.
    pub pad: Pad,
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
        let mut rows = listed(&examined, self.mistakes, self.truth, self.cell);
        if let (Some(only), Some(other)) = (self.only, self.beside.examined()) {
            rows.retain(|row| {
                let row = *row as usize;
                Beside::of(examined.is_right(row), other.is_right(row)) == only
            });
        }
        self.gallery.show(rows);
        if let Some(row) = self.opening.take() {
            self.gallery.select(self.gallery.rows().iter().position(|listed| *listed == row));
        }
    }

    /// The model that reads.
    pub fn model(&self) -> Option<&PathBuf> {
        self.model.as_ref()
    }

    fn forget(&mut self) {
        self.state = State::NoModel;
        (self.inside, self.place) = (Inside::default(), 0);
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
        let of_run = || self.inspected_run().map(|run| self.inspect.which.file(&run.dir));
        let model = self.inspect.file.clone().or_else(of_run);
        let other = self.inspect.model != model;
        self.follow_beside();
        self.follow_inside();
        self.follow_spread();
        self.follow_pad();
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
            State::Found(_) => self.inspect.outdated = now.is_some() && self.inspect.started != now,
            State::NoModel | State::Working(_) | State::Trouble(_) | State::Cancelled => {}
        }
    }

    /// Does what is asked on the Inspect page.
    pub(super) fn apply_inspect(&mut self, action: Action) {
        let inspect = &mut self.inspect;
        match action {
            Action::Run(id) => {
                (inspect.run, inspect.file, inspect.epoch) = (Some(id), None, None);
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
                (inspect.view, inspect.on, inspect.file) = (View::Images, On::default(), None);
                inspect.only = None;
                (inspect.mistakes, inspect.truth, inspect.cell) = (false, None, None);
                inspect.list();
                self.settings.tab = super::Tab::Inspect;
            }
            Action::View(view) => inspect.view = view,
            Action::On(on) => {
                inspect.on = on;
                (inspect.cell, inspect.truth) = (None, None);
                self.inspect.beside.forget();
                self.examine();
            }
            Action::File(file) => {
                (inspect.file, inspect.epoch) = (file, None);
                self.reread_picture();
            }
            Action::Beside(run) => self.set_beside(run),
            Action::Only(only) => {
                inspect.only = only;
                inspect.mistakes = false;
                inspect.list();
            }
            Action::Threshold(threshold) => inspect.threshold = threshold.clamp(0.0, 1.0),
            Action::Shares(shares) => inspect.shares = shares,
            Action::Epoch(at) => inspect.epoch = at,
            Action::Place(place) => inspect.place = place,
            Action::Gradients(gradients) => inspect.spread.gradients = gradients,
            Action::Pad(pen) => inspect.pad.apply(pen),
            Action::Save(path, text) => self.save_text(path, text),
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
                if let Some(examined) = self.inspect.examined() {
                    self.inspect.threshold = examined.answers.coverage_at(SURE).threshold;
                }
                self.inspect.list();
            }
            Report::Found(model, found) => {
                if self.inspect.model.as_ref() == Some(&model) {
                    (self.inspect.inside, self.inspect.place) = (Inside::default(), 0);
                    (self.inspect.outdated, self.inspect.state) = (false, State::Found(found));
                }
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
            Report::Beside(model, examined) => self.take_beside(&model, examined),
            Report::Inside(looked) => self.inspect.inside.take(*looked),
            Report::Spread(run, told) => self.inspect.spread.take(&run, told),
            Report::Drawn(revision, read) => self.inspect.pad.take(revision, read),
        }
    }

    fn save_text(&mut self, path: PathBuf, text: Arc<str>) {
        self.jobs.quiet("Save", Arc::clone(&self.parts.waker), move |_| {
            crate::disk::write_atomically(&path, text.as_bytes())?;
            Ok(AnyReport::Told(format!("Written: {}", path.display())))
        });
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
        let (places, on) = (self.parts.places.clone(), self.inspect.on.clone());
        let name = match on.part {
            Split::Train => "Read training images",
            Split::Valid => "Read validation images",
            Split::Test => "Read test images",
        };
        let job = self.jobs.start(name, Arc::clone(&self.parts.waker), move |context| {
            match examine_places(&model, &on, &places, context) {
                Ok(Some(found)) => return Ok(AnyReport::Inspect(Report::Found(model, Arc::new(found)))),
                Ok(None) => {}
                Err(e) => {
                    let why = (!context.is_cancelled()).then(|| format!("{e:#}"));
                    return Ok(AnyReport::Inspect(Report::Examined(model, Err(why))));
                }
            }
            let examined = examine(&model, &on, &places, context).map(Arc::new);
            let cancelled = context.is_cancelled();
            let examined = examined.map_err(|e| (!cancelled).then(|| format!("{e:#}")));
            Ok(AnyReport::Inspect(Report::Examined(model, examined)))
        });
        self.inspect.state = State::Working(job);
    }

    fn read_picture(&mut self, path: PathBuf) {
        let of_run = || self.inspected_run().map(|run| self.inspect.which.file(&run.dir));
        let Some(model) = self.inspect.file.clone().or_else(of_run) else {
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
mod tests;
