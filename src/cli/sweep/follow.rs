//! How a sweep is followed: a bar on a terminal, a line for each trial that is over, JSON for machines.

use super::super::out::Out;
use super::super::table::duration;
use super::status::trial_json;
use super::{point_words, secs_words, value_words, which};
use crate::runs::now;
use crate::sweep::{State, Study, Trial};
use crate::work::sweep::{Told, eta_secs};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::io;
use std::time::{Duration, Instant};

/// Between two looks at the bar.
const BAR_EVERY: Duration = Duration::from_millis(500);

/// Follows what happens in a study.
pub struct Follower<'a> {
    out: &'a mut Out,
    bar: Option<ProgressBar>,
    drawn: Instant,
    /// The first error of writing; the sweep does not end for it.
    error: Option<io::Error>,
}

impl<'a> Follower<'a> {
    /// Follows, on a terminal with a bar.
    pub fn new(out: &'a mut Out) -> Self {
        let style =
            ProgressStyle::with_template("{bar:30} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = out.is_terminal().then(|| ProgressBar::new(0).with_style(style.progress_chars("━╸─")));
        Self { out, bar, drawn: Instant::now(), error: None }
    }

    /// Takes in what happened.
    pub fn see(&mut self, study: &Study, told: &Told) {
        if let Err(error) = self.tell(study, told) {
            self.error.get_or_insert(error);
        }
        if self.bar.is_some() && (self.drawn.elapsed() >= BAR_EVERY || !matches!(told, Told::Tick)) {
            self.drawn = Instant::now();
            self.draw(study);
        }
    }

    /// Takes the bar away; the first error of writing, if there was one, comes out here.
    pub fn finish(self) -> io::Result<()> {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.error.map_or(Ok(()), Err)
    }

    fn tell(&mut self, study: &Study, told: &Told) -> io::Result<()> {
        if self.out.is_json() {
            let (what, id) = match told {
                Told::Began(id) => ("began", *id),
                Told::Measured(id) => ("measured", *id),
                Told::Waits(id) => ("waits", *id),
                Told::Ended(id) => ("ended", *id),
                Told::Edited(edit) => return self.out.json(&json!({ "event": "edited", "edit": edit })),
                Told::Holds(why) => return self.out.json(&json!({ "event": "holds", "why": why })),
                Told::Stalls(why) => return self.out.json(&json!({ "event": "stalls", "why": why })),
                Told::Tick => return Ok(()),
            };
            let trial = study.trial(id).map(|trial| trial_json(study, trial));
            return self.out.json(&json!({ "event": what, "trial": trial }));
        }
        match told {
            Told::Ended(id) => study.trial(*id).map_or(Ok(()), |trial| self.line(ended(study, trial))),
            Told::Edited(edit) => self.line(format!("Changed: {}", serde_json::to_string(edit)?)),
            Told::Holds(why) => self.line(format!("Nothing new starts: {why}")),
            Told::Stalls(why) => self.line(format!("Waits: {why}")),
            Told::Began(_) | Told::Measured(_) | Told::Waits(_) | Told::Tick => Ok(()),
        }
    }

    fn draw(&self, study: &Study) {
        let Some(bar) = &self.bar else { return };
        let over = study.trials.iter().filter(|trial| trial.state().is_over()).count();
        let planned = which::planned(&study.sweep).max(study.trials.len() as u64);
        bar.set_length(planned);
        bar.set_position(over as u64);
        let best = study.best().and_then(|trial| study.value(trial));
        bar.set_message(format!(
            "{over}/{planned} trials, {} running, {} pruned, best {}, {} left",
            study.count(State::Running),
            study.count(State::Pruned),
            value_words(study, best),
            secs_words(eta_secs(study, now())),
        ));
    }

    fn line(&mut self, text: String) -> io::Result<()> {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.out.line(text)),
            None => self.out.line(text),
        }
    }
}

/// A trial that is over, in one line.
fn ended(study: &Study, trial: &Trial) -> String {
    let point = point_words(study, &trial.point);
    let head = format!("Trial {}: {point}", trial.id);
    let why = trial.why.as_deref().unwrap_or_default();
    let took = duration(trial.secs);
    let value = value_words(study, study.value(trial));
    match trial.state() {
        State::Complete => {
            let best = study.best().is_some_and(|best| best.id == trial.id);
            let took = if why.is_empty() { format!("in {took}") } else { why.to_owned() };
            format!("{head}: {value} {took}{}", if best { ", the best so far" } else { "" })
        }
        State::Pruned => format!("{head}: pruned after {} epochs at {value}: {why}", tidy(trial.epoch())),
        State::Failed => format!("{head}: failed: {why}"),
        state => format!("{head}: {}", state.label().to_lowercase()),
    }
}

/// Epochs with at most two places.
fn tidy(epochs: f64) -> f64 {
    (epochs * 100.0).round() / 100.0
}
