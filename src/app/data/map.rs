//! The map of the Data page: each image as a point, laid out by a job once for each data set and way to do it.

use super::{Reading, Report};
use crate::app::App;
use crate::app::report::Report as AnyReport;
use crate::data::embed::{Method, Points, Vectors, lay_out};
use crate::data::{Progress, Samples};
use crate::work::Context;
use crate::work::load::Told;
use crate::work::predict::features;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

/// Of more images, some at even distances are laid out: as many as a screen can tell apart.
const MOST: usize = 100_000;
/// Of images that are slow to make, so many.
const MOST_SLOW: usize = 20_000;
/// Layouts that are kept, so that going back to one costs nothing.
const KEPT: usize = 6;

/// How many points neighbours are found among; more take minutes.
pub const SIZES: [usize; 4] = [2_000, 5_000, 20_000, MOST];

/// What the points' colours say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Colours {
    /// The label.
    #[default]
    Label,
    /// Training, validation or test.
    Part,
    /// What the model reads.
    Predicted,
    /// Whether the model reads it rightly.
    Right,
}

/// How the points are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// By which method.
    pub method: Method,
    /// Compared by what the chosen model's last layer is told, instead of by pixels.
    pub by_model: bool,
    /// Of at most so many images, where neighbours are found.
    pub most: usize,
}

impl Default for Way {
    fn default() -> Self {
        Self { method: Method::default(), by_model: false, most: SIZES[1] }
    }
}

/// Where the map is.
#[derive(Clone, Default)]
pub enum Layout {
    /// Nobody asked for it yet.
    #[default]
    None,
    /// A model has to read every image first.
    Waiting,
    /// A job lays it out.
    Working(u64),
    /// It could not be done, and why; nothing where it was cancelled.
    Trouble(Option<String>),
    /// It is here.
    Ready(Arc<Points>),
}

/// One layout of one data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The data set, by its fingerprint.
    fingerprint: String,
    method: Method,
    /// The model and when it was written, where that decides.
    model: Option<(PathBuf, Option<SystemTime>)>,
    most: usize,
}

/// The state of the map.
#[derive(Clone, Default)]
pub struct Map {
    /// Where it is.
    pub layout: Layout,
    /// What the colours say.
    pub colours: Colours,
    /// How it is laid out.
    pub way: Way,
    of: Option<Asked>,
    known: Vec<(Asked, Arc<Points>)>,
}

impl App {
    /// Lays the images out where that was not done yet.
    pub(super) fn follow_map(&mut self) {
        let Some(loaded) = self.data.loaded().map(Arc::clone) else { return };
        let Way { method, by_model, most } = self.data.map.way;
        if by_model && matches!(self.data.reading, Reading::Working(..)) {
            self.forget_map(Layout::Waiting);
            return;
        }
        let readings = self.data.readings().filter(|_| by_model);
        let quick = if loaded.all.is_quick() { MOST } else { MOST_SLOW };
        let asked = Asked {
            fingerprint: loaded.dataset.fingerprint.clone(),
            method,
            model: readings.map(|readings| (readings.model.clone(), readings.written)),
            most: if method == Method::Neighbours { most.min(quick) } else { quick },
        };
        if self.data.map.of.as_ref() == Some(&asked) && !matches!(self.data.map.layout, Layout::None) {
            return;
        }
        self.forget_map(Layout::None);
        self.data.map.of = Some(asked.clone());
        if let Some((_, points)) = self.data.map.known.iter().find(|(known, _)| *known == asked) {
            self.data.map.layout = Layout::Ready(Arc::clone(points));
            return;
        }
        let job = self.jobs.start("Lay images out", Arc::clone(&self.parts.waker), move |context| {
            let points = match points(&loaded.all, &asked, context) {
                Ok(points) => Ok(Arc::new(points)),
                Err(_) if context.is_cancelled() => Err(None),
                Err(e) => Err(Some(format!("{e:#}"))),
            };
            Ok(AnyReport::Data(Box::new(Report::Mapped(Box::new(asked), points))))
        });
        self.data.map.layout = Layout::Working(job);
    }

    /// Another layout is wanted: nobody needs the one that a job is at.
    fn forget_map(&mut self, layout: Layout) {
        if let Layout::Working(job) = std::mem::replace(&mut self.data.map.layout, layout) {
            self.jobs.cancel(job);
        }
        self.data.map.of = None;
    }

    pub(super) fn data_mapped(&mut self, asked: &Asked, points: Result<Arc<Points>, Option<String>>) {
        let map = &mut self.data.map;
        if let Ok(points) = &points {
            map.known.retain(|(known, _)| known != asked);
            map.known.push((asked.clone(), Arc::clone(points)));
            if map.known.len() > KEPT {
                map.known.remove(0);
            }
        }
        if map.of.as_ref() == Some(asked) {
            map.layout = match points {
                Ok(points) => Layout::Ready(points),
                Err(why) => Layout::Trouble(why),
            };
        }
    }
}

/// Images at even distances, laid out.
fn points(samples: &Samples, asked: &Asked, context: &Context) -> anyhow::Result<Points> {
    let rows = spread(samples.len(), asked.most);
    let told: &dyn Progress = &Told(context);
    let Some((model, _)) = &asked.model else {
        return lay_out(&Vectors::Pixels(samples), &rows, asked.method, told);
    };
    let (features, width, rows) = features(model, samples, rows, context)?;
    lay_out(&Vectors::Features(&features, width), &rows, asked.method, told)
}

/// Of `n` rows so many at even distances, or all.
fn spread(n: usize, most: usize) -> Vec<u32> {
    let taken = most.min(n);
    (0..taken).map(|i| (i * n / taken) as u32).collect()
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn as_many_points_as_asked_for() {
        assert_eq!(spread(7, 5), [0, 1, 2, 4, 5]);
        assert_eq!(spread(3, 5), [0, 1, 2]);
        assert_eq!(spread(70_000, 5_000).len(), 5_000);
        assert!(spread(0, 5).is_empty());
    }
}
