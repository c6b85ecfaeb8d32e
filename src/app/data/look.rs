//! What else is found out about every image of the Data page: what a run's model makes of it, and its measures.

use super::{By, Filter, Report};
use crate::app::App;
use crate::app::report::Report as AnyReport;
use crate::data::Measure;
use crate::data::figures::{Figures, figures};
use crate::data::measures::{LOOKS, looks};
use crate::work::load::Told;
use crate::work::predict::{Readings, read_all, written};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Of images that are slow to make, so many are measured: enough to see what they look like.
const MEASURED: usize = 50_000;
/// And so many are added up.
const ADDED_UP: usize = 20_000;
/// Lists whose sums are kept.
const KEPT: usize = 8;

/// What a model makes of the images.
#[derive(Clone, Default)]
pub enum Reading {
    /// No run is chosen.
    #[default]
    None,
    /// The run has no model yet.
    NoModel,
    /// A job reads with this model.
    Working(u64, PathBuf),
    /// It could not be done with this model, and why.
    Trouble(PathBuf, String),
    /// It is here.
    Ready(Arc<Readings>),
}

/// Which images were added up.
#[derive(Clone, Debug, PartialEq)]
pub struct FiguresKey {
    /// Of this data set.
    pub fingerprint: String,
    /// Those that fit this.
    pub filter: Filter,
    /// Divided by this seed and share.
    pub by: Option<(u64, f64)>,
    /// With these measures.
    pub measures: Vec<&'static str>,
}

/// What was added up of late.
#[derive(Default)]
pub struct Known {
    known: Vec<(FiguresKey, Arc<Figures>)>,
    working: Option<(u64, FiguresKey)>,
}

impl Known {
    /// What is known of a list.
    pub fn of(&self, key: &FiguresKey) -> Option<&Arc<Figures>> {
        self.known.iter().find(|(known, _)| known == key).map(|(_, figures)| figures)
    }

    /// Takes in what a job brought; false where nothing came of what is still wanted.
    pub fn take(&mut self, key: FiguresKey, figures: Option<Arc<Figures>>) -> bool {
        let wanted = self.working.as_ref().is_some_and(|(_, working)| *working == key);
        if wanted {
            self.working = None;
        }
        let came = figures.is_some();
        if let Some(figures) = figures {
            self.known.push((key, figures));
            if self.known.len() > KEPT {
                self.known.remove(0);
            }
        }
        came || !wanted
    }
}

impl App {
    /// Adds up the images listed where that was not done before.
    pub(super) fn follow_figures(&mut self) {
        let Some(key) = self.data.figures_key() else { return };
        let at_work = self.data.measuring.is_some();
        if self.data.figures.of(&key).is_some() || at_work || self.data.gallery.rows().is_empty() {
            return;
        }
        if !self.data.measures.iter().any(|measure| measure.name == LOOKS[0].0) {
            self.measure_data();
            return;
        }
        match &self.data.figures.working {
            Some((_, working)) if *working == key => return,
            Some((job, _)) => self.jobs.cancel(*job),
            None => {}
        }
        let Some(loaded) = self.data.loaded().map(Arc::clone) else { return };
        let (rows, measures) = (self.data.gallery.shared_rows(), self.data.measures.clone());
        let report = key.clone();
        let job = self.jobs.start("Add up images", Arc::clone(&self.parts.waker), move |context| {
            let step = if loaded.all.is_quick() { 1 } else { rows.len().div_ceil(ADDED_UP).max(1) };
            let rows: Vec<u32> = rows.iter().copied().step_by(step).collect();
            let n_classes = loaded.dataset.classes.len();
            let figures =
                figures(&loaded.all, &rows, n_classes, &measures, &Told(context)).ok().map(Arc::new);
            Ok(AnyReport::Data(Box::new(Report::Figures(Box::new(report), figures))))
        });
        self.data.figures.working = Some((job, key));
    }

    /// Has a run's best model read every image, or no longer.
    pub(super) fn read_data_with(&mut self, run: Option<String>) {
        if let Reading::Working(job, _) = self.data.reading {
            self.jobs.cancel(job);
        }
        self.data.run = run;
        self.data.reading = Reading::None;
        let filter = self.data.filter.clone().without_readings();
        if filter == self.data.filter {
            self.list_data();
        } else {
            self.filter_data(filter);
        }
        self.follow_readings();
    }

