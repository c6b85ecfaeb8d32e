//! What reads a frame, and what it brings: numbers, what the model saw of each, and how long that took.

use super::characters::Characters;
use super::how::{How, Model};
use super::pictures::Pictures;
use crate::found::Number;
use crate::reader::{PictureReader, Reader, shipped};
use image::RgbImage;
use std::path::Path;
use std::time::Duration;

/// Least confidence of a digit with models for which none was chosen.
pub const CONFIDENCE: f32 = 0.4;

/// What a model is shown of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// All of it, as it is: the model finds digits itself.
    #[default]
    Frame,
    /// Every digit that was found, prepared step by step.
    Digits,
    /// Every number that was found, cut out.
    Numbers,
}

/// Something that reads numbers on pictures. Made and used on one thread.
pub trait Reads {
    /// The numbers on a picture, in its pixels.
    ///
    /// # Errors
    /// Where the model cannot compute; the next picture may be fine.
    fn read(&mut self, picture: &RgbImage, how: &How) -> anyhow::Result<Read>;

    /// What it is, in a few words.
    fn name(&self) -> String;

    /// Least confidence of a digit where nothing else is asked for.
    fn confidence(&self) -> f32 {
        CONFIDENCE
    }

    /// What it is shown; only digits are prepared by [`How::steps`].
    fn shown(&self) -> Shown;
}

/// What a model sees of a digit or a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Glimpse {
    /// Which number of the frame.
    pub number: usize,
    /// Columns and rows.
    pub size: [usize; 2],
    /// Its pixels: one byte each for grey, three for colour, row after row.
    pub pixels: Vec<u8>,
    /// What it was read as.
    pub text: String,
    /// How likely it is each of the ten digits; of a number so for each of its characters, one after the other. Empty
    /// where the model does not say.
    pub probabilities: Vec<f32>,
    /// Whether dark ink was turned into light.
    pub inverted: bool,
}

/// What was read on a frame.
#[derive(Clone, Debug, Default)]
pub struct Read {
    /// The numbers.
    pub numbers: Vec<Number>,
    /// What the model saw of each digit or number.
    pub glimpses: Vec<Glimpse>,
    /// The picture into what the model takes.
    pub prepare: Duration,
    /// The model itself.
    pub model: Duration,
    /// Digits into numbers.
    pub group: Duration,
}

impl Read {
    /// As read on a picture that this one was cut out of at that place.
    pub fn moved(&mut self, x: f32, y: f32) {
        for number in &mut self.numbers {
            for area in number.digits.iter_mut().map(|digit| &mut digit.area).chain([&mut number.area]) {
                area.x += x;
                area.y += y;
            }
        }
    }
}

/// Opens a model for reading frames: one that finds digits, or says where the number is, reads alone; to others those are shown that the reader which
/// ships finds, or, where that is missing, whatever ink stands out.
///
/// # Errors
/// Where there is none, or it cannot be opened.
pub fn open(model: &Model) -> anyhow::Result<Box<dyn Reads>> {
    match model {
        Model::File(path) => {
            let reader = Reader::open(path)?;
            if reader.detector().is_some() || (reader.locates() && reader.reads_numbers()) {
                return alone(path);
            }
            anyhow::ensure!(
                !reader.locates(),
                "This model says where a number is and does not read it; choose one that does"
            );
            let finder = shipped().map(|own| PictureReader::open(&own, None)).transpose()?;
            Ok(Box::new(Characters::new(reader, finder)?))
        }
        Model::Shipped => match shipped() {
            Some(path) => alone(&path),
            None => anyhow::bail!(
                "The reader that comes with the program is missing (assets/reader.safetensors); choose a run that reads digits"
            ),
        },
    }
}

fn alone(path: &Path) -> anyhow::Result<Box<dyn Reads>> {
    let reader = PictureReader::open(path, None)?;
    reader.warm()?;
    Ok(Box::new(Pictures::new(reader)))
}
