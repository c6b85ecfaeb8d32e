//! Any picture to numbers: looks, candidates, digits, numbers, or the one place where a number is; and what a second model
//! says of each.

use super::looks::{self, Effort, Look};
use super::raster::Raster;
use super::{Reader, opinion};
use crate::data::Area;
use crate::found::{self, Found, Number, Thresholds};
use crate::models::detector::FoldedDetector;
use crate::models::file::ModelFileError;
use crate::runs::second_opinion;
use anyhow::Context as _;
use image::{DynamicImage, RgbImage};
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Candidates less likely than this are not looked at: they only cost time.
const LEAST: f32 = 0.05;

/// Numbers that are less likely than this are not worth asking a second model about.
pub const WORTH_ASKING: f32 = 0.02;
/// A second opinion is asked of so many numbers of a picture at most, the likeliest, and of fewer on a frame.
const MOST_STILL: usize = 24;
const MOST_LIVE: usize = 4;

/// Reads numbers on pictures: a detector, or what says where the number is, and where another model is to read what that
/// finds, that one too.
pub struct PictureReader {
    detector: Option<Reader>,
    second: Option<Reader>,
    /// What is taken for a digit and a number; begins as the model file has it.
    pub thresholds: Thresholds,
}

/// What was read on a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PictureReading {
    /// Columns and rows of the picture.
    pub size: [usize; 2],
    /// The numbers, the surest first, in pixels of the picture.
    pub numbers: Vec<Number>,
    /// Every digit that may be there, down to unlikely ones, each once.
    pub digits: Vec<Found>,
    /// What the detector saw.
    pub looks: Vec<Look>,
    /// How long it took.
    pub ms: Milliseconds,
}

/// How long each stage of a reading took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Milliseconds {
    /// Brightness and sizes.
    pub prepare: f64,
    /// The detector.
    pub model: f64,
    /// From candidates to numbers.
    pub group: f64,
    /// What the second model says.
    pub second: f64,
}

impl Milliseconds {
    /// All of it.
    pub fn total(&self) -> f64 {
        self.prepare + self.model + self.group + self.second
    }
}

impl PictureReader {
    /// Opens any trained model. One that finds digits, or says where the number is, needs nothing else, and takes what
    /// reads whole numbers as a second opinion if that is beside its file (`NAME-number.safetensors`); to one that reads
    /// single digits or cropped numbers, those are shown that `detector` finds. Without a detector such a model reads
    /// each picture as one digit or one number.
    pub fn open(model: &Path, detector: Option<&Path>) -> Result<Self, ModelFileError> {
        let reader = Reader::open(model)?;
        if finds(&reader) {
            let second = Some(second_opinion(model)).filter(|path| path.is_file());
            let second = second.as_deref().map(Reader::open).transpose()?;
            return Ok(Self::new(Some(reader), second));
        }
        Ok(Self::new(detector.map(Reader::open).transpose()?, Some(reader)))
    }

    /// Opens a model that finds digits or says where the number is, and another that reads what is there.
    ///
    /// # Errors
    /// Where one of them cannot be opened or does something else.
    pub fn open_both(finder: &Path, second: &Path) -> anyhow::Result<Self> {
        let (finder, second) = (Reader::open(finder)?, Reader::open(second)?);
        anyhow::ensure!(
            finds(&finder),
            "the first model must find digits or say where the number is, and this one reads what others find: {}",
            finder.path.display()
        );
        anyhow::ensure!(
            !finds(&second),
            "the second model must read numbers or digits that the first finds, and this one looks for them itself: {}",
            second.path.display()
        );
        Ok(Self::new(Some(finder), Some(second)))
    }

    /// From models that are open already.
    pub fn new(detector: Option<Reader>, second: Option<Reader>) -> Self {
        let mut thresholds = detector.as_ref().map(|reader| reader.thresholds.clone()).unwrap_or_default();
        if second.as_ref().is_some_and(|second| second.thresholds.opinion.is_some()) {
            // What the detector doubts the second model may make surer.
            thresholds.number = thresholds.number.min(WORTH_ASKING);
        }
        Self { detector: detector.filter(finds), second, thresholds }
    }

