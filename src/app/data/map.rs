//! The map of the Data page: each image as a point, laid out by a job once for each data set.

use super::Report;
use crate::app::App;
use crate::app::report::Report as AnyReport;
use crate::data::embed::{Points, principal};
use crate::work::load::Told;
use std::sync::Arc;

/// Of more images, some at even distances are laid out: as many as a screen can tell apart.
const MOST: usize = 100_000;
/// Of images that are slow to make, so many.
const MOST_SLOW: usize = 20_000;

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

/// Where the map is.
#[derive(Clone, Default)]
pub enum Layout {
    /// Nobody asked for it yet.
    #[default]
    None,
    /// A job lays it out.
    Working(u64),
    /// It could not be done, and why; nothing where it was cancelled.
    Trouble(Option<String>),
    /// It is here.
    Ready(Arc<Points>),
}

/// The state of the map.
#[derive(Clone, Default)]
pub struct Map {
    /// Where it is.
    pub layout: Layout,
    /// What the colours say.
    pub colours: Colours,
    /// The data set that it shows, by its fingerprint.
    of: String,
}

impl App {
    /// Lays the images out where that was not done yet.
    pub(super) fn follow_map(&mut self) {
        let Some(loaded) = self.data.loaded().map(Arc::clone) else { return };
        let fingerprint = loaded.dataset.fingerprint.clone();
        if self.data.map.of == fingerprint && !matches!(self.data.map.layout, Layout::None) {
            return;
        }
        if let Layout::Working(job) = self.data.map.layout {
            self.jobs.cancel(job);
        }
        self.data.map.of.clone_from(&fingerprint);
        let job = self.jobs.start("Lay images out", Arc::clone(&self.parts.waker), move |context| {
            let n = loaded.all.len();
            let most = if loaded.all.is_quick() { MOST } else { MOST_SLOW };
            let rows: Vec<u32> = (0..n as u32).step_by(n.div_ceil(most).max(1)).collect();
            let points = match principal(&loaded.all, &rows, &Told(context)) {
                Ok(points) => Ok(Arc::new(points)),
                Err(_) if context.is_cancelled() => Err(None),
                Err(e) => Err(Some(format!("{e:#}"))),
            };
            Ok(AnyReport::Data(Box::new(Report::Mapped(fingerprint, points))))
        });
        self.data.map.layout = Layout::Working(job);
    }

    pub(super) fn data_mapped(&mut self, fingerprint: &str, points: Result<Arc<Points>, Option<String>>) {
        if self.data.map.of == fingerprint {
            self.data.map.layout = match points {
                Ok(points) => Layout::Ready(points),
                Err(why) => Layout::Trouble(why),
            };
        }
    }
}
