//! The loop. Owns the order of things; the arithmetic is the engine's, the counters are the state's, the asking is the inbox's.

use super::checkpoint;
use super::evaluate::{Evaluation, evaluate_rows};
use super::inbox::Inbox;
use super::prepare::{Log, Prepared};
use super::state::{BestSoFar, Sums};
use super::summary::{Ending, Summary};
use crate::data::{Silent, order};
use crate::knobs::{flat, live_paths, set};
use crate::runs::{Changed, Control, Evaluated, Event, Level, Metrics, Outcome, RunDir, Split, Started, now};
use anyhow::Context as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Progress events an epoch, by steps and not by time, so that a resumed run's curves are the unbroken run's.
const EVENTS_PER_EPOCH: u64 = 100;
/// What a killed process may have to do again.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(30);
/// How long a paused training sleeps between two looks.
const PAUSE_NAP: Duration = Duration::from_millis(20);

/// How long a training without room on the disk waits before it tries to write again.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// Why the loop was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leave {
    Done,
    Stop,
    Discard,
    Interrupt,
}

/// A training under way.
pub(super) struct Session<'a, 'b> {
    p: Prepared,
    run: &'a RunDir,
    interrupt: &'a AtomicBool,
    log: &'a mut Log<'b>,
    inbox: Inbox,
    saved_at: Instant,
    saved_step: Option<u64>,
    owed: Owed,
    images: u64,
    image_secs: f64,
}