    /// The model that finds, or, where none does, the one that reads.
    pub fn model(&self) -> Option<&Reader> {
        self.detector.as_ref().or(self.second.as_ref())
    }

    /// The same without a second opinion, where there is another model to read without.
    pub fn alone(self) -> Self {
        match self.detector {
            Some(detector) => Self::new(Some(detector), None),
            None => self,
        }
    }

    /// The model that reads what the first one finds.
    pub fn second(&self) -> Option<&Reader> {
        self.second.as_ref()
    }

    /// Takes over what the second model's word weighs from now on.
    pub fn weigh(&mut self, thresholds: Thresholds) {
        self.thresholds.number = self.thresholds.number.min(WORTH_ASKING);
        if let Some(second) = &mut self.second {
            second.thresholds = thresholds;
        }
    }

    /// Whether numbers are found anywhere on a picture; else the whole picture is taken for one.
    pub fn finds(&self) -> bool {
        self.detector.is_some()
    }

    /// Reads a small blank picture, so that the first one of the user's does not wait for libtorch to wake up.
    pub fn warm(&self) -> anyhow::Result<()> {
        self.read(&DynamicImage::new_luma8(320, 240), Effort::Live).map(|_| ())
    }

    /// Reads a picture of any size and colour model.
    pub fn read(&self, picture: &DynamicImage, effort: Effort) -> anyhow::Result<PictureReading> {
        let began = Instant::now();
        let raster = Raster::of(picture);
        let prepare = ms_since(began);
        self.read_raster(&raster, prepare, effort, &mut || picture.clone())
    }

    /// Reads a frame of a camera.
    pub fn read_rgb(&self, frame: &RgbImage, effort: Effort) -> anyhow::Result<PictureReading> {
        let began = Instant::now();
        let raster = Raster::of_rgb(frame);
        let prepare = ms_since(began);
        self.read_raster(&raster, prepare, effort, &mut || frame.clone().into())
    }

    /// `picture` is only asked for where a second model looks at its digits.
    fn read_raster(
        &self,
        raster: &Raster,
        prepare: f64,
        effort: Effort,
        picture: &mut dyn FnMut() -> DynamicImage,
    ) -> anyhow::Result<PictureReading> {
        let mut reading = PictureReading {
            size: raster.size,
            ms: Milliseconds { prepare, ..Milliseconds::default() },
            ..PictureReading::default()
        };
        if raster.values.is_empty() {
            return Ok(reading);
        }
        match self.detector.as_ref() {
            Some(finder) => match finder.detector() {
                Some(detector) => self.find(detector, raster, effort, &mut reading)?,
                None => self.locate(finder, &picture(), &mut reading)?,
            },
            None => {
                let second = self.second.as_ref().context("there is no model to read with")?;
                let began = Instant::now();
                reading.numbers = opinion::whole(second, &picture(), &self.thresholds)?;
                reading.digits = reading.numbers.iter().flat_map(|number| number.digits.clone()).collect();
                reading.ms.second = ms_since(began);
                return Ok(reading);
            }
        }
        if let Some(second) = self.second.as_ref().filter(|_| !reading.numbers.is_empty()) {
            let began = Instant::now();
            self.ask(second, raster, picture, effort, &mut reading.numbers)?;
            reading.ms.second = ms_since(began);
        }
        if reading.digits.is_empty() {
            reading.digits = reading.numbers.iter().flat_map(|number| number.digits.clone()).collect();
        }
        Ok(reading)
    }

    /// Reads numbers at places that are known, with the model that reads what others find.
    ///
    /// # Errors
    /// Where there is no such model, or it cannot compute.
    pub fn read_at(&self, picture: &DynamicImage, areas: &[Area]) -> anyhow::Result<PictureReading> {
        let second = self
            .second
            .as_ref()
            .context("a model that looks for numbers itself is not told where they are")?;
        let began = Instant::now();
        let mut numbers: Vec<Number> = areas.iter().map(|area| opinion::unread(*area)).collect();
        self.ask(second, &Raster::of(picture), &mut || picture.clone(), Effort::Still, &mut numbers)?;
        let digits = numbers.iter().flat_map(|number| number.digits.clone()).collect();
        let ms = Milliseconds { second: ms_since(began), ..Milliseconds::default() };
        let size = [picture.width() as usize, picture.height() as usize];
        Ok(PictureReading { size, numbers, digits, looks: Vec::new(), ms })
    }

