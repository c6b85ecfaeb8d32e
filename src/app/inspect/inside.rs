//! What goes on inside of the model for the image looked at: asked for when the page shows it and the image changes.

use super::{App, Report, State, View};
use crate::app::report::Report as AnyReport;
use crate::work::inside::{Looked, look, look_at};
use crate::work::localise::Localised;
use std::path::PathBuf;
use std::sync::Arc;

/// What was looked into.
#[derive(Clone, Default)]
pub struct Inside {
    /// The latest that came.
    pub looked: Option<Arc<Looked>>,
    /// Why nothing came.
    pub trouble: Option<String>,
    asked: Option<(PathBuf, u32)>,
}

impl Inside {
    /// Whether something is awaited.
    pub fn is_waiting(&self) -> bool {
        let row = self.looked.as_ref().map(|looked| looked.row);
        self.trouble.is_none() && self.asked.as_ref().is_some_and(|(_, asked)| Some(*asked) != row)
    }

    pub(super) fn take(&mut self, looked: Result<Looked, String>) {
        match looked {
            Ok(looked) => {
                if self.asked.as_ref().is_some_and(|(_, row)| *row == looked.row) {
                    (self.looked, self.trouble) = (Some(Arc::new(looked)), None);
                }
            }
            Err(trouble) => self.trouble = Some(trouble),
        }
    }
}

impl App {
    /// Looks inside for the image chosen; the first one listed where none is.
    pub(super) fn follow_inside(&mut self) {
        if self.inspect.view != View::Inside {
            return;
        }
        let Some(model) = self.inspect.model.clone() else { return };
        if let State::Found(found) = &self.inspect.state {
            let found = Arc::clone(found);
            return self.follow_place(model, &found);
        }
        let Some(examined) = self.inspect.examined() else { return };
        let gallery = &self.inspect.gallery;
        let row = gallery
            .selected_row()
            .map(|row| row as u32)
            .or_else(|| gallery.rows().first().copied())
            .unwrap_or(0);
        let asked = Some((model.clone(), row));
        if self.inspect.inside.asked == asked {
            return;
        }
        let examined = Arc::clone(examined);
        (self.inspect.inside.asked, self.inspect.inside.trouble) = (asked, None);
        self.jobs.quiet("Look inside", Arc::clone(&self.parts.waker), move |_| {
            let looked = look(&model, &examined, row).map_err(|e| format!("{e:#}"));
            Ok(AnyReport::Inspect(Report::Inside(Box::new(looked))))
        });
    }

    /// The same for a picture that digits are found on.
    fn follow_place(&mut self, model: PathBuf, found: &Localised) {
        let row = self.inspect.place;
        let asked = Some((model.clone(), row));
        let Some(picture) = found.pictures().nth(row as usize).map(|boxed| boxed.plain.clone()) else {
            return;
        };
        if self.inspect.inside.asked == asked {
            return;
        }
        (self.inspect.inside.asked, self.inspect.inside.trouble) = (asked, None);
        self.jobs.quiet("Look inside", Arc::clone(&self.parts.waker), move |_| {
            let looked = look_at(&model, &picture, row).map_err(|e| format!("{e:#}"));
            Ok(AnyReport::Inspect(Report::Inside(Box::new(looked))))
        });
    }
}
