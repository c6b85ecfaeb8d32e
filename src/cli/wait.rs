//! How work on data is followed: a bar on a terminal, nothing otherwise.

use super::guard;
use super::out::Out;
use crate::data::{Progress, Stage, Unit};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use std::sync::atomic::{AtomicBool, Ordering};

/// Follows work on data; Ctrl-C ends it.
pub struct Waiting {
    bar: Option<ProgressBar>,
    interrupt: &'static AtomicBool,
}

impl Waiting {
    /// Shows a bar if somebody would see it.
    pub fn new(out: &Out) -> Self {
        let style =
            ProgressStyle::with_template("{msg} {bar:30}").unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = out.is_terminal().then(|| ProgressBar::new(0).with_style(style.progress_chars("━╸─")));
        Self { bar, interrupt: guard::interruptible() }
    }

    /// Takes the bar away.
    pub fn done(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Waiting {
    fn report(&self, stage: Stage<'_>) {
        let Some(bar) = &self.bar else { return };
        let (done, total) = match stage.unit {
            Unit::Bytes => (HumanBytes(stage.done).to_string(), HumanBytes(stage.total).to_string()),
            Unit::Images | Unit::Steps => (stage.done.to_string(), stage.total.to_string()),
        };
        bar.set_length(stage.total);
        bar.set_position(stage.done);
        bar.set_message(if stage.total > 0 {
            format!("{}: {done} of {total}", stage.text)
        } else {
            stage.text.to_owned()
        });
    }

    fn cancelled(&self) -> bool {
        self.interrupt.load(Ordering::Relaxed)
    }
}
