//! What is behind a point of a curve: the images that a step learned from. Their order is a function of recipe, seed
//! and step, as going on exactly needs it to be, so nothing has to be recorded for this.

use super::checkpoint;
use super::prepare::BadInput;
use crate::data::augment::{Augmenter, Scratch, Shape};
use crate::data::{Dataset, order};
use crate::knobs::set;
use crate::models::Input;
use crate::recipe::Recipe;
use crate::runs::{History, MarkerKind, RunDir, Split};

/// The images behind a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Behind {
    /// The step, the first one being 1.
    pub step: u64,
    /// Steps that the run has made.
    pub n_steps: u64,
    /// Epochs done before it, with fraction.
    pub epoch: f64,
    /// Rows of the training images, in the order of the batch.
    pub rows: Vec<u32>,
    /// The recipe as it was then, with everything changed until then.
    pub recipe: Recipe,
    /// The first and the last step that the curve's point is the mean of.
    pub point: [u64; 2],
    /// The point's loss, and its accuracy from 0 to 1.
    pub figures: [Option<f64>; 2],
}

/// Finds the images that a step of a run learned from; `dataset` is what the run's recipe names.
///
/// # Errors
/// [`BadInput`] where the run made no such step, another program trained it, or the data are no longer those.
pub fn behind(run: &RunDir, history: &History, dataset: &Dataset, step: u64) -> anyhow::Result<Behind> {
    let bad = |why: String| anyhow::Error::from(BadInput(why));
    if run.imported_file().is_file() {
        return Err(bad(
            "another program trained this run, and its log does not say in which order".to_owned()
        ));
    }
    if step == 0 || step > history.step {
        return Err(bad(match history.step {
            0 => "the run has made no step yet".to_owned(),
            n => format!("the run has made {n} steps; choose one from 1 to {n}"),
        }));
    }
    let known = history.started.as_ref().map(|started| &started.data);
    if known.is_some_and(|known| !known.is_empty() && *known != dataset.fingerprint) {
        return Err(bad(format!(
            "{} is no longer as the run learned from it, so that the images behind its steps would be others",
            dataset.name
        )));
    }
    let mut walk = Walk::begin(run, dataset)?;
    let mut changes = changes(history);
    loop {
        while let Some((_, path, value)) = changes.next_if(|(at, _, _)| *at <= walk.step) {
            // What could not be applied then was told with the value that stayed.
            set(&mut walk.recipe, path, value)?;
        }
        let batch = walk.batch();
        if walk.step + 1 == step {
            let rows = order(&walk.rows, walk.recipe.train.seed, walk.epoch)[batch].to_vec();
            let epoch = walk.epoch as f64 + walk.cursor as f64 / walk.rows.len().max(1) as f64;
            let (point, figures) = point(history, step);
            return Ok(Behind {
                step,
                n_steps: history.step,
                epoch,
                rows,
                recipe: walk.recipe,
                point,
                figures,
            });
        }
        walk.pass(batch.end);
    }
}

impl Behind {
    /// The images as the step saw them, changed at random; `None` where they were seen as they are, or are cut and put
    /// together by the model's own settings.
    pub fn seen(&self, dataset: &Dataset) -> Option<Vec<Vec<u8>>> {
        let (model, samples) = (&self.recipe.model, &dataset.train);
        let framed = model.numbers(dataset.classes.len()).is_some_and(|design| design.frame.is_some());
        if model.detector().is_some() || framed || samples.sizes.is_some() {
            return None;
        }
        let Input { channels, height, width, .. } = Input::of(model, dataset);
        let shape = Shape { channels, height, width };
        let augmenter = Augmenter::new(&self.recipe.augment, shape, self.recipe.train.seed)?;
        let image = |position: usize| samples.image(self.rows[position] as usize);
        let mut scratch = Scratch::default();
        let n = self.rows.len();
        Some((0..n).map(|i| augmenter.image(self.step - 1, i, n, image, &mut scratch).to_vec()).collect())
    }
}

/// Where the training is on its way through the images.
struct Walk {
    recipe: Recipe,
    /// Rows to learn from.
    rows: Vec<u32>,
    step: u64,
    epoch: u64,
    cursor: usize,
}

impl Walk {
    /// Before the run's first step of its own.
    fn begin(run: &RunDir, dataset: &Dataset) -> anyhow::Result<Self> {
        let recipe = run.recipe()?;
        let (rows, _) = dataset.divide(recipe.train.validation_share, recipe.train.seed);
        let mut walk = Self { recipe, rows, step: 0, epoch: 0, cursor: 0 };
        let start = run.start_file();
        // A run that began with another one's checkpoint goes on counting where that one was.
        if start.exists()
            && checkpoint::is_one(&start)?
            && let Some(other) = checkpoint::read(&start)?
        {
            let state = other.state;
            (walk.step, walk.epoch, walk.cursor) = (state.step, state.epoch, state.cursor as usize);
        }
        Ok(walk)
    }

    /// Places of the next batch in the epoch's order.
    fn batch(&self) -> std::ops::Range<usize> {
        let size = (self.recipe.train.batch_size as usize).max(1);
        self.cursor..self.rows.len().min(self.cursor + size)
    }

