//! What a model that looks for numbers makes of a few validation pictures after each epoch, for people to look at. It
//! changes nothing of the training.

use super::Session;
use crate::data::{Area, Mark, Samples, marks};
use crate::found::{Thresholds, numbers};
use crate::runs::{Boxed, Boxes, Example, Examples, Journal, Level, now};
use crate::train::engine::Forward;
use anyhow::Context as _;
use std::path::Path;

/// Pictures that are shown.
const PICTURES: usize = 8;
/// Numbers less sure than this are not shown: of those that nobody would believe there are many.
const SURE: f32 = 0.25;

impl Session<'_, '_, '_> {
    /// Writes a line, where the model says where things are.
    pub(super) fn say_examples(&mut self) {
        let model = &self.p.state.recipe.model;
        let looks = model.detector().is_some()
            || model.numbers(self.p.dataset.classes.len()).is_some_and(|design| design.place.is_some());
        // Of many trials side by side nobody looks at pictures.
        if self.rungs.judge.is_some() || !looks {
            return;
        }
        let (line, path) = (self.examples(), self.run.examples_file());
        if let Err(e) = line.and_then(|line| Ok(Journal::open(&path)?.append(&line)?)) {
            self.log
                .note(Level::Warning, format!("What it sees on example pictures could not be kept: {e:#}"));
        }
    }

    fn examples(&mut self) -> anyhow::Result<Examples> {
        let epoch = self.p.state.epochs_done(self.p.train_rows.len() as u64);
        let samples = &self.p.dataset.train;
        let rows = chosen(samples, &self.p.valid_rows);
        let forward = self.p.engine.forward(samples, &rows)?;
        let folder = self.run.examples_dir();
        std::fs::create_dir_all(&folder)?;
        let pictures = rows
            .iter()
            .enumerate()
            .map(|(i, row)| {
                let (file, row) = (format!("{row}.png"), *row as usize);
                write_once(samples, row, &folder.join(&file))?;
                Ok(seen(samples, row, file, &forward, i))
            })
            .collect::<anyhow::Result<_>>()?;
        Ok(Examples { at: now(), step: self.p.state.step, epoch, pictures })
    }
}

/// A few rows with something on their pictures, always the same ones.
fn chosen(samples: &Samples, rows: &[u32]) -> Vec<u32> {
    let some: Vec<u32> =
        rows.iter().copied().filter(|row| !samples.marks(*row as usize).is_empty()).collect();
    some.iter().copied().step_by((some.len() / PICTURES).max(1)).take(PICTURES).collect()
}

/// What the model says of the picture that is the `i`th of those read.
fn seen(samples: &Samples, row: usize, file: String, forward: &Forward, i: usize) -> Example {
    let (size, marks, mut found) = (samples.size(row), samples.marks(row), Boxes::default());
    if let Some(candidates) = forward.found.get(i) {
        for number in numbers(candidates.clone(), &Thresholds { number: SURE, ..Thresholds::default() }) {
            let digits = number.digits.iter();
            found.digits.extend(digits.map(|one| boxed(one.digit.to_string(), one.confidence, &one.area)));
            found.numbers.push(boxed(number.text, number.confidence, &number.area));
        }
        let truth = written(marks::numbers(marks));
        return Example { file, size, truth, found };
    }
    if let Some(reading) = forward.numbers.get(i) {
        let text = reading.classes.iter().map(u8::to_string).collect();
        let place = reading.area(size);
        found.numbers.extend(place.map(|area| boxed(text, reading.confidence, &area)));
    }
    // Of several numbers the largest is the one that is looked for.
    let truth = written(std::iter::once(marks::largest(marks)));
    Example { file, size, truth, found }
}

/// What is on a picture, number after number.
fn written<'a>(numbers: impl Iterator<Item = &'a [Mark]>) -> Boxes {
    let mut all = Boxes::default();
    for number in numbers {
        let text = number.iter().map(|mark| mark.class.to_string()).collect();
        all.numbers.extend(marks::around(number).map(|area| boxed(text, 1.0, &area)));
        all.digits.extend(number.iter().map(|mark| boxed(mark.class.to_string(), 1.0, &mark.area)));
    }
    all
}

fn boxed(text: String, confidence: f32, area: &Area) -> Boxed {
    Boxed { text, confidence, area: [area.x, area.y, area.w, area.h] }
}

/// Writes a picture where it is not there yet.
fn write_once(samples: &Samples, row: usize, path: &Path) -> anyhow::Result<()> {
    let Some(picture) = samples.picture(row).filter(|_| !path.exists()) else { return Ok(()) };
    picture.save(path).with_context(|| format!("the example picture cannot be written: {}", path.display()))
}

#[cfg(test)]
mod tests {
    use crate::data::{Scenes, Source};
    use crate::knobs::{Choice as _, set};
    use crate::train::tests::{Bench, small};

    #[test]
    fn detectors_and_locators_show_what_they_see() -> anyhow::Result<()> {
        for name in ["detector", "number_located"] {
            let bench = Bench::new();
            let mut recipe = small();
            assert!(recipe.model.choose(name));
            recipe.data =
                Source::Scenes(Scenes { train: 60, test: 10, size: 64, grey: true, ..Scenes::default() });
            if name == "number_located" {
                set(&mut recipe, "model.longest", "7")?;
            }
            recipe.train.epochs = 2;
            recipe.train.validation_share = 0.3;
            let run = bench.create(&recipe);
            bench.train_through(&run);
            let told = run.examples()?;
            assert_eq!(told.len(), 2, "{name}");
            for (one, other) in told[0].pictures.iter().zip(&told[1].pictures) {
                assert_eq!((&one.file, &one.truth), (&other.file, &other.truth));
                assert!(
                    !one.truth.numbers.is_empty() && one.truth.digits.iter().all(|mark| mark.area[2] > 0.0)
                );
                let picture = image::open(run.examples_dir().join(&one.file))?;
                assert_eq!([picture.width() as usize, picture.height() as usize], one.size);
            }
            assert_eq!(told[0].pictures.len(), 8, "{name}");
            if name == "number_located" {
                assert!(
                    told[1]
                        .pictures
                        .iter()
                        .all(|one| one.found.numbers.len() == 1 && one.found.digits.is_empty())
                );
            }
        }
        Ok(())
    }
}