    /// Lets the second model read what was found, the likeliest of many; what is unlikely after that goes.
    fn ask(
        &self,
        second: &Reader,
        raster: &Raster,
        picture: &mut dyn FnMut() -> DynamicImage,
        effort: Effort,
        numbers: &mut Vec<Number>,
    ) -> anyhow::Result<()> {
        let is_weighed = second.thresholds.opinion.is_some();
        let most = match effort {
            // What takes the detector's place reads everything.
            _ if !is_weighed => numbers.len(),
            Effort::Live => MOST_LIVE,
            Effort::Still => MOST_STILL,
        };
        // A picture may be large: it is made once, and only where it is looked at.
        let mut made = None;
        let mut picture = || Arc::clone(made.get_or_insert_with(|| Arc::new(picture())));
        for number in numbers.iter_mut().take(most) {
            opinion::reread(second, raster, &mut picture, number, &self.thresholds)?;
        }
        if is_weighed {
            numbers.retain(|number| number.confidence >= second.thresholds.number);
        }
        numbers.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        Ok(())
    }

    /// What the detector takes for numbers, down to so unlikely ones, the surest first; the second model is not asked.
    pub fn may_be_numbers(&self, raster: &Raster, effort: Effort, least: f32) -> anyhow::Result<Vec<Number>> {
        let Some(detector) = self.detector.as_ref().and_then(Reader::detector) else { return Ok(Vec::new()) };
        let mut reading = PictureReading { size: raster.size, ..PictureReading::default() };
        if raster.values.is_empty() {
            return Ok(Vec::new());
        }
        self.find(detector, raster, effort, &mut reading)?;
        let thresholds = Thresholds { number: least, ..self.thresholds.clone() };
        Ok(found::numbers(reading.digits, &thresholds))
    }

    /// What the model that reads where numbers were found makes of them: `None` where there is none, or it cannot read
    /// that.
    pub fn second_reading(&self, raster: &Raster, number: &Number) -> anyhow::Result<Option<Number>> {
        match self.second.as_ref().filter(|second| second.reads_numbers()) {
            Some(second) => opinion::again(second, raster, number),
            None => Ok(None),
        }
    }

    /// Asks where the number is.
    fn locate(
        &self,
        locator: &Reader,
        picture: &DynamicImage,
        reading: &mut PictureReading,
    ) -> anyhow::Result<()> {
        let began = Instant::now();
        let thresholds = self.second.is_none().then_some(&self.thresholds);
        reading.numbers = opinion::located(locator, picture, thresholds)?;
        let [w, h] = reading.size.map(|side| side as f32);
        let part = Area { x: 0.0, y: 0.0, w, h };
        reading.looks.push(Look { part, size: [locator.meta.width, locator.meta.height] });
        reading.ms.model = ms_since(began);
        Ok(())
    }

    /// Looks for numbers: at the whole picture, and closer where that may show more.
    fn find(
        &self,
        detector: &FoldedDetector,
        raster: &Raster,
        effort: Effort,
        reading: &mut PictureReading,
    ) -> anyhow::Result<()> {
        let whole = raster.area();
        let first = looks::first(whole, effort);
        let mut candidates = Vec::new();
        for looks in &first {
            candidates.extend(self.see_all(detector, raster, looks, reading)?);
        }
        self.put_together(candidates.clone(), reading);
        let mut again = if reading.numbers.is_empty() { looks::closer(whole, effort) } else { Vec::new() };
        if let (Effort::Still, Some(widest)) = (effort, first.first().and_then(|looks| looks.first())) {
            let worth_a_look = found::numbers(reading.digits.clone(), &self.scouting());
            again.extend(looks::again(whole, widest, &worth_a_look, effort));
        }
        if again.is_empty() {
            return Ok(());
        }
        for looks in &again {
            let seen = self.see_all(detector, raster, looks, reading)?;
            // What lies well inside of the closer look was seen better there.
            let part = looks.first().map_or(whole, |look| look.part);
            candidates.retain(|one| !is_well_inside(&one.area, &part, &whole));
            candidates.extend(seen);
        }
        self.put_together(candidates, reading);
        Ok(())
    }