    fn pass(&mut self, end: usize) {
        (self.step, self.cursor) = (self.step + 1, end);
        if end >= self.rows.len() {
            (self.epoch, self.cursor) = (self.epoch + 1, 0);
        }
    }
}

/// What was changed while it trained: the step after which it holds, the setting, its value.
fn changes(history: &History) -> std::iter::Peekable<impl Iterator<Item = (u64, &str, &str)>> {
    let mut changes: Vec<_> = history
        .markers
        .iter()
        .filter_map(|marker| match &marker.kind {
            MarkerKind::Changed(change) => Some((marker.step, change.path.as_str(), change.applied.as_str())),
            MarkerKind::Paused | MarkerKind::Resumed => None,
        })
        .collect();
    changes.sort_by_key(|(step, _, _)| *step);
    changes.into_iter().peekable()
}

/// The point of the training curves that a step belongs to: its first and last step, loss and accuracy.
fn point(history: &History, step: u64) -> ([u64; 2], [Option<f64>; 2]) {
    let points = history.curve(Split::Train, "loss").map_or(&[][..], |series| series.points());
    let at = points.partition_point(|point| point.step < step);
    let value = |name: &str| Some(history.curve(Split::Train, name)?.points().get(at)?.value);
    match points.get(at) {
        Some(point) => {
            let before = at.checked_sub(1).and_then(|before| points.get(before)).map_or(0, |p| p.step);
            ([before + 1, point.step], [Some(point.value), value("accuracy")])
        }
        None => ([step, step], [None, None]),
    }
}

#[cfg(test)]
mod tests {
    use super::super::engine::Engine;
    use super::super::tests::{A_LOOK, Bench, history, small, step_of};
    use super::*;
    use crate::data::Silent;
    use crate::runs::{Control, send};
    use std::sync::atomic::Ordering;

    #[test]
    fn a_step_has_the_images_that_its_loss_was_measured_on() -> anyhow::Result<()> {
        let bench = Bench::new();
        // Without dropout, whose losses are those of other networks at each step.
        let mut recipe = small();
        set(&mut recipe, "model.dropout", "0")?;
        let run = bench.create(&recipe);
        let dataset = recipe.dataset(&bench.places, &run.overlays_dir(), &Silent)?;
        let mut engine = Engine::new(&recipe, Input::of(&recipe.model, &dataset), 2, tch::Device::Cpu)?;
        // The batch is made larger after some steps, and the training interrupted a while later.
        bench.train(&run, &mut |event, interrupt| {
            if step_of(event) == Some(11) {
                let control = Control::Set { path: "train.batch_size".to_owned(), value: "64".to_owned() };
                send(&run, control).expect("it can be asked");
                std::thread::sleep(A_LOOK);
            }
            interrupt.fetch_or(step_of(event) == Some(16), Ordering::Relaxed);
        })?;
        let first = engine.model();
        let kept = checkpoint::read(&run.checkpoint_file())?.expect("it was interrupted");
        kept.restore(&mut engine)?;
        let mut measured = vec![(17, engine.parameters())];
        measured.push((1, first));
        bench.train_through(&run);
        let history = history(&run);
        for (step, weights) in measured {
            engine.load_parameters(&weights)?;
            let behind = behind(&run, &history, &dataset, step)?;
            assert_eq!((behind.point, behind.rows.len()), ([step, step], if step == 1 { 32 } else { 64 }));
            let loss = engine.forward(&dataset.train, &behind.rows)?.loss_sum / behind.rows.len() as f64;
            let told = behind.figures[0].expect("every step is told");
            assert!((loss - told).abs() < 1e-5, "step {step}: {loss} and {told}");
        }
        // An epoch is all of the images, each once.
        let rows: Vec<u32> = (1..=9)
            .flat_map(|step| behind(&run, &history, &dataset, step).map(|b| b.rows))
            .flatten()
            .collect();
        let (train, _) = dataset.divide(small().train.validation_share, small().train.seed);
        assert_eq!(rows, order(&train, small().train.seed, 0));
        for none in [0, history.step + 1] {
            assert!(behind(&run, &history, &dataset, none).is_err());
        }
        let other = Dataset { fingerprint: "other".to_owned(), ..dataset };
        assert!(behind(&run, &history, &other, 1).is_err());
        Ok(())
    }

    #[test]
    fn images_are_shown_as_the_step_saw_them() -> anyhow::Result<()> {
        let bench = Bench::new();
        let mut recipe = small();
        set(&mut recipe, "augment.shift_pixels", "3")?;
        recipe.train.epochs = 1;
        let run = bench.create(&recipe);
        bench.train_through(&run);
        let dataset = recipe.dataset(&bench.places, &run.overlays_dir(), &Silent)?;
        let behind = behind(&run, &history(&run), &dataset, 5)?;
        let seen = behind.seen(&dataset).expect("they were moved");
        assert_eq!(seen.len(), 32);
        assert!(
            seen.iter().zip(&behind.rows).any(|(seen, row)| *seen != *dataset.train.image(*row as usize))
        );
        let plain = Behind { recipe: small(), ..behind };
        assert!(plain.seen(&dataset).is_none());
        Ok(())
    }
}
