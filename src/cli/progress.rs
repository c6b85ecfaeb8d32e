//! How a training is followed: a bar on a terminal, a line an epoch when piped, every event with `--json`.

use super::out::Out;
use super::runs::planned_epochs;
use super::table::{count, duration, percent};
use crate::runs::{Evaluated, Event, History, Level, Progress, Split};
use indicatif::{ProgressBar, ProgressStyle};
use std::io;

/// Follows a training's events.
pub struct Follower<'a> {
    out: &'a mut Out,
    bar: Option<ProgressBar>,
    history: History,
    /// Training loss and accuracy since the last validation, and how many times they were told.
    sums: (f64, f64, u32),
    /// The first error of writing; training does not end for it.
    error: Option<io::Error>,
}

impl<'a> Follower<'a> {
    /// Follows from what a run's earlier processes told.
    pub fn new(out: &'a mut Out, history: History) -> Self {
        // Unwrap-free: a template that is not valid falls back to the plain bar.
        let style = ProgressStyle::with_template("{prefix} {bar:30} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("━╸─");
        let bar = out.is_terminal().then(|| ProgressBar::new(0).with_style(style));
        Self { out, bar, history, sums: (0.0, 0.0, 0), error: None }
    }

    /// Takes one event in.
    pub fn see(&mut self, event: &Event) {
        self.history.apply(event);
        let told = match self.out.is_json() {
            true => self.out.json(event),
            false => self.tell(event),
        };
        if let Err(error) = told {
            self.error.get_or_insert(error);
        }
    }

    /// Takes the bar away; the first error of writing, if there was one, comes out here.
    pub fn finish(self) -> io::Result<()> {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.error.map_or(Ok(()), Err)
    }

    fn tell(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Started(started) => {
                let [train, valid, test] = started.images.map(count);
                let from = if started.from_step > 0 {
                    format!(", going on from step {}", count(started.from_step))
                } else {
                    String::new()
                };
                self.line(format!(
                    "{train} images to learn from, {valid} to validate on, {test} to test on; {} parameters on {} with {} threads{from}",
                    count(started.params), started.device, started.threads,
                ))
            }
            Event::Progress(progress) => {
                self.advance(progress);
                Ok(())
            }
            Event::Evaluated(evaluated) => self.evaluated(evaluated),
            Event::Changed(c) => match &c.reason {
                None => self.line(format!("Step {}: {} is now {}", c.step, c.path, c.applied)),
                Some(reason) => {
                    self.line(format!("Step {}: {} stays {}: {reason}", c.step, c.path, c.applied))
                }
            },
            Event::Paused { step, .. } => self.line(format!("Step {step}: paused")),
            Event::Unpaused { step, .. } => self.line(format!("Step {step}: goes on")),
            Event::Note { level: Level::Info, text, .. } => self.line(text.clone()),
            Event::Note { level: Level::Warning, text, .. } => self.line(format!("Warning: {text}")),
            Event::Note { level: Level::Error, text, .. } => self.line(format!("Error: {text}")),
            // What the command says at its end says this too.
            Event::Checkpoint { .. } | Event::Ended { .. } => Ok(()),
        }
    }

    fn advance(&mut self, progress: &Progress) {
        let get = |name: &str| progress.metrics.get(name).unwrap_or(f64::NAN);
        let (loss, accuracy) = (get("loss"), get("accuracy"));
        self.sums = (self.sums.0 + loss, self.sums.1 + accuracy, self.sums.2 + 1);
        let Some(bar) = &self.bar else { return };
        let eta =
            self.history.eta_secs().map_or_else(String::new, |secs| format!(", {} left", duration(secs)));
        bar.set_length(progress.total_steps);
        bar.set_position(progress.step);
        bar.set_prefix(format!("Epoch {}", self.epoch_of(progress.epoch)));
        bar.set_message(format!(
            "step {}/{}, loss {loss:.4}, accuracy {}, {} images/s{eta}",
            count(progress.step),
            count(progress.total_steps),
            percent(Some(accuracy)),
            count(get("images_per_s") as u64),
        ));
    }

    fn evaluated(&mut self, evaluated: &Evaluated) -> io::Result<()> {
        let get = |name: &str| evaluated.metrics.get(name).unwrap_or(f64::NAN);
        let (loss, accuracy) = (get("loss"), percent(evaluated.metrics.get("accuracy")));
        if evaluated.split == Split::Test {
            return self.line(format!("Test images, best model: loss {loss:.4}, accuracy {accuracy}"));
        }
        let (loss_sum, accuracy_sum, n) = std::mem::take(&mut self.sums);
        let training = match n {
            0 => String::new(),
            n => format!(
                "loss {:.4}, accuracy {}, ",
                loss_sum / f64::from(n),
                percent(Some(accuracy_sum / f64::from(n)))
            ),
        };
        let speed = self.history.last(Split::Train, "images_per_s").unwrap_or(0.0);
        let best = if evaluated.best { ", the best so far" } else { "" };
        let epoch = self.epoch_of(evaluated.epoch);
        self.line(format!(
            "Epoch {epoch}: {training}validation loss {loss:.4}, accuracy {accuracy}{best}; {} images/s",
            count(speed as u64)
        ))
    }

    fn epoch_of(&self, epoch: f64) -> String {
        let planned = planned_epochs(&self.history).map_or_else(String::new, |all| format!("/{all}"));
        format!("{}{planned}", epoch.ceil().max(1.0))
    }

    fn line(&mut self, text: String) -> io::Result<()> {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.out.line(text)),
            None => self.out.line(text),
        }
    }
}
