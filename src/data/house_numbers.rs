//! House numbers cut out of street pictures, and out of drawn scenes to learn from beside them: one number a picture,
//! each in its own size.

use super::cache::{self, Outline, Picture, Sink};
use super::error::DataError;
use super::fetch::Fetched;
use super::marks::{Area, Mark, around, numbers};
use super::parallel::in_portions;
use super::places::{Availability, Places};
use super::progress::{Progress, Silent, Stage, Unit};
use super::random::Stream;
use super::samples::{Dataset, Kind};
use super::scenes::{self, Painter, Scenes, Style};
use super::svhn::streets::SvhnStreets;
use super::{DataSet, Origin};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Goes up with every change of what is made of the same pictures.
const VERSION: u32 = 1;
/// Scenes that are drawn between two looks at progress and cancel.
const PORTION: usize = 256;
/// Columns and rows of a scene.
const SCENE: u64 = 128;
/// Lower digits of scenes are blurs that nobody could read.
const LOWEST: f32 = 9.0;
/// How far the sides of a box around a drawn number go astray, as a share of its height.
const ASTRAY: f32 = 0.08;

/// Settings of the house numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HouseNumbers {
    /// The folder of SVHN's archives or of what they unpack to; empty to look in the usual places.
    pub folder: String,
    /// Learn from the 202,353 easier pictures of `extra.tar.gz` too.
    pub extra: bool,
    /// Numbers to learn from that are cut out of drawn scenes.
    pub drawn: u64,
    /// How difficult those are.
    pub difficulty: f64,
    /// How much larger than the box around its digits a number is cut out.
    pub margin: f64,
    /// One channel of brightness in place of three of colour.
    pub grey: bool,
    /// Seed of what is drawn.
    pub seed: u64,
}

impl Default for HouseNumbers {
    fn default() -> Self {
        Self {
            folder: String::new(),
            extra: false,
            drawn: 0,
            difficulty: 0.7,
            margin: 0.0,
            grey: true,
            seed: 1,
        }
    }
}

impl Knobs for HouseNumbers {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { folder, extra, drawn, difficulty, margin, grey, seed } = self;
        let help = "Folder that holds train.tar.gz and test.tar.gz, or what they unpack to; empty to look in the usual places";
        visitor.text("folder", folder, help);
        visitor.flag("extra", extra, "Learn from the 202,353 easier pictures of extra.tar.gz too");
        let help = "Numbers to learn from that are cut out of drawn scenes; none of them tests";
        visitor.int("drawn", drawn, Knob::range(0, 200_000, help));
        let help = "Blur, noise, shadows, slant, low contrast of what is drawn";
        visitor.float("difficulty", difficulty, Knob::range(0.0, 1.0, help));
        let help = "How much larger than the box around its digits a number is cut out, as a share of it";
        visitor.float("margin", margin, Knob::range(0.0, 1.0, help));
        visitor.flag("grey", grey, "One channel of brightness in place of three of colour");
        visitor.int("seed", seed, Knob::range(0, u32::MAX as u64, "Seed of what is drawn"));
    }
}

impl HouseNumbers {
    fn streets(&self) -> SvhnStreets {
        SvhnStreets {
            folder: self.folder.clone(),
            extra: self.extra,
            grey: self.grey,
            ..SvhnStreets::default()
        }
    }

    fn scenes(&self) -> Scenes {
        Scenes {
            size: SCENE,
            style: Style::Svhn,
            negatives: 0.0,
            difficulty: self.difficulty,
            grey: self.grey,
            seed: self.seed,
            ..Scenes::default()
        }
    }

