//! Digit sequences: up to five characters of another data set side by side, with a box for each (Udacity's Deep
//! Learning course, "Digit recognition program": a synthetic set like house numbers).
//!
//! Training sequences are made of training images only and test sequences of test images only. Pictures are drawn when
//! they are asked for: a million of them take up no memory beyond their labels and boxes.

mod glyphs;
mod paint;
mod settings;

pub use paint::{SQUEEZED, squeezed};
pub use settings::{Glyphs, Lengths, Polarity, Sequences, Shape};

use super::DataSet;
use super::cache::{self, Outline, Picture, Sink};
use super::error::DataError;
use super::fetch::Fetched;
use super::marks::Marks;
use super::places::{Availability, Places};
use super::progress::{Progress, Stage, Unit};
use super::samples::{Dataset, Kind, Pixels, Samples};
use paint::Painter;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Goes up with every change of how sequences are drawn: another fingerprint, and no older picture from the cache.
const VERSION: u32 = 1;
/// Sequences between two looks at progress and cancel.
const PORTION: usize = 4096;
/// Sequences that are drawn ahead of the one that is written.
const AHEAD: usize = 1024;

impl DataSet for Sequences {
    /// Places every sequence, which takes about a second for a million; pixels are drawn later, unless they are kept.
    fn load(&self, places: &Places, job: &dyn Progress) -> Result<Dataset, DataError> {
        let source = self.glyphs.source(self.seed).load(places, job)?;
        let stamp = self.stamp(&source);
        let painters = [(&source.train, self.train, true), (&source.test, self.test, false)]
            .map(|(samples, n, learned)| Arc::new(Painter::new(self, samples, n as usize, learned)));
        if self.keep {
            let identity = self.identity();
            return cache::stream(places, "sequences", &identity, &stamp, |sink| {
                self.write(&painters, &source, sink, job)
            });
        }
        let total = self.train + self.test;
        let done = AtomicU64::new(0);
        let report = |portion: usize| {
            let done = done.fetch_add(portion as u64, Ordering::Relaxed) + portion as u64;
            job.report(Stage { text: "Placing digits", done, total, unit: Unit::Images });
            !job.cancelled()
        };
        let [train, test] = painters;
        let (train, test) = (place(train, &report)?, place(test, &report)?);
        let fingerprint = cache::hex(&Sha256::digest(stamp.as_bytes()));
        let Outline { name, classes, kind, warnings, .. } = self.outline(&source);
        Ok(Dataset { name, classes, kind, train, test, fingerprint, curated: None, warnings })
    }

    fn fetch(&self, places: &Places, job: &dyn Progress) -> Result<Fetched, DataError> {
        self.glyphs.source(self.seed).fetch(places, job)
    }

    fn shows_numbers(&self) -> Option<bool> {
        Some(true)
    }

    fn available(&self, places: &Places) -> Availability {
        self.glyphs.source(self.seed).available(places)
    }

    fn shape(&self) -> Option<[usize; 3]> {
        let [channels, height, width] = self.glyphs.source(self.seed).shape()?;
        let [width, height] = paint::size(self, [width, height]);
        Some([channels, height, width])
    }
}

impl Sequences {
    /// Everything that pixels, labels and boxes depend on.
    fn stamp(&self, source: &Dataset) -> String {
        // Whether pixels are kept changes none of them.
        let drawn = Self { keep: false, ..self.clone() }.identity();
        format!("sequences {VERSION} {drawn} {}", source.fingerprint)
    }

    /// All settings; one that came later is left out while it does nothing, so that older runs and what was kept for them
    /// know their pictures again.
    fn identity(&self) -> String {
        format!("{self:?}").replace(", filled: 0.0", "")
    }

    fn outline(&self, source: &Dataset) -> Outline {
        Outline {
            name: format!("{} sequences", source.name),
            classes: source.classes.clone(),
            kind: Kind::Numbers { longest: self.longest.max(self.shortest) as usize },
            channels: 1,
            warnings: source.warnings.clone(),
        }
    }

    /// Draws every sequence into the cache file, on all cores and in order.
    fn write(
        &self,
        painters: &[Arc<Painter>; 2],
        source: &Dataset,
        sink: &mut Sink,
        job: &dyn Progress,
    ) -> Result<Outline, DataError> {
        let total = self.train + self.test;
        for (part, painter) in painters.iter().enumerate() {
            let [width, height] = painter.size();
            let all: Vec<usize> = (0..painter.n()).collect();
            for rows in all.chunks(AHEAD) {
                if job.cancelled() {
                    return Err(DataError::Cancelled);
                }
                let done = sink.len().iter().sum::<usize>() as u64;
                job.report(Stage { text: "Drawing sequences", done, total, unit: Unit::Images });
                for (pixels, marks) in on_all_cores(rows, |row| painter.draw(row)) {
                    let size = [width as u32, height as u32];
                    let label = marks.len() as u8;
                    let picture = Picture { pixels: &pixels, size, label, marks: &marks, name: "" };
                    if part == 0 { sink.train(picture)? } else { sink.test(picture)? }
                }
            }
        }
        Ok(self.outline(source))
    }
}

/// Samples whose pixels are drawn when asked for; places them all now.
fn place(painter: Arc<Painter>, report: &(dyn Fn(usize) -> bool + Sync)) -> Result<Samples, DataError> {
    let stopped = AtomicBool::new(false);
    let all: Vec<usize> = (0..painter.n()).collect();
    let portions: Vec<&[usize]> = all.chunks(PORTION).collect();
    let placed = on_all_cores(&portions, |rows| {
        if stopped.load(Ordering::Relaxed) {
            return Vec::new();
        }
        if !report(rows.len()) {
            stopped.store(true, Ordering::Relaxed);
        }
        rows.iter().map(|row| painter.marks(*row)).collect()
    });
    if stopped.into_inner() {
        return Err(DataError::Cancelled);
    }
    let (mut marks, mut labels) = (Marks::new(), Vec::with_capacity(painter.n()));
    for of_one in placed.iter().flatten() {
        marks.push(of_one);
        labels.push(of_one.len() as u8);
    }
    let [width, height] = painter.size();
    let samples = Samples::new(Pixels::Drawn(painter), labels.into(), [1, height, width]);
    Ok(Samples { marks: Some(Arc::new(marks)), ..samples })
}

/// What `make` makes of each item, in the order of the items.
fn on_all_cores<T: Copy + Sync, M: Send>(items: &[T], make: impl Fn(T) -> M + Sync) -> Vec<M> {
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = items.len().div_ceil(n_threads).max(1);
    let make = &make;
    std::thread::scope(|scope| {
        let started: Vec<_> = items
            .chunks(share)
            .map(|items| scope.spawn(move || items.iter().map(|item| make(*item)).collect::<Vec<M>>()))
            .collect();
        let joined = started.into_iter().map(|thread| thread.join());
        joined.flat_map(|made| made.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

#[cfg(test)]
mod tests;
