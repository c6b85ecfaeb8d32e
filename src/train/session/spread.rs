//! How weights and gradients are spread after each epoch, for people to look at later. It changes nothing of the
//! training, and never takes more than a hundredth of its time.

use super::Session;
use crate::runs::{Histogram, Histograms, Journal, Parameter, now};
use std::time::Instant;

/// Numbers of each list that are counted at most, spread evenly over it.
const MOST: usize = 1 << 16;
/// Of the training's time.
const SHARE: f64 = 0.01;
/// One training image in so many is asked for gradients, and at most [`IMAGES`] are.
const ONE_IN: usize = 1000;
/// Images that are asked for gradients at most.
const IMAGES: usize = 64;

/// What telling has taken so far.
#[derive(Default)]
pub(super) struct Spent {
    secs: f64,
    n: u32,
}

impl Session<'_, '_, '_> {
    /// Writes a line, where there is time for it.
    pub(super) fn say_spread(&mut self) {
        // Of many trials side by side nobody looks at the weights.
        if self.rungs.judge.is_some() {
            return;
        }
        // The first one is always told. What the next one takes is what one took so far.
        let next = self.spent.secs * f64::from(self.spent.n + 1) / f64::from(self.spent.n.max(1));
        if self.spent.n > 0 && next > SHARE * self.p.state.trained_secs {
            return;
        }
        let began = Instant::now();
        let line = self.spread();
        let path = self.run.histograms_file();
        // Curves and models come first: a disk without room is told by those.
        let written = line.and_then(|line| Ok(Journal::open(&path)?.append(&line)?));
        self.spent.secs += began.elapsed().as_secs_f64();
        self.spent.n += u32::from(written.is_ok());
    }

    fn spread(&mut self) -> anyhow::Result<Histograms> {
        let n = self.p.train_rows.len();
        let epoch = self.p.state.epochs_done(n as u64);
        // Always the same images, so that epochs can be compared.
        let rows: Vec<u32> =
            self.p.train_rows.iter().copied().step_by(n.div_ceil(IMAGES).max(ONE_IN)).collect();
        let gradients = self.p.engine.gradients(&self.p.dataset.train, &rows, self.p.state.step)?;
        let parameters = self
            .p
            .engine
            .model()
            .iter()
            .filter(|(name, _)| !name.contains("running_"))
            .map(|(name, weights)| {
                let slope = gradients.iter().find(|(of, _)| of == name).map(|(_, gradient)| gradient);
                Ok(Parameter {
                    name: name.clone(),
                    weights: histogram(weights)?,
                    gradients: slope.map(histogram).transpose()?,
                })
            })
            .collect::<anyhow::Result<_>>()?;
        Ok(Histograms { at: now(), step: self.p.state.step, epoch, parameters })
    }
}

fn histogram(tensor: &tch::Tensor) -> anyhow::Result<Histogram> {
    let flat = tensor.f_detach()?.f_to_device(tch::Device::Cpu)?.f_to_kind(tch::Kind::Float)?;
    let values = Vec::<f32>::try_from(flat.f_contiguous()?.f_view([-1])?)?;
    let step = values.len().div_ceil(MOST).max(1);
    if step == 1 {
        return Ok(Histogram::of(&values));
    }
    let some: Vec<f32> = values.into_iter().step_by(step).collect();
    Ok(Histogram::of(&some))
}

#[cfg(test)]
mod tests {
    use crate::knobs::Choice as _;
    use crate::train::tests::{Bench, small, weights};

    #[test]
    fn weights_and_gradients_of_each_kind_of_network_are_told() -> anyhow::Result<()> {
        for name in ["mlp", "cnn_simple"] {
            let bench = Bench::new();
            let mut recipe = small();
            assert!(recipe.model.choose(name));
            recipe.train.epochs = 1;
            let run = bench.create(&recipe);
            bench.train_through(&run);
            let told = run.histograms()?;
            // Whether later epochs are told depends on how long the first one took; the first always is.
            assert_eq!((told.len(), told[0].step), (1, 9), "{name}");
            let (_, model) = crate::models::file::read(&run.last_model())?;
            for parameter in &told[0].parameters {
                let own = model.iter().find(|(name, _)| *name == parameter.name).expect("it is in the model");
                let n = own.1.numel();
                assert_eq!(
                    parameter.weights.n(),
                    n.div_ceil(n.div_ceil(super::MOST)) as u64,
                    "{}",
                    parameter.name
                );
                let mean = own.1.mean(tch::Kind::Double).double_value(&[]);
                let near = if n > super::MOST { 1e-3 } else { 1e-5 };
                assert!((f64::from(parameter.weights.mean) - mean).abs() < near, "{}", parameter.name);
                let slope = parameter.gradients.as_ref().expect("it has a gradient");
                assert!(slope.n() > 0 && slope.not_finite == 0 && slope.range[0] < slope.range[1]);
            }
            assert_eq!(told[0].parameters.len(), model.len(), "{name}");
        }
        Ok(())
    }

    #[test]
    fn telling_changes_nothing() {
        let bench = Bench::new();
        let (told, silent) = (bench.create(&small()), bench.create(&small()));
        bench.train_through(&told);
        // A folder in its place cannot be written to.
        std::fs::create_dir(silent.histograms_file()).expect("it can be made");
        bench.train_through(&silent);
        assert_eq!(weights(&told), weights(&silent));
    }
}
