//! Another run's model on the same images: which one reads what the other does not.

use super::{App, Report, Which};
use crate::app::report::Report as AnyReport;
use crate::score::{Paired, paired};
use crate::work::predict::{Examined, On, examine};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The model beside the one inspected, and where its reading is.
#[derive(Clone, Default)]
pub struct BesideState {
    /// The run that it is of; `None` for no model beside.
    pub run: Option<String>,
    /// Why there is no reading.
    pub trouble: Option<String>,
    examined: Option<Arc<Examined>>,
    asked: Option<(PathBuf, On)>,
}

impl BesideState {
    /// What it made of the images, once that is known.
    pub fn examined(&self) -> Option<&Arc<Examined>> {
        self.examined.as_ref()
    }

    /// Reads anew.
    pub(super) fn forget(&mut self) {
        *self = Self { run: self.run.take(), ..Self::default() };
    }

    /// Both models' answers counted against each other; `None` until both are here, or where they read other images.
    pub fn paired(&self, first: &Examined) -> Option<Paired> {
        let second = self.examined.as_ref()?;
        let n = first.samples.len();
        (n == second.samples.len())
            .then(|| paired((0..n).map(|row| (first.is_right(row), second.is_right(row)))))
    }
}

impl App {
    pub(super) fn set_beside(&mut self, run: Option<String>) {
        self.inspect.beside = BesideState { run, ..BesideState::default() };
        self.inspect.only = None;
        self.inspect.list();
        self.follow_beside();
    }

    /// Reads with the model beside once the first one's reading tells of which images.
    pub(super) fn follow_beside(&mut self) {
        let Some(run) = self.inspect.beside.run.as_deref().and_then(|id| self.runs.get(id)) else { return };
        let Some(first) = self.inspect.examined() else { return };
        let model = Which::Best.file(&run.dir);
        // Both read the data set of the first one, whatever the second was trained on.
        let source = self.inspect.on.source.clone().or_else(|| first.source.clone());
        let on = On { source, part: self.inspect.on.part };
        let asked = Some((model.clone(), on.clone()));
        if self.inspect.beside.asked == asked {
            return;
        }
        (self.inspect.beside.asked, self.inspect.beside.examined) = (asked, None);
        let places = self.parts.places.clone();
        self.jobs.start("Read with the model beside", Arc::clone(&self.parts.waker), move |context| {
            let examined = examine(&model, &on, &places, context);
            let examined = examined.map(Arc::new).map_err(|e| format!("{e:#}"));
            Ok(AnyReport::Inspect(Report::Beside(model, examined)))
        });
    }

    pub(super) fn take_beside(&mut self, model: &Path, examined: Result<Arc<Examined>, String>) {
        if self.inspect.beside.asked.as_ref().is_none_or(|(asked, _)| asked != model) {
            return;
        }
        let n = self.inspect.examined().map_or(0, |first| first.samples.len());
        let beside = &mut self.inspect.beside;
        match examined {
            Ok(examined) if examined.samples.len() != n => {
                beside.trouble =
                    Some("The two runs divide the data otherwise: look at the test images".to_owned());
            }
            Ok(examined) => (beside.examined, beside.trouble) = (Some(examined), None),
            Err(trouble) => beside.trouble = Some(trouble),
        }
        self.inspect.list();
    }
}
