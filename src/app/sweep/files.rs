//! Sweeps and their results as files: opened, and written.

use super::SweepDraft;
use crate::app::{App, Report as AppReport};
use crate::sweep::exchange::{to_csv, to_wandb};
use crate::sweep::{read, to_ron};
use anyhow::Context as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl App {
    /// Puts a sweep's file on the form: RON, a W&B sweep file, or a table of points.
    pub(super) fn open_sweep(&mut self, path: &Path) {
        match read(path) {
            Ok(sweep) => self.sweeps.draft = SweepDraft::new(sweep, None),
            Err(e) => self.notices.error(e.to_string()),
        }
    }

    /// Writes the sweep on the form, for W&B where the file's name ends with `.yaml`.
    pub(super) fn save_sweep(&mut self, path: PathBuf) {
        let sweep = self.sweeps.draft.sweep().clone();
        self.jobs.quiet("Save sweep", Arc::clone(&self.parts.waker), move |_| {
            let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
            let (text, lost) = match ending.as_deref() {
                Some("yaml" | "yml") => to_wandb(&sweep)?,
                _ => (to_ron(&sweep)?, Vec::new()),
            };
            crate::disk::write_atomically(&path, text.as_bytes())
                .with_context(|| format!("The sweep cannot be written: {}", path.display()))?;
            let lost = lost.iter().map(|lost| format!("; not in it: {lost}")).collect::<String>();
            Ok(AppReport::Told(format!("Written: {}{lost}", path.display())))
        });
    }

    pub(super) fn export_table(&mut self, path: PathBuf) {
        let Some(looked) = &self.sweeps.looked else { return };
        let study = looked.study.clone();
        self.jobs.quiet("Export table", Arc::clone(&self.parts.waker), move |_| {
            crate::disk::write_atomically(&path, to_csv(&study)?.as_bytes())
                .with_context(|| format!("The table cannot be written: {}", path.display()))?;
            Ok(AppReport::Told(format!("Written: {}", path.display())))
        });
    }
}