    /// Candidates of a look, or of the same look in several sizes.
    fn see_all(
        &self,
        detector: &FoldedDetector,
        raster: &Raster,
        looks: &[Look],
        reading: &mut PictureReading,
    ) -> anyhow::Result<Vec<Found>> {
        let mut all =
            looks.iter().map(|look| see(detector, raster, look, reading)).collect::<Result<Vec<_>, _>>()?;
        if all.len() == 1 {
            return Ok(all.pop().unwrap_or_default());
        }
        Ok(found::agree(all, &self.thresholds))
    }

    /// What is worth a closer look, which may make it surer than the model asks for in the end.
    fn scouting(&self) -> Thresholds {
        let Thresholds { overlap, centre, .. } = self.thresholds;
        Thresholds { overlap, centre, ..Thresholds::default() }
    }

    fn put_together(&self, candidates: Vec<Found>, reading: &mut PictureReading) {
        let began = Instant::now();
        reading.digits = found::keep(candidates, &self.thresholds);
        reading.numbers = found::numbers(reading.digits.clone(), &self.thresholds);
        reading.ms.group += ms_since(began);
    }
}

/// Whether a model looks for digits, or for the number, itself.
fn finds(reader: &Reader) -> bool {
    reader.detector().is_some() || reader.locates()
}

/// Candidates of one look, in pixels of the picture; how long it took is added to `reading`.
pub(super) fn see(
    detector: &FoldedDetector,
    raster: &Raster,
    look: &Look,
    reading: &mut PictureReading,
) -> anyhow::Result<Vec<Found>> {
    let began = Instant::now();
    let pixels = raster.scaled(&look.part, look.size)?.repeat(detector.channels());
    reading.ms.prepare += ms_since(began);
    let began = Instant::now();
    let found = detector.find(&pixels, look.size, LEAST)?;
    reading.ms.model += ms_since(began);
    reading.looks.push(*look);
    let outwards = |one: Found| Found {
        area: look.outwards(&one.area),
        vote: one.vote.map(|vote| look.outwards(&vote)),
        ..one
    };
    Ok(found.into_iter().map(outwards).collect())
}

/// Whether a box lies in a part, not cut by those of its sides that are not the picture's own.
fn is_well_inside(area: &Area, part: &Area, whole: &Area) -> bool {
    let rim = 0.1 * area.h;
    (part.x <= whole.x || area.x > part.x + rim)
        && (part.y <= whole.y || area.y > part.y + rim)
        && (part.right() >= whole.right() || area.right() < part.right() - rim)
        && (part.bottom() >= whole.bottom() || area.bottom() < part.bottom() - rim)
}

