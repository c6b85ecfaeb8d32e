//! What the model of the run looked at makes of a few validation pictures, epoch after epoch: read when the page shows it,
//! and again after every further epoch.

use super::App;
use super::report::Report as AnyReport;
use crate::reader::open_picture;
use crate::runs::{Examples, RunDir};
use image::RgbaImage;
use std::sync::Arc;

/// What was seen on example pictures.
#[derive(Clone, Default)]
pub struct Seen {
    /// What was told, and the pictures; `None` where there is none.
    pub told: Option<Arc<Told>>,
    /// The run and its epochs when it was asked for.
    asked: Option<(String, u64)>,
}

/// What a run told of its example pictures.
#[derive(Debug)]
pub struct Told {
    /// The run.
    pub run: String,
    /// After each epoch, the earliest first.
    pub epochs: Vec<Examples>,
    /// The pictures, in the order of the last epoch's; `None` for one that cannot be read.
    pub pictures: Vec<Option<RgbaImage>>,
}

impl App {
    /// Reads what the run looked at told, where that is shown.
    pub(super) fn follow_examples(&mut self) {
        let run = self.runs.current();
        let now = run.map(|run| (run.id.clone(), run.epochs_told()));
        if self.examples.asked == now {
            return;
        }
        let dir = run.map(|run| run.dir.clone());
        self.examples.asked.clone_from(&now);
        if self.examples.told.as_ref().map(|told| &told.run) != now.as_ref().map(|(id, _)| id) {
            self.examples.told = None;
        }
        let (Some(dir), Some((id, _))) = (dir, now) else { return };
        self.jobs.quiet("Read example pictures", Arc::clone(&self.parts.waker), move |_| {
            Ok(AnyReport::Examples(read(&dir, id)?.map(Arc::new)))
        });
    }

    /// Takes in what was told.
    pub(super) fn take_examples(&mut self, told: Option<Arc<Told>>) {
        let asked = self.examples.asked.as_ref().map(|(id, _)| id);
        if told.as_ref().is_some_and(|told| asked == Some(&told.run)) {
            self.examples.told = told;
        }
    }
}

fn read(dir: &RunDir, run: String) -> anyhow::Result<Option<Told>> {
    let epochs = dir.examples()?;
    let Some(last) = epochs.last() else { return Ok(None) };
    let folder = dir.examples_dir();
    let picture = |file: &str| Some(open_picture(&folder.join(file)).ok()?.into_rgba8());
    let pictures = last.pictures.iter().map(|one| picture(&one.file)).collect();
    Ok(Some(Told { run, epochs, pictures }))
}