    /// Starts to read where a run is chosen and nothing was read with its model yet.
    pub(super) fn follow_readings(&mut self) {
        let Some(run) = self.data.run.as_ref().and_then(|run| self.runs.get(run)) else {
            self.data.reading = Reading::None;
            return;
        };
        if !matches!(self.data.reading, Reading::None | Reading::NoModel) {
            return;
        }
        let model = run.dir.best_model();
        let Some(loaded) = self.data.loaded().map(Arc::clone) else { return };
        if written(&model).is_none() {
            self.data.reading = Reading::NoModel;
            return;
        }
        let path = model.clone();
        let job = self.jobs.start("Read images", Arc::clone(&self.parts.waker), move |context| {
            let read = match read_all(&path, &loaded.all, &loaded.dataset, context) {
                Ok(readings) => Ok(Arc::new(readings)),
                Err(_) if context.is_cancelled() => Err(None),
                Err(e) => Err(Some(format!("{e:#}"))),
            };
            let fingerprint = loaded.dataset.fingerprint.clone();
            Ok(AnyReport::Data(Box::new(Report::Read(path, fingerprint, read))))
        });
        self.data.reading = Reading::Working(job, model);
    }

    pub(super) fn data_read(
        &mut self,
        model: &Path,
        fingerprint: &str,
        read: Result<Arc<Readings>, Option<String>>,
    ) {
        let wanted = matches!(&self.data.reading, Reading::Working(_, of) if of == model);
        if !wanted || !self.shows(fingerprint) {
            return;
        }
        self.data.reading = match read {
            Ok(readings) => Reading::Ready(readings),
            Err(why) => {
                self.drop_filters_by_readings();
                match why {
                    Some(why) => Reading::Trouble(model.to_owned(), why),
                    None => {
                        self.data.run = None;
                        Reading::None
                    }
                }
            }
        };
        self.list_data();
    }

    /// Measures every image, once for each data set; of slow ones, some that lie at even distances.
    pub(super) fn measure_data(&mut self) {
        let at_work = self.data.measuring.is_some_and(|job| self.jobs.is_at_work(job));
        let Some(loaded) = self.data.loaded().filter(|_| !at_work).map(Arc::clone) else { return };
        let job = self.jobs.start("Measure images", Arc::clone(&self.parts.waker), move |context| {
            let n = loaded.all.len();
            let step = if loaded.all.is_quick() { 1 } else { n.div_ceil(MEASURED).max(1) };
            let rows: Vec<u32> = (0..n as u32).step_by(step).collect();
            let measures = looks(&loaded.all, &rows, &Told(context)).unwrap_or_default();
            let fingerprint = loaded.dataset.fingerprint.clone();
            Ok(AnyReport::Data(Box::new(Report::Measured(fingerprint, measures))))
        });
        self.data.measuring = Some(job);
    }

    pub(super) fn data_measured(&mut self, fingerprint: &str, measures: Vec<Measure>) {
        self.data.measuring = None;
        if measures.is_empty() && self.data.sheet == super::Sheet::Statistics {
            self.data.sheet = super::Sheet::Images;
        }
        if self.shows(fingerprint) {
            self.add_measures(measures);
        }
    }

    /// Adds measures of the images on the page, in place of those of the same names.
    pub(in crate::app) fn add_measures(&mut self, measures: Vec<Measure>) {
        self.data.measures.retain(|old| !measures.iter().any(|new| new.name == old.name));
        self.data.measures.extend(measures);
        let by_measure = |by: By| matches!(by, By::Measure(_));
        let filter = &self.data.filter;
        if by_measure(self.data.sort.by) || filter.ranges.iter().any(|(by, _)| by_measure(*by)) {
            self.list_data();
        }
    }

    fn shows(&self, fingerprint: &str) -> bool {
        self.data.loaded().is_some_and(|loaded| loaded.dataset.fingerprint == fingerprint)
    }
}
