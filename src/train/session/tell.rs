//! What a session tells: events, and the figures at its end.

use super::Session;
use crate::runs::{Evaluated, Event, Metrics, Split, Started, now};
use crate::score::Figures;
use crate::train::evaluate::Evaluation;
use crate::train::prepare::Prepared;
use crate::train::state::Sums;
use crate::train::summary::{Ending, Summary};

impl Session<'_, '_, '_> {
    pub(super) fn say_started(&mut self) {
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
            parent: self.run.meta().parent.map(|parent| parent.to_string()),
        }));
    }

    pub(super) fn say_progress(&mut self) {
        let state = &mut self.p.state;
        let n = self.p.train_rows.len() as u64;
        let Sums { n: images, correct, loss, secs, numbers } = std::mem::take(&mut state.sums);
        let images = images.max(1) as f64;
        let mut metrics = Metrics::from([
            ("loss", loss / images),
            ("accuracy", correct as f64 / images),
            ("lr", self.lr),
            ("images_per_s", images / secs.max(1e-9)),
        ]);
        metrics.0.extend(numbers.iter().flat_map(Figures::metrics));
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

    pub(super) fn say_evaluated(&mut self, split: Split, evaluation: &Evaluation, best: bool) {
        let state = &self.p.state;
        // The test images are read by the model that is kept, so their point belongs to its step.
        let kept = state.kept.filter(|_| split == Split::Test);
        let (step, epoch) = kept
            .map_or((state.step, state.epochs_done(self.p.train_rows.len() as u64)), |kept| {
                (kept.step, kept.epoch)
            });
        self.log.say(&Event::Evaluated(Evaluated {
            at: now(),
            step,
            epoch,
            trained_secs: state.trained_secs,
            split,
            best,
            metrics: metrics(evaluation),
            confusion: evaluation.confusion.clone(),
        }));
    }

    /// A measurement at the present step that decides nothing here.
    pub(super) fn say_measured(&mut self, split: Split, evaluation: &Evaluation) {
        let state = &self.p.state;
        self.log.say(&Event::Evaluated(Evaluated {
            at: now(),
            step: state.step,
            epoch: state.epochs_done(self.p.train_rows.len() as u64),
            trained_secs: state.trained_secs,
            split,
            best: false,
            metrics: metrics(evaluation),
            confusion: evaluation.confusion.clone(),
        }));
    }

    pub(super) fn summary(&self, ending: Ending, test: Option<&Evaluation>) -> Summary {
        let state = &self.p.state;
        Summary {
            run: self.run.id(),
            ending,
            accuracy: test.map(|t| t.accuracy),
            top_2: test.and_then(|t| t.top_2),
            classes: test.map(|t| t.classes(&self.p.dataset.classes)).unwrap_or_default(),
            last_valid_accuracy: state.last.map(|last| last.accuracy),
            loss: test.map(|t| t.loss),
            ms_per_image: None,
            valid_accuracy: state.kept.map(|k| k.accuracy),
            valid_loss: state.kept.map(|k| k.loss),
            best_epoch: state.kept.map(|k| k.epoch),
            epochs: state.epochs_done(self.p.train_rows.len() as u64),
            steps: state.step,
            params: self.p.engine.n_params() as u64,
            images_per_s: (self.image_secs > 0.0).then(|| self.images as f64 / self.image_secs),
            seconds: state.trained_secs,
        }
    }
}

/// Loss and accuracy; where whole numbers are read how lengths, positions and characters are, and where digits are
/// looked for how they and their numbers are found.
fn metrics(evaluation: &Evaluation) -> Metrics {
    let mut metrics = Metrics::from([("loss", evaluation.loss), ("accuracy", evaluation.accuracy)]);
    metrics.0.extend(evaluation.top_2.map(|share| ("top_2".to_owned(), share)));
    metrics.0.extend(evaluation.numbers.iter().flat_map(Figures::metrics));
    if let Some(found) = &evaluation.found {
        let (digits, numbers) = (&found.digits, &found.numbers);
        let all = [
            ("map_50", digits.ap_50),
            ("map", digits.ap),
            ("number_exact", numbers.exact),
            ("number_iou", numbers.mean_iou),
            ("number_over_half", numbers.over_half),
            ("false_numbers", numbers.false_per_picture),
        ];
        metrics.0.extend(all.map(|(name, value)| (name.to_owned(), value)));
    }
    metrics
}

fn device_name(device: tch::Device) -> String {
    match device {
        tch::Device::Cpu => "CPU".to_owned(),
        tch::Device::Cuda(number) => format!("NVIDIA GPU {number}"),
        tch::Device::Mps => "Apple GPU".to_owned(),
        tch::Device::Vulkan => "Vulkan".to_owned(),
    }
}