    /// Cuts every number out, real ones first.
    fn write(
        &self,
        streets: &Dataset,
        places: &Places,
        sink: &mut Sink,
        job: &dyn Progress,
    ) -> Result<Outline, DataError> {
        let mut warnings = streets.warnings.clone();
        let n = (streets.train.len() + streets.test.len()) as u64;
        let total = n + self.drawn;
        let mut done = 0;
        let mut longest = 1;
        let mut real = |tests: bool, sink: &mut Sink| {
            let samples = if tests { &streets.test } else { &streets.train };
            for row in 0..samples.len() {
                if done % PORTION as u64 == 0 {
                    if job.cancelled() {
                        return Err(DataError::Cancelled);
                    }
                    job.report(Stage { text: "Cutting numbers out", done, total, unit: Unit::Images });
                }
                done += 1;
                let Some(number) = around(samples.marks(row)) else { continue };
                let wide = Area {
                    x: number.x - number.w * self.margin as f32 / 2.0,
                    y: number.y - number.h * self.margin as f32 / 2.0,
                    w: number.w * (1.0 + self.margin as f32),
                    h: number.h * (1.0 + self.margin as f32),
                };
                let image = samples.image(row);
                let cut = cut(&image, samples.size(row), samples.marks(row), &wide);
                let Some(cut) = cut else { continue };
                longest = cut.marks.len().max(longest);
                let picture = cut.picture(samples.name(row));
                if tests { sink.test(picture)? } else { sink.train(picture)? }
            }
            Ok(done)
        };
        let done = real(false, sink)?;
        let mut longest_drawn = 0;
        if self.drawn > 0 {
            let painter = Painter::open(&self.scenes(), places, job)?;
            warnings.extend(painter.warnings().iter().cloned());
            longest_drawn = self.draw(&painter, sink, &|drawn| {
                job.report(Stage { text: "Drawing numbers", done: done + drawn, total, unit: Unit::Images });
                !job.cancelled()
            })?;
        }
        real(true, sink)?;
        Ok(Outline {
            name: "House numbers".to_owned(),
            classes: streets.classes.clone(),
            kind: Kind::Numbers { longest: longest.max(longest_drawn) },
            channels: streets.train.channels,
            warnings,
        })
    }

    /// Numbers cut out of scene after scene until there are enough; `report` says whether to go on. Gives the most
    /// digits on one.
    fn draw(
        &self,
        painter: &Painter,
        sink: &mut Sink,
        report: &dyn Fn(u64) -> bool,
    ) -> Result<usize, DataError> {
        let (mut drawn, mut first, mut longest) = (0, 0, 0);
        while drawn < self.drawn {
            if !report(drawn) {
                return Err(DataError::Cancelled);
            }
            let of_portion = |rows: Range<usize>| -> Vec<Cut> {
                rows.flat_map(|row| self.of_scene(painter, first + row as u64)).collect()
            };
            let cuts = in_portions(PORTION, 8, "Drawing numbers", &Silent, of_portion)?;
            first += PORTION as u64;
            for cut in cuts.into_iter().flatten().take((self.drawn - drawn) as usize) {
                sink.train(cut.picture(""))?;
                longest = cut.marks.len().max(longest);
                drawn += 1;
            }
        }
        Ok(longest)
    }

    /// The numbers of one scene, cut out about as well as a person or a program would.
    fn of_scene(&self, painter: &Painter, index: u64) -> Vec<Cut> {
        let scene = painter.scene(false, index);
        let mut stream = Stream::new("cut out", self.seed, index, 0);
        let mut cuts = Vec::new();
        for marks in numbers(&scene.marks) {
            let Some(number) = around(marks) else { continue };
            let mut astray = || stream.between(-ASTRAY, ASTRAY) * number.h;
            let (left, top, right, bottom) = (astray(), astray(), astray(), astray());
            let margin = self.margin as f32 / 2.0;
            let area = Area {
                x: number.x - number.w * margin - left,
                y: number.y - number.h * margin - top,
                w: number.w * (1.0 + 2.0 * margin) + left + right,
                h: number.h * (1.0 + 2.0 * margin) + top + bottom,
            };
            if marks.iter().all(|mark| mark.area.h >= LOWEST) {
                cuts.extend(cut(&scene.pixels, painter.size(), marks, &area));
            }
        }
        cuts
    }
}

impl DataSet for HouseNumbers {
    fn load(&self, places: &Places, job: &dyn Progress) -> Result<Dataset, DataError> {
        let streets = self.streets().load(places, job)?;
        let Self { folder: _, extra: _, drawn, difficulty, margin, grey: _, seed } = self;
        let settings = format!("{drawn} {difficulty} {margin} {seed} {}", scenes::VERSION);
        let stamp = format!("{VERSION} {settings} {}", streets.fingerprint);
        cache::stream(places, "house-numbers", &stamp, &stamp, |sink| self.write(&streets, places, sink, job))
    }

    fn fetch(&self, places: &Places, job: &dyn Progress) -> Result<Fetched, DataError> {
        self.streets().fetch(places, job)
    }

