//! The loop. Owns the order of things; the arithmetic is the engine's, the counters are the state's, the asking is the inbox's.

mod examples;
mod judge;
mod keep;
mod spread;
mod tell;

use super::engine::Turn;
use super::evaluate::{Evaluation, evaluate_rows};
use super::inbox::Inbox;
use super::prepare::{BadInput, Log, Prepared};
use super::rungs::Rungs;
use super::state::{BestSoFar, State};
use super::summary::{Ending, Summary};
use crate::data::{Silent, order};
use crate::knobs::{flat, live_paths, set};
use crate::optim::schedule::Place;
use crate::recipe::Keep;
use crate::runs::{Changed, Control, Event, Level, Outcome, RunDir, Split, now};
use crate::score::Figures;
use anyhow::Context as _;
use keep::Owed;
use spread::Spent;
use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Progress events an epoch, by steps and not by time, so that a resumed run's curves are the unbroken run's.
pub(super) const EVENTS_PER_EPOCH: u64 = 100;
/// How long a paused training sleeps between two looks.
const PAUSE_NAP: Duration = Duration::from_millis(20);

/// Why the loop was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leave {
    Done,
    Stop,
    Prune,
    Discard,
    Interrupt,
}

/// A training under way.
pub(super) struct Session<'a, 'b, 'c> {
    p: Prepared,
    run: &'a RunDir,
    interrupt: &'a AtomicBool,
    log: &'a mut Log<'b>,
    inbox: Inbox,
    rungs: Rungs<'c>,
    saved_at: Instant,
    saved_step: Option<u64>,
    owed: Owed,
    spent: Spent,
    images: u64,
    image_secs: f64,
    /// The learning rate of the last step.
    lr: f64,
}

impl<'a, 'b, 'c> Session<'a, 'b, 'c> {
    pub fn new(
        p: Prepared,
        run: &'a RunDir,
        interrupt: &'a AtomicBool,
        log: &'a mut Log<'b>,
        rungs: Rungs<'c>,
    ) -> anyhow::Result<Self> {
        let inbox = Inbox::new(run, p.state.step)?;
        let saved_step = (p.state.step > 0).then_some(p.state.step);
        Ok(Self {
            p,
            run,
            interrupt,
            log,
            inbox,
            rungs,
            saved_at: Instant::now(),
            saved_step,
            owed: Owed::default(),
            spent: Spent::default(),
            images: 0,
            image_secs: 0.0,
            lr: 0.0,
        })
    }

    /// Trains until the end, a stop or an interrupt.
    pub fn train(mut self) -> anyhow::Result<Summary> {
        self.say_started();
        let mut batches = Vec::new();
        let leave = loop {
            if let Some(leave) = self.listen()? {
                break leave;
            }
            if let Some(leave) = self.judge()? {
                break leave;
            }
            if self.p.state.is_done() {
                break Leave::Done;
            }
            if self.p.state.cursor == 0 || batches.is_empty() {
                batches = order(&self.p.train_rows, self.p.state.recipe.train.seed, self.p.state.epoch);
            }
            if let Some(n) = self.rungs.threads().filter(|n| *n != self.p.threads) {
                self.p.engine.compute_with(n)?;
                self.p.threads = n;
            }
            self.step(&batches)?;
            if self.p.state.cursor == batches.len() as u64 {
                self.end_epoch()?;
            }
            if self.checkpoint_is_due() {
                self.checkpoint();
            }
        };
        self.leave(leave)
    }