impl<'a, 'b> Session<'a, 'b> {
    pub fn new(
        p: Prepared,
        run: &'a RunDir,
        interrupt: &'a AtomicBool,
        log: &'a mut Log<'b>,
    ) -> anyhow::Result<Self> {
        let inbox = Inbox::new(run, p.state.step)?;
        let saved_step = (p.state.step > 0).then_some(p.state.step);
        Ok(Self {
            p,
            run,
            interrupt,
            log,
            inbox,
            saved_at: Instant::now(),
            saved_step,
            owed: Owed::default(),
            images: 0,
            image_secs: 0.0,
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
            if self.p.state.is_done() {
                break Leave::Done;
            }
            if self.p.state.cursor == 0 || batches.is_empty() {
                batches = order(&self.p.train_rows, self.p.state.recipe.train.seed, self.p.state.epoch);
            }
            self.step(&batches)?;
            if self.p.state.cursor == batches.len() as u64 {
                self.end_epoch()?;
            }
            if self.saved_at.elapsed() >= CHECKPOINT_EVERY {
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
        let outcome = self.p.engine.step(&self.p.dataset.train, &order[start..end], state.step)?;
        state.step += 1;
        state.cursor = end as u64;
        let secs = began.elapsed().as_secs_f64();
        state.trained_secs += secs;
        state.sums.n += outcome.n;
        state.sums.correct += outcome.correct;
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

    /// With a full disk nothing that is learned could be told or kept, so training waits for room.
    fn disk_is_full(&mut self) -> bool {
        if self.log.disk_takes_lines && self.owed.is_empty() {
            return false;
        }
        if self.owed.tried_at.is_some_and(|at| at.elapsed() < TRY_AGAIN) {
            return true;
        }
        self.owed.tried_at = Some(Instant::now());
        if self.log.flush().is_err() || self.pay().is_err() {
            return true;
        }
        self.log.note(
            Level::Warning,
            "The disk was full or not writable; training waited and goes on".to_owned(),
        );
        false
    }

    /// Writes what could not be written before. The weights are still those of then: without room there are no steps.
    fn pay(&mut self) -> anyhow::Result<()> {
        while let Some((path, accuracy)) = self.owed.models.last() {
            checkpoint::save_model(path, &self.p, *accuracy)?;
            self.owed.models.pop();
        }
        if self.owed.checkpoint {
            self.write_checkpoint()?;
            self.owed.checkpoint = false;
        }
        Ok(())
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
        let valid = self.evaluate(Split::Valid)?;
        self.p.state.trained_secs += began.elapsed().as_secs_f64();
        match valid {
            Some(valid) => self.take_validation(&valid),
            // Without validation images the latest model is the one to keep.
            None => self.save_model(&self.run.best_model(), None),
        }
        self.save_model(&self.run.last_model(), None);
        self.checkpoint();
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
        if better {
            state.best = Some(found);
            self.save_model(&self.run.best_model(), Some(valid.accuracy));
        }
        self.say_evaluated(Split::Valid, valid, better);
    }

    /// Measures on validation or test images; `None` if there are none or it was interrupted.
    fn evaluate(&mut self, part: Split) -> anyhow::Result<Option<Evaluation>> {
        let n_classes = self.p.dataset.classes.len();
        let all: Vec<u32>;
        // Evaluation in the loop is short and is not broken off.
        let (samples, rows) = match part {
            Split::Test => {
                all = (0..self.p.dataset.test.len() as u32).collect();
                (&self.p.dataset.test, &all)
            }
            _ => (&self.p.dataset.train, &self.p.valid_rows),
        };
        if rows.is_empty() {
            return Ok(None);
        }
        evaluate_rows(&mut self.p.engine, samples, rows, n_classes, &Silent)
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
            if !self.run.best_model().exists() {
                self.save_model(&self.run.best_model(), None);
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
        // The test images are measured once, with the model that validation chose.
        let (_, best) = crate::models::file::read(&self.run.best_model())?;
        self.p.engine.load_parameters(&best)?;
        let test = self.evaluate(Split::Test)?;
        if let Some(test) = &test {
            self.say_evaluated(Split::Test, test, false);
        }
        let (outcome, ending) = match leave {
            Leave::Stop => (Outcome::Stopped, Ending::Stopped),
            _ => (Outcome::Finished, Ending::Finished),
        };
        self.log.say(&Event::Ended { at: now(), step: self.p.state.step, outcome, text: None });
        self.log.flush().context("the disk is full: the run's last events could not be written; free some space and resume the run")?;
        Ok(self.summary(ending, test.as_ref()))
    }

    fn checkpoint(&mut self) {
        if self.saved_step == Some(self.p.state.step) {
            // Changes made since at this very step are in the events and will be made again.
            return;
        }
        if let Err(error) = self.write_checkpoint() {
            self.owed.checkpoint = true;
            self.say_no_room(&error);
        }
    }

    fn write_checkpoint(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        self.saved_at = began;
        checkpoint::save(&self.run.checkpoint_file(), &self.p.state, &self.p.engine)?;
        let step = self.p.state.step;
        self.saved_step = Some(step);
        self.log.say(&Event::Checkpoint { at: now(), step, secs: began.elapsed().as_secs_f64() });
        Ok(())
    }

    fn save_model(&mut self, path: &Path, accuracy: Option<f64>) {
        if let Err(error) = checkpoint::save_model(path, &self.p, accuracy) {
            self.owed.models.push((path.to_owned(), accuracy));
            self.say_no_room(&error);
        }
    }

    fn say_no_room(&mut self, error: &anyhow::Error) {
        if self.owed.tried_at.replace(Instant::now()).is_none() {
            self.log.note(Level::Error, format!("Training waits until it can write: {error:#}"));
        }
    }

    fn not_finite(&self) -> anyhow::Error {
        let state = &self.p.state;
        let place =
            self.p.engine.non_finite_layer().map(|layer| format!(", first in {layer}")).unwrap_or_default();
        let kept = match self.saved_step {
            Some(step) => format!("the checkpoint of step {step} is kept; resume with a lower learning rate"),
            None => "there is no checkpoint yet; start again with a lower learning rate".to_owned(),
        };
        anyhow::anyhow!("the loss is no longer a number at step {}{place}; {kept}", state.step)
    }

    fn say_started(&mut self) {
        let Prepared { dataset, train_rows, valid_rows, engine, state, threads } = &self.p;
        let n = train_rows.len() as u64;
        self.log.say(&Event::Started(Started {
            at: now(),
            format: 1,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            host: std::env::var("HOSTNAME").unwrap_or_default(),
            device: device_name(engine.device()),
            threads: *threads,
            from_step: state.step,
            total_steps: state.total_steps(n),
            steps_per_epoch: state.steps_per_epoch(n),
            epochs: state.recipe.train.epochs,
            params: engine.n_params() as u64,
            images: [n, valid_rows.len() as u64, dataset.test.len() as u64],
            data: dataset.fingerprint.clone(),
            classes: dataset.classes.clone(),
        }));
    }

    fn say_progress(&mut self) {
        let state = &mut self.p.state;
        let n = self.p.train_rows.len() as u64;
        let Sums { n: images, correct, loss, secs } = std::mem::take(&mut state.sums);
        let images = images.max(1) as f64;
        let metrics = Metrics::from([
            ("loss", loss / images),
            ("accuracy", correct as f64 / images),
            ("lr", self.p.engine.lr()),
            ("images_per_s", images / secs.max(1e-9)),
        ]);
        let event = crate::runs::Progress {
            at: now(),
            step: state.step,
            epoch: state.epochs_done(n),
            total_steps: state.total_steps(n),
            trained_secs: state.trained_secs,
            metrics,
        };
        self.log.say(&Event::Progress(event));
    }

    fn say_evaluated(&mut self, split: Split, evaluation: &Evaluation, best: bool) {
        let state = &self.p.state;
        // The test images are read by the best model, so their point belongs to its step.
        let at_best = state.best.filter(|_| split == Split::Test);
        let (step, epoch) = at_best
            .map_or((state.step, state.epochs_done(self.p.train_rows.len() as u64)), |best| {
                (best.step, best.epoch)
            });
        self.log.say(&Event::Evaluated(Evaluated {
            at: now(),
            step,
            epoch,
            trained_secs: state.trained_secs,
            split,
            best,
            metrics: Metrics::from([("loss", evaluation.loss), ("accuracy", evaluation.accuracy)]),
        }));
    }

    fn summary(&self, ending: Ending, test: Option<&Evaluation>) -> Summary {
        let state = &self.p.state;
        Summary {
            run: self.run.id(),
            ending,
            accuracy: test.map(|t| t.accuracy),
            loss: test.map(|t| t.loss),
            valid_accuracy: state.best.map(|b| b.accuracy),
            best_epoch: state.best.map(|b| b.epoch),
            epochs: state.epochs_done(self.p.train_rows.len() as u64),
            steps: state.step,
            params: self.p.engine.n_params() as u64,
            images_per_s: (self.image_secs > 0.0).then(|| self.images as f64 / self.image_secs),
            seconds: state.trained_secs,
        }
    }
}

/// What could not be written for want of room.
#[derive(Default)]
struct Owed {
    checkpoint: bool,
    models: Vec<(PathBuf, Option<f64>)>,
    /// When writing last failed; it is tried again after [`TRY_AGAIN`].
    tried_at: Option<Instant>,
}

impl Owed {
    fn is_empty(&self) -> bool {
        !self.checkpoint && self.models.is_empty()
    }
}

/// The path by which more epochs are told; not live in the form, since it has its own button.
const EPOCHS: &str = "train.epochs";

fn device_name(device: tch::Device) -> String {
    match device {
        tch::Device::Cpu => "CPU".to_owned(),
        tch::Device::Cuda(number) => format!("NVIDIA GPU {number}"),
        tch::Device::Mps => "Apple GPU".to_owned(),
        tch::Device::Vulkan => "Vulkan".to_owned(),
    }
}