fn ms_since(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::super::testing::{classes_file, detector_file, located_file, numbers_file};
    use super::*;
    use image::{GrayImage, Luma, Rgb};

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn any_picture_is_read_without_a_crash() -> Outcome {
        let folder = tempfile::tempdir()?;
        let reader = PictureReader::open(&detector_file(folder.path())?, None)?;
        assert!(reader.finds());
        reader.warm()?;
        for (width, height) in [(1, 1), (2, 900), (33, 31), (320, 240), (1500, 40)] {
            for value in [0, 255] {
                let blank = DynamicImage::from(GrayImage::from_pixel(width, height, Luma([value])));
                let reading = reader.read(&blank, Effort::Still)?;
                assert_eq!(reading.size, [width as usize, height as usize]);
                assert!(reading.ms.total() > 0.0 && !reading.looks.is_empty());
                let inside = |number: &Number| number.area.x > -9999.0 && number.area.w.is_finite();
                assert!(reading.numbers.iter().all(inside));
            }
        }
        let frame = RgbImage::from_fn(64, 48, |x, y| Rgb([x as u8 * 3, y as u8 * 5, 90]));
        let mut one = reader.read_rgb(&frame, Effort::Live)?;
        let mut other = reader.read(&frame.into(), Effort::Live)?;
        (one.ms, other.ms) = Default::default();
        assert_eq!(one, other);
        Ok(())
    }

    #[test]
    fn models_of_digits_and_of_numbers_read_pictures_with_and_without_a_detector() -> Outcome {
        let folder = tempfile::tempdir()?;
        let detector = detector_file(folder.path())?;
        let page = GrayImage::from_fn(120, 90, |x, y| Luma([if x / 10 == 5 && y > 9 { 0 } else { 250 }]));
        let page = DynamicImage::from(page);
        for model in [classes_file(folder.path())?, numbers_file(folder.path())?] {
            for detector in [None, Some(detector.as_path())] {
                let mut reader = PictureReader::open(&model, detector)?;
                // A network that learned nothing finds something only if everything is something.
                reader.thresholds.digit = 0.0;
                reader.thresholds.number = 0.0;
                assert_eq!(reader.finds(), detector.is_some());
                let reading = reader.read(&page, Effort::Live)?;
                for number in &reading.numbers {
                    assert!((0.0..=1.0).contains(&number.confidence), "{number:?}");
                    assert_eq!(number.text.len(), number.digits.len());
                }
                if detector.is_none() {
                    assert!(reading.looks.is_empty());
                }
            }
        }
        Ok(())
    }

    #[test]
    fn what_says_where_the_number_is_finds_it_for_itself_and_for_others() -> Outcome {
        let folder = tempfile::tempdir()?;
        let page = GrayImage::from_fn(120, 90, |x, y| Luma([if x / 10 == 5 && y > 9 { 0 } else { 250 }]));
        let page = DynamicImage::from(page);
        let (both, place) = (located_file(folder.path(), true)?, located_file(folder.path(), false)?);
        let numbers = numbers_file(folder.path())?;
        let alone = PictureReader::open(&place, Some(&detector_file(folder.path())?))?;
        let [found] = &alone.read(&page, Effort::Still)?.numbers[..] else { return Err("one place".into()) };
        assert!(alone.finds() && found.text.is_empty() && found.digits.is_empty() && found.area.w > 1.0);
        for reader in [PictureReader::open(&both, None)?, PictureReader::open_both(&place, &numbers)?] {
            let reader =
                PictureReader { thresholds: Thresholds { number: 0.0, ..Thresholds::default() }, ..reader };
            let reading = reader.read(&page, Effort::Live)?;
            assert_eq!(reading.looks.len(), 1);
            for number in &reading.numbers {
                assert_eq!(
                    (number.text.len(), reading.digits.len()),
                    (number.digits.len(), number.digits.len())
                );
                assert!(number.area.x > -120.0 && number.area.w < 121.0, "{number:?}");
            }
        }
        let reads = PictureReader::open(&numbers, None)?;
        let at = Area { x: 40.0, y: 0.0, w: 30.0, h: 90.0 };
        let told = reads.read_at(&page, &[at])?;
        assert!(told.numbers.len() == 1 && told.numbers[0].area == at);
        assert!(alone.read_at(&page, &[at]).is_err());
        for (first, second) in [(&numbers, &numbers), (&place, &both)] {
            assert!(PictureReader::open_both(first, second).is_err());
        }
        Ok(())
    }

    #[test]
    fn boxes_at_the_rim_of_a_closer_look_are_not_its_own() {
        let area = |x, w| Area { x, y: 10.0, w, h: 20.0 };
        let (part, whole) =
            (Area { x: 0.0, y: 0.0, w: 50.0, h: 100.0 }, Area { x: 0.0, y: 0.0, w: 100.0, h: 100.0 });
        assert!(is_well_inside(&area(0.0, 10.0), &part, &whole));
        assert!(is_well_inside(&area(30.0, 10.0), &part, &whole));
        assert!(!is_well_inside(&area(40.0, 10.0), &part, &whole));
    }
}
