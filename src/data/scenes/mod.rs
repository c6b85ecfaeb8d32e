//! House-number scenes: pictures of walls, doors and papers with numbers on them, drawn as they are asked for, with a
//! box for each digit.
//!
//! A scene is a function of (settings, part, index): what is on it is laid out first (`compose`), so that boxes are
//! known without painting, and they are the bounds of the very outlines that are painted.
//!
//! Test pictures share nothing with training pictures that could be learned by heart: other font families (every
//! fourth of those at hand, and of the program's own Ubuntu Light instead of Hack), other drawn designs (odd numbers
//! instead of even ones), other dots of displays (square instead of round), other textures of every kind, four kinds of
//! surface (granite, mosaic, shingles, hammered metal) that training never has, other photos, and real digits and numbers from the test part of the data set that they are taken from. What they share is
//! how colours, light and cameras are drawn by chance.

pub mod bench;
mod build;
mod camera;
mod canvas;
mod chance;
mod clutter;
mod compose;
mod crops;
mod display;
mod drawn;
mod geometry;
mod layer;
mod layout;
mod light;
mod mount;
mod noise;
mod palette;
mod pen;
mod raster;
mod real_hands;
mod settings;
mod skeleton;
mod studio;
mod tables;
#[cfg(test)]
mod tests;
mod texture;
mod typeface;
mod walls;

pub use settings::{FontChoice, Like, Scenes, Style};

use super::DataSet;
use super::error::DataError;
use super::fetch::Fetched;
use super::marks::{Mark, Marks};
use super::places::{Availability, Places};
use super::progress::{Progress, Stage, Unit};
use super::samples::{Dataset, Images, Kind, Pixels, Samples};
use compose::{Easel, plan};
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use studio::Studio;

/// Goes up with every change of how scenes are drawn: another version is another data set.
pub(super) const VERSION: u32 = 1;
/// Scenes laid out between two looks at progress and cancel.
const PORTION: usize = 64;
/// The most digits of one number.
const LONGEST: usize = 5;

/// One scene.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Red, green and blue one after the other (or grey only), row after row.
    pub pixels: Vec<u8>,
    /// A box for each digit, number after number.
    pub marks: Vec<Mark>,
}

/// Draws scenes for as long as one likes: each index of each part is another one.
#[derive(Clone, Debug)]
pub struct Painter {
    settings: Scenes,
    studio: Arc<Studio>,
}

impl Painter {
    /// Opens fonts, photos and the data set whose numbers are pasted in; what could not be used is among the warnings.
    pub fn open(settings: &Scenes, places: &Places, job: &dyn Progress) -> Result<Self, DataError> {
        Ok(Self { settings: settings.clone(), studio: Arc::new(Studio::open(settings, places, job)?) })
    }

    /// Scene `index` of the training part, or of the test part. Always the same, on any thread.
    pub fn scene(&self, test: bool, index: u64) -> Scene {
        let mut scene = Scene { pixels: Vec::new(), marks: Vec::new() };
        self.draw(test, index, &mut scene);
        scene
    }

    /// The same into memory that is there already.
    pub fn draw(&self, test: bool, index: u64, scene: &mut Scene) {
        thread_local! {
            /// A canvas is a megabyte and more: kept from scene to scene.
            static EASEL: std::cell::RefCell<Easel> = std::cell::RefCell::default();
        }
        let plan = plan(&self.studio, &self.settings, test, index);
        EASEL.with_borrow_mut(|easel| easel.paint(&self.studio, &self.settings, &plan, &mut scene.pixels));
        scene.marks = plan.marks;
    }

    /// The boxes of a scene without painting it: much faster.
    pub fn marks(&self, test: bool, index: u64) -> Vec<Mark> {
        plan(&self.studio, &self.settings, test, index).marks
    }

    /// Width and height of scenes.
    pub fn size(&self) -> [usize; 2] {
        self.settings.sides()
    }

    /// What could not be used.
    pub fn warnings(&self) -> &[String] {
        &self.studio.warnings
    }
}

/// One part of the data set.
struct Part {
    painter: Painter,
    test: bool,
}

impl Images for Part {
    fn image(&self, row: usize) -> Cow<'_, [u8]> {
        Cow::Owned(self.painter.scene(self.test, row as u64).pixels)
    }
}