    /// One batch.
    fn step(&mut self, order: &[u32]) -> anyhow::Result<()> {
        let began = Instant::now();
        let state = &mut self.p.state;
        let start = state.cursor as usize;
        let end = order.len().min(start + state.recipe.train.batch_size as usize);
        let place = place(state, order.len() as u64);
        let lr_factor = state.recipe.schedule.factor(place, &state.watch);
        self.lr = state.recipe.optim.rule().lr() * lr_factor;
        let done = (place.done / place.total.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
        let turn = Turn { step_idx: state.step, lr_factor, done };
        let outcome = self.p.engine.step(&self.p.dataset.train, &order[start..end], turn)?;
        state.step += 1;
        state.cursor = end as u64;
        let secs = began.elapsed().as_secs_f64();
        state.trained_secs += secs;
        state.sums.n += outcome.n;
        state.sums.correct += outcome.correct;
        if let Some(figures) = self.p.engine.figures() {
            state.sums.numbers.get_or_insert_with(Figures::default).join(figures);
        }
        state.sums.loss += outcome.loss * outcome.n as f64;
        state.sums.secs += secs;
        self.images += outcome.n;
        self.image_secs += secs;
        if !outcome.finite {
            return Err(self.not_finite());
        }
        let every = (state.steps_per_epoch(order.len() as u64) / EVENTS_PER_EPOCH).max(1);
        if state.step.is_multiple_of(every) || state.cursor == order.len() as u64 {
            self.say_progress();
        }
        Ok(())
    }

    /// Answers what is asked, applies what an earlier process had changed at this step, waits while paused.
    fn listen(&mut self) -> anyhow::Result<Option<Leave>> {
        while let Some(change) = self.inbox.next_replay(self.p.state.step) {
            self.change(change.request, &change.path, &change.asked)?;
        }
        let mut paused = false;
        loop {
            if self.interrupt.load(Ordering::Relaxed) {
                return Ok(Some(Leave::Interrupt));
            }
            match self.inbox.next().map(|r| (r.id, r.control)) {
                Some((_, Control::Stop)) => return Ok(Some(Leave::Stop)),
                Some((_, Control::Discard)) => return Ok(Some(Leave::Discard)),
                Some((_, Control::Checkpoint)) => self.checkpoint(),
                Some((_, Control::Pause)) if !paused => {
                    paused = true;
                    self.checkpoint();
                    self.log.say(&Event::Paused { at: now(), step: self.p.state.step });
                }
                Some((_, Control::Resume)) if paused => {
                    self.log.say(&Event::Unpaused { at: now(), step: self.p.state.step });
                    return Ok(None);
                }
                Some((_, Control::Pause | Control::Resume)) => {}
                Some((id, Control::Set { path, value })) => {
                    self.checkpoint();
                    self.change(id, &path, &value)?;
                }
                Some((id, Control::AddEpochs(more))) => {
                    let epochs =
                        self.p.state.recipe.train.epochs.max(self.p.state.epoch).saturating_add(more);
                    self.checkpoint();
                    self.change(id, EPOCHS, &epochs.to_string())?;
                }
                None if paused || self.disk_is_full() => std::thread::sleep(PAUSE_NAP),
                None => return Ok(None),
            }
        }
    }

    /// Changes one setting from the next step on, and says what was asked and what holds now.
    fn change(&mut self, request: String, path: &str, asked: &str) -> anyhow::Result<()> {
        let mut recipe = self.p.state.recipe.clone();
        let value_of = |recipe: &crate::recipe::Recipe| {
            flat(&mut recipe.clone()).into_iter().find(|(p, _)| p == path).map(|(_, v)| v).unwrap_or_default()
        };
        let before = value_of(&recipe);
        let refused = if path != EPOCHS && !live_paths(&mut recipe).iter().any(|p| p == path) {
            Some(format!("{path} cannot be changed while training"))
        } else {
            let out_of_bounds = |r: &crate::recipe::Recipe| {
                r.problems().into_iter().find(|p| p.path == path).map(|p| p.message)
            };
            set(&mut recipe, path, asked).err().map(|e| e.to_string()).or_else(|| out_of_bounds(&recipe))
        };
        if refused.is_none() {
            self.p.engine.configure(&recipe)?;
            self.p.state.recipe = recipe;
        }
        let applied = value_of(&self.p.state.recipe);
        let step = self.p.state.step;
        let (path, asked) = (path.to_owned(), asked.to_owned());
        self.log.say(&Event::Changed(Changed {
            at: now(),
            step,
            request,
            path,
            before,
            asked,
            applied,
            reason: refused,
        }));
        Ok(())
    }

    /// Validates, keeps the best, writes a checkpoint.
    fn end_epoch(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        self.p.state.epoch += 1;
        self.p.state.cursor = 0;
        let valid = self.evaluate(Split::Valid, usize::MAX)?;
        self.p.state.trained_secs += began.elapsed().as_secs_f64();
        match valid {
            Some(valid) => self.take_validation(&valid),
            None => self.keep_model(None),
        }
        self.save_model(&self.run.last_model(), None);
        self.checkpoint();
        self.say_spread();
        self.say_examples();
        Ok(())
    }

    fn take_validation(&mut self, valid: &Evaluation) {
        let state = &mut self.p.state;
        let found = BestSoFar {
            step: state.step,
            epoch: state.epoch as f64,
            accuracy: valid.accuracy,
            loss: valid.loss,
        };
        let better = state.best.is_none_or(|best| {
            valid.accuracy > best.accuracy || (valid.accuracy == best.accuracy && valid.loss < best.loss)
        });
        state.epochs_without_gain = if better { 0 } else { state.epochs_without_gain + 1 };
        state.recipe.schedule.see(valid.loss, &mut state.watch);
        state.last = Some(found);
        let last = state.recipe.train.keep == Keep::Last;
        if better {
            state.best = Some(found);
        }
        if better || last {
            state.kept = Some(found);
            self.keep_model(Some(valid.accuracy));
        }
        self.say_evaluated(Split::Valid, valid, better);
    }

    /// Measures on validation or test images, on `most` of them; `None` if there are none or it was interrupted.
    fn evaluate(&mut self, part: Split, most: usize) -> anyhow::Result<Option<Evaluation>> {
        let n_classes = self.p.dataset.classes.len();
        // Evaluation in the loop is short and is not broken off.
        let (samples, mut rows) = match part {
            Split::Test => {
                let all = (0..self.p.dataset.test.len() as u32).collect();
                (&self.p.dataset.test, Cow::<[u32]>::Owned(all))
            }
            _ => (&self.p.dataset.train, Cow::Borrowed(self.p.valid_rows.as_slice())),
        };
        if rows.is_empty() {
            return Ok(None);
        }
        if rows.len() > most {
            rows = rows.iter().copied().step_by(rows.len().div_ceil(most)).collect::<Vec<_>>().into();
        }
        evaluate_rows(&mut self.p.engine, samples, &rows, n_classes, &Silent)
    }

    fn leave(mut self, leave: Leave) -> anyhow::Result<Summary> {
        if leave == Leave::Discard {
            let text = Some("Discarded".to_owned());
            self.log.say(&Event::Ended {
                at: now(),
                step: self.p.state.step,
                outcome: Outcome::Stopped,
                text,
            });
            return Ok(self.summary(Ending::Discarded, None));
        }
        self.checkpoint();
        if leave != Leave::Interrupt {
            self.save_model(&self.run.last_model(), None);
            // The model after the last whole epoch is kept already.
            let beyond = self.p.state.cursor > 0 && !self.keeps_best();
            if beyond || !self.run.best_model().exists() {
                self.p.state.kept = None;
                self.keep_model(None);
            }
        }
        self.pay().context(
            "the run's last state is lost but for its last checkpoint; free some space and resume it",
        )?;
        if leave == Leave::Interrupt {
            self.log.note(
                Level::Info,
                format!("Interrupted at step {}; resuming goes on from there", self.p.state.step),
            );
            return Ok(self.summary(Ending::Interrupted, None));
        }
        if leave == Leave::Prune {
            return self.leave_pruned();
        }
        // The test images are measured once, with the model that is kept.
        let (_, kept) = crate::models::file::read(&self.run.best_model())?;
        self.p.engine.load_parameters(&kept)?;
        let began = Instant::now();
        let test = self.evaluate(Split::Test, usize::MAX)?;
        let test_ms = began.elapsed().as_secs_f64() * 1e3;
        if let Some(test) = &test {
            self.say_evaluated(Split::Test, test, false);
        }
        let (outcome, ending) = match leave {
            Leave::Stop => (Outcome::Stopped, Ending::Stopped),
            _ => (Outcome::Finished, Ending::Finished),
        };
        self.log.say(&Event::Ended { at: now(), step: self.p.state.step, outcome, text: None });
        self.log.flush().context("the disk is full: the run's last events could not be written; free some space and resume the run")?;
        let ms_per_image = test.as_ref().filter(|test| test.n > 0).map(|test| test_ms / test.n as f64);
        Ok(Summary { ms_per_image, ..self.summary(ending, test.as_ref()) })
    }

    fn not_finite(&self) -> anyhow::Error {
        let state = &self.p.state;
        let place =
            self.p.engine.non_finite_layer().map(|layer| format!(", first in {layer}")).unwrap_or_default();
        let kept = match self.saved_step {
            Some(step) => format!("the checkpoint of step {step} is kept; resume with a lower learning rate"),
            None => "there is no checkpoint yet; start again with a lower learning rate".to_owned(),
        };
        BadInput(format!("the loss is no longer a number at step {}{place}; {kept}", state.step)).into()
    }
}

/// Which step is next, for the schedule; `n` images are learned from.
fn place(state: &State, n: u64) -> Place {
    Place {
        done: state.epochs_done(n),
        step: state.recipe.train.batch_size as f64 / n.max(1) as f64,
        total: state.recipe.train.epochs as f64,
    }
}

/// The path by which more epochs are told; not live in the form, since it has its own button.
const EPOCHS: &str = "train.epochs";