    fn shows_numbers(&self) -> Option<bool> {
        Some(true)
    }

    fn origin(&self, places: &Places) -> Origin {
        self.streets().origin(places)
    }

    fn available(&self, places: &Places) -> Availability {
        self.streets().available(places)
    }
}

/// A number that was cut out.
struct Cut {
    pixels: Vec<u8>,
    size: [u32; 2],
    marks: Vec<Mark>,
}

impl Cut {
    fn picture<'a>(&'a self, name: &'a str) -> Picture<'a> {
        let Self { pixels, size, marks } = self;
        Picture { pixels, size: *size, label: marks.len().min(255) as u8, marks, name }
    }
}

/// Cuts what `area` covers, where there is something, out of a picture, and moves the marks along; `None` where it
/// covers nothing.
fn cut(image: &[u8], size: [usize; 2], marks: &[Mark], area: &Area) -> Option<Cut> {
    let [width, height] = size;
    let (left, top) = (area.x.floor().max(0.0) as usize, area.y.floor().max(0.0) as usize);
    let (right, bottom) = (area.right().ceil().max(0.0) as usize, area.bottom().ceil().max(0.0) as usize);
    let (right, bottom) = (right.min(width), bottom.min(height));
    if left >= right || top >= bottom {
        return None;
    }
    let planes = image.chunks_exact(width * height);
    let rows = planes.flat_map(|plane| plane[top * width..bottom * width].chunks_exact(width));
    let pixels = rows.flat_map(|row| row[left..right].iter().copied()).collect();
    let moved = |mark: &Mark| {
        let area = Area { x: mark.area.x - left as f32, y: mark.area.y - top as f32, ..mark.area };
        Mark { number: 0, area, ..*mark }
    };
    let size = [(right - left) as u32, (bottom - top) as u32];
    Some(Cut { pixels, size, marks: marks.iter().map(moved).collect() })
}

#[cfg(test)]
mod tests {
    use super::super::testing::empty_places;
    use super::*;

    #[test]
    fn pixels_and_marks_are_cut_together() {
        let image: Vec<u8> = (0..2 * 5 * 4).collect();
        let mark = Mark { class: 3, number: 2, area: Area { x: 2.0, y: 1.0, w: 1.0, h: 2.0 } };
        let area = Area { x: 1.5, y: 0.5, w: 2.0, h: 2.4 };
        let cut_out = cut(&image, [5, 4], &[mark], &area).expect("there is something");
        assert_eq!(cut_out.size, [3, 3]);
        assert_eq!(cut_out.pixels, [1, 2, 3, 6, 7, 8, 11, 12, 13, 21, 22, 23, 26, 27, 28, 31, 32, 33]);
        let moved = Mark { class: 3, number: 0, area: Area { x: 1.0, y: 1.0, w: 1.0, h: 2.0 } };
        assert_eq!(cut_out.marks, [moved]);
        assert!(cut(&image, [5, 4], &[], &Area { x: 6.0, ..area }).is_none());
        let beyond = Area { x: -3.0, y: -9.0, w: 90.0, h: 90.0 };
        assert_eq!(cut(&image, [5, 4], &[], &beyond).expect("all of it").pixels, image);
    }

    #[test]
    fn drawn_numbers_are_learned_from_and_never_tested_on() {
        let (folder, places) = empty_places();
        let streets = folder.path().join("streets");
        super::super::svhn::streets::write_small(&streets);
        let settings =
            HouseNumbers { folder: streets.display().to_string(), drawn: 5, ..HouseNumbers::default() };
        let dataset = settings.load(&places, &Silent).expect("it is sound");
        assert_eq!((dataset.train.len(), dataset.test.len()), (3 + 5, 3));
        assert_eq!(dataset.train.labels[..3], [1, 2, 3]);
        assert_eq!(dataset.test.labels[..], [1, 2, 3]);
        for row in 3..8 {
            let [width, height] = dataset.train.size(row);
            assert!(height >= LOWEST as usize && width > 2, "{width}x{height}");
            let marks = dataset.train.marks(row);
            assert!(!marks.is_empty() && marks.iter().all(|mark| mark.number == 0));
            assert_eq!(usize::from(dataset.train.labels[row]), marks.len());
        }
        // A box of 10x20 in a picture of 40x30.
        assert_eq!(dataset.train.size(0), [10, 20]);
    }
}