impl DataSet for Scenes {
    /// Lays the scenes out; they are painted when they are looked at.
    fn load(&self, places: &Places, job: &dyn Progress) -> Result<Dataset, DataError> {
        let painter = Painter::open(self, places, job)?;
        let done = AtomicU64::new(0);
        let [train, test] = [(false, self.train), (true, self.test)].map(|(test, n)| {
            let marks = lay_out(&painter, test, n as usize, &|portion| {
                let done = done.fetch_add(portion as u64, Ordering::Relaxed) + portion as u64;
                let total = self.train + self.test;
                job.report(Stage { text: "Laying out scenes", done, total, unit: Unit::Images });
                !job.cancelled()
            })?;
            Ok(self.samples(&painter, test, marks))
        });
        let (train, test) = (train?, test?);
        let mut digest = Sha256::new();
        digest.update(format!("scenes {VERSION} {} {}", self.identity(), painter.studio.digest()));
        for samples in [&train, &test] {
            samples.marks.iter().flat_map(|marks| marks.all()).for_each(|mark| {
                let Mark { class, number, area } = mark;
                digest.update([*class, *number]);
                [area.x, area.y, area.w, area.h].iter().for_each(|side| digest.update(side.to_le_bytes()));
            });
        }
        Ok(Dataset {
            name: "House-number scenes".to_owned(),
            classes: (0..10).map(|digit| digit.to_string()).collect(),
            kind: Kind::Numbers { longest: LONGEST },
            train,
            test,
            fingerprint: super::cache::hex(&digest.finalize()),
            curated: None,
            warnings: painter.warnings().to_vec(),
        })
    }

    fn shape(&self) -> Option<[usize; 3]> {
        let [width, height] = self.sides();
        Some([if self.grey { 1 } else { 3 }, height, width])
    }

    fn fetch(&self, places: &Places, job: &dyn Progress) -> Result<Fetched, DataError> {
        let mut all = Fetched { folder: places.cache.clone(), ..Fetched::default() };
        for source in [crops::wanted(self), real_hands::wanted(self)].into_iter().flatten() {
            let Fetched { folder, downloaded_bytes, notes } = source.fetch(places, job)?;
            all = Fetched { folder, downloaded_bytes: all.downloaded_bytes + downloaded_bytes, notes };
        }
        Ok(all)
    }

    fn shows_numbers(&self) -> Option<bool> {
        Some(true)
    }

    fn available(&self, places: &Places) -> Availability {
        // What is to be pasted in must be there; a wrong name is only a warning.
        [crops::wanted(self), real_hands::wanted(self)]
            .into_iter()
            .flatten()
            .map(|source| source.available(places))
            .find(|available| *available != Availability::Ready)
            .unwrap_or(Availability::Ready)
    }
}

impl Scenes {
    fn samples(&self, painter: &Painter, test: bool, marks: Marks) -> Samples {
        let labels = (0..marks.n_pictures()).map(|row| marks.of(row).len().min(255) as u8).collect();
        let pixels = Pixels::Drawn(Arc::new(Part { painter: painter.clone(), test }));
        let [width, height] = self.sides();
        let shape = [if self.grey { 1 } else { 3 }, height, width];
        Samples { marks: Some(Arc::new(marks)), ..Samples::new(pixels, labels, shape) }
    }
}

/// The marks of the first `n` scenes of a part, on every core; `report` takes note of scenes and says whether to go on.
fn lay_out(
    painter: &Painter,
    test: bool,
    n: usize,
    report: &(dyn Fn(usize) -> bool + Sync),
) -> Result<Marks, DataError> {
    let mut all: Vec<Vec<Mark>> = vec![Vec::new(); n];
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = n.div_ceil(n_threads).max(1);
    let stopped = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for (thread, mine) in all.chunks_mut(share).enumerate() {
            let stopped = &stopped;
            scope.spawn(move || {
                for (portion, marks) in mine.chunks_mut(PORTION).enumerate() {
                    let first = thread * share + portion * PORTION;
                    for (i, marks) in marks.iter_mut().enumerate() {
                        *marks = painter.marks(test, (first + i) as u64);
                    }
                    if stopped.load(Ordering::Relaxed) || !report(marks.len()) {
                        stopped.store(true, Ordering::Relaxed);
                        return;
                    }
                }
            });
        }
    });
    if stopped.into_inner() {
        return Err(DataError::Cancelled);
    }
    let mut marks = Marks::new();
    all.iter().for_each(|of_one| marks.push(of_one));
    Ok(marks)
}
